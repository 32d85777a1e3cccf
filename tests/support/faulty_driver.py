"""SQLite's driver with faults: the statements of the connection that writes can be watched and made to fail."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seatrial.store.store import Store
from tests.support.inner_database import sqlite

Meet = Callable[[str], None]
"""Is given a statement's text; what it raises is the statement's own error."""


def ignore(_statement: str) -> None:
    """Let it be."""


class FaultyDriver:
    """A connection whose every statement is met before it runs and after."""

    def __init__(self, driver: sqlite3.Connection, before: Meet, after: Meet) -> None:
        self._driver = driver
        self._before = before
        self._after = after

    def execute(self, statement: str) -> None:
        """As the driver's."""
        self._before(statement)
        self._driver.execute(statement)
        self._after(statement)

    def executemany(self, statement: str, found: list[Any]) -> None:
        """As the driver's."""
        self._before(statement)
        self._driver.executemany(statement, found)
        self._after(statement)

    def rollback(self) -> None:
        """As the driver's: it is no statement."""
        self._driver.rollback()


def writing_driver(store: Store) -> sqlite3.Connection:
    """The connection that writes."""
    session = sqlite(store).session
    return session.driver or session._open()


@contextmanager
def faults(store: Store, before: Meet = ignore, after: Meet = ignore) -> Iterator[None]:
    """While inside, statements are met."""
    driver, session = writing_driver(store), sqlite(store).session
    session.driver = FaultyDriver(driver, before, after)  # type: ignore[assignment]
    try:
        yield
    finally:
        session.driver = driver


def disk_error() -> sqlite3.OperationalError:
    """What SQLite says of a broken disk."""
    return sqlite3.OperationalError("disk I/O error")
