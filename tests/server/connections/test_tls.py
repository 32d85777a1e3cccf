"""The one port takes plain connections and TLS, and tells them apart by their first byte."""

import asyncio
import json
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from seatrial.server.tls.authority import DAYS, issue
from seatrial.server.tls.identity import CA, FOLDER, RENEWED, SERVER, CertificateError, identity
from tests.support.running import RunningServer

NOW = datetime(2026, 12, 1, tzinfo=UTC)
HOSTS = ("api.kraken.com", "api.kucoin.com")
NAMED = (
    "api.kraken.com", "ws.kraken.com", "ws-auth.kraken.com", "ws-l3.kraken.com", "uws.kraken.com", "api.kucoin.com",
    "api-futures.kucoin.com", "ws-api-spot.kucoin.com", "localhost", "127.0.0.1", "::1",
)  # fmt: skip
PATIENCE_SECONDS = 30
TIME = b"GET /0/public/Time HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """One for all tests."""
    with RunningServer() as running:
        yield running
        assert "Traceback" not in running.log


@pytest.fixture
def trusting(server: RunningServer) -> ssl.SSLContext:
    """A client's settings: it trusts the server's authority and nobody else."""
    return ssl.create_default_context(cafile=server.connection.ca)


def opened(server: RunningServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), PATIENCE_SECONDS)


def received(connection: socket.socket) -> bytes:
    """Until the other side hangs up."""
    data = b""
    while more := connection.recv(65_536):
        data += more
    return data


def logged(server: RunningServer, words: str) -> bool:
    """Whether it stands in the log, or comes to stand there soon."""
    until = time.monotonic() + PATIENCE_SECONDS
    while words not in server.log and time.monotonic() < until:
        time.sleep(0.01)
    return words in server.log


def test_all_four_schemes_are_served_at_one_port(server: RunningServer, trusting: ssl.SSLContext) -> None:
    assert server.connection.https == server.url.replace("http", "https")
    for url in (server.url, server.connection.https):
        with httpx.Client(base_url=url, verify=trusting, trust_env=False) as client:
            assert client.get("/0/public/Time").json()["error"] == []
            assert client.get("/_seatrial/v1/clock").status_code == 200

    async def first_frame(url: str, context: ssl.SSLContext | None) -> str:
        async with connect(f"{url}/v2", ssl=context, proxy=None) as connection:
            channel: str = json.loads(await connection.recv())["channel"]
            return channel

    for url, context in ((server.url, None), (server.connection.https, trusting)):
        assert asyncio.run(first_frame(url.replace("http", "ws"), context)) == "status"


def test_the_certificate_is_of_the_venues_hosts_and_of_this_machine(
    server: RunningServer, trusting: ssl.SSLContext
) -> None:
    for host in NAMED:
        with trusting.wrap_socket(opened(server), server_hostname=host) as connection:
            assert connection.version() == "TLSv1.3"
    with opened(server) as plain, pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        trusting.wrap_socket(plain, server_hostname="example.org")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_served(server: RunningServer, trusting: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    trusting.minimum_version = trusting.maximum_version = version
    with trusting.wrap_socket(opened(server), server_hostname="localhost") as connection:
        connection.sendall(TIME)
        assert b'"error":[]' in received(connection)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_tls_is_refused_and_the_log_says_why(server: RunningServer, version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with opened(server) as plain, pytest.raises((ssl.SSLError, ConnectionResetError)):
        context.wrap_socket(plain, server_hostname="localhost")
    assert logged(server, "a client offered only versions of TLS before 1.2")


def test_a_client_that_does_not_trust_the_authority_is_told_of_in_the_log(server: RunningServer) -> None:
    with opened(server) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    assert logged(server, "a client does not trust this server: have it trust the file")


@pytest.mark.parametrize("junk", [b"\x16junk and more of it", b"\x16\x03\x01\x00\x05hello", b"\x16" + bytes(600)])
def test_what_only_begins_like_tls_is_hung_up_on_and_the_log_says_so(server: RunningServer, junk: bytes) -> None:
    with opened(server) as connection:
        connection.sendall(junk)
        connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            assert b"HTTP" not in received(connection)
    assert logged(server, "what began like TLS was none")


def test_the_first_bytes_may_come_in_any_pieces(server: RunningServer, trusting: ssl.SSLContext) -> None:
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(into, out, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = out.read()
    cuts = [(TIME, at) for at in (1, 2, 3, len(TIME) - 1)] + [(hello, at) for at in (1, 2, 5, 6, len(hello) - 1)]
    with ExitStack() as stack:
        waiting = []
        for message, at in cuts:
            connection = stack.enter_context(opened(server))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(message[:at])
            waiting.append((connection, message[at:]))
        for connection, rest in waiting:
            connection.sendall(rest)
            assert connection.recv(5) in (b"HTTP/", b"\x16\x03\x03\x00\x7a")


def test_a_thousand_who_say_nothing_keep_nobody_waiting(server: RunningServer, trusting: ssl.SSLContext) -> None:
    with ExitStack() as stack:
        for _ in range(1_000):
            stack.enter_context(opened(server))
        with httpx.Client(base_url=server.connection.https, verify=trusting, trust_env=False) as client:
            assert client.get("/0/public/Time").json()["error"] == []


def test_a_server_that_stops_waits_for_nobody_who_has_said_nothing() -> None:
    with RunningServer() as running:
        silent, half = opened(running), opened(running)
        half.sendall(b"\x16\x03\x01")
        began = time.monotonic()
        assert running.interrupt() == 0
        assert time.monotonic() - began < PATIENCE_SECONDS
        silent.close()
        half.close()


def test_a_data_directory_keeps_its_authority_for_its_owners_eyes_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with identity(data, HOSTS, NOW) as first:
        kept = first.ca.read_bytes(), (data / FOLDER / SERVER).read_bytes()
    with identity(data, HOSTS, NOW + timedelta(days=300)) as again:
        assert (again.ca.read_bytes(), (data / FOLDER / SERVER).read_bytes()) == kept
    assert {path.name for path in (data / FOLDER).iterdir()} == {CA, SERVER}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data / FOLDER).iterdir()} == {0o600}
    assert b"PRIVATE KEY" not in kept[0]


@pytest.mark.parametrize(
    ("hosts", "now", "spoilt"),
    [
        (HOSTS, NOW + timedelta(days=DAYS) - RENEWED, None),
        ((*HOSTS, "elsewhere.example"), NOW, None),
        (HOSTS, NOW, b"no certificate"),
    ],
    ids=["nearly over", "a new host", "spoilt"],
)
def test_a_certificate_that_is_good_no_more_is_made_anew(
    tmp_path: Path, hosts: tuple[str, ...], now: datetime, spoilt: bytes | None
) -> None:
    with identity(tmp_path, HOSTS, NOW) as first:
        before = first.ca.read_bytes()
    if spoilt is not None:
        (tmp_path / FOLDER / SERVER).write_bytes(spoilt)
    with identity(tmp_path, hosts, now) as again:
        assert again.ca.read_bytes() != before


def test_without_a_data_directory_only_the_authority_lies_there_and_only_for_a_while() -> None:
    with identity(None, HOSTS, NOW) as made:
        assert [path.name for path in made.ca.parent.iterdir()] == [CA]
    assert not made.ca.parent.exists()


def test_a_certificate_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file, where the folder would be")
    with (
        pytest.raises(CertificateError, match="cannot be used: File exists; remove that folder"),
        identity(tmp_path, HOSTS, NOW),
    ):
        pass


def test_the_authority_speaks_for_no_other_domains(tmp_path: Path) -> None:
    """What it signs for another domain is worth nothing, even to those who trust it: OpenSSL says so."""
    mine, theirs = issue(HOSTS, NOW), issue(("example.org",), NOW)
    assert "PRIVATE" not in repr(mine)
    ca, certificate = tmp_path / "ca.pem", tmp_path / "certificate.pem"
    for authority, signed, good in ((mine, mine, True), (mine, theirs, False)):
        ca.write_bytes(authority.ca)
        certificate.write_bytes(signed.certificate)
        told = subprocess.run(["openssl", "verify", "-CAfile", ca, certificate], capture_output=True, check=False)  # noqa: S607  where it is
        assert (told.returncode == 0) is good, told
