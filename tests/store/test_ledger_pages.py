"""Pages of long ledgers: the same as a plain list would show, by any filter, and never by reading it all."""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from seatrial.core.postings import EntryKind, Posting
from seatrial.core.queries import Page, PostingPage, Span
from seatrial.store.postings import seq_of_rank
from seatrial.store.sqlite import SqliteMemory
from seatrial.store.store import Store, open_store
from tests.support.any_commands import new_state
from tests.support.any_postings import ASSETS, KINDS, MINE, OTHER, WALLETS, any_postings, write
from tests.support.plain_lists import posting_page
from tests.support.trading_floor import START_NS

LENGTH = 4_000
"""Long enough that places must be searched for."""


@dataclass(frozen=True)
class Past:
    """A store and, newest first, what was written to it."""

    store: Store
    postings: list[Posting]


@pytest.fixture(scope="module", params=range(3))
def past(request: pytest.FixtureRequest) -> Iterator[Past]:
    """Written in several commits, with a restart before some of them."""
    postings, store = list(any_postings(request.param, LENGTH)), open_store(None)
    store.begin_world(7, START_NS, "")
    for start in range(0, LENGTH, LENGTH // 8):
        write(store, postings[start : start + LENGTH // 8])
        if start % 3 == 0:
            store.load(new_state())
    yield Past(store, postings[::-1])
    store.close()


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """None, one or several of them."""
    return st.lists(st.sampled_from((*values, "nothing")), max_size=2).map(tuple)


NUMBERS = st.integers(0, LENGTH + 1)
TIMES = NUMBERS.map(lambda seconds: START_NS + seconds * 10**9 // 4)
SPANS = st.builds(
    Span,
    st.one_of(st.none(), st.none(), TIMES),
    st.one_of(st.none(), st.none(), TIMES),
    st.one_of(st.none(), st.none(), NUMBERS),
    st.one_of(st.none(), st.none(), NUMBERS),
)
QUERIES = st.builds(
    PostingPage,
    st.sampled_from((MINE, MINE, OTHER, 99)),
    some(WALLETS),
    some(ASSETS),
    st.lists(st.sampled_from((*KINDS, EntryKind.SALE)), max_size=3).map(tuple),
    st.sampled_from((None, None, True, False)),
    st.one_of(st.just(Span()), SPANS),
    st.one_of(st.none(), st.none(), NUMBERS),
    st.one_of(st.just(0), st.integers(0, 50), NUMBERS, st.just(2**62)),
    st.sampled_from((1, 10, 50, 500)),
    st.booleans(),
)


@given(query=QUERIES)
@example(query=PostingPage(MINE, incoming=True, offset=LENGTH // 3, limit=10))
@example(query=PostingPage(MINE, ("trade",), offset=LENGTH // 4, limit=1, counted=False))
def test_a_page_is_what_a_plain_list_would_show(past: Past, query: PostingPage) -> None:
    assert past.store.answer(query) == posting_page(past.postings, query)


def test_pages_by_any_filter_hold_every_posting_once(past: Past) -> None:
    """Two filters that exclude each other, each walked from end to end."""
    for size in (7, 100):
        seen: list[int] = []
        for incoming in (True, False):
            offset = 0
            while rows := page(past, PostingPage(MINE, incoming=incoming, offset=offset, limit=size)):
                seen += rows
                offset += size
        assert sorted(seen, reverse=True) == [row.posting_id for row in past.postings if row.account_id == MINE]


def page(past: Past, query: PostingPage) -> list[int]:
    """The ids on a page."""
    found = past.store.answer(query)
    assert isinstance(found, Page)
    return [row.posting_id for row in found.rows if isinstance(row, Posting)]


@given(
    chosen=st.lists(st.integers(1, 10_000), unique=True).map(sorted),
    window=st.tuples(st.integers(0, 10_000), st.integers(0, 300)),
)
@example(chosen=list(range(1, 10_001)), window=(3_000, 0))
@example(chosen=[*range(1, 300), *range(9_990, 10_001)], window=(299, 1))
def test_a_place_in_the_ledger_is_found_by_its_rank(chosen: list[int], window: tuple[int, int]) -> None:
    tried: list[int] = []

    def rank(seq: int) -> int:
        tried.append(seq)
        return bisect_right(chosen, seq)

    minimum = min(window[0], len(chosen))
    seq = seq_of_rank(rank, 0, 10_000, minimum, minimum + window[1])
    assert minimum <= bisect_right(chosen, seq) <= minimum + window[1]
    assert len(set(tried)) <= 2 * 14 + 6, "twice the halvings of 10,000 and the free guesses"


@pytest.fixture(scope="module")
def long() -> Iterator[Past]:
    """Twenty times as long."""
    postings, store = list(any_postings(1, 20 * LENGTH)), open_store(None)
    store.begin_world(7, START_NS, "")
    write(store, postings)
    yield Past(store, postings[::-1])
    store.close()


EVERYWHERE: tuple[PostingPage, ...] = (
    *(PostingPage(MINE, incoming=False, offset=offset, limit=10) for offset in (0, 100, 2_500, 10_000)),
    PostingPage(MINE, assets=("BTC",), kinds=(EntryKind.TRADE, EntryKind.ROLLOVER), offset=100, limit=10),
    PostingPage(MINE, ("main",), ("ETH",), (EntryKind.DEPOSIT,), incoming=False, limit=10),
    PostingPage(MINE, incoming=False, span=Span(START_NS + 10**9, START_NS + 10_000 * 10**9), offset=5_000, limit=10),
    PostingPage(MINE, incoming=False, before_id=40_000, limit=10, counted=False),
    PostingPage(MINE, offset=50_000, limit=10),
    PostingPage(MINE, span=Span(START_NS + 10**9, START_NS + 10_000 * 10**9), offset=100, limit=10),
)
MAX_STEPS = 30_000
"""Of SQLite's machine, for a page. To read the ledger from end to end takes hundreds of thousands."""


@pytest.mark.parametrize("query", EVERYWHERE)
def test_a_page_of_a_long_ledger_costs_few_steps(long: Past, query: PostingPage) -> None:
    """The bound is on the work and not on the time, so that it holds on any machine."""
    with counting(reader(long.store)) as steps:
        found = long.store.answer(query)
    assert isinstance(found, Page)
    assert found == posting_page(long.postings, query)
    assert found.rows
    assert steps.taken < MAX_STEPS


def test_the_counter_of_steps_sees_a_ledger_that_is_read_from_end_to_end(long: Past) -> None:
    with counting(reader(long.store)) as steps, long.store.database.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM postings WHERE amount > fee").all()
    assert steps.taken > 10 * MAX_STEPS


def reader(store: Store) -> Engine:
    """What a store in memory reads with."""
    assert isinstance(store.database, SqliteMemory)
    return store.database.reader


class counting:  # noqa: N801  a context
    """Counts what SQLite does meanwhile, in hundreds of its machine's steps."""

    EVERY = 100

    def __init__(self, engine: Engine) -> None:
        self.taken = 0
        connection = engine.raw_connection()
        self._sqlite = connection.driver_connection
        connection.close()

    def __enter__(self) -> Self:
        assert isinstance(self._sqlite, sqlite3.Connection)
        self._sqlite.set_progress_handler(self._count, self.EVERY)
        return self

    def __exit__(self, *_error: object) -> None:
        assert isinstance(self._sqlite, sqlite3.Connection)
        self._sqlite.set_progress_handler(None, 0)

    def _count(self) -> int:
        self.taken += self.EVERY
        return 0


def test_a_posting_of_nothing_net_came_in() -> None:
    """A fee as large as the amount leaves the balance as it was."""
    rows = [Posting(1, 1, 1, 1, "main", "BTC", EntryKind.TRADE, "", 1, 1, amount, 7, 0) for amount in (6, 7, 8)]
    assert [row.incoming for row in rows] == [False, True, True]
