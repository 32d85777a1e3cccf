"""To prove a world takes work that grows with its rows, counted in the engines' own steps: no clock, no luck."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from seatrial.store.proofs import LAWS, prove
from tests.support.long_world import write_long_world
from tests.support.postgres import fresh_schema, shared_url
from tests.support.stored_books import reading

FEW, MANY = 25, 100
"""Rounds of a world's life."""
MAX = 1.3 * MANY / FEW
"""A third above linear: sorting takes its logarithm. What goes by the square takes 16 times as much."""
ONCE = 2_000
"""Steps that a law may take however little there is."""

Steps = dict[str, int]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def steps(request: pytest.FixtureRequest) -> Iterator[tuple[Steps, Steps]]:
    """What each law takes in a small world, and in one that has lived four times as long."""
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        found = []
        for rounds in (FEW, MANY):
            on_file = request.param == "sqlite"
            place = folder / f"{rounds}" if on_file else kept.enter_context(fresh_schema(shared_url()))
            write_long_world(place, rounds)
            with reading(place) as connection:
                found.append(steps_of_sqlite(connection) if on_file else rows_of_postgresql(connection))
        yield found[0], found[1]


def steps_of_sqlite(connection: Connection) -> Steps:
    """Instructions of its machine, in hundreds."""
    taken: Steps = dict.fromkeys(LAWS, 0)
    law = ""

    def begin(name: str) -> None:
        nonlocal law
        law = name

    def count() -> None:
        taken[law] += 100

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(count, 100)
    assert not [proof for proof in prove(connection, begin) if proof.breaches]
    driver.set_progress_handler(None, 0)
    return taken


def rows_of_postgresql(connection: Connection) -> Steps:
    """Rows that pass through the nodes of its plans, and those that a join or a filter looks at in vain."""
    taken: Steps = dict.fromkeys(LAWS, 0)
    asked: list[tuple[str, str]] = []
    law = ""

    def begin(name: str) -> None:
        nonlocal law
        law = name

    def note(*call: Any) -> None:
        asked.append((law, call[2]))

    event.listen(connection, "before_cursor_execute", note)
    assert not [proof for proof in prove(connection, begin) if proof.breaches]
    event.remove(connection, "before_cursor_execute", note)
    driver: Any = connection.connection.driver_connection
    for name, query in asked:
        if name:
            ((plan,),) = driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}").fetchone()
            taken[name] += rows_through(plan["Plan"])
    return taken


def rows_through(node: dict[str, Any]) -> int:
    """All that a node and those below it had in hand."""
    seen = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
    mine = sum(node.get(name, 0) for name in seen) * node["Actual Loops"]
    return int(mine) + sum(map(rows_through, node.get("Plans", ())))


@pytest.mark.parametrize("law", LAWS)
def test_what_a_law_takes_grows_with_the_rows(law: str, steps: tuple[Steps, Steps]) -> None:
    few, many = steps[0][law], steps[1][law]
    assert many <= MAX * few + ONCE, f"{few:,} steps, then {many:,}"


def test_each_law_was_counted(steps: tuple[Steps, Steps]) -> None:
    rows = 220 * MANY
    assert sum(steps[1].values()) > 10 * rows
