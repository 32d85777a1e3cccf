"""Parts of orders that are canceled, orders that are placed anew, names that stay taken, and the timer."""

import pytest

from seatrial.core.commands import DecreaseOrder, PassTime, ReplaceOrder, SetCancelTimer, SetSystemStatus
from seatrial.core.facts import CancelTimerSet, OrderAccepted, OrderDecreased, OrderEnded
from seatrial.core.machine import first
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import EndReason, Order, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from tests.support.trading_floor import NO_FEES, SECOND_NS, Floor, drawn

BUY, SELL = Side.BUY, Side.SELL
WHOLE = 10**8


@pytest.fixture
def floor() -> Floor:
    """A market without fees."""
    return Floor(fees=NO_FEES)


def replaced(floor: Floor, order: Order, at: str | None = None, qty: int | None = None) -> Order:
    """The new order in the place of an old one."""
    ticks = None if at is None else int(at) * 10
    outcome = floor.apply(ReplaceOrder(order.account_id, order.order_id, ticks, qty))
    return floor.orders[first(OrderAccepted, outcome).order_id]


def test_a_part_of_an_order_is_canceled_and_the_rest_keeps_its_place(floor: Floor) -> None:
    floor.draw("""
        bid 100 2 bob
        bid 100 5 ann""")
    order = floor.machine.state.live_orders[1]
    (event,) = floor.apply(DecreaseOrder(order.account_id, 1, WHOLE // 2))
    assert isinstance(event, OrderDecreased)
    assert (event.order_id, event.lots, event.hold) == (1, WHOLE // 2, order.hold)
    assert (order.qty_lots, order.given_up_lots, order.status) == (15 * WHOLE // 10, WHOLE // 2, OrderStatus.OPEN)
    assert floor.money("bob", "USD") == "free 999850 held 150"
    floor.place(floor.order("carl", SELL, "1.5"))
    assert floor.book() == drawn("bid 100 5 ann")
    assert order.status is OrderStatus.FILLED


def test_canceling_all_that_is_left_in_part_ends_an_order(floor: Floor) -> None:
    order = floor.place(floor.order("bob", BUY, "2", at="100"))
    (event,) = floor.apply(DecreaseOrder(order.account_id, 1, 2 * WHOLE))
    assert isinstance(event, OrderEnded)
    assert (event.order_id, event.status, event.end_reason) == (1, order.status, order.end_reason)
    assert (order.status, order.end_reason, order.given_up_lots) == (OrderStatus.CANCELED, EndReason.USER_REQUESTED, 0)
    assert floor.money("bob", "USD") == "free 1000000"


@pytest.mark.parametrize(
    ("account", "number", "lots", "refusal"),
    [
        (9, 1, 1, Reject.ACCOUNT_UNKNOWN),
        (1, 9, 1, Reject.ORDER_UNKNOWN),
        (2, 1, 1, Reject.ORDER_UNKNOWN),
        (1, 1, 0, Reject.QTY_OUT_OF_RANGE),
        (1, 1, 2 * WHOLE + 1, Reject.QTY_OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_canceled_in_part(floor: Floor, account: int, number: int, lots: int, refusal: Reject) -> None:
    floor.place(floor.order("bob", BUY, "2", at="100"))
    floor.trader("ann")
    assert floor.refusal(DecreaseOrder(account, number, lots)) is refusal


def test_nothing_is_amended_while_the_exchange_is_closed(floor: Floor) -> None:
    floor.place(floor.order("bob", BUY, "2", at="100"))
    floor.apply(SetSystemStatus(SystemStatus.MAINTENANCE))
    assert floor.refusal(DecreaseOrder(1, 1, 1)) is Reject.EXCHANGE_CLOSED
    assert floor.refusal(ReplaceOrder(1, 1, 1)) is Reject.EXCHANGE_CLOSED


def test_an_order_placed_anew_has_all_of_the_old_one_and_stands_behind_the_others(floor: Floor) -> None:
    wish = floor.order(
        "bob", BUY, "2", at="100", self_trade=SelfTrade.CANCEL_BOTH, post_only=True, tag=7, client_id="mine",
        note="a note", label="a label", time_in_force=TimeInForce.GTD, expires_in=60,
    )  # fmt: skip
    old = floor.place(wish)
    floor.draw("bid 101 5 ann")
    new = replaced(floor, old, at="101")
    assert (old.status, old.end_reason) == (OrderStatus.CANCELED, EndReason.REPLACED)
    assert new.order_id == 3
    kept = (
        "side", "qty_lots", "self_trade", "post_only", "tag", "client_id", "note", "label", "time_in_force",
        "expires_ns",
    )  # fmt: skip
    assert [getattr(new, name) for name in kept] == [getattr(old, name) for name in kept]
    assert floor.book() == drawn("""
        bid 101 5 ann
        bid 101 2 bob""")
    assert floor.trader("bob").by_client_id == {"mine": new}


def test_an_order_placed_anew_obeys_what_the_old_one_had_to(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    old = floor.place(floor.order("bob", BUY, "1", at="90", band_ppm=100_000, post_only=True, cancels_post_only=True))
    assert floor.refusal(ReplaceOrder(old.account_id, old.order_id, 1_101)) is Reject.PRICE_OUT_OF_BAND
    new = replaced(floor, replaced(floor, old, at="95"), at="101")
    assert (new.status, new.end_reason) == (OrderStatus.CANCELED, EndReason.POST_ONLY)


def test_an_order_placed_anew_takes_the_place_of_the_old_one_among_those_that_may_be_open(floor: Floor) -> None:
    floor.place(floor.order("bob", BUY, "1", at="90", max_open=2))
    old = floor.place(floor.order("bob", BUY, "1", at="90", max_open=2))
    new = replaced(floor, old, at="91")
    floor.place(floor.order("bob", BUY, "1", at="90"))
    assert floor.refusal(ReplaceOrder(new.account_id, new.order_id, 920)) is Reject.TOO_MANY_OPEN_ORDERS
    assert new.is_live


def test_the_new_quantity_counts_what_was_filled_already(floor: Floor) -> None:
    old = floor.place(floor.order("bob", BUY, "2", at="100"))
    floor.place(floor.order("ann", SELL, "0.5"))
    new = replaced(floor, old, qty=3 * WHOLE)
    assert (new.qty_lots, new.filled_lots) == (25 * WHOLE // 10, 0)
    again = replaced(floor, new, at="99")
    assert again.qty_lots == 25 * WHOLE // 10


def test_an_order_of_which_nothing_is_to_be_left_is_only_canceled(floor: Floor) -> None:
    old = floor.place(floor.order("bob", BUY, "2", at="100"))
    floor.place(floor.order("ann", SELL, "0.5"))
    (fact,) = floor.apply(ReplaceOrder(1, 1, qty_lots=WHOLE // 2))
    assert isinstance(fact, OrderEnded)
    assert fact.order_id == old.order_id
    assert floor.book() == ""


def test_an_order_that_cannot_be_placed_anew_stays_as_it_is(floor: Floor) -> None:
    floor.open("bob", USD="200")
    order = floor.place(floor.order("bob", BUY, "2", at="100"))
    before = floor.machine.fingerprint()
    assert floor.refusal(ReplaceOrder(1, 1, 1_001)) is Reject.INSUFFICIENT_FUNDS
    assert floor.refusal(ReplaceOrder(1, 1, qty_lots=1)) is Reject.QTY_BELOW_MINIMUM
    assert floor.machine.fingerprint() == before
    assert replaced(floor, order, at="50", qty=4 * WHOLE).hold == order.price_ticks * 10 * 200


def test_an_order_placed_anew_may_trade_at_once(floor: Floor) -> None:
    old = floor.place(floor.order("bob", BUY, "2", at="100"))
    floor.draw("ask 102 1 ann")
    new = replaced(floor, old, at="102")
    assert floor.tape() == ["1 at 102"]
    assert new.open_lots == WHOLE


def test_only_a_limit_order_can_be_amended(floor: Floor) -> None:
    floor.place(floor.order("bob", SELL, "2", starts_in=60))
    assert floor.refusal(DecreaseOrder(1, 1, 1)) is Reject.ORDER_UNKNOWN
    assert floor.refusal(ReplaceOrder(1, 1, 1)) is Reject.ORDER_UNKNOWN


def test_a_name_is_taken_while_its_order_lives_and_free_once_it_ended(floor: Floor) -> None:
    wish = floor.order("bob", BUY, "2", at="100", client_id="mine")
    for _ in range(3):
        order = floor.place(wish)
        assert floor.refusal(wish) is Reject.CLIENT_ID_IN_USE
        floor.cancel("bob", ids=(order.order_id,))


def timer(floor: Floor, seconds: int, *markets: str) -> None:
    """Set bob's."""
    floor.apply(SetCancelTimer(floor.trader("bob").account.account_id, seconds * SECOND_NS, markets))


def test_a_timer_cancels_its_owners_orders_when_it_fires(floor: Floor) -> None:
    floor.draw("""
        bid 100 2 bob
        bid 100 5 ann""")
    order = floor.machine.state.live_orders[1]
    timer(floor, 30)
    floor.wait(29)
    assert order.status is OrderStatus.OPEN
    floor.wait(1)
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.USER_REQUESTED)
    assert floor.book() == drawn("bid 100 5 ann")
    floor.place(floor.order("bob", BUY, "1", at="100"))
    floor.wait(100)
    assert len(floor.trader("bob").orders) == 1, "it fires once"


def test_a_timer_that_is_set_again_fires_later_or_not_at_all(floor: Floor) -> None:
    floor.draw("bid 100 2 bob")
    timer(floor, 30)
    floor.wait(20)
    timer(floor, 30)
    floor.wait(20)
    assert floor.book() == drawn("bid 100 2 bob")
    timer(floor, 0)
    floor.wait(100)
    assert floor.book() == drawn("bid 100 2 bob")
    assert floor.machine.state.next_due_ns is None


def test_a_timer_may_be_about_some_markets(floor: Floor) -> None:
    floor.draw("bid 100 2 bob")
    timer(floor, 30, "ETH/USD")
    floor.wait(30)
    assert floor.book() == drawn("bid 100 2 bob")
    timer(floor, 30, "ETH/USD", "BTC/USD")
    floor.wait(30)
    assert floor.book() == ""


def test_setting_a_timer_tells_when_it_fires(floor: Floor) -> None:
    floor.trader("bob")
    (event,) = floor.apply(SetCancelTimer(1, 5))
    assert isinstance(event, CancelTimerSet)
    assert event.timer is not None
    assert (event.timer.set_ns, event.timer.due_ns) == (floor.now_ns, floor.now_ns + 5)
    assert floor.machine.state.next_due_ns == floor.now_ns + 5
    assert floor.apply(SetCancelTimer(1, 0)) == (CancelTimerSet(floor.now_ns, 1, None),)
    floor.now_ns += 5
    floor.apply(PassTime())


def test_a_timer_of_nobody_or_about_no_market_is_refused(floor: Floor) -> None:
    floor.trader("bob")
    assert floor.refusal(SetCancelTimer(9, 5)) is Reject.ACCOUNT_UNKNOWN
    assert floor.refusal(SetCancelTimer(1, 5, ("NO/SUCH",))) is Reject.MARKET_UNKNOWN
