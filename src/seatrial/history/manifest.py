"""What is stored of one pair: a small file beside its data that is only ever replaced whole.

A data file counts from the moment the manifest names it. So trades and the cursor to go on with are committed by one
rename, and whatever a killed process left behind is no part of the history.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from seatrial.history import durable
from seatrial.history.errors import HistoryError
from seatrial.history.ticks import Digits

FILE_NAME: Final = "manifest.json"
FORMAT: Final = 1


class Pair(Struct, frozen=True):
    """A pair and what it is called."""

    name: str
    """As Kraken's archives name it: XBTUSD."""
    others: tuple[str, ...] = ()
    """XXBTZUSD, XBT/USD, BTC/USD."""
    decimals: int | None = None
    """Of its prices in candles, as the venue says; None where nobody said."""

    def is_called(self, text: str) -> bool:
        """Whether a user who says this means the pair."""
        return folded(text) in map(folded, (self.name, *self.others))


class DataFile(Struct, frozen=True):
    """One Parquet file of trades, all of one month and from one source."""

    path: str
    """Below the pair's folder."""
    rows: int
    first_ns: int
    last_ns: int
    source: str
    """The URL or the archive they came from."""

    @property
    def from_archive(self) -> bool:
        """Whether it was no download."""
        return "://" not in self.source


class Span(Struct, frozen=True):
    """A stretch of time of which every trade is stored."""

    first_ns: int
    end_ns: int
    """Exclusive."""
    files: tuple[DataFile, ...] = ()
    """In the order of the trades."""
    cursor: str = ""
    """The cursor with which to ask the venue for more; empty at the end of an archive."""
    skip: int = 0
    """How many trades after the cursor are stored already."""
    last_key: int = -1
    """Ordering key of the last trade."""
    last_id: int = 0
    """Of the last trade; 0 where none was given."""

    @property
    def rows(self) -> int:
        """The number of trades."""
        return sum(file.rows for file in self.files)


class Manifest(Struct, frozen=True):
    """All of it."""

    pair: Pair
    price: Digits = Digits()
    volume: Digits = Digits(1, 8)
    next_file: int = 1
    spans: tuple[Span, ...] = ()
    """Apart from each other, oldest first."""
    format: int = FORMAT

    @property
    def files(self) -> Iterator[DataFile]:
        """Every data file, oldest first."""
        return (file for span in self.spans for file in span.files)


class Gap(Struct, frozen=True):
    """A stretch of time that is asked for and not stored."""

    first_ns: int
    end_ns: int | None
    """Exclusive; None when it is open."""


def folded(name: str) -> str:
    """A pair's name without what people write differently."""
    return name.upper().replace("/", "").replace("-", "").replace("_", "")


def read(folder: Path) -> Manifest | None:
    """What a pair's folder holds; None when it holds nothing. `HistoryError` when it cannot be read."""
    path = folder / FILE_NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise HistoryError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise HistoryError(f"{path} is no list of stored trades: {error}") from error
    if manifest.format != FORMAT:
        raise HistoryError(
            f"{path} was written by another version of seatrial: use that one, or name another folder with --store"
        )
    return manifest


def write(folder: Path, manifest: Manifest, work: Path) -> None:
    """Replace it: from now on this is what is stored."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    durable.write(folder / FILE_NAME, content, work / FILE_NAME)


def gaps(spans: tuple[Span, ...], first_ns: int, end_ns: int | None) -> list[Gap]:
    """What is not stored of the time from one moment to another."""
    found, at_ns = [], first_ns
    for span in spans:
        if span.end_ns <= at_ns:
            continue
        if end_ns is not None and span.first_ns >= end_ns:
            break
        if span.first_ns > at_ns:
            found.append(Gap(at_ns, span.first_ns))
        at_ns = span.end_ns
    if end_ns is None or at_ns < end_ns:
        found.append(Gap(at_ns, end_ns))
    return found


def joined(spans: list[Span]) -> tuple[Span, ...]:
    """The spans in order, those that touch made one."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.first_ns):
        before = result[-1] if result else None
        if before is None or before.end_ns < span.first_ns:
            result.append(span)
        else:
            last_id = span.last_id if span.files else before.last_id
            files, key = before.files + span.files, max(before.last_key, span.last_key)
            result[-1] = replace(span, first_ns=before.first_ns, files=files, last_key=key, last_id=last_id)
    return tuple(result)
