"""Resting orders in price-time priority. Knows ticks and lots, never money."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from seatrial.core.orders import Order, SelfTrade, Side, TimeInForce

_BUY: Final = Side.BUY
_ALLOW: Final = SelfTrade.ALLOW
_FOK: Final = TimeInForce.FOK


class Level:
    """The orders that rest at one price, oldest first."""

    __slots__ = ("orders", "price_ticks", "qty_lots")

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks = price_ticks
        self.qty_lots = 0
        self.orders: dict[int, Order] = {}

    @property
    def touched_ns(self) -> int:
        """When an order here last came to rest or filled."""
        return max(order.touched_ns for order in self.orders.values())


class BookSide:
    """One side of a book. Prices are kept so that the best one is last: taking it away moves nothing."""

    __slots__ = ("_keys", "_levels", "_sign", "best_ticks", "changes")

    def __init__(self, side: Side) -> None:
        self.best_ticks: int | None = None
        """The best price, None when the side is empty."""
        self.changes = 0
        """How often anything changed here."""
        self._sign = 1 if side is Side.BUY else -1
        self._keys: list[int] = []
        self._levels: dict[int, Level] = {}

    def levels(self) -> Iterator[Level]:
        """All levels, best price first."""
        return (self._levels[key] for key in reversed(self._keys))

    def reachable(self, limit_ticks: int) -> Iterator[Level]:
        """The levels that an order with that limit could take, best first; 0 is no limit."""
        last = limit_ticks * self._sign
        for key in reversed(self._keys):
            if limit_ticks and key < last:
                return
            yield self._levels[key]

    def add(self, order: Order) -> None:
        """Put an order at the end of its level's queue."""
        key = order.price_ticks * self._sign
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = Level(order.price_ticks)
            insort(self._keys, key)
            self.best_ticks = self._keys[-1] * self._sign
        level.orders[order.order_id] = order
        level.qty_lots += order.qty_lots - order.filled_lots
        self.changes += 1

    def remove(self, order: Order) -> None:
        """Take a resting order away."""
        key = order.price_ticks * self._sign
        level = self._levels[key]
        del level.orders[order.order_id]
        level.qty_lots -= order.qty_lots - order.filled_lots
        self.changes += 1
        if not level.orders:
            self._drop(key)

    def fill(self, order: Order, qty_lots: int) -> None:
        """Take part of a resting order away; the caller has not counted it on the order yet."""
        key = order.price_ticks * self._sign
        level = self._levels[key]
        level.qty_lots -= qty_lots
        self.changes += 1
        if qty_lots == order.qty_lots - order.filled_lots:
            del level.orders[order.order_id]
            if not level.orders:
                self._drop(key)

    def _drop(self, key: int) -> None:
        del self._levels[key]
        if self._keys[-1] == key:
            self._keys.pop()
            self.best_ticks = self._keys[-1] * self._sign if self._keys else None
        else:
            del self._keys[bisect_left(self._keys, key)]


class Plan(Struct, gc=False):
    """What an arriving order would do: which resting orders it fills, and which orders of its owner give way."""

    unspent: int = 0
    """What an order that spends has left, in ticks * lots."""
    fills: list[tuple[Order, int]] = []
    evicted: list[Order] = []
    """The owner's own resting orders that are canceled."""
    decreased: list[tuple[Order, int]] = []
    """Those that get smaller, and by how much."""
    given_up: int = 0
    """By how much the arriving order gets smaller and goes on."""
    stopped_by_self: bool = False
    """Whether the rest of the arriving order is canceled because it met an order of the same owner."""
    qty_lots: int = 0
    exact: int = 0
    """Sum of price_ticks * lots."""
    spent: bool = False
    """Whether what is left affords not one more lot."""
    worthless: bool = False
    """Whether what is left after the last fill is dust."""


class Book:
    """Both sides of one market."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)

    @property
    def sequence(self) -> int:
        """How often anything changed in it."""
        return self.bids.changes + self.asks.changes

    def resume(self, sequence: int) -> None:
        """Count on from there."""
        self.bids.changes, self.asks.changes = sequence, 0

    def side(self, side: Side) -> BookSide:
        """Where orders of that side rest."""
        return self.bids if side is _BUY else self.asks

    def crosses(self, side: Side, limit_ticks: int) -> bool:
        """Whether an order with that limit would take liquidity at once."""
        if side is _BUY:
            best = self.asks.best_ticks
            return best is not None and best <= limit_ticks
        best = self.bids.best_ticks
        return best is not None and best >= limit_ticks

    def plan(self, order: Order, spend: int, dust: int) -> Plan:
        """What an arriving order would take, best price first and oldest first, changing nothing.

        `spend` is in ticks * lots and counts only for an order without a quantity: each fill takes as many whole
        lots as the rest of it affords. The rest of one with a quantity takes nothing more when at the price of its
        last fill it comes to no more than `dust`, in ticks * lots, too; one that must fill whole does.
        """
        plan = Plan(spend)
        fills, qty_lots, dust_lots = plan.fills, 0, 0
        wanted, rule = order.qty_lots, order.self_trade
        if not wanted or order.is_house or order.time_in_force is _FOK:
            dust = 0
        owner = 0 if order.is_house or rule is _ALLOW else order.account_id
        for level in (self.asks if order.side is _BUY else self.bids).reachable(order.price_ticks):
            price, before = level.price_ticks, qty_lots
            left = wanted - qty_lots - plan.given_up if wanted else plan.unspent // price
            for maker in level.orders.values():
                if left <= dust_lots:
                    break
                if maker.account_id == owner:
                    left -= _meet_own(plan, maker, rule, left)
                    if plan.stopped_by_self:
                        break
                    if plan.given_up:
                        dust_lots = dust // price
                    continue
                lots = min(left, maker.qty_lots - maker.filled_lots)
                left -= lots
                qty_lots += lots
                fills.append((maker, lots))
                dust_lots = dust // price
            plan.exact += price * (qty_lots - before)
            plan.unspent -= price * (qty_lots - before)
            if plan.stopped_by_self:
                break
            if left <= dust_lots:
                plan.spent, plan.worthless = not wanted, left > 0
                break
        plan.qty_lots = qty_lots
        return plan

    def reachable(self, side: Side, limit_ticks: int) -> Iterator[Level]:
        """The levels that an order with that limit could take, best first; 0 is no limit."""
        return (self.asks if side is _BUY else self.bids).reachable(limit_ticks)


def _meet_own(plan: Plan, maker: Order, rule: SelfTrade, left: int) -> int:
    """Apply the self-trade rule to a resting order of the same owner; by how much the arriving order shrinks."""
    if rule is SelfTrade.DECREASE:
        return _decrease_both(plan, maker, left)
    if rule is not SelfTrade.CANCEL_NEWEST:
        plan.evicted.append(maker)
    plan.stopped_by_self = rule is not SelfTrade.CANCEL_OLDEST
    return 0


def _decrease_both(plan: Plan, maker: Order, left: int) -> int:
    lots = min(left, maker.open_lots)
    if lots == maker.open_lots:
        plan.evicted.append(maker)
    else:
        plan.decreased.append((maker, lots))
    plan.stopped_by_self = lots == left
    if not plan.stopped_by_self:
        plan.given_up += lots
        plan.unspent -= maker.price_ticks * lots
    return lots
