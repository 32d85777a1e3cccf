"""What an owner may do with an open order, apart from canceling it."""

from msgspec.structs import replace

from seatrial.core.commands import AmendOrder, DecreaseOrder, PlaceOrder, ReplaceOrder
from seatrial.core.ending import decrease, end, end_if_worthless, note_quote
from seatrial.core.facts import OrderAmended
from seatrial.core.findings import OrderChecked
from seatrial.core.halts import closed_to
from seatrial.core.holds import hold_for, paying_asset
from seatrial.core.market_state import MarketState
from seatrial.core.markets import SystemStatus
from seatrial.core.matching import NO_PLAN, enter, plan_of
from seatrial.core.money import MAX_UNITS
from seatrial.core.orders import Amend, AmendKind, EndReason, Order, OrderKind, OrderStatus, Step
from seatrial.core.placing import is_in_band, place
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
        time_in_force=old.time_in_force, self_trade=old.self_trade,
        post_only=old.post_only if command.post_only is None else command.post_only,
        fee_in_base=old.fee_in_base if command.fee_in_base is None else command.fee_in_base,
        starts_ns=old.starts_ns, expires_ns=old.expires_ns,
        tag=old.tag if command.tag is None else command.tag or None,
        client_id=old.client_id, note=old.note, label=old.label, cancels_post_only=old.cancels_post_only,
        band_ppm=old.band_ppm, max_open=old.max_open, minimums=command.minimums, check_only=command.check_only,
        matching_ns=command.matching_ns,
    )  # fmt: skip
    return place(state, new, at_ns, replaced=old)


def amend_order(state: State, command: AmendOrder, at_ns: int) -> Reject | None:
    """Let an open limit order ask for something else, or say why not. Checks first, then changes.

    Source of who keeps a place, and of the rest that is canceled: kraken-orders#amendments.
    """
    order = _open_order(state, command)
    if isinstance(order, Reject):
        return order
    ms, wanted = state.markets[order.market], _wanted(order, command)
    is_post_only = order.post_only or command.post_only
    refusal = closed_to(state, ms, order.kind, post_only=is_post_only) or _why_not_amended(ms, order, wanted)
    if refusal is not None:
        return refusal
    arriving = replace(wanted, qty_lots=wanted.open_lots, filled_lots=0)
    plan = plan_of(ms, arriving) if arriving.qty_lots else NO_PLAN
    if is_post_only and plan is not NO_PLAN:
        return Reject.POST_ONLY_WOULD_TAKE
    if command.check_only:
        state.find(OrderChecked(wanted))
        return None
    keeps_place = order.queue != 0 and _only_shrinks(order, wanted) and arriving.qty_lots > 0
    account = state.accounts[order.account_id]
    if not keeps_place:
        wanted.hold_ppm = account.fee_tier(ms.market, at_ns).taker_ppm
    more = hold_for(ms, wanted) - order.hold
    if more > 0 and more > state.ledger.spendable(account.trading_purse(paying_asset(ms, order))):
        return Reject.INSUFFICIENT_FUNDS

    _leave_place(ms, order, wanted, keeps_place=keeps_place)
    _change(state, ms, order, wanted, at_ns)
    _record(state, order, at_ns, post_only=is_post_only, keeps_place=keeps_place)
    if not arriving.qty_lots:
        end(state, order, Step.CANCEL, EndReason.USER_REQUESTED, at_ns)
        note_quote(state, ms, at_ns)
    elif not keeps_place and order.status is OrderStatus.OPEN:
        if plan is not NO_PLAN:
            state.now_ns = at_ns = at_ns + command.matching_ns
        enter(state, ms, order, plan, at_ns)
    end_if_worthless(state, ms, order, state.now_ns)
    return None


def _wanted(order: Order, command: AmendOrder) -> Order:
    """The order as it would be; what it filled stays filled."""
    price_ticks = order.price_ticks if command.price_ticks is None else command.price_ticks
    qty_lots = command.qty_lots
    if qty_lots is None:
        qty_lots = order.qty_lots
    elif 0 < qty_lots < order.filled_lots:
        qty_lots = order.filled_lots
    return replace(order, price_ticks=price_ticks, qty_lots=qty_lots)


def _why_not_amended(ms: MarketState, order: Order, wanted: Order) -> Reject | None:
    """What is wrong with what is wanted, whatever its account has. Minimums are those of a whole order."""
    if not 0 < wanted.qty_lots <= MAX_UNITS:
        return Reject.QTY_OUT_OF_RANGE
    if not 0 < wanted.price_ticks <= MAX_UNITS:
        return Reject.PRICE_OUT_OF_RANGE
    if (wanted.price_ticks, wanted.qty_lots) == (order.price_ticks, order.qty_lots):
        return Reject.NOTHING_TO_AMEND
    if wanted.qty_lots == order.filled_lots:
        return None
    if wanted.qty_lots < ms.minimums.qty_lots:
        return Reject.QTY_BELOW_MINIMUM
    if order.band_ppm and order.status is OrderStatus.OPEN and not is_in_band(ms, wanted):
        return Reject.PRICE_OUT_OF_BAND
    return Reject.COST_BELOW_MINIMUM if wanted.price_ticks * wanted.qty_lots < ms.minimums.exact else None


def _only_shrinks(order: Order, wanted: Order) -> bool:
    return wanted.price_ticks == order.price_ticks and wanted.qty_lots < order.qty_lots


def _leave_place(ms: MarketState, order: Order, wanted: Order, *, keeps_place: bool) -> None:
    """What the book no longer has of the order; all of it, where it does not keep its place."""
    if keeps_place:
        ms.book.side(order.side).fill(order, order.qty_lots - wanted.qty_lots)
    elif order.queue:
        ms.book.side(order.side).remove(order)
        order.queue = 0


def _change(state: State, ms: MarketState, order: Order, wanted: Order, at_ns: int) -> None:
    """Give the order what is wanted, and set aside what it needs for that. What it began with is remembered once."""
    if not order.amended_ns:
        whole = order.qty_lots + order.given_up_lots
        state.changes.amends.append(
            Amend(
                0, order.account_id, order.order_id, AmendKind.ORIGINAL, order.price_ticks, whole, whole,
                order.post_only, order.opened_ns,
            )
        )  # fmt: skip
    order.price_ticks, order.qty_lots, order.hold_ppm = wanted.price_ticks, wanted.qty_lots, wanted.hold_ppm
    order.amended_ns = at_ns
    purse = state.accounts[order.account_id].trading_purse(paying_asset(ms, order))
    more = hold_for(ms, order) - order.hold
    if more > 0:
        state.ledger.hold(purse, more)
    elif more < 0:
        state.ledger.release(purse, -more)
    order.hold += more


def _record(state: State, order: Order, at_ns: int, *, post_only: bool, keeps_place: bool) -> None:
    if keeps_place:
        order.touched_ns = at_ns
    state.counters.amend_id += 1
    amend = Amend(
        state.counters.amend_id, order.account_id, order.order_id, AmendKind.USER, order.price_ticks, order.qty_lots,
        order.open_lots, post_only, at_ns,
    )  # fmt: skip
    state.changes.amends.append(amend)
    state.changes.orders[order.order_id] = order
    state.facts.append(
        OrderAmended(
            at_ns, order.order_id, order.account_id, order.market, order.opened_ns, amend, order.hold, order.hold_ppm,
            keeps_place,
        )
    )  # fmt: skip


def _open_order(state: State, command: DecreaseOrder | ReplaceOrder | AmendOrder) -> Order | Reject:
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if state.modes.system is SystemStatus.MAINTENANCE:
        return Reject.EXCHANGE_CLOSED
    order = account.orders.get(command.order_id)
    return Reject.ORDER_UNKNOWN if order is None or order.kind is not OrderKind.LIMIT else order
