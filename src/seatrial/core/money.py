"""Exact numbers: decimals as text at the edge, plain integers inside, every rounding named.

An amount is an `int` of an asset's smallest unit, 10**-scale. Nothing here knows an asset.
"""

import re

MAX_UNITS = 2**63 - 1
"""The largest amount that may be stored: both SQL stores keep amounts in signed 64-bit columns."""

_PLAIN = re.compile(r"(\d{1,30})(?:\.(\d{0,30}))?|\.(\d{1,30})", re.ASCII)


def parse_units(text: str, scale: int) -> int | None:
    """Read a plain non-negative decimal as units of 10**-scale.

    None when the text is malformed (sign, exponent, NaN, other alphabets, spaces) or finer than the scale.
    """
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    whole = match[1] or "0"
    fraction = (match[2] or match[3] or "").rstrip("0")
    if len(fraction) > scale:
        return None
    return int(whole + fraction.ljust(scale, "0"))


def format_units(units: int, scale: int) -> str:
    """Write units of 10**-scale as a decimal with exactly `scale` decimals."""
    if scale == 0:
        return str(units)
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


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
