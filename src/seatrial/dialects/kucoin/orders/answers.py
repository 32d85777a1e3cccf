"""What came of orders and cancels. Nothing else in the dialect looks into the outcome of their commands."""

from typing import NamedTuple

from seatrial.core.facts import OrderAccepted, OrderEnded
from seatrial.core.findings import OrderChecked, OrdersCanceled
from seatrial.core.machine import Done, first
from seatrial.core.orders import Order
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.params import SECOND_NS


class TimerAnswer(NamedTuple):
    """The timer that cancels orders, by the world's time in whole seconds."""

    current_s: int
    trigger_s: int
    """Decided: without a timer there is no moment at which it fires, so it is 0."""


def order_of(context: Context, outcome: Done) -> Order:
    """The order that was placed or checked."""
    found = new_order(context, outcome)
    return first(OrderChecked, outcome).order if found is None else found


def new_order(context: Context, outcome: Done) -> Order | None:
    """The order that was placed, also in the place of another one; None when there was nothing to place."""
    accepted = next((fact.order_id for fact in outcome if isinstance(fact, OrderAccepted)), None)
    return None if accepted is None else context.state.order(accepted)


def ended_orders(context: Context, outcome: Done) -> list[Order]:
    """The orders that a cancel has ended, in their order."""
    found = (context.state.order(fact.order_id) for fact in outcome if isinstance(fact, OrderEnded))
    return [order for order in found if order is not None]


def must_go_on(outcome: Done) -> bool:
    """Whether a cancel has left some of what it is to cancel."""
    return first(OrdersCanceled, outcome).more


def order_id(context: Context, order: Order) -> str:
    """The id that the user knows."""
    return context.tools.ids.order(order.order_id, order.opened_ns // SECOND_NS)


def timer_answer(context: Context) -> TimerAnswer:
    """The account's timer, as it is now."""
    timer = context.account.cancel_timer
    return TimerAnswer(context.at_ns // SECOND_NS, 0 if timer is None else timer.due_ns // SECOND_NS)
