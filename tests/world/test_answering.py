"""Answering alone: a dialect that serves what the test says, over a writer that waits for the test."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from seatrial.core.commands import PassTime
from seatrial.core.machine import Machine
from seatrial.core.orders import Side
from seatrial.dialects.kraken.dialect import Kraken
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.wire import Call, Reply, Served, Unfinished
from seatrial.store.sqlite import SqliteMemory
from seatrial.store.store import Store
from seatrial.world.answering import Answering
from seatrial.world.commits import GroupCommit
from seatrial.world.keeping import Keeping
from seatrial.world.lookups import Lookups
from seatrial.world.record import Record
from seatrial.world.recovery import Recovery
from seatrial.world.tasks import Tasks
from seatrial.world.timekeeping import Timekeeper
from seatrial.world.turns import Turns
from tests.support.trading_floor import SECOND_NS, START_NS, Floor, catalogue
from tests.support.world_parts import FakeClock, FakeDriver, FakeWriter, played, until

CALL = Call("GET", "/0/public/Time", b"", {}, b"", "192.0.2.1")
REPLY = Reply(b"served")
LATER_NS = START_NS + 60 * SECOND_NS


class FakeDialect(Kraken):
    """Serves what the test says, and notes what it was given."""

    def __init__(self, serve: Callable[[Machine, int], Served]) -> None:
        super().__init__(1, Symbols(catalogue()))
        self._serve = serve

    def serve(self, machine: Machine, call: Call, at_ns: int, real_ns: int | None = None) -> Served:
        """As the test says."""
        assert (call, real_ns is None) == (CALL, False)
        return self._serve(machine, at_ns)


class Parts:
    """Answering in a world in which an order expires after a minute."""

    def __init__(self, store: Store) -> None:
        floor = Floor()
        floor.place(floor.order("ann", Side.BUY, "1", at="100", expires_in=60))
        self.machine, self.clock, self.driver = floor.machine, FakeClock(), FakeDriver()
        self.machine.take_changes()
        record = Record(self.machine.state.last_fact)
        self.writer, self.tasks, readers = FakeWriter(), Tasks(), ThreadPoolExecutor(1)
        keeping = Keeping(store, self.machine, self.clock, self.driver, lambda: floor.machine.state, {"kraken"})
        self.commits = GroupCommit(self.machine, self.writer, keeping.batch, record)
        recovery = Recovery(self.machine, keeping, self.writer, self.commits, record, readers, self.tasks)
        time = Timekeeper(self.machine, self.clock, self.driver, self.commits, recovery, self.tasks)
        lookups = Lookups(store, self.commits, readers)
        self.answering = Answering(self.machine, self.clock, time, self.commits, lookups, recovery, Turns(), self.tasks)
        self.replies: list[Reply] = []

    def ask(self, serve: Callable[[Machine, int], Served]) -> FakeDialect:
        """One call."""
        dialect = FakeDialect(serve)
        self.answering.answer(dialect, CALL, self.replies.append)
        return dialect


def told(story: Callable[[Parts], Awaitable[None]]) -> None:
    """Run a story."""

    async def run() -> None:
        with closing(Store(SqliteMemory())) as store:
            await story(Parts(store))

    played(run)


def test_what_changes_nothing_is_answered_at_once() -> None:
    async def story(parts: Parts) -> None:
        parts.ask(lambda _machine, _at_ns: REPLY)
        assert (parts.replies, parts.writer.batches) == ([REPLY], [])

    told(story)


def test_a_call_is_served_after_what_is_due_and_answered_after_the_commit_that_holds_it() -> None:
    async def story(parts: Parts) -> None:
        seen: list[tuple[int, int]] = []

        def serve(machine: Machine, at_ns: int) -> Reply:
            seen.append((at_ns, len(machine.state.live_orders)))
            return REPLY

        parts.clock.set(frozen=True, now_ns=LATER_NS)
        parts.ask(serve)
        assert seen == [(LATER_NS, 0)]
        await until(lambda: bool(parts.writer.batches))
        assert parts.replies == []
        parts.writer.tell()
        assert parts.replies == [REPLY]

    told(story)


def test_an_answer_whose_commit_is_lost_is_unavailable() -> None:
    async def story(parts: Parts) -> None:
        parts.clock.set(frozen=True, now_ns=LATER_NS)
        dialect = parts.ask(lambda _machine, _at_ns: REPLY)
        await until(lambda: bool(parts.writer.batches))
        parts.writer.tell(OSError("no disk"))
        assert parts.replies == [dialect.unavailable()]
        parts.ask(lambda _machine, _at_ns: REPLY)
        assert parts.replies == [dialect.unavailable()] * 2, "until the world is loaded again"

    told(story)


def test_a_bug_is_unavailable_and_has_the_world_loaded_again() -> None:
    def bug(_machine: Machine, _at_ns: int) -> Reply:
        raise ZeroDivisionError

    async def story(parts: Parts) -> None:
        dialect = parts.ask(bug)
        assert parts.replies == [dialect.unavailable()]
        assert parts.commits.is_lost

    told(story)


@pytest.mark.parametrize("fails", [False, True])
def test_a_call_of_many_steps_lets_time_pass_before_each(fails: bool) -> None:
    async def story(parts: Parts) -> None:
        seen: list[int] = []

        def go_on(_found: object, at_ns: int) -> Reply:
            seen.append(at_ns)
            if fails:
                raise ZeroDivisionError
            parts.machine.apply(PassTime(), at_ns)
            return REPLY

        parts.clock.set(frozen=True)
        dialect = parts.ask(lambda _machine, _at_ns: Unfinished(go_on))
        parts.clock.set(now_ns=LATER_NS)
        await until(lambda: bool(seen))
        assert (seen, len(parts.machine.state.live_orders)) == ([LATER_NS], 0)
        if not fails:
            await until(lambda: bool(parts.writer.batches))
            assert parts.replies == []
            parts.writer.tell()
        await until(lambda: bool(parts.replies))
        assert parts.replies == [dialect.unavailable() if fails else REPLY]

    told(story)
