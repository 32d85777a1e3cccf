"""The short cut through uvicorn: whatever way a request takes, the same answer comes back, byte for byte."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.server.app import App
from seatrial.server.protocol import LARGEST_HEAD, MOST_HEADS, REQUEST_SECONDS, VenueProtocol
from seatrial.server.serve import KEEP_ALIVE_SECONDS, uvicorn_config
from seatrial.world.lookups import Respond

if TYPE_CHECKING:
    from seatrial.world.world import World

DATE = b"Sat, 21 Nov 2026 10:00:00 GMT"
LONGEST_WAIT = 50
"""Turns of the event loop."""

Result = TypeVar("Result")


class Mirror:
    """A venue that answers with what it was asked. What has `later` in its path is answered only when told to."""

    def __init__(self) -> None:
        self.dialects = {"mirror": self}
        self.later: list[Callable[[], None]] = []
        self.calls: list[Call] = []

    def speaks(self, path: str) -> bool:
        return path.startswith("/0/")

    def unreadable(self) -> Reply:
        return Reply(b"too large")

    def answer(self, _dialect: Dialect, call: Call, respond: Respond) -> None:
        self.calls.append(call)
        text = repr((call.verb, call.path, call.endpoint, sorted(call.headers.items()), call.body, call.address))
        note = "noted" if b"note" in call.query else None
        headers = ((b"x-more", b"yes"),) if b"more" in call.query else ()
        kind = b"text/html" if b"html" in call.query else b"application/json"
        reply = Reply(text.encode(), 404 if b"status" in call.query else 200, kind, note, headers)
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

    def get_extra_info(self, name: str) -> object:
        return {"peername": ("192.0.2.7", 4000), "sockname": ("192.0.2.1", 80)}.get(name)

    def write(self, data: bytes) -> None:
        if self.lost or not self.closed:
            self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        """What is fed comes all the same: it was under way."""

    def resume_reading(self) -> None: ...


class Caller:
    """One connection to a mirror, over uvicorn's own protocol or over ours."""

    def __init__(self, protocol: type[HttpToolsProtocol] = VenueProtocol, loop: object = None) -> None:
        self.mirror = Mirror()
        self.notes: list[str] = []
        app = App(cast("World", self.mirror), _no_control, self.notes.append)
        config = uvicorn_config(app, protocol)
        config.load()
        self.state = ServerState()
        self.state.default_headers = [(b"date", DATE)]
        self.protocol = protocol(config, self.state, {}, cast("Any", loop))
        self.wire = Wire()
        self.protocol.connection_made(cast("asyncio.Transport", self.wire))

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

    async def settle(self) -> None:
        """Until all that can be answered is."""
        for _ in range(LONGEST_WAIT):
            await asyncio.sleep(0)
            for answer in _taken(self.mirror.later):
                answer()


def _taken(waiting: list[Callable[[], None]]) -> list[Callable[[], None]]:
    taken, waiting[:] = list(waiting), []
    return taken


def _no_control() -> Any:  # noqa: ANN401  never made
    raise AssertionError


def run(story: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    return asyncio.run(story())


def post(sign: bytes = b"c2ln", body: bytes = b"nonce=1", path: bytes = b"/0/x", more: bytes = b"") -> bytes:
    """A call as clients send it."""
    return b"POST %b HTTP/1.1\r\nHost: here\r\nAPI-Key: key\r\nAPI-Sign: %b\r\n%bContent-Length: %d\r\n\r\n%b" % (
        path, sign, more, len(body), body,
    )  # fmt: skip


SIGNS = [
    b"c2ln", b"Zm9v", b" c2l", b"c2l ", b"\tc2l", b"c 2l", b"c\r2l", b"c\n2l", b"\r\n 2", b"c2l\xff", b"c\x002",
]  # fmt: skip
MORE = [
    b"", b"", b"X: y\r\n", b"Connection: keep-alive\r\n", b"Connection: close\r\n", b"Content-Length: 7\r\n",
    b"Content-Length: 8\r\n", b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"X: \r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"X : y\r\n", b" folded\r\n", b"\r\n",
]  # fmt: skip
PATHS = [
    b"/0/x", b"/0/later", b"/0/x?more", b"/0/x?note", b"/0/x?status", b"/0/x?html", b"/0/Balanc%65",
    b"/0/x?y=%2F", b"/elsewhere", b"http://h/0/x", b"/0/a b",
]  # fmt: skip
BODIES = [b"nonce=1", b"nonce=2", b"\r\n\r\nabc", b"GET /0/", b"", b"nonce=10"]
SHAPES = [
    b"POST /0/x HTTP/1.1\r\nAPI-Key: key\r\nAPI-Sign: %b\r\nContent-Length: 7\r\n\r\nnonce=1",
    b"POST /0/x HTTP/1.1\r\nContent-Length: 7\r\nAPI-Sign:%b\r\n\r\nnonce=2",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: c2ln\r\nContent-Length: 7\r\napi-sign: %b\r\n\r\nnonce=1",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: %b\r\nContent-Length: 7\r\napi-sign: c2ln\r\n\r\nnonce=1",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: c2\r\n ln\r\nX: %b\r\nContent-Length: 0\r\n\r\n",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: %b\r\n ln\r\nContent-Length: 0\r\n\r\n",
    b"POST /0/x HTTP/1.1\r\nAPI-Sign: %b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /0/x HTTP/1.1\r\nKC-API-SIGN:  %b  \r\nKC-API-TIMESTAMP: 1700000000000\r\nHost: here\r\n\r\n",
    b"GET /0/x HTTP/1.1\r\nKC-API-TIMESTAMP: %b\r\nHost: here\r\nKC-API-SIGN: c2ln\r\n\r\n",
    b"GET /0/later HTTP/1.1\r\nAPI-Sign: \r\nX: %b\r\n\r\n",
    b"POST /0/x HTTP/1.1\r\nX: %b\r\nContent-Length: 15\r\n\r\nGET /0/x HTTP/1.1\r\n\r\n",
]
"""Heads in which one value changes."""

any_request = st.one_of(
    st.builds(post, st.sampled_from(SIGNS[:2]), st.sampled_from(BODIES)),
    st.builds(post, st.sampled_from(SIGNS), st.sampled_from(BODIES), st.sampled_from(PATHS), st.sampled_from(MORE)),
    st.sampled_from(PATHS).map(lambda path: b"GET %b HTTP/1.1\r\nHost: here\r\n\r\n" % path),
    st.sampled_from([b"\r\n" + post(), post() + post(), b"GET /0/x HTTP/1.0\r\n\r\n", b"HEAD /0/x HTTP/1.1\r\n\r\n"]),
    st.integers(1, 70).map(lambda start: post()[start:]),
)
"""What may come over a connection."""


async def _one_by_one(requests: Sequence[bytes], protocol: type[HttpToolsProtocol]) -> bytes:
    caller = Caller(protocol)
    for request in requests:
        caller.send(request)
        await caller.settle()
    return caller.wire.written


async def _in_pieces(requests: Sequence[bytes], cuts: Sequence[int]) -> bytes:
    caller = Caller()
    for request in requests:
        for piece in _cut(request, cuts):
            caller.send(piece)
        await caller.settle()
    return caller.wire.written


def _cut(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    """At least two pieces, so that no request comes whole."""
    places = sorted({1, *(cut % len(data) for cut in cuts)} - {0})
    for start, end in zip((0, *places), (*places, len(data)), strict=True):
        yield data[start:end]


class Forgetful(VenueProtocol):
    """Reads everything with the parser."""

    def remember(self, dialect: Dialect, call: Call) -> None:
        """Nothing."""


@given(requests=st.lists(any_request, min_size=1, max_size=8), cuts=st.lists(st.integers(0, 500), max_size=6))
def test_what_is_remembered_does_not_show(requests: list[bytes], cuts: list[int]) -> None:
    """Nor do the places where the network cuts what is sent."""
    parsed = run(lambda: _one_by_one(requests, Forgetful))
    assert run(lambda: _one_by_one(requests, VenueProtocol)) == parsed
    assert run(lambda: _in_pieces(requests, cuts)) == parsed


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_head_that_only_seems_the_same_is_parsed(shape: bytes, sign: bytes) -> None:
    requests = [shape % b"c2ln", shape % sign, post(), shape % sign]
    assert run(lambda: _one_by_one(requests, VenueProtocol)) == run(lambda: _one_by_one(requests, Forgetful))


@pytest.mark.parametrize("more", MORE)
def test_what_a_connection_was_told_goes_before_what_it_remembers(more: bytes) -> None:
    requests = [post(), post(more=more), post()]
    assert run(lambda: _one_by_one(requests, VenueProtocol)) == run(lambda: _one_by_one(requests, Forgetful))


well_formed = st.builds(
    post, st.sampled_from(SIGNS[:2]), st.sampled_from(BODIES), st.sampled_from(PATHS[:-1]), st.sampled_from(MORE[:10])
)


@given(calls=st.lists(well_formed, min_size=1, max_size=8))
def test_the_short_cut_does_not_show(calls: list[bytes]) -> None:
    assert run(lambda: _one_by_one(calls, VenueProtocol)) == run(lambda: _one_by_one(calls, HttpToolsProtocol))


waiting = st.builds(post, st.sampled_from(SIGNS[:2]), st.sampled_from(BODIES), st.sampled_from(PATHS[:3]))


@given(calls=st.lists(waiting, min_size=1, max_size=8), cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_calls_that_wait_for_no_answer_are_answered_in_order(calls: list[bytes], cuts: list[int]) -> None:
    """Whole or cut anywhere: between two calls, too."""

    async def at_once(pieces: Sequence[bytes]) -> bytes:
        caller = Caller()
        caller.send(*calls[:1])
        await caller.settle()
        caller.send(*pieces)
        for _ in calls:
            await caller.settle()
        return caller.wire.written

    in_turn = run(lambda: _one_by_one([calls[0], *calls], VenueProtocol))
    assert run(lambda: at_once(calls)) == in_turn
    assert run(lambda: at_once(list(_cut(b"".join(calls), cuts)))) == in_turn


def test_what_looks_like_a_call_in_the_body_of_another_is_its_body() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post())
        head = b"POST /0/x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(post())
        assert caller.send(head) == b""
        caller.send(post())
        assert [(call.path, call.body) for call in caller.mirror.calls[1:]] == [("/0/x", post())]

    run(story)


def test_what_looks_like_a_call_in_the_head_of_another_is_its_head() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(), b"POST /0/y HTTP/1.1\r\nX: ", post())
        assert [(call.path, call.headers.get(b"x")) for call in caller.mirror.calls[1:]] == [
            ("/0/y", b"POST /0/x HTTP/1.1")
        ]

    run(story)


def test_the_rest_of_a_call_is_no_call() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post()[:30])
        caller.send(post()[30:])
        assert caller.send(post()[30:]).startswith(b"HTTP/1.1 400 ")

    run(story)


def test_who_does_not_read_is_sent_no_more() -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post())
        caller.protocol.pause_writing()
        assert caller.send(post()) == b""
        await caller.settle()
        before = caller.wire.written
        caller.protocol.resume_writing()
        await caller.settle()
        assert caller.wire.written == 2 * before

    run(story)


class Parsing(VenueProtocol):
    """Counts what the parser reads."""

    parsed = 0

    def on_message_begin(self) -> None:
        self.parsed += 1
        super().on_message_begin()


def test_the_parser_sees_only_the_first_of_calls_with_the_same_head() -> None:
    async def story() -> None:
        caller = Caller(Parsing)
        assert b"nonce=1" in caller.send(post())
        answer = caller.send(post(b"Zm9v", b"nonce=2"))
        assert (b"Zm9v" in answer, b"c2ln" in answer, b"nonce=2" in answer) == (True, False, True)
        assert caller.protocol.parsed == 1  # type: ignore[attr-defined]
        assert caller.state.total_requests == 2
        kucoin = b"GET /0/x HTTP/1.1\r\nKC-API-TIMESTAMP: %d\r\nX: y\r\nKC-API-SIGN: %b\r\n\r\n"
        caller.send(kucoin % (1_700_000_000_000, b"c2ln"), kucoin % (1_700_000_000_001, b"Zm9v"))
        assert caller.protocol.parsed == 2  # type: ignore[attr-defined]
        assert [call.headers[b"kc-api-timestamp"] for call in caller.mirror.calls[2:]] == [
            b"1700000000000", b"1700000000001",
        ]  # fmt: skip

    run(story)


def test_a_connection_remembers_so_many_heads_and_no_long_ones() -> None:
    async def story() -> None:
        caller = Caller(Parsing)
        for length in range(2 * MOST_HEADS):
            caller.send(post(body=b"x" * length), post(body=b"y" * length))
        assert caller.protocol.parsed == 3 * MOST_HEADS  # type: ignore[attr-defined]
        long = Caller(Parsing)
        long.send(*[post(more=b"X: " + b"x" * 10_000 + b"\r\n")] * 3)
        assert long.protocol.parsed == 3  # type: ignore[attr-defined]

    run(story)


TIMES_BEFORE = pytest.mark.parametrize("before", [0, 1, 2], ids=["parsed", "remembered", "remembered again"])


@TIMES_BEFORE
def test_a_call_at_work_is_answered_before_the_server_stops(before: int) -> None:
    async def story() -> None:
        caller = Caller()
        for _ in range(1 + before):
            caller.send(post(path=b"/0/later"))
            caller.protocol.shutdown() if caller.state.total_requests == before else None
            await caller.settle()
        assert caller.wire.written.count(b"connection: close\r\n\r\n") == 1
        assert caller.wire.closed
        assert caller.protocol.timeout_keep_alive_task is None or before

    run(story)


@TIMES_BEFORE
def test_who_hangs_up_gets_no_answer(before: int) -> None:
    async def story() -> None:
        caller = Caller()
        for _ in range(before):
            caller.send(post(path=b"/0/later?note"))
            await caller.settle()
        written = caller.wire.written
        caller.send(post(path=b"/0/later?note"))
        caller.hang_up()
        await caller.settle()
        assert caller.wire.written == written
        assert caller.notes == ["noted"] * (1 + before)

    run(story)


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_who_hangs_up_with_calls_in_line_gets_no_more_answers(answered: int) -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(post(path=b"/0/later") * 3)
        for _ in range(answered):
            caller.mirror.later.pop()()
            for _ in range(LONGEST_WAIT):
                await asyncio.sleep(0)
        assert caller.wire.written.count(b"HTTP/1.1 200 OK") == answered
        caller.hang_up()
        await caller.settle()
        assert caller.wire.written.count(b"HTTP/1.1 200 OK") == answered
        assert len(caller.mirror.calls) == answered + 1, "what nobody waits for is not begun"

    run(story)


def test_each_answer_has_the_date_of_its_second() -> None:
    async def story() -> None:
        caller = Caller()
        assert caller.send(post()).startswith(b"HTTP/1.1 200 OK\r\ndate: " + DATE + b"\r\ncontent-type: ")
        caller.state.default_headers = [(b"date", b"a second later"), (b"x", b"y")]
        assert caller.send(post()).startswith(b"HTTP/1.1 200 OK\r\ndate: a second later\r\nx: y\r\ncontent-type: ")

    run(story)


class Timer(NamedTuple):
    """Rings at a moment unless it is taken back."""

    at: float
    ring: Callable[[], None]
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

    def call_later(self, seconds: float, ring: Callable[[], None]) -> Timer:
        timer = Timer(self.now + seconds, ring, self._timers)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while due := [timer for timer in self._timers if timer.at <= until]:
            timer = min(due, key=lambda timer: timer.at)
            timer.cancel()
            self.now = timer.at
            timer.ring()
        self.now = until


def test_a_connection_is_closed_when_nothing_came_for_long() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    for _ in range(5):
        caller.send(post())
        hand.advance(KEEP_ALIVE_SECONDS - 1)
        assert not caller.wire.closed
    hand.advance(0.5)
    assert not caller.wire.closed
    hand.advance(0.5)
    assert caller.wire.closed


def test_a_connection_is_not_closed_while_a_call_is_at_work() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    for _ in range(3):
        caller.send(post(path=b"/0/later"))
        hand.advance(10 * KEEP_ALIVE_SECONDS)
        assert not caller.wire.closed
        caller.mirror.later.pop()()
    hand.advance(KEEP_ALIVE_SECONDS)
    assert caller.wire.closed


def test_a_request_has_its_time_to_come_after_which_the_connection_is_closed() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    caller.send(post(), post(), post()[:20])
    hand.advance(REQUEST_SECONDS - 1)
    assert not caller.wire.closed
    assert caller.send(post()[20:]).startswith(b"HTTP/1.1 200 OK")
    hand.advance(KEEP_ALIVE_SECONDS - 1)
    assert not caller.wire.closed
    caller.send(post()[:20])
    hand.advance(REQUEST_SECONDS)
    assert caller.wire.closed


DRIPPED = {
    "nothing": (b"", b""),
    "empty lines": (b"", b"\r\n"),
    "empty lines after a call": (post(), b"\r\n"),
    "a first line": (b"GET /0/", b"x"),
    "a header": (b"GET /0/x HTTP/1.1\r\nX: ", b"x"),
    "headers": (b"GET /0/x HTTP/1.1\r\n", b"X: y\r\n"),
    "a body": (b"POST /0/x HTTP/1.1\r\nContent-Length: 9000\r\n\r\n", b"x"),
    "chunks": (b"POST /0/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "trailers": (b"POST /0/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "the head of a second call": (post() + b"GET /0/x HTTP/1.1\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("what", DRIPPED)
def test_who_drips_a_request_is_not_waited_for(what: str) -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    begun, drop = DRIPPED[what]
    caller.send(begun) if begun else None
    for _ in range(int(REQUEST_SECONDS) - 1):
        hand.advance(1)
        caller.send(drop) if drop else None
        assert not caller.wire.closed
    hand.advance(2)
    assert caller.wire.closed


def test_who_waits_for_an_answer_may_take_long_to_send_the_next_call() -> None:
    hand = Hand()
    caller = Caller(loop=hand)
    caller.send(post(path=b"/0/later"), post()[:20])
    hand.advance(5 * REQUEST_SECONDS)
    assert not caller.wire.closed
    caller.mirror.later.pop()()
    assert caller.wire.written.startswith(b"HTTP/1.1 200 OK")
    hand.advance(2 * REQUEST_SECONDS)
    assert caller.wire.closed


def _chunked(trailer: bytes) -> bytes:
    head = b"POST /0/x HTTP/1.1\r\nAPI-Key: nobody\r\nTransfer-Encoding: chunked\r\n"
    return head + b"\r\n7\r\nnonce=1\r\n0\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize("line", [b"", b"Expect: 100-continue\r\n"], ids=["short cut", "uvicorn's own way"])
def test_what_comes_behind_a_body_is_no_header(line: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        caller.send(
            _chunked(b"API-Key: key\r\nX: y\r\n").replace(b"API-Key: nobody\r\n", line + b"API-Key: nobody\r\n")
        )
        await caller.settle()
        caller.send(post())
        await caller.settle()
        trailed, plain = caller.mirror.calls
        assert (trailed.body, trailed.headers[b"api-key"], b"x" in trailed.headers) == (b"nonce=1", b"nobody", False)
        assert plain.headers[b"api-key"] == b"key"

    run(story)


@pytest.mark.parametrize("key", [b"key", b" key", b"key ", b"\t key \t "])
def test_blanks_around_a_value_are_no_part_of_it(key: bytes) -> None:
    async def story() -> None:
        caller = Caller()
        request = post().replace(b"API-Key: key", b"API-Key:" + key).replace(b"c2ln", b"c2ln \t")
        caller.send(request, request, request.replace(b"c2ln", b"Zm9v"))
        assert [call.headers[b"api-key"] for call in caller.mirror.calls] == [b"key"] * 3
        assert [call.headers[b"api-sign"] for call in caller.mirror.calls] == [b"c2ln", b"c2ln", b"Zm9v"]

    run(story)


ENDLESS = {
    "a first line": (b"GET /0/", b"x" * 1000),
    "a name": (b"GET /0/x HTTP/1.1\r\n", b"x" * 1000),
    "a value": (b"GET /0/x HTTP/1.1\r\nX: ", b"x" * 1000),
    "headers": (b"GET /0/x HTTP/1.1\r\n", b"X: y\r\n" * 200),
    "the control API's headers": (b"GET /elsewhere HTTP/1.1\r\n", b"X: y\r\n" * 200),
    "trailers": (_chunked(b"")[:-2], b"X: y\r\n" * 200),
    "a trailer": (_chunked(b"X: ")[:-2], b"x" * 1000),
}


@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("in_pieces", [True, False])
def test_a_head_without_end_is_refused_before_it_fills_the_memory(what: str, in_pieces: bool) -> None:  # noqa: FBT001
    async def story() -> None:
        caller = Caller()
        begun, piece = ENDLESS[what]
        if in_pieces:
            answer = caller.send(begun, *[piece] * (3 * LARGEST_HEAD // len(piece)))
        else:
            answer = caller.send(begun + piece * (3 * LARGEST_HEAD // len(piece)) + b":\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert answer.count(b"HTTP/1.1") == 1
        assert caller.wire.closed

    run(story)


def test_a_head_may_be_long_and_a_body_longer() -> None:
    async def story() -> None:
        caller = Caller()
        long = post(body=b"x" * 900_000, more=b"X: " + b"x" * 60_000 + b"\r\n")
        for answer in (caller.send(long), caller.send(*_cut(long, range(0, len(long), 5_000)))):
            assert answer.startswith(b"HTTP/1.1 200 OK")
        assert not caller.wire.closed

    run(story)
