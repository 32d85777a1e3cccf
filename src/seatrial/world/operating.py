"""What the operator of a world does with it: commands are applied now, and their outcome is told once committed."""

from collections.abc import Callable
from typing import TypeVar

from seatrial.core.commands import Command
from seatrial.core.machine import Machine, Outcome
from seatrial.core.rejects import Reject
from seatrial.world.commits import GroupCommit
from seatrial.world.keeping import Keeping
from seatrial.world.record import Record
from seatrial.world.recovery import Recovery
from seatrial.world.timekeeping import Timekeeper

Result = TypeVar("Result")


class Operator:
    """Acts on one world."""

    def __init__(
        self, machine: Machine, time: Timekeeper, commits: GroupCommit, recovery: Recovery, keeping: Keeping,
        record: Record,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._time = time
        self._commits = commits
        self._recovery = recovery
        self._keeping = keeping
        self._record = record

    async def apply(self, command: Command) -> Outcome:
        """Apply a command now; its outcome, once it is committed. Raises `Unavailable`."""
        (outcome,) = await self.apply_all(command)
        return outcome

    async def apply_all(self, *commands: Command) -> list[Outcome]:
        """Apply commands in one commit, up to the first that is refused. Raises `Unavailable`."""
        outcomes = self._recovery.attempt(lambda: self._apply_all(commands))
        await self._commits.committed()
        return outcomes

    def _apply_all(self, commands: tuple[Command, ...]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for command in commands:
            outcomes.append(self._machine.apply(command, self._time.moment()))
            if isinstance(outcomes[-1], Reject):
                break
        return outcomes

    async def do(self, act: Callable[[Machine, int], Result]) -> Result:
        """Do something with the machine now. Returns its result once that is committed. Raises `Unavailable`."""
        result = self._recovery.attempt(lambda: act(self._machine, self._time.pass_to_now()))
        await self._commits.committed()
        return result

    async def begin_again(self, at_ns: int) -> None:
        """Let an untouched world begin at another moment, with the same accounts and keys. Raises `Unavailable`.

        The caller has waited until all is settled, found the world untouched and set the clock, all without a pause
        in between: nothing can happen in the world before it begins again.
        """
        self._keeping.begin_again(at_ns)
        self._record.begin_again_from(self._machine.state.counters.fact)
        await self._commits.committed()
