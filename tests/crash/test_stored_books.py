"""The laws of the stored books can be broken: each is seen when it is."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from inside import Inside, inside
from seatrial.core.commands import PassTime
from stored_books import LAWS, breaches, reading

SPOILS = {
    "every entry sums to zero": "UPDATE postings SET amount = amount + 1 WHERE posting_id = 5",
    "every posting's balance is the one before it plus what it says": (
        "UPDATE postings SET balance = balance + 1 WHERE posting_id = 5"
    ),
    "an account's postings are numbered without a gap": "UPDATE postings SET seq = 999 WHERE posting_id = 5",
    "postings are numbered without a gap, none twice": "DELETE FROM postings WHERE posting_id = 5",
    "a purse is the sum of its postings": "UPDATE purses SET booked = booked + 1 WHERE account_id = 1",
    "every posting has its purse": "DELETE FROM purses WHERE account_id = 2",
    "the books of every asset sum to zero": "UPDATE purses SET free = free + 1 WHERE account_id = 1",
    "no client's balance is below zero": "UPDATE purses SET free = -1 WHERE account_id = 1",
    "what is held is what open orders hold": "UPDATE orders SET hold = hold + 1 WHERE status = 'open'",
    "an order that ended holds nothing": "UPDATE orders SET hold = 1 WHERE status = 'filled'",
    "what is leaving is what pending withdrawals send": (
        "UPDATE transfers SET amount = amount + 1 WHERE status = 'initial'"
    ),
    "an order has filled what its fills say": "UPDATE orders SET filled_lots = filled_lots + 1 WHERE order_id = 1",
    "a trade is one maker's fill and one taker's": "UPDATE fills SET maker = 1",
    "every fill has its trade": "DELETE FROM trades WHERE trade_id = 1",
    "a market's trades are numbered without a gap": "UPDATE trades SET trade_id = 9 WHERE trade_id = 1",
    "fills are numbered without a gap": "UPDATE fills SET fill_id = 99 WHERE fill_id = 1",
    "a fill's postings are there": "UPDATE fills SET first_posting = first_posting + 1000 WHERE fill_id = 1",
    "orders are numbered without a gap": "DELETE FROM orders WHERE order_id = 1",
    "transfers are numbered without a gap": "DELETE FROM transfers WHERE transfer_id = 1",
    "a transfer is posted as often as it moved money": (
        "UPDATE transfers SET status = 'success' WHERE status = 'settled'"
    ),
    "a counter is the last number given out": "UPDATE world SET counters = json_set(counters, '$.order_id', 99)",
    "an account's name is its own": "UPDATE accounts SET name = 'demo'",
    "every account has a key": "DELETE FROM api_keys WHERE account_id = 2",
}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a world with a little of everything in it."""
    folder = tmp_path_factory.mktemp("lived-in")

    async def story(server: Inside) -> None:
        ann = await server.account("ann", USD="100000", BTC="5")
        await server.post("/accounts/ann/withdraw-keys", asset="XBT", key="cold", address="a")
        limit = {"pair": "XBTUSD", "ordertype": "limit"}
        for order in ({"type": "sell", "price": 50_000, "volume": 1}, {"type": "buy", "price": 1, "volume": 1}):
            assert (await server.send(ann.call("AddOrder", **limit, **order))).result
        assert (await server.call("AddOrder", pair="XBTUSD", ordertype="market", type="buy", volume=1)).result
        assert (await server.send(ann.call("Withdraw", asset="XBT", key="cold", amount="0.5"))).result
        assert (await server.post("/accounts/ann/deposits", asset="XBT", amount=1)).status == 201
        await server.world.apply(PassTime())

    inside(story, folder)
    return folder / "world.sqlite3"


def test_a_world_that_was_left_alone_breaks_no_law(lived_in: Path) -> None:
    with reading(lived_in) as connection:
        assert breaches(connection) == {}


def test_every_law_has_its_breach() -> None:
    assert SPOILS.keys() == LAWS.keys()


@pytest.mark.parametrize(("law", "spoil"), SPOILS.items(), ids=SPOILS)
def test_a_breach_is_seen(law: str, spoil: str, lived_in: Path, tmp_path: Path) -> None:
    database = tmp_path / "world.sqlite3"
    shutil.copy(lived_in, database)
    connection = sqlite3.connect(database)
    with connection:
        assert connection.execute(spoil).rowcount
    connection.close()
    with reading(database) as spoiled:
        assert law in breaches(spoiled)
