"""Orders are accepted, at once or to start later: checks first, then changes."""

from seatrial.core.account_state import AccountState
from seatrial.core.book import Plan
from seatrial.core.commands import PlaceOrder
from seatrial.core.ending import end
from seatrial.core.facts import OrderAccepted, OrderStarted
from seatrial.core.findings import OrderChecked
from seatrial.core.halts import closed_to
from seatrial.core.holds import hold_for, hold_for_market, refit_hold
from seatrial.core.ledger import Purse
from seatrial.core.market_state import MarketState
from seatrial.core.matching import NO_PLAN, enter, plan_of
from seatrial.core.money import MAX_UNITS
from seatrial.core.orders import EndReason, Order, OrderKind, OrderStatus, Side, Step, TimeInForce
from seatrial.core.rejects import Reject
from seatrial.core.sizes import costs, is_too_small
from seatrial.core.state import State
from seatrial.core.timers import Timer
from seatrial.core.valuing import value_assets

# Named once: looking a member up in its enum takes longer than most of what is done with it here.
_BUY, _LIMIT, _MARKET = Side.BUY, OrderKind.LIMIT, OrderKind.MARKET
_OPEN, _PENDING = OrderStatus.OPEN, OrderStatus.PENDING
_IOC, _FOK = TimeInForce.IOC, TimeInForce.FOK


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
    minimums = ms.minimums if command.minimums is None else command.minimums
    if command.qty_lots < (1 if is_house else minimums.qty_lots) and is_too_small(ms, command, minimums.qty_lots):
        return Reject.QTY_BELOW_MINIMUM
    order = new_order(command, at_ns, is_house=is_house)
    if order.band_ppm and order.status is not _PENDING and not is_in_band(ms, order):
        return Reject.PRICE_OUT_OF_BAND
    plan = plan_of(ms, order)
    if not is_house and costs(ms, order, plan, minimums.exact) < minimums.exact:
        return Reject.COST_BELOW_MINIMUM
    if command.post_only and plan is not NO_PLAN and not command.cancels_post_only:
        return Reject.POST_ONLY_WOULD_TAKE
    if command.check_only:
        state.find(OrderChecked(order))
        return None
    order.hold_ppm = account.fee_tier(market, at_ns).taker_ppm
    hold = hold_for(ms, order) if order.kind is _LIMIT else hold_for_market(ms, order, plan)
    purse = account.trading_purse(market.quote if order.side is _BUY else market.base)
    if hold > purse.free.balance and hold > state.ledger.spendable(purse) + (replaced.hold if replaced else 0):
        return Reject.INSUFFICIENT_FUNDS
    max_open = command.max_open if replaced is None or command.max_open is None else command.max_open + 1
    if max_open is not None and len(account.in_market.get(market.symbol, ())) >= max_open:
        return Reject.TOO_MANY_OPEN_ORDERS

    if at_ns >= account.assets.due_ns:
        value_assets(state, command.account_id, at_ns)
    if replaced is not None:
        end(state, replaced, Step.CANCEL, EndReason.REPLACED, at_ns)
    order.hold = hold
    accept(state, account, order, command, purse)
    if order.expires_ns:
        state.set_timer(order.expires_ns, Timer.EXPIRE_ORDER, order.order_id)
    if order.status is _PENDING:
        state.set_timer(order.starts_ns, Timer.START_ORDER, order.order_id)
    else:
        if command.matching_ns and (plan is not NO_PLAN or not _may_rest(order)):
            state.now_ns = at_ns = at_ns + command.matching_ns
        if order.post_only and plan is not NO_PLAN:
            end(state, order, Step.CANCEL, EndReason.POST_ONLY, at_ns)
        else:
            enter(state, ms, order, plan, at_ns)
    return None


def accept(state: State, account: AccountState, order: Order, terms: PlaceOrder, purse: Purse) -> None:
    """Start the life of an order: it gets its number, and its hold is set aside in that purse."""
    state.number(order)
    if order.hold:
        state.ledger.hold(purse, order.hold)
    state.changes.orders[order.order_id] = order
    state.enlist(account, order)
    state.facts.append(
        OrderAccepted(
            order.opened_ns, order.order_id, order.account_id, order.market, order.opened_ns, terms, order.status,
            order.price_ticks, order.hold, order.hold_ppm,
        )
    )  # fmt: skip


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
    order.band_ppm, order.max_open = command.band_ppm, command.max_open
    order.cancels_post_only = command.cancels_post_only
    return order


def start(state: State, order_id: int, _due_ns: int, _left: int) -> int:
    """The start time of a pending order has come, or its turn after a trade set it off."""
    order, at_ns = state.live_orders[order_id], state.now_ns
    ms = state.markets[order.market]
    order.advance(Step.START)
    state.stop_start(order)
    state.changes.orders[order.order_id] = order
    refused = _why_refused(state, ms, order)
    plan = plan_of(ms, order)
    reason = refused or _why_unfit(state, ms, order, plan)
    state.facts.append(
        OrderStarted(
            at_ns, order.order_id, order.account_id, order.market, order.opened_ns, order.price_ticks, order.hold
        )
    )
    if reason is None:
        enter(state, ms, order, plan, at_ns)
    else:
        end(state, order, Step.CANCEL, reason, at_ns)
    return 1


def _why_refused(state: State, ms: MarketState, order: Order) -> EndReason | None:
    """Why the market does not take an order that starts. A market order is bound to its band."""
    if closed_to(state, ms, order.kind, post_only=order.post_only) is not None:
        return EndReason.MARKET_CLOSED
    return EndReason.PRICE_OUT_OF_BAND if order.band_ppm and not is_in_band(ms, order) else None


def _why_unfit(state: State, ms: MarketState, order: Order, plan: Plan) -> EndReason | None:
    """Why an order cannot carry out its plan; if it can, what it needs is set aside."""
    if order.post_only and plan is not NO_PLAN:
        return EndReason.POST_ONLY
    if order.kind is _MARKET and not refit_hold(state, ms, order, plan):
        return EndReason.OUT_OF_FUNDS
    return None


def _may_rest(order: Order) -> bool:
    return order.kind is _LIMIT and order.time_in_force is not _IOC and order.time_in_force is not _FOK


def is_in_band(ms: MarketState, order: Order) -> bool:
    """Whether a limit lies no further beyond the best opposite price than the band; a market order is bound to that."""
    bound = ms.bound_ticks(order.side, order.band_ppm)
    if bound is None:
        return True
    if order.kind is _LIMIT:
        return order.price_ticks <= bound if order.side is _BUY else order.price_ticks >= bound
    order.price_ticks = min(bound, MAX_UNITS)
    return True
