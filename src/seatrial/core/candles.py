"""Candles and day statistics of one market, fed trade by trade.

Only the one-minute candle is touched by a trade; the longer ones are folded when a minute ends, which is exact
because each length is a multiple of one minute and every sum is an integer.
Source of alignment (multiples of the length from the epoch) and of the 720: market-data 5.1 and 5.3.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from seatrial.core.orders import Trade

SECOND_NS: Final = 10**9
DAY_NS: Final = 86_400 * SECOND_NS
KEPT: Final = 720
MINUTES: Final = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)


class Candle(Struct):
    """The trades of one interval that had any."""

    start_s: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    volume_lots: int
    exact: int
    """Sum of price_ticks * lots: the volume-weighted price is exact / volume_lots."""
    count: int

    def fold(self, later: "Candle") -> None:
        """Add the candle of a later part of the same interval."""
        self.high_ticks = max(self.high_ticks, later.high_ticks)
        self.low_ticks = min(self.low_ticks, later.low_ticks)
        self.close_ticks = later.close_ticks
        self.volume_lots += later.volume_lots
        self.exact += later.exact
        self.count += later.count


class Candles:
    """The newest candles of one market in all nine lengths."""

    __slots__ = ("_minute", "longer", "minutes", "touched")

    def __init__(self) -> None:
        self.minutes: deque[Candle] = deque(maxlen=KEPT + 1)
        self.longer: dict[int, deque[Candle]] = {length: deque(maxlen=KEPT + 1) for length in MINUTES[1:]}
        """Per length; the last one lacks the minute that is still running."""
        self.touched: dict[tuple[int, int], Candle] = {}
        """Changed since the last commit, by (length, start_s)."""
        self._minute: Candle | None = None

    def add(self, trade: Trade) -> None:
        """Count a trade; trades arrive in order of time."""
        price, lots = trade.price_ticks, trade.qty_lots
        start_s = trade.at_ns // (60 * SECOND_NS) * 60
        minute = self._minute
        if minute is None or minute.start_s != start_s:
            if minute is not None:
                self._fold_into_longer(minute)
            minute = self._minute = Candle(start_s, price, price, price, price, 0, 0, 0)
            self.minutes.append(minute)
        if price > minute.high_ticks:
            minute.high_ticks = price
        elif price < minute.low_ticks:
            minute.low_ticks = price
        minute.close_ticks = price
        minute.volume_lots += lots
        minute.exact += price * lots
        minute.count += 1
        self.touched[1, start_s] = minute

    def restore(self, length: int, candles: list[Candle]) -> None:
        """Take over stored candles of one length, oldest first."""
        if length == 1:
            self.minutes.extend(candles)
            self._minute = candles[-1] if candles else None
        else:
            self.longer[length].extend(candles)

    def of(self, length: int) -> list[Candle]:
        """Candles of one length in minutes, oldest first, the running one included; only intervals with trades."""
        if length == 1:
            return list(self.minutes)
        rows = list(self.longer[length])
        if self._minute is not None:
            start_s = _start(self._minute.start_s, length)
            if rows and rows[-1].start_s == start_s:
                rows[-1] = _copy(rows[-1], start_s)
                rows[-1].fold(self._minute)
            else:
                rows.append(_copy(self._minute, start_s))
        return rows

    def _fold_into_longer(self, minute: Candle) -> None:
        for length, rows in self.longer.items():
            start_s = _start(minute.start_s, length)
            if rows and rows[-1].start_s == start_s:
                rows[-1].fold(minute)
            else:
                rows.append(_copy(minute, start_s))
            self.touched[length, start_s] = rows[-1]


def _start(at_s: int, length: int) -> int:
    return at_s - at_s % (length * 60)


def _copy(candle: Candle, start_s: int) -> Candle:
    return Candle(
        start_s, candle.open_ticks, candle.high_ticks, candle.low_ticks, candle.close_ticks,
        candle.volume_lots, candle.exact, candle.count,
    )  # fmt: skip


class Stats(Struct):
    """What a ticker says of one window. Prices are 0 while the window is empty."""

    open_ticks: int = 0
    high_ticks: int = 0
    low_ticks: int = 0
    volume_lots: int = 0
    exact: int = 0
    count: int = 0


Point = tuple[int, int, int]
"""What the statistics need of a trade: at_ns, price_ticks, qty_lots."""


class DayStats:
    """Today since 00:00 UTC, and the 24 hours before the last trade.

    The 24-hour window moves when a trade happens, not with the clock. Source: market-data section 9.
    """

    __slots__ = ("_day", "_highs", "_lows", "_today", "_today_start_ns", "_window", "last")

    def __init__(self) -> None:
        self.last: Trade | None = None
        self._today = Stats()
        self._today_start_ns = 0
        self._day = Stats()
        self._window: deque[Point] = deque()
        self._highs: deque[Point] = deque()
        """Those that are highest of all from then on; the first is the highest of the window."""
        self._lows: deque[Point] = deque()

    def add(self, trade: Trade) -> None:
        """Count a trade; trades arrive in order of time."""
        self.last = trade
        at_ns, price, lots = point = trade.at_ns, trade.price_ticks, trade.qty_lots
        self._add_today(at_ns, price, lots)
        window, highs, lows, day = self._window, self._highs, self._lows, self._day
        window.append(point)
        while highs and highs[-1][1] <= price:
            highs.pop()
        highs.append(point)
        while lows and lows[-1][1] >= price:
            lows.pop()
        lows.append(point)
        day.volume_lots += lots
        day.exact += price * lots
        oldest_ns = at_ns - DAY_NS
        while window[0][0] < oldest_ns:
            gone = window.popleft()
            day.volume_lots -= gone[2]
            day.exact -= gone[1] * gone[2]
            if highs[0] is gone:
                highs.popleft()
            if lows[0] is gone:
                lows.popleft()

    def restore(self, points: Iterable[Point], last: Trade) -> None:
        """Take over the trades of the 24 hours that end with the last one, oldest first: as adding each, but quick."""
        self.last = last
        self._window.extend(points)
        highs, lows = self._highs, self._lows
        for point in reversed(self._window):
            price = point[1]
            if not highs or price > highs[0][1]:
                highs.appendleft(point)
            if not lows or price < lows[0][1]:
                lows.appendleft(point)
        self._day = _stats_of(list(self._window))
        self._today_start_ns = last.at_ns // DAY_NS * DAY_NS
        self._today = _stats_of([point for point in self._window if point[0] >= self._today_start_ns])

    def today(self, at_ns: int) -> Stats:
        """Since 00:00 UTC of that moment's day; without trades zeros, prices those of the last trade (decided)."""
        if at_ns // DAY_NS * DAY_NS == self._today_start_ns or self.last is None:
            return self._today
        price = self.last.price_ticks
        return Stats(open_ticks=price, high_ticks=price, low_ticks=price)

    def day(self) -> Stats:
        """The 24 hours that end with the last trade."""
        if not self._window:
            return Stats()
        day = self._day
        return Stats(
            self._window[0][1], self._highs[0][1], self._lows[0][1],
            day.volume_lots, day.exact, len(self._window),
        )  # fmt: skip

    def window(self) -> Iterator[Point]:
        """The trades of the 24 hours, oldest first."""
        return iter(self._window)

    def _add_today(self, at_ns: int, price: int, lots: int) -> None:
        today = self._today
        start_ns = at_ns // DAY_NS * DAY_NS
        if start_ns != self._today_start_ns or not today.count:
            self._today_start_ns = start_ns
            today = self._today = Stats(price, price, price)
        if price > today.high_ticks:
            today.high_ticks = price
        elif price < today.low_ticks:
            today.low_ticks = price
        today.volume_lots += lots
        today.exact += price * lots
        today.count += 1


def _stats_of(points: list[Point]) -> Stats:
    prices = [price for _, price, _ in points]
    volume_lots = sum([lots for _, _, lots in points])
    exact = sum([price * lots for _, price, lots in points])
    return Stats(prices[0], max(prices), min(prices), volume_lots, exact, len(points))
