"""What can go wrong with a store as a whole."""

import sqlite3
from typing import Final


class StoreError(Exception):
    """The store cannot be opened; the text is one line that says what to do."""


class DamagedError(StoreError):
    """A file that is no database, or no whole one."""


class NoWorldError(StoreError):
    """There is no world in that place."""


_DAMAGED: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_PRIMARY: Final = 0xFF
"""The part of an extended result code that says what kind it is."""


def unusable(name: str, error: BaseException) -> StoreError:
    """The error to raise where a driver cannot use a database of that name."""
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", 0)
    is_damaged = code & _PRIMARY in _DAMAGED
    return (DamagedError if is_damaged else StoreError)(f"cannot use {name}: {reason(error)}")


def reason(error: BaseException) -> str:
    """What a person needs to know of a driver's error: its first line, without SQLAlchemy's own words."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
