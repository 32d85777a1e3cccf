"""What the operator is told, and what nobody is."""

import base64
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from seatrial.core.commands import IssueKey
from seatrial.dialects.kraken.auth import steps
from tests.support.inside import Inside, inside
from tests.support.running import RunningServer
from tests.support.signed_calls import SignedCall, Signer
from tests.support.venue_client import VenueClient

MAX_ATTEMPTS = 5_000


def wrongly_signed(signer: Signer, method: str, **params: object) -> SignedCall:
    """A call signed with another secret."""
    other = Signer(signer.key, base64.b64encode(b"another secret").decode(), signer.nonce)
    signer.nonce += 1
    return other.call(method, **params)


def test_a_refused_signature_is_logged_with_the_bytes_that_were_expected() -> None:
    async def story(server: Inside) -> None:
        call = wrongly_signed(server.demo, "AddOrder", pair="XBTUSD", userref=7)
        assert (await server.send(call)).error == "EAPI:Invalid signature"
        (note,) = server.notes
        nonce = str(server.demo.nonce)
        worked = steps(call.path, nonce, call.body, server.demo.secret)
        assert repr(worked.path) in note
        assert f"{nonce!r} + {call.body!r}" in note
        assert worked.hashed == nonce.encode() + call.body
        assert server.demo.secret not in note
        assert call.headers["API-Sign"] not in note
        assert worked.headers["API-Sign"] not in note

    inside(story)


@pytest.mark.parametrize(
    ("params", "secret"),
    [
        ({"otp": "Hush-1"}, "Hush-1"),
        ({"key": "Hush-2", "signature": "Hush-3"}, "Hush"),
        ({"x": "open sesame"}, "sesame"),
    ],
)
def test_a_refused_call_of_krakens_is_logged_without_its_secrets(params: dict[str, str], secret: str) -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts/1/keys", one_time_password="open sesame")
        key = max(server.machine.state.keys.values(), key=lambda key: key.key_id)
        call = wrongly_signed(Signer(key.public, key.secret), "Withdraw", **params)
        assert (await server.send(call)).error == "EAPI:Invalid signature"
        (note,) = server.notes
        assert "***" in note
        assert secret not in note

    inside(story)


KUCOIN_CALLS = [
    ("POST", "/api/v1/sub/api-key", "", b'{"subName":"second1","passphrase":"Hush-hush-1","remark":"x"}'),
    ("DELETE", "/api/v1/sub/api-key", "subName=second1&apiKey=0123&passphrase=Hush-hush-2", b""),
    ("DELETE", "/api/v1/sub/api-key", "subName=second1&p%61ssphrase=Hush-hush-3", b""),
    ("POST", "/api/v2/sub/user/created", "", b'{"subName":"second2","password":"Hush-hush-4","access":"Spot"}'),
    ("POST", "/api/v1/orders", "passphrase=Hush-hush-5", b"passphrase=Hush-hush-6"),
    ("GET", "/api/v1/orders/%0aHush-hush-7", "password=Hush-hush-8", b""),
]


@pytest.mark.parametrize(("verb", "path", "query", "body"), KUCOIN_CALLS)
def test_a_refused_call_of_kucoins_is_logged_without_its_secrets(
    verb: str, path: str, query: str, body: bytes
) -> None:  # fmt: skip
    async def story(server: Inside) -> None:
        headers = server.kucoin_demo.headers(verb, path, body, server.world.time.now_ns() // 10**6)
        headers["KC-API-SIGN"] = "d3Jvbmc="
        answer = await server.ask(verb, path, body, query=query, headers=list(headers.items()))
        assert answer.json["code"] == "400005"
        (note,) = server.notes
        assert "Hush" not in note.replace("Hush-hush-7", "")
        assert path in note
        assert note.isprintable()
        for secret in (server.kucoin_demo.secret, server.kucoin_demo.passphrase):
            assert secret not in note

    inside(story)


def test_a_body_of_any_size_makes_a_note_of_few_words() -> None:
    async def story(server: Inside) -> None:
        await server.send(wrongly_signed(server.demo, "AddOrder", pair="x" * 900_000))
        assert len(server.notes[0]) < 10_000

    inside(story)


def test_a_note_is_one_line_whatever_was_sent() -> None:
    async def story(server: Inside) -> None:
        call = server.demo.signed("/0/private/Balance", "1", b"nonce=1&x=\r\n2026-01-01 ERROR forged\x1b[2J")
        await server.send(call._replace(headers={**call.headers, "API-Sign": "none"}))
        assert server.notes[0].isprintable()

    inside(story)


@pytest.mark.parametrize("refusal", ["EAPI:Invalid key", "EAPI:Invalid nonce"])
def test_other_refusals_are_the_callers_business_alone(refusal: str) -> None:
    async def story(server: Inside) -> None:
        call = server.demo.call("Balance")
        if refusal == "EAPI:Invalid nonce":
            await server.send(call)
        else:
            call = Signer("nobody", server.demo.secret).call("Balance")
        assert (await server.send(call)).error == refusal
        assert server.notes == []

    inside(story)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that has seen a little of everything."""
    data = tmp_path_factory.mktemp("data")
    with RunningServer(data) as server:
        account = server.tell("/accounts", name="ann", balances={"USD": "1000", "BTC": "1"}, rate_limits=False)
        server.tell("/accounts/ann/keys", one_time_password="open sesame")
        server.tell("/accounts/ann/keys", totp_secret="JBSWY3DPEHPK3PXP")
        ann = Signer(account["key"], account["secret"])
        with VenueClient(server.url, ann) as client:
            for price in range(10):
                client.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=1 + price, volume=1)
                client.send(wrongly_signed(ann, "AddOrder", pair="XBTUSD"))
            client.call("GetWebSocketsToken")
            client.call("CancelAll")
        httpx.post(server.control + "/accounts", content=b"{", trust_env=False)
        httpx.post(server.control + "/accounts", json={"name": "ann"}, trust_env=False)
        httpx.get(server.url + "/nowhere", trust_env=False)
        break_a_commit(server, data)
        yield server


def break_a_commit(server: RunningServer, data: Path) -> None:
    """Take the keys' table away from the server, so that the row of a new key cannot be written, and give it back."""
    thief = sqlite3.connect(data / "world.sqlite3", isolation_level=None)
    thief.execute("ALTER TABLE api_keys RENAME TO stolen")
    refused = httpx.post(server.control + "/accounts", json={"name": "bob"}, trust_env=False)
    assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert httpx.get(server.control + "/health", trust_env=False).status_code == httpx.codes.SERVICE_UNAVAILABLE
    thief.execute("ALTER TABLE stolen RENAME TO api_keys")
    thief.close()
    await_health(server)
    server.tell("/accounts", name="bob")


def await_health(server: RunningServer) -> None:
    """Ask until it answers; it says at once when it cannot."""
    for _ in range(MAX_ATTEMPTS):
        if httpx.get(server.control + "/health", trust_env=False).status_code == httpx.codes.OK:
            return
    pytest.fail(f"the server did not recover: {server.log[-2_000:]}")


def test_a_commit_that_fails_is_logged(busy: RunningServer) -> None:
    assert "a commit failed; loading again from the store" in busy.log
    assert "no such table: api_keys" in busy.log


def test_no_secret_and_no_signature_ever_reaches_the_log(busy: RunningServer, tmp_path: Path) -> None:
    database = busy._command[busy._command.index("--data") + 1] + "/world.sqlite3"
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    secrets = [secret for (secret,) in connection.execute("SELECT secret FROM api_keys")]
    connection.close()
    assert len(secrets) == len(set(secrets)) >= 5
    for secret in secrets:
        decoded = base64.b64decode(secret)
        for form in (secret, secret[:20], decoded.hex(), repr(decoded)[2:40], secret.replace("/", "\\/")):
            assert form not in busy.log
    assert "JBSWY3DPEHPK3PXP" not in busy.log
    assert "open sesame" not in busy.log
    assert not re.search(r"[A-Za-z0-9+/]{86}==", busy.log)
    assert tmp_path.is_dir()


def test_every_refused_signature_of_the_session_is_in_the_log(busy: RunningServer) -> None:
    assert busy.log.count("signature of /0/private/AddOrder does not match: expected HMAC-SHA512") == 10


def test_values_that_hold_secrets_do_not_show_them() -> None:
    """What a log may be handed: an assertion's message, an exception's text."""

    async def story(server: Inside) -> None:
        key = next(iter(server.machine.state.keys.values()))
        command = IssueKey(1, "a key", "public", key.secret, frozenset(), one_time_password="open sesame")
        shown = f"{key!r} {command!r} {server.machine.state.keys!r}"
        assert key.public in shown
        assert key.secret not in shown
        assert "open sesame" not in shown

    inside(story)
