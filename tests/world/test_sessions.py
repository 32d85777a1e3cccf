"""A session is fed with what happens after its place, at the pace of its reader, and told how it ends."""

import asyncio
from collections.abc import Iterator

import pytest

from seatrial.core.facts import Recorded
from seatrial.world import sessions
from seatrial.world.record import Record
from seatrial.world.sessions import Conversation, End
from tests.support.numbered_facts import facts
from tests.support.world_parts import until


class Spoken:
    """Says the number of each fact, and how it ended."""

    def receive(self, frame: bytes) -> Iterator[bytes]:
        """Say it back."""
        yield frame

    def publish(self, recorded: Recorded) -> Iterator[bytes]:
        """A frame each."""
        for number, _ in enumerate(recorded.facts, recorded.first):
            yield b"%d" % number

    def tick(self, _seconds: float) -> Iterator[bytes]:
        """Time passes."""
        yield b"tick"

    def end(self, why: End, last: int) -> Iterator[bytes]:
        """It is over."""
        yield f"{why.value} {last}".encode()


class Reader:
    """Takes frames, slowly if the test says so."""

    def __init__(self, record: Record, place: int, until: int | None = None) -> None:
        self.heard: list[str] = []
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.task = asyncio.ensure_future(Conversation(Spoken(), record, place, until).run(self.send))

    async def send(self, frame: bytes) -> None:
        """One more."""
        await self.may_read.wait()
        self.heard.append(frame.decode())

    async def has_heard(self, *frames: str) -> None:
        """Come back when that is all that was heard."""
        async with asyncio.timeout(5):
            await until(lambda: self.heard == list(frames))

    async def is_over(self) -> None:
        """Come back when it has ended."""
        await asyncio.wait_for(self.task, 5)


def test_a_session_hears_what_comes_after_its_place_once_and_in_order() -> None:
    async def story() -> None:
        record = Record(0)
        record.publish(facts(1, 3))
        early, late, ahead = Reader(record, 0), Reader(record, 2), Reader(record, 4)
        await early.has_heard("1", "2", "3")
        record.publish(facts(4, 2))
        await early.has_heard("1", "2", "3", "4", "5")
        await late.has_heard("3", "4", "5")
        await ahead.has_heard("5")
        for reader in (early, late, ahead):
            reader.task.cancel()

    asyncio.run(story())


def test_a_session_of_what_is_there_ends_with_it() -> None:
    async def story() -> None:
        record = Record(0)
        record.publish(facts(1, 600))
        for last in (0, 1, 257, 600):
            reader = Reader(record, 0, last)
            await reader.is_over()
            assert reader.heard == [str(number) for number in range(1, last + 1)]

    asyncio.run(story())


def test_a_slow_reader_is_cut_off_and_slows_nobody() -> None:
    async def story() -> None:
        record = Record(0, min_kept=100)
        slow, quick = Reader(record, 0), Reader(record, 0)
        record.publish(facts(1, 2))
        await quick.has_heard("1", "2")
        slow.may_read.clear()
        for first in range(3, 903, 50):
            record.publish(facts(first, 50))
            await asyncio.sleep(0)
        assert record.first > 3
        slow.may_read.set()
        await slow.is_over()
        last = int(slow.heard[-2])
        assert slow.heard[-1] == f"cut_off {last}"
        assert slow.heard[:-1] == [str(number) for number in range(1, last + 1)]
        await quick.has_heard(*map(str, range(1, 903)))
        quick.task.cancel()

    asyncio.run(story())


@pytest.mark.parametrize("why", [End.WORLD_REPLACED, End.SERVER_STOPS])
def test_a_session_is_told_why_it_ends(why: End) -> None:
    async def story() -> None:
        record = Record(0)
        reader = Reader(record, 0)
        record.publish(facts(1, 1))
        await reader.has_heard("1")
        if why is End.WORLD_REPLACED:
            record.begin_again_from(7)
        else:
            record.end()
        await reader.is_over()
        assert reader.heard == ["1", f"{why.value} 1"]

    asyncio.run(story())


def test_who_began_in_what_was_never_stored_is_told_so_and_others_go_on() -> None:
    async def story() -> None:
        record = Record(0)
        before, amidst = Reader(record, 0), Reader(record, 2)
        record.publish(facts(1, 1))
        await before.has_heard("1")
        record.go_on_from(1)
        await amidst.is_over()
        assert amidst.heard == ["world_replaced 2"]
        record.publish(facts(2, 2))
        await before.has_heard("1", "2", "3")
        before.task.cancel()

    asyncio.run(story())


def test_while_nothing_happens_a_session_hears_that_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "TICK_SECONDS", 0.001)

    async def story() -> None:
        record = Record(0)
        reader = Reader(record, 0)
        await until(lambda: reader.heard[:2] == ["tick", "tick"])
        record.publish(facts(1, 1))
        await until(lambda: "1" in reader.heard)
        reader.task.cancel()

    asyncio.run(story())


def test_a_reader_who_is_gone_ends_the_conversation() -> None:
    async def gone(_frame: bytes) -> None:
        raise ConnectionResetError

    async def story() -> None:
        record = Record(0)
        record.publish(facts(1, 1))
        with pytest.raises(ConnectionResetError):
            await Conversation(Spoken(), record, 0).run(gone)

    asyncio.run(story())
