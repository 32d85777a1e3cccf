"""`seatrial api` against a venue on a real socket: what it sends, what it prints, how it ends."""

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli import defaults, local
from seatrial.cli.main import app
from seatrial.dialects.kraken.auth import sign
from seatrial.server.host.connection import Connection, KeyedAccount

SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
ADDED = b'{"error":[],"result":{"descr":{"order":"buy 50.00000000 XDGUSD @ limit 0.1000000"},"opentm":1629618802.9810}}'
REFUSED = b'{"error":["EOrder:Insufficient funds"]}'


class Venue(ThreadingHTTPServer):
    """Always gives the same answer, and remembers the last call."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answer = ADDED
        self.verb = self.target = ""
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def fields(self) -> dict[str, str]:
        """What the last body held."""
        return dict(parse_qsl(self.body.decode()))

    def was_signed_with(self, key: str, secret: str) -> bool:
        """Whether the last call proves that key."""
        proof = sign(self.target, self.fields["nonce"], self.body, secret)
        return (self.headers["api-key"], self.headers["api-sign"]) == (key, proof)


class Handler(BaseHTTPRequestHandler):
    """Hands over to the venue."""

    server: Venue

    def do_GET(self) -> None:
        """Answer any request, or hang up when there is no answer."""
        venue = self.server
        venue.verb, venue.target = self.command, self.path
        venue.headers = {name.lower(): value for name, value in self.headers.items()}
        venue.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if venue.answer:
            self.send_response(200)
            self.send_header("Content-Length", str(len(venue.answer)))
            self.end_headers()
            self.wfile.write(venue.answer)

    do_POST = do_GET  # noqa: N815 - as inherited

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        """Stay silent."""


@contextmanager
def listening() -> Iterator[Venue]:
    """A venue that listens."""
    with Venue() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def venue() -> Iterator[Venue]:
    """A venue that listens."""
    with listening() as server:
        yield server


@pytest.fixture
def data(venue: Venue, tmp_path: Path) -> str:
    """A data directory whose server is the venue."""
    demo = KeyedAccount(id=1, name="demo", venue="kraken", key="demo-key", secret=SECRET)
    other = KeyedAccount(id=2, name="other", venue="kucoin", key="other-key", secret="")
    local.write(tmp_path, Connection(url=venue.url, control=venue.url, world="main", accounts=(other, demo)))
    return str(tmp_path)


def api(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["api", *arguments], env=env)


def failed(result: Result) -> str:
    """The one line of a command that could not do its work."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("seatrial: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_the_articles_order_goes_out_signed_with_the_demo_key(venue: Venue, data: str) -> None:
    line = "AddOrder pair=xdgusd type=buy ordertype=limit price=0.1 volume=50 userref=27649653"
    result = api(*line.split(), "--data", data)
    assert result.exit_code == 0, result.output
    assert (venue.verb, venue.target) == ("POST", "/0/private/AddOrder")
    assert venue.was_signed_with("demo-key", SECRET)
    assert list(venue.fields)[1:] == ["pair", "type", "ordertype", "price", "volume", "userref"]
    assert venue.fields["userref"] == "27649653"


def test_the_answer_is_printed_byte_for_byte(venue: Venue, data: str) -> None:
    for answer in (ADDED, b'{"error":[],  "result":{"b":1.10,"a":"\\u00e9"}}'):
        venue.answer = answer
        for exact in ([], ["--json"]):
            assert api("AddOrder", "--data", data, *exact).stdout_bytes == answer + b"\n"


def test_a_public_method_needs_no_key(venue: Venue, data: str) -> None:
    assert api("Trades", "pair=xbtusd", "since=0", "--data", data).exit_code == 0
    assert (venue.verb, venue.target) == ("GET", "/0/public/Trades?pair=xbtusd&since=0")
    assert "api-key" not in venue.headers


def test_a_value_may_hold_an_equals_sign_and_spaces(venue: Venue, data: str) -> None:
    api("Withdraw", "key=my = key", "--data", data)
    assert venue.fields["key"] == "my = key"


def test_a_refusal_is_printed_and_ends_with_status_1(venue: Venue, data: str) -> None:
    venue.answer = REFUSED
    result = api("AddOrder", "--data", data)
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (1, REFUSED + b"\n", "")


def test_a_warning_is_no_refusal(venue: Venue, data: str) -> None:
    venue.answer = b'{"error":["WDatabase:No change"],"result":{}}'
    assert api("CancelAll", "--data", data).exit_code == 0


def test_a_refused_nonce_comes_with_the_next_step(venue: Venue, data: str) -> None:
    venue.answer = b'{"error":["EAPI:Invalid nonce"]}'
    result = api("Balance", "--data", data)
    assert (result.exit_code, result.stdout_bytes) == (1, venue.answer + b"\n")
    assert "nonce=" in result.stderr
    api("Balance", "nonce=1790812345678901234", "--data", data)
    assert venue.fields == {"nonce": "1790812345678901234"}


@pytest.mark.parametrize("name", ["MINE", "MINE_KEY"])
def test_another_venue_gets_the_key_of_the_environment(name: str, venue: Venue, tmp_path: Path) -> None:
    env = {"MINE_KEY": "my-key", "MINE_SECRET": SECRET}
    result = api("Balance", "--url", venue.url, "--key-env", name, "--data", str(tmp_path), env=env)
    assert result.exit_code == 0, result.output
    assert venue.was_signed_with("my-key", SECRET)


def test_the_local_exchange_may_be_called_with_a_key_of_the_environment(venue: Venue, data: str) -> None:
    env = {"MINE_KEY": "my-key", "MINE_SECRET": SECRET}
    api("Balance", "--key-env", "MINE", "--data", data, env=env)
    assert venue.was_signed_with("my-key", SECRET)


def test_the_demo_key_is_not_sent_to_another_venue(data: str) -> None:
    with listening() as stranger:
        for stranger.answer in (ADDED, b"<html>404</html>"):
            said = failed(api("Balance", "--url", stranger.url, "--data", data))
            assert "--key-env" in said
            assert stranger.target == "/_seatrial/v1/accounts/1/keys"
            assert stranger.headers.keys().isdisjoint({"api-key", "api-sign", "authorization"})
            assert b"demo" not in stranger.body


def test_a_venue_on_another_machine_is_not_asked_for_a_key(data: str) -> None:
    said = failed(api("Balance", "--url", "http://venue.invalid", "--data", data))
    assert "needs a key" in said


def test_the_local_exchange_may_be_named_by_its_url(venue: Venue, data: str) -> None:
    assert api("Balance", "--url", venue.url + "/", "--data", data).exit_code == 0
    assert venue.was_signed_with("demo-key", SECRET)


@pytest.mark.parametrize("missing", ["MINE_KEY", "MINE_SECRET"])
def test_a_key_that_is_not_in_the_environment_is_named(missing: str, data: str) -> None:
    env: dict[str, str] = {"MINE_KEY": "my-key", "MINE_SECRET": SECRET, missing: ""}
    assert missing in failed(api("Balance", "--key-env", "MINE", "--data", data, env=env))


def test_without_a_local_exchange_the_next_step_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Venue() as gone:
        monkeypatch.setattr(defaults, "URL", gone.url)
    assert "seatrial serve" in failed(api("Balance", "--data", str(tmp_path)))


def test_an_exchange_without_a_data_directory_is_asked_for_a_key(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defaults, "URL", venue.url)
    issued = {"account_id": 1, "name": "seatrial api", "key": "new-key", "secret": SECRET, "permissions": []}
    venue.answer = json.dumps(issued | {"error": []}).encode()
    assert api("Balance", "--data", str(tmp_path)).exit_code == 0
    assert venue.target == "/0/private/Balance"
    assert venue.was_signed_with("new-key", SECRET)


def test_where_no_key_is_to_be_had_the_data_directory_is_named(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defaults, "URL", venue.url)
    assert str(tmp_path) in failed(api("Balance", "--data", str(tmp_path)))


def test_an_exchange_that_is_not_running_is_told_with_the_next_step(tmp_path: Path) -> None:
    with Venue() as gone:
        url = gone.url
    demo = KeyedAccount(id=1, name="demo", venue="kraken", key="k", secret=SECRET)
    local.write(tmp_path, Connection(url=url, control=url, world="main", accounts=(demo,)))
    for method in ("Time", "Balance"):
        assert "seatrial serve" in failed(api(method, "--data", str(tmp_path)))
    assert "--url" in failed(api("Time", "--url", url))


def test_a_lost_answer_to_an_order_says_that_it_may_have_been_carried_out(venue: Venue, data: str) -> None:
    venue.answer = b""
    assert "whether AddOrder was carried out" in failed(api("AddOrder", "--data", data))


@pytest.mark.parametrize("answer", [b"<html>403</html>", b"{}"])
def test_what_is_not_kraken_is_told(venue: Venue, data: str, answer: bytes) -> None:
    venue.answer = answer
    assert "not Kraken's JSON" in failed(api("Balance", "--data", data))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["AddOrder", "volume"], "volume=50"),
        (["AddOrder", "=50"], "volume=50"),
        (["pair=xbtusd", "volume=1"], "no method name"),
        (["../Balance"], "no method name"),
        (["Time", "--url", "localhost:8790"], "http://host:port"),
    ],
)
def test_wrong_use_is_one_clear_line(data: str, arguments: list[str], said: str) -> None:
    assert said in failed(api(*arguments, "--data", data))


def test_a_private_key_that_is_none_is_told_and_not_shown(data: str) -> None:
    env = {"MINE_KEY": "my-key", "MINE_SECRET": "hunter2!"}
    said = failed(api("Balance", "--key-env", "MINE", "--data", data, env=env))
    assert "not base64" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("content", [b"", b"{", b'{"url":5}', b"\xff"])
def test_a_broken_connection_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / local.FILE_NAME).write_bytes(content)
    assert str(tmp_path / local.FILE_NAME) in failed(api("Balance", "--data", str(tmp_path)))


def test_a_connection_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / local.FILE_NAME).mkdir()
    assert "cannot be read" in failed(api("Balance", "--data", str(tmp_path)))


def test_the_connection_file_is_what_serve_prints_and_for_its_owner_only(tmp_path: Path) -> None:
    account = {"id": 1, "name": "demo", "venue": "kraken", "key": "k", "secret": "s"}
    printed = {
        "url": "http://h:1", "control": "http://h:1/_seatrial/v1", "world": "main", "accounts": [account],
        "version": "9", "https": "https://h:1", "ca": "/there/ca.pem",
    }  # fmt: skip
    connection = Connection(
        url="http://h:1",
        control="http://h:1/_seatrial/v1",
        world="main",
        accounts=(KeyedAccount(**account),),  # type: ignore[arg-type]
        https="https://h:1",
        ca="/there/ca.pem",
        version="9",
    )
    local.write(tmp_path, connection)
    local.write(tmp_path, connection)
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_bytes()) == printed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert local.find(tmp_path) == connection
    assert local.find(file) is None
    assert "'s'" not in repr(connection)


def test_on_a_terminal_the_answer_is_laid_out_and_its_numbers_are_left_alone(venue: Venue, data: str) -> None:
    laid_out, exact = on_a_terminal("Balance", "--data", data), on_a_terminal("Balance", "--json", "--data", data)
    assert venue.was_signed_with("demo-key", SECRET)
    assert '\n    "opentm": 1629618802.9810\n' in laid_out
    assert exact == ADDED.decode() + "\n"


def on_a_terminal(*arguments: str) -> str:
    """What a person sees."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "seatrial", "api", *arguments]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    with os.fdopen(ours, "rb", buffering=0) as screen:
        return screen.read(65536).decode().replace("\r\n", "\n")
