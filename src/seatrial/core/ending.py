"""Orders get smaller and end: what each way to do so leaves behind."""

from typing import Final

from seatrial.core.facts import OrderDecreased, OrderEnded
from seatrial.core.holds import paying_asset, shrink_hold
from seatrial.core.market_state import MarketState
from seatrial.core.orders import EndReason, Order, Step
from seatrial.core.state import State

_FILL_LAST: Final = Step.FILL_LAST
"""Bound once: looking up a member of an enum takes longer than most of what is done with it here."""


def end(state: State, order: Order, step: Step, reason: EndReason | None, at_ns: int) -> None:
    """An order ends: it leaves the book, and what it still held is free again."""
    ms = state.markets[order.market]
    if order.queue and step is not _FILL_LAST:
        ms.book.side(order.side).remove(order)
        note_quote(state, ms, at_ns)
    order.advance(step)
    order.end_reason = reason
    order.closed_ns = at_ns
    account = state.accounts[order.account_id]
    if order.hold:
        state.ledger.release(account.trading_purse(paying_asset(ms, order)), order.hold)
        order.hold = 0
    state.delist(account, order)
    state.changes.orders[order.order_id] = order
    ended = OrderEnded(at_ns, order.order_id, order.account_id, order.market, order.opened_ns, order.status, reason)
    state.facts.append(ended)


def end_if_worthless(state: State, ms: MarketState, order: Order, at_ns: int) -> None:
    """What is left of an order does not stay when nobody could pay for it. The house knows no minimums."""
    if order.price_ticks * order.open_lots <= ms.dust and not order.is_house and order.is_live:
        end(state, order, Step.CANCEL, EndReason.WORTHLESS, at_ns)


def expire(state: State, order_id: int, _due_ns: int, _left: int) -> int:
    """The expiry time of an order has come."""
    end(state, state.live_orders[order_id], Step.EXPIRE, EndReason.EXPIRED, state.now_ns)
    return 1


def decrease(state: State, ms: MarketState, order: Order, lots: int, at_ns: int) -> None:
    """An open order wants less, but not nothing; if it rests, it keeps its place."""
    if order.queue:
        ms.book.side(order.side).fill(order, lots)
    order.qty_lots -= lots
    order.given_up_lots += lots
    order.touched_ns = at_ns
    shrink_hold(state, ms, order, state.accounts[order.account_id].trading_purse(paying_asset(ms, order)), 0)
    state.changes.orders[order.order_id] = order
    state.facts.append(
        OrderDecreased(at_ns, order.order_id, order.account_id, order.market, order.opened_ns, lots, order.hold)
    )


def note_quote(state: State, ms: MarketState, at_ns: int) -> None:
    """Remember the best prices where they changed."""
    quote = ms.note_quote(at_ns)
    if quote is not None:
        state.changes.quotes.append(quote)
