"""One trade of the time and sales, exactly as it was published."""

import re
from typing import Final

from msgspec import Struct

SECOND_NS: Final = 10**9
_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


class Tick(Struct, frozen=True, gc=False):
    """A trade; prices and volumes stay the text that was published."""

    time_ns: int
    """As printed, which is coarser than the venue knows it. Source: market-data#resolution."""
    price: str
    volume: str
    side: str
    """The taker's: b or s."""
    order_type: str
    """The taker's: m or l."""
    misc: str = ""
    trade_id: int = 0
    """0 where the venue gave none, as Kraken did until 2022 and, now and then, until 2024."""


class Digits(Struct, frozen=True):
    """How many digits the numbers of a column have before and after the point."""

    whole: int = 1
    scale: int = 0

    def union(self, other: "Digits") -> "Digits":
        """Room for both."""
        return Digits(max(self.whole, other.whole), max(self.scale, other.scale))


def is_plain(text: str) -> bool:
    """Whether it is a decimal of digits and a point, and nothing else."""
    return _PLAIN.fullmatch(text) is not None
