"""Group commit: everything that happened since the last one goes to the store at once, for everyone who waits.

A commit begins once no more calls come in for the moment. Those that come while it is under way share the next one.
When it fails, nobody was answered yet: everyone waiting is told so, and nothing is committed until the world is loaded
again from what the store really has.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Protocol

from seatrial.core.facts import Recorded
from seatrial.core.machine import Machine
from seatrial.store.database import Batch
from seatrial.world.errors import Unavailable, explained, unless_expected
from seatrial.world.record import Record
from seatrial.world.writing import Writer

MAX_WAITING: Final = 10_000
"""How many calls may wait for a commit at once; further ones are told that the venue is unavailable."""

PATIENCE_SECONDS: Final = 10.0
"""How long callers wait for a commit. One that takes longer may still succeed; loading the world again shows it."""

_log = logging.getLogger("seatrial")


class Waiter(Protocol):
    """Waits for the commit that holds what it rests on, and is told once."""

    def committed(self) -> None:
        """It is stored."""

    def lost(self) -> None:
        """It may or may not be stored; the world goes on from what is stored."""


class GroupCommit:
    """The commits of one world, one after the other."""

    def __init__(
        self, machine: Machine, writer: Writer, batch: Callable[[], tuple[Batch, Recorded | None]], record: Record
    ) -> None:
        self._machine = machine
        self._writer = writer
        self._batch = batch
        """Makes the batch of all that happened since the last one, and tells its facts."""
        self._record = record
        self.on_lost: Callable[[], None] = nothing
        """Called when what the machine holds is not to be trusted any more; `go_on` ends that."""
        self.on_idle: Callable[[], None] = nothing
        """Called when nobody waits any more."""
        self.is_lost = False
        self.under_way: asyncio.Future[None] | None = None
        """Done when nobody waits any more; None while nobody waits."""
        self._waiting: list[Waiter] = []
        self._committing = False
        self._patience: asyncio.TimerHandle | None = None
        """When those that wait for the commit under way will be told that it takes too long."""

    @property
    def refuses(self) -> bool:
        """Whether nothing may happen in the world now."""
        return self.is_lost or len(self._waiting) >= MAX_WAITING

    async def settled(self) -> None:
        """Wait until all that can be seen now is on disk. Raises `Unavailable` when it will not be."""
        if self.is_lost:
            raise Unavailable
        if self.under_way is not None or self._machine.state.has_changes:
            await self.committed()

    async def committed(self) -> None:
        """Wait until all that happened so far is on disk. Raises `Unavailable` when it will not be."""
        told = _Told()
        self.wait(told)
        await told.future

    async def finish(self) -> None:
        """Commit what is left. Raises `Unavailable`."""
        if not self.is_lost:
            await self.committed()
        if self.under_way is not None:
            await self.under_way

    def wait(self, waiter: Waiter) -> None:
        """Have `waiter` told when all that happened so far is stored, or that it never will be."""
        self._waiting.append(waiter)
        if self.under_way is None:
            self.under_way = asyncio.get_running_loop().create_future()
            self._gather_soon(0)
        elif not self._committing and len(self._waiting) >= self._writer.enough:
            self._flush()

    def refuse(self) -> None:
        """Let nothing happen until `go_on`."""
        self.is_lost = True

    def go_on(self) -> None:
        """The machine holds what is stored."""
        self.is_lost = False

    def give_up(self, waiting: Iterable[Waiter] = ()) -> None:
        """Tell everyone who waits, and those given, that it failed: what the machine holds cannot be trusted."""
        lost, self._waiting = [*waiting, *self._waiting], []
        if not self.is_lost:
            self.is_lost = True
            self.on_lost()
        for waiter in lost:
            try:
                waiter.lost()
            except Exception:  # noqa: BLE001  the others wait, too
                _log.exception("an answer could not be given")

    def _gather_soon(self, gathered: int) -> None:
        asyncio.get_running_loop().call_soon(self._gather, gathered)

    def _gather(self, gathered: int) -> None:
        """Commit once no more calls come in for the moment: the more share a commit, the less it costs each of them."""
        if self.under_way is None or self._committing:
            return
        if gathered < len(self._waiting):
            self._gather_soon(len(self._waiting))
        else:
            self._flush()

    def _flush(self) -> None:
        """Commit all that happened since the last time. If nobody waits any more, the commit was given up."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            self._flushed(waiting, None, None)
            return
        self._committing = True
        try:
            batch, recorded = self._batch()
            self._writer.write(batch, partial(self._flushed, waiting, recorded))
        except Exception as error:  # noqa: BLE001  whatever it is, everyone waiting must be told
            self._flushed(waiting, None, error)
            return
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._lose_patience, waiting)

    def _lose_patience(self, waiting: list[Waiter]) -> None:
        """The writer waits for the store; the callers need not."""
        _log.error("a commit takes more than %g seconds; loading again from the store after it", PATIENCE_SECONDS)
        lost, waiting[:] = list(waiting), []
        self.give_up(lost)

    def _flushed(self, waiting: list[Waiter], recorded: Recorded | None, error: BaseException | None) -> None:
        self._committing = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if error is None:
            self._stored(waiting, recorded)
        else:
            says = "a commit failed; loading again from the store: %s"
            _log.error(says, explained(error), exc_info=unless_expected(error))
            self.give_up(waiting)
        if self._committing:
            return
        if self._waiting:
            self._gather_soon(0)
            return
        assert self.under_way is not None
        self.under_way.set_result(None)
        self.under_way = None
        self.on_idle()

    def _stored(self, waiting: list[Waiter], recorded: Recorded | None) -> None:
        """From here on what the commit holds may be shown. Tell everyone, even if the answer to one of them fails."""
        if recorded is not None and not self.is_lost:
            self._record.publish(recorded)
        for waiter in waiting:
            try:
                waiter.committed()
            except Exception:  # noqa: BLE001  the others wait, too
                _log.exception("an answer could not be given")


class _Told:
    """Tells who waits on a future, unless they left."""

    def __init__(self) -> None:
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def committed(self) -> None:
        if not self.future.done():
            self.future.set_result(None)

    def lost(self) -> None:
        if not self.future.done():
            self.future.set_exception(Unavailable())


def nothing() -> None:
    """What nobody asked to be told."""
