"""What is told of an account's funds: the entries of its ledger, in the documented rows."""

from typing import Any

import msgspec
import pytest

from seatrial.core.commands import SeeDeposit
from seatrial.dialects.kraken.dialect import PERMISSIONS
from tests.support.kraken_exchange import START_NS, Trader
from tests.support.kraken_sockets import SocketVenue, Talk, token

ROW = [
    "ledger_id", "ref_id", "timestamp", "type", "asset", "asset_class", "category", "wallet_type", "wallet_id",
    "amount", "fee", "balance",
]  # fmt: skip


@pytest.fixture
def venue() -> SocketVenue:
    return SocketVenue()


def following(venue: SocketVenue, trader: Trader, **options: Any) -> Talk:
    """Somebody who follows his funds."""
    return venue.following(trader, "balances", **options)


def rows(talk: Talk) -> list[dict[str, Any]]:
    """All rows of updates, each of which has a frame of its own."""
    frames = [frame for frame in talk.heard("balances") if frame["type"] == "update"]
    assert all(len(frame["data"]) == 1 for frame in frames)
    return [frame["data"][0] for frame in frames]


def test_who_follows_is_shown_what_is_there(venue: SocketVenue) -> None:
    talk = venue.talk()
    acknowledged, snapshot = talk.subscribe("balances", token=token(venue.buyer))
    assert acknowledged["result"] == {"channel": "balances", "snapshot": True}
    assert list(snapshot) == ["channel", "type", "data", "sequence"]
    assert talk.heard("balances")[0]["data"] == [
        {
            "asset": "BTC", "asset_class": "currency", "balance": "100000.0000000000",
            "wallets": [{"type": "spot", "id": "main", "balance": "100000.0000000000"}],
        },
        {
            "asset": "USD", "asset_class": "currency", "balance": "100000000.0000",
            "wallets": [{"type": "spot", "id": "main", "balance": "100000000.0000"}],
        },
    ]  # fmt: skip


def test_a_trade_is_two_rows_of_one_reference_what_is_given_first(venue: SocketVenue) -> None:
    buyer, seller = following(venue, venue.buyer), following(venue, venue.seller)
    venue.buyer.place("buy", "2", "100")
    assert rows(buyer) == [], "a hold moves nothing"
    venue.seller.place("sell", "2", "100")
    given, taken = rows(buyer)
    assert list(given) == ROW
    assert (given["asset"], given["amount"], given["balance"]) == ("USD", "-200.0000", "99999799.5000")
    assert (taken["asset"], taken["amount"], taken["fee"]) == ("BTC", "2.0000000000", "0.0000000000")
    assert {given["ref_id"], taken["ref_id"]} == set(venue.buyer.result("TradesHistory")["trades"])
    assert (given["type"], given["category"], given["wallet_type"], given["wallet_id"]) == (
        "trade", "trade", "spot", "main",
    )  # fmt: skip
    assert [row["asset"] for row in rows(seller)] == ["BTC", "USD"]
    ledger = venue.buyer.result("Ledgers")["ledger"]
    assert [row["ledger_id"] for row in (taken, given)] == list(ledger)[:2]
    assert [row["balance"] for row in (taken, given)] == [row["balance"] for row in ledger.values()][:2]
    assert [frame["sequence"] for frame in buyer.heard("balances")] == [1, 2, 3]


def test_a_deposit_is_told_when_it_is_posted(venue: SocketVenue) -> None:
    talk = following(venue, venue.buyer, snapshot=False)
    assert talk.heard("balances") == []
    venue.apply(SeeDeposit(venue.buyer.account_id, "BTC", venue.units("BTC", "1")))
    assert rows(talk) == []
    venue.clock.advance(86_400)
    venue.public("Time")
    (row,) = rows(talk)
    assert (row["type"], row["category"], row["amount"]) == ("deposit", "deposit", "1.0000000000")
    assert row["ref_id"] == venue.buyer.result("DepositStatus", asset="XBT")[0]["refid"]


def test_rewards_are_a_wallet_of_their_asset_and_come_back_in_two_rows(venue: SocketVenue) -> None:
    balances: dict[str, Any] = {"USD": "100", "USD.F": "100"}
    trader = venue.account(**balances)
    talk = following(venue, trader)
    (dollars,) = talk.heard("balances")[0]["data"]
    assert (dollars["asset"], dollars["balance"]) == ("USD", "200.0000")
    assert [(wallet["type"], wallet["id"], wallet["balance"]) for wallet in dollars["wallets"]] == [
        ("spot", "main", "100.0000"), ("earn", "liquid", "100.0000"),
    ]  # fmt: skip
    venue.seller.place("sell", "1", "150")
    trader.place("buy", "1", "150")
    out, back, *_ = rows(talk)
    assert (out["wallet_type"], out["wallet_id"], out["subtype"]) == ("earn", "liquid", "stakingtospot")
    assert (back["wallet_type"], back["wallet_id"], back["subtype"]) == ("spot", "main", "spotfromstaking")
    assert out["ref_id"] == back["ref_id"]
    assert out["asset"] == back["asset"] == "USD"


def test_what_is_all_gone_has_no_wallets(venue: SocketVenue) -> None:
    trader = venue.account(BTC="1")
    venue.buyer.place("buy", "1", "100")
    trader.place("sell", "1", "100")
    (coins, _) = following(venue, trader).heard("balances")[0]["data"]
    assert (coins["asset"], coins["balance"], coins["wallets"]) == ("BTC", "0.0000000000", [])


def test_all_users_are_followed_without_a_snapshot_and_named(venue: SocketVenue) -> None:
    talk = following(venue, venue.buyer, users="all")
    venue.trade("100", "1")
    assert talk.heard("balances")[0]["sequence"] == 1
    assert {row["user"] for row in rows(talk)} == {venue.ids.iban(venue.buyer.account_id)}


def test_a_token_is_asked_for_and_its_key_must_see_funds(venue: SocketVenue) -> None:
    talk = venue.talk()

    def error(**params: Any) -> str:
        (frame,) = talk.say({"method": "subscribe", "params": {"channel": "balances", **params}}, START_NS)
        text: str = frame["error"]
        return text

    assert error() == "Token(s) not found"
    assert error(token="x") == "ESession:Invalid session"
    blind = venue.key(venue.buyer.account_id, PERMISSIONS - {"query-funds"}, name="blind")
    assert error(token=token(blind)) == "EGeneral:Permission denied"
    assert error(token=token(venue.buyer), users="me") == "EGeneral:Invalid arguments:users"
    assert error(token=token(venue.buyer), rebased=1) == "Rebased field must be a boolean"


def test_one_connection_follows_orders_and_funds_and_one_of_them_may_end(venue: SocketVenue) -> None:
    talk, issued = venue.talk(), token(venue.buyer)
    for channel in ("balances", "executions"):
        assert talk.subscribe(channel, token=issued)[0]["success"]
    venue.trade("100", "1")
    updates = [frame["channel"] for frame in map(_read, talk.frames) if frame.get("type") == "update"]
    assert updates == ["executions"] * 2 + ["executions"] * 2 + ["balances"] * 2, "orders before funds"
    ending = {"method": "unsubscribe", "params": {"channel": "executions", "token": issued}}
    assert talk.say(ending)[0]["result"] == {"channel": "executions"}
    venue.trade("100", "1")
    assert len(rows(talk)) == 4
    talk.session.leave()
    assert not venue.stored.feed._accounts
    assert not venue.stored.feed.tools.limits.watchers


def _read(frame: bytes) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(frame)
    return read
