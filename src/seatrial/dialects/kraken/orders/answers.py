"""What came of orders and cancels. Nothing else in the dialect looks into the outcome of their commands."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec import Struct

from seatrial.core.events import Event, OrderAccepted, OrderChecked, OrderEnded, OrdersCanceled
from seatrial.core.orders import Order
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.describe import order_text

SECOND_NS: Final = 10**9

Outcome = tuple[Event, ...]


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


def order_answer(context: Context, outcome: Outcome) -> OrderAnswer:
    """What came of an order."""
    event, tools = outcome[0], context.tools
    txid: str | None = None
    if isinstance(event, OrderAccepted):
        txid = tools.ids.order(event.order.order_id)
    else:
        assert isinstance(event, OrderChecked), event
    order = event.order
    return OrderAnswer(order_text(order, context.machine.state.markets[order.market].market, tools.symbols), txid)


def ended_orders(outcome: Outcome) -> Iterator[Order]:
    """The orders that a cancel has ended."""
    return (event.order for event in outcome if isinstance(event, OrderEnded))


def canceled(outcome: Outcome) -> OrdersCanceled:
    """How many orders a cancel has ended, and whether it has to go on."""
    done = outcome[-1]
    assert isinstance(done, OrdersCanceled), done
    return done


def timer_answer(context: Context) -> TimerAnswer:
    """The account's timer, as it is now."""
    timer = context.account.cancel_timer
    return TimerAnswer(_rfc3339(context.at_ns), "0" if timer is None else _rfc3339(timer.due_ns))


def _rfc3339(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"
