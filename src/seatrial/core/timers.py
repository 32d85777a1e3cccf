"""What falls due, and when. Stopped timers are forgotten before they become the majority."""

import heapq
from collections.abc import Iterator
from enum import IntEnum
from typing import Final


class Timer(IntEnum):
    """What a timer is for. Of those that are due at one moment the lower ones fire first."""

    START_ORDER = 1
    EXPIRE_ORDER = 2
    MOVE_TRANSFER = 3
    CANCEL_ORDERS = 4
    START_TRIGGERED = 5


Due = tuple[int, int, int]
"""When, which timer, and the number of whom it is about: the order in which timers fire."""

_SHARDS: Final = 64
"""The number of heaps that timers are spread over, so that looking through one is short work."""

_FEW: Final = 64
"""A heap of so many is never looked through."""


class _Shard:
    """The timers of some numbers: those that are set, and a heap of them and of some that were stopped."""

    __slots__ = ("heap", "waiting")

    def __init__(self) -> None:
        self.heap: list[Due] = []
        """The first one is set."""
        self.waiting: set[Due] = set()

    def tidy(self) -> None:
        """Throw out stopped timers: all if they are many, else those before the first that is set."""
        heap, waiting = self.heap, self.waiting
        if len(heap) > _FEW and len(heap) > 2 * len(waiting):
            self.heap = sorted(waiting)
            return
        while heap and heap[0] not in waiting:
            heapq.heappop(heap)


class Timers:
    """All timers of a world that are set. One of the same kind, number and time is set once, however often asked."""

    __slots__ = ("_heads", "_shards")

    def __init__(self) -> None:
        self._shards = [_Shard() for _ in range(_SHARDS)]
        self._heads: list[Due] = []
        """The first of every shard, and some that are not first any more; the first of them is one."""

    def __len__(self) -> int:
        """How many it keeps, stopped ones included."""
        return sum(len(shard.heap) for shard in self._shards)

    def __iter__(self) -> Iterator[Due]:
        """Those that are set, in the order in which they will fire."""
        return iter(sorted(due for shard in self._shards for due in shard.waiting))

    @property
    def next_due_ns(self) -> int | None:
        """When the next one fires; None when none is set."""
        return self._heads[0][0] if self._heads else None

    def set(self, due: Due) -> None:
        """One more."""
        shard = self._shards[due[2] % _SHARDS]
        if due in shard.waiting:
            return
        shard.waiting.add(due)
        heapq.heappush(shard.heap, due)
        if shard.heap[0] is due:
            heapq.heappush(self._heads, due)
            self._tidy()

    def stop(self, due: Due) -> None:
        """It will not fire, if it was set."""
        shard = self._shards[due[2] % _SHARDS]
        if due in shard.waiting:
            self._forget(shard, due)

    def pop(self) -> Due:
        """Take the next one."""
        due = self._heads[0]
        self._forget(self._shards[due[2] % _SHARDS], due)
        return due

    def _forget(self, shard: _Shard, due: Due) -> None:
        was_first = shard.heap[0] == due
        shard.waiting.remove(due)
        shard.tidy()
        if was_first:
            if shard.heap:
                heapq.heappush(self._heads, shard.heap[0])
            self._tidy()

    def _tidy(self) -> None:
        """Make the first of the heads the first of its shard."""
        if len(self._heads) > 4 * _SHARDS:
            self._heads = sorted(shard.heap[0] for shard in self._shards if shard.heap)
            return
        heads = self._heads
        while heads and not self._is_head(heads[0]):
            heapq.heappop(heads)

    def _is_head(self, due: Due) -> bool:
        heap = self._shards[due[2] % _SHARDS].heap
        return bool(heap) and heap[0] == due
