"""An order and a fill in KuCoin's words, as the classic and the high-frequency endpoints show them.

Source: kucoin-rest#classic-orders and kucoin-rest#high-frequency-orders; the order of the fields is that of the
examples in KuCoin's own API specification.
Decided: `cancelExist` is about the whole order, not about a part of it that was cancelled.
"""

from typing import Final

from msgspec import Struct

from seatrial.core.markets import Market
from seatrial.core.money import rescale_floor
from seatrial.core.orders import Fill, Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.dialects.kucoin.amounts import short
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.listings import RATE_SCALE, rate
from seatrial.dialects.kucoin.manners import FILL_TIMES
from seatrial.dialects.kucoin.params import MILLISECOND_NS, SECOND_NS
from seatrial.dialects.kucoin.symbols import Symbols

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
KINDS: Final = {"limit": OrderKind.LIMIT, "market": OrderKind.MARKET}
SPOT_TRADES: Final = "TRADE"
TRADE_TYPES: Final = (SPOT_TRADES, "MARGIN_TRADE", "MARGIN_ISOLATED_TRADE")
"""`tradeType`: nobody trades on margin here."""
TIMES_IN_FORCE: Final = {
    TimeInForce.GTC: "GTC",
    TimeInForce.GTD: "GTT",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
}
SELF_TRADES: Final = {
    SelfTrade.CANCEL_NEWEST: "CN",
    SelfTrade.CANCEL_OLDEST: "CO",
    SelfTrade.CANCEL_BOTH: "CB",
    SelfTrade.DECREASE: "DC",
}
"""An order without a rule may meet its owner's own. Source: kucoin-rest#order-rules."""
ENDED_EARLY: Final = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})


class OrderView(Struct, frozen=True, rename="camel"):
    """One order of the classic endpoints."""

    id: str
    symbol: str
    op_type: str
    type: str
    side: str
    price: str
    size: str
    funds: str
    deal_funds: str
    deal_size: str
    fee: str
    fee_currency: str
    stp: str
    stop: str
    stop_triggered: bool
    stop_price: str
    time_in_force: str
    post_only: bool
    hidden: bool
    iceberg: bool
    visible_size: str
    cancel_after: int
    channel: str
    client_oid: str | None
    remark: str | None
    tags: str | None
    is_active: bool
    cancel_exist: bool
    created_at: int
    trade_type: str


class HfOrderView(Struct, frozen=True, rename="camel"):
    """One order of the high-frequency endpoints."""

    id: str
    client_oid: str | None
    symbol: str
    op_type: str
    type: str
    side: str
    price: str
    size: str
    funds: str
    deal_size: str
    deal_funds: str
    remain_size: str
    remain_funds: str
    cancelled_size: str
    cancelled_funds: str
    fee: str
    fee_currency: str
    stp: str | None
    time_in_force: str
    post_only: bool
    hidden: bool
    iceberg: bool
    visible_size: str
    cancel_after: int
    channel: str
    remark: str | None
    tags: str | None
    cancel_exist: bool
    trade_type: str
    in_order_book: bool
    active: bool
    tax: str
    created_at: int
    last_updated_at: int


class FillView(Struct, frozen=True, rename="camel"):
    """One fill of the classic endpoints."""

    symbol: str
    trade_id: str
    order_id: str
    counter_order_id: str
    side: str
    liquidity: str
    force_taker: bool
    price: str
    size: str
    funds: str
    fee: str
    fee_rate: str
    fee_currency: str
    stop: str
    trade_type: str
    type: str
    created_at: int


class HfFillView(Struct, frozen=True, rename="camel"):
    """One fill of the high-frequency endpoints: its ids are numbers."""

    id: int
    order_id: str
    counter_order_id: str
    trade_id: int
    symbol: str
    side: str
    liquidity: str
    type: str
    force_taker: bool
    price: str
    size: str
    funds: str
    fee: str
    fee_rate: str
    fee_currency: str
    stop: str
    trade_type: str
    tax_rate: str
    tax: str
    created_at: int


class Sizes(Struct, frozen=True, rename="camel"):
    """How much of an order was asked for, done, left and given up."""

    origin_size: str
    deal_size: str
    remain_size: str
    canceled_size: str
    status: str


def order_view(order: Order, market: Market, symbols: Symbols, ids: Ids) -> OrderView:
    """As the classic endpoints show it. What has no meaning for its type is `0` or empty."""
    return OrderView(
        id=ids.order(order.order_id, order.opened_ns // SECOND_NS),
        symbol=symbols.name(order.market),
        op_type="DEAL",
        type=order.kind,
        side=order.side,
        price=short(_limit(order), market.price_scale),
        size=short(order.qty_lots + order.given_up_lots, market.lot_scale),
        funds=short(order.spend, market.quote.scale),
        deal_funds=_exact(order.exact, market),
        deal_size=short(order.filled_lots, market.lot_scale),
        fee=_fee(order.fee_exact, market),
        fee_currency=symbols.currency(market.quote.code),
        stp=SELF_TRADES.get(order.self_trade, ""),
        stop="",
        stop_triggered=False,
        stop_price="0",
        time_in_force=TIMES_IN_FORCE[order.time_in_force],
        post_only=order.post_only,
        hidden=False,
        iceberg=False,
        visible_size="0",
        cancel_after=_cancel_after(order),
        channel="API",
        client_oid=order.client_id,
        remark=order.note,
        tags=order.label,
        is_active=order.is_live,
        cancel_exist=order.status in ENDED_EARLY,
        created_at=order.opened_ns // MILLISECOND_NS,
        trade_type=SPOT_TRADES,
    )


def hf_order_view(order: Order, market: Market, symbols: Symbols, ids: Ids) -> HfOrderView:
    """As the high-frequency endpoints show it: the funds of a limit order are its price times its size."""
    remain, cancelled = _split(order, order.open_lots, order.given_up_lots)
    given_up = order.price_ticks * order.given_up_lots if order.kind is OrderKind.LIMIT else 0
    remain_funds, cancelled_funds = _split(order, _asked_exact(order, market) - given_up - order.exact, given_up)
    return HfOrderView(
        id=ids.order(order.order_id, order.opened_ns // SECOND_NS),
        client_oid=order.client_id,
        symbol=symbols.name(order.market),
        op_type="DEAL",
        type=order.kind,
        side=order.side,
        price=short(_limit(order), market.price_scale),
        size=short(order.qty_lots + order.given_up_lots, market.lot_scale),
        funds=_exact(_asked_exact(order, market), market),
        deal_size=short(order.filled_lots, market.lot_scale),
        deal_funds=_exact(order.exact, market),
        remain_size=short(remain, market.lot_scale),
        remain_funds=_exact(remain_funds, market),
        cancelled_size=short(cancelled, market.lot_scale),
        cancelled_funds=_exact(cancelled_funds, market),
        fee=_fee(order.fee_exact, market),
        fee_currency=symbols.currency(market.quote.code),
        stp=SELF_TRADES.get(order.self_trade),
        time_in_force=TIMES_IN_FORCE[order.time_in_force],
        post_only=order.post_only,
        hidden=False,
        iceberg=False,
        visible_size="0",
        cancel_after=_cancel_after(order),
        channel="API",
        remark=order.note,
        tags=order.label,
        cancel_exist=order.status in ENDED_EARLY,
        trade_type=SPOT_TRADES,
        in_order_book=order.is_live and order.queue != 0,
        active=order.is_live,
        tax="0",
        created_at=order.opened_ns // MILLISECOND_NS,
        last_updated_at=last_updated_ns(order) // MILLISECOND_NS,
    )


def sizes(order: Order, market: Market) -> Sizes:
    """As the answers of the synchronous endpoints say it."""
    remain, cancelled = _split(order, order.open_lots, order.given_up_lots)
    return Sizes(
        short(order.qty_lots + order.given_up_lots, market.lot_scale),
        short(order.filled_lots, market.lot_scale),
        short(remain, market.lot_scale),
        short(cancelled, market.lot_scale),
        "open" if order.is_live else "done",
    )


def fill_view(fill: Fill, market: Market, symbols: Symbols, ids: Ids, as_of_ns: int) -> FillView:
    """As the classic endpoints show one of that moment."""
    at_ns = fill.at_ns if FILL_TIMES.holds(as_of_ns) else fill.at_ns - fill.at_ns % SECOND_NS
    return FillView(
        symbol=symbols.name(fill.market),
        trade_id=str(ids.trade(fill.trade_id)),
        order_id=ids.order(fill.order_id, fill.opened_s),
        counter_order_id=ids.counter_order(fill.counter_order_id, fill.counter_opened_s),
        side=fill.side,
        liquidity=_liquidity(fill),
        force_taker=False,
        price=short(fill.price_ticks, market.price_scale),
        size=short(fill.qty_lots, market.lot_scale),
        funds=_exact(fill.exact, market),
        fee=_fee(fill.fee_exact, market),
        fee_rate=rate(fill.fee_ppm),
        fee_currency=symbols.currency(market.quote.code),
        stop="",
        trade_type=SPOT_TRADES,
        type=fill.kind,
        created_at=at_ns // MILLISECOND_NS,
    )


def hf_fill_view(fill: Fill, market: Market, symbols: Symbols, ids: Ids) -> HfFillView:
    """As the high-frequency endpoints show it."""
    return HfFillView(
        id=ids.fill_row(fill.fill_id),
        order_id=ids.order(fill.order_id, fill.opened_s),
        counter_order_id=ids.counter_order(fill.counter_order_id, fill.counter_opened_s),
        trade_id=ids.trade(fill.trade_id),
        symbol=symbols.name(fill.market),
        side=fill.side,
        liquidity=_liquidity(fill),
        type=fill.kind,
        force_taker=False,
        price=short(fill.price_ticks, market.price_scale),
        size=short(fill.qty_lots, market.lot_scale),
        funds=_exact(fill.exact, market),
        fee=_fee(fill.fee_exact, market),
        fee_rate=rate(fill.fee_ppm),
        fee_currency=symbols.currency(market.quote.code),
        stop="",
        trade_type=SPOT_TRADES,
        tax_rate="0",
        tax="0",
        created_at=fill.at_ns // MILLISECOND_NS,
    )


def last_updated_ns(order: Order) -> int:
    """When anything last happened to an order."""
    return max(order.opened_ns, order.touched_ns, order.closed_ns)


def _exact(exact: int, market: Market) -> str:
    """A sum of price times quantity."""
    return short(exact, market.price_scale + market.lot_scale)


def _fee(fee_exact: int, market: Market) -> str:
    """A sum of price times quantity times rate: what was charged in the ledger is that, to the nearest unit."""
    return short(fee_exact, market.price_scale + market.lot_scale + RATE_SCALE)


def _limit(order: Order) -> int:
    """A market order has none to show."""
    return order.price_ticks if order.kind is OrderKind.LIMIT else 0


def _asked_exact(order: Order, market: Market) -> int:
    """What the order would move at most, in ticks times lots; nothing is known of a market order with a size."""
    if order.spend:
        return rescale_floor(order.spend, market.quote.scale, market.price_scale + market.lot_scale)
    return _limit(order) * (order.qty_lots + order.given_up_lots)


def _split(order: Order, left: int, given_up: int) -> tuple[int, int]:
    """How much of an order remains and how much was cancelled, of its size or of its funds."""
    left = max(left, 0)
    return (0, given_up + left) if order.status in ENDED_EARLY else (left, given_up)


def _cancel_after(order: Order) -> int:
    return (order.expires_ns - order.opened_ns) // SECOND_NS if order.expires_ns else 0


def _liquidity(fill: Fill) -> str:
    return "maker" if fill.maker else "taker"
