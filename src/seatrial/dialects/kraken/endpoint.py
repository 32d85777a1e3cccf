"""What an endpoint is: a name, what it needs, and a handler that is a plain function of a context and parameters."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from seatrial.core.accounts import ApiKey
from seatrial.dialects.dated import Since
from seatrial.dialects.kraken.context import Context, Partial, PublicContext
from seatrial.dialects.kraken.errors import UNKNOWN_METHOD, BadCall
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.wire import Reply

_encode = msgspec.json.Encoder().encode

AnyContext = TypeVar("AnyContext", Context, PublicContext)


class PublicEndpoint(Struct, frozen=True):
    """A method under /0/public: `handle` makes the result, or says what to look up."""

    name: str
    handle: Callable[[PublicContext, Params], Any]


class Endpoint(Struct, frozen=True):
    """A method under /0/private."""

    name: str
    handle: Callable[[Context, Params], Any]
    permissions: tuple[frozenset[str], ...] = ()
    """Alternatives: the key needs all of one of them. Empty: any key may call it."""
    cost: int = 1
    """What a call adds to the key's counter. Source: kraken-rest#call-limits."""

    def allows(self, key: ApiKey) -> bool:
        """Whether the key may call it."""
        granted = key.permissions
        for needed in self.permissions:  # a plain loop: it runs in every private call
            if needed <= granted:
                return True
        return not self.permissions


def added(change: Since, handle: Callable[[AnyContext, Params], Any]) -> Callable[[AnyContext, Params], Any]:
    """The handler of a method that there was not before."""

    def handle_since(context: AnyContext, params: Params) -> object:
        if not context.does(change):
            raise BadCall(UNKNOWN_METHOD)
        return handle(context, params)

    return handle_since


def any_of(*alternatives: str) -> tuple[frozenset[str], ...]:
    """Permissions as alternatives, each a text like "query-funds + add-funds"."""
    return tuple(frozenset(text.split(" + ")) for text in alternatives)


def success(result: object) -> Reply:
    """The envelope of a result."""
    if isinstance(result, Partial):
        return Reply(b'{"error":[' + _encode(result.error) + b'],"result":' + _encode(result.result) + b"}")
    return Reply(b'{"error":[],"result":' + _encode(result) + b"}")


def failure(error: str, note: str | None = None, status: int = 200) -> Reply:
    """The envelope of a refusal: no result key. Source: kraken-rest#envelope."""
    return Reply(b'{"error":[' + _encode(error) + b"]}", status=status, note=note)
