"""What is over is in the store alone: it is listed, and a step of it works as before."""

import asyncio
from pathlib import Path

import pytest

from seatrial.core.funding import Transfer
from seatrial.store.quick import Statement
from tests.support.inside import Inside, inside

INNER = "/api/v2/accounts/inner-transfer"
MOVES = Statement("SELECT COUNT(*) FROM moves")
MOVE = {"currency": "USDT", "amount": "5", "from": "trade", "to": "main"}


def on_their_way(server: Inside) -> list[Transfer]:
    """What is in memory, apart from what accounts were opened with."""
    return [transfer for transfer in server.machine.state.transfers.values() if not transfer.opening]


async def deposited(server: Inside, amount: str = "1") -> str:
    """The refid of a deposit that was credited."""
    refid = str((await server.post("/accounts/demo/deposits", asset="XBT", amount=amount, manual=True)).json["refid"])
    assert (await server.post(f"/funding/{refid}", status="Success")).status == 200
    return refid


def test_a_credited_deposit_is_taken_back_though_it_is_in_memory_no_more(tmp_path: Path) -> None:
    async def first(server: Inside) -> str:
        refid = await deposited(server)
        assert not on_their_way(server)
        return refid

    refid = inside(first, tmp_path)

    async def second(server: Inside) -> None:
        assert not on_their_way(server)
        assert (await server.get("/funding", "limit=1")).json[0]["status"] == "Success"
        taken = await server.post(f"/funding/{refid}", status="Failure", status_prop="return")
        assert (taken.json["status"], taken.json["status_prop"]) == ("Failure", "return")
        assert (await server.post(f"/funding/{refid}", status="Failure")).json["status_prop"] is None
        assert (await server.post(f"/funding/{refid}", status="Success")).problem[0] == 409
        assert server.reloaded().fingerprint() == server.machine.fingerprint()

    inside(second, tmp_path)


@pytest.mark.parametrize("times", [2, 5])
def test_a_finished_deposit_is_taken_back_once_however_many_ask_at_a_time(times: int) -> None:
    async def story(server: Inside) -> None:
        refid = await deposited(server)
        await deposited(server, "7")
        asked = [server.post(f"/funding/{refid}", status="Failure", status_prop="return") for _ in range(times)]
        before = (await server.call("Balance")).result["XXBT"]
        assert {answer.status for answer in await asyncio.gather(*asked)} == {200}, "the same status again is a note"
        after = (await server.call("Balance")).result["XXBT"]
        assert float(before) - float(after) == 1
        assert (await server.get("/books")).json["balanced"]

    inside(story)


def test_a_cancel_of_a_withdrawal_that_is_over_comes_too_late() -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts/demo/withdraw-keys", asset="XBT", key="cold", address="a")
        refid = (await server.call("Withdraw", asset="XBT", key="cold", amount=1)).result["refid"]
        await server.post("/clock", advance=3_600)
        assert not on_their_way(server)
        assert (await server.call("WithdrawCancel", asset="XBT", refid=refid)).result is False
        assert (await server.call("WithdrawCancel", asset="XDG", refid=refid)).error == "EFunding:Unknown reference id"
        other = await server.account("other", XBT="1")
        answer = await server.send(other.call("WithdrawCancel", asset="XBT", refid=refid))
        assert answer.error == "EFunding:Unknown reference id"

    inside(story)


def test_funding_is_listed_a_page_at_a_time() -> None:
    async def story(server: Inside) -> None:
        refids = [await deposited(server) for _ in range(5)][::-1]
        opened = await server.post("/accounts", name="ann")
        assert opened.status == 201
        theirs = (await server.post("/accounts/ann/deposits", asset="XBT", amount=1)).json["refid"]
        page = (await server.get("/funding", "limit=3")).json
        assert [row["refid"] for row in page] == [theirs, *refids[:2]]
        page = (await server.get("/funding", f"limit=3&before={page[-1]['refid']}")).json
        assert [row["refid"] for row in page] == refids[2:5]
        assert [row["refid"] for row in (await server.get("/funding", "account=demo&limit=1")).json] == refids[:1]
        assert (await server.get("/funding", f"account=ann&before={refids[-1]}")).json == []
        assert (await server.get("/funding", "account=nobody")).problem == (
            404,
            "there is no account 'nobody': GET /accounts lists them",
        )

    inside(story)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "limit must be a whole number from 1 to 1000"),
        ("limit=1001", "limit must be a whole number from 1 to 1000"),
        ("limit=-1", "limit must be a whole number from 1 to 1000"),
        ("limit=", "limit must be a whole number from 1 to 1000"),
        ("limit=%C2%B2", "limit must be a whole number from 1 to 1000"),
        ("before=nothing", "before must be a refid, such as GET /funding shows, not 'nothing'"),
    ],
)
def test_a_page_that_cannot_be_is_refused(query: str, says: str) -> None:
    async def story(server: Inside) -> None:
        assert (await server.get("/funding", query)).problem == (422, says)

    inside(story)


def test_a_list_has_no_more_than_a_hundred_unless_more_are_asked_for() -> None:
    async def story(server: Inside) -> None:
        await server.account("ann")
        for _ in range(101):
            await server.post("/accounts/ann/deposits", asset="XBT", amount=1)
        assert len((await server.get("/funding")).json) == 100
        many = (await server.get("/funding", "account=ann&limit=1000")).json
        assert len(many) == 101

    inside(story)


def test_a_name_moves_money_once_at_a_time_later_and_after_a_start(tmp_path: Path) -> None:
    async def first(server: Inside) -> str:
        asked = [server.kucoin(server.kucoin_demo, "POST", INNER, **MOVE, clientOid="rent") for _ in range(4)]
        other = server.kucoin(server.kucoin_demo, "POST", INNER, **MOVE, clientOid="food")
        answers = [answer.json["data"]["orderId"] for answer in await asyncio.gather(*asked, other)]
        assert len(set(answers[:4])) == 1
        assert answers[4] not in answers[:4]
        return str(answers[0])

    move = inside(first, tmp_path)

    async def second(server: Inside) -> None:
        again = await server.kucoin(server.kucoin_demo, "POST", INNER, **MOVE, clientOid="rent")
        assert again.json["data"]["orderId"] == move
        assert server.world._store.database.ask(MOVES, {}) == [(2,)]

    inside(second, tmp_path)
