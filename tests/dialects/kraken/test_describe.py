"""Costs and fees as Kraken shows them."""

import pytest

from kraken_exchange import catalogue, units
from seatrial.dialects.kraken.describe import cost_text, fee_text


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
    """Not the decimals of a ledger row, which are the asset's. Source: kraken-semantics 6.3."""
    market = catalogue().markets[symbol]
    exact = units(price, market.price_scale) * units(qty, market.lot_scale)
    assert cost_text(market, exact) == cost
    assert fee_text(market, exact * 2_600) == fee
