"""Candles and day statistics of one market, fed trade by trade.

A trade is only counted in its second. A second is added to the rest when the next one begins or somebody looks, and a
minute to the longer candles when it ends; that is exact because each length is a multiple of the shorter one and every
sum is an integer.
Source of alignment (multiples of the length from the epoch): market-data#alignment; of the 720: market-data#ohlc.
"""

from collections import deque
from collections.abc import Iterable
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from seatrial.core.orders import Trade

SECOND_NS: Final = 10**9
DAY_S: Final = 86_400
DAY_NS: Final = DAY_S * SECOND_NS
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

    def copy(self) -> "Candle":
        """The same, to count on by itself."""
        return _copy(self, self.start_s)


class Tally:
    """The trades of one market, summed up."""

    __slots__ = ("_candles", "_ends_ns", "_second", "_stats")

    def __init__(self) -> None:
        self._candles = Candles()
        self._stats = DayStats()
        self._second: Candle | None = None
        """Trades of one second that the others do not have yet."""
        self._ends_ns = 0
        """When that second is over."""

    def add(self, trade: Trade) -> None:
        """Count a trade; trades arrive in order of time."""
        self._stats.last = trade
        price, lots, second = trade.price_ticks, trade.qty_lots, self._second
        if second is None or trade.at_ns >= self._ends_ns:
            self._pass_on()
            start_s = trade.at_ns // SECOND_NS
            self._second = Candle(start_s, price, price, price, price, lots, price * lots, 1)
            self._ends_ns = (start_s + 1) * SECOND_NS
            return
        if price > second.high_ticks:
            second.high_ticks = price
        elif price < second.low_ticks:
            second.low_ticks = price
        second.close_ticks = price
        second.volume_lots += lots
        second.exact += price * lots
        second.count += 1

    @property
    def last(self) -> Trade | None:
        """The last trade."""
        return self._stats.last

    @property
    def candles(self) -> "Candles":
        """Candles of all lengths."""
        self._pass_on()
        return self._candles

    @property
    def stats(self) -> "DayStats":
        """What a ticker says."""
        self._pass_on()
        return self._stats

    def _pass_on(self) -> None:
        second = self._second
        if second is not None:
            self._second = None
            self._candles.add(second)
            self._stats.add(second)


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

    def add(self, second: Candle) -> None:
        """Count the trades of a second, or a part of them; they arrive in order of time."""
        start_s = second.start_s // 60 * 60
        minute = self._minute
        if minute is not None and minute.start_s == start_s:
            minute.fold(second)
        else:
            if minute is not None:
                self._fold_into_longer(minute)
            minute = self._minute = _copy(second, start_s)
            self.minutes.append(minute)
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

_ROW: Final = Layout("<5q12s20s")
"""A second as bytes: start, open, high, low, number of trades, and two sums that no number of trades makes too long."""


class DayStats:
    """Today since 00:00 UTC, and the 24 hours before the last trade.

    The 24-hour window moves when a trade happens, not with the clock. Source: market-data#ticker. It begins with a
    whole second (decided): so what is kept of a day is bounded, however much is traded.
    """

    __slots__ = ("_count", "_exact", "_highs", "_lots", "_lows", "_newest", "_rows", "_today", "last")

    def __init__(self) -> None:
        self.last: Trade | None = None
        self._today: Candle | None = None
        self._rows = bytearray()
        """The seconds of the window before the newest one, a `_ROW` each: 72 bytes, not the 250 of a candle."""
        self._newest: Candle | None = None
        self._lots = self._exact = self._count = 0
        """Sums over the window, the newest second included."""
        self._highs: deque[tuple[int, int]] = deque()
        """Start and price of the seconds in `_rows` that no later one there tops; the first is the highest of all."""
        self._lows: deque[tuple[int, int]] = deque()

    def copy(self) -> "DayStats":
        """The same, to count on by itself."""
        copy = DayStats()
        copy.last, copy._rows = self.last, self._rows.copy()
        copy._today = None if self._today is None else self._today.copy()
        copy._newest = None if self._newest is None else self._newest.copy()
        copy._lots, copy._exact, copy._count = self._lots, self._exact, self._count
        copy._highs, copy._lows = self._highs.copy(), self._lows.copy()
        return copy

    def add(self, second: Candle) -> None:
        """Take a second's trades over, or a part of them; they arrive in order of time."""
        self._add_today(second)
        self._lots += second.volume_lots
        self._exact += second.exact
        self._count += second.count
        newest = self._newest
        if newest is not None and newest.start_s == second.start_s:
            newest.fold(second)
            return
        if newest is not None:
            self._keep(newest)
        self._newest = second
        self._forget_before(second.start_s - DAY_S)

    def restore(self, points: Iterable[Point], last: Trade) -> None:
        """Take over the trades of the window that ends with the last one, oldest first."""
        self.last = last
        second: Candle | None = None
        for at_ns, price, lots in points:
            start_s = at_ns // SECOND_NS
            trade = Candle(start_s, price, price, price, price, lots, price * lots, 1)
            if second is not None and second.start_s == start_s:
                second.fold(trade)
                continue
            if second is not None:
                self.add(second)
            second = trade
        if second is not None:
            self.add(second)

    def today(self, at_ns: int) -> Stats:
        """Since 00:00 UTC of that moment's day; without trades zeros, prices those of the last trade (decided)."""
        if self.last is None:
            return Stats()
        today, price = self._today, self.last.price_ticks
        if today is None or today.start_s != at_ns // DAY_NS * DAY_S:
            return Stats(price, price, price)
        return Stats(
            today.open_ticks, today.high_ticks, today.low_ticks, today.volume_lots, today.exact, today.count
        )  # fmt: skip

    def day(self) -> Stats:
        """The 24 hours that end with the last trade."""
        newest = self._newest
        if newest is None:
            return Stats()
        opened, high, low = newest.open_ticks, newest.high_ticks, newest.low_ticks
        if self._rows:
            opened, high, low = (
                _ROW.unpack_from(self._rows)[1],
                max(high, self._highs[0][1]),
                min(low, self._lows[0][1]),
            )
        return Stats(opened, high, low, self._lots, self._exact, self._count)

    def _add_today(self, second: Candle) -> None:
        start_s = second.start_s // DAY_S * DAY_S
        if self._today is not None and self._today.start_s == start_s:
            self._today.fold(second)
        else:
            self._today = _copy(second, start_s)

    def _keep(self, second: Candle) -> None:
        start_s, high, low, highs, lows = second.start_s, second.high_ticks, second.low_ticks, self._highs, self._lows
        self._rows += _ROW.pack(
            start_s, second.open_ticks, high, low, second.count,
            second.volume_lots.to_bytes(12, "little"), second.exact.to_bytes(20, "little"),
        )  # fmt: skip
        while highs and highs[-1][1] <= high:
            highs.pop()
        highs.append((start_s, high))
        while lows and lows[-1][1] >= low:
            lows.pop()
        lows.append((start_s, low))

    def _forget_before(self, oldest_s: int) -> None:
        while self._rows:
            start_s, _, _, _, count, lots, exact = _ROW.unpack_from(self._rows)
            if start_s >= oldest_s:
                return
            del self._rows[: _ROW.size]
            self._lots -= int.from_bytes(lots, "little")
            self._exact -= int.from_bytes(exact, "little")
            self._count -= count
            if self._highs[0][0] == start_s:
                self._highs.popleft()
            if self._lows[0][0] == start_s:
                self._lows.popleft()
