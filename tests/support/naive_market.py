"""A market as one would explain it: a list of orders, looked through anew for every lot. Slow and plainly right."""

from dataclasses import dataclass, field

from seatrial.core.commands import PlaceOrder
from seatrial.core.orders import EndReason, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce


@dataclass
class Resting:
    """An order in the book."""

    number: int
    owner: int
    side: Side
    price: int
    lots: int


@dataclass
class Story:
    """What became of an arriving order: who it traded with, who gave way, how it ended."""

    fills: list[tuple[int, int, int]] = field(default_factory=list)
    """Maker, price, lots."""
    evicted: list[int] = field(default_factory=list)
    decreased: set[int] = field(default_factory=set)
    """Orders of the same owner that got smaller and stayed."""
    status: OrderStatus = OrderStatus.OPEN
    end_reason: EndReason | None = None


class NaiveMarket:
    """The orders of one market in order of arrival."""

    def __init__(self, dust: int = 0) -> None:
        self.resting: list[Resting] = []
        self.dust = dust
        """The most that price times lots may come to where nobody can pay for what is left of an order."""

    def would_trade(self, order: PlaceOrder) -> bool:
        """Whether it meets anyone at all."""
        return self._best(order, set()) is not None

    def arrive(self, number: int, order: PlaceOrder) -> Story:
        """Let an order in: trade lot by lot with the best of the others, then rest or end."""
        saved = [Resting(**vars(one)) for one in self.resting]
        story = Story()
        lots, money = order.qty_lots, order.spend
        stopped = is_dust = False
        while lots or money:
            maker = self._best(order, set(story.evicted))
            if maker is None:
                break
            if not lots and maker.price > money:
                money = 0
                break
            meets_own = maker.owner == order.account_id and order.self_trade is not SelfTrade.ALLOW
            if meets_own and order.self_trade is not SelfTrade.DECREASE:
                if order.self_trade is not SelfTrade.CANCEL_NEWEST:
                    story.evicted.append(maker.number)
                if order.self_trade is not SelfTrade.CANCEL_OLDEST:
                    stopped = True
                    break
                continue
            lots, money = (lots - 1, 0) if order.qty_lots else (0, money - maker.price)
            if meets_own:
                _decrease_by_one_lot(story, maker)
                stopped = lots == 0 and money < maker.price
            else:
                _take_one_lot(story, maker)
            self.resting = [one for one in self.resting if one.lots]
            goes_on = order.time_in_force is TimeInForce.FOK or maker.lots or not lots
            is_dust = not goes_on and lots * maker.price <= self.dust
            if stopped or is_dust:
                break
        if order.time_in_force is TimeInForce.FOK and sum(fill[2] for fill in story.fills) < order.qty_lots:
            self.resting = saved
            return Story(status=OrderStatus.CANCELED, end_reason=EndReason.NOT_FILLED_AT_ONCE)
        self.resting = [one for one in self.resting if one.number not in story.evicted]
        self._drop_dust({fill[0] for fill in story.fills} | story.decreased)
        is_done = lots == 0 if order.qty_lots else bool(story.fills) and money < story.fills[-1][1]
        story.status, story.end_reason = self._end(
            number, order, lots, stopped=stopped, is_done=is_done, is_dust=is_dust
        )
        return story

    def cancel(self, number: int) -> None:
        """Take an order out."""
        self.resting = [one for one in self.resting if one.number != number]

    def decrease(self, number: int, lots: int) -> None:
        """Take a part of an order out."""
        for one in self.resting:
            if one.number == number:
                one.lots -= lots
        self.resting = [one for one in self.resting if one.lots]
        self._drop_dust({number})

    def shrink(self, number: int, to_lots: int) -> None:
        """Let an order want no more than that; it keeps its place."""
        for one in self.resting:
            if one.number == number:
                one.lots = to_lots
        self._drop_dust({number})

    def arrive_anew(self, number: int, order: PlaceOrder) -> Story:
        """Take an order out and let it in again, asking for something else."""
        self.cancel(number)
        story = self.arrive(number, order)
        self._drop_dust({number})
        return story

    def _drop_dust(self, numbers: set[int]) -> None:
        """Of orders that got smaller, those whose rest is worth nothing."""
        self.resting = [one for one in self.resting if one.number not in numbers or one.price * one.lots > self.dust]

    def _end(
        self, number: int, order: PlaceOrder, lots: int, *, stopped: bool, is_done: bool, is_dust: bool
    ) -> tuple[OrderStatus, EndReason | None]:
        if is_dust:
            return OrderStatus.CANCELED, EndReason.WORTHLESS
        if stopped:
            return OrderStatus.CANCELED, EndReason.SELF_TRADE
        if is_done:
            return OrderStatus.FILLED, None
        if order.kind is OrderKind.MARKET:
            return OrderStatus.CANCELED, EndReason.NO_LIQUIDITY
        if order.time_in_force is TimeInForce.IOC:
            return OrderStatus.CANCELED, EndReason.NOT_FILLED_AT_ONCE
        self.resting.append(Resting(number, order.account_id, order.side, order.price_ticks, lots))
        return OrderStatus.OPEN, None

    def _best(self, order: PlaceOrder, passed: set[int]) -> Resting | None:
        """The best price that the order accepts; of several orders there the one that came first."""
        others = [one for one in self.resting if one.side is not order.side and one.number not in passed]
        if order.side is Side.BUY:
            found = [one for one in others if order.kind is OrderKind.MARKET or one.price <= order.price_ticks]
            return min(found, key=lambda one: one.price, default=None)
        found = [one for one in others if one.price >= order.price_ticks]
        return max(found, key=lambda one: one.price, default=None)


def _take_one_lot(story: Story, maker: Resting) -> None:
    maker.lots -= 1
    if story.fills and story.fills[-1][0] == maker.number:
        story.fills[-1] = (maker.number, maker.price, story.fills[-1][2] + 1)
    else:
        story.fills.append((maker.number, maker.price, 1))


def _decrease_by_one_lot(story: Story, maker: Resting) -> None:
    maker.lots -= 1
    story.decreased.add(maker.number)
    if not maker.lots:
        story.decreased.remove(maker.number)
        story.evicted.append(maker.number)
