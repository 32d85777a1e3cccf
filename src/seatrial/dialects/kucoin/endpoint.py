"""What an endpoint is: a verb and a path, what it needs, and a handler: a function of a context and parameters."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from seatrial.dialects.kucoin.context import Context, PublicContext
from seatrial.dialects.kucoin.errors import Error
from seatrial.dialects.kucoin.limits import Headers, Pool
from seatrial.dialects.kucoin.params import Params
from seatrial.dialects.wire import Reply

_encode = msgspec.json.Encoder().encode

GENERAL: Final = "General"
SPOT: Final = "Spot"
WITHDRAWAL: Final = "Transfer"
ANY_TRANSFER: Final = "InnerTransfer"
"""Permissions by the names that a key's own list has. Source: kucoin-rest#permissions."""


Argument = tuple[str, str]
"""A parameter in a path: its name and its value."""


class PublicEndpoint(Struct, frozen=True):
    """A path for everybody. Credentials are not looked at. Source: kucoin-rest#public-calls."""

    verb: str
    path: str
    handle: Callable[[PublicContext, Params], Any]


class Endpoint(Struct, frozen=True):
    """A path for holders of a key: `handle` makes the result, or says what to look up."""

    verb: str
    path: str
    handle: Callable[[Context, Params], Any]
    permission: str
    pool: Pool
    weight: int
    """What a call takes out of the account's pool. Source: kucoin-rest#rate-limits and each endpoint there."""


class Routes:
    """Which endpoint a verb and a path mean."""

    def __init__(self, endpoints: Iterable[Endpoint | PublicEndpoint]) -> None:
        self._exact: dict[str, dict[str, Endpoint | PublicEndpoint]] = {}
        self._shaped: dict[tuple[str, str, str], dict[str, Endpoint | PublicEndpoint]] = {}
        for endpoint in endpoints:
            lead, brace, rest = endpoint.path.partition("{")
            if brace:
                name, _, tail = rest.partition("}")
                self._shaped.setdefault((lead, name, tail), {})[endpoint.verb] = endpoint
            else:
                self._exact.setdefault(endpoint.path, {})[endpoint.verb] = endpoint

    def find(self, path: str) -> tuple[Mapping[str, Endpoint | PublicEndpoint], Argument | None]:
        """The endpoints of a path by verb, and what stands where it has its `{…}`. None for a path that is none.

        Decided: nothing goes by a name with control characters or broken UTF-8, which not every store could look up.
        """
        exact = self._exact.get(path)
        if exact is not None:
            return exact, None
        if not path.isprintable():
            return {}, None
        for (lead, name, tail), by_verb in self._shaped.items():
            value = path[len(lead) : len(path) - len(tail)]
            if value and "/" not in value and path.startswith(lead) and path.endswith(tail):
                return by_verb, (name, value)
        return {}, None


def success(result: object, headers: Headers = ()) -> Reply:
    """The envelope of a result."""
    return Reply(b'{"code":"200000","data":' + _encode(result) + b"}", headers=headers)


def failure(error: Error, headers: Headers = (), note: str | None = None) -> Reply:
    """The envelope of a refusal: no data. Source: kucoin-rest#envelope."""
    body = b'{"code":' + _encode(error.code) + b',"msg":' + _encode(error.message) + b"}"
    return Reply(body, status=error.status, note=note, headers=headers)
