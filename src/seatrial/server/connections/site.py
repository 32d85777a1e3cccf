"""What a connection serves, as it sees it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.world.lookups import Respond
from seatrial.world.sockets import Sockets

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class Site(Protocol):
    """All that answers at one address."""

    @property
    def answer(self) -> Callable[[Dialect, Call, Respond], None]:
        """Answers a venue's call: `respond` gets the reply, once, now or later."""
        ...

    @property
    def log_note(self) -> Callable[[str], None]:
        """Takes what the operator should know."""
        ...

    @property
    def nobody(self) -> Reply:
        """The answer to a path that nobody has."""
        ...

    def dialect(self, path: str, host: bytes) -> Dialect | None:
        """The venue that a call belongs to, by its path and its Host header."""
        ...

    def application(self, path: str) -> Asgi | None:
        """The ASGI application that a path of no venue belongs to."""
        ...

    def sockets(self, path: str) -> Sockets | None:
        """Who talks over WebSockets that are opened at a path."""
        ...

    def too_large(self, dialect: Dialect | None) -> Reply:
        """The answer to a body of more than `MAX_BODY_BYTES`."""
        ...
