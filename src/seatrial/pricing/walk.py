"""A random walk that is a function of time: its value at a moment needs no moment before it.

It is a sum of waves. Each wave has a random height at every multiple of its period and goes straight from one to the
next; a wave of four times the period is twice as high, as in a walk. The longest is two months, so that prices wander
for weeks and still stay near where they began, for as long as a world is kept.
"""

from typing import Final

from seatrial.pricing.luck import draw, draw_on

PPB: Final = 10**9
_MIN_POWER: Final = -8
_MAX_POWER: Final = 3
_PERIODS: Final = tuple(
    (power, 86_400 * 10**9 * 4 ** max(power, 0) // 4 ** max(-power, 0)) for power in range(_MIN_POWER, _MAX_POWER + 1)
)
"""Powers of four of a day, in nanoseconds."""

_EVEN: Final = 2 * (2**16 - 1)
_SPREAD: Final = 37_837
"""Mean and standard deviation of the sum of four even draws of 16 bits."""


class Walk:
    """A walk whose change over a day has about a standard deviation of 1."""

    __slots__ = ("_last", "_luck", "_seen")

    def __init__(self, seed: int, key: int) -> None:
        self._luck = {power: draw(seed, key, power - _MIN_POWER) for power, _ in _PERIODS}
        self._seen: dict[int, tuple[int, int, int]] = {}
        """Per wave the stretch looked at last: derived, kept only because it is asked for again at once."""
        self._last = (0, self._sum(0))

    def at(self, at_ns: int) -> int:
        """Its value at a moment, in 10**-9."""
        if self._last[0] != at_ns:
            self._last = (at_ns, self._sum(at_ns))
        return self._last[1]

    def _sum(self, at_ns: int) -> int:
        total = 0
        for power, period_ns in _PERIODS:
            number, into_ns = divmod(at_ns, period_ns)
            seen = self._seen.get(power)
            if seen is None or seen[0] != number:
                first = seen[2] if seen and seen[0] + 1 == number else self._height(power, number)
                seen = self._seen[power] = (number, first, self._height(power, number + 1))
            height = (seen[1] * (period_ns - into_ns) + seen[2] * into_ns) // period_ns
            total += height << power if power > 0 else height >> -power
        return total * 5 // 9

    def _height(self, power: int, number: int) -> int:
        """A standard deviation of 1, in 10**-9."""
        bits = draw_on(self._luck[power], number)
        summed = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (summed - _EVEN) * PPB // _SPREAD


def growth(exponent_ppb: int) -> int:
    """About e to the power of the exponent, in 10**-9; never zero."""
    exponent_ppb = max(-10 * PPB, min(exponent_ppb, 10 * PPB))
    factor = (1 << 50) + (exponent_ppb << 40) // PPB
    for _ in range(10):
        factor = factor * factor >> 50
    return max(factor * PPB >> 50, 1)
