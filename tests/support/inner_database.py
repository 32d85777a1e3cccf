"""A look at the engine below a store, for tests of one engine alone."""

from seatrial.store.apart import Apart
from seatrial.store.database import RestorableDatabase
from seatrial.store.postgresql import Postgresql
from seatrial.store.sqlite import SqliteFile, SqliteMemory
from seatrial.store.store import Store


def here(store: Store) -> RestorableDatabase:
    """One that this process writes."""
    assert not isinstance(store.database, Apart)
    return store.database


def sqlite(store: Store) -> SqliteFile | SqliteMemory:
    """SQLite's."""
    assert isinstance(store.database, SqliteFile | SqliteMemory)
    return store.database


def postgresql(store: Store) -> Postgresql:
    """PostgreSQL's."""
    assert isinstance(store.database, Postgresql)
    return store.database
