"""Backups: one file each, taken beside a server at work. Each restores into either engine.

A backup is a SQLite file with the tables of a store and nothing beside it: any SQLite tool opens it.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from seatrial.store import rows, schema
from seatrial.store.database import RestorableDatabase
from seatrial.store.errors import StoreError, reason
from seatrial.store.proofs import LAWS, prove
from seatrial.store.sqlite import SqliteFile, SqliteMemory
from seatrial.store.store import look_into

Advance = Callable[[int, int], object]
"""Is told how much is done, and of how much."""

Say = Callable[[str, int, int], object]
"""Is told what comes next, how much is done, and of how much."""

_HEAD: Final = b"SQLite format 3\0"
"""Of every SQLite database. Source: its file format."""

ROWS_AT_ONCE: Final = 5_000
PAGES_AT_ONCE: Final = 1_000


def back_up(place: Path | str, file: Path, advance: Advance) -> None:
    """Write one moment of the world at a path or URL into a new file, whole or not at all. Raises `StoreError`.

    Commits go on meanwhile; what they write is not in the backup.
    """
    if file.exists():
        raise StoreError(f"{file} exists already: choose another name")
    try:
        with look_into(place) as connection, _made_whole(file) as part:
            if connection.dialect.name == "sqlite":
                _copy_pages(connection, part, advance)
            else:
                _copy_rows(connection, part, advance)
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreError(f"cannot write {file}: {error}") from error


def restore(
    database: RestorableDatabase, file: Path, advance: Advance, say: Say = lambda _step, _done, _of: None
) -> None:
    """Put the world of a backup in the place of the one that is stored, in one transaction. `say` hears of its proof.

    Raises `StoreError`, also where the backup is older than this Seatrial and cannot be brought up to date, or breaks
    a law of the books.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "backup.sqlite3"
        prepare(file, copy, say)
        try:
            put(database, copy, advance)
        except SQLAlchemyError as error:
            raise StoreError(f"cannot restore {file}: {reason(error)}") from error


def put(database: RestorableDatabase, copy: Path, advance: Advance) -> None:
    """Put the world of a copy that `prepare` made in the place of the one that is stored, in one transaction.

    Raises `StoreError` where that cannot be and nothing has changed.
    """
    if isinstance(database, SqliteFile | SqliteMemory):
        database.take(copy, advance)
        return
    source = SqliteFile(copy)
    try:
        with source.reading() as connection:
            database.replace(_all_rows(connection, advance))
    finally:
        source.close()


def check_file(file: Path) -> None:
    """Make sure, without reading all of it, that a file can be a backup. Raises `StoreError`."""
    try:
        if not file.exists():
            raise StoreError(f"there is no file {file}")
        if not file.is_file():
            raise StoreError(f"{file} is {'a folder' if file.is_dir() else 'no file'}")
        with file.open("rb") as opened:
            head = opened.read(len(_HEAD))
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error
    if head != _HEAD:
        raise StoreError(f"{file} is no backup: {'it is empty' if not head else 'the file is not a database'}")


def prepare(file: Path, copy: Path, say: Say, seed: int | None = None) -> None:
    """Write a copy of a backup, at the newest version, whose books are in order. Raises `StoreError`.

    Where a seed is named, the backup must be of a world with that one.
    """
    check_file(file)
    database = SqliteFile(copy)
    database.name = str(file)  # a person knows that one
    try:
        shutil.copyfile(file, copy)
        with database.reading() as connection:
            _check_pages(connection, file)
        database.claim()
        with database.reading_twice() as (connection, twin):
            _check_world(connection, file, seed)
            _check_laws(connection, twin, file, say)
    except OSError as error:
        raise StoreError(f"cannot copy {file}: {error.strerror}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"cannot read {file}: {reason(error)}") from error
    finally:
        database.close()


def _check_pages(connection: Connection, file: Path) -> None:
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    if found != "ok":
        raise StoreError(f"{file} is damaged: {found.strip().splitlines()[-1]}")


def _check_world(connection: Connection, file: Path, seed: int | None) -> None:
    found = connection.execute(select(schema.world.c.seed)).scalar_one_or_none()
    if found is None:
        raise StoreError(f"{file} holds no world")
    if seed not in (None, found):
        raise StoreError(f"{file} is of a world with another seed: stop the server and restore it then")


def _check_laws(connection: Connection, twin: Connection | None, file: Path, say: Say) -> None:
    done = broken = 0

    def begin(law: str) -> None:
        say(f"proving: {law}", done, len(LAWS))

    for proof in prove(connection, begin, twin):
        done += 1
        broken += proof.breaches > 0
    if broken:
        raise StoreError(f"{file} breaks {broken} of the laws of the books: see `seatrial verify {file}`")


@contextmanager
def _made_whole(file: Path) -> Iterator[Path]:
    """A file beside it, which takes its name once everything is on disk. Only its owner may read it: it holds keys."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with closing(sqlite3.connect(part)) as made:
            made.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _copy_pages(connection: Connection, part: Path, advance: Advance) -> None:
    """SQLite's own online backup. The connection reads one moment already, so commits do not make it begin again."""
    source: Any = connection.connection.driver_connection
    with closing(sqlite3.connect(part)) as target:
        source.backup(target, pages=PAGES_AT_ONCE, progress=lambda _, left, total: advance(total - left, total))


def _copy_rows(connection: Connection, part: Path, advance: Advance) -> None:
    target = SqliteFile(part)
    try:
        target.claim()
        target.replace(_all_rows(connection, advance))
    finally:
        target.close()


def _all_rows(connection: Connection, advance: Advance) -> Iterator[rows.Write]:
    """Every table, a part at a time."""
    tables = schema.METADATA.sorted_tables
    total = sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    done = 0
    for table in tables:
        with connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table)) as found:
            for part in found.partitions():
                yield rows.Write(table, [tuple(row) for row in part], [])
                done += len(part)
                advance(done, total)
