"""A market has KuCoin's own steps and minimums for KuCoin's users, whatever others may name in the same book."""

import pytest

from seatrial.core.commands import PlaceOrder
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from tests.support.kucoin_exchange import Exchange, User

ORDERS = "/api/v1/hf/orders"


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with money and coins."""
    return exchange.user(USDT="100000", DOGE="100000", TRX="100000", LTC="100", BTC="1")


def order(symbol: str, price: str, size: str, side: str = "buy") -> dict[str, object]:
    return {"symbol": symbol, "side": side, "type": "limit", "price": price, "size": size}


def purchase(symbol: str, funds: str) -> dict[str, object]:
    return {"symbol": symbol, "side": "buy", "type": "market", "funds": funds}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (order("DOGE-USDT", "0.123456", "100"), "Price increment invalid."),
        (order("DOGE-USDT", "0.12345", "100.00001"), "Order size increment invalid."),
        (order("TRX-USDT", "0.12345", "100"), "Price increment invalid."),
        (order("TRX-USDT", "0.1234", "100.001"), "Order size increment invalid."),
        (order("LTC-USDT", "80.001", "1"), "Price increment invalid."),
        (order("ETH-USDT", "3000", "0.00010001"), "Order size increment invalid."),
        (purchase("TRX-USDT", "10.00001"), "Funds increment invalid."),
        (purchase("BTC-USDT", "10.0000001"), "Funds increment invalid."),
    ],
)
def test_what_is_off_kucoins_step_is_refused(user: User, wish: dict[str, object], message: str) -> None:
    assert user.refused("POST", ORDERS, **wish) == (200, "400100", message)


@pytest.mark.parametrize(
    "wish",
    [
        order("DOGE-USDT", "0.12345", "100.0001"),
        order("TRX-USDT", "0.1234000", "100.010"),
        order("LTC-USDT", "80.01", "0.01"),
        order("BTC-USDT", "48000.1", "0.00001"),
    ],
)
def test_what_is_on_it_is_placed(user: User, wish: dict[str, object]) -> None:
    placed = user.post(ORDERS, **wish)["orderId"]
    assert user.get(f"{ORDERS}/{placed}", symbol=wish["symbol"])["active"] is True


def test_an_order_may_be_smaller_than_the_markets_own_minimums(exchange: Exchange, user: User) -> None:
    """KuCoin's are 0.00001 BTC and 0.1 USDT, those of the market 0.00005 and 0.5."""
    user.post(ORDERS, **order("BTC-USDT", "10000", "0.00001"))
    assert user.refused("POST", ORDERS, **order("BTC-USDT", "9999.9", "0.00001"))[1] == "600101"
    other = PlaceOrder(user.account_id, "BTC/USDT", Side.BUY, OrderKind.LIMIT, 100_000, 1000)
    assert exchange.machine.apply(other, exchange.clock.now_ns) is Reject.QTY_BELOW_MINIMUM


def test_an_altered_order_obeys_the_same_steps_and_minimums(user: User) -> None:
    placed = user.post(ORDERS, **order("BTC-USDT", "10000", "0.00003"))["orderId"]
    wish = {"symbol": "BTC-USDT", "orderId": placed}
    assert user.refused("POST", f"{ORDERS}/alter", **wish, newSize="0.000009")[2] == (
        "Order size below the minimum requirement."
    )
    assert user.refused("POST", f"{ORDERS}/alter", **wish, newPrice="3000")[2] == (
        "The order funds should more then 0.1 USDT."
    )
    user.post(f"{ORDERS}/alter", **wish, newSize="0.00001")


def test_a_part_is_cancelled_by_the_same_step(user: User) -> None:
    placed = user.post(ORDERS, **order("TRX-USDT", "0.1", "100"))["orderId"]
    cancel = f"{ORDERS}/cancel/{placed}"
    assert user.refused("DELETE", cancel, symbol="TRX-USDT", cancelSize="1.001")[2] == "Order size increment invalid."
    assert user.delete(cancel, symbol="TRX-USDT", cancelSize="1.01")["cancelSize"] == "1.01"


def test_a_market_buy_names_its_least_funds(user: User) -> None:
    """ETH-USDT takes funds from 0.01 USDT, but no order of less than 0.1."""
    user.place("sell", "1", "100", market="LTC/USDT")
    for symbol, funds in (("LTC-USDT", "0.09"), ("ETH-USDT", "0.009"), ("ETH-USDT", "0.09")):
        assert user.refused("POST", ORDERS, **purchase(symbol, funds))[1] == "600101"
    user.post(ORDERS, **purchase("LTC-USDT", "0.1"))


def test_the_bound_of_a_price_is_one_that_can_be_named(exchange: Exchange, user: User) -> None:
    """Others quote finer: a tenth above 0.2000003 is 0.22000033."""
    maker = exchange.user(USDT="1000", DOGE="1000")
    maker.place("sell", "100", "0.2000003", market="DOGE/USDT")
    maker.place("buy", "100", "0.1000007", market="DOGE/USDT")
    book = user.get("/api/v3/market/orderbook/level2", symbol="DOGE-USDT")
    assert (book["asks"], book["bids"]) == ([["0.2000003", "100"]], [["0.1000007", "100"]])
    assert user.refused("POST", ORDERS, **order("DOGE-USDT", "0.22001", "50"))[1:] == ("400370", "Max. price: 0.22")
    assert user.refused("POST", ORDERS, **order("DOGE-USDT", "0.09", "50", "sell"))[1:] == (
        "400760",
        "Min. price: 0.09001",
    )
    user.post(ORDERS, **order("DOGE-USDT", "0.22", "50"))
    user.post(ORDERS, **order("DOGE-USDT", "0.09001", "50", "sell"))
