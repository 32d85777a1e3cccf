"""Orders that are canceled, now or by a timer.

Source: kraken-rest#cancel-order, kraken-rest#cancel-all and kraken-rest#cancel-after.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from seatrial.core.commands import MAX_CANCELED, CancelOrders, SetCancelTimer
from seatrial.core.rejects import Reject
from seatrial.dialects.kraken.context import Context, Steps
from seatrial.dialects.kraken.errors import bad_argument
from seatrial.dialects.kraken.limits import Tier
from seatrial.dialects.kraken.orders.answers import canceled
from seatrial.dialects.kraken.orders.counting import count_cancels
from seatrial.dialects.kraken.orders.request import CancelRequest

Result = TypeVar("Result")

SECOND_NS: Final = 10**9


def cancel_command(context: Context, request: CancelRequest) -> CancelOrders:
    """The command that cancels the orders named; what no order can be called names none. Raises `BadCall`."""
    if not (request.txids or request.tags or request.client_ids):
        raise bad_argument("txid")
    number_of = context.tools.ids.order_number
    order_ids = [number for txid in request.txids if (number := number_of(txid)) is not None]
    return CancelOrders(
        context.account_id, tuple(order_ids), tuple(request.tags), tuple(request.client_ids),
        up_to_id=context.state.counters.order_id, maximum=MAX_CANCELED,
    )  # fmt: skip


def cancel_all_command(context: Context) -> CancelOrders:
    """The command that cancels every open order."""
    return CancelOrders(
        context.account_id, everything=True, up_to_id=context.state.counters.order_id, maximum=MAX_CANCELED
    )


def timer_command(context: Context, timeout_s: int) -> SetCancelTimer:
    """The command that cancels every open order after so many seconds; 0 turns that off."""
    return SetCancelTimer(context.account_id, timeout_s * SECOND_NS)


def cancel(
    context: Context,
    tier: Tier | None,
    command: CancelOrders,
    write: Callable[[int], Result],
    so_far: int | None = None,
) -> Result | Steps:
    """Cancel what is open now, some orders at a time; `write` makes the result of how many there were.

    There must be one, unless so many were counted before. Each adds to the counter of its market's orders where there
    are limits. Raises `BadCall`.
    """
    outcome = context.machine.apply(command, context.at_ns)
    if isinstance(outcome, Reject):
        if so_far is not None and outcome is Reject.ORDER_UNKNOWN:
            return write(so_far)
        raise context.refusal(outcome)
    if tier is not None:
        count_cancels(context, tier, outcome)
    done = canceled(outcome)
    count = (so_far or 0) + done.count
    return Steps(lambda later, _: cancel(later, tier, command, write, count)) if done.more else write(count)
