"""Orders in and out: placing and cancelling, by the classic and by the high-frequency endpoints.

Both reach the same books and the same orders. Source: kucoin-rest 9.1 to 9.4. Decided: an order that would have to be
another one than can be placed here — hidden, iceberg, stop, margin — is refused, never placed as something else.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from seatrial.core.commands import MOST_CANCELED, CancelOrders, DecreaseOrder, PlaceOrder, ReplaceOrder, SetCancelTimer
from seatrial.core.events import OrderAccepted, OrderChecked, OrderEnded, OrdersCanceled
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market
from seatrial.core.money import parse_units
from seatrial.core.orders import Order, OrderKind, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import describe, errors
from seatrial.dialects.kucoin.amounts import short
from seatrial.dialects.kucoin.context import Context, Steps
from seatrial.dialects.kucoin.describe import KINDS, SIDES, SPOT_TRADES, TRADE_TYPES, last_updated_ns, sizes
from seatrial.dialects.kucoin.endpoint import GENERAL, SPOT, Endpoint
from seatrial.dialects.kucoin.errors import HF_NOT_CANCELABLE, SPELLING, BadCall, Error
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.params import MILLISECOND_NS, SECOND_NS, Params
from seatrial.dialects.kucoin.reading import market_of

Result = TypeVar("Result")

TIMES_IN_FORCE: Final = {name: ours for ours, name in describe.TIMES_IN_FORCE.items()}
SELF_TRADES: Final = {name: ours for ours, name in describe.SELF_TRADES.items()}
MARKET_SELF_TRADES: Final = {name: ours for name, ours in SELF_TRADES.items() if ours is not SelfTrade.DECREASE}
"""Source: kucoin-rest 9.2."""
STOPS: Final = ("loss", "entry")

LONGEST_LIFE_S: Final = 2_592_000
MOST_OPEN: Final = 200
"""Live orders per market. Source: kucoin-rest 9.2."""
MOST_OPEN_ANYWHERE: Final = 2000
MOST_AT_ONCE: Final = 5
MOST_REMARK: Final = 100
MOST_WATCHED: Final = 50
SHORTEST_WATCH_S: Final = 5
LONGEST_WATCH_S: Final = 86_400
NO_WATCH: Final = -1

HF_SPELLING: Final = SPELLING | {
    Reject.CLIENT_ID_IN_USE: errors.HF_DUPLICATE_CLIENT_OID,
    Reject.ORDER_UNKNOWN: HF_NOT_CANCELABLE,
}
"""Where the high-frequency endpoints have words of their own. Source: kucoin-rest 2.4 and 2.6."""
PART_SPELLING: Final = HF_SPELLING | {Reject.QTY_OUT_OF_RANGE: errors.out_of_range("cancelSize")}

_CLIENT_OID = re.compile(r"[A-Za-z0-9_ -]{1,40}")
"""Source: kucoin-rest 9.1; the spaces from the specification's examples."""
_ASCII = re.compile(r"[\x20-\x7e]*")
_WHOLE = re.compile(r"[0-9]{1,7}")


def place(context: Context, params: Params) -> dict[str, str]:
    """Place a classic order, which must have a name of its user's."""
    return {"orderId": _order_id(context, _place(context, _named(params), SPELLING))}


def check(context: Context, params: Params) -> dict[str, str]:
    """Check a classic order itself, place nothing. Decided: the id is of no order."""
    return {"orderId": _order_id(context, _place(context, _named(params), SPELLING, check_only=True))}


def place_many(context: Context, params: Params) -> dict[str, object]:
    """Place up to five limit orders in one market, each for itself."""
    name = params.required("symbol")
    rows = params.rows("orderList", MOST_AT_ONCE)
    return {"data": [_multi_row(context, row, name) for row in rows]}


def hf_place(context: Context, params: Params) -> dict[str, str | None]:
    """Place a high-frequency order."""
    placed = _place(context, params, HF_SPELLING)
    return {"orderId": _order_id(context, placed), "clientOid": placed.client_id}


def hf_check(context: Context, params: Params) -> dict[str, str | None]:
    """Check a high-frequency order itself, place nothing."""
    checked = _place(context, params, HF_SPELLING, check_only=True)
    return {"orderId": _order_id(context, checked), "clientOid": checked.client_id}


def hf_place_sync(context: Context, params: Params) -> dict[str, object]:
    """The same, and say at once what became of it."""
    return _placed(context, _place(context, params, HF_SPELLING))


def hf_place_many(context: Context, params: Params) -> list[dict[str, object]]:
    """Place up to five limit orders in any markets, each for itself."""
    return [_hf_multi_row(context, row, sync=False) for row in params.rows("orderList", MOST_AT_ONCE)]


def hf_place_many_sync(context: Context, params: Params) -> list[dict[str, object]]:
    """The same, and say at once what became of them."""
    return [_hf_multi_row(context, row, sync=True) for row in params.rows("orderList", MOST_AT_ONCE)]


def cancel(context: Context, params: Params) -> dict[str, list[str]]:
    """Cancel an order."""
    found = _live(_by_id(context, params), SPELLING[Reject.ORDER_UNKNOWN])
    return {"cancelledOrderIds": _cancel(context, (found,))}


def cancel_by_client_oid(context: Context, params: Params) -> dict[str, str | None]:
    """Cancel an order by the user's own name for it."""
    found = _live(context.account.by_client_id.get(params.required("clientOid")), SPELLING[Reject.ORDER_UNKNOWN])
    (cancelled,) = _cancel(context, (found,))
    return {"cancelledOrderId": cancelled, "clientOid": params.required("clientOid"), "cancelledOcoOrderIds": None}


def cancel_all(context: Context, params: Params) -> dict[str, list[str]] | Steps:
    """Cancel every order, or every one of a market."""
    name = params.text("symbol")
    market = None if name is None else market_of(context, name)
    if params.choice("tradeType", TRADE_TYPES, SPOT_TRADES) != SPOT_TRADES:
        return {"cancelledOrderIds": []}
    cancelled: list[str] = []

    def write(ended: list[Order]) -> None:
        cancelled.extend(_order_id(context, order) for order in ended)

    return _cancel_all(context, () if market is None else (market,), write, {"cancelledOrderIds": cancelled})


def hf_cancel(context: Context, params: Params) -> dict[str, str]:
    """Cancel an order of a market."""
    found = _live_in_market(context, params, _by_id(context, params))
    return {"orderId": _cancel(context, (found,))[0]}


def hf_cancel_sync(context: Context, params: Params) -> dict[str, object]:
    """The same, and say what had become of it."""
    found = _live_in_market(context, params, _by_id(context, params))
    (cancelled,) = _cancel(context, (found,))
    return {"orderId": cancelled, **_sizes(context, found)}


def hf_cancel_by_client_oid(context: Context, params: Params) -> dict[str, str]:
    """Cancel an order of a market by the user's own name for it."""
    _cancel(
        context, (_live_in_market(context, params, context.account.by_client_id.get(params.required("clientOid"))),)
    )
    return {"clientOid": params.required("clientOid")}


def hf_cancel_by_client_oid_sync(context: Context, params: Params) -> dict[str, object]:
    """The same, and say what had become of it."""
    found = _live_in_market(context, params, context.account.by_client_id.get(params.required("clientOid")))
    _cancel(context, (found,))
    return {"clientOid": params.required("clientOid"), **_sizes(context, found)}


def hf_cancel_market(context: Context, params: Params) -> str | Steps:
    """Cancel every order of a market."""
    market = market_of(context, params.required("symbol"))
    return _cancel_all(context, (market,), lambda _ended: None, "success")


def hf_cancel_all(context: Context, _params: Params) -> dict[str, object] | Steps:
    """Cancel every order, and say in which markets there were any."""
    names: list[str] = []

    def write(ended: list[Order]) -> None:
        found = (context.tools.symbols.name(symbol) for symbol in dict.fromkeys(order.market for order in ended))
        names.extend(name for name in found if name not in names)

    return _cancel_all(context, (), write, {"succeedSymbols": names, "failedSymbols": []})


def hf_cancel_part(context: Context, params: Params) -> dict[str, str]:
    """Cancel a part of an order; the rest keeps its place. Decided: no more than is left of it can be cancelled."""
    found = _live_in_market(context, params, _by_id(context, params))
    market = context.state.markets[found.market].market
    lots = _size(params, market, "cancelSize")
    context.apply(DecreaseOrder(context.account_id, found.order_id, lots), PART_SPELLING)
    return {"orderId": params.required("orderId"), "cancelSize": short(lots, market.lot_scale)}


def hf_alter(context: Context, params: Params) -> dict[str, str | None]:
    """Cancel an order and place it anew, at another price or for another size, which counts what is done already.

    Source: KuCoin's description of the call; kucoin-rest 9.4. Decided: both or neither; when nothing is left to place
    the order is cancelled, and its own id is the answer.
    """
    account = context.account
    text, name = params.text("orderId"), params.text("clientOid")
    if text is None and name is None:
        raise BadCall(errors.missing("orderId"))
    number = None if text is None else context.tools.ids.order.number(text)
    old = account.by_client_id.get(name or "") if text is None else account.orders.get(number or 0)
    found = _live_in_market(context, params, old)
    ms = context.state.markets[found.market]
    if params.text("newPrice") is None and params.text("newSize") is None:
        raise BadCall(errors.missing("newPrice"))
    outcome = context.machine.apply(
        ReplaceOrder(
            context.account_id, found.order_id,
            None if params.text("newPrice") is None else _price(params, ms.market, "newPrice"),
            None if params.text("newSize") is None else _size(params, ms.market, "newSize"),
        ),
        context.at_ns,
    )  # fmt: skip
    if isinstance(outcome, Reject):
        raise BadCall(_refusal(context, outcome, ms, found.side, HF_SPELLING))
    placed = next((event.order for event in outcome if isinstance(event, OrderAccepted)), found)
    return {"newOrderId": _order_id(context, placed), "clientOid": placed.client_id}


def hf_watch(context: Context, params: Params) -> dict[str, int]:
    """Cancel all orders, or those of some markets, unless this is asked again in time.

    Decided: without a timer there is no moment at which it rings, so it is 0.
    """
    seconds = params.integer("timeout", NO_WATCH, LONGEST_WATCH_S)
    if seconds is None:
        raise BadCall(errors.missing("timeout"))
    if seconds != NO_WATCH and seconds < SHORTEST_WATCH_S:
        raise BadCall(errors.out_of_range("timeout"))
    names = params.comma_list("symbols", MOST_WATCHED)
    markets = tuple(dict.fromkeys(market_of(context, name) for name in names))
    context.apply(SetCancelTimer(context.account_id, max(seconds, 0) * SECOND_NS, markets))
    timer = context.account.cancel_timer
    return {
        "currentTime": context.at_ns // SECOND_NS,
        "triggerTime": 0 if timer is None else timer.due_ns // SECOND_NS,
    }


def hf_watched(context: Context, _params: Params) -> dict[str, object] | None:
    """The timer that runs; null when there is none."""
    timer = context.account.cancel_timer
    if timer is None:
        return None
    return {
        "timeout": (timer.due_ns - timer.set_ns) // SECOND_NS,
        "symbols": ",".join(context.tools.symbols.name(symbol) for symbol in timer.markets),
        "currentTime": context.at_ns // SECOND_NS,
        "triggerTime": timer.due_ns // SECOND_NS,
    }


def _order_id(context: Context, order: Order) -> str:
    return context.tools.ids.order(order.order_id, order.opened_ns // SECOND_NS)


def _named(params: Params) -> Params:
    if params.text("clientOid") is None:
        raise BadCall(errors.CLIENT_OID_REQUIRED)
    return params


def _place(
    context: Context,
    params: Params,
    words: Mapping[Reject, Error],
    *,
    name: str | None = None,
    check_only: bool = False,
) -> Order:
    """Place an order, or only check it; in the market of that name where its parameters have none. Raises `BadCall`."""
    symbol = context.tools.symbols.symbol(name or params.required("symbol"))
    if symbol is None:
        raise BadCall(errors.UNSUPPORTED_PAIR)
    ms = context.state.markets[symbol]
    limited = context.account.account.rate_limits
    command = _read_order(context, params, ms, MOST_OPEN if limited else None, check_only=check_only)
    if limited and not check_only and len(context.account.orders) >= MOST_OPEN_ANYWHERE:
        raise BadCall(errors.TOO_MANY_ORDERS)
    outcome = context.machine.apply(command, context.at_ns)
    if isinstance(outcome, Reject):
        raise BadCall(_refusal(context, outcome, ms, command.side, words))
    event = outcome[0]
    assert isinstance(event, OrderAccepted | OrderChecked), event
    return event.order


def _refusal(context: Context, reject: Reject, ms: MarketState, side: Side, words: Mapping[Reject, Error]) -> Error:
    """The words for it; some texts say the smallest funds or the bound of the price. Source: kucoin-rest 2.4."""
    market = ms.market
    if reject is Reject.COST_BELOW_MINIMUM:
        least = f"{short(market.min_cost, market.cost_scale)} {market.quote.code}"
        return Error(errors.FUNDS_TOO_SMALL.code, f"The order funds should more then {least}.")
    if reject is Reject.PRICE_OUT_OF_BAND:
        bound = ms.bound_ticks(side, _band_ppm(context, ms))
        assert bound is not None, "a price is out of a band around another one"
        limit = short(bound, market.price_scale)
        if side is Side.BUY:
            return Error(errors.ABOVE_MAXIMUM_PRICE, f"Max. price: {limit}")
        return Error(errors.BELOW_MINIMUM_PRICE, f"Min. price: {limit}")
    return words[reject]


def _band_ppm(context: Context, ms: MarketState) -> int:
    """How far beyond the best price on the other side an order may reach. Source: kucoin-rest 8.2 and 9.2."""
    return context.tools.symbols.line(ms.market.symbol).price_limit_ppm


def _read_order(
    context: Context, params: Params, ms: MarketState, most_open: int | None, *, check_only: bool
) -> PlaceOrder:
    market = ms.market
    side = SIDES[params.required_choice("side", SIDES)]
    kind = KINDS[params.choice("type", KINDS, "limit")]
    _refuse_other_orders(params)
    command = PlaceOrder(
        context.account_id, market.symbol, side, kind, client_id=_client_oid(params), note=_words(params, "remark"),
        label=_words(params, "tags"), band_ppm=_band_ppm(context, ms), most_open=most_open, check_only=check_only,
        cancels_post_only=True,
    )  # fmt: skip
    _check_deadline(params, context.moments)
    if kind is OrderKind.MARKET:
        self_trade = _self_trade(params, MARKET_SELF_TRADES)
        qty_lots, spend = _market_size(params, market, context.tools.symbols.precision(market.quote.code))
        return replace(command, qty_lots=qty_lots, spend=spend, self_trade=self_trade)
    self_trade = _self_trade(params, SELF_TRADES)
    time_in_force, expires_ns = _life(params, context.at_ns)
    return replace(
        command,
        price_ticks=_price(params, market, "price"),
        qty_lots=_size(params, market, "size"),
        time_in_force=time_in_force,
        self_trade=SelfTrade.CANCEL_NEWEST if time_in_force is TimeInForce.FOK else self_trade,
        post_only=_post_only(params, time_in_force),
        expires_ns=expires_ns,
    )


def _refuse_other_orders(params: Params) -> None:
    if params.boolean("hidden") or params.boolean("iceberg"):
        raise BadCall(errors.HIDDEN_ORDER)
    if params.choice("stop", STOPS, None) is not None or params.decimal("stopPrice") is not None:
        raise BadCall(errors.STOP_ORDER)
    if params.choice("tradeType", TRADE_TYPES, SPOT_TRADES) != SPOT_TRADES:
        raise BadCall(errors.NO_MARGIN)


def _client_oid(params: Params) -> str | None:
    """The user's own name for the order."""
    client_id = params.text("clientOid")
    if client_id is not None and not _CLIENT_OID.fullmatch(client_id):
        raise BadCall(errors.out_of_range("clientOid"))
    return client_id


def _words(params: Params, name: str) -> str | None:
    """What the user writes beside the order."""
    text = params.text(name)
    if text is not None and (len(text) > MOST_REMARK or not _ASCII.fullmatch(text)):
        raise BadCall(errors.out_of_range(name))
    return text


def _check_deadline(params: Params, moments: tuple[int, ...]) -> None:
    """Whether the call came in the time that its sender allows it, by the clock that the sender seems to go by."""
    sent_ns, window_ns = params.milliseconds_ns("clientTimestamp"), params.milliseconds_ns("allowMaxTimeWindow")
    if sent_ns is None or window_ns is None or not moments:
        return
    if min(moments, key=lambda moment: abs(moment - sent_ns)) > sent_ns + window_ns:
        raise BadCall(errors.out_of_range("clientTimestamp"))


def _self_trade(params: Params, rules: Mapping[str, SelfTrade]) -> SelfTrade:
    """Without a rule an order may meet its owner's own. Source: kucoin-rest 9.2."""
    rule = params.choice("stp", rules, None)
    return SelfTrade.ALLOW if rule is None else rules[rule]


def _life(params: Params, at_ns: int) -> tuple[TimeInForce, int]:
    """Time in force and expiry, 0 where there is none. `cancelAfter` counts with GTT only, which needs it."""
    time_in_force = TIMES_IN_FORCE[params.choice("timeInForce", TIMES_IN_FORCE, "GTC")]
    seconds = params.integer("cancelAfter", -1, LONGEST_LIFE_S)
    if time_in_force is not TimeInForce.GTD:
        return time_in_force, 0
    if seconds is None or seconds < 1:
        raise BadCall(errors.missing("cancelAfter") if seconds is None else errors.out_of_range("cancelAfter"))
    return time_in_force, at_ns + seconds * SECOND_NS


def _post_only(params: Params, time_in_force: TimeInForce) -> bool:
    post_only = params.boolean("postOnly")
    if post_only and time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        raise BadCall(errors.out_of_range("postOnly"))
    return post_only


def _price(params: Params, market: Market, name: str) -> int:
    text = params.decimal(name)
    if text is None:
        raise BadCall(errors.PRICE_MISSING)
    ticks = parse_units(text, market.price_scale)
    if ticks is None:
        raise BadCall(errors.PRICE_INCREMENT)
    if ticks == 0:
        raise BadCall(errors.out_of_range(name))
    return ticks


def _size(params: Params, market: Market, name: str) -> int:
    text = params.decimal(name)
    if text is None:
        raise BadCall(errors.SIZE_MISSING if name == "size" else errors.missing(name))
    lots = parse_units(text, market.lot_scale)
    if lots is None:
        raise BadCall(errors.SIZE_INCREMENT)
    return lots


def _market_size(params: Params, market: Market, precision: int) -> tuple[int, int]:
    """Lots, or what to spend or to get in units of the quote: exactly one of the two."""
    text = params.decimal("funds")
    if text is None:
        return _size(params, market, "size"), 0
    if params.decimal("size") is not None:
        raise BadCall(errors.out_of_range("funds"))
    units = parse_units(text, precision)
    if units is None:
        raise BadCall(errors.FUNDS_INCREMENT)
    if units == 0:
        raise BadCall(errors.out_of_range("funds"))
    return 0, units * 10 ** (market.quote.scale - precision)


def _placed(context: Context, order: Order) -> dict[str, object]:
    return {
        "orderId": _order_id(context, order),
        "clientOid": order.client_id,
        "orderTime": order.opened_ns // MILLISECOND_NS,
        **_sizes(context, order),
        "matchTime": last_updated_ns(order) // MILLISECOND_NS,
    }


def _sizes(context: Context, order: Order) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(sizes(order, context.state.markets[order.market].market))
    return found


def _multi_row(context: Context, row: Params, name: str) -> dict[str, object]:
    """One of several classic orders: what was asked for, and what came of it."""
    outcome: dict[str, object]
    try:
        placed = _place(context, _limit_only(_named(row)), SPELLING, name=name)
    except BadCall as bad:
        outcome = {"id": None, "status": "fail", "failMsg": bad.error.message}
    else:
        outcome = {"id": _order_id(context, placed), "status": "success", "failMsg": None}
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


def _hf_multi_row(context: Context, row: Params, *, sync: bool) -> dict[str, object]:
    """One of several high-frequency orders: what came of it."""
    try:
        placed = _place(context, _limit_only(row), HF_SPELLING)
    except BadCall as bad:
        return {"success": False, "failMsg": bad.error.message}
    if sync:
        return {**_placed(context, placed), "success": True}
    return {"orderId": _order_id(context, placed), "clientOid": placed.client_id, "success": True}


def _limit_only(row: Params) -> Params:
    row.choice("type", ("limit",), "limit")
    return row


def _by_id(context: Context, params: Params) -> Order | None:
    number = context.tools.ids.order.number(params.required("orderId"))
    return None if number is None else context.account.orders.get(number)


def _live(found: Order | None, unknown: Error) -> Order:
    if found is None:
        raise BadCall(unknown)
    return found


def _live_in_market(context: Context, params: Params, found: Order | None) -> Order:
    market = market_of(context, params.required("symbol"))
    return _live(found if found is not None and found.market == market else None, HF_NOT_CANCELABLE)


def _cancel(context: Context, chosen: Iterable[Order]) -> list[str]:
    """Cancel live orders, and say their ids in the order in which they ended."""
    order_ids = tuple(order.order_id for order in chosen)
    if not order_ids:
        return []
    events = context.apply(CancelOrders(context.account_id, order_ids))
    return [_order_id(context, event.order) for event in events if isinstance(event, OrderEnded)]


def _cancel_all(
    context: Context, markets: tuple[str, ...], write: Callable[[list[Order]], None], result: Result
) -> Result | Steps:
    """Cancel what is open now in these markets, or in all, some orders at a time; orders placed meanwhile stay.

    `write` is told which ended, and the result is ready when all have.
    """
    command = CancelOrders(
        context.account_id,
        everything=True,
        markets=markets,
        up_to_id=context.state.counters.order_id,
        most=MOST_CANCELED,
    )

    def go_on(context: Context, _found: object) -> Result | Steps:
        events = context.apply(command)
        write([event.order for event in events if isinstance(event, OrderEnded)])
        done = events[-1]
        assert isinstance(done, OrdersCanceled), done
        return Steps(go_on) if done.more else result

    return go_on(context, None)


ENDPOINTS: Final = (
    Endpoint("POST", "/api/v1/orders", place, SPOT, Pool.SPOT, 2),
    Endpoint("POST", "/api/v1/orders/test", check, SPOT, Pool.SPOT, 2),
    Endpoint("POST", "/api/v1/orders/multi", place_many, SPOT, Pool.SPOT, 3),
    Endpoint("DELETE", "/api/v1/orders/{orderId}", cancel, SPOT, Pool.SPOT, 3),
    Endpoint("DELETE", "/api/v1/order/client-order/{clientOid}", cancel_by_client_oid, SPOT, Pool.SPOT, 3),
    Endpoint("DELETE", "/api/v1/orders", cancel_all, SPOT, Pool.SPOT, 20),
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
