"""Orders in and out: AddOrder, CancelOrder, CancelAll, CancelAllOrdersAfter.

Source: kraken-orders#parameters; kraken-rest#cancel-order, kraken-rest#cancel-all and kraken-rest#cancel-after;
kraken-rest#order-limits.
"""

import re
from collections.abc import Iterable
from typing import Final

from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Steps
from seatrial.dialects.kraken.describe import FOREX, TOKENIZED, pair_class
from seatrial.dialects.kraken.endpoint import Endpoint, any_of
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.manners import FILL_OR_KILL
from seatrial.dialects.kraken.orders.answers import order_answer, timer_answer
from seatrial.dialects.kraken.orders.canceling import cancel, cancel_all_command, cancel_command, timer_command
from seatrial.dialects.kraken.orders.counting import count_order, tier_of
from seatrial.dialects.kraken.orders.placing import order_command
from seatrial.dialects.kraken.orders.request import CancelRequest, OrderRequest, Terms
from seatrial.dialects.kraken.params import Params

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
"""Source: kraken-orders#flags, where `nompp` is accepted and ignored."""

MIN_USERREF: Final = -(2**31)
MAX_USERREF: Final = 2**31 - 1
MAX_NAMED: Final = 50
"""How many names one CancelOrder takes. Decided: as many as a CancelOrderBatch, kraken-rest#cancel-batch."""

MAX_TIMEOUT_S: Final = 86_399

USERREF = re.compile(r"-?[0-9]{1,20}")
_LIMIT: Final = OrderKind.LIMIT
_NONE: Final[frozenset[str]] = frozenset()


def add_order(context: Context, params: Params) -> dict[str, object]:
    """Check an order and place it; with `validate` only check the order itself, and answer without a txid.

    The order's counter grows by the call whether its arguments hold or not. Source: kraken-rest#order-limits.
    """
    plain, tier = params.exactly(PLAIN_LIMIT), tier_of(context)
    market = (plain and context.tools.symbols.pair(plain[0])) or read_market(context, params)
    if tier is not None:
        count_order(context, tier, market)
    request = (plain and _read_plain_limit(plain, market)) or read_order(context, params, market)
    answer = order_answer(context, context.apply(order_command(context, tier, request)))
    descr = {"order": answer.description}
    return {"descr": descr} if answer.txid is None else {"descr": descr, "txid": [answer.txid]}


def cancel_order(context: Context, params: Params) -> dict[str, int] | Steps:
    """Cancel by `txid` — an order's id, a userref, or a list of either — or by `cl_ord_id`, and say how many.

    Decided: of a list whose members are not all open, those that are get canceled.
    """
    return cancel(context, tier_of(context), cancel_command(context, _read_cancel(params)), write_count)


def cancel_all(context: Context, _params: Params) -> dict[str, int] | Steps:
    """Cancel every open order, and say how many; none is no error.

    Decided: it costs one call and nothing on the orders' counters. Source: kraken-rest#call-limits and
    kraken-rest#cancel-all.
    """
    return cancel(context, None, cancel_all_command(context), write_count)


def cancel_all_after(context: Context, params: Params) -> dict[str, str]:
    """Cancel every open order after `timeout` seconds, unless this is called again before; 0 turns that off.

    Source: kraken-rest#cancel-after.
    """
    seconds = params.integer("timeout", 0, MAX_TIMEOUT_S)
    if seconds is None:
        raise bad_argument("timeout")
    context.apply(timer_command(context, seconds))
    timer = timer_answer(context)
    return {"currentTime": timer.current_time, "triggerTime": timer.trigger_time}


def read_market(context: Context, params: Params) -> str:
    """The market of the pair. A class of assets that it is not in finds no pair: kraken-rest#service-errors."""
    symbols = context.tools.symbols
    symbol = symbols.pair(params.required("pair"))
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    asset_class = params.choice("asset_class", ASSET_CLASSES, None)
    if asset_class is not None and (asset_class == TOKENIZED) != (pair_class(symbols, symbol) == TOKENIZED):
        raise BadCall(errors.UNKNOWN_PAIR)
    return symbol


def read_order(context: Context, params: Params, market: str) -> OrderRequest:
    """Any order. Raises `BadCall`."""
    kind = KINDS[params.required_choice("ordertype", KINDS)]
    side = SIDES[params.required_choice("type", SIDES)]
    terms = _read_terms(context, params)
    return OrderRequest(market, side, kind, params.text("volume") or "", params.text("price") or "", terms)


def _read_terms(context: Context, params: Params) -> Terms:
    """Given by position, in the order of the fields: by name it would take several times as long."""
    text, at_ns = params.text, context.at_ns
    time_in_force = params.choice("timeinforce", TIMES_IN_FORCE, None)
    if time_in_force == "FOK" and not context.does(FILL_OR_KILL):
        raise bad_argument("timeinforce")
    flags = read_flags(params)
    return Terms(
        None if time_in_force is None else TIMES_IN_FORCE[time_in_force],
        params.moment_ns("starttm", at_ns), params.moment_ns("expiretm", at_ns),
        SELF_TRADES[params.choice("stptype", SELF_TRADES, "cancel-newest")],
        "viqc" in flags, "post" in flags, "fcib" in flags,
        params.integer("userref", MIN_USERREF, MAX_USERREF), text("cl_ord_id"), params.rfc3339_ns("deadline"),
        params.flag_any("validate"), text("leverage"), params.boolean("reduce_only", default=False),
        text("price2"), text("trigger"), text("displayvol"), _closes(params),
    )  # fmt: skip


def _read_plain_limit(plain: list[str], market: str) -> OrderRequest | None:
    """An order with nothing to it but its price and volume; None where it takes more to say what is bad with it.

    Most orders are such, and need none of the other parameters looked for.
    """
    _, kind, side_name, volume, price, _ = plain
    side = SIDES.get(side_name)
    if kind != "limit" or side is None or not price.isprintable():
        return None
    return OrderRequest(market, side, _LIMIT, volume, price)


def _closes(params: Params) -> bool:
    close = params.group("close")
    return close is not None and any(close.text(name) for name in ("ordertype", "price", "price2"))


def read_flags(params: Params) -> frozenset[str]:
    """The flags, each known and none at odds with another. Source: kraken-orders#flags."""
    flags = frozenset(params.comma_list("oflags", len(FLAGS)))
    if not flags:
        return _NONE
    if not flags <= FLAGS or {"fcib", "fciq"} <= flags:
        raise bad_argument("oflags")
    return flags


def _read_cancel(params: Params) -> CancelRequest:
    txids, tags = tell_apart(params.comma_list("txid", MAX_NAMED))
    client_id = params.text("cl_ord_id")
    return CancelRequest(txids, tags, [] if client_id is None else [client_id])


def tell_apart(names: Iterable[str]) -> tuple[list[str], list[int]]:
    """Ids of orders and userrefs: a name that is a number is one of these."""
    txids: list[str] = []
    tags: list[int] = []
    for name in names:
        if USERREF.fullmatch(name):
            tags.append(int(name))
        else:
            txids.append(name)
    return txids, tags


def write_count(count: int) -> dict[str, int]:
    """How many orders were canceled."""
    return {"count": count}


CANCEL_RIGHTS: Final = any_of("modify-trades", "close-trades")

ENDPOINTS: Final = (
    Endpoint("AddOrder", add_order, any_of("modify-trades"), cost=0),
    Endpoint("CancelOrder", cancel_order, CANCEL_RIGHTS, cost=0),
    Endpoint("CancelAll", cancel_all, CANCEL_RIGHTS),
    Endpoint("CancelAllOrdersAfter", cancel_all_after, CANCEL_RIGHTS),
)
"""Source of permissions and costs: kraken-rest#methods."""
