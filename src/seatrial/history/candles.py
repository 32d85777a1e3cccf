"""Candles of any interval, made from stored trades. They are a pure function of those: every number is exact.

Source of the rules: market-data#candle-values, market-data#alignment, market-data#empty-intervals and
market-data#building-candles.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from msgspec import Struct

from seatrial.history import duck
from seatrial.history.intervals import Interval
from seatrial.history.manifest import Gap, Manifest, Span
from seatrial.history.store import TradeStore
from seatrial.history.ticks import SECOND_NS, Digits

VOLUME_DECIMALS: Final = 8
"""Of Kraken's volumes; more where a trade had more."""
_DAY_NS: Final = 86_400 * SECOND_NS
FOREVER_NS: Final = 9_214_646_400 * SECOND_NS
"""The year 2262, which a time in nanoseconds of 64 bits just reaches."""
_SURE_DIGITS: Final = 15
"""Of a float."""
_PRICES: Final = ("open", "high", "low", "close")
_SUMS: Final = ("turnover", "volume", "trades")
_NO_TRADES: Final = f"(SELECT {', '.join(f'NULL AS {name}' for name in duck.columns(Digits(), Digits()))} LIMIT 0)"


class Wanted(Struct, frozen=True):
    """Which candles: those that begin in a stretch of time. They are never cut by it."""

    interval: Interval
    first_ns: int = 0
    end_ns: int | None = None
    """Exclusive."""
    fill: bool = False
    """Whether an interval without trades has a candle at the close before it, as in the OHLC method."""
    decimals: int | None = None
    """Of prices; the pair's own where nothing is said."""


class Candles:
    """The candles of one pair, in a table that DuckDB holds, in memory or on the disk."""

    def __init__(self, store: TradeStore, stored: Manifest, wanted: Wanted) -> None:
        """Make them. `HistoryError` when that cannot be done."""
        self.stored = stored
        self.wanted = wanted
        self._store = store
        self._first = wanted.interval.at_or_after(wanted.first_ns)
        self._end = None if wanted.end_ns is None else wanted.interval.at_or_after(wanted.end_ns)
        self._database = duck.connect(store.pair_folder(stored.pair) / f".spill-{uuid4().hex}")
        self._make()
        decimals = wanted.decimals if wanted.decimals is not None else stored.pair.decimals
        self.price_decimals = self._needed(_PRICES, decimals or 0, stored.price.scale)
        self.decimals = self.price_decimals if decimals is None else decimals
        """Of the pair's prices today; an old price may have more."""
        self.volume_decimals = self._needed(("volume",), VOLUME_DECIMALS, stored.volume.scale)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def select(self) -> str:
        """SQL of the finished rows: time, open, high, low, close, vwap, volume, count."""
        return self._finished(self._places)

    def select_together(self, intervals: int) -> str:
        """SQL of such rows with so many intervals in one, those without trades left out: to draw."""
        place = f"number // {intervals} * {intervals}"
        return self._finished(
            f"SELECT {place} AS place, arg_min(open, number) AS open, max(high) AS high, min(low) AS low,"
            " arg_max(close, number) AS close, sum(turnover) AS turnover, sum(volume) AS volume,"
            f" sum(trades)::BIGINT AS trades FROM ({self._traded}) GROUP BY place"
        )

    def numbers(self) -> tuple[int, int] | None:
        """Of the first and the last interval with trades; None when there is none."""
        [(first, last)] = self.rows(f"SELECT min(number), max(number) FROM ({self._traded})")
        return None if first is None else (first, last)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with duck.told():
            return self._database.execute(sql).fetchall()

    def stream(self, sql: str, batch: int = 10_000) -> Iterator[tuple[Any, ...]]:
        """Ask it for more than fits the memory."""
        with duck.told():
            found = self._database.execute(sql)
            while rows := found.fetchmany(batch):
                yield from rows

    def run(self, sql: str) -> None:
        """Have it do something."""
        with duck.told():
            self._database.execute(sql)

    def uncertain(self) -> list[Gap]:
        """The stretches of time of which nothing is stored and into which a candle reaches."""
        numbers = self.numbers()
        if numbers is None:
            return []
        interval, spans = self.wanted.interval, self.stored.spans
        begins_ns, ends_ns = interval.start_ns(numbers[0]), interval.start_ns(numbers[1] + 1)
        around = (Span(0, 0), *spans, Span(FOREVER_NS, FOREVER_NS))
        between = (Gap(before.end_ns, after.first_ns) for before, after in pairwise(around))
        return [gap for gap in between if max(gap.first_ns, begins_ns) < min(gap.end_ns or 0, ends_ns)]

    def _make(self) -> None:
        """Trades → one row for each interval that has any."""
        interval, price = self.wanted.interval, self.stored.price
        begins_ns, ends_ns = self._begins_ns(), self._ends_ns()
        trades = (
            f"SELECT price, volume, epoch_ns(time) + tie AS key, {interval.number_sql('epoch_ns(time)')} AS number"
            f" FROM {self._files(begins_ns, ends_ns)}"
            f" WHERE time >= make_timestamp_ns({begins_ns}) AND time < make_timestamp_ns({ends_ns})"
        )
        turnover = f"sum(price::DECIMAL({duck.MAX_DIGITS}, {price.scale}) * volume)"
        self.run(
            "CREATE TEMP TABLE candle AS SELECT number, arg_min(price, key) AS open, max(price) AS high,"
            f" min(price) AS low, arg_max(price, key) AS close, {turnover} AS turnover, sum(volume) AS volume,"
            f" count(*) AS trades FROM ({trades}) GROUP BY number"
        )

    def _begins_ns(self) -> int:
        """Where to read from: the first wanted candle, or the last trade before it, whose price may fill it."""
        interval = self.wanted.interval
        begins_ns = interval.start_ns(self._first)
        if self.wanted.fill:
            before = [file for file in self.stored.files if file.first_ns < begins_ns][-1:]
            for path in self._store.paths(self.stored, before):
                [[time_ns]] = self.rows(
                    f"SELECT epoch_ns(max(time)) FROM {duck.parquet([path])} WHERE epoch_ns(time) < {begins_ns}"
                )
                begins_ns = interval.start_ns(interval.number(time_ns))
        return begins_ns

    def _ends_ns(self) -> int:
        return FOREVER_NS if self._end is None else self.wanted.interval.start_ns(self._end)

    def _files(self, begins_ns: int, ends_ns: int) -> str:
        files = [file for file in self.stored.files if file.last_ns >= begins_ns and file.first_ns < ends_ns]
        if not files:
            return f"(SELECT {duck.cast(self.stored.price, self.stored.volume)} FROM {_NO_TRADES})"
        return duck.parquet(self._store.paths(self.stored, files))

    def _finished(self, places: str) -> str:
        stored = self.stored
        vwap = self._vwap(self.decimals)
        price = duck.number_type(Digits(stored.price.whole, self.price_decimals))
        volume = f"DECIMAL({duck.MAX_DIGITS}, {self.volume_decimals})"
        prices = ", ".join(f"{name}::{price} AS {name}" for name in _PRICES)
        return (
            f"SELECT time, {prices}, ({vwap})::{price} AS vwap, volume::{volume} AS volume, trades AS count"
            f" FROM ({self._timed(places)}) ORDER BY time"
        )

    def _timed(self, places: str) -> str:
        return f"SELECT {self.wanted.interval.start_sql('place')} AS time, * FROM ({places})"

    @property
    def _traded(self) -> str:
        """What is wanted of the intervals with trades."""
        return f"SELECT * FROM candle WHERE number >= {self._first}"

    @property
    def _places(self) -> str:
        """The candles by the number of their interval, those of empty ones too where they are wanted."""
        return self._filled if self.wanted.fill else f"SELECT number AS place, * EXCLUDE number FROM ({self._traded})"

    @property
    def _filled(self) -> str:
        """Open, high and low of an empty interval are the close before it, and nothing was traded.

        None is made up where nothing is known.
        """
        end = f"greatest(number + 1, {self._fill_end()})"
        places = f"unnest(range(number, coalesce(lead(number) OVER (ORDER BY number), {end})))"
        prices = ", ".join(f"CASE WHEN place = number THEN {name} ELSE close END AS {name}" for name in _PRICES)
        sums = ", ".join(f"CASE WHEN place = number THEN {name} ELSE 0 END AS {name}" for name in _SUMS)
        known = "".join(f" AND NOT place BETWEEN {first} AND {last}" for first, last in self._unknown())
        return (
            f"SELECT place, {prices}, {sums} FROM (SELECT *, {places} AS place FROM candle)"
            f" WHERE place >= {self._first} AND (place = number OR (true{known}))"
        )

    def _fill_end(self) -> int:
        spans, interval = self.stored.spans, self.wanted.interval
        known = interval.number(spans[-1].end_ns - 1) + 1 if spans else 0
        return known if self._end is None else min(known, self._end)

    def _unknown(self) -> Iterator[tuple[int, int]]:
        """The first and last number of each run of intervals whose price is not known: up to the next trade."""
        number = self.wanted.interval.number
        traded = [span for span in self.stored.spans if span.files]
        for before, after in pairwise(traded):
            first_ns = _known_until(before)
            if first_ns < _known_from(after):
                yield number(first_ns), number(after.files[0].first_ns - 1)

    def _needed(self, columns: tuple[str, ...], decimals: int, scale: int) -> int:
        """At least so many decimals; as many as it takes to show every number exactly."""
        while decimals < scale:
            exact = " AND ".join(f"{name} = {name}::DECIMAL({duck.MAX_DIGITS}, {decimals})" for name in columns)
            [[enough]] = self.rows(f"SELECT coalesce(bool_and({exact}), true) FROM candle")
            if enough:
                break
            decimals += 1
        return decimals

    def _vwap(self, decimals: int) -> str:
        """Turnover by volume; what does not fit the decimals is cut off. Source: market-data#candle-values."""
        one = f"'{Decimal(1).scaleb(-decimals):f}'::DECIMAL({decimals + 1}, {decimals})"
        fits = self.stored.price.whole + decimals <= _SURE_DIGITS
        quotient = _near_quotient(decimals, one) if fits else _integer_quotient(decimals, one, self.stored.price.scale)
        return f"CASE WHEN volume = 0 THEN 0 ELSE {quotient} END"


def _near_quotient(decimals: int, one: str) -> str:
    """By floats, which are at most one step away, and set right by exact products: ten times faster than integers."""
    near = f"(trunc(turnover::DOUBLE / volume::DOUBLE * 1e{decimals}) / 1e{decimals})::DECIMAL(18, {decimals})"
    return (
        f"CASE WHEN {near} * volume > turnover THEN {near} - {one}"
        f" WHEN ({near} + {one}) * volume <= turnover THEN {near} + {one} ELSE {near} END"
    )


def _integer_quotient(decimals: int, one: str, scale: int) -> str:
    """By integers of up to 38 digits."""
    turnover, volume = (f"replace({name}::VARCHAR, '.', '')::HUGEINT" for name in ("turnover", "volume"))
    factor, divisor = 10 ** max(decimals - scale, 0), 10 ** max(scale - decimals, 0)
    units = f"{turnover} * {factor} // ({volume} * {divisor})"
    return f"({units})::DECIMAL({duck.MAX_DIGITS - decimals - 1}, 0) * {one}"


def _known_until(span: Span) -> int:
    """Kraken's archives end with a day, whenever its last trade was. Decided."""
    return span.end_ns if span.cursor else -(-span.end_ns // _DAY_NS) * _DAY_NS


def _known_from(span: Span) -> int:
    """Before a download's first trade there is no price; an archive begins with a day."""
    first = span.files[0]
    return first.first_ns // _DAY_NS * _DAY_NS if first.from_archive else first.first_ns
