"""Canceling many orders takes several steps, and its answer is that of one."""

import pytest

from seatrial.dialects.kucoin.orders import canceling
from tests.support.kucoin_exchange import START_NS, Exchange, User

SECOND_NS = 10**9
HF = "/api/v1/hf/orders"


@pytest.fixture
def user(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> User:
    """With seven orders in two markets, of which a step cancels two."""
    monkeypatch.setattr(canceling, "MAX_CANCELED", 2)
    user = exchange.user(USDT="100000")
    for number in range(7):
        user.place("buy", "0.1", "1000", market="ETH/USDT" if number in (1, 4) else "BTC/USDT")
    return user


def ids(user: User, *numbers: int) -> list[str]:
    """As the venue shows them."""
    return [user.exchange.kucoin.ids.order(number, START_NS // SECOND_NS) for number in numbers]


def test_all_orders_are_named_in_the_order_in_which_they_were_placed(user: User) -> None:
    assert user.delete("/api/v1/orders") == {"cancelledOrderIds": ids(user, 1, 2, 3, 4, 5, 6, 7)}


def test_all_orders_of_a_market_are_named_and_others_stay(user: User) -> None:
    assert user.delete("/api/v1/orders", symbol="BTC-USDT") == {"cancelledOrderIds": ids(user, 1, 3, 4, 6, 7)}
    assert user.delete("/api/v1/orders") == {"cancelledOrderIds": ids(user, 2, 5)}


def test_every_market_is_named_once(user: User) -> None:
    assert user.delete(f"{HF}/cancelAll") == {"succeedSymbols": ["BTC-USDT", "ETH-USDT"], "failedSymbols": []}
    assert not user.exchange.machine.state.live_orders


def test_a_market_is_emptied(user: User) -> None:
    assert user.delete(HF, symbol="BTC-USDT") == "success"
    assert list(user.exchange.machine.state.live_orders) == [2, 5]
