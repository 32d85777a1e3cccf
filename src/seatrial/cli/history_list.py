"""What `seatrial history list` shows."""

from pathlib import Path

import msgspec
import typer

from seatrial.cli.exits import fail, note
from seatrial.cli.grid import BETWEEN, Grid
from seatrial.cli.history_options import open_store, show_time
from seatrial.cli.tables import show
from seatrial.history.errors import HistoryError
from seatrial.history.manifest import Manifest, Span
from seatrial.world.clock import iso


def run(folder: Path | None, *, as_json: bool) -> None:
    """Print one line for each stretch of time of which every trade is stored."""
    store = open_store(folder)
    try:
        stored = store.all()
    except HistoryError as error:
        fail(str(error))
    if as_json:
        rows = [_row(of_pair, span) for of_pair in stored for span in of_pair.spans]
        typer.echo(msgspec.json.encode(rows).decode())
    elif stored:
        show(_table(stored))
    else:
        note(f"no trades in {store.folder}")


def _table(stored: list[Manifest]) -> Grid:
    columns = ("Pair", "Trades", "From", "To", "Source")
    return Grid(columns, [_cells(of_pair, span) for of_pair in stored for span in of_pair.spans])


def _cells(stored: Manifest, span: Span) -> tuple[str, ...]:
    begins, ends = show_time(_first_ns(span)), show_time(_last_ns(span))
    return stored.pair.name, f"{span.rows:,}", begins, ends, BETWEEN.join(_sources(span))


def _row(stored: Manifest, span: Span) -> dict[str, object]:
    return {
        "pair": stored.pair.name,
        "from": iso(_first_ns(span)),
        "to": iso(_last_ns(span)),
        "trades": span.rows,
        "sources": _sources(span),
    }


def _first_ns(span: Span) -> int:
    """The first trade's time; the time that was asked for may be 1970."""
    return min((file.first_ns for file in span.files), default=span.first_ns)


def _last_ns(span: Span) -> int:
    return max((file.last_ns for file in span.files), default=span.end_ns)


def _sources(span: Span) -> list[str]:
    return list(dict.fromkeys(file.source for file in span.files))
