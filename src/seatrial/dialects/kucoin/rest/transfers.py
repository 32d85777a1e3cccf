"""Money that moves between a user's accounts, and between a user and its sub-accounts.

Source: kucoin-rest#transfers. Decided: the same `clientOid` again moves nothing and answers with the first order's id.
"""

from functools import partial
from typing import Final, NamedTuple

from msgspec.structs import replace

from seatrial.core.commands import MoveFunds
from seatrial.core.facts import FundsMoved
from seatrial.core.findings import MovedBefore
from seatrial.core.machine import Done
from seatrial.core.queries import MoveNamed
from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.context import Context, Steps
from seatrial.dialects.kucoin.endpoint import ANY_TRANSFER, SPOT, Endpoint
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.params import SECOND_NS, Params
from seatrial.dialects.kucoin.reading import amount_of, code_of

MAX_CLIENT_OID: Final = 128
MAIN: Final = "MAIN"
INTERNAL: Final = "INTERNAL"
TO_SUB: Final = "PARENT_TO_SUB"
TO_PARENT: Final = "SUB_TO_PARENT"
OUT: Final = "OUT"
IN: Final = "IN"

INNER: Final = {
    "main": "main",
    "trade": "trade",
    "trade_hf": "trade",
    "margin": "margin",
    "margin_v2": "margin",
    "contract": "contract",
}
"""KuCoin's kinds of accounts by their names in the older call → our wallets. Decided: a high-frequency account is the
trading account, a margin account of either generation the margin account; isolated margin and options are not here."""
UNIVERSAL: Final = {name.upper(): wallet for name, wallet in INNER.items()}
"""The same by their names in the newer calls."""


class Place(NamedTuple):
    """One wallet of one account."""

    account_id: int
    wallet: str


def inner_transfer(context: Context, params: Params) -> Steps:
    """Between two of the user's own accounts."""
    source, target = (INNER[params.required_choice(name, INNER)] for name in ("from", "to"))
    return _move(context, params, Place(context.account_id, source), Place(context.account_id, target))


def universal_transfer(context: Context, params: Params) -> Steps:
    """Between the user's own accounts, or from or to one of a sub-account's."""
    kind = params.required_choice("type", (INTERNAL, TO_SUB, TO_PARENT))
    source, target = (
        UNIVERSAL[params.required_choice(name, UNIVERSAL)] for name in ("fromAccountType", "toAccountType")
    )
    own = context.account_id
    giver = _sub_account(context, params, "fromUserId") if kind == TO_PARENT else own
    taker = _sub_account(context, params, "toUserId") if kind == TO_SUB else own
    return _move(context, params, Place(giver, source), Place(taker, target))


def sub_transfer(context: Context, params: Params) -> Steps:
    """From a user to its sub-account, or back."""
    direction = params.required_choice("direction", (OUT, IN))
    own = Place(context.account_id, UNIVERSAL[params.choice("accountType", UNIVERSAL, MAIN)])
    other = Place(
        _sub_account(context, params, "subUserId"), UNIVERSAL[params.choice("subAccountType", UNIVERSAL, MAIN)]
    )
    return _move(context, params, own, other) if direction == OUT else _move(context, params, other, own)


def _sub_account(context: Context, params: Params, name: str) -> int:
    """The account that a user id names; one that does not exist has none."""
    number = context.tools.ids.user.number(params.required(name))
    if number is None:
        raise BadCall(errors.UNKNOWN_SUB_ACCOUNT)
    return number


def _move(context: Context, params: Params, source: Place, target: Place) -> Steps:
    """Whether that name was used before, the store says; who uses it at the same time waits until this is stored."""
    client_oid = params.required("clientOid")
    if len(client_oid) > MAX_CLIENT_OID:
        raise BadCall(errors.out_of_range("clientOid"))
    code = code_of(context, params)
    command = MoveFunds(context.account_id, code, amount_of(context, params, code), *source, *target, client_oid)
    name = MoveNamed(context.account_id, client_oid)
    return Steps(partial(_move_once, command), name, name)


def _move_once(command: MoveFunds, context: Context, before: list[tuple[int, int]]) -> dict[str, str]:
    return _write_moved(context, context.apply(replace(command, before=next(iter(before), None)), WORDS))


def _write_moved(context: Context, outcome: Done) -> dict[str, str]:
    (moved,) = [told for told in outcome if isinstance(told, FundsMoved | MovedBefore)]
    move = moved.move if isinstance(moved, FundsMoved) else moved
    return {"orderId": context.tools.ids.move(move.move_id, move.at_ns // SECOND_NS)}


WORDS: Final = errors.SPELLING | {Reject.AMOUNT_ABOVE_BALANCE: errors.TRANSFER_BALANCE}
"""Too little money has a code of its own here. Source: kucoin-rest#trading-codes."""

ENDPOINTS: Final = (
    Endpoint("POST", "/api/v3/accounts/universal-transfer", universal_transfer, ANY_TRANSFER, Pool.MANAGEMENT, 4),
    Endpoint("POST", "/api/v2/accounts/inner-transfer", inner_transfer, SPOT, Pool.MANAGEMENT, 10),
    Endpoint("POST", "/api/v2/accounts/sub-transfer", sub_transfer, SPOT, Pool.MANAGEMENT, 30),
)
