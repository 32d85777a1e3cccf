"""Orders that are canceled: one, all, or all by a timer.

Source: kucoin-rest#classic-orders and kucoin-rest#high-frequency-orders.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from seatrial.core.commands import MAX_CANCELED, CancelOrders, SetCancelTimer
from seatrial.core.orders import Order
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.context import Context, Steps
from seatrial.dialects.kucoin.errors import BadCall, Error
from seatrial.dialects.kucoin.orders.answers import ended_orders, must_go_on
from seatrial.dialects.kucoin.orders.request import OrderName
from seatrial.dialects.kucoin.params import SECOND_NS

Result = TypeVar("Result")

MIN_WATCH_S: Final = 5
NO_WATCH: Final = -1


def named_order(context: Context, name: OrderName, unknown: Error) -> Order:
    """The caller's live order of that name; raises `BadCall`, `unknown`, where there is none."""
    account = context.account
    if name.order_id is not None:
        found = account.orders.get(context.tools.ids.order.number(name.order_id) or 0)
    else:
        found = account.by_client_id.get(name.client_id or "")
    if found is None or name.market not in (None, found.market):
        raise BadCall(unknown)
    return found


def cancel_one(context: Context, name: OrderName, unknown: Error) -> Order:
    """Cancel a live order, and say which. Raises `BadCall`."""
    found = named_order(context, name, unknown)
    context.apply(CancelOrders(context.account_id, (found.order_id,)))
    return found


def cancel_all(
    context: Context, markets: tuple[str, ...], tell: Callable[[list[Order]], None], result: Result
) -> Result | Steps:
    """Cancel what is open now in these markets, or in all, some orders at a time; orders placed meanwhile stay.

    `tell` is told which ended, and the result is ready when all have.
    """
    command = CancelOrders(
        context.account_id, everything=True, markets=markets, up_to_id=context.state.counters.order_id,
        maximum=MAX_CANCELED,
    )  # fmt: skip

    def go_on(context: Context, _found: object) -> Result | Steps:
        outcome = context.apply(command)
        tell(ended_orders(context, outcome))
        return Steps(go_on) if must_go_on(outcome) else result

    return go_on(context, None)


def timer_command(context: Context, seconds: int, markets: tuple[str, ...]) -> SetCancelTimer:
    """The command that cancels all orders, or those of some markets, after so many seconds; `NO_WATCH` turns that off.

    Raises `BadCall`.
    """
    if seconds != NO_WATCH and seconds < MIN_WATCH_S:
        raise BadCall(errors.out_of_range("timeout"))
    return SetCancelTimer(context.account_id, max(seconds, 0) * SECOND_NS, markets)
