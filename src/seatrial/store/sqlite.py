"""SQLite: the embedded engine. A file for a world that is kept, memory for one that is not."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Final

from sqlalchemy import (
    URL,
    Connection,
    Delete,
    Engine,
    PoolProxiedConnection,
    Table,
    Update,
    create_engine,
    delete,
    event,
    insert,
    update,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql import bindparam

from seatrial.store import rows, schema
from seatrial.store.database import Batch
from seatrial.store.errors import StoreError, unusable
from seatrial.store.quick import Found, Parameters, Statement
from seatrial.store.versions import create, ensure_current

BUSY_SECONDS: Final = 5
"""How long to wait for another program's lock on the file."""

PAGE_BYTES: Final = 2_048
"""Of a file made now. A commit writes a page at the end of each account's rows, most of it what was there already: with
smaller ones it writes less of that."""

CHECKPOINT_PAGES: Final = 4_000
"""When the log's pages are put into the file. Those at the ends of tables are in it many times, and are put there once;
more than fit one block of the log's index (4,062) would make readers search several."""

MAX_LOOKS: Final = 100
"""How often to try to have two connections see the same moment, which takes a fifth of a millisecond."""


class SqliteFile:
    """A world's file. Who opens it for writing holds the lock on its folder."""

    is_remote = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._is_claimed = False
        self.writer = _file_engine(path)
        self.reader = _file_engine(path, read_only=True)
        self.session = Session(self.writer, self.name)
        self._asked: PoolProxiedConnection | None = None
        self._asking = Lock()

    def claim(self) -> None:
        """Make the file where there is none, and bring it to the newest schema. Raises `StoreError`."""
        if self._is_claimed:
            return
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files this mode
            ensure_current(self.writer, self.name)
        except OSError as error:
            raise StoreError(f"cannot use {self.name}: {error.strerror}") from error
        except SQLAlchemyError as error:
            raise unusable(self.name, error) from error
        self._is_claimed = True

    def check(self) -> None:
        """The lock on its folder cannot be lost."""

    def write(self, batch: Batch) -> None:
        """Write a batch in one SQL transaction. On an error, a `StoreError` of SQLite's, nothing of it was written."""
        self.session.write(batch)

    def replace(self, found: Iterable[rows.Write]) -> None:
        """Put these rows in the place of all that is stored, in one SQL transaction. Fails as `write` does."""
        self.session.replace(found)

    def take(self, copy: Path, advance: Callable[[int, int], object]) -> None:
        """Put the rows of another database of this version in the place of all that is stored. Fails as `write` does.

        `advance` is told how many of how many tables are there.
        """
        self.session.take(copy, advance)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of what is committed, beside the writer."""
        with self.reader.connect() as connection:
            yield connection

    @contextmanager
    def reading_twice(self) -> Iterator[tuple[Connection, Connection | None]]:
        """Two connections that see the same moment; the second is missing where commits follow each other too fast.

        SQLite does not say which moment a connection sees, but tells a third one whether any commit came between two of
        its looks.
        """
        for _ in range(MAX_LOOKS):
            with self.reader.connect() as watch, self.reader.connect() as first, self.reader.connect() as second:
                before = _version(watch)
                for connection in (first, second):
                    connection.exec_driver_sql("SELECT 1 FROM sqlite_master").all()
                if _version(watch) == before:
                    yield first, second
                    return
        with self.reading() as connection:
            yield connection, None

    def ask(self, statement: Statement, parameters: Parameters) -> Found:
        """What one statement finds of what is committed, through a connection of its own. Raises `StoreError`."""
        with self._asking:
            if self._asked is None:
                self._asked = self.reader.raw_connection()
            return _ask(self._asked, statement, parameters)

    def close(self) -> None:
        """Let go of the file."""
        if self._asked is not None:
            self._asked.close()
        self.session.close()
        self.writer.dispose()
        self.reader.dispose()


class SqliteMemory:
    """A throw-away world: one connection for all, one at a time."""

    name = "memory"
    is_remote = False

    def __init__(self) -> None:
        self.writer = self.reader = memory_engine()
        self.session = Session(self.writer, self.name)
        self._asked: PoolProxiedConnection | None = None
        self._lock = RLock()
        _copy(_pattern(), self.writer)

    def claim(self) -> None:
        """Nobody else can reach it."""

    def check(self) -> None:
        """It goes nowhere."""

    def write(self, batch: Batch) -> None:
        """As that of a file."""
        with self._lock:
            self.session.write(batch)

    def replace(self, found: Iterable[rows.Write]) -> None:
        """As that of a file."""
        with self._lock:
            self.session.replace(found)

    def take(self, copy: Path, advance: Callable[[int, int], object]) -> None:
        """As that of a file."""
        with self._lock:
            self.session.take(copy, advance)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The one connection, while nobody writes."""
        with self._lock, self.reader.begin() as connection:
            yield connection

    @contextmanager
    def reading_twice(self) -> Iterator[tuple[Connection, None]]:
        """There is one connection only."""
        with self.reading() as connection:
            yield connection, None

    def ask(self, statement: Statement, parameters: Parameters) -> Found:
        """What one statement finds, while nobody writes. Raises `StoreError`."""
        with self._lock:
            if self._asked is None:
                self._asked = self.reader.raw_connection()
            return _ask(self._asked, statement, parameters)

    def close(self) -> None:
        """Forget everything."""
        self.writer.dispose()


def _version(connection: Connection) -> int:
    """A number that differs after each commit of any other connection."""
    version: int = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
    connection.rollback()
    return version


def _ask(connection: PoolProxiedConnection, statement: Statement, parameters: Parameters) -> Found:
    driver: Any = connection.driver_connection
    try:
        found: Found = driver.execute(statement.sqlite, parameters).fetchall()
    except sqlite3.Error as error:
        raise StoreError(str(error)) from error
    return found


class Session:
    """The connection that writes, without what SQLAlchemy puts around each statement: commits are made of many."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.driver: sqlite3.Connection | None = None
        """Opened with the first transaction."""
        self._engine = engine
        self._name = name
        self._connection: PoolProxiedConnection | None = None
        self._insert, self._update, self._delete = _texts()

    def write(self, batch: Batch) -> None:
        """All of a batch, in order."""
        with self._transaction() as driver:
            if batch.replaces:
                _empty(driver, schema.REPLACED)
            self._run(driver, batch.writes)

    def replace(self, found: Iterable[rows.Write]) -> None:
        """These rows for all others."""
        with self._transaction() as driver:
            _empty(driver, schema.METADATA.sorted_tables)
            self._run(driver, found)

    def take(self, copy: Path, advance: Callable[[int, int], object]) -> None:
        """The rows of that database for all others: SQLite moves them itself, several times quicker than row by row."""
        driver = self.driver or self._open()
        driver.execute("ATTACH DATABASE ? AS copy", (str(copy),))
        try:
            with self._transaction():
                _empty(driver, schema.METADATA.sorted_tables)
                for done, table in enumerate(schema.METADATA.sorted_tables):
                    advance(done, len(schema.METADATA.sorted_tables))
                    names = ", ".join(f'"{column.name}"' for column in table.columns)
                    driver.execute(f"INSERT INTO main.{table.name} ({names}) SELECT {names} FROM copy.{table.name}")  # noqa: S608  our own names
        finally:
            driver.execute("DETACH DATABASE copy")

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything or nothing. Raises `StoreError`, whose text shows nothing of the rows."""
        driver = self.driver or self._open()
        try:
            driver.execute("BEGIN")
            yield driver
            driver.execute("COMMIT")
        except sqlite3.Error as error:
            driver.rollback()
            raise StoreError(f"{self._name}: {error}") from error
        except BaseException:
            driver.rollback()
            raise

    def _open(self) -> sqlite3.Connection:
        self._connection = self._engine.raw_connection()
        driver: Any = self._connection.driver_connection
        self.driver = driver
        return self.driver

    def _run(self, driver: sqlite3.Connection, found: Iterable[rows.Write]) -> None:
        for write in found:
            if write.gone:
                driver.executemany(self._delete[write.table], write.gone)
            if write.new:
                driver.executemany(self._insert[write.table], write.new)
            if write.changed:
                driver.executemany(self._update[write.table], write.changed)


@cache
def _texts() -> tuple[dict[Table, str], dict[Table, str], dict[Table, str]]:
    """INSERT, UPDATE and DELETE of each table. Compiled once a process: tests open many worlds."""
    dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
    return (
        {table: str(insert(table).compile(dialect=dialect)) for table in schema.METADATA.sorted_tables},
        {table: str(_update(table, names).compile(dialect=dialect)) for table, names in schema.CHANGING.items()},
        {table: str(_delete(table).compile(dialect=dialect)) for table in schema.DELETING},
    )


def _empty(driver: sqlite3.Connection, tables: Iterable[Table]) -> None:
    for table in tables:
        driver.execute(f"DELETE FROM main.{table.name}")  # noqa: S608  our own names


def _update(table: Table, names: tuple[str, ...]) -> Update:
    """Changes the columns of those names in the row of a key; both are given in that order."""
    key = [column == bindparam(f"key_{column.name}") for column in table.primary_key.columns]
    return update(table).where(*key).values({name: bindparam(f"new_{name}") for name in names})


def _delete(table: Table) -> Delete:
    """Takes away the row of a key."""
    return delete(table).where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key.columns))


def _engine(url: URL, **options: Any) -> Engine:  # noqa: ANN401  as of SQLAlchemy's
    """Errors show no parameters: those of a key's row would put its secret into the log."""
    wait = {"check_same_thread": False, "timeout": BUSY_SECONDS}
    return create_engine(url, hide_parameters=True, connect_args=wait, **options)


def memory_engine() -> Engine:
    """A database that is gone with its engine."""
    engine = _engine(URL.create("sqlite"), poolclass=StaticPool)
    _set_up(engine, ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF"))
    return engine


@cache
def _pattern() -> Engine:
    """Tables without rows, to be copied: that takes a tenth of the time that making them takes."""
    engine = memory_engine()
    create(engine)
    return engine


def _copy(source: Engine, target: Engine) -> None:
    with closing(source.raw_connection()) as here, closing(target.raw_connection()) as there:
        pages: Any = here.driver_connection
        pages.backup(there.driver_connection)


def _file_engine(path: Path, *, read_only: bool = False) -> Engine:
    engine = _engine(URL.create("sqlite", database=str(path)))
    if read_only:
        _set_up(engine, ("PRAGMA cache_size=-65536", "PRAGMA query_only=ON"))
    else:
        log = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        _set_up(engine, (f"PRAGMA page_size={PAGE_BYTES}", *log, "PRAGMA cache_size=-65536"))
    return engine


def _set_up(engine: Engine, pragmas: tuple[str, ...]) -> None:
    """SQLAlchemy begins transactions itself, so that DDL is transactional too."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401  a DBAPI connection
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
