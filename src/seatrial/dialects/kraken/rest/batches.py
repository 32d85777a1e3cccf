"""Several orders in or out with one call: AddOrderBatch, CancelOrderBatch.

Source: kraken-orders#batches; kraken-rest#add-batch and kraken-rest#cancel-batch; kraken-rest#order-limits.
"""

from typing import Final

from msgspec.structs import replace

from seatrial.core.commands import PlaceOrder
from seatrial.core.machine import Done
from seatrial.core.rejects import Reject
from seatrial.dialects.kraken.context import Context, Steps
from seatrial.dialects.kraken.endpoint import Endpoint, any_of
from seatrial.dialects.kraken.errors import bad_argument
from seatrial.dialects.kraken.limits import ADD
from seatrial.dialects.kraken.orders.answers import order_answer
from seatrial.dialects.kraken.orders.canceling import cancel, cancel_command
from seatrial.dialects.kraken.orders.counting import count, tier_of
from seatrial.dialects.kraken.orders.placing import order_command
from seatrial.dialects.kraken.orders.request import CancelRequest, OrderRequest
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.rest.trading import (
    CANCEL_RIGHTS,
    MAX_NAMED,
    read_market,
    read_order,
    tell_apart,
    write_count,
)

MIN_ORDERS: Final = 2
MAX_ORDERS: Final = 15
"""Source: kraken-orders#batches."""


def add_order_batch(context: Context, params: Params) -> dict[str, object]:
    """Place orders of one pair. What is wrong with any of them itself refuses all; of the rest each stands alone.

    Decided: that a post-only order would take concerns that order alone.
    """
    market, tier = read_market(context, params), tier_of(context)
    rows = params.rows("orders", MAX_ORDERS)
    if len(rows) < MIN_ORDERS:
        raise bad_argument("orders")
    count(context, tier, market, ADD * len(rows) / 2)
    check_only = params.flag_any("validate")
    requests = [_read_row(context, params, row, market, check_only=check_only) for row in rows]
    commands = [order_command(context, tier, request) for request in requests]
    checked = [_checked(context, command) for command in commands]
    outcomes = checked if check_only else [context.machine.apply(command, context.at_ns) for command in commands]
    return {"orders": [_write_row(context, outcome) for outcome in outcomes]}


def cancel_order_batch(context: Context, params: Params) -> dict[str, int] | Steps:
    """Cancel the orders that are named, and say how many; those that are not open are not counted.

    Decided: a batch that names no open order has canceled none, which is no error.
    """
    request = _read_cancel(params)
    return cancel(context, tier_of(context), cancel_command(context, request), write_count, so_far=0)


def _read_row(context: Context, params: Params, row: Params, market: str, *, check_only: bool) -> OrderRequest:
    """One order. When it is too late for it, and whether it is only checked, is said of all."""
    request = read_order(context, row, market)
    terms = replace(request.terms, deadline_ns=params.rfc3339_ns("deadline"), check_only=check_only)
    return replace(request, terms=terms)


def _checked(context: Context, command: PlaceOrder) -> Done | Reject:
    """What is found out about the order itself. Raises `BadCall`."""
    outcome = context.machine.apply(replace(command, check_only=True), context.at_ns)
    if isinstance(outcome, Reject) and outcome is not Reject.POST_ONLY_WOULD_TAKE:
        raise context.refusal(outcome)
    return outcome


def _write_row(context: Context, outcome: Done | Reject) -> dict[str, object]:
    if isinstance(outcome, Reject):
        return {"error": context.refusal(outcome).error}
    answer = order_answer(context, outcome)
    descr = {"order": answer.description}
    return {"descr": descr} if answer.txid is None else {"txid": answer.txid, "descr": descr}


def _read_cancel(params: Params) -> CancelRequest:
    """Ids and userrefs, as texts, as numbers or each in an object as its `txid`; names beside them."""
    if params.has_rows("orders"):
        names = tuple(row.required("txid") for row in params.rows("orders", MAX_NAMED))
    else:
        names = params.comma_list("orders", MAX_NAMED)
    client_ids = params.comma_list("cl_ord_ids", MAX_NAMED)
    if not 0 < len(names) + len(client_ids) <= MAX_NAMED:
        raise bad_argument("orders")
    txids, tags = tell_apart(names)
    return CancelRequest(txids, tags, client_ids)


ENDPOINTS: Final = (
    Endpoint("AddOrderBatch", add_order_batch, any_of("modify-trades + close-trades"), cost=0),
    Endpoint("CancelOrderBatch", cancel_order_batch, CANCEL_RIGHTS, cost=0),
)
"""Source of permissions and costs: kraken-rest#methods."""
