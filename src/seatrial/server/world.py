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
from functools import partial
from typing import IO, Final, Protocol

from seatrial.core.commands import Command, PassTime
from seatrial.core.machine import Machine, Outcome
from seatrial.core.queries import Answer
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.wire import Call, Dialect, Lookup, Reply
from seatrial.server.beginning import reopened
from seatrial.server.clock import Clock, ClockNote, read_note
from seatrial.store.history import is_quick
from seatrial.store.store import Store

MOST_WAITING: Final = 10_000
"""How many calls may wait for a commit at once; further ones are told that the venue is unavailable."""

MOST_TOGETHER: Final = 128
"""A commit waits for no more calls than this; those that wait already share it, however many they are."""

RETRY_SECONDS: Final = 0.5
"""How long to wait before trying again what a store did not take by itself: loading, and what fell due."""

LONGEST_SLEEP_SECONDS: Final = 3_600.0

_log = logging.getLogger("seatrial")


class Unavailable(Exception):
    """The store did not take it: it may or may not have happened, and nobody was told that it did."""


Respond = Callable[[Reply], None]
"""Takes the answer to a call, at once or later, but once."""


class Waiter(Protocol):
    """Is told how the commit went that holds what it waits for."""

    def __call__(self, *, stored: bool) -> None: ...


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
        self._waiting: list[Waiter] = []
        self._flushing: asyncio.Future[None] | None = None
        """Done when nobody waits any more; None: nobody does."""
        self._lost = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns: int | None = None
        self._quiet_until = 0.0
        """When an alarm may ring again, by the event loop's clock."""

    def answer(self, dialect: Dialect, call: Call, respond: Respond) -> None:
        """Apply a venue's call now; `respond` gets the answer once everything that it rests on is committed."""
        if self._refuses:
            respond(dialect.unavailable())
            return
        try:
            reply = dialect.serve(self.machine, call, self.clock.now_ns())
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, nobody was answered yet
            self._distrust()
            respond(dialect.unavailable())
            return
        if self._flushing is not None or self.machine.state.has_changes:
            self._wait(partial(self._respond, dialect, reply, respond))
        else:
            self._respond(dialect, reply, respond, stored=True)

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
        self._wait(partial(_tell, done))
        await done

    async def pass_time(self) -> None:
        """Let all that is due by now happen, and commit it. Raises `Unavailable`."""
        await self.apply(PassTime())

    async def begin_again(self, at_ns: int) -> None:
        """Let an untouched world begin at another moment, with the same accounts and keys. Raises `Unavailable`.

        The caller has waited until all is settled, found the world untouched and set the clock, all without a pause
        in between: nothing can happen in the world before it begins again.
        """
        self.machine.state = reopened(self.machine.state, self._fresh_state(), at_ns)
        self._store.start_over()
        await self.committed()

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

    def _respond(self, dialect: Dialect, reply: Reply | Lookup, respond: Respond, *, stored: bool) -> None:
        if not stored:
            respond(dialect.unavailable())
        elif isinstance(reply, Lookup):
            self._look_up(dialect, reply, respond)
        else:
            respond(reply)

    def _look_up(self, dialect: Dialect, reply: Lookup, respond: Respond) -> None:
        """A thread's help costs more than a quick look-up, so only the others get it."""
        if is_quick(reply.query):
            self._write(dialect, reply, respond, partial(self._store.answer, reply.query))
            return
        loop = asyncio.get_running_loop()
        reading = self._readers.submit(self._store.answer, reply.query)
        reading.add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._write, dialect, reply, respond, done.result)
        )

    def _write(self, dialect: Dialect, reply: Lookup, respond: Respond, read: Callable[[], Answer]) -> None:
        try:
            found = reply.write(read())
        except Exception:  # noqa: BLE001  a bug in reading leaves the machine as it is
            _log.exception("a look-up failed")
            found = dialect.unavailable()
        respond(found)

    def _wait(self, waiter: Waiter) -> None:
        """Have `waiter` told when all that happened so far is stored, or that it never will be."""
        self._waiting.append(waiter)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_future()
            self._gather_soon(0)

    def _gather_soon(self, gathered: int) -> None:
        asyncio.get_running_loop().call_soon(self._gather, gathered)

    def _gather(self, gathered: int) -> None:
        """Commit once no more calls come in for the moment: the more share a commit, the less it costs each of them."""
        if gathered < len(self._waiting) < MOST_TOGETHER:
            self._gather_soon(len(self._waiting))
        else:
            self._flush()

    def _flush(self) -> None:
        """Commit all that happened since the last time, for everyone who waits; without anyone, it was given up."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            self._flushed(waiting, None)
            return
        loop = asyncio.get_running_loop()
        try:
            batch = self._store.batch(self.machine.take_changes(), self.machine.state, self.clock.text())
            commit = self._writer.submit(self._store.commit, batch)
        except Exception as error:  # noqa: BLE001  whatever it is, everyone waiting must be told
            self._flushed(waiting, error)
            return
        commit.add_done_callback(lambda done: loop.call_soon_threadsafe(self._flushed, waiting, done.exception()))

    def _flushed(self, waiting: list[Waiter], error: BaseException | None) -> None:
        if error is None:
            for waiter in waiting:
                waiter(stored=True)
        else:
            _log.error("a commit failed; loading again from the store", exc_info=error)
            self._give_up(waiting)
        if self._waiting:
            self._gather_soon(0)
            return
        assert self._flushing is not None
        self._flushing.set_result(None)
        self._flushing = None
        self._arm()

    def _distrust(self) -> None:
        """A bug: nobody knows what the machine holds now, and nothing of it was committed."""
        _log.exception("a call met a bug; loading again from the store")
        self._give_up([])

    def _give_up(self, waiting: list[Waiter]) -> None:
        """Tell everyone waiting that it did not work, and go back to what the store has."""
        waiting, self._waiting = [*waiting, *self._waiting], []
        if not self._lost:
            self._lost = True
            self._run(self._recover())
        for waiter in waiting:
            waiter(stored=False)

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
            loop = asyncio.get_running_loop()
            rings_at = max(loop.time() + min(seconds, LONGEST_SLEEP_SECONDS), self._quiet_until)
            self._alarm = loop.call_at(rings_at, self._ring)

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
            self._quiet_until = asyncio.get_running_loop().time() + RETRY_SECONDS
            _log.warning("what fell due could not be committed; it happens again after loading")


def _tell(done: asyncio.Future[None], *, stored: bool) -> None:
    """Tell who waits on a future, unless they left."""
    if not done.done():
        if stored:
            done.set_result(None)
        else:
            done.set_exception(Unavailable())
