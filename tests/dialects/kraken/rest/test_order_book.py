"""Level3: the orders of a book, one by one."""

import pytest

from seatrial.dialects.kraken.context import Later
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.rest.order_book import level3
from tests.support.kraken_exchange import START_NS, Exchange, Trader


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    first, _ = exchange.two_rich_traders()
    return first


def test_orders_stand_by_price_and_within_it_as_they_queue(exchange: Exchange, trader: Trader) -> None:
    orders = [trader.place("buy", volume, price) for volume, price in (("1", "100"), ("2", "101"), ("3", "100"))]
    other = exchange.traders[1].place("sell", "0.5", "102")
    first, best, last = (exchange.ids.order(order.order_id) for order in orders)
    assert trader.result("Level3", pair="XBTUSD") == {
        "pair": "XXBTZUSD",
        "bids": [
            {"price": "101.00000", "qty": "2.00000000", "order_id": best, "timestamp": START_NS},
            {"price": "100.00000", "qty": "1.00000000", "order_id": first, "timestamp": START_NS},
            {"price": "100.00000", "qty": "3.00000000", "order_id": last, "timestamp": START_NS},
        ],
        "asks": [
            {
                "price": "102.00000",
                "qty": "0.50000000",
                "order_id": exchange.ids.order(other.order_id),
                "timestamp": START_NS,
            },
        ],
    }
    assert trader.result("Level3", pair="BTC/USD")["pair"] == "BTC/USD"


def test_what_is_left_of_an_order_is_shown(exchange: Exchange, trader: Trader) -> None:
    trader.place("buy", "1", "100")
    exchange.traders[1].place("sell", "0.25", "100")
    assert [row["qty"] for row in trader.result("Level3", pair="XBTUSD")["bids"]] == ["0.75000000"]


@pytest.mark.parametrize(("depth", "levels"), [(None, 100), (10, 10), (25, 25), (0, 120), (1000, 120)])
def test_so_many_levels_are_shown(trader: Trader, depth: int | None, levels: int) -> None:
    for price in range(1, 121):
        trader.place("buy", "1", str(price))
    assert len(trader.result("Level3", pair="XBTUSD", depth=depth)["bids"]) == levels


def test_a_long_book_is_written_whole_and_beside_the_machine(exchange: Exchange, trader: Trader) -> None:
    for _ in range(2_001):
        trader.place("buy", "1", "100")
    later = level3(trader.context, Params({"pair": "XBTUSD"}))
    assert isinstance(later, Later)
    assert later.is_long
    assert not exchange.store.is_quick(later.query)
    assert len(trader.result("Level3", pair="XBTUSD", depth=10)["bids"]) == 2_001


def test_what_cannot_be_shown_is_refused(trader: Trader) -> None:
    assert trader.error("Level3") == "EGeneral:Invalid arguments:pair"
    assert trader.error("Level3", pair="XBTXYZ") == "EQuery:Unknown asset pair"
    for depth in ("7", "-1", "x", "2000"):
        assert trader.error("Level3", pair="XBTUSD", depth=depth) == "EGeneral:Invalid arguments:depth"


def test_there_was_no_such_call_before() -> None:
    exchange = Exchange(now_ns=1_765_000_000 * 10**9)
    assert exchange.account(USD="1").error("Level3", pair="XBTUSD") == "EGeneral:Unknown method"
