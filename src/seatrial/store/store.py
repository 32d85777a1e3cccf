"""One world's durable state: a transaction per group commit, and everything back after a restart."""

import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from threading import RLock
from typing import Any, Final

import msgspec
from sqlalchemy import (
    URL,
    Connection,
    Delete,
    Engine,
    Select,
    Table,
    Update,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql import bindparam

from seatrial.core.funding import Delays
from seatrial.core.queries import Answer, Query
from seatrial.core.state import Changes, Counters, State
from seatrial.store import history, reload, rows, schema
from seatrial.store.errors import StoreError
from seatrial.store.versions import HEAD, create, ensure_current

BATCH_ROWS: Final = 10_000
"""How many rows are read at a time while reloading."""


class WorldRow(msgspec.Struct, frozen=True):
    """What the store keeps of a world as a whole."""

    seed: int
    created_ns: int
    now_ns: int
    counters: Counters
    delays: Delays
    clock: str
    """The server's own note of how the world's clock ran."""
    market: str
    """The server's own note of what makes its market."""


class Batch(msgspec.Struct, frozen=True):
    """What one transaction writes: plain rows, so that it can be written while the machine goes on."""

    writes: list[rows.Write]
    world: rows.Values
    """What changed of the row about the world."""
    replaces: bool = False
    """Whether all other rows that are stored go first."""


class Store:
    """A database that holds one world. Made by `open_store`; one at a time writes."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._known = rows.Known()
        self._statements = _Statements(writer)
        self._lock = RLock()
        self._shared = writer is reader
        self._starts_over = False

    def begin_world(self, seed: int, created_ns: int, clock: str) -> None:
        """Write the row of a new world."""
        values = {
            "id": rows.WORLD, "seed": seed, "created_ns": created_ns, "now_ns": created_ns,
            "counters": _text(Counters()), "delays": _text(Delays()), "clock": clock,
        }  # fmt: skip
        with self._lock, self._writer.begin() as connection:
            connection.execute(insert(schema.world), values)

    def world(self) -> WorldRow | None:
        """The world that was stored; None in a fresh database."""
        notes = schema.world_notes.c
        with self._lock, self._writer.begin() as connection:
            row = connection.execute(select(schema.world)).one_or_none()
            note = select(notes.text).where(notes.world_id == rows.WORLD, notes.name == rows.MARKET)
            market = connection.execute(note).scalar_one_or_none()
        if row is None:
            return None
        return WorldRow(
            row.seed, row.created_ns, row.now_ns, msgspec.json.decode(row.counters, type=Counters),
            msgspec.json.decode(row.delays, type=Delays), row.clock, market or "",
        )  # fmt: skip

    def load(self, state: State) -> None:
        """Fill an empty state with everything stored."""
        stored = self.world()
        assert stored is not None, "a world is begun before it is loaded"
        state.now_ns, state.counters, state.delays = stored.now_ns, stored.counters, stored.delays
        with self._lock, self._writer.begin() as connection:
            self._known = reload.fill(state, _Reader(connection))

    def start_over(self) -> None:
        """The next batch replaces everything stored: it is that of a world begun again."""
        self._known = rows.Known()
        self._starts_over = True

    def batch(self, changes: Changes, state: State, clock: str, market: str = "") -> Batch:
        """What must be written for these changes, and what makes the market. Quick: it runs between two commands."""
        world = (state.now_ns, _text(state.counters), _text(state.delays), clock, rows.WORLD)
        notes = rows.notes(changes.modes, market, self._known)
        replaces, self._starts_over = self._starts_over, False
        return Batch([*rows.writes(changes, self._known), notes], world, replaces)

    def commit(self, batch: Batch) -> None:
        """Write a batch in one SQL transaction. On an error nothing of it was written."""
        with self._lock, self._writer.begin() as connection:
            if batch.replaces:
                for table in schema.METADATA.sorted_tables:
                    if table is not schema.world:
                        connection.execute(delete(table))
            for write in batch.writes:
                self._statements.run(connection, write)
            self._statements.run(connection, rows.Write(schema.world, [], [batch.world]))

    def answer(self, query: Query) -> Answer:
        """Look stored history up. Runs beside the writer."""
        if self._shared:
            with self._lock, self._reader.begin() as connection:
                return history.answer(query, connection)
        with self._reader.connect() as connection:
            return history.answer(query, connection)

    def close(self) -> None:
        """Let go of the database."""
        self._writer.dispose()
        self._reader.dispose()


def open_store(path: Path | None) -> Store:
    """Open or create the SQLite file at `path`, or a throw-away store in memory when it is None.

    Raises `StoreError` when the file cannot be used or is of another version that cannot be brought up to date.
    """
    try:
        if path is None:
            engine = _memory_engine()
            create(engine)
            return Store(engine, engine)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the mode of this one
        return Store(_current(path), _file_engine(path, read_only=True))
    except OSError as error:
        raise StoreError(f"cannot use {path}: {error.strerror}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"cannot use {path}: {getattr(error, 'orig', None) or error}") from error


def _current(path: Path) -> Engine:
    """A database at the newest version; one that is refused is let go of."""
    engine = _file_engine(path)
    try:
        ensure_current(engine)
    except Exception:
        engine.dispose()
        raise
    return engine


class _Reader:
    """Reads whole tables in order, a batch at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, query: Select[Any]) -> Iterable[rows.RawRow]:
        found = self._connection.execution_options(yield_per=BATCH_ROWS).execute(query)
        return chain.from_iterable(found.partitions())  # several times quicker than row by row


class _Statements:
    """INSERT, UPDATE and DELETE of each table, compiled once: the driver gets plain tuples."""

    def __init__(self, engine: Engine) -> None:
        self._insert = {table: str(insert(table).compile(engine)) for table in schema.METADATA.sorted_tables}
        self._update = {table: str(_update(table, names).compile(engine)) for table, names in schema.CHANGING.items()}
        self._delete = {table: str(_delete(table).compile(engine)) for table in schema.DELETING}

    def run(self, connection: Connection, write: rows.Write) -> None:
        if write.gone:
            connection.exec_driver_sql(self._delete[write.table], write.gone)
        if write.new:
            connection.exec_driver_sql(self._insert[write.table], write.new)
        if write.changed:
            connection.exec_driver_sql(self._update[write.table], write.changed)


def _update(table: Table, names: tuple[str, ...]) -> Update:
    """Changes the columns of those names in the row of a key; both are given in that order."""
    key = [column == bindparam(f"key_{column.name}") for column in table.primary_key.columns]
    return update(table).where(*key).values({name: bindparam(f"new_{name}") for name in names})


def _delete(table: Table) -> Delete:
    """Takes away the row of a key."""
    return delete(table).where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key.columns))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _engine(url: URL, **options: Any) -> Engine:  # noqa: ANN401  as of SQLAlchemy's
    """Errors show no parameters: those of a key's row would put its secret into the log."""
    return create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 5}, **options)


def _memory_engine() -> Engine:
    engine = _engine(URL.create("sqlite"), poolclass=StaticPool)
    _set_up(engine, ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF"))
    return engine


def _file_engine(path: Path, *, read_only: bool = False) -> Engine:
    engine = _engine(URL.create("sqlite", database=str(path)))
    settings = ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-65536"]
    _set_up(engine, (*settings, "PRAGMA query_only=ON") if read_only else tuple(settings))
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


__all__ = ["HEAD", "Batch", "Store", "StoreError", "WorldRow", "open_store"]
