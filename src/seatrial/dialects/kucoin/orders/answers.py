"""What came of orders and cancels. Nothing else in the dialect looks into the outcome of their commands."""

from typing import NamedTuple

from seatrial.core.events import Event, OrderAccepted, OrderChecked, OrderEnded, OrdersCanceled
from seatrial.core.orders import Order
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.params import SECOND_NS

Outcome = tuple[Event, ...]


class TimerAnswer(NamedTuple):
    """The timer that cancels orders, by the world's time in whole seconds."""

    current_s: int
    trigger_s: int
    """Decided: without a timer there is no moment at which it fires, so it is 0."""


def order_of(outcome: Outcome) -> Order:
    """The order that was placed or checked."""
    event = outcome[0]
    assert isinstance(event, OrderAccepted | OrderChecked), event
    return event.order


def new_order(outcome: Outcome) -> Order | None:
    """The order that took the place of another one; None when nothing was left to place."""
    return next((event.order for event in outcome if isinstance(event, OrderAccepted)), None)


def ended_orders(outcome: Outcome) -> list[Order]:
    """The orders that a cancel has ended, in their order."""
    return [event.order for event in outcome if isinstance(event, OrderEnded)]


def must_go_on(outcome: Outcome) -> bool:
    """Whether a cancel has left some of what it is to cancel."""
    done = outcome[-1]
    assert isinstance(done, OrdersCanceled), done
    return done.more


def order_id(context: Context, order: Order) -> str:
    """The id that the user knows."""
    return context.tools.ids.order(order.order_id, order.opened_ns // SECOND_NS)


def timer_answer(context: Context) -> TimerAnswer:
    """The account's timer, as it is now."""
    timer = context.account.cancel_timer
    return TimerAnswer(context.at_ns // SECOND_NS, 0 if timer is None else timer.due_ns // SECOND_NS)
