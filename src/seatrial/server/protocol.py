"""A short cut through uvicorn for the venues' calls.

uvicorn makes a task, an event and three messages of every request, and checks what the application sends. That costs
more than most of these calls do themselves. A plain call of a venue goes from the parser straight to the world, and its
answer straight to the socket; all else — pipelined or unusual requests, the control API — takes uvicorn's own way
through the ASGI application, which answers the venues' calls in the same words.
"""

import asyncio
from typing import Any, Final

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.server.app import LARGEST_BODY, App

_PLAIN_VERBS: Final = frozenset({b"GET", b"POST"})


class VenueProtocol(HttpToolsProtocol):
    """One connection to an `App`.

    `cycle` is what uvicorn calls the request at work; on the short cut it is a `_PlainCall`, which has what uvicorn
    asks of one when the connection is lost, shut down or used again.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        assert isinstance(self.app, App), "uvicorn wrapped the application"
        self.venues = self.app

    def on_headers_complete(self) -> None:
        """The head of a request is there: choose its way."""
        dialect = self._plain_dialect()
        if dialect is None:
            super().on_headers_complete()
        else:
            self.cycle = _PlainCall(self, dialect)  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        cycle: object = self.cycle
        if isinstance(cycle, _PlainCall):
            cycle.take(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """All of a request is there."""
        cycle: object = self.cycle
        if isinstance(cycle, _PlainCall):
            cycle.run()
        else:
            super().on_message_complete()

    def _plain_dialect(self) -> Dialect | None:
        """The venue that is called; None where that is not plain to see, or not to be answered at once."""
        at_work, parser = self.cycle, self.parser
        if at_work is not None and not at_work.response_complete:
            return None
        if self.expect_100_continue or self.flow.write_paused or b"%" in self.url or b"#" in self.url:
            return None
        if parser.get_http_version() != "1.1" or parser.should_upgrade() or not parser.should_keep_alive():
            return None
        return self.venues.dialect(self.url.decode("ascii")) if parser.get_method() in _PLAIN_VERBS else None


class _PlainCall:
    """A venue's call at work."""

    __slots__ = ("_body", "_dialect", "_protocol", "disconnected", "keep_alive", "message_event", "response_complete")

    def __init__(self, protocol: VenueProtocol, dialect: Dialect) -> None:
        self._protocol = protocol
        self._dialect = dialect
        self._body = b""
        self.disconnected = False
        self.keep_alive = True
        self.message_event = self
        self.response_complete = False

    def set(self) -> None:
        """Wake the task that waits for more of the request: here is none."""

    def take(self, body: bytes) -> None:
        """Add a part of the body."""
        if self.response_complete:
            return
        self._body += body
        if len(self._body) > LARGEST_BODY:
            self.respond(self._dialect.unreadable())

    def run(self) -> None:
        """Have the whole call answered."""
        if self.response_complete:
            return
        protocol = self._protocol
        path, _, query = protocol.url.partition(b"?")
        client = protocol.client
        call = Call(
            protocol.parser.get_method().decode("ascii"), path.decode("ascii"), query, dict(protocol.headers),
            self._body, client[0] if client else "",
        )  # fmt: skip
        protocol.venues.answer(self._dialect, call, self.respond)

    def respond(self, reply: Reply) -> None:
        """Send the answer, and let the connection go on."""
        self.response_complete = True
        protocol = self._protocol
        if reply.note is not None:
            protocol.venues.log_note(reply.note)
        if self.disconnected:
            return
        head = [STATUS_LINE[reply.status]]
        for name, value in protocol.server_state.default_headers:
            head += (name, b": ", value, b"\r\n")
        head.append(b"content-type: %b\r\ncontent-length: %d\r\n" % (reply.content_type, len(reply.body)))
        for name, value in reply.headers:
            head += (name, b": ", value, b"\r\n")
        head.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        protocol.transport.write(b"".join((*head, reply.body)))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()
