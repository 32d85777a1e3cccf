"""What an open order sets aside, and when it gives it back. Source: kraken-ledgers#holds."""

import pytest

from seatrial.core.orders import Side, TimeInForce
from seatrial.core.rejects import Reject
from tests.support.trading_floor import Floor, flat, units

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def floor() -> Floor:
    """A market where takers pay 0.4 % and makers 0.25 %."""
    return Floor(fees=flat(4_000, 2_500))


@pytest.mark.parametrize(
    ("side", "fee_in_base", "asset", "money"),
    [
        (BUY, False, "USD", "free 999799.2 held 200.8"),
        (BUY, True, "USD", "free 999800 held 200"),
        (SELL, False, "BTC", "free 999998 held 2"),
        (SELL, True, "BTC", "free 999997.992 held 2.008"),
    ],
)
def test_a_limit_order_holds_its_size_and_the_fee_it_may_pay(
    floor: Floor, *, side: Side, fee_in_base: bool, asset: str, money: str
) -> None:
    floor.place(floor.order("ann", side, "2", at="100", fee_in_base=fee_in_base))
    assert floor.money("ann", asset) == money
    other = {"USD": "BTC", "BTC": "USD"}[asset]
    assert floor.money("ann", other) == "free 1000000"


def test_a_hold_is_rounded_up(floor: Floor) -> None:
    """0.00005001 BTC at 30000.1 with 0.4 % on top is 1.50630702… USD, and USD has four decimals."""
    floor.place(floor.order("ann", BUY, "0.00005001", at="30000.1"))
    assert floor.money("ann", "USD") == "free 999998.4936 held 1.5064"


def test_a_purse_that_holds_exactly_enough_is_enough(floor: Floor) -> None:
    floor.open("bob", USD="200.8")
    floor.place(floor.order("bob", BUY, "2", at="100"))
    assert floor.money("bob", "USD") == "free 0 held 200.8"


def test_a_unit_less_is_not_enough(floor: Floor) -> None:
    floor.open("bob", USD="200.7999")
    assert floor.refusal(floor.order("bob", BUY, "2", at="100")) is Reject.INSUFFICIENT_FUNDS


def test_held_money_cannot_be_spent_twice(floor: Floor) -> None:
    floor.open("bob", USD="300")
    floor.place(floor.order("bob", BUY, "2", at="100"))
    assert floor.refusal(floor.order("bob", BUY, "1", at="100")) is Reject.INSUFFICIENT_FUNDS


def test_a_cancel_gives_the_whole_hold_back(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "2", at="100"))
    floor.cancel("ann", ids=(order.order_id,))
    assert floor.money("ann", "USD") == "free 1000000"


def test_a_fill_gives_back_its_part_of_the_hold(floor: Floor) -> None:
    """The maker held the taker's rate; the fee saved is free at once."""
    floor.place(floor.order("ann", BUY, "2", at="100"))
    floor.place(floor.order("bob", SELL, "1", at="100"))
    assert floor.money("ann", "USD") == "free 999799.35 held 100.4"


def test_a_fill_better_than_the_limit_frees_the_difference_at_once(floor: Floor) -> None:
    floor.draw("ask 90 1 bob")
    floor.place(floor.order("ann", BUY, "2", at="100"))
    paid = units("90.36", 4)
    purse = floor.purse("ann", "USD")
    assert purse.held.balance == units("100.4", 4)
    assert purse.free.balance == units("1000000", 4) - paid - units("100.4", 4)


def test_the_rest_of_an_immediate_order_is_free_again(floor: Floor) -> None:
    floor.draw("ask 100 1 bob")
    floor.place(floor.order("ann", BUY, "2", at="100", time_in_force=TimeInForce.IOC))
    assert floor.money("ann", "USD") == "free 999899.6"


def test_an_expiry_gives_the_hold_back(floor: Floor) -> None:
    floor.place(floor.order("ann", SELL, "2", at="100", expires_in=5))
    floor.wait(5)
    assert floor.money("ann", "BTC") == "free 1000000"


def test_a_market_buy_needs_what_it_meets_and_no_more(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    floor.open("bob", USD="100.4")
    floor.place(floor.order("bob", BUY, "1"))
    assert floor.money("bob", "USD") == "free 0"


def test_a_market_buy_that_its_owner_cannot_pay_whole_is_refused(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    floor.open("bob", USD="100.3999")
    assert floor.refusal(floor.order("bob", BUY, "1")) is Reject.INSUFFICIENT_FUNDS


def test_a_market_sell_needs_all_that_it_offers(floor: Floor) -> None:
    floor.draw("bid 100 1 ann")
    floor.open("bob", BTC="1")
    assert floor.refusal(floor.order("bob", SELL, "1.00000001")) is Reject.INSUFFICIENT_FUNDS


def test_an_order_that_spends_pays_its_fee_on_top(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    floor.open("bob", USD="50.2")
    assert floor.refusal(floor.order("bob", BUY, "50.01", spend=True)) is Reject.INSUFFICIENT_FUNDS
    floor.place(floor.order("bob", BUY, "50", spend=True))
    assert floor.money("bob", "USD") == "free 0"
    assert floor.money("bob", "BTC") == "free 0.5"


def test_an_order_that_spends_and_pays_in_base_needs_only_the_amount(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    floor.open("bob", USD="50")
    floor.place(floor.order("bob", BUY, "50", spend=True, fee_in_base=True))
    assert floor.money("bob", "USD") == "free 0"
    assert floor.money("bob", "BTC") == "free 0.498"


def test_holds_of_several_orders_add_up(floor: Floor) -> None:
    for price in ("100", "90", "80"):
        floor.place(floor.order("ann", BUY, "1", at=price))
    assert floor.money("ann", "USD") == "free 999728.92 held 271.08"
