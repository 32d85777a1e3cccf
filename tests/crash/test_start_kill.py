"""A server killed while it starts: the next start finds a whole world or begins one."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from seatrial.store import schema
from seatrial.store.store import open_store
from seatrial.world.clock import Clock
from tests.support.postgres import fresh_schema, shared_url
from tests.support.running import RunningServer
from tests.support.stored_books import breaches, reading
from tests.support.venue_client import VenueClient

MAX_SECONDS = 1.0
"""About as long as a start takes, so that a kill may come at any point of it."""


def start_and_kill(options: list[str], after_seconds: float) -> None:
    """Start a server and kill it before or soon after it answers."""
    command = [sys.executable, "-m", "seatrial", "serve", "--port", "0", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_seconds)
        process.kill()


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_point_of_the_first_start_leaves_nothing_half_begun(seed: int, tmp_path: Path) -> None:
    luck = Random(seed)  # noqa: S311  kills, no keys
    for attempt in range(3):
        data = tmp_path / str(attempt)
        start_and_kill(["--data", str(data)], luck.uniform(0.2, MAX_SECONDS))
        with RunningServer(data) as server:
            prove(server, data / "world.sqlite3")


def test_so_does_one_that_begins_in_postgresql(tmp_path: Path) -> None:
    luck = Random(3)  # noqa: S311  kills, no keys
    for _ in range(3):
        with fresh_schema(shared_url()) as url:
            start_and_kill(["--data", str(tmp_path), "--database", url], luck.uniform(0.3, 1.5 * MAX_SECONDS))
            with RunningServer(tmp_path, "--database", url) as server:
                prove(server, url)


def prove(server: RunningServer, place: Path | str) -> None:
    """A whole world, with its demo accounts and nothing else."""
    with VenueClient(server.url, server.demo) as demo:
        assert demo.call("Balance")["ZUSD"] == "100000.0000"
    assert server.ask("/books")["balanced"]
    assert breaches(place) == {}
    with reading(place) as connection:
        assert connection.execute(select(schema.accounts.c.name)).scalars().all() == ["demo", "demo-kucoin"]


def test_a_world_begun_without_its_demo_account_gets_it(tmp_path: Path) -> None:
    """As a kill between the two leaves it."""
    store, clock = open_store(tmp_path / "world.sqlite3"), Clock()
    store.begin_world(1, clock.now_ns(), clock.text())
    store.close()
    with RunningServer(tmp_path) as server, RunningServer() as another:
        assert server.demo == another.demo
        with VenueClient(server.url, server.demo) as demo:
            assert demo.call("Balance")["ZUSD"] == "100000.0000"
