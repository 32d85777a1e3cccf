"""A way to spell counters so that neighbours look unrelated, and to read them back: what every venue's ids are made of.

Odd multipliers and a xor with one's own upper half can each be undone exactly; twice over, they hide the order. Nothing
is stored, and two numbers never share a spelling.
"""

from collections.abc import Callable
from typing import Final

DRAWN_BYTES: Final = 36
"""How many random bytes a permutation is made from."""

_PART: Final = DRAWN_BYTES // 3


def permutation(drawn: bytes, bits: int, limit: int) -> tuple[Callable[[int], int], Callable[[int], int | None]]:
    """A shuffle of the numbers below 2**bits, drawn by these bytes, and its undoing.

    Only numbers below `limit` are ever spelled; what undoes to another one is None.
    """
    assert len(drawn) == DRAWN_BYTES, len(drawn)
    mask: int = 2**bits - 1
    half = bits // 2
    first, second, offset = (
        int.from_bytes(drawn[at : at + _PART], "big") & mask for at in range(0, DRAWN_BYTES, _PART)
    )
    first |= 1
    second |= 1
    undo_first = pow(first, -1, mask + 1)
    undo_second = pow(second, -1, mask + 1)

    def mix(number: int) -> int:
        assert 0 <= number < limit, number
        x = (number * first + offset) & mask
        x = (x ^ x >> half) * second & mask
        return x ^ x >> half

    def unmix(x: int) -> int | None:
        x = (x ^ x >> half) * undo_second & mask
        number = ((x ^ x >> half) - offset) * undo_first & mask
        return number if number < limit else None

    return mix, unmix
