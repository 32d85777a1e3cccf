"""Markets as those who follow them know them: what is stored of each, kept up fact by fact.

A part of a view begins with the live state, which is ahead of what is stored: it is as of a fact, and takes those
behind that one. What changed since the last frame is remembered until the frame is cut.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from seatrial.core import facts
from seatrial.core.candles import KEPT, Candle, DayStats
from seatrial.core.orders import Side, Trade
from seatrial.core.state import State

_BUY: Final = Side.BUY

SECOND_NS: Final = 10**9

ADD: Final = "add"
MODIFY: Final = "modify"
DELETE: Final = "delete"


class Levels:
    """One side of a book: lots by price. Prices are kept so that the best one is last, as keys that rise to it."""

    __slots__ = ("_sign", "before", "keys", "lots")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self.keys: list[int] = []
        self.lots: dict[int, int] = {}
        self.before: dict[int, int] = {}
        """What the levels that changed since the last frame had then."""

    def change(self, price_ticks: int, by_lots: int) -> None:
        """There is so much more at a price."""
        key, lots = price_ticks * self._sign, self.lots
        had = lots.get(key, 0)
        self.before.setdefault(key, had)
        if had + by_lots:
            lots[key] = had + by_lots
            if not had:
                insort(self.keys, key)
        elif had:
            del lots[key], self.keys[bisect_left(self.keys, key)]

    def best(self, count: int) -> Iterator[tuple[int, int]]:
        """Price and lots of the best levels, the best one first."""
        return ((abs(key), self.lots[key]) for key in reversed(self.keys[-count:]))

    def edge(self, depth: int) -> int | None:
        """The key of the last level of that many; None where there are fewer."""
        return self.keys[-depth] if len(self.keys) >= depth else None

    def changes(self, depth: int, edge_before: int | None) -> Iterator[tuple[int, int]]:
        """What someone who knows the best levels of before must be told to know those of now.

        Nothing is said of a level that better ones push out; what comes back into sight is said again.
        """
        edge, lots = self.edge(depth), self.lots
        for key, had in self.before.items():
            has = lots.get(key, 0)
            was_seen = had and (edge_before is None or key >= edge_before)
            is_seen = has and (edge is None or key >= edge)
            if (is_seen and not (was_seen and has == had)) or (was_seen and not has):
                yield abs(key), has
        if edge_before is not None and (edge is None or edge < edge_before):
            first = 0 if edge is None else len(self.keys) - depth
            for key in reversed(self.keys[first : bisect_left(self.keys, edge_before)]):
                if key not in self.before:
                    yield abs(key), lots[key]


class _Order:
    """What is left of an order."""

    __slots__ = ("lots", "price_ticks", "rests", "side")

    def __init__(self, side: Side, price_ticks: int, lots: int, *, rests: bool) -> None:
        self.side = side
        self.price_ticks = price_ticks
        self.lots = lots
        self.rests = rests


class Queued(Struct, frozen=True, gc=False):
    """An order in its queue."""

    order_id: int
    price_ticks: int
    lots: int
    touched_ns: int
    """When it came to rest, filled or got smaller."""


Event = tuple[str, int, Queued]
"""What happened to an order, and the key of its price."""


class Queues:
    """One side of a book, order by order. Keys as in `Levels`."""

    __slots__ = ("_digits", "_sign", "_where", "events", "keys", "orders")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self.keys: list[int] = []
        self.orders: dict[int, dict[int, Queued]] = {}
        self.events: list[Event] = []
        """Those since the last frame."""
        self._where: dict[int, int] = {}
        """The keys of orders."""
        self._digits: dict[int, str] = {}
        """What levels add to a checksum, of those that were asked for and have not changed since."""

    def stand(self, order_id: int, price_ticks: int, lots: int, at_ns: int) -> None:
        """An order now has so much left, in its place or at the end of the queue; none: it is gone."""
        key = self._where.get(order_id)
        if key is None:
            if lots:
                self.put(order_id, price_ticks, lots, at_ns)
            return
        queue = self.orders[key]
        known = queue[order_id]
        self._digits.pop(key, None)
        if lots:
            queue[order_id] = Queued(order_id, known.price_ticks, lots, at_ns)
            self.events.append((MODIFY, key, queue[order_id]))
            return
        del queue[order_id], self._where[order_id]
        if not queue:
            del self.orders[key], self.keys[bisect_left(self.keys, key)]
        self.events.append((DELETE, key, Queued(order_id, known.price_ticks, known.lots, at_ns)))

    def put(self, order_id: int, price_ticks: int, lots: int, at_ns: int) -> None:
        """An order joins the end of its queue."""
        key = self._where[order_id] = price_ticks * self._sign
        if key not in self.orders:
            self.orders[key] = {}
            insort(self.keys, key)
        self.orders[key][order_id] = queued = Queued(order_id, price_ticks, lots, at_ns)
        self._digits.pop(key, None)
        self.events.append((ADD, key, queued))

    def best(self, count: int) -> Iterator[Queued]:
        """The orders of the best levels, the best one first."""
        return (queued for key in reversed(self.keys[-count:]) for queued in self.orders[key].values())

    def digits(self, count: int) -> str:
        """Prices and lots of those orders, as a checksum takes them."""
        known = self._digits
        for key in self.keys[-count:]:
            if key not in known:
                known[key] = "".join(f"{queued.price_ticks}{queued.lots}" for queued in self.orders[key].values())
        return "".join(known[key] for key in reversed(self.keys[-count:]))

    def edge(self, depth: int) -> int | None:
        """As in `Levels`."""
        return self.keys[-depth] if len(self.keys) >= depth else None

    def changes(self, depth: int, edge_before: int | None) -> Iterator[tuple[str, Queued]]:
        """What someone who knows the orders of the best levels of before must be told to know those of now.

        What came into sight is said whole, behind what happened to what was in sight and still is.
        """
        edge = self.edge(depth)
        for event, key, queued in self.events:
            if (edge_before is None or key >= edge_before) and (edge is None or key >= edge):
                yield event, queued
        if edge_before is not None and (edge is None or edge < edge_before):
            first = 0 if edge is None else len(self.keys) - depth
            for key in reversed(self.keys[first : bisect_left(self.keys, edge_before)]):
                for queued in self.orders[key].values():
                    yield ADD, queued


class BookPart:
    """The levels of a market."""

    def __init__(self, state: State, symbol: str) -> None:
        self.place = state.last_fact
        self.bids, self.asks = Levels(1), Levels(-1)
        self._orders: dict[int, _Order] = {}
        for account in state.accounts.values():
            for number, order in account.in_market.get(symbol, {}).items():
                known = _Order(order.side, order.price_ticks, order.open_lots, rests=bool(order.queue))
                self._orders[number] = known
                if known.rests:
                    self._change(known, known.lots)
        self.settle()

    def take(self, fact: facts.AnyFact) -> None:
        """One more thing happened in the market."""
        match fact:
            case facts.OrderAccepted():
                terms = fact.terms
                self._orders[fact.order_id] = _Order(terms.side, fact.price_ticks, terms.qty_lots, rests=False)
            case facts.OrderStarted():
                self._orders[fact.order_id].price_ticks = fact.price_ticks
            case facts.OrderRested():
                order = self._orders[fact.order_id]
                order.rests = True
                self._change(order, order.lots)
            case facts.OrderDecreased() | facts.HouseOrderFilled():
                self._lessen(fact.order_id, fact.lots)
            case facts.Traded():
                self._lessen(fact.maker.order_id, fact.maker.qty_lots)
                self._lessen(fact.taker.order_id, fact.taker.qty_lots)
            case facts.OrderAmended():
                self._amend(fact)
            case facts.OrderEnded():
                order = self._orders.pop(fact.order_id)
                if order.rests:
                    self._change(order, -order.lots)
            case _:
                pass

    def settle(self) -> None:
        """What changed was told."""
        self.bids.before.clear()
        self.asks.before.clear()

    def _amend(self, fact: facts.OrderAmended) -> None:
        order = self._orders[fact.order_id]
        if order.rests:
            self._change(order, -order.lots)
        order.price_ticks, order.lots = fact.amend.price_ticks, fact.amend.remaining_lots
        order.rests = order.rests and fact.keeps_place
        if order.rests:
            self._change(order, order.lots)

    def _lessen(self, order_id: int, lots: int) -> None:
        order = self._orders[order_id]
        order.lots -= lots
        if order.rests:
            self._change(order, -lots)

    def _change(self, order: _Order, by_lots: int) -> None:
        if by_lots:
            (self.bids if order.side is _BUY else self.asks).change(order.price_ticks, by_lots)


class QueuePart(BookPart):
    """The orders of a market as they stand in their queues."""

    def __init__(self, state: State, symbol: str) -> None:
        self.queues = {Side.BUY: Queues(1), Side.SELL: Queues(-1)}
        super().__init__(state, symbol)
        book = state.markets[symbol].book
        for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
            for level in levels.levels():
                for order in level.orders.values():
                    self.queues[side].put(order.order_id, order.price_ticks, order.open_lots, order.touched_ns)
        self.settle()

    def take(self, fact: facts.AnyFact) -> None:
        """One more thing happened in the market."""
        if isinstance(fact, facts.Traded):
            concerned: tuple[int, ...] = fact.maker.order_id, fact.taker.order_id
        else:
            concerned = (fact.order_id,) if isinstance(fact, facts.OrderFact) else ()
        known = [self._orders.get(order_id) for order_id in concerned]
        super().take(fact)
        for order_id, before in zip(concerned, known, strict=True):
            order = self._orders.get(order_id, before)
            if order is not None:
                is_gone = order_id not in self._orders or not order.rests or not order.lots
                self.queues[order.side].stand(order_id, order.price_ticks, 0 if is_gone else order.lots, fact.at_ns)

    def settle(self) -> None:
        """What changed was told."""
        super().settle()
        for queues in self.queues.values():
            queues.events.clear()


class StatsPart:
    """What the trades of a day come to."""

    def __init__(self, state: State, symbol: str) -> None:
        self.place = state.last_fact
        self.stats: DayStats = state.markets[symbol].stats.copy()

    def add(self, trade: Trade) -> None:
        """One more trade."""
        price, lots = trade.price_ticks, trade.qty_lots
        self.stats.last = trade
        self.stats.add(Candle(trade.at_ns // SECOND_NS, price, price, price, price, lots, price * lots, 1))


class CandlesPart:
    """The candles of one length."""

    def __init__(self, state: State, symbol: str, minutes: int) -> None:
        self.place = state.last_fact
        self._length_s = minutes * 60
        found = state.markets[symbol].candles.of(minutes)[-KEPT:]
        self.rows: deque[Candle] = deque((row.copy() for row in found), maxlen=KEPT)
        self.touched: list[Candle] = []
        """Those that changed since the last frame."""

    def add(self, trade: Trade) -> None:
        """One more trade."""
        price, lots, rows = trade.price_ticks, trade.qty_lots, self.rows
        at_s = trade.at_ns // SECOND_NS
        second = Candle(at_s - at_s % self._length_s, price, price, price, price, lots, price * lots, 1)
        if rows and rows[-1].start_s == second.start_s:
            rows[-1].fold(second)
        else:
            rows.append(second)
        if not self.touched or self.touched[-1] is not rows[-1]:
            self.touched.append(rows[-1])


class MarketView:
    """One market that somebody follows, in the parts that he asked for."""

    def __init__(self, state: State, symbol: str) -> None:
        self.market = state.markets[symbol].market
        self.book: BookPart | None = None
        self.queue: QueuePart | None = None
        self.stats: StatsPart | None = None
        self.candles: dict[int, CandlesPart] = {}
        self.at_ns = state.now_ns
        """When something last happened in it."""
        self.place = state.last_fact
        self.taken = 0
        """The last fact that any part of it took."""
        self.trades: list[Trade] = []
        """Those since the last frame."""

    def needs_book(self, state: State) -> BookPart:
        """Its levels are followed from now on."""
        if self.book is None:
            self.book = BookPart(state, self.market.symbol)
        return self.book

    def needs_queue(self, state: State) -> QueuePart:
        """Its orders are followed from now on."""
        if self.queue is None:
            self.queue = QueuePart(state, self.market.symbol)
        return self.queue

    def needs_stats(self, state: State) -> StatsPart:
        """Its day is followed from now on."""
        if self.stats is None:
            self.stats = StatsPart(state, self.market.symbol)
        return self.stats

    def needs_candles(self, state: State, minutes: int) -> CandlesPart:
        """Its candles of that length are followed from now on."""
        if minutes not in self.candles:
            self.candles[minutes] = CandlesPart(state, self.market.symbol, minutes)
        return self.candles[minutes]

    def take(self, number: int, fact: facts.AnyFact) -> None:
        """One more thing happened in it, and is stored."""
        self.taken = number
        if self.book is not None and number > self.book.place:
            self.book.take(fact)
        if self.queue is not None and number > self.queue.place:
            self.queue.take(fact)
        if number <= self.place:
            return
        self.at_ns = fact.at_ns
        if isinstance(fact, facts.Traded | facts.TradePrinted):
            self._trade(number, fact.trade)

    def settle(self) -> None:
        """What changed was told."""
        self.trades = []
        if self.book is not None:
            self.book.settle()
        if self.queue is not None:
            self.queue.settle()
        for part in self.candles.values():
            part.touched = []

    def _trade(self, number: int, trade: Trade) -> None:
        self.at_ns = trade.at_ns
        self.trades.append(trade)
        if self.stats is not None and number > self.stats.place:
            self.stats.add(trade)
        for part in self.candles.values():
            if number > part.place:
                part.add(trade)
