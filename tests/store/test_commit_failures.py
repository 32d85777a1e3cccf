"""A commit that fails, at whichever statement, leaves the store as it was, and the world goes on from there."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from seatrial.core.accounts import HOUSE, FeePayment
from seatrial.core.commands import (
    AmendOrder,
    CancelOrders,
    ChangeKey,
    ChooseFeePayment,
    Command,
    DriveTransfer,
    IssueAddress,
    IssueKey,
    IssueToken,
    MoveFunds,
    OpenAccount,
    PlaceOrder,
    QuoteMarket,
    RequestWithdrawal,
    RevokeKey,
    Rung,
    SaveDestination,
    SeeDeposit,
    SetAsOf,
    SetCancelTimer,
    SetDelays,
    SetStatus,
    SpendNonce,
)
from seatrial.core.funding import Delays, TransferStatus
from seatrial.core.machine import Machine
from seatrial.core.markets import MarketStatus
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.store import schema
from seatrial.store.errors import StoreError
from seatrial.store.postgresql import Postgresql
from seatrial.store.schema import MARK_EVERY
from seatrial.store.store import Store, open_store
from tests.support.any_commands import OPENING, PRICES, new_machine, new_state
from tests.support.faulty_driver import FaultyDriver, disk_error, faults, ignore, writing_driver
from tests.support.inner_database import sqlite
from tests.support.trading_floor import START_NS

PRICE = PRICES["BTC/USD"]


def limit(account_id: int, side: Side, price: int, lots: int) -> PlaceOrder:
    """An order in BTC/USD."""
    return PlaceOrder(account_id, "BTC/USD", side, OrderKind.LIMIT, price, lots)


FIRST: tuple[Command, ...] = (
    *OPENING,
    OpenAccount("house", HOUSE, "", rate_limits=False, trading_wallet=HOUSE, funding_wallet=HOUSE,
                balances=((HOUSE, "USD", 10**12),)),
    limit(1, Side.BUY, PRICE - 1, 5_000),
    limit(1, Side.SELL, PRICE, 10_000),
    limit(1, Side.SELL, PRICE + 9, 10_000),
    limit(2, Side.BUY, PRICE, 5_000),
    IssueAddress(1, "BTC", "Bitcoin", 9),
    SpendNonce("strict", 5),
    QuoteMarket("SUI/USD", (Rung(Side.BUY, 0, 19_000, 10**6),)),
    SetDelays(Delays(withdrawal_initial_ns=10**15)),
    RequestWithdrawal(1, "EUR", "home", 100_000),
    SetCancelTimer(1, 3_600 * 10**9),
)  # fmt: skip
SECOND: tuple[Command, ...] = (
    OpenAccount("new", "kraken", "pro", rate_limits=False, trading_wallet="spot", funding_wallet="spot",
                balances=(("spot", "DOGE", 10**10),)),
    IssueKey(5, "new", "new", "secret", frozenset({"query"})),
    IssueToken(1, 1, 10**12),
    limit(2, Side.BUY, PRICE, 5_000),
    limit(2, Side.BUY, PRICE - 2, 5_000),
    limit(1, Side.SELL, PRICE - 1, 5_000),
    AmendOrder(1, 3, PRICE + 8),
    CancelOrders(2, everything=True),
    SeeDeposit(1, "BTC", 10**9),
    DriveTransfer(1, TransferStatus.FAILURE),
    SaveDestination(3, "BTC", "Bitcoin", "cold", "bc1q"),
    QuoteMarket("SUI/USD", (Rung(Side.BUY, 0, 19_000, 0),)),
    SetStatus("SUI/USD", MarketStatus.POST_ONLY),
    SetDelays(Delays(1, 2, 3, 4)),
    SetAsOf(10**18),
    SpendNonce("strict", 6),
    ChangeKey(1, "strict", frozenset({"trade"})),
    RevokeKey(2, "lenient"),
    SetCancelTimer(2, 3_600 * 10**9, ("BTC/USD", "SUI/USD")),
    SetCancelTimer(1, 0),
    SetCancelTimer(3, 60 * 10**9),
    ChooseFeePayment(2, FeePayment(2, "EUR", "EUR", 800_000, 950_000)),
    IssueKey(1, "wide", "wide", "secret", frozenset({"query"}), nonce_window=9),
    SpendNonce("wide", 5),
    *(MoveFunds(1, "USD", 5, 1, "spot", 1, "vault", str(number)) for number in range(MARK_EVERY)),
)  # fmt: skip
"""Writes to every table: new rows, and changes of those before; one row goes."""


def do(machine: Machine, commands: tuple[Command, ...]) -> Machine:
    """All of them, a minute apart."""
    for command in commands:
        outcome = machine.apply(command, machine.state.now_ns + 60 * 10**9)
        assert not isinstance(outcome, Reject), (command, outcome)
    return machine


def commit(store: Store, machine: Machine) -> None:
    """A group commit."""
    store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))


def begin(store: Store) -> None:
    """The first commands, and another commit that only uses a key."""
    store.begin_world(7, START_NS, "ticking")
    machine = do(new_machine(), FIRST)
    commit(store, machine)
    commit(store, do(machine, (SpendNonce("lenient", 5),)))


def loaded(store: Store) -> Machine:
    """The world that the store has."""
    state = new_state()
    store.database.claim()
    store.load(state)
    return Machine(state)


def content(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.database.reading() as connection:
        return {name: connection.execute(select(table)).all() for name, table in schema.METADATA.tables.items()}  # type: ignore[misc]


@pytest.fixture(params=["file", "memory", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with the first commands in it."""
    files = {"file": tmp_path / "world.sqlite3", "memory": None}
    store = open_store(files[request.param] if request.param in files else request.getfixturevalue("postgresql"))
    begin(store)
    yield store
    store.close()


class Breaking:
    """The writer's statements, of which one fails."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.statements: list[str] = []
        if isinstance(store.database, Postgresql):
            monkeypatch.setattr(psycopg.Cursor, "execute", self._breaking_server(psycopg.Cursor.execute))
            return
        monkeypatch.setattr(
            sqlite(store).session, "driver", FaultyDriver(writing_driver(store), self._break_driver, ignore)
        )

    def _break_driver(self, statement: str) -> None:
        if self._is_next(statement):
            raise disk_error()

    def _breaking_server(self, really: Callable[..., Any]) -> Callable[..., Any]:
        """The server itself refuses a statement, while those behind it are on their way."""

        def call(cursor: Any, statement: Any, *rest: object, **options: object) -> object:
            if not cursor.connection.pgconn.pipeline_status:
                return really(cursor, statement, *rest, **options)
            told = statement if isinstance(statement, str) else statement.decode()
            return (
                really(cursor, "SELECT 1 / 0") if self._is_next(told) else really(cursor, statement, *rest, **options)
            )

        return call

    def _is_next(self, statement: str) -> bool:
        self.statements.append(statement)
        self.left -= 1
        return self.left == 0


def test_a_failure_at_any_statement_leaves_nothing_of_the_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in turn; after each the world is loaded, and the same commands lead where they would have led."""
    rows, goal = content(store), do(loaded(store), SECOND).fingerprint()
    breaking = Breaking(store, monkeypatch)
    for place in range(1, 100):
        machine = do(loaded(store), SECOND)
        assert machine.fingerprint() == goal
        breaking.statements, breaking.left = [], place
        try:
            commit(store, machine)
        except StoreError as error:
            assert re.search("disk I/O error|division by zero", str(error))  # noqa: PT017  the last one does not fail
        else:
            break
        breaking.left = -1
        assert content(store) == rows
    breaking.left = -1
    verbs = {statement.split()[0] for statement in breaking.statements}
    assert verbs - {"COMMIT"} == {"BEGIN", "INSERT", "UPDATE", "DELETE"}
    assert len(breaking.statements) == place - 1
    written = " ".join(breaking.statements)
    assert all(f" {name} " in written for name in rows)
    assert loaded(store).fingerprint() == goal


@pytest.fixture(params=["file", "memory"])
def sqlite_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same in SQLite, whose driver can be made to fail at COMMIT."""
    store = open_store(tmp_path / "world.sqlite3" if request.param == "file" else None)
    begin(store)
    yield store
    store.close()


def fail_at_commit(statement: str) -> None:
    """Only there."""
    if statement == "COMMIT":
        raise disk_error()


def test_a_failure_at_the_commit_itself_leaves_nothing_of_it(sqlite_store: Store) -> None:
    store = sqlite_store
    rows, before = content(store), loaded(store).fingerprint()
    machine = do(loaded(store), SECOND)

    with faults(store, before=fail_at_commit), pytest.raises(StoreError, match="disk I/O error"):
        commit(store, machine)
    assert content(store) == rows
    assert loaded(store).fingerprint() == before
    commit(store, do(loaded(store), SECOND))
    assert loaded(store).fingerprint() == machine.fingerprint()


def test_a_commit_whose_answer_is_lost_is_there_whole(sqlite_store: Store) -> None:
    """Nobody was answered, so either world would be right; half of one would not."""
    store = sqlite_store
    machine = do(loaded(store), SECOND)
    with faults(store, after=fail_at_commit), pytest.raises(StoreError, match="disk I/O error"):
        commit(store, machine)
    assert loaded(store).fingerprint() == machine.fingerprint()
    commit(store, do(loaded(store), (SpendNonce("strict", 7),)))


def test_a_full_disk_leaves_nothing_of_the_commit(tmp_path: Path) -> None:
    """SQLite's own error, somewhere in the middle."""
    store = open_store(tmp_path / "world.sqlite3")
    store.begin_world(7, START_NS, "ticking")
    commit(store, do(new_machine(), FIRST))
    rows = content(store)
    machine = loaded(store)
    for number in range(2_000):
        machine.apply(limit(1, Side.BUY, PRICE - 1 - number, 5_000), 0)
    driver = writing_driver(store)
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StoreError, match="full"):
        commit(store, machine)
    assert content(store) == rows
    store.close()


def test_a_world_begun_again_replaces_all_that_was_stored(store: Store) -> None:
    again = do(new_machine(), OPENING)
    store.start_over()
    commit(store, again)
    assert loaded(store).fingerprint() == again.fingerprint()
    more = do(loaded(store), (SpendNonce("strict", 7),))
    commit(store, more)
    assert loaded(store).fingerprint() == more.fingerprint()


def test_a_world_that_cannot_be_begun_again_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = loaded(store).fingerprint()
    breaking = Breaking(store, monkeypatch)
    breaking.left = 20
    store.start_over()
    with pytest.raises(StoreError):
        commit(store, do(new_machine(), OPENING))
    assert "DELETE" in " ".join(breaking.statements)
    breaking.left = -1
    assert loaded(store).fingerprint() == before


def test_an_empty_commit_only_moves_the_worlds_time(store: Store) -> None:
    machine = loaded(store)
    rows = content(store)
    machine.state.now_ns += 1
    commit(store, machine)
    after = content(store)
    assert after.pop("world") != rows.pop("world")
    assert after == rows
