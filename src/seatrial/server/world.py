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
from pathlib import Path
from typing import IO, Final, TypeVar

from seatrial.core.commands import Command, PassTime
from seatrial.core.machine import Machine, Outcome
from seatrial.core.markets import Modes, SystemStatus
from seatrial.core.queries import Answer, Query
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.wire import Call, Dialect, Lookup, Reply, Served, Unfinished
from seatrial.market.driver import NEVER, Driver
from seatrial.server.beginning import reopened
from seatrial.server.clock import Clock, ClockNote, read_note
from seatrial.server.restoring import LOADING, REPLACING, Restoring, prepared
from seatrial.server.restoring import Outcome as RestoreOutcome
from seatrial.server.turns import Turns
from seatrial.server.writing import writer_of
from seatrial.store.errors import reason
from seatrial.store.store import Store, StoreError, database_at

MOST_WAITING: Final = 10_000
"""How many calls may wait for a commit at once; further ones are told that the venue is unavailable."""

RETRY_SECONDS: Final = 0.5
"""How long to wait before trying again what a store did not take by itself: loading, and what fell due."""

PATIENCE_SECONDS: Final = 10.0
"""How long callers wait for a commit. One that takes longer may still happen; what it was, loading again will show."""

READERS: Final = 2
REMOTE_READERS: Final = 8
"""How many look-ups are under way at once: more where they mostly wait for a network."""

WATCH_SECONDS: Final = 1.0
"""How often to ask a store that can go away by itself whether it is still there, and ours."""

LONGEST_SLEEP_SECONDS: Final = 3_600.0

UNWATCHED_SECONDS: Final = 2.0
"""How long the market may stand still while nobody calls: what was to happen in it then happens at its own time."""

MOST_ACTS: Final = 64
"""How often the market moves before a call is answered: some milliseconds. What is left happens behind it."""

MOST_ACTS_TOGETHER: Final = 512
"""How often it moves between two commits while it catches up."""

_log = logging.getLogger("seatrial")


class Unavailable(Exception):
    """The store did not take it: it may or may not have happened, and nobody was told that it did."""


Result = TypeVar("Result")

Respond = Callable[[Reply], None]
"""Takes the answer to a call, at once or later, but once."""


Waiter = Callable[[bool], None]
"""Is told whether the commit that holds what it waits for is stored."""


class World:
    """One exchange: machine, store, clock and the dialects that speak to it."""

    def __init__(
        self, name: str, machine: Machine, store: Store, clock: Clock, dialects: dict[str, Dialect], driver: Driver,
        fresh_state: Callable[[], State], lock: IO[str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.machine = machine
        self.clock = clock
        self.dialects = dialects
        self.driver = driver
        self._store = store
        self._fresh_state = fresh_state
        self._lock = lock
        self._writer = writer_of(store)
        self._readers = ThreadPoolExecutor(REMOTE_READERS if store.database.is_remote else READERS, "reader")
        self._waiting: list[Waiter] = []
        self._flushing: asyncio.Future[None] | None = None
        """Done when nobody waits any more; None: nobody does."""
        self._committing = False
        self._lost = False
        self._patience: asyncio.TimerHandle | None = None
        """When those that wait for the commit under way will be told that it takes too long."""
        self._watch: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.turns = Turns()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_for: tuple[int | None, int] | None = None
        """What the alarm rings for: the machine's next moment and the market's."""
        self._catching_up = False
        self._stopping = False
        self.flat_out = False
        """Whether the clock follows the market as fast as that goes."""
        self.restoring: Restoring | None = None
        """The backup that is about to take this world's place."""
        self.restored: RestoreOutcome | None = None
        """What came of the last one."""
        self._quiet_until = 0.0
        """When an alarm may ring again, by the event loop's clock."""

    def answer(self, dialect: Dialect, call: Call, respond: Respond) -> None:
        """Apply a venue's call now; `respond` gets the answer once everything that it rests on is committed."""
        if self._refuses:
            respond(self._refusal(dialect, call))
            return
        try:
            reply = dialect.serve(self.machine, call, self._moment(), self.clock.real_ns())
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, nobody was answered yet
            self._distrust()
            respond(dialect.unavailable())
            return
        if isinstance(reply, Unfinished):
            self._run(self._finish(dialect, reply, respond))
        elif self._flushing is not None or self.machine.state.has_changes:
            self._wait(partial(self._respond, dialect, reply, respond))
        else:
            self._respond(dialect, reply, respond, True)  # noqa: FBT003  as a `Waiter` is called

    async def _finish(self, dialect: Dialect, part: Unfinished, respond: Respond) -> None:
        """Take the further steps of a call, each in a commit of its own, and answer it behind the last one."""
        state = self.machine.state
        try:
            async with self.turns.of(part.turn):
                reply: Served = part
                while isinstance(reply, Unfinished):
                    found = await self._found(reply.query)
                    reply = self._go_on(reply, found, state)
                await self.settled()
        except Unavailable:
            respond(dialect.unavailable())
        else:
            self._respond(dialect, reply, respond, True)  # noqa: FBT003  as a `Waiter` is called

    def _go_on(self, part: Unfinished, found: Answer | None, state: State) -> Served:
        """The next step, unless the world was loaded again since the first one."""
        if self._lost or self._stopping or self.machine.state is not state:
            raise Unavailable
        try:
            return part.go_on(found, self._moment())
        except Exception as bug:
            self._distrust()
            raise Unavailable from bug

    async def _found(self, query: Query | None) -> Answer | None:
        if query is not None:
            return await self.look_up(query)
        await self.settled()
        return None

    async def look_up(self, query: Query) -> Answer:
        """What is stored, once all that happened so far is. Raises `Unavailable`."""
        await self.settled()
        try:
            if self._store.is_quick(query):
                return self._store.answer(query)
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._store.answer, query)
        except Exception as error:
            _log.error("a look-up failed: %s", _reason(error), exc_info=_unless_expected(error))
            raise Unavailable from error

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
                outcomes.append(self.machine.apply(command, self._moment()))
                if isinstance(outcomes[-1], Reject):
                    break
        except Exception as bug:
            self._distrust()
            raise Unavailable from bug
        await self.committed()
        return outcomes

    async def do(self, act: Callable[[Machine, int], Result]) -> Result:
        """Do something with the machine now; what it gives, once it is committed. Raises `Unavailable`."""
        result = self._move(lambda: act(self.machine, self._moment()))
        await self.committed()
        return result

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
        now_ns = self.clock.now_ns()
        while not self._stopping:
            if not self.machine.state.is_behind and self.driver.due_ns <= now_ns:
                self._move(lambda: self._drive(now_ns, MOST_ACTS_TOGETHER))
                await self.committed()
            else:
                await self.apply(PassTime())
                if not self.machine.state.is_behind and self.driver.due_ns > now_ns:
                    return

    def now_ns(self) -> int:
        """The world's time: its clock's, or a little later after trades in frozen time."""
        if not self._refuses:
            try:
                return max(self._move(self._moment), self.machine.state.now_ns)
            except Unavailable:
                pass
        return max(self.clock.now_ns(), self.machine.state.now_ns)

    def start(self) -> None:
        """From now on calls are answered."""
        if self._store.database.is_remote:
            self._watch = asyncio.get_running_loop().create_task(self._keep_watch())
        if self.flat_out:
            self._run(self._play())

    async def _play(self) -> None:
        """Until the market has nothing left or somebody freezes the clock."""
        while self.driver.due_ns < NEVER and not self.clock.note.frozen and not self._stopping:
            try:
                self._move(self._run_ahead)
                await self.committed()
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
        self.rearm()

    def _run_ahead(self) -> None:
        self._drive(NEVER - 1, MOST_ACTS_TOGETHER)
        self.clock.set(now_ns=max(self.clock.now_ns(), self.driver.done_ns))

    def _move(self, move: Callable[[], Result]) -> Result:
        """Have the market move. Raises `Unavailable`."""
        if self._refuses:
            raise Unavailable
        try:
            return move()
        except Exception as bug:
            self._distrust()
            raise Unavailable from bug

    def _moment(self) -> int:
        """The clock's time; while the market catches up with that, the time that it has come to.

        What fell due before the market's next act happens before that.
        """
        now_ns = self.clock.now_ns()
        if self.machine.state.is_behind:
            return min(now_ns, self.driver.due_ns)
        if self.driver.due_ns > now_ns or self._drive(now_ns, MOST_ACTS):
            return now_ns
        self._catch_up()
        return min(self.driver.done_ns, now_ns)

    def _catch_up(self) -> None:
        """Let what is due by now happen behind the calls."""
        if not self._catching_up:
            self._catching_up = True
            self._run(self._pass_time_quietly())

    def _drive(self, until_ns: int, most_acts: int) -> bool:
        """Let the market move so often; whether it came so far."""
        for _ in range(most_acts):
            if self.machine.state.is_behind:
                return False
            self.driver.act(self.machine, until_ns)
            if self.driver.due_ns > until_ns:
                return True
        return False

    async def begin_again(self, at_ns: int) -> None:
        """Let an untouched world begin at another moment, with the same accounts and keys. Raises `Unavailable`.

        The caller has waited until all is settled, found the world untouched and set the clock, all without a pause
        in between: nothing can happen in the world before it begins again.
        """
        self.machine.state = reopened(self.machine.state, self._fresh_state(), at_ns)
        self.driver.begin_again(at_ns)
        self._store.start_over()
        await self.committed()

    async def restore(self, file: Path) -> None:
        """Put the world of a backup in the place of this one.

        It is proven and loaded while calls go on; they are refused while it is stored. Raises `StoreError` where that
        cannot be and this world goes on, `Unavailable`.
        """
        if self.restoring is not None:
            raise StoreError(f"{self.restoring.file} is being restored already")
        self.restoring = Restoring(str(file))
        try:
            await self._restore(file, self.restoring)
            self.restored = RestoreOutcome(str(file), restored=True)
        except (StoreError, Unavailable) as error:
            self.restored = RestoreOutcome(str(file), restored=False, detail=str(error) or "the store did not take it")
            raise
        finally:
            self.restoring = None

    async def _restore(self, file: Path, restoring: Restoring) -> None:
        loop = asyncio.get_running_loop()
        async with prepared(file, self.machine.state.seed, restoring.tell) as copy:
            restoring.tell(LOADING)
            store = Store(database_at(copy))
            try:
                loaded = await loop.run_in_executor(self._readers, self._load, store)
            except Exception as bug:
                _log.exception("%s could not be loaded", file)
                raise StoreError(f"{file} holds a world that cannot be loaded: see the server's log") from bug
            finally:
                store.close()
            await self.settled()
            self._lost, restoring.refuses_calls = True, True
            restoring.tell(REPLACING)
            self.machine.state.set_modes(Modes(SystemStatus.MAINTENANCE))  # of a state that is not used again
            try:
                await self._writer.restore(copy)
                self._store.go_on_as(store)
                self._take(*loaded)
            finally:
                await self._recover()

    @property
    def kept_in(self) -> str:
        """The name of its database."""
        return self._store.database.name

    async def stop(self) -> None:
        """Commit what is left and let go of the store."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        try:
            if not self._lost:
                await self.committed()
            if self._flushing is not None:
                await self._flushing
        finally:
            self._writer.close()
            self._readers.shutdown()
            self._store.close()
            self.driver.close()
            if self._lock is not None:
                self._lock.close()

    @property
    def _refuses(self) -> bool:
        return self._lost or len(self._waiting) >= MOST_WAITING

    def _refusal(self, dialect: Dialect, call: Call) -> Reply:
        """While a backup is stored the venue is in maintenance, and says so to those who ask for its status."""
        if self.restoring is None or not self.restoring.refuses_calls:
            return dialect.unavailable()
        try:
            reply = dialect.serve(self.machine, call, self.machine.state.now_ns)
        except Exception:  # noqa: BLE001  the outermost loop
            _log.exception("a call met a bug")
            return dialect.unavailable()
        return reply if isinstance(reply, Reply) else dialect.unavailable()

    def _respond(self, dialect: Dialect, reply: Reply | Lookup, respond: Respond, stored: bool) -> None:  # noqa: FBT001
        """With all but the last given, a `Waiter`."""
        if not stored:
            respond(dialect.unavailable())
        elif isinstance(reply, Reply):
            respond(reply)
        else:
            self._look_up(dialect, reply, respond)

    def _look_up(self, dialect: Dialect, reply: Lookup, respond: Respond) -> None:
        """A thread's help costs more than a quick look-up, so only the others get it."""
        read = partial(self._store.answer, reply.query)
        if self._store.is_quick(reply.query):
            self._write(dialect, reply, respond, read)
            return
        loop = asyncio.get_running_loop()
        if reply.is_long:
            written = self._readers.submit(_written, dialect, reply, read)
            written.add_done_callback(
                lambda done: loop.call_soon_threadsafe(self._respond, dialect, done.result(), respond, True)  # noqa: FBT003
            )
            return
        reading = self._readers.submit(read)
        reading.add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._write, dialect, reply, respond, done.result)
        )

    def _write(self, dialect: Dialect, reply: Lookup, respond: Respond, read: Callable[[], Answer]) -> None:
        self._respond(dialect, _written(dialect, reply, read), respond, True)  # noqa: FBT003  as a `Waiter` is called

    def _wait(self, waiter: Waiter) -> None:
        """Have `waiter` told when all that happened so far is stored, or that it never will be."""
        self._waiting.append(waiter)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_future()
            self._gather_soon(0)
        elif not self._committing and len(self._waiting) >= self._writer.enough:
            self._flush()

    def _gather_soon(self, gathered: int) -> None:
        asyncio.get_running_loop().call_soon(self._gather, gathered)

    def _gather(self, gathered: int) -> None:
        """Commit once no more calls come in for the moment: the more share a commit, the less it costs each of them."""
        if self._flushing is None or self._committing:
            return
        if gathered < len(self._waiting):
            self._gather_soon(len(self._waiting))
        else:
            self._flush()

    def _flush(self) -> None:
        """Commit all that happened since the last time, for everyone who waits; without anyone, it was given up."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            self._flushed(waiting, None)
            return
        self._committing = True
        if self.machine.state.is_behind:
            self._catch_up()
        try:
            if self.machine.state.has_changes:
                self.clock.happened(max(self.machine.state.now_ns, self.clock.happened_ns))
            batch = self._store.batch(self.machine.take_changes(), self.machine.state, *self._notes())
            self._writer.write(batch, partial(self._flushed, waiting))
        except Exception as error:  # noqa: BLE001  whatever it is, everyone waiting must be told
            self._flushed(waiting, error)
            return
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._lose_patience, waiting)

    def _lose_patience(self, waiting: list[Waiter]) -> None:
        """The writer waits for the store; the callers need not."""
        _log.error("a commit takes more than %g seconds; loading again from the store after it", PATIENCE_SECONDS)
        told, waiting[:] = list(waiting), []
        self._give_up(told)

    def _flushed(self, waiting: list[Waiter], error: BaseException | None) -> None:
        self._committing = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if error is None:
            _tell_all(waiting, True)  # noqa: FBT003  as a `Waiter` is called
        else:
            says = "a commit failed; loading again from the store: %s"
            _log.error(says, _reason(error), exc_info=_unless_expected(error))
            self._give_up(waiting)
        if self._committing:
            return
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
        _tell_all(waiting, False)  # noqa: FBT003  as a `Waiter` is called

    def _take(self, state: State, clock: ClockNote, market: str) -> None:
        """Go on from what was loaded."""
        self.machine.state = state
        self.clock.go_on(clock, state.now_ns)
        self.driver.restore(market)
        self._lost = False

    async def _recover(self) -> None:
        """Load until it works. The writer does one thing after the other, so a commit on its way is over first."""
        said = ""
        while self._lost:
            try:
                await self._writer.claim()
                loop = asyncio.get_running_loop()
                self._take(*await loop.run_in_executor(self._readers, self._reload))
            except Exception as error:  # noqa: BLE001  nothing else would try again
                if (why := _reason(error)) != said:
                    _log.warning("the store cannot be loaded yet: %s", why)
                    said = why
                await asyncio.sleep(RETRY_SECONDS)
        _log.warning("the world is loaded again")
        self.rearm()

    async def _keep_watch(self) -> None:
        """Until stopped: an idle server, too, must notice when it is not the one that writes any more."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._lost or self._flushing is not None:
                continue
            try:
                await self._writer.check()
            except StoreError as error:
                if not self._lost:
                    _log.error("%s; loading again from the store", error)
                    self._give_up([])

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _notes(self) -> tuple[str, str]:
        return self.clock.text(), self.driver.text()

    def _reload(self) -> tuple[State, ClockNote, str]:
        return self._load(self._store)

    def _load(self, store: Store) -> tuple[State, ClockNote, str]:
        state = self._fresh_state()
        store.load(state)
        stored = store.world()
        assert stored is not None, "what was loaded was stored"
        if stored.seed != state.seed:
            raise StoreError("it holds another world now: start the server again")
        return state, read_note(stored.clock), stored.market

    def _arm(self) -> None:
        """Wake up when the next thing falls due, if the clock runs."""
        due = self.machine.state.next_due_ns, self.driver.due_ns
        if due == self._alarm_for:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_for = None, due
        seconds = self._seconds_until(*due)
        if seconds is not None:
            loop = asyncio.get_running_loop()
            rings_at = max(loop.time() + min(seconds, LONGEST_SLEEP_SECONDS), self._quiet_until)
            self._alarm = loop.call_at(rings_at, self._ring)

    def _seconds_until(self, due_ns: int | None, market_due_ns: int) -> float | None:
        due = None if due_ns is None else self.clock.real_seconds_until(due_ns)
        market_due = self.clock.real_seconds_until(market_due_ns)
        if market_due is None:
            return due
        market_due = max(market_due, UNWATCHED_SECONDS)
        return market_due if due is None else min(due, market_due)

    def rearm(self) -> None:
        """The clock was changed: look again when to wake up."""
        self._alarm_for = None
        self._arm()

    def _ring(self) -> None:
        self._alarm, self._alarm_for = None, None
        self._run(self._pass_time_quietly())

    async def _pass_time_quietly(self) -> None:
        try:
            await self.pass_time()
        except Unavailable:
            self._quiet_until = asyncio.get_running_loop().time() + RETRY_SECONDS
            _log.warning("what fell due could not be committed; it happens again after loading")
        finally:
            self._catching_up = False


def _written(dialect: Dialect, reply: Lookup, read: Callable[[], Answer]) -> Reply | Lookup:
    try:
        return reply.write(read())
    except Exception as error:  # noqa: BLE001  a bug in reading leaves the machine as it is
        _log.error("a look-up failed: %s", _reason(error), exc_info=_unless_expected(error))
        return dialect.unavailable()


def _reason(error: BaseException) -> str:
    """What a person needs to know of it."""
    return repr(error) if _unless_expected(error) else reason(error)


def _unless_expected(error: BaseException) -> BaseException | None:
    """The error, to be logged with all that led to it, unless it is one of the database's own."""
    return None if isinstance(error, StoreError) or hasattr(error, "orig") else error


def _tell_all(waiting: list[Waiter], stored: bool) -> None:  # noqa: FBT001  as a `Waiter`
    """Tell everyone, whatever becomes of one's answer."""
    for waiter in waiting:
        try:
            waiter(stored)
        except Exception:  # noqa: BLE001  the others wait, too
            _log.exception("an answer could not be given")


def _tell(done: asyncio.Future[None], stored: bool) -> None:  # noqa: FBT001  as a `Waiter`
    """Tell who waits on a future, unless they left."""
    if not done.done():
        if stored:
            done.set_result(None)
        else:
            done.set_exception(Unavailable())
