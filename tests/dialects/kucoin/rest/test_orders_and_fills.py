"""A user's orders and fills."""

import json
from typing import Any

import pytest

from tests.support.kucoin_exchange import SECOND_NS, Exchange, User

DAY = 86_400
DAY_MS = DAY * 1000
CLASSIC = "/api/v1/orders"
HF = "/api/v1/hf/orders"


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with two live orders, one filled and one cancelled, each a minute younger than the one before."""
    user, other = exchange.user(USDT="1000000", BTC="10", ETH="10"), exchange.user(USDT="1000000", BTC="10")
    other.place("sell", "0.25", "50000")
    order(user, "filled", side="buy", price="50000", size="0.25")
    exchange.clock.advance(60)
    order(user, "cancelled", side="buy", price="40000", size="0.5")
    user.delete("/api/v1/order/client-order/cancelled")
    exchange.clock.advance(60)
    order(user, "ask", side="sell", price="60000", size="1")
    exchange.clock.advance(60)
    order(user, "bid", side="buy", price="2000", size="1", symbol="ETH-USDT")
    return user


def order(user: User, name: str, **fields: object) -> str:
    """Place a limit order of that name; its id."""
    placed: str = user.post(CLASSIC, **{"clientOid": name, "symbol": "BTC-USDT", **fields})["orderId"]
    return placed


def names(rows: list[dict[str, Any]]) -> list[str]:
    """The users' names of some orders."""
    return [row["clientOid"] for row in rows]


def test_an_order_in_the_classic_form(exchange: Exchange, user: User) -> None:
    made = exchange.now_ms - 180_000
    (row,) = [row for row in user.get(CLASSIC)["items"] if row["clientOid"] == "filled"]
    assert row == {
        "id": row["id"],
        "symbol": "BTC-USDT",
        "opType": "DEAL",
        "type": "limit",
        "side": "buy",
        "price": "50000",
        "size": "0.25",
        "funds": "0",
        "dealFunds": "12500",
        "dealSize": "0.25",
        "fee": "12.5",
        "feeCurrency": "USDT",
        "stp": "",
        "stop": "",
        "stopTriggered": False,
        "stopPrice": "0",
        "timeInForce": "GTC",
        "postOnly": False,
        "hidden": False,
        "iceberg": False,
        "visibleSize": "0",
        "cancelAfter": 0,
        "channel": "API",
        "clientOid": "filled",
        "remark": None,
        "tags": None,
        "isActive": False,
        "cancelExist": False,
        "createdAt": made,
        "tradeType": "TRADE",
    }
    assert user.get(f"{CLASSIC}/{row['id']}") == row


def test_an_order_in_the_high_frequency_form(exchange: Exchange, user: User) -> None:
    (row,) = user.get(f"{HF}/active", symbol="BTC-USDT")
    assert row == {
        "id": row["id"],
        "clientOid": "ask",
        "symbol": "BTC-USDT",
        "opType": "DEAL",
        "type": "limit",
        "side": "sell",
        "price": "60000",
        "size": "1",
        "funds": "60000",
        "dealSize": "0",
        "dealFunds": "0",
        "remainSize": "1",
        "remainFunds": "60000",
        "cancelledSize": "0",
        "cancelledFunds": "0",
        "fee": "0",
        "feeCurrency": "USDT",
        "stp": None,
        "timeInForce": "GTC",
        "postOnly": False,
        "hidden": False,
        "iceberg": False,
        "visibleSize": "0",
        "cancelAfter": 0,
        "channel": "API",
        "remark": None,
        "tags": None,
        "cancelExist": False,
        "tradeType": "TRADE",
        "inOrderBook": True,
        "active": True,
        "tax": "0",
        "createdAt": exchange.now_ms - 60_000,
        "lastUpdatedAt": exchange.now_ms - 60_000,
    }
    assert user.get(f"{HF}/{row['id']}", symbol="BTC-USDT") == row
    assert user.get(f"{HF}/client-order/ask", symbol="BTC-USDT") == row


def test_what_was_left_of_an_order_was_cancelled_or_remains(user: User) -> None:
    by_name = {row["clientOid"]: row for row in user.get(f"{HF}/done", symbol="BTC-USDT")["items"]}
    cancelled, filled = by_name["cancelled"], by_name["filled"]
    fields = ("remainSize", "remainFunds", "cancelledSize", "cancelledFunds", "cancelExist", "active")
    assert [cancelled[name] for name in fields] == ["0", "0", "0.5", "20000", True, False]
    assert [filled[name] for name in fields] == ["0", "0", "0", "0", False, False]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["cancelled", "filled"]),
        ({"status": "done"}, ["cancelled", "filled"]),
        ({"status": "active"}, ["bid", "ask"]),
        ({"status": "active", "symbol": "BTC-USDT"}, ["ask"]),
        ({"status": "active", "side": "buy"}, ["bid"]),
        ({"status": "active", "type": "market"}, []),
        ({"status": "active", "type": "limit_stop"}, []),
        ({"status": "active", "tradeType": "MARGIN_TRADE"}, []),
        ({"status": "done", "symbol": "ETH-USDT"}, []),
        ({"status": "done", "side": "buy", "type": "limit", "tradeType": "TRADE"}, ["cancelled", "filled"]),
    ],
)
def test_orders_are_found(user: User, params: dict[str, str], expected: list[str]) -> None:
    page = user.get(CLASSIC, **params)
    assert names(page["items"]) == expected
    assert page["totalNum"] == len(expected)


def test_orders_come_in_pages(user: User) -> None:
    page = user.get(CLASSIC, status="active", pageSize=1, currentPage=2)
    assert (names(page["items"]), page["totalNum"], page["totalPage"]) == (["ask"], 2, 2)


def test_bounds_are_about_when_an_order_was_made(exchange: Exchange, user: User) -> None:
    now = exchange.now_ms
    assert names(user.get(CLASSIC, startAt=now - 120_000)["items"]) == ["cancelled"]
    assert names(user.get(CLASSIC, endAt=now - 120_001)["items"]) == ["filled"]
    assert names(user.get(CLASSIC, status="active", startAt=now, endAt=now)["items"]) == ["bid"]
    assert names(user.get(CLASSIC, status="active", startAt=0, endAt=now)["items"]) == ["bid", "ask"]


def test_ended_orders_are_listed_for_seven_days_at_once(exchange: Exchange, user: User) -> None:
    exchange.clock.advance(8 * DAY)
    now = exchange.now_ms
    assert user.get(CLASSIC)["items"] == []
    assert len(user.get(CLASSIC, startAt=now - 9 * DAY_MS, endAt=now - 2 * DAY_MS)["items"]) == 2
    assert len(user.get(CLASSIC, startAt=now - 9 * DAY_MS)["items"]) == 2
    assert user.refused("GET", CLASSIC, startAt=now - 9 * DAY_MS, endAt=now - 2 * DAY_MS + 1) == (
        200, "400100", "List Orders doesn't support get orders in a large timespan (> 7 days)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"status": "open"}, "400100"),
        ({"side": "x"}, "400100"),
        ({"type": "x"}, "400100"),
        ({"tradeType": "x"}, "400100"),
        ({"symbol": "BTC-USD"}, "900001"),
        ({"pageSize": 0}, "400100"),
        ({"startAt": 2, "endAt": 1}, "400100"),
    ],
)
@pytest.mark.parametrize("path", [CLASSIC, "/api/v1/fills"])
def test_bad_input_to_lists_is_refused(user: User, path: str, params: dict[str, object], code: str) -> None:
    if path == "/api/v1/fills" and "status" in params:
        assert user.get(path, **params)["totalNum"] == 1, "fills have no status"
    else:
        assert user.refused("GET", path, **params)[1] == code


def test_the_orders_of_the_last_day(exchange: Exchange, user: User) -> None:
    assert names(user.get("/api/v1/limit/orders")) == ["bid", "ask", "cancelled", "filled"]
    exchange.clock.advance(DAY - 60)
    assert names(user.get("/api/v1/limit/orders")) == ["bid", "ask"]
    exchange.clock.advance(DAY)
    assert user.get("/api/v1/limit/orders") == []


@pytest.mark.parametrize(
    "path", [f"{CLASSIC}/0123456789abcdef01234567", f"{CLASSIC}/x", "/api/v1/order/client-order/none"]
)
def test_an_order_that_is_none(user: User, path: str) -> None:
    assert user.refused("GET", path) == (200, "400100", "order not exist.")


def test_a_classic_order_is_found_by_name_only_while_it_lives(user: User) -> None:
    assert user.get("/api/v1/order/client-order/ask")["clientOid"] == "ask"
    assert user.refused("GET", "/api/v1/order/client-order/filled")[2] == "order not exist."
    assert user.get(f"{HF}/client-order/filled", symbol="BTC-USDT")["clientOid"] == "filled"
    assert user.refused("GET", f"{HF}/client-order/filled", symbol="ETH-USDT")[2] == "order not exist."
    assert user.refused("GET", f"{HF}/client-order/filled")[2] == "symbol can not be empty"


def test_nobody_sees_the_orders_and_fills_of_another(exchange: Exchange, user: User) -> None:
    stranger = exchange.user()
    order_id = user.get(CLASSIC)["items"][0]["id"]
    assert stranger.refused("GET", f"{CLASSIC}/{order_id}")[2] == "order not exist."
    assert stranger.get(CLASSIC)["items"] == stranger.get(CLASSIC, status="active")["items"] == []
    assert stranger.get("/api/v1/fills")["items"] == stranger.get("/api/v1/fills", orderId=order_id)["items"] == []
    assert stranger.get("/api/v1/limit/orders") == stranger.get("/api/v1/limit/fills") == []


def test_live_orders_by_market_and_page(user: User) -> None:
    assert user.get(f"{HF}/active/symbols") == {"symbols": ["BTC-USDT", "ETH-USDT"]}
    order(user, "second ask", side="sell", price="61000", size="1")
    assert names(user.get(f"{HF}/active", symbol="BTC-USDT")) == ["second ask", "ask"]
    page = user.get(f"{HF}/active/page", symbol="BTC-USDT", pageNum=2, pageSize=1)
    assert (names(page["items"]), page["currentPage"], page["totalNum"]) == (["ask"], 2, 2)
    assert user.refused("GET", f"{HF}/active/page", symbol="BTC-USDT", pageSize=51)[1] == "400100"
    assert user.refused("GET", f"{HF}/active")[2] == "symbol can not be empty"


def test_ended_orders_by_cursor(user: User) -> None:
    first = user.get(f"{HF}/done", symbol="BTC-USDT", limit=1)
    second = user.get(f"{HF}/done", symbol="BTC-USDT", limit=1, lastId=first["lastId"])
    last = user.get(f"{HF}/done", symbol="BTC-USDT", limit=1, lastId=second["lastId"])
    assert names(first["items"] + second["items"]) == ["cancelled", "filled"]
    assert last == {"lastId": 0, "items": []}
    assert user.get(f"{HF}/done", symbol="BTC-USDT", side="sell")["items"] == []


def test_high_frequency_lists_reach_back_seven_days_whatever_is_asked(exchange: Exchange, user: User) -> None:
    exchange.clock.advance(7 * DAY - 180)
    assert len(user.get(f"{HF}/done", symbol="BTC-USDT", startAt=0)["items"]) == 2
    exchange.clock.advance(1)
    assert len(user.get(f"{HF}/done", symbol="BTC-USDT", startAt=0)["items"]) == 1
    assert user.get("/api/v1/hf/fills", symbol="BTC-USDT", startAt=0)["items"] == []


def test_a_fill_in_both_forms(exchange: Exchange, user: User) -> None:
    (classic,) = user.get("/api/v1/fills")["items"]
    ((hf,), last) = (user.get("/api/v1/hf/fills", symbol="BTC-USDT")[name] for name in ("items", "lastId"))
    common = {
        "symbol": "BTC-USDT",
        "orderId": user.get(CLASSIC)["items"][1]["id"],
        "counterOrderId": exchange.key(2).get("/api/v1/fills")["items"][0]["orderId"],
        "side": "buy",
        "liquidity": "taker",
        "forceTaker": False,
        "price": "50000",
        "size": "0.25",
        "funds": "12500",
        "fee": "12.5",
        "feeRate": "0.001",
        "feeCurrency": "USDT",
        "stop": "",
        "tradeType": "TRADE",
        "type": "limit",
        "createdAt": exchange.now_ms - 180_000,
    }
    assert classic == common | {"tradeId": classic["tradeId"]}
    assert hf == common | {"id": last, "tradeId": int(classic["tradeId"]), "tax": "0", "taxRate": "0"}
    assert user.get("/api/v1/limit/fills") == [classic]


def test_a_makers_fill_has_the_makers_rate(exchange: Exchange, user: User) -> None:
    assert user
    other = exchange.user(tier="vip4", BTC="1")
    other.place("sell", "0.1", "50000")
    order(user, "again", side="buy", price="50000", size="0.1")
    (fill,) = other.get("/api/v1/fills")["items"]
    assert (fill["liquidity"], fill["feeRate"], fill["fee"], fill["side"]) == ("maker", "0.00055", "2.75", "sell")


def test_funds_and_fees_are_exact_and_the_ledger_has_eight_decimals(exchange: Exchange) -> None:
    """Every digit of price, size and rate, by both families of endpoints."""
    user, other = exchange.user(USDT="1000"), exchange.user(BTC="1")
    other.place("sell", "0.00012345", "61250.4")
    order(user, "odd", side="buy", price="61250.4", size="0.00012345")
    (fill,) = user.get("/api/v1/fills")["items"]
    (shown,) = user.get(CLASSIC)["items"]
    assert (fill["funds"], fill["fee"]) == (shown["dealFunds"], shown["fee"]) == ("7.56136188", "0.00756136188")
    (hf_fill,) = user.get("/api/v1/hf/fills", symbol="BTC-USDT")["items"]
    (hf_shown,) = user.get("/api/v1/hf/orders/done", symbol="BTC-USDT")["items"]
    assert hf_fill["fee"] == hf_shown["fee"] == fill["fee"]
    (paid,) = user.get("/api/v1/accounts/ledgers", currency="USDT", bizType="TRADE_EXCHANGE")["items"]
    assert (paid["amount"], paid["fee"]) == ("7.56892324", "0.00756136")


def test_two_fills_of_a_trade_name_each_others_order(exchange: Exchange, user: User) -> None:
    (taken,), (made,) = (someone.get("/api/v1/fills")["items"] for someone in (user, exchange.key(2)))
    assert (taken["counterOrderId"], made["counterOrderId"]) == (made["orderId"], taken["orderId"])
    assert user.refused("GET", f"{CLASSIC}/{taken['counterOrderId']}")[2] == "order not exist."


@pytest.fixture
def trader(exchange: Exchange) -> User:
    """A user with five fills of two orders, one of them two days old."""
    trader, other = exchange.user(USDT="1000000"), exchange.user(BTC="10")
    for name, count, wait in (("old", 1, 2 * DAY), ("new", 4, 0)):
        for _ in range(count):
            other.place("sell", "0.1", "50000")
        order(trader, name, side="buy", price="50000", size=f"0.{count}")
        exchange.clock.advance(wait)
    return trader


def test_fills_are_those_of_the_last_day_unless_bounds_say_otherwise(exchange: Exchange, trader: User) -> None:
    assert trader.get("/api/v1/fills")["totalNum"] == 4
    now = exchange.now_ms
    assert trader.get("/api/v1/fills", startAt=now - 7 * DAY_MS)["totalNum"] == 5
    assert trader.get("/api/v1/fills", endAt=now - DAY_MS)["totalNum"] == 1
    assert len(trader.get("/api/v1/limit/fills")) == 4
    assert trader.refused("GET", "/api/v1/fills", startAt=now - 7 * DAY_MS - 1, endAt=now)[2] == (
        "Get List Fills doesn't support get fills in a large timespan (> 7 days)"
    )


@pytest.mark.parametrize(
    ("params", "total"),
    [
        ({"symbol": "BTC-USDT"}, 4),
        ({"symbol": "ETH-USDT"}, 0),
        ({"side": "sell"}, 0),
        ({"type": "limit"}, 4),
        ({"type": "market"}, 0),
        ({"tradeType": "MARGIN_TRADE"}, 0),
    ],
)
def test_fills_are_found(trader: User, params: dict[str, str], total: int) -> None:
    assert trader.get("/api/v1/fills", **params)["totalNum"] == total


def test_the_fills_of_one_order_whenever_they_were(trader: User) -> None:
    now = trader.exchange.now_ms
    old = trader.get("/api/v1/fills", endAt=now - DAY_MS)["items"][0]["orderId"]
    found = trader.get("/api/v1/fills", orderId=old, symbol="ETH-USDT", startAt=now)
    assert (found["totalNum"], found["items"][0]["orderId"]) == (1, old)
    new = trader.get("/api/v1/fills")["items"][0]["orderId"]
    assert trader.get("/api/v1/fills", orderId=new, pageSize=3, currentPage=2)["totalPage"] == 2
    assert trader.get("/api/v1/fills", orderId="nothing")["items"] == []
    assert len(trader.get("/api/v1/hf/fills", symbol="BTC-USDT", orderId=new)["items"]) == 4
    assert trader.get("/api/v1/hf/fills", symbol="ETH-USDT", orderId=new)["items"] == []


def test_fills_by_cursor(trader: User) -> None:
    rows: list[dict[str, int]] = []
    last = None
    while (page := trader.get("/api/v1/hf/fills", symbol="BTC-USDT", limit=2, lastId=last))["items"]:
        rows += page["items"]
        last = page["lastId"]
        assert last == rows[-1]["id"]
    assert page == {"items": [], "lastId": 0}
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows}, reverse=True)
    assert len(rows) == 5
    assert len({row["tradeId"] for row in rows}) == 5


def test_ids_begin_with_the_second_of_what_they_name(exchange: Exchange) -> None:
    """On either side of a trade, in every list, and long after the order was placed."""
    buyer, seller = exchange.user(USDT="100000"), exchange.user(BTC="1")
    placed = order(buyer, "waits", side="buy", price="50000", size="0.1")
    opened_s = exchange.now_ms // 1000
    exchange.clock.advance(90)
    seller.place("sell", "0.1", "50000")
    (bought,), (sold,) = (user.get("/api/v1/fills")["items"] for user in (buyer, seller))
    assert int(placed[:8], 16) == opened_s
    assert int(sold["orderId"][:8], 16) == opened_s + 90
    assert (bought["orderId"], bought["counterOrderId"]) == (placed, sold["orderId"])
    assert (sold["orderId"], sold["counterOrderId"]) == (bought["counterOrderId"], placed)
    row = buyer.get("/api/v1/accounts/ledgers", currency="BTC", bizType="TRADE_EXCHANGE")["items"][0]
    assert json.loads(row["context"])["orderId"] == placed
    wrong = f"{opened_s + 1:08x}{placed[8:]}"
    assert buyer.refused("GET", f"{CLASSIC}/{wrong}")[2] == "order not exist."


def test_what_an_older_release_numbered_keeps_its_id(exchange: Exchange) -> None:
    user, other = exchange.user(USDT="100000"), exchange.user(BTC="1")
    old = user.place("buy", "0.1", "50000")
    exchange.machine.state.counters.plain_ids_until_s = exchange.now_ms // 1000
    exchange.clock.advance(60)
    new = order(user, "new", side="buy", price="49000", size="0.1")
    listed = {row["price"]: row["id"] for row in user.get(CLASSIC, status="active")["items"]}
    plain = exchange.ids.order(old.order_id, 0)
    assert listed == {"50000": plain, "49000": new}
    assert not plain.startswith(f"{old.opened_ns // SECOND_NS:08x}")
    other.place("sell", "0.1", "50000")
    assert [fill["orderId"] for fill in user.get("/api/v1/fills")["items"]] == [plain]
    assert [fill["counterOrderId"] for fill in other.get("/api/v1/fills")["items"]] == [plain]
    assert user.get(f"{CLASSIC}/{plain}")["isActive"] is False
    assert user.delete(f"{CLASSIC}/{new}") == {"cancelledOrderIds": [new]}
