"""WebSockets over real connections: the handshake, what arrives broken, who does not read, and how they end."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from seatrial.client.kraken import KrakenClient
from seatrial.dialects.kraken.ws.coming import MAX_OPENED
from seatrial.server.connections.limits import MAX_MESSAGE_BYTES
from tests.support.running import RunningServer

PATIENCE_SECONDS = 60
HEAD = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
BOOK = {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 10}}
PING = b'{"method":"ping"}'


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """One for all attacks."""
    with RunningServer() as running:
        yield running
        assert "Traceback" not in running.log


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def told() -> None:
        await asyncio.wait_for(story(), PATIENCE_SECONDS)

    asyncio.run(told())


def opened(server: RunningServer, path: str = "/v2", **more: Any) -> connect:
    return connect(server.url.replace("http", "ws") + path, proxy=None, **more)


async def heard(connection: ClientConnection) -> dict[str, Any]:
    """The next frame that is no heartbeat."""
    while True:
        frame: dict[str, Any] = json.loads(await connection.recv())
        if frame.get("channel") != "heartbeat":
            return frame


async def several(connection: ClientConnection, count: int) -> list[dict[str, Any]]:
    """So many of them."""
    return [await heard(connection) for _ in range(count)]


def place(server: RunningServer) -> None:
    """Somebody's order rests."""
    with KrakenClient(server.url, server.demo.key, server.demo.secret, now_ns=lambda: 0) as client:
        order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "100", "volume": "0.5"}
        assert not client.call("AddOrder", order).errors


def raw(server: RunningServer, *parts: bytes, path: bytes = b"/v2", head: bytes = HEAD + KEY) -> bytes:
    """All that comes back for some bytes, until the server hangs up or is silent for a moment."""
    address = urlsplit(server.url)
    received = b""
    with socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % (path, head) + b"".join(parts))
        connection.settimeout(0.5)
        try:
            while data := connection.recv(65_536):
                received += data
        except (TimeoutError, ConnectionResetError):
            pass
    return received


def framed(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def test_what_came_right_behind_the_handshake_is_heard(server: RunningServer) -> None:
    answer = raw(server, framed(PING))
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
    assert b'"channel":"status"' in answer
    assert b'"method":"pong"' in answer


def test_a_socket_can_be_opened_behind_other_calls_of_a_connection(server: RunningServer) -> None:
    answer = raw(server, path=b"/0/public/Time HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v2")
    assert answer.count(b"HTTP/1.1 ") == 2
    assert b'"channel":"status"' in answer


@pytest.mark.parametrize(
    ("path", "head", "status"),
    [
        (b"/v2", HEAD, b"400"),
        (b"/v2", HEAD + b"Sec-WebSocket-Key: short\r\n", b"400"),
        (b"/v2", KEY + HEAD.replace(b"13", b"12"), b"400"),
        (b"/v3", HEAD + KEY, b"404"),
        (b"/v2", b"", b"426"),
        (b"/v2/private", HEAD + KEY + b"Content-Length: 0\r\n", b"426"),
        (b"/0/public/Time", HEAD + KEY, b"200"),
    ],
)
def test_what_opens_no_socket_is_answered_as_http(
    server: RunningServer, path: bytes, head: bytes, status: bytes
) -> None:
    assert raw(server, path=path, head=head + b"Content-Type: x\r\n").split(b" ", 2)[1] == status


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"x" * (MAX_MESSAGE_BYTES + 1), 1009),
        (b'"\xff\xfe"', 1007),
    ],
)
def test_what_no_message_may_be_closes_the_connection(server: RunningServer, message: bytes, code: int) -> None:
    answer = raw(server, framed(message))
    assert b"\x88" in answer
    assert code.to_bytes(2, "big") in answer.partition(b"\x88")[2]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([framed(b"binary", Opcode.BINARY)], 1003),
        ([framed(b"more", Opcode.CONT)], 1002),
        ([framed(b"a", fin=False), framed(b"b")], 1002),
        ([Frame(Opcode.TEXT, b"unmasked").serialize(mask=False)], 1002),
        ([b"\x89\xfe\x00\x7e" + bytes(130)], 1002),
        ([b"\xc1\x80" + bytes(4)], 1002),
        ([b"\x83\x80" + bytes(4)], 1002),
        ([b"\x09\x80" + bytes(4)], 1002),
        ([b"\x88\x81" + bytes(5)], 1002),
        ([framed((1005).to_bytes(2, "big"), Opcode.CLOSE)], 1002),
        ([framed((1000).to_bytes(2, "big"), Opcode.CLOSE)], 1000),
        ([framed(b"x" * 1000, fin=False)] + [framed(b"x" * 1000, Opcode.CONT, fin=False)] * 140, 1009),
    ],
    ids=[
        "binary",
        "no beginning",
        "no end",
        "unmasked",
        "a long ping",
        "a reserved bit",
        "a reserved opcode",
        "a ping in fragments",
        "half a code",
        "no code",
        "a close",
        "long in fragments",
    ],
)
def test_broken_frames_close_the_connection(server: RunningServer, parts: list[bytes], code: int) -> None:
    answer = raw(server, *parts)
    assert b"\x88" in answer
    assert code.to_bytes(2, "big") in answer.partition(b"\x88")[2]


def test_a_message_may_come_in_fragments_with_pings_between(server: RunningServer) -> None:
    answer = raw(
        server, framed(PING[:5], fin=False), framed(b"", Opcode.CONT, fin=False), framed(b"there?", Opcode.PING),
        framed(PING[5:], Opcode.CONT),
    )  # fmt: skip
    assert b"there?" in answer
    assert b'"method":"pong"' in answer


def test_who_goes_without_a_word_leaves_nothing_behind(server: RunningServer) -> None:
    for _ in range(3):
        raw(server, framed(json.dumps(BOOK).encode())[:-3])

    async def story() -> None:
        async with opened(server) as connection:
            await heard(connection)
            await connection.send(PING.decode())
            assert (await heard(connection))["method"] == "pong"

    run(story)


def test_who_does_not_read_is_cut_off_and_holds_up_nobody(server: RunningServer) -> None:
    address, times = urlsplit(server.url), 490
    asks = b"".join(
        framed(json.dumps({"method": method, "params": {"channel": "instrument"}}).encode())
        for _ in range(times)
        for method in ("subscribe", "unsubscribe")
    )

    async def story() -> None:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((address.hostname, address.port))
            slow.sendall(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % (HEAD + KEY) + asks)
            async with opened(server) as quick:
                await heard(quick)
                for _ in range(20):
                    await quick.send(PING.decode())
                    assert (await heard(quick))["method"] == "pong"
            assert all_of(slow) < times * 30_000 // 2

    run(story)


def all_of(connection: socket.socket) -> int:
    """How many bytes come until it ends, which must be soon."""
    connection.settimeout(PATIENCE_SECONDS / 3)
    received = 0
    with suppress(ConnectionResetError):
        while data := connection.recv(1 << 20):
            received += len(data)
    return received


def test_a_path_without_a_socket_is_refused(server: RunningServer) -> None:
    async def story() -> None:
        with pytest.raises(InvalidStatus):
            async with opened(server, "/v1"):
                pass

    run(story)


def test_a_thousand_bits_of_nonsense_change_nothing(server: RunningServer) -> None:
    async def story() -> None:
        async with opened(server) as connection:
            await heard(connection)
            odd: tuple[Any, ...] = (
                None,
                7,
                "x",
                [],
                {},
                [[]],
                {"method": "subscribe"},
                {"method": {}, "req_id": 10**30},
            )
            for number in range(400):
                await connection.send(json.dumps(odd[number % len(odd)]))
                assert (await heard(connection))["success"] is False

    run(story)


def test_hundreds_of_sessions_are_told_the_same_and_let_go_when_the_server_stops() -> None:
    async def story(server: RunningServer) -> None:
        connections = await asyncio.gather(*(opened(server) for _ in range(300)))
        for connection in connections:
            await connection.send(json.dumps(BOOK))
        for connection in connections:
            assert [frame.get("channel") for frame in await several(connection, 3)] == ["status", None, "book"]
        await asyncio.to_thread(place, server)
        told = {json.dumps(await heard(connection)) for connection in connections}
        assert len(told) == 1
        assert '"qty": 0.5' in told.pop()
        await asyncio.to_thread(server.interrupt)
        for connection in connections:
            await connection.wait_closed()
            assert connection.close_code == 1001

    with RunningServer() as server:
        run(lambda: story(server))
        assert "Traceback" not in server.log


def test_who_opens_too_many_sockets_is_refused_before_any_where_that_is_counted() -> None:
    async def story(url: str) -> None:
        for _ in range(MAX_OPENED):
            async with connect(url, proxy=None):
                pass
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, proxy=None)
        assert refused.value.response.status_code == 429

    with RunningServer(None, "--count-connections") as counting:
        run(lambda: story(counting.url.replace("http", "ws") + "/v2"))
