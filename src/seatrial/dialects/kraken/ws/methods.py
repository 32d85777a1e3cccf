"""Orders over a socket: the parameters of a method become those of its twin over REST, which does the rest.

So an order has the same checks, counters and refusals whichever way it comes.
Source: kraken-websocket#trading-methods.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.machine import Machine
from seatrial.core.markets import SystemStatus
from seatrial.core.orders import Side
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Steps, Tools
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.rest import amending, batches, trading
from seatrial.dialects.kraken.ws import frames, words
from seatrial.dialects.kraken.ws.channels import Refused
from seatrial.dialects.wire import Call, Reply, Served, Unfinished

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.session import Request

MIN_DEADLINE_NS: Final = 500_000_000
"""How far ahead a deadline must be. Source: kraken-websocket#trading-methods."""
MAX_EXPONENT: Final = 30
MAX_DIGITS: Final = 64
MAX_NAMED: Final = 50
"""How many orders one request may name."""

_PLAIN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ENDPOINTS: Final = {
    endpoint.name: endpoint for endpoint in (*trading.ENDPOINTS, *amending.ENDPOINTS, *batches.ENDPOINTS)
}
_SELF_TRADES: Final = {name.replace("-", "_"): name for name in trading.SELF_TRADES}

ORDERS_NOT_OBJECTS: Final = "Orders field must be an array of objects"

Given = dict[str, Any]


class Exact(str):
    """A number as it was written, with a point or an exponent."""

    __slots__ = ()


class Twin(Struct, frozen=True):
    """A method, and the one of REST that does it."""

    name: str
    rest: str
    params: Callable[[Tools, Given], dict[str, str]]
    """What the other one is asked with. Raises `BadCall` and `Refused`."""
    result: Callable[[Given, Any], object]
    """What is said of its result."""
    fields: frozenset[str]
    """All that may be asked with."""


class MethodCall:
    """One request for a method, by an account whose token was shown."""

    def __init__(self, twin: Twin, tools: Tools, key_id: int, request: "Request", given: Given) -> None:
        self._twin = twin
        self._tools = tools
        self._key_id = key_id
        self._request = request
        self._given = given

    def serve(self, machine: Machine, _call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        """As a dialect serves a call of REST."""
        state, endpoint = machine.state, _ENDPOINTS[self._twin.rest]
        if state.modes.system is SystemStatus.MAINTENANCE:
            return self.unavailable()
        key = state.key_numbers.get(self._key_id)
        if key is None:
            return self._failed(words.BAD_TOKEN)
        if not endpoint.allows(key):
            return self._failed(errors.PERMISSION_DENIED)
        account = state.accounts[key.account_id]
        context = Context(
            machine, self._tools, at_ns, key, account, at_ns if real_ns is None else real_ns, MIN_DEADLINE_NS
        )
        try:
            params = Params(self._twin.params(self._tools, self._given))
            return self._reply(context, endpoint.handle(context, params))
        except (BadCall, Refused) as bad:
            return self._failed(bad.error)

    def unavailable(self) -> Reply:
        """Nothing can be stored now."""
        return self._failed(errors.UNAVAILABLE)

    def _reply(self, context: Context, result: object) -> Reply | Unfinished:
        if isinstance(result, Steps):
            return Unfinished(partial(self._go_on, context, result.go_on), result.query, result.turn)
        said, request = self._twin.result(self._given, result), self._request
        count = said["count"] if self._twin is BATCH_CANCEL and isinstance(said, dict) else None
        return Reply(frames.success(self._twin.name, said, request.req_id, request.at_ns, count))

    def _go_on(self, context: Context, go_on: Callable[[Context, Any], Any], found: object, at_ns: int) -> Served:
        context = replace(context, at_ns=at_ns)
        try:
            return self._reply(context, go_on(context, found))
        except BadCall as bad:
            return self._failed(bad.error)

    def _failed(self, error: str) -> Reply:
        return Reply(frames.failure(error, self._twin.name, self._request.req_id, self._request.at_ns))


def method_calls(twin: Twin, tools: Tools, key_id: int, request: "Request") -> Iterable[MethodCall]:
    """What is to be done; of a cancel each order by itself, with a reply of its own. Raises `Refused`."""
    given = {name: value for name, value in request.params.items() if name != "token"}
    for name in given:
        if name not in twin.fields:
            raise Refused(words.unsupported_field(name[:MAX_DIGITS], twin.name.replace("_", " ")))
    parts = _each_named(given) if twin is CANCEL_ORDER else [given]
    return [MethodCall(twin, tools, key_id, request, part) for part in parts]


def _each_named(given: Given) -> list[Given]:
    named = [(name, value) for name in ("order_id", "cl_ord_id", "order_userref") for value in _list(given, name)]
    if not named or len(named) > MAX_NAMED:
        raise Refused(bad_argument("order_id").error)
    return [{name: value} for name, value in named]


def _list(given: Given, name: str) -> list[Any]:
    values = given.get(name, [])
    if not isinstance(values, list):
        raise Refused(f"{name.capitalize()} field must be an array")
    return values


def _order(tools: Tools, given: Given) -> dict[str, str]:
    """The parameters of AddOrder."""
    if given.get("asset_class", "spot") != "spot":
        raise Refused(words.BAD_CLASS)
    for name, theirs in (
        ("triggers", "trigger"),
        ("trigger", "trigger"),
        ("stop_price", "price2"),
        ("conditional", "close"),
    ):
        if given.get(name) is not None:
            raise bad_argument(theirs)
    if given.get("limit_price_type", "static") != "static":
        raise bad_argument("price")
    market = _market(tools, given)
    flags = _flags(given) + ["viqc"] * ("cash_order_qty" in given)
    asked: dict[str, str | None] = {
        "pair": tools.symbols.pair_name(market),
        "ordertype": _text(given, "order_type"),
        "type": _text(given, "side"),
        "volume": _number(given, "cash_order_qty" if "cash_order_qty" in given else "order_qty"),
        "price": _number(given, "limit_price"),
        "displayvol": _number(given, "display_qty"),
        "timeinforce": (_text(given, "time_in_force") or "").upper() if given.get("order_type") == "limit" else None,
        "starttm": _moment(given, "effective_time", "starttm"),
        "expiretm": _moment(given, "expire_time", "expiretm"),
        "deadline": _text(given, "deadline"),
        "cl_ord_id": _text(given, "cl_ord_id"),
        "userref": _whole(given, "order_userref"),
        "stptype": _self_trade(given),
        "oflags": ",".join(flags),
        "reduce_only": "true" if _flag(given, "reduce_only") else None,
        "validate": "true" if _flag(given, "validate") else None,
        "leverage": _leverage(tools, market, given),
    }
    return {name: value for name, value in asked.items() if value}


def _market(tools: Tools, given: Given) -> str:
    symbol = _text(given, "symbol")
    market = tools.symbols.market_displayed(symbol or "")
    if market is None:
        raise Refused(words.not_supported(symbol or ""))
    return market


def _flags(given: Given) -> list[str]:
    flags = ["post"] * _flag(given, "post_only")
    preference = _text(given, "fee_preference")
    if preference is not None:
        if preference not in ("base", "quote"):
            raise bad_argument("oflags")
        flags.append("fcib" if preference == "base" else "fciq")
    return flags


def _amendment(tools: Tools, given: Given) -> dict[str, str]:
    """The parameters of AmendOrder."""
    if given.get("limit_price_type", "static") != "static":
        raise bad_argument("limit_price")
    asked: dict[str, str | None] = {
        "txid": _order_id(given),
        "cl_ord_id": _text(given, "cl_ord_id"),
        "order_qty": _number(given, "order_qty"),
        "limit_price": _number(given, "limit_price"),
        "display_qty": _number(given, "display_qty"),
        "trigger_price": _number(given, "trigger_price"),
        "pair": tools.symbols.pair_name(_market(tools, given)) if given.get("symbol") is not None else None,
        "post_only": "true" if _flag(given, "post_only") else None,
        "deadline": _text(given, "deadline"),
        "validate": "true" if _flag(given, "validate") else None,
    }
    return {name: value for name, value in asked.items() if value}


def _amended(given: Given, result: dict[str, str]) -> object:
    """As with an order, what was only checked has an empty id (decided)."""
    said = {"amend_id": result.get("amend_id", "")}
    return said | {name: given[name] for name in ("cl_ord_id", "order_id") if name in given}


def _edit(tools: Tools, given: Given) -> dict[str, str]:
    """The parameters of EditOrder. `price` is an older name of the limit."""
    for name in ("triggers", "trigger", "stop_price"):
        if given.get(name) is not None:
            raise bad_argument("trigger")
    asked: dict[str, str | None] = {
        "txid": _order_id(given),
        "pair": tools.symbols.pair_name(_market(tools, given)),
        "volume": _number(given, "order_qty"),
        "price": _number(given, "price" if given.get("limit_price") is None else "limit_price"),
        "displayvol": _number(given, "display_qty"),
        "userref": _whole(given, "order_userref"),
        "oflags": ",".join(_flags(given)),
        "reduce_only": "true" if _flag(given, "reduce_only") else None,
        "deadline": _text(given, "deadline"),
        "validate": "true" if _flag(given, "validate") else None,
    }
    return {name: value for name, value in asked.items() if value}


def _edited(_given: Given, result: dict[str, Any]) -> object:
    return {"order_id": result.get("txid", ""), "original_order_id": result["originaltxid"]}


def _order_id(given: Given) -> str | None:
    """The id of one order, which is no userref."""
    order_id = _text(given, "order_id")
    if order_id is not None and not order_id.startswith("O"):
        raise BadCall(errors.INVALID_ORDER)
    return order_id


def _batch(tools: Tools, given: Given) -> dict[str, str]:
    """The parameters of AddOrderBatch."""
    rows = [_batch_row(tools, given, row) for row in _list(given, "orders")]
    asked: dict[str, str | None] = {
        "pair": tools.symbols.pair_name(_market(tools, given)),
        "orders": _json(rows),
        "deadline": _text(given, "deadline"),
        "validate": "true" if _flag(given, "validate") else None,
    }
    return {name: value for name, value in asked.items() if value}


def _batch_row(tools: Tools, given: Given, row: object) -> dict[str, str]:
    if not isinstance(row, dict):
        raise Refused(ORDERS_NOT_OBJECTS)
    for name in row:
        if name not in BATCH_FIELDS:
            raise Refused(words.unsupported_field(name[:MAX_DIGITS], "batch add"))
    return _order(tools, row | {"symbol": given.get("symbol")})


def _batch_added(given: Given, result: dict[str, Any]) -> object:
    """A row for each order; decided: whatever became of them, the request was granted."""
    return [
        row if "error" in row else _added(order, {"txid": (row.get("txid", ""),)})
        for order, row in zip(given["orders"], result["orders"], strict=True)
    ]


def _batch_named(_tools: Tools, given: Given) -> dict[str, str]:
    """The parameters of CancelOrderBatch. Userrefs may be numbers or texts, as over REST."""
    ids, names = _list(given, "orders"), _list(given, "cl_ord_id")
    for value in (*ids, *names):
        if not isinstance(value, str | int) or isinstance(value, bool | Exact):
            raise Refused("Orders field must be an array of strings")
    asked = {"orders": _json(list(map(str, ids))) if ids else "", "cl_ord_ids": _json(list(map(str, names)))}
    return {name: value for name, value in asked.items() if value and value != "[]"}


def _json(value: object) -> str:
    return frames.encode(value).decode()


def _added(given: Given, result: dict[str, Any]) -> object:
    """What was only checked has an empty id. Source: kraken-websocket#trading-methods."""
    said: Given = {"order_id": result.get("txid", ("",))[0]}
    return said | {name: given[name] for name in ("cl_ord_id", "order_userref") if name in given}


def _named(_tools: Tools, given: Given) -> dict[str, str]:
    """The parameters of CancelOrder, of one order."""
    if "order_userref" in given:
        return {"txid": _whole(given, "order_userref") or ""}
    if "order_id" in given:
        order_id = _text(given, "order_id") or ""
        if not order_id.startswith("O") or "," in order_id:
            raise BadCall(errors.INVALID_ORDER)
        return {"txid": order_id}
    return {"cl_ord_id": _text(given, "cl_ord_id") or ""}


def _timeout(_tools: Tools, given: Given) -> dict[str, str]:
    return {"timeout": _whole(given, "timeout") or ""}


def _text(given: Given, name: str) -> str | None:
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or isinstance(value, Exact)):
        raise Refused(f"{name.capitalize()} field must be a string")
    return value


def _flag(given: Given, name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Refused(words.not_boolean(name))
    return value


def _whole(given: Given, name: str) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"{name.capitalize()} field must be an integer")
    return str(value)


def _number(given: Given, name: str) -> str | None:
    """A decimal as REST takes it. Source of the refusal of texts: recorded frames."""
    value = given.get(name)
    if value is None:
        return None
    is_number = isinstance(value, Exact) or (isinstance(value, int) and not isinstance(value, bool))
    if not is_number or len(str(value)) > MAX_DIGITS:
        raise Refused(f"{name.capitalize()} field must be a number_float")
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    number = Decimal(text)
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise Refused(f"{name.capitalize()} field must be a number_float")
    return f"{number:f}"


def _moment(given: Given, name: str, theirs: str) -> str | None:
    """Seconds since 1970, of a moment as RFC 3339 has it."""
    text = _text(given, name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad_argument(theirs) from None
    if at.tzinfo is None:
        raise bad_argument(theirs)
    return str(int(at.timestamp()))


def _self_trade(given: Given) -> str | None:
    name = _text(given, "stp_type")
    if name is not None and name not in _SELF_TRADES:
        raise bad_argument("stptype")
    return None if name is None else _SELF_TRADES[name]


def _leverage(tools: Tools, market: str, given: Given) -> str | None:
    """Margin is the highest leverage that the pair has, or one that it has not."""
    if not _flag(given, "margin"):
        return None
    info = tools.symbols.pair_info(market)
    offered = info.leverage_buy if given.get("side") == Side.BUY.value else info.leverage_sell
    return str(max(offered, default=2))


def _nothing(_tools: Tools, _given: Given) -> dict[str, str]:
    return {}


def _whatever(_given: Given, result: object) -> object:
    return result


def _what_was_named(given: Given, _result: object) -> object:
    return given


CANCEL_ORDER: Final = Twin(
    "cancel_order", "CancelOrder", _named, _what_was_named, frozenset({"order_id", "cl_ord_id", "order_userref"})
)

BATCH_CANCEL: Final = Twin(
    "batch_cancel", "CancelOrderBatch", _batch_named, _whatever, frozenset({"orders", "cl_ord_id"})
)

BATCH_FIELDS: Final = frozenset(
    (
        "order_type", "side", "order_qty", "cash_order_qty", "limit_price", "limit_price_type", "triggers",
        "time_in_force", "expire_time", "effective_time", "margin", "post_only", "reduce_only", "display_qty",
        "cl_ord_id", "order_userref", "conditional", "fee_preference", "stp_type", "no_mpp", "sender_sub_id",
        "stop_price", "trigger",
    )
)  # fmt: skip
"""What is said of each order of a batch."""
OF_ALL: Final = frozenset(("symbol", "deadline", "validate", "asset_class"))
"""What is said of all of them."""
CHANGES: Final = OF_ALL | {"order_qty", "limit_price", "display_qty", "post_only"}
"""What amending and editing can both say."""

METHODS: Final = {
    twin.name: twin
    for twin in (
        Twin("add_order", "AddOrder", _order, _added, BATCH_FIELDS | OF_ALL),
        Twin(
            "amend_order", "AmendOrder", _amendment, _amended,
            CHANGES | {"order_id", "cl_ord_id", "limit_price_type", "trigger_price", "trigger_price_type"},
        ),
        Twin(
            "edit_order", "EditOrder", _edit, _edited,
            CHANGES | {
                "order_id", "order_userref", "reduce_only", "fee_preference", "triggers", "no_mpp", "price", "trigger",
                "stop_price",
            },
        ),
        Twin("batch_add", "AddOrderBatch", _batch, _batch_added, OF_ALL | {"orders"}),
        BATCH_CANCEL,
        CANCEL_ORDER,
        Twin("cancel_all", "CancelAll", _nothing, _whatever, frozenset()),
        Twin("cancel_all_orders_after", "CancelAllOrdersAfter", _timeout, _whatever, frozenset({"timeout"})),
    )
}  # fmt: skip
