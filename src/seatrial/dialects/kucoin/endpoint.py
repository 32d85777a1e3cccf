"""What an endpoint is: a verb and a path, what it needs, and a handler that is a plain function of a visit."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import ApiKey
from seatrial.core.commands import Command
from seatrial.core.machine import Done, Machine
from seatrial.core.money import parse_units
from seatrial.core.queries import Query
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kucoin.errors import SPELLING, UNKNOWN_SYMBOL, Error, missing, out_of_range
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import Headers, Limits, Pool
from seatrial.dialects.kucoin.params import BadCall, Params
from seatrial.dialects.kucoin.symbols import Symbols
from seatrial.dialects.wire import Reply

_encode = msgspec.json.Encoder().encode

GENERAL: Final = "General"
SPOT: Final = "Spot"
WITHDRAWAL: Final = "Transfer"
ANY_TRANSFER: Final = "InnerTransfer"
"""Permissions by the names that a key's own list has. Source: kucoin-rest 1.5."""


class Later(Struct, frozen=True):
    """The result needs stored history: `write` makes it of the answer, or asks for more. It may raise `BadCall`."""

    query: Query
    write: Callable[[Any], Any]


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
    limits: Limits


class PublicVisit(NamedTuple):
    """One public call at work."""

    machine: Machine
    tools: Tools
    params: Params
    at_ns: int
    subject: str
    """What stands where the endpoint's path has its `{…}`; empty when it has none."""
    address: str
    """Whom it came from."""

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state


class Visit(NamedTuple):
    """One private call at work: its caller is known and allowed."""

    machine: Machine
    tools: Tools
    params: Params
    at_ns: int
    subject: str
    key: ApiKey
    account: AccountState
    moments: tuple[int, ...]
    """The times by which the caller may have stamped what it sends; none: by any."""

    @property
    def state(self) -> State:
        """The world, to read."""
        return self.machine.state

    @property
    def account_id(self) -> int:
        """Whose call it is."""
        return self.key.account_id

    def apply(self, command: Command, words: Mapping[Reject, Error] = SPELLING) -> Done:
        """Let the machine do it; a refusal is raised as `BadCall` in KuCoin's words."""
        outcome = self.machine.apply(command, self.at_ns)
        if isinstance(outcome, Reject):
            raise BadCall(words[outcome])
        return outcome


class PublicEndpoint(Struct, frozen=True):
    """A path for everybody. Credentials are not looked at. Source: kucoin-rest 1.7."""

    verb: str
    path: str
    handle: Callable[[PublicVisit], Any]


class Endpoint(Struct, frozen=True):
    """A path for holders of a key: `handle` makes the result, or says what to look up."""

    verb: str
    path: str
    handle: Callable[[Visit], Any]
    permission: str
    pool: Pool
    weight: int
    """What a call takes out of the account's pool. Source: kucoin-rest sections 5 to 9."""


class Routes:
    """Which endpoint a verb and a path mean."""

    def __init__(self, endpoints: Iterable[Endpoint | PublicEndpoint]) -> None:
        self._exact: dict[str, dict[str, Endpoint | PublicEndpoint]] = {}
        self._shaped: dict[tuple[str, str], dict[str, Endpoint | PublicEndpoint]] = {}
        for endpoint in endpoints:
            lead, brace, tail = endpoint.path.partition("{")
            if brace:
                self._shaped.setdefault((lead, tail.partition("}")[2]), {})[endpoint.verb] = endpoint
            else:
                self._exact.setdefault(endpoint.path, {})[endpoint.verb] = endpoint

    def find(self, path: str) -> tuple[Mapping[str, Endpoint | PublicEndpoint], str]:
        """The endpoints of a path by verb, and what stands where it has its `{…}`. None for a path that is none.

        Decided: nothing goes by a name with control characters or broken UTF-8, which not every store could look up.
        """
        exact = self._exact.get(path)
        if exact is not None:
            return exact, ""
        if not path.isprintable():
            return {}, ""
        for (lead, tail), by_verb in self._shaped.items():
            subject = path[len(lead) : len(path) - len(tail)]
            if subject and "/" not in subject and path.startswith(lead) and path.endswith(tail):
                return by_verb, subject
        return {}, ""


def success(result: object, headers: Headers = ()) -> Reply:
    """The envelope of a result."""
    return Reply(b'{"code":"200000","data":' + _encode(result) + b"}", headers=headers)


def failure(error: Error, headers: Headers = (), note: str | None = None) -> Reply:
    """The envelope of a refusal: no data. Source: kucoin-rest 2.1."""
    body = b'{"code":' + _encode(error.code) + b',"msg":' + _encode(error.message) + b"}"
    return Reply(body, status=error.status, note=note, headers=headers)


def amount_of(visit: Visit, code: str) -> int:
    """The parameter `amount` of an asset in its units: more than nothing, in no more decimals than its currency has."""
    text = visit.params.decimal("amount")
    if text is None:
        raise BadCall(missing("amount"))
    precision = visit.tools.symbols.precision(code)
    units = parse_units(text, precision)
    if not units:
        raise BadCall(out_of_range("amount"))
    finer: int = 10 ** (visit.state.assets[code].scale - precision)
    return units * finer


def code_of(visit: Visit) -> str:
    """The asset that the parameter `currency` names."""
    code = visit.tools.symbols.code(visit.params.required("currency"))
    if code is None:
        raise BadCall(out_of_range("currency"))
    return code


def market_of(visit: PublicVisit | Visit, name: str) -> str:
    """The market of a symbol. Source of the refusal: kucoin-rest 2.4 and 15."""
    symbol = visit.tools.symbols.symbol(name)
    if symbol is None:
        raise BadCall(UNKNOWN_SYMBOL)
    return symbol
