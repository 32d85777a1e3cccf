"""One connection that speaks WebSocket: frames become messages, and messages frames. Source: RFC 6455.

The framing is that of the `websockets` package without its I/O. No extension is offered: nobody has seen the venue take
one. What many are told is framed once: see `_framed`.
"""

import asyncio
import logging
from functools import lru_cache
from typing import Final

from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import State
from websockets.server import ServerProtocol

from seatrial.dialects.wire import Call, Reply, SocketSession
from seatrial.server.connections.hub import Hub
from seatrial.server.connections.limits import (
    CLOSE_SECONDS,
    MAX_MESSAGE_BYTES,
    MAX_UNSENT_BYTES,
    REQUEST_SECONDS,
    SILENT_SECONDS,
)
from seatrial.server.connections.request import Request
from seatrial.world.sockets import Sockets

LOOK_SECONDS: Final = 15.0
"""How often a connection looks whether the other side is still there."""

_SWITCHING: Final = 101
_TEXT: Final = b"text/plain; charset=utf-8"
_OPEN: Final = State.OPEN

_quiet: Final = logging.getLogger("seatrial.websocket")
_quiet.setLevel(logging.ERROR)


def shake_hands(request: Request) -> tuple[bytes, Reply | None]:
    """The answer to a request that opens a WebSocket; or how it is refused."""
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
    handshake = Handshake(request.path, headers, protocol=f"HTTP/{request.version}")
    response = ServerProtocol(logger=_quiet).accept(handshake)
    if response.status_code == _SWITCHING:
        return response.serialize(), None
    more = ((b"sec-websocket-version", b"13"),)
    return b"", Reply(bytes(response.body), response.status_code, _TEXT, headers=more)


class WebSocketConnection(asyncio.Protocol):
    """One connection, with a session at its other end."""

    __slots__ = (
        "_fragments", "_framing", "_heard_at", "_hub", "_is_text", "_loop", "_session", "_sockets", "_transport",
        "_unsent", "_unsent_since", "_watch",
    )  # fmt: skip

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, answer: bytes) -> None:
        self._hub = hub
        self._loop = loop
        self._transport = transport
        self._framing = ServerProtocol(state=_OPEN, max_size=MAX_MESSAGE_BYTES, logger=_quiet)
        transport.write(answer)
        self._fragments = bytearray()
        """What has come of a message."""
        self._is_text = True
        self._session: SocketSession | None = None
        self._sockets: Sockets | None = None
        self._heard_at = self._unsent_since = loop.time()
        """When something last went over it; since when what was not sent is as much."""
        self._unsent = 0
        self._watch = loop.call_later(LOOK_SECONDS, self._look)
        hub.connections.add(self)

    def open(self, sockets: Sockets, call: Call, data: bytes) -> None:
        """The conversation begins. Some of what the other side says may be there already."""
        self._sockets = sockets
        self._session = sockets.open(call, self)
        if self._hub.is_stopping:
            self.stop()
        if data:
            self.data_received(data)

    # The way out

    def send(self, frame: bytes) -> None:
        """Send a text, unless the other side has left too much lying."""
        if self._framing.state is not _OPEN:
            return
        transport = self._transport
        self._heard_at = self._loop.time()
        transport.write(_framed(frame))
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            transport.abort()

    def close(self, code: int) -> None:
        """Close behind all that was sent."""
        if self._framing.state is _OPEN:
            self._framing.send_close(code)
            self._flush()
            self._loop.call_later(CLOSE_SECONDS, self._transport.abort)

    def stop(self) -> None:
        """The server stops."""
        if self._session is not None and self._sockets is not None:
            self._sockets.stop(self._session, CloseCode.GOING_AWAY)

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()

    # The way in

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._heard_at = self._loop.time()
        self._framing.receive_data(data)
        self._go_on()

    def eof_received(self) -> None:
        """Nothing more comes."""
        self._framing.receive_eof()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the standard library's own form
        """Nobody is there any more."""
        self._watch.cancel()
        self._hub.left(self)
        if self._session is not None and not self._session.is_over:
            self._session.leave()

    def _go_on(self) -> None:
        for event in self._framing.events_received():
            assert isinstance(event, Frame), "the handshake is over"
            self._take(event)
        self._flush()
        if self._framing.state is not _OPEN and self._session is not None and not self._session.is_over:
            self._session.leave()

    def _take(self, frame: Frame) -> None:
        """Put messages together; control frames were answered already."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_text = frame.opcode is Opcode.TEXT
            self._fragments = bytearray(frame.data)
        elif frame.opcode is Opcode.CONT:
            self._fragments += frame.data
        else:
            return
        if frame.fin:
            message, self._fragments = bytes(self._fragments), bytearray()
            self._hear(message)

    def _hear(self, message: bytes) -> None:
        if self._framing.state is not _OPEN or self._session is None or self._sockets is None:
            return
        if not self._is_text:
            self._framing.fail(CloseCode.UNSUPPORTED_DATA, "messages are text")
        elif not _is_utf8(message):
            self._framing.fail(CloseCode.INVALID_DATA, "a text is UTF-8")
        else:
            self._sockets.receive(self._session, message)

    def _flush(self) -> None:
        """Send what the protocol has to say, and close where it says so."""
        for data in self._framing.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
                self._loop.call_later(CLOSE_SECONDS, self._transport.abort)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()

    # Time

    def _look(self) -> None:
        """Close where nothing goes over it, or where nothing of what was sent is taken."""
        now, unsent = self._loop.time(), self._transport.get_write_buffer_size()
        self._watch = self._loop.call_later(LOOK_SECONDS, self._look)
        if unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        if unsent and now - self._unsent_since > REQUEST_SECONDS:
            self._transport.abort()
        elif now - self._heard_at >= SILENT_SECONDS and self._session is not None:
            self._session.end(CloseCode.NORMAL_CLOSURE)


@lru_cache(maxsize=64)
def _framed(text: bytes) -> bytes:
    """A text as a frame. Those that many are told come many times in a row."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def _is_utf8(message: bytes) -> bool:
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True
