"""Open orders that are to ask for something else: in place, or as another order.

Source: kraken-orders#amendments.
"""

from seatrial.core.commands import AmendOrder, ReplaceOrder
from seatrial.core.market_state import MarketState
from seatrial.core.money import parse_units
from seatrial.core.orders import Order, OrderKind
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.errors import INVALID_ORDER, BadCall, bad_argument
from seatrial.dialects.kraken.orders.placing import MALFORMED_PRICE, MATCHING_NS, check_deadline, limit_price
from seatrial.dialects.kraken.orders.request import AmendRequest, EditRequest


def amend_command(context: Context, order: Order, request: AmendRequest) -> AmendOrder:
    """The command that amends it. Raises `BadCall`.

    Decided: a price relative to the last trade says which way, since `#` is not documented here.
    """
    ms = context.state.markets[order.market]
    if request.price is not None and request.price.startswith("#"):
        raise BadCall(MALFORMED_PRICE)
    price_ticks, qty_lots = _price(context, order, request.price), _quantity(ms, request.volume, "order_qty")
    if request.deadline_ns is not None:
        check_deadline(request.deadline_ns, context)
    return AmendOrder(
        context.account_id, order.order_id, price_ticks, qty_lots, request.post_only, request.check_only, MATCHING_NS
    )


def edit_command(context: Context, order: Order, request: EditRequest) -> ReplaceOrder:
    """The command that places another order in its stead. Raises `BadCall`.

    Decided: the volume counts what the old order filled, so that one which is no larger leaves nothing to place; an
    order with a `cl_ord_id`, which cannot be edited, is an invalid one.
    """
    if order.client_id is not None:
        raise BadCall(INVALID_ORDER)
    qty_lots = _quantity(context.state.markets[order.market], request.volume, "volume")
    if qty_lots is not None and qty_lots <= order.filled_lots:
        raise bad_argument("volume")
    price_ticks = _price(context, order, request.price)
    if request.deadline_ns is not None:
        check_deadline(request.deadline_ns, context)
    return ReplaceOrder(
        context.account_id, order.order_id, price_ticks, qty_lots, request.post_only, request.fee_in_base,
        request.tag or 0, request.check_only, MATCHING_NS,
    )  # fmt: skip


def _price(context: Context, order: Order, text: str | None) -> int | None:
    if text is None:
        return None
    if order.kind is not OrderKind.LIMIT:
        raise BadCall(INVALID_ORDER)
    return limit_price(context, context.state.markets[order.market], order.side, text)


def _quantity(ms: MarketState, text: str | None, name: str) -> int | None:
    if text is None:
        return None
    lots = parse_units(text, ms.market.lot_scale)
    if not lots:
        raise bad_argument(name)
    return lots
