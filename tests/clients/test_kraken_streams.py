"""Real clients of Kraken's WebSocket v2, unmodified, against a running server: ccxt.pro and python-kraken-sdk."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import ccxt.pro
import kraken.spot
import pytest
from kraken.spot import SpotOrderBookClient, SpotWSClient

from tests.support.venue import Keys, Venue, done

pytestmark = pytest.mark.parametrize("world", ["memory"], indirect=True, scope="session")

PATIENCE_SECONDS = 30


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A story that does not last for ever."""

    async def told() -> None:
        await asyncio.wait_for(story(), PATIENCE_SECONDS)

    asyncio.run(told())


class Market:
    """Somebody who trades beside the clients under test."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._maker: Keys = venue.account(ETH="100", EUR="100000")
        self._taker: Keys = venue.account(ETH="100", EUR="100000")

    def rest(self, side: str, price: str, volume: str = "1") -> None:
        """An order that rests."""
        self._place(self._maker, type=side, price=price, volume=volume)

    def trade(self, price: str, volume: str = "0.25") -> None:
        """A trade: what the maker offers is bought."""
        self.rest("sell", price, volume)
        self._place(self._taker, type="buy", price=price, volume=volume)

    def _place(self, keys: Keys, **order: str) -> None:
        with self._venue.feeder(self._venue.key(keys.account)) as client:
            done(client, "AddOrder", pair="ETHEUR", ordertype="limit", **order)


@pytest.fixture
def market(venue: Venue) -> Market:
    """One that has traded, with two levels on either side."""
    market = Market(venue)
    market.trade("2000")
    for side, price in (("buy", "1990"), ("buy", "1980"), ("sell", "2010"), ("sell", "2020")):
        market.rest(side, price)
    return market


def pro(venue: Venue, keys: Keys | None = None) -> Any:
    """ccxt.pro, pointed here as its documentation says."""
    secrets = {} if keys is None else {"apiKey": keys.key, "secret": keys.secret}
    sockets = venue.url.replace("http", "ws") + "/v2"
    return ccxt.pro.kraken(
        {
            **secrets,
            "enableRateLimit": False,
            "urls": {
                "api": {
                    "public": venue.url, "private": venue.url,
                    "ws": {"public": sockets, "private": sockets, "publicV2": sockets, "privateV2": sockets},
                }
            },
        }
    )  # fmt: skip


async def until(holds: Callable[[], object]) -> None:
    """Wait for something to come."""
    while not holds():  # noqa: ASYNC110  the client tells nothing but by its callback
        await asyncio.sleep(0.02)


async def soon(act: Callable[[], None]) -> None:
    """Do something beside what is waited for."""
    await asyncio.to_thread(act)


async def after(first: Awaitable[Any], act: Callable[[], None], then: Callable[[], Awaitable[Any]]) -> tuple[Any, Any]:
    """What is watched, before and after something was done."""
    before = await first
    _, later = await asyncio.gather(soon(act), then())
    return before, later


def test_ccxt_watches_the_ticker(venue: Venue, market: Market) -> None:
    async def story() -> None:
        async with pro(venue) as exchange:

            async def watch() -> Any:
                return dict(await exchange.watch_ticker("ETH/EUR"))

            before, later = await after(watch(), lambda: market.trade("2005"), watch)
            assert (before["last"], before["bid"], before["ask"]) == (2000, 1990, 2010)
            assert (later["last"], later["high"], later["change"]) == (2005, 2005, 5)

    run(story)


def test_ccxt_watches_trades(venue: Venue, market: Market) -> None:
    async def story() -> None:
        async with pro(venue) as exchange:
            watching = asyncio.ensure_future(exchange.watch_trades("ETH/EUR"))
            await asyncio.sleep(0.5)  # its subscription is on its way, and it does not say when it is granted
            await soon(lambda: market.trade("2005", "0.5"))
            trade = (await watching)[-1]
            assert (trade["price"], trade["amount"], trade["side"], trade["type"]) == (2005, 0.5, "buy", "limit")

    run(story)


def test_ccxt_watches_the_book_and_has_all_of_it(venue: Venue, market: Market) -> None:
    async def story() -> None:
        async with pro(venue) as exchange:

            async def watch() -> Any:
                book = await exchange.watch_order_book("ETH/EUR", 10)
                return [list(map(list, book[side])) for side in ("bids", "asks")]

            before, later = await after(watch(), lambda: market.rest("buy", "1995", "2"), watch)
            assert before == [[[1990, 1], [1980, 1]], [[2010, 1], [2020, 1]]]
            assert later == [[[1995, 2], [1990, 1], [1980, 1]], [[2010, 1], [2020, 1]]]

    run(story)


def test_ccxt_watches_candles(venue: Venue, market: Market) -> None:
    async def story() -> None:
        async with pro(venue) as exchange:

            async def watch() -> Any:
                return list((await exchange.watch_ohlcv("ETH/EUR", "5m"))[-1])

            before, later = await after(watch(), lambda: market.trade("2005"), watch)
            assert before[4] == 2000
            assert later[4] == 2005
            assert later[5] == pytest.approx(before[5] + 0.25)

    run(story)


def test_python_kraken_sdk_follows_all_public_channels(venue: Venue, market: Market) -> None:
    heard: list[dict[str, Any]] = []

    async def callback(message: dict[str, Any]) -> None:
        heard.append(message)

    def of(channel: str) -> list[dict[str, Any]]:
        return [message for message in heard if message.get("channel") == channel]

    async def story() -> None:
        sockets = venue.url.replace("http", "ws")
        client = SpotWSClient(callback=callback, rest_url=venue.url, ws_url=sockets, auth_ws_url=sockets)
        await client.start()
        try:
            for channel in ("ticker", "book", "trade", "ohlc"):
                await client.subscribe({"channel": channel, "symbol": ["ETH/EUR"]})
            await client.subscribe({"channel": "instrument"})
            await until(lambda: all(of(channel) for channel in ("ticker", "book", "ohlc", "instrument", "status")))
            await soon(lambda: market.trade("2005"))
            await until(lambda: of("trade") and len(of("book")) > 2 and len(of("ticker")) > 1)
            await client.unsubscribe({"channel": "ticker", "symbol": ["ETH/EUR"]})
            await until(lambda: any(message.get("method") == "unsubscribe" for message in heard))
            await until(lambda: of("heartbeat"))
        finally:
            await client.close()
        assert not client.exception_occur
        assert [message["type"] for message in of("book")[:3]] == ["snapshot", "update", "update"]
        assert [row["price"] for row in of("trade")[-1]["data"]] == [2005]

    run(story)


def test_python_kraken_sdk_keeps_a_book_whose_sums_are_right(
    venue: Venue, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes no addresses, but has them as attributes, and its REST client another one."""
    monkeypatch.setattr(kraken.spot.Market, "URL", venue.url)
    updates: list[dict[str, Any]] = []

    class Book(SpotOrderBookClient):
        WS_URL = venue.url.replace("http", "ws")

        async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:
            assert pair == "ETH/EUR"
            updates.append(message)

    async def story() -> None:
        client = Book(depth=25)
        await client.start()
        try:
            await client.add_book(pairs=["ETH/EUR"])
            await until(lambda: updates)
            await soon(lambda: market.trade("2005"))
            await soon(lambda: market.rest("buy", "1995.5", "2"))
            await until(lambda: len(updates) > 3)
            book = client.get("ETH/EUR")
            assert book is not None
            assert book["valid"]
            assert list(book["bid"])[:2] == ["1995.50", "1990.00"]
            assert not any("error" in message for message in updates)
            await client.remove_book(pairs=["ETH/EUR"])
            await until(lambda: client.get("ETH/EUR") is None)
        finally:
            await client.close()
        assert not client.exception_occur

    run(story)


@pytest.mark.usefixtures("market")
def test_python_kraken_sdk_follows_its_orders_funds_and_a_whole_book(venue: Venue) -> None:
    keys, heard = venue.account(ETH="10", EUR="10000"), list[dict[str, Any]]()

    async def callback(message: dict[str, Any]) -> None:
        heard.append(message)

    def rows(channel: str) -> list[dict[str, Any]]:
        return [row for message in heard if message.get("channel") == channel for row in message["data"]]

    async def story() -> None:
        sockets = venue.url.replace("http", "ws")
        client = SpotWSClient(
            keys.key, keys.secret, callback, rest_url=venue.url, ws_url=sockets, auth_ws_url=sockets, no_public=True
        )
        await client.start()
        try:
            await client.subscribe({"channel": "executions", "snap_trades": True, "ratecounter": True})
            await client.subscribe({"channel": "balances"})
            await client.subscribe({"channel": "level3", "symbol": ["ETH/EUR"]})
            await until(lambda: rows("level3") and rows("balances"))
            order = {"order_type": "limit", "side": "buy", "symbol": "ETH/EUR", "order_qty": 0.5, "limit_price": 2010.0}
            await client.send_message({"method": "add_order", "params": order})
            await until(lambda: any(row["exec_type"] == "filled" for row in rows("executions")))
            await until(lambda: [row for row in rows("balances") if row.get("type") == "trade"][1:])
            await until(lambda: [row for row in rows("level3")[1:] if row["asks"]])
        finally:
            await client.close()
        assert not client.exception_occur
        paid, got = (row for row in rows("balances") if row.get("type") == "trade")
        assert (paid["asset"], paid["amount"], got["asset"], got["amount"]) == ("EUR", -1005, "ETH", 0.5)
        assert rows("level3")[1]["asks"][0]["event"] == "modify"

    run(story)


@pytest.mark.usefixtures("market")
def test_ccxt_watches_its_balance(venue: Venue) -> None:
    keys = venue.account(ETH="10", EUR="10000")

    async def story() -> None:
        async with pro(venue, keys) as exchange:

            async def watch() -> dict[str, float]:
                return dict((await exchange.watch_balance())["total"])

            assert await watch() == {"ETH": 10, "EUR": 10000}
            await exchange.create_order("ETH/EUR", "limit", "buy", 0.5, 2010)
            balance = await watch()
            while balance["ETH"] == 10:
                balance = await watch()
            assert balance["ETH"] == 10.5

    run(story)


@pytest.mark.usefixtures("market")
def test_ccxt_watches_orders_and_fills_of_its_own(venue: Venue) -> None:
    keys = venue.account(ETH="10", EUR="10000")

    async def story() -> None:
        async with pro(venue, keys) as exchange:
            orders = asyncio.ensure_future(exchange.watch_orders())
            await asyncio.sleep(0.5)  # its subscription is on its way, and it does not say when it is granted
            placed = await exchange.create_order("ETH/EUR", "limit", "buy", 0.5, 2010)
            (order, *_) = await orders
            assert order["id"] == placed["id"]
            resting = await exchange.create_order_ws("ETH/EUR", "limit", "buy", 0.5, 1900)
            await exchange.cancel_order_ws(resting["id"])
            assert (await exchange.fetch_order(resting["id"]))["status"] == "canceled"
        async with pro(venue, venue.key(keys.account)) as exchange:
            (fill, *_) = await exchange.watch_my_trades()
            assert (fill["order"], fill["price"], fill["amount"]) == (placed["id"], 2010, 0.5)
            assert fill["fee"]["currency"] == "EUR"

    run(story)
