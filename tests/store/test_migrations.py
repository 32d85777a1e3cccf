"""A database of an older Seatrial keeps what it says when it is brought up to date."""

import sqlite3
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import asdict
from sqlalchemy import Engine, MetaData, NullPool, Table, create_engine

from seatrial.core.accounts import FeePayment
from seatrial.core.commands import AmendOrder, ChooseFeePayment, PlaceOrder
from seatrial.core.funding import Direction, Transfer
from seatrial.core.machine import Machine
from seatrial.core.orders import Amend, AmendKind, Fill, Order, OrderKind, Side
from seatrial.core.postings import Posting
from seatrial.core.queries import (
    AmendsOf,
    FillPage,
    OrderHistory,
    OrderPage,
    OrderRecord,
    Page,
    PostingPage,
    TransferPage,
)
from seatrial.core.volume import Valuation
from seatrial.store.store import Store, open_store
from tests.support.any_commands import new_state
from tests.support.any_postings import MINE, any_postings, write
from tests.support.old_databases import upgrade
from tests.support.plain_lists import posting_page
from tests.support.postgres import fresh_schema, shared_url

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


def insert(database: sqlite3.Connection, table: str, **row: object) -> None:
    """A row; what is not said is null."""
    marks = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


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


KEY = {
    "account_id": 1, "secret": "s", "permissions": "", "valid_until_ns": 0, "query_from_ns": 0, "query_to_ns": 0,
    "ip_allowlist": "", "created_ns": 1, "used_ns": 1,
}  # fmt: skip


def test_older_keys_remember_the_nonces_that_they_took(tmp_path: Path) -> None:
    """Those of their own rows, and those that commits told of since."""
    path = tmp_path / "world.sqlite3"
    database = old_database(path, "0009")
    insert(database, "api_keys", **KEY, key_id=1, name="strict", public="strict", nonce_window=0, highest_nonce="7",
           recent_nonces="")  # fmt: skip
    for number, public in ((2, "lenient"), (3, "at rest")):
        insert(database, "api_keys", **KEY, key_id=number, name=public, public=public, nonce_window=10,
               highest_nonce="100", recent_nonces="95 100")  # fmt: skip
    insert(database, "key_uses", use_id=1, keys="[[2,101,[95,100,101],5]]")
    insert(database, "key_uses", use_id=2, keys="[[1,8,[],6],[2,105,[97,100,101,105],7]]")
    database.commit()
    database.close()
    store, state = open_store(path), new_state()
    store.begin_world(7, 0, "")
    store.load(state)
    store.close()
    found = {name: (key.highest_nonce, key.recent_nonces, key.used_ns) for name, key in state.keys.items()}
    assert found == {
        "strict": (8, [], 6), "lenient": (105, [97, 100, 101, 105], 7), "at rest": (100, [95, 100], 1),
    }  # fmt: skip


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


def write_at_version_4(place: Path | str, postings: list[Posting]) -> None:
    """As the Seatrial did that had no ranks."""
    with database_of(place).begin() as connection:
        upgrade(connection, "0004")
        table = Table("postings", MetaData(), autoload_with=connection)
        connection.execute(table.insert(), [asdict(posting) for posting in postings])


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_older_world_remembers_until_when_its_ids_had_no_time(tmp_path: Path, engine: str) -> None:
    with ExitStack() as kept:
        place = tmp_path / "world" if engine == "sqlite" else kept.enter_context(fresh_schema(shared_url()))
        write_at_version_9(place)
        store = open_store(place)
        stored, state = store.world(), new_state()
        store.load(state)
        fills = store.answer(FillPage(1))
        store.close()
    assert stored is not None
    assert (stored.counters.plain_ids_until_s, stored.counters.order_id) == (5, 0)
    assert stored.counters == state.counters
    assert state.accounts[1].account.check_timestamps is None
    assert isinstance(fills, Page)
    (fill,) = fills.rows
    assert isinstance(fill, Fill)
    assert (fill.opened_s, fill.counter_opened_s) == (0, 0)


def write_at_version_9(place: Path | str) -> None:
    """A world with an account and a fill, as the Seatrial did whose ids had no time."""
    with database_of(place).begin() as connection:
        upgrade(connection, "0009")
        account = {
            "name": "ann",
            "venue": "kucoin",
            "tier": "vip0",
            "trading_wallet": "trade",
            "funding_wallet": "main",
        }
        world = {"counters": '{"account_id":1,"fill_id":1}', "delays": "{}", "clock": ""}
        fill = FILL | {"order_id": 1, "trade_id": 1, "side": "buy", "qty_lots": 1, "at_ns": 9, "first_posting": 1}
        rows = {
            "world": {"id": 1, "seed": 7, "created_ns": 1, "now_ns": 5 * 10**9 + 1, **world},
            "accounts": {"account_id": 1, "rate_limits": 0, "created_ns": 1, **account},
            "fills": {"fill_id": 1, "account_id": 1, **fill},
        }
        for name, row in rows.items():
            connection.execute(Table(name, MetaData(), autoload_with=connection).insert(), [row])


def database_of(place: Path | str) -> Engine:
    """A file's, or a PostgreSQL schema's."""
    if isinstance(place, Path):
        return create_engine(f"sqlite:///{place}")
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(place), poolclass=NullPool)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_older_deposit_is_an_opening(tmp_path: Path, engine: str) -> None:
    with ExitStack() as kept:
        place = tmp_path / "old" if engine == "sqlite" else kept.enter_context(fresh_schema(shared_url()))
        with database_of(place).begin() as connection:
            upgrade(connection, "0009")
            table = Table("transfers", MetaData(), autoload_with=connection)
            connection.execute(table.insert(), [OLD_DEPOSIT])
        store = open_store(place)
        found = store.answer(TransferPage(1, Direction.DEPOSIT))
        store.close()
    assert isinstance(found, Page)
    (deposit,) = found.rows
    assert isinstance(deposit, Transfer)
    assert (deposit.opening, deposit.remark, deposit.amount) == (False, "mine", 5)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_open_orders_of_an_older_release_obey_what_their_venue_gave_all_of_them(tmp_path: Path, engine: str) -> None:
    with ExitStack() as kept:
        place = tmp_path / "old" if engine == "sqlite" else kept.enter_context(fresh_schema(shared_url()))
        with database_of(place).begin() as connection:
            upgrade(connection, "0014")
            accounts, orders = (Table(name, MetaData(), autoload_with=connection) for name in ("accounts", "orders"))
            for number, venue in ((1, "kraken"), (2, "kucoin")):
                connection.execute(accounts.insert(), [OLD_ACCOUNT | {"account_id": number, "venue": venue}])
                for place_in_row, (market, closed_ns) in enumerate((("BTC/USD", 0), ("ETH/BTC", 0), ("BTC/USD", 9))):
                    row = ORDER | {"account_id": number, "market": market, "closed_ns": closed_ns, "side": "buy"}
                    more = {"order_id": 3 * number + place_in_row, "qty_lots": 1, "filled_lots": 0, "exact": "0"}
                    connection.execute(orders.insert(), [row | more])
        store = open_store(place)
        answers = [store.answer(OrderPage(number, live)) for number in (1, 2) for live in (True, False)]
        store.close()
    records = [record for page in answers if isinstance(page, Page) for record in page.rows]
    found = [record.order for record in records if isinstance(record, OrderRecord)]
    assert {order.order_id: (order.band_ppm, order.cancels_post_only, order.max_open) for order in found} == {
        3: (0, False, None), 4: (0, False, None), 5: (0, False, None),
        6: (100_000, True, None), 7: (50_000, True, None), 8: (0, False, None),
    }  # fmt: skip


OLD_ACCOUNT = {
    "name": "ann", "tier": "", "rate_limits": 0, "trading_wallet": "spot", "funding_wallet": "spot", "created_ns": 1,
}  # fmt: skip

OLD_DEPOSIT = {
    "transfer_id": 1, "account_id": 1, "direction": "deposit", "wallet": "spot", "asset": "BTC", "method": "Bitcoin",
    "amount": 5, "fee": 0, "address": "bc1q", "created_ns": 1, "status": "success", "manual": 0, "due_ns": 0,
    "moved_ns": 2, "remark": "mine",
}  # fmt: skip


def test_an_account_of_an_older_world_is_valued_with_its_next_order(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite3"
    database = old_database(path, "0009")
    insert(database, "accounts", account_id=1, name="ann", venue="kraken", tier="pro", rate_limits=0,
           trading_wallet="spot", funding_wallet="spot", created_ns=0)  # fmt: skip
    insert(database, "purses", account_id=1, wallet="spot", asset="USD", free=10**8, held=0, leaving=0, booked=10**8)
    insert(database, "postings", **POSTING | {"kind": "transfer", "amount": 10**8, "balance": 10**8}, posting_id=1,
           account_id=1, seq=1, asset="USD", ref=1, fee=0)  # fmt: skip
    database.commit()
    database.close()
    store = open_store(path)
    store.begin_world(7, 0, "")
    machine = reloaded(store)
    assert machine.state.accounts[1].assets.valuation is None
    order = PlaceOrder(1, "PEPE/USD", Side.BUY, OrderKind.LIMIT, price_ticks=7_000, qty_lots=3 * 10**10)
    assert isinstance(machine.apply(order, 9), tuple)
    store.commit(store.batch(machine.take_changes(), machine.state, ""))
    assert reloaded(store).state.accounts[1].assets.valuation == Valuation(1, 10**8, 9)
    store.close()


def reloaded(store: Store) -> Machine:
    """A machine of what the store has."""
    state = new_state()
    store.load(state)
    return Machine(state)


def test_nobody_of_an_older_world_has_chosen_what_pays_the_fees_and_anybody_may(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite3"
    database = old_database(path, "0017")
    insert(database, "accounts", account_id=1, name="ann", venue="kucoin", tier="vip0", rate_limits=0,
           trading_wallet="trade", funding_wallet="main", created_ns=0)  # fmt: skip
    database.commit()
    database.close()
    store = open_store(path)
    store.begin_world(7, 0, "")
    machine = reloaded(store)
    assert machine.state.accounts[1].fee_payment is None
    for payment in (FeePayment(1, "KCS", "KCS", 800_000, 950_000), None):
        assert isinstance(machine.apply(ChooseFeePayment(1, payment), 9), tuple)
        store.commit(store.batch(machine.take_changes(), machine.state, ""))
        again = reloaded(store).state
        assert again.accounts[1].fee_payment == payment == again.ledger.owner(1).fee_payment
    store.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_order_of_an_older_world_can_be_amended_and_has_its_history_after_a_restart(
    tmp_path: Path, engine: str
) -> None:
    with ExitStack() as kept:
        place = tmp_path / "world.sqlite3" if engine == "sqlite" else kept.enter_context(fresh_schema(shared_url()))
        with database_of(place).begin() as connection:
            upgrade(connection, "0018")
            accounts, orders = (Table(name, MetaData(), autoload_with=connection) for name in ("accounts", "orders"))
            connection.execute(accounts.insert(), [OLD_ACCOUNT | {"account_id": 1, "venue": "kraken"}])
            row = ORDER | {"status": "open", "closed_ns": 0, "side": "buy", "price_ticks": 10, "queue": 1}
            more = {"order_id": 1, "qty_lots": 10**9, "filled_lots": 0, "exact": "0", "opened_ns": 5, "hold": 100_260}
            purse = {"account_id": 1, "wallet": "spot", "asset": "USD", "free": 0, "held": 100_260, "outgoing": 0}
            purses = Table("purses", MetaData(), autoload_with=connection)
            connection.execute(purses.insert(), [purse | {"booked": 100_260}])
            world = {"id": 1, "seed": 7, "created_ns": 1, "now_ns": 6, "delays": "{}", "clock": ""}
            worlds = Table("world", MetaData(), autoload_with=connection)
            connection.execute(worlds.insert(), [world | {"counters": '{"account_id":1,"order_id":1}'}])
            connection.execute(orders.insert(), [row | more])
        store = open_store(place)
        machine = reloaded(store)
        assert machine.state.live_orders[1].amended_ns == 0
        assert store.answer(AmendsOf(1, 1)) == [OrderHistory(machine.state.live_orders[1], [])]
        assert isinstance(machine.apply(AmendOrder(1, 1, qty_lots=9 * 10**8), 7), tuple)
        store.commit(store.batch(machine.take_changes(), machine.state, ""))
        again, order = reloaded(store).state, machine.state.live_orders[1]
        assert (again.live_orders[1], again.counters.amend_id) == (order, 1)
        assert store.answer(AmendsOf(1, 1)) == [
            OrderHistory(
                order,
                [
                    Amend(0, 1, 1, AmendKind.ORIGINAL, 10, 10**9, 10**9, post_only=False, at_ns=5),
                    Amend(1, 1, 1, AmendKind.USER, 10, 9 * 10**8, 9 * 10**8, post_only=False, at_ns=7),
                ],
            )
        ]
        assert store.answer(AmendsOf(2, 1)) == []
        store.close()
