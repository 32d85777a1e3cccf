"""One world's durable state: a transaction per group commit, and everything back after a restart."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import RLock
from typing import Any, Final

import msgspec
from sqlalchemy import URL, Connection, Engine, Select, Table, create_engine, event, insert, select, update
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


class Batch(msgspec.Struct, frozen=True):
    """What one transaction writes: plain rows, so that it can be written while the machine goes on."""

    writes: list[rows.Write]
    now_ns: int
    counters: str
    delays: str
    clock: str


class Store:
    """A database that holds one world. Made by `open_store`; one at a time writes."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._known = rows.Known()
        self._statements = _Statements(writer)
        self._lock = RLock()
        self._shared = writer is reader

    def begin_world(self, seed: int, created_ns: int, clock: str) -> None:
        """Write the row of a new world."""
        values = {
            "id": 1, "seed": seed, "created_ns": created_ns, "now_ns": created_ns,
            "counters": _text(Counters()), "delays": _text(Delays()), "clock": clock,
        }  # fmt: skip
        with self._lock, self._writer.begin() as connection:
            connection.execute(insert(schema.world), values)

    def world(self) -> WorldRow | None:
        """The world that was stored; None in a fresh database."""
        with self._lock, self._writer.begin() as connection:
            row = connection.execute(select(schema.world)).one_or_none()
        if row is None:
            return None
        return WorldRow(
            row.seed, row.created_ns, row.now_ns, msgspec.json.decode(row.counters, type=Counters),
            msgspec.json.decode(row.delays, type=Delays), row.clock,
        )  # fmt: skip

    def load(self, state: State) -> None:
        """Fill an empty state with everything stored."""
        stored = self.world()
        assert stored is not None, "a world is begun before it is loaded"
        state.now_ns, state.counters, state.delays = stored.now_ns, stored.counters, stored.delays
        with self._lock, self._writer.begin() as connection:
            self._known = reload.fill(state, _Reader(connection))

    def batch(self, changes: Changes, state: State, clock: str) -> Batch:
        """What must be written for these changes. Quick: it runs between two commands."""
        return Batch(rows.writes(changes, self._known), state.now_ns, _text(state.counters), _text(state.delays), clock)

    def commit(self, batch: Batch) -> None:
        """Write a batch in one SQL transaction. On an error nothing of it was written."""
        with self._lock, self._writer.begin() as connection:
            for write in batch.writes:
                self._statements.run(connection, write)
            self._statements.touch_world(connection, batch)

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
        writer = _file_engine(path)
        ensure_current(writer)
        return Store(writer, _file_engine(path, read_only=True))
    except OSError as error:
        raise StoreError(f"cannot use {path}: {error.strerror}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"cannot use {path}: {getattr(error, 'orig', None) or error}") from error


class _Reader:
    """Reads whole tables in order, a batch at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, query: Select[Any]) -> Iterable[rows.RawRow]:
        return self._connection.execution_options(yield_per=BATCH_ROWS).execute(query)


class _Statements:
    """INSERT and UPDATE of each table, compiled once: the driver gets plain tuples."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert: dict[Table, str] = {}
        self._update: dict[Table, tuple[str, Callable[[rows.Values], rows.Values]]] = {}
        self._world = ""

    def run(self, connection: Connection, write: rows.Write) -> None:
        table = write.table
        if write.new:
            if table not in self._insert:
                self._insert[table] = str(insert(table).compile(self._engine))
            connection.exec_driver_sql(self._insert[table], write.new)
        if write.changed:
            if table not in self._update:
                self._update[table] = self._compile_update(table)
            statement, reorder = self._update[table]
            connection.exec_driver_sql(statement, [reorder(row) for row in write.changed])

    def touch_world(self, connection: Connection, batch: Batch) -> None:
        world = schema.world.c
        statement = update(schema.world).where(world.id == 1)
        connection.execute(
            statement.values(now_ns=batch.now_ns, counters=batch.counters, delays=batch.delays, clock=batch.clock)
        )

    def _compile_update(self, table: Table) -> tuple[str, Callable[[rows.Values], rows.Values]]:
        keys = [column.name for column in table.primary_key.columns]
        others = [column.name for column in table.columns if column.name not in keys]
        names = [column.name for column in table.columns]
        statement = update(table).values({name: bindparam(f"b_{name}") for name in others})
        for name in keys:
            statement = statement.where(table.c[name] == bindparam(f"k_{name}"))
        order = [names.index(name) for name in (*others, *keys)]
        return str(statement.compile(self._engine)), lambda row: tuple(row[place] for place in order)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _memory_engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _set_up(engine, ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF"))
    return engine


def _file_engine(path: Path, *, read_only: bool = False) -> Engine:
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 5})
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
