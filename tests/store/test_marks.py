"""What is found by time is what plain lists would show, wherever the marks are that lead there, and found soon."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.changes import Changes
from seatrial.core.orders import Fill, Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce, Trade
from seatrial.core.queries import (
    FillPage,
    OrderPage,
    OrderRecord,
    OrderTime,
    Page,
    Query,
    Span,
    TradePage,
    TradesOfMarkets,
)
from seatrial.store import answers
from seatrial.store.store import Store, open_store
from tests.support.any_commands import new_machine
from tests.support.postgres import fresh_schema, shared_url

MINE = 1
LENGTH = 1_500
MARKETS = ("BTC/USD", "SOL/ETH")

ORDER = Order(
    0, MINE, "BTC/USD", Side.BUY, OrderKind.LIMIT, 1, 1, 0, TimeInForce.GTC, SelfTrade.CANCEL_NEWEST,
    post_only=False, fee_in_base=False, starts_ns=0, expires_ns=0, tag=None, client_id=None, opened_ns=0,
    status=OrderStatus.CANCELED, closed_ns=10**6,
)  # fmt: skip


class Past(Struct):
    """A store and, oldest first, what was written to it."""

    store: Store
    fills: list[Fill]
    orders: list[Order]
    trades: list[Trade]


def fill(number: int, account_id: int, at_ns: int) -> Fill:
    """One of no importance but its time."""
    return Fill(
        number, account_id, number, "BTC/USD", number, Side.BUY, OrderKind.LIMIT, 1, 1, 1, 0, 0, 0, 0,
        maker=False, at_ns=at_ns, first_posting=1, postings=0, volume_usd=0, counter_order_id=0,
    )  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Long, in several commits; of three accounts, some of it at one moment, some long after the rest."""
    with ExitStack() as kept:
        is_file = request.param == "sqlite"
        file = tmp_path_factory.mktemp("past") / "world.sqlite3"
        store = open_store(file if is_file else kept.enter_context(fresh_schema(shared_url())))
        kept.callback(store.close)
        store.begin_world(7, 0, "")
        luck, at_ns, world = Random(1), 0, Past(store, [], [], [])  # noqa: S311  a test's luck
        numbers = dict.fromkeys(MARKETS, 0)
        for first in range(1, LENGTH, 100):
            changes = Changes()
            for number in range(first, first + 100):
                at_ns += luck.choice((0, 0, 1, 3))
                account_id = luck.choice((MINE, MINE, 2, 3))
                changes.fills.append(fill(number, account_id, at_ns))
                opened = replace(ORDER, order_id=number, account_id=account_id, opened_ns=at_ns)
                changes.orders[number] = opened
                market = luck.choice(MARKETS)
                numbers[market] += 1
                changes.trades.append(
                    Trade(market, numbers[market], 1, 1, 10 * at_ns + number, Side.BUY, OrderKind.LIMIT)
                )
            store.commit(store.batch(changes, new_machine().state, ""))
            world.fills += changes.fills
            world.orders += changes.orders.values()
            world.trades += changes.trades
        yield world


TIMES = st.one_of(st.none(), st.integers(-1, 2 * LENGTH))


@given(after_ns=TIMES, until_ns=TIMES, offset=st.sampled_from((0, 0, 7)))
def test_a_span_of_time_holds_what_a_plain_list_would(
    past: Past, after_ns: int | None, until_ns: int | None, offset: int
) -> None:
    def is_within(at_ns: int) -> bool:
        return (after_ns is None or at_ns > after_ns) and (until_ns is None or at_ns <= until_ns)

    span = Span(after_ns, until_ns)
    fills = [one for one in past.fills if one.account_id == MINE and is_within(one.at_ns)][::-1]
    orders = [one for one in past.orders if one.account_id == MINE and is_within(one.opened_ns)][::-1]
    assert past.store.answer(FillPage(MINE, span=span, offset=offset)) == Page(fills[offset:][:50], len(fills))
    page = OrderPage(MINE, live=False, span=span, by=OrderTime.OPENED, offset=offset, newest_opened_first=True)
    shown = [OrderRecord(order, []) for order in orders[offset:][:50]]
    assert past.store.answer(page) == Page(shown, len(orders))


@given(after_ns=st.integers(-1, 40 * LENGTH), market=st.sampled_from(MARKETS))
def test_trades_after_a_moment_are_those_of_a_plain_list(past: Past, after_ns: int, market: str) -> None:
    found = [trade for trade in past.trades if trade.market == market and trade.at_ns > after_ns]
    assert past.store.answer(TradePage(market, after_ns, 20)) == found[:20]


@given(
    after_ns=TIMES, until_ns=TIMES, limit=st.sampled_from((1, 3, 250)), markets=st.sampled_from((MARKETS, MARKETS[:1]))
)
def test_trades_of_several_markets_are_those_of_a_plain_list(
    past: Past, after_ns: int | None, until_ns: int | None, limit: int, markets: tuple[str, ...]
) -> None:
    listed = [trade for trade in past.trades if trade.market in markets]
    trades = sorted(listed, key=lambda trade: (trade.at_ns, trade.market))
    trades = [trade for trade in trades if until_ns is None or trade.at_ns <= until_ns]
    after = [trade for trade in trades if after_ns is not None and trade.at_ns > after_ns]
    expected = trades[-limit:] if after_ns is None else after[:limit]
    assert past.store.answer(TradesOfMarkets(markets, after_ns, until_ns, limit)) == expected


@pytest.mark.parametrize("past", ["sqlite"], indirect=True)
@pytest.mark.parametrize("middle", [LENGTH // 8, LENGTH // 2, LENGTH - 9])
def test_what_was_long_before_a_span_or_after_it_is_not_read(past: Past, middle: int) -> None:
    """The bound is on the steps that SQLite takes."""
    everything, a_little = Span(-1), Span(middle, middle + 3)
    assert 3 * steps(past, FillPage(MINE, span=a_little)) < steps(past, FillPage(MINE, span=everything))
    orders = [OrderPage(MINE, live=False, by=OrderTime.OPENED, newest_opened_first=True, span=span)
              for span in (a_little, everything)]  # fmt: skip
    assert 3 * steps(past, orders[0]) < steps(past, orders[1])
    all_trades = steps(past, TradesOfMarkets(MARKETS, -1, limit=LENGTH))
    assert 3 * steps(past, TradesOfMarkets(MARKETS, middle, middle + 3)) < all_trades
    assert 3 * steps(past, TradesOfMarkets(MARKETS, None, middle, limit=5)) < all_trades


def steps(past: Past, query: Query) -> int:
    """How many hundreds SQLite takes to answer."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with past.store.database.reading() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(count, 100)
        answers.answer(query, connection)
        driver.set_progress_handler(None, 0)
    return taken
