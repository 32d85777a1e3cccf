"""PostgreSQL: one writer at a time, by its lock and by its epoch; and one clear line for what cannot be."""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from seatrial.core.commands import IssueKey, SpendNonce
from seatrial.core.machine import Machine
from seatrial.core.queries import PostingPage
from seatrial.core.rejects import Reject
from seatrial.store import answers, postings
from seatrial.store import postgresql as engine
from seatrial.store.errors import StoreError
from seatrial.store.quick import Statement, named
from seatrial.store.store import Store, open_store
from tests.support.any_commands import OPENING, new_machine, new_state
from tests.support.inner_database import postgresql as inner
from tests.support.postgres import fresh_schema
from tests.support.trading_floor import START_NS


def begin(url: str) -> Store:
    """A world with its accounts in it."""
    store, machine = open_store(url), new_machine()
    store.begin_world(7, START_NS, "ticking")
    for command in OPENING:
        assert not isinstance(machine.apply(command, 0), Reject)
    store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))
    return store


def loaded(store: Store) -> Machine:
    """The world that the store has."""
    state = new_state()
    store.database.claim()
    store.load(state)
    return Machine(state)


def spend(store: Store, machine: Machine, nonce: int) -> None:
    """Commit a call with that nonce."""
    assert not isinstance(machine.apply(SpendNonce("strict", nonce), 0), Reject)
    store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))


def nonce(store: Store) -> int:
    """The highest that is stored."""
    return loaded(store).state.keys["strict"].highest_nonce


def refusal(url: str) -> str:
    """Why a store cannot be opened: one line."""
    with pytest.raises(StoreError) as raised:
        open_store(url)
    (line,) = str(raised.value).splitlines()
    return line


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a lock."""
    monkeypatch.setitem(engine._SETTINGS, "lock_timeout", "50ms")


def terminate(store: Store, url: str) -> None:
    """End the session of the one who writes, as an administrator may."""
    writer = inner(store)._writer
    assert writer is not None
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT pg_terminate_backend(%s, 5000)", [writer.info.backend_pid]).fetchone() == (
            True,
        )


@pytest.mark.usefixtures("_hasty")
def test_a_second_writer_is_refused_with_the_name_of_the_first(postgresql: str) -> None:
    first = begin(postgresql)
    line = refusal(postgresql)
    assert re.search(rf"another server is using postgresql:///\S+ \(seatrial {os.getpid()} on .+\): stop it, or", line)
    spend(first, loaded(first), 100)
    first.close()
    open_store(postgresql).close()


def test_a_second_writer_gets_its_turn_when_the_first_ends_soon(postgresql: str) -> None:
    """As after a kill, when the database needs a moment to see that nobody is there any more."""
    first = begin(postgresql)
    threading.Timer(0.1, first.close).start()
    second = open_store(postgresql)
    spend(second, loaded(second), 100)
    second.close()


@pytest.mark.usefixtures("_hasty")
def test_worlds_in_two_schemas_of_a_database_do_not_keep_each_other_out(postgresql: str) -> None:
    with fresh_schema(
        postgresql.partition("?")[0] + "?" + postgresql.partition("?")[2].partition("&options")[0]
    ) as other:
        one, two = begin(postgresql), begin(other)
        spend(one, loaded(one), 100)
        spend(two, loaded(two), 200)
        assert (nonce(one), nonce(two)) == (100, 200)
        one.close()
        two.close()


def test_a_writer_that_lost_its_session_writes_no_more_before_it_loaded_again(postgresql: str) -> None:
    store = begin(postgresql)
    machine = loaded(store)
    terminate(store, postgresql)
    for _ in range(2):
        with pytest.raises(StoreError):
            spend(store, machine, machine.state.keys["strict"].highest_nonce + 100)
    spend(store, loaded(store), 50)
    assert nonce(store) == 50
    store.close()


@pytest.mark.usefixtures("_hasty")
def test_a_writer_that_was_followed_by_another_cannot_come_back_while_that_one_is_there(postgresql: str) -> None:
    first = begin(postgresql)
    stale = loaded(first)
    terminate(first, postgresql)
    second = open_store(postgresql)
    spend(second, loaded(second), 100)
    with pytest.raises(StoreError):
        spend(first, stale, 200)
    with pytest.raises(StoreError, match="another server is using"):
        first.database.claim()
    second.close()
    assert nonce(first) == 100
    first.close()


def test_a_writer_without_its_lock_is_fenced_off_by_the_epoch(postgresql: str) -> None:
    """A pooler may give the session away, a failover may lose the lock: the old one still writes nothing."""
    first = begin(postgresql)
    stale = loaded(first)
    writer = inner(first)._writer
    assert writer is not None
    writer.execute("SELECT pg_advisory_unlock_all()")
    second = open_store(postgresql)
    spend(second, loaded(second), 100)
    with pytest.raises(StoreError, match=r"another server has taken .* over"):
        spend(first, stale, 200)
    assert nonce(second) == 100
    second.close()
    first.close()


def test_what_readers_are_given_cannot_write(postgresql: str) -> None:
    store = begin(postgresql)
    with store.database.reading() as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.exec_driver_sql("DELETE FROM postings")
    store.close()


def test_what_is_asked_in_one_statement_cannot_write(postgresql: str) -> None:
    store = begin(postgresql)
    with pytest.raises(StoreError, match="read-only"):
        store.database.ask(Statement("DELETE FROM postings"), {})
    assert store.database.ask(Statement("SELECT 1"), {}) == [(1,)]
    store.close()


@pytest.mark.parametrize("statement", [answers._FILLS_BY_ID, answers._ORDERS_BY_ID, postings._BY_ID])
def test_rows_of_some_ids_are_found_by_steps_down_an_index(statement: Statement, postgresql: str) -> None:
    """A planner that knows nothing of a table's size would rather read all that an account has."""
    store = begin(postgresql)
    explained = Statement("EXPLAIN ")
    explained.postgresql += statement.postgresql
    plan = "\n".join(line for (line,) in store.database.ask(explained, named(1, range(1, 21))))
    assert "Index" in plan
    assert not re.search("Hash|Merge|Seq Scan", plan), plan
    store.close()


def test_a_reader_sees_one_moment_while_commits_go_on(postgresql: str) -> None:
    store = begin(postgresql)
    machine = loaded(store)
    with store.database.reading() as connection:
        ask = "SELECT count(*) FROM key_uses"
        before = connection.exec_driver_sql(ask).scalar_one()
        spend(store, machine, 100)
        assert connection.exec_driver_sql(ask).scalar_one() == before
    assert nonce(store) == 100
    store.close()


def test_history_is_looked_up_again_after_all_sessions_ended(postgresql: str) -> None:
    store = begin(postgresql)
    page = store.answer(PostingPage(1))
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE %s",
            [f"seatrial {os.getpid()} %"],
        )
    assert store.answer(PostingPage(1)) == page
    store.close()


def test_an_error_shows_nothing_of_the_rows(postgresql: str) -> None:
    """PostgreSQL itself tells the whole row that it refuses: a key's secret would be in the log."""
    store = begin(postgresql)
    machine = loaded(store)
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("ALTER TABLE api_keys ADD CHECK (name <> 'new')")
    machine.apply(IssueKey(1, "new", "new", "secret", frozenset()), 0)
    with pytest.raises(StoreError, match=r": new row .*violates check constraint") as raised:
        store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))
    assert "secret" not in str(raised.value)
    assert raised.value.__suppress_context__
    store.close()


def test_every_session_syncs_to_the_disk(postgresql: str) -> None:
    """Even where the database's own default is to answer earlier."""
    lazy = postgresql.replace("options=", "options=-csynchronous_commit%3Doff%20")
    store = begin(lazy)
    writer = inner(store)._writer
    assert writer is not None
    assert writer.execute("SHOW synchronous_commit").fetchone() == ("on",)
    store.close()


BAD_URLS: dict[str, tuple[str, str]] = {
    "another kind": ("mysql://me@here/world", "that is no database's URL: give one like postgresql://USER@HOST/NAME"),
    "a path": ("world.sqlite3", "that is no database's URL: give one like postgresql://USER@HOST/NAME"),
    "no URL at all": ("postgresql://[", "the database's URL cannot be read: "),
    "an unknown option": ("postgresql://me@here/world?nonsense=1", "the database's URL cannot be read: "),
    "nobody there": ("postgresql://me:word@127.0.0.1:1/world", "cannot use postgresql://127.0.0.1:1/world: "),
    "no socket there": ("postgresql://me@/world?host=/nowhere", "cannot use postgresql:///world?host=/nowhere: "),
}


@pytest.mark.parametrize(("url", "says"), BAD_URLS.values(), ids=BAD_URLS)
def test_a_database_that_cannot_be_reached_is_one_line(url: str, says: str) -> None:
    line = refusal(url)
    assert line.startswith(says)
    assert "word" not in line.removeprefix(says)


def latin(connection: "psycopg.Connection[tuple[object, ...]]") -> str:
    """A database that cannot keep all text."""
    connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    return "latin"


def foreign(connection: "psycopg.Connection[tuple[object, ...]]") -> str:
    """A database of another program."""
    connection.execute("CREATE TABLE songs (title TEXT)")
    return ""


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(latin, "does not keep text as UTF8"), (foreign, "is a database of another program")],
    ids=["latin", "foreign"],
)
def test_a_database_that_is_not_for_us_is_refused_and_left_alone(
    spoil: Callable[["psycopg.Connection[tuple[object, ...]]"], str], says: str, postgresql: str
) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        name = spoil(connection)
        before = connection.execute(tables).fetchone()
        assert says in refusal(postgresql.replace("/postgres?", f"/{name}?") if name else postgresql)
        assert connection.execute(tables).fetchone() == before
        if name:
            connection.execute(f"DROP DATABASE {name}".encode())


def test_the_files_of_sqlite_are_not_taken_for_urls(tmp_path: Path) -> None:
    path = tmp_path / "postgresql:"
    open_store(path).close()
    assert path.exists()
