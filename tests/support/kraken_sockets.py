"""The other side of Kraken's WebSocket without a socket: what was sent, and what clients make of it."""

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.core.changes import Changes
from seatrial.core.commands import IssueKey, IssueToken
from seatrial.core.machine import Machine
from seatrial.core.queries import FillPage, Page, Query, TradePage
from seatrial.dialects.kraken.context import Tools
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.limits import Limits
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kraken.ws.feed import KrakenFeed
from seatrial.dialects.wire import Call
from tests.support.kraken_exchange import Exchange, Trader
from tests.support.kraken_exchange import symbols as all_symbols

if TYPE_CHECKING:
    from seatrial.core.orders import Fill, Trade

_exact = msgspec.json.Decoder(float_hook=str)


class Talk:
    """One conversation."""

    def __init__(self, feed: KrakenFeed, path: str = "/v2", host: str = "localhost:8790") -> None:
        self.frames: list[bytes] = []
        self.closed: int | None = None
        self.session = feed.open(Call("GET", path, b"", {b"host": host.encode()}, b"", "127.0.0.1"), self)
        self._feed = feed
        self._at_ns = 0

    def send(self, frame: bytes) -> None:
        """The venue says something."""
        assert self.closed is None
        self.frames.append(frame)

    def close(self, code: int) -> None:
        """The venue has enough."""
        self.closed = code

    def say(self, message: object, at_ns: int = 0) -> list[Any]:
        """Say something; what comes back at once."""
        return [msgspec.json.decode(frame) for frame in self.say_raw(msgspec.json.encode(message), at_ns)]

    def say_raw(self, message: bytes, at_ns: int = 0) -> list[bytes]:
        """Say any bytes; what comes back at once."""
        before = len(self.frames)
        self.session.receive(message, at_ns)
        return self.frames[before:]

    def subscribe(self, channel: str, *symbols: str, **options: Any) -> list[Any]:
        """Subscribe; what comes back at once."""
        params = {"channel": channel, **({"symbol": symbols} if symbols else {}), **options}
        return self.say({"method": "subscribe", "params": params})

    def heard(self, channel: str) -> list[Any]:
        """All frames of a channel, with numbers as they were written."""
        read = (_exact.decode(frame) for frame in self.frames)
        return [frame for frame in read if frame.get("channel") == channel]


class Stored:
    """A world whose feed is told what is committed."""

    def __init__(self, machine: Machine, symbols: Symbols, tools: Tools | None = None) -> None:
        self.machine = machine
        self.trades: list[Trade] = []
        self.fills: list[Fill] = []
        tools = tools or Tools(symbols, Ids(machine.state.seed), Limits(), {})
        self.feed = KrakenFeed(machine, tools, self._find)
        self._look_ups: list[tuple[TradePage | FillPage, Callable[[Any], None]]] = []
        self.commit()
        self.feed.begin(machine.state.last_fact)

    def commit(self) -> Changes:
        """What happened is stored, and told."""
        changes = self.machine.take_changes()
        self.trades += changes.trades
        self.fills += changes.fills
        if changes.recorded is not None and self.feed.is_followed:
            self.feed.publish(changes.recorded)
        self.look_up()
        return changes

    def look_up(self) -> None:
        """What was asked of the store is answered."""
        asked, self._look_ups = self._look_ups, []
        for page, tell in asked:
            if isinstance(page, TradePage):
                tell([trade for trade in self.trades if trade.market == page.market][-page.limit :])
            else:
                fills = [fill for fill in self.fills if fill.account_id == page.account_id]
                tell(Page(fills[: -page.limit - 1 : -1], len(fills)))

    def _find(self, query: Query, found: Callable[[Any], None], _lost: Callable[[], None]) -> None:
        assert isinstance(query, TradePage | FillPage)
        self._look_ups.append((query, found))


class RebuiltBook:
    """A book as clients keep it: by frames alone, cut to its depth, its checksum compared after every frame."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.has_begun = False

    def take(self, frame: dict[str, Any]) -> None:
        """One more frame of it."""
        (row,) = frame["data"]
        if frame["type"] == "snapshot":
            assert not self.has_begun
            self.has_begun = True
        assert self.has_begun, "an update before the snapshot"
        for side, levels in ((self.bids, row["bids"]), (self.asks, row["asks"])):
            for level in levels:
                side.pop(level["price"], None)
                if float(level["qty"]):
                    side[level["price"]] = level["qty"]
        self.bids, self.asks = dict(self.best_bids), dict(self.best_asks)
        assert row["checksum"] == self.checksum()

    @property
    def best_bids(self) -> list[tuple[str, str]]:
        """The best ones first."""
        return sorted(self.bids.items(), key=lambda level: -float(level[0]))[: self.depth]

    @property
    def best_asks(self) -> list[tuple[str, str]]:
        """The best ones first."""
        return sorted(self.asks.items(), key=lambda level: float(level[0]))[: self.depth]

    def checksum(self) -> int:
        """Of the texts as they came. Source: kraken-websocket#checksum."""
        levels = self.best_asks[:10] + self.best_bids[:10]
        digits = (text.replace(".", "").lstrip("0") for level in levels for text in level)
        return zlib.crc32("".join(digits).encode())


class RebuiltOrders:
    """A book order by order as clients keep it: an order that comes joins the end of the queue at its price."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self.sides: dict[str, dict[str, dict[str, tuple[str, str]]]] = {"bids": {}, "asks": {}}
        """By side and price: quantity and time of each order, the oldest first."""
        self._has_begun = False

    def take(self, frame: dict[str, Any]) -> None:
        """One more frame of it."""
        (row,) = frame["data"]
        assert self._has_begun == (frame["type"] == "update")
        self._has_begun = True
        for name, levels in self.sides.items():
            for order in row[name]:
                self._take_order(levels, order)
            if len(levels) > self._depth:
                self.sides[name] = dict(self._best(name))
        assert row["checksum"] == self._checksum()

    @property
    def orders(self) -> dict[str, list[tuple[str, str, str, str]]]:
        """Price, quantity, id and time of all orders, the best first."""
        return {
            name: [(price, qty, order, at) for price, queue in self._best(name) for order, (qty, at) in queue.items()]
            for name in self.sides
        }

    def _take_order(self, levels: dict[str, dict[str, tuple[str, str]]], order: dict[str, Any]) -> None:
        price, order_id, event = order["limit_price"], order["order_id"], order.get("event", "add")
        queue = levels.setdefault(price, {})
        assert (order_id in queue) == (event != "add"), (event, order)
        if event == "delete":
            assert queue.pop(order_id)[0] == order["order_qty"]
            if not queue:
                del levels[price]
        else:
            queue[order_id] = order["order_qty"], order["timestamp"]

    def _best(self, name: str) -> list[tuple[str, dict[str, tuple[str, str]]]]:
        sign = -1 if name == "bids" else 1
        return sorted(self.sides[name].items(), key=lambda level: sign * float(level[0]))[: self._depth]

    def _checksum(self) -> int:
        """Source: kraken-websocket#checksum."""
        levels = self._best("asks")[:10] + self._best("bids")[:10]
        texts = (text for price, queue in levels for qty, _ in queue.values() for text in (price, qty))
        return zlib.crc32("".join(text.replace(".", "").lstrip("0") for text in texts).encode())


def open_feed(machine: Machine, account_id: int) -> str:
    """A token for all that is told of an account, issued at once."""
    permissions = frozenset({"query-open-trades", "query-funds"})
    machine.apply(IssueKey(account_id, "feed", f"feed {account_id}", "secret", permissions), machine.state.now_ns)
    key_id = machine.state.keys[f"feed {account_id}"].key_id
    machine.apply(IssueToken(account_id, key_id, 10**18), machine.state.now_ns)
    return Ids(machine.state.seed).ws_token(machine.state.counters.token_id)


def token(trader: Trader) -> str:
    """What opens a trader's private channels."""
    text: str = trader.result("GetWebSocketsToken")["token"]
    return text


class SocketVenue(Exchange):
    """A world with two traders and a feed."""

    def __init__(self) -> None:
        super().__init__()
        self.buyer, self.seller = self.two_rich_traders()
        self.stored = Stored(self.machine, all_symbols(), self.kraken._tools)

    def commit(self) -> None:
        """As the exchange does, and the feed is told."""
        if not hasattr(self, "stored"):
            super().commit()
            return
        changes = self.stored.commit()
        self.orders.update(changes.orders)
        self.store.commit(self.store.batch(changes, self.machine.state, ""))

    def following(self, trader: Trader, channel: str, *symbols: str, **options: Any) -> Talk:
        """A conversation that follows a channel with a trader's token; the acknowledgement is read."""
        talk = self.talk()
        told = talk.subscribe(channel, *symbols, token=token(trader), **options)
        assert told[0]["success"], told
        return talk

    def talk(self, path: str = "/v2", host: str = "localhost") -> Talk:
        """A conversation, its status read."""
        talk = Talk(self.stored.feed, path, host)
        (status,) = talk.heard("status")
        assert status["data"][0]["system"] == "online"
        talk.frames.clear()
        return talk
