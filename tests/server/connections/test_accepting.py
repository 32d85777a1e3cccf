"""Who is taken, who waits, and who is let go: over real sockets."""

import asyncio
import errno
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

import msgspec
import pytest

from seatrial.server.app import App
from seatrial.server.connections import asgi, server
from seatrial.server.connections.server import HttpServer
from seatrial.server.connections.site import Asgi, Receive, Scope, Send
from seatrial.server.serve import Listen, bind, new_event_loop
from tests.support.http_caller import Mirror, post, until

if TYPE_CHECKING:
    from seatrial.world.world import World

PATIENCE_SECONDS: Final = 30
DESCRIPTORS: Final = 120


class Served:
    """A server at work in this event loop."""

    def __init__(self, listener: socket.socket, application: Asgi | None = None) -> None:
        self.mirror = Mirror()
        app = App(cast("World", self.mirror), lambda: cast("Asgi", application), print)
        self.address = listener.getsockname()
        self.server = HttpServer(app, listener)
        self.server.open()
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = await asyncio.open_connection(*self.address)
        self._writers.append(connection[1])
        return connection

    async def stop(self) -> None:
        await self.server.stop()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)


async def answered(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: bytes = b"/0/x") -> bool:
    """Whether a call is answered."""
    reader, writer = connection
    writer.write(post(path=path))
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
    return head.startswith(b"HTTP/1.1 200 OK")


def serving(story: Callable[[Served], Awaitable[None]], wrap: Callable[[socket.socket], object] | None = None) -> None:
    async def told() -> None:
        listener = bind(Listen(port=0))
        served = Served(listener if wrap is None else cast("socket.socket", wrap(listener)))
        try:
            await asyncio.wait_for(story(served), PATIENCE_SECONDS)
        finally:
            await served.stop()

    on_our_loop(told)


def on_our_loop(story: Callable[[], Coroutine[None, None, None]]) -> None:
    """As `seatrial serve` runs it."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(story())


def test_many_are_served_at_once() -> None:
    async def story(served: Served) -> None:
        connections = [await served.connect() for _ in range(3 * server.MAX_AT_ONCE)]
        assert all(await asyncio.gather(*map(answered, connections)))

    serving(story)


def test_a_server_that_stops_answers_what_is_at_work_and_takes_nobody_any_more() -> None:
    async def story(served: Served) -> None:
        idle, busy = await served.connect(), await served.connect()
        assert await answered(idle)
        waiting = asyncio.ensure_future(answered(busy, b"/0/later"))
        await until(lambda: served.mirror.later)
        stopping = asyncio.ensure_future(served.server.stop())
        assert await idle[0].read() == b""
        with pytest.raises(ConnectionRefusedError):
            await served.connect()
        assert not stopping.done()
        served.mirror.later.pop()()
        assert await waiting
        assert await busy[0].read() == b""
        await stopping

    serving(story)


@pytest.mark.parametrize("hurries", [True, False])
def test_a_server_waits_only_so_long_for_what_is_at_work(
    hurries: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    monkeypatch.setattr(server, "STOP_SECONDS", PATIENCE_SECONDS if hurries else 0.01)

    async def story(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(post(path=b"/0/later"))
        await until(lambda: served.mirror.later)
        stopping = asyncio.ensure_future(served.server.stop())
        await asyncio.sleep(0)
        served.server.hurry() if hurries else None
        await stopping
        with suppress(ConnectionResetError):
            assert await reader.read() == b""

    serving(story)
    assert "stopped with 1 connections and 0 calls at work" in caplog.text


class Stream:
    """An application whose answer has no end."""

    def __init__(self, *, listens: bool) -> None:
        self._listens = listens
        self.told: list[str] = []

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        self.told.append("begun")
        try:
            if self._listens:
                await receive()
            else:
                await asyncio.Event().wait()
        finally:
            self.told.append("ended")


@pytest.mark.parametrize("listens", [True, False])
def test_a_stream_ends_when_the_server_stops(listens: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "STREAM_STOP_SECONDS", 0.01)

    async def told() -> None:
        stream = Stream(listens=listens)
        served = Served(bind(Listen(port=0)), stream)
        reader, writer = await served.connect()
        writer.write(b"GET /_seatrial/x HTTP/1.1\r\n\r\n")
        assert (await reader.readuntil(b"one\r\n")).endswith(b"3\r\none\r\n")
        await asyncio.wait_for(served.stop(), PATIENCE_SECONDS)
        assert stream.told == ["begun", "ended"]
        assert await reader.read() == b""

    on_our_loop(told)


def test_an_answer_that_does_not_begin_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", 0.01)
    told: list[str] = []

    async def application(_scope: Scope, _receive: Receive, _send: Send) -> None:
        told.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    async def story() -> None:
        served = Served(bind(Listen(port=0)), application)
        _, writer = await served.connect()
        writer.write(b"GET /_seatrial/x HTTP/1.1\r\n\r\n")
        await until(lambda: told)
        await served.stop()
        assert told == ["begun", "ended"]

    on_our_loop(story)


def test_a_stream_ends_when_its_reader_leaves() -> None:
    async def told() -> None:
        stream = Stream(listens=True)
        served = Served(bind(Listen(port=0)), stream)
        reader, writer = await served.connect()
        writer.write(b"GET /_seatrial/x HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"one\r\n")
        writer.close()
        await until(lambda: len(stream.told) > 1)
        await served.stop()

    on_our_loop(told)


class Pouring:
    """An application that sends as fast as it may."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while self.sent < 1_000:
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
            self.sent += 1
        await send({"type": "http.response.body"})


def test_a_stream_that_nobody_reads_is_not_kept_in_memory() -> None:
    async def told() -> None:
        pouring = Pouring()
        served = Served(bind(Listen(port=0)), pouring)
        reader, writer = await served.connect()
        writer.write(b"GET /_seatrial/x HTTP/1.1\r\n\r\n")
        before = -1
        while before != pouring.sent:  # until the buffers of both systems are full
            before = pouring.sent
            await asyncio.sleep(0.05)
        assert 0 < pouring.sent < 500
        while pouring.sent < 1_000:
            await reader.read(1 << 20)
        await served.stop()

    on_our_loop(told)


class Failing:
    """A listening socket that fails before it takes somebody."""

    def __init__(self, listener: socket.socket, errors: list[int]) -> None:
        self._listener = listener
        self.errors = errors

    def fileno(self) -> int:
        return self._listener.fileno()

    def getsockname(self) -> object:
        return self._listener.getsockname()

    def close(self) -> None:
        self._listener.close()

    def accept(self) -> tuple[socket.socket, object]:
        if self.errors:
            number = self.errors.pop()
            raise OSError(number, errno.errorcode[number])
        return self._listener.accept()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EPROTO])
def test_where_nobody_can_be_taken_those_who_wait_are_taken_later(
    number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "PAUSE_SECONDS", 0.01)
    errors: list[int] = []

    async def story(served: Served) -> None:
        before = await served.connect()
        assert await answered(before)
        errors.extend([number] * 3)
        waiting = asyncio.ensure_future(served.connect())
        assert await answered(before)
        after = await waiting
        assert await answered(after)

    serving(story, lambda listener: Failing(listener, errors))
    assert not errors
    assert caplog.text.count("no further connections for now") == 1, "said once"


@pytest.fixture
def narrow() -> Iterator[tuple[str, int]]:
    """A server with few descriptors: where it listens."""
    limited = (
        f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}));"
        "sys.argv = ['seatrial', 'serve', '--memory', '--port', '0', '--json'];"
        "runpy.run_module('seatrial', run_name='__main__')"
    )
    with subprocess.Popen([sys.executable, "-c", limited], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = urlsplit(msgspec.json.decode(process.stdout.readline())["url"])
        yield str(url.hostname), int(url.port or 0)
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


def said_on(connection: socket.socket, path: str) -> bytes:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection.recv(65_536)


def test_when_descriptors_are_used_up_those_who_are_connected_are_served(narrow: tuple[str, int]) -> None:
    """By the store and the control API, too, which need some of their own; who comes then has a turn later."""
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(narrow, PATIENCE_SECONDS)) for _ in range(2 * DESCRIPTORS)
        ]
        for connection in connections[:20]:
            assert b"unixtime" in said_on(connection, "/0/public/Time")
            assert b'"balanced":true' in said_on(connection, "/_seatrial/v1/books")
        assert b"unixtime" in said_on(connections[0], "/0/public/Time")
        for connection in connections[:-1]:
            connection.close()
        assert b"unixtime" in said_on(connections[-1], "/0/public/Time")
