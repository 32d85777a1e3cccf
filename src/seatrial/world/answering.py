"""Taking a venue's call and answering it: applied when it arrives, answered after the commit that holds it.

An answered command is on disk, and no answer shows what is not.
"""

import logging

from msgspec import Struct

from seatrial.core.machine import Machine
from seatrial.core.queries import Answer, Query
from seatrial.core.state import State
from seatrial.dialects.wire import Call, Lookup, Reply, Served, Speaker, Unfinished
from seatrial.world.clock import Clock
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.lookups import Lookups, Respond
from seatrial.world.recovery import Recovery
from seatrial.world.tasks import Tasks
from seatrial.world.timekeeping import Timekeeper
from seatrial.world.turns import Turns

_log = logging.getLogger("seatrial")


class Answering:
    """Answers the calls of every dialect."""

    def __init__(
        self, machine: Machine, clock: Clock, time: Timekeeper, commits: GroupCommit, lookups: Lookups,
        recovery: Recovery, turns: Turns, tasks: Tasks,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._clock = clock
        self._time = time
        self._commits = commits
        self._lookups = lookups
        self._recovery = recovery
        self._turns = turns
        self._tasks = tasks

    def answer(self, dialect: Speaker, call: Call, respond: Respond) -> None:
        """Apply a venue's call now; `respond` gets the answer once everything that it rests on is committed."""
        commits, machine = self._commits, self._machine
        if commits.refuses:
            respond(self._refusal(dialect, call))
            return
        try:
            reply = dialect.serve(machine, call, self._time.pass_to_now(), self._clock.real_ns())
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, nobody was answered yet
            self._recovery.distrust()
            respond(dialect.unavailable())
            return
        if isinstance(reply, Unfinished):
            self._tasks.run(self._finish(dialect, reply, respond))
        elif commits.under_way is not None or machine.state.has_changes:
            commits.wait(_Waiting(self._lookups, dialect, reply, respond))
        else:
            self._lookups.respond(dialect, reply, respond)

    async def _finish(self, dialect: Speaker, part: Unfinished, respond: Respond) -> None:
        """Take the further steps of a call, each in a commit of its own, and answer after the last one."""
        state = self._machine.state
        try:
            async with self._turns.of(part.turn):
                reply: Served = part
                while isinstance(reply, Unfinished):
                    found = await self._found(reply.query)
                    reply = self._go_on(reply, found, state)
                await self._commits.settled()
        except Unavailable:
            respond(dialect.unavailable())
        else:
            self._lookups.respond(dialect, reply, respond)

    def _go_on(self, part: Unfinished, found: Answer | None, state: State) -> Served:
        """The next step, unless the world was loaded again since the first one."""
        if self._commits.is_lost or self._tasks.is_stopping or self._machine.state is not state:
            raise Unavailable
        try:
            return part.go_on(found, self._time.pass_to_now())
        except Exception as bug:
            self._recovery.distrust()
            raise Unavailable from bug

    async def _found(self, query: Query | None) -> Answer | None:
        if query is not None:
            return await self._lookups.find(query)
        await self._commits.settled()
        return None

    def _refusal(self, dialect: Speaker, call: Call) -> Reply:
        """While a backup is being stored, the venue is in maintenance and says so to those who ask for its status."""
        restoring = self._recovery.restoring
        if restoring is None or not restoring.refuses_calls:
            return dialect.unavailable()
        try:
            reply = dialect.serve(self._machine, call, self._machine.state.now_ns)
        except Exception:  # noqa: BLE001  the outermost loop
            _log.exception("a call met a bug")
            return dialect.unavailable()
        return reply if isinstance(reply, Reply) else dialect.unavailable()


class _Waiting(Struct):
    """An answer that waits for the commit that holds what it rests on."""

    lookups: Lookups
    dialect: Speaker
    reply: Reply | Lookup
    respond: Respond

    def committed(self) -> None:
        if isinstance(self.reply, Reply):
            self.respond(self.reply)
        else:
            self.lookups.respond(self.dialect, self.reply, self.respond)

    def lost(self) -> None:
        self.respond(self.dialect.unavailable())
