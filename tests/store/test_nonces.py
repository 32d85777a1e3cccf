"""What it costs to remember the nonces of keys with a window, counted in bytes and rows, never in time."""

from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import select

from seatrial.core.accounts import MAX_RECENT_NONCES, ApiKey
from seatrial.core.commands import ChangeKey, IssueKey, RevokeKey, SpendNonce
from seatrial.core.machine import Machine
from seatrial.core.rejects import Reject
from seatrial.store import schema
from seatrial.store.frames import frame, pack
from seatrial.store.nonces import SLACK
from seatrial.store.rows import MAX_USES
from seatrial.store.store import open_store
from tests.support.any_commands import OPENING, new_machine, new_state

WIDE = 10**6


class World:
    """A machine with one windowed key beside those of the opening, and its store."""

    def __init__(self, window: int = WIDE) -> None:
        self.machine, self.store = new_machine(), open_store(None)
        self.store.begin_world(7, 0, "")
        for command in (*OPENING, IssueKey(1, "wide", "wide", "secret", frozenset(), nonce_window=window)):
            assert not isinstance(self.machine.apply(command, 0), Reject)
        self.commit()

    def spend(self, nonce: int) -> bool:
        """Whether it was taken."""
        return not isinstance(self.machine.apply(SpendNonce("wide", nonce), 1), Reject)

    def commit(self) -> int:
        """How many bytes it sends to whoever writes."""
        batch = self.store.batch(self.machine.take_changes(), self.machine.state, "")
        self.store.commit(batch)
        return len(frame(*pack(batch)))

    def stored(self) -> list[list[int]]:
        """The parts that are stored."""
        parts = schema.key_nonces.c
        with self.store.database.reading() as connection:
            found = connection.execute(select(parts.nonces).order_by(parts.key_id, parts.part))
            return [[int(nonce) for nonce in text.split()] for (text,) in found]

    def reloaded(self) -> ApiKey:
        """The key as a start would have it."""
        state = new_state()
        self.store.load(state)
        return state.keys["wide"]


@pytest.fixture
def world() -> Iterator[World]:
    """One that is closed in the end."""
    made = World()
    yield made
    made.store.close()


def test_what_a_call_writes_does_not_grow_with_what_its_key_remembers(world: World) -> None:
    """The first calls of a key and those after thousands send as many bytes, rows written anew included."""
    sent = []
    for nonce in range(6 * MAX_RECENT_NONCES):
        world.spend(10**6 + nonce)
        sent.append(world.commit())
    early, late = sum(sent[:MAX_RECENT_NONCES]), sum(sent[-2 * MAX_RECENT_NONCES :]) / 2
    assert late < 1.1 * early
    quarter = sorted(sent)[len(sent) // 4]
    assert sorted(sent)[-len(sent) // MAX_USES - 8] <= quarter + 40, "all but those that settle are alike"


@pytest.mark.parametrize("window", [3, 200, WIDE])
def test_no_more_nonces_are_stored_than_twice_those_that_count(window: int) -> None:
    luck, world = Random(window), World(window)  # noqa: S311  a test's luck
    for nonce in range(3 * MAX_RECENT_NONCES):
        world.spend(max(0, 3 * nonce - luck.choice((0, 0, 1, 5))))
        if nonce % 3 == 0:
            world.commit()
        if nonce % 500 == 0:
            key = world.machine.state.keys["wide"]
            assert sum(map(len, world.stored())) <= 2 * len(key.recent_nonces) + SLACK
    world.store.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_key_remembers_the_same_wherever_it_was_loaded(seed: int) -> None:
    luck = Random(seed)  # noqa: S311  a test's luck
    world = World(luck.choice((3, 50, 5_000, WIDE)))
    for turn in range(2_500):
        nonce = max(0, 2 * turn - luck.randint(0, luck.choice((0, 3, 40, 3_000))))
        world.spend(nonce)
        if luck.random() < 1 / 4:
            world.commit()
        if luck.random() < 1 / 200:
            world.machine.apply(ChangeKey(1, "wide", frozenset({"query"})), 1)
        if luck.random() < 1 / 100:
            world.commit()
            again = Machine(new_state())
            world.store.load(again.state)
            assert again.state.keys["wide"] == world.machine.state.keys["wide"]
            world.machine = again
    world.store.close()


def test_nothing_is_left_of_a_key_that_was_revoked(world: World) -> None:
    for nonce in range(2 * MAX_USES):
        world.spend(nonce)
        world.commit()
    assert world.stored()
    world.spend(10**5)
    world.machine.apply(RevokeKey(1, "wide"), 1)
    world.commit()
    assert world.stored() == []
    for nonce in range(2 * MAX_USES):
        world.machine.apply(SpendNonce("strict", nonce), 1)
        world.commit()
    assert world.stored() == []


def test_a_nonce_is_refused_after_a_start_though_no_part_has_it_yet(world: World) -> None:
    """A commit tells what was spent in it before any part does."""
    for nonce in (100, 99, 98):
        world.spend(nonce)
        world.commit()
    assert world.stored() == []
    key = world.reloaded()
    assert key.recent_nonces == [98, 99, 100]
    assert not key.take_nonce(99, 1)
    assert key.take_nonce(97, 1)
