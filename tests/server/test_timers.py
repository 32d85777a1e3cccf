"""What falls due by itself: on a live clock when its time comes, on a frozen one when it is moved."""

import asyncio
import threading
from pathlib import Path

import pytest

from seatrial.core.state import State
from seatrial.store.store import Batch
from seatrial.world import recovery, timekeeping
from seatrial.world.clock import ClockNote
from seatrial.world.world import World
from tests.support.inside import Answer, Inside, inside

PATIENCE_SECONDS = 20
MARKET = {"pair": "XBTUSD", "ordertype": "limit", "type": "buy", "volume": 1}


class Commits:
    """Says when the next commit is over."""

    def __init__(self, of: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._commit = of._store.commit
        self._over = threading.Event()
        monkeypatch.setattr(of._store, "commit", self._and_tell)

    async def another(self) -> None:
        """Come back after one more commit."""
        self._over.clear()
        assert await asyncio.to_thread(self._over.wait, PATIENCE_SECONDS)

    def _and_tell(self, batch: Batch) -> None:
        self._commit(batch)
        self._over.set()


async def status(server: Inside) -> str:
    """Where the newest transfer stands."""
    return str((await server.get("/funding")).json[0]["status"])


def test_a_live_clock_confirms_a_deposit_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        assert await status(server) == "Settled"
        commits = Commits(server.world, monkeypatch)
        await server.post("/clock", speed=1_000_000)
        while server.machine.state.next_due_ns is not None:
            await commits.another()
        assert await status(server) == "Success"

    inside(story, live=True)


def test_a_live_clock_walks_a_withdrawal_through_every_status(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts/demo/withdraw-keys", asset="XBT", key="cold", address="a")
        assert (await server.call("Withdraw", asset="XBT", key="cold", amount=1)).result
        commits = Commits(server.world, monkeypatch)
        await server.post("/clock", speed=1_000_000)
        while server.machine.state.next_due_ns is not None:
            await commits.another()
        assert await status(server) == "Success"

    inside(story, live=True)


def test_a_frozen_clock_lets_nothing_happen() -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        assert server.machine.state.next_due_ns is not None
        assert server.world.time.wakes_at is None

    inside(story)


def test_the_clock_tells_what_will_happen_next_and_not_what_was_called_off() -> None:
    async def story(server: Inside) -> None:
        async def next_due() -> object:
            return (await server.get("/clock")).json["next_due"]

        await server.post("/clock", now="2030-01-01T00:00:00Z")
        for life in ({"expiretm": "+10"}, {"starttm": "+20", "userref": 7}):
            assert (await server.call("AddOrder", **MARKET, price=100, **life)).result
        refid = (await server.post("/accounts/demo/deposits", asset="XBT", amount=1)).json["refid"]
        assert await next_due() == "2030-01-01T00:00:10Z"
        await server.post("/clock", advance=10)
        assert await next_due() == "2030-01-01T00:00:20Z"
        await server.call("CancelOrder", txid=7)
        assert await next_due() == "2030-01-01T00:00:30Z"
        await server.post(f"/funding/{refid}", status="Success")
        assert await next_due() is None

    inside(story)


def test_advancing_comes_back_after_all_that_fell_due_has_happened() -> None:
    async def story(server: Inside) -> None:
        placed = await server.call("AddOrder", **MARKET, price=100, timeinforce="GTD", expiretm="+60")
        (txid,) = placed.result["txid"]
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        due = (await server.get("/clock")).json["next_due"]
        moved = (await server.post("/clock", advance="1h")).json
        assert due is not None
        assert moved["next_due"] is None
        assert await status(server) == "Success"
        order = (await server.call("QueryOrders", txid=txid)).result[txid]
        assert order["status"] == "expired"
        assert order["closetm"] - order["opentm"] == pytest.approx(60, abs=1e-3)

    inside(story)


def test_each_thing_falls_due_at_its_own_time_and_not_before() -> None:
    async def story(server: Inside) -> None:
        for seconds in (10, 20, 30):
            await server.call("AddOrder", **MARKET, price=100 + seconds, timeinforce="GTD", expiretm=f"+{seconds}")
        opened = []
        for _ in range(4):
            opened.append(len((await server.call("OpenOrders")).result["open"]))
            await server.post("/clock", advance="10")
        assert opened == [3, 2, 1, 0]

    inside(story)


def test_time_never_goes_back() -> None:
    async def story(server: Inside) -> list[int]:
        seen = []
        for change in (
            {"advance": 5},
            {"frozen": False},
            {"speed": 60},
            {"frozen": True},
            {"speed": 1},
            {"advance": 0},
        ):
            answer: Answer = await server.post("/clock", **change)
            assert answer.status == 200
            seen.append(answer.json["now_ns"])
        return seen

    seen = inside(story)
    assert seen == sorted(seen)


def test_a_frozen_world_shows_the_same_moment_to_everyone() -> None:
    async def story(server: Inside) -> None:
        shown = {(await server.public("Time")).body for _ in range(3)}
        assert len(shown) == 1
        moment = (await server.post("/clock", now="2030-01-01T00:00:07Z")).json
        assert moment == {
            "now": "2030-01-01T00:00:07Z", "now_ns": 1_893_456_007_000_000_000, "frozen": True, "speed": 1.0,
            "next_due": None, "as_of": None,
        }  # fmt: skip
        assert (await server.public("Time")).result["unixtime"] == 1_893_456_007

    inside(story)


def test_what_fell_due_while_the_server_was_down_has_happened_when_it_answers(tmp_path: Path) -> None:
    async def begin(server: Inside) -> None:
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        hour_ago = server.world.clock.note
        server.world.clock.note = ClockNote(hour_ago.world_ns, hour_ago.real_ns - 3600 * 10**9)

    async def after(server: Inside) -> str:
        await server.world.time.pass_time()
        return await status(server)

    inside(begin, tmp_path, live=True)
    assert inside(after, tmp_path, live=True) == "Success"


def test_a_timer_that_rings_while_nothing_can_be_stored_fires_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        await server.post("/delays", deposit_settled="100h")  # at the speed below a third of a second
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        commit, failures, happened = server.world._store.commit, [OSError("no disk")] * 3, threading.Event()

        def failing(batch: Batch) -> None:
            moves = any(write.table.name == "transfers" for write in batch.writes)
            if moves and failures:
                raise failures.pop()
            commit(batch)
            if moves:
                happened.set()

        monkeypatch.setattr(server.world._store, "commit", failing)
        monkeypatch.setattr(timekeeping, "RETRY_SECONDS", 0)
        monkeypatch.setattr(recovery, "RETRY_SECONDS", 0)
        assert (await server.post("/clock", speed=1_000_000)).status == 200
        assert await asyncio.to_thread(happened.wait, PATIENCE_SECONDS)
        assert not failures
        assert await status(server) == "Success"

    inside(story, live=True)


def test_a_timer_that_cannot_be_stored_does_not_fire_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        await server.post("/delays", deposit_settled="100h")  # at the speed below a third of a second
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        commit, load, loaded = server.world._store.commit, server.world._store.load, threading.Event()

        def failing(batch: Batch) -> None:
            if any(write.table.name == "transfers" for write in batch.writes):
                raise OSError("no disk")
            commit(batch)

        def noted_load(state: State) -> None:
            load(state)
            loaded.set()

        monkeypatch.setattr(server.world._store, "commit", failing)
        monkeypatch.setattr(server.world._store, "load", noted_load)
        monkeypatch.setattr(timekeeping, "RETRY_SECONDS", 1_000)
        assert (await server.post("/clock", speed=1_000_000)).status == 200
        assert await asyncio.to_thread(loaded.wait, PATIENCE_SECONDS)
        await asyncio.gather(*server.world.tasks)
        wakes_at = server.world.time.wakes_at
        assert wakes_at is not None
        assert wakes_at - asyncio.get_running_loop().time() > 900

    inside(story, live=True)


def test_a_timer_far_away_is_looked_at_again_before_it_fires() -> None:
    """No timer of the event loop is trusted with more than an hour."""

    async def story(server: Inside) -> None:
        await server.post("/delays", deposit_settled="10000h")
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        wakes_at = server.world.time.wakes_at
        assert wakes_at is not None
        assert wakes_at - asyncio.get_running_loop().time() <= 3_600

    inside(story, live=True)
