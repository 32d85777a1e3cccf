"""What a store needs of its database, whichever engine that is: `sqlite.py` and `postgresql.py` are the two."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from seatrial.store import rows
from seatrial.store.quick import Found, Parameters, Statement


class Batch(msgspec.Struct, frozen=True):
    """What one transaction writes: plain rows, so that it can be written while the machine goes on."""

    writes: list[rows.Write]
    replaces: bool = False
    """Whether all rows but the world's own go first."""


class Database(Protocol):
    """A database that holds one world."""

    name: str
    """What a person calls it; no password in it."""
    is_remote: bool
    """Whether it is another program, which can go away by itself and answers only after a wait."""

    def claim(self) -> None:
        """Make sure of being the only one that writes, and of the newest schema. Quick if that is so already.

        Whatever an earlier writer sent, this one included, is decided when this comes back.
        Raises `StoreError`.
        """

    def check(self) -> None:
        """Make sure of still being the one that writes. Raises `StoreError`; claim again then."""

    def write(self, batch: Batch) -> None:
        """Write a batch in one SQL transaction. On an error nothing of it was written, or nobody knows: claim again."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one moment of what is committed. Claims nothing, and runs beside the writer."""

    def ask(self, statement: Statement, parameters: Parameters) -> Found:
        """The committed rows that one statement finds: sooner than by `reading`, and beside the writer, too."""

    def close(self) -> None:
        """Let go of it."""


class RestorableDatabase(Database, Protocol):
    """A database that this process writes itself."""

    def reading_twice(self) -> AbstractContextManager[tuple[Connection, Connection | None]]:
        """Two connections that see the same moment, or one where there cannot be two."""

    def replace(self, found: Iterable[rows.Write]) -> None:
        """Put these rows in the place of all that is stored, in one SQL transaction. Fails as `write` does."""
