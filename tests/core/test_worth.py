"""What one asset is worth in another, by the last trades."""

import pytest

from seatrial.core.orders import Side
from seatrial.core.valuing import price_of
from tests.support.trading_floor import NO_FEES, Floor


def trade(floor: Floor, symbol: str, price: str) -> None:
    """One trade in another market of the same world."""
    other = Floor(symbol)
    other.machine, other.names, other.now_ns = floor.machine, floor.names, floor.now_ns
    base, quote = other.market.base.code, other.market.quote.code
    number = floor.machine.state.counters.account_id
    other.open(f"seller {number}", **{base: "100"})
    other.open(f"buyer {number}", **{quote: "10000000"})
    other.place(other.order(f"seller {number}", Side.SELL, "10", at=price))
    other.place(other.order(f"buyer {number}", Side.BUY, "10"))


@pytest.fixture
def floor() -> Floor:
    """Bitcoin at 60,000 dollars, euros at 1.25 dollars, ether at 0.05 bitcoin."""
    floor = Floor(fees=NO_FEES)
    for symbol, price in (("BTC/USD", "60000"), ("EUR/USD", "1.25"), ("ETH/BTC", "0.05")):
        trade(floor, symbol, price)
    return floor


@pytest.mark.parametrize(
    ("asset", "target", "one", "worth"),
    [
        ("BTC", "BTC", 10**10, 10**10),
        ("BTC", "USD", 10**10, 60_000 * 10**4),
        ("USD", "BTC", 60_000 * 10**4, 10**10),
        ("EUR", "USD", 10**4, 12_500),
        ("BTC", "EUR", 10**10, 48_000 * 10**4),
        ("EUR", "BTC", 48_000 * 10**4, 10**10),
        ("ETH", "BTC", 10**10, 5 * 10**8),
        ("USDT", "USD", 10**8, 10**4),
        ("BTC", "USDC", 10**10, 60_000 * 10**8),
        ("USDT", "DAI", 10**8, 10**10),
    ],
)
def test_an_amount_is_worth_what_the_last_trades_say(
    floor: Floor, asset: str, target: str, one: int, worth: int
) -> None:
    """Directly, the other way round, or by way of dollars; dollar stablecoins count one to one (decided)."""
    price = price_of(floor.machine.state, asset, target)
    assert price is not None
    assert one * price[0] // price[1] == worth


@pytest.mark.parametrize(("asset", "target"), [("ETH", "USD"), ("DOGE", "USD"), ("GBP", "EUR"), ("DOGE", "EUR")])
def test_what_no_trade_says_is_not_known(floor: Floor, asset: str, target: str) -> None:
    assert price_of(floor.machine.state, asset, target) is None


def test_a_stablecoin_that_traded_is_worth_what_it_traded_at(floor: Floor) -> None:
    trade(floor, "USDT/USD", "0.98")
    price = price_of(floor.machine.state, "USDT", "USD")
    assert price is not None
    assert 10**8 * price[0] // price[1] == 9_800
