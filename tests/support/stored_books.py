"""The laws of the books, looked up in the database itself, beside a server that may be running."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from seatrial.store.proofs import prove
from seatrial.store.store import database_at


@contextmanager
def reading(place: Path | str) -> Iterator[Connection]:
    """A look into a database."""
    database = database_at(place)
    try:
        with database.reading() as connection:
            yield connection
    finally:
        database.close()


def breaches(place: Path | str) -> dict[str, list[dict[str, Any]]]:
    """Every law that is broken, with some of the rows that break it."""
    with reading(place) as connection:
        return {proof.law: proof.examples for proof in prove(connection) if proof.breaches}


@contextmanager
def renamed_table(store: Path) -> Iterator[None]:
    """The SQLite store without the table that every commit writes to."""
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        database.execute("ALTER TABLE world RENAME TO elsewhere")
        try:
            yield
        finally:
            database.execute("ALTER TABLE elsewhere RENAME TO world")
