"""Orders over Kraken's WebSocket: placed, checked and canceled as over REST, answered once they are stored."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.faulty_driver import disk_error, faults
from tests.support.http_caller import until
from tests.support.inside import Inside, inside
from tests.support.socket_client import SocketClient

ORDER: dict[str, Any] = {
    "order_type": "limit", "side": "buy", "symbol": "BTC/USDT", "order_qty": 0.01, "limit_price": 100.5,
}  # fmt: skip


class Trader:
    """The demo account at a socket."""

    def __init__(self, server: Inside, token: str, path: str = "/v2") -> None:
        self.server = server
        self.client = SocketClient(server, path)
        self._token = token
        self._number = 0

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The one reply to a method."""
        (reply,) = await self.ask_for(1, method, **params)
        return reply

    async def ask_for(self, count: int, method: str, **params: Any) -> list[dict[str, Any]]:
        """So many replies to a method."""
        self._number += 1
        number = self._number
        self.client.say({"method": method, "params": {**params, "token": self._token}, "req_id": number})
        await until(lambda: len(self._replies(number)) >= count)
        return self._replies(number)

    async def error(self, method: str, **params: Any) -> str:
        """The one refusal of a method."""
        reply = await self.ask(method, **params)
        assert not reply["success"], reply
        assert "result" not in reply
        text: str = reply["error"]
        return text

    async def open_ids(self) -> list[str]:
        """Its open orders by REST."""
        return list((await self.server.call("OpenOrders")).result["open"])

    def _replies(self, number: int) -> list[dict[str, Any]]:
        return [frame for frame in self.client.frames if frame.get("req_id") == number]


def played(story: Callable[[Trader], Coroutine[Any, Any, None]], path: str = "/v2") -> None:
    """A story of somebody at a socket with a token."""

    async def told(server: Inside) -> None:
        token = (await server.call("GetWebSocketsToken")).result["token"]
        await story(Trader(server, token, path))

    inside(told)


def test_an_order_is_placed_and_canceled() -> None:
    async def story(trader: Trader) -> None:
        reply = await trader.ask("add_order", **ORDER, order_userref=7)
        assert list(reply) == ["method", "req_id", "result", "success", "time_in", "time_out"]
        order_id = reply["result"]["order_id"]
        assert reply["result"] == {"order_id": order_id, "order_userref": 7}
        assert await trader.open_ids() == [order_id]
        assert (await trader.ask("cancel_order", order_id=[order_id]))["result"] == {"order_id": order_id}
        assert await trader.open_ids() == []
        assert await trader.error("cancel_order", order_id=[order_id]) == "EOrder:Invalid order"

    played(story)


def test_what_is_only_checked_has_no_id_and_changes_nothing() -> None:
    async def story(trader: Trader) -> None:
        assert (await trader.ask("add_order", **ORDER, validate=True))["result"] == {"order_id": ""}
        assert await trader.open_ids() == []

    played(story)


def test_each_order_that_is_named_has_a_reply_of_its_own() -> None:
    async def story(trader: Trader) -> None:
        first = (await trader.ask("add_order", **ORDER, cl_ord_id="mine"))["result"]
        second = (await trader.ask("add_order", **ORDER))["result"]["order_id"]
        assert first["cl_ord_id"] == "mine"
        named = {"order_id": [second, "OAAAAA-AAAAA-AAAAAA"], "cl_ord_id": ["mine"]}
        replies = await trader.ask_for(3, "cancel_order", **named)
        assert [reply.get("result", reply.get("error")) for reply in replies] == [
            {"order_id": second}, "EOrder:Invalid order", {"cl_ord_id": "mine"},
        ]  # fmt: skip

    played(story)


def test_all_orders_are_canceled_at_once_or_later() -> None:
    async def story(trader: Trader) -> None:
        for _ in range(3):
            await trader.ask("add_order", **ORDER)
        assert (await trader.ask("cancel_all"))["result"] == {"count": 3}
        later = (await trader.ask("cancel_all_orders_after", timeout=60))["result"]
        assert later.keys() == {"currentTime", "triggerTime"}
        assert later["triggerTime"] > later["currentTime"]

    played(story)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"leverage": 2}, "Unsupported field: 'leverage' for the given msg type: add order"),
        ({"userref": 2}, "Unsupported field: 'userref' for the given msg type: add order"),
        ({"limit_price": "100"}, "Limit_price field must be a number_float"),
        ({"order_qty": True}, "Order_qty field must be a number_float"),
        ({"order_qty": 1e300}, "Order_qty field must be a number_float"),
        ({"order_qty": -1}, "EGeneral:Invalid arguments:volume"),
        ({"order_qty": 0.00000001}, "EGeneral:Invalid arguments:volume minimum not met"),
        ({"limit_price": 100.55}, "EOrder:Invalid price:XBT/USDT price can only be specified up to 1 decimals."),
        ({"symbol": "XBT/USDT"}, "Currency pair not supported XBT/USDT"),
        ({"symbol": 7}, "Symbol field must be a string"),
        ({"side": "hold"}, "EGeneral:Invalid arguments:type"),
        ({"order_type": "iceberg", "display_qty": 1}, "EGeneral:Invalid arguments:ordertype"),
        ({"triggers": {"price": 1}}, "EGeneral:Invalid arguments:trigger"),
        ({"conditional": {}}, "EGeneral:Invalid arguments:close"),
        ({"margin": True}, "EOrder:Cannot open position"),
        ({"order_qty": 1_000_000}, "EOrder:Insufficient funds"),
        ({"deadline": "2020-01-01T00:00:00.000Z"}, "EService:Deadline elapsed"),
        ({"expire_time": "2100-01-01T00:00:00", "time_in_force": "gtd"}, "EGeneral:Invalid arguments:expiretm"),
        ({"expire_time": "soon", "time_in_force": "gtd"}, "EGeneral:Invalid arguments:expiretm"),
        ({"asset_class": "derivatives"}, "EGeneral:Invalid arguments:asset_class"),
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_refused_as_over_rest(change: dict[str, Any], error: str) -> None:
    async def story(trader: Trader) -> None:
        assert await trader.error("add_order", **(ORDER | change)) == error
        assert await trader.open_ids() == []

    played(story)


@pytest.mark.parametrize(
    ("ahead_ms", "error"),
    [
        (499, "EGeneral:Invalid arguments:deadline"),
        (500, None),
        (60_000, None),
        (60_001, "EGeneral:Invalid arguments:deadline"),
        (0, "EService:Deadline elapsed"),
    ],
)
def test_a_deadline_is_half_a_second_to_a_minute_ahead(ahead_ms: int, error: str | None) -> None:
    async def story(server: Inside) -> None:
        assert (await server.post("/clock", frozen=True, now="2030-01-01")).status == 200
        trader = Trader(server, (await server.call("GetWebSocketsToken")).result["token"])
        at_ms = server.world.time.now_ns() // 10**6 + ahead_ms
        deadline = f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"
        reply = await trader.ask("add_order", **ORDER, deadline=deadline)
        assert reply.get("error") == error
        assert len(await trader.open_ids()) == (error is None)

    inside(story)


@pytest.mark.parametrize(
    "more",
    [
        {"time_in_force": "GTC"}, {"time_in_force": "ioc"}, {"post_only": True}, {"stp_type": "cancel_both"},
        {"fee_preference": "base"}, {"no_mpp": True}, {"limit_price_type": "static"}, {"limit_price": 1e2},
        {"order_type": "market", "limit_price": None},
    ],
)  # fmt: skip
def test_what_clients_send_is_taken(more: dict[str, Any]) -> None:
    async def story(trader: Trader) -> None:
        params = {name: value for name, value in (ORDER | more).items() if value is not None}
        assert (await trader.ask("add_order", **params))["success"]

    played(story)


def test_an_order_is_amended_in_place_and_edited_into_another_one() -> None:
    async def story(trader: Trader) -> None:
        order_id = (await trader.ask("add_order", **ORDER))["result"]["order_id"]
        amended = (await trader.ask("amend_order", order_id=order_id, limit_price=101, order_qty=0.02))["result"]
        assert amended == {"amend_id": amended["amend_id"], "order_id": order_id}
        assert await trader.open_ids() == [order_id]
        checked = await trader.ask("amend_order", order_id=order_id, limit_price=102, validate=True, symbol="BTC/USDT")
        assert checked["result"] == {"amend_id": "", "order_id": order_id}
        edited = (await trader.ask("edit_order", order_id=order_id, symbol="BTC/USDT", order_userref=3))["result"]
        assert edited == {"order_id": edited["order_id"], "original_order_id": order_id}
        assert await trader.open_ids() == [edited["order_id"]]
        again = {"order_id": edited["order_id"], "symbol": "BTC/USDT", "validate": True, "fee_preference": "base"}
        assert (await trader.ask("edit_order", **again))["result"]["order_id"] == ""
        amends = (await trader.server.call("OrderAmends", order_id=order_id)).result["amends"]
        assert [(amend["amend_type"], amend["limit_price"]) for amend in amends] == [
            ("original", "100.5"), ("user", "101.0"),
        ]  # fmt: skip

    played(story)


def test_an_order_is_amended_by_the_name_that_its_owner_gave_it() -> None:
    async def story(trader: Trader) -> None:
        await trader.ask("add_order", **ORDER, cl_ord_id="mine")
        reply = (await trader.ask("amend_order", cl_ord_id="mine", order_qty=0.005, limit_price_type="static"))[
            "result"
        ]
        assert reply == {"amend_id": reply["amend_id"], "cl_ord_id": "mine"}

    played(story)


@pytest.mark.parametrize(
    ("method", "change", "error"),
    [
        ("amend_order", {}, "EGeneral:Invalid arguments:no amendable parameters"),
        ("amend_order", {"order_id": None, "order_qty": 1}, "EGeneral:Invalid arguments"),
        ("amend_order", {"order_id": "7", "order_qty": 1}, "EOrder:Invalid order"),
        ("amend_order", {"order_id": 7, "order_qty": 1}, "Order_id field must be a string"),
        ("amend_order", {"order_qty": "1"}, "Order_qty field must be a number_float"),
        ("amend_order", {"trigger_price": 1}, "EGeneral:Invalid arguments:trigger_price"),
        ("amend_order", {"limit_price": 1, "limit_price_type": "pct"}, "EGeneral:Invalid arguments:limit_price"),
        ("amend_order", {"symbol": "NO/SUCH", "order_qty": 1}, "Currency pair not supported NO/SUCH"),
        ("amend_order", {"price": 1}, "Unsupported field: 'price' for the given msg type: amend order"),
        ("amend_order", {"order_qty": 1, "deadline": "2020-01-01T00:00:00.000Z"}, "EService:Deadline elapsed"),
        ("amend_order", {"order_qty": 1_000_000}, "EOrder:Insufficient funds"),
        ("edit_order", {"order_qty": 1}, "Currency pair not in ISO 4217-A3 format "),
        ("edit_order", {"symbol": "BTC/USDT", "triggers": {}}, "EGeneral:Invalid arguments:trigger"),
        ("edit_order", {"symbol": "BTC/USDT", "reduce_only": True}, "EOrder:Reduce only:No position exists"),
        ("edit_order", {"symbol": "BTC/USDT", "limit_price": 0}, "EOrder:Invalid price"),
        ("edit_order", {"symbol": "ETH/USDT", "limit_price": 1}, "EOrder:Invalid order"),
        ("edit_order", {"symbol": "BTC/USDT", "fee_preference": "x"}, "EGeneral:Invalid arguments:oflags"),
    ],
)
def test_what_cannot_be_changed_is_refused_as_over_rest(method: str, change: dict[str, Any], error: str) -> None:
    async def story(trader: Trader) -> None:
        order_id = (await trader.ask("add_order", **ORDER))["result"]["order_id"]
        params = {name: value for name, value in ({"order_id": order_id} | change).items() if value is not None}
        assert await trader.error(method, **params) == error
        assert await trader.open_ids() == [order_id]

    played(story)


ROW: dict[str, Any] = {name: value for name, value in ORDER.items() if name != "symbol"}


def test_a_batch_is_placed_and_canceled() -> None:
    async def story(trader: Trader) -> None:
        orders = [ROW | {"cl_ord_id": "mine"}, ROW | {"order_qty": 1_000_000}, ROW | {"order_userref": 7}]
        result = (await trader.ask("batch_add", symbol="BTC/USDT", orders=orders))["result"]
        first, last = result[0]["order_id"], result[2]["order_id"]
        assert result == [
            {"order_id": first, "cl_ord_id": "mine"}, {"error": "EOrder:Insufficient funds"},
            {"order_id": last, "order_userref": 7},
        ]  # fmt: skip
        checked = await trader.ask("batch_add", symbol="BTC/USDT", orders=[ROW, ROW], validate=True)
        assert checked["result"] == [{"order_id": ""}, {"order_id": ""}]
        assert await trader.open_ids() == [last, first]
        reply = await trader.ask("batch_cancel", orders=[first, 7, "nonsense"])
        assert (reply["result"], reply["orders_cancelled"]) == ({"count": 2}, 2)
        assert (await trader.ask("batch_cancel", cl_ord_id=["mine"]))["result"] == {"count": 0}

    played(story)


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("batch_add", {}, "EGeneral:Invalid arguments:orders"),
        ("batch_add", {"orders": "x"}, "Orders field must be an array"),
        ("batch_add", {"orders": ["x", "x"]}, "Orders field must be an array of objects"),
        ("batch_add", {"orders": [ROW]}, "EGeneral:Invalid arguments:orders"),
        ("batch_add", {"orders": [ROW] * 16}, "EGeneral:Invalid arguments:orders"),
        ("batch_add", {"orders": [ROW, ROW | {"order_qty": 0}]}, "EGeneral:Invalid arguments:volume"),
        ("batch_add", {"orders": [ROW, ORDER]}, "Unsupported field: 'symbol' for the given msg type: batch add"),
        ("batch_add", {"orders": [ROW, ROW], "symbol": "NO/SUCH"}, "Currency pair not supported NO/SUCH"),
        ("batch_cancel", {}, "EGeneral:Invalid arguments:orders"),
        ("batch_cancel", {"orders": ["x"] * 51}, "EGeneral:Invalid arguments:orders"),
        ("batch_cancel", {"orders": [1.5]}, "Orders field must be an array of strings"),
        ("batch_cancel", {"orders": [{}]}, "Orders field must be an array of strings"),
    ],
)
def test_what_is_no_batch_is_refused_whole(method: str, params: dict[str, Any], error: str) -> None:
    async def story(trader: Trader) -> None:
        whole = params if method == "batch_cancel" else {"symbol": "BTC/USDT"} | params
        assert await trader.error(method, **whole) == error
        assert await trader.open_ids() == []

    played(story)


def test_a_token_is_needed_and_its_key_may_have_to_trade() -> None:
    async def story(server: Inside) -> None:
        assert await Trader(server, "nobody's").error("add_order", **ORDER) == "ESession:Invalid session"
        public = Trader(server, "nobody's", "/v2/public")
        assert (await public.error("cancel_all")).startswith("Private data and trading are unavailable")

    inside(story)


def test_the_unified_address_wants_the_class_of_an_order() -> None:
    async def story(trader: Trader) -> None:
        assert await trader.error("add_order", **ORDER) == "EGeneral:Invalid arguments:asset_class"
        assert (await trader.ask("add_order", **ORDER, asset_class="spot"))["success"]

    played(story, "/v2/private")


def test_who_is_not_told_of_success_has_no_order() -> None:
    async def story(trader: Trader) -> None:
        def fail(statement: str) -> None:
            if statement.lstrip().upper().startswith("COMMIT"):
                raise disk_error()

        with faults(trader.server.world._store, before=fail):
            assert await trader.error("add_order", **ORDER) == "EService:Unavailable"
        await trader.server.recovered()
        await asyncio.sleep(0)
        assert await trader.open_ids() == []

    played(story)
