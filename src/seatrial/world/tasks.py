"""What a world does beside its calls."""

import asyncio
from collections.abc import Coroutine, Iterator


class Tasks:
    """All that is under way, held until it is done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self.is_stopping = False
        """Whether the world is about to end, so that no task begins any more."""

    def __iter__(self) -> Iterator[asyncio.Task[None]]:
        return iter(self._running)

    def __len__(self) -> int:
        return len(self._running)

    def run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Begin it now."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task
