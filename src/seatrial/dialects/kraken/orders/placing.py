"""An order that is asked for becomes a command, or is refused.

Source: kraken-orders#parameters; kraken-rest#order-errors (refusals).
"""

import re
from typing import Final

from seatrial.core.commands import PlaceOrder
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market
from seatrial.core.money import parse_units, rescale_floor
from seatrial.core.orders import OrderKind, Side, TimeInForce
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.errors import DEADLINE, BadCall, bad_argument
from seatrial.dialects.kraken.limits import Tier
from seatrial.dialects.kraken.orders.request import USUAL, OrderRequest, Terms

INVALID_PRICE: Final = "EOrder:Invalid price"
MALFORMED_PRICE: Final = "EOrder:Invalid price:Invalid price argument"
UNUSED_PRICE: Final = "EOrder:Invalid price:Invalid secondary price argument"
NO_MARGIN: Final = "EOrder:Cannot open position"
NOTHING_TO_REDUCE: Final = "EOrder:Reduce only:No position exists"
"""Source of these five: kraken-rest#order-errors."""

MATCHING_NS: Final = 200_000
"""How long after it opens an order trades, or ends for want of a counterpart.

Source: recorded orders that closed 0.2 to 3 ms after they opened, kraken-orders#order-object. Decided: always the least
of these, so that the same calls give the same times.
"""

SECOND_NS: Final = 10**9
MIN_LIFE_NS: Final = 5 * SECOND_NS
MAX_LIFE_NS: Final = 31 * 86_400 * SECOND_NS
"""Source: kraken-orders#parameters. Decided: the longest of months."""
LATEST_DEADLINE_NS: Final = 60 * SECOND_NS

PERCENT_SCALE: Final = 4
"""Source: kraken-orders#description, percentages have four decimals."""
WHOLE: Final = 100 * 10**PERCENT_SCALE

_NUMBER: Final = r"[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}"
_ABSOLUTE = re.compile(_NUMBER)
_RELATIVE = re.compile(rf"([-+# ])({_NUMBER})(%?)")
_LEVERAGE = re.compile(r"([0-9]{1,3})(?::1)?")
_CLIENT_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32}|[\x20-\x7e]{1,18}")
_LIMIT: Final = OrderKind.LIMIT
_NEVER_RESTS: Final = (TimeInForce.IOC, TimeInForce.FOK)


def order_command(context: Context, tier: Tier | None, request: OrderRequest) -> PlaceOrder:
    """The command that places the order, or only checks it, for an account held to these limits. Raises `BadCall`."""
    ms = context.machine.state.markets[request.market]
    max_open = None if tier is None else tier.open_orders
    if request.terms is USUAL and request.kind is _LIMIT:  # most orders are such, and need nothing else looked at
        market = ms.market
        qty_lots = parse_units(request.volume, market.lot_scale)
        price_ticks = parse_units(request.price, market.price_scale)
        if qty_lots and price_ticks:
            return PlaceOrder(
                context.key.account_id, market.symbol, request.side, _LIMIT, price_ticks, qty_lots,
                max_open=max_open, matching_ns=MATCHING_NS,
            )  # fmt: skip
    return _any_order(context, request, ms, max_open)


def _any_order(context: Context, request: OrderRequest, ms: MarketState, max_open: int | None) -> PlaceOrder:
    terms = request.terms
    _refuse_other_orders(context, request)
    time_in_force, expires_ns = _life(request, context.at_ns)
    _check_flags(request, time_in_force)
    qty_lots, spend = _volume(request, ms.market)
    limits = request.kind is _LIMIT
    price_ticks = limit_price(context, ms, request.side, request.price) if limits else _no_price(request)
    _check_names(terms)
    if terms.deadline_ns is not None:
        check_deadline(terms.deadline_ns, context)
    return PlaceOrder(
        context.account_id, request.market, request.side, request.kind, price_ticks, qty_lots, spend, time_in_force,
        terms.self_trade, terms.post_only, terms.fee_in_base, terms.starts_ns, expires_ns, terms.tag or None,
        terms.client_id, max_open, terms.check_only, cancels_post_only=terms.post_only, worth_min_qty=True,
        matching_ns=MATCHING_NS,
    )  # fmt: skip


def _refuse_other_orders(context: Context, request: OrderRequest) -> None:
    """What would make it another order than the one that can be placed is refused, never ignored.

    Source: kraken-orders#prices for a second price, kraken-orders#checks for a trigger. Decided for the rest: the words
    of `_refuse_margin`, and invalid arguments for a conditional close and for the shown part of an iceberg.
    """
    terms = request.terms
    if terms.second_price is not None:
        raise BadCall(UNUSED_PRICE)
    if terms.trigger is not None:
        raise bad_argument("trigger")
    if terms.closes:
        raise bad_argument("close")
    if terms.shown_volume is not None:
        raise bad_argument("displayvol")
    if terms.leverage is not None:
        _refuse_margin(terms.leverage, context, request)
    if terms.reduce_only:
        raise BadCall(NOTHING_TO_REDUCE)


def _refuse_margin(leverage: str, context: Context, request: OrderRequest) -> None:
    """`none`, 0 and 1 are no leverage; a level that the pair has would open a position, and no account may.

    Source of the words: kraken-rest#order-errors for what the account may not, kraken-orders#checks for what the pair
    has not.
    """
    if leverage == "none":
        return
    match = _LEVERAGE.fullmatch(leverage)
    if match is None:
        raise bad_argument("leverage")
    level = int(match[1])
    if level > 1:
        info = context.tools.symbols.pair_info(request.market)
        offered = info.leverage_buy if request.side is Side.BUY else info.leverage_sell
        raise BadCall(NO_MARGIN) if level in offered else bad_argument("leverage")


def _life(request: OrderRequest, at_ns: int) -> tuple[TimeInForce, int]:
    """Time in force and expiry, 0 where there is none. What can never rest has no expiry, a market order neither.

    Source: kraken-orders#checks for a market order's `timeinforce`. Decided: an expiry alone makes a GTC order a GTD
    one, as before Kraken had `timeinforce`; GTD without an expiry is refused.
    """
    terms = request.terms
    named, expires_ns = terms.time_in_force, terms.expires_ns
    if named is not None and request.kind is not _LIMIT:
        raise bad_argument("timeinforce")
    if not expires_ns:
        if named is TimeInForce.GTD:
            raise bad_argument("expiretm")
        return named or TimeInForce.GTC, 0
    if request.kind is not _LIMIT or named in _NEVER_RESTS:
        raise bad_argument("expiretm")
    is_soon_enough = at_ns + MIN_LIFE_NS <= expires_ns <= at_ns + MAX_LIFE_NS
    if not is_soon_enough or expires_ns <= terms.starts_ns:
        raise bad_argument("expiretm")
    return TimeInForce.GTD, expires_ns


def _check_flags(request: OrderRequest, time_in_force: TimeInForce) -> None:
    """Source: kraken-orders#flags. Decided: what is post-only must be an order that may rest."""
    kind, terms = request.kind, request.terms
    if terms.spends and (kind, request.side) != (OrderKind.MARKET, Side.BUY):
        raise bad_argument("viqc")
    if terms.post_only and (kind is OrderKind.MARKET or time_in_force in _NEVER_RESTS):
        raise bad_argument("postonly")


def _volume(request: OrderRequest, market: Market) -> tuple[int, int]:
    """The volume in lots, or what to spend, in units of the quote.

    Decided: digits of an amount to spend that the quote does not keep are cut off, because ccxt sends as many as the
    pair's cost has.
    """
    spends = request.terms.spends
    scale = max(market.lot_scale, market.cost_scale) if spends else market.lot_scale
    units = parse_units(request.volume, scale)
    if not units:
        raise bad_argument("volume")
    return (0, rescale_floor(units, scale, market.quote.scale)) if spends else (units, 0)


def limit_price(context: Context, ms: MarketState, side: Side, text: str) -> int:
    """The limit in ticks. Every pair's tick is its last decimal, so a price with no decimal too many is on it."""
    if not text:
        raise bad_argument("price")
    ticks = parse_units(text, ms.market.price_scale)
    if ticks is None:
        ticks = _relative_price(text, context, ms, side)
    if ticks <= 0:
        raise BadCall(INVALID_PRICE)
    return ticks


def _no_price(request: OrderRequest) -> int:
    """A market order has none, and one that is sent must only be readable.

    Source: a report of 2020 for a price of NaN, two of 2018 for prices that changed nothing.
    """
    text = request.price
    if text and not (_ABSOLUTE.fullmatch(text) or _RELATIVE.fullmatch(text)):
        raise BadCall(MALFORMED_PRICE)
    return 0


def _relative_price(text: str, context: Context, ms: MarketState, side: Side) -> int:
    """`+n`, `-n`, `#n`, each in the quote or in percent, from the last trade. Source: kraken-orders#prices.

    `#` is minus for a buy, plus for a sell; an offset in percent is cut off at a tick. Decided: before the first trade
    there is nothing to be relative to.
    """
    match = _RELATIVE.fullmatch(text)
    if match is None:
        raise _too_fine(context, ms.market) if _ABSOLUTE.fullmatch(text) else BadCall(MALFORMED_PRICE)
    sign, number, percent = match.groups()
    rises = side is Side.SELL if sign == "#" else sign != "-"
    offset = parse_units(number, PERCENT_SCALE if percent else ms.market.price_scale)
    if offset is None:
        raise BadCall(MALFORMED_PRICE) if percent else _too_fine(context, ms.market)
    last = ms.stats.last
    if last is None:
        raise BadCall(INVALID_PRICE)
    if percent:
        offset = last.price_ticks * offset // WHOLE
    return last.price_ticks + offset if rises else last.price_ticks - offset


def _too_fine(context: Context, market: Market) -> BadCall:
    """Source: kraken-rest#order-errors, in the spelling of 2026."""
    name = context.tools.symbols.wsname(market.symbol)
    return BadCall(f"{INVALID_PRICE}:{name} price can only be specified up to {market.price_scale} decimals.")


def _check_names(terms: Terms) -> None:
    """The user's own number and the user's own name for the order, of which it may have one.

    The support article's rule is 1 to 2147483647 and its examples include "a random signed 32 bit value"; the guide
    says plus or minus. Decided: any int32, and 0 is none. Source: venue-pages#user-references;
    kraken-orders#client-ids, where the characters of a name are decided too: printable ASCII.
    """
    client_id = terms.client_id
    if client_id is not None and (terms.tag or not _CLIENT_ID.fullmatch(client_id)):
        raise bad_argument("cl_ord_id")


def check_deadline(deadline_ns: int, context: Context) -> None:
    """From two seconds to a minute ahead, over a socket from half a second; one that has passed is just too late.

    Source: kraken-orders#parameters. Decided: ahead of the world's time or of the computer's, whichever is nearer.
    """
    left_ns = min(deadline_ns - context.at_ns, deadline_ns - context.real_ns, key=abs)
    if left_ns <= 0:
        raise BadCall(DEADLINE)
    if not context.min_deadline_ns <= left_ns <= LATEST_DEADLINE_NS:
        raise bad_argument("deadline")
