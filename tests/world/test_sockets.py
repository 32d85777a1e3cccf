"""Sockets of a world at work: they tell what is stored, and when that fails everybody is told and let go."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from tests.support.faulty_driver import disk_error, faults
from tests.support.http_caller import until
from tests.support.inside import Inside, inside
from tests.support.kraken_sockets import RebuiltBook, RebuiltOrders
from tests.support.socket_client import SocketClient

BOOK = {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USDT"]}}
PATIENCE_SECONDS = 20
METHOD = {"order_type": "limit", "side": "buy", "symbol": "BTC/USDT", "order_qty": 0.01, "limit_price": 99.5}
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


class Follower(Client):
    """Somebody who follows everything."""

    def __init__(self, server: Inside, token: str) -> None:
        super().__init__(server)
        self.token = token
        for channel in ("book", "ticker", "ohlc", "trade", "level3"):
            more = {"snapshot": True, "token": token} if channel in ("trade", "level3") else {}
            params = {"channel": channel, "symbol": ["BTC/USDT"], **more}
            self.say({"method": "subscribe", "params": params})
        for channel in ("executions", "balances"):
            self.say({"method": "subscribe", "params": {"channel": channel, "token": token, "ratecounter": True}})

    @property
    def has_begun(self) -> bool:
        """Whether all snapshots are there, that of trades, which is looked up, among them."""
        return {"trade", "balances"} <= {frame.get("channel") for frame in self.frames}

    def replies(self, number: int) -> list[Any]:
        """Those to that request."""
        return [frame for frame in self.frames if frame.get("req_id") == number]

    def rows(self, channel: str) -> list[Any]:
        """All rows of a channel."""
        return [row for frame in self.frames if frame.get("channel") == channel for row in frame["data"]]

    def orders(self) -> dict[str, str]:
        """Those that are open, and how much they want."""
        found: dict[str, str] = {}
        for row in self.rows("executions"):
            if row["exec_type"] in ("filled", "canceled", "expired"):
                del found[row["order_id"]]
            elif "order_qty" in row:
                found[row["order_id"]] = row["order_qty"]
        return found

    def trades(self) -> dict[int, Any]:
        """All that were shown and told."""
        return {row["trade_id"]: row for row in self.rows("trade")}

    def check(self) -> None:
        """What was told has no gap and nothing twice."""
        self.book()
        rebuilt = RebuiltOrders(10)
        for frame in self.frames:
            if frame.get("channel") == "level3":
                rebuilt.take(frame)
        for channel in ("executions", "balances"):
            numbers = [frame["sequence"] for frame in self.frames if frame.get("channel") == channel]
            assert numbers == list(range(1, len(numbers) + 1))
        trades = [row["trade_id"] for row in self.rows("trade")]
        assert trades == list(range(trades[0], trades[0] + len(trades))) if trades else True
        ledger = [row["ledger_id"] for row in self.rows("balances") if "ledger_id" in row]
        assert len(set(ledger)) == len(ledger)


async def token_of(server: Inside) -> str:
    """A token of the demo account's."""
    text: str = (await server.call("GetWebSocketsToken")).result["token"]
    return text


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


@contextmanager
def held(server: Inside) -> Iterator[None]:
    """While inside, commits begin and do not end."""
    goes_on = threading.Event()

    def wait(statement: str) -> None:
        if statement.lstrip().upper().startswith("COMMIT"):
            assert goes_on.wait(PATIENCE_SECONDS)

    with faults(server.world._store, before=wait):
        try:
            yield
        finally:
            goes_on.set()


def test_nobody_is_told_anything_before_it_is_on_disk() -> None:
    async def story(server: Inside) -> None:
        ann = await server.account("ann", BTC="5")
        follower = Follower(server, await token_of(server))
        await until(lambda: follower.has_begun)
        before = len(follower.frames)
        with held(server):
            sell = ann.call("AddOrder", **ORDER | {"type": "sell"}, price=100)
            buying = asyncio.ensure_future(server.call("AddOrder", **ORDER, price=100))
            placing = [buying, asyncio.ensure_future(server.send(sell))]
            await until(lambda: server.world.commits._committing)
            follower.say({"method": "add_order", "params": {**METHOD, "token": follower.token}, "req_id": 1})
            for _ in range(200):
                await asyncio.sleep(0.0005)
            assert len(follower.frames) == before
            late = Follower(server, follower.token)
            assert late.orders() == {}, "what is stored is shown, and nothing else"
            assert late.book().best_bids == []
        await asyncio.gather(*placing)
        await until(lambda: follower.replies(1))
        await until(lambda: late.has_begun)
        told = {frame.get("channel") for frame in follower.frames[before:]}
        assert told == {None, "book", "level3", "trade", "ticker", "ohlc", "executions", "balances"}
        assert late.orders() == follower.orders()

    inside(story)


def test_a_server_that_stops_answers_what_was_asked_and_hears_nothing_more() -> None:
    async def story(server: Inside) -> None:
        follower, idle = Follower(server, await token_of(server)), Client(server)
        sockets = server.world.sockets["/v2"]
        with held(server):
            for number in (1, 2):
                follower.say({"method": "add_order", "params": {**METHOD, "token": follower.token}, "req_id": number})
            for client in (follower, idle):
                sockets.stop(client.session, 1001)
            assert (follower.closed, idle.closed) == (None, 1001)
            follower.say({"method": "add_order", "params": {**METHOD, "token": follower.token}, "req_id": 3})
        await until(lambda: follower.closed)
        assert [len(follower.replies(number)) for number in (1, 2, 3)] == [1, 1, 0]
        assert follower.closed == 1001
        assert len((await server.call("OpenOrders")).result["open"]) == 2
        assert not sockets._asked
        assert not sockets._ending

    inside(story)


@pytest.mark.parametrize("seed", range(3))
def test_through_failed_commits_sessions_see_one_order_of_events(seed: int) -> None:
    """Without a gap or anything twice: a client who comes again whenever he is let go has the same world."""
    luck = Random(seed)  # noqa: S311  a test's luck

    def sometimes_fail(statement: str) -> None:
        if statement.lstrip().upper().startswith("COMMIT") and luck.random() < 0.25:
            raise disk_error()

    async def story(server: Inside) -> None:
        lives, token = [], await token_of(server)
        ann = await server.account("ann", BTC="5", USDT="10000")
        follower = Follower(server, token)
        with faults(server.world._store, before=sometimes_fail):
            for _ in range(40):
                side, price = luck.choice(("buy", "sell")), 100 + luck.randint(0, 3)
                who = luck.choice((server.demo, ann))
                await server.send(who.call("AddOrder", **ORDER | {"type": side}, price=price))
                if luck.random() < 0.1:
                    await server.call("CancelAll")
                await server.recovered()
                await turns()
                if follower.closed:
                    assert follower.closed == 1012
                    lives.append(follower)
                    follower = Follower(server, token)
        await until(lambda: follower.has_begun)
        assert lives, "something failed"
        for life in (*lives, follower):
            life.check()
        shown = (await server.call("OpenOrders")).result["open"]
        assert follower.orders() == {name: order["vol"] for name, order in shown.items()}
        rest = (await server.public("Depth", "pair=XBTUSDT&count=10")).result["XBTUSDT"]
        assert [float(price) for price, _ in follower.book().best_bids] == [float(row[0]) for row in rest["bids"]]
        told = {trade: row for life in (*lives, follower) for trade, row in life.trades().items()}
        assert len(told) > 2
        assert list(follower.trades().items()) == list(told.items())[-len(follower.trades()) :], "no two versions"

    inside(story)


def test_a_frozen_world_tells_the_same_bytes_every_time() -> None:
    def told() -> list[Any]:
        async def story(server: Inside) -> list[Any]:
            await server.post("/clock", now="2026-12-01T00:00:00Z")
            client = Follower(server, await token_of(server))
            await until(lambda: client.has_begun)
            await server.call("AddOrder", **ORDER, price=100)
            ann = await server.account("ann", BTC="5")
            await server.send(ann.call("AddOrder", **(ORDER | {"type": "sell"}), price=100))
            await turns()
            return client.frames

        return inside(story)

    assert told() == told()
