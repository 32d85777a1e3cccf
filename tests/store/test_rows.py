"""What a commit writes: plain values in the order of their columns."""

import marshal
from types import NoneType

from seatrial.core.commands import (
    Command,
    IssueAddress,
    IssueToken,
    SaveDestination,
    SetCancelTimer,
)
from seatrial.store import schema
from seatrial.store.rows import Write
from seatrial.store.sqlite import SqliteMemory
from seatrial.store.store import Store
from tests.support.any_commands import OPENING, aimed, any_journal, markets, new_machine
from tests.support.houses import MARKET, of_a_house

JOURNALS = 7


def of_many_kinds() -> list[Command]:
    """What a journal has by chance only."""
    return [
        *of_a_house(),
        SetCancelTimer(1, 10**9, (MARKET,)),
        IssueToken(1, 1, 10**12),
        IssueAddress(1, "BTC", "Bitcoin", 5),
        SaveDestination(1, "BTC", "Bitcoin", "mine", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ]


def written(seed: int) -> list[Write]:
    """All that a store would write of a journal, a commit after every command."""
    machine, store = new_machine(), Store(SqliteMemory())
    journal = [(command, 0) for command in OPENING] + any_journal(seed, 400)
    journal[len(OPENING) : len(OPENING)] = [(command, 10**6) for command in of_many_kinds()]
    writes: list[Write] = []
    for command, gap_ns in journal:
        machine.apply(aimed(machine.state, command), machine.state.now_ns + gap_ns)
        writes += store.batch(machine.take_changes(), machine.state, "clock", "market").writes
    store.close()
    return writes


def test_whatever_happens_a_commit_is_made_of_plain_values() -> None:
    """So it can be marshalled, and no database has to guess what an enum or a flag is to be."""
    found = [write for seed in range(JOURNALS) for write in written(seed)]
    for write in found:
        for part in (write.new, write.changed, write.gone):
            assert {type(row) for row in part} <= {tuple}
            assert {type(value) for row in part for value in row} <= {int, str, NoneType}, write.table
            assert marshal.loads(marshal.dumps(part, 2)) == part  # noqa: S302  our own
        assert {len(row) for row in write.new} <= {len(write.table.columns)}
    assert {write.table for write in found} == set(schema.METADATA.sorted_tables)
    assert {write.table for write in found if write.changed} == set(schema.CHANGING)
    assert set(markets()) <= {row[0] for write in found if write.table is schema.books for row in write.new}
