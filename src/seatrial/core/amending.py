"""What an owner may do with an open order, apart from canceling it."""

from seatrial.core.commands import DecreaseOrder, PlaceOrder, ReplaceOrder
from seatrial.core.ending import decrease, end, end_if_worthless
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import EndReason, Order, OrderKind, Step
from seatrial.core.placing import place
from seatrial.core.rejects import Reject
from seatrial.core.state import State


def decrease_order(state: State, command: DecreaseOrder, at_ns: int) -> Reject | None:
    """Cancel a part of an open limit order, or all that is left of it; not more than that."""
    order = _open_order(state, command)
    if isinstance(order, Reject):
        return order
    if not 0 < command.qty_lots <= order.open_lots:
        return Reject.QTY_OUT_OF_RANGE
    if command.qty_lots == order.open_lots:
        end(state, order, Step.CANCEL, EndReason.USER_REQUESTED, at_ns)
    else:
        ms = state.markets[order.market]
        decrease(state, ms, order, command.qty_lots, at_ns)
        end_if_worthless(state, ms, order, at_ns)
    return None


def replace_order(state: State, command: ReplaceOrder, at_ns: int) -> Reject | None:
    """End an open limit order and place a new one for the rest, behind all others. Both happen, or neither."""
    old = _open_order(state, command)
    if isinstance(old, Reject):
        return old
    whole = old.qty_lots if command.qty_lots is None else command.qty_lots
    if whole <= old.filled_lots:
        end(state, old, Step.CANCEL, EndReason.USER_REQUESTED, at_ns)
        return None
    new = PlaceOrder(
        old.account_id, old.market, old.side, old.kind,
        old.price_ticks if command.price_ticks is None else command.price_ticks, whole - old.filled_lots,
        time_in_force=old.time_in_force, self_trade=old.self_trade, post_only=old.post_only,
        fee_in_base=old.fee_in_base, starts_ns=old.starts_ns, expires_ns=old.expires_ns, tag=old.tag,
        client_id=old.client_id, note=old.note, label=old.label, cancels_post_only=old.cancels_post_only,
        band_ppm=old.band_ppm, max_open=old.max_open, minimums=command.minimums,
    )  # fmt: skip
    return place(state, new, at_ns, replaced=old)


def _open_order(state: State, command: DecreaseOrder | ReplaceOrder) -> Order | Reject:
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if state.modes.system is SystemStatus.MAINTENANCE:
        return Reject.EXCHANGE_CLOSED
    order = account.orders.get(command.order_id)
    return Reject.ORDER_UNKNOWN if order is None or order.kind is not OrderKind.LIMIT else order
