"""What an owner may do with an open order beside canceling it, and the timer that cancels what nobody looks after."""

from itertools import islice

from seatrial.core.commands import DecreaseOrder, PlaceOrder, ReplaceOrder, SetCancelTimer
from seatrial.core.events import CancelTimerSet
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import CancelTimer, Order, OrderKind, Reason, Step
from seatrial.core.rejects import Reject
from seatrial.core.state import Alarm, State
from seatrial.core.trading import decrease, end, end_if_worthless, place


def decrease_order(state: State, command: DecreaseOrder, at_ns: int) -> Reject | None:
    """Cancel a part of an open limit order, or all that is left of it; not more than that."""
    order = _open_order(state, command)
    if isinstance(order, Reject):
        return order
    if not 0 < command.qty_lots <= order.open_lots:
        return Reject.QTY_OUT_OF_RANGE
    if command.qty_lots == order.open_lots:
        end(state, order, Step.CANCEL, Reason.USER_REQUESTED, at_ns)
    else:
        ms = state.markets[order.market]
        decrease(state, ms, order, command.qty_lots, at_ns)
        end_if_worthless(state, ms, order, at_ns)
    return None


def replace_order(state: State, command: ReplaceOrder, at_ns: int) -> Reject | None:
    """End an open limit order and place what is to be left of it anew, behind all others. Both, or neither."""
    old = _open_order(state, command)
    if isinstance(old, Reject):
        return old
    whole = old.qty_lots if command.qty_lots is None else command.qty_lots
    if whole <= old.filled_lots:
        end(state, old, Step.CANCEL, Reason.USER_REQUESTED, at_ns)
        return None
    new = PlaceOrder(
        old.account_id, old.market, old.side, old.kind,
        old.price_ticks if command.price_ticks is None else command.price_ticks, whole - old.filled_lots,
        time_in_force=old.time_in_force, self_trade=old.self_trade, post_only=old.post_only,
        fee_in_base=old.fee_in_base, starts_ns=old.starts_ns, expires_ns=old.expires_ns, tag=old.tag,
        client_id=old.client_id, note=old.note, label=old.label, cancels_post_only=command.cancels_post_only,
        band_ppm=command.band_ppm,
    )  # fmt: skip
    return place(state, new, at_ns, replaced=old)


def set_cancel_timer(state: State, command: SetCancelTimer, at_ns: int) -> Reject | None:
    """Wind the timer up, or turn it off."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if any(symbol not in state.markets for symbol in command.markets):
        return Reject.MARKET_UNKNOWN
    timer = CancelTimer(at_ns, at_ns + command.delay_ns, command.markets) if command.delay_ns else None
    was_set = account.cancel_timer is not None
    account.cancel_timer = state.changes.cancel_timers[command.account_id] = timer
    if was_set:
        state.drop_alarm(command.account_id)
    if timer is not None:
        state.set_alarm(timer.due_ns, Alarm.CANCEL_ORDERS, command.account_id)
    state.events.append(CancelTimerSet(timer))
    return None


def ring(state: State, account_id: int, due_ns: int, at_ns: int, most: int) -> int:
    """The time of a cancel timer has come, if it was not set again since. It is off from now on.

    It cancels so many of the orders that were open then, and rings again for the rest; how many it canceled.
    """
    account = state.accounts[account_id]
    timer = account.cancel_timer
    if timer is not None and timer.due_ns == due_ns:
        account.cancel_timer = state.changes.cancel_timers[account_id] = None
        account.fired_timer = timer
    fired = account.fired_timer
    if fired is None or fired.due_ns != due_ns:
        return 0
    older = (order for order in account.orders_in(fired.markets) if order.opened_ns < due_ns)
    chosen = list(islice(older, most))
    for order in chosen:
        end(state, order, Step.CANCEL, Reason.USER_REQUESTED, at_ns)
    if len(chosen) == most:
        state.set_alarm(due_ns, Alarm.CANCEL_ORDERS, account_id)
    else:
        account.fired_timer = None
    state.changes.fired_timers[account_id] = account.fired_timer
    return len(chosen)


def _open_order(state: State, command: DecreaseOrder | ReplaceOrder) -> Order | Reject:
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if state.modes.system is SystemStatus.MAINTENANCE:
        return Reject.EXCHANGE_CLOSED
    order = account.orders.get(command.order_id)
    return Reject.ORDER_UNKNOWN if order is None or order.kind is not OrderKind.LIMIT else order
