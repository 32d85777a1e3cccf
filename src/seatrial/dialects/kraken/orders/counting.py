"""What orders and cancels add to the counter of their market, and what an account may have open.

Source: kraken-rest#order-limits.
"""

from seatrial.core.machine import Done
from seatrial.core.orders import Order
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.errors import ORDER_RATE_LIMIT, BadCall
from seatrial.dialects.kraken.limits import DEFAULT_TIER, TIERS, Costs, Tier, cost_of
from seatrial.dialects.kraken.orders.answers import ended_orders


def tier_of(context: Context) -> Tier | None:
    """The limits that the account is held to; None when it is held to none."""
    account = context.account.account
    return TIERS.get(account.tier, TIERS[DEFAULT_TIER]) if account.rate_limits else None


def count_order(context: Context, tier: Tier, market: str) -> None:
    """Count an order that is asked for, whatever becomes of it; raises `BadCall` when it is one too many."""
    if not context.tools.limits.place(context.account_id, market, tier, context.at_ns):
        raise BadCall(ORDER_RATE_LIMIT)


def count(context: Context, tier: Tier | None, market: str, cost: float) -> None:
    """Count what is asked for in a market and costs so much; raises `BadCall` when it is too much."""
    if tier is not None and not context.tools.limits.count(context.account_id, market, tier, cost, context.at_ns):
        raise BadCall(ORDER_RATE_LIMIT)


def count_change(context: Context, tier: Tier | None, order: Order, costs: Costs) -> None:
    """Count what changing an order of its age costs; raises `BadCall` when it is too much."""
    count(context, tier, order.market, cost_of(costs, context.at_ns - settled_ns(order)))


def count_cancel(context: Context, tier: Tier | None, market: str, since_ns: int) -> None:
    """Count that an order was canceled which was as it was since then."""
    if tier is not None:
        at_ns = context.at_ns
        context.tools.limits.cancel(context.account_id, market, tier, at_ns - since_ns, at_ns)


def count_cancels(context: Context, tier: Tier, outcome: Done) -> None:
    """Count each order that a cancel has ended."""
    for ended in ended_orders(outcome):
        order = context.state.order(ended.order_id)
        count_cancel(context, tier, ended.market, ended.opened_ns if order is None else settled_ns(order))


def settled_ns(order: Order) -> int:
    """Since when an order is as it is: what is done to it costs by the time since then."""
    return order.amended_ns or order.opened_ns
