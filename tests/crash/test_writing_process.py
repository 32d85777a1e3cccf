"""The process that writes for a server is killed, stopped or left alone, and nothing that was answered is lost."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from seatrial.server.host.errors import FolderTaken
from seatrial.server.host.folder import claim_folder
from seatrial.server.host.worlds import Settings
from seatrial.store import postgresql as engine
from seatrial.store.apart import Apart
from seatrial.world import commits, recovery
from tests.support.busy_floor import UNAVAILABLE, Floor, trading, until
from tests.support.inside import Inside, inside
from tests.support.running import RunningServer
from tests.support.stored_books import breaches

KILLS = 5


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long."""
    monkeypatch.setattr(recovery, "RETRY_SECONDS", 0.02)
    monkeypatch.setitem(engine._SETTINGS, "lock_timeout", "2s")


@pytest.fixture
def settings(place: Path | str, tmp_path: Path) -> Settings:
    """A world that a process writes, on either engine."""
    return Settings(tmp_path, database=place if isinstance(place, str) else None, writes_apart=True)


def writer(server: Inside) -> subprocess.Popen[bytes]:
    """The process."""
    database = server.world._store.database
    assert isinstance(database, Apart)
    return database._process


def told(story: Callable[[Inside, Floor], Awaitable[None]], settings: Settings) -> None:
    """A story under load."""

    async def whole(server: Inside) -> None:
        async with trading(server) as floor:
            await story(server, floor)

    inside(whole, settings=settings)
    assert settings.data is not None
    assert breaches(settings.database or settings.data / "world.sqlite3") == {}


def test_a_writing_process_that_is_killed_under_load_is_followed_by_another(settings: Settings) -> None:
    async def story(server: Inside, floor: Floor) -> None:
        for _ in range(KILLS):
            killed = writer(server)
            killed.kill()
            await floor.a_refusal()
            await until(lambda: writer(server) is not killed and not server.world.commits.is_lost)  # noqa: B023  over by then
            await floor.more_answers()

    told(story, settings)


def test_a_writing_process_that_stands_still_keeps_nobody_waiting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its commit may still happen; whether it did is seen when it goes on."""
    monkeypatch.setattr(commits, "PATIENCE_SECONDS", 0.1)

    async def story(server: Inside, floor: Floor) -> None:
        process = writer(server)
        process.send_signal(signal.SIGSTOP)
        try:
            await floor.a_refusal()
            await floor.a_refusal()
            assert "a commit takes more than 0.1 seconds" in caplog.text
        finally:
            process.send_signal(signal.SIGCONT)

    told(story, settings)


def test_a_writing_process_that_was_killed_at_rest_costs_one_refusal(settings: Settings) -> None:
    async def story(server: Inside) -> None:
        bob = await server.account("bob", USD="1000")
        writer(server).kill()
        writer(server).wait()
        assert (await server.send(bob.call("Balance"))).error == UNAVAILABLE
        await until(lambda: not server.world.commits.is_lost)
        assert (await server.send(bob.call("Balance"))).result == {"ZUSD": "1000.0000"}

    inside(story, settings=settings)


def test_a_batch_larger_than_the_socket_takes_does_not_stop_the_loop(settings: Settings) -> None:
    async def story(server: Inside) -> None:
        process = writer(server)
        process.send_signal(signal.SIGSTOP)
        accounts = asyncio.gather(*(server.account(f"{number:_>60}", USD="1000") for number in range(3_000)))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not accounts.done()
        process.send_signal(signal.SIGCONT)
        signers = await accounts
        assert (await server.send(signers[-1].call("Balance"))).result

    inside(story, settings=settings)


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that it started."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listed.exists():
        pytest.skip("this system does not tell whose children processes are")
    return [int(pid) for pid in listed.read_text().split()]


def is_running(pid: int) -> bool:
    """Whether there is such a process; one that nobody has asked about yet is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_writing_process_ends_with_its_server_however_that_ends(settings: Settings) -> None:
    assert settings.data is not None
    options = [] if settings.database is None else ["--database", settings.database]
    with RunningServer(settings.data, *options) as server:
        (pid,) = children(server.process)
        for ignored in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, ignored)
        server.kill()
        asyncio.run(until(lambda: not is_running(pid)))
        server.restart()
        (pid,) = children(server.process)
        assert server.interrupt() == 0
        assert not is_running(pid)
        server.restart()


def test_what_lies_in_the_folder_where_it_is_started_is_not_its_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot's folder may well have a `signal.py`."""
    for name in ("signal.py", "gc.py", "socket.py"):
        (tmp_path / name).write_text("raise SystemExit('not this one')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")

    async def story(server: Inside) -> None:
        assert (await server.call("Balance")).result

    inside(story, settings=Settings(tmp_path / "data", writes_apart=True))


def test_no_password_is_among_a_process_s_arguments(postgresql: str, tmp_path: Path) -> None:
    with RunningServer(tmp_path, env={"SEATRIAL_DATABASE": postgresql}) as server:
        (pid,) = children(server.process)
        assert postgresql.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_folder_is_free_once_the_last_commit_of_a_killed_server_is_over(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server:
        (pid,) = children(server.process)
        os.kill(pid, signal.SIGSTOP)  # in the middle of what it does
        server.kill()

        async def story() -> None:
            claimed = asyncio.ensure_future(asyncio.to_thread(claim_folder, tmp_path))
            for _ in range(10):
                await asyncio.sleep(0.01)
                assert not claimed.done()
            os.kill(pid, signal.SIGCONT)
            (await claimed).close()

        asyncio.run(story())
        server.restart()


def test_a_folder_whose_server_is_alive_is_refused_at_once(tmp_path: Path) -> None:
    with claim_folder(tmp_path), pytest.raises(FolderTaken):
        claim_folder(tmp_path)
