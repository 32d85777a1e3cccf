"""A database of an older Seatrial keeps what it says when it is brought up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from msgspec.structs import asdict
from sqlalchemy import Connection, MetaData, Table, create_engine

from any_commands import new_state
from any_postings import MINE, any_postings, write
from plain_lists import posting_page
from postgres import fresh_schema, shared_url
from seatrial.core.funding import Direction, Transfer
from seatrial.core.ledger import Posting
from seatrial.core.orders import Fill, Order
from seatrial.core.queries import FillPage, OrderPage, OrderRecord, Page, PostingPage, TransferPage
from seatrial.store import versions
from seatrial.store.store import open_store

ORDER = {
    "account_id": 1, "market": "BTC/USD", "kind": "limit", "price_ticks": 375_000, "spend": 0, "time_in_force": "gtc",
    "self_trade": "cancel_newest", "post_only": 0, "fee_in_base": 0, "starts_ns": 0, "expires_ns": 0, "opened_ns": 1,
    "status": "filled", "closed_ns": 9, "touched_ns": 9, "queue": 0, "fee_base": 0, "hold": 0, "hold_ppm": 2_600,
}  # fmt: skip
FILL = {
    "market": "BTC/USD", "kind": "limit", "price_ticks": 375_000, "postings": 2, "volume_usd": 0, "maker": 0,
}  # fmt: skip
POSTING = {"entry_id": 1, "wallet": "spot", "kind": "trade", "subtype": "", "at_ns": 9, "amount": 0, "balance": 0}


def old_database(path: Path, version: str) -> sqlite3.Connection:
    """An empty database of that version."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection, version)
    engine.dispose()
    return sqlite3.connect(path)


def upgrade(connection: Connection, version: str) -> None:
    """Bring a database to that version."""
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def insert(database: sqlite3.Connection, table: str, **row: object) -> None:
    """A row; what is not said is null."""
    marks = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


@pytest.fixture
def migrated(tmp_path: Path) -> tuple[list[Fill], list[Order]]:
    """Fills and orders of an account that bought twice by one order, of account 2 and by another order of its own."""
    path = tmp_path / "world.sqlite3"
    database = old_database(path, "0002")
    taken = {"exact": str(375_000 * 3 * 10**7), "cost": "1125000000", "fee": "2925000"}
    insert(database, "orders", **ORDER, order_id=3, side="buy", qty_lots=3 * 10**7, filled_lots=3 * 10**7, **taken)
    insert(database, "orders", **ORDER | {"fee_in_base": 1}, order_id=4, side="sell", qty_lots=10**7,
           filled_lots=10**7, exact=str(375_000 * 10**7), cost="375000000", fee="600000")  # fmt: skip
    parts = [(1, 2, 10**7, "375000000", "975000", 7), (1, 3, 2 * 10**7, "750000000", "1950000", 8)]
    for place, (account, number, lots, cost, fee, trade) in enumerate(parts):
        insert(database, "fills", **FILL, fill_id=number, account_id=account, order_id=3, trade_id=trade, side="buy",
               qty_lots=lots, cost=cost, fee=fee, at_ns=9 + place, first_posting=1 + 2 * place)  # fmt: skip
        insert(database, "postings", **POSTING, posting_id=1 + 2 * place, account_id=1, seq=1 + 2 * place, asset="USD",
               ref=number, fee=int(fee) // 10)  # fmt: skip
        insert(database, "postings", **POSTING, posting_id=2 + 2 * place, account_id=1, seq=2 + 2 * place, asset="BTC",
               ref=number, fee=0)  # fmt: skip
    insert(database, "fills", **FILL, fill_id=5, account_id=1, order_id=4, trade_id=9, side="sell", qty_lots=10**7,
           cost="375000000", fee="600000", at_ns=20, first_posting=5)  # fmt: skip
    insert(database, "postings", **POSTING, posting_id=5, account_id=1, seq=5, asset="BTC", ref=5, fee=16 * 10**5)
    insert(database, "fills", **FILL | {"maker": 1}, fill_id=1, account_id=2, order_id=11, trade_id=7, side="sell",
           qty_lots=10**7, cost="375000000", fee="0", at_ns=9, first_posting=6)  # fmt: skip
    database.commit()
    database.close()
    store = open_store(path)
    fills, orders = store.answer(FillPage(1)), store.answer(OrderPage(1, live=False))
    store.close()
    assert isinstance(fills, Page)
    assert isinstance(orders, Page)
    found = [row for row in fills.rows if isinstance(row, Fill)]
    owners = [row.order for row in orders.rows if isinstance(row, OrderRecord)]
    return sorted(found, key=lambda fill: fill.fill_id), sorted(owners, key=lambda order: order.order_id)


def test_older_fills_say_what_was_charged_and_at_what_rate(migrated: tuple[list[Fill], list[Order]]) -> None:
    assert [(fill.fee_ppm, fill.fee_quote, fill.fee_base) for fill in migrated[0]] == [
        (2_600, 97_500, 0), (2_600, 195_000, 0), (1_600, 0, 16 * 10**5),
    ]  # fmt: skip
    assert [fill.exact for fill in migrated[0]] == [375_000 * lots for lots in (10**7, 2 * 10**7, 10**7)]


def test_older_fills_know_the_order_on_the_other_side_where_it_is_stored(
    migrated: tuple[list[Fill], list[Order]],
) -> None:
    assert [fill.counter_order_id for fill in migrated[0]] == [11, 0, 0]


def test_older_orders_are_the_sums_of_their_fills(migrated: tuple[list[Fill], list[Order]]) -> None:
    bought, sold = migrated[1]
    assert (bought.fee_exact, bought.fee_quote) == (375_000 * 3 * 10**7 * 2_600, 292_500)
    assert (sold.fee_exact, sold.fee_quote) == (375_000 * 10**7 * 1_600, 0)


RANKED = (
    "SELECT account_id, wallet, asset, kind, incoming, seq, nth "
    "FROM posting_ranks JOIN posting_streams USING (account_id, stream_id) ORDER BY 1, 6, 2, 3, 4, 5"
)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_older_postings_get_the_ranks_that_they_would_have_been_given(tmp_path: Path, engine: str) -> None:
    """And newer ones go on from there."""
    postings = list(any_postings(4, 1_000))
    found = []
    with ExitStack() as kept:
        for name, written in (("old", postings[900:]), ("new", postings)):
            file = tmp_path / name
            place = file if engine == "sqlite" else kept.enter_context(fresh_schema(shared_url()))
            if name == "old":
                write_at_version_4(place, postings[:900])
            store = open_store(place)
            store.begin_world(7, 0, "")
            store.load(new_state())
            write(store, written)
            query = PostingPage(MINE, assets=("BTC", "USDT"), incoming=False, offset=20, limit=200)
            assert store.answer(query) == posting_page(postings[::-1], query)
            with store.database.reading() as connection:
                found.append(connection.exec_driver_sql(RANKED).all())
            store.close()
    assert found[0] == found[1]
    assert {row.seq % 32 for row in found[0]} == {0}


@contextmanager
def at_version(place: Path | str, version: str) -> Iterator[Connection]:
    """An empty database of that version, in a file or at a URL."""
    if isinstance(place, Path):
        engine = create_engine(f"sqlite:///{place}")
    else:
        engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(place))
    with engine.begin() as connection:
        upgrade(connection, version)
        yield connection
    engine.dispose()


def write_at_version_4(place: Path | str, postings: list[Posting]) -> None:
    """As the Seatrial did that had no ranks."""
    with at_version(place, "0004") as connection:
        table = Table("postings", MetaData(), autoload_with=connection)
        connection.execute(table.insert(), [asdict(posting) for posting in postings])


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_older_deposit_is_an_opening(tmp_path: Path, engine: str) -> None:
    with ExitStack() as kept:
        place = tmp_path / "old" if engine == "sqlite" else kept.enter_context(fresh_schema(shared_url()))
        with at_version(place, "0009") as connection:
            table = Table("transfers", MetaData(), autoload_with=connection)
            connection.execute(table.insert(), [OLD_DEPOSIT])
        store = open_store(place)
        found = store.answer(TransferPage(1, Direction.DEPOSIT))
        store.close()
    assert isinstance(found, Page)
    (deposit,) = found.rows
    assert isinstance(deposit, Transfer)
    assert (deposit.opening, deposit.remark, deposit.amount) == (False, "mine", 5)


OLD_DEPOSIT = {
    "transfer_id": 1, "account_id": 1, "direction": "deposit", "wallet": "spot", "asset": "BTC", "method": "Bitcoin",
    "amount": 5, "fee": 0, "address": "bc1q", "created_ns": 1, "status": "success", "manual": 0, "due_ns": 0,
    "moved_ns": 2, "remark": "mine",
}  # fmt: skip
