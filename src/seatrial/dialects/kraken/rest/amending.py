"""Open orders that are to ask for something else: AmendOrder in place, EditOrder as another order; OrderAmends.

Source: kraken-rest#amend-order, kraken-rest#edit-order and kraken-rest#order-amends; kraken-orders#amendments;
kraken-rest#order-limits.
"""

from functools import partial
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from seatrial.core.money import format_units
from seatrial.core.orders import Amend, AmendKind, EndReason, Order, OrderKind
from seatrial.core.queries import AmendsOf, OrderHistory
from seatrial.core.rejects import Reject
from seatrial.dialects.kraken.context import Context, Later
from seatrial.dialects.kraken.describe import REASONS, volume_text
from seatrial.dialects.kraken.endpoint import Endpoint, added, any_of
from seatrial.dialects.kraken.errors import INVALID_ARGUMENTS, UNKNOWN_PAIR, BadCall, bad_argument
from seatrial.dialects.kraken.limits import ADD, AMEND, EDIT
from seatrial.dialects.kraken.manners import AMENDS
from seatrial.dialects.kraken.orders.amending import amend_command, edit_command
from seatrial.dialects.kraken.orders.answers import OrderAnswer, amend_id, ended_orders, order_answer, placed_order
from seatrial.dialects.kraken.orders.counting import count, count_cancel, count_change, settled_ns, tier_of
from seatrial.dialects.kraken.orders.placing import NOTHING_TO_REDUCE, UNUSED_PRICE
from seatrial.dialects.kraken.orders.request import AmendRequest, EditRequest
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.rest.orders_and_trades import is_order_visible
from seatrial.dialects.kraken.rest.paging import numbers
from seatrial.dialects.kraken.rest.trading import (
    CANCEL_RIGHTS,
    MAX_USERREF,
    MIN_USERREF,
    USERREF,
    read_flags,
    read_market,
)

EDIT_FLAGS: Final = frozenset({"post", "fcib", "fciq"})
"""Source of the first: kraken-orders#amendments. Decided: the others, too, for WebSocket's `fee_preference`."""


class AmendView(Struct, frozen=True, kw_only=True):
    """What an order asked for from a moment on. Source: kraken-rest#order-amends."""

    amend_id: str
    amend_type: str
    order_qty: str
    remaining_qty: str
    limit_price: str | UnsetType
    reason: str | UnsetType
    post_only: bool
    timestamp: int


def amend_order(context: Context, params: Params) -> dict[str, str]:
    """Have an open order ask for something else, and give the amendment's id; with `validate` only check it.

    Decided: `validate`, which is not documented here, is taken at its word.
    """
    order, tier = _amended(context, params), tier_of(context)
    count(context, tier, order.market, ADD)
    command = amend_command(context, order, _read_amend(context, params, order))
    count_change(context, tier, order, AMEND)
    since_ns = settled_ns(order)
    outcome = context.apply(command)
    if any(ended.end_reason is EndReason.USER_REQUESTED for ended in ended_orders(outcome)):
        count_cancel(context, tier, order.market, since_ns)
    found = amend_id(context, outcome)
    return {} if found is None else {"amend_id": found}


def edit_order(context: Context, params: Params) -> dict[str, object]:
    """Place another order in the stead of an open one, or do neither; with `validate` only check it.

    Decided: all refusals are errors of the call, none a result whose status is `err`.
    """
    market, tier = read_market(context, params), tier_of(context)
    count(context, tier, market, ADD)
    old = _edited(context, params, market)
    request = _read_edit(params)
    command = edit_command(context, old, request)
    count_change(context, tier, old, EDIT)
    outcome = context.apply(command)
    return _write_edit(context, old, placed_order(context, outcome), request, order_answer(context, outcome))


def order_amends(context: Context, params: Params) -> Later:
    """What an order asked for from its beginning on, the oldest first."""
    found = numbers((params.required("order_id"),), "O", context.tools.ids.order_number)
    if not found:
        raise context.refusal(Reject.ORDER_UNKNOWN)
    return Later(AmendsOf(context.account_id, found[0]), partial(_write_amends, context), is_long=True)


def _amended(context: Context, params: Params) -> Order:
    """The open order that is named one way or the other, not both."""
    txid, client_id = params.text("txid"), params.text("cl_ord_id")
    if (txid is None) is (client_id is None):
        raise BadCall(INVALID_ARGUMENTS)
    account = context.account
    if client_id is not None:
        order = account.by_client_id.get(client_id)
    else:
        order = account.orders.get(context.tools.ids.order_number(txid or "") or 0)
    if order is None:
        raise context.refusal(Reject.ORDER_UNKNOWN)
    return order


def _read_amend(context: Context, params: Params, order: Order) -> AmendRequest:
    """What icebergs and triggered orders could change besides is refused, as no order is one of these."""
    _check_pair(context, params, order)
    for name in ("display_qty", "trigger_price"):
        if params.text(name) is not None:
            raise bad_argument(name)
    return AmendRequest(
        params.text("order_qty"), params.text("limit_price"), params.boolean("post_only", default=False),
        params.rfc3339_ns("deadline"), params.flag_any("validate"),
    )  # fmt: skip


def _check_pair(context: Context, params: Params, order: Order) -> None:
    """A pair need not be named; one that is named is the order's (decided)."""
    name = params.text("pair")
    if name is None:
        return
    market = context.tools.symbols.pair(name)
    if market is None:
        raise BadCall(UNKNOWN_PAIR)
    if market != order.market:
        raise context.refusal(Reject.ORDER_UNKNOWN)


def _edited(context: Context, params: Params, market: str) -> Order:
    """The open order of that market with that id, or the only one with that userref."""
    name, account = params.required("txid"), context.account
    if USERREF.fullmatch(name):
        found = list(account.by_tag.get(int(name), {}).values())
        if len(found) > 1:
            raise bad_argument("txid")
        order = found[0] if found else None
    else:
        order = account.orders.get(context.tools.ids.order_number(name) or 0)
    if order is None or order.market != market:
        raise context.refusal(Reject.ORDER_UNKNOWN)
    return order


def _read_edit(params: Params) -> EditRequest:
    flags = read_flags(params)
    if not flags <= EDIT_FLAGS:
        raise bad_argument("oflags")
    if params.text("price2") is not None:
        raise BadCall(UNUSED_PRICE)
    if params.text("displayvol") is not None:
        raise bad_argument("displayvol")
    if params.boolean("reduce_only", default=False):
        raise BadCall(NOTHING_TO_REDUCE)
    params.boolean("cancel_response", default=False)
    return EditRequest(
        params.text("volume"), params.text("price"), "post" in flags,
        "fcib" in flags if flags & {"fcib", "fciq"} else None,
        params.integer("userref", MIN_USERREF, MAX_USERREF), params.rfc3339_ns("deadline"), params.flag_any("validate"),
    )  # fmt: skip


def _write_edit(
    context: Context, old: Order, new: Order, request: EditRequest, answer: OrderAnswer
) -> dict[str, object]:
    """Source of the price as it was sent and of the userref as a number: kraken-orders#amendments."""
    market = context.state.markets[new.market].market
    result: dict[str, object] = {"status": "ok"}
    if answer.txid is not None:
        result["txid"] = answer.txid
    result |= {
        "originaltxid": context.tools.ids.order(old.order_id),
        "volume": volume_text(new, market),
        "price": request.price or format_units(new.price_ticks, market.price_scale),
        "orders_cancelled": 0 if answer.txid is None else 1,
        "descr": {"order": answer.description},
    }
    if request.tag is not None:
        result["newuserref"] = request.tag
    if old.tag is not None:
        result["olduserref"] = old.tag
    return result


def _write_amends(context: Context, found: list[OrderHistory]) -> dict[str, object]:
    if not found or not is_order_visible(context.key, found[0].order):
        raise context.refusal(Reject.ORDER_UNKNOWN)
    order = found[0].order
    amends = found[0].amends or [_original(order)]
    return {"count": len(amends), "amends": [_amend_view(context, order, amend) for amend in amends]}


def _original(order: Order) -> Amend:
    """Of an order that was never amended."""
    whole = order.qty_lots + order.given_up_lots
    return Amend(
        0, order.account_id, order.order_id, AmendKind.ORIGINAL, order.price_ticks, whole, whole, order.post_only,
        order.opened_ns,
    )  # fmt: skip


def _amend_view(context: Context, order: Order, amend: Amend) -> AmendView:
    """Decided: the timestamp is in nanoseconds, as documented, though one record has milliseconds."""
    market, ids = context.state.markets[order.market].market, context.tools.ids
    is_original, limits = amend.kind is AmendKind.ORIGINAL, order.kind is OrderKind.LIMIT
    spent = volume_text(order, market) if order.spend else None
    return AmendView(
        amend_id=ids.original(order.order_id) if is_original else ids.amend(amend.amend_id),
        amend_type=amend.kind,
        order_qty=spent or format_units(amend.qty_lots, market.lot_scale),
        remaining_qty=spent or format_units(amend.remaining_lots, market.lot_scale),
        limit_price=format_units(amend.price_ticks, market.price_scale) if limits else UNSET,
        reason=UNSET if is_original else REASONS[EndReason.USER_REQUESTED],
        post_only=amend.post_only,
        timestamp=amend.at_ns,
    )


ENDPOINTS: Final = (
    Endpoint("AmendOrder", added(AMENDS, amend_order), CANCEL_RIGHTS, cost=0),
    Endpoint("EditOrder", edit_order, any_of("modify-trades + close-trades"), cost=0),
    Endpoint("OrderAmends", added(AMENDS, order_amends), any_of("query-open-trades", "query-closed-trades")),
)
"""Source of permissions and costs: kraken-rest#methods."""
