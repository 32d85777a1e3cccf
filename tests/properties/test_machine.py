"""Which sequence of commands breaks a law? Anything may be asked, at any time, of a world with awkward markets."""

import pytest
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from seatrial.core.changes import Changes
from seatrial.core.commands import Command, PassTime, PlaceOrder
from seatrial.core.machine import Outcome
from seatrial.core.rejects import Reject
from tests.support.any_commands import GAPS_NS, OPENING, aimed, any_journal, new_machine, orders, others
from tests.support.auditor import Auditor
from tests.support.follower import Follower
from tests.support.told import told_by


class AnyWorld(RuleBasedStateMachine):
    """A world under audit."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = new_machine()
        self.auditor = Auditor()
        self.follower = Follower(self.machine.state)
        for command in OPENING:
            assert not isinstance(self.machine.apply(command, 0), Reject)
        self.see()

    def see(self) -> Changes:
        """What happened since the last look."""
        was_marked = self.machine.state.has_changes
        changes = self.machine.take_changes()
        assert was_marked is any(vars(changes).values()), "whatever changes is told by a fact"
        self.auditor.note(changes)
        self.follower.read(changes.recorded)
        return changes

    def ask(self, command: Command, gap_ns: int) -> Outcome:
        """Let what is due happen, then ask: a refusal changes nothing."""
        at_ns = self.machine.state.now_ns + gap_ns
        self.machine.apply(PassTime(), at_ns)
        self.see()
        before = self.machine.fingerprint()
        outcome = self.machine.apply(told_by(self.auditor, aimed(self.machine.state, command)), at_ns)
        if isinstance(outcome, Reject):
            assert self.machine.fingerprint() == before
            assert not any(vars(self.see()).values())
        else:
            self.see()
        return outcome

    @rule(command=others(), gap_ns=GAPS_NS)
    def ask_something(self, command: Command, gap_ns: int) -> None:
        """Anything but an order."""
        outcome = self.ask(command, gap_ns)
        event(f"{type(command).__name__} {outcome if isinstance(outcome, Reject) else 'done'}")

    @invariant()
    def holds_every_law(self) -> None:
        """After every command."""
        self.auditor.check(self.machine)
        self.follower.check(self.machine.state)

    def teardown(self) -> None:
        """How much was traded, for `--hypothesis-show-statistics`."""
        trades = sum(len(trades) for trades in self.auditor.trades.values())
        event(f"{trades // 10}0 trades or more")


def bursts(*symbols: str) -> st.SearchStrategy[list[tuple[PlaceOrder, int]]]:
    """Several orders in a row, so that a book fills before something else happens."""
    return st.lists(st.tuples(orders(symbols), GAPS_NS), min_size=1, max_size=15)


class DollarWorld(AnyWorld):
    """Bitcoin, and a currency that is no coin and counts no volume."""

    @rule(burst=bursts("BTC/USD", "BTC/USD", "EUR/USD"))
    def trade(self, burst: list[tuple[PlaceOrder, int]]) -> None:
        """Many orders."""
        for order, gap_ns in burst:
            self.ask(order, gap_ns)


class MemeWorld(AnyWorld):
    """Quantities finer than the asset itself, and fees that fall to a rebate."""

    @rule(burst=bursts("PEPE/USD", "PEPE/USD", "SHIB/USD"))
    def trade(self, burst: list[tuple[PlaceOrder, int]]) -> None:
        """Many orders."""
        for order, gap_ns in burst:
            self.ask(order, gap_ns)


class CoinWorld(AnyWorld):
    """Coins priced in coins, in other coins' dollars, and with a rebate."""

    @rule(burst=bursts("SUI/USD", "SOL/ETH", "BTC/DAI", "ETH/PYUSD", "ETH/PYUSD"))
    def trade(self, burst: list[tuple[PlaceOrder, int]]) -> None:
        """Many orders."""
        for order, gap_ns in burst:
            self.ask(order, gap_ns)


TestDollarWorld = DollarWorld.TestCase
TestMemeWorld = MemeWorld.TestCase
TestCoinWorld = CoinWorld.TestCase


MARKETS = (("BTC/USD", "EUR/USD"), ("PEPE/USD", "SHIB/USD"), ("SUI/USD", "SOL/ETH", "BTC/DAI", "ETH/PYUSD"))


@pytest.mark.parametrize("seed", range(12))
def test_a_long_life_breaks_no_law(seed: int) -> None:
    """Hundreds of commands in a row, where hypothesis tries many short sequences."""
    world = AnyWorld()
    for place, (command, gap_ns) in enumerate(any_journal(seed, 400, MARKETS[seed % len(MARKETS)])):
        world.ask(command, gap_ns)
        if place % 25 == 0:
            world.holds_every_law()
    world.holds_every_law()
