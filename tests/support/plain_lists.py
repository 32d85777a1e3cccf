"""What pages of history should hold, worked out by looking through plain lists."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from seatrial.core.postings import Posting
from seatrial.core.queries import FillPage, OrderPage, Page, PostingPage, Span, TransferPage

Row = TypeVar("Row")


def posting_page(newest_first: Iterable[Posting], query: PostingPage) -> Page[Posting]:
    """By place in the account's ledger."""
    mine = [row for row in newest_first if row.account_id == query.account_id]
    within = bounds(query.span, {row.posting_id: row.at_ns for row in mine})
    seqs = {row.posting_id: row.seq for row in mine}
    found = [
        row
        for row in mine
        if row.wallet in (query.wallets or (row.wallet,))
        and row.asset in (query.assets or (row.asset,))
        and row.kind in (query.kinds or (row.kind,))
        and query.incoming in (None, row.amount - row.fee >= 0)
        and within(row.at_ns)
        and (query.before_id is None or row.seq < seqs.get(query.before_id, 0))
    ]
    return paged(found, query)


def bounds(span: Span, times: dict[int, int]) -> Callable[[int], bool]:
    """Whether a time is within a span; a record nobody knows leaves nothing."""
    lower = [span.after_ns] if span.after_ns is not None else []
    upper = [span.until_ns] if span.until_ns is not None else []
    for number, found in ((span.after_id, lower), (span.until_id, upper)):
        if number is not None and number not in times:
            return lambda _at_ns: False
        if number is not None:
            found.append(times[number])
    return lambda at_ns: all(at_ns > bound for bound in lower) and all(at_ns <= bound for bound in upper)


def paged(found: list[Row], query: PostingPage | OrderPage | FillPage | TransferPage) -> Page[Row]:
    """One page of them."""
    end = None if query.limit is None else query.offset + query.limit
    return Page(found[query.offset : end], len(found) if query.counted else None)
