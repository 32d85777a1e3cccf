"""What `seatrial history import` does."""

from pathlib import Path

import msgspec
import typer
from msgspec import Struct
from rich.console import Console

from seatrial.cli.exits import FAILED, fail, note, stopped
from seatrial.cli.history_options import known_pair, open_store, plain_pair
from seatrial.history.archive import Member, import_member, members
from seatrial.history.errors import HistoryError
from seatrial.history.manifest import Pair, folded
from seatrial.history.store import TradeStore


class Done(Struct, frozen=True):
    """What came of one file."""

    pair: str
    source: str
    trades: int
    """In the file."""
    added: int
    """Those that were not stored before."""


def run(files: list[Path], name: str | None, folder: Path | None, *, as_json: bool) -> None:
    """Import file by file; one that cannot be read does not keep the others out, and ends the command with status 2."""
    store = open_store(folder)
    pair = None if name is None else _pair(store, name)
    chosen, done = _chosen(files, pair), []
    try:
        with Console(stderr=True).status("") as status:
            for member in chosen:
                status.update(f"importing {member.source}")
                if imported := _import(store, pair, member):
                    done.append(imported)
                    if not as_json:
                        _tell(imported)
    except KeyboardInterrupt:
        stopped(f"stopped; {len(done)} of {len(chosen)} files are imported, and the same command adds the rest")
    if as_json:
        typer.echo(msgspec.json.encode(done))
    elif done:
        note(f"`seatrial candles {done[-1].pair} --interval 1h` makes candles of them")
    if len(done) < len(chosen):
        raise typer.Exit(FAILED)


def _chosen(files: list[Path], pair: Pair | None) -> list[Member]:
    try:
        found = [member for file in files for member in members(file)]
    except HistoryError as error:
        fail(str(error))
    chosen = [member for member in found if pair is None or not member.archive or pair.is_called(member.pair)]
    if not chosen:
        fail(
            "no trades of that pair are in these files: check --pair"
            if found
            else "there is no CSV file in there: name a CSV file, plain or gz, or a zip of them"
        )
    return chosen


def _import(store: TradeStore, asked: Pair | None, member: Member) -> Done | None:
    """None where it could not be done, which is told."""
    pair = asked or (_pair(store, member.pair) if member.pair else None)
    if pair is None:
        note(f"{member.source} is named after no pair: name the pair, as in --pair XBTUSD")
        return None
    try:
        imported = import_member(store, pair, member)
    except HistoryError as error:
        note(str(error))
        return None
    return Done(pair.name, member.source, imported.rows, imported.added)


def _tell(done: Done) -> None:
    known = done.trades - done.added
    typer.echo(f"{done.pair}: {done.added:,} trades from {done.source}" + (f", {known:,} were there" if known else ""))


def _pair(store: TradeStore, name: str) -> Pair:
    stored = store.find(name)
    return stored.pair if stored else known_pair(name) or plain_pair(folded(name))
