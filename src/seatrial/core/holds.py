"""What orders set aside, and when that changes."""

from seatrial.core.assets import Asset
from seatrial.core.book import Plan
from seatrial.core.ledger import Purse
from seatrial.core.market_state import MarketState
from seatrial.core.money import PPM
from seatrial.core.orders import Order, OrderKind, Side
from seatrial.core.state import State

_BUY, _SELL, _LIMIT = Side.BUY, Side.SELL, OrderKind.LIMIT


def paying_asset(ms: MarketState, order: Order) -> Asset:
    """What it sets aside."""
    return ms.market.quote if order.side is _BUY else ms.market.base


def hold_for(ms: MarketState, order: Order) -> int:
    """What a limit order sets aside for what is left of it: its worst cost and, where it pays one, its fee.

    Rounded up while each fill is rounded to the nearest unit. Source: kraken-ledgers#holds.
    """
    lots = order.qty_lots - order.filled_lots
    if order.side is _BUY:
        exact = order.price_ticks * lots
        if order.fee_in_base:
            return ms.to_quote.ceil(exact)
        return ms.to_quote_fee.ceil(exact * (PPM + order.hold_ppm))
    return _hold_of_base(ms, order, lots)


def _hold_of_base(ms: MarketState, order: Order, lots: int) -> int:
    if order.fee_in_base:
        return ms.to_base_fee.ceil(lots * (PPM + order.hold_ppm))
    return ms.to_base.ceil(lots)


def hold_for_market(ms: MarketState, order: Order, plan: Plan) -> int:
    """What a market order needs at once: the fills it would meet, and their fees."""
    if order.side is _SELL:
        return _hold_of_base(ms, order, plan.qty_lots) if order.spend else hold_for(ms, order)
    ppm = 0 if order.fee_in_base else order.hold_ppm
    if order.spend:
        return -(-order.spend * (PPM + ppm) // PPM)
    return sum(
        ms.to_quote.nearest(maker.price_ticks * lots) + ms.to_quote_fee.ceil(maker.price_ticks * lots * ppm)
        for maker, lots in plan.fills
    )


def shrink_hold(state: State, ms: MarketState, order: Order, purse: Purse, due: int) -> None:
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


def refit_hold(state: State, ms: MarketState, order: Order, plan: Plan) -> bool:
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
