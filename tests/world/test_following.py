"""Whoever follows a world at work by its record has the same world: both venues, the crowd, failures, a restart."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from seatrial.pricing.crowd import Mode
from seatrial.server.worlds import Settings
from seatrial.store.backups import back_up
from seatrial.world.record import Gone
from tests.support.faulty_driver import disk_error, faults
from tests.support.follower import Follower
from tests.support.inside import Inside, inside


class Watcher:
    """Follows a world and reads its record when the test says so."""

    def __init__(self, server: Inside) -> None:
        self.server = server
        self.follower = Follower(server.machine.state)

    async def looks(self) -> None:
        """Read all that is stored, and compare."""
        world = self.server.world
        await world.commits.settled()
        while self.follower.last < world.record.last:
            self.follower.read(world.record.after(self.follower.last, 64))
        self.follower.check(self.server.machine.state)


async def some_life(server: Inside, luck: Random) -> None:
    """Two users of two venues trade, pay in and out, and time passes while a crowd moves the prices."""
    kucoin, limit = server.kucoin_demo, {"pair": "XBTUSDT", "ordertype": "limit"}
    for _ in range(4):
        price = 100_000 + luck.randint(-9_000, 9_000)
        await server.call("AddOrder", **limit, type=luck.choice(("buy", "sell")), price=price, volume="0.001")
        side, order = luck.choice(("buy", "sell")), {"symbol": "BTC-USDT", "type": "market", "size": "0.001"}
        await server.kucoin(kucoin, "POST", "/api/v1/hf/orders", clientOid=str(luck.random()), side=side, **order)
        await server.call("AddOrder", **limit, type="buy", price=1_000, volume="0.01", expiretm="+60")
    await server.post("/accounts/demo/deposits", asset="XBT", amount="0.5")
    await server.call("GetWebSocketsToken")
    await server.call("CancelAllOrdersAfter", timeout=luck.choice((0, 30)))
    await server.post("/clock", advance=luck.choice(("1s", "31s", "61s")))


@pytest.mark.parametrize("seed", [1, 2])
def test_followers_of_a_world_at_work_have_the_same_world(seed: int, tmp_path: Path) -> None:
    luck = Random(seed)  # noqa: S311  a test's luck

    async def story(server: Inside) -> None:
        watchers = [Watcher(server)]
        for _ in range(4):
            await some_life(server, luck)
            watchers.append(Watcher(server))
            for watcher in watchers:
                await watcher.looks()

    inside(story, settings=Settings(tmp_path / "data", crowd=Mode.CALM))


def test_what_a_failed_commit_held_was_never_told(tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        early = Watcher(server)
        await server.account("ann", USD="5")
        await early.looks()

        def fail(_statement: str) -> None:
            raise disk_error()

        with faults(server.world._store, before=fail):
            told = asyncio.ensure_future(server.post("/accounts", name="bob"))
            while server.machine.state.account_names.get("bob") is None:  # noqa: ASYNC110  the loop's next turns
                await asyncio.sleep(0)
            amidst = Follower(server.machine.state)
            assert (await told).status == 503
        await server.recovered()
        await early.looks()
        assert amidst.last > server.world.record.last, "it began in what was never stored"
        await server.account("carl", USD="5")
        await early.looks()

    inside(story, tmp_path / "data")


def test_whoever_followed_before_a_restart_goes_on_after_it(tmp_path: Path) -> None:
    followers: list[Follower] = []

    async def first(server: Inside) -> None:
        watcher = Watcher(server)
        await some_life(server, Random(3))  # noqa: S311  a test's luck
        await watcher.looks()
        followers.append(watcher.follower)

    async def second(server: Inside) -> None:
        watcher = Watcher(server)
        watcher.follower = followers[0]
        await watcher.looks()
        await some_life(server, Random(4))  # noqa: S311  a test's luck
        await watcher.looks()

    inside(first, tmp_path / "data")
    inside(second, tmp_path / "data")


def test_a_world_that_takes_the_place_of_another_gives_no_number_twice(tmp_path: Path) -> None:
    async def story(server: Inside) -> None:
        await server.account("early", USD="1")
        back_up(tmp_path / "data" / "world.sqlite3", tmp_path / "good", lambda _done, _total: None)
        await server.account("late", USD="1")
        record, last, worlds = server.world.record, server.world.record.last, server.world.record.worlds
        assert (await server.post("/restore", file=str(tmp_path / "good"))).status == 200
        assert (record.last, record.worlds) == (last, worlds + 1)
        with pytest.raises(Gone):
            record.after(last - 1, 1)
        watcher = Watcher(server)
        await server.account("other", USD="1")
        await watcher.looks()
        last = record.last
        assert (await server.post("/clock", frozen=True, now="2024-01-01")).status == 200
        assert (record.worlds, record.last > last) == (worlds + 2, True)
        watcher = Watcher(server)
        await server.account("another", USD="1")
        await watcher.looks()
        assert server.world.keeping.load().state.counters.fact == record.last

    inside(story, tmp_path / "data")
