"""An order in Kraken's words: the sentence that AddOrder answers with, and the object that the order lists show.

Source: kraken-orders#description and kraken-orders#order-object; venue-pages#user-references.
"""

from functools import cache
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from seatrial.core.markets import Market
from seatrial.core.money import Ratio, format_units, rescale_floor
from seatrial.core.orders import EndReason, Order, OrderKind, OrderStatus
from seatrial.dialects.kraken.manners import ORDER_FIELDS, PAIR_CLASS
from seatrial.dialects.kraken.symbols import Symbols

STATUSES: Final = {
    OrderStatus.PENDING: "pending",
    OrderStatus.OPEN: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.EXPIRED: "expired",
}
"""Source: kraken-orders#life-cycle."""

REASONS: Final = {
    EndReason.USER_REQUESTED: "User requested",
    EndReason.SELF_TRADE: "Cannot trade with self",
    EndReason.POST_ONLY: "Post only order",
    EndReason.NOT_FILLED_AT_ONCE: "Order not filled immediately",
    EndReason.NO_LIQUIDITY: "No liquidity",
    EndReason.OUT_OF_FUNDS: "Insufficient funds",
    EndReason.EXPIRED: "Order expired",
    EndReason.REPLACED: "Order replaced",
    EndReason.MARKET_CLOSED: "Market closed",
    EndReason.PRICE_OUT_OF_BAND: "Price out of band",
    EndReason.WORTHLESS: "Insignificant volume remaining",
}
"""Source: kraken-orders#reasons; of the second: kraken-orders#self-trade-prevention. What has no text there is decided:
expiry, what is not filled at once or finds no counterpart, halts and bands."""

SHOWN_NS: Final = 1_000
"""Private history shows times to the microsecond. Source: kraken-rest#times, an order and a trade of June 2026."""

FOREX: Final = "forex"
TOKENIZED: Final = "tokenized_asset"
"""The classes of pairs. Source: kraken-rest#asset-classes."""

PPM_SCALE: Final = 6

NO_PRICE: Final = "0"
"""What `descr` shows for a price that the order type does not have."""


_LIMIT: Final = OrderKind.LIMIT


class Descr(Struct, frozen=True):
    """What was asked for."""

    pair: str
    aclass: str | UnsetType
    type: str
    ordertype: str
    price: str
    price2: str
    leverage: str
    order: str
    close: str


class OrderView(Struct, frozen=True, kw_only=True):
    """One order of OpenOrders, ClosedOrders and QueryOrders. The fields stand in the order of Kraken's examples.

    Source: venue-pages#user-references; of the fields that it has not yet: kraken-orders#order-object.
    """

    refid: None = None
    userref: int | None
    cl_ord_id: str | UnsetType = UNSET
    status: str
    reason: str | UnsetType | None = UNSET
    opentm: float
    closetm: float | UnsetType = UNSET
    starttm: int
    expiretm: int
    descr: Descr
    vol: str
    vol_exec: str
    cost: str
    fee: str
    price: str
    stopprice: str
    limitprice: str
    misc: str
    oflags: str
    time_in_force: str | UnsetType
    amended: bool | UnsetType = UNSET
    trades: list[str] | UnsetType = UNSET


def order_text(order: Order, market: Market, symbols: Symbols) -> str:
    """`buy 50.00000000 XDGUSD @ limit 0.1000000`.

    Decided for an order that spends: the amount stands where the volume does, without the currency in brackets that
    replies of 2017 had, because ccxt reads the third word as the pair.
    """
    kind, volume = order.kind, volume_text(order, market)
    what = f"{order.side._value_} {volume} {symbols.pair_altname(market.symbol)} @ {kind._value_}"
    return f"{what} {format_units(order.price_ticks, market.price_scale)}" if kind is _LIMIT else what


def order_view(
    order: Order, market: Market, symbols: Symbols, as_of_ns: int, *, with_reason: bool = True,
    trades: list[str] | None = None,
) -> OrderView:  # fmt: skip
    """The order as the lists showed it by that moment.

    OpenOrders has no `reason`; the others show it, null where there is none. `trades` appears only with members.
    An order that spends shows its volume in the quote and what it did as any order does: volume executed in the base,
    cost and fee in the quote. The fee is valued in the quote whatever paid it.
    Source of these two: clients that trade so read it so (Deltabadger, hyperdrive), a recording of 2017 for the fee;
    the documentation says base for the cost.
    """
    nothing = format_units(0, market.cost_scale)
    is_newer = ORDER_FIELDS.holds(as_of_ns)
    return OrderView(
        userref=order.tag or (None if is_newer and order.client_id is not None else 0),
        cl_ord_id=order.client_id or UNSET,
        status=_status(order),
        reason=_reason(order) if with_reason else UNSET,
        opentm=seconds(order.opened_ns),
        closetm=seconds(order.closed_ns) if order.closed_ns else UNSET,
        starttm=order.starts_ns // 10**9,
        expiretm=order.expires_ns // 10**9,
        descr=_descr(order, market, symbols, as_of_ns),
        vol=volume_text(order, market),
        vol_exec=format_units(order.filled_lots, market.lot_scale),
        cost=cost_text(market, order.exact),
        fee=fee_text(market, order.fee_exact),
        price=_average(order, market) if order.filled_lots else nothing,
        stopprice=nothing,
        limitprice=nothing,
        misc=_misc(order),
        oflags=_flags(order),
        time_in_force=order.time_in_force if is_newer else UNSET,
        amended=True if order.amended_ns else UNSET,
        trades=trades or UNSET,
    )


def seconds(at_ns: int) -> float:
    """A time as private history shows it: seconds with six decimals, the rest cut off."""
    return (at_ns // SHOWN_NS) / (10**9 // SHOWN_NS)


def price_scale(market: Market) -> int:
    """Decimals of prices in trades and market data, candles excepted: those of the cost, no fewer than the tick's.

    Source: recordings of 15 pairs, whose cost_decimals they are (XBT/USD 5, XMR/USD 8, XDG/USD 9); kraken-rest#numbers
    for private trades. Decided: never fewer than pair_decimals.
    """
    return max(market.cost_scale, market.price_scale)


def price_text(market: Market, price_ticks: int) -> str:
    """A price as trades and market data show it."""
    scale = price_scale(market)
    return format_units(price_ticks * 10 ** (scale - market.price_scale), scale)


def cost_text(market: Market, exact: int) -> str:
    """A sum of price times quantity, rounded to the nearest of the pair's cost_decimals.

    Source: kraken-ledgers#rounding.

    Decided: an order's is rounded once, not fill by fill.
    """
    return format_units(_cost(market, exact), market.cost_scale)


def fee_text(market: Market, fee_exact: int) -> str:
    """A sum of price times quantity times rate, rounded like a cost."""
    ratio = _ratio(market.price_scale + market.lot_scale + PPM_SCALE, market.cost_scale)
    return format_units(ratio.nearest(fee_exact), market.cost_scale)


def pair_class(symbols: Symbols, symbol: str) -> str:
    """The class that a pair is in."""
    return TOKENIZED if symbols.pair_info(symbol).aclass_base == TOKENIZED else FOREX


_ratio: Final = cache(Ratio)


def _descr(order: Order, market: Market, symbols: Symbols, as_of_ns: int) -> Descr:
    return Descr(
        pair=symbols.pair_altname(market.symbol),
        aclass=pair_class(symbols, market.symbol) if PAIR_CLASS.holds(as_of_ns) else UNSET,
        type=order.side,
        ordertype=order.kind,
        price=format_units(order.price_ticks, market.price_scale) if order.kind is OrderKind.LIMIT else NO_PRICE,
        price2=NO_PRICE,
        leverage="none",
        order=order_text(order, market, symbols),
        close="",
    )


def volume_text(order: Order, market: Market) -> str:
    """Its size as it is shown: of one that spends, what it spends."""
    if order.spend:
        return format_units(rescale_floor(order.spend, market.quote.scale, market.lot_scale), market.lot_scale)
    return format_units(order.qty_lots, market.lot_scale)


def _cost(market: Market, exact: int) -> int:
    return _ratio(market.price_scale + market.lot_scale, market.cost_scale).nearest(exact)


def _average(order: Order, market: Market) -> str:
    """Its shown cost by its volume, cut off at the tick: it may lie a tick below its only fill.

    Source: kraken-orders#order-object.
    """
    ratio = _ratio(market.cost_scale, market.price_scale + market.lot_scale)
    ticks = _cost(market, order.exact) * ratio.mul // (ratio.div * order.filled_lots)
    return format_units(ticks, market.price_scale)


def _reason(order: Order) -> str | None:
    return None if order.end_reason is None else REASONS[order.end_reason]


def _status(order: Order) -> str:
    """An order that ended because its rest was worthless counts as closed. Source: ccxt issue 8816 (2021-04)."""
    return STATUSES[OrderStatus.FILLED if order.end_reason is EndReason.WORTHLESS else order.status]


def _misc(order: Order) -> str:
    """Source: kraken-orders#life-cycle; `partial` is an order canceled or expired after it filled in part."""
    ended_early = order.status is OrderStatus.CANCELED or order.status is OrderStatus.EXPIRED
    ended_early = ended_early and order.end_reason is not EndReason.WORTHLESS
    is_partial = ended_early and order.filled_lots
    if order.amended_ns:
        return "partial,amended" if is_partial else "amended"
    return "partial" if is_partial else ""


def _flags(order: Order) -> str:
    """Source of the order of flags: kraken-orders#flags."""
    fee = "fcib" if order.fee_in_base else "fciq"
    if order.post_only:
        return f"post,{fee}"
    return f"viqc,{fee}" if order.spend else fee
