"""Orders in and out: placing and cancelling, by the classic and by the high-frequency endpoints.

Both reach the same books and the same orders. Source: kucoin-rest#order-parameters, kucoin-rest#order-rules,
kucoin-rest#classic-orders and kucoin-rest#high-frequency-orders.
"""

import re
from typing import Final

import msgspec

from seatrial.core.orders import Order, OrderKind, SelfTrade
from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import describe, errors
from seatrial.dialects.kucoin.amounts import short
from seatrial.dialects.kucoin.context import Context, Steps
from seatrial.dialects.kucoin.describe import KINDS, SIDES, SPOT_TRADES, TRADE_TYPES, last_updated_ns, sizes
from seatrial.dialects.kucoin.endpoint import GENERAL, SPOT, Endpoint
from seatrial.dialects.kucoin.errors import HF_NOT_CANCELABLE, HF_SPELLING, SPELLING, BadCall
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.orders.amending import alter, cancel_part
from seatrial.dialects.kucoin.orders.answers import order_id, timer_answer
from seatrial.dialects.kucoin.orders.canceling import NO_WATCH, cancel_all, cancel_one, timer_command
from seatrial.dialects.kucoin.orders.placing import place
from seatrial.dialects.kucoin.orders.request import AlterRequest, OrderName, OrderRequest
from seatrial.dialects.kucoin.params import MILLISECOND_NS, SECOND_NS, Params
from seatrial.dialects.kucoin.reading import market_of

TIMES_IN_FORCE: Final = {name: ours for ours, name in describe.TIMES_IN_FORCE.items()}
SELF_TRADES: Final = {name: ours for ours, name in describe.SELF_TRADES.items()}
STOPS: Final = ("loss", "entry")

MAX_LIFE_S: Final = 2_592_000
MAX_AT_ONCE: Final = 5
MAX_WATCHED: Final = 50
MAX_WATCH_S: Final = 86_400

_WHOLE = re.compile(r"[0-9]{1,7}")


def classic_place(context: Context, params: Params) -> dict[str, str]:
    """Place a classic order, which must have a name of its user's."""
    _require_name(params)
    return {"orderId": order_id(context, place(context, _read_order(context, params), SPELLING))}


def classic_check(context: Context, params: Params) -> dict[str, str]:
    """Check a classic order itself, place nothing. Decided: the id is of no order."""
    _require_name(params)
    request = _read_order(context, params, check_only=True)
    return {"orderId": order_id(context, place(context, request, SPELLING))}


def classic_place_many(context: Context, params: Params) -> dict[str, object]:
    """Place up to five limit orders in one market, each for itself."""
    name = params.required("symbol")
    rows = params.rows("orderList", MAX_AT_ONCE)
    return {"data": [_classic_row(context, row, name) for row in rows]}


def hf_place(context: Context, params: Params) -> dict[str, str | None]:
    """Place a high-frequency order."""
    return _write_named(context, place(context, _read_order(context, params), HF_SPELLING), "orderId")


def hf_check(context: Context, params: Params) -> dict[str, str | None]:
    """Check a high-frequency order itself, place nothing."""
    request = _read_order(context, params, check_only=True)
    return _write_named(context, place(context, request, HF_SPELLING), "orderId")


def hf_place_sync(context: Context, params: Params) -> dict[str, object]:
    """The same, and say at once what became of it."""
    return _write_placed(context, place(context, _read_order(context, params), HF_SPELLING))


def hf_place_many(context: Context, params: Params) -> list[dict[str, object]]:
    """Place up to five limit orders in any markets, each for itself."""
    return [_hf_row(context, row, sync=False) for row in params.rows("orderList", MAX_AT_ONCE)]


def hf_place_many_sync(context: Context, params: Params) -> list[dict[str, object]]:
    """The same, and say at once what became of them."""
    return [_hf_row(context, row, sync=True) for row in params.rows("orderList", MAX_AT_ONCE)]


def classic_cancel(context: Context, params: Params) -> dict[str, list[str]]:
    """Cancel an order."""
    ended = cancel_one(context, OrderName(params.required("orderId")), SPELLING[Reject.ORDER_UNKNOWN])
    return {"cancelledOrderIds": [order_id(context, ended)]}


def classic_cancel_by_client_oid(context: Context, params: Params) -> dict[str, str | None]:
    """Cancel an order by the user's own name for it."""
    name = params.required("clientOid")
    ended = cancel_one(context, OrderName(client_id=name), SPELLING[Reject.ORDER_UNKNOWN])
    return {"cancelledOrderId": order_id(context, ended), "clientOid": name, "cancelledOcoOrderIds": None}


def classic_cancel_all(context: Context, params: Params) -> dict[str, list[str]] | Steps:
    """Cancel every order, or every one of a market."""
    name = params.text("symbol")
    market = None if name is None else market_of(context, name)
    if params.choice("tradeType", TRADE_TYPES, SPOT_TRADES) != SPOT_TRADES:
        return {"cancelledOrderIds": []}
    cancelled: list[str] = []

    def write(ended: list[Order]) -> None:
        cancelled.extend(order_id(context, order) for order in ended)

    return cancel_all(context, () if market is None else (market,), write, {"cancelledOrderIds": cancelled})


def hf_cancel(context: Context, params: Params) -> dict[str, str]:
    """Cancel an order of a market."""
    return {"orderId": order_id(context, cancel_one(context, _read_id(context, params), HF_NOT_CANCELABLE))}


def hf_cancel_sync(context: Context, params: Params) -> dict[str, object]:
    """The same, and say what had become of it."""
    ended = cancel_one(context, _read_id(context, params), HF_NOT_CANCELABLE)
    return {"orderId": order_id(context, ended), **_sizes(context, ended)}


def hf_cancel_by_client_oid(context: Context, params: Params) -> dict[str, str | None]:
    """Cancel an order of a market by the user's own name for it."""
    return {"clientOid": cancel_one(context, _read_client_oid(context, params), HF_NOT_CANCELABLE).client_id}


def hf_cancel_by_client_oid_sync(context: Context, params: Params) -> dict[str, object]:
    """The same, and say what had become of it."""
    ended = cancel_one(context, _read_client_oid(context, params), HF_NOT_CANCELABLE)
    return {"clientOid": ended.client_id, **_sizes(context, ended)}


def hf_cancel_market(context: Context, params: Params) -> str | Steps:
    """Cancel every order of a market."""
    market = market_of(context, params.required("symbol"))
    return cancel_all(context, (market,), lambda _ended: None, "success")


def hf_cancel_all(context: Context, _params: Params) -> dict[str, object] | Steps:
    """Cancel every order, and say in which markets there were any."""
    names: list[str] = []

    def write(ended: list[Order]) -> None:
        found = (context.tools.symbols.name(symbol) for symbol in dict.fromkeys(order.market for order in ended))
        names.extend(name for name in found if name not in names)

    return cancel_all(context, (), write, {"succeedSymbols": names, "failedSymbols": []})


def hf_cancel_part(context: Context, params: Params) -> dict[str, str]:
    """Cancel a part of an order."""
    name = _read_id(context, params)
    market, lots = cancel_part(context, name, params.decimal("cancelSize"))
    return {"orderId": params.required("orderId"), "cancelSize": short(lots, market.lot_scale)}


def hf_alter(context: Context, params: Params) -> dict[str, str | None]:
    """Another price or size for an order."""
    return _write_named(context, alter(context, _read_alter(context, params)), "newOrderId")


def hf_watch(context: Context, params: Params) -> dict[str, int]:
    """Cancel all orders, or those of some markets, unless this is asked again in time."""
    seconds = params.integer("timeout", NO_WATCH, MAX_WATCH_S)
    if seconds is None:
        raise BadCall(errors.missing("timeout"))
    names = params.comma_list("symbols", MAX_WATCHED)
    markets = tuple(dict.fromkeys(market_of(context, name) for name in names))
    context.apply(timer_command(context, seconds, markets))
    timer = timer_answer(context)
    return {"currentTime": timer.current_s, "triggerTime": timer.trigger_s}


def hf_watched(context: Context, _params: Params) -> dict[str, object] | None:
    """The timer that runs; null when there is none."""
    timer = context.account.cancel_timer
    if timer is None:
        return None
    shown = timer_answer(context)
    return {
        "timeout": (timer.due_ns - timer.set_ns) // SECOND_NS,
        "symbols": ",".join(context.tools.symbols.name(symbol) for symbol in timer.markets),
        "currentTime": shown.current_s,
        "triggerTime": shown.trigger_s,
    }


def _require_name(params: Params) -> None:
    if params.text("clientOid") is None:
        raise BadCall(errors.CLIENT_OID_REQUIRED)


def _read_order(context: Context, params: Params, name: str | None = None, *, check_only: bool = False) -> OrderRequest:
    """An order, in the market of that name or the one it names. The price and life of a market order are not read."""
    market = context.tools.symbols.symbol(name or params.required("symbol"))
    if market is None:
        raise BadCall(errors.UNSUPPORTED_PAIR)
    side = SIDES[params.required_choice("side", SIDES)]
    kind = KINDS[params.choice("type", KINDS, "limit")]
    is_limit = kind is OrderKind.LIMIT
    is_hidden = params.boolean("hidden") or params.boolean("iceberg")
    is_stop = params.choice("stop", STOPS, None) is not None or params.decimal("stopPrice") is not None
    is_margin = params.choice("tradeType", TRADE_TYPES, SPOT_TRADES) != SPOT_TRADES
    return OrderRequest(  # by position: by name it would take several times as long
        market, side, kind,
        params.decimal("price") if is_limit else None, params.decimal("size"),
        None if is_limit else params.decimal("funds"),
        TIMES_IN_FORCE[params.choice("timeInForce", TIMES_IN_FORCE, "GTC") if is_limit else "GTC"],
        params.integer("cancelAfter", -1, MAX_LIFE_S) if is_limit else None,
        is_limit and params.boolean("postOnly"),
        SELF_TRADES.get(params.choice("stp", SELF_TRADES, ""), SelfTrade.ALLOW),
        params.text("clientOid"), params.text("remark"), params.text("tags"),
        params.milliseconds_ns("clientTimestamp"), params.milliseconds_ns("allowMaxTimeWindow"),
        check_only, is_hidden, is_stop, is_margin,
    )  # fmt: skip


def _read_id(context: Context, params: Params) -> OrderName:
    return OrderName(params.required("orderId"), market=market_of(context, params.required("symbol")))


def _read_client_oid(context: Context, params: Params) -> OrderName:
    return OrderName(client_id=params.required("clientOid"), market=market_of(context, params.required("symbol")))


def _read_alter(context: Context, params: Params) -> AlterRequest:
    market = market_of(context, params.required("symbol"))
    order = OrderName(params.text("orderId"), params.text("clientOid"), market)
    return AlterRequest(order, params.decimal("newPrice"), params.decimal("newSize"))


def _write_named(context: Context, order: Order, name: str) -> dict[str, str | None]:
    """The order's id under that name, and its user's own name for it."""
    return {name: order_id(context, order), "clientOid": order.client_id}


def _write_placed(context: Context, order: Order) -> dict[str, object]:
    return {
        "orderId": order_id(context, order),
        "clientOid": order.client_id,
        "orderTime": order.opened_ns // MILLISECOND_NS,
        **_sizes(context, order),
        "matchTime": last_updated_ns(order) // MILLISECOND_NS,
    }


def _sizes(context: Context, order: Order) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(sizes(order, context.state.markets[order.market].market))
    return found


def _classic_row(context: Context, row: Params, name: str) -> dict[str, object]:
    """One of several classic orders: what was asked for, and what came of it."""
    outcome: dict[str, object]
    try:
        _require_name(row)
        _require_limit(row)
        placed = place(context, _read_order(context, row, name), SPELLING)
    except BadCall as bad:
        outcome = {"id": None, "status": "fail", "failMsg": bad.error.message}
    else:
        outcome = {"id": order_id(context, placed), "status": "success", "failMsg": None}
    return {"symbol": name, **_said(row), **outcome, "clientOid": row.said("clientOid")}


def _said(row: Params) -> dict[str, object]:
    """What a row asked for, whether it was understood or not."""
    seconds = row.said("cancelAfter") or "0"
    flags = {name: (row.said(name) or "").lower() == "true" for name in ("postOnly", "hidden", "iceberg")}
    return {
        "type": row.said("type") or "limit",
        "side": row.said("side"),
        "price": row.said("price"),
        "size": row.said("size"),
        "funds": None,
        "stp": row.said("stp") or "",
        "stop": row.said("stop") or "",
        "stopPrice": row.said("stopPrice"),
        "timeInForce": row.said("timeInForce") or "GTC",
        "cancelAfter": int(seconds) if _WHOLE.fullmatch(seconds) else 0,
        "postOnly": flags["postOnly"],
        "hidden": flags["hidden"],
        "iceberge": flags["iceberg"],
        "iceberg": flags["iceberg"],
        "visibleSize": row.said("visibleSize"),
        "channel": "API",
    }


def _hf_row(context: Context, row: Params, *, sync: bool) -> dict[str, object]:
    """One of several high-frequency orders: what came of it."""
    try:
        _require_limit(row)
        placed = place(context, _read_order(context, row), HF_SPELLING)
    except BadCall as bad:
        return {"success": False, "failMsg": bad.error.message}
    shown = _write_placed(context, placed) if sync else _write_named(context, placed, "orderId")
    return {**shown, "success": True}


def _require_limit(row: Params) -> None:
    row.choice("type", ("limit",), "limit")


ENDPOINTS: Final = (
    Endpoint("POST", "/api/v1/orders", classic_place, SPOT, Pool.SPOT, 2),
    Endpoint("POST", "/api/v1/orders/test", classic_check, SPOT, Pool.SPOT, 2),
    Endpoint("POST", "/api/v1/orders/multi", classic_place_many, SPOT, Pool.SPOT, 3),
    Endpoint("DELETE", "/api/v1/orders/{orderId}", classic_cancel, SPOT, Pool.SPOT, 3),
    Endpoint("DELETE", "/api/v1/order/client-order/{clientOid}", classic_cancel_by_client_oid, SPOT, Pool.SPOT, 3),
    Endpoint("DELETE", "/api/v1/orders", classic_cancel_all, SPOT, Pool.SPOT, 20),
    Endpoint("POST", "/api/v1/hf/orders", hf_place, SPOT, Pool.SPOT, 1),
    Endpoint("POST", "/api/v1/hf/orders/test", hf_check, SPOT, Pool.SPOT, 1),
    Endpoint("POST", "/api/v1/hf/orders/sync", hf_place_sync, SPOT, Pool.SPOT, 1),
    Endpoint("POST", "/api/v1/hf/orders/multi", hf_place_many, SPOT, Pool.SPOT, 1),
    Endpoint("POST", "/api/v1/hf/orders/multi/sync", hf_place_many_sync, SPOT, Pool.SPOT, 1),
    Endpoint("DELETE", "/api/v1/hf/orders/{orderId}", hf_cancel, SPOT, Pool.SPOT, 1),
    Endpoint("DELETE", "/api/v1/hf/orders/sync/{orderId}", hf_cancel_sync, SPOT, Pool.SPOT, 1),
    Endpoint("DELETE", "/api/v1/hf/orders/client-order/{clientOid}", hf_cancel_by_client_oid, SPOT, Pool.SPOT, 1),
    Endpoint(
        "DELETE", "/api/v1/hf/orders/sync/client-order/{clientOid}", hf_cancel_by_client_oid_sync, SPOT, Pool.SPOT, 1
    ),
    Endpoint("DELETE", "/api/v1/hf/orders/cancel/{orderId}", hf_cancel_part, SPOT, Pool.SPOT, 2),
    Endpoint("POST", "/api/v1/hf/orders/alter", hf_alter, SPOT, Pool.SPOT, 1),
    Endpoint("POST", "/api/v1/hf/orders/dead-cancel-all", hf_watch, SPOT, Pool.SPOT, 2),
    Endpoint("GET", "/api/v1/hf/orders/dead-cancel-all/query", hf_watched, GENERAL, Pool.SPOT, 2),
    Endpoint("DELETE", "/api/v1/hf/orders", hf_cancel_market, SPOT, Pool.SPOT, 2),
    Endpoint("DELETE", "/api/v1/hf/orders/cancelAll", hf_cancel_all, SPOT, Pool.SPOT, 30),
)
