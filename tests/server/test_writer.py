"""The single writer: applied on arrival, answered after the commit that holds it, and what happens when that fails."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from seatrial.core.commands import PassTime
from seatrial.core.ledger import Ledger
from seatrial.core.machine import Machine
from seatrial.core.state import State
from seatrial.dialects.wire import Call, Reply
from seatrial.store.store import Batch
from seatrial.world import commits, recovery
from seatrial.world.errors import Unavailable
from seatrial.world.world import World
from tests.support.inside import Answer, Inside, inside
from tests.support.stored_books import breaches

UNAVAILABLE = "EService:Unavailable"
UNUSABLE = "the store cannot be used just now: look whether a change was made before you try again"
PATIENCE_SECONDS = 20

Ask = Callable[[Inside], Awaitable[Answer]]


class Gate:
    """Stands before a store's commits: counts them, holds them back while closed, and makes them fail when told."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commits = 0
        self.failure: Exception | None = None
        self._commit = world._store.commit
        self._arrived = threading.Event()
        self._open = threading.Event()
        self._open.set()
        monkeypatch.setattr(world._store, "commit", self._pass)

    def close(self) -> None:
        """Hold the next commit back."""
        self._arrived.clear()
        self._open.clear()

    def open(self, failure: Exception | None = None) -> None:
        """Let what waits go on, or fail."""
        self.failure = failure
        self._open.set()

    async def someone_waits(self) -> None:
        """Come back when a commit stands before the closed gate."""
        assert await asyncio.to_thread(self._arrived.wait, PATIENCE_SECONDS)

    def _pass(self, batch: Batch) -> None:
        self.commits += 1
        self._arrived.set()
        assert self._open.wait(PATIENCE_SECONDS)
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        self._commit(batch)


def disk_full() -> OperationalError:
    """What SQLAlchemy raises when SQLite cannot write."""
    return OperationalError("INSERT …", {}, Exception("database or disk is full"))


async def turns(count: int = 50) -> None:
    """Let everything go as far as it can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def recovered(server: Inside) -> None:
    """Come back when the world was loaded again."""
    await asyncio.gather(*server.world.tasks)
    assert not server.world.commits.is_lost


def buy(server: Inside, **more: object) -> Awaitable[Answer]:
    """An order that rests."""
    params: dict[str, object] = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": 100, "volume": 1}
    return server.call("AddOrder", **params, **more)


def stored_fingerprint(server: Inside) -> str:
    """What a restart would find."""
    return Machine(server.world.keeping.load().state).fingerprint()


ACTS: dict[str, Ask] = {
    "an order": buy,
    "a private read, which spends a nonce": lambda server: server.call("Balance"),
    "a deposit": lambda server: server.post("/accounts/demo/deposits", asset="BTC", amount="1"),
    "an account": lambda server: server.post("/accounts", name="ann"),
    "a delay": lambda server: server.post("/delays", deposit_settled=1),
    "a moment": lambda server: server.post("/clock", advance=60),
}
READS: dict[str, Ask] = {
    "the book": lambda server: server.public("Depth", "pair=XBTUSD"),
    "the time": lambda server: server.public("Time"),
    "the balances": lambda server: server.call("Balance"),
    "the ledger, which is looked up": lambda server: server.call("Ledgers"),
    "the books": lambda server: server.get("/books"),
    "the accounts": lambda server: server.get("/accounts"),
    "the transfers": lambda server: server.get("/funding"),
    "the clock": lambda server: server.get("/clock"),
    "the health": lambda server: server.get("/health"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_answer_leaves_after_the_commit_that_holds_it(act: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        gate = Gate(server.world, monkeypatch)
        gate.close()
        asked = asyncio.ensure_future(act(server))
        await gate.someone_waits()
        await turns()
        assert not asked.done()
        gate.open()
        assert (await asked).status in {200, 201}
        assert server.machine.fingerprint() == stored_fingerprint(server)

    inside(story)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_that_could_show_what_is_not_on_disk_waits_too(read: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        gate = Gate(server.world, monkeypatch)
        gate.close()
        placed = asyncio.ensure_future(buy(server))
        await gate.someone_waits()
        asked = asyncio.ensure_future(read(server))
        await turns()
        assert not asked.done()
        gate.open()
        assert (await asked).status == (await placed).status == 200

    inside(story)


def test_a_read_that_changes_nothing_commits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        await buy(server)
        gate = Gate(server.world, monkeypatch)
        depth = await server.public("Depth", "pair=XBTUSD")
        assert depth.result["XXBTZUSD"]["bids"][0][:2] == ["100.00000", "1.000"]
        assert (await server.get("/books")).json["balanced"]
        assert gate.commits == 0

    inside(story)


def test_what_arrives_during_a_commit_shares_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        gate = Gate(server.world, monkeypatch)
        gate.close()
        first = asyncio.ensure_future(buy(server))
        await gate.someone_waits()
        others = [asyncio.ensure_future(buy(server)) for _ in range(50)]
        await turns()
        gate.open()
        answers = [await asked for asked in (first, *others)]
        assert len({answer.result["txid"][0] for answer in answers}) == 51
        assert gate.commits == 2

    inside(story)


def test_a_failed_commit_is_told_to_everyone_who_waits_and_leaves_the_world_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(server: Inside) -> None:
        assert (await buy(server)).result
        before = server.machine.fingerprint()
        gate = Gate(server.world, monkeypatch)
        gate.close()
        in_the_commit = [
            asyncio.ensure_future(buy(server)),
            asyncio.ensure_future(server.post("/accounts", name="ann")),
        ]
        await gate.someone_waits()
        behind_it = [asyncio.ensure_future(buy(server)), asyncio.ensure_future(server.public("Depth", "pair=XBTUSD"))]
        control = asyncio.ensure_future(server.post("/accounts/demo/deposits", asset="BTC", amount="1"))
        await turns()
        gate.open(disk_full())
        order, account, second_order, depth = [await asked for asked in (*in_the_commit, *behind_it)]
        assert [order.error, second_order.error, depth.error] == [UNAVAILABLE] * 3
        assert account.problem == (await control).problem == (503, UNUSABLE)
        await recovered(server)
        assert server.machine.fingerprint() == stored_fingerprint(server) == before
        assert {transfer["status"] for transfer in (await server.get("/funding")).json} == {"Success"}, "the openings"

    inside(story)


def test_after_a_failed_commit_the_same_bytes_may_be_sent_again_and_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        answered = server.demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=1, volume=1)
        assert (await server.send(answered)).result
        gate = Gate(server.world, monkeypatch)
        gate.open(disk_full())
        failed = server.demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=2, volume=1)
        assert (await server.send(failed)).error == UNAVAILABLE
        await recovered(server)
        assert (await server.send(answered)).error == "EAPI:Invalid nonce"
        assert (await server.send(failed)).result
        assert (await server.send(failed)).error == "EAPI:Invalid nonce"
        assert len((await server.call("OpenOrders")).result["open"]) == 2

    inside(story)


def test_while_the_world_is_loaded_again_everyone_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        load, may_load = server.world._store.load, threading.Event()

        def slow_load(state: State) -> None:
            assert may_load.wait(PATIENCE_SECONDS)
            load(state)

        monkeypatch.setattr(server.world._store, "load", slow_load)
        Gate(server.world, monkeypatch).open(disk_full())
        assert (await buy(server)).error == UNAVAILABLE
        assert (await buy(server)).error == UNAVAILABLE
        assert (await server.public("Time")).error == UNAVAILABLE
        assert (await server.get("/health")).problem[0] == 503
        assert (await server.post("/accounts", name="ann")).problem[0] == 503
        may_load.set()
        await recovered(server)
        assert (await buy(server)).result

    inside(story)


def test_loading_again_is_tried_until_it_works(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(server: Inside) -> None:
        load = server.world._store.load
        failures: list[Exception] = [disk_full(), ValueError("not what was written")]

        def failing_load(state: State) -> None:
            if failures:
                raise failures.pop(0)
            load(state)

        monkeypatch.setattr(recovery, "RETRY_SECONDS", 0)
        monkeypatch.setattr(server.world._store, "load", failing_load)
        Gate(server.world, monkeypatch).open(disk_full())
        assert (await buy(server)).error == UNAVAILABLE
        await recovered(server)
        assert not failures
        assert (await buy(server)).result

    inside(story)
    assert "the store cannot be loaded yet: database or disk is full" in caplog.text
    assert "the store cannot be loaded yet: ValueError('not what was written')" in caplog.text


def test_a_clock_whose_change_was_not_committed_goes_on_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        before = (await server.get("/clock")).json
        Gate(server.world, monkeypatch).open(disk_full())
        assert (await server.post("/clock", advance="24h", frozen=False, speed=2)).problem[0] == 503
        await recovered(server)
        assert (await server.get("/clock")).json == before

    inside(story)


def test_what_cannot_even_be_written_down_is_told_to_everyone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number too large for the store's columns, say: the driver raises an error of another family."""

    async def story(server: Inside) -> None:
        gate = Gate(server.world, monkeypatch)
        before = server.machine.fingerprint()
        gate.open(OverflowError("Python int too large to convert to SQLite INTEGER"))
        assert (await buy(server)).error == UNAVAILABLE
        await recovered(server)
        batch = server.world._store.batch
        with monkeypatch.context() as broken:
            broken.setattr(server.world._store, "batch", lambda *_: 1 / 0)
            assert (await buy(server)).error == UNAVAILABLE
        assert server.world._store.batch == batch
        await recovered(server)
        assert server.machine.fingerprint() == before
        assert (await buy(server)).result

    inside(story)


def break_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the middle of placing an order: the hold is taken, and then nothing more happens."""
    hold = Ledger.hold

    def broken(ledger: Ledger, *arguments: Any) -> None:
        hold(ledger, *arguments)
        raise AssertionError("a bug")

    monkeypatch.setattr(Ledger, "hold", broken)


def test_a_bug_leaves_no_half_state(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        assert (await buy(server)).result
        before = server.machine.fingerprint()
        with monkeypatch.context() as broken:
            break_holds(broken)
            assert (await buy(server)).error == UNAVAILABLE
        await recovered(server)
        assert server.machine.fingerprint() == stored_fingerprint(server) == before
        assert (await server.get("/books")).json["balanced"]
        assert (await buy(server)).result

    inside(story)


def test_a_bug_behind_the_control_api_leaves_no_half_state_either(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        before = server.machine.fingerprint()
        with monkeypatch.context() as broken:
            broken.setattr("seatrial.core.treasury._arrive", lambda *_: 1 / 0)
            answer = await server.post("/accounts/demo/deposits", asset="BTC", amount="1")
            assert answer.problem[0] == 503
        await recovered(server)
        assert server.machine.fingerprint() == before
        assert (await server.post("/accounts/demo/deposits", asset="BTC", amount="1")).status == 201

    inside(story)


def test_a_bug_takes_along_what_no_commit_holds_yet_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        gate = Gate(server.world, monkeypatch)
        gate.close()
        in_the_commit = asyncio.ensure_future(buy(server, userref=1))
        await gate.someone_waits()
        behind_it = asyncio.ensure_future(buy(server, userref=2))
        await turns()
        with monkeypatch.context() as broken:
            break_holds(broken)
            assert (await buy(server, userref=3)).error == UNAVAILABLE
        assert (await behind_it).error == UNAVAILABLE
        gate.open()
        (kept,) = (await in_the_commit).result["txid"]
        await recovered(server)
        assert list((await server.call("OpenOrders")).result["open"]) == [kept]

    inside(story)


def test_a_bug_during_a_commit_that_fails_is_recovered_from_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second loading would throw away what was answered after the first."""

    async def story(server: Inside) -> None:
        loads: list[State] = []
        load = server.world._store.load

        def counted_load(state: State) -> None:
            loads.append(state)
            load(state)

        monkeypatch.setattr(server.world._store, "load", counted_load)
        gate = Gate(server.world, monkeypatch)
        gate.close()
        in_the_commit = asyncio.ensure_future(buy(server))
        await gate.someone_waits()
        with monkeypatch.context() as broken:
            break_holds(broken)
            assert (await buy(server)).error == UNAVAILABLE
        gate.open(disk_full())
        assert (await in_the_commit).error == UNAVAILABLE
        await recovered(server)
        assert len(loads) == 1
        assert (await buy(server)).result
        assert server.machine.fingerprint() == stored_fingerprint(server)

    inside(story)


def test_a_bug_in_a_look_up_changes_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async def story(server: Inside) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(server.world._store, "answer", lambda _: 1 / 0)
            assert (await server.call("Ledgers")).error == UNAVAILABLE
        assert server.world.commits.is_lost is False
        assert (await server.call("Ledgers")).result["count"]

    inside(story)
    assert "a look-up failed" in caplog.text


def test_more_calls_than_may_wait_are_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        monkeypatch.setattr(commits, "MAX_WAITING", 3)
        gate = Gate(server.world, monkeypatch)
        gate.close()
        first = asyncio.ensure_future(buy(server))
        await gate.someone_waits()
        waiting = [asyncio.ensure_future(buy(server)) for _ in range(3)]
        await turns()
        assert (await buy(server)).error == UNAVAILABLE
        assert (await server.post("/accounts", name="ann")).problem[0] == 503
        gate.open()
        for asked in (first, *waiting):
            assert (await asked).result
        assert (await buy(server)).result
        assert "ann" not in server.machine.state.account_names

    inside(story)


def test_a_caller_who_leaves_does_not_disturb_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        gate = Gate(server.world, monkeypatch)
        gate.close()
        leaves, stays = asyncio.ensure_future(buy(server)), asyncio.ensure_future(buy(server))
        await gate.someone_waits()
        leaves.cancel()
        await turns()
        gate.open()
        assert (await stays).result
        assert len((await server.call("OpenOrders")).result["open"]) == 2

    inside(story)


def test_stopping_commits_what_is_left_and_lets_the_next_one_in(tmp_path: Path) -> None:
    async def story(server: Inside) -> str:
        server.machine.apply(PassTime(), server.world.clock.now_ns() + 1)
        asked = asyncio.ensure_future(buy(server))
        await turns(1)
        await server.world.stop()
        assert (await asked).result
        return server.machine.fingerprint()

    async def stopped() -> str:
        return await story(Inside(tmp_path / "data"))

    async def fingerprint(server: Inside) -> str:
        return server.machine.fingerprint()

    assert asyncio.run(stopped()) == inside(fingerprint, tmp_path / "data")


def test_a_world_that_cannot_commit_its_last_calls_still_lets_the_next_one_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped() -> None:
        server = Inside(tmp_path / "data")
        Gate(server.world, monkeypatch).open(disk_full())
        with pytest.raises(Unavailable):
            await server.world.stop()

    async def works(server: Inside) -> Answer:
        return await buy(server)

    asyncio.run(stopped())
    assert inside(works, tmp_path / "data").result


def test_stopping_in_the_middle_of_a_bug_stores_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stopped() -> list[str]:
        server = Inside(tmp_path / "data")
        gate = Gate(server.world, monkeypatch)
        gate.close()
        in_the_commit = asyncio.ensure_future(buy(server))
        await gate.someone_waits()
        with monkeypatch.context() as broken:
            break_holds(broken)
            assert (await buy(server)).error == UNAVAILABLE
        stopping = asyncio.ensure_future(server.world.stop())
        await turns()
        gate.open()
        await stopping
        return list((await in_the_commit).result["txid"])

    async def story(server: Inside) -> list[str]:
        return list((await server.call("OpenOrders")).result["open"])

    kept = asyncio.run(stopped())
    assert breaches(tmp_path / "data" / "world.sqlite3") == {}
    assert inside(story, tmp_path / "data") == kept


def test_an_answer_that_cannot_be_given_keeps_no_other_back(caplog: pytest.LogCaptureFixture) -> None:
    async def story(server: Inside) -> None:
        kraken = server.world.dialects["kraken"]
        heard: list[Reply] = []

        def deaf(_reply: Reply) -> None:
            raise RuntimeError("the socket is not what it was")

        for respond in (deaf, heard.append):
            signed = server.demo.call("Balance")
            headers = {name.lower().encode(): value.encode() for name, value in signed.headers.items()}
            server.world.answer(kraken, Call("POST", signed.path, b"", headers, signed.body, "127.0.0.1"), respond)
        await server.world.commits.settled()
        assert len(heard) == 1
        assert (await server.call("Balance")).result

    inside(story)
    assert "an answer could not be given" in caplog.text
