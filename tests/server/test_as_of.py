"""The day by which the venues do what they do: a setting of a world, kept with it."""

import asyncio
from pathlib import Path

import pytest

from seatrial.dialects.dated import moment_of
from seatrial.server.host.worlds import Settings, open_world
from tests.support.inside import Inside, inside

TAKER_OF_2024, TAKER_OF_2026 = "0.4000", "0.8000"


async def taker(server: Inside) -> str:
    """What takers pay on the first rung."""
    volume = (await server.call("TradeVolume", pair="XBTUSD")).result
    return str(volume["fees"]["XXBTZUSD"]["maxfee"])


def test_the_venues_go_by_a_day_and_by_the_clock_again() -> None:
    async def story(server: Inside) -> None:
        assert (await server.get("/clock")).json["as_of"] is None
        shown = (await server.post("/clock", now="2026-10-01", as_of="2024-02")).json
        assert (shown["now"], shown["as_of"]) == ("2026-10-01T00:00:00Z", "2024-02-01")
        assert await taker(server) == TAKER_OF_2024
        assert (await server.post("/clock", as_of="2026-09")).json["as_of"] == "2026-09-01"
        assert await taker(server) == TAKER_OF_2026
        assert (await server.post("/clock", as_of="clock")).json["as_of"] is None
        assert server.reloaded().fingerprint() == server.machine.fingerprint()

    inside(story)


def test_what_is_no_day_changes_nothing() -> None:
    async def story(server: Inside) -> None:
        before = (await server.get("/clock")).json
        status, detail = (await server.post("/clock", now="2090-01-01", as_of="2024-13")).problem
        assert (status, "2024-13" in detail) == (422, True)
        assert (await server.get("/clock")).json == before

    inside(story)


def test_a_world_begun_again_keeps_its_day() -> None:
    async def story(server: Inside) -> None:
        await server.post("/clock", as_of="2024-02")
        assert (await server.post("/clock", now="2023-01-01")).json["as_of"] == "2024-02-01"
        assert server.reloaded().state.as_of_ns == moment_of("2024-02")

    inside(story)


def test_a_stored_world_goes_by_its_day_until_another_is_named(tmp_path: Path) -> None:
    seen = []
    for named in (moment_of("2024"), None, 0, None):
        world = open_world(Settings(tmp_path, as_of_ns=named))
        seen.append(world.machine.state.as_of_ns)
        assert {account._as_of_ns for account in world.machine.state.accounts.values()} == {seen[-1]}
        asyncio.run(world.stop())
    assert seen == [moment_of("2024"), moment_of("2024"), 0, 0]


@pytest.mark.parametrize("day", ["2024", "2024-02", "2024-02-29"])
def test_a_day_that_the_venues_go_by_is_told_as_an_event(day: str) -> None:
    async def story(server: Inside) -> None:
        await server.post("/clock", as_of=day)
        events = (await server.ask("GET", "/_seatrial/v1/events", query="kind=as_of_set&follow=false&last=9")).body
        assert b'"as_of":"2024-' in events.replace(b" ", b"")

    inside(story)
