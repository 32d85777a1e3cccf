"""What a chart shows: few enough bars to draw, and the words around them."""

from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from seatrial.history.candles import Candles
from seatrial.history.ticks import SECOND_NS


class Bar(NamedTuple):
    """One candle of a chart, or several drawn as one."""

    time_s: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vwap: Decimal
    volume: Decimal
    trades: int


class Chart(Struct, frozen=True):
    """All that is drawn."""

    title: str
    subtitle: str
    bars: list[Bar]
    ends_s: int
    """Where the last bar ends."""
    decimals: int
    """Of prices."""


def chart(candles: Candles, maximum: int) -> Chart | None:
    """The candles as at most so many bars; None when there is none. Intervals without trades have no bar."""
    numbers = candles.numbers()
    if numbers is None:
        return None
    first, last = numbers
    together = -(-(last - first + 2) // maximum)
    rows = candles.stream(candles.select_together(together))
    interval = candles.wanted.interval
    drawn = f", {together} in a bar" if together > 1 else ""
    return Chart(
        f"{_shown_name(candles)} · {interval.name}",
        f"{last - first + 1:,} intervals{drawn} · {_sources(candles)}",
        [Bar(*row) for row in rows],
        interval.start_ns((last // together + 1) * together) // SECOND_NS,
        candles.decimals,
    )


def _shown_name(candles: Candles) -> str:
    """XBT/USD rather than XBTUSD where it is known."""
    return next((name for name in candles.stored.pair.others if "/" in name), candles.stored.pair.name)


def _sources(candles: Candles) -> str:
    first, *others = dict.fromkeys(file.source for file in candles.stored.files)
    return f"{first} and {len(others)} more" if others else first
