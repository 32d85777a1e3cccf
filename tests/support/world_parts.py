"""What the parts of a world are tried with, each alone: a writer, a clock and a market that do what the test says."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

from seatrial.core.machine import Machine
from seatrial.pricing.driver import NEVER
from seatrial.pricing.ladder import Liquidity
from seatrial.store.database import Batch
from seatrial.world.clock import Clock, ClockNote
from tests.support.trading_floor import START_NS, Floor

PATIENCE_SECONDS = 20

Told = Callable[[BaseException | None], None]


def played(story: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a story in an event loop of its own, and not for ever."""

    async def run() -> None:
        await asyncio.wait_for(story(), PATIENCE_SECONDS)

    asyncio.run(run())


async def until(is_so: Callable[[], bool]) -> None:
    """Let everything go on until something is so."""
    while not is_so():  # noqa: ASYNC110  threads and timers bring it about, and the story is not waited for for ever
        await asyncio.sleep(0.0005)


def machine() -> Machine:
    """One with a market."""
    return Floor().machine


class FakeWriter:
    """Holds what it is given until the test says what came of it."""

    enough = 1_000

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.claims = self.checks = 0
        self.failures: list[Exception] = []
        """What claims and checks meet, one after the other."""
        self._told: list[Told] = []

    def write(self, batch: Batch, told: Told) -> None:
        """Take it."""
        self.batches.append(batch)
        self._told.append(told)

    def tell(self, error: BaseException | None = None) -> None:
        """The oldest that nothing was said of is stored, or failed."""
        self._told.pop(0)(error)

    async def claim(self) -> None:
        """Count it."""
        self.claims += 1
        self._fail()

    async def check(self) -> None:
        """Count it."""
        self.checks += 1
        self._fail()

    async def restore(self, file: Path) -> None:
        """No test of these asks for it."""
        raise AssertionError(file)

    def close(self) -> None:
        """Nothing is open."""

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


class PromptWriter(FakeWriter):
    """Stores everything at once."""

    def write(self, batch: Batch, told: Told) -> None:
        """Take it and tell."""
        super().write(batch, told)
        self.tell()


class FakeClock(Clock):
    """Shows what the test says."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self.real = now_ns
        super().__init__(ClockNote(now_ns, now_ns), lambda: self.real)


class FakeDriver:
    """Has something to do at the moments that the test says."""

    def __init__(self, *due: int) -> None:
        self.left = sorted(due)
        self.acts: list[int] = []
        self.done_ns = 0
        self.symbols: list[str] = []

    @property
    def due_ns(self) -> int:
        """When it next acts."""
        return self.left[0] if self.left else NEVER

    def act(self, _machine: Machine, _until_ns: int) -> None:
        """Note that it did."""
        self.done_ns = self.left.pop(0)
        self.acts.append(self.done_ns)

    def text(self) -> str:
        """It remembers nothing."""
        return ""

    def restore(self, _text: str) -> None:
        """It remembers nothing."""

    def begin_again(self, _at_ns: int) -> None:
        """It goes on."""

    def liquidity(self, _symbol: str) -> Liquidity:
        """On both sides."""
        return Liquidity.BOTH

    def set_liquidity(self, _symbol: str, _liquidity: Liquidity) -> None:
        """It quotes nothing."""

    def set_price(self, _symbol: str, _price_ticks: int, _at_ns: int) -> bool:
        """It has no prices."""
        return False

    def close(self) -> None:
        """Nothing is open."""


class Listener:
    """Waits for a commit and notes what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def committed(self) -> None:
        """It is stored."""
        self.heard.append("committed")

    def lost(self) -> None:
        """It is not."""
        self.heard.append("lost")
