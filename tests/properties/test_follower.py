"""A follower who reads nothing but facts has the same world as the machine, whenever he comes."""

from random import Random
from typing import TYPE_CHECKING

import pytest

from seatrial.core.commands import Command
from tests.support.any_commands import OPENING, aimed, any_journal, new_machine
from tests.support.follower import Follower
from tests.support.houses import any_of_a_house, of_a_house
from tests.support.told import told_by

if TYPE_CHECKING:
    from seatrial.core.funding import Move, Transfer


class Watched:
    """A world whose commits are read by those who follow it."""

    def __init__(self) -> None:
        self.machine = new_machine()
        self.transfers: dict[int, Transfer] = {}
        self.moves: list[Move] = []
        self.followers = [Follower(self.machine.state)]

    def ask(self, command: Command, gap_ns: int) -> None:
        """One command, not committed yet."""
        state = self.machine.state
        self.machine.apply(told_by(self, aimed(state, command)), self.machine.state.now_ns + gap_ns)

    def commit(self) -> None:
        """Those who follow read what happened, and see the same as the machine holds."""
        changes = self.machine.take_changes()
        self.transfers.update(changes.transfers)
        self.moves += changes.moves
        for follower in self.followers:
            follower.read(changes.recorded)
            follower.check(self.machine.state)

    def join(self) -> None:
        """One more, in the middle of what is not committed yet."""
        self.followers.append(Follower(self.machine.state))


@pytest.mark.parametrize("seed", range(8))
def test_whoever_follows_has_the_same_world_after_every_commit(seed: int) -> None:
    watched, luck = Watched(), Random(seed)  # noqa: S311  a test's luck
    journal = [(command, 0) for command in (*OPENING, *of_a_house())]
    for one in any_journal(seed, 300):
        journal.append(one)
        if luck.random() < 0.3:
            journal.append((any_of_a_house(luck), 10**6))
    for command, gap_ns in journal:
        watched.ask(command, gap_ns)
        if luck.random() < 0.02:
            watched.join()
        if luck.random() < 0.3:
            watched.commit()
    watched.commit()
    assert len(watched.followers) > 1
