"""The laws of a stored world can be broken: each is seen when it is, on both engines."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from seatrial.core.commands import PassTime
from seatrial.pricing.crowd import Mode
from seatrial.server.host.worlds import Settings
from seatrial.store.proofs import LAWS, MAX_EXAMPLES, prove
from tests.support.inside import Inside, inside
from tests.support.postgres import fresh_schema, shared_url
from tests.support.stored_books import breaches

SPOILS = {
    "every entry sums to zero": "UPDATE postings SET amount = amount + 1 WHERE posting_id = 5",
    "every posting's balance is the one before it plus what it says": (
        "UPDATE postings SET balance = balance + 1 WHERE posting_id = 5"
    ),
    "an account's postings are numbered without a gap": "UPDATE postings SET seq = 999 WHERE posting_id = 5",
    "an account's postings follow time, and so do their ids": (
        "UPDATE postings SET at_ns = 1 WHERE account_id = 3 AND seq = 2"
    ),
    "fills are numbered as time goes on": "UPDATE fills SET at_ns = at_ns - fill_id",
    "orders are numbered as they are opened": "UPDATE orders SET opened_ns = 9 - order_id",
    "a market's trades are each later than the one before": "UPDATE trades SET at_ns = 9 - trade_id",
    "postings are numbered without a gap, none twice": "DELETE FROM postings WHERE posting_id = 5",
    "entries are numbered without a gap": "UPDATE postings SET entry_id = 999 WHERE entry_id = 3",
    "every posting has its stream": "DELETE FROM posting_streams WHERE stream_id = 2",
    "no stream is there twice": """
        UPDATE posting_streams SET wallet = 'spot', asset = 'USD', kind = 'transfer', incoming = 1 WHERE account_id = 1
    """,
    "a ledger's marks rank every stream that grew by how many postings it has up to there": (
        "UPDATE posting_ranks SET nth = nth + 1"
    ),
    "a purse is the sum of its postings": "UPDATE purses SET booked = booked + 1 WHERE account_id = 1",
    "every posting has its purse": "DELETE FROM purses WHERE account_id = 2",
    "every purse has its account": "DELETE FROM accounts WHERE account_id = 2",
    "the books of every asset sum to zero": "UPDATE purses SET free = free + 1 WHERE account_id = 1",
    "no client's balance is below zero": "UPDATE purses SET free = -1 WHERE account_id = 1",
    "what is held is what open orders hold": "UPDATE orders SET hold = hold + 1 WHERE status = 'open'",
    "an order that ended holds nothing": "UPDATE orders SET hold = 1 WHERE status = 'filled'",
    "an order is closed if and only if it says when": "UPDATE orders SET closed_ns = 5 WHERE status = 'open'",
    "what is outgoing is what pending withdrawals send": (
        "UPDATE transfers SET amount = amount + 1 WHERE status = 'initial'"
    ),
    "a transfer is posted for what it moved": "UPDATE transfers SET status = 'success' WHERE direction = 'deposit'",
    "every deposit and withdrawal that was posted is there": "UPDATE transfers SET transfer_id = transfer_id + 100",
    "an order was amended if and only if it has a history": "UPDATE orders SET amended_ns = 0",
    "an amended order has the price of its last amendment": "UPDATE orders SET price_ticks = 5 WHERE amended_ns > 0",
    "amendments are numbered without a gap, none twice": "UPDATE amends SET amend_id = 2 WHERE amend_id = 1",
    "a move is posted for what it moved, on both sides": "UPDATE moves SET amount = amount + 1",
    "a trade is one maker's fill and one taker's, or the house's own": "UPDATE fills SET maker = 1",
    "every fill has its trade": "DELETE FROM trades WHERE trade_id = 1",
    "every fill has its order": "DELETE FROM orders WHERE order_id = 1",
    "a market's trades are numbered without a gap": "UPDATE trades SET trade_id = 9999 WHERE trade_id = 1",
    "fills are numbered without a gap, none twice": "UPDATE fills SET fill_id = 99 WHERE fill_id = 1",
    "a fill's postings are there, one after the other": "UPDATE fills SET postings = postings + 1 WHERE fill_id = 1",
    "a fill's fees are those of its postings": "UPDATE fills SET fee_quote = fee_quote + 1 WHERE fill_id = 1",
    "what a trade moves is its market's two assets, and others only pay its fee": (
        "UPDATE postings SET amount = 1 WHERE asset = 'KFEE' AND kind = 'trade'"
    ),
    "rewards become as much of their asset": (
        "UPDATE postings SET amount = amount - 1 WHERE asset = 'USD.F' AND kind = 'auto_allocation'"
    ),
    "orders are numbered without a gap, none twice": "DELETE FROM orders WHERE order_id = 1",
    "transfers are numbered without a gap, none twice": "DELETE FROM transfers WHERE transfer_id = 1",
    "no move is there twice": "UPDATE moves SET account_id = move_id, move_id = 7",
    "a counter is the last number given out": """
        UPDATE world SET counters = replace(counters, '"order_id":', '"order_id":9')
    """,
    "there is one world": "DELETE FROM world",
    "an account's name is its own": "UPDATE accounts SET name = 'demo'",
    "a key is its own": "UPDATE api_keys SET public = 'the same'",
    "every key has its account": "DELETE FROM accounts WHERE account_id = 2",
    "an order is the sum of its fills": "UPDATE orders SET exact = '9' WHERE order_id = 1",
}
"""Each law's own corruption."""

MORE_SPOILS = {
    "a posting that is gone with its whole entry": "DELETE FROM postings WHERE entry_id = 4",
    "an entry that is there twice": """
        INSERT INTO postings (posting_id, entry_id, account_id, seq, wallet, asset, kind, subtype, ref, at_ns, amount,
            fee, balance)
        SELECT posting_id + 1000, entry_id, account_id, seq + 1000, wallet, asset, kind, subtype, ref, at_ns, amount,
            fee, balance FROM postings WHERE entry_id = 4
    """,
    "ranks that are gone": "DELETE FROM posting_ranks",
    "a mark that is gone": "DELETE FROM posting_ranks WHERE seq = (SELECT MIN(seq) FROM posting_ranks)",
    "a rank of a stream that is not there": "UPDATE posting_ranks SET stream_id = stream_id + 1000",
    "a fill that begins elsewhere": "UPDATE fills SET first_posting = first_posting + 1 WHERE fill_id = 1",
    "a posting of another fill": "UPDATE postings SET ref = ref + 1 WHERE kind = 'trade' AND account_id = 1",
    "a fee in another asset": "UPDATE postings SET asset = 'EUR' WHERE kind = 'trade' AND fee <> 0",
    "a move to another wallet": "UPDATE moves SET to_wallet = 'margin'",
    "a trade whose fills are another's": "UPDATE fills SET trade_id = trade_id + 1 WHERE trade_id = 1",
    "a fill that is there twice": """
        INSERT INTO fills (fill_id, account_id, order_id, market, trade_id, side, kind, price_ticks, qty_lots, maker,
            at_ns, first_posting, postings, volume_usd)
        SELECT fill_id + 1000, account_id, order_id, market, trade_id, side, kind, price_ticks, qty_lots, maker,
            at_ns, first_posting, postings, volume_usd FROM fills WHERE fill_id = 1
    """,
    "money in another account's purse": "UPDATE purses SET account_id = 99 WHERE account_id = 2 AND asset = 'BTC'",
    "a fill that is gone": "DELETE FROM fills WHERE fill_id = 1",
    "a fill of another size": "UPDATE fills SET qty_lots = qty_lots + 1 WHERE fill_id = 1",
    "a fill of another account": "UPDATE fills SET account_id = 2 WHERE fill_id = 1",
    "a trade of another price": "UPDATE trades SET price_ticks = price_ticks + 1",
    "an order that forgot a fill": "UPDATE orders SET filled_lots = 0 WHERE order_id = 1",
    "an order that was cancelled and goes on holding": "UPDATE orders SET status = 'canceled' WHERE status = 'open'",
    "an open order that is gone": "DELETE FROM orders WHERE status = 'open'",
    "a deposit of another amount": "UPDATE transfers SET amount = amount + 1 WHERE direction = 'deposit'",
    "a withdrawal that was taken back": "UPDATE transfers SET status = 'failure' WHERE direction = 'withdrawal'",
    "a withdrawal from another wallet": "UPDATE transfers SET wallet = 'earn' WHERE status = 'initial'",
    "postings that changed places": "UPDATE postings SET posting_id = 1000 - posting_id",
    "a stream of another kind": "UPDATE posting_streams SET kind = 'reward' WHERE account_id = 1",
    "an account that is gone": "DELETE FROM accounts WHERE account_id = 1",
    "a counter that was set back": """
        UPDATE world SET counters = replace(counters, '"fill_id":', '"fill_id":0,"it was":')
    """,
}
"""What happens to real databases, whichever law sees it."""


async def live(server: Inside) -> None:
    """A little of everything."""
    ann = await server.account("ann", USD="100000", BTC="5")
    await server.post("/accounts/ann/withdraw-keys", asset="XBT", key="cold", address="a")
    limit = {"pair": "XBTUSD", "ordertype": "limit"}
    for order in ({"type": "sell", "price": 50_000, "volume": 1}, {"type": "buy", "price": 1, "volume": 1}):
        placed = (await server.send(ann.call("AddOrder", **limit, **order))).result
    assert (await server.send(ann.call("AmendOrder", txid=placed["txid"][0], limit_price=2))).result
    for volume in (0.75, 0.24):
        assert (await server.call("AddOrder", pair="XBTUSD", ordertype="market", type="buy", volume=volume)).result
    for amount in ("0.5", "0.25"):
        assert (await server.send(ann.call("Withdraw", asset="XBT", key="cold", amount=amount))).result
    rue = await server.account("rue", **{"USD": "100", "USD.F": "900", "KFEE": "50"})
    for order in (
        {"type": "buy", "price": 51_000, "volume": "0.01"},
        {"type": "buy", "price": 2, "volume": 100},
    ):
        assert (await server.send(rue.call("AddOrder", **limit, **order))).result
    for number in range(16):
        body = {"clientOid": str(number), "currency": "USDT", "amount": "10", "from": "main", "to": "trade"}
        moved = await server.kucoin(server.kucoin_demo, "POST", "/api/v2/accounts/inner-transfer", **body)
        assert moved.json["code"] == "200000", moved
    sent = (await server.get("/funding", "account=ann")).json[0]["refid"]
    for status in ("Pending", "Settled"):
        assert (await server.post(f"/funding/{sent}", status=status)).status == 200
    assert (await server.post("/accounts/ann/deposits", asset="XBT", amount=1)).status == 201
    credited = await server.post("/accounts/ann/deposits", asset="XBT", amount=2)
    assert (await server.post(f"/funding/{credited.json['refid']}", status="Success")).status == 200
    await server.world.operator.apply(PassTime())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The database of a world with a little of everything in it."""
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        url = kept.enter_context(fresh_schema(shared_url())) if request.param == "postgresql" else None
        inside(live, settings=Settings(folder, database=url))
        if url is None:
            made = create_engine(f"sqlite:///{folder / 'world.sqlite3'}")
        else:
            made = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
        kept.callback(made.dispose)
        yield made


def broken(connection: Connection) -> set[str]:
    """The laws that are."""
    return {proof.law for proof in prove(connection) if proof.breaches}


def after(engine: Engine, spoil: str) -> set[str]:
    """The laws that are broken by a statement, which is taken back again."""
    with engine.connect() as connection:
        assert connection.execute(text(spoil.replace('":', '"\\:'))).rowcount
        found = broken(connection)
        connection.rollback()
    return found


def test_a_world_that_was_left_alone_breaks_no_law(engine: Engine) -> None:
    with engine.connect() as connection:
        assert broken(connection) == set()


def test_every_law_has_its_corruption() -> None:
    assert SPOILS.keys() == set(LAWS)


@pytest.mark.parametrize(("law", "spoil"), SPOILS.items(), ids=SPOILS)
def test_the_corruption_of_a_law_is_seen_by_it(law: str, spoil: str, engine: Engine) -> None:
    assert law in after(engine, spoil)


@pytest.mark.parametrize("spoil", MORE_SPOILS.values(), ids=MORE_SPOILS)
def test_what_happens_to_databases_is_seen(spoil: str, engine: Engine) -> None:
    assert after(engine, spoil)


def test_a_breach_says_what_the_rows_say_and_not_all_of_them(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("UPDATE postings SET balance = balance + posting_id"))
        (proof,) = [proof for proof in prove(connection) if "balance is the one before" in proof.law]
        count = connection.execute(text("SELECT COUNT(*) FROM postings")).scalar_one()
        connection.rollback()
    assert proof.breaches == count > MAX_EXAMPLES == len(proof.examples)
    assert proof.examples[0].keys() == {"posting_id", "last", "amount", "fee", "balance"}


def test_a_world_with_a_busy_market_breaks_no_law(tmp_path: Path) -> None:
    """The house trades with itself, and its orders that ended are gone."""

    async def trade(server: Inside) -> None:
        await server.post("/clock", advance="10m")
        for side in ("buy", "sell"):
            assert (await server.call("AddOrder", pair="XBTUSD", ordertype="market", type=side, volume="0.1")).result
        await server.post("/clock", advance="10m")

    inside(trade, settings=Settings(tmp_path, crowd=Mode.BUSY))
    assert breaches(tmp_path / "world.sqlite3") == {}
