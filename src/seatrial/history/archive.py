"""Importing time and sales that a venue published as files.

Rows keep their order and none is dropped for looking like another: whole seconds make many alike.
Source: market-data#time-and-sales-archives.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from seatrial.history import duck, layout
from seatrial.history.appending import PairAppender, last_second
from seatrial.history.errors import HistoryError
from seatrial.history.layout import Layout
from seatrial.history.manifest import DataFile, Gap, Pair, Span, gaps
from seatrial.history.months import month_after, month_of, start_ns
from seatrial.history.store import TradeStore
from seatrial.history.ticks import SECOND_NS, Digits

_PAIR: Final = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_PLAIN: Final = r"[0-9]+(\.[0-9]+)?"
_WIDEST: Final = "DECIMAL(38, 18)"
_STAGE: Final = "stage.parquet"


class Member(Struct, frozen=True):
    """One file of time and sales, which may lie in a zip."""

    path: Path
    name: str
    """Its own, without folders."""
    archive: str = ""
    """The zip it lies in."""
    place: str = ""
    """Its path there."""

    @property
    def source(self) -> str:
        """Where its trades came from, for people."""
        return f"{self.archive}:{self.name}" if self.archive else self.name

    @property
    def pair(self) -> str:
        """The pair that its name begins with; empty when there is none."""
        match = _PAIR.match(self.name)
        return match[0].upper() if match else ""


class Imported(Struct, frozen=True):
    """What came of one file."""

    rows: int
    """In the file."""
    added: int
    """Those that were not stored before."""


def members(path: Path) -> list[Member]:
    """The files of time and sales at a path: itself, or those in a zip. `HistoryError` when it cannot be read."""
    if path.suffix.lower() != ".zip":
        return [Member(path, path.name)]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    except zipfile.BadZipFile as error:
        raise HistoryError(f"{path.name} is no zip: {error}") from error
    except OSError as error:
        raise HistoryError(f"{path} cannot be read: {error.strerror}") from error
    return [Member(path, name.name, path.name, str(name)) for name in names if _is_trades(name)]


def import_member(store: TradeStore, pair: Pair, member: Member) -> Imported:
    """Store the trades of one file that are not stored yet. `HistoryError` when it is no time and sales.

    It is done at once: a process killed on the way has stored nothing of the file.
    """
    with store.writer(pair) as writer, _unpacked(member, writer.work) as path:
        found = layout.read_layout(path)
        if found is None:
            return Imported(0, 0)
        if writer.stored.pair.decimals is None:
            writer.name_pair(pair)
        return _Import(writer, member).run(path, found)


class _Import:
    """One file's way: text → a draft with every row's place in the history → the months that lack them."""

    def __init__(self, writer: PairAppender, member: Member) -> None:
        self._writer = writer
        self._stage = writer.work / _STAGE
        self._member = member

    def run(self, path: Path, found: Layout) -> Imported:
        self._writer.run(f"COPY ({_staged(path, found)}) TO {duck.quoted(self._stage)} ({duck.LAYOUT})")
        self._refuse_unreadable(found)
        rows, first_ns, last_ns = self._measure()
        before = sum(span.rows for span in self._writer.stored.spans)
        self._store(first_ns // SECOND_NS * SECOND_NS, (last_ns // SECOND_NS + 1) * SECOND_NS)
        return Imported(rows, sum(span.rows for span in self._writer.stored.spans) - before)

    def _refuse_unreadable(self, found: Layout) -> None:
        bad = self._rows(
            f"SELECT line, raw FROM {self._from} WHERE time_ns IS NULL OR price IS NULL OR volume IS NULL LIMIT 1"
        )
        if bad:
            line, raw = bad[0]
            raise HistoryError(f"{self._member.name}, line {line + found.header}, is no trade: {raw}")

    def _measure(self) -> tuple[int, int, int]:
        """Rows, first and last time; makes room for the longest numbers."""
        rows, first_ns, last_ns, *digits = self._rows(
            f"SELECT count(*), min(time_ns), max(time_ns), {_digits('price')}, {_digits('volume')} FROM {self._from}"
        )[0]
        self._writer.fit(Digits(*digits[:2]), Digits(*digits[2:]))
        return rows, first_ns, last_ns

    def _store(self, first_ns: int, end_ns: int) -> None:
        spans = [self._gives_way(span, first_ns, end_ns) for span in self._writer.stored.spans]
        missing = gaps(tuple(map(_whole_seconds, spans)), first_ns, end_ns)
        if missing:
            self._writer.commit(*spans, *map(self._span, missing))

    def _gives_way(self, span: Span, first_ns: int, end_ns: int) -> Span:
        """Both archives have the last second of the older one, which may be cut there: more trades are nearer to all.

        Decided.
        """
        second_ns = last_second(span)
        if span.cursor or not span.files or not first_ns <= second_ns < end_ns:
            return span
        ours = f"SELECT count(*) FROM {self._writer.all_of(span.files)} WHERE epoch_ns(time) >= {second_ns}"
        within = f"time_ns >= {second_ns} AND time_ns < {second_ns + SECOND_NS}"
        theirs = f"SELECT count(*) FROM {self._from} WHERE {within}"
        fewer = self._rows(f"SELECT ({ours}) < ({theirs})")[0][0]
        return self._writer.trimmed(span, second_ns) if fewer else span

    def _span(self, gap: Gap) -> Span:
        assert gap.end_ns is not None
        files = tuple(file for file in self._files(gap.first_ns, gap.end_ns) if file.rows)
        last_key = self._rows(f"SELECT coalesce(max(time_ns + tie), -1) FROM {self._from} WHERE time_ns < {gap.end_ns}")
        return Span(gap.first_ns, gap.end_ns, files, last_key=last_key[0][0])

    def _files(self, first_ns: int, end_ns: int) -> Iterator[DataFile]:
        month = month_of(first_ns)
        while (begins_ns := max(first_ns, start_ns(month))) < end_ns:
            following = month_after(month)
            ends_ns = min(end_ns, start_ns(following))
            rows = f"SELECT {_COLUMNS} FROM {self._from} WHERE time_ns >= {begins_ns} AND time_ns < {ends_ns}"
            yield self._writer.file(f"SELECT {self._writer.cast()} FROM ({rows})", month, self._member.source)
            month = following

    @property
    def _from(self) -> str:
        return duck.parquet([self._stage])

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._writer.run(sql)


_COLUMNS: Final = "make_timestamp_ns(time_ns) AS time, tie, price, volume, side, ordertype, misc, trade_id"


def _staged(path: Path, found: Layout) -> str:
    """Every row with its time in nanoseconds and its tie: trades of one time are ordered as they stand in the file."""
    columns = {f"c{place}": "VARCHAR" for place in range(len(found.columns))}
    text = (
        f"read_csv({duck.quoted(path)}, columns = {columns}, header = {found.header}, auto_detect = false,"
        """ delim = ',', quote = '"', escape = '"')"""
    )
    named = {name: f"c{place}" for place, name in enumerate(found.columns) if name}
    time = f"TRY_CAST((TRY_CAST({named[layout.TIME]} AS DECIMAL(28, 9)) * 1000000000) AS BIGINT)"
    values = (
        f"{time} AS time_ns, {_number(named[layout.PRICE])} AS price, {_number(named[layout.VOLUME])} AS volume,"
        f" {_letter(named.get(layout.SIDE))} AS side, {_letter(named.get(layout.ORDER_TYPE))} AS ordertype,"
        f" {named.get(layout.MISC, 'NULL')}::VARCHAR AS misc,"
        f" nullif(TRY_CAST({named.get(layout.TRADE_ID, 'NULL')} AS BIGINT), 0) AS trade_id,"
    )
    raw = f"CASE WHEN time_ns IS NULL OR price IS NULL OR volume IS NULL THEN concat_ws(',', {', '.join(columns)}) END"
    rows = f"SELECT row_number() OVER () AS line, {values} {raw} AS raw FROM {text}"
    return (
        "SELECT *, line + max(time_ns - line) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - time_ns AS tie"
        f" FROM ({rows})"
    )


def _number(column: str) -> str:
    """A decimal's plain text: as it stands, or written out where it has an exponent; null for what is none."""
    written_out = f"rtrim(rtrim(TRY_CAST({column} AS {_WIDEST})::VARCHAR, '0'), '.')"
    return (
        f"CASE WHEN regexp_full_match({column}, '{_PLAIN}') THEN {column}"
        f" WHEN regexp_full_match({written_out}, '{_PLAIN}') THEN {written_out} END"
    )


def _letter(column: str | None) -> str:
    """Buy, sell, market and limit by their first letters, as the Trades method has them."""
    return f"lower(left({column}, 1))" if column else "NULL::VARCHAR"


def _digits(column: str) -> str:
    """The most digits before and after the point."""
    whole, fraction = f"split_part({column}, '.', 1)", f"split_part({column}, '.', 2)"
    return f"max(length({whole})), max(length({fraction}))"


def _whole_seconds(span: Span) -> Span:
    """What an archive cannot add to: the part of a second that a download lacks is for a download to add."""
    return replace(
        span,
        first_ns=span.first_ns // SECOND_NS * SECOND_NS,
        end_ns=-(-span.end_ns // SECOND_NS) * SECOND_NS,
    )


def _is_trades(name: PurePosixPath) -> bool:
    """What macOS adds to a zip is none. Source: market-data#ohlcvt-archives."""
    hidden = name.parts[0] == "__MACOSX" or name.name.startswith(".")
    return not hidden and name.name.lower().endswith((".csv", ".csv.gz"))


@contextmanager
def _unpacked(member: Member, folder: Path) -> Iterator[Path]:
    if not member.archive:
        yield member.path
        return
    path = folder / member.name
    with zipfile.ZipFile(member.path) as archive, archive.open(member.place) as packed, path.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    yield path
