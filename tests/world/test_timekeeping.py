"""The passing of time alone, with a clock and a market that do what the test says."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from seatrial.core.facts import Recorded
from seatrial.core.orders import Side
from seatrial.store.database import Batch
from seatrial.world import timekeeping
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.keeping import Keeping
from seatrial.world.record import Record
from seatrial.world.recovery import Recovery
from seatrial.world.tasks import Tasks
from seatrial.world.timekeeping import Timekeeper
from tests.support.trading_floor import SECOND_NS, START_NS, Floor
from tests.support.world_parts import FakeClock, FakeDriver, PromptWriter, played, until

LATER_NS = START_NS + 60 * SECOND_NS


class Parts:
    """A timekeeper of a world in which an order expires after a minute."""

    def __init__(self, *due: int) -> None:
        self.floor = Floor()
        self.floor.place(self.floor.order("ann", Side.BUY, "1", at="100", expires_in=60))
        self.machine = self.floor.machine
        self.clock, self.driver, self.tasks, self.writer = FakeClock(), FakeDriver(*due), Tasks(), PromptWriter()
        record = Record(self.machine.state.counters.fact)
        self.commits = GroupCommit(self.machine, self.writer, self._batch, record)
        readers = ThreadPoolExecutor(1)
        recovery = Recovery(self.machine, NotKept(), self.writer, self.commits, record, readers, self.tasks)
        self.time = Timekeeper(self.machine, self.clock, self.driver, self.commits, recovery, self.tasks)

    @property
    def open_orders(self) -> int:
        """How many live."""
        return len(self.machine.state.live_orders)

    def _batch(self) -> tuple[Batch, Recorded | None]:
        return Batch([]), self.machine.take_changes().recorded


class NotKept(Keeping):
    """Nothing is loaded here."""

    def __init__(self) -> None:
        pass


def told(story: Callable[[Parts], Awaitable[None]], *due: int) -> None:
    """Run a story."""

    async def run() -> None:
        await story(Parts(*due))

    played(run)


def test_who_looks_sees_what_is_due_as_happened() -> None:
    async def story(parts: Parts) -> None:
        assert parts.time.pass_to_now() >= START_NS
        assert parts.open_orders == 1
        parts.clock.set(frozen=True, now_ns=LATER_NS)
        assert parts.time.pass_to_now() == LATER_NS
        assert parts.open_orders == 0
        assert parts.machine.state.has_changes, "so whoever looks waits for the commit"

    told(story)


def test_time_never_goes_back_behind_what_happened() -> None:
    async def story(parts: Parts) -> None:
        parts.machine.state.now_ns = LATER_NS - 1
        assert parts.time.pass_to_now() == LATER_NS - 1

    told(story)


def test_the_market_moves_first_and_only_up_to_the_clock() -> None:
    async def story(parts: Parts) -> None:
        parts.time.pass_to_now()
        assert parts.driver.acts == [START_NS - 1, START_NS]

    told(story, START_NS - 1, START_NS, START_NS + 1)


def test_far_behind_a_call_waits_for_some_of_it_and_the_rest_happens_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "MAX_ACTS", 2)

    async def story(parts: Parts) -> None:
        assert parts.time.moment() == START_NS - 4
        assert len(parts.tasks) == 1
        await asyncio.gather(*parts.tasks)
        assert parts.driver.left == []
        assert parts.time.moment() == START_NS

    told(story, *range(START_NS - 5, START_NS + 1))


def test_a_running_clock_wakes_up_when_something_falls_due() -> None:
    async def story(parts: Parts) -> None:
        parts.time.arm()
        assert parts.time.wakes_at is not None
        assert parts.time.wakes_at - asyncio.get_running_loop().time() == pytest.approx(60, abs=1)
        parts.clock.real += 60 * SECOND_NS
        parts.time.rearm()
        await until(lambda: not parts.open_orders)
        await asyncio.gather(*parts.tasks)
        assert not parts.machine.state.has_changes

    told(story)


def test_a_frozen_clock_does_not_wake_up() -> None:
    async def story(parts: Parts) -> None:
        parts.clock.set(frozen=True)
        parts.time.arm()
        assert parts.time.wakes_at is None

    told(story)


def test_flat_out_the_clock_follows_the_market() -> None:
    async def story(parts: Parts) -> None:
        await parts.time.play()
        assert parts.clock.now_ns() == LATER_NS
        assert parts.driver.left == []
        parts.time.stop()

    told(story, START_NS + 1, LATER_NS)


def test_where_nothing_may_happen_the_clock_is_shown() -> None:
    async def story(parts: Parts) -> None:
        parts.clock.set(frozen=True, now_ns=LATER_NS)
        parts.commits.refuse()
        assert parts.time.now_ns() == LATER_NS
        assert parts.open_orders == 1
        with pytest.raises(Unavailable):
            await parts.time.pass_time()

    told(story)
