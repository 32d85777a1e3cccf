"""One HTTP connection inside the test's own process: a site that answers with what it was asked, a wire, a clock."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.server.app import App
from seatrial.server.connections.http1 import HttpConnection
from seatrial.server.connections.hub import Hub
from seatrial.server.connections.site import Asgi
from seatrial.world.lookups import Respond

if TYPE_CHECKING:
    from seatrial.world.sockets import Sockets
    from seatrial.world.world import World

DATE: Final = b"Sat, 21 Nov 2026 10:00:00 GMT"
MAX_WAIT: Final = 8
"""Turns of the event loop."""
MANY_TURNS: Final = 1_000_000

Result = TypeVar("Result")


class Venue(NamedTuple):
    """A venue that only has a name."""

    name: str
    changing_headers: frozenset[bytes]

    def unreadable(self) -> Reply:
        return Reply(b"too large")


class Mirror:
    """Two venues that answer with what they were asked.

    What has `later` in its path is answered only when told to.
    """

    def __init__(self) -> None:
        self.dialects = {
            "kraken": Venue("Kraken", frozenset({b"api-sign"})),
            "kucoin": Venue("KuCoin", frozenset({b"kc-api-sign", b"kc-api-timestamp"})),
        }
        self.sockets: dict[str, Sockets] = {}
        self.later: list[Callable[[], None]] = []
        self.calls: list[Call] = []

    def answer(self, dialect: Dialect, call: Call, respond: Respond) -> None:
        self.calls.append(call)
        headers = sorted(call.headers.items())
        text = repr((dialect, call.verb, call.path, call.endpoint, headers, call.body, call.address))
        reply = Reply(
            text.encode(),
            404 if b"status" in call.query else 200,
            b"text/html" if b"html" in call.query else b"application/json",
            "noted" if b"note" in call.query else None,
            ((b"x-more", b"yes"),) if b"more" in call.query else (),
        )
        if "later" in call.path:
            self.later.append(lambda: respond(reply))
        else:
            respond(reply)


class Wire:
    """A connection's transport: keeps what is written until it is closed."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False
        self.lost = False
        """Whether nobody is there any more, to whom writing is an error."""
        self.reads = True
        self.unsent = 0

    def get_extra_info(self, name: str) -> object:
        return {"peername": ("192.0.2.7", 4000), "sockname": ("192.0.2.1", 80)}.get(name)

    def write(self, data: bytes) -> None:
        if self.lost or not self.closed:
            self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        """What is fed comes all the same: it was under way."""
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Forgetful(HttpConnection):
    """Reads everything with the parser."""

    def remember(self, *_: object) -> None:
        """Nothing."""


class Parsing(HttpConnection):
    """Counts what the parser reads."""

    parsed = 0

    def on_message_begin(self) -> None:
        self.parsed += 1
        super().on_message_begin()


class Caller:
    """One connection to a mirror."""

    def __init__(
        self, connection: type[HttpConnection] = HttpConnection, loop: object = None, application: Asgi | None = None
    ) -> None:
        self.mirror = Mirror()
        self.notes: list[str] = []
        app = App(cast("World", self.mirror), lambda: application or _no_control(), self.notes.append)
        self.hub = Hub()
        self.hub.replies.renew(DATE.decode())
        self.protocol = connection(app, self.hub, cast("Any", loop) or asyncio.get_running_loop())
        self.wire = Wire()
        self.protocol.connection_made(cast("asyncio.Transport", self.wire))

    @property
    def parsed(self) -> int:
        """How many requests the parser has read."""
        assert isinstance(self.protocol, Parsing)
        return self.protocol.parsed

    def send(self, *pieces: bytes) -> bytes:
        """What comes back at once."""
        before = len(self.wire.written)
        for piece in pieces:
            if not self.wire.closed:
                self.protocol.data_received(piece)
        return self.wire.written[before:]

    def hang_up(self) -> None:
        """The caller goes away."""
        self.wire.lost = True
        self.protocol.connection_lost(None)

    def stop(self) -> None:
        """The server stops."""
        self.hub.is_stopping = True
        self.protocol.stop()

    async def turn(self) -> None:
        """Let everything run that can."""
        for _ in range(MAX_WAIT):
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """Until all that can be answered is."""
        for _ in range(MAX_WAIT):
            await asyncio.sleep(0)
            waiting, self.mirror.later = self.mirror.later, []
            for answer in waiting:
                answer()


def _no_control() -> Asgi:
    raise AssertionError("nobody asked for it")


async def until(holds: Callable[[], object]) -> None:
    """Let others work until something holds."""
    for _ in range(MANY_TURNS):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come to that")


def run(story: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    return asyncio.run(story())


class Timer(NamedTuple):
    """Fires at a moment unless it is taken back."""

    at: float
    fire: Callable[..., None]
    timers: "list[Timer]"

    def cancel(self) -> None:
        if self in self.timers:
            self.timers.remove(self)


class Hand:
    """An event loop whose clock is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, fire: Callable[[], None]) -> Timer:
        timer = Timer(self.now + seconds, fire, self._timers)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while due := [timer for timer in self._timers if timer.at <= until]:
            timer = min(due, key=lambda timer: timer.at)
            timer.cancel()
            self.now = timer.at
            timer.fire()
        self.now = until


def post(sign: bytes = b"c2ln", body: bytes = b"nonce=1", path: bytes = b"/0/x", more: bytes = b"") -> bytes:
    """A call as clients send it."""
    return b"POST %b HTTP/1.1\r\nHost: here\r\nAPI-Key: key\r\nAPI-Sign: %b\r\n%bContent-Length: %d\r\n\r\n%b" % (
        path, sign, more, len(body), body,
    )  # fmt: skip


def chunked(trailer: bytes = b"", more: bytes = b"") -> bytes:
    """A call whose body comes in a chunk."""
    head = b"POST /0/x HTTP/1.1\r\nAPI-Key: nobody\r\nTransfer-Encoding: chunked\r\n%b\r\n" % more
    return head + b"7\r\nnonce=1\r\n0\r\n" + trailer + b"\r\n"


def cut(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    """At least two pieces, so that no request comes whole."""
    places = sorted({1, *(cut % len(data) for cut in cuts)} - {0})
    for start, end in zip((0, *places), (*places, len(data)), strict=True):
        yield data[start:end]


async def one_by_one(requests: Sequence[bytes], connection: type[HttpConnection] = HttpConnection) -> bytes:
    """All answers to requests of which each waits for the answer before it."""
    caller = Caller(connection)
    for request in requests:
        caller.send(request)
        await caller.settle()
    return caller.wire.written
