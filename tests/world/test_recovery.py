"""Recovery alone: what is done once what the machine holds is not to be trusted."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from seatrial.core.machine import Machine
from seatrial.store.database import Batch
from seatrial.store.errors import StoreError
from seatrial.world import recovery as recovery_module
from seatrial.world.clock import ClockNote
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.keeping import Keeping, Loaded
from seatrial.world.record import Record
from seatrial.world.recovery import Recovery
from seatrial.world.tasks import Tasks
from tests.support.trading_floor import START_NS
from tests.support.world_parts import FakeWriter, Listener, machine, played, until


class FakeKeeping(Keeping):
    """Loads a fresh state, or meets what the test says."""

    def __init__(self, of: Machine) -> None:
        self.of = of
        self.failures: list[Exception] = []
        self.adopted: list[Loaded] = []

    def load(self) -> Loaded:
        """What is stored."""
        if self.failures:
            raise self.failures.pop(0)
        return Loaded(machine().state, ClockNote(START_NS, START_NS), "")

    def adopt(self, loaded: Loaded) -> None:
        """Go on from it."""
        self.adopted.append(loaded)
        self.of.state = loaded.state


class Parts:
    """Recovery over a store that fails when the test says so."""

    def __init__(self) -> None:
        self.machine, self.writer, self.tasks = machine(), FakeWriter(), Tasks()
        self.keeping = FakeKeeping(self.machine)
        self.record = Record(self.machine.state.counters.fact)
        self.commits = GroupCommit(self.machine, self.writer, lambda: (Batch([]), None), self.record)
        readers = ThreadPoolExecutor(1)
        self.recovery = Recovery(
            self.machine, self.keeping, self.writer, self.commits, self.record, readers, self.tasks
        )
        self.commits.on_lost = self.recovery.begin
        self.loaded = 0
        self.recovery.on_loaded = self._note

    def _note(self) -> None:
        self.loaded += 1


def told(story: Callable[[Parts], Awaitable[None]]) -> None:
    """Run a story."""

    async def run() -> None:
        await story(Parts())

    played(run)


def test_a_bug_has_everyone_told_and_the_world_loaded_again() -> None:
    async def story(parts: Parts) -> None:
        before, waits = parts.machine.state, Listener()
        parts.commits.wait(waits)
        with pytest.raises(Unavailable):
            parts.recovery.attempt(lambda: 1 // 0)
        assert waits.heard == ["lost"]
        with pytest.raises(Unavailable):
            parts.recovery.attempt(lambda: 1)
        await asyncio.gather(*parts.tasks)
        assert parts.recovery.attempt(lambda: 1) == 1
        assert parts.machine.state is not before
        assert (parts.writer.claims, parts.loaded) == (1, 1)

    told(story)


def test_loading_is_tried_until_it_works_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recovery_module, "RETRY_SECONDS", 0)

    async def story(parts: Parts) -> None:
        parts.writer.failures = [StoreError("another writes there")]
        parts.keeping.failures = [StoreError("gone"), StoreError("gone")]
        parts.commits.give_up()
        await asyncio.gather(*parts.tasks)
        assert (len(parts.keeping.adopted), parts.writer.claims) == (1, 4)

    told(story)
    assert caplog.text.count("the store cannot be loaded yet: another writes there") == 1
    assert caplog.text.count("the store cannot be loaded yet: gone") == 1


def test_a_store_that_is_ours_no_more_is_noticed_while_nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery_module, "WATCH_SECONDS", 0.001)

    async def story(parts: Parts) -> None:
        watch = asyncio.ensure_future(parts.recovery.watch())
        await until(lambda: parts.writer.checks >= 3)
        assert parts.loaded == 0
        parts.writer.failures = [StoreError("another writes there")]
        await until(lambda: parts.loaded > 0)
        watch.cancel()
        assert len(parts.keeping.adopted) == 1

    told(story)
