"""Time passes before every call of every dialect, public or private: who looks sees what is due by then as happened."""

from typing import Any

import pytest

from seatrial.world.clock import ClockNote
from tests.support.inside import Inside, inside

SECOND_NS = 10**9

BOOKS = {
    "kraken": ("/0/public/Depth", "pair=XBTUSDT"),
    "kucoin": ("/api/v1/market/orderbook/level2_20", "symbol=BTC-USDT"),
}
"""How everybody looks at one book in each dialect."""

EXPIRES = {"price": 100, "timeinforce": "GTD", "expiretm": "+60"}
STARTS = {"price": 100, "starttm": "+60"}


async def bids(server: Inside, venue: str) -> int:
    """How many bids a public look at the book shows."""
    path, query = BOOKS[venue]
    found = (await server.ask("GET", path, query=query)).json
    book: Any = found["data"] if venue == "kucoin" else next(iter(found["result"].values()))
    return len(book["bids"])


async def place(server: Inside, **order: object) -> None:
    """An order of a client of Kraken's, in the book that all venues share."""
    placed = await server.call("AddOrder", pair="XBTUSDT", type="buy", ordertype="limit", volume=1, **order)
    assert placed.result


def move(server: Inside, seconds: int) -> None:
    """The clock goes on and nobody looks: it is a minute later, say, and no timer fired."""
    clock = server.world.clock
    if clock.note.frozen:
        clock.set(now_ns=clock.now_ns() + seconds * SECOND_NS)
    else:
        clock.note = ClockNote(clock.note.world_ns, clock.note.real_ns - seconds * SECOND_NS)


def test_every_dialect_is_tried() -> None:
    async def story(server: Inside) -> set[str]:
        return set(server.world.dialects)

    assert inside(story) == set(BOOKS)


@pytest.mark.parametrize("live", [False, True], ids=["frozen", "running"])
@pytest.mark.parametrize("venue", BOOKS)
class TestAPublicLook:
    def test_does_not_show_an_order_after_its_expiry(self, venue: str, live: bool) -> None:
        async def story(server: Inside) -> None:
            await place(server, **EXPIRES)
            assert await bids(server, venue) == 1
            move(server, 61)
            assert await bids(server, venue) == 0
            assert server.reloaded().fingerprint() == server.machine.fingerprint(), "what it showed is on disk"

        inside(story, live=live)

    def test_shows_an_order_from_its_start_on(self, venue: str, live: bool) -> None:
        async def story(server: Inside) -> None:
            await place(server, **STARTS)
            assert await bids(server, venue) == 0
            move(server, 61)
            assert await bids(server, venue) == 1

        inside(story, live=live)

    def test_changes_nothing_where_nothing_is_due(self, venue: str, live: bool) -> None:
        async def story(server: Inside) -> None:
            await place(server, **EXPIRES)
            before = server.machine.fingerprint()
            move(server, 30)
            assert await bids(server, venue) == 1
            assert server.machine.fingerprint() == before

        inside(story, live=live)


def test_the_one_who_runs_the_world_sees_the_same() -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        move(server, 24 * 3_600)
        assert (await server.get("/funding")).json[0]["status"] == "Success"

    inside(story)
