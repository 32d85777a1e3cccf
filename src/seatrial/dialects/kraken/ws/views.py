"""Markets as those who follow them know them: what is stored of each, kept up fact by fact.

A part of a view begins with the live state, which is ahead of what is stored: it is as of a fact, and takes those
behind that one. What changed since the last frame is remembered until the frame is cut.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from typing import Final

from seatrial.core import facts
from seatrial.core.candles import KEPT, Candle, DayStats
from seatrial.core.orders import Side, Trade
from seatrial.core.state import State

_BUY: Final = Side.BUY

SECOND_NS: Final = 10**9


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
        self.stats: StatsPart | None = None
        self.candles: dict[int, CandlesPart] = {}
        self.at_ns = state.now_ns
        """When something last happened in it."""
        self.place = state.last_fact
        self.trades: list[Trade] = []
        """Those since the last frame."""

    def needs_book(self, state: State) -> BookPart:
        """Its levels are followed from now on."""
        if self.book is None:
            self.book = BookPart(state, self.market.symbol)
        return self.book

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
        if self.book is not None and number > self.book.place:
            self.book.take(fact)
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
