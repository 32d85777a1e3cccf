"""Adding what a venue's Trades method answers, page after page."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from seatrial.history import duck
from seatrial.history.manifest import DataFile, Gap, Span
from seatrial.history.months import month_after, month_of, start_ns
from seatrial.history.ticks import Digits, Tick
from seatrial.history.writer import PairWriter, last_second

_DRAFT: Final = "pages.csv"
_Row = tuple[int, int, str, str, str, str, str, int]


class Appender:
    """Grows one span, from where a gap begins. What was added is stored with the next `commit`, cursor and all."""

    def __init__(self, writer: PairWriter, gap: Gap, source: str) -> None:
        before = next((span for span in writer.stored.spans if span.end_ns == gap.first_ns), None)
        span = before or Span(gap.first_ns, gap.first_ns, cursor=str(max(gap.first_ns - 1, 0)))
        if not span.cursor:
            span = _from_its_last_second(span)
        self._writer = writer
        self._source = source
        self._span = span
        self._rows: dict[str, list[_Row]] = defaultdict(list)
        self._month = ""
        self._month_ns = self._next_month_ns = 0
        self.waiting = 0
        """Trades added and not yet stored."""
        self.changed = False
        """Whether anything was added since the last commit: trades, or the knowledge that there are none."""
        self.last_tick: Tick | None = None
        """The last that was added."""

    @property
    def cursor(self) -> str:
        """What to ask the venue with."""
        return self._span.cursor

    @property
    def skip(self) -> int:
        """How many of the trades that it answers with are here already."""
        return self._span.skip

    @property
    def last_id(self) -> int:
        """Of the last trade; 0 when it had none."""
        return self._span.last_id

    def add(self, ticks: Sequence[Tick], cursor: str, end_ns: int, skip: int = 0) -> None:
        """Add trades, in the order they happened, and where to go on after them."""
        key = self._span.last_key
        for tick in ticks:
            at_ns = tick.time_ns
            key = max(key + 1, at_ns)
            self._rows_of(at_ns).append(
                (at_ns, key - at_ns, tick.price, tick.volume, tick.side, tick.order_type, tick.misc, tick.trade_id)
            )
        if ticks:
            self.last_tick = ticks[-1]
            self._span = replace(self._span, last_key=key, last_id=self.last_tick.trade_id)
            self.waiting += len(ticks)
        self._span = replace(self._span, end_ns=end_ns, cursor=cursor, skip=skip)
        self.changed = True

    def commit(self) -> None:
        """Store what was added."""
        writer = self._writer
        rows = [row for of_month in self._rows.values() for row in of_month]
        writer.fit(_digits(row[2] for row in rows), _digits(row[3] for row in rows))
        before = writer.span_from(self._span.first_ns)
        if before.files and not before.cursor:
            before = writer.trimmed(before, last_second(before))
        files = before.files
        for month, of_month in self._rows.items():
            files = writer.merged((*files, self._file(month, of_month)))
        writer.commit(replace(self._span, files=files))
        self._rows.clear()
        self.waiting = 0
        self.changed = False

    def _rows_of(self, time_ns: int) -> list[_Row]:
        """The rows of that time's month."""
        if not self._month_ns <= time_ns < self._next_month_ns:
            self._month = month_of(time_ns)
            self._month_ns, self._next_month_ns = start_ns(self._month), start_ns(month_after(self._month))
        return self._rows[self._month]

    def _file(self, month: str, rows: list[_Row]) -> DataFile:
        """By way of a text file, which DuckDB reads faster than rows handed over one by one."""
        draft = self._writer.work / _DRAFT
        with draft.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        kinds = {"time": "BIGINT", "tie": "BIGINT", "trade_id": "BIGINT"}
        columns = {name: kinds.get(name, "VARCHAR") for name in duck.columns(Digits(), Digits())}
        source = f"read_csv({duck.quoted(draft)}, header = false, auto_detect = false, columns = {columns})"
        replaced = "* REPLACE (make_timestamp_ns(time) AS time, nullif(trade_id, 0) AS trade_id)"
        select = f"SELECT {self._writer.cast()} FROM (SELECT {replaced} FROM {source})"
        return self._writer.file(select, month, self._source)


def _from_its_last_second(span: Span) -> Span:
    """An archive may end in the middle of a second, so that is asked for again. Source: market-data 3."""
    second_ns = last_second(span)
    return replace(
        span, end_ns=second_ns, cursor=str(second_ns - 1), last_key=min(span.last_key, second_ns - 1), last_id=0
    )


def _digits(texts: Iterable[str]) -> Digits:
    """Room for all of these decimals."""
    points = [(len(text), text.find(".")) for text in texts]
    whole = max((length if point < 0 else point for length, point in points), default=1)
    return Digits(whole, max((length - 1 - point for length, point in points if point >= 0), default=0))
