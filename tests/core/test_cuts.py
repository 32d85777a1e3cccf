"""What is recorded says where each command begins, and each thing that fell due."""

import itertools

from seatrial.core.commands import CancelOrders, PassTime, PlaceOrder
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side, TimeInForce
from tests.support.any_commands import OPENING, PRICES, new_machine
from tests.support.trading_floor import SECOND_NS

SYMBOL = "BTC/USD"


def opened() -> Machine:
    """A world with money in it, stored."""
    machine = new_machine()
    for command in OPENING:
        machine.apply(command, machine.state.now_ns)
    machine.take_changes()
    return machine


def order(account_id: int, side: Side, offset: int, **more: object) -> PlaceOrder:
    fields = {"price_ticks": PRICES[SYMBOL] + offset, "qty_lots": 100_000, **more}
    return PlaceOrder(account_id, SYMBOL, side, OrderKind.LIMIT, **fields)  # type: ignore[arg-type]


def parts(machine: Machine) -> list[list[str]]:
    """The kinds of facts of each command."""
    recorded = machine.take_changes().recorded
    if recorded is None:
        return []
    edges = (0, *recorded.cuts, len(recorded.facts))
    found = [recorded.facts[begin:end] for begin, end in itertools.pairwise(edges)]
    return [[type(fact).__name__ for fact in part] for part in found if part]


def test_facts_of_one_command_stand_together_and_apart_from_others() -> None:
    machine = opened()
    for command in (order(1, Side.SELL, 1), order(2, Side.BUY, 1), CancelOrders(2, (99,)), order(1, Side.BUY, -5)):
        machine.apply(command, machine.state.now_ns)
    rested, traded, last = parts(machine)
    assert rested[-2:] == last[-2:] == ["OrderAccepted", "OrderRested"]
    assert "Traded" in traded
    machine.apply(CancelOrders(2, (99,)), machine.state.now_ns)
    assert parts(machine) == []
    assert machine.state.cuts == []


def test_each_thing_that_falls_due_stands_by_itself() -> None:
    machine = opened()
    due_ns = machine.state.now_ns + 10 * SECOND_NS
    for offset in (-5, -6):
        machine.apply(
            order(1, Side.BUY, offset, time_in_force=TimeInForce.GTD, expires_ns=due_ns), machine.state.now_ns
        )
    machine.take_changes()
    machine.apply(PassTime(), due_ns)
    assert parts(machine) == [["OrderEnded"], ["OrderEnded"]]
