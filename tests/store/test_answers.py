"""Each question about history, answered by SQL and by looking through plain lists."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.candles import MINUTES, Candle
from seatrial.core.commands import AmendOrder, CancelOrders, PlaceOrder
from seatrial.core.funding import Direction, Transfer, TransferStatus
from seatrial.core.orders import Fill, Order, OrderKind, Side, Trade
from seatrial.core.postings import EntryKind, Posting
from seatrial.core.queries import (
    AmendsOf,
    CandlePage,
    FillPage,
    FillsById,
    FundingPage,
    MoveNamed,
    OrderHistory,
    OrderPage,
    OrderRecord,
    OrdersById,
    OrderTime,
    Page,
    PostingPage,
    PostingsById,
    Query,
    Span,
    TradePage,
    TradesOfMarkets,
    TransferPage,
    TransfersById,
)
from seatrial.store import answers as stored_history
from seatrial.store.store import Store, open_store
from tests.support.any_commands import OPENING, PRICES, Journal, aimed, any_journal, new_machine
from tests.support.auditor import Auditor, candles_of
from tests.support.plain_lists import bounds, paged, posting_page
from tests.support.postgres import fresh_schema, shared_url
from tests.support.told import told_by
from tests.support.trading_floor import SECOND_NS, START_NS

Row = TypeVar("Row")
MINUTE_NS = 60 * SECOND_NS


class History:
    """A world's past as plain lists, newest first."""

    def __init__(self, auditor: Auditor) -> None:
        self.postings = [row for rows in auditor.postings.values() for row in reversed(rows)]
        self.orders = sorted(auditor.orders.values(), key=lambda order: -order.order_id)
        self.fills = sorted(auditor.fills, key=lambda fill: (-fill.at_ns, -fill.fill_id))
        self.trades = auditor.trades
        self.moves = auditor.moves
        self.amends = auditor.amends
        self.transfers = sorted(auditor.transfers.values(), key=lambda transfer: -transfer.transfer_id)
        times = {order.closed_ns for order in self.orders} | {row.at_ns for row in self.postings}
        self.moments = sorted(times | {order.opened_ns for order in self.orders})

    def answer(self, query: Query) -> object:  # noqa: C901, PLR0912  one case per query
        """What the store should say."""
        match query:
            case PostingPage():
                return posting_page(self.postings, query)
            case PostingsById():
                mine = [row for row in self.postings if row.account_id == query.account_id]
                return [row for row in mine if row.posting_id in query.posting_ids]
            case OrderPage():
                return self.order_page(query)
            case OrdersById():
                return self.orders_by_id(query)
            case AmendsOf():
                named = query.account_id, query.order_id
                amends = [amend for amend in self.amends if (amend.account_id, amend.order_id) == named]
                orders = [order for order in self.orders if (order.account_id, order.order_id) == named]
                return [OrderHistory(order, amends) for order in orders]
            case FillPage():
                return self.fill_page(query)
            case FillsById():
                fills = [fill for fill in self.fills if fill.account_id == query.account_id]
                return [fill for fill in fills if fill.fill_id in query.fill_ids]
            case TransferPage():
                return self.transfer_page(query)
            case TransfersById():
                moved = [row for row in self.transfers if query.account_id in (None, row.account_id)]
                return [row for row in moved if row.transfer_id in query.transfer_ids]
            case FundingPage():
                moved = [row for row in self.transfers if query.account_id in (None, row.account_id)]
                older = [row for row in moved if query.before_id is None or row.transfer_id < query.before_id]
                return Page(older[: query.limit])
            case MoveNamed():
                name = query.account_id, query.client_id
                return [(move.move_id, move.at_ns) for move in self.moves if (move.account_id, move.client_id) == name]
            case TradePage():
                return self.trade_page(query)
            case TradesOfMarkets():
                return self.trades_of_markets(query)
            case CandlePage():
                return self.candle_page(query)

    def order_page(self, query: OrderPage) -> Page[OrderRecord]:
        """Live ones by age, ended ones by when they ended."""
        mine = [order for order in self.orders if order.account_id == query.account_id]
        within = bounds(query.span, {order.order_id: order.opened_ns for order in mine})
        found = [
            order
            for order in mine
            if order.is_live is query.live
            and query.tag in (None, order.tag)
            and query.client_id in (None, order.client_id)
            and order.market in (query.markets or (order.market,))
            and order.side in (query.sides or (order.side,))
            and order.kind in (query.kinds or (order.kind,))
            and any(within(at_ns) for at_ns in self.times(order, query))
        ]
        if query.before_id is not None:
            before = {order.order_id: order for order in mine}.get(query.before_id)
            if query.live or query.newest_opened_first:
                found = [order for order in found if order.order_id < query.before_id]
            else:
                found = [order for order in found if before is not None and place(order) < place(before)]
        if not query.newest_opened_first:
            found.sort(key=place, reverse=True)
        page = paged(found, query)
        return Page([self.record(order, with_fills=query.with_fills) for order in page.rows], page.total)

    def times(self, order: Order, query: OrderPage) -> tuple[int, ...]:
        """The times of an order that a span is about."""
        if query.live or query.by is OrderTime.OPENED:
            return (order.opened_ns,)
        return (order.closed_ns,) if query.by is OrderTime.CLOSED else (order.opened_ns, order.closed_ns)

    def orders_by_id(self, query: OrdersById) -> list[OrderRecord]:
        """By our number or the client's own name."""
        return [
            self.record(order, with_fills=query.with_fills)
            for order in self.orders
            if order.account_id == query.account_id
            and (order.order_id in query.order_ids or order.client_id in query.client_ids)
            and query.tag in (None, order.tag)
        ]

    def record(self, order: Order, *, with_fills: bool) -> OrderRecord:
        """An order and its fills, oldest first."""
        fills = [fill.fill_id for fill in reversed(self.fills) if fill.order_id == order.order_id]
        return OrderRecord(order, fills if with_fills else [])

    def fill_page(self, query: FillPage) -> Page[Fill]:
        """By time."""
        mine = [fill for fill in self.fills if fill.account_id == query.account_id]
        within = bounds(query.span, {fill.fill_id: fill.at_ns for fill in mine})
        shown = merged(mine) if query.merge_sweeps else mine
        found = [
            fill
            for fill in shown
            if fill.market in (query.markets or (fill.market,))
            and fill.side in (query.sides or (fill.side,))
            and fill.kind in (query.kinds or (fill.kind,))
            and fill.order_id in (query.order_ids or (fill.order_id,))
            and within(fill.at_ns)
            and (query.before_id is None or fill.fill_id < query.before_id)
        ]
        return paged(found, query)

    def transfer_page(self, query: TransferPage) -> Page[Transfer]:
        """By number."""
        mine = [transfer for transfer in self.transfers if transfer.account_id == query.account_id]
        within = bounds(query.span, {transfer.transfer_id: transfer.created_ns for transfer in mine})
        found = [
            transfer
            for transfer in mine
            if transfer.direction is query.direction
            and query.asset in (None, transfer.asset)
            and query.method in (None, transfer.method)
            and transfer.status in (query.statuses or (transfer.status,))
            and within(transfer.created_ns)
            and (query.before_id is None or transfer.transfer_id < query.before_id)
        ]
        return paged(found, query)

    def trade_page(self, query: TradePage) -> list[Trade]:
        """Oldest first."""
        trades = self.trades[query.market]
        if query.after_ns is None:
            return trades[-query.limit :]
        return [trade for trade in trades if trade.at_ns > query.after_ns][: query.limit]

    def trades_of_markets(self, query: TradesOfMarkets) -> list[Trade]:
        """By time, and by the market's name where two have the same."""
        listed = [trade for market in query.markets for trade in self.trades[market]]
        trades = sorted(listed, key=lambda trade: (trade.at_ns, trade.market))
        trades = [trade for trade in trades if query.until_ns is None or trade.at_ns <= query.until_ns]
        if query.after_ns is None:
            return trades[-query.limit :]
        return [trade for trade in trades if trade.at_ns > query.after_ns][: query.limit]

    def candle_page(self, query: CandlePage) -> list[Candle]:
        """Newest first."""
        trades = self.trades[query.market]
        if query.minutes > 1 and trades:
            running_ns = trades[-1].at_ns // MINUTE_NS * MINUTE_NS
            trades = [trade for trade in trades if trade.at_ns < running_ns]
        found = candles_of(trades, query.minutes)
        return [row for row in reversed(found) if query.from_s <= row.start_s < query.until_s][: query.limit]


def place(order: Order) -> tuple[int, int]:
    """Where an order stands in a listing, the newest first."""
    return order.closed_ns, order.order_id


def merged(fills: Iterable[Fill]) -> list[Fill]:
    """All that one order took at one moment as one fill, in the place of its first part."""
    sweeps: dict[int, list[Fill]] = {}
    firsts: dict[int, Fill] = {}
    for fill in reversed(newest_first := list(fills)):
        if not fill.maker:
            last = sweeps[firsts[fill.order_id].fill_id][-1] if fill.order_id in firsts else None
            if last is None or (fill.trade_id, fill.at_ns) != (last.trade_id + 1, last.at_ns + 1):
                firsts[fill.order_id] = fill
            sweeps.setdefault(firsts[fill.order_id].fill_id, []).append(fill)
    return [fill if fill.maker else whole(sweeps[fill.fill_id]) for fill in newest_first
            if fill.maker or fill.fill_id in sweeps]  # fmt: skip


def whole(parts: list[Fill]) -> Fill:
    """One fill made of several, oldest first."""
    first, last = parts[0], parts[-1]
    lots = sum(part.qty_lots for part in parts)
    average = sum(part.price_ticks * part.qty_lots for part in parts) // lots
    return Fill(
        first.fill_id, first.account_id, first.order_id, first.market, first.trade_id, first.side, first.kind, average,
        lots, sum(part.price_ticks * part.qty_lots for part in parts), first.fee_ppm,
        sum(part.price_ticks * part.qty_lots * part.fee_ppm for part in parts),
        sum(part.fee_quote for part in parts), sum(part.fee_base for part in parts), first.maker, first.at_ns,
        first.first_posting, last.first_posting + last.postings - first.first_posting,
        sum(part.volume_usd for part in parts), first.counter_order_id, first.opened_s, first.counter_opened_s,
    )  # fmt: skip


def lived(journal: Journal, place: str | None = None) -> tuple[Store, History]:
    """A world's past in a store and as lists."""
    machine, auditor, store = new_machine(), Auditor(), open_store(place)
    store.begin_world(7, START_NS, "ticking")
    for command, gap_ns in (*((command, 0) for command in OPENING), *journal):
        command = aimed(machine.state, command)  # noqa: PLW2901  the same, at an order that is open
        machine.apply(told_by(machine.state.changes, command), machine.state.now_ns + gap_ns)
    changes = machine.take_changes()
    auditor.note(changes)
    store.commit(store.batch(changes, machine.state, "ticking"))
    return store, History(auditor)


ACCOUNTS = st.sampled_from((1, 1, 2, 3, 99))
SOME_NUMBERS = st.lists(st.integers(1, 400), max_size=12).map(tuple)
MAYBE_NUMBER = st.one_of(st.none(), st.none(), st.integers(1, 400))
OFFSETS = st.sampled_from((0, 0, 0, 1, 2, 5, 50))
LIMITS = st.sampled_from((1, 2, 5, 50))
COUNTED = WITH_FILLS = MERGED = LIVE = st.booleans()
TAGS = st.sampled_from((None, None, 1, -2))
WALLETS = st.sampled_from(((), ("spot",), ("earn",)))
ASSETS = st.sampled_from(((), ("USD",), ("PEPE", "BTC")))
KINDS = st.sampled_from(((), (EntryKind.TRADE,), (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)))
SIDES = st.sampled_from(((), (Side.BUY,), (Side.SELL,)))
ORDER_KINDS = st.sampled_from(((), (OrderKind.LIMIT,), (OrderKind.MARKET,)))
STATUSES = st.sampled_from(((), (TransferStatus.SUCCESS,), (TransferStatus.PENDING, TransferStatus.FAILURE)))
INCOMING = st.sampled_from((None, True, False))
MARKETS = st.sampled_from(((), ("PEPE/USD",), ("BTC/USD", "SOL/ETH")))


def queries(moments: list[int]) -> st.SearchStrategy[Query]:
    """A question of any kind, bounded by moments at which something happened."""
    maybe_moment = st.sampled_from((None, None, *moments))
    spans = st.one_of(st.just(Span()), st.builds(Span, maybe_moment, maybe_moment, MAYBE_NUMBER, MAYBE_NUMBER))
    seconds = st.sampled_from((0, 2**53, *(moment // SECOND_NS for moment in moments)))
    return st.one_of(
        st.builds(
            PostingPage, ACCOUNTS, WALLETS, ASSETS, KINDS, INCOMING, spans, MAYBE_NUMBER, OFFSETS, LIMITS, COUNTED
        ),
        st.builds(PostingPage, ACCOUNTS, offset=OFFSETS, limit=LIMITS, counted=COUNTED),
        st.builds(PostingsById, ACCOUNTS, SOME_NUMBERS),
        st.builds(
            OrderPage, ACCOUNTS, LIVE, TAGS, st.sampled_from((None, None, "a")), spans, st.sampled_from(OrderTime),
            MAYBE_NUMBER, OFFSETS, st.one_of(st.none(), LIMITS), COUNTED, WITH_FILLS, MARKETS, SIDES, ORDER_KINDS,
            LIVE,
        ),
        st.builds(OrdersById, ACCOUNTS, SOME_NUMBERS, TAGS, st.sampled_from(((), ("a", "b"))), WITH_FILLS),
        st.builds(FillPage, ACCOUNTS, MARKETS, spans, MAYBE_NUMBER, OFFSETS, LIMITS, COUNTED, MERGED,
                  st.one_of(st.just(()), SOME_NUMBERS), SIDES, ORDER_KINDS),
        st.builds(AmendsOf, ACCOUNTS, st.integers(1, 60)),
        st.builds(FillsById, ACCOUNTS, SOME_NUMBERS),
        st.builds(
            TransferPage, ACCOUNTS, st.sampled_from(Direction), st.sampled_from((None, "BTC")),
            st.sampled_from((None, "Bitcoin")), spans, MAYBE_NUMBER, LIMITS, STATUSES, OFFSETS, COUNTED,
        ),
        st.builds(
            CandlePage, st.sampled_from(tuple(PRICES)), st.sampled_from(MINUTES), seconds, seconds, limit=LIMITS
        ),
        st.builds(TransfersById, SOME_NUMBERS, st.one_of(st.none(), ACCOUNTS)),
        st.builds(FundingPage, st.one_of(st.none(), ACCOUNTS), MAYBE_NUMBER, LIMITS),
        st.builds(MoveNamed, ACCOUNTS, st.sampled_from(("a", "b", "c"))),
        st.builds(TradePage, st.sampled_from(tuple(PRICES)), maybe_moment, LIMITS),
        st.builds(
            TradesOfMarkets, st.sampled_from((tuple(PRICES), tuple(PRICES)[:1])), maybe_moment, maybe_moment, LIMITS
        ),
    )  # fmt: skip


@pytest.fixture(scope="module", params=[*((seed, False) for seed in range(3)), (0, True)])
def past(request: pytest.FixtureRequest) -> Iterator[tuple[Store, History]]:
    """A world's long past, in SQLite or PostgreSQL."""
    seed, in_postgresql = request.param
    with ExitStack() as kept:
        place = kept.enter_context(fresh_schema(shared_url())) if in_postgresql else None
        store, history = lived(any_journal(seed, 700, ("PEPE/USD", "PEPE/USD", "BTC/USD", "SOL/ETH")), place)
        kept.callback(store.close)
        assert min(len(history.fills), len(history.orders), len(history.transfers) * 20) > 100
        yield store, history


@given(data=st.data())
def test_every_question_is_answered_as_plain_lists_would(past: tuple[Store, History], data: st.DataObject) -> None:
    store, history = past
    query = data.draw(queries(history.moments))
    expected = history.answer(query)
    assert store.answer(query) == expected
    with store.database.reading() as connection:
        assert stored_history.answer(query, connection) == expected, "as a part of a longer look-up"


def limit(account_id: int, side: Side, price: int, lots: int) -> PlaceOrder:
    """An order in BTC/USD."""
    return PlaceOrder(account_id, "BTC/USD", side, OrderKind.LIMIT, price, lots)


SWEEP: Journal = [
    (limit(1, Side.SELL, 600_000, 10_000), 0),
    (limit(1, Side.SELL, 600_003, 20_000), SECOND_NS),
    (limit(2, Side.BUY, 600_010, 30_000), SECOND_NS),
    (limit(1, Side.BUY, 600_001, 5_000), SECOND_NS),
    (limit(2, Side.SELL, 600_001, 5_000), SECOND_NS),
]


def test_a_sweep_is_shown_as_one_fill_at_the_average_price() -> None:
    """One lot at 600,000 and two at 600,003 are three at 600,002."""
    store, _ = lived(SWEEP)
    page = store.answer(FillPage(2, merge_sweeps=True))
    assert isinstance(page, Page)
    last, sweep = page.rows
    assert page.total == 2
    assert isinstance(sweep, Fill)
    assert isinstance(last, Fill)
    assert (sweep.price_ticks, sweep.qty_lots, sweep.maker) == (600_002, 30_000, False)
    assert last.qty_lots == 5_000
    store.close()


def test_what_an_amended_order_takes_is_a_sweep_of_its_own() -> None:
    """It takes two lots on arrival and rests; amended, it takes two more."""
    store, _ = lived(
        [
            *((limit(1, Side.SELL, price, 10_000), SECOND_NS) for price in (600_000, 600_001, 600_005, 600_006)),
            (limit(2, Side.BUY, 600_001, 50_000), SECOND_NS),
            (AmendOrder(2, 5, 600_006), SECOND_NS),
        ]
    )
    page = store.answer(FillPage(2, merge_sweeps=True))
    assert isinstance(page, Page)
    assert [(fill.qty_lots, fill.price_ticks) for fill in page.rows if isinstance(fill, Fill)] == [
        (20_000, 600_005), (20_000, 600_000),
    ]  # fmt: skip
    assert page.total == 2
    store.close()


def test_a_sweeps_postings_are_those_of_all_its_parts() -> None:
    store, history = lived(SWEEP)
    page = store.answer(FillPage(2, merge_sweeps=True))
    assert isinstance(page, Page)
    sweep = page.rows[1]
    assert isinstance(sweep, Fill)
    numbers = tuple(range(sweep.first_posting, sweep.first_posting + sweep.postings))
    found = store.answer(PostingsById(2, numbers))
    parts = [fill.fill_id for fill in history.fills if fill.order_id == sweep.order_id]
    assert isinstance(found, list)
    assert [(row.ref, row.asset) for row in found if isinstance(row, Posting)] == [
        (part, asset) for part in parts for asset in ("BTC", "USD")
    ]
    store.close()


def test_an_order_as_a_bound_stands_for_the_time_it_was_opened_at() -> None:
    """Also where the time of closing is asked about. Source: kraken-rest#closed-orders."""
    journal: Journal = [(limit(1, Side.BUY, 600_000 - number, 5_000), SECOND_NS) for number in range(3)]
    store, _ = lived([*journal, (CancelOrders(1, everything=True), SECOND_NS)])
    listed = {}
    for by in OrderTime:
        page = store.answer(OrderPage(1, live=False, span=Span(after_id=2), by=by))
        assert isinstance(page, Page)
        listed[by] = [row.order.order_id for row in page.rows if isinstance(row, OrderRecord)]
    assert listed == {OrderTime.OPENED: [3], OrderTime.CLOSED: [3, 2, 1], OrderTime.BOTH: [3, 2, 1]}
    store.close()
