"""Orders at work: acceptance, matching, settlement, and every way to end."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.account_state import AccountState
from seatrial.core.assets import USD, Asset
from seatrial.core.book import Plan
from seatrial.core.commands import CancelOrders, PlaceOrder, SetStatus, SetSystemStatus
from seatrial.core.events import (
    OrderAccepted,
    OrderChecked,
    OrderDecreased,
    OrderEnded,
    OrdersCanceled,
    StatusSet,
    Traded,
    TradePrinted,
)
from seatrial.core.holds import hold_for, hold_for_market, paying_asset
from seatrial.core.ledger import EXCHANGE, FEE_INCOME, EntryKind, Ledger, Leg, Purse, move
from seatrial.core.market_state import MarketState
from seatrial.core.markets import MarketStatus, SystemStatus
from seatrial.core.money import MAX_UNITS, rescale_floor
from seatrial.core.orders import Fill, Order, OrderKind, Reason, Side, Status, Step, TimeInForce, Trade
from seatrial.core.paying import Covered, bring_back, credits_for
from seatrial.core.rejects import Reject
from seatrial.core.sizes import costs, is_too_small, spend_exact
from seatrial.core.state import Alarm, State
from seatrial.core.valuing import price_of, value_assets
from seatrial.core.volume import MOST_PER_TRADE, USD_SCALE

SECOND_NS: Final = 10**9

NO_PLAN: Final = Plan()
"""What an order does that meets nothing."""

_REFUSALS: Final = {
    SystemStatus.MAINTENANCE.value: Reject.EXCHANGE_CLOSED,
    MarketStatus.CANCEL_ONLY.value: Reject.MARKET_CANCEL_ONLY,
    MarketStatus.REDUCE_ONLY.value: Reject.MARKET_REDUCE_ONLY,
    MarketStatus.POST_ONLY.value: Reject.MARKET_POST_ONLY,
    MarketStatus.LIMIT_ONLY.value: Reject.MARKET_LIMIT_ONLY,
}
"""By the words that exchange and markets share."""

# Named once: looking a member up in its enum takes longer than most of what is done with it here.
_BUY, _SELL, _LIMIT, _MARKET = Side.BUY, Side.SELL, OrderKind.LIMIT, OrderKind.MARKET
_OPEN, _PENDING, _FILL, _FILL_LAST = Status.OPEN, Status.PENDING, Step.FILL, Step.FILL_LAST
_IOC, _FOK, _TRADE = TimeInForce.IOC, TimeInForce.FOK, EntryKind.TRADE
_MARKET_ONLINE, _EXCHANGE_ONLINE = MarketStatus.ONLINE, SystemStatus.ONLINE


def place(  # noqa: C901, PLR0912  a ladder of checks
    state: State, command: PlaceOrder, at_ns: int, replaced: Order | None = None
) -> Reject | None:
    """Accept an order and let it match, or say why not. Checks first, then changes.

    `replaced` is the open order whose place it takes, on the same side of the same market.
    """
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    ms = state.markets.get(command.market)
    if ms is None:
        return Reject.MARKET_UNKNOWN
    is_house = account is state.house
    closed = closed_to(state, ms, command.kind, post_only=command.post_only)
    if closed is not None:
        return closed
    name = command.client_id
    if name is not None and account.by_client_id.get(name, replaced) is not replaced:
        return Reject.CLIENT_ID_IN_USE
    market = ms.market
    if command.qty_lots > MAX_UNITS or command.spend > MAX_UNITS:
        return Reject.QTY_OUT_OF_RANGE
    if command.price_ticks > MAX_UNITS:
        return Reject.PRICE_OUT_OF_RANGE
    if command.qty_lots < (1 if is_house else market.min_qty_lots) and is_too_small(ms, command):
        return Reject.QTY_BELOW_MINIMUM
    order = new_order(command, at_ns, is_house=is_house)
    if command.band_ppm and not _is_in_band(ms, order, command.band_ppm):
        return Reject.PRICE_OUT_OF_BAND
    plan = plan_of(ms, order)
    if not is_house and costs(ms, order, plan) < ms.min_exact:
        return Reject.COST_BELOW_MINIMUM
    if command.post_only and plan is not NO_PLAN and not command.cancels_post_only:
        return Reject.POST_ONLY_WOULD_TAKE
    if command.check_only:
        state.events.append(OrderChecked(order))
        return None
    order.hold_ppm = account.fee_tier(market, at_ns).taker_ppm
    hold = hold_for(ms, order) if order.kind is _LIMIT else hold_for_market(ms, order, plan)
    purse = account.trading_purse(market.quote if order.side is _BUY else market.base)
    if hold > purse.free.balance and hold > state.ledger.spendable(purse) + (replaced.hold if replaced else 0):
        return Reject.INSUFFICIENT_FUNDS
    if command.most_open is not None and len(account.in_market.get(market.symbol, ())) >= command.most_open:
        return Reject.TOO_MANY_OPEN_ORDERS

    if at_ns >= account.assets.due_ns:
        value_assets(state, command.account_id, at_ns)
    if replaced is not None:
        end(state, replaced, Step.CANCEL, Reason.USER_REQUESTED, at_ns)
    state.number(order)
    if hold:
        order.hold = hold
        state.ledger.hold(purse, hold)
    state.changes.orders[order.order_id] = order
    state.enlist(account, order)
    state.events.append(OrderAccepted(order))
    if order.expires_ns:
        state.set_alarm(order.expires_ns, Alarm.EXPIRE_ORDER, order.order_id)
    if order.status is _PENDING:
        state.set_alarm(order.starts_ns, Alarm.START_ORDER, order.order_id)
    elif order.post_only and plan is not NO_PLAN:
        end(state, order, Step.CANCEL, Reason.POST_ONLY, at_ns)
    else:
        if command.matching_ns and (plan is not NO_PLAN or not _may_rest(order)):
            state.now_ns = at_ns = at_ns + command.matching_ns
        enter(state, ms, order, plan, at_ns)
    return None


def _may_rest(order: Order) -> bool:
    return order.kind is _LIMIT and order.time_in_force is not _IOC and order.time_in_force is not _FOK


def _is_in_band(ms: MarketState, order: Order, band_ppm: int) -> bool:
    """Whether a limit lies no further beyond the best opposite price than the band; a market order is bound to that."""
    bound = ms.bound_ticks(order.side, band_ppm)
    if bound is None:
        return True
    if order.kind is _LIMIT:
        return order.price_ticks <= bound if order.side is _BUY else order.price_ticks >= bound
    order.price_ticks = min(bound, MAX_UNITS)
    return True


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
    more = command.most is not None and len(chosen) > command.most
    if more:
        chosen.pop()
    for order in chosen:
        end(state, order, Step.CANCEL, Reason.USER_REQUESTED, at_ns)
    state.events.append(OrdersCanceled(len(chosen), more))
    return None


def set_status(state: State, command: SetStatus | SetSystemStatus) -> Reject | None:
    """Open or halt a market, or the exchange. What rests stays; orders that start in a halt are canceled (decided)."""
    modes = state.modes
    if isinstance(command, SetSystemStatus):
        modes = replace(modes, system=command.status)
    elif command.market in state.markets:
        modes = replace(modes, markets={**modes.markets, command.market: command.status})
    else:
        return Reject.MARKET_UNKNOWN
    state.set_modes(modes)
    state.changes.modes = modes
    state.events.append(StatusSet(modes))
    return None


def start(state: State, order_id: int, at_ns: int) -> None:
    """The start time of a pending order has come."""
    order = state.live_orders.get(order_id)
    if order is None or order.status is not _PENDING:
        return
    ms = state.markets[order.market]
    order.advance(Step.START)
    state.changes.orders[order.order_id] = order
    if closed_to(state, ms, order.kind, post_only=order.post_only) is not None:
        end(state, order, Step.CANCEL, Reason.MARKET_CLOSED, at_ns)
        return
    plan = plan_of(ms, order)
    if order.post_only and plan is not NO_PLAN:
        end(state, order, Step.CANCEL, Reason.POST_ONLY, at_ns)
        return
    if order.kind is _MARKET and not _refit_hold(state, ms, order, plan):
        end(state, order, Step.CANCEL, Reason.OUT_OF_FUNDS, at_ns)
        return
    enter(state, ms, order, plan, at_ns)


def expire(state: State, order_id: int, at_ns: int) -> None:
    """The expiry time of an order has come."""
    order = state.live_orders.get(order_id)
    if order is not None:
        end(state, order, Step.EXPIRE, Reason.EXPIRED, at_ns)


def closed_to(state: State, ms: MarketState, kind: OrderKind, *, post_only: bool) -> Reject | None:
    """Why the exchange, or else the market, takes no such order now. Source: kraken-semantics 8.8."""
    if ms.status is _MARKET_ONLINE and state.modes.system is _EXCHANGE_ONLINE:
        return None
    for status in (state.modes.system.value, ms.status.value):
        refusal = _REFUSALS.get(status)
        if refusal is Reject.MARKET_POST_ONLY and post_only:
            continue
        if refusal is Reject.MARKET_LIMIT_ONLY and kind is _LIMIT:
            continue
        if refusal is not None:
            return refusal
    return None


def new_order(command: PlaceOrder, at_ns: int, *, is_house: bool) -> Order:
    """The order that was asked for, before it is accepted."""
    order = Order(
        0, command.account_id, command.market, command.side, command.kind, command.price_ticks, command.qty_lots,
        command.spend, command.time_in_force, command.self_trade, command.post_only, command.fee_in_base,
        command.starts_ns, command.expires_ns, command.tag, command.client_id, at_ns,
        _PENDING if command.starts_ns > at_ns else _OPEN,
    )  # fmt: skip
    order.is_house = is_house
    order.note, order.label = command.note, command.label
    return order


def plan_of(ms: MarketState, order: Order) -> Plan:
    """What the order would take on arrival; `NO_PLAN` itself when it would meet nothing."""
    if order.status is _PENDING:
        return NO_PLAN
    if order.kind is _LIMIT and not ms.book.crosses(order.side, order.price_ticks):
        return NO_PLAN
    return ms.book.plan(order, order.spend and spend_exact(ms, order.spend), ms.dust)


def _refit_hold(state: State, ms: MarketState, order: Order, plan: Plan) -> bool:
    """Set aside what a market order needs now that it starts; False when there is not enough."""
    purse = state.accounts[order.account_id].trading_purse(paying_asset(ms, order))
    if order.hold:
        state.ledger.release(purse, order.hold)
        order.hold = 0
    needed = hold_for_market(ms, order, plan)
    if needed > state.ledger.spendable(purse):
        return False
    state.ledger.hold(purse, needed)
    order.hold = needed
    return True


def _chosen(account: AccountState, command: CancelOrders) -> list[Order]:
    """What a command names, each order once; one more than it may end where there are more."""
    chosen: dict[int, Order] = {}
    newest, most = command.up_to_id, command.most
    for order in _named(account, command):
        if newest is not None and order.order_id > newest:
            continue
        chosen[order.order_id] = order
        if most is not None and len(chosen) > most:
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


def enter(state: State, ms: MarketState, order: Order, plan: Plan, at_ns: int) -> None:
    """Carry out the plan of an accepted order, then let the rest of it rest or end."""
    if order.time_in_force is _FOK and plan.qty_lots < order.qty_lots:
        end(state, order, Step.CANCEL, Reason.NOT_FILLED_AT_ONCE, at_ns)
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
        end(state, order, Step.CANCEL, Reason.WORTHLESS, at_ns)
    elif plan.stopped_by_self:
        end(state, order, Step.CANCEL, Reason.SELF_TRADE, at_ns)
    elif order.kind is _MARKET:
        end(state, order, Step.CANCEL, Reason.NO_LIQUIDITY, at_ns)
    elif order.time_in_force is _IOC:
        end(state, order, Step.CANCEL, Reason.NOT_FILLED_AT_ONCE, at_ns)
    else:
        rest(state, ms, order, at_ns)
    note_quote(state, ms, at_ns)


def _give_way(state: State, ms: MarketState, order: Order, plan: Plan, at_ns: int) -> None:
    """Orders of one owner make room for each other."""
    for own in plan.evicted:
        end(state, own, Step.CANCEL, Reason.SELF_TRADE, at_ns)
    for own, lots in plan.decreased:
        decrease(state, ms, own, lots, at_ns)
        end_if_worthless(state, ms, own, at_ns)
    if plan.given_up and order.qty_lots:
        decrease(state, ms, order, plan.given_up, at_ns)


def decrease(state: State, ms: MarketState, order: Order, lots: int, at_ns: int) -> None:
    """An open order wants less, though not nothing; if it rests it keeps its place."""
    if order.queue:
        ms.book.side(order.side).fill(order, lots)
    order.qty_lots -= lots
    order.given_up_lots += lots
    order.touched_ns = at_ns
    _unhold(state, ms, order, state.accounts[order.account_id].trading_purse(paying_asset(ms, order)), 0)
    state.changes.orders[order.order_id] = order
    state.events.append(OrderDecreased(order))


def end_if_worthless(state: State, ms: MarketState, order: Order, at_ns: int) -> None:
    """What is left of an order does not stay when nobody could pay for it. The house knows no minimums."""
    if order.price_ticks * order.open_lots <= ms.dust and not order.is_house and order.is_live:
        end(state, order, Step.CANCEL, Reason.WORTHLESS, at_ns)


def rest(state: State, ms: MarketState, order: Order, at_ns: int) -> None:
    """It joins the end of the queue at its price."""
    state.counters.queue += 1
    order.queue = state.counters.queue
    order.touched_ns = at_ns
    ms.book.side(order.side).add(order)


def end(state: State, order: Order, step: Step, reason: Reason | None, at_ns: int) -> None:
    """An order ends: it leaves the book, and what it still held is free again."""
    ms = state.markets[order.market]
    if order.queue and step is not _FILL_LAST:
        ms.book.side(order.side).remove(order)
        note_quote(state, ms, at_ns)
    order.advance(step)
    order.reason = reason
    order.closed_ns = at_ns
    account = state.accounts[order.account_id]
    if order.hold:
        state.ledger.release(account.trading_purse(paying_asset(ms, order)), order.hold)
        order.hold = 0
    state.delist(account, order)
    state.changes.orders[order.order_id] = order
    state.events.append(OrderEnded(order))


def note_quote(state: State, ms: MarketState, at_ns: int) -> None:
    """Remember the best prices where they changed."""
    quote = ms.note_quote(at_ns)
    if quote is not None:
        state.changes.quotes.append(quote)


def announce(state: State, ms: MarketState, price_ticks: int, lots: int, side: Side, kind: OrderKind) -> Trade:
    """Everyone sees a trade and its taker's side and kind, at the world's next nanosecond."""
    ms.trade_id += 1
    state.now_ns += 1
    trade = Trade(ms.market.symbol, ms.trade_id, price_ticks, lots, state.now_ns, side, kind)
    ms.tally.add(trade)
    state.changes.trades.append(trade)
    state.changes.candles[trade.market] = ms
    return trade


def _trade(state: State, ms: MarketState, taker: Order, maker: Order, lots: int) -> None:
    """Two orders meet at the maker's price: money moves, both sides are posted, everyone sees the trade.

    Each trade has a nanosecond of its own, so that a cursor of nanoseconds loses none.
    """
    buys = taker.side is _BUY
    (ms.book.asks if buys else ms.book.bids).fill(maker, lots)
    trade = announce(state, ms, maker.price_ticks, lots, taker.side, taker.kind)
    at_ns, exact = trade.at_ns, trade.price_ticks * lots
    if maker.is_house and taker.is_house:
        state.events.append(TradePrinted(trade))
        use_up(state, ms, maker, exact, lots, at_ns)
        use_up(state, ms, taker, exact, lots, at_ns)
        return
    maker_part, taker_part = _part(state, ms, maker, exact, lots, at_ns), _part(state, ms, taker, exact, lots, at_ns)
    _settle(state, ms, taker_part if buys else maker_part, maker_part if buys else taker_part, exact, lots, at_ns)
    volume_usd = _volume_usd(state, ms, exact)
    maker_fill = _fill(maker_part, trade, exact, volume_usd, taker)
    taker_fill = _fill(taker_part, trade, exact, volume_usd, maker)
    state.changes.fills += (maker_fill, taker_fill)
    state.events.append(Traded(trade, maker_fill, taker_fill))
    _count_fill(state, maker, at_ns)
    _count_fill(state, taker, at_ns)
    if maker.status is _OPEN:
        end_if_worthless(state, ms, maker, at_ns)


def use_up(state: State, ms: MarketState, order: Order, exact: int, lots: int, at_ns: int) -> None:
    """Count a fill of the house with itself: its order gets smaller, no money moves."""
    order.filled_lots += lots
    order.exact += exact
    order.touched_ns = at_ns
    state.changes.orders[order.order_id] = order
    _unhold(state, ms, order, state.accounts[order.account_id].trading_purse(paying_asset(ms, order)), 0)
    _count_fill(state, order, at_ns)


def _count_fill(state: State, order: Order, at_ns: int) -> None:
    if order.filled_lots == order.qty_lots:
        end(state, order, _FILL_LAST, None, at_ns)
    else:
        order.advance(_FILL)


class _Part(Struct, gc=False):
    """One order's part in a trade while it is settled."""

    order: Order
    account: AccountState
    ppm: int
    fee_quote: int
    fee_base: int
    fill_id: int
    covered: Covered | None = None
    first_posting: int = 0
    postings: int = 0


def _part(state: State, ms: MarketState, order: Order, exact: int, lots: int, at_ns: int) -> _Part:
    """Count a fill on its order; who rested before is the maker and pays the maker's rate."""
    account, counters = state.accounts[order.account_id], state.counters
    if at_ns >= account.assets.due_ns:
        value_assets(state, order.account_id, at_ns)
    tier = account.fee_tier(ms.market, at_ns)
    ppm = tier.maker_ppm if order.queue else tier.taker_ppm
    order.filled_lots += lots
    order.exact += exact
    order.touched_ns = at_ns
    state.changes.orders[order.order_id] = order
    counters.fill_id = fill_id = counters.fill_id + 1
    if order.fee_in_base:
        return _Part(order, account, ppm, 0, ms.to_base_fee.nearest(lots * ppm), fill_id)
    return _Part(order, account, ppm, ms.to_quote_fee.nearest(exact * ppm), 0, fill_id)


def _fill(part: _Part, trade: Trade, exact: int, volume_usd: int, counter: Order) -> Fill:
    """The fill that its owner sees; its sums are added to the order and to the owner's volume."""
    order, fee_exact, fee_quote, fee_base = part.order, exact * part.ppm, part.fee_quote, part.fee_base
    order.fee_exact += fee_exact
    order.fee_quote += fee_quote
    order.fee_base += fee_base
    part.account.volume.add(trade.at_ns, volume_usd)
    return Fill(
        part.fill_id, order.account_id, order.order_id, trade.market, trade.trade_id, order.side, order.kind,
        trade.price_ticks, trade.qty_lots, exact, part.ppm, fee_exact, fee_quote, fee_base, order.queue != 0,
        trade.at_ns, part.first_posting, part.postings, volume_usd, counter.order_id, order.opened_ns // SECOND_NS,
        counter.opened_ns // SECOND_NS,
    )  # fmt: skip


def _settle(state: State, ms: MarketState, buyer: _Part, seller: _Part, exact: int, lots: int, at_ns: int) -> None:
    """Move quote to the seller, base to the buyer and fees to the exchange, and post it as one entry.

    Each amount is rounded once, to the nearest unit, and posted to both sides. Many small fills may so cost a
    unit or two more than their order set aside; who has nothing else free then pays what is there, cost first,
    fee last, so that no purse ever falls below zero (decided).
    """
    ledger, market = state.ledger, ms.market
    buyer_base, buyer_quote = buyer.account.trading_purses(market)
    seller_base, seller_quote = seller.account.trading_purses(market)
    cost, base = ms.to_quote.nearest(exact), ms.to_base.nearest(lots)
    if buyer_quote.owner.fee_credit is not None:
        _use_credits(state, ms, buyer, buyer_quote, exact)
    if seller_quote.owner.fee_credit is not None:
        _use_credits(state, ms, seller, seller_quote, exact)

    _unhold(state, ms, buyer.order, buyer_quote, cost + buyer.fee_quote)
    _unhold(state, ms, seller.order, seller_base, base + seller.fee_base)
    cost = _at_hand(state, buyer_quote, cost, buyer.fee_quote, at_ns)
    base = _at_hand(state, seller_base, base, seller.fee_base, at_ns)
    move(buyer_quote.free, seller_quote.free, cost)
    move(seller_base.free, buyer_base.free, base)

    if buyer.fee_quote:
        buyer.fee_quote = _charge(buyer_quote, buyer.fee_quote)
    if seller.fee_quote:
        seller.fee_quote = _charge(seller_quote, seller.fee_quote)
    if buyer.fee_base:
        buyer.fee_base = _charge(buyer_base, buyer.fee_base)
    if seller.fee_base:
        seller.fee_base = _charge(seller_base, seller.fee_base)
    bought, sold = buyer.fill_id, seller.fill_id
    legs = [
        (buyer_quote, bought, -cost, buyer.fee_quote),
        (buyer_base, bought, base, buyer.fee_base),
        (seller_base, sold, -base, seller.fee_base),
        (seller_quote, sold, cost, seller.fee_quote),
    ]
    fees_quote, fees_base = buyer.fee_quote + seller.fee_quote, buyer.fee_base + seller.fee_base
    if fees_quote:
        legs.append(_income(ledger, market.quote, bought, fees_quote))
    if fees_base:
        legs.append(_income(ledger, market.base, bought, fees_base))
    buyer.first_posting = ledger.posting_id + 1
    buyer.postings = (cost != 0 or buyer.fee_quote != 0) + (base != 0 or buyer.fee_base != 0)
    seller.first_posting = buyer.first_posting + buyer.postings
    seller.postings = (base != 0 or seller.fee_base != 0) + (cost != 0 or seller.fee_quote != 0)
    if buyer.covered is not None or seller.covered is not None:
        _add_credits(ledger, legs, buyer, seller)
    ledger.enter(_TRADE, at_ns, legs)


def _at_hand(state: State, purse: Purse, amount: int, fee: int, at_ns: int) -> int:
    """How much of an amount a purse can pay, once rewards came back for what it lacks of that and its fee."""
    due = amount + fee if fee > 0 else amount
    if due <= purse.free.balance:
        return amount
    bring_back(state, purse, due, at_ns)
    return min(amount, purse.free.balance)


def _use_credits(state: State, ms: MarketState, part: _Part, quote: Purse, exact: int) -> None:
    """Let the owner's fee credits take the place of the fee, or of as much of it as they pay."""
    if part.fee_quote or part.fee_base:
        worth = part.fee_quote or ms.to_quote_fee.nearest(exact * part.ppm)
        part.covered = covered = credits_for(state, ms, quote, worth)
        if covered is not None:
            part.fee_quote, part.fee_base = covered.rest_of(part.fee_quote), covered.rest_of(part.fee_base)
            _charge(covered.purse, covered.paid)


def _add_credits(ledger: Ledger, legs: list[Leg], buyer: _Part, seller: _Part) -> None:
    """Each side's credits are the last of its postings: the buyer's stand before the seller's."""
    for part, place in ((seller, 4), (buyer, 2)):
        if part.covered is not None:
            purse, paid = part.covered.purse, part.covered.paid
            legs.insert(place, (purse, part.fill_id, 0, paid))
            legs.append(_income(ledger, purse.asset, part.fill_id, paid))
            part.postings += 1
    if buyer.covered is not None:
        seller.first_posting += 1


def _unhold(state: State, ms: MarketState, order: Order, purse: Purse, due: int) -> None:
    """Free the part of an order's hold that this fill no longer needs set aside."""
    hold = order.hold
    if order.kind is not _LIMIT:
        hold -= min(hold, due)
    elif order.filled_lots != order.qty_lots:
        hold = hold_for(ms, order)
    else:
        hold = 0
    if hold < order.hold:
        state.ledger.release(purse, order.hold - hold)
        order.hold = hold


def _charge(purse: Purse, fee: int) -> int:
    """Take a fee, or pay a rebate, which `_income` gives to the exchange; what was really taken."""
    fee = min(fee, purse.free.balance)
    purse.free.balance -= fee
    return fee


def _income(ledger: Ledger, asset: Asset, ref: int, fees: int) -> Leg:
    """Give the exchange what `_charge` took."""
    income = ledger.purse(EXCHANGE, FEE_INCOME, asset)
    income.free.balance += fees
    return income, ref, fees, 0


def _volume_usd(state: State, ms: MarketState, exact: int) -> int:
    """What a trade adds to both sides' 30-day volume, in 10**-4 US dollars. Source: kraken-semantics 6.2."""
    market = ms.market
    if not market.fees.counts_volume:
        return 0
    if ms.is_in_dollars:
        return min(ms.to_usd.nearest(exact), MOST_PER_TRADE)
    price = price_of(state, market.quote.code, USD)
    if price is None:
        return 0
    usd_units = ms.to_quote.nearest(exact) * price[0] // price[1]
    return min(rescale_floor(usd_units, state.assets[USD].scale, USD_SCALE), MOST_PER_TRADE)
