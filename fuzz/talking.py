"""One end of a conversation over a socket: what was said to it, and whether it was hung up."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from seatrial.dialects.wire import Call, Reply
from seatrial.world.errors import Unavailable
from seatrial.world.world import World

if TYPE_CHECKING:
    from seatrial.dialects.wire import SocketSession

_NEWS: Final = b'{"channel":'
"""How a frame begins that answers nothing."""
_FAILED: Final = 1011


class Talk:
    """A caller's conversation, opened anew when it was hung up."""

    def __init__(self, world: World, path: str) -> None:
        self._world = world
        self._path = path
        self._session: SocketSession | None = None
        self._frames: list[bytes] = []
        self._code: int | None = None
        self._answered = asyncio.Event()

    def send(self, frame: bytes) -> None:
        """The venue says something."""
        self._frames.append(frame)
        if not frame.startswith(_NEWS):
            self._answered.set()

    def close(self, code: int) -> None:
        """The venue hangs up."""
        self._code = code
        self._answered.set()

    def say(self, message: bytes) -> None:
        """Say something."""
        sockets = self._world.sockets[self._path]
        if self._session is None or self._session.is_over:
            call = Call("GET", self._path, b"", {}, b"", "127.0.0.1")
            self._session = sockets.open(call, self)
        self._frames.clear()
        self._code = None
        self._answered.clear()
        sockets.receive(self._session, message)

    async def heard(self) -> Reply:
        """All frames so far as a list, once there is an answer among them; of a bug that hung up, a failure."""
        await self._answered.wait()
        with suppress(Unavailable):  # the reply says so
            await self._world.commits.settled()
        return Reply(b"[%b]" % b",".join(self._frames), 500 if self._code == _FAILED else 200)
