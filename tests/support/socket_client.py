"""A client at a socket of a world at work, without a connection."""

from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.dialects.wire import Call, SocketSession
from tests.support.inside import Inside

if TYPE_CHECKING:
    from seatrial.world.sockets import Sockets

_exact = msgspec.json.Decoder(float_hook=str)


class SocketClient:
    """Somebody at a socket of the world."""

    def __init__(self, server: Inside, path: str = "/v2") -> None:
        self.frames: list[Any] = []
        self.closed: int | None = None
        self._sockets: Sockets = server.world.sockets[path]
        call = Call("GET", path, b"", {}, b"", "127.0.0.1")
        self.session: SocketSession = self._sockets.open(call, self)

    def send(self, frame: bytes) -> None:
        """The venue says something."""
        self.frames.append(_exact.decode(frame))

    def close(self, code: int) -> None:
        """The venue has enough."""
        self.closed = code

    def say(self, message: object) -> None:
        """Say something."""
        self._sockets.receive(self.session, msgspec.json.encode(message))
