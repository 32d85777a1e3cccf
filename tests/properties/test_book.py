"""Is the fast market the same as a slow, obvious one? The naive one sorts a list for every lot."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from seatrial.core.assets import Asset, AssetKind, Assets
from seatrial.core.commands import AmendOrder, CancelOrders, DecreaseOrder, OpenAccount, PlaceOrder, ReplaceOrder
from seatrial.core.facts import OrderAccepted, OrderDecreased, OrderEnded, Traded
from seatrial.core.machine import Machine, first
from seatrial.core.markets import Market
from seatrial.core.orders import EndReason, Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from tests.support.naive_market import NaiveMarket, Story
from tests.support.trading_floor import NO_FEES

USD = Asset("USD", AssetKind.FIAT, 0)
GEM = Asset("GEM", AssetKind.CRYPTO, 0)
MARKET = Market("GEM/USD", GEM, USD, 0, 0, 0, 1, 0, NO_FEES)
"""Whole gems for whole dollars."""
DIMES = replace(MARKET, price_scale=1)
"""The same at prices in dimes: nobody can pay for what comes to less than a dollar."""

LIMIT_ORDERS = st.builds(
    PlaceOrder,
    account_id=st.integers(1, 3),
    market=st.just(MARKET.symbol),
    side=st.sampled_from(Side),
    kind=st.just(OrderKind.LIMIT),
    price_ticks=st.integers(1, 9),
    qty_lots=st.integers(1, 5),
    time_in_force=st.sampled_from((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)),
    self_trade=st.sampled_from(SelfTrade),
    post_only=st.sampled_from((False, False, False, True)),
)
MARKET_ORDERS = st.builds(
    PlaceOrder,
    account_id=st.integers(1, 3),
    market=st.just(MARKET.symbol),
    side=st.sampled_from(Side),
    kind=st.just(OrderKind.MARKET),
    qty_lots=st.integers(1, 9),
    self_trade=st.sampled_from(SelfTrade),
)
SPENDING_ORDERS = st.builds(
    PlaceOrder,
    account_id=st.integers(1, 3),
    market=st.just(MARKET.symbol),
    side=st.just(Side.BUY),
    kind=st.just(OrderKind.MARKET),
    spend=st.integers(1, 40),
    self_trade=st.sampled_from(SelfTrade),
)


class BooksAgree(RuleBasedStateMachine):
    """The machine and the naive market get the same orders."""

    market = MARKET

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine(State(1, Assets((USD, GEM)), {MARKET.symbol: self.market}, ()))
        self.per_dollar = 10**self.market.price_scale
        self.naive = NaiveMarket(self.per_dollar - 1)
        self.at_ns = 1
        for name in ("ann", "bob", "carl"):
            balances = (("spot", "USD", 10**12), ("spot", "GEM", 10**12))
            self.machine.apply(
                OpenAccount(name, "", "", rate_limits=False, trading_wallet="spot", funding_wallet="spot",
                            balances=balances),
                self.at_ns,
            )  # fmt: skip

    @rule(orders=st.lists(st.one_of(LIMIT_ORDERS, LIMIT_ORDERS, MARKET_ORDERS, SPENDING_ORDERS), max_size=8))
    def place(self, orders: list[PlaceOrder]) -> None:
        """Both tell the same story of each order."""
        for order in orders:
            outcome = self.machine.apply(order, self.at_ns)
            if order.post_only and self.naive.would_trade(order):
                assert outcome is Reject.POST_ONLY_WOULD_TAKE
                continue
            assert not isinstance(outcome, Reject)
            accepted = self.machine.state.order(first(OrderAccepted, outcome).order_id)
            assert accepted is not None
            spending = replace(order, spend=order.spend * self.per_dollar)
            assert story_of(accepted, outcome) == self.naive.arrive(accepted.order_id, spending)

    @rule(number=st.integers(1, 60), account_id=st.integers(1, 3))
    def cancel(self, number: int, account_id: int) -> None:
        """An order that is open and the account's own goes; else nothing happens."""
        outcome = self.machine.apply(CancelOrders(account_id, (number,)), self.at_ns)
        is_open = any((one.number, one.owner) == (number, account_id) for one in self.naive.resting)
        assert isinstance(outcome, Reject) is not is_open
        if is_open:
            self.naive.cancel(number)

    @rule(number=st.integers(1, 60), account_id=st.integers(1, 3), lots=st.integers(0, 5))
    def cancel_a_part(self, number: int, account_id: int, lots: int) -> None:
        """Of an order that is open and the account's own, as much as there is of it; else nothing happens."""
        outcome = self.machine.apply(DecreaseOrder(account_id, number, lots), self.at_ns)
        own = [one for one in self.naive.resting if (one.number, one.owner) == (number, account_id)]
        is_possible = bool(own) and 0 < lots <= own[0].lots
        assert isinstance(outcome, Reject) is not is_possible
        if is_possible:
            self.naive.decrease(number, lots)

    @rule(number=st.integers(1, 60), price=st.integers(1, 9), lots=st.integers(1, 9))
    def replace(self, number: int, price: int, lots: int) -> None:
        """An open order is canceled and a new one arrives with what is left to fill."""
        order = self.machine.state.live_orders.get(number)
        if order is None:
            assert isinstance(self.machine.apply(ReplaceOrder(1, number, price, lots), self.at_ns), Reject)
            return
        left = lots - order.filled_lots
        command = PlaceOrder(
            order.account_id, order.market, order.side, OrderKind.LIMIT, price, left,
            time_in_force=order.time_in_force, self_trade=order.self_trade, post_only=order.post_only,
        )  # fmt: skip
        outcome = self.machine.apply(ReplaceOrder(order.account_id, number, price, lots), self.at_ns)
        if left > 0 and order.post_only and self.naive.would_trade(command):
            assert outcome is Reject.POST_ONLY_WOULD_TAKE
            return
        assert not isinstance(outcome, Reject)
        self.naive.cancel(number)
        new = [self.machine.state.order(fact.order_id) for fact in outcome if isinstance(fact, OrderAccepted)]
        assert len(new) == (1 if left > 0 else 0)
        for accepted in new:
            assert accepted is not None
            assert story_of(accepted, outcome) == self.naive.arrive(accepted.order_id, command)

    @rule(number=st.integers(1, 60), price=st.integers(1, 9), lots=st.integers(1, 9), post_only=st.booleans())
    def amend(self, number: int, price: int, lots: int, post_only: bool) -> None:
        """An open order that only shrinks stays where it is; any other one arrives again, with its id."""
        command = AmendOrder(1, number, price, lots, post_only=post_only)
        order = self.machine.state.live_orders.get(number)
        if order is None:
            assert self.machine.apply(command, self.at_ns) is Reject.ORDER_UNKNOWN
            return
        left, shrinks = lots - order.filled_lots, order.price_ticks == price and lots < order.qty_lots
        is_same = (order.price_ticks, order.qty_lots) == (price, lots)
        arriving = PlaceOrder(
            order.account_id, order.market, order.side, OrderKind.LIMIT, price, left, self_trade=order.self_trade
        )
        outcome = self.machine.apply(replace(command, account_id=order.account_id), self.at_ns)
        if is_same:
            assert outcome is Reject.NOTHING_TO_AMEND
        elif left > 0 and (post_only or order.post_only) and self.naive.would_trade(arriving):
            assert outcome is Reject.POST_ONLY_WOULD_TAKE
        elif left <= 0:
            assert (order.status, order.qty_lots) == (OrderStatus.CANCELED, order.filled_lots)
            self.naive.cancel(number)
        elif shrinks:
            self.naive.shrink(number, left)
        else:
            assert not isinstance(outcome, Reject)
            told, expected = story_of(order, outcome), self.naive.arrive_anew(number, arriving)
            assert (told.fills, told.evicted, told.decreased) == (expected.fills, expected.evicted, expected.decreased)

    @invariant()
    def books_are_the_same(self) -> None:
        """Order by order, in the same place."""
        book = self.machine.state.markets[MARKET.symbol].book
        for levels, side, best_first in ((book.bids, Side.BUY, -1), (book.asks, Side.SELL, 1)):
            fast = [
                (order.order_id, order.price_ticks, order.open_lots)
                for level in levels.levels()
                for order in level.orders.values()
            ]
            resting = [one for one in self.naive.resting if one.side is side]
            slow = [(one.number, one.price, one.lots) for one in sorted(resting, key=lambda o: o.price * best_first)]
            assert fast == slow


def story_of(order: Order, events: tuple[object, ...]) -> Story:
    """What the machine's events say of an order."""
    fills = [(e.maker.order_id, e.trade.price_ticks, e.trade.qty_lots) for e in events if isinstance(e, Traded)]
    evicted = [
        event.order_id
        for event in events
        if isinstance(event, OrderEnded)
        and event.order_id != order.order_id
        and event.end_reason is EndReason.SELF_TRADE
    ]
    smaller = {e.order_id for e in events if isinstance(e, OrderDecreased) and e.order_id != order.order_id}
    return Story(fills, evicted, smaller, order.status, order.end_reason)


class DustyBooksAgree(BooksAgree):
    """The same where what is left of an order is often worth nothing."""

    market = DIMES


TestBooksAgree = BooksAgree.TestCase
TestDustyBooksAgree = DustyBooksAgree.TestCase
