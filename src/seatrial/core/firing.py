"""What happens when a timer fires, as a table: for each kind who has one set, and what it does.

A new kind is a member of `Timer`, at its place among those of one moment, and its row here. Nothing but `start_all`
sets timers in a world that was loaded, so what `standing` tells must be what was set while the world ran.
"""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from seatrial.core import canceling, ending, placing, treasury
from seatrial.core.orders import OrderStatus
from seatrial.core.state import State
from seatrial.core.timers import Timer

Standing = Iterator[tuple[int, int]]


class Row(Struct, frozen=True):
    """One kind of timer."""

    standing: Callable[[State], Standing]
    """The timers of this kind that a state has set: when each is due, and the number of what it is about."""
    fire: Callable[[State, int, int, int], int]
    """Fire for that number and due time, doing at most so much. Returns how much was done."""


def _starting(state: State) -> Standing:
    pending = (order for order in state.live_orders.values() if order.status is OrderStatus.PENDING)
    return ((order.starts_ns, order.order_id) for order in pending if order.starts_ns)


def _triggered(state: State) -> Standing:
    pending = (order for order in state.live_orders.values() if order.status is OrderStatus.PENDING)
    return ((order.triggered_ns, order.order_id) for order in pending if order.triggered_ns)


def _expiring(state: State) -> Standing:
    return ((order.expires_ns, order.order_id) for order in state.live_orders.values() if order.expires_ns)


def _moving(state: State) -> Standing:
    return ((transfer.due_ns, transfer.transfer_id) for transfer in state.transfers.values() if transfer.due_ns)


def _canceling(state: State) -> Standing:
    for number, account in state.accounts.items():
        for timer in (account.cancel_timer, account.fired_timer):
            if timer is not None:
                yield timer.due_ns, number


TABLE: Final = {
    Timer.START_ORDER: Row(_starting, placing.start),
    Timer.EXPIRE_ORDER: Row(_expiring, ending.expire),
    Timer.MOVE_TRANSFER: Row(_moving, treasury.move_on),
    Timer.CANCEL_ORDERS: Row(_canceling, canceling.fire_cancel_timer),
    Timer.START_TRIGGERED: Row(_triggered, placing.start),
}


def standing(state: State) -> list[tuple[int, Timer, int]]:
    """The timers that must be set in a state, by what the state holds."""
    return [(due_ns, timer, number) for timer, row in TABLE.items() for due_ns, number in row.standing(state)]


def start_all(state: State) -> None:
    """Set the timers of a state that was loaded."""
    for due_ns, timer, number in standing(state):
        state.set_timer(due_ns, timer, number)


def fire_next(state: State, left: int) -> int:
    """Let the next timer fire at its time, doing at most so much. Returns how much was done."""
    due_ns, timer, number = state.pop_timer()
    state.now_ns = max(due_ns, state.now_ns)
    return TABLE[timer].fire(state, number, due_ns, left)
