"""The core alone: commands per second, without wire or store."""

import random
from collections.abc import Sequence
from time import perf_counter
from typing import Final

from msgspec import Struct

from bench.report import Budget, Figure
from seatrial.catalogue import Catalogue, load
from seatrial.core.assets import Assets
from seatrial.core.commands import CancelOrders, OpenAccount, PlaceOrder
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.core.state import State

MIN_PER_SECOND: Final = 100_000
REPEATS: Final = 3

TRADERS: Final = 4
MARKET: Final = "BTC/USD"
MIDDLE_TICKS: Final = 500_000
SPREAD_TICKS: Final = 20
DEVIATION_TICKS: Final = 30
LOTS: Final = 100_000
CANCELS: Final = 0.2
"""The part of the mixed commands that cancel their trader's oldest order."""
TOGETHER: Final = 64
"""How many commands share a group commit, for which the changes are handed over."""
STEP_NS: Final = 1_000_000


class _CancelOldest(Struct, frozen=True):
    """A cancel whose order is known only when its turn comes."""

    account_id: int


_Step = PlaceOrder | CancelOrders | _CancelOldest


class _Result(Struct, frozen=True):
    per_second: float
    trades: float
    postings: float
    """Both per command."""

    def figure(self, name: str, notes: str = "", budgets: list[Budget] | None = None) -> Figure:
        came_of_it = f"{self.trades:.2f} trades, {self.postings:.2f} postings per command"
        return Figure(name, self.per_second, "commands/s", f"{notes}{came_of_it}", budgets or [])


def measure(commands: int) -> list[Figure]:
    """The mix, on which the budget is, and each kind alone."""
    mixed = _best(_mixed(commands))
    resting = [_place(number, Side.BUY, MIDDLE_TICKS - number % 1000) for number in range(commands)]
    ask = _place(0, Side.SELL, MIDDLE_TICKS, LOTS * commands)
    taking = [_place(1 + number % (TRADERS - 1), Side.BUY, MIDDLE_TICKS) for number in range(commands)]
    cancels = [CancelOrders(order.account_id, order_ids=(1 + number,)) for number, order in enumerate(resting)]
    return [
        mixed.figure(
            "core: mixed",
            f"{1 - CANCELS:.0%} limit orders around the middle, {CANCELS:.0%} cancels; ",
            [Budget(f"≥ {MIN_PER_SECOND:,}/s", mixed.per_second >= MIN_PER_SECOND)],
        ),
        _best(resting).figure("core: orders that rest"),
        _best([ask, *taking], 1).figure("core: orders that cross"),
        _best([*resting, *cancels], commands).figure("core: cancels"),
    ]


def _mixed(commands: int) -> list[_Step]:
    draw = random.Random(1)  # noqa: S311  a repeatable mix
    steps: list[_Step] = []
    for number in range(commands):
        if draw.random() < CANCELS:
            steps.append(_CancelOldest(1 + number % TRADERS))
            continue
        side = draw.choice((Side.BUY, Side.SELL))
        away = SPREAD_TICKS if side is Side.SELL else -SPREAD_TICKS
        price = MIDDLE_TICKS + away + int(draw.gauss(0, DEVIATION_TICKS))
        steps.append(_place(number, side, price, draw.randint(10, 200) * LOTS // 100))
    return steps


def _place(number: int, side: Side, price_ticks: int, qty_lots: int = LOTS) -> PlaceOrder:
    return PlaceOrder(1 + number % TRADERS, MARKET, side, OrderKind.LIMIT, price_ticks, qty_lots)


def _best(steps: Sequence[_Step], untimed: int = 0) -> _Result:
    """The best of some runs: the others were held up by something else."""
    catalogue = load()
    results = (_run(_machine(catalogue), steps, untimed) for _ in range(REPEATS))
    return max(results, key=lambda result: result.per_second)


def _run(machine: Machine, steps: Sequence[_Step], untimed: int) -> _Result:
    """Apply all steps; the clock starts after the first `untimed` ones."""
    at_ns, trades, began, postings = machine.state.now_ns, 0, perf_counter(), 0
    machine.take_changes()
    for number, step in enumerate(steps):
        if number == untimed:
            machine.take_changes()
            began = perf_counter()
        at_ns += STEP_NS
        command = _oldest(machine, step) if isinstance(step, _CancelOldest) else step
        if command is not None:
            machine.apply(command, at_ns)
        if number % TOGETHER == 0:
            changes = machine.take_changes()
            trades, postings = trades + len(changes.trades), postings + len(changes.postings)
    seconds, commands = perf_counter() - began, len(steps) - untimed
    machine.state.ledger.prove()
    return _Result(commands / seconds, trades / commands, postings / commands)


def _oldest(machine: Machine, step: _CancelOldest) -> CancelOrders | None:
    order_id = next(iter(machine.state.accounts[step.account_id].orders), None)
    return None if order_id is None else CancelOrders(step.account_id, (order_id,))


def _machine(catalogue: Catalogue) -> Machine:
    machine = Machine(State(1, Assets(catalogue.assets), catalogue.markets, catalogue.methods))
    balances = (("spot", "USD", 10**14), ("spot", "BTC", 10**15))
    for number in range(TRADERS):
        outcome = machine.apply(OpenAccount(f"trader {number}", "kraken", "pro", False, "spot", "spot", balances), 1)
        assert not isinstance(outcome, Reject), outcome
    return machine
