"""Money that moves between a user's accounts, and between a user and its sub-accounts.

Source: kucoin-rest 6.3. Decided: the same `clientOid` again moves nothing and answers with the first order's id.
"""

from functools import partial
from typing import Final, NamedTuple

from msgspec.structs import replace

from seatrial.core.commands import MoveFunds
from seatrial.core.facts import FundsMoved
from seatrial.core.findings import MovedBefore
from seatrial.core.machine import first
from seatrial.core.queries import MoveNamed
from seatrial.core.rejects import Reject
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.endpoint import ANY_TRANSFER, SPOT, Endpoint, Steps, Visit, amount_of, code_of
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.params import SECOND_NS, BadCall

MOST_CLIENT_OID: Final = 128
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


def inner_transfer(visit: Visit) -> Steps:
    """Between two of the user's own accounts."""
    source, target = (INNER[visit.params.required_choice(name, INNER)] for name in ("from", "to"))
    return _move(visit, Place(visit.account_id, source), Place(visit.account_id, target))


def universal_transfer(visit: Visit) -> Steps:
    """Between the user's own accounts, or from or to one of a sub-account's."""
    params = visit.params
    kind = params.required_choice("type", (INTERNAL, TO_SUB, TO_PARENT))
    source, target = (
        UNIVERSAL[params.required_choice(name, UNIVERSAL)] for name in ("fromAccountType", "toAccountType")
    )
    own = visit.account_id
    giver = _sub_account(visit, "fromUserId") if kind == TO_PARENT else own
    taker = _sub_account(visit, "toUserId") if kind == TO_SUB else own
    return _move(visit, Place(giver, source), Place(taker, target))


def sub_transfer(visit: Visit) -> Steps:
    """From a user to its sub-account, or back."""
    params = visit.params
    direction = params.required_choice("direction", (OUT, IN))
    own = Place(visit.account_id, UNIVERSAL[params.choice("accountType", UNIVERSAL, MAIN)])
    other = Place(_sub_account(visit, "subUserId"), UNIVERSAL[params.choice("subAccountType", UNIVERSAL, MAIN)])
    return _move(visit, own, other) if direction == OUT else _move(visit, other, own)


def _sub_account(visit: Visit, name: str) -> int:
    """The account that a user id names; one that does not exist has none."""
    number = visit.tools.ids.user.number(visit.params.required(name))
    if number is None:
        raise BadCall(errors.UNKNOWN_SUB_ACCOUNT)
    return number


def _move(visit: Visit, source: Place, target: Place) -> Steps:
    """Whether that name was used before, the store says; who uses it at the same time waits until this is stored."""
    client_oid = visit.params.required("clientOid")
    if len(client_oid) > MOST_CLIENT_OID:
        raise BadCall(errors.out_of_range("clientOid"))
    code = code_of(visit)
    command = MoveFunds(visit.account_id, code, amount_of(visit, code), *source, *target, client_oid)
    name = MoveNamed(visit.account_id, client_oid)
    return Steps(partial(_move_once, command), name, name)


def _move_once(command: MoveFunds, visit: Visit, before: list[tuple[int, int]]) -> dict[str, str]:
    command = replace(command, before=next(iter(before), None))
    outcome = visit.apply(command, WORDS)
    moved = first(FundsMoved, outcome).move if command.before is None else first(MovedBefore, outcome)
    return {"orderId": visit.tools.ids.move(moved.move_id, moved.at_ns // SECOND_NS)}


WORDS: Final = errors.SPELLING | {Reject.AMOUNT_ABOVE_BALANCE: errors.TRANSFER_BALANCE}
"""Too little money has a code of its own here. Source: kucoin-rest 2.4."""

ENDPOINTS: Final = (
    Endpoint("POST", "/api/v3/accounts/universal-transfer", universal_transfer, ANY_TRANSFER, Pool.MANAGEMENT, 4),
    Endpoint("POST", "/api/v2/accounts/inner-transfer", inner_transfer, SPOT, Pool.MANAGEMENT, 10),
    Endpoint("POST", "/api/v2/accounts/sub-transfer", sub_transfer, SPOT, Pool.MANAGEMENT, 30),
)
