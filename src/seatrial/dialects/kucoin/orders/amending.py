"""Orders that are made smaller, or placed anew.

Source: kucoin-rest#high-frequency-orders; KuCoin's description of the calls.
"""

from seatrial.core.commands import DecreaseOrder, ReplaceOrder
from seatrial.core.markets import Market
from seatrial.core.orders import Order
from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.errors import HF_NOT_CANCELABLE, HF_SPELLING, PART_SPELLING, BadCall
from seatrial.dialects.kucoin.orders.answers import new_order
from seatrial.dialects.kucoin.orders.canceling import named_order
from seatrial.dialects.kucoin.orders.placing import lots_of, refusal, ticks_of
from seatrial.dialects.kucoin.orders.request import AlterRequest, OrderName


def cancel_part(context: Context, name: OrderName, size: str | None) -> tuple[Market, int]:
    """Cancel a part of an order, and say how many lots of which market; the rest keeps its place. Raises `BadCall`.

    Decided: no more than is left of it can be cancelled.
    """
    found = named_order(context, name, HF_NOT_CANCELABLE)
    if size is None:
        raise BadCall(errors.missing("cancelSize"))
    market, sizes = context.state.markets[found.market].market, context.tools.symbols.line(found.market).sizes
    lots = lots_of(size, market, sizes, "cancelSize")
    context.apply(DecreaseOrder(context.account_id, found.order_id, lots), PART_SPELLING)
    return market, lots


def alter(context: Context, request: AlterRequest) -> Order:
    """Cancel an order and place it anew, at another price or for another size, which counts what is done already.

    Decided: both or neither; when nothing is left to place the order is cancelled, and it is the answer. Raises
    `BadCall`.
    """
    if request.order.order_id is None and request.order.client_id is None:
        raise BadCall(errors.missing("orderId"))
    found = named_order(context, request.order, HF_NOT_CANCELABLE)
    outcome = context.machine.apply(_replace_command(context, found, request), context.at_ns)
    if isinstance(outcome, Reject):
        raise BadCall(refusal(context, outcome, found.market, found.side, HF_SPELLING))
    return new_order(context, outcome) or found


def _replace_command(context: Context, found: Order, request: AlterRequest) -> ReplaceOrder:
    market, sizes = context.state.markets[found.market].market, context.tools.symbols.line(found.market).sizes
    price, size = request.price, request.size
    if price is None and size is None:
        raise BadCall(errors.missing("newPrice"))
    return ReplaceOrder(
        context.account_id,
        found.order_id,
        None if price is None else ticks_of(price, market, sizes, "newPrice"),
        None if size is None else lots_of(size, market, sizes, "newSize"),
        minimums=sizes.minimums,
    )
