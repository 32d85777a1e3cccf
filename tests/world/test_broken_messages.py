"""Messages over a socket of which one thing is broken: each has its answer, and one that is refused changes nothing."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from tests.support.http_caller import until
from tests.support.inside import Inside, inside
from tests.support.socket_client import SocketClient

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, -(10**30), 1e300, "", "x", "\x00", "é" * 70, "BTC/USDT", "9" * 5000, [], [[]],
    [None], ["x"], ["BTC/USDT"] * 3, ["x"] * 2_001, {}, {"a": {}}, {"channel": "book"},
)  # fmt: skip
ORDER: dict[str, Any] = {
    "order_type": "limit", "side": "buy", "symbol": "BTC/USDT", "order_qty": 0.01, "limit_price": 100.5,
    "time_in_force": "gtd", "expire_time": "2100-01-01T00:00:00Z", "deadline": "2100-01-01T00:00:00.000Z",
    "cl_ord_id": "a", "order_userref": 1, "fee_preference": "quote", "stp_type": "cancel_newest", "post_only": True,
    "margin": False, "reduce_only": False, "validate": True, "effective_time": "2100-01-01T00:00:00Z",
    "cash_order_qty": 1.0, "display_qty": 1.0, "triggers": {}, "conditional": {}, "asset_class": "spot",
}  # fmt: skip
SUBSCRIPTION: dict[str, Any] = {
    "symbol": ["BTC/USDT"], "depth": 10, "interval": 1, "event_trigger": "bbo", "snapshot": True, "snap_orders": True,
    "snap_trades": False, "order_status": True, "ratecounter": False, "users": "all", "rebased": True,
    "include_tokenized_assets": False, "execution_venue": "international", "asset_class": "spot",
}  # fmt: skip
CHANNELS = ("ticker", "book", "trade", "ohlc", "instrument", "level3", "executions", "balances", "status", "no such")
METHODS = {
    "add_order": ORDER,
    "cancel_order": {"order_id": ["O"], "cl_ord_id": ["a"], "order_userref": [1]},
    "cancel_all": {},
    "cancel_all_orders_after": {"timeout": 0},
}


def messages(token: str) -> Iterator[dict[str, Any]]:
    """Of every kind, each with one thing that is odd."""
    for method in ("subscribe", "unsubscribe"):
        for channel in CHANNELS:
            yield from _odd(method, {"channel": channel, **SUBSCRIPTION, "token": token})
    for method, params in METHODS.items():
        yield from _odd(method, {**params, "token": token})
    for odd in ODD:
        yield {"method": odd, "params": {}}
        yield {"method": "ping", "req_id": odd}
        yield {"method": "subscribe", "params": odd}
        yield {"method": "ping", "params": odd}


def _odd(method: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in params:
        for odd in ODD:
            yield {"method": method, "params": {**params, name: odd}, "req_id": 5}
    yield {"method": method, "params": {**params, "no such": 1}, "req_id": 5}


def test_every_message_is_answered_and_a_refused_one_changes_nothing() -> None:
    async def story(server: Inside) -> None:
        token = (await server.call("GetWebSocketsToken")).result["token"]
        client, sockets = SocketClient(server), server.world.sockets["/v2"]
        luck = Random(1)  # noqa: S311  a test's luck
        all_of_them = list(messages(token))
        for number, message in enumerate(luck.sample(all_of_them, 1_500)):
            before, places = len(client.frames), server.machine.state.last_fact
            client.say(message)
            await until(lambda: not sockets._asked)
            said = client.frames[before:]
            assert said, message
            if message.get("req_id") == 5:
                assert any(frame.get("req_id") == 5 for frame in said), message
            assert client.closed is None, message
            if not any(frame.get("success") for frame in said):
                assert server.machine.state.last_fact == places, message
            if number % 500 == 0:
                sockets._feed.tick()
        assert not server.machine.state.accounts[1].orders

    inside(story)


def test_no_bytes_are_too_odd() -> None:
    async def story(server: Inside) -> None:
        token = (await server.call("GetWebSocketsToken")).result["token"]
        client, sockets = SocketClient(server), server.world.sockets["/v2"]
        luck = Random(2)  # noqa: S311  a test's luck
        whole = [msgspec.json.encode(message) for message in luck.sample(list(messages(token)), 200)]
        texts = [_cut(luck, text) for text in whole] + [
            b"", b" ", b"[" * 60_000, b'{"a":' * 60_000, b'{"method":"ping","method":"pong"}', b'"\\ud800"', b"NaN",
            b'{"method":"ping","req_id":1e999}', b'{"method":"\\ud800"}', json.dumps({"x": "y" * 100_000}).encode(),
        ]  # fmt: skip
        for text in texts:
            before = len(client.frames)
            sockets.receive(client.session, text)
            await until(lambda: not sockets._asked)
            assert len(client.frames) > before, text[:100]
            assert client.closed is None, text[:100]

    inside(story)


def _cut(luck: Random, text: bytes) -> bytes:
    """With a few bytes changed, left out or doubled."""
    changed = bytearray(text)
    for _ in range(luck.randint(1, 4)):
        place = luck.randrange(len(changed))
        changed[place : place + luck.randint(0, 3)] = bytes(luck.randrange(256) for _ in range(luck.randint(0, 3)))
    return bytes(changed)
