"""Orders in and out: AddOrder, CancelOrder, CancelAll, CancelAllOrdersAfter.

Source: kraken-spot-rest section 6 (an order's parameters), 14.5, 14.7 and 14.8 (cancels), 5.2 and 5.3 (limits).
"""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from msgspec.structs import replace

from seatrial.core.commands import MOST_CANCELED, CancelOrders, PlaceOrder, SetCancelTimer
from seatrial.core.events import Event, OrderAccepted, OrderChecked, OrderEnded, OrdersCanceled
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market
from seatrial.core.money import parse_units, rescale_floor
from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Steps
from seatrial.dialects.kraken.describe import FOREX, TOKENIZED, order_text, pair_class
from seatrial.dialects.kraken.endpoint import Endpoint, any_of
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.limits import DEFAULT_TIER, TIERS, Tier
from seatrial.dialects.kraken.params import MAX_NS, Params

INVALID_PRICE: Final = "EOrder:Invalid price"
MALFORMED_PRICE: Final = "EOrder:Invalid price:Invalid price argument"
UNUSED_PRICE: Final = "EOrder:Invalid price:Invalid secondary price argument"
NO_MARGIN: Final = "EOrder:Cannot open position"
NOTHING_TO_REDUCE: Final = "EOrder:Reduce only:Non-PC"
"""Source of these five: kraken-spot-rest 3.3."""

KINDS: Final = {"limit": OrderKind.LIMIT, "market": OrderKind.MARKET}
SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}
SELF_TRADES: Final = {
    "cancel-newest": SelfTrade.CANCEL_NEWEST,
    "cancel-oldest": SelfTrade.CANCEL_OLDEST,
    "cancel-both": SelfTrade.CANCEL_BOTH,
}
PLAIN_LIMIT: Final = ("pair", "ordertype", "type", "volume", "price", "nonce")
"""All that is sent of an order with nothing special to it."""

ASSET_CLASSES: Final = (FOREX, "currency", TOKENIZED)

FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})
"""Source: kraken-spot-rest 6.4, where `nompp` is accepted and ignored."""

MATCHING_NS: Final = 200_000
"""How long after it opens an order trades, or ends for want of a counterpart.

Source: recorded orders that closed 0.2 to 3 ms after they opened, kraken-updates 1.5. Decided: always the least of
these, so that the same calls give the same times.
"""

SECOND_NS: Final = 10**9
SHORTEST_LIFE_NS: Final = 5 * SECOND_NS
LONGEST_LIFE_NS: Final = 31 * 86_400 * SECOND_NS
"""Source: kraken-spot-rest 6.1, "maximum one month". Decided: the longest of months."""
EARLIEST_DEADLINE_NS: Final = 2 * SECOND_NS
LATEST_DEADLINE_NS: Final = 60 * SECOND_NS

LEAST_USERREF: Final = -(2**31)
MOST_USERREF: Final = 2**31 - 1
MOST_NAMED: Final = 50
"""How many names one CancelOrder takes. Decided: as many as a CancelOrderBatch, kraken-spot-rest 14.6."""

LONGEST_TIMEOUT_S: Final = 86_399

PERCENT_SCALE: Final = 4
"""Source: kraken-spot-rest 6.7, percentages have four decimals."""
WHOLE: Final = 100 * 10**PERCENT_SCALE

_NUMBER: Final = r"[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}"
_ABSOLUTE = re.compile(_NUMBER)
_RELATIVE = re.compile(rf"([-+# ])({_NUMBER})(%?)")
_MOMENT = re.compile(r"([+ ]?)([0-9]{1,20})(?:\.([0-9]{0,30}))?")
_DEADLINE = re.compile(r"([0-9-]{10}[Tt ][0-9:]{8})(?:\.([0-9]{1,9}))?([Zz]|[-+ ][0-9]{2}:[0-9]{2})")
_LEVERAGE = re.compile(r"([0-9]{1,3})(?::1)?")
_CLIENT_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32}|[\x20-\x7e]{1,18}")
_USERREF = re.compile(r"-?[0-9]{1,20}")
_NONE: Final[frozenset[str]] = frozenset()
_LIMIT: Final = OrderKind.LIMIT
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def add_order(context: Context, params: Params) -> dict[str, object]:
    """Check an order and place it; with `validate` only check the order itself, and answer without a txid.

    The order's counter grows by the call whether its arguments hold or not. Source: kraken-spot-rest 5.2.
    """
    tools, plain = context.tools, params.exactly(PLAIN_LIMIT)
    symbol = (plain and tools.symbols.pair(plain[0])) or _pair(context, params)
    tier = _tier(context)
    if tier is not None and not tools.limits.place(context.account_id, symbol, tier, context.at_ns):
        raise BadCall(errors.ORDER_RATE_LIMIT)
    ms = context.machine.state.markets[symbol]
    most_open = None if tier is None else tier.open_orders
    command = (plain and _plain_limit(plain, context, ms.market, most_open)) or _read_order(
        context, params, ms, most_open
    )
    event = context.apply(command)[0]
    if isinstance(event, OrderAccepted):
        descr = {"order": order_text(event.order, ms.market, tools.symbols)}
        return {"descr": descr, "txid": [tools.ids.order(event.order.order_id)]}
    assert isinstance(event, OrderChecked), event
    return {"descr": {"order": order_text(event.order, ms.market, tools.symbols)}}


def cancel_order(context: Context, params: Params) -> dict[str, int] | Steps:
    """Cancel by `txid` — an order's id, a userref, or a list of either — or by `cl_ord_id`, and say how many.

    Decided: of a list whose members are not all open, those that are get canceled.
    """
    names = params.comma_list("txid", MOST_NAMED)
    client_id = params.text("cl_ord_id")
    if not names and client_id is None:
        raise bad_argument("txid")
    order_ids, tags = _orders_named(context, names)
    client_ids = () if client_id is None else (client_id,)
    return _cancel(context, CancelOrders(context.account_id, order_ids, tags, client_ids))


def cancel_all(context: Context, _params: Params) -> dict[str, int] | Steps:
    """Cancel every open order, and say how many; none is no error.

    Decided: it costs one call and nothing on the orders' counters. Source: kraken-spot-rest 5.1 and 14.7.
    """
    return _cancel(context, CancelOrders(context.account_id, everything=True), are_counted=False)


def cancel_all_after(context: Context, params: Params) -> dict[str, str]:
    """Cancel every open order after `timeout` seconds, unless this is called again before; 0 turns that off.

    Source: kraken-spot-rest 14.8. Decided: one that is off shows `"0"`.
    """
    seconds = params.integer("timeout", 0, LONGEST_TIMEOUT_S)
    if seconds is None:
        raise bad_argument("timeout")
    context.apply(SetCancelTimer(context.account_id, seconds * SECOND_NS))
    timer = context.account.cancel_timer
    return {"currentTime": _rfc3339(context.at_ns), "triggerTime": "0" if timer is None else _rfc3339(timer.due_ns)}


def _rfc3339(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _cancel(context: Context, command: CancelOrders, *, are_counted: bool = True) -> dict[str, int] | Steps:
    """Cancel what is open now, some orders at a time, and say how many; orders that are placed meanwhile stay."""
    command = replace(command, up_to_id=context.state.counters.order_id, most=MOST_CANCELED)
    return _cancel_some(command, are_counted, 0, context, None)


def _cancel_some(
    command: CancelOrders,
    are_counted: bool,  # noqa: FBT001  given by `partial`
    so_far: int,
    context: Context,
    _found: object,
) -> dict[str, int] | Steps:
    """The next step. `are_counted` says whether each adds to the counter of its market's orders."""
    events = context.machine.apply(command, context.at_ns)
    if isinstance(events, Reject):
        if so_far and events is Reject.ORDER_UNKNOWN:
            return {"count": so_far}
        raise BadCall(context.tools.spelling[events])
    if are_counted:
        _count_cancels(context, events)
    done = events[-1]
    assert isinstance(done, OrdersCanceled), done
    so_far += done.count
    return Steps(partial(_cancel_some, command, are_counted, so_far)) if done.more else {"count": so_far}


def _count_cancels(context: Context, events: tuple[Event, ...]) -> None:
    tier = _tier(context)
    if tier is None:
        return
    for event in events:
        if isinstance(event, OrderEnded):
            order = event.order
            age_ns = context.at_ns - order.opened_ns
            context.tools.limits.cancel(context.account_id, order.market, tier, age_ns, context.at_ns)


def _tier(context: Context) -> Tier | None:
    """The limits that the account is held to; None when it is held to none."""
    account = context.account.account
    return TIERS.get(account.tier, TIERS[DEFAULT_TIER]) if account.rate_limits else None


def _pair(context: Context, params: Params) -> str:
    """The market of the pair. Asking for a class of assets that it is not in finds no pair: kraken-spot-rest 3.2."""
    symbols = context.tools.symbols
    symbol = symbols.pair(params.required("pair"))
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    asset_class = params.choice("asset_class", ASSET_CLASSES, None)
    if asset_class is not None and (asset_class == TOKENIZED) != (pair_class(symbols, symbol) == TOKENIZED):
        raise BadCall(errors.UNKNOWN_PAIR)
    return symbol


def _orders_named(context: Context, names: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The order numbers and the userrefs among the names; what can be neither is no order's name."""
    order_ids, tags = [], []
    for name in names:
        if _USERREF.fullmatch(name):
            tags.append(int(name))
        elif (number := context.tools.ids.order_number(name)) is not None:
            order_ids.append(number)
    return tuple(order_ids), tuple(tags)


def _read_order(context: Context, params: Params, ms: MarketState, most_open: int | None) -> PlaceOrder:
    market = ms.market
    kind = KINDS[params.required_choice("ordertype", KINDS)]
    side = SIDES[params.required_choice("type", SIDES)]
    _refuse_other_orders(params, context, market, side)
    time_in_force, starts_ns, expires_ns = _life(params, kind, context.at_ns)
    flags = _flags(params, kind, side, time_in_force)
    qty_lots, spend = _volume(params, market, flags)
    price_ticks = _price(context, params, ms, side) if kind is _LIMIT else _no_price(params)
    tag, client_id = _names(params)
    _check_deadline(params, context.at_ns, context.real_ns)
    return PlaceOrder(
        context.account_id, market.symbol, side, kind, price_ticks, qty_lots, spend, time_in_force,
        SELF_TRADES[params.choice("stptype", SELF_TRADES, "cancel-newest")],
        "post" in flags, "fcib" in flags, starts_ns, expires_ns, tag, client_id, most_open,
        params.flag_any("validate"), worth_min_qty=True, matching_ns=MATCHING_NS,
    )  # fmt: skip


def _plain_limit(plain: list[str], context: Context, market: Market, most_open: int | None) -> PlaceOrder | None:
    """An order with nothing to it but its price and volume; None where it takes more to read it, or to say what is bad.

    Most orders are such, and need none of the other parameters looked for.
    """
    _, kind, side_name, volume, price, _ = plain
    side = SIDES.get(side_name)
    if kind != "limit" or side is None:
        return None
    qty_lots, price_ticks = parse_units(volume, market.lot_scale), parse_units(price, market.price_scale)
    if not qty_lots or not price_ticks:
        return None
    account_id = context.key.account_id
    return PlaceOrder(
        account_id, market.symbol, side, _LIMIT, price_ticks, qty_lots, most_open=most_open, matching_ns=MATCHING_NS
    )


def _refuse_other_orders(params: Params, context: Context, market: Market, side: Side) -> None:
    """What would make it another order than the one that can be placed is refused, never ignored.

    Source: kraken-spot-rest 6.3 for a second price, kraken-updates 4.4 for a trigger. Decided for the rest: the words
    of `_refuse_margin`, and invalid arguments for a conditional close and for the shown part of an iceberg.
    """
    if params.text("price2") is not None:
        raise BadCall(UNUSED_PRICE)
    if params.text("trigger") is not None:
        raise bad_argument("trigger")
    close = params.group("close")
    if close is not None and any(close.text(name) for name in ("ordertype", "price", "price2")):
        raise bad_argument("close")
    if params.text("displayvol") is not None:
        raise bad_argument("displayvol")
    leverage = params.text("leverage")
    if leverage is not None:
        _refuse_margin(leverage, context, market, side)
    if params.boolean("reduce_only", default=False):
        raise BadCall(NOTHING_TO_REDUCE)


def _refuse_margin(leverage: str, context: Context, market: Market, side: Side) -> None:
    """`none`, 0 and 1 are no leverage; a level that the pair has would open a position, and no account may.

    Source of the words: kraken-spot-rest 3.3 for what the account may not, 6.5 for what the pair has not.
    """
    if leverage == "none":
        return
    match = _LEVERAGE.fullmatch(leverage)
    if match is None:
        raise bad_argument("leverage")
    level = int(match[1])
    if level > 1:
        info = context.tools.symbols.pair_info(market.symbol)
        offered = info.leverage_buy if side is Side.BUY else info.leverage_sell
        raise BadCall(NO_MARGIN) if level in offered else bad_argument("leverage")


def _life(params: Params, kind: OrderKind, at_ns: int) -> tuple[TimeInForce, int, int]:
    """Time in force, start and expiry; 0 where there is none. What can never rest has neither the first nor the last.

    Source: kraken-updates 4.4 for a market order's `timeinforce`. Decided: an expiry alone makes a GTC order a GTD
    one, as before Kraken had `timeinforce`; GTD without an expiry is refused.
    """
    named = params.choice("timeinforce", TIMES_IN_FORCE, None)
    if named is not None and kind is not _LIMIT:
        raise bad_argument("timeinforce")
    time_in_force = TIMES_IN_FORCE[named or "GTC"]
    starts_ns = _moment(params, "starttm", at_ns)
    expires_ns = _moment(params, "expiretm", at_ns)
    if expires_ns and (kind is not _LIMIT or time_in_force in (TimeInForce.IOC, TimeInForce.FOK)):
        raise bad_argument("expiretm")
    if not expires_ns:
        if time_in_force is TimeInForce.GTD:
            raise bad_argument("expiretm")
        return time_in_force, starts_ns, 0
    if not at_ns + SHORTEST_LIFE_NS <= expires_ns <= at_ns + LONGEST_LIFE_NS or expires_ns <= starts_ns:
        raise bad_argument("expiretm")
    return TimeInForce.GTD, starts_ns, expires_ns


def _moment(params: Params, name: str, at_ns: int) -> int:
    """`0`, Unix seconds, or `+seconds` from now. A raw plus arrives as a space. Source: kraken-spot-rest 6.1."""
    text = params.text(name)
    if text is None or text == "0":
        return 0
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise bad_argument(name)
    offset_ns = int(match[2] + (match[3] or "")[:9].ljust(9, "0"))
    return min(at_ns + offset_ns if match[1] else offset_ns, MAX_NS)


def _flags(params: Params, kind: OrderKind, side: Side, time_in_force: TimeInForce) -> frozenset[str]:
    """The flags, each known and none at odds with another or with the rest of the order.

    Source: kraken-spot-rest 6.4. Decided: `post` needs an order that may rest.
    """
    flags = frozenset(params.comma_list("oflags", len(FLAGS)))
    if not flags:
        return _NONE
    if not flags <= FLAGS or {"fcib", "fciq"} <= flags:
        raise bad_argument("oflags")
    if "viqc" in flags and (kind, side) != (OrderKind.MARKET, Side.BUY):
        raise bad_argument("viqc")
    if "post" in flags and (kind is OrderKind.MARKET or time_in_force in (TimeInForce.IOC, TimeInForce.FOK)):
        raise bad_argument("postonly")
    return flags


def _volume(params: Params, market: Market, flags: frozenset[str]) -> tuple[int, int]:
    """The volume in lots, or with `viqc` what to spend, in units of the quote.

    Decided: digits of an amount to spend that the quote does not keep are cut off, because ccxt sends as many as the
    pair's cost has.
    """
    text = params.required("volume")
    scale = max(market.lot_scale, market.cost_scale) if "viqc" in flags else market.lot_scale
    units = parse_units(text, scale)
    if not units:
        raise bad_argument("volume")
    return (0, rescale_floor(units, scale, market.quote.scale)) if "viqc" in flags else (units, 0)


def _price(context: Context, params: Params, ms: MarketState, side: Side) -> int:
    """The limit in ticks. Every pair's tick is its last decimal, so a price with no decimal too many is on it."""
    text = params.required("price")
    ticks = parse_units(text, ms.market.price_scale)
    if ticks is None:
        ticks = _relative_price(text, context, ms, side)
    if ticks <= 0:
        raise BadCall(INVALID_PRICE)
    return ticks


def _no_price(params: Params) -> int:
    """A market order has none, and one that is sent must only be readable.

    Source: a report of 2020 for a price of NaN, two of 2018 for prices that changed nothing.
    """
    text = params.text("price")
    if text is not None and not (_ABSOLUTE.fullmatch(text) or _RELATIVE.fullmatch(text)):
        raise BadCall(MALFORMED_PRICE)
    return 0


def _relative_price(text: str, context: Context, ms: MarketState, side: Side) -> int:
    """`+n`, `-n`, `#n`, each in the quote or in percent, from the last trade. Source: kraken-spot-rest 6.3.

    `#` is minus for a buy, plus for a sell; results in percent are rounded down. Decided: before the first trade there
    is nothing to be relative to.
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
    signed = offset if rises else -offset
    return last.price_ticks * (WHOLE + signed) // WHOLE if percent else last.price_ticks + signed


def _too_fine(context: Context, market: Market) -> BadCall:
    """Source: kraken-spot-rest 3.3, in the spelling of 2026."""
    name = context.tools.symbols.wsname(market.symbol)
    return BadCall(f"{INVALID_PRICE}:{name} price can only be specified up to {market.price_scale} decimals.")


def _names(params: Params) -> tuple[int | None, str | None]:
    """The user's own number and the user's own name for the order, of which it may have one.

    The seed's rule is 1 to 2147483647 and its examples include "a random signed 32 bit value"; the guide says plus or
    minus. Decided: any int32, and 0 is none. Source: seed "How to place, view, and cancel orders using a user
    reference"; kraken-spot-rest 6.2, where the characters of a name are decided too: printable ASCII.
    """
    tag = params.integer("userref", LEAST_USERREF, MOST_USERREF) or None
    client_id = params.text("cl_ord_id")
    if client_id is None:
        return tag, None
    if not _CLIENT_ID.fullmatch(client_id):
        raise bad_argument("cl_ord_id")
    if tag is not None:
        raise bad_argument("cl_ord_id")
    return None, client_id


def _check_deadline(params: Params, at_ns: int, real_ns: int) -> None:
    """RFC 3339, from two seconds to a minute ahead; one that has passed is no mistake but too late.

    Source: kraken-spot-rest 6.1. Decided: ahead of the world's time or of the computer's, whichever is nearer.
    """
    text = params.text("deadline")
    if text is None:
        return
    deadline_ns = _rfc3339_ns(text)
    left_ns = min(deadline_ns - at_ns, deadline_ns - real_ns, key=abs)
    if left_ns <= 0:
        raise BadCall(errors.DEADLINE)
    if not EARLIEST_DEADLINE_NS <= left_ns <= LATEST_DEADLINE_NS:
        raise bad_argument("deadline")


def _rfc3339_ns(text: str) -> int:
    match = _DEADLINE.fullmatch(text)
    if match is None:
        raise bad_argument("deadline")
    whole, fraction, offset = match.groups()
    try:
        seconds = (datetime.fromisoformat(whole + offset.replace(" ", "+").upper()) - _EPOCH) // timedelta(seconds=1)
    except ValueError:
        raise bad_argument("deadline") from None
    return seconds * SECOND_NS + int((fraction or "").ljust(9, "0"))


_CANCEL: Final = any_of("modify-trades", "close-trades")

ENDPOINTS: Final = (
    Endpoint("AddOrder", add_order, any_of("modify-trades"), cost=0),
    Endpoint("CancelOrder", cancel_order, _CANCEL, cost=0),
    Endpoint("CancelAll", cancel_all, _CANCEL),
    Endpoint("CancelAllOrdersAfter", cancel_all_after, _CANCEL),
)
"""Source of permissions and costs: kraken-spot-rest section 11."""
