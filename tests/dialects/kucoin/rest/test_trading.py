"""Orders in and out, by the classic and by the high-frequency endpoints."""

from typing import Any

import pytest

from seatrial.core.commands import OpenAccount, PlaceOrder
from seatrial.core.orders import EndReason, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.dialects.kucoin.orders.placing import MAX_OPEN
from tests.support.kucoin_exchange import MILLISECOND_NS, Exchange, User

CLASSIC = "/api/v1/orders"
HF = "/api/v1/hf/orders"


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with money."""
    return exchange.user(USDT="100000", BTC="2", ETH="10")


@pytest.fixture
def maker(exchange: Exchange) -> User:
    """Another one, with offers on both sides: 0.5 BTC at 50000, bids for 0.5 at 49000."""
    maker = exchange.user(USDT="100000", BTC="2")
    maker.place("sell", "0.5", "50000")
    maker.place("buy", "0.5", "49000")
    return maker


def limit(**more: object) -> dict[str, object]:
    """A limit order that may rest."""
    return {"clientOid": "c1", "side": "buy", "symbol": "BTC-USDT", "price": "48000", "size": "0.1", **more}


def market_order(**more: object) -> dict[str, object]:
    """A market order."""
    return {"clientOid": "m1", "side": "buy", "symbol": "BTC-USDT", "type": "market", **more}


def only_order(user: User) -> Any:
    """The one live order of a user."""
    (order,) = user.exchange.machine.state.accounts[user.account_id].orders.values()
    return order


def test_a_classic_order_gets_an_id(exchange: Exchange, user: User) -> None:
    placed = user.post(CLASSIC, **limit())
    order = only_order(user)
    assert placed == {"orderId": exchange.order_id(order)}
    assert (order.side, order.kind, order.price_ticks, order.qty_lots) == (Side.BUY, OrderKind.LIMIT, 480000, 10**7)
    assert (order.client_id, order.time_in_force, order.self_trade) == ("c1", TimeInForce.GTC, SelfTrade.ALLOW)


def test_a_high_frequency_order_needs_no_name_and_repeats_the_one_it_has(exchange: Exchange, user: User) -> None:
    named = user.post(HF, **limit())
    assert named == {"orderId": exchange.order_id(only_order(user)), "clientOid": "c1"}
    assert user.post(HF, **limit(clientOid=None))["clientOid"] is None


@pytest.mark.parametrize(
    "more",
    [
        {"price": 48000, "size": 0.1},
        {"price": "48000.0", "size": "0.10"},
        {"trade_type": None, "funds": None, "unknown": [1]},
        {"hidden": False, "iceberg": "false", "postOnly": False, "timeInForce": "GTC", "cancelAfter": -1},
        {"remark": "a remark", "tags": "a tag", "visibleSize": "0"},
        {"tradeType": "TRADE", "stop": "", "stp": "CN"},
    ],
)
def test_what_clients_send_beside_the_order_does_no_harm(user: User, more: dict[str, object]) -> None:
    user.post(CLASSIC, **limit(**more))
    order = only_order(user)
    assert (order.price_ticks, order.qty_lots, order.expires_ns) == (480000, 10**7, 0)


@pytest.mark.parametrize(
    ("rule", "meaning"),
    [
        ("CN", SelfTrade.CANCEL_NEWEST),
        ("CO", SelfTrade.CANCEL_OLDEST),
        ("CB", SelfTrade.CANCEL_BOTH),
        ("DC", SelfTrade.DECREASE),
        ("", SelfTrade.ALLOW),
    ],
)
def test_rules_against_meeting_oneself(user: User, rule: str, meaning: SelfTrade) -> None:
    placed = user.post(CLASSIC, **limit(stp=rule))["orderId"]
    assert only_order(user).self_trade is meaning
    assert user.get(f"{CLASSIC}/{placed}")["stp"] == rule
    assert user.get(f"{HF}/{placed}", symbol="BTC-USDT")["stp"] == (rule or None)


def test_without_a_rule_an_order_meets_its_owners_own(user: User) -> None:
    """Source: kucoin-rest#order-rules."""
    sale = user.post(HF, **limit(side="sell", price="50000"))["orderId"]
    bought = user.post(f"{HF}/sync", **limit(clientOid="c2", price="50000"))
    assert (bought["dealSize"], bought["status"]) == ("0.1", "done")
    fills = user.get("/api/v1/fills")["items"]
    assert {(fill["orderId"], fill["counterOrderId"], fill["liquidity"], fill["fee"]) for fill in fills} == {
        (sale, bought["orderId"], "maker", "5"),
        (bought["orderId"], sale, "taker", "5"),
    }
    rows = user.get("/api/v1/accounts/ledgers", bizType="TRADE_EXCHANGE")["items"]
    assert [(row["currency"], row["amount"], row["direction"]) for row in rows] == [
        ("USDT", "4995", "in"), ("BTC", "0.1", "out"), ("BTC", "0.1", "in"), ("USDT", "5005", "out"),
    ]  # fmt: skip


def test_two_orders_of_one_user_get_smaller_by_the_smaller_one(user: User) -> None:
    sale = user.post(HF, **limit(side="sell", price="50000", size="0.3"))["orderId"]
    asked = user.post(f"{HF}/sync", **limit(clientOid="c2", price="50000", stp="DC"))
    assert (asked["status"], asked["dealSize"], asked["canceledSize"]) == ("done", "0", "0.1")
    left = user.get(f"{HF}/{sale}", symbol="BTC-USDT")
    names = ("size", "remainSize", "cancelledSize", "funds", "remainFunds", "cancelledFunds", "active", "cancelExist")
    assert [left[name] for name in names] == ["0.3", "0.2", "0.1", "15000", "10000", "5000", True, False]


def test_all_or_nothing_always_gives_way_to_the_users_own(user: User) -> None:
    """Source: kucoin-rest#order-rules."""
    user.post(HF, **limit(side="sell", price="50000", size="0.1"))
    killed = user.post(f"{HF}/sync", **limit(clientOid="c2", price="50000", timeInForce="FOK", stp="CO"))
    assert (killed["dealSize"], killed["canceledSize"]) == ("0", "0.1")
    assert len(user.get(CLASSIC, status="active")["items"]) == 1


def test_remark_and_tags_are_kept_and_shown(user: User) -> None:
    placed = user.post(CLASSIC, **limit(remark="a remark", tags="a tag"))["orderId"]
    for row in (user.get(f"{CLASSIC}/{placed}"), user.get(f"{HF}/{placed}", symbol="BTC-USDT")):
        assert (row["remark"], row["tags"]) == ("a remark", "a tag")


def test_good_till_time_ends_by_itself(exchange: Exchange, user: User) -> None:
    placed = user.post(CLASSIC, **limit(timeInForce="GTT", cancelAfter=60))
    exchange.clock.advance(59)
    assert user.get(f"{CLASSIC}/{placed['orderId']}")["cancelAfter"] == 60
    assert user.get(f"{CLASSIC}/{placed['orderId']}")["isActive"] is True
    exchange.clock.advance(1)
    ended = user.get(f"{CLASSIC}/{placed['orderId']}")
    assert (ended["isActive"], ended["cancelExist"]) == (False, True)


def test_post_only_rests_or_is_accepted_and_cancelled(user: User, maker: User) -> None:
    assert maker
    user.post(CLASSIC, **limit(postOnly=True))
    assert only_order(user).post_only
    placed = user.post(CLASSIC, **limit(clientOid="c2", price="50000", postOnly=True))["orderId"]
    ended = user.get(f"{CLASSIC}/{placed}")
    assert (ended["isActive"], ended["cancelExist"], ended["dealSize"]) == (False, True, "0")


def test_fill_or_kill_and_immediate_or_cancel(user: User, maker: User) -> None:
    assert maker
    killed = user.post(f"{HF}/sync", **limit(price="50000", size="0.6", timeInForce="FOK"))
    assert (killed["status"], killed["dealSize"], killed["canceledSize"]) == ("done", "0", "0.6")
    partly = user.post(f"{HF}/sync", **limit(clientOid="c2", price="50000", size="0.6", timeInForce="IOC"))
    assert (partly["status"], partly["dealSize"], partly["canceledSize"]) == ("done", "0.5", "0.1")


def test_a_market_order_by_size(user: User, maker: User) -> None:
    assert maker
    bought = user.post(f"{HF}/sync", **market_order(size="0.2"))
    assert (bought["originSize"], bought["dealSize"], bought["status"]) == ("0.2", "0.2", "done")
    sold = user.post(f"{HF}/sync", **market_order(clientOid="m2", side="sell", size="0.2"))
    assert (sold["dealSize"], sold["status"]) == ("0.2", "done")
    shown = user.get(f"{HF}/{sold['orderId']}", symbol="BTC-USDT")
    assert (shown["price"], shown["funds"], shown["remainFunds"]) == ("0", "0", "0")


def test_a_market_sale_by_funds_sells_what_brings_them(user: User, maker: User) -> None:
    assert maker
    sold = user.post(f"{HF}/sync", **market_order(side="sell", funds="4900"))
    assert (sold["dealSize"], sold["status"]) == ("0.1", "done")
    (order,) = user.get(CLASSIC)["items"]
    assert (order["funds"], order["dealFunds"], order["size"], order["cancelExist"]) == ("4900", "4900", "0", False)


def test_a_market_order_fills_up_to_the_bound_of_its_price_and_is_then_cancelled(user: User, maker: User) -> None:
    """The asks at 50000 and at 55000 are within ten percent of the best one, that at 55000.1 is not."""
    maker.place("sell", "0.1", "55000")
    maker.place("sell", "0.1", "55000.1")
    bought = user.post(f"{HF}/sync", **market_order(size="1"))
    assert (bought["dealSize"], bought["canceledSize"], bought["status"]) == ("0.6", "0.4", "done")


def test_a_market_order_by_funds_spends_what_it_says(user: User, maker: User) -> None:
    assert maker
    user.post(CLASSIC, **market_order(funds="1000"))
    (order,) = user.get(CLASSIC)["items"]
    assert (order["funds"], order["dealFunds"], order["dealSize"], order["size"]) == ("1000", "1000", "0.02", "0")
    assert (order["isActive"], order["cancelExist"], order["fee"]) == (False, False, "1")


def test_the_synchronous_answer_says_what_became_of_it(exchange: Exchange, user: User, maker: User) -> None:
    assert maker
    placed = user.post(f"{HF}/sync", **limit(price="50000", size="0.7"))
    assert placed == {
        "orderId": exchange.order_id(only_order(user)),
        "clientOid": "c1",
        "orderTime": exchange.now_ms,
        "originSize": "0.7",
        "dealSize": "0.5",
        "remainSize": "0.2",
        "canceledSize": "0",
        "status": "open",
        "matchTime": exchange.now_ms,
    }


@pytest.mark.parametrize("path", [f"{CLASSIC}/test", f"{HF}/test"])
def test_a_tested_order_is_checked_and_not_placed(user: User, path: str) -> None:
    assert len(user.post(path, **limit())["orderId"]) == 24
    assert user.get(CLASSIC, status="active")["items"] == []
    assert user.refused("POST", path, **limit(size="0.000009"))[1] == "400100"


@pytest.mark.parametrize("path", [CLASSIC, HF])
def test_a_test_of_an_order_does_not_look_at_the_funds(user: User, path: str) -> None:
    for order in (limit(size="1000"), limit(size="1000", side="sell")):
        assert user.refused("POST", path, **order)[1] == "200004"
        assert len(user.post(f"{path}/test", **order)["orderId"]) == 24


REFUSED: list[tuple[dict[str, object], str, str]] = [
    (limit(symbol="BTC-USD"), "400100", "Unsupported trading pair."),
    (limit(symbol=None), "400100", "symbol can not be empty"),
    (limit(side=None), "400100", "side can not be empty"),
    (limit(side="BUY"), "400100", "side not in the given range!"),
    (limit(type="stop"), "400100", "type not in the given range!"),
    (limit(price=None), "300000", "Order price invalid."),
    (limit(size=None), "300000", "Order size invalid."),
    (limit(price="abc"), "400100", "Invalid Parameter. price"),
    (limit(price="-1"), "400100", "Invalid Parameter. price"),
    (limit(price="0"), "400100", "price not in the given range!"),
    (limit(price="48000.05"), "400100", "Price increment invalid."),
    (limit(size="0.000000001"), "400100", "Order size increment invalid."),
    (limit(size="0.000009"), "400100", "Order size below the minimum requirement."),
    (limit(size="0"), "400100", "Order size below the minimum requirement."),
    (limit(size="9" * 25), "400100", "size not in the given range!"),
    (limit(price="1", size="0.09"), "600101", "The order funds should more then 0.1 USDT."),
    (limit(size="10000000000.00000001"), "400100", "size not in the given range!"),
    (limit(size="50"), "200004", "Balance insufficient!"),
    (limit(timeInForce="GTD"), "400100", "timeInForce not in the given range!"),
    (limit(timeInForce="GTT"), "400100", "cancelAfter can not be empty"),
    (limit(timeInForce="GTT", cancelAfter=0), "400100", "cancelAfter not in the given range!"),
    (limit(cancelAfter=2_592_001), "400100", "cancelAfter not in the given range!"),
    (limit(postOnly=True, timeInForce="IOC"), "400100", "postOnly not in the given range!"),
    (limit(postOnly="maybe"), "400100", "Invalid Parameter. postOnly"),
    (limit(hidden=True), "300000", "Hidden and iceberg orders are not available."),
    (limit(iceberg=True, visibleSize="0.01"), "300000", "Hidden and iceberg orders are not available."),
    (limit(stop="loss", stopPrice="1"), "300000", "Stop orders are not available here."),
    (limit(stopPrice="1"), "300000", "Stop orders are not available here."),
    (market_order(size="0.1", stp="DC"), "400100", "stp not in the given range!"),
    (limit(stp="XX"), "400100", "stp not in the given range!"),
    (limit(tradeType="MARGIN_TRADE"), "101030", "You haven't yet enabled the margin trading"),
    (limit(clientOid="x" * 41), "400100", "clientOid not in the given range!"),
    (limit(clientOid="ü"), "400100", "clientOid not in the given range!"),
    (limit(remark="x" * 101), "400100", "remark not in the given range!"),
    (limit(tags="ü"), "400100", "tags not in the given range!"),
    (market_order(), "300000", "Order size invalid."),
    (market_order(size="1", funds="1"), "400100", "funds not in the given range!"),
    (market_order(funds="0"), "400100", "funds not in the given range!"),
    (market_order(funds="1.0000001"), "400100", "Funds increment invalid."),
    (market_order(funds="100000000"), "400100", "funds not in the given range!"),
    (market_order(funds="0.09"), "600101", "The order funds should more then 0.1 USDT."),
    (market_order(side="sell", size="1", funds="100"), "400100", "funds not in the given range!"),
]


@pytest.mark.parametrize(
    ("order", "code", "message"), REFUSED, ids=[f"{code} {number}" for number, (_, code, _) in enumerate(REFUSED)]
)
@pytest.mark.parametrize("path", [CLASSIC, HF])
def test_an_order_that_cannot_be_placed_is_refused_in_kucoins_way(
    user: User, path: str, order: dict[str, object], code: str, message: str
) -> None:
    assert user.refused("POST", path, **order) == (200, code, message)


def test_a_classic_order_must_have_a_name(user: User) -> None:
    message = "validation.createOrder.clientOidIsRequired"
    assert user.refused("POST", CLASSIC, **limit(clientOid=None)) == (200, "400100", message)


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (CLASSIC, "400100", "validation.createOrder.clientOidDuplicated"),
        (HF, "102426", "clientOid is duplicated."),
    ],
)
def test_a_name_is_taken_while_its_order_lives(user: User, path: str, code: str, message: str) -> None:
    first = user.post(path, **limit())["orderId"]
    assert user.refused("POST", path, **limit()) == (200, code, message)
    user.delete("/api/v1/order/client-order/c1")
    second = user.post(path, **limit())["orderId"]
    shown = user.get(f"{HF}/client-order/c1", symbol="BTC-USDT")
    assert (shown["id"], shown["active"], first != second) == (second, True, True)


def test_a_call_that_comes_too_late_is_refused(exchange: Exchange, user: User) -> None:
    sent = exchange.now_ms
    user.post(HF, **limit(clientTimestamp=sent, allowMaxTimeWindow=500))
    exchange.clock.now_ns += 501 * MILLISECOND_NS
    late = limit(clientOid="c2", clientTimestamp=sent, allowMaxTimeWindow=500)
    assert user.refused("POST", HF, **late)[2] == "clientTimestamp not in the given range!"


def test_a_call_is_late_by_the_clock_that_its_sender_goes_by(exchange: Exchange) -> None:
    user, careless = exchange.user(USDT="100000"), exchange.user(USDT="100000", check_timestamps=False)
    exchange.real_ns = exchange.clock.now_ns - 3_600_000 * MILLISECOND_NS
    by_world, by_computer = exchange.now_ms, exchange.now_ms - 3_600_000
    for number, sent in enumerate((by_world, by_computer)):
        user.post(HF, **limit(clientOid=f"in time {number}", clientTimestamp=sent, allowMaxTimeWindow=500))
        late = limit(clientOid="late", clientTimestamp=sent - 501, allowMaxTimeWindow=500)
        assert user.refused("POST", HF, **late)[2] == "clientTimestamp not in the given range!"
        careless.post(HF, **late | {"clientOid": f"late {number}"})


@pytest.mark.parametrize(
    ("side", "price", "message"),
    [
        ("buy", "55000", None),
        ("buy", "55000.1", "Max. price: 55000"),
        ("sell", "44100", None),
        ("sell", "44099.9", "Min. price: 44100"),
    ],
)
def test_a_limit_may_lie_only_so_far_beyond_the_best_price(
    user: User, maker: User, side: str, price: str, message: str | None
) -> None:
    assert maker
    if message is None:
        assert user.post(HF, **limit(side=side, price=price, size="0.01"))["clientOid"] == "c1"
    else:
        code = "400370" if side == "buy" else "400760"
        assert user.refused("POST", HF, **limit(side=side, price=price, size="0.01")) == (200, code, message)


def test_an_account_may_have_only_so_many_live_orders(exchange: Exchange) -> None:
    user = exchange.user(rate_limits=True, USDT="100000")
    for number in range(MAX_OPEN):
        user.post(HF, **limit(clientOid=f"c{number}", size="0.0001"))
    assert user.refused("POST", HF, **limit(size="0.0001", clientOid="one more")) == (200, "200003", "Too many orders.")


def test_five_classic_orders_at_once_each_for_itself(user: User) -> None:
    rows = [
        {"clientOid": "a", "side": "buy", "type": "limit", "price": "48000", "size": "0.1"},
        {"clientOid": "b", "side": "buy", "type": "limit", "price": "48000", "size": "0.00001", "postOnly": "maybe"},
        {"clientOid": "c", "side": "buy", "type": "market", "size": "0.1"},
        {"side": "sell", "price": "60000", "size": "0.1"},
        {"clientOid": "e", "side": "sell", "price": "60000", "size": "0.1", "cancelAfter": 60, "timeInForce": "GTT"},
    ]
    found = user.post(f"{CLASSIC}/multi", symbol="BTC-USDT", orderList=rows)["data"]
    assert [(row["status"], row["failMsg"]) for row in found] == [
        ("success", None),
        ("fail", "Invalid Parameter. postOnly"),
        ("fail", "type not in the given range!"),
        ("fail", "validation.createOrder.clientOidIsRequired"),
        ("success", None),
    ]
    assert [row["clientOid"] for row in found] == ["a", "b", "c", None, "e"]
    live = {row["id"] for row in user.get(CLASSIC, status="active")["items"]}
    assert live == {found[0]["id"], found[4]["id"]}
    assert list(found[0]) == [
        "symbol", "type", "side", "price", "size", "funds", "stp", "stop", "stopPrice", "timeInForce", "cancelAfter",
        "postOnly", "hidden", "iceberge", "iceberg", "visibleSize", "channel", "id", "status", "failMsg", "clientOid",
    ]  # fmt: skip
    assert (found[4]["cancelAfter"], found[4]["timeInForce"]) == (60, "GTT")


def test_five_high_frequency_orders_at_once_each_for_itself(user: User) -> None:
    rows = [limit(clientOid="client order id 12"), limit(symbol="ETH-USDT", price="2000", size="0.00001")]
    first, second = user.post(f"{HF}/multi", orderList=rows)
    assert (first["clientOid"], first["success"]) == ("client order id 12", True)
    assert second == {"success": False, "failMsg": "Order size below the minimum requirement."}
    synced, _ = user.post(f"{HF}/multi/sync", orderList=[limit(clientOid="d"), *rows[1:]])
    assert (synced["status"], synced["remainSize"], synced["success"]) == ("open", "0.1", True)


@pytest.mark.parametrize("rows", [[], [limit()] * 6, "x", None])
def test_no_or_too_many_orders_at_once_are_refused(user: User, rows: object) -> None:
    for path in (f"{CLASSIC}/multi", f"{HF}/multi", f"{HF}/multi/sync"):
        assert user.refused("POST", path, symbol="BTC-USDT", orderList=rows)[1] == "400100"


def test_a_classic_order_is_cancelled_by_id(user: User) -> None:
    placed = user.post(CLASSIC, **limit())["orderId"]
    assert user.delete(f"{CLASSIC}/{placed}") == {"cancelledOrderIds": [placed]}
    assert user.refused("DELETE", f"{CLASSIC}/{placed}") == (200, "400100", "order_not_exist_or_not_allow_to_cancel")


def test_a_classic_order_is_cancelled_by_name(user: User) -> None:
    placed = user.post(CLASSIC, **limit())["orderId"]
    path = "/api/v1/order/client-order/c1"
    assert user.delete(path) == {"cancelledOrderId": placed, "clientOid": "c1", "cancelledOcoOrderIds": None}
    assert user.refused("DELETE", path)[2] == "order_not_exist_or_not_allow_to_cancel"


def test_all_orders_or_those_of_a_market_are_cancelled(user: User) -> None:
    bitcoin = user.post(CLASSIC, **limit())["orderId"]
    ether = user.post(CLASSIC, **limit(clientOid="c2", symbol="ETH-USDT", price="2000"))["orderId"]
    assert user.delete(CLASSIC, tradeType="MARGIN_TRADE") == {"cancelledOrderIds": []}
    assert user.delete(CLASSIC, symbol="ETH-USDT", tradeType="TRADE") == {"cancelledOrderIds": [ether]}
    assert user.delete(CLASSIC) == {"cancelledOrderIds": [bitcoin]}
    assert user.delete(CLASSIC) == {"cancelledOrderIds": []}
    assert user.refused("DELETE", CLASSIC, symbol="BTC-USD")[1] == "900001"


def test_high_frequency_orders_are_cancelled_by_id_and_market(user: User) -> None:
    placed = user.post(HF, **limit())["orderId"]
    unknown = (200, "400100", "Order not exist or not allow to be cancelled")
    assert user.refused("DELETE", f"{HF}/{placed}", symbol="ETH-USDT") == unknown
    assert user.refused("DELETE", f"{HF}/{placed}")[2] == "symbol can not be empty"
    assert user.delete(f"{HF}/{placed}", symbol="BTC-USDT") == {"orderId": placed}
    assert user.refused("DELETE", f"{HF}/{placed}", symbol="BTC-USDT") == unknown


def test_a_synchronous_cancel_says_what_was_left(user: User, maker: User) -> None:
    assert maker
    placed = user.post(HF, **limit(price="50000", size="0.7"))["orderId"]
    assert user.delete(f"{HF}/sync/{placed}", symbol="BTC-USDT") == {
        "orderId": placed, "originSize": "0.7", "dealSize": "0.5", "remainSize": "0", "canceledSize": "0.2",
        "status": "done",
    }  # fmt: skip


def test_high_frequency_orders_are_cancelled_by_name(user: User) -> None:
    user.post(HF, **limit())
    assert user.delete(f"{HF}/client-order/c1", symbol="BTC-USDT") == {"clientOid": "c1"}
    user.post(HF, **limit(clientOid="c2"))
    assert user.delete(f"{HF}/sync/client-order/c2", symbol="BTC-USDT")["canceledSize"] == "0.1"
    assert user.refused("DELETE", f"{HF}/client-order/c2", symbol="BTC-USDT")[1] == "400100"


def test_a_part_of_an_order_is_cancelled(user: User) -> None:
    placed = user.post(HF, **limit())["orderId"]
    path = f"{HF}/cancel/{placed}"
    assert user.delete(path, symbol="BTC-USDT", cancelSize="0.030") == {"orderId": placed, "cancelSize": "0.03"}
    shown = user.get(f"{HF}/{placed}", symbol="BTC-USDT")
    assert [shown[name] for name in ("size", "remainSize", "cancelledSize", "cancelledFunds")] == [
        "0.1", "0.07", "0.03", "1440",
    ]  # fmt: skip
    assert user.get(f"{CLASSIC}/{placed}")["cancelExist"] is False
    user.delete(path, symbol="BTC-USDT", cancelSize="0.07")
    assert user.get(f"{CLASSIC}/{placed}")["cancelExist"] is True
    assert user.get(f"{HF}/{placed}", symbol="BTC-USDT")["cancelledSize"] == "0.1"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "symbol can not be empty"),
        ({"symbol": "BTC-USDT"}, "cancelSize can not be empty"),
        ({"symbol": "BTC-USDT", "cancelSize": "0"}, "cancelSize not in the given range!"),
        ({"symbol": "BTC-USDT", "cancelSize": "0.2"}, "cancelSize not in the given range!"),
        ({"symbol": "BTC-USDT", "cancelSize": "x"}, "Invalid Parameter. cancelSize"),
        ({"symbol": "ETH-USDT", "cancelSize": "0.1"}, "Order not exist or not allow to be cancelled"),
    ],
)
def test_a_part_that_cannot_be_cancelled(user: User, params: dict[str, str], message: str) -> None:
    placed = user.post(HF, **limit())["orderId"]
    assert user.refused("DELETE", f"{HF}/cancel/{placed}", **params)[2] == message


def test_an_order_is_altered_by_its_id_or_its_users_name(user: User) -> None:
    first = user.post(HF, **limit(remark="kept"))["orderId"]
    second = user.post(f"{HF}/alter", symbol="BTC-USDT", orderId=first, newPrice="47000")
    assert second["clientOid"] == "c1"
    assert user.get(f"{CLASSIC}/{first}")["cancelExist"] is True
    order = user.get(f"{CLASSIC}/{second['newOrderId']}")
    assert (order["price"], order["size"], order["remark"], order["isActive"]) == ("47000", "0.1", "kept", True)
    third = user.post(f"{HF}/alter", symbol="BTC-USDT", clientOid="c1", newSize="0.2")
    assert user.get("/api/v1/order/client-order/c1")["id"] == third["newOrderId"]
    assert only_order(user).qty_lots == 2 * 10**7


def test_an_altered_order_is_placed_for_what_is_not_done_yet(user: User, maker: User) -> None:
    placed = user.post(HF, **limit(price="50000", size="0.7"))["orderId"]
    maker.place("sell", "0.1", "50000")
    done = user.post(f"{HF}/alter", symbol="BTC-USDT", orderId=placed, newSize="0.6")
    assert done == {"newOrderId": placed, "clientOid": "c1"}, "nothing is left to place"
    assert user.get(f"{CLASSIC}/{placed}")["isActive"] is False


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"orderId": None}, "400100", "orderId can not be empty"),
        ({"newPrice": None}, "400100", "newPrice can not be empty"),
        ({"symbol": "ETH-USDT"}, "400100", "Order not exist or not allow to be cancelled"),
        ({"orderId": "0" * 24}, "400100", "Order not exist or not allow to be cancelled"),
        ({"orderId": None, "clientOid": "c9"}, "400100", "Order not exist or not allow to be cancelled"),
        ({"newPrice": "0"}, "400100", "newPrice not in the given range!"),
        ({"newPrice": "47000.05"}, "400100", "Price increment invalid."),
        ({"newSize": "0.1000000001"}, "400100", "Order size increment invalid."),
        ({"newPrice": "55000.1"}, "400370", "Max. price: 55000"),
        ({"newPrice": None, "newSize": "0.000009"}, "400100", "Order size below the minimum requirement."),
        ({"newSize": "5"}, "200004", "Balance insufficient!"),
    ],
)
def test_what_cannot_be_altered_stays_as_it_is(
    user: User, maker: User, body: dict[str, object], code: str, message: str
) -> None:
    assert maker
    placed = user.post(HF, **limit())["orderId"]
    wish = {"symbol": "BTC-USDT", "orderId": placed, "newPrice": "47000", **body}
    assert user.refused("POST", f"{HF}/alter", **wish) == (200, code, message)


WATCH = f"{HF}/dead-cancel-all"


def test_a_timer_cancels_everything_unless_it_is_set_again(exchange: Exchange, user: User) -> None:
    user.post(HF, **limit())
    assert user.get(f"{WATCH}/query") is None
    now_s = exchange.now_ms // 1000
    assert user.post(WATCH, timeout=5) == {"currentTime": now_s, "triggerTime": now_s + 5}
    exchange.clock.advance(4)
    assert user.get(f"{WATCH}/query") == {
        "timeout": 5, "symbols": "", "currentTime": now_s + 4, "triggerTime": now_s + 5,
    }  # fmt: skip
    user.post(WATCH, timeout=5)
    exchange.clock.advance(4)
    assert len(user.get(CLASSIC, status="active")["items"]) == 1
    exchange.clock.advance(1)
    assert user.get(CLASSIC, status="active")["items"] == []
    assert user.get(f"{WATCH}/query") is None


def test_a_timer_may_be_about_some_symbols_and_can_be_turned_off(exchange: Exchange, user: User) -> None:
    user.post(HF, **limit())
    user.post(HF, **limit(clientOid="c2", symbol="ETH-USDT", price="2000"))
    user.post(WATCH, timeout=60, symbols="ETH-USDT,SOL-USDT")
    assert user.get(f"{WATCH}/query")["symbols"] == "ETH-USDT,SOL-USDT"
    user.post(WATCH, timeout=-1)
    assert user.get(f"{WATCH}/query") is None
    user.post(WATCH, timeout=60, symbols="ETH-USDT,SOL-USDT")
    exchange.clock.advance(60)
    assert [row["symbol"] for row in user.get(CLASSIC, status="active")["items"]] == ["BTC-USDT"]


@pytest.mark.parametrize("body", [{}, {"timeout": 0}, {"timeout": 4}, {"timeout": 86_401}, {"timeout": -2},
                                  {"timeout": "x"}, {"timeout": 5, "symbols": ["BTC-USDT"]},
                                  {"timeout": 5, "symbols": ",".join(["BTC-USDT"] * 51)}])  # fmt: skip
def test_a_timer_that_makes_no_sense_is_refused(user: User, body: dict[str, object]) -> None:
    assert user.refused("POST", WATCH, **body)[1] == "400100"


def test_a_timer_for_no_symbol_is_refused(user: User) -> None:
    assert user.refused("POST", WATCH, timeout=5, symbols="BTC-USD")[1] == "900001"


def test_high_frequency_orders_are_cancelled_together(user: User) -> None:
    user.post(HF, **limit())
    user.post(HF, **limit(clientOid="c2", symbol="ETH-USDT", price="2000"))
    assert user.delete(HF, symbol="ETH-USDT") == "success"
    assert user.delete(f"{HF}/cancelAll") == {"succeedSymbols": ["BTC-USDT"], "failedSymbols": []}
    assert user.delete(f"{HF}/cancelAll") == {"succeedSymbols": [], "failedSymbols": []}
    assert user.delete(HF, symbol="ETH-USDT") == "success"


def test_nobody_cancels_the_order_of_another(exchange: Exchange, user: User) -> None:
    placed = user.post(CLASSIC, **limit())["orderId"]
    other = exchange.user()
    assert other.refused("DELETE", f"{CLASSIC}/{placed}")[1] == "400100"
    assert other.refused("DELETE", f"{HF}/{placed}", symbol="BTC-USDT")[1] == "400100"
    assert other.delete(CLASSIC) == {"cancelledOrderIds": []}
    assert only_order(user).status is OrderStatus.OPEN


def test_orders_of_two_venues_meet_in_one_book(exchange: Exchange, user: User) -> None:
    exchange.apply(OpenAccount("from kraken", "kraken", "pro", False, "spot", "spot", (("spot", "BTC", 10**10),)))
    exchange.apply(PlaceOrder(2, "BTC/USDT", Side.SELL, OrderKind.LIMIT, 500000, 10**7))
    bought = user.post(f"{HF}/sync", **limit(price="50000"))
    assert (bought["dealSize"], bought["status"]) == ("0.1", "done")
    assert exchange.machine.state.ledger.purses[2, "spot", "USDT"].free.balance > 0
    exchange.machine.state.ledger.prove()


def test_a_canceled_order_says_who_canceled_it(user: User) -> None:
    user.post(CLASSIC, **limit())
    order = only_order(user)
    user.delete(CLASSIC)
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.USER_REQUESTED)
