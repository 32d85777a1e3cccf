"""A database that another process writes behaves as one that is written here."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.machine import Machine
from seatrial.store import rows, schema
from seatrial.store.apart import Apart, WriterBugError
from seatrial.store.database import Batch
from seatrial.store.errors import StoreError
from seatrial.store.frames import Frames, Task, frame, pack
from seatrial.store.store import Store, open_store
from tests.support.any_commands import OPENING, any_journal, new_machine, new_state
from tests.support.stored_books import breaches
from tests.support.trading_floor import START_NS

PLAIN = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=9) | st.binary(max_size=9)
ROWS = st.lists(st.lists(PLAIN, max_size=4).map(tuple), max_size=4)


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    """A world that another process writes."""
    with closing(open_store(place, apart=True)) as opened:
        opened.begin_world(7, START_NS, "ticking")
        yield opened


def apart(store: Store) -> Apart:
    """Its database."""
    assert isinstance(store.database, Apart)
    return store.database


@given(st.lists(st.tuples(PLAIN, ROWS), max_size=4), st.integers(1, 50))
def test_frames_arrive_as_they_were_sent_however_they_are_cut(sent: list[tuple[object, object]], piece: int) -> None:
    wire, frames = io.BytesIO(b"".join(frame(*values) for values in sent)), Frames()
    arrived = [values for part in iter(lambda: wire.read(piece), b"") for values in frames.feed(part)]
    assert arrived == sent


def test_what_it_writes_is_what_a_store_here_writes(store: Store, place: Path | str) -> None:
    machine = new_machine()
    for command, gap_ns in (*((command, 0) for command in OPENING), *any_journal(1, 300)):
        machine.apply(command, machine.state.now_ns + gap_ns)
        if machine.state.has_changes:
            store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))
    store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))  # the time of what changed nothing
    state = new_state()
    store.load(state)
    assert Machine(state).fingerprint() == machine.fingerprint()
    store.close()
    assert breaches(place) == {}


def test_an_event_loop_is_told_of_each_task_in_order(store: Store) -> None:
    said: list[tuple[int, BaseException | None]] = []

    async def story() -> None:
        done = asyncio.Event()
        account = Batch([rows.Write(schema.books, [("XBTUSD", 1)], [])])
        twice = pack(account)

        def tell(number: int, error: BaseException | None) -> None:
            said.append((number, error))
            if number == 3:
                done.set()

        for number, (task, values) in enumerate(
            [(Task.WRITE, twice), (Task.WRITE, twice), (Task.CLAIM, ()), (Task.CHECK, ())]
        ):
            apart(store).post(lambda error, number=number: tell(number, error), task, *values)  # type: ignore[misc]
        await done.wait()

    asyncio.run(story())
    assert [number for number, _ in said] == [0, 1, 2, 3]
    first, second, third, fourth = (error for _, error in said)
    assert first is third is fourth is None
    assert isinstance(second, StoreError), "the same row twice"
    assert "XBTUSD" not in str(second), "an error shows no rows"


def test_a_bug_in_it_is_told_with_its_traceback_and_without_the_rows(store: Store) -> None:
    with pytest.raises(WriterBugError, match="Traceback") as told:
        apart(store)._ask(Task.WRITE, False, [(10**6, [("a secret",)], [], [])])
    assert "IndexError" in str(told.value)
    assert "a secret" not in str(told.value)


def test_one_that_ended_says_so(store: Store) -> None:
    apart(store)._process.kill()
    with pytest.raises(StoreError, match=r"the process that writes .* has ended"):
        store.database.check()


def test_a_place_that_cannot_be_used_is_told_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "world.sqlite3"
    file.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="cannot use"):
        open_store(file, apart=True)
