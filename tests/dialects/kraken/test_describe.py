"""Costs, fees and average prices as Kraken shows them."""

from typing import Any

import pytest

from seatrial.dialects.kraken.describe import cost_text, fee_text, seconds
from tests.support.kraken_exchange import Exchange, catalogue, units


@pytest.mark.parametrize(
    ("symbol", "price", "qty", "cost", "fee"),
    [
        ("XTZ/EUR", "4.9826", "6", "29.895600", "0.077729"),
        ("BTC/EUR", "61250.4", "0.00012345", "7.56136", "0.01966"),
        ("BTC/USD", "0.3", "0.00012345", "0.00004", "0.00000"),
        ("BTC/JPY", "1234567", "0.00007777", "96.012", "0.250"),
        ("SHIB/USD", "0.00001237", "160000.12345", "1.97920", "0.00515"),
        ("SOL/ETH", "0.055555", "0.02000001", "0.0011111006", "0.0000028889"),
    ],
)
def test_a_cost_and_a_fee_have_the_pairs_decimals_and_are_the_nearest(
    symbol: str, price: str, qty: str, cost: str, fee: str
) -> None:
    """Not the decimals of a ledger row, which are the asset's. Source: kraken-ledgers#rounding."""
    market = catalogue().markets[symbol]
    exact = units(price, market.price_scale) * units(qty, market.lot_scale)
    assert cost_text(market, exact) == cost
    assert fee_text(market, exact * 2_600) == fee


@pytest.mark.parametrize(
    ("pair", "price", "qty", "average"),
    [
        ("ETH/USD", "4148.15", "0.01205356", "4148.14"),
        ("BTC/USD", "30000.1", "0.01", "30000.1"),
        ("BTC/USD", "30000.1", "0.00012345", "30000.0"),
        ("SHIB/USD", "0.00001237", "160000.12345", "0.00001236"),
    ],
)
def test_an_average_is_the_shown_cost_by_the_volume_cut_off(pair: str, price: str, qty: str, average: str) -> None:
    """The first is a recording of October 2025."""
    exchange = Exchange()
    base, quote = pair.split("/")
    plenty: dict[str, Any] = {base: "1000000", quote: "1000000"}
    maker, taker = exchange.account(**plenty), exchange.account(**plenty)
    maker.place("sell", qty, price, pair=pair)
    order = taker.place("buy", qty, price, pair=pair)
    txid = exchange.ids.order(order.order_id)
    assert taker.result("QueryOrders", txid=txid)[txid]["price"] == average


@pytest.mark.parametrize(
    ("at_ns", "shown"),
    [
        (1_780_591_233_729_133_999, 1780591233.729133),
        (1_790_812_345_678_900_000, 1790812345.6789),
        (1_790_812_345_000_000_000, 1790812345.0),
    ],
)
def test_times_have_six_decimals(at_ns: int, shown: float) -> None:
    assert seconds(at_ns) == shown
