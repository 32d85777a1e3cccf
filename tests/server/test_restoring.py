"""A backup takes the place of a world at work: proven while calls go on, put there in a moment, or not at all."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seatrial.server.host.worlds import Settings
from seatrial.store.apart import Apart
from seatrial.store.backups import back_up
from seatrial.store.errors import StoreError
from tests.support.busy_floor import until
from tests.support.inside import Inside, inside
from tests.support.signed_calls import Signer


def backup_of(data: Path, file: Path) -> Path:
    """What the world of a folder is now."""
    back_up(data / "world.sqlite3", file, lambda _done, _total: None)
    return file


async def is_served(server: Inside, who: Signer, until: asyncio.Event | None = None) -> None:
    """Whoever calls all the time is answered as ever, at least until something happens."""
    balance, status = await server.send(who.call("Balance")), await server.public("SystemStatus")
    if until is None or not until.is_set():
        assert (balance.result, status.result["status"]) == ({"ZUSD": "5.0000"}, "online")
    await asyncio.sleep(0.001)


async def nothing(_server: Inside) -> None:
    """A world is begun."""


async def restore(server: Inside, file: Path) -> tuple[int, Any]:
    """Ask for it; status and body."""
    answer = await server.post("/restore", file=str(file))
    return answer.status, answer.json


class Writer:
    """The world's own, but that a restore waits until the test lets it go, and may fail then."""

    def __init__(self, server: Inside) -> None:
        self._writer = server.world.recovery._writer
        self.reached, self.may_go = asyncio.Event(), asyncio.Event()
        self.fails = False
        server.world.recovery._writer = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    async def restore(self, file: Path) -> None:
        """In the middle of it."""
        self.reached.set()
        await self.may_go.wait()
        if self.fails:
            raise StoreError("the disk is full")
        await self._writer.restore(file)


Refused = Callable[[Path], Path]


def no_file(folder: Path) -> Path:
    return folder / "no-such-file"


def a_folder(folder: Path) -> Path:
    return folder


def a_text(folder: Path) -> Path:
    (folder / "text").write_text("Dear diary", encoding="utf-8")
    return folder / "text"


def half_a_backup(folder: Path) -> Path:
    whole = (folder / "good").read_bytes()
    (folder / "half").write_bytes(whole[: len(whole) // 2])
    return folder / "half"


def one_of_another_seed(folder: Path) -> Path:
    (folder / "other").mkdir()
    inside(nothing, settings=Settings(folder / "other", seed=2))
    return backup_of(folder / "other", folder / "other-seed")


def one_with_a_broken_law(folder: Path) -> Path:
    return spoiled(folder, "UPDATE purses SET free = free + 1 WHERE account_id = 1")


def one_of_an_unknown_market(folder: Path) -> Path:
    """No law knows which markets there are."""
    return spoiled(folder, "INSERT INTO books (market, sequence) VALUES ('NO/SUCH', 1)")


def spoiled(folder: Path, statement: str) -> Path:
    """A backup in which somebody did that."""
    file = folder / "spoiled"
    file.write_bytes((folder / "good").read_bytes())
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)
    return file


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_file, "there is no file"),
        (a_folder, "is a folder"),
        (a_text, "is no backup: the file is not a database"),
        (half_a_backup, "half"),
        (one_of_another_seed, "is of a world with another seed: stop the server and restore it then"),
        (one_with_a_broken_law, "of the laws of the books"),
        (one_of_an_unknown_market, "holds a world that cannot be loaded"),
    ],
)
def test_what_cannot_be_restored_is_refused_and_disturbs_nobody(make: Refused, says: str, tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        ann = await server.account("ann", USD="5")
        backup_of(tmp_path / "data", tmp_path / "good")
        file = await asyncio.to_thread(make, tmp_path)
        state, over = server.machine.state, asyncio.Event()

        async def go_on_calling() -> int:
            calls = 0
            while not over.is_set():
                await is_served(server, ann)
                calls += 1
            return calls

        calling = asyncio.ensure_future(go_on_calling())
        await asyncio.sleep(0)
        status, problem = await restore(server, file)
        over.set()
        assert await calling
        assert status == 409
        assert says in problem["detail"]
        assert server.machine.state is state, "it was not loaded again"
        view = (await server.get("/restore")).json
        assert view["last"] == {"file": str(file), "restored": False, "detail": problem["detail"]}

    inside(story, tmp_path / "data")


def test_calls_go_on_until_the_backup_is_proven_and_then_hear_that_it_is_being_put_there(tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        ann = await server.account("ann", USD="5")
        file = backup_of(tmp_path / "data", tmp_path / "good")
        await server.account("late", USD="1")
        writer = Writer(server)
        restoring = asyncio.ensure_future(restore(server, file))
        while not writer.reached.is_set():
            await is_served(server, ann, writer.reached)
        view = (await server.get("/restore")).json
        assert (view["restoring"], view["refuses_calls"], view["file"]) == (True, True, str(file))
        assert (await server.call("Balance")).error == "EService:Unavailable"
        assert (await server.public("SystemStatus")).result["status"] == "maintenance"
        assert (await server.ask("GET", "/api/v1/status")).json["data"]["status"] == "close"
        refused = await server.kucoin(server.kucoin_demo, "GET", "/api/v1/accounts")
        assert (refused.status, refused.json["msg"]) == (503, "The system is under maintenance.")
        status, detail = (await server.get("/accounts")).problem
        assert (status, "a backup takes the place of this world just now" in detail) == (503, True)
        assert (await restore(server, file))[0] == 409
        writer.may_go.set()
        assert (await restoring)[0] == 200
        assert (await server.public("SystemStatus")).result["status"] == "online"
        assert "late" not in [account["name"] for account in (await server.get("/accounts")).json]
        assert (await server.get("/restore")).json["last"]["restored"]
        assert (await server.call("AddOrder", **ORDER)).result
        assert server.machine.fingerprint() == server.reloaded().fingerprint()

    inside(story, tmp_path / "data")


ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "1", "volume": "1"}


@pytest.mark.parametrize("apart", [False, True])
def test_a_restored_world_goes_on_from_what_its_backup_knew(apart: bool, place: Path | str, tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        assert (await server.call("AddOrder", **ORDER)).result
        await server.account("early", USD="1")
        source = place if isinstance(place, str) else tmp_path / "data" / "world.sqlite3"
        back_up(source, tmp_path / "good", lambda _done, _total: None)
        before = server.machine.fingerprint()
        assert (await server.call("CancelAll")).result == {"count": 1}
        assert (await restore(server, tmp_path / "good"))[0] == 200
        assert server.machine.fingerprint() == before
        server.demo.nonce += 1
        for _ in range(3):
            assert (await server.call("AddOrder", **ORDER)).result
        await server.account("late", USD="1")
        assert server.machine.fingerprint() == server.reloaded().fingerprint()

    database = place if isinstance(place, str) else None
    inside(story, settings=Settings(tmp_path / "data", database=database, writes_apart=apart))


def test_a_restore_that_fails_in_the_middle_leaves_the_old_world_at_work(tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        file = backup_of(tmp_path / "data", tmp_path / "good")
        await server.account("late", USD="1")
        before, writer = server.machine.fingerprint(), Writer(server)
        writer.fails = True
        writer.may_go.set()
        status, problem = await restore(server, file)
        assert (status, problem["detail"]) == (409, "the disk is full")
        assert server.machine.fingerprint() == before
        assert (await server.public("SystemStatus")).result["status"] == "online"
        assert (await server.call("AddOrder", **ORDER)).result

    inside(story, tmp_path / "data")


def test_a_writing_process_that_is_killed_in_a_restore_leaves_the_old_world_at_work(tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        file = backup_of(tmp_path / "data", tmp_path / "good")
        await server.account("late", USD="1")
        before, writer = server.machine.fingerprint(), Writer(server)
        restoring = asyncio.ensure_future(restore(server, file))
        await writer.reached.wait()
        database = server.world._store.database
        assert isinstance(database, Apart)
        database._process.kill()
        writer.may_go.set()
        status, problem = await restoring
        assert (status, "has ended" in problem["detail"]) == (409, True)
        assert server.machine.fingerprint() == before
        assert (await server.call("AddOrder", **ORDER)).result

    inside(story, settings=Settings(tmp_path / "data", writes_apart=True))


def test_a_world_that_stops_in_the_middle_of_a_restore_comes_to_an_end(tmp_path: Path) -> None:
    """Nobody lets this one go on; it is given up with the world."""

    async def story(server: Inside) -> None:
        writer = Writer(server)
        await server.account("ann", USD="5")
        restoring = asyncio.ensure_future(restore(server, backup_of(tmp_path / "data", tmp_path / "good")))
        await writer.reached.wait()
        assert not restoring.done()

    inside(story, tmp_path / "data")


def test_a_restore_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """As when the server stops."""

    async def story(server: Inside) -> None:
        file = backup_of(tmp_path / "data", tmp_path / "good")
        restoring = asyncio.ensure_future(server.world.recovery.restore(file))
        await until(lambda: server.world.recovery.restoring is not None and server.world.recovery.restoring.of > 0)
        restoring.cancel()
        await asyncio.wait([restoring])
        assert restoring.cancelled()
        assert (await server.get("/restore")).json == {
            "restoring": False, "refuses_calls": False, "file": None, "step": None, "done": 0, "of": 0, "last": None,
        }  # fmt: skip
        assert (await server.call("AddOrder", **ORDER)).result

    inside(story, tmp_path / "data")
