"""Pages by number, and stretches of time: what most lists have in common.

Source: kucoin-rest#pages and kucoin-rest#cursors.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from seatrial.core.queries import Span
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.errors import BadCall, Error
from seatrial.dialects.kucoin.params import MAX_NS, MILLISECOND_NS, SECOND_NS, Params

USUAL_SIZE: Final = 50
MAX_SIZE: Final = 500
LAST_PAGE: Final = 2**31

HOUR_NS: Final = 3_600 * 10**9
DAY_NS: Final = 24 * HOUR_NS
WEEK_NS: Final = 7 * DAY_NS

Row = TypeVar("Row")


class Paging(NamedTuple):
    """Which page of a list."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * self.size

    def cut(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of the page out of all."""
        return rows[self.offset : self.offset + self.size]


def read_page(params: Params, *, minimum: int, usual: int = USUAL_SIZE, maximum: int = MAX_SIZE) -> Paging:
    """`currentPage` and `pageSize`. Raises `BadCall`."""
    number = params.integer("currentPage", 1, LAST_PAGE) or 1
    size = params.integer("pageSize", 0, LAST_PAGE)
    if size is None:
        return Paging(number, usual)
    if size > maximum:
        raise BadCall(Error(errors.PARAMETER.code, f"pageSize should not greater than {maximum}"))
    if size < minimum:
        raise BadCall(Error(errors.PARAMETER.code, f"pageSize should not less than {minimum}"))
    return Paging(number, size)


def page_of(items: Sequence[object], total: int, paging: Paging) -> dict[str, object]:
    """The object around a page. One past the last is empty, its totals are intact."""
    return {
        "currentPage": paging.number,
        "pageSize": paging.size,
        "totalNum": total,
        "totalPage": -(-total // paging.size),
        "items": items,
    }


def read_bounds(params: Params) -> tuple[int | None, int | None]:
    """`startAt` and `endAt` as nanoseconds, each the whole millisecond. Raises `BadCall` when they are out of order."""
    start_ns, end_ns = params.milliseconds_ns("startAt"), params.milliseconds_ns("endAt")
    if start_ns is not None and end_ns is not None and start_ns > end_ns:
        raise BadCall(errors.out_of_range("startAt"))
    return start_ns, None if end_ns is None else min(end_ns + MILLISECOND_NS - 1, MAX_NS)


def read_window(params: Params, at_ns: int, max_ns: int, usual_ns: int, too_long: Error) -> tuple[int, int]:
    """`startAt` and `endAt`, both included, at most `max_ns` apart: the bound that is missing lies so far away.

    Without either, the window is the `usual_ns` up to now. Raises `BadCall`, `too_long` where it is.
    """
    start_ns, end_ns = read_bounds(params)
    if start_ns is None and end_ns is None:
        return at_ns - usual_ns, at_ns
    if end_ns is None:
        assert start_ns is not None, "one of the two is given"
        return start_ns, min(start_ns + max_ns + MILLISECOND_NS - 1, MAX_NS)
    if start_ns is None:
        return max(0, end_ns - max_ns - MILLISECOND_NS + 1), end_ns
    if end_ns - start_ns >= max_ns + MILLISECOND_NS:
        raise BadCall(too_long)
    return start_ns, end_ns


def whole_seconds_ms(at_ns: int) -> int:
    """A time as lists show it that know whole seconds only, in milliseconds. Source: kucoin-rest#times."""
    return at_ns // SECOND_NS * 1000


def read_bounds_in_seconds(params: Params) -> tuple[int | None, int | None]:
    """`startAt` and `endAt` of such a list, which go by what it shows. Raises `BadCall`."""
    start_ns, end_ns = read_bounds(params)
    return (
        None if start_ns is None else min(-(-start_ns // SECOND_NS) * SECOND_NS, MAX_NS),
        None if end_ns is None else min(end_ns // SECOND_NS * SECOND_NS + SECOND_NS - 1, MAX_NS),
    )


def span(start_ns: int | None, end_ns: int | None) -> Span:
    """The stretch from one moment to another, both included."""
    return Span(after_ns=None if start_ns is None else start_ns - 1, until_ns=end_ns)
