"""What a call is answered from: who calls, when, and of which world. How the call came, nobody here knows."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import Account, ApiKey
from seatrial.core.commands import Command
from seatrial.core.machine import Done, Machine
from seatrial.core.queries import Query
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kucoin.errors import SPELLING, BadCall, Error
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import Limits
from seatrial.dialects.kucoin.symbols import Symbols


class Tools(NamedTuple):
    """What every handler may use of the dialect."""

    symbols: Symbols
    ids: Ids
    limits: Limits


class PublicContext(NamedTuple):
    """Of a call that anybody may make."""

    machine: Machine
    tools: Tools
    at_ns: int
    address: str
    """Whom it came from."""

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state


class Context(NamedTuple):
    """Of a call whose caller is known and allowed."""

    machine: Machine
    tools: Tools
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

    @property
    def moments(self) -> tuple[int, ...]:
        """The times by which the caller may have stamped what it sends; none: by any."""
        return good_moments(self.account.account, self.at_ns, self.real_ns)

    def apply(self, command: Command, words: Mapping[Reject, Error] = SPELLING) -> Done:
        """Let the machine do it; a refusal is raised as `BadCall` in KuCoin's words."""
        outcome = self.machine.apply(command, self.at_ns)
        if isinstance(outcome, Reject):
            raise BadCall(words[outcome])
        return outcome


class Later(Struct, frozen=True):
    """The result needs stored history: `write` makes it of the answer, or asks for more. It may raise `BadCall`."""

    query: Query
    write: Callable[[Any], Any]


class Steps(Struct, frozen=True):
    """The result takes more than one step: `go_on` takes the next one with what was looked up, if anything was.

    It gives the result, or says how to go on. It may raise `BadCall`. The rest as in `wire.Unfinished`.
    """

    go_on: Callable[[Context, Any], Any]
    query: Query | None = None
    turn: Hashable = None


def good_moments(account: Account | None, at_ns: int, real_ns: int) -> tuple[int, ...]:
    """The times by which a caller may have stamped its call; none: by any.

    Clients sign by the computer's own time, which the world's is not once a tester moved that. Decided: both are right
    unless the account was opened with `check_timestamps`. Where the clock was left alone they are the same.
    """
    match None if account is None else account.check_timestamps:
        case None:
            return at_ns, real_ns
        case True:
            return (at_ns,)
        case False:
            return ()
