"""Who may use the control API: this machine, or whoever shows the token; never a web page."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from seatrial.cli.main import app
from tests.support.inside import HERE, PREFIX, Answer, Inside, inside
from tests.support.running import RunningServer

TOKEN = "a token that nobody guesses"
CALLS = [("GET", "/accounts"), ("POST", "/accounts"), ("POST", "/clock"), ("GET", "/../openapi.json")]
ANOTHER_HOST = "the call names another host: call 127.0.0.1 or localhost, or start the server with --token"


def knock(
    verb: str, path: str, headers: list[tuple[str, str]], *, client: str = "127.0.0.1", token: str | None = None
) -> Answer:
    """The answer to a request from somewhere; when it was refused, nothing may have changed."""

    async def story(server: Inside) -> Answer:
        before = server.machine.fingerprint()
        where = "/_seatrial/openapi.json" if path.endswith("openapi.json") else PREFIX + path
        answer = await server.ask(verb, where, headers=headers, client=client)
        assert answer.status < 400 or server.machine.fingerprint() == before
        return answer

    return inside(story, token=token)


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8790", "localhost", "LOCALHOST:1", "[::1]:8790", "127.1.2.3"])
def test_this_machine_may_come_in(client: str, host: str) -> None:
    assert knock("GET", "/accounts", [("host", host)], client=client).status == 200


@pytest.mark.parametrize("client", ["192.0.2.1", "10.0.0.1", "::", "2001:db8::1", "::ffff:192.0.2.1", ""])
@pytest.mark.parametrize(("verb", "path"), CALLS)
def test_another_machine_may_not(client: str, verb: str, path: str) -> None:
    status, detail = knock(verb, path, list(HERE), client=client).problem
    assert (status, detail) == (403, "only this machine may call this: start the server with --token")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8790", "", "[", "[::1", "a]b"],
)
@pytest.mark.parametrize(("verb", "path"), CALLS)
def test_a_name_that_was_bent_to_this_machine_may_not(host: str, verb: str, path: str) -> None:
    """A page of evil.example can make its own name resolve to a loopback address."""
    status, detail = knock(verb, path, [("host", host)]).problem
    assert (status, detail) == (403, ANOTHER_HOST)


def test_a_request_without_a_host_may_not() -> None:
    assert knock("GET", "/accounts", []).problem[0] == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost.evil.example", "null", "", "file://", "http://[", "localhost"]
)
@pytest.mark.parametrize(("verb", "path"), CALLS)
def test_a_page_of_another_site_may_not(origin: str, verb: str, path: str) -> None:
    status, detail = knock(verb, path, [*HERE, ("origin", origin)]).problem
    assert (status, detail) == (403, "a page of another site may not call this: call it from a program")


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8790"])
def test_a_page_of_this_machine_may(origin: str) -> None:
    assert knock("GET", "/accounts", [*HERE, ("origin", origin)]).status == 200


MARKS = [
    ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "localhost"), ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Anything", ""), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 gate"), ("X-Real-IP", "127.0.0.1"),
    ("CF-Connecting-IP", "203.0.113.7"), ("True-Client-IP", "203.0.113.7"), ("CDN-Loop", "gate"),
    ("X-Envoy-External-Address", "203.0.113.7"), ("Fastly-Client-IP", "203.0.113.7"),
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS, ids=[name for name, _ in MARKS])
@pytest.mark.parametrize(("verb", "path"), CALLS)
def test_a_call_that_a_proxy_on_this_machine_passed_on_may_not(mark: tuple[str, str], verb: str, path: str) -> None:
    status, detail = knock(verb, path, [*HERE, mark]).problem
    says = f"only this machine may call this, and the header {mark[0].lower()} says that a proxy passes the call on"
    assert (status, detail) == (403, f"{says}: start the server with --token")


def test_a_call_in_the_version_of_http_that_proxies_speak_may_not(running: RunningServer) -> None:
    head = "GET /_seatrial/v1/health HTTP/%s\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert said_to(running, head % "1.1").startswith(b"HTTP/1.1 200 ")
    refused = said_to(running, head % "1.0")
    assert refused.startswith(b"HTTP/1.1 403 ")
    assert b"HTTP/1.0 says that a proxy passes the call on" in refused
    assert said_to(running, "GET /0/public/Time HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_token_behind_the_body_is_none() -> None:
    with RunningServer(None, "--token", TOKEN) as guarded:
        shown = f"Authorization: Bearer {TOKEN}\r\n"
        head = "GET /_seatrial/v1/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}Transfer-Encoding: chunked\r\n"
        assert said_to(guarded, head.format(shown) + "\r\n0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        assert said_to(guarded, head.format("") + f"\r\n0\r\n{shown}\r\n").startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    "headers",
    [
        [*HERE, ("host", "evil.example")],
        [("host", "evil.example"), *HERE],
        [*HERE, ("origin", "http://localhost"), ("origin", "https://evil.example")],
    ],
)
def test_a_header_that_is_said_twice_hides_nothing(headers: list[tuple[str, str]]) -> None:
    assert knock("GET", "/accounts", headers).problem[0] == 403


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    """A server with a socket."""
    with RunningServer() as server:
        yield server


def said_to(server: RunningServer, request: str) -> bytes:
    """All that comes back until the connection is closed."""
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=30) as wire:
        wire.sendall(request.encode())
        return b"".join(iter(lambda: wire.recv(65_536), b""))


def test_whoever_shows_the_token_comes_in_from_anywhere() -> None:
    headers = [("host", "exchange.example"), ("authorization", f"Bearer {TOKEN}")]
    assert knock("GET", "/accounts", headers, client="192.0.2.1", token=TOKEN).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", TOKEN)],
        [("authorization", f"bearer {TOKEN}")],
        [("authorization", f"Bearer {TOKEN}x")],
        [("authorization", f"Bearer {TOKEN[:-1]}")],
        [("authorization", "Bearer \xff\xfe")],
    ],
)
@pytest.mark.parametrize("client", ["127.0.0.1", "192.0.2.1"])
@pytest.mark.parametrize(("verb", "path"), CALLS)
def test_with_a_token_set_nobody_comes_in_without_it(
    headers: list[tuple[str, str]], client: str, verb: str, path: str
) -> None:
    status, detail = knock(verb, path, [*HERE, *headers], client=client, token=TOKEN).problem
    assert (status, detail) == (401, "this server wants its token: send the header Authorization: Bearer TOKEN")
    assert TOKEN not in detail


@pytest.mark.parametrize("token", ["", "Ünsichtbar geheim"])
def test_a_token_is_compared_byte_by_byte_and_an_empty_one_lets_nobody_in(token: str) -> None:
    shown = f"Bearer {token}".encode().decode("latin-1")
    for given in ([], [("authorization", shown)], [("authorization", "Bearer ")]):
        answer = knock("GET", "/accounts", [*HERE, *given], token=token)
        assert (answer.status == 200) is (bool(token) and given == [("authorization", shown)])


def test_a_token_is_shown_once() -> None:
    shown = ("authorization", f"Bearer {TOKEN}")
    assert knock("GET", "/accounts", [*HERE, shown, ("authorization", "Bearer x")], token=TOKEN).status == 401


@pytest.mark.parametrize("token", ["", " ", " x", "x ", "x\ny", "\x7f"])
def test_a_server_does_not_start_with_a_token_that_nobody_could_show(token: str) -> None:
    ended = CliRunner().invoke(app, ["serve", "--memory", "--port", "0", "--token", token])
    assert ended.exit_code == 2
    assert "token" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_the_venues_paths_are_open_to_all() -> None:
    async def story(server: Inside) -> None:
        answer = await server.ask("GET", "/0/public/Time", headers=[("host", "evil.example")], client="192.0.2.1")
        assert answer.result["unixtime"]

    inside(story, token=TOKEN)
