"""How much an order moves or leaves, in ticks * lots, and whether that is enough."""

from typing import Final

from seatrial.core.book import Plan
from seatrial.core.commands import PlaceOrder
from seatrial.core.market_state import MarketState
from seatrial.core.orders import Order, OrderKind

_LIMIT: Final = OrderKind.LIMIT


def spend_exact(ms: MarketState, spend: int) -> int:
    """An amount of quote."""
    return spend * ms.to_quote.div // ms.to_quote.mul


def costs(ms: MarketState, order: Order, plan: Plan, enough: int) -> int:
    """What the order would move; for a market order what it would meet, if that fills it, and else `enough`."""
    if order.kind is _LIMIT:
        return order.price_ticks * order.qty_lots
    if order.spend:
        return spend_exact(ms, order.spend)
    return plan.exact if plan.qty_lots == order.qty_lots else enough


def is_too_small(ms: MarketState, command: PlaceOrder, min_lots: int) -> bool:
    """Whether an order is refused as smaller than the smallest quantity; one that spends may be measured by its worth.

    Decided: where nothing is offered and nothing was traded, nobody knows what the smallest quantity is worth.
    """
    if not command.spend:
        return True
    if not command.worth_min_qty:
        return False
    best = ms.book.side(command.side.opposite).best_ticks
    last = ms.tally.last
    price_ticks = best or (0 if last is None else last.price_ticks)
    return spend_exact(ms, command.spend) < price_ticks * min_lots
