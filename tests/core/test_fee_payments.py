"""Another asset pays trading fees after the trade, at a discount. Source: kucoin-rest#fees-in-kcs."""

import pytest
from msgspec.structs import replace

from seatrial.core.accounts import FeePayment
from seatrial.core.commands import ChooseFeePayment
from seatrial.core.facts import FeePaymentChosen
from seatrial.core.orders import SelfTrade, Side
from seatrial.core.rejects import Reject
from tests.support.trading_floor import Floor, drawn, flat

BUY, SELL = Side.BUY, Side.SELL


def floor_of(symbol: str = "BTC/USDT", *, kcs_at: str | None = "10", ppm: int = 1_000) -> Floor:
    """A market where everybody pays that much, beside one that says what KCS is worth."""
    floor = Floor(symbol, fees=flat(ppm, ppm))
    if kcs_at is not None:
        trade_elsewhere(floor, "KCS/USDT", kcs_at)
    return floor


def choose(floor: Floor, name: str, asset: str | None = "KCS") -> None:
    """Four fifths of the fee, in KCS that count for 95 % of their price."""
    number = floor.trader(name).account.account_id
    payment = None if asset is None else FeePayment(number, asset, asset, 800_000, 950_000)
    assert isinstance(floor.machine.apply(ChooseFeePayment(number, payment), floor.now_ns), tuple)


def test_the_fee_comes_back_and_kcs_pay_it_after_the_trade() -> None:
    floor = floor_of()
    floor.open("ann", USDT="1000", KCS="1")
    choose(floor, "ann")
    floor.draw("ask 50000 0.01 bob")
    order = floor.place(floor.order("ann", BUY, "0.01"))
    assert floor.rows("ann") == drawn("""
        trade USDT -500.00000000 0.50000000 499.50000000
        trade BTC 0.0100000000 0.0000000000 0.0100000000
        fee_refund USDT 0.50000000 0.00000000 500.00000000
        fee_payment KCS -0.04210526 0.00000000 0.95789474""")
    assert order.fee_quote == 50_000_000, "what the trade says of its fee stays as it is"
    floor.machine.state.ledger.prove()


def test_the_rows_name_the_fill_and_are_none_of_its_own() -> None:
    floor = floor_of()
    floor.open("ann", BTC="1", KCS="1")
    choose(floor, "ann")
    floor.draw("bid 50000 0.01 bob")
    floor.place(floor.order("ann", SELL, "0.01"))
    fill = next(fill for fill in floor.fills if fill.account_id == floor.trader("ann").account.account_id)
    mine = [row for row in floor.postings if row.account_id == fill.account_id][-4:]
    assert {row.ref for row in mine} == {fill.fill_id}
    assert [row.kind for row in mine] == ["trade", "trade", "fee_refund", "fee_payment"]
    assert fill.postings == 2


@pytest.mark.parametrize(("has", "left"), [("0.04210525", "0.04210525"), ("0.04210526", "0")])
def test_kcs_pay_all_of_a_fee_or_nothing_of_it(has: str, left: str) -> None:
    floor = floor_of()
    floor.open("ann", USDT="1000", KCS=has)
    choose(floor, "ann")
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    assert floor.money("ann", "KCS") == f"free {left}"


def test_who_has_no_kcs_pays_as_ever() -> None:
    floor = floor_of()
    floor.open("ann", USDT="1000")
    choose(floor, "ann")
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    assert floor.money("ann", "USDT") == "free 499.5"


def test_kcs_without_a_price_pay_nothing() -> None:
    floor = floor_of(kcs_at=None)
    floor.open("ann", USDT="1000", KCS="1")
    choose(floor, "ann")
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    assert (floor.money("ann", "USDT"), floor.money("ann", "KCS")) == ("free 499.5", "free 1")


def test_a_fee_in_bitcoin_counts_by_way_of_tether_and_dollars() -> None:
    floor = floor_of("ETH/BTC")
    trade_elsewhere(floor, "BTC/USD", "50000")
    floor.open("ann", BTC="1", KCS="1")
    choose(floor, "ann")
    floor.draw("ask 0.05 1 bob")
    floor.place(floor.order("ann", BUY, "0.2"))
    assert floor.money("ann", "BTC") == "free 0.99"
    assert floor.money("ann", "KCS") == "free 0.95789474"


def test_in_a_market_quoted_in_what_pays_a_fifth_comes_back() -> None:
    floor = Floor("KCS/USDT", fees=flat(1_000, 1_000))
    floor.open("ann", USDT="1000")
    choose(floor, "ann", "USDT")
    floor.draw("ask 10 1 bob")
    floor.place(floor.order("ann", BUY, "1"))
    assert floor.rows("ann") == drawn("""
        trade USDT -10.00000000 0.01000000 989.99000000
        trade KCS 1.00000000 0.00000000 1.00000000
        fee_refund USDT 0.00200000 0.00000000 989.99200000""")


def test_both_sides_and_who_trades_with_himself_may_pay_in_kcs() -> None:
    floor = floor_of()
    floor.open("ann", USDT="1000", BTC="1", KCS="0.09")
    choose(floor, "ann")
    floor.draw("ask 50000 0.01 ann")
    floor.place(floor.order("ann", BUY, "0.01", self_trade=SelfTrade.ALLOW))
    assert (floor.money("ann", "USDT"), floor.money("ann", "KCS")) == ("free 1000", "free 0.00578948")


def test_kcs_that_an_order_holds_pay_nothing() -> None:
    floor = floor_of()
    floor.open("ann", USDT="1000", KCS="1")
    choose(floor, "ann")
    here, floor.market = floor.market, floor.machine.state.markets["KCS/USDT"].market
    floor.place(floor.order("ann", SELL, "1", at="20"))
    floor.market = here
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    assert (floor.money("ann", "USDT"), floor.money("ann", "KCS")) == ("free 499.5", "free 0 held 1")


def test_a_rebate_stays_as_it_is() -> None:
    floor = Floor("BTC/USDT", fees=flat(1_000, -200))
    trade_elsewhere(floor, "KCS/USDT", "10")
    floor.open("ann", BTC="1", KCS="1")
    choose(floor, "ann")
    floor.draw("ask 50000 0.01 ann")
    floor.place(floor.order("bob", BUY, "0.01"))
    assert (floor.money("ann", "KCS"), floor.money("ann", "USDT")) == ("free 1", "free 500.1")


def test_an_account_may_go_back_to_paying_as_ever() -> None:
    floor = floor_of()
    floor.open("ann", USDT="1000", KCS="1")
    choose(floor, "ann")
    choose(floor, "ann", None)
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    assert (floor.money("ann", "USDT"), floor.money("ann", "KCS")) == ("free 499.5", "free 1")


def test_fee_credits_pay_again_when_nothing_else_is_chosen_any_more() -> None:
    floor = floor_of(ppm=4_000)
    floor.open("ann", USDT="1000", KCS="1", KFEE="500")
    choose(floor, "ann")
    choose(floor, "ann", None)
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    assert (floor.money("ann", "KFEE"), floor.money("ann", "KCS")) == ("free 300", "free 1")


def test_a_choice_is_told_and_only_of_who_and_what_there_is() -> None:
    floor = floor_of()
    floor.open("ann", KCS="1")
    number = floor.trader("ann").account.account_id
    payment = FeePayment(number, "KCS", "KCS", 800_000, 950_000)
    told = floor.machine.apply(ChooseFeePayment(number, payment), floor.now_ns)
    assert told == (FeePaymentChosen(floor.machine.state.now_ns, number, payment),)
    assert floor.machine.apply(ChooseFeePayment(99, payment), floor.now_ns) is Reject.ACCOUNT_UNKNOWN
    unknown = ChooseFeePayment(number, replace(payment, asset="NOPE"))
    assert floor.machine.apply(unknown, floor.now_ns) is Reject.ASSET_UNKNOWN


def trade_elsewhere(floor: Floor, symbol: str, at: str) -> None:
    """A trade that sets a price in another market, by two who are rich."""
    here, floor.market = floor.market, floor.machine.state.markets[symbol].market
    base, quote = symbol.split("/")
    sellers, buyers = f"seller of {base}", f"buyer of {base}"
    for name in (sellers, buyers):
        floor.open(name, **{base: "100000", quote: "1000000"})
    floor.place(floor.order(sellers, SELL, "1", at=at))
    floor.place(floor.order(buyers, BUY, "1"))
    floor.market = here
