"""What can go wrong with a store as a whole."""


class StoreError(Exception):
    """The store cannot be opened; the text is one line that says what to do."""


def reason(error: BaseException) -> str:
    """What a person needs to know of a driver's error: its first line, without SQLAlchemy's own words."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
