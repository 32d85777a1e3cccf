"""What is left of an order does not stay when nobody could pay for it.

Source of what was recorded: ccxt issue 8816 (2021-04); orders that two bots wrote down (2021, 2022-01).
"""

import pytest

from seatrial.core.accounts import HOUSE
from seatrial.core.commands import DecreaseOrder, OpenAccount, QuoteMarket, Rung
from seatrial.core.facts import AccountOpened, OrderDecreased, OrderEnded
from seatrial.core.machine import first
from seatrial.core.orders import EndReason, Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from tests.support.trading_floor import NO_FEES, Floor, drawn

BUY, SELL = Side.BUY, Side.SELL
RECORDED = [("LTC/USD", "220.88", "1", "0.99999998"), ("ETH/USD", "1890", "0.013", "0.01299999")]
"""The larger of these rests is worth 0.0000189 dollars, and a dollar has four decimals."""


def ended(order: Order) -> bool:
    """Whether it is that which ended an order, and gave everything back."""
    return (order.status, order.end_reason, order.hold) == (OrderStatus.CANCELED, EndReason.WORTHLESS, 0)


@pytest.mark.parametrize(("symbol", "price", "whole", "filled"), RECORDED)
@pytest.mark.parametrize("side", Side)
def test_the_rest_of_an_order_that_waited_goes(symbol: str, price: str, whole: str, filled: str, side: Side) -> None:
    floor = Floor(symbol, fees=NO_FEES)
    order = floor.place(floor.order("ann", side, whole, at=price))
    floor.place(floor.order("bob", side.opposite, filled, at=price))
    assert ended(order)
    assert floor.book() == ""
    assert "held" not in floor.money("ann", symbol[:3]) + floor.money("ann", "USD")


@pytest.mark.parametrize(("symbol", "price", "whole", "filled"), RECORDED)
@pytest.mark.parametrize("kind", OrderKind)
@pytest.mark.parametrize("time_in_force", [TimeInForce.GTC, TimeInForce.IOC])
@pytest.mark.parametrize("side", Side)
def test_the_rest_of_an_arriving_order_takes_nothing_more(
    symbol: str, price: str, whole: str, filled: str, kind: OrderKind, time_in_force: TimeInForce, side: Side
) -> None:
    floor = Floor(symbol, fees=NO_FEES)
    for name, qty in (("bob", filled), ("carl", whole)):
        floor.place(floor.order(name, side.opposite, qty, at=price))
    at = price if kind is OrderKind.LIMIT else None
    order = floor.place(floor.order("ann", side, whole, at=at, time_in_force=time_in_force))
    assert ended(order)
    assert len(floor.trades) == 1


def test_a_rest_that_is_worth_a_unit_stays() -> None:
    """0.00000001 BTC at 10000 is a unit of the fourth decimal."""
    for price, left in (("10000", "bid 10000 0.00000001 ann"), ("9999.9", "")):
        floor = Floor(fees=NO_FEES)
        floor.place(floor.order("ann", BUY, "1", at=price))
        floor.place(floor.order("bob", SELL, "0.99999999", at=price))
        assert floor.book() == left


def test_an_order_that_fills_whole_or_not_at_all_takes_it_too() -> None:
    floor = Floor("LTC/USD", fees=NO_FEES)
    for name, qty in (("bob", "0.99999999"), ("carl", "1")):
        floor.place(floor.order(name, SELL, qty, at="100"))
    order = floor.place(floor.order("ann", BUY, "1", at="100", time_in_force=TimeInForce.FOK))
    assert (order.status, order.end_reason, len(floor.trades)) == (OrderStatus.FILLED, None, 2)


def test_an_order_decreased_to_next_to_nothing_ends() -> None:
    floor = Floor("LTC/USD", fees=NO_FEES)
    order = floor.place(floor.order("ann", BUY, "1", at="100"))
    events = floor.apply(DecreaseOrder(order.account_id, order.order_id, 10**8 - 1))
    assert [type(fact) for fact in events] == [OrderDecreased, OrderEnded]
    assert ended(order)
    assert (floor.book(), floor.money("ann", "USD")) == ("", "free 1000000")


def test_an_order_decreased_to_that_before_it_starts_ends() -> None:
    floor = Floor("LTC/USD", fees=NO_FEES)
    order = floor.place(floor.order("ann", BUY, "1", at="100", starts_in=60))
    floor.apply(DecreaseOrder(order.account_id, order.order_id, 10**8 - 1))
    floor.wait(61)
    assert ended(order)


@pytest.mark.parametrize(("resting", "arriving"), [("1", "0.99999999"), ("0.99999999", "1")])
def test_orders_of_one_owner_that_decrease_each_other_leave_none(resting: str, arriving: str) -> None:
    floor = Floor("LTC/USD", fees=NO_FEES)
    first = floor.place(floor.order("ann", BUY, resting, at="100"))
    second = floor.place(floor.order("ann", SELL, arriving, at="100", self_trade=SelfTrade.DECREASE))
    assert floor.book() == ""
    assert ended(first if resting == "1" else second)
    assert not floor.machine.state.live_orders


def test_the_house_knows_no_minimums() -> None:
    floor = Floor("LTC/USD", fees=NO_FEES)
    plenty = ((HOUSE, "USD", 10**10), (HOUSE, "LTC", 10**12))
    opened = floor.apply(
        OpenAccount("house", HOUSE, "", rate_limits=False, trading_wallet=HOUSE, funding_wallet=HOUSE, balances=plenty)
    )
    floor.names[first(AccountOpened, opened).account.account_id] = "house"
    floor.apply(QuoteMarket("LTC/USD", (Rung(BUY, 1, 10_000, 10**8),)))
    floor.place(floor.order("bob", SELL, "0.99999999", at="100"))
    assert floor.book() == drawn("bid 100 0.00000001 house")
