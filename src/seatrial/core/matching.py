"""Orders meet: what an arriving order would take, and how it takes it."""

from typing import Final

from seatrial.core.book import Plan
from seatrial.core.ending import decrease, end, end_if_worthless, note_quote
from seatrial.core.facts import HouseOrderFilled, OrderRested, Traded, TradePrinted
from seatrial.core.holds import paying_asset, shrink_hold
from seatrial.core.market_state import MarketState
from seatrial.core.orders import EndReason, Order, OrderKind, OrderStatus, Side, Step, TimeInForce, Trade
from seatrial.core.settlement import fill_of, settle, take_part, volume_of
from seatrial.core.sizes import spend_exact
from seatrial.core.state import State

NO_PLAN: Final = Plan()
"""What an order does that meets nothing."""

# Named once: looking a member up in its enum takes longer than most of what is done with it here.
_BUY, _LIMIT, _MARKET = Side.BUY, OrderKind.LIMIT, OrderKind.MARKET
_OPEN, _PENDING, _FILL, _FILL_LAST = OrderStatus.OPEN, OrderStatus.PENDING, Step.FILL, Step.FILL_LAST
_IOC, _FOK = TimeInForce.IOC, TimeInForce.FOK


def plan_of(ms: MarketState, order: Order) -> Plan:
    """What the order would take on arrival; `NO_PLAN` itself when it would meet nothing."""
    if order.status is _PENDING:
        return NO_PLAN
    if order.kind is _LIMIT and not ms.book.crosses(order.side, order.price_ticks):
        return NO_PLAN
    return ms.book.plan(order, order.spend and spend_exact(ms, order.spend), ms.dust)


def enter(state: State, ms: MarketState, order: Order, plan: Plan, at_ns: int) -> None:
    """Carry out the plan of an accepted order, then let the rest of it rest or end."""
    if order.time_in_force is _FOK and plan.qty_lots < order.qty_lots:
        end(state, order, Step.CANCEL, EndReason.NOT_FILLED_AT_ONCE, at_ns)
        return
    if plan.evicted or plan.decreased:
        _give_way(state, ms, order, plan, at_ns)
    for maker, lots in plan.fills:
        _trade(state, ms, order, maker, lots)
    at_ns = state.now_ns
    if order.status is not _OPEN:
        pass
    elif plan.spent and plan.fills:
        end(state, order, _FILL_LAST, None, at_ns)
    elif plan.worthless:
        end(state, order, Step.CANCEL, EndReason.WORTHLESS, at_ns)
    elif plan.stopped_by_self:
        end(state, order, Step.CANCEL, EndReason.SELF_TRADE, at_ns)
    elif order.kind is _MARKET:
        end(state, order, Step.CANCEL, EndReason.NO_LIQUIDITY, at_ns)
    elif order.time_in_force is _IOC:
        end(state, order, Step.CANCEL, EndReason.NOT_FILLED_AT_ONCE, at_ns)
    else:
        rest(state, ms, order, at_ns)
    note_quote(state, ms, at_ns)


def rest(state: State, ms: MarketState, order: Order, at_ns: int) -> None:
    """It joins the end of the queue at its price."""
    state.counters.queue += 1
    order.queue = state.counters.queue
    order.touched_ns = at_ns
    ms.book.side(order.side).add(order)
    state.facts.append(OrderRested(at_ns, order.order_id, order.account_id, order.market, order.opened_ns, order.queue))


def _give_way(state: State, ms: MarketState, order: Order, plan: Plan, at_ns: int) -> None:
    """Orders of one owner make room for each other."""
    for own in plan.evicted:
        end(state, own, Step.CANCEL, EndReason.SELF_TRADE, at_ns)
    for own, lots in plan.decreased:
        decrease(state, ms, own, lots, at_ns)
        end_if_worthless(state, ms, own, at_ns)
    if plan.given_up and order.qty_lots:
        decrease(state, ms, order, plan.given_up, at_ns)


def _trade(state: State, ms: MarketState, taker: Order, maker: Order, lots: int) -> None:
    """Two orders meet at the maker's price: money moves, both sides are posted, everyone sees the trade.

    Each trade has a nanosecond of its own, so that a cursor of nanoseconds loses none.
    """
    buys = taker.side is _BUY
    (ms.book.asks if buys else ms.book.bids).fill(maker, lots)
    trade = announce(state, ms, maker.price_ticks, lots, taker.side, taker.kind)
    at_ns, exact = trade.at_ns, trade.price_ticks * lots
    if maker.is_house and taker.is_house:
        state.facts.append(TradePrinted(at_ns, trade))
        use_up(state, ms, maker, exact, lots, at_ns)
        use_up(state, ms, taker, exact, lots, at_ns)
        return
    maker_part, taker_part = (
        take_part(state, ms, maker, exact, lots, at_ns),
        take_part(state, ms, taker, exact, lots, at_ns),
    )
    settle(state, ms, taker_part if buys else maker_part, maker_part if buys else taker_part, exact, lots, at_ns)
    volume_usd = volume_of(state, ms, exact)
    maker_fill = fill_of(maker_part, trade, exact, volume_usd, taker)
    taker_fill = fill_of(taker_part, trade, exact, volume_usd, maker)
    state.changes.fills += (maker_fill, taker_fill)
    state.facts.append(Traded(at_ns, trade, maker_fill, taker_fill, maker.hold, taker.hold))
    _count_fill(state, maker, at_ns)
    _count_fill(state, taker, at_ns)
    if maker.status is _OPEN:
        end_if_worthless(state, ms, maker, at_ns)


def announce(state: State, ms: MarketState, price_ticks: int, lots: int, side: Side, kind: OrderKind) -> Trade:
    """Everyone sees a trade and its taker's side and kind, at the world's next nanosecond."""
    ms.trade_id += 1
    state.now_ns += 1
    trade = Trade(ms.market.symbol, ms.trade_id, price_ticks, lots, state.now_ns, side, kind)
    ms.tally.add(trade)
    state.changes.trades.append(trade)
    state.changes.candles[trade.market] = ms
    return trade


def use_up(state: State, ms: MarketState, order: Order, exact: int, lots: int, at_ns: int) -> None:
    """Count a fill of the house with itself: its order gets smaller, no money moves."""
    order.filled_lots += lots
    order.exact += exact
    order.touched_ns = at_ns
    state.changes.orders[order.order_id] = order
    shrink_hold(state, ms, order, state.accounts[order.account_id].trading_purse(paying_asset(ms, order)), 0)
    state.facts.append(
        HouseOrderFilled(
            at_ns, order.order_id, order.account_id, order.market, order.opened_ns, lots, exact, order.hold
        )
    )
    _count_fill(state, order, at_ns)


def _count_fill(state: State, order: Order, at_ns: int) -> None:
    if order.filled_lots == order.qty_lots:
        end(state, order, _FILL_LAST, None, at_ns)
    else:
        order.advance(_FILL)
