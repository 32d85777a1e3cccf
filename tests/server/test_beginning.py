"""A world in which nothing happened yet can begin at any moment, the past included."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from seatrial.client.control import ControlError
from tests.support.inside import Inside, inside
from tests.support.running import RunningServer

PAST = "2024-01-01T00:00:00Z"


def test_an_untouched_world_begins_again_at_an_earlier_moment_with_all_it_has(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "world") as server:
        opened = server.tell("/accounts", name="alice", balances={"USD": "100", "BTC": "0"})
        server.tell(f"/accounts/{opened['id']}/withdraw-keys", asset="BTC", key="cold", address="bc1qexample")
        before = server.ask("/accounts")

        shown = server.tell("/clock", frozen=True, now=PAST)

        assert shown["now"] == PAST
        assert server.ask("/accounts") == before
        assert server.ask("/books")["balanced"]
        server.restart()
        assert server.ask("/clock")["now"] == PAST
        assert server.ask("/accounts") == before


def test_sub_accounts_and_deposits_keep_their_owner_and_their_ids() -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts", name="old", balances={"USD": "5"}, opening="transfer")
        await server.post("/accounts", name="ann", balances={"ETH2.S": "1", "EUR": "5000", "BTC": "1", "ETH": "0"})
        wanted = {"subName": "second1", "password": "Abcdefg1", "access": "Spot", "remarks": "mine"}
        await server.kucoin(server.kucoin_demo, "POST", "/api/v2/sub/user/created", **wanted)
        before = await seen(server)
        assert before[0][0]["subName"] == "second1"

        assert (await server.post("/clock", now=PAST)).status == 200

        assert await seen(server) == before
        assert server.reloaded().fingerprint() == server.machine.fingerprint()

    inside(story)


async def seen(server: Inside) -> tuple[Any, ...]:
    """What there is, apart from when it was made and from ids that begin with that second."""
    subs = (await server.kucoin(server.kucoin_demo, "GET", "/api/v2/sub/user")).json["data"]["items"]
    accounts, funding = (await server.get("/accounts")).json, (await server.get("/funding")).json
    for sub in subs:
        del sub["createdAt"], sub["userId"]
    ours = [transfer | {"created": ""} for transfer in funding if not transfer["refid"].islower()]
    return subs, accounts, ours


def test_a_key_keeps_its_number_when_one_before_it_was_revoked() -> None:
    """Or else the next key would be one that there is already."""

    async def story(server: Inside) -> None:
        kim = server.kucoin_demo
        wanted = {"subName": "second1", "password": "Abcdefg1", "access": "Spot"}
        await server.kucoin(kim, "POST", "/api/v2/sub/user/created", **wanted)
        made = {"subName": "second1", "passphrase": "Hush-hush", "remark": "x"}
        key = (await server.kucoin(kim, "POST", "/api/v1/sub/api-key", **made)).json["data"]["apiKey"]
        kept = (await server.post("/accounts/1/keys")).json["key"]
        gone = await server.kucoin(
            kim, "DELETE", "/api/v1/sub/api-key", f"subName=second1&apiKey={key}&passphrase=Hush-hush"
        )
        assert gone.json["code"] == "200000"

        assert (await server.post("/clock", now=PAST)).status == 200

        assert server.machine.state.keys[kept].key_id == server.machine.state.counters.key_id
        assert (await server.post("/accounts/1/keys")).status == 201

    inside(story)


async def move(server: Inside) -> None:
    """Money goes from one wallet to another."""
    wanted = {"clientOid": "1", "currency": "USDT", "amount": "40", "from": "trade", "to": "main"}
    moved = await server.kucoin(server.kucoin_demo, "POST", "/api/v2/accounts/inner-transfer", **wanted)
    assert moved.json["code"] == "200000"


async def take_back(server: Inside) -> None:
    """An opening deposit fails after all."""
    refid = (await server.get("/funding")).json[0]["refid"]
    assert (await server.post(f"/funding/{refid}", status="Failure")).status == 200


async def set_timer(server: Inside) -> None:
    """Orders are to be cancelled in a minute."""
    assert (await server.call("CancelAllOrdersAfter", timeout=60)).result


async def ask_for_address(server: Inside) -> None:
    """Where to deposit to."""
    assert (await server.call("DepositAddresses", asset="XBT", method="Bitcoin", new=True)).result


async def ask_for_token(server: Inside) -> None:
    """A private feed's."""
    assert (await server.call("GetWebSocketsToken")).result


WHAT_HAPPENED = [
    (move, "transfers between wallets"), (take_back, "funding"), (set_timer, "orders"), (ask_for_address, "funding"),
    (ask_for_token, "tokens"),
]  # fmt: skip


@pytest.mark.parametrize(("happen", "what"), WHAT_HAPPENED, ids=[happen.__name__ for happen, _ in WHAT_HAPPENED])
def test_what_would_be_lost_keeps_time_from_going_back(
    happen: Callable[[Inside], Coroutine[Any, Any, None]], what: str
) -> None:
    async def story(server: Inside) -> None:
        await happen(server)
        before = server.machine.fingerprint()
        status, detail = (await server.post("/clock", now=PAST)).problem
        assert status == 409
        assert f"there were {what} in it" in detail
        assert "start another world" in detail
        assert server.machine.fingerprint() == before

    inside(story)


def test_two_worlds_begun_again_at_one_moment_say_the_same(tmp_path: Path) -> None:
    said = []
    for name in ("one", "other"):
        with RunningServer(tmp_path / name) as server:
            server.tell("/clock", frozen=True, now=PAST)
            deposit = server.tell("/accounts/1/deposits", asset="BTC", amount="0.5")
            said.append((deposit, server.ask("/accounts"), server.ask("/funding"), server.ask("/clock")))
    assert said[0] == said[1]
    assert said[0][0]["created"] == PAST


def test_a_world_in_which_something_happened_does_not_go_back(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "world") as server:
        server.tell("/accounts/1/deposits", asset="BTC", amount="0.5")
        now = server.ask("/clock")["now"]

        with pytest.raises(ControlError, match="time does not go back") as refused:
            server.tell("/clock", now=PAST)

        assert refused.value.status == 409
        assert server.ask("/clock")["now"] >= now
