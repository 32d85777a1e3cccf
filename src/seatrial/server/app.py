"""What answers at one address: venue paths go straight to their dialect, the control API is beside them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from seatrial.dialects.wire import Dialect, Reply
from seatrial.server.connections.limits import MAX_BODY_BYTES
from seatrial.server.connections.site import Asgi
from seatrial.world.sockets import Sockets
from seatrial.world.world import World

CONTROL: Final = "/_seatrial/"

_PROBLEM: Final = b"application/problem+json"
_NOBODY: Final = Reply(
    b'{"type":"about:blank","title":"Not Found","status":404,"detail":"no venue has this path: '
    b"Kraken's begin with /0/, KuCoin's with /api/, the control API's with /_seatrial/v1/\"}\n",
    HTTPStatus.NOT_FOUND,
    _PROBLEM,
)
_TOO_LARGE: Final = Reply(
    b'{"type":"about:blank","title":"Request Entity Too Large","status":413,"detail":"a body of more than %d bytes"}'
    % MAX_BODY_BYTES,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    _PROBLEM,
)


class App:
    """The site of one world."""

    def __init__(self, world: World, control: Callable[[], Asgi], log_note: Callable[[str], None]) -> None:
        self._dialects = tuple(world.dialects.values())
        self._make_control = control
        self._control: Asgi | None = None
        self.log_note = log_note
        self.answer = world.answer
        self.nobody = _NOBODY
        self._sockets = world.sockets

    def dialect(self, path: str) -> Dialect | None:
        """The venue that a path belongs to."""
        for dialect in self._dialects:
            if dialect.speaks(path):
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
