"""One call of the control API at work, and what every handler does with it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from msgspec import Struct

from seatrial.core.commands import Command
from seatrial.core.ledger import EXCHANGE
from seatrial.core.machine import Outcome
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.server.host.opening import BadText
from seatrial.world.world import World


class Problem(Exception):
    """A call that cannot be done, and why."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Context(NamedTuple):
    """One call at work."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str] = {}

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.world.machine.state


class Operation(Struct, frozen=True):
    """One call of the control API."""

    verb: str
    path: str
    says: str
    handle: Callable[[Context], Awaitable[Any]]
    result: Any
    body: Any = None
    body_required: bool = True
    filters: dict[str, str] = {}
    status: int = HTTPStatus.OK
    media_type: str = "application/json"
    waits: bool = True
    """Whether the answer waits until all that it shows is on disk; without it, it is given however the store is."""


_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def known_account_id(context: Context, text: str) -> int:
    """An account's id from that, or from its name; a name that looks like another account's id does not hide it."""
    number = int(text) if _NUMBER.fullmatch(text) else EXCHANGE
    account_id = number if number in context.state.accounts else context.state.account_names.get(text)
    if account_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"there is no account {text!r}: GET /accounts lists them")
    return account_id


_STATUS: Final = {
    Reject.ACCOUNT_UNKNOWN: HTTPStatus.NOT_FOUND,
    Reject.TRANSFER_UNKNOWN: HTTPStatus.NOT_FOUND,
    Reject.ACCOUNT_NAME_TAKEN: HTTPStatus.CONFLICT,
    Reject.KEY_TAKEN: HTTPStatus.CONFLICT,
    Reject.DESTINATION_NAME_TAKEN: HTTPStatus.CONFLICT,
    Reject.STEP_NOT_ALLOWED: HTTPStatus.CONFLICT,
    Reject.AMOUNT_ABOVE_BALANCE: HTTPStatus.CONFLICT,
}
_SAYS: Final = {
    Reject.ACCOUNT_NAME_TAKEN: "an account of that name exists already: choose another, or issue a key of that account",
    Reject.KEY_TAKEN: "that key exists already: issue another one",
    Reject.DESTINATION_NAME_TAKEN: "the account has a withdrawal key of that name for that asset: choose another",
    Reject.STEP_NOT_ALLOWED: "a transfer in that status cannot take that step",
    Reject.METHOD_UNKNOWN: "the asset has no such method: name one of DepositMethods",
    Reject.ASSET_READ_ONLY: "that balance is read-only: use the asset without its suffix",
    Reject.AMOUNT_INVALID: "the amount is below the method's minimum, or more than the books can hold",
    Reject.AMOUNT_ABOVE_BALANCE: "the account has spent too much of it to take it back: deposit as much first",
}


async def applied(context: Context, command: Command, kind: type[Any]) -> Any:  # noqa: ANN401  an event of that kind
    """The event of that kind, once it is committed."""
    return only(await context.world.operator.apply(command), kind)


def only(outcome: Outcome, kind: type[Any]) -> Any:  # noqa: ANN401  an event of that kind
    """The event of that kind; a refusal is a problem."""
    if isinstance(outcome, Reject):
        says = _SAYS.get(outcome, outcome.value.replace("_", " "))
        raise Problem(_STATUS.get(outcome, HTTPStatus.UNPROCESSABLE_ENTITY), says)
    return next(event for event in outcome if isinstance(event, kind))


def read(read: Callable[..., Any], *texts: Any, **more: Any) -> Any:  # noqa: ANN401  what `read` makes of them
    """What was read; a bad text is a problem."""
    try:
        return read(*texts, **more)
    except BadText as bad:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(bad)) from bad
