"""Group commit alone: who waits, what shares a commit, and who is told what."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from seatrial.core.facts import Recorded
from seatrial.store.database import Batch
from seatrial.world import commits as commits_module
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.record import Record
from tests.support.world_parts import FakeWriter, Listener, machine, played, until


class Parts:
    """Group commit over a writer that waits for the test."""

    def __init__(self) -> None:
        self.writer = FakeWriter()
        self.machine = machine()
        self.machine.take_changes()
        self.record = Record(self.machine.state.last_fact)
        self.commits = GroupCommit(self.machine, self.writer, self._taken, self.record)
        self.idle = self.lost = 0
        self.commits.on_idle, self.commits.on_lost = self._note_idle, self._note_lost

    def listener(self) -> Listener:
        """One more who waits."""
        made = Listener()
        self.commits.wait(made)
        return made

    async def begun(self, count: int = 1) -> None:
        """Come back when so many commits have begun."""
        await until(lambda: len(self.writer.batches) >= count)

    def _taken(self) -> tuple[Batch, Recorded | None]:
        return Batch([]), self.machine.take_changes().recorded

    def _note_idle(self) -> None:
        self.idle += 1

    def _note_lost(self) -> None:
        self.lost += 1


def told(story: Callable[[Parts], Awaitable[None]]) -> None:
    """Run a story."""

    async def run() -> None:
        await story(Parts())

    played(run)


def test_everyone_who_comes_before_a_commit_begins_shares_it() -> None:
    async def story(parts: Parts) -> None:
        first, second = parts.listener(), parts.listener()
        await parts.begun()
        third = parts.listener()
        assert not first.heard
        parts.writer.tell()
        assert (first.heard, second.heard, third.heard) == (["committed"], ["committed"], [])
        await parts.begun(2)
        assert parts.idle == 0
        parts.writer.tell()
        assert third.heard == ["committed"]
        assert (len(parts.writer.batches), parts.idle) == (2, 1)

    told(story)


def test_as_many_as_are_worth_a_commit_wait_for_no_more() -> None:
    async def story(parts: Parts) -> None:
        parts.writer.enough = 3
        for _ in range(3):
            parts.listener()
        assert len(parts.writer.batches) == 1

    told(story)


def test_a_failure_is_told_to_all_and_nothing_happens_until_the_world_goes_on() -> None:
    async def story(parts: Parts) -> None:
        first = parts.listener()
        await parts.begun()
        behind = parts.listener()
        parts.writer.tell(OSError("no disk"))
        assert first.heard == behind.heard == ["lost"]
        assert (parts.lost, parts.commits.is_lost, parts.commits.refuses) == (1, True, True)
        with pytest.raises(Unavailable):
            await parts.commits.settled()
        parts.commits.go_on()
        assert not parts.commits.refuses
        await parts.commits.settled()

    told(story)


def test_giving_up_twice_is_one_loss() -> None:
    async def story(parts: Parts) -> None:
        parts.commits.give_up()
        parts.commits.give_up()
        assert parts.lost == 1

    told(story)


def test_a_batch_that_cannot_be_made_is_a_failure_too() -> None:
    async def story(parts: Parts) -> None:
        def broken() -> tuple[Batch, Recorded | None]:
            raise OverflowError

        commits = GroupCommit(parts.machine, parts.writer, broken, parts.record)
        with pytest.raises(Unavailable):
            await commits.committed()
        assert commits.is_lost
        assert commits.under_way is None

    told(story)


def test_nobody_waits_longer_than_callers_have_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits_module, "PATIENCE_SECONDS", 0.001)

    async def story(parts: Parts) -> None:
        waits = parts.listener()
        await parts.begun()
        await until(lambda: bool(waits.heard))
        parts.writer.tell()
        assert waits.heard == ["lost"], "once, whatever became of it"
        assert (parts.lost, parts.idle) == (1, 1)

    told(story)


def test_who_cannot_be_told_keeps_nobody_back(caplog: pytest.LogCaptureFixture) -> None:
    class Deaf(Listener):
        def committed(self) -> None:
            raise RuntimeError("the socket is not what it was")

        lost = committed

    async def story(parts: Parts) -> None:
        for error, heard in ((None, "committed"), (OSError("no disk"), "lost")):
            parts.commits.wait(Deaf())
            other = parts.listener()
            await parts.begun(len(parts.writer.batches) + 1)
            parts.writer.tell(error)
            assert other.heard == [heard]

    told(story)
    assert caplog.text.count("an answer could not be given") == 2


def test_what_rests_on_nothing_new_does_not_wait() -> None:
    async def story(parts: Parts) -> None:
        await parts.commits.settled()
        assert not parts.writer.batches

    told(story)


def test_finishing_commits_what_is_left() -> None:
    async def story(parts: Parts) -> None:
        finishing = asyncio.ensure_future(parts.commits.finish())
        await parts.begun()
        assert not finishing.done()
        parts.writer.tell()
        await finishing
        assert parts.commits.under_way is None

    told(story)
