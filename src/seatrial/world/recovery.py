"""Recovery: what to do when the machine's state cannot be trusted, or another world takes its place."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, TypeVar

from seatrial.core.machine import Machine
from seatrial.core.markets import Modes, SystemStatus
from seatrial.store.store import Store, StoreError, database_at
from seatrial.world.commits import GroupCommit, nothing
from seatrial.world.errors import Unavailable, explained
from seatrial.world.keeping import Keeping, Loaded
from seatrial.world.record import Record
from seatrial.world.restoring import LOADING, REPLACING, Outcome, Restoring, prepared
from seatrial.world.tasks import Tasks
from seatrial.world.writing import Writer

RETRY_SECONDS: Final = 0.5
"""How long to wait before trying again to load what could not be loaded."""

WATCH_SECONDS: Final = 1.0
"""How often to ask a store that can go away by itself whether it is still there, and ours."""

Result = TypeVar("Result")

_log = logging.getLogger("seatrial")


class Recovery:
    """Brings a world back to what its store has."""

    def __init__(
        self, machine: Machine, keeping: Keeping, writer: Writer, commits: GroupCommit, record: Record,
        readers: Executor, tasks: Tasks,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._keeping = keeping
        self._writer = writer
        self._commits = commits
        self._record = record
        self._readers = readers
        self._tasks = tasks
        self.on_loaded: Callable[[], None] = nothing
        """Called when the world goes on from what was loaded."""
        self.restoring: Restoring | None = None
        """The backup that is about to take this world's place."""
        self.restored: Outcome | None = None
        """What came of the last one."""

    def attempt(self, work: Callable[[], Result]) -> Result:
        """Do something with the machine; a bug in it has the world loaded again. Raises `Unavailable`."""
        if self._commits.refuses:
            raise Unavailable
        try:
            return work()
        except Exception as bug:
            self.distrust()
            raise Unavailable from bug

    def distrust(self) -> None:
        """A bug: nobody knows what the machine holds now, and nothing of it was committed."""
        _log.exception("a call met a bug; loading again from the store")
        self._commits.give_up()

    def begin(self) -> None:
        """Recover beside the calls, which are refused."""
        self._tasks.run(self._recover())

    async def _recover(self) -> None:
        """Load until it works. The writer does one thing after the other, so it ends a commit under way first."""
        said = ""
        while self._commits.is_lost:
            if self._tasks.is_stopping:  # the store is let go of, so trying would not end
                return
            try:
                await self._writer.claim()
                self._keeping.adopt(await self._beside(self._keeping.load))
                self._record.go_on_from(self._machine.state.counters.fact)
                self._commits.go_on()
            except Exception as error:  # noqa: BLE001  nothing else would try again
                if (why := explained(error)) != said:
                    _log.warning("the store cannot be loaded yet: %s", why)
                    said = why
                await asyncio.sleep(RETRY_SECONDS)
        _log.warning("the world is loaded again")
        self.on_loaded()

    async def watch(self) -> None:
        """Until stopped, ask whether this server still is the one that writes. An idle one must notice, too."""
        commits = self._commits
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if commits.is_lost or commits.under_way is not None:
                continue
            try:
                await self._writer.check()
            except StoreError as error:
                if not commits.is_lost:
                    _log.error("%s; loading again from the store", error)
                    commits.give_up()

    async def restore(self, file: Path) -> None:
        """Put the world of a backup in the place of this one.

        It is proven and loaded while calls go on; they are refused while it is stored. Raises `StoreError` where that
        cannot be and this world goes on, `Unavailable`.
        """
        if self.restoring is not None:
            raise StoreError(
                f"{self.restoring.file} is being restored already: wait until GET /restore says that it is done"
            )
        self.restoring = Restoring(str(file))
        try:
            await self._restore(file, self.restoring)
            self.restored = Outcome(str(file), restored=True)
        except (StoreError, Unavailable) as error:
            self.restored = Outcome(str(file), restored=False, detail=str(error) or "the store did not take it")
            raise
        finally:
            self.restoring = None

    async def _restore(self, file: Path, restoring: Restoring) -> None:
        async with prepared(file, self._machine.state.seed, restoring.tell) as copy:
            restoring.tell(LOADING)
            store = Store(database_at(copy))
            loaded = await self._loaded(file, store)
            await self._commits.settled()
            self._commits.refuse()
            restoring.refuses_calls = True
            restoring.tell(REPLACING)
            self._machine.state.set_modes(Modes(SystemStatus.MAINTENANCE))  # of a state that is not used again
            try:
                await self._writer.restore(copy)
                self._keeping.adopt_of(store, loaded)
                self._record.begin_again_from(loaded.state.counters.fact)
                self._commits.go_on()
            finally:
                await self._recover()
            await self._commits.committed()  # or a restart would give numbers of facts again

    async def _loaded(self, file: Path, store: Store) -> Loaded:
        try:
            return await self._beside(lambda: self._keeping.load_of(store))
        except StoreError as error:
            raise StoreError(f"{file} cannot be restored here: {error}") from error
        except Exception as bug:
            _log.exception("%s could not be loaded", file)
            raise StoreError(f"{file} holds a world that cannot be loaded: see the server's log") from bug
        finally:
            store.close()

    async def _beside(self, load: Callable[[], Loaded]) -> Loaded:
        """Beside the event loop, which has callers to tell."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, load)
