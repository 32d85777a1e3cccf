"""What things are worth: related markets agree, and what is tuned stays."""

from itertools import pairwise

import pytest

from seatrial.core.markets import Market
from seatrial.pricing import tables
from seatrial.pricing.ladder import MILLITICKS
from seatrial.pricing.values import Tuning, Values
from tests.support.trading_floor import SECOND_NS, START_NS, catalogue

HOURS = [START_NS + hours * 3_600 * SECOND_NS for hours in range(50)]


@pytest.fixture
def values() -> Values:
    """Everything at its price of the tables."""
    found = Values(1, tables.load(catalogue()).assets, Tuning())
    found.begin(START_NS)
    return found


def market(symbol: str) -> Market:
    """One of the catalogue's."""
    return catalogue().markets[symbol]


def price(values: Values, symbol: str, at_ns: int) -> float:
    """What a market trades at."""
    found = market(symbol)
    ticks: int = 10**found.price_scale
    return values.middle_mt(found, at_ns) / MILLITICKS / ticks


def test_a_world_begins_at_the_prices_of_the_tables(values: Values) -> None:
    assert price(values, "BTC/USD", START_NS) == pytest.approx(105_000, rel=1e-5)
    assert price(values, "BTC/EUR", START_NS) == pytest.approx(105_000 / 1.16, rel=1e-5)
    assert price(values, "EUR/USD", START_NS) == pytest.approx(1.16, rel=1e-4)


def test_markets_that_share_assets_agree_at_every_moment(values: Values) -> None:
    for at_ns in HOURS:
        dollars = price(values, "BTC/USD", at_ns)
        assert price(values, "BTC/EUR", at_ns) * price(values, "EUR/USD", at_ns) == pytest.approx(dollars, rel=1e-4)
        assert price(values, "ETH/BTC", at_ns) * dollars == pytest.approx(price(values, "ETH/USD", at_ns), rel=1e-3)


def test_what_stands_for_another_asset_goes_where_that_goes(values: Values) -> None:
    for at_ns in HOURS:
        assert price(values, "WBTC/BTC", at_ns) == pytest.approx(0.9992, rel=0.002)
        assert price(values, "EURC/EUR", at_ns) == pytest.approx(0.9994, rel=0.001)
    values.set_price(market("BTC/USD"), 500_000, HOURS[0])
    assert price(values, "WBTC/BTC", HOURS[0]) == pytest.approx(0.9992, rel=1e-4)
    assert values.usd("WBTC", HOURS[0]) == pytest.approx(49_960 * 10**12, rel=1e-4)
    assert values.goes_with("WBTC", "BTC")
    assert not values.goes_with("BTC", "WBTC")


def test_prices_move_and_stay_believable(values: Values) -> None:
    found = [price(values, "BTC/USD", at_ns) for at_ns in HOURS]
    assert len(set(found)) == len(found)
    assert all(0.85 * 105_000 < one < 1.15 * 105_000 for one in found)
    assert all(abs(after / before - 1) < 0.03 for before, after in pairwise(found))


def test_the_dollar_does_not_move(values: Values) -> None:
    assert {values.usd("USD", at_ns) for at_ns in HOURS} == {10**12}


@pytest.mark.parametrize(("symbol", "ticks"), [("BTC/USD", 500_000), ("ETH/BTC", 9_000), ("BTC/EUR", 1_234_567)])
def test_a_price_can_be_set(values: Values, symbol: str, ticks: int) -> None:
    values.set_price(market(symbol), ticks, HOURS[3])
    assert values.middle_mt(market(symbol), HOURS[3]) == pytest.approx(ticks * MILLITICKS, rel=1e-6)


def test_a_price_that_is_set_moves_what_hangs_on_it_and_nothing_else(values: Values) -> None:
    before = {symbol: price(values, symbol, START_NS) for symbol in ("BTC/EUR", "ETH/USD", "EUR/USD")}
    values.set_price(market("BTC/USD"), 2_100_000, START_NS)
    assert price(values, "BTC/EUR", START_NS) == pytest.approx(2 * before["BTC/EUR"], rel=1e-4)
    for symbol in ("ETH/USD", "EUR/USD"):
        assert price(values, symbol, START_NS) == before[symbol]


def test_more_volatile_begins_where_it_was(values: Values) -> None:
    calm = price(values, "BTC/USD", HOURS[5])
    values.set_volatility(market("BTC/USD"), 240_000, HOURS[5])
    assert price(values, "BTC/USD", HOURS[5]) == pytest.approx(calm, rel=1e-6)
    wild = [price(values, "BTC/USD", at_ns) for at_ns in HOURS[5:]]
    assert max(wild) / min(wild) > 1.1


def test_without_volatility_nothing_moves(values: Values) -> None:
    values.set_volatility(market("BTC/USD"), 0, HOURS[5])
    assert len({price(values, "BTC/USD", at_ns) for at_ns in HOURS}) == 1


def test_the_base_is_moved_but_never_the_dollar(values: Values) -> None:
    assert values.mover(market("BTC/EUR")) == "BTC"
    assert values.mover(market("USD/JPY")) == "JPY"
