"""What `seatrial history import` does."""

from pathlib import Path

import typer
from rich.console import Console

from seatrial.cli.exits import FAILED, fail, note
from seatrial.cli.history_options import known_pair, open_store, plain_pair
from seatrial.history.archive import Member, import_member, members
from seatrial.history.errors import HistoryError
from seatrial.history.manifest import Pair, folded
from seatrial.history.store import TradeStore


def run(files: list[Path], name: str | None, folder: Path | None) -> None:
    """Import file by file; one that cannot be read does not keep the others out, and ends the command with status 2."""
    store = open_store(folder)
    pair = None if name is None else _pair(store, name)
    failed = 0
    with Console(stderr=True).status("") as status:
        for member in _chosen(files, pair):
            status.update(f"importing {member.source}")
            failed += not _import(store, pair, member)
    if failed:
        raise typer.Exit(FAILED)


def _chosen(files: list[Path], pair: Pair | None) -> list[Member]:
    try:
        found = [member for file in files for member in members(file)]
    except HistoryError as error:
        fail(str(error))
    chosen = [member for member in found if pair is None or not member.archive or pair.is_called(member.pair)]
    if not chosen:
        fail("none of these files has such trades: look at --pair" if found else "there is no CSV file in there")
    return chosen


def _import(store: TradeStore, asked: Pair | None, member: Member) -> bool:
    """Whether it could be done."""
    pair = asked or (_pair(store, member.pair) if member.pair else None)
    if pair is None:
        note(f"{member.source} is named after no pair: say which one, as in --pair XBTUSD")
        return False
    try:
        imported = import_member(store, pair, member)
    except HistoryError as error:
        note(str(error))
        return False
    known = imported.rows - imported.added
    typer.echo(
        f"{pair.name}: {imported.added:,} trades from {member.source}" + (f", {known:,} were there" if known else "")
    )
    return True


def _pair(store: TradeStore, name: str) -> Pair:
    stored = store.find(name)
    return stored.pair if stored else known_pair(name) or plain_pair(folded(name))
