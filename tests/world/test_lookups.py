"""Look-ups alone: after the commit, by a thread where they take long, and never a bug of the caller's."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from seatrial.core.queries import Answer, FundingPage, Query
from seatrial.dialects.kraken.dialect import Kraken
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.wire import Lookup, Reply
from seatrial.store.database import Batch
from seatrial.store.sqlite import SqliteMemory
from seatrial.store.store import Store
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.lookups import Lookups
from seatrial.world.record import Record
from tests.support.trading_floor import catalogue
from tests.support.world_parts import FakeWriter, Listener, machine, played, until

QUERY = FundingPage(None, None, 10)
DIALECT = Kraken(1, Symbols(catalogue()))


class FakeStore(Store):
    """Finds what the test says."""

    def __init__(self) -> None:
        super().__init__(SqliteMemory())
        self.found: Any = ["a transfer"]
        self.quick = False

    def is_quick(self, query: Query) -> bool:
        """As the test says."""
        return query is QUERY and self.quick

    def answer(self, query: Query) -> Answer:
        """As the test says."""
        assert query is QUERY
        if isinstance(self.found, Exception):
            raise self.found
        answer: Answer = self.found
        return answer


class Parts:
    """Look-ups of a store that the test fills."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.writer = FakeWriter()
        self.commits = GroupCommit(machine(), self.writer, lambda: (Batch([]), None), Record(0))
        self.commits._machine.take_changes()
        self.lookups = Lookups(self.store, self.commits, ThreadPoolExecutor(1))
        self.replies: list[Reply] = []

    async def reply(self, lookup: Reply | Lookup) -> bytes:
        """What becomes of it."""
        self.lookups.respond(DIALECT, lookup, self.replies.append)
        await until(lambda: bool(self.replies))
        return self.replies.pop().body


def told(story: Callable[[Parts], Awaitable[None]]) -> None:
    """Run a story."""

    async def run() -> None:
        parts = Parts()
        try:
            await story(parts)
        finally:
            parts.store.close()

    played(run)


def write(answer: Any) -> Reply:
    """An answer of it."""
    return Reply(str(answer).encode())


@pytest.mark.parametrize(("quick", "is_long"), [(True, False), (False, False), (False, True)])
def test_what_is_written_of_a_look_up_may_be_a_further_one(quick: bool, is_long: bool) -> None:
    async def story(parts: Parts) -> None:
        parts.store.quick = quick
        twice = Lookup(QUERY, lambda found: Lookup(QUERY, lambda more: write([found, more]), is_long), is_long)
        assert await parts.reply(twice) == b"[['a transfer'], ['a transfer']]"
        assert await parts.reply(Reply(b"at once")) == b"at once"

    told(story)


@pytest.mark.parametrize("quick", [True, False])
def test_a_look_up_that_fails_is_unavailable(quick: bool) -> None:
    async def story(parts: Parts) -> None:
        parts.store.quick, parts.store.found = quick, ValueError("a bug")
        assert await parts.reply(Lookup(QUERY, write)) == DIALECT.unavailable().body
        with pytest.raises(Unavailable):
            await parts.lookups.find(QUERY)
        assert not parts.commits.is_lost, "reading leaves the machine as it is"

    told(story)


def test_what_is_found_was_committed_before() -> None:
    async def story(parts: Parts) -> None:
        parts.commits.wait(Listener())
        asked = asyncio.ensure_future(parts.lookups.find(QUERY))
        await until(lambda: bool(parts.writer.batches))
        assert not asked.done()
        parts.writer.tell()
        found: Any = await asked
        assert found == ["a transfer"]

    told(story)
