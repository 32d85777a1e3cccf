"""How much an order moves, in ticks * lots."""

from seatrial.core.book import Plan
from seatrial.core.orders import Order, OrderKind
from seatrial.core.state import MarketState


def spend_exact(ms: MarketState, spend: int) -> int:
    """An amount of quote."""
    return spend * ms.to_quote.div // ms.to_quote.mul


def costs(ms: MarketState, order: Order, plan: Plan) -> int:
    """What the order would move; a market order by what it would meet, if that fills it."""
    if order.kind is OrderKind.LIMIT:
        return order.price_ticks * order.qty_lots
    if order.spend:
        return spend_exact(ms, order.spend)
    return plan.exact if plan.qty_lots == order.qty_lots else ms.min_exact
