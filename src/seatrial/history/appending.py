"""Adding trades to one pair: data files first, then the manifest that names them."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from msgspec.structs import replace

from seatrial.history import duck, durable, manifest
from seatrial.history.manifest import DataFile, Manifest, Pair, Span
from seatrial.history.ticks import SECOND_NS, Digits

GROWTH: Final = 2
"""A file is joined with the next when it is at most this many times as large: so a month of many small additions is a
few files, and each trade is written again only as often as the files double."""


class PairAppender:
    """Writes to the folder of one pair; nobody else does meanwhile."""

    def __init__(self, folder: Path, work: Path, stored: Manifest) -> None:
        self.work = work
        """A folder for drafts."""
        self._folder = folder
        self.stored = stored
        self._database = duck.connect(work / "spill")
        self._next_file = stored.next_file
        self._named_before: set[str] = set()
        self._sweep()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement. `HistoryError` in DuckDB's words."""
        with duck.told():
            return self._database.execute(sql).fetchall()

    def name_pair(self, pair: Pair) -> None:
        """Take over what the pair is called, with the next commit."""
        self.stored = replace(self.stored, pair=pair)

    def span_from(self, first_ns: int) -> Span:
        """The span that begins there; an empty one when there is none."""
        return next((span for span in self.stored.spans if span.first_ns == first_ns), Span(first_ns, first_ns))

    def first_trade(self, span: Span) -> tuple[int, int]:
        """Time and id of a span's first trade; the id is 0 when it had none."""
        [found] = self.run(
            f"SELECT epoch_ns(time), coalesce(trade_id, 0) FROM {self.all_of(span.files[:1])}"
            " ORDER BY epoch_ns(time) + tie LIMIT 1"
        )
        return found[0], found[1]

    def commit(self, *changed: Span) -> None:
        """From now on this is what is stored of the spans' times."""
        kept = [span for span in self.stored.spans if span.first_ns not in {new.first_ns for new in changed}]
        spans = manifest.joined([*kept, *changed])
        self._save(replace(self.stored, spans=spans))

    def fit(self, price: Digits, volume: Digits) -> None:
        """Make room for numbers with more digits: all files of a pair have the same types."""
        stored = self.stored
        wider = replace(stored, price=stored.price.union(price), volume=stored.volume.union(volume))
        if duck.columns(wider.price, wider.volume) != duck.columns(stored.price, stored.volume):
            spans = [
                replace(span, files=tuple(self._retyped(file, wider.price, wider.volume) for file in span.files))
                for span in stored.spans
            ]
            wider = replace(wider, spans=tuple(spans))
        if any(wider.files) and wider.spans != stored.spans:
            self._save(wider)
        else:
            self.stored = wider

    def trimmed(self, span: Span, end_ns: int) -> Span:
        """The span without its trades from a moment on."""
        files = [kept for file in span.files if (kept := self._before(file, end_ns)) is not None]
        last_key = min(span.last_key, end_ns - 1)
        return replace(span, files=tuple(files), end_ns=end_ns, last_key=last_key, last_id=0)

    def merged(self, files: Sequence[DataFile]) -> tuple[DataFile, ...]:
        """The files, small ones that follow each other made one."""
        result = list(files)
        while len(result) > 1 and _alike(*result[-2:]) and result[-2].rows <= GROWTH * result[-1].rows:
            result[-2:] = [self._one_of(result[-2], result[-1])]
        return tuple(result)

    def file(self, select: str, month: str, source: str) -> DataFile:
        """Write a file of what is selected, which must be trades of one month in our columns."""
        path = f"month={month}/{self._next_file:06}.parquet"
        self._next_file += 1
        target = self._folder / path
        target.parent.mkdir(exist_ok=True)
        draft = self.work / target.name
        self.run(f"COPY ({select}) TO {duck.quoted(draft)} ({duck.LAYOUT})")
        durable.settle(draft, target)
        [(rows, first_ns, last_ns)] = self.run(
            f"SELECT count(*), coalesce(epoch_ns(min(time)), 0), coalesce(epoch_ns(max(time)), 0)"
            f" FROM {duck.parquet([target])}"
        )
        return DataFile(path, rows, first_ns, last_ns, source)

    def all_of(self, files: Sequence[DataFile]) -> str:
        """Read files in SQL."""
        return duck.parquet(self._folder / file.path for file in files)

    def cast(self) -> str:
        """Our columns in the types they have now."""
        return duck.cast(self.stored.price, self.stored.volume)

    def _retyped(self, file: DataFile, price: Digits, volume: Digits) -> DataFile:
        select = f"SELECT {duck.cast(price, volume)} FROM {self.all_of([file])}"
        return self.file(select, _month(file), file.source)

    def _before(self, file: DataFile, end_ns: int) -> DataFile | None:
        if file.last_ns < end_ns:
            return file
        if file.first_ns >= end_ns:
            return None
        select = f"SELECT * FROM {self.all_of([file])} WHERE epoch_ns(time) < {end_ns}"
        return self.file(select, _month(file), file.source)

    def _one_of(self, first: DataFile, second: DataFile) -> DataFile:
        return self.file(f"SELECT * FROM {self.all_of([first, second])}", _month(first), first.source)

    def _save(self, stored: Manifest) -> None:
        self._named_before = {file.path for file in self.stored.files}
        self.stored = replace(stored, next_file=self._next_file)
        manifest.write(self._folder, self.stored, self.work)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what the manifest does not name; what it named a moment ago may still be being read."""
        named = self._named_before | {file.path for file in self.stored.files}
        for file in self._folder.glob("month=*/*"):
            if str(file.relative_to(self._folder)) not in named:
                file.unlink()


def last_second(span: Span) -> int:
    """Where the last second of a span begins."""
    return (span.end_ns - 1) // SECOND_NS * SECOND_NS


def _alike(first: DataFile, second: DataFile) -> bool:
    return first.source == second.source and _month(first) == _month(second)


def _month(file: DataFile) -> str:
    return file.path.split("/")[0].removeprefix("month=")
