"""What orders and cancels add to the counter of their market, and what an account may have open.

Source: kraken-rest#order-limits.
"""

from seatrial.core.machine import Done
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.errors import ORDER_RATE_LIMIT, BadCall
from seatrial.dialects.kraken.limits import DEFAULT_TIER, TIERS, Tier
from seatrial.dialects.kraken.orders.answers import ended_orders


def tier_of(context: Context) -> Tier | None:
    """The limits that the account is held to; None when it is held to none."""
    account = context.account.account
    return TIERS.get(account.tier, TIERS[DEFAULT_TIER]) if account.rate_limits else None


def count_order(context: Context, tier: Tier, market: str) -> None:
    """Count an order that is asked for, whatever becomes of it; raises `BadCall` when it is one too many."""
    if not context.tools.limits.place(context.account_id, market, tier, context.at_ns):
        raise BadCall(ORDER_RATE_LIMIT)


def count_cancels(context: Context, tier: Tier, outcome: Done) -> None:
    """Count each order that a cancel has ended."""
    at_ns = context.at_ns
    for order in ended_orders(outcome):
        context.tools.limits.cancel(context.account_id, order.market, tier, at_ns - order.opened_ns, at_ns)
