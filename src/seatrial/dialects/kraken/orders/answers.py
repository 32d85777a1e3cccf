"""What came of orders and cancels. Nothing else in the dialect looks into the outcome of their commands."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec import Struct

from seatrial.core.facts import OrderAccepted, OrderAmended, OrderEnded
from seatrial.core.findings import OrderChecked, OrdersCanceled
from seatrial.core.machine import Done, first
from seatrial.core.orders import Order
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.describe import order_text

SECOND_NS: Final = 10**9


class OrderAnswer(Struct, frozen=True, gc=False):
    """An order that was accepted or checked."""

    description: str
    """`buy 0.01000000 XBTUSD @ limit 20000.5`."""
    txid: str | None
    """None where it was only checked."""


class TimerAnswer(NamedTuple):
    """The timer that cancels all orders, by the world's time in whole seconds."""

    current_time: str
    trigger_time: str
    """`0` when it is off (decided)."""


def order_answer(context: Context, outcome: Done) -> OrderAnswer:
    """What came of an order."""
    tools, state = context.tools, context.machine.state
    txid, order = None, None
    for told in outcome:
        if isinstance(told, OrderAccepted):
            txid, order = tools.ids.order(told.order_id), state.order(told.order_id)
            break
        if isinstance(told, OrderChecked):
            order = told.order
    assert order is not None, outcome
    return OrderAnswer(order_text(order, state.markets[order.market].market, tools.symbols), txid)


def placed_order(context: Context, outcome: Done) -> Order:
    """The order that was accepted or checked."""
    for told in outcome:
        if isinstance(told, OrderChecked):
            return told.order
    order = context.state.order(first(OrderAccepted, outcome).order_id)
    assert order is not None, outcome
    return order


def amend_id(context: Context, outcome: Done) -> str | None:
    """The id of an amendment; None where it was only checked."""
    found = (context.tools.ids.amend(told.amend.amend_id) for told in outcome if isinstance(told, OrderAmended))
    return next(found, None)


def ended_orders(outcome: Done) -> Iterator[OrderEnded]:
    """The orders that a cancel has ended."""
    return (fact for fact in outcome if isinstance(fact, OrderEnded))


def canceled(outcome: Done) -> OrdersCanceled:
    """How many orders a cancel has ended, and whether it has to go on."""
    return first(OrdersCanceled, outcome)


def timer_answer(context: Context) -> TimerAnswer:
    """The account's timer, as it is now."""
    timer = context.account.cancel_timer
    return TimerAnswer(_rfc3339(context.at_ns), "0" if timer is None else _rfc3339(timer.due_ns))


def _rfc3339(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"
