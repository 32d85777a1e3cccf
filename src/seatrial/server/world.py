"""A world at work: one writer, one commit, then the answer.

The event loop is the single writer: a call is applied when it arrives and answered after the group commit that holds
it, so an answered command is on disk and no answer shows what is not.

When a commit fails nobody was answered yet: everyone waiting gets the venue's "unavailable", and the machine is
loaded again from what the store really has.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Final

from seatrial.core.commands import Command, PassTime
from seatrial.core.machine import Machine, Outcome
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.wire import Call, Dialect, Lookup, Reply
from seatrial.server.clock import Clock, ClockNote, read_note
from seatrial.store.store import Store

MOST_WAITING: Final = 10_000
"""How many calls may wait for a commit at once; further ones are told that the venue is unavailable."""

RETRY_SECONDS: Final = 0.5
"""How long to wait before trying again to load from a store that failed."""

LONGEST_SLEEP_SECONDS: Final = 3_600.0

_log = logging.getLogger("seatrial")


class Unavailable(Exception):
    """The store did not take it: it may or may not have happened, and nobody was told that it did."""


class World:
    """One exchange: machine, store, clock and the dialects that speak to it."""

    def __init__(
        self, name: str, machine: Machine, store: Store, clock: Clock, dialects: dict[str, Dialect],
        fresh_state: Callable[[], State], lock: IO[str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.machine = machine
        self.clock = clock
        self.dialects = dialects
        self._store = store
        self._fresh_state = fresh_state
        self._lock = lock
        self._writer = ThreadPoolExecutor(1, "writer")
        self._readers = ThreadPoolExecutor(2, "reader")
        self._waiting: list[asyncio.Future[None]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._lost = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns: int | None = None

    async def serve(self, dialect: Dialect, call: Call) -> Reply:
        """Answer a venue's call once everything that its answer rests on is committed."""
        if self._refuses:
            return dialect.unavailable()
        try:
            reply = dialect.serve(self.machine, call, self.clock.now_ns())
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, nobody was answered yet
            self._distrust()
            return dialect.unavailable()
        try:
            await self.settled()
            return await self._look_up(reply) if isinstance(reply, Lookup) else reply
        except Unavailable:
            return dialect.unavailable()
        except Exception:  # noqa: BLE001  a bug in reading leaves the machine as it is
            _log.exception("a look-up failed")
            return dialect.unavailable()

    async def apply(self, command: Command) -> Outcome:
        """Apply a command now; its outcome, once it is committed. Raises `Unavailable`."""
        (outcome,) = await self.apply_all(command)
        return outcome

    async def apply_all(self, *commands: Command) -> list[Outcome]:
        """Apply commands in one commit, up to the first that is refused. Raises `Unavailable`."""
        if self._refuses:
            raise Unavailable
        outcomes: list[Outcome] = []
        try:
            for command in commands:
                outcomes.append(self.machine.apply(command, self.clock.now_ns()))
                if isinstance(outcomes[-1], Reject):
                    break
        except Exception as bug:
            self._distrust()
            raise Unavailable from bug
        await self.committed()
        return outcomes

    async def settled(self) -> None:
        """Wait until all that can be seen now is on disk. Raises `Unavailable` when it will not be."""
        if self._lost:
            raise Unavailable
        if self._flushing is not None or self.machine.state.has_changes:
            await self.committed()

    async def committed(self) -> None:
        """Wait until all that happened so far is on disk. Raises `Unavailable` when it will not be."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def pass_time(self) -> None:
        """Let all that is due by now happen, and commit it. Raises `Unavailable`."""
        await self.apply(PassTime())

    async def stop(self) -> None:
        """Commit what is left and let go of the store."""
        if self._alarm is not None:
            self._alarm.cancel()
        try:
            if not self._lost:
                await self.committed()
            if self._flushing is not None:
                await self._flushing
        finally:
            self._writer.shutdown()
            self._readers.shutdown()
            self._store.close()
            if self._lock is not None:
                self._lock.close()

    @property
    def _refuses(self) -> bool:
        return self._lost or len(self._waiting) >= MOST_WAITING

    async def _look_up(self, reply: Lookup) -> Reply:
        loop = asyncio.get_running_loop()
        return reply.write(await loop.run_in_executor(self._readers, self._store.answer, reply.query))

    async def _flush(self) -> None:
        """Commit group after group until nobody waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            try:
                batch = self._store.batch(self.machine.take_changes(), self.machine.state, self.clock.text())
                await loop.run_in_executor(self._writer, self._store.commit, batch)
            except Exception:  # noqa: BLE001  whatever it is, everyone waiting must be told
                _log.exception("a commit failed; loading again from the store")
                self._give_up(waiting)
                break
            for done in waiting:
                if not done.done():
                    done.set_result(None)
        self._flushing = None
        self._arm()

    def _distrust(self) -> None:
        """A bug: nobody knows what the machine holds now, and nothing of it was committed."""
        _log.exception("a call met a bug; loading again from the store")
        self._give_up([])

    def _give_up(self, waiting: list[asyncio.Future[None]]) -> None:
        """Tell everyone waiting that it did not work, and go back to what the store has."""
        for done in (*waiting, *self._waiting):
            if not done.done():
                done.set_exception(Unavailable())
        self._waiting = []
        if not self._lost:
            self._lost = True
            self._run(self._recover())

    async def _recover(self) -> None:
        """Load until it works. The writer's thread does it, so a commit on its way is over first."""
        while self._lost:
            try:
                loop = asyncio.get_running_loop()
                self.machine.state, self.clock.note = await loop.run_in_executor(self._writer, self._reload)
                self._lost = False
            except Exception as error:  # noqa: BLE001  nothing else would try again
                _log.warning("the store cannot be loaded yet: %s", getattr(error, "orig", None) or repr(error))
                await asyncio.sleep(RETRY_SECONDS)
        self.rearm()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _reload(self) -> tuple[State, ClockNote]:
        state = self._fresh_state()
        self._store.load(state)
        stored = self._store.world()
        assert stored is not None, "what was loaded was stored"
        return state, read_note(stored.clock)

    def _arm(self) -> None:
        """Wake up when the next thing falls due, if the clock runs."""
        due_ns = self.machine.state.next_due_ns
        if due_ns == self._alarm_ns:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_ns = None, due_ns
        seconds = None if due_ns is None else self.clock.real_seconds_until(due_ns)
        if seconds is not None:
            self._alarm = asyncio.get_running_loop().call_later(min(seconds, LONGEST_SLEEP_SECONDS), self._ring)

    def rearm(self) -> None:
        """The clock was changed: look again when to wake up."""
        self._alarm_ns = None
        self._arm()

    def _ring(self) -> None:
        self._alarm, self._alarm_ns = None, None
        self._run(self._pass_time_quietly())

    async def _pass_time_quietly(self) -> None:
        try:
            await self.pass_time()
        except Unavailable:
            _log.warning("what fell due could not be committed; it happens again after loading")
