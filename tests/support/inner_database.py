"""A look at the engine below a store, for tests of one engine alone."""

from seatrial.store.postgresql import Postgresql
from seatrial.store.sqlite import SqliteFile, SqliteMemory
from seatrial.store.store import Store


def sqlite(store: Store) -> SqliteFile | SqliteMemory:
    """SQLite's."""
    assert isinstance(store.database, SqliteFile | SqliteMemory)
    return store.database


def postgresql(store: Store) -> Postgresql:
    """PostgreSQL's."""
    assert isinstance(store.database, Postgresql)
    return store.database
