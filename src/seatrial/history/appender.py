"""Adding what a venue's Trades method answers, page after page."""

import csv
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from seatrial.history import duck
from seatrial.history.appending import PairAppender, last_second
from seatrial.history.manifest import DataFile, Gap, Span
from seatrial.history.months import month_after, month_of, start_ns
from seatrial.history.ticks import Digits, Tick

_DRAFT: Final = "pages.csv"
_Row = tuple[int, int, str, str, str, str, str, int]


class _Page(NamedTuple):
    """What one answer added. It is there whole or not at all, whenever somebody interrupts."""

    rows: list[_Row]
    span: Span
    """After it."""
    last_tick: Tick | None


class Appender:
    """Grows one span, from where a gap begins. What was added is stored with the next `commit`, cursor and all."""

    def __init__(self, writer: PairAppender, gap: Gap, source: str) -> None:
        before = next((span for span in writer.stored.spans if span.end_ns == gap.first_ns), None)
        span = before or Span(gap.first_ns, gap.first_ns, cursor=str(max(gap.first_ns - 1, 0)))
        self._writer = writer
        self._source = source
        self._last = _Page([], span if span.cursor else _from_its_last_second(span), None)
        self._pages: list[_Page] = []

    @property
    def cursor(self) -> str:
        """What to ask the venue with."""
        return self._now.span.cursor

    @property
    def skip(self) -> int:
        """How many of the trades that it answers with are here already."""
        return self._now.span.skip

    @property
    def last_id(self) -> int:
        """Of the last trade; 0 when it had none."""
        return self._now.span.last_id

    @property
    def last_tick(self) -> Tick | None:
        """The last that was added."""
        return self._now.last_tick

    @property
    def waiting(self) -> int:
        """How many trades were added and are not stored."""
        return sum(len(page.rows) for page in self._pages)

    def add(self, ticks: Sequence[Tick], cursor: str, end_ns: int, skip: int = 0) -> None:
        """Add trades, in the order they happened, and where to go on after them."""
        now = self._now
        key, rows = now.span.last_key, []
        for tick in ticks:
            at_ns = tick.time_ns
            key = max(key + 1, at_ns)
            rows.append(
                (at_ns, key - at_ns, tick.price, tick.volume, tick.side, tick.order_type, tick.misc, tick.trade_id)
            )
        last_id = ticks[-1].trade_id if ticks else now.span.last_id
        span = replace(now.span, end_ns=end_ns, cursor=cursor, skip=skip, last_key=key, last_id=last_id)
        self._pages.append(_Page(rows, span, ticks[-1] if ticks else now.last_tick))

    def commit(self) -> None:
        """Store what was added. After an interruption it can be called again: nothing is stored twice."""
        if self._pages and not self._is_stored(self._now.span):
            self._store()
        self._last = self._now
        self._pages = []

    @property
    def _now(self) -> _Page:
        return self._pages[-1] if self._pages else self._last

    def _is_stored(self, wanted: Span) -> bool:
        spans = self._writer.stored.spans
        return any(span.first_ns <= wanted.first_ns and wanted.end_ns <= span.end_ns for span in spans)

    def _store(self) -> None:
        writer, span = self._writer, self._now.span
        rows = [row for page in self._pages for row in page.rows]
        writer.fit(_digits(row[2] for row in rows), _digits(row[3] for row in rows))
        before = writer.span_from(span.first_ns)
        if before.files and not before.cursor:
            before = writer.trimmed(before, last_second(before))
        files = before.files
        for month, of_month in _by_month(rows).items():
            files = writer.merged((*files, self._file(month, of_month)))
        writer.commit(replace(span, files=files))

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
    """An archive may end in the middle of a second, so that is asked for again. Source: market-data#downloading."""
    second_ns = last_second(span)
    return replace(
        span, end_ns=second_ns, cursor=str(second_ns - 1), last_key=min(span.last_key, second_ns - 1), last_id=0
    )


def _by_month(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    begins_ns = ends_ns = 0
    of_month: list[_Row] = []
    for row in rows:
        if not begins_ns <= row[0] < ends_ns:
            month = month_of(row[0])
            begins_ns, ends_ns = start_ns(month), start_ns(month_after(month))
            of_month = found.setdefault(month, [])
        of_month.append(row)
    return found


def _digits(texts: Iterable[str]) -> Digits:
    """Room for all of these decimals."""
    points = [(len(text), text.find(".")) for text in texts]
    whole = max((length if point < 0 else point for length, point in points), default=1)
    return Digits(whole, max((length - 1 - point for length, point in points if point >= 0), default=0))
