"""What a trade sets off starts behind the command that traded, in order, and none of it is dropped."""

from collections.abc import Callable
from typing import Any

import pytest

from seatrial.core import cascade, matching
from seatrial.core import machine as machine_module
from seatrial.core.commands import CancelOrders, Command, PassTime
from seatrial.core.facts import AssetsValued, OrderAccepted, OrderStarted, OrderTriggered, Traded
from seatrial.core.machine import Machine
from seatrial.core.orders import Order, OrderStatus, Side, Trade
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.store.sqlite import SqliteMemory
from seatrial.store.store import Store
from tests.support.trading_floor import NO_FEES, Floor

BUY, SELL = Side.BUY, Side.SELL
YEAR_S = 365 * 86_400

Waits = Callable[[Order, Trade], bool]


@pytest.fixture
def sets_off(monkeypatch: pytest.MonkeyPatch) -> Callable[[Waits], None]:
    """Has each trade set off the pending orders that a test says."""
    announce = matching.announce

    def watch(waits: Waits) -> None:
        def announced(state: State, *rest: Any) -> Trade:
            trade = announce(state, *rest)
            for order in list(state.live_orders.values()):
                if order.status is OrderStatus.PENDING and not order.triggered_ns and waits(order, trade):
                    cascade.trigger(state, order, trade.at_ns)
            return trade

        monkeypatch.setattr(matching, "announce", announced)

    return watch


def every_trade(order: Order, _trade: Trade) -> bool:
    """Any trade sets off any order that is marked."""
    return order.tag is not None


def waiting(floor: Floor, name: str, side: Side, qty: str, at: str, tag: int = 1) -> Order:
    """A pending order that only a trade will start in time."""
    return floor.place(floor.order(name, side, qty, at=at, starts_in=YEAR_S, tag=tag))


def test_what_a_trade_sets_off_starts_behind_its_command(sets_off: Callable[[Waits], None]) -> None:
    floor = Floor(fees=NO_FEES)
    sets_off(every_trade)
    floor.draw("ask 100 1 bob")
    stop = waiting(floor, "carl", SELL, "1", "90")
    floor.place(floor.order("dora", BUY, "1", at="95"))
    outcome = floor.apply(floor.order("ann", BUY, "1", at="100"))
    kinds = [type(fact).__name__ for fact in outcome if not isinstance(fact, AssetsValued)]
    assert kinds == ["OrderAccepted", "OrderTriggered", "EntryPosted", "Traded", "OrderEnded", "OrderEnded"]
    assert (stop.status, stop.triggered_ns > 0) == (OrderStatus.FILLED, True)
    assert floor.tape() == ["1 at 100", "1 at 95"]
    assert floor.book() == ""


def facts_of(floor: Floor, command: Command) -> list[object]:
    """All facts of a command and of what it sets off."""
    outcome = floor.machine.apply(command, floor.now_ns)
    assert not isinstance(outcome, Reject), outcome
    recorded = floor.machine.take_changes().recorded
    return [] if recorded is None else list(recorded.facts)


def test_what_is_set_off_by_one_trade_starts_by_age_and_what_a_later_one_sets_off_behind_it(
    sets_off: Callable[[Waits], None],
) -> None:
    """The second trade of the same command sets off an older order: it comes later all the same."""
    floor = Floor(fees=NO_FEES)
    sets_off(lambda order, trade: order.tag == trade.price_ticks)
    oldest = waiting(floor, "carl", BUY, "1", "1", tag=1_010)
    older, newer = (waiting(floor, "carl", BUY, "1", "1", tag=1_000) for _ in "12")
    floor.draw("ask 101 1 bob\nask 100 1 bob")
    facts = facts_of(floor, floor.order("ann", BUY, "2", at="101"))
    started = [fact.order_id for fact in facts if isinstance(fact, OrderStarted)]
    assert started == [older.order_id, newer.order_id, oldest.order_id]
    kinds = [type(fact) for fact in facts if isinstance(fact, OrderTriggered | Traded | OrderStarted | OrderAccepted)]
    assert kinds[0] is OrderAccepted
    assert kinds.index(OrderStarted) > max(place for place, kind in enumerate(kinds) if kind is Traded)


def test_what_is_set_off_can_set_off_more(sets_off: Callable[[Waits], None]) -> None:
    """Each stop sells into the next bid, and the price that it makes sets off the next stop."""
    floor = Floor(fees=NO_FEES)
    sets_off(lambda order, trade: order.tag is not None and trade.price_ticks <= order.tag)
    floor.draw("bid 100 1 bob\nbid 99 1 bob\nbid 98 1 bob\nbid 97 1 bob")
    stops = [waiting(floor, "carl", SELL, "1", "90", tag=ticks) for ticks in (980, 1_000, 990)]
    floor.place(floor.order("ann", SELL, "1", at="100"))
    assert floor.tape() == ["1 at 100", "1 at 99", "1 at 98", "1 at 97"]
    assert [stop.status for stop in stops] == [OrderStatus.FILLED] * 3
    lowest, highest, middle = stops
    assert highest.triggered_ns < middle.triggered_ns < lowest.triggered_ns


def test_a_command_waits_for_so_much_and_the_rest_goes_on_at_the_same_moment(
    sets_off: Callable[[Waits], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade, "MAX_STARTED", 3)
    floor = Floor(fees=NO_FEES)
    sets_off(every_trade)
    waits = [waiting(floor, "carl", BUY, "1", "50") for _ in range(10)]
    floor.draw("ask 100 1 bob")
    floor.place(floor.order("ann", BUY, "1", at="100"))
    state, moment_ns = floor.machine.state, floor.machine.state.now_ns
    assert [order.status for order in waits] == [OrderStatus.OPEN] * 3 + [OrderStatus.PENDING] * 7
    was_behind = state.is_behind
    floor.now_ns += 10**12
    floor.apply(PassTime())
    assert (was_behind, state.is_behind) == (True, False)
    assert [order.status for order in waits] == [OrderStatus.OPEN] * 10
    assert {order.touched_ns for order in waits} == {moment_ns}
    assert state.now_ns == floor.now_ns


def test_what_waits_for_its_turn_can_be_canceled(
    sets_off: Callable[[Waits], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade, "MAX_STARTED", 0)
    monkeypatch.setattr(machine_module, "MAX_DUE", 1)
    floor = Floor(fees=NO_FEES)
    sets_off(every_trade)
    first_one, second = (waiting(floor, "carl", BUY, "1", "50") for _ in "12")
    floor.draw("ask 100 1 bob")
    floor.place(floor.order("ann", BUY, "1", at="100"))
    assert [order.status for order in (first_one, second)] == [OrderStatus.PENDING] * 2
    floor.apply(CancelOrders(second.account_id, (second.order_id,)))
    assert [order.status for order in (first_one, second)] == [OrderStatus.OPEN, OrderStatus.CANCELED]
    assert floor.machine.state.next_due_ns is None


def chain(floor: Floor) -> None:
    """A trade that sets off four orders, of which each meets one of bob's."""
    floor.draw("bid 100 1 bob\nbid 99 1 bob\nbid 98 1 bob\nbid 97 1 bob\nbid 96 1 bob")
    for ticks in (1_000, 1_000, 990, 970):
        waiting(floor, "carl", SELL, "1", "90", tag=ticks)
    floor.place(floor.order("ann", SELL, "1", at="100"))


def below(order: Order, trade: Trade) -> bool:
    """A trade at or below the price that is the order's mark sets it off."""
    return order.tag is not None and trade.price_ticks <= order.tag


@pytest.mark.parametrize("maximum", [0, 1, 2, 100])
def test_however_much_a_command_waits_for_the_world_becomes_the_same(
    sets_off: Callable[[Waits], None], monkeypatch: pytest.MonkeyPatch, maximum: int
) -> None:
    sets_off(below)
    worlds = []
    for each in (100, maximum):
        monkeypatch.setattr(cascade, "MAX_STARTED", each)
        floor = Floor(fees=NO_FEES)
        chain(floor)
        floor.apply(PassTime())
        worlds.append(floor.machine.fingerprint())
        assert floor.tape() == ["1 at 100", "1 at 99", "1 at 98", "1 at 97", "1 at 96"]
    assert worlds[0] == worlds[1]


def test_what_waits_for_its_turn_outlives_a_restart(
    sets_off: Callable[[Waits], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sets_off(below)
    whole, broken = Floor(fees=NO_FEES), Floor(fees=NO_FEES)
    chain(whole)
    monkeypatch.setattr(cascade, "MAX_STARTED", 1)
    store = Store(SqliteMemory())
    store.begin_world(1, 0, "")
    broken.commit_to = lambda changes: store.commit(store.batch(changes, broken.machine.state, ""))
    chain(broken)
    fresh = Floor(fees=NO_FEES).machine.state
    store.load(fresh)
    store.close()
    assert sum(order.status is OrderStatus.PENDING for order in fresh.live_orders.values()) == 3
    machine = Machine(fresh)
    for _ in range(4):
        machine.apply(PassTime(), broken.now_ns)
    whole.apply(PassTime())
    assert machine.fingerprint() == whole.machine.fingerprint()
