"""The client against a venue on a real socket, which checks the signature by the documented formula itself."""

import base64
import hashlib
import hmac
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import Struct

from seatrial.client.kraken import (
    ATTEMPTS,
    KrakenClient,
    NoAnswerError,
    NotKrakenError,
)
from seatrial.client.transport import UrlError
from seatrial.dialects.kraken.auth import SecretError
from seatrial.dialects.kraken.methods import Arguments, MethodNameError, is_public, path_of

SECRET = base64.b64encode(b"a secret of the tests, not of anyone else").decode()
NOW_NS = 1_790_812_345_678_901_234
OK = (200, b'{"error":[],"result":{"answered":true}}')
HTML = (503, b"<html>bad gateway</html>")
HANG_UP = (0, b"")


class Seen(Struct):
    """One request as it arrived."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What the body holds."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def nonce(self) -> int:
        """The nonce that came."""
        return int(dict(self.fields)["nonce"])


class Venue(ThreadingHTTPServer):
    """Gives its answers in turn, the last one for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = [OK]
        self.seen: list[Seen] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Writes down what came, and refuses a wrong signature."""

    server: Venue

    def do_GET(self) -> None:
        """Answer any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append(Seen(self.path, headers, body))
        answers = self.server.answers
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        if self.command == "POST" and not is_signed(self.server.seen[-1]):
            status, content = 200, b'{"error":["EAPI:Invalid signature"]}'
        if status:
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if content.startswith(b"<") else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - as inherited

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        """Stay silent."""


def is_signed(seen: Seen) -> bool:
    """The formula of the documentation, from the bytes that arrived."""
    inner = hashlib.sha256(dict(seen.fields)["nonce"].encode() + seen.body).digest()
    proof = hmac.new(base64.b64decode(SECRET), seen.target.encode() + inner, hashlib.sha512).digest()
    return seen.headers["api-sign"] == base64.b64encode(proof).decode()


@pytest.fixture
def venue() -> Iterator[Venue]:
    """A venue that listens."""
    with Venue() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Pauses(list[float]):
    """Waits for nothing and remembers how long it should have."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client_of(url: str, key: str = "", secret: str = SECRET, now_ns: int = NOW_NS) -> KrakenClient:
    """A client whose clock stands still and that never really waits."""
    return KrakenClient(url, key, secret, now_ns=lambda: now_ns, pause=Pauses())


def test_a_public_method_is_a_get_with_a_query_and_no_key(venue: Venue) -> None:
    with client_of(venue.url, "public-key") as client:
        reply = client.call("Ticker", {"pair": "XBT/USD,ETHUSD"})
    assert reply.result == {"answered": True}
    assert not reply.refused
    (seen,) = venue.seen
    assert seen.target == "/0/public/Ticker?pair=XBT%2FUSD%2CETHUSD"
    assert "api-key" not in seen.headers
    assert "api-sign" not in seen.headers


def test_a_public_method_without_arguments_has_no_query(venue: Venue) -> None:
    with client_of(venue.url) as client:
        client.call("Time")
    assert venue.seen[0].target == "/0/public/Time"


def test_every_call_says_who_is_calling(venue: Venue) -> None:
    with client_of(venue.url) as client:
        client.call("Time")
        client.call("Balance")
    assert all(seen.headers["user-agent"].startswith("seatrial/") for seen in venue.seen)


def test_a_private_method_is_a_signed_form(venue: Venue) -> None:
    with client_of(venue.url, "public-key") as client:
        reply = client.call("AddOrder", {"pair": "xdgusd", "price": "+5%", "close[price]": "0.1", "note": "ä b"})
    assert reply.errors == ()
    (seen,) = venue.seen
    assert seen.target == "/0/private/AddOrder"
    assert seen.headers["api-key"] == "public-key"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.fields[1:] == [("pair", "xdgusd"), ("price", "+5%"), ("close[price]", "0.1"), ("note", "ä b")]


def test_a_name_may_come_again(venue: Venue) -> None:
    with client_of(venue.url, "public-key") as client:
        client.call("CancelOrderBatch", [("orders", "A"), ("orders", "B")])
    assert venue.seen[0].fields[1:] == [("orders", "A"), ("orders", "B")]


def test_another_private_key_is_refused(venue: Venue) -> None:
    with client_of(venue.url, "public-key", base64.b64encode(b"another").decode()) as client:
        reply = client.call("Balance")
    assert reply.errors == ("EAPI:Invalid signature",)
    assert reply.refused


def test_a_base_url_may_end_with_a_slash(venue: Venue) -> None:
    with client_of(venue.url + "/") as client:
        client.call("Earn/Strategies")
    assert venue.seen[0].target == "/0/private/Earn/Strategies"


def test_the_nonce_is_the_time_in_milliseconds_and_always_grows(venue: Venue) -> None:
    with client_of(venue.url, "stopped clock") as client:
        for _ in range(3):
            client.call("Balance")
    first = NOW_NS // 1_000_000
    assert [seen.nonce for seen in venue.seen] == [first, first + 1, first + 2]


def test_clients_of_one_key_share_its_nonces_even_when_the_clock_goes_back(venue: Venue) -> None:
    for now_ns in (NOW_NS, NOW_NS, NOW_NS - 10**12):
        with client_of(venue.url, "shared key", now_ns=now_ns) as client:
            client.call("Balance")
    nonces = [seen.nonce for seen in venue.seen]
    assert nonces == sorted(set(nonces))
    with client_of(venue.url, "other key") as client:
        client.call("Balance")
    assert venue.seen[-1].nonce == NOW_NS // 1_000_000


@pytest.mark.parametrize("arguments", [{"asset": "XBT", "nonce": "5"}, [("asset", "XBT"), ("nonce", "5")]])
def test_a_nonce_among_the_arguments_is_the_one_that_is_signed_and_sent(venue: Venue, arguments: Arguments) -> None:
    with client_of(venue.url, "public-key") as client:
        assert not client.call("TradeBalance", arguments).refused
    assert venue.seen[0].fields == [("asset", "XBT"), ("nonce", "5")]


def test_a_refusal_is_a_value(venue: Venue) -> None:
    venue.answers = [(200, b'{"error":["EOrder:Insufficient funds"]}')]
    with client_of(venue.url) as client:
        reply = client.call("AddOrder")
    assert (reply.errors, reply.result, reply.refused) == (("EOrder:Insufficient funds",), None, True)


def test_a_warning_beside_a_result_is_no_refusal(venue: Venue) -> None:
    venue.answers = [(200, b'{"error":["WDatabase:No change"],"result":{"count":0}}')]
    with client_of(venue.url) as client:
        reply = client.call("CancelAll")
    assert (reply.result, reply.refused) == ({"count": 0}, False)


def test_a_refusal_counts_whatever_the_http_status(venue: Venue) -> None:
    venue.answers = [(405, b'{"error":["EGeneral:Unknown method"]}')]
    with client_of(venue.url) as client:
        assert client.call("Time").errors == ("EGeneral:Unknown method",)


def test_the_body_is_kept_as_it_came(venue: Venue) -> None:
    body = b'{"error":[],"result":{"opentm":1629618802.9810,"n":12345678901234567890123}}\n'
    venue.answers = [(200, body)]
    with client_of(venue.url) as client:
        assert client.call("OpenOrders").body == body


@pytest.mark.parametrize("stumble", [HTML, HANG_UP], ids=["503", "hang-up"])
def test_a_public_call_is_tried_again_when_the_venue_stumbles(venue: Venue, stumble: tuple[int, bytes]) -> None:
    venue.answers = [stumble, stumble, OK]
    pauses = Pauses()
    with KrakenClient(venue.url, now_ns=lambda: NOW_NS, pause=pauses) as client:
        assert client.call("Time").result == {"answered": True}
    assert len(venue.seen) == 3
    assert pauses == sorted(pauses) != []


def test_a_public_call_is_not_tried_for_ever(venue: Venue) -> None:
    venue.answers = [HTML]
    with client_of(venue.url) as client, pytest.raises(NotKrakenError, match="HTTP 503"):
        client.call("Time")
    assert len(venue.seen) == ATTEMPTS
    venue.answers = [HANG_UP]
    with client_of(venue.url) as client, pytest.raises(NoAnswerError):
        client.call("Time")
    assert len(venue.seen) == 2 * ATTEMPTS


def test_an_order_is_sent_once_even_when_the_answer_is_lost(venue: Venue) -> None:
    venue.answers = [HANG_UP]
    with client_of(venue.url) as client, pytest.raises(NoAnswerError) as lost:
        client.call("AddOrder", {"volume": "1"})
    assert lost.value.reached
    assert len(venue.seen) == 1


def test_an_order_is_sent_once_even_when_the_gateway_fails(venue: Venue) -> None:
    venue.answers = [HTML]
    with client_of(venue.url) as client, pytest.raises(NotKrakenError, match="HTTP 503"):
        client.call("AddOrder", {"volume": "1"})
    assert len(venue.seen) == 1


def test_an_order_does_not_follow_a_redirect(venue: Venue) -> None:
    venue.answers = [(307, b"<html>moved</html>"), OK]
    with client_of(venue.url) as client, pytest.raises(NotKrakenError, match="HTTP 307"):
        client.call("AddOrder", {"volume": "1"})
    assert len(venue.seen) == 1


@pytest.mark.parametrize("method", ["Time", "Balance"])
def test_where_nobody_listens_there_is_no_waiting(method: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        pauses = Pauses()
        with KrakenClient(url, now_ns=lambda: NOW_NS, pause=pauses) as client, pytest.raises(NoAnswerError) as refused:
            client.call(method)
    assert not refused.value.reached
    assert url in str(refused.value)
    assert pauses == []


@pytest.mark.parametrize(
    "content",
    [b"<html>403</html>", b"", b"[]", b'{"result":{}}', b'{"error":"EAPI"}', b'{"error":[5]}', b'{"error":[]', b"\xff"],
)
def test_what_is_no_envelope_is_not_kraken(venue: Venue, content: bytes) -> None:
    venue.answers = [(403, content)]
    with client_of(venue.url) as client, pytest.raises(NotKrakenError, match="HTTP 403"):
        client.call("Time")


def test_a_proxy_of_the_environment_is_not_used_on_this_machine(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for url in (venue.url, f"http://localhost:{venue.server_port}"):
        with client_of(url) as client:
            assert not client.call("Time").refused


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("Time", "/0/public/Time"),
        ("AssetPairs", "/0/public/AssetPairs"),
        ("Balance", "/0/private/Balance"),
        ("Level3", "/0/private/Level3"),
        ("Earn/Allocate", "/0/private/Earn/Allocate"),
    ],
)
def test_a_method_has_one_path(method: str, path: str) -> None:
    assert path_of(method) == path
    assert is_public(method) == path.startswith("/0/public/")


@pytest.mark.parametrize(
    "name", ["", "/", "Earn/", "/0/private/Balance", "../Balance", "Time?a=1", "A/B/C", "\uff34ime", "A\n"]
)
def test_what_cannot_be_a_method_is_not_called(venue: Venue, name: str) -> None:
    with client_of(venue.url) as client, pytest.raises(MethodNameError):
        client.call(name)
    assert venue.seen == []


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8790", "ftp://localhost", "http://", "http://[::1", "http://h:x", "http://h:99999", "http://h:0"],
)
def test_what_is_no_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(UrlError, match="http://host:port"):
        client_of(url)


def test_a_private_key_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(SecretError):
        client_of("http://127.0.0.1:1", "public-key", "not base64!")


def test_bytes_that_are_no_text_go_out_as_they_came_in(venue: Venue) -> None:
    with client_of(venue.url) as client:
        client.call("Time", {"x": b"\xff".decode(errors="surrogateescape")})
    assert venue.seen[0].target == "/0/public/Time?x=%FF"
