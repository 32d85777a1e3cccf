"""What a world is, on its way to the store and back."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from seatrial.core.accounts import HOUSE
from seatrial.core.facts import Recorded
from seatrial.core.machine import Machine
from seatrial.core.state import State
from seatrial.pricing.driver import Driver
from seatrial.store.database import Batch
from seatrial.store.store import Store, StoreError
from seatrial.world.beginning import reopened
from seatrial.world.clock import Clock, ClockNote, read_note


class Loaded(NamedTuple):
    """A world as a store has it."""

    state: State
    clock: ClockNote
    market: str


def foreign_venues(state: State, venues: AbstractSet[str]) -> str:
    """Where else than at these venues somebody has an account, with commas between; nowhere if empty."""
    return ", ".join(sorted({account.account.venue for account in state.accounts.values()} - venues - {HOUSE}))


class Keeping:
    """The parts of one world that its store keeps together."""

    def __init__(
        self, store: Store, machine: Machine, clock: Clock, driver: Driver, fresh_state: Callable[[], State],
        venues: AbstractSet[str],
    ) -> None:  # fmt: skip
        self._store = store
        self._machine = machine
        self._clock = clock
        self._driver = driver
        self._fresh_state = fresh_state
        self._venues = venues

    def batch(self) -> tuple[Batch, Recorded | None]:
        """What must be written of all that happened since the last time, and its facts."""
        state, clock = self._machine.state, self._clock
        if state.has_changes:
            clock.happened(max(state.now_ns, clock.happened_ns))
        changes = self._machine.take_changes()
        return self._store.batch(changes, state, clock.text(), self._driver.text()), changes.recorded

    def load(self) -> Loaded:
        """The world that is stored. Takes its time."""
        return self.load_of(self._store)

    def load_of(self, store: Store) -> Loaded:
        """The world that another store has. Takes its time.

        Raises `StoreError` where it is of another seed, or has accounts at a venue that is not here.
        """
        state = self._fresh_state()
        store.load(state)
        stored = store.world()
        assert stored is not None, "what was loaded was stored"
        if stored.seed != state.seed:
            raise StoreError("the database holds another world now: start the server again")
        if foreign := foreign_venues(state, self._venues):
            raise StoreError(f"it has accounts at {foreign}, which is no venue here")
        return Loaded(state, read_note(stored.clock), stored.market)

    def adopt(self, loaded: Loaded) -> None:
        """Go on from what was loaded."""
        self._machine.state = loaded.state
        self._clock.go_on(loaded.clock, loaded.state.now_ns)
        self._driver.restore(loaded.market)

    def adopt_of(self, store: Store, loaded: Loaded) -> None:
        """Go on from what was loaded from another store, whose rows are in this one by now.

        No fact's number is given twice, whichever of the two worlds has more facts.
        """
        self._store.go_on_as(store)
        counters = loaded.state.counters
        counters.fact = max(counters.fact, self._machine.state.last_fact)
        self.adopt(loaded)

    def begin_again(self, at_ns: int) -> None:
        """Begin an untouched world at another moment, with the same accounts and keys."""
        fresh = self._fresh_state()
        fresh.counters.fact = self._machine.state.last_fact
        self._machine.state = reopened(self._machine.state, fresh, at_ns)
        self._driver.begin_again(at_ns)
        self._store.start_over()
