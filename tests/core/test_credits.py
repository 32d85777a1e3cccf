"""Fee credits pay trading fees before money does, a hundred to the dollar. Source: kraken-ledgers#trade-fees."""

import pytest

from seatrial.core.orders import SelfTrade, Side
from tests.support.trading_floor import Floor, drawn, flat, shown

BUY, SELL = Side.BUY, Side.SELL


def floor_of(symbol: str = "BTC/USD", ppm: int = 4_000) -> Floor:
    """A market where everybody pays that much."""
    return Floor(symbol, fees=flat(ppm, ppm))


def test_credits_pay_the_whole_fee_in_a_row_of_their_own() -> None:
    floor = floor_of()
    floor.open("ann", USD="1000", KFEE="500")
    floor.draw("ask 50000 0.01 bob")
    order = floor.place(floor.order("ann", BUY, "0.01"))
    assert floor.rows("ann") == drawn("""
        trade USD -500.0000 0.0000 500.0000
        trade BTC 0.0100000000 0.0000000000 0.0100000000
        trade KFEE 0.00 200.00 300.00""")
    fill = floor.fills[-1]
    assert (fill.fee_quote, fill.fee_base, order.fee_quote) == (0, 0, 0)
    assert fill.fee_exact == fill.exact * 4_000, "the trade shows what the fee is worth"


def test_the_last_credits_pay_a_part_and_money_the_rest() -> None:
    """Source: kraken-ledgers#entries-by-example, the third; a euro is worth 1.10 dollars."""
    floor = floor_of("ETH/EUR")
    floor.open("ann", ETH="1.025", EUR="500", KFEE="11")
    _trade_elsewhere(floor, "EUR/USD", "1.1")
    floor.draw("bid 2000 1 bob")
    floor.place(floor.order("ann", SELL, "0.025"))
    assert floor.rows("ann") == drawn("""
        trade ETH -0.0250000000 0.0000000000 1.0000000000
        trade EUR 50.0000 0.1000 549.9000
        trade KFEE 0.00 11.00 0.00""")


def test_a_fee_in_base_is_paid_by_credits_at_what_it_is_worth() -> None:
    floor = floor_of()
    floor.open("ann", USD="1000", KFEE="50")
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01", fee_in_base=True))
    assert floor.money("ann", "BTC") == "free 0.00997"
    assert floor.money("ann", "KFEE") == "free 0"


def test_every_fill_has_its_own_row_of_credits_among_its_own() -> None:
    floor = floor_of()
    floor.open("ann", USD="1000", KFEE="500")
    floor.open("bob", BTC="1", KFEE="500")
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.005"))
    floor.place(floor.order("ann", BUY, "0.005"))
    assert [shown(floor.purse(name, "KFEE").free.balance, 2) for name in ("ann", "bob")] == ["300", "300"]
    by_id = {row.posting_id: row for row in floor.postings}
    for fill in floor.fills:
        own = [by_id[number] for number in range(fill.first_posting, fill.first_posting + fill.postings)]
        assert {(row.account_id, row.ref) for row in own} == {(fill.account_id, fill.fill_id)}
        assert [row.asset for row in own] == (["BTC", "USD", "KFEE"] if fill.maker else ["USD", "BTC", "KFEE"])


@pytest.mark.parametrize("whose", ["ann", "bob"])
def test_one_side_alone_may_have_credits(whose: str) -> None:
    floor = floor_of()
    for name, amounts in {"ann": {"USD": "1000"}, "bob": {"BTC": "1"}}.items():
        floor.open(name, **amounts | ({"KFEE": "500"} if name == whose else {}))
    floor.draw("ask 50000 0.01 bob")
    floor.place(floor.order("ann", BUY, "0.01"))
    postings = {fill.account_id: fill.postings for fill in floor.fills}
    assert postings[floor.trader(whose).account.account_id] == 3
    assert sum(postings.values()) == 5


def test_who_trades_with_himself_pays_twice_and_no_credit_twice() -> None:
    floor = floor_of()
    floor.open("ann", USD="1000", BTC="1", KFEE="300")
    floor.draw("ask 50000 0.01 ann")
    floor.place(floor.order("ann", BUY, "0.01", self_trade=SelfTrade.ALLOW))
    assert (floor.money("ann", "KFEE"), floor.money("ann", "USD")) == ("free 0", "free 999")


def test_a_rebate_is_paid_in_money_and_takes_no_credits() -> None:
    floor = Floor(fees=flat(4_000, -200))
    floor.open("ann", BTC="1", KFEE="500")
    floor.draw("ask 50000 0.01 ann")
    floor.place(floor.order("bob", BUY, "0.01"))
    assert (floor.money("ann", "KFEE"), floor.money("ann", "USD")) == ("free 500", "free 500.1")


def test_credits_cannot_pay_what_has_no_price_in_dollars() -> None:
    floor = floor_of("ETH/EUR")
    floor.open("ann", EUR="1000", KFEE="500")
    floor.draw("ask 100 1 bob")
    floor.place(floor.order("ann", BUY, "1"))
    assert (floor.money("ann", "EUR"), floor.money("ann", "KFEE")) == ("free 899.6", "free 500")


def test_an_order_holds_its_fee_as_if_there_were_no_credits() -> None:
    """They may be spent before it fills."""
    floor = floor_of()
    floor.open("ann", USD="502", KFEE="500")
    order = floor.place(floor.order("ann", BUY, "0.01", at="50000"))
    assert floor.money("ann", "USD") == "free 0 held 502"
    floor.place(floor.order("bob", SELL, "0.01"))
    assert (order.hold, floor.money("ann", "USD")) == (0, "free 2")


def _trade_elsewhere(floor: Floor, symbol: str, at: str) -> None:
    """A trade that sets a price in another market."""
    here, floor.market = floor.market, floor.machine.state.markets[symbol].market
    base, quote = symbol.split("/")
    for name in ("carl", "dora"):
        floor.open(name, **{base: "100000", quote: "100000"})
    floor.draw(f"ask {at} 100 carl")
    floor.place(floor.order("dora", BUY, "100"))
    floor.market = here
