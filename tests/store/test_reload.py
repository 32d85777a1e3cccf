"""What a store gives back equals what was live, after any commands and any split into commits, and goes on alike."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec.structs import replace
from sqlalchemy import func, select

from seatrial.core import fingerprint
from seatrial.core.commands import ChangeKey, Command, PassTime, PlaceOrder, SpendNonce
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.store import schema
from seatrial.store.rows import MAX_USES
from seatrial.store.store import open_store
from tests.support.any_commands import (
    GAPS_NS,
    KEYS,
    OPENING,
    Journal,
    aimed,
    any_journal,
    new_machine,
    new_state,
    orders,
    others,
)
from tests.support.auditor import Auditor
from tests.support.postgres import fresh_schema, shared_url
from tests.support.told import told_by
from tests.support.trading_floor import SECOND_NS, START_NS


class TwoWorlds(RuleBasedStateMachine):
    """One world is never stopped, the other is stored and loaded again and again. Nobody can tell them apart."""

    place: Path | str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.live, self.stored = new_machine(), new_machine()
        self.store = open_store(self.place)
        self.store.begin_world(7, START_NS, "ticking")
        self.auditor = Auditor()
        for command in OPENING:
            self.ask(command, 0)

    def ask(self, command: Command, gap_ns: int) -> None:
        """Both give the same answer."""
        at_ns = self.live.state.now_ns + gap_ns
        command = told_by(self.live.state.changes, aimed(self.live.state, command))
        answers = [machine.apply(command, at_ns) for machine in (self.live, self.stored)]
        assert answers[0] == answers[1]

    @rule(
        steps=st.lists(st.tuples(st.one_of(orders(), orders(("PEPE/USD", "BTC/USD")), others()), GAPS_NS), max_size=12)
    )
    def ask_several(self, steps: Journal) -> None:
        """Commands that one commit will hold."""
        for command, gap_ns in steps:
            self.ask(command, gap_ns)

    @rule()
    def commit(self) -> None:
        """A group commit."""
        changes = self.stored.take_changes()
        self.auditor.note(changes)
        self.store.commit(self.store.batch(changes, self.stored.state, "ticking"))

    @rule()
    def load_again(self) -> None:
        """What a recovery does: a fresh machine from what the store has."""
        self.commit()
        state = new_state()
        self.store.load(state)
        self.stored = Machine(state)
        assert fingerprint.facts(self.stored.state) == fingerprint.facts(self.live.state)
        assert self.stored.fingerprint() == self.live.fingerprint()
        self.auditor.check(self.stored)

    def teardown(self) -> None:
        """At the end, once more."""
        self.load_again()
        self.store.close()


class TwoWorldsThatAreKept(TwoWorlds):
    """The same with a store that is closed and opened in between."""

    def __init__(self) -> None:
        self.kept = ExitStack()
        self.place = self.new_place()
        super().__init__()

    def new_place(self) -> Path | str:
        """A file of its own."""
        return Path(self.kept.enter_context(tempfile.TemporaryDirectory())) / "world.sqlite3"

    @rule()
    def restart(self) -> None:
        """Everything in memory is gone."""
        self.commit()
        self.store.close()
        self.store = open_store(self.place)
        world = self.store.world()
        assert world is not None
        assert (world.seed, world.created_ns, world.clock) == (7, START_NS, "ticking")
        self.load_again()

    def teardown(self) -> None:
        """The last restart."""
        self.restart()
        super().teardown()
        self.kept.close()


class TwoWorldsInPostgresql(TwoWorldsThatAreKept):
    """The same in a database."""

    def new_place(self) -> str:
        """A schema of its own."""
        return self.kept.enter_context(fresh_schema(shared_url()))


TwoWorldsThatAreKept.TestCase.settings = settings(max_examples=settings().max_examples // 8)
TwoWorldsInPostgresql.TestCase.settings = settings(max_examples=settings().max_examples // 20)
TestTwoWorlds = TwoWorlds.TestCase
TestTwoWorldsThatAreKept = TwoWorldsThatAreKept.TestCase
TestTwoWorldsInPostgresql = TwoWorldsInPostgresql.TestCase


def test_an_order_that_started_late_keeps_its_place_behind_the_others() -> None:
    """Its number is lower than theirs; the queue is what counts."""
    worlds = TwoWorlds()
    early = PlaceOrder(1, "BTC/USD", Side.BUY, OrderKind.LIMIT, 600_000, 5_000)
    worlds.ask(replace(early, starts_ns=START_NS + SECOND_NS), 0)
    worlds.ask(early, 0)
    worlds.ask(PassTime(), 2 * SECOND_NS)
    worlds.load_again()
    (level,) = worlds.stored.state.markets["BTC/USD"].book.bids.levels()
    assert list(level.orders) == [2, 1]
    worlds.teardown()


@pytest.mark.parametrize("seed", range(8))
def test_a_long_life_survives_stops_at_any_moment(seed: int) -> None:
    """Hundreds of commands in a row, where hypothesis tries many short sequences."""
    live_long(TwoWorlds(), seed)


def test_a_long_life_in_postgresql_survives_stops_at_any_moment() -> None:
    live_long(TwoWorldsInPostgresql(), 8)


def live_long(worlds: TwoWorlds, seed: int) -> None:
    """Commands, commits and loads at random."""
    luck = Random(seed)  # noqa: S311  a test's luck
    for command, gap_ns in any_journal(seed, 400, ("PEPE/USD", "BTC/USD", "ETH/PYUSD")):
        worlds.ask(command, gap_ns)
        if luck.randint(1, 10) == 1:
            worlds.commit()
        if luck.randint(1, 40) == 1:
            worlds.load_again()
    worlds.teardown()


@pytest.mark.parametrize("seed", range(3))
def test_every_use_of_a_key_is_kept_and_few_rows_tell_of_it(seed: int) -> None:
    """However many commits there were since the keys' own rows were written, and wherever the store was loaded."""
    luck = Random(seed)  # noqa: S311  a story to tell, not a secret
    machine, store = new_machine(), open_store(None)
    store.begin_world(7, START_NS, "ticking")
    for command in OPENING:
        machine.apply(command, 0)
    maximum = 0
    for nonce in range(5 * MAX_USES):
        for public in luck.sample(KEYS, luck.randint(1, len(KEYS))):
            machine.apply(SpendNonce(public, nonce - luck.randint(0, 3)), machine.state.now_ns + 1)
        if luck.random() < 1 / MAX_USES:
            machine.apply(ChangeKey(2, "lenient", frozenset({"query"})), machine.state.now_ns + 1)
        store.commit(store.batch(machine.take_changes(), machine.state, "ticking"))
        if luck.random() < 1 / 16:
            machine = Machine(new_state())
            store.load(machine.state)
        with store.database.reading() as connection:
            maximum = max(maximum, connection.execute(select(func.count()).select_from(schema.key_uses)).scalar_one())
    told = [key for _, key in sorted(machine.state.keys.items())]
    state = new_state()
    store.load(state)
    assert [key for _, key in sorted(state.keys.items())] == told
    assert 1 < maximum <= MAX_USES
    store.close()
