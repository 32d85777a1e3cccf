"""Orders without HTTP: what came as typed values becomes what the form of the REST API becomes."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from seatrial.core.commands import MAX_CANCELED, PassTime
from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce
from seatrial.dialects.kraken.context import Steps
from seatrial.dialects.kraken.errors import BadCall
from seatrial.dialects.kraken.orders import canceling
from seatrial.dialects.kraken.orders.answers import OrderAnswer, order_answer, timer_answer
from seatrial.dialects.kraken.orders.canceling import cancel, cancel_all_command, cancel_command, timer_command
from seatrial.dialects.kraken.orders.counting import count_order, tier_of
from seatrial.dialects.kraken.orders.placing import order_command
from seatrial.dialects.kraken.orders.request import CancelRequest, OrderRequest, Terms
from tests.support.kraken_exchange import SECOND_NS, START_NS, Exchange, Trader

FORM: Final = {"ordertype": "limit", "type": "buy", "pair": "XBTUSD", "volume": "0.01", "price": "20000.5"}
TYPED: Final = {"order_type": "limit", "side": "buy", "symbol": "BTC/USD", "order_qty": 0.01, "limit_price": 20000.5}
MARKET_FORM: Final = {"ordertype": "market", "type": "buy", "pair": "XBTUSD", "volume": "0.01"}
TYPED_MARKET: Final = {"order_type": "market", "side": "buy", "symbol": "BTC/USD", "order_qty": 0.01}
CLIENT_ID: Final = "6d1b345e-2821-40e2-ad83-4ecb18a06876"


def soon(seconds: int) -> str:
    """A time of the world as RFC 3339 writes it."""
    return f"{datetime.fromtimestamp(START_NS // SECOND_NS + seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def unix(seconds: int) -> str:
    """The same in Unix seconds."""
    return str(START_NS // SECOND_NS + seconds)


def moment_ns(text: str | None) -> int:
    """Back again; 0 for none."""
    return 0 if text is None else int(datetime.fromisoformat(text).timestamp()) * SECOND_NS


def read(trader: Trader, message: dict[str, Any]) -> OrderRequest:
    """An order out of a JSON message with the fields of the WebSocket method `add_order`."""
    found = json.loads(json.dumps(message), parse_float=str, parse_int=str)
    market = trader.exchange.kraken.symbols.pair(found["symbol"])
    assert market is not None
    cash, triggers = found.get("cash_order_qty"), found.get("triggers")
    deadline = found.get("deadline")
    terms = Terms(
        time_in_force=TimeInForce(found["time_in_force"]) if "time_in_force" in found else None,
        starts_ns=moment_ns(found.get("effective_time")),
        expires_ns=moment_ns(found.get("expire_time")),
        self_trade=SelfTrade(found.get("stp_type", "cancel_newest")),
        spends=cash is not None,
        post_only=found.get("post_only", False),
        fee_in_base=found.get("fee_preference") == "base",
        tag=int(found["order_userref"]) if "order_userref" in found else None,
        client_id=found.get("cl_ord_id"),
        deadline_ns=None if deadline is None else moment_ns(deadline),
        check_only=found.get("validate", False),
        leverage="5" if found.get("margin") else None,
        reduce_only=found.get("reduce_only", False),
        trigger=None if triggers is None else triggers["reference"],
        shown_volume=found.get("display_qty"),
        closes="conditional" in found,
    )
    kind, side = OrderKind(found["order_type"]), Side(found["side"])
    return OrderRequest(market, side, kind, cash or found.get("order_qty", ""), found.get("limit_price", ""), terms)


def add(trader: Trader, message: dict[str, Any]) -> OrderAnswer:
    """Count an order, read it, carry it out and say what came of it."""
    context, request = trader.context, read(trader, message)
    tier = tier_of(context)
    if tier is not None:
        count_order(context, tier, request.market)
    answer = order_answer(context, context.apply(order_command(context, tier, request)))
    trader.exchange.commit()
    return answer


def refusal(trader: Trader, message: dict[str, Any]) -> str:
    """The words for an order that is refused, after which the world is as it was."""
    trader.exchange.apply(PassTime())
    before = trader.exchange.fingerprint()
    with pytest.raises(BadCall) as caught:
        add(trader, message)
    assert trader.exchange.fingerprint() == before
    return caught.value.error


def rich(exchange: Exchange, *, rate_limits: bool = False, tier: str = "pro") -> Trader:
    """A trader with money, in a market that has traded and has offers."""
    trader = exchange.account(USD="100000", BTC="10", rate_limits=rate_limits, tier=tier)
    maker, other = (exchange.account(USD="100000", BTC="10") for _ in range(2))
    maker.place("buy", "0.01", "20000.0")
    other.place("sell", "0.01", "20000.0")
    other.place("sell", "1", "21000.0")
    return trader


@pytest.fixture
def pair() -> tuple[Trader, Trader]:
    """The same trader in two equal worlds."""
    return rich(Exchange()), rich(Exchange())


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ({}, {}),
        ({"volume": "1"}, {"order_qty": 1}),
        ({"price": "+5"}, {"limit_price": "+5"}),
        ({"price": "-5"}, {"limit_price": -5}),
        ({"userref": "-7"}, {"order_userref": -7}),
        ({"userref": "0"}, {"order_userref": 0}),
        ({"cl_ord_id": CLIENT_ID}, {"cl_ord_id": CLIENT_ID}),
        ({"oflags": "post,fcib"}, {"post_only": True, "fee_preference": "base"}),
        ({"stptype": "cancel-both"}, {"stp_type": "cancel_both"}),
        ({"timeinforce": "GTC"}, {"time_in_force": "gtc"}),
        ({"timeinforce": "IOC"}, {"time_in_force": "ioc"}),
        ({"timeinforce": "GTD", "expiretm": unix(60)}, {"time_in_force": "gtd", "expire_time": soon(60)}),
        ({"starttm": unix(60)}, {"effective_time": soon(60)}),
        ({"deadline": soon(5)}, {"deadline": soon(5)}),
        ({"validate": "true"}, {"validate": True}),
        ({"validate": "false", "reduce_only": "false"}, {"validate": False, "reduce_only": False}),
        (MARKET_FORM | {"price": ""}, TYPED_MARKET | {"limit_price": ""}),
        (MARKET_FORM | {"price": "", "volume": "300.5", "oflags": "viqc"}, TYPED_MARKET | {"cash_order_qty": 300.5}),
    ],
)
def test_typed_values_place_the_order_that_a_form_places(
    form: dict[str, str], typed: dict[str, Any], pair: tuple[Trader, Trader]
) -> None:
    by_form, by_message = pair
    result = by_form.result("AddOrder", **FORM | form)
    answer = add(by_message, TYPED | typed)
    assert by_message.exchange.fingerprint() == by_form.exchange.fingerprint()
    assert result.get("txid", [None]) == [answer.txid]
    assert result["descr"]["order"] == answer.description


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ({"volume": "0"}, {"order_qty": 0}),
        ({"volume": "0.0000000001"}, {"order_qty": "0.0000000001"}),
        ({"volume": ""}, {"order_qty": ""}),
        ({"price": "20000.55"}, {"limit_price": 20000.55}),
        ({"price": "-30000"}, {"limit_price": -30000}),
        ({"price": "1e5"}, {"limit_price": "1e5"}),
        ({"price": ""}, {"limit_price": ""}),
        ({"volume": "1000"}, {"order_qty": 1000}),
        ({"volume": "0.00000001"}, {"order_qty": "0.00000001"}),
        ({"oflags": "post", "timeinforce": "FOK"}, {"post_only": True, "time_in_force": "fok"}),
        ({"timeinforce": "GTD"}, {"time_in_force": "gtd"}),
        ({"expiretm": "+1"}, {"expire_time": soon(1)}),
        ({"userref": "7", "cl_ord_id": CLIENT_ID}, {"order_userref": 7, "cl_ord_id": CLIENT_ID}),
        ({"cl_ord_id": "a name that is too long"}, {"cl_ord_id": "a name that is too long"}),
        ({"deadline": soon(-5)}, {"deadline": soon(-5)}),
        ({"deadline": soon(3600)}, {"deadline": soon(3600)}),
        ({"reduce_only": "true"}, {"reduce_only": True}),
        ({"leverage": "5"}, {"margin": True}),
        ({"trigger": "last"}, {"triggers": {"reference": "last", "price": 1}}),
        ({"displayvol": "0.001"}, {"display_qty": 0.001}),
        ({"close[ordertype]": "limit"}, {"conditional": {"order_type": "limit", "limit_price": 1}}),
        (MARKET_FORM | {"timeinforce": "IOC"}, TYPED_MARKET | {"time_in_force": "ioc"}),
        ({"oflags": "viqc"}, {"cash_order_qty": 100}),
    ],
)
def test_typed_values_are_refused_in_the_words_of_a_form(
    form: dict[str, str], typed: dict[str, Any], pair: tuple[Trader, Trader]
) -> None:
    by_form, by_message = pair
    assert refusal(by_message, TYPED | typed) == by_form.error("AddOrder", **FORM | form)


def test_every_order_counts_however_it_came() -> None:
    """Sixty, of a starter: the counter is the account's and the pair's."""
    trader = rich(Exchange(), rate_limits=True, tier="starter")
    for number in range(58):
        add(trader, TYPED | {"limit_price": 10000 + number})
    trader.result("AddOrder", **FORM | {"price": "9000"})
    assert refusal(trader, TYPED | {"order_qty": 0}) == "EGeneral:Invalid arguments:volume"
    assert refusal(trader, TYPED) == "EOrder:Rate limit exceeded"
    assert trader.error("AddOrder", **FORM) == "EOrder:Rate limit exceeded"


def test_the_account_may_have_so_many_orders_open_however_they_came() -> None:
    trader = rich(Exchange(), rate_limits=True, tier="starter")
    for number in range(60):
        add(trader, TYPED | {"limit_price": 10000 + number})
        trader.exchange.clock.advance(2)
    assert refusal(trader, TYPED) == "EOrder:Orders limit exceeded"


def test_orders_are_canceled_by_ids_numbers_and_names_of_a_typed_list(pair: tuple[Trader, Trader]) -> None:
    counts = []
    for trader in pair:
        marks: list[dict[str, Any]] = [{}, {"order_userref": 7}, {"order_userref": 7}, {"cl_ord_id": "mine"}, {}]
        for number, more in enumerate(marks):
            add(trader, TYPED | {"limit_price": 10000 + number} | more)
    by_form, by_message = pair
    txid = by_form.exchange.ids.order(next(iter(by_form.context.account.orders)))
    counts.append(by_form.result("CancelOrder", txid=f"{txid},7", cl_ord_id="mine")["count"])
    context = by_message.context
    command = cancel_command(context, CancelRequest([txid, "no id"], [7], ["mine"]))
    counts.append(cancel(context, None, command, lambda count: count))
    assert counts == [4, 4]
    assert by_message.exchange.fingerprint() == by_form.exchange.fingerprint()


def test_a_cancel_that_names_no_order_is_refused(pair: tuple[Trader, Trader]) -> None:
    context = pair[0].context
    for request in (CancelRequest(), CancelRequest(["OAAAAA-AAAAA-AAAAAA"]), CancelRequest((), [7])):
        with pytest.raises(BadCall):
            cancel(context, None, cancel_command(context, request), lambda count: count)


def test_cancels_count_where_there_are_limits_and_take_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canceling, "MAX_CANCELED", 2)
    assert MAX_CANCELED > 2
    trader = rich(Exchange(), rate_limits=True, tier="starter")
    for number in range(5):
        add(trader, TYPED | {"order_userref": 7, "limit_price": 10000 + number})
    context = trader.context
    step = cancel(context, tier_of(context), cancel_command(context, CancelRequest((), [7])), lambda count: count)
    steps = 1
    while isinstance(step, Steps):
        step = step.go_on(trader.context, None)
        steps += 1
    assert (step, steps) == (5, 3)
    for number in range(15):  # five orders and five cancels of eight leave room for fifteen
        add(trader, TYPED | {"limit_price": 10000 + number})
    assert refusal(trader, TYPED) == "EOrder:Rate limit exceeded"


def test_all_orders_are_canceled_at_once_or_by_a_timer(pair: tuple[Trader, Trader]) -> None:
    trader, _ = pair
    add(trader, TYPED)
    context = trader.context
    assert cancel(context, None, cancel_all_command(context), lambda count: count) == 1
    add(trader, TYPED)
    context = trader.context
    context.apply(timer_command(context, 60))
    assert timer_answer(context) == ("2026-09-30T23:52:25Z", "2026-09-30T23:53:25Z")
    trader.exchange.clock.advance(61)
    assert not trader.context.account.orders
    context.apply(timer_command(context, 0))
    assert timer_answer(context).trigger_time == "0"
