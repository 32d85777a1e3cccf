"""Facts that say how they are numbered."""

from seatrial.core.facts import NonceSpent, Recorded


def facts(first: int, count: int) -> Recorded:
    """So many facts; each says its own number."""
    return Recorded(first, tuple(NonceSpent(0, 1, 1, number) for number in range(first, first + count)))
