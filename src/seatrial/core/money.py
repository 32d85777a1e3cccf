"""Exact numbers: decimals as text at the edge, plain integers inside, every rounding named.

An amount is an `int` of an asset's smallest unit, 10**-scale. Nothing here knows an asset.
"""

from typing import Final

MAX_UNITS = 2**63 - 1
"""The largest amount that may be stored: both SQL stores keep amounts in signed 64-bit columns."""

MAX_DIGITS: Final = 30
"""On either side of the point."""

PPM: Final = 1_000_000
"""What rates are parts of."""


def parse_units(text: str, scale: int) -> int | None:
    """Read a plain non-negative decimal as units of 10**-scale.

    None when the text is malformed (sign, exponent, NaN, other alphabets, spaces) or finer than the scale.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isdigit() and text.isascii()) or len(whole) > MAX_DIGITS or len(fraction) > MAX_DIGITS:
        return None
    missing = scale - len(fraction)
    if missing >= 0:
        factor: int = 10**missing
        return int(digits) * factor
    return None if digits[missing:].strip("0") else int(digits[:missing] or "0")


def format_units(units: int, scale: int) -> str:
    """Write units of 10**-scale as a decimal with exactly `scale` decimals."""
    if units < 0:
        return "-" + format_units(-units, scale)
    if scale == 0:
        return str(units)
    digits = str(units)
    point = len(digits) - scale
    if point <= 0:
        return "0." + digits.zfill(scale)
    return f"{digits[:point]}.{digits[point:]}"


def rescale_floor(units: int, scale: int, to_scale: int) -> int:
    """The same amount in another scale, digits that do not fit cut off (towards minus infinity)."""
    factor: int = 10 ** abs(to_scale - scale)
    return units * factor if to_scale >= scale else units // factor


def div_half_up(numerator: int, denominator: int) -> int:
    """Divide to the nearest integer, halves away from zero for positive numbers.

    Kraken rounds cost and fee to the nearest unit; the half-way direction was never observed, so it is decided here.
    """
    return (2 * numerator + denominator) // (2 * denominator)


def div_ceil(numerator: int, denominator: int) -> int:
    """Divide and round up: for holds, so that no sequence of fills costs more than was set aside."""
    return -(-numerator // denominator)


class Ratio:
    """An exact change of scale: value * mul / div."""

    __slots__ = ("_twice_div", "_twice_mul", "div", "mul")

    def __init__(self, from_scale: int, to_scale: int) -> None:
        self.mul: int = 10 ** max(to_scale - from_scale, 0)
        self.div: int = 10 ** max(from_scale - to_scale, 0)
        self._twice_mul: int = 2 * self.mul
        self._twice_div: int = 2 * self.div

    def nearest(self, value: int) -> int:
        """The value in the other scale, to the nearest unit, halves up."""
        return (value * self._twice_mul + self.div) // self._twice_div

    def ceil(self, value: int) -> int:
        """The value in the other scale, rounded up."""
        return -(-value * self.mul // self.div)
