"""Calls that take many steps: others are answered in between. Counted, never timed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from seatrial.core.commands import CancelOrders, PlaceOrder
from seatrial.core.machine import MAX_DUE
from seatrial.core.orders import OrderKind, Side
from seatrial.dialects.kraken.orders import canceling
from seatrial.world.turns import Turns
from tests.support.inside import Inside, inside
from tests.support.running import RunningServer
from tests.support.signed_calls import Signer

MANY = 12_000
ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "90", "volume": "1"}


async def place(server: Inside, name: str, count: int, expires_ns: int = 0) -> None:
    """So many orders that rest, by way of the machine."""
    account_id = server.machine.state.account_names[name]
    order = PlaceOrder(account_id, "BTC/USD", Side.BUY, OrderKind.LIMIT, 1_000, 10**7, expires_ns=expires_ns)
    for _ in range(count):
        assert isinstance(server.machine.apply(order, server.world.time.now_ns()), tuple)
    await server.world.commits.committed()


def open_orders(server: Inside, name: str) -> int:
    """How many somebody has."""
    return len(server.machine.state.accounts[server.machine.state.account_names[name]].orders)


async def until(is_so: Callable[[], bool], pause: float = 0) -> None:
    """Let everything go on until something is so."""
    for _ in range(100_000):
        if is_so():
            return
        await asyncio.sleep(pause)
    raise AssertionError("it never was")


async def prepared(server: Inside) -> Signer:
    """A client with many orders."""
    client = await server.account("many", USD="1000000000")
    await place(server, "many", MANY)
    return client


async def sent(http: httpx.AsyncClient, signer: Signer, method: str, **params: object) -> dict[str, object]:
    """The result of a signed call that must succeed."""
    call = signer.call(method, **params)
    answer = (await http.post(call.path, content=call.body, headers=call.headers)).json()
    assert answer["error"] == [], answer
    found: dict[str, object] = answer["result"]
    return found


def test_others_are_answered_while_a_client_cancels_all_of_its_orders(tmp_path: Path) -> None:
    """What it places meanwhile stays, now and after a start."""
    first = inside(prepared, tmp_path)

    async def story(server: RunningServer) -> tuple[dict[str, object], int, str]:
        issued = server.tell("/accounts/many/keys")
        second = Signer(issued["key"], issued["secret"])
        answered, placed = 0, ""
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http:
            cancel = asyncio.create_task(sent(http, first, "CancelAll"))
            while not cancel.done():
                await sent(http, second, "Balance")
                if not placed:
                    (placed,) = (await sent(http, second, "AddOrder", **ORDER))["txid"]  # type: ignore[misc]
                answered += not cancel.done()
        return await cancel, answered, placed

    with RunningServer(tmp_path) as server:
        done, answered, placed = asyncio.run(story(server))
        assert done == {"count": MANY}
        assert answered >= 4
        for _ in range(2):
            signed = Signer(first.key, first.secret, first.nonce).call("OpenOrders")
            first.nonce += 1
            found = httpx.post(server.url + signed.path, content=signed.body, headers=signed.headers, trust_env=False)
            assert list(found.json()["result"]["open"]) == [placed]
            server.restart()


def test_what_falls_due_at_one_moment_happens_in_steps_and_calls_come_in_between() -> None:
    async def story(server: Inside) -> None:
        await server.account("many", USD="1000000000")
        await place(server, "many", 4 * MAX_DUE, server.world.time.now_ns() + 60 * 10**9)
        advance = asyncio.ensure_future(server.post("/clock", advance=60))
        seen = set()
        while not advance.done():
            await server.call("Balance")
            seen.add(open_orders(server, "many"))
        assert (await advance).status == 200
        assert open_orders(server, "many") == 0
        assert len(seen) >= 3
        assert server.reloaded().fingerprint() == server.machine.fingerprint()

    inside(story)


def test_the_world_catches_up_by_itself_when_nobody_calls() -> None:
    async def story(server: Inside) -> None:
        await server.account("many", USD="1000000000")
        await place(server, "many", 3 * MAX_DUE, server.world.time.now_ns() + 10**9)
        server.world.clock.set(frozen=False, speed_ppm=10**9)
        server.world.time.rearm()
        await until(lambda: open_orders(server, "many") == 0, 0.01)

    inside(story)


def test_a_cancel_whose_orders_end_in_between_says_how_many_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canceling, "MAX_CANCELED", 2)

    async def story(server: Inside) -> None:
        client = await server.account("many", USD="1000000000")
        for _ in range(5):
            assert (await server.send(client.call("AddOrder", **ORDER, userref=7))).result
        asked = asyncio.ensure_future(server.send(client.call("CancelOrder", txid=7)))
        await until(lambda: open_orders(server, "many") == 3)
        others = server.machine.state.account_names["many"]
        server.machine.apply(CancelOrders(others, everything=True), server.world.time.now_ns())
        assert (await asked).result == {"count": 2}

    inside(story)


def test_a_long_call_is_told_when_a_commit_of_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of it has happened, and no answer says more than that."""
    monkeypatch.setattr(canceling, "MAX_CANCELED", 2)

    async def story(server: Inside) -> None:
        client = await server.account("many", USD="1000000000")
        await place(server, "many", 7)
        commit, commits = server.world._store.commit, []

        def fail_at_third(batch: object) -> None:
            commits.append(batch)
            if len(commits) == 3:
                raise OSError("the disk is gone")
            commit(batch)  # type: ignore[arg-type]

        monkeypatch.setattr(server.world._store, "commit", fail_at_third)
        assert (await server.send(client.call("CancelAll"))).error == "EService:Unavailable"
        await server.recovered()
        assert open_orders(server, "many") == 3
        assert (await server.send(client.call("CancelAll"))).result == {"count": 3}

    inside(story)


def test_who_has_the_same_turn_waits_for_those_before() -> None:
    async def story() -> None:
        turns, seen = Turns(), []

        async def take(what: str | None, name: str) -> None:
            async with turns.of(what):
                seen.append(name)
                await asyncio.sleep(0)
                seen.append(name)

        await asyncio.gather(take("one", "a"), take("one", "b"), take("one", "c"), take("two", "x"), take(None, "y"))
        assert [name for name in seen if name in "abc"] == list("aabbcc")
        assert [name for name in seen if name in "axy"] != list("aaxxyy")
        assert not turns._taken

    asyncio.run(story())
