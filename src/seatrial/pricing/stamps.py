"""When trades of one time are dated, so that they keep apart and still print that time."""

from typing import Final

SECOND_NS: Final = 10**9
_DOUBLE_BITS: Final = 53


def first_of(at_ns: int, rows: int) -> int:
    """Where so many trades of one time begin, a nanosecond apart: there, unless the last would print a later time.

    Times print as seconds in a double, some hundreds of nanoseconds apart nowadays. More trades than that has print
    later times in the end. Source: market-data#resolution.
    """
    bits = _DOUBLE_BITS - (at_ns // SECOND_NS).bit_length()
    doubled = ((at_ns << bits + 1) // SECOND_NS + 1 >> 1) * 2
    """The double, in halves of the distance to the next."""
    earliest_ns = ((doubled - 1) * SECOND_NS >> bits + 1) + 1
    latest_ns = (doubled + 1) * SECOND_NS - 1 >> bits + 1
    return max(earliest_ns, min(at_ns, latest_ns - rows + 1))
