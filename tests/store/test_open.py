"""Opening a store: what works, and one clear line where it does not."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from seatrial.core.machine import Machine
from seatrial.core.queries import PostingPage
from seatrial.core.rejects import Reject
from seatrial.store import versions
from seatrial.store.errors import StoreError
from seatrial.store.store import Store, open_store
from tests.support.any_commands import OPENING, new_machine, new_state
from tests.support.inner_database import sqlite
from tests.support.trading_floor import START_NS


def fill(store: Store) -> Machine:
    """A world with its accounts in it."""
    machine = new_machine()
    store.begin_world(7, START_NS, "ticking")
    for command in OPENING:
        assert not isinstance(machine.apply(command, 0), Reject)
    store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))
    return machine


def refusal(path: Path | str) -> str:
    """Why a store cannot be opened: one line."""
    with pytest.raises(StoreError) as raised:
        open_store(path)
    (line,) = str(raised.value).splitlines()
    return line


def ask(place: Path | str, statement: str) -> list[Any]:
    """What a database says to a statement of SQL, past the store."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as database, database:
            return database.execute(statement).fetchall()
    with psycopg.connect(place) as session:
        cursor = session.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_fresh_store_holds_no_world(place: Path | str) -> None:
    store = open_store(place)
    assert store.world() is None
    store.close()


@pytest.mark.parametrize(
    "name", ["world.sqlite3", "what? 100% #1 & more.sqlite3", "with spaces and ünïcode", "?mode=memory"]
)
def test_a_store_is_the_file_that_was_named(tmp_path: Path, name: str) -> None:
    """A path is no URL: nothing in it has a meaning of its own."""
    store = open_store(tmp_path / name)
    live = fill(store)
    store.close()
    assert name in os.listdir(tmp_path)  # noqa: PTH208  names, not paths
    again = open_store(tmp_path / name)
    state = new_state()
    again.load(state)
    again.close()
    assert Machine(state).fingerprint() == live.fingerprint()


def test_a_world_says_how_it_began(place: Path | str) -> None:
    store = open_store(place)
    machine = fill(store)
    world = store.world()
    store.close()
    assert world is not None
    assert (world.seed, world.created_ns, world.now_ns, world.clock) == (7, START_NS, START_NS, "ticking")
    assert world.counters == machine.state.counters


def test_stores_in_memory_know_nothing_of_each_other() -> None:
    one, other = open_store(None), open_store(None)
    fill(one)
    assert other.world() is None
    one.close()
    other.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite3"
    path.write_text("Dear diary, " * 1_000, encoding="utf-8")
    assert refusal(path) == f"cannot use {path}: file is not a database"
    assert path.read_text(encoding="utf-8").startswith("Dear diary")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite3"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE songs (title TEXT)")
    foreign.commit()
    assert refusal(path) == f"{path} is a database of another program: choose another place"
    assert foreign.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    foreign.close()


def test_a_database_that_another_program_migrates_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite3"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    foreign.execute("INSERT INTO alembic_version VALUES ('4f2a')")
    foreign.commit()
    foreign.close()
    assert "another program" in refusal(path)


def test_a_store_of_a_newer_seatrial_is_refused_and_left_alone(place: Path | str) -> None:
    store = open_store(place)
    name = store.database.name
    fill(store)
    store.close()
    _set_version(place, "9999")
    line = refusal(place)
    assert line.startswith(f"{name} was written by a newer Seatrial (its version is 9999, this one knows ")
    _set_version(place, versions.HEAD)
    open_store(place).close()


def _set_version(place: Path | str, version: str) -> None:
    ask(place, f"UPDATE alembic_version SET version_num = '{version}'")


def test_a_store_of_an_older_seatrial_is_brought_up_to_date(
    place: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a migration that a later release might bring."""
    store = open_store(place)
    live = fill(store)
    store.close()
    migrations = _with_one_more_migration(tmp_path)
    monkeypatch.setattr(versions, "MIGRATIONS", migrations)
    monkeypatch.setattr(versions, "HEAD", NEXT)
    store = open_store(place)
    state = new_state()
    store.load(state)
    store.close()
    assert Machine(state).fingerprint() == live.fingerprint()
    assert ask(place, "SELECT version_num FROM alembic_version") == [(NEXT,)]
    assert ask(place, "SELECT count(*) FROM notes") == [(0,)]


NEWEST = versions.HEAD
NEXT = "8888"


def _with_one_more_migration(folder: Path, body: str = 'op.execute("CREATE TABLE notes (text TEXT)")') -> Path:
    migrations = folder / "100% migrations"
    (migrations / "versions").mkdir(parents=True)
    here = versions.MIGRATIONS
    for file in (here / "env.py", here / "script.py.mako", *(here / "versions").glob("*.py")):
        (migrations / file.relative_to(here)).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    text = f'from alembic import op\nrevision = "{NEXT}"\ndown_revision = "{NEWEST}"\ndef upgrade():\n    {body}\n'
    (migrations / "versions" / f"{NEXT}_next.py").write_text(text, encoding="utf-8")
    return migrations


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    place: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(place)
    name = store.database.name
    live = fill(store)
    store.close()
    body = 'op.execute("CREATE TABLE notes (text TEXT)"); op.execute("DROP TABLE nowhere")'
    with monkeypatch.context() as patch:
        patch.setattr(versions, "MIGRATIONS", _with_one_more_migration(tmp_path, body))
        patch.setattr(versions, "HEAD", NEXT)
        assert re.fullmatch(
            rf'cannot use {re.escape(name)}: (no such table: nowhere|table "nowhere" does not exist)', refusal(place)
        )
    ask(place, "CREATE TABLE notes (text TEXT)")
    ask(place, "DROP TABLE notes")
    store, state = open_store(place), new_state()
    store.load(state)
    store.close()
    assert Machine(state).fingerprint() == live.fingerprint()


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "world.sqlite3"
    assert refusal(path) == f"cannot use {path}: No such file or directory"


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"cannot use {tmp_path}: Is a directory"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "world.sqlite3"
    assert refusal(path) == f"cannot use {path}: Not a directory"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unwritable for this user")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    path = tmp_path / "world.sqlite3"
    assert refusal(path) == f"cannot use {path}: Permission denied"
    tmp_path.chmod(0o700)


def test_a_refused_store_leaves_its_file_unlocked(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite3"
    store = open_store(path)
    fill(store)
    store.close()
    _set_version(path, "9999")
    refusal(path)
    path.rename(tmp_path / "elsewhere")
    assert sorted(os.listdir(tmp_path)) == ["elsewhere"]  # noqa: PTH208  names, not paths


def test_history_cannot_be_written_through_the_readers(tmp_path: Path) -> None:
    store = open_store(tmp_path / "world.sqlite3")
    fill(store)
    page = store.answer(PostingPage(1))
    with sqlite(store).reader.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM postings")
    assert store.answer(PostingPage(1)) == page
    store.close()


def test_a_store_keeps_to_what_was_committed_while_a_commit_is_under_way(tmp_path: Path) -> None:
    """History is read beside the writer, and sees whole commits only."""
    store = open_store(tmp_path / "world.sqlite3")
    fill(store)
    before = store.answer(PostingPage(1))
    with sqlite(store).writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM postings")
        assert store.answer(PostingPage(1)) == before
        connection.rollback()
    store.close()


def test_a_new_file_has_small_pages_and_an_older_one_keeps_its_own(tmp_path: Path) -> None:
    older = tmp_path / "older"
    with closing(sqlite3.connect(older)) as database:
        database.execute("PRAGMA page_size = 4096")
        database.execute("VACUUM")
    for path, page_bytes in ((tmp_path / "new", 2048), (older, 4096)):
        open_store(path).close()
        assert ask(path, "PRAGMA page_size") == [(page_bytes,)]


def test_what_is_committed_is_synced_to_the_disk(tmp_path: Path) -> None:
    """An answered command must survive a power cut."""
    store = open_store(tmp_path / "world.sqlite3")
    with sqlite(store).writer.connect() as connection:
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]
    store.close()
    assert settings == [2, "wal"]
