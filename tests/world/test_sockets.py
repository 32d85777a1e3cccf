"""Sockets of a world at work: they tell what is stored, and when that fails everybody is told and let go."""

import asyncio
from typing import Any

from tests.support.faulty_driver import disk_error, faults
from tests.support.http_caller import until
from tests.support.inside import Inside, inside
from tests.support.kraken_sockets import RebuiltBook
from tests.support.socket_client import SocketClient

BOOK = {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USDT"]}}
ORDER = {"pair": "XBTUSDT", "ordertype": "limit", "type": "buy", "volume": "0.01"}


class Client(SocketClient):
    """Somebody who rebuilds a book."""

    def book(self) -> RebuiltBook:
        """What its frames come to."""
        rebuilt = RebuiltBook(10)
        for frame in self.frames:
            if frame.get("channel") == "book":
                rebuilt.take(frame)
        return rebuilt


async def turns() -> None:
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_the_book_of_frames_is_that_of_rest() -> None:
    async def story(server: Inside) -> None:
        before = Client(server)
        before.say(BOOK)
        for price in (100, 101, 102.5):
            assert (await server.call("AddOrder", **ORDER, price=price)).json["error"] == []
        after = Client(server)
        after.say(BOOK)
        await turns()
        rest = (await server.public("Depth", "pair=XBTUSDT&count=10")).result["XBTUSDT"]
        for client in (before, after):
            found = client.book()
            assert [float(price) for price, _ in found.best_bids] == [float(row[0]) for row in rest["bids"]]
            assert [float(qty) for _, qty in found.best_bids] == [float(row[1]) for row in rest["bids"]]

    inside(story)


def test_who_subscribes_amidst_a_commit_sees_nothing_of_it_before_it_is_stored() -> None:
    async def story(server: Inside) -> None:
        placing = asyncio.ensure_future(server.call("AddOrder", **ORDER, price=100))
        await until(lambda: server.machine.state.has_changes)
        client = Client(server)
        client.say(BOOK)
        assert [frame.get("channel") for frame in client.frames] == ["status", None], "no snapshot yet"
        await placing
        await turns()
        assert [price for price, _ in client.book().best_bids] == ["100.0"]

    inside(story)


def test_after_a_failed_commit_everybody_is_told_and_let_go_and_may_come_again() -> None:
    async def story(server: Inside) -> None:
        assert (await server.call("AddOrder", **ORDER, price=100)).json["error"] == []
        early = Client(server)
        early.say(BOOK)

        def fail(statement: str) -> None:
            if statement.lstrip().upper().startswith("COMMIT"):
                raise disk_error()

        with faults(server.world._store, before=fail):
            placing = asyncio.ensure_future(server.call("AddOrder", **ORDER, price=200))
            await until(lambda: server.machine.state.has_changes)
            amidst = Client(server)
            amidst.say(BOOK)
            assert (await placing).json["error"] == ["EService:Unavailable"]
        await server.recovered()
        await turns()
        for client in (early, amidst):
            assert client.frames[-1]["data"][0]["system"] == "maintenance"
            assert client.closed == 1012
        assert [price for price, _ in early.book().best_bids] == ["100.0"]
        assert [price for price, _ in amidst.book().best_bids] == ["100.0"], "what others knew by then"
        again = Client(server)
        again.say(BOOK)
        assert [price for price, _ in again.book().best_bids] == ["100.0"]

    inside(story)


def test_what_falls_due_by_itself_is_told() -> None:
    async def story(server: Inside) -> None:
        await server.call("AddOrder", **ORDER, price=100, expiretm="+30")
        client = Client(server)
        client.say(BOOK)
        await server.post("/clock", advance="31s")
        await turns()
        assert client.book().best_bids == []

    inside(story)


def test_a_frozen_world_tells_the_same_bytes_every_time() -> None:
    def told() -> list[Any]:
        async def story(server: Inside) -> list[Any]:
            await server.post("/clock", now="2026-12-01T00:00:00Z")
            client = Client(server)
            for channel in ("book", "ticker", "ohlc", "trade"):
                client.say({"method": "subscribe", "params": {"channel": channel, "symbol": ["BTC/USDT"]}})
            await server.call("AddOrder", **ORDER, price=100)
            await server.call("AddOrder", **(ORDER | {"type": "sell"}), price=100)
            await turns()
            return client.frames

        return inside(story)

    assert told() == told()
