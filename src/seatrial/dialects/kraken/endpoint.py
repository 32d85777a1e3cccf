"""What an endpoint is: a name, what it needs, and a handler that is a plain function of a visit."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import ApiKey
from seatrial.core.commands import Command
from seatrial.core.machine import Done, Machine
from seatrial.core.queries import Query
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kraken.errors import SPELLING
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.params import BadCall, Params
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.wire import Reply

if TYPE_CHECKING:
    from seatrial.dialects.kraken.limits import Limits

_encode = msgspec.json.Encoder().encode


class Later(Struct, frozen=True):
    """The result needs stored history: `write` makes it of the answer. `write` may raise `BadCall`."""

    query: Query
    write: Callable[[Any], Any]
    is_long: bool = False
    """See `wire.Lookup`."""


class Steps(Struct, frozen=True):
    """The result takes more than one step: `go_on` takes the next one with what was looked up, if anything was.

    It gives the result, or says how to go on. It may raise `BadCall`. The rest as in `wire.Unfinished`.
    """

    go_on: Callable[["Visit", Any], Any]
    query: Query | None = None
    turn: Hashable = None


class Tools(NamedTuple):
    """What every handler may use of the dialect."""

    symbols: Symbols
    ids: Ids
    limits: "Limits"
    balances: dict[int, tuple[list[tuple[str, int]], msgspec.Raw]]
    """By account: amounts of assets, wallet by wallet, and how Balance shows them."""
    spelling: dict[Reject, str] = SPELLING
    """The words for each refusal."""


class PublicVisit(Struct, frozen=True):
    """One public call at work."""

    machine: Machine
    tools: Tools
    params: Params
    at_ns: int

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state


class Visit(Struct, frozen=True):
    """One private call at work: its caller is known and allowed."""

    machine: Machine
    tools: Tools
    params: Params
    at_ns: int
    key: ApiKey
    account: AccountState
    real_ns: int
    """The computer's own time, which clients go by."""

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state

    @property
    def account_id(self) -> int:
        """Whose call it is."""
        return self.key.account_id

    def apply(self, command: Command) -> Done:
        """Let the machine do it; a refusal is raised as `BadCall` in Kraken's words."""
        outcome = self.machine.apply(command, self.at_ns)
        if isinstance(outcome, tuple):
            return outcome
        raise BadCall(self.tools.spelling[outcome])


class PublicEndpoint(Struct, frozen=True):
    """A method under /0/public: `handle` makes the result, or says what to look up."""

    name: str
    handle: Callable[[PublicVisit], Any]


class Endpoint(Struct, frozen=True):
    """A method under /0/private."""

    name: str
    handle: Callable[[Visit], Any]
    permissions: tuple[frozenset[str], ...] = ()
    """Alternatives: the key needs all of one of them. Empty: any key may call it."""
    cost: int = 1
    """What a call adds to the key's counter. Source: kraken-spot-rest 5.1."""

    def allows(self, key: ApiKey) -> bool:
        """Whether the key may call it."""
        granted = key.permissions
        for needed in self.permissions:  # a plain loop: it runs in every private call
            if needed <= granted:
                return True
        return not self.permissions


def any_of(*alternatives: str) -> tuple[frozenset[str], ...]:
    """Permissions as alternatives, each a text like "query-funds + add-funds"."""
    return tuple(frozenset(text.split(" + ")) for text in alternatives)


def success(result: object) -> Reply:
    """The envelope of a result."""
    return Reply(b'{"error":[],"result":' + _encode(result) + b"}")


def failure(error: str, note: str | None = None, status: int = 200) -> Reply:
    """The envelope of a refusal: no result key. Source: kraken-spot-rest section 2."""
    return Reply(b'{"error":[' + _encode(error) + b"]}", status=status, note=note)
