"""The sockets of one venue in one world: who keeps its feed up with what is stored, and its sessions with time.

A venue's sessions are fed together: one reader of the record for all of them, so that what all are told is made once.
What a session has said is answered at once, but for what changes the world, which is answered as calls are.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from seatrial.core.machine import Machine
from seatrial.core.queries import Query
from seatrial.dialects.wire import Call, Feed, Find, Line, Reply, SocketSession, Speaker
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.lookups import Lookups, Respond
from seatrial.world.record import Gone, Record
from seatrial.world.tasks import Tasks
from seatrial.world.timekeeping import Timekeeper

TICK_SECONDS: Final = 1.0

BUG: Final = 1011
"""Close code "internal error"."""

_NO_CALL: Final = Call("", "", b"", {}, b"", "")
"""What is asked over a socket came by none."""

_log = logging.getLogger("seatrial")


class Sockets:
    """All conversations with one venue."""

    def __init__(
        self, feed: Callable[[Find], Feed], machine: Machine, time: Timekeeper, commits: GroupCommit, lookups: Lookups,
        record: Record, tasks: Tasks, answer: Callable[[Speaker, Call, Respond], None],
    ) -> None:  # fmt: skip
        self._feed = feed(self._find)
        self._machine = machine
        self._time = time
        self._commits = commits
        self._lookups = lookups
        self._record = record
        self._tasks = tasks
        self._answer = answer
        self._place = record.last
        self._loads = record.loads
        self._is_reading = False
        self._asked: dict[SocketSession, int] = {}
        """How many methods each session waits for, where it waits for any."""
        self._ending: dict[SocketSession, int] = {}
        """Those that end once these are answered, and with which code."""

    def refusal(self, call: Call) -> Reply | None:
        """Why the venue lets nobody in by that request; None where it does."""
        return self._feed.refusal(call, asyncio.get_running_loop().time())

    def open(self, call: Call, line: Line) -> SocketSession:
        """A conversation begins."""
        self._catch_up()
        if not self._feed.is_followed:
            self._place, self._loads = self._record.last, self._record.loads
            self._feed.begin(self._place)
        session = self._feed.open(call, line)
        if not self._is_reading:
            self._is_reading = True
            self._tasks.run(self._read())
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        return session

    def receive(self, session: SocketSession, message: bytes) -> None:
        """The other side of a conversation said something."""
        self._catch_up()
        if session.is_over or session in self._ending:
            return
        at_ns = self._time.now_ns()
        try:
            for method in session.receive(message, at_ns):
                self._asked[session] = self._asked.get(session, 0) + 1
                self._answer(method, _NO_CALL, partial(self._answered, session))
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, the others go on
            _log.exception("a message met a bug")
            session.end(BUG)
        if self._machine.state.has_changes and not self._commits.refuses:
            self._commits.wait(_Nobody())

    def stop(self, session: SocketSession, code: int) -> None:
        """End it once the methods that it asked for are answered; nothing more of it is heard."""
        if session in self._asked:
            self._ending[session] = code
        else:
            session.end(code)

    def _answered(self, session: SocketSession, reply: Reply) -> None:
        if not session.is_over:
            session.answer(reply)
        self._asked[session] -= 1
        if not self._asked[session]:
            del self._asked[session]
            code = self._ending.pop(session, None)
            if code is not None:
                session.end(code)

    async def _read(self) -> None:
        """Tell what is stored, as long as there is anybody to tell."""
        record = self._record
        try:
            while self._feed.is_followed and not record.is_over:
                await record.more_than(self._place, self._loads)
                self._catch_up()
        finally:
            self._is_reading = False

    def _catch_up(self) -> None:
        """Tell all that is stored by now."""
        record, feed = self._record, self._feed
        if not feed.is_followed:
            return
        try:
            if record.loads != self._loads:
                feed.break_off()
                return
            while (recorded := record.commit_after(self._place)) is not None:
                self._place = recorded.last
                feed.publish(recorded)
        except Gone:
            feed.break_off()
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, nobody is told wrong things
            _log.exception("what happened could not be told")
            feed.break_off()

    def _tick(self) -> None:
        self._feed.tick()
        if self._feed.is_followed and not self._record.is_over:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def _find(self, query: Query, found: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._tasks.run(self._look_up(query, found, lost))

    async def _look_up(self, query: Query, found: Callable[[Any], None], lost: Callable[[], None]) -> None:
        try:
            answer = await self._lookups.find(query)
        except Unavailable:
            lost()
        else:
            found(answer)


class _Nobody:
    """Waits for a commit that somebody's place is in."""

    def committed(self) -> None:
        """The record says so."""

    def lost(self) -> None:
        """The record says so."""
