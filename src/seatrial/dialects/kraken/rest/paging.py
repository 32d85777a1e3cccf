"""How the lists of history are asked for and shown: by pages, within a stretch of time, by ids.

Source: kraken-rest#paging.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct

from seatrial.core.accounts import ApiKey
from seatrial.core.queries import Page, Span
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.describe import SHOWN_NS
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.ids import Decode, is_short_id
from seatrial.dialects.kraken.params import MAX_NS, Params
from seatrial.dialects.kraken.rest.account import REBASE_MULTIPLIERS

PAGE: Final = 50
"""Rows of a page."""
MAX_PAGE: Final = 100
MAX_OFFSET: Final = 2**62
MAX_NAMES: Final = 2_000

Row = TypeVar("Row")
View = TypeVar("View")


class Cursor(Struct, frozen=True):
    """Where the next page begins; null after the last."""

    next: str | None


class Paging(Struct, frozen=True):
    """How a list wants its page: from an offset with a count, or after a cursor."""

    by_cursor: bool
    before_id: int | None
    offset: int
    limit: int
    counted: bool

    @property
    def fetched(self) -> int:
        """One row more than a page by cursor shows tells whether there is another page."""
        return self.limit + 1 if self.by_cursor else self.limit


def read_unused(params: Params, *flags: str) -> None:
    """Parameters that change nothing here are read all the same, so that what is wrong with them is said."""
    params.choice("rebase_multiplier", REBASE_MULTIPLIERS, None)
    for name in flags:
        params.boolean(name, default=False)


def nothing(paging: Paging) -> Page[Any]:
    """A page of what cannot be there."""
    return Page([], 0 if paging.counted else None)


def read_paging(params: Params, number_of: Decode, *, usual: int = PAGE, maximum: int = MAX_PAGE) -> Paging:
    """A cursor is the id of the last row shown: rows that came since do not move the next page."""
    cursor = params.text("cursor")
    before_id = None if cursor is None else number_of(cursor)
    if cursor is not None and before_id is None:
        raise bad_argument("cursor")
    by_cursor = params.boolean("with_cursor", default=False) or cursor is not None
    offset = params.integer("ofs", 0, MAX_OFFSET) or 0
    limit = params.integer("limit", 1, MAX_PAGE if by_cursor else maximum) or (PAGE if by_cursor else usual)
    counted = not by_cursor and not params.boolean("without_count", default=False)
    return Paging(by_cursor, before_id, 0 if by_cursor else offset, limit, counted)


def span_of(context: Context, params: Params, number_of: Decode) -> Span:
    """From `start`, exclusive, to `end`, inclusive, each a time or an id, within what the key may see."""
    after_ns, after_id = _bound(params, "start", number_of)
    until_ns, until_id = _bound(params, "end", number_of)
    return within_window(context.key, Span(after_ns, until_ns, after_id, until_id))


def within_window(key: ApiKey, span: Span) -> Span:
    """The part of a stretch that the key may see."""
    after_ns, until_ns = span.after_ns, span.until_ns
    if key.query_from_ns:
        after_ns = max(after_ns or 0, key.query_from_ns - 1)
    if key.query_to_ns:
        until_ns = min(MAX_NS if until_ns is None else until_ns, key.query_to_ns)
    return Span(after_ns, until_ns, span.after_id, span.until_id)


def _bound(params: Params, name: str, number_of: Decode) -> tuple[int | None, int | None]:
    """A time in nanoseconds or a record's number.

    A time means all that shows that time, so that a time read from a row can be sent back: the bound is the last
    nanosecond that is printed so (decided). `start=0` is no bound.
    """
    text = params.text(name)
    number = None if text is None else number_of(text)
    if text is None or number is not None:
        return None, number
    at_ns = params.time_ns(name) or 0
    if at_ns == 0 and name == "start":
        return None, None
    return min(at_ns - at_ns % SHOWN_NS + SHOWN_NS - 1, MAX_NS), None


def is_visible(key: ApiKey, at_ns: int) -> bool:
    """Whether the key may see what happened then."""
    return key.query_from_ns <= at_ns and (not key.query_to_ns or at_ns <= key.query_to_ns)


def page_of(
    name: str, rows: Sequence[Row], total: int | None, paging: Paging, item: Callable[[Row], tuple[str, View]]
) -> dict[str, object]:
    """A page under its name, and beside it the count of all matches or the cursor. Source: kraken-rest#paging."""
    views = dict(item(row) for row in rows[: paging.limit])
    result: dict[str, object] = {name: views}
    if paging.by_cursor:
        has_more = len(rows) > paging.limit
        result["cursor"] = Cursor(next(reversed(views)) if has_more else None)
    elif total is not None:
        result["count"] = total
    return result


def required_list(params: Params, name: str, maximum: int) -> tuple[str, ...]:
    """A list that must not be empty."""
    members = params.comma_list(name, maximum)
    if not members:
        raise bad_argument(name)
    return members


def numbers(names: tuple[str, ...], letter: str, number_of: Decode) -> tuple[int, ...]:
    """The numbers of those ids that are this world's; what is no id at all is refused.

    Source: kraken-orders#unknown-ids.

    Decided: one malformed id among others refuses the call.
    """
    if not all(is_short_id(letter, name) for name in names):
        raise BadCall(errors.INVALID_ORDER)
    found = (number_of(name) for name in names)
    return tuple(number for number in found if number is not None)


def of_class(names: Collection[str], class_of: Callable[[str], str], wanted: str) -> tuple[str, ...] | None:
    """Those of a class: empty where all are, None where none is."""
    chosen = tuple(sorted(name for name in names if class_of(name) == wanted))
    if len(chosen) == len(names):
        return ()
    return chosen or None
