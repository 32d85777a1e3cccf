"""The record of a world: the facts that are stored, in their order, for whoever follows it.

It keeps the last of them, so that a reader who comes back goes on without a gap while the facts that he missed are
still held. Readers ask at their own pace: a slow one holds up nobody, and is told when what he has not read is gone.
"""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from seatrial.core.facts import Recorded

MIN_KEPT: Final = 32_768
"""How many facts are held at least, whole commits of them: those of about a second under full load."""

_FIRST: Final = attrgetter("first")


class Gone(Exception):
    """Facts after that number are not held any more, or were never given: the reader must look at the world anew."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"facts {first} to {last} are held")
        self.first = first
        self.last = last


class Record:
    """The last stored facts of one world."""

    def __init__(self, last: int, min_kept: int = MIN_KEPT) -> None:
        self.last = last
        """The number of the last stored fact."""
        self.worlds = 0
        """Counts how often another world took this one's place: restored, or begun again."""
        self.loads = 0
        """Counts how often the world was loaded, those times included: what was not stored then did not happen."""
        self.is_over = False
        """Whether the server is about to stop."""
        self._min_kept = min_kept
        self._kept: deque[Recorded] = deque()
        """One of each commit, without a gap."""
        self._more = asyncio.Event()

    @property
    def first(self) -> int:
        """The number of the first fact that is held; one above `last` where none is."""
        return self._kept[0].first if self._kept else self.last + 1

    def publish(self, recorded: Recorded) -> None:
        """These are stored now."""
        assert recorded.first == self.last + 1, "facts are published in their order, once"
        kept = self._kept
        kept.append(recorded)
        self.last += len(recorded.facts)
        while self.last - kept[0].last >= self._min_kept:
            kept.popleft()
        self._wake()

    def go_on_from(self, last: int) -> None:
        """The world goes on from what was loaded, and this fact was its last; the facts before it may be unknown."""
        if last != self.last:
            self._kept.clear()
            self.last = last
        self.loads += 1
        self._wake()

    def begin_again_from(self, last: int) -> None:
        """Another world takes this one's place. Its facts are numbered on from there."""
        self._kept.clear()
        self.last = last
        self.worlds += 1
        self.loads += 1
        self._wake()

    def after(self, number: int, at_most: int) -> Recorded:
        """The facts after that number, the earliest first, of one commit. Raises `Gone`."""
        first = self.first
        if not first - 1 <= number <= self.last:
            raise Gone(first, self.last)
        if number == self.last:
            return Recorded(number + 1)
        found = self._kept[bisect_right(self._kept, number + 1, key=_FIRST) - 1]
        begin = number + 1 - found.first
        return Recorded(number + 1, found.facts[begin : begin + at_most])

    def commit_after(self, number: int) -> Recorded | None:
        """The facts of the commit behind that fact, which was the last of one; None: there is none. Raises `Gone`."""
        if number == self.last:
            return None
        if not self.first - 1 <= number <= self.last:
            raise Gone(self.first, self.last)
        found = self._kept[bisect_right(self._kept, number + 1, key=_FIRST) - 1]
        assert found.first == number + 1, "whoever takes whole commits has taken nothing else"
        return found

    def held(self) -> Iterator[Recorded]:
        """All facts that are held, commit by commit, the last ones first."""
        return reversed(self._kept)

    async def more_than(self, number: int, loads: int) -> None:
        """Wait until there is a fact after that number, or the world was loaded again since that count of loads."""
        while self.last <= number and self.loads == loads and not self.is_over:
            await self._more.wait()

    def end(self) -> None:
        """Nobody is told anything more."""
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more.clear()
