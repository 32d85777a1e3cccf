"""A world: one machine, store, clock and driver, the dialects that speak to it, and the parts that put them to work.

The event loop is the single writer: one thing happens after the other, and one commit after the other holds it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO

from seatrial.core.facts import Recorded
from seatrial.core.machine import Machine
from seatrial.core.state import State
from seatrial.dialects.wire import Dialect, StreamingDialect
from seatrial.pricing.driver import Driver
from seatrial.store.database import Batch
from seatrial.store.store import Store
from seatrial.world.answering import Answering
from seatrial.world.clock import Clock
from seatrial.world.commits import GroupCommit
from seatrial.world.keeping import Keeping
from seatrial.world.lookups import READERS, REMOTE_READERS, Lookups
from seatrial.world.operating import Operator
from seatrial.world.record import Record
from seatrial.world.recovery import Recovery
from seatrial.world.sockets import Sockets
from seatrial.world.tasks import Tasks
from seatrial.world.timekeeping import Timekeeper
from seatrial.world.turns import Turns
from seatrial.world.writing import writer_of


class World:
    """One exchange at work."""

    def __init__(
        self, name: str, machine: Machine, store: Store, clock: Clock, dialects: dict[str, Dialect], driver: Driver,
        fresh_state: Callable[[], State], lock: IO[str] | None = None, *, flat_out: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.machine = machine
        self.clock = clock
        self.dialects = dialects
        self.driver = driver
        self._store = store
        self._lock = lock
        self._flat_out = flat_out
        self._writer = writer_of(store)
        self._readers = ThreadPoolExecutor(REMOTE_READERS if store.database.is_remote else READERS, "reader")
        self._watch: asyncio.Task[None] | None = None
        self.tasks = Tasks()
        self.turns = Turns()
        self.keeping = Keeping(store, machine, clock, driver, fresh_state, dialects.keys())
        self.record = Record(machine.state.counters.fact)
        self.commits = GroupCommit(machine, self._writer, self._batch, self.record)
        self.recovery = Recovery(
            machine, self.keeping, self._writer, self.commits, self.record, self._readers, self.tasks
        )
        self.time = Timekeeper(machine, clock, driver, self.commits, self.recovery, self.tasks)
        self.lookups = Lookups(store, self.commits, self._readers)
        self.operator = Operator(machine, self.time, self.commits, self.recovery, self.keeping, self.record)
        answering = Answering(
            machine, clock, self.time, self.commits, self.lookups, self.recovery, self.turns, self.tasks
        )
        self.answer = answering.answer
        self.sockets: dict[str, Sockets] = {}
        """By path."""
        for dialect in dialects.values():
            if isinstance(dialect, StreamingDialect):
                self.sockets |= dict.fromkeys(dialect.socket_paths, self._sockets(dialect))
        self.commits.on_lost, self.commits.on_idle = self.recovery.begin, self.time.arm
        self.recovery.on_loaded = self.time.rearm

    def start(self) -> None:
        """From now on calls are answered."""
        if self._store.database.is_remote:
            self._watch = asyncio.get_running_loop().create_task(self.recovery.watch())
        if self._flat_out:
            self.tasks.run(self.time.play())

    def _sockets(self, dialect: StreamingDialect) -> Sockets:
        feed = partial(dialect.feed, self.machine)
        return Sockets(feed, self.machine, self.time, self.commits, self.lookups, self.record, self.tasks, self.answer)

    @property
    def kept_in(self) -> str:
        """The name of its database."""
        return self._store.database.name

    async def stop(self) -> None:
        """Commit what is left and let go of the store."""
        self.tasks.is_stopping = True
        if self._watch is not None:
            self._watch.cancel()
        self.time.stop()
        try:
            await self.commits.finish()
        finally:
            self._writer.close()
            self._readers.shutdown()
            self._store.close()
            self.driver.close()
            if self._lock is not None:
                self._lock.close()

    def _batch(self) -> tuple[Batch, Recorded | None]:
        if self.machine.state.is_behind:
            self.time.catch_up()
        return self.keeping.batch()
