"""What falls due, and when. Alarms that apply no more are thrown out before they are most of all there are."""

import heapq
from collections.abc import Callable
from typing import Final

Due = tuple[int, int, int]
"""When, what, and the number of whom it is about: the order in which alarms ring."""

_SHARDS: Final = 64
"""Alarms are kept in so many heaps, by number: looking through one of them is short work."""

_FEW: Final = 64
"""A heap of so many is never looked through."""


class Alarms:
    """All alarms of a world."""

    __slots__ = ("_dropped", "_heads", "_shards")

    def __init__(self) -> None:
        self._shards: list[list[Due]] = [[] for _ in range(_SHARDS)]
        self._dropped = [0] * _SHARDS
        """How many of each heap apply no more."""
        self._heads: list[Due] = []
        """The first of every heap, and some that are not first any more."""

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    @property
    def next_due(self) -> Due | None:
        """The next alarm."""
        return self._heads[0] if self._heads else None

    @property
    def next_due_ns(self) -> int | None:
        """When that is."""
        return self._heads[0][0] if self._heads else None

    def add(self, due: Due) -> None:
        """One more."""
        shard = self._shards[due[2] % _SHARDS]
        heapq.heappush(shard, due)
        if shard[0] is due:
            heapq.heappush(self._heads, due)
            self._tidy()

    def pop(self) -> Due:
        """Take the next one."""
        due = heapq.heappop(self._heads)
        shard = self._shards[due[2] % _SHARDS]
        heapq.heappop(shard)
        if shard:
            heapq.heappush(self._heads, shard[0])
        self._tidy()
        return due

    def drop(self, number: int, applies: Callable[[Due], bool]) -> bool:
        """One of that number applies no more; whether any were thrown out."""
        place = number % _SHARDS
        self._dropped[place] += 1
        shard = self._shards[place]
        if len(shard) < max(_FEW, 2 * self._dropped[place]):
            self._dropped[place] = 0
            self._shards[place] = list({due for due in shard if applies(due)})
            heapq.heapify(self._shards[place])
            self._begin_anew()
            return True
        return False

    def _tidy(self) -> None:
        """Have the first of the heads be one."""
        heads = self._heads
        if len(heads) > 4 * _SHARDS:
            self._begin_anew()
            return
        while heads and not self._is_head(heads[0]):
            heapq.heappop(heads)

    def _is_head(self, due: Due) -> bool:
        shard = self._shards[due[2] % _SHARDS]
        return bool(shard) and shard[0] == due

    def _begin_anew(self) -> None:
        self._heads = [shard[0] for shard in self._shards if shard]
        heapq.heapify(self._heads)
