"""The tables, their migrations, and that PostgreSQL could keep them too."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from seatrial.core.commands import PlaceOrder
from seatrial.core.funding import Direction, TransferStatus
from seatrial.core.orders import OrderKind, Side
from seatrial.core.postings import EntryKind
from seatrial.core.queries import (
    AmendsOf,
    CandlePage,
    FillPage,
    FillsById,
    FundingPage,
    MoveNamed,
    OrderPage,
    OrdersById,
    OrderTime,
    PostingPage,
    PostingsById,
    Query,
    Span,
    TradePage,
    TransferPage,
    TransfersById,
)
from seatrial.core.rejects import Reject
from seatrial.store import answers, reload, rows, scales, schema, sqlite, store, versions
from tests.support.any_commands import OPENING, new_machine
from tests.support.postgres import fresh_schema, shared_url


@pytest.fixture
def script() -> ScriptDirectory:
    """The migrations."""
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


@pytest.fixture
def created() -> Iterator[Engine]:
    """A database as a new world gets it."""
    engine = sqlite.memory_engine()
    versions.create(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def lived_in() -> Iterator[Engine]:
    """The same with a few accounts and an order in it, so that no question ends early."""
    memory = sqlite.SqliteMemory()
    machine, world = new_machine(), store.Store(memory)
    world.begin_world(7, 0, "")
    for asked in (*OPENING, PlaceOrder(1, "BTC/USD", Side.BUY, OrderKind.LIMIT, 600_000, 10_000)):
        assert not isinstance(machine.apply(asked, 0), Reject)
    world.commit(world.batch(machine.take_changes(), machine.state, ""))
    yield memory.reader
    world.close()


@pytest.fixture
def migrated() -> Iterator[Engine]:
    """An empty database that went through all migrations."""
    engine = sqlite.memory_engine()
    versions._upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def created_in_postgresql() -> Iterator[Engine]:
    """The same in PostgreSQL."""
    with postgresql_engine() as engine:
        versions.create(engine)
        yield engine


@pytest.fixture
def migrated_in_postgresql() -> Iterator[Engine]:
    """The same in PostgreSQL."""
    with postgresql_engine() as engine:
        versions._upgrade(engine)
        yield engine


@contextmanager
def postgresql_engine() -> Iterator[Engine]:
    """An empty database."""
    with fresh_schema(shared_url()) as url:
        engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
        yield engine
        engine.dispose()


def tables(engine: Engine) -> dict[str, Any]:
    """All that a database says of its tables."""
    seen, texts = inspect(engine), {}
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            statements = connection.execute(text("SELECT name, sql FROM sqlite_master"))
            texts = {name: re.sub(r"\s*([(),])\s*|\s+", r"\1 ", sql or "") for name, sql in statements}
    described = {
        name: (seen.get_columns(name), seen.get_pk_constraint(name), seen.get_indexes(name))
        for name in sorted(seen.get_table_names())
    }
    return {"tables": re.sub(" at 0x[0-9a-f]+", "", str(described)), "statements": texts}


def test_migrations_lead_to_the_same_tables_as_the_schema(created: Engine, migrated: Engine) -> None:
    assert tables(migrated) == tables(created)


def test_in_postgresql_too(created_in_postgresql: Engine, migrated_in_postgresql: Engine) -> None:
    found = tables(created_in_postgresql)
    assert tables(migrated_in_postgresql) == found
    assert all(name in found["tables"] for name in schema.METADATA.tables)
    with migrated_in_postgresql.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.METADATA) == []
        assert MigrationContext.configure(connection).get_current_revision() == versions.HEAD


def test_nothing_of_the_schema_is_without_a_migration(migrated: Engine) -> None:
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.METADATA) == []


def test_a_new_database_is_at_the_newest_migration(script: ScriptDirectory, created: Engine, migrated: Engine) -> None:
    assert script.get_heads() == [versions.HEAD]
    for engine in (created, migrated):
        with engine.connect() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == versions.HEAD


def test_migrating_twice_changes_nothing_more(migrated: Engine) -> None:
    before = tables(migrated)
    versions._upgrade(migrated)
    assert tables(migrated) == before


def test_what_was_counted_before_moves_had_a_name_goes_on_counting() -> None:
    engine = sqlite.memory_engine()
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        row = "1, 7, 0, 0, '{\"opening_id\":5,\"fill_id\":9}', '{}', ''"
        connection.exec_driver_sql(f"INSERT INTO world VALUES ({row})")
        command.upgrade(config, versions.HEAD)
        counters = connection.execute(text("SELECT counters FROM world")).scalar_one()
    assert counters == '{"move_id":5,"fill_id":9,"plain_ids_until_s":0}'
    engine.dispose()


def test_every_migration_says_why(script: ScriptDirectory) -> None:
    for migration in script.walk_revisions():
        assert "\nWhy: " in (migration.module.__doc__ or ""), migration.path


def test_a_new_migration_is_asked_why(tmp_path: Path) -> None:
    """Alembic's template is ours and can be filled in."""
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(tmp_path).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    made = command.revision(config, "second", rev_id="0002")
    assert not isinstance(made, list)
    assert made is not None
    body = Path(made.path).read_text(encoding="utf-8")
    assert "Why:" in body
    compile(body, made.path, "exec")


POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", sorted(schema.METADATA.tables))
def test_postgresql_can_make_each_table(name: str) -> None:
    table = schema.METADATA.tables[name]
    statement = str(CreateTable(table).compile(dialect=POSTGRESQL))
    assert "BIGINT" in statement
    assert "STRICT" not in statement
    assert "WITHOUT ROWID" not in statement
    for index in table.indexes:
        assert str(CreateIndex(index).compile(dialect=POSTGRESQL)).startswith("CREATE")


IDS = tuple(range(1, 500))
"""As many as may be asked for at once: for many SQLite may choose another way than for two."""
EVERYTHING = Span(after_ns=1, until_ns=2, after_id=3, until_id=4)
QUERIES: tuple[Query, ...] = (
    AmendsOf(1, 1),
    PostingPage(1),
    PostingPage(1, span=EVERYTHING, before_id=9),
    PostingPage(1, ("spot",), ("BTC",), (EntryKind.TRADE, EntryKind.TRANSFER), incoming=True, limit=500),
    PostingPage(1, incoming=True, span=EVERYTHING, before_id=9),
    PostingsById(1, IDS),
    *(OrderPage(1, live, 1, "a", EVERYTHING, by, with_fills=True) for live in (True, False) for by in OrderTime),
    OrderPage(1, live=False, before_id=9, limit=None),
    OrderPage(
        1,
        live=False,
        span=EVERYTHING,
        by=OrderTime.OPENED,
        offset=50,
        markets=("BTC/USD",),
        sides=(Side.BUY,),
        kinds=(OrderKind.LIMIT,),
        newest_opened_first=True,
    ),
    OrdersById(1, (), client_ids=("a",)),
    OrdersById(1, IDS, with_fills=True),
    OrdersById(1, (1, 2), 1, ("a",), with_fills=True),
    FillPage(1, ("BTC/USD",), EVERYTHING, before_id=9),
    FillPage(1, order_ids=(1,), sides=(Side.SELL,), kinds=(OrderKind.MARKET,)),
    FillPage(1, ("BTC/USD",), EVERYTHING, merge_sweeps=True),
    FillsById(1, IDS),
    TransferPage(1, Direction.DEPOSIT, "BTC", "Bitcoin", EVERYTHING, 9),
    TransferPage(1, Direction.DEPOSIT, statuses=(TransferStatus.SUCCESS,), offset=5, counted=True),
    TransfersById((1, 2), 1),
    TransfersById((1, 2)),
    FundingPage(),
    FundingPage(1, before_id=7),
    FundingPage(before_id=7),
    MoveNamed(1, "rent"),
    TradePage("BTC/USD", 1),
    TradePage("BTC/USD"),
    CandlePage("BTC/USD", 1, 0, 2**53),
)


class Listening:
    """A connection that writes down every statement it is given."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.dialect = connection, connection.dialect
        self.heard: list[Any] = []

    def execute(self, statement: Any, *values: Any) -> Any:
        """Run it, and remember it."""
        self.heard.append(statement)
        return self.connection.execute(statement, *values)

    def exec_driver_sql(self, text: str, parameters: Any) -> Any:
        """Run it. What goes to the driver as it stands has a text of its own for each engine, and runs in both."""
        return self.connection.exec_driver_sql(text, parameters)


def test_postgresql_could_run_every_statement(lived_in: Engine) -> None:
    """All that is asked of history and at a start, compiled for it: a bind parameter stands where a value does."""
    with lived_in.connect() as connection:
        listening: Any = Listening(connection)
        for query in QUERIES:
            answers.answer(query, listening)
        machine = new_machine()
        for opening in OPENING:
            machine.apply(opening, 0)
        reload.fill(machine.state, listening.execute)
    assert len(listening.heard) > len(schema.METADATA.tables)
    for statement in listening.heard:
        compiled = str(statement.compile(dialect=POSTGRESQL))
        assert compiled.startswith("SELECT")
        assert "?" not in compiled


@pytest.mark.parametrize("name", sorted(schema.METADATA.tables))
def test_postgresql_could_write_each_table(name: str) -> None:
    table = schema.METADATA.tables[name]
    assert str(insert(table).compile(dialect=POSTGRESQL)).split()[:3] == ["INSERT", "INTO", name]
    if table in schema.CHANGING:
        update = str(sqlite._update(table, schema.CHANGING[table]).compile(dialect=POSTGRESQL))
        assert update.split()[:3] == ["UPDATE", name, "SET"]


def plans(engine: Engine, ask: Callable[[Connection], object]) -> list[str]:
    """The steps that SQLite takes for every statement."""
    heard: list[tuple[str, Any]] = []
    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: heard.append((call[2], call[3])))
        ask(connection)
        found = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values).all() for said, values in tuple(heard)
        ]
    return [step.detail for plan in found for step in plan]


OWN_PARTS = {"anon_1", "json_each", "CONSTANT", "ledger", "until", "ids", "marks"}
"""What statements make themselves: a part found already, the ids asked for, or a single row."""


def whole_tables_read(engine: Engine, ask: Callable[[Connection], object]) -> set[str]:
    """The tables that are read from end to end; an index that has few of their rows may be."""
    few = ("USING INDEX transfers_unfinished", "USING INDEX transfers_opening")
    steps = (step for step in plans(engine, ask) if not step.endswith(few))
    return {words[1] for words in map(str.split, steps) if words[0] == "SCAN"}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: type(query).__name__)
def test_no_query_of_history_reads_a_whole_table(lived_in: Engine, query: Query) -> None:
    """Whatever it filters by."""
    assert whole_tables_read(lived_in, lambda connection: answers.answer(query, connection)) <= OWN_PARTS


@pytest.mark.parametrize("query", [query for query in QUERIES if isinstance(query, PostingPage)])
def test_a_page_of_a_ledger_is_found_by_keys_and_never_by_reading_on(lived_in: Engine, query: PostingPage) -> None:
    """Of all that an account has, only its streams are listed: a few for each asset."""
    steps = plans(lived_in, lambda connection: answers.answer(query, connection))
    by_key = [step for step in steps if step.startswith("SEARCH") and "posting_streams" not in step]
    assert by_key
    assert all(" AND " in step for step in by_key), steps


@pytest.mark.parametrize(
    "query", [query for query in QUERIES if answers.is_quick(query)], ids=lambda query: type(query).__name__
)
def test_a_quick_query_goes_straight_to_its_rows(lived_in: Engine, query: Query) -> None:
    """Down an index by more than the account: nothing is counted, and few rows are sorted."""
    steps = plans(lived_in, lambda connection: answers.answer(query, connection))
    searches = [step for step in steps if step.startswith("SEARCH")]
    assert searches
    assert all(" AND " in step or step.endswith("(transfer_id=?)") for step in searches), steps
    assert {step.split()[1] for step in steps if step.startswith("SCAN")} <= OWN_PARTS - {"anon_1"}


def test_a_start_reads_no_history_from_end_to_end(created: Engine) -> None:
    """A world of ten million entries starts as fast as a new one."""
    machine = new_machine()
    for opening in OPENING:
        machine.apply(opening, 0)
    note = {"world_id": rows.WORLD, "name": rows.SCALES, "text": scales.note_of(machine.state)}
    with created.begin() as connection:
        connection.execute(schema.world_notes.insert().values(note))
    scanned = whole_tables_read(created, lambda connection: reload.fill(machine.state, connection.execute))
    few = {"accounts", "api_keys", "key_uses", "tokens", "addresses", "destinations", "purses", "posting_streams"}
    assert scanned == {*few, "key_nonces", "books", "cancel_timers", "fired_timers", "fee_payments", "valuations"}


def test_an_engine_without_our_settings_can_read_the_tables_too(tmp_path: Path) -> None:
    """They are plain tables: any SQLite tool opens them."""
    path = tmp_path / "plain.sqlite3"
    plain = create_engine(f"sqlite:///{path}")
    versions.create(plain)
    with plain.connect() as connection:
        assert connection.execute(select(schema.world)).all() == []
    plain.dispose()
