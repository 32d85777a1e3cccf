"""What a call is answered from: who calls, when, and of which world. How the call came, nobody here knows."""

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
from seatrial.dialects.dated import Since
from seatrial.dialects.kraken.errors import OLDER_SPELLING, SPELLING, BadCall
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.symbols import Symbols

if TYPE_CHECKING:
    from seatrial.dialects.kraken.limits import Limits


class Tools(NamedTuple):
    """What every handler may use of the dialect."""

    symbols: Symbols
    ids: Ids
    limits: "Limits"
    balances: dict[int, tuple[list[tuple[str, int]], msgspec.Raw]]
    """By account: amounts of assets, wallet by wallet, and how Balance shows them."""
    says_unknown_order: bool = False
    """Whether cancels are refused in the older words on any day."""


class PublicContext(Struct, frozen=True, gc=False):
    """Of a call that anybody may make."""

    machine: Machine
    tools: Tools
    at_ns: int

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state

    def does(self, change: Since) -> bool:
        """Whether Kraken did so by the day of the call."""
        return change.holds(self.machine.state.as_of(self.at_ns))


class Context(Struct, frozen=True, gc=False):
    """Of a call whose caller is known and allowed."""

    machine: Machine
    tools: Tools
    at_ns: int
    key: ApiKey
    account: AccountState
    real_ns: int
    """The computer's own time, which clients go by."""
    min_deadline_ns: int = 2 * 10**9
    """How far ahead a deadline must be. Source: kraken-orders#parameters."""

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state

    @property
    def account_id(self) -> int:
        """Whose call it is."""
        return self.key.account_id

    def does(self, change: Since) -> bool:
        """Whether Kraken did so by the day of the call."""
        return change.holds(self.machine.state.as_of(self.at_ns))

    def apply(self, command: Command) -> Done:
        """Let the machine do it; a refusal is raised as `BadCall` in Kraken's words."""
        outcome = self.machine.apply(command, self.at_ns)
        if isinstance(outcome, tuple):
            return outcome
        raise self.refusal(outcome)

    def refusal(self, reject: Reject) -> BadCall:
        """A refusal in Kraken's words of the day."""
        change, older = OLDER_SPELLING.get(reject, (None, ""))
        is_older = change is not None and not self.does(change)
        says_older = is_older or (reject is Reject.ORDER_UNKNOWN and self.tools.says_unknown_order)
        return BadCall(older if says_older else SPELLING[reject])


class Partial(Struct, frozen=True):
    """A result that lacks some of what was asked for, and the words for that: the answer has both."""

    result: object
    error: str


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

    go_on: Callable[[Context, Any], Any]
    query: Query | None = None
    turn: Hashable = None
