"""The passing of time: what is due by the clock's time happens before anybody looks, and by itself when nobody does.

The market moves through its driver, up to the clock's time; what fell due in the machine happens in between, each at
its own time. Far behind the clock, a call waits for some milliseconds of that, and the rest happens behind the calls.
"""

import asyncio
import logging
from typing import Final

from seatrial.core.commands import PassTime
from seatrial.core.machine import Machine
from seatrial.pricing.driver import NEVER, Driver
from seatrial.world.clock import Clock
from seatrial.world.commits import GroupCommit
from seatrial.world.errors import Unavailable
from seatrial.world.recovery import Recovery
from seatrial.world.tasks import Tasks

RETRY_SECONDS: Final = 0.5
"""How long to wait before trying again what fell due and could not be committed."""

MAX_SLEEP_SECONDS: Final = 3_600.0

UNWATCHED_SECONDS: Final = 2.0
"""How long the market may stand still while nobody calls. What it does after that still happens at its own time."""

MAX_ACTS: Final = 64
"""How often the market moves before a call is answered: some milliseconds. What is left happens behind it."""

MAX_ACTS_TOGETHER: Final = 512
"""How often it moves between two commits while it catches up."""

_log = logging.getLogger("seatrial")


class Timekeeper:
    """Lets time pass in one world."""

    def __init__(
        self, machine: Machine, clock: Clock, driver: Driver, commits: GroupCommit, recovery: Recovery, tasks: Tasks
    ) -> None:
        self._machine = machine
        self._clock = clock
        self._driver = driver
        self._commits = commits
        self._recovery = recovery
        self._tasks = tasks
        self._timer: asyncio.TimerHandle | None = None
        self._timer_for: tuple[int | None, int] | None = None
        """What the timer waits for: the machine's next moment and the market's."""
        self._catching_up = False
        self._quiet_until = 0.0
        """When the timer may fire again, by the event loop's clock."""

    def pass_to_now(self) -> int:
        """Let all that is due by now happen, or as much as a call waits for; the world's time then.

        That is the clock's, or a little later after trades in frozen time.
        """
        now_ns, machine = self._clock.now_ns(), self._machine
        if self._driver.due_ns <= now_ns or machine.state.is_behind:  # looked at here, since this runs in every call
            now_ns = self._moved(now_ns)
        return machine.pass_time(now_ns)

    def moment(self) -> int:
        """The clock's time, up to which the market has moved; while it catches up, the time that it has come to.

        What fell due before the market's next act happens before that. The rest is left to the machine, which lets it
        happen before whatever it is told to do at that moment.
        """
        return self._moved(self._clock.now_ns())

    def _moved(self, now_ns: int) -> int:
        driver = self._driver
        if self._machine.state.is_behind:
            return min(now_ns, driver.due_ns)
        if driver.due_ns > now_ns or self._drive(now_ns, MAX_ACTS):
            return now_ns
        self.catch_up()
        return min(driver.done_ns, now_ns)

    def now_ns(self) -> int:
        """As `pass_to_now`, but what the clock shows if nothing may happen now."""
        if not self._commits.refuses:
            try:
                return self._recovery.attempt(self.pass_to_now)
            except Unavailable:
                pass
        return max(self._clock.now_ns(), self._machine.state.now_ns)

    async def pass_time(self) -> None:
        """Let all that is due by now happen, and commit it. Raises `Unavailable`."""
        now_ns = self._clock.now_ns()
        while not self._tasks.is_stopping:
            if not self._machine.state.is_behind and self._driver.due_ns <= now_ns:
                self._recovery.attempt(lambda: self._drive(now_ns, MAX_ACTS_TOGETHER))
                await self._commits.committed()
            else:
                self._recovery.attempt(lambda: self._machine.apply(PassTime(), self.moment()))
                await self._commits.committed()
                if not self._machine.state.is_behind and self._driver.due_ns > now_ns:
                    return

    async def play(self) -> None:
        """Have the clock follow the market, until that has nothing left or somebody freezes the clock."""
        while self._driver.due_ns < NEVER and not self._clock.note.frozen and not self._tasks.is_stopping:
            try:
                self._recovery.attempt(self._run_ahead)
                await self._commits.committed()
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
        self.rearm()

    def catch_up(self) -> None:
        """Let what is due by now happen behind the calls."""
        if not self._catching_up:
            self._catching_up = True
            self._tasks.run(self._pass_time_quietly())

    def arm(self) -> None:
        """Wake up when the next thing falls due, if the clock runs."""
        due = self._machine.state.next_due_ns, self._driver.due_ns
        if due == self._timer_for:
            return
        self.stop()
        self._timer_for = due
        seconds = self._seconds_until(*due)
        if seconds is not None:
            loop = asyncio.get_running_loop()
            fires_at = max(loop.time() + min(seconds, MAX_SLEEP_SECONDS), self._quiet_until)
            self._timer = loop.call_at(fires_at, self._fire)

    def rearm(self) -> None:
        """The clock was changed: look again when to wake up."""
        self._timer_for = None
        self.arm()

    def stop(self) -> None:
        """Wake up no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def wakes_at(self) -> float | None:
        """When it wakes up by itself, by the event loop's clock."""
        return None if self._timer is None else self._timer.when()

    def _drive(self, until_ns: int, max_acts: int) -> bool:
        """Let the market move at most so often; whether it came as far as it was to."""
        machine, driver = self._machine, self._driver
        for _ in range(max_acts):
            if machine.state.is_behind:
                return False
            driver.act(machine, until_ns)
            if driver.due_ns > until_ns:
                return True
        return False

    def _run_ahead(self) -> None:
        self._drive(NEVER - 1, MAX_ACTS_TOGETHER)
        self._clock.set(now_ns=max(self._clock.now_ns(), self._driver.done_ns))

    def _seconds_until(self, due_ns: int | None, market_due_ns: int) -> float | None:
        due = None if due_ns is None else self._clock.real_seconds_until(due_ns)
        market_due = self._clock.real_seconds_until(market_due_ns)
        if market_due is None:
            return due
        market_due = max(market_due, UNWATCHED_SECONDS)
        return market_due if due is None else min(due, market_due)

    def _fire(self) -> None:
        self._timer, self._timer_for = None, None
        self._tasks.run(self._pass_time_quietly())

    async def _pass_time_quietly(self) -> None:
        try:
            await self.pass_time()
        except Unavailable:
            self._quiet_until = asyncio.get_running_loop().time() + RETRY_SECONDS
            _log.warning("what fell due could not be committed; it happens again after loading")
        finally:
            self._catching_up = False
