"""What `seatrial candles` does."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import typer

from seatrial.cli.exits import fail, note
from seatrial.cli.history_options import known_pair, open_store, optional_time, show_time
from seatrial.history.candles import FOREVER_NS, Candles, Wanted
from seatrial.history.errors import HistoryError
from seatrial.history.formats import Format
from seatrial.history.intervals import read_interval
from seatrial.history.manifest import Gap, Manifest
from seatrial.history.output import export, table
from seatrial.history.plot.draw import check_ending, draw
from seatrial.history.store import TradeStore

_MAX_NOTES: Final = 5


class Range(NamedTuple):
    """Which candles the person wants."""

    pair: str
    interval: str
    first: str | None
    end: str | None
    fill: bool
    decimals: int | None


class Output(NamedTuple):
    """Where they go."""

    format: Format | None
    out: Path | None
    plot: Path | None


def run(asked: Range, output: Output, folder: Path | None) -> None:
    """Make them and put them out; every known trouble is one line and a non-zero exit."""
    store = open_store(folder)
    try:
        if output.plot is not None:
            check_ending(output.plot)
        with Candles(store, _stored(store, asked.pair), _wanted(asked)) as candles:
            _notes(candles)
            if output.plot is not None:
                draw(candles, output.plot)
                note(f"drawn in {output.plot}")
            if output.plot is None or output.format is not None or output.out is not None:
                _put_out(candles, output.format or _format_of(output.out), output.out)
    except HistoryError as error:
        fail(str(error))


def _wanted(asked: Range) -> Wanted:
    first_ns, end_ns = optional_time(asked.first) or 0, optional_time(asked.end)
    if end_ns is not None and end_ns <= first_ns:
        fail("--to must be later than --from")
    end_ns = None if end_ns is None or end_ns >= FOREVER_NS else end_ns
    return Wanted(read_interval(asked.interval), min(first_ns, FOREVER_NS), end_ns, asked.fill, asked.decimals)


def _stored(store: TradeStore, name: str) -> Manifest:
    known = known_pair(name)
    stored = store.find(name) or (store.find(known.name) if known else None)
    if stored is None:
        fail(f"no trades of {name} in {store.folder}: run `seatrial history download {name}` or `history import`")
    return stored


def _format_of(out: Path | None) -> Format:
    """What a file's name says; a table where it says nothing."""
    ending = "" if out is None else out.suffix.removeprefix(".").lower()
    return Format(ending) if ending in set(Format) else Format.TABLE


def _put_out(candles: Candles, format_: Format, out: Path | None) -> None:
    if out is not None:
        export(candles, format_, out)
        note(f"written to {out}")
    elif format_ is Format.TABLE:
        for line in table(candles):
            typer.echo(line)
    elif format_ is Format.PARQUET and sys.stdout.isatty():
        fail("Parquet cannot be shown on a terminal: add --out FILE")
    else:
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            path = Path(folder) / "candles"
            export(candles, format_, path)
            with path.open("rb") as file:
                if format_ is Format.JSON:
                    sys.stdout.buffer.writelines(line.strip() for line in file)
                    sys.stdout.buffer.write(b"\n")
                else:
                    shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _notes(candles: Candles) -> None:
    """Say which candles may be incomplete."""
    if candles.numbers() is None:
        note("no trades of that time are stored: `seatrial history list` shows which are")
    gaps = candles.uncertain()
    for gap in gaps[:_MAX_NOTES]:
        note(f"a candle may be incomplete: {_unknown(gap)}")
    if len(gaps) > _MAX_NOTES:
        note(f"and so on, {len(gaps)} such gaps: `seatrial history list` shows them")


def _unknown(gap: Gap) -> str:
    end_ns = gap.end_ns or FOREVER_NS
    if gap.first_ns == 0:
        return f"nothing is stored before {show_time(end_ns)}"
    if end_ns == FOREVER_NS:
        return f"nothing is stored from {show_time(gap.first_ns)} on"
    return f"nothing is stored from {show_time(gap.first_ns)} to {show_time(end_ns)}"
