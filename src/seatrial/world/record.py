"""The record of a world: the facts that are stored, in their order, for whoever follows it.

It keeps the last of them, so that a reader who comes back goes on without a gap while the facts that he missed are
still held. Readers ask at their own pace: a slow one holds up nobody, and is told when what he has not read is gone.
"""

import asyncio
from typing import Final

from seatrial.core.facts import AnyFact, Recorded

MIN_KEPT: Final = 32_768
"""How many facts are kept at least, of twice as many at most: those of about a second under full load."""


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
        """Counts how often the world went on as another one: as one restored or begun again."""
        self.loads = 0
        """Counts how often it was loaded, those times among them: what was not stored then did not happen."""
        self.is_over = False
        """Whether the server is about to stop."""
        self._min_kept = min_kept
        self._kept: list[AnyFact] = []
        self._more = asyncio.Event()

    @property
    def first(self) -> int:
        """The number of the first fact that is held; one above `last` where none is."""
        return self.last - len(self._kept) + 1

    def publish(self, recorded: Recorded) -> None:
        """These are stored now."""
        assert recorded.first == self.last + 1, "facts are published in their order, once"
        kept = self._kept
        kept += recorded.facts
        self.last += len(recorded.facts)
        if len(kept) > 2 * self._min_kept:
            del kept[: -self._min_kept]
        self._wake()

    def go_on_from(self, last: int) -> None:
        """The world goes on from what was loaded, of which that fact was the last; what led to it may be unknown."""
        if last != self.last:
            self._kept.clear()
            self.last = last
        self.loads += 1
        self._wake()

    def begin_again_from(self, last: int) -> None:
        """The world goes on as another one. Its facts go on behind that number."""
        self._kept.clear()
        self.last = last
        self.worlds += 1
        self.loads += 1
        self._wake()

    def after(self, number: int, at_most: int) -> Recorded:
        """The facts after that number, the earliest first. Raises `Gone`."""
        first = self.first
        if not first - 1 <= number <= self.last:
            raise Gone(first, self.last)
        begin = number + 1 - first
        return Recorded(number + 1, tuple(self._kept[begin : begin + at_most]))

    async def more_than(self, number: int, loads: int) -> None:
        """Wait until there is a fact after that number, or the world was loaded once more than so often."""
        while self.last <= number and self.loads == loads and not self.is_over:
            await self._more.wait()

    def end(self) -> None:
        """Nobody is told anything more."""
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more.clear()
