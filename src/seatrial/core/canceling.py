"""Orders are canceled: at once, by any selector, or by a timer when nobody looks after them."""

from collections.abc import Iterator
from itertools import islice

from seatrial.core.account_state import AccountState
from seatrial.core.commands import CancelOrders, SetCancelTimer
from seatrial.core.ending import end
from seatrial.core.facts import CancelTimerDone, CancelTimerFired, CancelTimerSet
from seatrial.core.findings import OrdersCanceled
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import CancelTimer, EndReason, Order, Step
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.core.timers import Timer


def cancel(state: State, command: CancelOrders, at_ns: int) -> Reject | None:
    """Cancel every live order that a selector names. `ORDER_UNKNOWN` when selectors name none."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if state.modes.system is SystemStatus.MAINTENANCE:
        return Reject.EXCHANGE_CLOSED
    chosen = _chosen(account, command)
    if not chosen and not command.everything:
        return Reject.ORDER_UNKNOWN
    more = command.maximum is not None and len(chosen) > command.maximum
    if more:
        chosen.pop()
    for order in chosen:
        end(state, order, Step.CANCEL, EndReason.USER_REQUESTED, at_ns)
    state.find(OrdersCanceled(len(chosen), more))
    return None


def _chosen(account: AccountState, command: CancelOrders) -> list[Order]:
    """The orders that a command names, each once; one more than it may end, if there are more."""
    chosen: dict[int, Order] = {}
    newest, maximum = command.up_to_id, command.maximum
    for order in _named(account, command):
        if newest is not None and order.order_id > newest:
            continue
        chosen[order.order_id] = order
        if maximum is not None and len(chosen) > maximum:
            break
    return list(chosen.values())


def _named(account: AccountState, command: CancelOrders) -> Iterator[Order]:
    if command.everything:
        yield from account.orders_in(command.markets)
        return
    orders, by_client_id = account.orders, account.by_client_id
    yield from (orders[number] for number in command.order_ids if number in orders)
    yield from (by_client_id[name] for name in command.client_ids if name in by_client_id)
    for tag in command.tags:
        yield from account.by_tag.get(tag, {}).values()


def set_cancel_timer(state: State, command: SetCancelTimer, at_ns: int) -> Reject | None:
    """Wind the timer up, or turn it off."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if any(symbol not in state.markets for symbol in command.markets):
        return Reject.MARKET_UNKNOWN
    timer = CancelTimer(at_ns, at_ns + command.delay_ns, command.markets) if command.delay_ns else None
    old = account.cancel_timer
    account.cancel_timer = state.changes.cancel_timers[command.account_id] = timer
    if old is not None:
        state.stop_timer(old.due_ns, Timer.CANCEL_ORDERS, command.account_id)
    if timer is not None:
        state.set_timer(timer.due_ns, Timer.CANCEL_ORDERS, command.account_id)
    state.facts.append(CancelTimerSet(at_ns, command.account_id, timer))
    return None


def fire_cancel_timer(state: State, account_id: int, due_ns: int, left: int) -> int:
    """The time of a cancel timer has come: it is off from now on.

    It cancels so many of the orders that were open then, and fires again for the rest.
    """
    account = state.accounts[account_id]
    fired = account.fired_timer or _turn_off(state, account)
    assert fired.due_ns == due_ns, "time goes on only when a timer has canceled all that it is to cancel"
    older = (order for order in account.orders_in(fired.markets) if order.opened_ns < due_ns)
    chosen = list(islice(older, left))
    for order in chosen:
        end(state, order, Step.CANCEL, EndReason.USER_REQUESTED, state.now_ns)
    if len(chosen) == left:
        state.set_timer(due_ns, Timer.CANCEL_ORDERS, account_id)
    else:
        account.fired_timer = None
        state.facts.append(CancelTimerDone(state.now_ns, account_id))
    state.changes.fired_timers[account_id] = account.fired_timer
    return 1 + len(chosen)


def _turn_off(state: State, account: AccountState) -> CancelTimer:
    timer, account_id = account.cancel_timer, account.account.account_id
    assert timer is not None, "a timer fires that nobody set"
    account.fired_timer, account.cancel_timer = timer, None
    state.changes.cancel_timers[account_id] = None
    state.facts.append(CancelTimerFired(state.now_ns, account_id, timer))
    return timer
