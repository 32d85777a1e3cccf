"""What it takes to prove a world with many rows, on either engine, and to put a backup in the place of one."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Final

from sqlalchemy import func, select

from bench import databases
from bench.report import Budget, Figure
from seatrial.catalogue import load
from seatrial.core.assets import Assets
from seatrial.core.state import State
from seatrial.store import schema
from seatrial.store.backups import put
from seatrial.store.proofs import prove
from seatrial.store.sqlite import SqliteFile
from seatrial.store.store import Store, database_at, look_into, look_twice_into
from tests.support.long_world import write_long_world

MEGA: Final = 10**6
ROWS_PER_ROUND: Final = 214
MAX_SECONDS: Final = 10.0
"""For a million rows."""
PART: Final = 4
MAX_GROWTH: Final = 1.5 * PART
"""How much longer it may take for so many times the rows."""

Place = Path | str


def measure(folder: Path, row_count: int, say: Callable[[str], None]) -> list[Figure]:
    """A world of about that many rows beside one of a quarter of them."""
    folder.mkdir()
    few, many = folder / "few.sqlite3", folder / "many.sqlite3"
    for file, count in ((few, row_count // PART), (many, row_count)):
        say(f"a world of {count:,} rows")
        write_long_world(file, max(count // ROWS_PER_ROUND, 1))
    say("proving it")
    rows = _rows(many)
    found = [
        *_proofs("SQLite", (few, _rows(few)), (many, rows)),
        *_swap("SQLite", many, folder / "target.sqlite3", rows),
    ]
    return [*found, *_on_postgresql(folder, few, many, say)]


def _on_postgresql(folder: Path, few: Path, many: Path, say: Callable[[str], None]) -> list[Figure]:
    """The same on a PostgreSQL, where one can be had."""
    try:
        with databases.postgresql(folder) as database, databases.schema(database.url) as other:
            say("the same on PostgreSQL")
            _put(few, other)
            swap = _swap("PostgreSQL", many, database.url, _rows(many))
            proofs = _proofs("PostgreSQL", (other, _rows(few)), (database.url, _rows(many)))
            return [*proofs, *swap]
    except databases.NoPostgres:
        return []


def _proofs(engine: str, few: tuple[Place, int], many: tuple[Place, int]) -> list[Figure]:
    short, long = (_prove(place) for place, _ in (few, many))
    per_million = long * MEGA / many[1]
    growth = long / short / (many[1] / few[1]) * PART
    notes = f"{long:.2f} s for {many[1]:,} rows, {short:.2f} s for {few[1]:,}"
    return [
        Figure(
            f"verify a million rows, {engine}", per_million, "s", notes,
            [
                Budget(f"≤ {MAX_SECONDS:g} s", per_million <= MAX_SECONDS),
                Budget(f"≤ {MAX_GROWTH:g} x as long for {PART} x the rows", growth <= MAX_GROWTH),
            ],
        )
    ]  # fmt: skip


def _swap(engine: str, copy: Path, place: Place, rows: int) -> list[Figure]:
    """For so long a restore refuses calls, its backup being proven and loaded; the second time there is a world."""
    _put(copy, place)
    seconds = _put(copy, place)
    began = perf_counter()
    _load(copy)
    notes = f"{rows:,} rows; before it, while calls go on, {perf_counter() - began:.2f} s to load its world"
    budget = Budget(f"≤ {MAX_SECONDS:g} s", seconds * MEGA / rows <= MAX_SECONDS)
    return [Figure(f"a restore of a million rows refuses calls, {engine}", seconds * MEGA / rows, "s", notes, [budget])]


def _prove(place: Place) -> float:
    began = perf_counter()
    with look_twice_into(place) as (connection, twin):
        assert not [proof for proof in prove(connection, twin=twin) if proof.breaches]
    return perf_counter() - began


def _put(copy: Path, place: Place) -> float:
    with closing(database_at(place)) as database:
        database.claim()
        began = perf_counter()
        put(database, copy, lambda _done, _total: None)
        return perf_counter() - began


def _load(copy: Path) -> None:
    catalogue = load()
    with closing(Store(SqliteFile(copy))) as store:
        world = store.world()
        assert world is not None
        store.load(State(world.seed, Assets(catalogue.assets), catalogue.markets, catalogue.methods))


def _rows(place: Place) -> int:
    with look_into(place) as connection:
        tables = schema.METADATA.sorted_tables
        return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
