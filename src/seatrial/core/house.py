"""The house: the one account whose orders make a market, so that there is something to trade with.

Its money is in the books like everyone's, and what it trades with a client is a trade like any other. What it trades
with itself would go from a purse to the same purse: that moves no money and leaves no fill, only what everyone
sees, a public trade. It pays no fees and knows no minimums; no dialect speaks for it.

All of this is decided: no venue has such an account.
"""

from msgspec import Struct

from seatrial.core.account_state import AccountState
from seatrial.core.book import Plan
from seatrial.core.commands import PlaceOrder, PrintTrade, QuoteMarket, Rung
from seatrial.core.ending import end, note_quote
from seatrial.core.facts import TradePrinted
from seatrial.core.halts import closed_to
from seatrial.core.holds import hold_for, paying_asset
from seatrial.core.market_state import MarketState
from seatrial.core.matching import announce, enter, plan_of, rest, use_up
from seatrial.core.money import MAX_UNITS
from seatrial.core.orders import EndReason, Order, OrderKind, Side, Step, TimeInForce
from seatrial.core.placing import accept, new_order
from seatrial.core.rejects import Reject
from seatrial.core.state import State


def name_of(market: str, side: Side, place: int) -> str:
    """What the house calls one of its resting orders."""
    return f"{market} {side} {place}"


def quote(state: State, command: QuoteMarket, at_ns: int) -> Reject | None:
    """Move the house's resting orders where they are asked to be; who stands in the way trades with them."""
    house, ms = state.house, state.markets.get(command.market)
    if house is None:
        return Reject.ACCOUNT_UNKNOWN
    if ms is None:
        return Reject.MARKET_UNKNOWN
    assert len({(rung.side, rung.place) for rung in command.rungs}) == len(command.rungs), "each rung once"
    names = [name_of(command.market, rung.side, rung.place) for rung in command.rungs]
    standing = [house.by_client_id[name] for name in names if name in house.by_client_id]
    wanted = [_terms(house, ms, rung, name) for rung, name in zip(command.rungs, names, strict=True) if rung.qty_lots]
    placed = [_order_of(ms, terms, at_ns) for terms in wanted]
    refusal = _refusal(state, house, ms, standing, placed)
    if refusal is not None:
        return refusal
    for order in standing:
        withdraw(state, ms, order, at_ns)
    for terms, order in zip(wanted, placed, strict=True):
        plan = plan_of(ms, order)
        _accept(state, house, ms, order, terms)
        if plan.fills:
            enter(state, ms, order, plan, at_ns)
        else:
            rest(state, ms, order, at_ns)
    note_quote(state, ms, max(at_ns, state.now_ns))
    return None


def print_trade(state: State, command: PrintTrade, at_ns: int) -> Reject | None:
    """Print a trade of the house with itself, and fill first what clients have in its way.

    That trade needs a bid and an ask at its price. Clients' orders that would have met either are filled at their
    own price, each side for no more than the trade's quantity, the best price first; at the very price of the trade
    those ahead in the queue come first, the house's own among them. What clients take comes on top: the trade is
    printed as asked.
    """
    house, ms = state.house, state.markets.get(command.market)
    if house is None:
        return Reject.ACCOUNT_UNKNOWN
    if ms is None:
        return Reject.MARKET_UNKNOWN
    closed = closed_to(state, ms, OrderKind.LIMIT, post_only=False)
    if closed is not None:
        return closed
    if not 0 < command.qty_lots <= MAX_UNITS:
        return Reject.QTY_OUT_OF_RANGE
    if not 0 < command.price_ticks <= MAX_UNITS:
        return Reject.PRICE_OUT_OF_RANGE
    for side in (command.taker_side, command.taker_side.opposite):
        if ms.book.crosses(side, command.price_ticks):
            _make_way(state, house, ms, command, side, at_ns)
    state.now_ns = max(state.now_ns, command.stamp_ns - 1)
    trade = announce(state, ms, command.price_ticks, command.qty_lots, command.taker_side, command.taker_kind)
    note_quote(state, ms, trade.at_ns)
    state.facts.append(TradePrinted(trade.at_ns, trade))
    return None


def withdraw(state: State, ms: MarketState, order: Order, at_ns: int) -> None:
    """Take a resting order of the house away. The best prices are noted by the caller, once all is done."""
    ms.book.side(order.side).remove(order)
    order.queue = 0
    end(state, order, Step.CANCEL, EndReason.USER_REQUESTED, at_ns)


def _terms(house: AccountState, ms: MarketState, rung: Rung, name: str) -> PlaceOrder:
    return PlaceOrder(
        house.account.account_id, ms.market.symbol, rung.side, OrderKind.LIMIT, rung.price_ticks, rung.qty_lots,
        client_id=name,
    )  # fmt: skip


def _order_of(ms: MarketState, terms: PlaceOrder, at_ns: int) -> Order:
    order = new_order(terms, at_ns, is_house=True)
    order.hold = hold_for(ms, order)
    return order


def _refusal(
    state: State, house: AccountState, ms: MarketState, standing: list[Order], placed: list[Order]
) -> Reject | None:
    if not placed:
        return None
    closed = closed_to(state, ms, OrderKind.LIMIT, post_only=False)
    if closed is not None:
        return closed
    if not all(0 < order.qty_lots <= MAX_UNITS for order in placed):
        return Reject.QTY_OUT_OF_RANGE
    if not all(0 < order.price_ticks <= MAX_UNITS for order in placed):
        return Reject.PRICE_OUT_OF_RANGE
    for side, asset in ((Side.BUY, ms.market.quote), (Side.SELL, ms.market.base)):
        needs = sum(order.hold for order in placed if order.side is side)
        freed = sum(order.hold for order in standing if order.side is side)
        if needs - freed > house.trading_purse(asset).free.balance:
            return Reject.INSUFFICIENT_FUNDS
    return None


def _accept(state: State, house: AccountState, ms: MarketState, order: Order, terms: PlaceOrder) -> None:
    accept(state, house, order, terms, house.trading_purse(paying_asset(ms, order)))


class _InTheWay(Struct):
    """What rests where a trade is to be printed."""

    stale: list[Order]
    """Quotes of the house that the trade proves wrong."""
    used: list[tuple[Order, int]]
    """Quotes of the house at the trade's own price, and how much of each it takes."""
    clients: list[tuple[Order, int]]


def _make_way(state: State, house: AccountState, ms: MarketState, command: PrintTrade, side: Side, at_ns: int) -> None:
    """Clear the way for that side of the trade."""
    found = _in_the_way(ms, command, side)
    for order in found.stale:
        withdraw(state, ms, order, at_ns)
    for order, lots in found.used:
        ms.book.side(order.side).fill(order, lots)
        use_up(state, ms, order, order.price_ticks * lots, lots, at_ns)
    plan = Plan()
    plan.fills = found.clients
    plan.qty_lots = sum(lots for _, lots in plan.fills)
    if not plan.qty_lots:
        return
    terms = _taking(house, ms, command, side, plan.qty_lots)
    taker = _order_of(ms, terms, at_ns)
    if taker.hold <= house.trading_purse(paying_asset(ms, taker)).free.balance:
        _accept(state, house, ms, taker, terms)
        enter(state, ms, taker, plan, at_ns)


def _in_the_way(ms: MarketState, command: PrintTrade, side: Side) -> _InTheWay:
    found = _InTheWay([], [], [])
    left = command.qty_lots
    taking = side is command.taker_side
    for level in ms.book.reachable(side, command.price_ticks):
        for order in level.orders.values():
            lots = min(left, order.open_lots)
            if not order.is_house:
                found.clients.append((order, lots))
            elif taking and level.price_ticks == command.price_ticks:
                found.used.append((order, lots))
            else:
                found.stale.append(order)
                continue
            left -= lots
    found.clients = [(order, lots) for order, lots in found.clients if lots]
    found.used = [(order, lots) for order, lots in found.used if lots]
    return found


def _taking(house: AccountState, ms: MarketState, command: PrintTrade, side: Side, lots: int) -> PlaceOrder:
    return PlaceOrder(
        house.account.account_id, ms.market.symbol, side, command.taker_kind, command.price_ticks, lots,
        time_in_force=TimeInForce.IOC,
    )  # fmt: skip
