"""A short cut through uvicorn for the venues' calls.

uvicorn makes a task, an event and three messages of every request, and checks what the application sends. That costs
more than most of these calls do themselves. A plain call of a venue goes from the parser straight to the world, and its
answer straight to the socket; all else — pipelined or unusual requests, the control API — takes uvicorn's own way
through the ASGI application, which answers the venues' calls in the same words.

Clients say nearly the same again and again, so a connection remembers what the parser made of the heads of its plain
calls, and reads the next one like them by comparing: see `heads`.
"""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.server.app import LARGEST_BODY, App
from seatrial.server.heads import Head, head_of

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

MOST_HEADS: Final = 32
"""How many heads a connection remembers: the first ones, of as many lengths."""

LARGEST_HEAD: Final = 1 << 16
"""Bytes of a request's first line and headers, its trailers included; other servers take 8 to 64 KiB."""

REQUEST_SECONDS: Final = 60.0
"""How long a connection may take to send a request, its first one counted from the start."""

_TOO_LARGE: Final = b"the first line and headers of a request have 65,536 bytes at most"
_AROUND: Final = 4
"""Bytes that stand between a header's name and its value, and behind that."""
_BLANKS: Final = b" \t"
"""What may stand around a header's value and is no part of it. Source: RFC 9110, 5.5."""

_TEXT: Final = b"text/plain; charset=utf-8"

_PLAIN_VERBS: Final = frozenset({b"GET", b"POST"})


class VenueProtocol(HttpToolsProtocol):
    """One connection to an `App`.

    `cycle` is what uvicorn calls the request at work; on the short cut it is a `_PlainCall`, which has what uvicorn
    asks of one when the connection is lost, shut down or used again.
    """

    # uvicorn's own attributes are nearly as many as Python finds quickly
    __slots__ = (
        "_answer", "_awaits", "_awaits_since", "_date", "_first", "_head_size", "_heads", "_idle_since", "_parses",
        "_piece", "_plain", "_reads_body", "_reply_heads", "_unread", "_watch", "address", "venues",
    )  # fmt: skip

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
        self._answer = self.app.answer
        self.address = ""
        self._parses = False
        """Whether the parser is within a request."""
        self._reads_body = False
        """Whether it is beyond the head of that."""
        self._head_size = 0
        """Bytes of that head so far, and of trailers."""
        self._unread = 0
        """Bytes that came since the parser made anything of them."""
        self._awaits = True
        """Whether a request is to come, or the rest of one."""
        self._awaits_since = 0.0
        self._watch: asyncio.TimerHandle | None = None
        """Rings to see whether that takes too long."""
        self._piece: bytes | None = None
        """What the parser reads, if a request began with it."""
        self._heads: dict[int, tuple[Dialect, Head]] = {}
        """By the length of the whole request."""
        self._plain = _PlainCall(self)
        """The call at work, whenever its head was one of those."""
        self._first: RequestResponseCycle | None = None
        """The request at work, where others came in behind it: then `cycle` is the last of them."""
        self._idle_since = 0.0
        self._date: list[tuple[bytes, bytes]] = []
        self._reply_heads: dict[tuple[int, bytes], bytes] = {}
        """Of the second that `_date` is of."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._awaits_since = self.loop.time()
        self._watch = self.loop.call_later(REQUEST_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more: what is at work answers nobody, and what waits behind it is not begun."""
        self.pipeline.clear()
        if self._watch is not None:
            self._watch.cancel()
        first = self._first
        if first is not None and not first.response_complete:
            first.disconnected = True
            first.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came: answer the plain call that they are, or have the parser see what they are."""
        known = self._heads.get(len(data))
        if known is not None and not self._parses and self._is_free():
            dialect, head = known
            call = head.read(data, self.address)
            if call is not None:
                plain = self._plain
                plain.response_complete = False
                self.cycle = plain  # type: ignore[assignment]
                self._answer(dialect, call, plain.respond)
                return
        self._piece = None if self._parses else data
        self._await()
        self._unread += len(data)
        before = self._unread
        super().data_received(data)
        self._piece = None
        if self._unread == before > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._parses = True
        self._reads_body = False
        self._head_size = 0
        self._await()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the first line is there."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is there. After a body it is a trailer, which is never taken for a header.

        Source: RFC 9110, 6.5.1.
        """
        self._count(name, value)
        if not self._reads_body:
            super().on_header(name, value.strip(_BLANKS))

    def on_headers_complete(self) -> None:
        """The head of a request is there: choose its way."""
        self._reads_body = True
        dialect = self._plain_dialect()
        if dialect is None:
            if not self.pipeline:
                self._first = self.cycle
            super().on_headers_complete()
        else:
            self.cycle = _ParsedCall(self, dialect)  # type: ignore[assignment]

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        self._first = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        self._unread = 0
        cycle: object = self.cycle
        if isinstance(cycle, _ParsedCall):
            cycle.take(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """All of a request is there."""
        self._unread = 0
        self._parses = self._reads_body = self._awaits = False
        cycle: object = self.cycle
        if isinstance(cycle, _ParsedCall):
            cycle.run()
        else:
            super().on_message_complete()

    def _count(self, *read: bytes) -> None:
        """Count a part of the head. The parser gives a request up that it cannot hand on."""
        self._unread = 0
        self._head_size += sum(map(len, read)) + _AROUND
        if self._head_size > LARGEST_HEAD:
            self._refuse_head()
            raise ValueError(_TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, unless it was refused already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        self.write(Reply(_TOO_LARGE, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TEXT), keep_alive=False)

    def _await(self) -> None:
        """From now on the rest of a request is to come, if it was not so before."""
        if not self._awaits:
            self._awaits, self._awaits_since = True, self.loop.time()

    def _look(self) -> None:
        """Close a connection whose request does not come, unless the answer to an earlier one is still to be sent."""
        now = self.loop.time()
        if self._answers_earlier():
            self._awaits_since = now
        left = self._awaits_since + REQUEST_SECONDS - now if self._awaits else REQUEST_SECONDS
        if left > 0:
            self._watch = self.loop.call_later(left, self._look)
        else:
            self.transport.close()

    def _answers_earlier(self) -> bool:
        """Whether a request is at work that came before the one that is to come."""
        at_work = self.cycle
        is_at_work = at_work is not None and not at_work.response_complete
        return bool(self.pipeline) or self.flow.read_paused or (is_at_work and not self._reads_body)

    def remember(self, dialect: Dialect, call: Call) -> None:
        """Read the next call with such a head without the parser, if it read nothing but this one."""
        data = self._piece
        if data is not None and len(self._heads) < MOST_HEADS and len(data) not in self._heads:
            head = head_of(data, call, self.headers)
            if head is not None:
                self._heads[len(data)] = dialect, head

    def write(self, reply: Reply, *, keep_alive: bool) -> None:
        """Send an answer."""
        body = reply.body
        if keep_alive and not reply.headers:
            self.transport.write(b"%b%d\r\n\r\n%b" % (self._reply_head(reply), len(body), body))
            return
        parts = [self._reply_head(reply), b"%d\r\n" % len(body)]
        for name, value in reply.headers:
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n" if keep_alive else b"connection: close\r\n\r\n", body)
        self.transport.write(b"".join(parts))
        if not keep_alive:
            self.transport.close()

    def _reply_head(self, reply: Reply) -> bytes:
        """What stands before the length of the body."""
        defaults = self.server_state.default_headers
        if defaults is not self._date:
            self._date, self._reply_heads = defaults, {}
        kind = reply.status, reply.content_type
        head = self._reply_heads.get(kind)
        if head is None:
            named = b"".join(b"%b: %b\r\n" % header for header in (*defaults, (b"content-type", reply.content_type)))
            head = self._reply_heads[kind] = STATUS_LINE[reply.status] + named + b"content-length: "
        return head

    def go_on(self) -> None:
        """The plain call at work is answered: on with what waits, or wait for the next one.

        uvicorn stops its timer at every request and starts it anew after it. Here it goes on, and looks what happened
        since when it rings.
        """
        if self.pipeline or self.flow.read_paused:
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self._ring_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for long, unless a plain call did: close the connection, or ring again later."""
        self.timeout_keep_alive_task = None
        at_work = self.cycle
        if at_work is not None and not at_work.response_complete:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._ring_in(left)
        else:
            super().timeout_keep_alive_handler()

    def _ring_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _is_free(self) -> bool:
        """Whether a call can be answered at once."""
        at_work = self.cycle
        return (at_work is None or at_work.response_complete) and not self.flow.write_paused

    def _plain_dialect(self) -> Dialect | None:
        """The venue that is called; None where that is not plain to see, or not to be answered at once."""
        parser = self.parser
        if not self._is_free():
            return None
        if self.expect_100_continue or b"%" in self.url or b"#" in self.url:
            return None
        if parser.get_http_version() != "1.1" or parser.should_upgrade() or not parser.should_keep_alive():
            return None
        return self.venues.dialect(self.url.decode("ascii")) if parser.get_method() in _PLAIN_VERBS else None


class _PlainCall:
    """A venue's call at work. Once it is answered the connection may use it for the next one."""

    __slots__ = ("_protocol", "disconnected", "keep_alive", "response_complete")

    def __init__(self, protocol: VenueProtocol) -> None:
        self._protocol = protocol
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False

    @property
    def message_event(self) -> "_PlainCall":
        """What is told that the connection is lost."""
        return self

    def set(self) -> None:
        """Wake the task that waits for more of the request: here is none."""

    def respond(self, reply: Reply) -> None:
        """Send the answer, and let the connection go on."""
        self.response_complete = True
        protocol = self._protocol
        if reply.note is not None:
            protocol.venues.log_note(reply.note)
        if not self.disconnected:
            protocol.write(reply, keep_alive=self.keep_alive)
            protocol.go_on()


class _ParsedCall(_PlainCall):
    """One that comes out of the parser, and is used once."""

    __slots__ = ("_body", "_dialect")

    def __init__(self, protocol: VenueProtocol, dialect: Dialect) -> None:
        super().__init__(protocol)
        self._dialect = dialect
        self._body = b""

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
        call = Call(
            protocol.parser.get_method().decode("ascii"), path.decode("ascii"), query, dict(protocol.headers),
            self._body, protocol.address,
        )  # fmt: skip
        protocol.remember(self._dialect, call)
        protocol.venues.answer(self._dialect, call, self.respond)
