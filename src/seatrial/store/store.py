"""One world's durable state: a transaction per group commit, and everything back after a restart."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import SQLAlchemyError

from seatrial.core.changes import Changes
from seatrial.core.funding import Delays
from seatrial.core.queries import Answer, Query
from seatrial.core.state import Counters, State
from seatrial.store import answers, reload, rows, scales, schema
from seatrial.store.apart import Apart
from seatrial.store.columns import RawRow
from seatrial.store.database import Batch, RestorableDatabase
from seatrial.store.errors import NoWorldError, StoreError, unusable
from seatrial.store.sqlite import SqliteFile, SqliteMemory
from seatrial.store.versions import HEAD, check_current

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


class Store:
    """A database that holds one world. Made by `open_store`; one at a time writes."""

    def __init__(self, database: RestorableDatabase | Apart) -> None:
        self.database = database
        self._known = rows.Known()
        self._starts_over = False
        self._scales = ""
        """What is noted of the catalogue, which is one for good."""

    def begin_world(self, seed: int, created_ns: int, clock: str) -> None:
        """Write the row of a new world."""
        values = (rows.WORLD, seed, created_ns, created_ns, _text(Counters()), _text(Delays()), clock)
        self.database.write(Batch([rows.Write(schema.world, [values], [])]))

    def world(self) -> WorldRow | None:
        """The world that was stored; None in a fresh database."""
        with self.database.reading() as connection:
            return _world(connection)

    def load(self, state: State) -> None:
        """Fill an empty state with everything stored. After a failed commit and a claim this alone leads on."""
        with self.database.reading() as connection:
            stored = _world(connection)
            assert stored is not None, "a world is begun before it is loaded"
            state.now_ns, state.counters, state.delays = stored.now_ns, stored.counters, stored.delays
            self._known = reload.fill(state, _Reader(connection))
        self._starts_over = False

    def go_on_as(self, other: "Store") -> None:
        """All that is stored here now is what `other` loaded, row by row."""
        self._known, self._starts_over = other._known, False  # noqa: SLF001  of its own kind

    def start_over(self) -> None:
        """The next batch replaces everything stored: it is that of a world begun again."""
        self._known = rows.Known()
        self._starts_over = True

    def batch(self, changes: Changes, state: State, clock: str, market: str = "") -> Batch:
        """What must be written for these changes, and what makes the market. Quick: it runs between two commands."""
        world = (state.now_ns, _text(state.counters), _text(state.delays), clock, rows.WORLD)
        if not self._scales:
            self._scales = scales.note_of(state)
        notes = rows.notes(changes, market, self._scales, self._known)
        replaces, self._starts_over = self._starts_over, False
        books = rows.books(changes.orders, state.markets, self._known)
        moved = rows.Write(schema.world, [], [world])
        return Batch([*rows.writes(changes, self._known), books, notes, moved], replaces)

    def commit(self, batch: Batch) -> None:
        """Write a batch in one SQL transaction. After an error nobody knows what is stored until it is loaded."""
        self.database.write(batch)

    def answer(self, query: Query) -> Answer:
        """Look stored history up. Runs beside the writer."""
        if (question := answers.quick(query)) is not None:
            return question.read(self.database.ask(question.statement, question.parameters))
        with self.database.reading() as connection:
            return answers.answer(query, connection)

    def is_quick(self, query: Query) -> bool:
        """Whether to answer takes less time than to have a thread do it."""
        return not self.database.is_remote and answers.is_quick(query)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_store(place: Path | str | None, *, apart: bool = False, keep_open: int | None = None) -> Store:
    """Open or create the SQLite file of that path, the PostgreSQL database of that URL, or a throw-away store for None.

    What is `apart` has a process of its own to write it, where it is not thrown away; `keep_open` is as for `Apart`.
    Raises `StoreError` when it cannot be used, another one writes there, or it is of another version that cannot be
    brought up to date.
    """
    here = database_at(place)
    database = Apart(here, place, keep_open) if apart and place is not None else here
    try:
        database.claim()
    except BaseException:
        database.close()
        raise
    return Store(database)


def database_at(place: Path | str | None, process: int | None = None) -> RestorableDatabase:
    """The database of a path or URL, not claimed yet. Raises `StoreError` where the URL is none of PostgreSQL's.

    `process` is the one to stop so that another can have the database: this one, where nothing is said.
    """
    if place is None:
        return SqliteMemory()
    if isinstance(place, Path):
        return SqliteFile(place)
    from seatrial.store.postgresql import Postgresql  # noqa: PLC0415  SQLite's start does not wait for its driver

    return Postgresql(place, process)


@contextmanager
def look_into(place: Path | str) -> Iterator[Connection]:
    """One moment of what a world's database holds, beside whoever writes there. Raises `StoreError`."""
    with _looked_at(place) as database, database.reading() as connection:
        _check_world(connection, database.name)
        yield connection


@contextmanager
def look_twice_into(place: Path | str) -> Iterator[tuple[Connection, Connection | None]]:
    """Two connections that see the same moment of it, or one where there cannot be two. Raises `StoreError`."""
    with _looked_at(place) as database, database.reading_twice() as (connection, twin):
        _check_world(connection, database.name)
        yield connection, twin


@contextmanager
def _looked_at(place: Path | str) -> Iterator[RestorableDatabase]:
    if isinstance(place, Path) and not place.is_file():
        raise NoWorldError(f"there is no world in {place}")
    database = database_at(place)
    try:
        yield database
    except SQLAlchemyError as error:
        raise unusable(database.name, error) from error
    finally:
        database.close()


def _check_world(connection: Connection, name: str) -> None:
    check_current(connection, name)
    if _world(connection) is None:
        raise NoWorldError(f"{name} holds no world")


class _Reader:
    """Reads whole tables in order, a batch at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, query: Select[Any]) -> Iterable[RawRow]:
        found = self._connection.execution_options(yield_per=BATCH_ROWS).execute(query)
        return chain.from_iterable(found.partitions())  # several times quicker than row by row


def _world(connection: Connection) -> WorldRow | None:
    row = connection.execute(select(schema.world)).one_or_none()
    notes = schema.world_notes.c
    note = select(notes.text).where(notes.world_id == rows.WORLD, notes.name == rows.MARKET)
    if row is None:
        return None
    market = connection.execute(note).scalar_one_or_none()
    return WorldRow(
        row.seed, row.created_ns, row.now_ns, msgspec.json.decode(row.counters, type=Counters),
        msgspec.json.decode(row.delays, type=Delays), row.clock, market or "",
    )  # fmt: skip


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


__all__ = ["HEAD", "Batch", "Store", "StoreError", "WorldRow", "database_at", "look_into", "open_store"]
