"""AddOrderBatch and CancelOrderBatch: what stands alone, what refuses all, and what it costs."""

import json
from typing import Any

import pytest

from seatrial.core.orders import Order
from tests.support.kraken_exchange import Exchange, Trader

BAD = "EGeneral:Invalid arguments"
BID = {"ordertype": "limit", "type": "buy", "volume": "0.01", "price": "20000.5"}
ASK = {"ordertype": "limit", "type": "sell", "volume": "0.01", "price": "30000.5"}


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who has enough of everything."""
    return exchange.account(USD="100000", BTC="10")


def call(trader: Trader, method: str, **params: Any) -> dict[str, Any]:
    """The envelope of a call whose body is JSON."""
    nonce = str(trader.exchange.next_nonce())
    body = json.dumps({"nonce": nonce, **params}).encode()
    answer = json.loads(trader.send(method, body, nonce, content_type=b"application/json").body)
    assert isinstance(answer, dict)
    return answer


def add(trader: Trader, *orders: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The rows of a batch that is not refused."""
    answer = call(trader, "AddOrderBatch", pair="XBTUSD", orders=list(orders), **more)
    assert answer["error"] == [], answer
    rows = answer["result"]["orders"]
    assert isinstance(rows, list)
    return rows


def live(trader: Trader) -> list[Order]:
    """All open orders."""
    return list(trader.exchange.machine.state.live_orders.values())


def test_a_batch_places_its_orders_in_their_order(trader: Trader) -> None:
    rows = add(trader, BID, ASK | {"cl_ord_id": "mine"})
    assert [list(row) for row in rows] == [["txid", "descr"]] * 2
    assert [trader.exchange.ids.order_number(row["txid"]) for row in rows] == [1, 2]
    assert rows[1]["descr"] == {"order": "sell 0.01000000 XBTUSD @ limit 30000.5"}
    assert [order.client_id for order in live(trader)] == [None, "mine"]


def test_a_batch_may_come_as_a_form(trader: Trader) -> None:
    fields = {f"orders[{place}][{name}]": value for place in (0, 1) for name, value in BID.items()}
    assert len(trader.result("AddOrderBatch", pair="XBTUSD", **fields)["orders"]) == 2
    text = json.dumps([BID, ASK])
    assert len(trader.result("AddOrderBatch", pair="XBTUSD", orders=text)["orders"]) == 2


def test_what_the_engine_refuses_of_a_batch_stands_beside_what_it_takes(exchange: Exchange, trader: Trader) -> None:
    exchange.account(BTC="1").place("sell", "0.5", "21000.0")
    rows = add(trader, BID | {"volume": "100"}, BID, BID | {"price": "21000", "oflags": "post"})
    assert rows[0] == {"error": "EOrder:Insufficient funds"}
    assert rows[1]["txid"]
    closed = trader.result("QueryOrders", txid=rows[2]["txid"])[rows[2]["txid"]]
    assert (closed["status"], closed["reason"]) == ("canceled", "Post only order")
    assert len(live(trader)) == 2


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"volume": "0"}, f"{BAD}:volume"),
        ({"volume": "0.00000001"}, f"{BAD}:volume minimum not met"),
        ({"price": "0.1"}, "EOrder:Cost minimum not met"),
        ({"ordertype": "nothing"}, f"{BAD}:ordertype"),
        ({"type": None}, f"{BAD}:type"),
        ({"oflags": "x"}, f"{BAD}:oflags"),
        ({"close": {"ordertype": "limit", "price": "1"}}, f"{BAD}:close"),
        ({"cl_ord_id": "taken"}, f"{BAD}:cl_ord_id"),
    ],
)
def test_an_order_that_is_wrong_in_itself_refuses_the_whole_batch(
    exchange: Exchange, trader: Trader, wrong: dict[str, Any], error: str
) -> None:
    trader.place("buy", "0.01", "1000.0", client_id="taken")
    before = exchange.fingerprint()
    for orders in ([BID, BID | wrong], [BID | wrong, BID]):
        assert call(trader, "AddOrderBatch", pair="XBTUSD", orders=orders) == {"error": [error]}
    assert exchange.fingerprint() == before


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, f"{BAD}:orders"),
        ({"orders": "x"}, f"{BAD}:orders"),
        ({"orders": ["x", "y"]}, f"{BAD}:orders"),
        ({"orders": [BID]}, f"{BAD}:orders"),
        ({"orders": [BID] * 16}, f"{BAD}:orders"),
        ({"orders": [BID, BID], "pair": None}, f"{BAD}:pair"),
        ({"orders": [BID, BID], "pair": "nothing"}, "EQuery:Unknown asset pair"),
        ({"orders": [BID, BID], "deadline": "2026-09-30T23:52:00Z"}, "EService:Deadline elapsed"),
    ],
)
def test_what_is_no_batch_is_refused(exchange: Exchange, trader: Trader, params: dict[str, Any], error: str) -> None:
    before = exchange.fingerprint()
    assert call(trader, "AddOrderBatch", **{"pair": "XBTUSD", **params}) == {"error": [error]}
    assert exchange.fingerprint() == before


def test_fifteen_orders_are_a_batch(trader: Trader) -> None:
    assert len(add(trader, *[BID] * 15)) == 15


def test_a_batch_that_is_only_checked_places_nothing(exchange: Exchange, trader: Trader) -> None:
    before = exchange.fingerprint()
    rows = add(trader, BID, BID | {"volume": "100"}, validate=True)
    assert [list(row) for row in rows] == [["descr"]] * 2
    assert exchange.fingerprint() == before


def test_a_batch_costs_half_of_what_its_orders_would(exchange: Exchange) -> None:
    limited = exchange.account(USD="100000", BTC="10", tier="starter", rate_limits=True)
    limited.exchange.traders.insert(0, limited)
    add(limited, BID, BID, BID)
    counter = exchange.kraken._tools.limits._orders[limited.account_id, "BTC/USD"]
    assert counter.level == pytest.approx(1.5)
    for _ in range(7):
        call(limited, "AddOrderBatch", pair="XBTUSD", orders=[BID] * 15)
    assert call(limited, "AddOrderBatch", pair="XBTUSD", orders=[BID] * 15) == {"error": ["EOrder:Rate limit exceeded"]}


def test_more_orders_than_may_be_open_are_refused_one_by_one(exchange: Exchange) -> None:
    limited = exchange.account(USD="100000", BTC="10", tier="starter", rate_limits=True)
    for _ in range(58):
        limited.place("buy", "0.001", "1000.0")
    rows = add(limited, BID, BID, BID)
    assert rows[2] == {"error": "EOrder:Orders limit exceeded"}
    assert all("txid" in row for row in rows[:2])


def test_a_batch_of_cancels_takes_ids_userrefs_and_names(exchange: Exchange, trader: Trader) -> None:
    orders = [trader.place("buy", "0.01", "1000.0", tag=7) for _ in range(2)]
    orders += [trader.place("buy", "0.01", "1000.0", client_id=name) for name in ("mine", None)]
    other = trader.place("buy", "0.01", "1000.0")
    ids = [exchange.ids.order(orders[-1].order_id), exchange.ids.order(99), "nonsense", 7]
    answer = call(trader, "CancelOrderBatch", orders=ids, cl_ord_ids=["mine", "nobody's"])
    assert answer == {"error": [], "result": {"count": 4}}
    assert live(trader) == [other]
    assert call(trader, "CancelOrderBatch", orders=ids)["result"] == {"count": 0}
    named = [{"txid": exchange.ids.order(other.order_id)}]
    assert call(trader, "CancelOrderBatch", orders=named)["result"] == {"count": 1}


@pytest.mark.parametrize(
    "params",
    [{}, {"orders": []}, {"orders": ["x"] * 51}, {"orders": ["x"] * 26, "cl_ord_ids": ["x"] * 25}, {"orders": [{}]}],
)
def test_what_is_no_batch_of_cancels_is_refused(exchange: Exchange, trader: Trader, params: dict[str, Any]) -> None:
    before = exchange.fingerprint()
    (error,) = call(trader, "CancelOrderBatch", **params)["error"]
    assert error.startswith(BAD)
    assert exchange.fingerprint() == before


def test_each_cancel_of_a_batch_costs_by_the_age_of_its_order(exchange: Exchange) -> None:
    limited = exchange.account(USD="100000", BTC="10", tier="starter", rate_limits=True)
    ids = [row["txid"] for row in add(limited, *[BID] * 15)]
    call(limited, "CancelOrderBatch", orders=ids)
    counter = exchange.kraken._tools.limits._orders[limited.account_id, "BTC/USD"]
    assert counter.level == pytest.approx(7.5 + 15 * 8)
    assert live(limited) == []


def test_keys_need_both_rights_to_add_a_batch(exchange: Exchange, trader: Trader) -> None:
    for rights, error in (("modify-trades", ["EGeneral:Permission denied"]), ("close-trades", [])):
        key = exchange.key(trader.account_id, frozenset({rights}))
        if not error:
            assert call(key, "CancelOrderBatch", orders=["x"])["result"] == {"count": 0}
        assert call(key, "AddOrderBatch", pair="XBTUSD", orders=[BID, BID])["error"] == ["EGeneral:Permission denied"]
