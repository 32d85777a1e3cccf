"""What arrives broken, huge or bent: an answer or a closed connection, nothing changed, and the server lives."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.server.connections.limits import MAX_BODY_BYTES
from seatrial.server.control.context import Operation
from seatrial.server.control.operations import OPERATIONS
from tests.support.inside import PREFIX, Inside
from tests.support.running import RunningServer
from tests.support.signed_calls import SignedCall, Signer
from tests.support.venue_client import VenueClient

PATIENCE_SECONDS = 30
HEAD = "Host: localhost\r\n"


class Target:
    """A running server, and a look at all that an attack could have changed."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        account = server.tell("/accounts", name="ann", balances={"USD": "100000"}, rate_limits=False)
        self.signer = Signer(account["key"], account["secret"])

    def seen(self) -> list[object]:
        """The books, the accounts, the transfers and the open orders."""
        with VenueClient(self.server.url, self.signer) as client:
            views = [self.server.ask(path) for path in ("/books", "/accounts", "/funding")]
            return [*views, client.call("OpenOrders")]

    def send(self, *parts: bytes, shut: bool = False) -> bytes:
        """Everything that comes back for some bytes; `shut` says that no more will follow."""
        address = urlsplit(self.server.url)
        with socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                if shut:
                    connection.shutdown(socket.SHUT_WR)
            except (ConnectionResetError, BrokenPipeError):
                pass  # it hung up before it had read all
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the other side hangs up."""
    received = b""
    try:
        while data := connection.recv(65_536):
            received += data
    except ConnectionResetError:
        pass
    return received


def statuses(received: bytes) -> list[int]:
    """The status of each response."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


@pytest.fixture(scope="module")
def running() -> Iterator[Target]:
    """One server for all attacks, with an order in its book."""
    with RunningServer() as server:
        target = Target(server)
        with VenueClient(server.url, target.signer) as client:
            client.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=1, volume=1)
        yield target


@pytest.fixture
def target(running: Target) -> Iterator[Target]:
    """The server; after the attack it lives, nothing of it changed, and it has met no bug."""
    before = running.seen()
    yield running
    assert running.seen() == before
    assert "Traceback" not in running.server.log
    assert running.server.process.poll() is None


def get(path: str, headers: str = HEAD) -> bytes:
    """A GET that ends its connection."""
    return f"GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode("latin-1")


MALFORMED = {
    "noise": b"\x00\x01\x02\x03\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "no version": b"GET /0/public/Time\r\n\r\n",
    "an unknown version": b"GET /0/public/Time HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "an unknown verb": b"FROBNICATE /0/public/Time HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the path": b"GET /0/public/Time now HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes of no ASCII in the path": b"GET /0/public/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header without a colon": b"GET /0/public/Time HTTP/1.1\r\nHost\r\n\r\n",
    "a space before the colon": b"GET /0/public/Time HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a negative length": b"POST /0/private/Balance HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "a length of letters": b"POST /0/private/Balance HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
    "a length beyond all bounds": b"POST /0/private/Balance HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    "two lengths": b"POST /0/private/Balance HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "a length and chunks": (
        b"POST /0/private/Balance HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "a chunk of no size": b"POST /0/private/Balance HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "an empty line in the headers": b"GET /0/public/Time HTTP/1.1\r\nA: b\r\n c\r\n\x00\r\n\r\n",
    "a host without a path": b"GET http://localhost HTTP/1.1\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tunnel": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("attack", MALFORMED.values(), ids=MALFORMED)
def test_malformed_http_is_a_400_or_a_closed_door(attack: bytes, target: Target) -> None:
    assert set(statuses(target.send(attack, shut=True))) <= {200, 400, 404, 405}


PATHS = [
    "/0/private/../public/Time",
    "/0/public/%2e%2e/private/Balance",
    "/0/public/./Time",
    "//0/public/Time",
    "/0//public/Time",
    "/0/public//Time",
    "/0/public/Time/",
    "/0/public/Time%00",
    "/0/public/time",
    "/0/public/Tim%65%20",
    "/0/public/%ff%fe",
    "/0/public/%zz",
    "/0/public/" + "A" * 60_000,
    "/0/" + "../" * 500,
    "/0/public/Time;x=1",
    "/0/private/%41ddOrder%3f",
    "/_seatrial/../0/private/Balance",
    "/_seatrial/v1/../../0/public/Time",
    "/%5fseatrial/v1/funding/%2e%2e",
    "/_seatrial/v1/accounts/" + "9" * 5_000,
    "/_seatrial/v1/accounts//keys",
    "/_seatrial/v1/%00",
    "\\0\\public\\Time",
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_a_bent_path_leads_nowhere(path: str, target: Target) -> None:
    received = target.send(get(path))
    (status,) = statuses(received)
    assert status in {200, 400, 404, 405}
    assert b"unixtime" not in received
    if status == 200:
        assert b'{"error":["EGeneral:Unknown method"]}' in received


def test_a_path_spelled_in_percents_is_the_path(target: Target) -> None:
    assert b"unixtime" in target.send(get("/0/public/%54ime"))
    assert b"unixtime" in target.send(get("http://elsewhere.example/0/public/Time"))


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"])
@pytest.mark.parametrize("path", ["/0/private/Balance", "/0/private/CancelAll"])
def test_a_private_method_takes_post_alone(verb: str, path: str, target: Target) -> None:
    received = target.send(f"{verb} {path} HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode())
    assert statuses(received) == [405]


def test_huge_headers_do_no_harm(target: Target) -> None:
    big = target.send(get("/0/public/Time", f"{HEAD}X-Big: {'x' * 1_000_000}\r\n"))
    many = target.send(get("/0/public/Time", HEAD + "".join(f"X-{n}: {n}\r\n" for n in range(20_000))))
    assert {*statuses(big), *statuses(many)} <= {200, 400, 431}


def forge(target: Target, **changes: Any) -> SignedCall:
    """A well-signed call, changed after it was signed."""
    call = target.signer.call("CancelAll")
    return call._replace(**changes)


HEADERS = {
    "an unknown key": {"API-Key": "nobody", "API-Sign": "c2lnbg=="},
    "no key": {"API-Sign": "c2lnbg=="},
    "a key of no ASCII": {"API-Key": "\xe9\xff", "API-Sign": "c2lnbg=="},
    "a signature of no base64": {"API-Sign": "!!!"},
    "a signature of no ASCII": {"API-Sign": "\xff\xfe"},
    "an empty signature": {"API-Sign": ""},
    "a huge signature": {"API-Sign": "A" * 50_000},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_forged_headers_are_refused(headers: dict[str, str], target: Target) -> None:
    call = target.signer.call("CancelAll")
    kept = {"Connection": "close", **call.headers} if "no key" not in headers else {}
    text = call._replace(headers={**kept, **headers}).raw().decode().encode("latin-1")
    (status,) = statuses(received := target.send(text))
    assert status == 200
    assert b"EAPI:Invalid key" in received or b"EAPI:Invalid signature" in received


BODIES = {
    "nothing": b"",
    "no nonce": b"pair=XBTUSD",
    "broken UTF-8": b"nonce=1&pair=\xff\xfe",
    "broken percents": b"nonce=1&pair=%zz%",
    "a lone surrogate": b"nonce=1&pair=%ED%A0%80",
    "a zero byte": b"nonce=1&pair=%00",
    "broken JSON": b'{"nonce": 1, "pair": ',
    "deep JSON": b'{"nonce": 1, "x": ' + b"[" * 100_000,
    "many fields": b"nonce=1&" + b"&".join(b"f%d=1" % number for number in range(20_000)),
    "many indexes": b"nonce=1&" + b"&".join(b"orders[%d][volume]=1" % number for number in range(5_000)),
    "a huge number": b"nonce=" + b"9" * 100_000,
    "a negative nonce": b"nonce=-1",
    "a nonce of other digits": "nonce=\u0661".encode(),
    "the nonce twice": b"nonce=1&nonce=2",
}


@pytest.mark.parametrize("json", [False, True], ids=["form", "json"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_signed_body_of_nonsense_is_refused(body: bytes, json: bool, target: Target) -> None:
    for nonce in ("1", ""):
        call = target.signer.signed("/0/private/AddOrder", nonce, body)
        kind = {"Content-Type": "application/json"} if json else {}
        received = target.send(call._replace(headers={**call.headers, **kind, "Connection": "close"}).raw())
        assert statuses(received) == [200]
        assert b'{"error":["E' in received


def test_a_chunked_body_is_a_body(target: Target) -> None:
    call = target.signer.call("Balance")
    head = call._replace(
        body=b"", headers={**call.headers, "Transfer-Encoding": "chunked", "Connection": "close"}
    ).raw()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in call.body)
    received = target.send(head.replace(b"Content-Length: 0\r\n", b""), chunks, b"0\r\n\r\n")
    assert b'"ZUSD":"100000.0000"' in received


def test_a_body_that_ends_early_spends_no_nonce(target: Target) -> None:
    call = target.signer.call("Balance")
    assert target.send(call.raw()[:-5], shut=True) == b""
    with VenueClient(target.server.url, target.signer) as client:
        assert "ZUSD" in client.send(call)["result"]


@pytest.mark.parametrize("path", ["/0/private/AddOrder", "/0/public/Time", f"{PREFIX}/accounts"])
def test_a_body_too_large_is_refused_whether_it_says_so_or_not(path: str, target: Target) -> None:
    head = f"POST {path} HTTP/1.1\r\n{HEAD}Connection: close\r\n"
    size = MAX_BODY_BYTES + 1
    announced = target.send(f"{head}Content-Length: {size}\r\n\r\n".encode(), b"x" * size)
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    chunked = target.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), *[chunk] * 17, b"0\r\n\r\n")
    for received in (announced, chunked):
        assert statuses(received) in ([200], [405], [413])
        assert b"EAPI:Bad request" in received or b"a body of more than" in received


def test_requests_sent_at_once_are_answered_in_order(target: Target) -> None:
    methods = ["Balance", "OpenOrders", "TradeBalance"] * 7
    calls = [target.signer.call(method) for method in methods]
    calls[-1].headers["Connection"] = "close"
    received = target.send(*(call.raw() for call in calls))
    marks = {"Balance": b'"ZUSD"', "OpenOrders": b'"open"', "TradeBalance": b'"eb"'}
    answers = received.split(b"HTTP/1.1 200 OK")[1:]
    assert [mark for answer in answers for mark in marks.values() if mark in answer] == [marks[m] for m in methods]


def test_the_same_request_sent_at_once_on_many_connections_counts_once(target: Target) -> None:
    call = target.signer.call("Balance")
    call = call._replace(headers={**call.headers, "Connection": "close"})
    address = urlsplit(target.server.url)
    connections = [socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) for _ in range(20)]
    for connection in connections:
        connection.sendall(call.raw())
    received = [read_all(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert sum(b'"ZUSD"' in answer for answer in received) == 1
    assert sum(b"EAPI:Invalid nonce" in answer for answer in received) == 19


def test_one_request_hidden_in_another_is_no_request(target: Target) -> None:
    hidden = target.signer.call("CancelAll").raw()
    head = f"POST /0/public/Time HTTP/1.1\r\n{HEAD}Connection: close\r\nContent-Length: {len(hidden)}\r\n\r\n".encode()
    assert statuses(target.send(head + hidden)) == [405]


def test_a_slow_caller_keeps_nobody_waiting(target: Target) -> None:
    address = urlsplit(target.server.url)
    slow = [socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"POST /0/private/Balance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nnon")
    assert b"unixtime" in target.send(get("/0/public/Time"))
    for connection in slow:
        connection.close()


def test_callers_who_hang_up_at_once_do_no_harm(target: Target) -> None:
    address = urlsplit(target.server.url)
    calls = [target.signer.call("Balance") for _ in range(20)]
    for call in calls:
        with socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) as connection:
            connection.sendall(call.raw())
    with VenueClient(target.server.url, target.signer) as client:
        assert "ZUSD" in client.call("Balance")
        assert {client.error(call) for call in calls} == {"EAPI:Invalid nonce"}


def test_an_upgrade_is_not_made(target: Target) -> None:
    upgrade = (
        f"{HEAD}Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\n\r\n"
    )
    received = target.send(f"GET /0/public/Time HTTP/1.1\r\n{upgrade}".encode(), shut=True)
    assert set(statuses(received)) <= {200, 400}


def test_a_name_in_the_control_api_is_no_address_of_a_page(target: Target) -> None:
    """A page's form can send what looks like JSON; its origin gives it away."""
    body = b'{"name": "mallory"}'
    head = (
        f"POST {PREFIX}/accounts HTTP/1.1\r\n{HEAD}Origin: https://evil.example\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    assert statuses(target.send(head.encode() + body)) == [403]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
FIELDS = sorted({name for op in OPERATIONS if op.body for name in op.body.__struct_fields__})
TEXTS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "-1",
        "XBT",
        "USD",
        "demo",
        "1e9",
        "NaN",
        "9" * 30,
        "2100-01-01",
        "0001-01-01T00:00+23:59",
        "Success",
    ]
)


def test_no_json_makes_the_control_api_fail() -> None:
    async def begin() -> Inside:
        return Inside()

    async def attack(server: Inside, op: Operation, body: dict[str, object], number: str) -> None:
        wanted = {name: body[name] for name in op.body.__struct_fields__ if name in body}
        path = PREFIX + op.path.replace("{id}", number).replace("{refid}", "none")
        for form in (body, wanted):
            answer = await server.ask(op.verb, path, msgspec.json.encode(form))
            assert answer.status < 500, answer
            assert answer.status < 300 or answer.problem
        assert (await server.get("/books")).json["balanced"]

    with asyncio.Runner() as runner:
        server = runner.run(begin())

        @settings(max_examples=500)
        @given(
            st.sampled_from([op for op in OPERATIONS if op.body]),
            st.dictionaries(st.sampled_from(FIELDS), TEXTS | JSON, max_size=6),
            st.sampled_from(["1", "demo", "2", "0"]),
        )
        def attacks(op: Operation, body: dict[str, object], number: str) -> None:
            runner.run(attack(server, op, body, number))

        attacks()
        runner.run(server.world.stop())
