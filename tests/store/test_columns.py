"""Columns are declared once: all else that a stored struct needs follows from that."""

import os
import shutil
import subprocess
import sys
from enum import Enum
from itertools import count
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec
import pytest
from sqlalchemy import Text

import seatrial
from seatrial.core.assets import Asset, AssetKind
from seatrial.core.commands import PlaceOrder
from seatrial.core.ledger import Ledger
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.store import columns, schema, versions
from seatrial.store.columns import Stored, big
from seatrial.store.store import open_store
from tests.support.any_commands import OPENING, new_machine

SOURCES = Path(seatrial.__file__).parent
STORED: dict[str, Stored[Any]] = {name: each for name, each in vars(schema).items() if isinstance(each, Stored)}
STRUCTS = sorted(STORED.keys() - {"PURSES"})

ADDED = {
    "core/orders.py": ("    is_house: bool = False\n", "    mood: int = 3\n"),
    "store/schema.py": ('    Index("orders_by_close"', '    big("mood", default=3, changes=True),\n'),
}
"""What is added to which files, and before what."""

MIGRATION = f"""
from alembic import op
from sqlalchemy import BigInteger, Column, Integer
revision, down_revision = "9999", "{versions.HEAD}"
def upgrade():
    kind = BigInteger().with_variant(Integer, "sqlite")
    op.add_column("orders", Column("mood", kind, nullable=False, server_default="3"))
"""

STORY = """
import sys
from pathlib import Path
from seatrial.catalogue import load
from seatrial.core.assets import Assets
from seatrial.core.commands import PlaceOrder
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.core.queries import OrdersById
from seatrial.core.state import State
from seatrial.store.store import open_store

def reloaded():
    found = load()
    state = State(7, Assets(found.assets), found.markets, found.methods)
    store.load(state)
    return Machine(state)

store = open_store(Path(sys.argv[1]))
machine = reloaded()
(old,) = machine.state.live_orders.values()
assert old.mood == 3
old.mood = 7
machine.apply(PlaceOrder(1, "BTC/USD", Side.BUY, OrderKind.LIMIT, 500_000, 10_000), machine.state.now_ns)
machine.state.changes.orders[old.order_id] = old
machine.state.live_orders[2].mood = 9
store.commit(store.batch(machine.take_changes(), machine.state, ""))
again = reloaded()
assert again.fingerprint() == machine.fingerprint()
print([order.mood for order in again.state.live_orders.values()])
print([record.order.mood for record in store.answer(OrdersById(1, (1, 2)))])
store.close()
"""


def test_a_new_field_of_an_order_takes_three_files_and_survives(tmp_path: Path) -> None:
    """The struct, its columns, and a migration."""
    path = tmp_path / "world.sqlite3"
    store_an_order(path)
    copy = tmp_path / "seatrial"
    copy.mkdir()
    for part in SOURCES.iterdir():
        if part.name in {"core", "store"}:
            shutil.copytree(part, copy / part.name)
        else:
            (copy / part.name).symlink_to(part)
    for name, (before, added) in ADDED.items():
        text = (copy / name).read_text(encoding="utf-8")
        assert text.count(before) == 1
        (copy / name).write_text(text.replace(before, added + before), encoding="utf-8")
    (copy / "store/migrations/versions/9999_moods.py").write_text(MIGRATION, encoding="utf-8")
    modules = os.environ | {"PYTHONPATH": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", STORY, str(path)], env=modules, capture_output=True, text=True, check=False
    )
    assert (told.stdout, told.stderr) == ("[7, 9]\n[9, 7]\n", "")
    assert changed(copy) == 3


def store_an_order(path: Path) -> None:
    """A world as today's code leaves it."""
    machine, store = new_machine(), open_store(path)
    store.begin_world(7, 0, "")
    for asked in (*OPENING, PlaceOrder(1, "BTC/USD", Side.BUY, OrderKind.LIMIT, 600_000, 10_000)):
        assert not isinstance(machine.apply(asked, machine.state.now_ns), Reject)
    store.commit(store.batch(machine.take_changes(), machine.state, ""))
    store.close()


def changed(copy: Path) -> int:
    """How many source files are not as they were."""
    files = [file for part in ("core", "store") for file in (copy / part).rglob("*.py")]
    pairs = [(file, SOURCES / file.relative_to(copy)) for file in files]
    return sum(not ours.exists() or ours.read_bytes() != file.read_bytes() for file, ours in pairs)


def test_a_field_that_was_forgotten_is_named_before_anything_is_stored() -> None:
    class Note(msgspec.Struct):
        number: int
        colour: int

    with pytest.raises(AssertionError, match="Note: a field and no column, or a column and no field: colour"):
        columns.stored(Note, "coloured_notes", ("number",), big("number"))
    assert "coloured_notes" not in schema.METADATA.tables


@pytest.mark.parametrize("name", STRUCTS)
def test_a_struct_comes_back_from_its_row_with_each_value_in_its_place(name: str) -> None:
    stored = STORED[name]
    for optional in (True, False):
        thing = with_values_of_its_own(stored._struct, optional=optional)
        given = [text_or_number(column) for column in stored._columns if column.is_given]
        (row,) = stored.to_rows([(thing, *given)] if given else [thing])
        again = stored.from_row(row)
        assert msgspec.structs.astuple(again) == msgspec.structs.astuple(computed(stored, thing))
        assert len(row) == len(stored.table.columns)
        assert [value for value, column in zip(row, stored._columns, strict=True) if column.is_given] == given


def with_values_of_its_own(struct: type, *, optional: bool) -> Any:
    """One in which no two fields that could be taken for each other are alike."""
    numbers = count(1_000)
    fields = msgspec.structs.fields(struct)
    return struct(**{field.name: _value(field.type, next(numbers), optional=optional) for field in fields})


def _value(kind: Any, number: int, *, optional: bool) -> Any:
    if isinstance(kind, UnionType):
        return _value(get_args(kind)[0], number, optional=optional) if optional else None
    if kind is bool:
        return number % 2 == 0
    if kind in {int, str}:
        return kind(number)
    if get_origin(kind) in {tuple, frozenset}:
        return get_origin(kind)((f"b{number}", f"a{number}"))
    if get_origin(kind) is list:
        return []
    if issubclass(kind, Enum):
        return list(kind)[number % len(kind)]
    return with_values_of_its_own(kind, optional=optional)


def text_or_number(column: columns.Declared) -> str | int:
    """What is given beside a struct."""
    return "BTC/USD" if column.kind is Text else 77


def computed(stored: Stored[Any], thing: Any) -> Any:
    """The same with what follows from the rest."""
    values = {field: getattr(thing, field) for field in thing.__struct_fields__}
    for field, expression in stored._computed.items():
        values[field] = eval(expression, {}, values)  # noqa: S307  our own declarations
    return type(thing)(**values)


def test_a_purse_that_is_there_gets_its_balances_back() -> None:
    asset = Asset("BTC", AssetKind.CRYPTO, 8)
    purse, other = (Ledger([]).purse(1, "spot", asset) for _ in range(2))
    purse.free.balance, purse.held.balance, purse.outgoing.balance, purse.booked = 1, 2, 3, 6
    (row,) = schema.PURSES.to_rows([purse])
    schema.PURSES.restore(other, row)
    assert row == (1, "spot", "BTC", 1, 2, 3, 6)
    assert schema.PURSES.to_rows([other]) == [row]
    assert schema.PURSES.to_changes([purse]) == [(1, 2, 3, 6, 1, "spot", "BTC")]
