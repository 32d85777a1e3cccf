"""Looking through a world's database, saving it and putting it back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from seatrial.cli import control, tables
from seatrial.cli.exits import REFUSED, fail, note, stopped
from seatrial.client import calls, shapes
from seatrial.server.host.errors import FolderTaken, WorldError
from seatrial.server.host.folder import claim_folder
from seatrial.store import schema
from seatrial.store.backups import back_up, check_file
from seatrial.store.backups import restore as restore_backup
from seatrial.store.database import RestorableDatabase
from seatrial.store.errors import DamagedError, NoWorldError, unusable
from seatrial.store.proofs import LAWS, Proof, prove
from seatrial.store.store import Store, StoreError, WorldRow, database_at, look_twice_into
from seatrial.world.clock import iso

COUNTED: Final = (schema.accounts, schema.postings, schema.orders, schema.fills, schema.trades, schema.transfers)


class Report(Struct, frozen=True):
    """What came of a look through a database."""

    database: str
    holds: bool
    """Whether nothing was found."""
    rows: dict[str, int]
    """How many there are of what was looked through."""
    laws: list[Proof]


def place(data: Path, database: str | None) -> Path | str:
    """Where a world is kept."""
    return database or data / "world.sqlite3"


def verify(where: Path | str, *, as_json: bool) -> None:
    """Print the report; end with status 1 when a law is broken."""
    try:
        with look_twice_into(where) as (connection, twin):
            report = _report(where, connection, twin)
    except StoreError as error:
        fail(_advised(error))
    if as_json:
        typer.echo(msgspec.json.encode(report))
    else:
        _tell(report)
    if not report.holds:
        raise typer.Exit(REFUSED)


class Saved(Struct, frozen=True):
    """What a backup is."""

    file: str
    bytes: int


def backup(file: Path, where: Path | str, *, as_json: bool) -> None:
    """Write the file, and say how large it is."""
    try:
        with _bar(TaskProgressColumn()) as bar:
            back_up(where, file, _advance(bar, f"saving {file.name}"))
    except StoreError as error:
        fail(_advised(error))
    except KeyboardInterrupt:
        stopped(f"stopped; there is no {file}")
    saved = Saved(str(file.absolute()), file.stat().st_size)
    if as_json:
        typer.echo(msgspec.json.encode(saved))
        return
    typer.echo(f"{file}: {saved.bytes:,} bytes")
    note(f"`seatrial restore {file} --replace` goes back to it")


def restore(file: Path, where: control.Where, database: str | None, *, replace: bool) -> None:
    """Write into the database, or have the server do it that is running there."""
    if where.url is None and database is not None:
        _restore_alone(file, database, where, replace=replace)
        return
    try:
        lock = None if where.url else claim_folder(where.data)
    except FolderTaken:
        lock = None
    except WorldError as error:
        fail(str(error))
    if lock is None:
        _restore_there(file, where, replace=replace)
    else:
        with lock:
            _restore_alone(file, place(where.data, None), where, replace=replace)


def _restore_there(file: Path, where: control.Where, *, replace: bool) -> None:
    if not replace:
        fail("a server is running there: add --replace to give its world up for that of the backup")
    call = calls.restore(shapes.Restore(str(file.absolute())))
    control.run(where, call, tables.facts, meanwhile=_watched(where))


@contextmanager
def _watched(where: control.Where) -> Iterator[None]:
    """How far the server is, on a terminal."""
    with _bar(MofNCompleteColumn()) as bar:
        watching = control.watching(where, calls.read_restore(), _show(bar))
        with nullcontext() if bar.disable else watching:
            yield


def _show(bar: Progress) -> Callable[[shapes.RestoreView], None]:
    """How far the server is."""
    task = bar.add_task("", total=None)

    def show(view: shapes.RestoreView) -> None:
        refuses = " (calls are refused)" if view.refuses_calls else ""
        bar.update(task, description=f"{view.step or ''}{refuses}", completed=view.done, total=view.of or None)

    return show


def _restore_alone(file: Path, into: Path | str, where: control.Where, *, replace: bool) -> None:
    target = None
    try:
        target = _claimed(into, file, replace=replace)
        if _stored(target) is not None and not replace:
            fail(f"there is a world in {target.name} already: add --replace to give it up for that of the backup")
        with _bar(TaskProgressColumn()) as bar:
            restore_backup(target, file, _advance(bar, f"restoring {file.name}"), _say(bar))
        _tell_restored(file, target, as_json=where.as_json)
    except StoreError as error:
        fail(_advised(error))
    except KeyboardInterrupt:
        stopped("stopped; nothing was restored")
    finally:
        if target is not None:
            target.close()


def _claimed(into: Path | str, file: Path, *, replace: bool) -> RestorableDatabase:
    """The database to restore into. A file that is damaged is given up only for a backup that is in order."""
    target = database_at(into)
    try:
        target.claim()
        _stored(target)
    except DamagedError:
        target.close()
        if not replace or not isinstance(into, Path):
            raise
        check_file(file)
        _set_aside(into)
        target = database_at(into)
        target.claim()
    except BaseException:
        target.close()
        raise
    return target


def _stored(target: RestorableDatabase) -> WorldRow | None:
    try:
        return Store(target).world()
    except SQLAlchemyError as error:
        raise unusable(target.name, error) from error


def _set_aside(path: Path) -> None:
    """A damaged world may still be of use to somebody."""
    number = next(number for number in count(1) if not _aside(path, number).exists())
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.rename(_aside(path, number))
    note(f"the damaged file is {_aside(path, number)} now")


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.damaged-{number}")


def _tell_restored(file: Path, target: RestorableDatabase, *, as_json: bool) -> None:
    world = _stored(target)
    assert world is not None, "it was just restored"
    if as_json:
        typer.echo(msgspec.json.encode(shapes.Restored(str(file.absolute()), iso(world.now_ns))))
        return
    typer.echo(f"restored {file} into {target.name}")
    note("`seatrial serve` there goes on with it")


def _advised(error: StoreError) -> str:
    """What went wrong, and where it is known what to do."""
    if isinstance(error, NoWorldError):
        return f"{error}: name another place with --data DIR or --database URL, or begin a world with `seatrial serve`"
    if isinstance(error, DamagedError):
        return (
            f"{error}: put a backup in its place with `seatrial restore FILE --replace`, or name another world with"
            " --data DIR"
        )
    return str(error)


def _report(where: Path | str, connection: Connection, twin: Connection | None) -> Report:
    counts = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in COUNTED}
    with _bar(MofNCompleteColumn()) as bar:
        task = bar.add_task("", total=len(LAWS))
        proofs = []
        for proof in prove(connection, lambda law: bar.update(task, description=law), twin):
            proofs.append(proof)
            bar.advance(task)
    name = str(where) if isinstance(where, Path) else database_at(where).name
    proofs.sort(key=lambda proof: LAWS.index(proof.law))
    return Report(name, not any(proof.breaches for proof in proofs), counts, proofs)


def _tell(report: Report) -> None:
    counts = ", ".join(f"{count:,} {name}" for name, count in report.rows.items())
    typer.echo(f"{report.database}: {counts}")
    broken = [proof for proof in report.laws if proof.breaches]
    for proof in broken:
        typer.echo(f"BROKEN: {proof.law}: {proof.breaches:,} found")
        for example in proof.examples:
            typer.echo("  " + " ".join(f"{name}={value}" for name, value in example.items()))
    told = f"{len(broken)} of {len(report.laws)} laws are broken." if broken else f"All {len(report.laws)} laws hold."
    typer.echo(told)


@contextmanager
def _bar(*columns: Any) -> Iterator[Progress]:  # noqa: ANN401  of any kind that Rich has
    """On a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    with Progress(
        BarColumn(), *columns, TextColumn("{task.description}"), console=console, disable=not console.is_terminal,
        transient=True,
    ) as bar:  # fmt: skip
        yield bar


def _say(bar: Progress) -> Callable[[str, int, int], None]:
    task = bar.add_task("", total=None)
    return lambda step, done, of: bar.update(task, description=step, completed=done, total=of)


def _advance(bar: Progress, name: str) -> Callable[[int, int], None]:
    task = bar.add_task(name, total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)
