"""How an ASGI application's answers go out: as they come, no faster than they are taken, and never half."""

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from seatrial.server.connections import asgi
from seatrial.server.connections.site import Asgi, Receive, Scope, Send
from tests.support.http_caller import DATE, Caller, post, run

GET = b"GET /_seatrial/x?y=%2F HTTP/1.1\r\nHost: here\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ndate: " + DATE + b"\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
Message = MutableMapping[str, Any]


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def saying(*messages: Message) -> Asgi:
    """An application that answers so."""

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return application


class Steps:
    """An application that answers step by step, and notes what it is told."""

    def __init__(self) -> None:
        self.to_send: asyncio.Queue[Message] = asyncio.Queue()
        self.sent = 0
        self.heard: list[Message] = []
        self.is_canceled = False

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        listening = asyncio.ensure_future(self._listen(receive))
        try:
            while True:
                await send(await self.to_send.get())
                self.sent += 1
        except asyncio.CancelledError:
            self.is_canceled = True
            raise
        finally:
            listening.cancel()

    async def _listen(self, receive: Receive) -> None:
        while not self.heard or self.heard[-1]["type"] != "http.disconnect":
            self.heard.append(await receive())


def told(application: Asgi, *requests: bytes) -> bytes:
    """All that comes back."""

    async def story() -> bytes:
        caller = Caller(application=application)
        caller.send(*requests)
        await caller.turn()
        assert not caller.hub.tasks
        return caller.wire.written

    return run(story)


def test_an_application_is_told_what_was_asked() -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive()) == {"type": "http.request", "body": b"abc", "more_body": False}
        assert scope == {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": "PUT", "scheme": "http", "path": "/_seatrial/a b", "raw_path": b"/_seatrial/a%20b",
            "query_string": b"y=%2F", "root_path": "", "client": ("192.0.2.7", 4000), "server": ("192.0.2.1", 80),
            "headers": [(b"x", b"Y"), (b"content-length", b"3")],
        }  # fmt: skip
        await send(start((b"content-length", b"2")))
        await send(part(b"ok", more=False))
        assert (await receive()) == {"type": "http.disconnect"}

    request = b"PUT /_seatrial/a%20b?y=%2F HTTP/1.1\r\nX: Y\r\nContent-Length: 3\r\n\r\nabc"
    assert told(application, request) == HEAD + b"content-length: 2\r\n\r\nok"


def test_an_answer_whose_length_is_not_said_goes_in_chunks() -> None:
    answer = told(saying(start(), part(b"abc"), part(b""), part(b"d" * 16), part(b"", more=False)), GET, GET)
    assert answer == 2 * (CHUNKED + b"3\r\nabc\r\n10\r\n" + b"d" * 16 + b"\r\n0\r\n\r\n")


def test_to_the_old_version_it_ends_with_the_connection() -> None:
    answer = told(saying(start(), part(b"abc"), part(b"d", more=False)), GET.replace(b"1.1", b"1.0"))
    assert answer == HEAD + b"connection: close\r\n\r\nabcd"


@pytest.mark.parametrize(
    ("status", "request_"), [(204, GET), (304, GET), (200, GET.replace(b"GET", b"HEAD"))], ids=["204", "304", "HEAD"]
)
def test_what_has_no_body_has_none(status: int, request_: bytes) -> None:
    answer = told(saying(start(status=status), part(b"abc"), part(b"d", more=False)), request_, request_)
    assert answer.count(b"HTTP/1.1 %d" % status) == 2
    assert answer.endswith(b"\r\n\r\n")
    assert not {b"abc", b"chunked", b"0\r\n"} & set(answer.split())


def test_each_part_goes_out_when_it_is_there() -> None:
    async def story() -> None:
        steps = Steps()
        caller = Caller(application=steps)
        caller.send(GET, post())
        for message, expected in (
            (start(), CHUNKED), (part(b"one"), b"3\r\none\r\n"), (part(b"two"), b"3\r\ntwo\r\n"),
        ):  # fmt: skip
            before = len(caller.wire.written)
            steps.to_send.put_nowait(message)
            await caller.turn()
            assert caller.wire.written[before:] == expected
        steps.to_send.put_nowait(part(b"", more=False))
        await caller.turn()
        assert b"0\r\n\r\nHTTP/1.1 200 OK" in caller.wire.written, "the call in line is answered behind it"
        assert [message["type"] for message in steps.heard] == ["http.request", "http.disconnect"]

    run(story)


def test_an_answer_is_sent_no_faster_than_it_is_taken() -> None:
    async def story() -> None:
        steps = Steps()
        caller = Caller(application=steps)
        caller.send(GET)
        for message in (start(), part(b"one"), part(b"two")):
            steps.to_send.put_nowait(message)
        await caller.turn()
        caller.protocol.pause_writing()
        for _ in range(5):
            steps.to_send.put_nowait(part(b"three"))
        await caller.turn()
        assert steps.sent == 3
        caller.protocol.resume_writing()
        await caller.turn()
        assert steps.sent == 8

    run(story)


@pytest.mark.parametrize("paused", [False, True])
def test_who_hangs_up_is_told_of_and_sent_nothing(paused: bool) -> None:
    async def story() -> None:
        steps = Steps()
        caller = Caller(application=steps)
        caller.send(GET)
        steps.to_send.put_nowait(start())
        await caller.turn()
        caller.protocol.pause_writing() if paused else None
        steps.to_send.put_nowait(part(b"one")) if paused else None
        await caller.turn()
        written = caller.wire.written
        caller.hang_up()
        caller.protocol.resume_writing() if paused else None
        steps.to_send.put_nowait(part(b"two"))
        await caller.turn()
        assert steps.heard[-1] == {"type": "http.disconnect"}
        assert caller.wire.written == written
        for task in caller.hub.tasks:
            task.cancel()

    run(story)


def test_a_stream_is_told_of_the_stop_and_canceled_when_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "STREAM_STOP_SECONDS", 0.01)

    async def story() -> None:
        steps = Steps()
        caller = Caller(application=steps)
        caller.send(GET)
        steps.to_send.put_nowait(start())
        await caller.turn()
        caller.stop()
        await caller.turn()
        assert steps.heard[-1] == {"type": "http.disconnect"}
        steps.to_send.put_nowait(part(b"last words"))
        await asyncio.wait(caller.hub.tasks)
        assert steps.is_canceled
        assert caller.wire.closed
        assert caller.wire.written == CHUNKED + b"a\r\nlast words\r\n", "without an end, since it had none"

    run(story)


def test_an_answer_that_has_not_begun_is_waited_for_when_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "STREAM_STOP_SECONDS", 0)

    async def story() -> None:
        steps = Steps()
        caller = Caller(application=steps)
        caller.send(GET)
        await caller.turn()
        caller.stop()
        await asyncio.sleep(0.01)
        assert not caller.wire.written, "nor closed"
        steps.to_send.put_nowait(start((b"content-length", b"2")))
        steps.to_send.put_nowait(part(b"ok", more=False))
        await caller.turn()
        assert caller.wire.written == HEAD + b"content-length: 2\r\nconnection: close\r\n\r\nok"
        assert caller.wire.closed
        for task in caller.hub.tasks:
            task.cancel()

    run(story)


def streaming(ended: list[str]) -> Starlette:
    """An application of Starlette's with an answer that has no end."""

    async def events() -> AsyncIterator[bytes]:
        try:
            yield b"data: one\n\n"
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    async def endless(_request: Request) -> Response:
        return StreamingResponse(events(), media_type="text/event-stream")

    return Starlette(routes=[Route("/_seatrial/x", endless)])


@pytest.mark.parametrize("end", [Caller.hang_up, Caller.stop])
def test_starlettes_endless_answers_end_when_nobody_listens_or_the_server_stops(end: Callable[[Caller], None]) -> None:
    async def story() -> None:
        ended: list[str] = []
        caller = Caller(application=streaming(ended))
        caller.send(GET)
        await caller.turn()
        assert caller.wire.written.endswith(b"b\r\ndata: one\n\n\r\n")
        assert b"content-type: text/event-stream" in caller.wire.written
        end(caller)
        for _ in range(5):
            await caller.turn()
        assert ended == ["ended"]
        assert not caller.hub.tasks
        assert caller.wire.closed or caller.wire.lost

    run(story)


async def breaks(*_: object) -> None:
    raise KeyError("a planted bug")


BROKEN_BEFORE: dict[str, Asgi] = {
    "a bug": breaks,
    "no answer": saying(),
    "a body without a head": saying(part(b"x")),
    "a header in a header": saying(start((b"x", b"y\r\nset-cookie: z"))),
    "a header in a name": saying(start((b"x: y\r\nz", b""))),
}


@pytest.mark.parametrize("application", BROKEN_BEFORE.values(), ids=BROKEN_BEFORE)
def test_where_an_application_breaks_before_its_answer_the_answer_is_500(application: Asgi) -> None:
    answer = told(application, GET)
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"connection: close\r\n" in answer
    assert b"set-cookie" not in answer


BROKEN_WITHIN: dict[str, Asgi] = {
    "too short": saying(start((b"content-length", b"3")), part(b"x", more=False)),
    "too long": saying(start((b"content-length", b"1")), part(b"xy", more=False)),
    "no end": saying(start(), part(b"x")),
    "two heads": saying(start(), start()),
    "something else": saying(start(), {"type": "websocket.send"}),
}


@pytest.mark.parametrize("application", BROKEN_WITHIN.values(), ids=BROKEN_WITHIN)
def test_where_it_breaks_within_its_answer_the_answer_does_not_seem_whole(application: Asgi) -> None:
    async def story() -> None:
        caller = Caller(application=application)
        caller.send(GET + GET)
        await caller.turn()
        assert caller.wire.written.count(b"HTTP/1.1") == 1
        assert b"0\r\n\r\n" not in caller.wire.written
        assert caller.wire.closed

    run(story)


def test_nothing_goes_out_behind_the_end_of_an_answer() -> None:
    answer = told(saying(start((b"content-length", b"1")), part(b"x", more=False), part(b"y", more=False)), GET)
    assert answer == HEAD + b"content-length: 1\r\n\r\nx"


def test_a_bug_is_logged_with_a_path_that_forges_no_line(caplog: pytest.LogCaptureFixture) -> None:
    told(breaks, GET.replace(b"x?", b"%0aforged%1b[2J?"))
    (record,) = caplog.records
    assert record.getMessage() == "GET '/_seatrial/\\nforged\\x1b[2J' met a bug"
