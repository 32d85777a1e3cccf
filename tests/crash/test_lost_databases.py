"""The database goes away, stands still or refuses under load, and the server goes on by itself when it does.

Meanwhile callers are told so, and nothing that was answered is lost or doubled.
"""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from seatrial.server.host.worlds import Settings
from seatrial.store import postgresql as engine
from seatrial.store.store import open_store
from seatrial.world import commits, recovery
from tests.support.busy_floor import UNAVAILABLE, Floor, trading, until
from tests.support.inner_database import postgresql as inner
from tests.support.inside import Inside, inside
from tests.support.postgres import Server, fresh_schema, own_server
from tests.support.stored_books import breaches
from tests.support.wire_cutter import WireCutter


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long."""
    monkeypatch.setattr(recovery, "RETRY_SECONDS", 0.02)
    monkeypatch.setitem(engine._SETTINGS, "lock_timeout", "200ms")


Story = Callable[[Inside, Floor], Awaitable[None]]


@pytest.fixture(params=[False, True], ids=["a thread writes", "a process writes"])
def apart(request: pytest.FixtureRequest) -> bool:
    """Who writes."""
    return bool(request.param)


def told(story: Story, url: str, folder: Path, *, apart: bool = False) -> None:
    """A story under load, in a world of its own."""

    async def whole(server: Inside) -> None:
        async with trading(server) as floor:
            await story(server, floor)

    inside(whole, settings=Settings(folder, database=url, writes_apart=apart))
    assert breaches(url) == {}


def writer_pid(server: Inside) -> int:
    """The PostgreSQL process of the writer's session; 0 when there is none."""
    writer = inner(server.world._store)._writer
    return writer.info.backend_pid if writer is not None else 0


async def administer(url: str, statement: str) -> None:
    """Do something to the database, from another session."""

    def do() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute(statement.encode())

    await asyncio.to_thread(do)


def test_sessions_that_are_ended_are_made_again(postgresql: str, tmp_path: Path, *, apart: bool) -> None:
    async def story(server: Inside, floor: Floor) -> None:
        for _ in range(5):
            await until(lambda: not server.world.commits.is_lost)
            mine = f"application_name LIKE 'seatrial {os.getpid()} %'"
            await administer(postgresql, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")
            await floor.a_refusal()
            await floor.more_answers()

    told(story, postgresql, tmp_path, apart=apart)


def test_an_idle_server_notices_that_its_session_ended(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must not go on answering from memory: somebody else may be the writer by now."""
    monkeypatch.setattr(recovery, "WATCH_SECONDS", 0.01)

    async def story(server: Inside) -> None:
        server.world.start()
        before = writer_pid(server)
        await administer(postgresql, f"SELECT pg_terminate_backend({before})")
        await until(lambda: writer_pid(server) not in {0, before} and not server.world.commits.is_lost)
        assert (await server.call("Balance")).result

    inside(story, settings=Settings(tmp_path, database=postgresql))


@pytest.fixture(scope="module")
def machine_server() -> Iterator[Server]:
    """A PostgreSQL that may be stopped and hurt."""
    server = own_server()
    yield server
    server.remove()


@pytest.fixture
def hurt(machine_server: Server) -> Iterator[str]:
    """A fresh world's place in it."""
    with fresh_schema(machine_server.url) as url:
        yield url


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "like a power cut"])
def test_postgresql_may_be_restarted_under_load(
    how: signal.Signals, hurt: str, machine_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, *,
    apart: bool,
) -> None:  # fmt: skip
    async def story(_server: Inside, floor: Floor) -> None:
        await asyncio.to_thread(machine_server.stop, how)
        await floor.a_refusal()
        await until(lambda: "cannot be loaded yet" in caplog.text)
        await asyncio.to_thread(machine_server.start)

    told(story, hurt, tmp_path, apart=apart)
    said = [record.getMessage() for record in caplog.records]
    assert all(one != other for one, other in pairwise(said)), "the same line twice in a row"
    assert "Traceback" not in caplog.text


def test_a_lock_that_is_held_too_long_is_not_waited_for(postgresql: str, tmp_path: Path) -> None:
    async def story(server: Inside, floor: Floor) -> None:
        with psycopg.connect(postgresql) as session:
            await asyncio.to_thread(session.execute, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
            await floor.a_refusal()
            kucoin = await server.kucoin(server.kucoin_demo, "GET", "/api/v1/accounts")
            assert (kucoin.status, kucoin.json["code"]) == (503, "500000"), kucoin

    told(story, postgresql, tmp_path)


def test_a_row_that_somebody_else_changed_is_not_overwritten(
    postgresql: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL itself refuses: the transaction began before the other one ended."""

    async def story(server: Inside, floor: Floor) -> None:
        def meddle() -> None:
            with psycopg.connect(postgresql) as session:
                session.execute("UPDATE world SET seed = seed")
                pid = writer_pid(server)
                asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
                for _ in range(10_000):
                    if session.execute(asked, [pid]).fetchone() == (1,):
                        return

        before = caplog.text.count("could not serialize access due to concurrent update")
        while caplog.text.count("could not serialize access due to concurrent update") == before:
            await asyncio.to_thread(meddle)
            await floor.more_answers(1)

    told(story, postgresql, tmp_path)


def test_a_database_that_stands_still_keeps_nobody_waiting(
    hurt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The commit under way may still happen; whether it did is seen when the database goes on."""
    monkeypatch.setattr(commits, "PATIENCE_SECONDS", 0.1)

    async def story(server: Inside, floor: Floor) -> None:
        await until(lambda: writer_pid(server) != 0)
        pid = writer_pid(server)
        os.kill(pid, signal.SIGSTOP)
        try:
            await floor.a_refusal()
            await floor.a_refusal()
            assert "a commit takes more than 0.1 seconds" in caplog.text
        finally:
            os.kill(pid, signal.SIGCONT)

    told(story, hurt, tmp_path)


@pytest.mark.parametrize("lost", ["answers", "requests"])
def test_what_the_wire_loses_is_found_out(lost: str, postgresql: str, tmp_path: Path) -> None:
    """An order whose COMMIT was not reported is there; one that never arrived is not."""

    async def story(server: Inside) -> None:
        bob = await server.account("bob", USD="1000")
        order = {"pair": "XBTUSD", "ordertype": "limit", "type": "buy", "price": 1, "volume": 1}
        cutter.loses_answers, cutter.loses_requests = lost == "answers", lost == "requests"
        call = bob.call("AddOrder", **order)
        assert (await server.send(call)).error == UNAVAILABLE
        await until(lambda: not server.world.commits.is_lost)
        again = await server.send(call)
        if lost == "answers":
            assert again.error == "EAPI:Invalid nonce"
        else:
            assert again.result
        assert len((await server.send(bob.call("OpenOrders"))).result["open"]) == 1

    with WireCutter(postgresql) as cutter:
        inside(story, settings=Settings(tmp_path, database=cutter.url))
    assert breaches(postgresql) == {}


def test_a_wire_that_is_cut_under_load_is_made_again(postgresql: str, tmp_path: Path, *, apart: bool) -> None:
    async def story(_server: Inside, floor: Floor) -> None:
        for _ in range(10):
            cutter.cut()
            await floor.a_refusal()
            await floor.more_answers(20)
        for _ in range(5):
            cutter.loses_answers = True
            await floor.a_refusal()
            await floor.more_answers(20)

    with WireCutter(postgresql) as cutter:
        told(story, cutter.url, tmp_path, apart=apart)


def test_a_server_that_another_one_followed_writes_nothing_and_takes_over_again_after_it(
    postgresql: str, tmp_path: Path
) -> None:
    async def story(server: Inside, floor: Floor) -> None:
        with psycopg.connect(postgresql, autocommit=True) as session:
            await until(lambda: writer_pid(server) != 0)
            session.execute("SELECT pg_terminate_backend(%s, 5000)", [writer_pid(server)])
            other = await asyncio.to_thread(open_store, postgresql)
            stored = session.execute("SELECT max(order_id) FROM orders").fetchone()
            await floor.a_refusal()
            answered = floor.answered
            for _ in range(50):
                await floor.a_refusal()
            assert floor.answered == answered
            assert session.execute("SELECT max(order_id) FROM orders").fetchone() == stored
            other.close()

    async def patient(server: Inside, floor: Floor) -> None:
        """The other one may have been too late; then it is tried again."""
        for _ in range(100):
            try:
                await story(server, floor)
            except Exception as error:
                if "another server is using" not in str(error):
                    raise
            else:
                return

    told(patient, postgresql, tmp_path)


def test_a_file_that_may_not_grow_is_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The operating system's own refusal, of the kind that a quota gives."""

    async def story(server: Inside, floor: Floor) -> None:
        await until(lambda: writer_pid(server) != 0)
        limit_files(writer_pid(server), SMALL_FILES)
        await until(lambda: "File too large" in caplog.text)
        await floor.more_answers()

    disk = own_server("-c", "max_wal_size=16MB", initdb=("--wal-segsize=1",))
    try:
        may_limit(disk.process.pid)
        with fresh_schema(disk.url) as url:
            told(story, url, tmp_path)
    finally:
        disk.remove()


SMALL_FILES = 2 << 20
"""More than a segment of the log, which must go on being written; less than what the load makes of a table."""


def may_limit(pid: int) -> None:
    """Skip the test where that process is not ours to limit: root's test runs it as somebody else."""
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE)
    except (AttributeError, PermissionError):
        pytest.skip("this system lets us limit no other process")


def limit_files(pid: int, max_bytes: int) -> None:
    """How large a file that process may make."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (max_bytes, hard))


@pytest.fixture
def small_disk(machine_server: Server) -> Iterator[tuple[str, Path]]:
    """A place for a world on a disk of eight megabytes, and that disk."""
    disk = machine_server.folder / "disk"
    disk.mkdir()
    if subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=False).returncode:
        disk.rmdir()
        pytest.skip("only who may mount has a small disk to fill")
    try:
        place = machine_server.make_folder(disk / "tables")
        with psycopg.connect(machine_server.url, autocommit=True) as session:
            session.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
        with fresh_schema(machine_server.url) as url:
            yield url + quote(" -cdefault_tablespace=small"), disk
        with psycopg.connect(machine_server.url, autocommit=True) as session:
            session.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["/bin/umount", "-l", disk], check=True)


def test_a_full_disk_is_survived(
    small_disk: tuple[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, disk = small_disk
    ballast = disk / "ballast"

    async def story(_server: Inside, floor: Floor) -> None:
        fill(ballast)
        await until(lambda: "No space left on device" in caplog.text)
        await floor.a_refusal()
        ballast.unlink()

    told(story, url, tmp_path)


def fill(ballast: Path) -> None:
    """Take all the space that is left."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 12)):
            pass
