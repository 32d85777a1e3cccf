"""What a world tells its callers when something goes wrong, and what it tells its log."""

from seatrial.store.errors import StoreError, reason


class Unavailable(Exception):
    """The store did not take it: it may or may not have happened, and nobody was told that it did."""


def explained(error: BaseException) -> str:
    """What a person needs to know of it."""
    return repr(error) if unless_expected(error) else reason(error)


def unless_expected(error: BaseException) -> BaseException | None:
    """The error, to be logged with all that led to it, unless it is one of the database's own."""
    return None if isinstance(error, StoreError) or hasattr(error, "orig") else error
