"""Orders as the support pages show them, byte for byte but for the ids.

Source: venue-pages#user-references and venue-pages#testing-with-validate.
"""

import re

import pytest

from tests.support.kraken_exchange import Exchange, Trader

ORDER_ID = re.compile(rb"O[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}")


def arguments(line: str) -> dict[str, str]:
    """The parameters of a line such as `./krakenapi AddOrder pair=xdgusd type=buy`."""
    _, _, *pairs = line.split()
    return dict(pair.split("=", 1) for pair in pairs)


def method(line: str) -> str:
    """The method of such a line."""
    return line.split()[1]


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who can pay for all of the examples."""
    return exchange.account(USD="10000")


def test_an_order_with_a_user_reference(trader: Trader) -> None:
    line = "./krakenapi AddOrder pair=xdgusd type=buy ordertype=limit price=0.1 volume=50 userref=27649653"
    answer = trader.raw(method(line), **arguments(line))
    assert ORDER_ID.sub(b"OQJSXE-F5FOM-IXHVL4", answer) == (
        b'{"error":[],"result":{"descr":{"order":"buy 50.00000000 XDGUSD @ limit 0.1000000"},'
        b'"txid":["OQJSXE-F5FOM-IXHVL4"]}}'
    )
    assert len(ORDER_ID.findall(answer)) == 1


def test_an_order_that_is_only_validated(trader: Trader) -> None:
    line = "./krakenapi AddOrder pair=xdgusd type=buy ordertype=market volume=5000 validate=true"
    assert trader.raw(method(line), **arguments(line)) == (
        b'{"error":[],"result":{"descr":{"order":"buy 5000.00000000 XDGUSD @ market"}}}'
    )


@pytest.mark.parametrize(
    ("line", "orders", "answer"),
    [
        ("./krakenapi CancelOrder txid=16764529", 1, b'{"error":[],"result":{"count":1}}'),
        ("./krakenapi CancelOrder txid=48695624", 3, b'{"error":[],"result":{"count":3}}'),
    ],
)
def test_a_cancel_by_user_reference_counts_the_orders(trader: Trader, line: str, orders: int, answer: bytes) -> None:
    params = arguments("./krakenapi AddOrder pair=xdgusd type=buy ordertype=limit price=0.1 volume=50")
    for _ in range(orders):
        trader.result("AddOrder", **params, userref=arguments(line)["txid"])
    trader.result("AddOrder", **params, userref=1)
    assert trader.raw(method(line), **arguments(line)) == answer
