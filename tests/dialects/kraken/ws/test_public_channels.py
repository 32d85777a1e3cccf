"""What is told of markets: whoever reads nothing but frames has the same books, trades and candles as the machine."""

from collections.abc import Callable
from itertools import islice
from random import Random
from typing import Any

import pytest

from seatrial.core.book import BookSide
from seatrial.core.commands import CancelOrders, Command, PlaceOrder
from seatrial.core.markets import Market
from seatrial.core.money import format_units
from seatrial.core.orders import OrderKind, Side
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.rest.market_data import depth as depth_over_rest
from seatrial.dialects.kraken.rest.order_book import level3 as level3_over_rest
from seatrial.dialects.kraken.ws.channels import DEPTHS, ORDER_DEPTHS
from seatrial.dialects.kraken.ws.frames import nanos
from seatrial.dialects.kraken.ws.topics import checksum
from seatrial.dialects.kraken.ws.views import Levels
from tests.support.any_commands import OPENING, PRICES, any_journal, markets, new_machine
from tests.support.houses import any_of_a_house, of_a_house
from tests.support.kraken_exchange import symbols
from tests.support.kraken_sockets import RebuiltBook, RebuiltOrders, Stored, Talk, open_feed

MARKETS = ("BTC/USD", "PEPE/USD")
VECTOR_ASKS = (
    ("45285.2", "0.00100000"), ("45286.4", "1.54571953"), ("45286.6", "1.54571109"), ("45289.6", "1.54560911"),
    ("45290.2", "0.15890660"), ("45291.8", "1.54553491"), ("45294.7", "0.04454749"), ("45296.1", "0.35380000"),
    ("45297.5", "0.09945542"), ("45299.5", "0.18772827"),
)  # fmt: skip
VECTOR_BIDS = (
    ("45283.5", "0.10000000"), ("45283.4", "1.54582015"), ("45282.1", "0.10000000"), ("45281.0", "0.10000000"),
    ("45280.3", "1.54592586"), ("45279.0", "0.07990000"), ("45277.6", "0.03310103"), ("45277.5", "0.30000000"),
    ("45277.3", "1.54602737"), ("45276.6", "0.15445238"),
)  # fmt: skip


class Client:
    """Has a connection for each depth of a book, since frames do not say it, and one for the rest."""

    def __init__(self, world: Stored, token: str, order_depths: tuple[int, ...]) -> None:
        self.by_orders = {depth: Talk(world.feed) for depth in order_depths}
        for depth, talk in self.by_orders.items():
            talk.subscribe("level3", *MARKETS, depth=depth, token=token)
        self.by_depth = {depth: Talk(world.feed) for depth in DEPTHS}
        for depth, talk in self.by_depth.items():
            talk.subscribe("book", *MARKETS, depth=depth)
        self.rest = Talk(world.feed)
        self.rest.subscribe("trade", *MARKETS, snapshot=True)
        self.rest.subscribe("ticker", *MARKETS, event_trigger="bbo")
        self.rest.subscribe("ohlc", *MARKETS, interval=5)

    def leave(self) -> None:
        """All of its connections are gone."""
        for talk in (self.rest, *self.by_depth.values(), *self.by_orders.values()):
            talk.session.leave()


class Watched:
    """A world, and clients who rebuild what they are told."""

    def __init__(self) -> None:
        machine = new_machine()
        for command in (*OPENING, *of_a_house()):
            machine.apply(command, machine.state.now_ns)
        self.token = open_feed(machine, 1)
        self.world = Stored(machine, symbols())
        self.clients: list[Client] = []

    def join(self) -> None:
        """One more client, in the middle of what is not stored yet."""
        depths = ORDER_DEPTHS if not self.clients else ORDER_DEPTHS[:1]
        self.clients.append(Client(self.world, self.token, depths))

    def deepest(self) -> int:
        """How many levels the longest side has."""
        books = (self.world.machine.state.markets[symbol].book for symbol in MARKETS)
        return max(sum(1 for _ in side.levels()) for book in books for side in (book.bids, book.asks))

    def check(self) -> None:
        """All of them see what is stored, which is all."""
        for client in self.clients:
            for symbol in MARKETS:
                for depth, talk in client.by_depth.items():
                    self._check_book(talk, symbol, depth)
                for depth, talk in client.by_orders.items():
                    self._check_orders(talk, symbol, depth)
                self._check_trades(client.rest, symbol)
                self._check_candles(client.rest, symbol)
                self._check_best(client.rest, symbol)

    def _check_book(self, talk: Talk, symbol: str, depth: int) -> None:
        rebuilt = RebuiltBook(depth)
        for frame in _of(talk, "book", symbol):
            rebuilt.take(frame)
        ms = self.world.machine.state.markets[symbol]
        assert rebuilt.best_bids == _levels(ms.market, ms.book.bids, depth)
        assert rebuilt.best_asks == _levels(ms.market, ms.book.asks, depth)
        shown = self._over_rest(depth_over_rest, pair=symbol, count=str(min(depth, 500)))[symbol]
        for side, levels in (("bids", rebuilt.best_bids), ("asks", rebuilt.best_asks)):
            assert [float(price) for price, _, _ in shown[side]] == [float(price) for price, _ in levels[:500]]

    def _check_orders(self, talk: Talk, symbol: str, depth: int) -> None:
        rebuilt = RebuiltOrders(depth)
        for frame in _of(talk, "level3", symbol):
            rebuilt.take(frame)
        shown = self._over_rest(level3_over_rest, pair=symbol, depth=str(depth))
        for side, orders in rebuilt.orders.items():
            assert [(float(price), qty, order, at) for price, qty, order, at in orders] == [
                (float(row.price), row.qty, row.order_id, nanos(row.timestamp)) for row in shown[side]
            ]

    def _over_rest(self, handle: Callable[[Any, Params], Any], **params: str) -> Any:
        machine = self.world.machine
        account = machine.state.accounts[1]
        key = machine.state.keys["feed 1"]
        now_ns = machine.state.now_ns
        return handle(Context(machine, self.world.feed.tools, now_ns, key, account, now_ns), Params(params))

    def _check_trades(self, talk: Talk, symbol: str) -> None:
        told = [row["trade_id"] for frame in _of(talk, "trade", symbol) for row in frame["data"]]
        last = self.world.machine.state.markets[symbol].trade_id
        assert told == list(range(last - len(told) + 1, last + 1))

    def _check_candles(self, talk: Talk, symbol: str) -> None:
        rows: dict[str, Any] = {}
        for frame in _of(talk, "ohlc", symbol):
            rows |= {row["interval_begin"]: row for row in frame["data"]}
        ms = self.world.machine.state.markets[symbol]
        theirs = ms.candles.of(5)
        assert [(row["close"], row["volume"], row["trades"]) for row in rows.values()][-50:] == [
            (format_units(row.close_ticks, ms.market.price_scale), format_units(row.volume_lots, ms.market.lot_scale),
             row.count)
            for row in theirs
        ][-50:]  # fmt: skip

    def _check_best(self, talk: Talk, symbol: str) -> None:
        last = _of(talk, "ticker", symbol)[-1]["data"][0]
        ms = self.world.machine.state.markets[symbol]
        for side, name in ((ms.book.bids, "bid"), (ms.book.asks, "ask")):
            best = next(iter(_levels(ms.market, side, 1)), (format_units(0, ms.market.price_scale), None))
            assert last[name] == best[0]


def _of(talk: Talk, channel: str, symbol: str) -> list[Any]:
    frames = talk.heard(channel)
    found = [frame for frame in frames if frame["data"] and frame["data"][0]["symbol"] == symbol]
    return found or [frame for frame in frames if not frame["data"]][:1]


def _levels(market: Market, side: BookSide, count: int) -> list[tuple[str, str]]:
    return [
        (format_units(level.price_ticks, market.price_scale), format_units(level.qty_lots, market.lot_scale))
        for level in islice(side.levels(), count)
    ]


def _journal(seed: int, luck: Random, length: int = 250) -> list[tuple[Command, int]]:
    journal = []
    for one in any_journal(seed, length, MARKETS):
        journal.append(one)
        if luck.random() < 0.3:
            journal.append((any_of_a_house(luck), 10**6))
        journal += ((_deep(luck), 0) for _ in range(luck.randint(0, 3)))
    return journal


def _deep(luck: Random) -> Command:
    """Somebody makes the book deeper than what is shown of it, or takes levels away."""
    if luck.random() < 0.2:
        return CancelOrders(1, tuple(luck.randint(1, 400) for _ in range(5)))
    symbol, side = luck.choice(MARKETS), luck.choice((Side.BUY, Side.SELL))
    offset = luck.randint(4, 60) * (-1 if side is Side.BUY else 1)
    lots = 2 * markets()[symbol].min_qty_lots
    return PlaceOrder(1, symbol, side, OrderKind.LIMIT, PRICES[symbol] + offset, lots)


@pytest.mark.parametrize("seed", range(6))
def test_who_reads_nothing_but_frames_has_the_same_books_trades_and_candles(seed: int) -> None:
    luck = Random(seed)  # noqa: S311  a test's luck
    watched = Watched()
    watched.join()
    deepest = 0
    for command, gap_ns in _journal(seed, luck):
        deepest = max(deepest, watched.deepest())
        watched.world.machine.apply(command, watched.world.machine.state.now_ns + gap_ns)
        if luck.random() < 0.02:
            watched.join()
        if luck.random() < 0.3:
            watched.world.commit()
    watched.world.commit()
    watched.check()
    assert len(watched.clients) > 1
    assert deepest > DEPTHS[1], "the books were deeper than what was shown of them"


@pytest.mark.parametrize("seed", [1, 2])
def test_frames_are_cut_by_command_however_many_a_commit_holds(seed: int) -> None:
    def told(commits: float) -> list[bytes]:
        luck, odds = Random(seed), Random(seed + 100)  # noqa: S311  a test's luck
        watched = Watched()
        talk = Talk(watched.world.feed)
        for channel in ("book", "trade", "ticker", "ohlc"):
            talk.subscribe(channel, *MARKETS)
        for command, gap_ns in _journal(seed, luck, 120):
            watched.world.machine.apply(command, watched.world.machine.state.now_ns + gap_ns)
            if odds.random() < commits:
                watched.world.commit()
        watched.world.commit()
        return talk.frames

    assert told(1) == told(0.3) == told(0)


def test_a_book_is_summed_as_in_the_documents() -> None:
    bids, asks = Levels(1), Levels(-1)
    for side, levels in ((bids, VECTOR_BIDS), (asks, VECTOR_ASKS)):
        for price, qty in levels:
            side.change(int(price.replace(".", "")), int(qty.replace(".", "")))
    assert checksum(bids, asks) == 3310070434


def test_nothing_is_kept_of_what_nobody_follows() -> None:
    watched = Watched()
    watched.join()
    watched.clients[0].leave()
    feed = watched.world.feed
    assert not (feed._views)
    assert not (feed._topics)
    assert not (feed._of_market)
    assert not feed.is_followed
