"""What all connections of one server share."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from seatrial.server.connections.replies import ReplyHeads


class Connection(Protocol):
    """Somebody is connected."""

    def stop(self) -> None:
        """Take no further request, and close once those at work are answered."""
        ...

    def abort(self) -> None:
        """Close now."""
        ...


class Hub:
    """Those who are connected, and the tasks that work for them."""

    def __init__(self) -> None:
        self.replies = ReplyHeads()
        self.is_stopping = False
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work for a connection until it is done, or the server stops."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def left(self, connection: Connection) -> None:
        """Somebody is there no more."""
        self.connections.discard(connection)
        self._changed.set()

    async def emptied(self) -> None:
        """Wait until nobody is connected and nothing at work."""
        while self.connections or self.tasks:
            self._changed.clear()
            await self._changed.wait()

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self._changed.set()
