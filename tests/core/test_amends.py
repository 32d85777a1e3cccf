"""Orders that are amended: who keeps a place, what is set aside, what trades at once, and what is refused."""

from typing import Any

import pytest

from seatrial.core.commands import AmendOrder, SetStatus, SetSystemStatus
from seatrial.core.facts import OrderAmended, OrderEnded, OrderRested, Traded
from seatrial.core.findings import OrderChecked
from seatrial.core.machine import Done, first
from seatrial.core.markets import MarketStatus, SystemStatus
from seatrial.core.orders import AmendKind, EndReason, Order, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from tests.support.trading_floor import NO_FEES, Floor, drawn, units

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def floor() -> Floor:
    """A market without fees."""
    return Floor(fees=NO_FEES)


def command(floor: Floor, order: Order, at: str | None = None, qty: str | None = None, **more: Any) -> AmendOrder:
    """What its owner asks for."""
    return AmendOrder(
        order.account_id,
        order.order_id,
        None if at is None else units(at, floor.market.price_scale),
        None if qty is None else units(qty, floor.market.lot_scale),
        **more,
    )


def amend(floor: Floor, order: Order, at: str | None = None, qty: str | None = None, **more: Any) -> Done:
    """It must be possible."""
    return floor.apply(command(floor, order, at, qty, **more))


def bid(floor: Floor, name: str = "bob", qty: str = "2", at: str = "100", **more: Any) -> Order:
    """One that rests."""
    return floor.place(floor.order(name, BUY, qty, at, **more))


def test_an_order_that_only_shrinks_keeps_its_place(floor: Floor) -> None:
    order = bid(floor)
    bid(floor, "ann")
    (fact,) = amend(floor, order, qty="1.5")
    assert isinstance(fact, OrderAmended)
    assert fact.keeps_place
    assert floor.book() == drawn("""
        bid 100 1.5 bob
        bid 100 2 ann""")
    assert floor.money("bob", "USD") == "free 999850 held 150"


def test_an_order_that_grows_goes_to_the_back_of_its_level(floor: Floor) -> None:
    order = bid(floor)
    bid(floor, "ann")
    amended, rested = amend(floor, order, qty="2.5")
    assert isinstance(amended, OrderAmended)
    assert not amended.keeps_place
    assert isinstance(rested, OrderRested)
    assert floor.book() == drawn("""
        bid 100 2 ann
        bid 100 2.5 bob""")
    assert floor.money("bob", "USD") == "free 999750 held 250"


def test_an_order_at_a_new_price_goes_to_the_back_of_that_level_although_it_shrinks(floor: Floor) -> None:
    order = bid(floor)
    bid(floor, "ann", at="99")
    amend(floor, order, at="99", qty="1")
    assert floor.book() == drawn("""
        bid 99 2 ann
        bid 99 1 bob""")
    assert floor.money("bob", "USD") == "free 999901 held 99"


def test_an_amended_order_keeps_its_id_its_names_and_its_fills(floor: Floor) -> None:
    order = bid(floor, client_id="mine", tag=None)
    floor.place(floor.order("ann", SELL, "0.5"))
    amend(floor, order, at="101", qty="3")
    assert floor.machine.state.live_orders[order.order_id] is order
    assert floor.trader("bob").by_client_id == {"mine": order}
    assert (order.filled_lots, order.open_lots) == (5 * 10**7, 25 * 10**7)
    floor.place(floor.order("ann", SELL, "2.5"))
    assert order.status is OrderStatus.FILLED
    assert floor.money("bob", "USD") == "free 999697.5"


def test_an_order_may_trade_at_its_new_price_at_once_and_only_what_is_left_of_it(floor: Floor) -> None:
    order = bid(floor)
    floor.place(floor.order("ann", SELL, "0.5"))
    floor.draw("ask 102 5 carl")
    outcome = amend(floor, order, at="103", matching_ns=7)
    traded = first(Traded, outcome)
    assert (traded.taker.order_id, traded.trade.at_ns) == (order.order_id, order.amended_ns + 8)
    assert floor.tape() == ["0.5 at 100", "1.5 at 102"]
    assert order.status is OrderStatus.FILLED
    assert floor.money("bob", "USD") == "free 999797"


def test_a_taker_by_amendment_pays_the_takers_fee_and_sets_it_aside() -> None:
    floor = Floor()
    order = bid(floor)
    floor.draw("ask 102 1 carl")
    amend(floor, order, at="102")
    taker = next(fill for fill in floor.fills if fill.order_id == order.order_id)
    assert (taker.maker, taker.fee_ppm) == (False, order.hold_ppm)
    assert order.open_lots == 10**8


@pytest.mark.parametrize("of_the_order", [True, False])
def test_who_must_not_take_is_refused_and_stays(floor: Floor, *, of_the_order: bool) -> None:
    order = bid(floor, post_only=of_the_order)
    floor.draw("ask 102 5 carl")
    before = floor.machine.fingerprint()
    assert floor.refusal(command(floor, order, "102", post_only=not of_the_order)) is Reject.POST_ONLY_WOULD_TAKE
    assert floor.machine.fingerprint() == before
    amend(floor, order, "101", post_only=not of_the_order)
    assert floor.book() == drawn("""
        ask 102 5 carl
        bid 101 2 bob""")


def test_an_amended_order_that_meets_its_owners_gives_way_as_any_order(floor: Floor) -> None:
    order = bid(floor)
    floor.place(floor.order("bob", SELL, "1", "102"))
    amend(floor, order, "102")
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.SELF_TRADE)
    other = bid(floor, self_trade=SelfTrade.CANCEL_OLDEST)
    amend(floor, other, "102")
    assert floor.book() == drawn("bid 102 2 bob")


@pytest.mark.parametrize("qty", ["0.5", "0.4"])
def test_of_an_order_that_is_to_be_no_larger_than_what_it_filled_the_rest_is_canceled(floor: Floor, qty: str) -> None:
    order = bid(floor)
    floor.place(floor.order("ann", SELL, "0.5"))
    amended, ended = amend(floor, order, qty=qty)
    assert isinstance(amended, OrderAmended)
    assert (amended.amend.qty_lots, amended.amend.remaining_lots, amended.hold) == (5 * 10**7, 0, 0)
    assert isinstance(ended, OrderEnded)
    assert (ended.status, ended.end_reason) == (OrderStatus.CANCELED, EndReason.USER_REQUESTED)
    assert floor.book() == ""
    assert floor.money("bob", "USD") == "free 999950"


@pytest.mark.parametrize(
    ("at", "qty", "refusal"),
    [
        ("100", "2", Reject.NOTHING_TO_AMEND),
        (None, None, Reject.NOTHING_TO_AMEND),
        (None, "0", Reject.QTY_OUT_OF_RANGE),
        ("0", None, Reject.PRICE_OUT_OF_RANGE),
        (None, "100000000000", Reject.QTY_OUT_OF_RANGE),
        (None, "0.00000001", Reject.QTY_BELOW_MINIMUM),
        ("0.1", None, Reject.COST_BELOW_MINIMUM),
        ("101", None, Reject.INSUFFICIENT_FUNDS),
        (None, "2.1", Reject.INSUFFICIENT_FUNDS),
    ],
)
def test_what_is_refused_changes_nothing(floor: Floor, at: str | None, qty: str | None, refusal: Reject) -> None:
    floor.open("bob", USD="200.5")
    order = bid(floor)
    before = floor.machine.fingerprint()
    assert floor.refusal(command(floor, order, at, qty)) is refusal
    assert floor.machine.fingerprint() == before


def test_an_order_of_others_and_one_that_ended_cannot_be_amended(floor: Floor) -> None:
    order = bid(floor)
    floor.trader("ann")
    assert floor.refusal(AmendOrder(2, order.order_id, 1_000)) is Reject.ORDER_UNKNOWN
    assert floor.refusal(AmendOrder(9, order.order_id, 1_000)) is Reject.ACCOUNT_UNKNOWN
    floor.cancel("bob", ids=(order.order_id,))
    assert floor.refusal(command(floor, order, "99")) is Reject.ORDER_UNKNOWN


def test_nothing_is_amended_in_a_halt(floor: Floor) -> None:
    order = bid(floor)
    floor.apply(SetStatus(floor.market.symbol, MarketStatus.CANCEL_ONLY))
    assert floor.refusal(command(floor, order, "99")) is Reject.MARKET_CANCEL_ONLY
    floor.apply(SetStatus(floor.market.symbol, MarketStatus.POST_ONLY))
    assert floor.refusal(command(floor, order, "99")) is Reject.MARKET_POST_ONLY
    amend(floor, order, "99", post_only=True)
    floor.apply(SetSystemStatus(SystemStatus.MAINTENANCE))
    assert floor.refusal(command(floor, order, "98", post_only=True)) is Reject.EXCHANGE_CLOSED


def test_an_order_stays_within_its_band(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    order = bid(floor, at="90", band_ppm=100_000)
    assert floor.refusal(command(floor, order, "110.1")) is Reject.PRICE_OUT_OF_BAND


def test_what_is_only_checked_changes_nothing_and_looks_at_no_funds(floor: Floor) -> None:
    floor.open("bob", USD="200")
    order = bid(floor)
    before = floor.machine.fingerprint()
    (checked,) = amend(floor, order, "150", "3", check_only=True)
    assert isinstance(checked, OrderChecked)
    assert (checked.order.price_ticks, checked.order.qty_lots) == (1_500, 3 * 10**8)
    assert floor.refusal(command(floor, order, check_only=True)) is Reject.NOTHING_TO_AMEND
    assert floor.machine.fingerprint() == before


def test_an_order_that_waits_for_its_start_can_be_amended(floor: Floor) -> None:
    order = bid(floor, starts_in=60)
    floor.draw("ask 102 1 ann")
    (fact,) = amend(floor, order, "103", "1.5")
    assert isinstance(fact, OrderAmended)
    assert (order.status, floor.money("bob", "USD")) == (OrderStatus.PENDING, "free 999845.5 held 154.5")
    floor.wait(60)
    assert floor.tape() == ["1 at 102"]
    assert floor.book() == drawn("bid 103 0.5 bob")


def test_an_amended_order_expires_when_it_was_to(floor: Floor) -> None:
    order = bid(floor, time_in_force=TimeInForce.GTD, expires_in=60)
    amend(floor, order, "101")
    floor.wait(60)
    assert order.status is OrderStatus.EXPIRED


def test_a_rest_that_is_worth_nothing_does_not_stay_after_an_amendment() -> None:
    floor = Floor("SHIB/USD", fees=NO_FEES)
    order = floor.place(floor.order("bob", BUY, "1000000", at="0.00001237"))
    floor.place(floor.order("ann", SELL, "500000"))
    amend(floor, order, qty="500000.00001")
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.WORTHLESS)


def test_the_history_of_an_order_begins_with_what_it_was_placed_as(floor: Floor) -> None:
    order = bid(floor)
    amend(floor, order, "101")
    amend(floor, order, qty="1")
    found = [(each.amend_id, each.kind, each.price_ticks, each.qty_lots) for each in floor.amends]
    assert found == [
        (0, AmendKind.ORIGINAL, 1_000, 2 * 10**8), (1, AmendKind.USER, 1_010, 2 * 10**8),
        (2, AmendKind.USER, 1_010, 10**8),
    ]  # fmt: skip
