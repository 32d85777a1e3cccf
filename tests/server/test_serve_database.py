"""`seatrial serve --database`: the same exchange, kept in PostgreSQL."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.running import RunningServer
from tests.support.signed_calls import Signer
from tests.support.venue_client import VenueClient

PATIENCE_SECONDS = 60
SERVE = [sys.executable, "-m", "seatrial", "serve", "--port", "0"]


def refused(*options: str) -> str:
    """The one line with which it does not start."""
    done = subprocess.run([*SERVE, *options], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("seatrial: ")


def test_a_second_start_finds_everything_as_it_was(postgresql: str, tmp_path: Path) -> None:
    with RunningServer(tmp_path / "one", "--database", postgresql, "--seed", "5") as server:
        with VenueClient(server.url, server.demo) as demo:
            order = demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=100, volume=1)
        assert server.log == ""
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["connection.json", "lock", "tls"]
    with RunningServer(tmp_path / "two", "--database", postgresql) as server:
        signer = Signer(server.demo.key, server.demo.secret, 10**6)
        with VenueClient(server.url, signer) as demo:
            assert list(demo.call("OpenOrders")["open"]) == order["txid"]
            assert demo.call("Ledgers")["count"] > 0


def test_the_database_may_be_named_by_the_environment(postgresql: str, tmp_path: Path) -> None:
    with RunningServer(tmp_path, env={"SEATRIAL_DATABASE": postgresql}):
        assert not (tmp_path / "world.sqlite3").exists()


def test_a_second_server_on_the_same_database_is_refused_and_the_first_goes_on(postgresql: str, tmp_path: Path) -> None:
    with RunningServer(tmp_path / "one", "--database", postgresql) as server:
        line = refused("--data", str(tmp_path / "two"), "--database", postgresql)
        assert line.startswith("another server is using postgresql:///")
        assert f"(seatrial {server.process.pid} on " in line
        assert server.ask("/books")["balanced"]


def test_a_database_is_free_again_after_a_kill(postgresql: str, tmp_path: Path) -> None:
    with RunningServer(tmp_path, "--database", postgresql) as server:
        server.kill()
        server.restart()
        assert server.ask("/books")["balanced"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--memory", "--database", "postgresql://here"], "--memory keeps nothing, --database keeps everything"),
        (["--database", "sqlite:///file"], "that is no database's URL: give one like postgresql://USER@HOST/NAME"),
        (["--database", "postgresql://me:word@127.0.0.1:1/world"], "cannot use postgresql://127.0.0.1:1/world: "),
    ],
    ids=["in memory", "of another kind", "out of reach"],
)
def test_what_cannot_be_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    data = [] if "--memory" in options else ["--data", str(tmp_path)]
    line = refused(*data, *options)
    assert line.startswith(says)
    assert "word" not in line.removeprefix("--database")
