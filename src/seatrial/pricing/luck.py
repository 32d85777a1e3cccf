"""Luck that is the same everywhere: numbers drawn from a seed and from what they are for, not from a sequence.

Two draws for the same purpose are equal, whatever was drawn between them. So nothing has to be remembered, and a
world that was stopped goes on as if it had not been.
"""

from hashlib import blake2b
from typing import Final

_MASK: Final = 2**64 - 1


def key_of(text: str) -> int:
    """A name as a number to draw by."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def draw(*purposes: int) -> int:
    """64 even bits."""
    bits = 0
    for purpose in purposes:
        bits = draw_on(bits, purpose)
    return bits


def draw_on(bits: int, purpose: int) -> int:
    """Draw for one more purpose than those that gave `bits`.

    Source of the mixing: splitmix64, by Sebastiano Vigna, in the public domain.
    """
    bits = (bits ^ purpose) + 0x9E3779B97F4A7C15 & _MASK
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
    return bits ^ bits >> 31
