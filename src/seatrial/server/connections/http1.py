"""One connection that speaks HTTP/1.1.

The parser reads requests into a line, and one after the other has its turn. A call of a venue goes straight to the
world and its answer straight to the socket; what an ASGI application answers is a task of its own: see `asgi`.

Clients say nearly the same again and again, so a connection remembers what the parser made of the heads of its plain
calls, and reads the next one like them by comparing: see `heads`.
"""

import asyncio
import logging
from collections import deque
from typing import Final, cast

import httptools

from seatrial.dialects.wire import Dialect, Reply
from seatrial.server.connections.asgi import Address, Exchange
from seatrial.server.connections.heads import Head, head_of
from seatrial.server.connections.hub import Hub
from seatrial.server.connections.limits import (
    KEEP_ALIVE_SECONDS,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    REQUEST_SECONDS,
)
from seatrial.server.connections.replies import (
    BAD_REQUEST,
    CONTINUE,
    HEAD_TOO_LARGE,
    UNKNOWN_CODING,
    UPGRADE_REQUIRED,
)
from seatrial.server.connections.request import OLD_VERSION, Request
from seatrial.server.connections.site import Asgi, Site
from seatrial.server.connections.websocket import WebSocketConnection, shake_hands
from seatrial.world.sockets import Sockets

MAX_REMEMBERED_HEADS: Final = 32
"""A connection remembers the first ones, of as many lengths."""

_AROUND: Final = 4
"""Bytes that stand between a header's name and its value, and behind that."""
_BLANKS: Final = b" \t"
"""What may stand around a header's value and is no part of it. Source: RFC 9110, 5.5."""

_MOMENT: Final = 0.001
"""How exactly timers fire."""

_REMEMBERED: Final = Request()
"""The request at work, whenever its head was a remembered one."""
_REMEMBERED.is_begun = True

_log = logging.getLogger("seatrial")


class HttpConnection(asyncio.Protocol):
    """One connection to a site."""

    __slots__ = (
        "_alone",
        "_answer",
        "_awaits",
        "_awaits_since",
        "_behind",
        "_current",
        "_exchange",
        "_fires_at",
        "_head_size",
        "_heads",
        "_holds",
        "_hub",
        "_idle_since",
        "_is_deaf",
        "_line",
        "_loop",
        "_opens",
        "_parser",
        "_peer",
        "_read_paused",
        "_reading",
        "_reads_body",
        "_replies",
        "_site",
        "_time",
        "_transport",
        "_unread",
        "_unsent",
        "_unsent_since",
        "_watch",
        "_write",
        "_write_paused",
        "address",
    )  # fmt: skip

    def __init__(self, site: Site, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self._site = site
        self._answer = site.answer
        self._hub = hub
        self._replies = hub.replies
        self._loop = loop
        self._time = loop.time
        self._parser = httptools.HttpRequestParser(self)
        self._reading: Request | None = None
        """What the parser is within."""
        self._reads_body = False
        """Whether it is beyond the head of that."""
        self._head_size = 0
        """Bytes of that head so far, and of trailers."""
        self._unread = 0
        """Bytes that came since the parser made anything of them."""
        self._alone: bytes | None = None
        """The bytes that the parser is fed with, if a request begins with them and none is in line before it."""
        self._opens = False
        """Whether the last request read asks for a WebSocket."""
        self._behind = bytearray()
        """What came behind that, and is no HTTP."""
        self._current: Request | None = None
        """Whose turn it is."""
        self._line: deque[Request] = deque()
        """Those behind it."""
        self._exchange: Exchange | None = None
        """How an ASGI application answers the current one."""
        self._read_paused = self._write_paused = False
        self._is_deaf = False
        """Whether nothing more is read."""
        self._holds = False
        """Whether the next bytes, or the next answer, need a closer look."""
        self._heads: dict[int, tuple[Dialect, Head]] = {}
        """By the length of the whole request."""
        self._awaits = True
        """Whether a request is to come, or the rest of one."""
        self._awaits_since = self._idle_since = self._unsent_since = 0.0
        self._unsent = 0
        """How many bytes the other side had not taken at the last look."""
        self._watch: asyncio.TimerHandle | None = None
        self._fires_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not registered as such
        self._write = self._transport.write
        self._peer = _address(transport.get_extra_info("peername"))
        self.address = self._peer[0] if self._peer else ""
        self._hub.connections.add(self)
        self._awaits_since = self._time()
        self._fire_by(self._awaits_since + REQUEST_SECONDS)
        if self._hub.is_stopping:
            self.stop()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the standard library's own form
        """The other side is gone: what is at work answers nobody, and what waits behind it does not begin."""
        self._hub.left(self)
        self._is_deaf = self._holds = True
        self._current = self._reading = None
        self._line.clear()
        if self._watch is not None:
            self._watch.cancel()
        if self._exchange is not None:
            self._exchange.lose()
        del self._parser  # they know each other

    def data_received(self, data: bytes) -> None:
        """Bytes came: answer the plain call that they are, or have the parser see what they are."""
        known = self._heads.get(len(data))
        if known is not None and self._current is None and not self._holds:
            dialect, head = known
            call = head.read(data, self.address)
            if call is not None:
                self._current = _REMEMBERED
                self._answer(dialect, call, self.respond)
                return
        if self._opens:
            self._keep_behind(data)
        elif not self._is_deaf:
            self._read(data)

    def respond(self, reply: Reply) -> None:
        """Send the answer to the venue's call at work, and let the connection go on."""
        request, self._current = self._current, None
        if reply.note is not None:
            self._site.log_note(reply.note)
        if request is _REMEMBERED and not self._holds:
            if reply.headers:
                self._write(self._replies.written(reply, keep_alive=True, with_body=True))
            else:
                body = reply.body
                head = self._replies.head(reply.status, reply.content_type)
                self._write(b"%b%d\r\n\r\n%b" % (head, len(body), body))
            self._idle_since = self._time()
        elif request is not None:
            keep_alive = self.keeps_alive(request)
            self._write(self._replies.written(reply, keep_alive=keep_alive, with_body=request.verb != "HEAD"))
            self._finish(request, keep_alive=keep_alive)

    def keeps_alive(self, request: Request) -> bool:
        """Whether the connection goes on after the answer to a request."""
        return request.keep_alive and (bool(self._line) or not self._hub.is_stopping)

    def end(self, request: Request, *, keep_alive: bool) -> None:
        """An exchange is over."""
        if self._current is request:
            self._current = None
            self._finish(request, keep_alive=keep_alive)

    def write(self, data: bytes) -> None:
        """Send a part of an answer."""
        self._write(data)

    def pause_writing(self) -> None:
        """What was sent is not taken: send no more."""
        self._write_paused = self._holds = True
        if self._exchange is not None:
            self._exchange.pause()

    def resume_writing(self) -> None:
        """What was sent is taken."""
        self._write_paused, self._unsent = False, 0
        if self._exchange is not None:
            self._exchange.resume()
        self._advance()

    def stop(self) -> None:
        """Take no further request, and close once those that are there are answered."""
        if self._current is None or self._current is not self._reading:
            self._is_deaf = True
        self._line = deque(request for request in self._line if request.is_whole or request.refusal)
        self._holds = True
        if self._exchange is not None:
            self._exchange.stop()
        if self._current is None and not self._line:
            self._transport.close()

    def close(self) -> None:
        """Close once all that was written is sent."""
        self._is_deaf = self._holds = True
        self._transport.close()

    def abort(self) -> None:
        """Close now, whatever is still to be sent."""
        self._transport.abort()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins, unless it is the body of one: see `_read_body_of_upgrade`."""
        if self._is_deaf:
            raise ValueError("nothing more is read")
        if not self._reads_body:
            self._reading = Request()
            self._head_size = 0
            self._await()

    def on_url(self, url: bytes) -> None:
        """A part of the first line is there."""
        self._count(url)
        if not self._reads_body:
            self._request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is there. After a body it is a trailer, which is never taken for a header.

        Source: RFC 9110, 6.5.1.
        """
        self._count(name, value)
        if not self._reads_body:
            self._request.headers.append((name.lower(), value.strip(_BLANKS)))

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        if self._reads_body:
            return
        request, parser = self._request, self._parser
        request.verb, request.version = parser.get_method().decode("ascii"), parser.get_http_version()
        request.keep_alive = request.version != OLD_VERSION and parser.should_keep_alive()
        request.upgrades = parser.should_upgrade()
        request.read_target()
        request.dialect = self._site.dialect(request.path, request.host)
        if request.opens_socket:
            self._expect_socket(request)
        for name, value in request.headers:
            if name == b"transfer-encoding" and value.lower() != b"chunked":
                self._refuse(UNKNOWN_CODING)
                raise ValueError("a coding that is not known")
            if name == b"expect" and value.lower() == b"100-continue" and request.version != OLD_VERSION:
                request.expects_continue = True
        self._reads_body = True
        self._line_up(request)

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        self._unread = 0
        request = self._request
        request.add(body)
        if request.body_size > MAX_BODY_BYTES and request.refusal is None:
            request.refuse(self._site.too_large(request.dialect))

    def on_message_complete(self) -> None:
        """All of a request is there, unless it asks for an upgrade: then the parser leaves its body to others."""
        self._unread = 0
        request = self._request
        if self._parser.should_upgrade() and any(request.body_headers()):
            return
        request.is_whole = True
        self._reading = None
        self._reads_body = self._awaits = False
        if not request.keep_alive:
            self._is_deaf = True

    # Reading

    @property
    def _request(self) -> Request:
        assert self._reading is not None, "the parser tells of a request that did not begin"
        return self._reading

    def _read(self, data: bytes) -> None:
        """Have the parser read, and go on with what it found."""
        self._alone = data if self._reading is None and self._current is None and not self._line else None
        self._await()
        self._unread += len(data)
        before = self._unread
        self._feed(memoryview(data))
        if self._unread == before > MAX_HEAD_BYTES and not self._is_deaf:
            self._refuse(HEAD_TOO_LARGE)
        self._advance()
        self._alone = None

    def _feed(self, data: memoryview) -> None:
        while data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._alone = None
                if self._opens:
                    self._keep_behind(data)
                    return
                self._read_body_of_upgrade()
            except httptools.HttpParserError:
                if not self._is_deaf:
                    _log.warning("a connection sent what is no HTTP request")
                    self._refuse(BAD_REQUEST)
                return
            else:
                return

    def _read_body_of_upgrade(self) -> None:
        """Read the body of a request that asks for an upgrade, as it is not upgraded; the parser stopped before it.

        A parser of its own is told how long the body is. What follows that is read by it, too.
        """
        if self._reads_body:
            self._parser = httptools.HttpRequestParser(self)
            headers = b"".join(b"%b: %b\r\n" % header for header in self._request.body_headers())
            self._parser.feed_data(b"POST / HTTP/1.1\r\n" + headers + b"\r\n")

    def _count(self, *read: bytes) -> None:
        """Count a part of the head. The parser gives a request up that it cannot hand on."""
        self._unread = 0
        self._head_size += sum(map(len, read)) + _AROUND
        if self._head_size > MAX_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)
            raise ValueError("too large a head")

    def _refuse(self, reply: Reply) -> None:
        """Answer with this what cannot be read, in its turn, and read no more."""
        self._is_deaf = True
        request = self._reading or Request()
        request.keep_alive = False
        if request.is_answered:
            self._transport.close()
            return
        request.refuse(reply)
        self._line_up(request)

    # Answering

    def _line_up(self, request: Request) -> None:
        if not request.is_in_line:
            request.is_in_line = True
            self._line.append(request)

    def _advance(self) -> None:
        """Go on with the request whose turn it is, as far as it has come."""
        if self._current is None and self._line and not self._write_paused:
            self._current = self._line.popleft()
        request = self._current
        if request is not None and not request.is_begun:
            self._begin(request)
        self._hold()

    def _begin(self, request: Request) -> None:
        if request.refusal is not None:
            request.is_begun = True
            self.respond(request.refusal)
        elif request.is_whole:
            request.is_begun = True
            self._serve(request)
        elif request.expects_continue:
            request.expects_continue = False
            self._write(CONTINUE)

    def _serve(self, request: Request) -> None:
        """Have a whole request answered."""
        if request.expects_continue:
            self._write(CONTINUE)
        if request.sockets is not None:
            self._hand_over(request, request.sockets)
            return
        if request.upgrades:
            _log.warning("a request asked for an upgrade at %.100r, where there is none", request.path)
        application = None
        if request.dialect is not None:
            self.remember(request, request.dialect)
            self._answer(request.dialect, request.call(self.address), self.respond)
        elif (application := self._site.application(request.path)) is not None:
            self._run(request, application)
        else:
            is_socket = self._site.sockets(request.path) is not None
            self.respond(UPGRADE_REQUIRED if is_socket else self._site.nobody)

    def _expect_socket(self, request: Request) -> None:
        """What follows such a request is no HTTP, whatever becomes of it."""
        request.sockets = self._site.sockets(request.path)
        if request.sockets is not None:
            self._opens = request.keep_alive = True

    def _keep_behind(self, data: bytes | memoryview) -> None:
        """Keep what came behind a request whose turn it is not yet; who sends much of that is not waited for."""
        self._behind += data
        if len(self._behind) > MAX_MESSAGE_BYTES:
            self._transport.abort()

    def _hand_over(self, request: Request, sockets: Sockets) -> None:
        """Another protocol takes the connection over, unless the request is not as it must be for that."""
        call = request.call(self.address)
        answer, refusal = shake_hands(request)
        refusal = refusal or sockets.refusal(call)
        if refusal is not None:
            request.keep_alive = False
            self.respond(refusal)
            return
        if self._watch is not None:
            self._watch.cancel()
        self._current = None
        self._is_deaf = True
        socket = WebSocketConnection(self._hub, self._loop, self._transport, answer)
        self._transport.set_protocol(socket)
        self._hub.left(self)
        socket.open(sockets, call, bytes(self._behind))

    def remember(self, request: Request, dialect: Dialect) -> None:
        """Read the next call with such a head without the parser, if it read nothing but this one."""
        data = self._alone
        if data is None or not request.is_plain or len(data) in self._heads:
            return
        if len(self._heads) < MAX_REMEMBERED_HEADS:
            head = head_of(data, request, dialect.changing_headers)
            if head is not None:
                self._heads[len(data)] = dialect, head

    def _run(self, request: Request, application: Asgi) -> None:
        here = _address(self._transport.get_extra_info("sockname"))
        scheme = "http" if self._transport.get_extra_info("sslcontext") is None else "https"
        exchange = self._exchange = Exchange(self, request, self._replies, self._peer, here, scheme)
        exchange.task = self._hub.run(exchange.run(application))
        if self._write_paused:
            exchange.pause()
        if self._hub.is_stopping:
            exchange.stop()

    def _finish(self, request: Request, *, keep_alive: bool) -> None:
        """A request is answered: on with the next one, in a turn of its own, so that a long line holds nobody up."""
        request.is_answered = True
        self._exchange = None
        self._idle_since = self._time()
        if not keep_alive:
            self._is_deaf = self._holds = True
            self._line.clear()
            self._transport.close()
            return
        if self._awaits:
            self._awaits_since = self._idle_since
        if self._line:
            self._loop.call_soon(self._advance)
        self._hold()

    def _hold(self) -> None:
        """Note whether the next bytes may be a plain call, and pause reading while requests are in line."""
        has_line = bool(self._line)
        self._holds = (
            has_line or self._reading is not None or self._write_paused or self._is_deaf or self._hub.is_stopping
        )
        if has_line is not self._read_paused and not self._transport.is_closing():
            self._read_paused = has_line
            if has_line:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # Time

    def _await(self) -> None:
        """From now on the rest of a request is to come, if it was not so before."""
        if not self._awaits:
            self._awaits, self._awaits_since = True, self._time()
            self._fire_by(self._awaits_since + REQUEST_SECONDS)

    def _fire_by(self, at: float) -> None:
        """Look by then. Calls at work leave the timer alone: when it fires it sees what happened since."""
        if self._watch is None or at < self._fires_at:
            if self._watch is not None:
                self._watch.cancel()
            self._fires_at = at
            self._watch = self._loop.call_later(at - self._time(), self._look)

    def _look(self) -> None:
        """Close a connection whose request does not come, that nothing comes over, or that takes no answer."""
        self._watch = None
        now = self._time()
        if self._is_stuck(now):
            self._transport.abort()
            return
        ends = self._ends(now)
        if ends < now + _MOMENT:
            self._transport.close()
            ends = now + REQUEST_SECONDS
        self._fire_by(min(ends, now + REQUEST_SECONDS))

    def _ends(self, now: float) -> float:
        """The moment until which the connection waits, as things are."""
        if self._write_paused or self._line or (self._current is not None and self._current is not self._reading):
            self._awaits_since = now  # the rest of the next request has time until the answers before it are sent
            return now + REQUEST_SECONDS
        return self._awaits_since + REQUEST_SECONDS if self._awaits else self._idle_since + KEEP_ALIVE_SECONDS

    def _is_stuck(self, now: float) -> bool:
        """Whether none of an answer was taken for long."""
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return unsent > 0 and now - self._unsent_since > REQUEST_SECONDS - _MOMENT


def _address(name: object) -> Address:
    """Host and port, of which an address of IPv6 has more."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
