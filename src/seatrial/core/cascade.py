"""What a trade sets off: orders that were pending and start because of it.

None of them starts in the middle of the command that traded. They queue behind it, by the moment of the trade that set
them off and then by age, and what they set off themselves queues behind them. A command waits for so many; the rest
are timers of their moment, before which time does not go on, so none is dropped and the order is the same however many
a command waits for.
"""

from typing import Final

from seatrial.core.facts import OrderTriggered
from seatrial.core.orders import Order, OrderStatus
from seatrial.core.state import State
from seatrial.core.timers import Timer

MAX_STARTED: Final = 100
"""How much of what it sets off a command waits for."""


def trigger(state: State, order: Order, at_ns: int) -> None:
    """A trade at that moment sets a pending order off. It starts in its turn."""
    assert order.status is OrderStatus.PENDING, "what is open already is not set off"
    assert not order.triggered_ns, "an order is set off once"
    order.triggered_ns = at_ns
    state.changes.orders[order.order_id] = order
    state.facts.append(OrderTriggered(at_ns, order.order_id, order.account_id, order.market, order.opened_ns))
    state.set_timer(at_ns, Timer.START_TRIGGERED, order.order_id)
    state.sets_off = True
