"""An order that is asked for becomes a command, or is refused, by the exchange too.

Source: kucoin-rest#order-parameters, kucoin-rest#order-rules, kucoin-rest#classic-orders and
kucoin-rest#high-frequency-orders. Decided: an order that would have to be another one than can be placed here — hidden,
iceberg, stop, margin — is refused, never placed as something else.
"""

import re
from collections.abc import Mapping
from typing import Final

from seatrial.core.commands import PlaceOrder
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market
from seatrial.core.money import parse_units
from seatrial.core.orders import Order, OrderKind, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.amounts import short
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.errors import BadCall, Error
from seatrial.dialects.kucoin.orders.answers import order_of
from seatrial.dialects.kucoin.orders.request import OrderRequest
from seatrial.dialects.kucoin.params import SECOND_NS
from seatrial.dialects.kucoin.sizes import Sizes

MAX_OPEN: Final = 200
"""Live orders per market. Source: kucoin-rest#order-rules."""
MAX_OPEN_ANYWHERE: Final = 2000
MAX_REMARK: Final = 100

_CLIENT_OID = re.compile(r"[A-Za-z0-9_ -]{1,40}")
"""Source: kucoin-rest#order-parameters; the spaces from the specification's examples."""
_ASCII = re.compile(r"[\x20-\x7e]*")


def place(context: Context, request: OrderRequest, words: Mapping[Reject, Error]) -> Order:
    """Place the order, or only check it; a refusal is in these words. Raises `BadCall`."""
    limited = context.account.account.rate_limits
    command = order_command(context, request, MAX_OPEN if limited else None)
    if limited and not request.check_only and len(context.account.orders) >= MAX_OPEN_ANYWHERE:
        raise BadCall(errors.TOO_MANY_ORDERS)
    outcome = context.machine.apply(command, context.at_ns)
    if isinstance(outcome, Reject):
        raise BadCall(refusal(context, outcome, request.market, request.side, words))
    return order_of(context, outcome)


def order_command(context: Context, request: OrderRequest, max_open: int | None) -> PlaceOrder:
    """The command that places the order, or only checks it. Raises `BadCall`."""
    _refuse_other_orders(request)
    _check_words(request)
    _check_deadline(request, context.moments)
    market, line = context.state.markets[request.market].market, context.tools.symbols.line(request.market)
    sizes = line.sizes
    is_market = request.kind is OrderKind.MARKET
    if is_market and request.self_trade is SelfTrade.DECREASE:
        raise BadCall(errors.out_of_range("stp"))
    expires_ns = _expires_ns(request, context.at_ns)
    price_ticks = 0 if is_market else ticks_of(request.price, market, sizes, "price")
    qty_lots, spend = _market_size(request, market, sizes) if is_market else (_size(request, market, sizes), 0)
    if request.post_only and request.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        raise BadCall(errors.out_of_range("postOnly"))
    return PlaceOrder(
        context.account_id, market.symbol, request.side, request.kind, price_ticks, qty_lots, spend,
        request.time_in_force,
        SelfTrade.CANCEL_NEWEST if request.time_in_force is TimeInForce.FOK else request.self_trade,
        request.post_only, expires_ns=expires_ns, client_id=request.client_id, max_open=max_open,
        check_only=request.check_only, note=request.remark, label=request.tags, cancels_post_only=True,
        band_ppm=line.price_limit_ppm, minimums=sizes.minimums,
    )  # fmt: skip


def refusal(context: Context, reject: Reject, symbol: str, side: Side, words: Mapping[Reject, Error]) -> Error:
    """The words for it; some texts say the smallest funds or the bound of the price.

    Source: kucoin-rest#trading-codes.
    """
    ms = context.state.markets[symbol]
    if reject is Reject.COST_BELOW_MINIMUM:
        return _funds_too_small(ms.market, context.tools.symbols.line(symbol).sizes.min_funds)
    return _out_of_band(context, ms, side) if reject is Reject.PRICE_OUT_OF_BAND else words[reject]


def ticks_of(text: str | None, market: Market, sizes: Sizes, name: str) -> int:
    """A price in ticks. Raises `BadCall`."""
    if text is None:
        raise BadCall(errors.PRICE_MISSING)
    ticks = parse_units(text, market.price_scale)
    if ticks is None or ticks % sizes.price_step:
        raise BadCall(errors.PRICE_INCREMENT)
    if ticks == 0:
        raise BadCall(errors.out_of_range(name))
    return ticks


def lots_of(text: str, market: Market, sizes: Sizes, name: str) -> int:
    """A size in lots. Raises `BadCall`."""
    lots = parse_units(text, market.lot_scale)
    if lots is None or lots % sizes.size_step:
        raise BadCall(errors.SIZE_INCREMENT)
    if lots > sizes.max_size:
        raise BadCall(errors.out_of_range(name))
    return lots


def _out_of_band(context: Context, ms: MarketState, side: Side) -> Error:
    """What is said is the last price that an order can name."""
    line = context.tools.symbols.line(ms.market.symbol)
    bound = ms.bound_ticks(side, line.price_limit_ppm)
    assert bound is not None, "a price is out of a band around another one"
    over = bound % line.sizes.price_step
    if side is Side.BUY:
        return Error(errors.ABOVE_MAXIMUM_PRICE, f"Max. price: {short(bound - over, ms.market.price_scale)}")
    bound += line.sizes.price_step - over if over else 0
    return Error(errors.BELOW_MINIMUM_PRICE, f"Min. price: {short(bound, ms.market.price_scale)}")


def _funds_too_small(market: Market, minimum: int) -> Error:
    least = f"{short(minimum, market.quote.scale)} {market.quote.code}"
    return Error(errors.FUNDS_TOO_SMALL.code, f"The order funds should more then {least}.")


def _refuse_other_orders(request: OrderRequest) -> None:
    if request.is_hidden:
        raise BadCall(errors.HIDDEN_ORDER)
    if request.is_stop:
        raise BadCall(errors.STOP_ORDER)
    if request.is_margin:
        raise BadCall(errors.NO_MARGIN)


def _check_words(request: OrderRequest) -> None:
    """The user's own name for the order, and what the user writes beside it."""
    if request.client_id is not None and not _CLIENT_OID.fullmatch(request.client_id):
        raise BadCall(errors.out_of_range("clientOid"))
    for name, text in (("remark", request.remark), ("tags", request.tags)):
        if text is not None and (len(text) > MAX_REMARK or not _ASCII.fullmatch(text)):
            raise BadCall(errors.out_of_range(name))


def _check_deadline(request: OrderRequest, moments: tuple[int, ...]) -> None:
    """Whether it came in the time that its sender allows it, by the clock that the sender seems to go by."""
    sent_ns, window_ns = request.sent_ns, request.window_ns
    if sent_ns is None or window_ns is None or not moments:
        return
    if min(moments, key=lambda moment: abs(moment - sent_ns)) > sent_ns + window_ns:
        raise BadCall(errors.out_of_range("clientTimestamp"))


def _expires_ns(request: OrderRequest, at_ns: int) -> int:
    """When the order expires, 0 for never. `cancelAfter` counts with GTT only, which needs it."""
    seconds = request.cancel_after_s
    if request.time_in_force is not TimeInForce.GTD:
        return 0
    if seconds is None or seconds < 1:
        raise BadCall(errors.missing("cancelAfter") if seconds is None else errors.out_of_range("cancelAfter"))
    return at_ns + seconds * SECOND_NS


def _size(request: OrderRequest, market: Market, sizes: Sizes) -> int:
    if request.size is None:
        raise BadCall(errors.SIZE_MISSING)
    return lots_of(request.size, market, sizes, "size")


def _market_size(request: OrderRequest, market: Market, sizes: Sizes) -> tuple[int, int]:
    """Lots, or what to spend or to get in units of the quote: exactly one of the two."""
    if request.funds is None:
        return _size(request, market, sizes), 0
    if request.size is not None:
        raise BadCall(errors.out_of_range("funds"))
    units = parse_units(request.funds, market.quote.scale)
    if units is None or units % sizes.funds_step:
        raise BadCall(errors.FUNDS_INCREMENT)
    if not 0 < units <= sizes.max_spend:
        raise BadCall(errors.out_of_range("funds"))
    if units < sizes.min_spend:
        raise BadCall(_funds_too_small(market, sizes.min_spend))
    return 0, units
