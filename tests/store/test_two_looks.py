"""Two connections at one moment: what proves a world in half the time must not see two worlds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, select, text

from seatrial.store import schema
from seatrial.store import sqlite as engine
from seatrial.store.proofs import LAWS, prove
from seatrial.store.sqlite import SqliteFile
from seatrial.store.store import look_twice_into, open_store
from tests.support.long_world import LongWorld


@pytest.fixture
def world(place: Path | str) -> Iterator[LongWorld]:
    """One that can live on."""
    with closing(open_store(place)) as store:
        made = LongWorld(store)
        made.live(1)
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    """A world's file."""
    path = tmp_path / "world.sqlite3"
    with closing(open_store(path)) as store:
        store.begin_world(1, 1, "")
        with closing(SqliteFile(path)) as file:
            yield file


def spoil(place: Path | str, statement: str) -> None:
    """Change rows behind the world's back."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place, isolation_level=None)) as file:
            file.execute(statement)
    else:
        with psycopg.connect(place, autocommit=True) as database:
            database.execute(statement.encode())


def newest(connection: Connection) -> int:
    """How many postings there are."""
    return len(connection.execute(select(schema.postings.c.posting_id)).all())


def count(file: SqliteFile) -> None:
    """A commit."""
    with file.writer.begin() as connection:
        connection.execute(text("UPDATE world SET now_ns = now_ns + 1"))


def test_both_see_what_was_there_when_the_first_one_looked(world: LongWorld, place: Path | str) -> None:
    with look_twice_into(place) as (first, second):
        before = newest(first)
        world.live(1)
        assert second is not None
        assert newest(first) == newest(second) == before
    with look_twice_into(place) as (first, second):
        assert second is not None
        assert newest(first) == newest(second) > before


def test_two_prove_what_one_proves_each_law_once(world: LongWorld, place: Path | str) -> None:
    world.live(10)
    with look_twice_into(place) as (first, second):
        assert second is not None
        alone, together = list(prove(first)), list(prove(first, twin=second))
    assert sorted(proof.law for proof in together) == sorted(LAWS)
    assert not [proof for proof in [*alone, *together] if proof.breaches]


def test_what_is_broken_is_seen_by_whichever_looks(world: LongWorld, place: Path | str) -> None:
    world.live(10)
    spoil(place, "UPDATE postings SET balance = balance + 1 WHERE posting_id = 5")
    spoil(place, "UPDATE fills SET maker = 1")
    spoil(place, "UPDATE orders SET exact = '9' WHERE order_id = 1")
    with look_twice_into(place) as (first, second):
        alone, together = list(prove(first)), list(prove(first, twin=second))
    found = {proof.law: proof for proof in together}
    assert found == {proof.law: proof for proof in alone}
    assert len([proof for proof in together if proof.breaches]) >= 3


def test_a_commit_between_their_looks_makes_both_look_again(file: SqliteFile) -> None:
    looks = 0

    def look(*call: Any) -> None:
        nonlocal looks
        if "sqlite_master" in call[2]:
            looks += 1
            if looks == 2:
                count(file)

    event.listen(file.reader, "before_cursor_execute", look)
    with file.reading_twice() as (first, second):
        assert second is not None
        times = [connection.execute(select(schema.world.c.now_ns)).scalar_one() for connection in (first, second)]
    assert times == [2, 2]
    assert looks == 4


def test_where_commits_come_too_fast_one_looks_alone(file: SqliteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_LOOKS", 3)

    def look(*call: Any) -> None:
        if "sqlite_master" in call[2]:
            count(file)

    event.listen(file.reader, "before_cursor_execute", look)
    with file.reading_twice() as (first, second):
        assert second is None
        assert first.execute(select(schema.world.c.now_ns)).scalar_one() == 7
