"""The other end of WebSockets: frames in, counted or timed, with as little work for each as can be."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from websockets.frames import Frame, Opcode

from bench.processes import BenchError

_HANDSHAKE: Final = (
    b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_SWITCHING: Final = b"HTTP/1.1 101 "
_END_OF_HEAD: Final = b"\r\n\r\n"
_TEXT: Final = 0x81
_IN_TWO_BYTES, _IN_EIGHT_BYTES = 126, 127

Hear = Callable[[bytes], None]


def framed(text: bytes) -> bytes:
    """A text as a client sends it."""
    return Frame(Opcode.TEXT, text).serialize(mask=True)


class Listener(asyncio.Protocol):
    """One connection; `hear` is given each text that comes."""

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.transport: asyncio.WriteTransport
        self.is_open = asyncio.get_running_loop().create_future()
        self._received = b""

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_exception(BenchError(f"the server hung up: {exc}"))

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        if not self.is_open.done():
            head = received.find(_END_OF_HEAD)
            if head < 0:
                self._received = received
                return
            if not received.startswith(_SWITCHING):
                self.is_open.set_exception(BenchError(received.decode(errors="replace")))
                return
            self.is_open.set_result(None)
            received = received[head + len(_END_OF_HEAD) :]
        self._received = self._read(received)

    def _read(self, received: bytes) -> bytes:
        """Hear all whole frames. Returns the beginning of the next one."""
        at, end = 0, len(received)
        while end - at > 1:
            length, body = received[at + 1], at + 2
            if length >= _IN_TWO_BYTES:
                size = 8 if length == _IN_EIGHT_BYTES else 2
                body += size
                length = int.from_bytes(received[at + 2 : body])
            if body > end or body + length > end:
                break
            if received[at] == _TEXT:
                self.hear(received[body : body + length])
            at = body + length
        return received[at:]


async def listen(port: int, hear: Hear) -> Listener:
    """A connection to the server's `/v2`. Raises `BenchError` where it opens none."""
    make = partial(Listener, hear)
    listener: Listener
    transport, listener = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
    listener.transport = transport
    transport.write(_HANDSHAKE)
    await listener.is_open
    return listener
