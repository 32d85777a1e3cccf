"""Orders without HTTP: the parts that the endpoints are made of, over requests that no call brought."""

from typing import Any, Final

import pytest

from seatrial.core.orders import OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.dialects.kucoin.context import Steps
from seatrial.dialects.kucoin.errors import HF_NOT_CANCELABLE, HF_SPELLING, BadCall
from seatrial.dialects.kucoin.orders import canceling
from seatrial.dialects.kucoin.orders.amending import alter, cancel_part
from seatrial.dialects.kucoin.orders.answers import order_id, timer_answer
from seatrial.dialects.kucoin.orders.canceling import NO_WATCH, cancel_all, cancel_one, timer_command
from seatrial.dialects.kucoin.orders.placing import place
from seatrial.dialects.kucoin.orders.request import AlterRequest, OrderName, OrderRequest
from tests.support.kucoin_exchange import MILLISECOND_NS, SECOND_NS, START_NS, Exchange, User

HF: Final = "/api/v1/hf/orders"
BODY: Final = {"symbol": "BTC-USDT", "side": "buy", "price": "48000", "size": "0.1"}
MARKET_BODY: Final = {"symbol": "BTC-USDT", "side": "buy", "type": "market"}


def request(**more: Any) -> OrderRequest:
    """A limit order that may rest."""
    usual: dict[str, Any] = {"side": Side.BUY, "kind": OrderKind.LIMIT, "price": "48000", "size": "0.1"}
    return OrderRequest(market="BTC/USDT", **(usual | more))


def market_request(**more: Any) -> OrderRequest:
    """A market order."""
    return OrderRequest(market="BTC/USDT", side=Side.BUY, kind=OrderKind.MARKET, **more)


def placed(user: User, wanted: OrderRequest) -> str:
    """The id of an order that is placed or checked."""
    context = user.context
    found = order_id(context, place(context, wanted, HF_SPELLING))
    user.exchange.commit()
    return found


def refusal(user: User, wanted: OrderRequest) -> tuple[str, str]:
    """Code and message for an order that is refused."""
    with pytest.raises(BadCall) as caught:
        place(user.context, wanted, HF_SPELLING)
    return caught.value.error


@pytest.fixture
def pair() -> tuple[User, User]:
    """The same user in two equal worlds, with offers at 50000."""
    users = []
    for exchange in (Exchange(), Exchange()):
        users.append(exchange.user(USDT="100000", BTC="2"))
        exchange.user(BTC="2").place("sell", "0.5", "50000")
    return users[0], users[1]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (BODY, request()),
        (BODY | {"price": 48000, "size": 0.1, "clientOid": "mine"}, request(client_id="mine")),
        (BODY | {"remark": "why", "tags": "a tag"}, request(remark="why", tags="a tag")),
        (BODY | {"stp": "CB"}, request(self_trade=SelfTrade.CANCEL_BOTH)),
        (BODY | {"postOnly": True}, request(post_only=True)),
        (BODY | {"timeInForce": "FOK"}, request(time_in_force=TimeInForce.FOK)),
        (
            BODY | {"timeInForce": "GTT", "cancelAfter": 60},
            request(time_in_force=TimeInForce.GTD, cancel_after_s=60),
        ),
        (MARKET_BODY | {"size": "0.1"}, market_request(size="0.1")),
        (MARKET_BODY | {"funds": "1000.5"}, market_request(funds="1000.5")),
        (MARKET_BODY | {"size": "0.1", "timeInForce": "none", "price": "none"}, market_request(size="0.1")),
    ],
)
def test_a_request_places_the_order_that_a_body_places(
    body: dict[str, Any], wanted: OrderRequest, pair: tuple[User, User]
) -> None:
    by_body, by_request = pair
    assert by_body.post(HF, **body)["orderId"] == placed(by_request, wanted)
    assert by_request.exchange.machine.fingerprint() == by_body.exchange.machine.fingerprint()


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (BODY | {"price": None}, request(price=None)),
        (BODY | {"price": "0"}, request(price="0")),
        (BODY | {"price": "48000.123"}, request(price="48000.123")),
        (BODY | {"price": "60000"}, request(price="60000")),
        (BODY | {"size": None}, request(size=None)),
        (BODY | {"size": "0.000000001"}, request(size="0.000000001")),
        (BODY | {"size": "0.00000001"}, request(size="0.00000001")),
        (BODY | {"size": "100"}, request(size="100")),
        (BODY | {"clientOid": "a.b"}, request(client_id="a.b")),
        (BODY | {"remark": "x" * 101}, request(remark="x" * 101)),
        (BODY | {"hidden": True}, request(is_hidden=True)),
        (BODY | {"stop": "loss", "stopPrice": "1"}, request(is_stop=True)),
        (BODY | {"tradeType": "MARGIN_TRADE"}, request(is_margin=True)),
        (BODY | {"timeInForce": "GTT"}, request(time_in_force=TimeInForce.GTD)),
        (
            BODY | {"timeInForce": "GTT", "cancelAfter": -1},
            request(time_in_force=TimeInForce.GTD, cancel_after_s=-1),
        ),
        (
            BODY | {"timeInForce": "IOC", "postOnly": True},
            request(time_in_force=TimeInForce.IOC, post_only=True),
        ),
        (MARKET_BODY, market_request()),
        (MARKET_BODY | {"size": "1", "funds": "1"}, market_request(size="1", funds="1")),
        (MARKET_BODY | {"funds": "0"}, market_request(funds="0")),
        (MARKET_BODY | {"funds": "1.0000000000001"}, market_request(funds="1.0000000000001")),
        (MARKET_BODY | {"size": "0.1", "stp": "DC"}, market_request(size="0.1", self_trade=SelfTrade.DECREASE)),
        (
            BODY | {"clientTimestamp": START_NS // MILLISECOND_NS - 10, "allowMaxTimeWindow": 5},
            request(sent_ns=START_NS - 10 * MILLISECOND_NS, window_ns=5 * MILLISECOND_NS),
        ),
    ],
)
def test_a_request_is_refused_in_the_words_for_a_body(
    body: dict[str, Any], wanted: OrderRequest, pair: tuple[User, User]
) -> None:
    by_body, by_request = pair
    assert refusal(by_request, wanted) == by_body.refused("POST", HF, **body)[1:]


def test_a_request_is_only_checked_when_it_says_so(pair: tuple[User, User]) -> None:
    by_body, by_request = pair
    assert by_body.post(f"{HF}/test", **BODY)["orderId"] == placed(by_request, request(check_only=True))
    assert not by_request.context.account.orders


def test_an_order_is_canceled_by_either_of_its_names_in_its_own_market_only(pair: tuple[User, User]) -> None:
    user, _ = pair
    first, _second = placed(user, request(client_id="one")), placed(user, request(client_id="two"))
    for name in (OrderName(first, market="ETH/USDT"), OrderName("0" * 24), OrderName(client_id="none"), OrderName()):
        with pytest.raises(BadCall) as caught:
            cancel_one(user.context, name, HF_NOT_CANCELABLE)
        assert caught.value.error == HF_NOT_CANCELABLE
    assert cancel_one(user.context, OrderName(first, "two"), HF_NOT_CANCELABLE).client_id == "one"
    assert cancel_one(user.context, OrderName(client_id="two", market="BTC/USDT"), HF_NOT_CANCELABLE).status is (
        OrderStatus.CANCELED
    )
    assert not user.context.account.orders


def test_all_orders_are_canceled_in_steps(pair: tuple[User, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canceling, "MAX_CANCELED", 2)
    user, _ = pair
    for number in range(5):
        placed(user, request(client_id=f"order {number}"))
    ended: list[str | None] = []
    step = cancel_all(user.context, (), lambda orders: ended.extend(order.client_id for order in orders), "done")
    while isinstance(step, Steps):
        step = step.go_on(user.context, None)
    assert (step, ended) == ("done", [f"order {number}" for number in range(5)])


def test_an_order_gets_smaller_and_another_price(pair: tuple[User, User]) -> None:
    user, _ = pair
    name = OrderName(placed(user, request(client_id="mine")))
    market, lots = cancel_part(user.context, name, "0.04")
    assert (market.symbol, lots) == ("BTC/USDT", 4 * 10**6)
    anew = alter(user.context, AlterRequest(name, "47000", None))
    assert (anew.client_id, anew.price_ticks, anew.qty_lots) == ("mine", 470000, 6 * 10**6)
    with pytest.raises(BadCall, match="newPrice"):
        alter(user.context, AlterRequest(OrderName(client_id="mine"), None, None))
    with pytest.raises(BadCall, match="orderId"):
        alter(user.context, AlterRequest(OrderName(), "1", None))


def test_a_timer_cancels_what_nobody_looks_after(pair: tuple[User, User]) -> None:
    user, _ = pair
    placed(user, request())
    context = user.context
    context.apply(timer_command(context, 5, ("BTC/USDT",)))
    assert timer_answer(context) == (START_NS // SECOND_NS, (context.at_ns + 5 * SECOND_NS) // SECOND_NS)
    user.exchange.clock.advance(6)
    assert not user.context.account.orders
    with pytest.raises(BadCall, match="timeout"):
        timer_command(context, 4, ())
    context.apply(timer_command(context, NO_WATCH, ()))
    assert timer_answer(context).trigger_s == 0
