"""What answers at one address: venue paths go straight to their dialect, the control API is beside them."""

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import msgspec

from seatrial.dialects.registry import prefixes, venues, where_paths_begin
from seatrial.dialects.wire import Dialect, Reply
from seatrial.server.connections.limits import MAX_BODY_BYTES
from seatrial.server.connections.site import Asgi
from seatrial.world.sockets import Sockets
from seatrial.world.world import World

CONTROL: Final = "/_seatrial/"
MAX_HOSTS: Final = 64
"""How many names are remembered that calls were sent to."""

_PROBLEM: Final = b"application/problem+json"
_TOO_LARGE: Final = Reply(
    b'{"type":"about:blank","title":"Request Entity Too Large","status":413,"detail":"a body of more than %d bytes"}'
    % MAX_BODY_BYTES,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    _PROBLEM,
)


class App:
    """The site of one world."""

    def __init__(self, world: World, control: Callable[[], Asgi], log_note: Callable[[str], None]) -> None:
        self._by_prefix = [(prefix, world.dialects[venue.name]) for prefix, venue in prefixes()]
        by_host = {host.encode(): world.dialects[venue.name] for venue in venues() for host in venue.hosts}
        self._of_host = lru_cache(MAX_HOSTS)(lambda host: by_host.get(host.partition(b":")[0].lower()))
        self._make_control = control
        self._control: Asgi | None = None
        self.log_note = log_note
        self.answer = world.answer
        self.nobody = _nobody()
        self._sockets = world.sockets

    def dialect(self, path: str, host: bytes = b"") -> Dialect | None:
        """The venue that a call belongs to: by the name that it was sent to, or else by its path."""
        named = self._of_host(host)
        if named is not None and not path.startswith(CONTROL):
            return named
        for prefix, dialect in self._by_prefix:
            if path.startswith(prefix):
                return dialect
        return None

    def sockets(self, path: str) -> Sockets | None:
        """Who talks over WebSockets that are opened at a path."""
        return self._sockets.get(path)

    def application(self, path: str) -> Asgi | None:
        """The control API, for its paths. It is made at its first use: importing it takes some tens of milliseconds."""
        if not path.startswith(CONTROL):
            return None
        if self._control is None:
            self._control = self._make_control()
        return self._control

    def too_large(self, dialect: Dialect | None) -> Reply:
        """The answer to a body that is too large."""
        return _TOO_LARGE if dialect is None else dialect.unreadable()


def _nobody() -> Reply:
    problem = {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"no venue has this path: {where_paths_begin()}, the control API's with {CONTROL}v1/",
    }
    return Reply(msgspec.json.encode(problem) + b"\n", HTTPStatus.NOT_FOUND, _PROBLEM)
