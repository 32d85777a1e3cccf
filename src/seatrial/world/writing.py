"""Who writes a world's commits: a process of its own, or a thread where there is nothing but this process."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from seatrial.store.apart import Apart, Told
from seatrial.store.backups import put
from seatrial.store.database import Batch, RestorableDatabase
from seatrial.store.frames import Task, pack
from seatrial.store.store import Store


class Writer(Protocol):
    """Does one thing after the other. What goes wrong raises the store's own error."""

    enough: int
    """How many waiting calls are enough to begin a commit while more come in."""

    def write(self, batch: Batch, told: Told) -> None:
        """Write a batch in one transaction; the event loop is told what came of it."""

    async def claim(self) -> None:
        """Settle what became of everything asked for so far, and make sure of being the only one that writes."""

    async def check(self) -> None:
        """Make sure of still being the only one."""

    async def restore(self, file: Path) -> None:
        """Put the world of a copy that was proven in the place of all that is stored."""

    def close(self) -> None:
        """Do what was asked for, and nothing after it."""


def writer_of(store: Store) -> Writer:
    """The writer of a store."""
    database = store.database
    return WriterProcess(database) if isinstance(database, Apart) else WriterThread(store, database)


class WriterProcess:
    """Everything is asked of the process that a database apart has."""

    enough = 32

    def __init__(self, database: Apart) -> None:
        self._database = database

    def write(self, batch: Batch, told: Told) -> None:
        self._database.post(told, Task.WRITE, *pack(batch))

    async def claim(self) -> None:
        await self._do(Task.CLAIM)

    async def check(self) -> None:
        await self._do(Task.CHECK)

    async def restore(self, file: Path) -> None:
        await self._do(Task.RESTORE, str(file))

    def close(self) -> None:
        """The store does."""

    async def _do(self, task: Task, *values: object) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        self._database.post(tell, task, *values)
        await done


class WriterThread:
    """Everything is done by one thread, for which the event loop stands still: the fewer commits, the better."""

    enough = sys.maxsize

    def __init__(self, store: Store, database: RestorableDatabase) -> None:
        self._store = store
        self._database = database
        self._thread = ThreadPoolExecutor(1, "writer")

    def write(self, batch: Batch, told: Told) -> None:
        loop = asyncio.get_running_loop()
        commit = self._thread.submit(self._store.commit, batch)
        commit.add_done_callback(lambda done: loop.call_soon_threadsafe(told, done.exception()))

    async def claim(self) -> None:
        await self._do(self._database.claim)

    async def check(self) -> None:
        await self._do(self._database.check)

    async def restore(self, file: Path) -> None:
        await self._do(lambda: put(self._database, file, lambda _done, _total: None))

    def close(self) -> None:
        self._thread.shutdown()

    async def _do(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)
