"""Work of any length is done in steps: many cancels, timers and expiries, and others come in between."""

from bisect import bisect_left, insort
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core import fingerprint, firing
from seatrial.core.commands import CancelOrders, PassTime, PlaceOrder, SetCancelTimer
from seatrial.core.findings import OrdersCanceled
from seatrial.core.machine import MAX_DUE, Machine
from seatrial.core.orders import EndReason, OrderKind, OrderStatus, Side
from seatrial.core.rejects import Reject
from seatrial.core.timers import Due, Timer, Timers
from seatrial.store.store import open_store
from tests.support.any_commands import OPENING, new_machine, new_state
from tests.support.trading_floor import NO_FEES, SECOND_NS, START_NS, Floor

BUY = Side.BUY
MANY = 2 * MAX_DUE + 10


@pytest.fixture
def floor() -> Floor:
    """Ann and bob."""
    floor = Floor(fees=NO_FEES)
    floor.trader("ann")
    floor.trader("bob")
    return floor


def canceled(floor: Floor, **what: object) -> tuple[int, bool]:
    """How many orders of ann's one step ended, and whether there are more."""
    done = floor.apply(CancelOrders(1, **what))[-1]  # type: ignore[arg-type]
    assert isinstance(done, OrdersCanceled)
    return done.count, done.more


def live(floor: Floor, name: str = "ann") -> list[int]:
    """The numbers of the orders that somebody has."""
    return list(floor.trader(name).orders)


def test_a_cancel_in_steps_takes_the_oldest_first_and_says_whether_there_are_more(floor: Floor) -> None:
    for _ in range(5):
        floor.place(floor.order("ann", BUY, "1", at="100"))
    assert canceled(floor, everything=True, maximum=2) == (2, True)
    assert live(floor) == [3, 4, 5]
    assert canceled(floor, everything=True, maximum=2) == (2, True)
    assert canceled(floor, everything=True, maximum=2) == (1, False)
    assert canceled(floor, everything=True, maximum=2) == (0, False)


def test_a_cancel_in_steps_leaves_the_orders_that_were_placed_since_it_began(floor: Floor) -> None:
    for number in range(4):
        floor.place(floor.order("ann", BUY, "1", at="100", tag=7))
        assert number < 3 or canceled(floor, tags=(7,), up_to_id=4, maximum=3) == (3, True)
    floor.place(floor.order("ann", BUY, "1", at="100", tag=7))
    assert canceled(floor, tags=(7,), up_to_id=4, maximum=3) == (1, False)
    assert live(floor) == [5]
    assert floor.refusal(CancelOrders(1, tags=(7,), up_to_id=4)) is Reject.ORDER_UNKNOWN


def test_all_of_some_markets_are_canceled_and_no_others(floor: Floor) -> None:
    floor.open("cid", BTC="10", USD="100000", ETH="10")
    for market in ("BTC/USD", "ETH/USD", "BTC/USD"):
        command = floor.order("cid", BUY, "1", at="100")
        floor.place(type(command)(command.account_id, market, BUY, command.kind, 10_000, 10**7))
    done = floor.apply(CancelOrders(3, everything=True, markets=("BTC/USD", "NONE/USD", "BTC/USD")))[-1]
    assert done == OrdersCanceled(2)
    assert [order.market for order in floor.trader("cid").orders.values()] == ["ETH/USD"]


def test_of_more_than_a_command_waits_for_the_rest_is_done_by_those_that_follow(floor: Floor) -> None:
    """And time stands still until all is done."""
    for _ in range(MANY):
        floor.place(floor.order("ann", BUY, "1", at="100", expires_in=60))
    due_ns = floor.now_ns + 60 * SECOND_NS
    floor.wait(90)
    state = floor.machine.state
    assert len(live(floor)) == MANY - MAX_DUE
    assert (state.is_behind, state.now_ns) == (True, due_ns)
    late = floor.place(floor.order("bob", BUY, "1", at="90"))
    assert late.opened_ns == due_ns
    assert len(live(floor)) == MANY - 2 * MAX_DUE
    floor.apply(PassTime())
    assert (live(floor), state.is_behind, state.now_ns) == ([], False, due_ns + 30 * SECOND_NS)
    assert late.status is OrderStatus.OPEN


def test_a_timer_of_many_orders_cancels_those_that_were_open_when_it_fired(floor: Floor) -> None:
    older = [floor.place(floor.order("ann", BUY, "1", at="100")) for _ in range(MANY)]
    floor.apply(SetCancelTimer(1, 60 * SECOND_NS))
    floor.wait(60)
    assert floor.trader("ann").cancel_timer is None
    assert sum(order.is_live for order in older) == MANY - MAX_DUE
    younger = floor.place(floor.order("ann", BUY, "1", at="100"))
    floor.apply(PassTime())
    assert {(order.status, order.end_reason) for order in older} == {(OrderStatus.CANCELED, EndReason.USER_REQUESTED)}
    assert live(floor) == [younger.order_id]
    assert floor.trader("ann").fired_timer is None


def test_a_timer_that_is_set_anew_does_not_stop_the_one_that_fired(floor: Floor) -> None:
    older = [floor.place(floor.order("ann", BUY, "1", at="100")) for _ in range(MANY)]
    floor.apply(SetCancelTimer(1, 60 * SECOND_NS))
    floor.wait(60)
    floor.apply(SetCancelTimer(1, 60 * SECOND_NS))
    younger = floor.place(floor.order("ann", BUY, "1", at="100"))
    floor.apply(PassTime())
    assert not any(order.is_live for order in older)
    floor.wait(59)
    assert younger.is_live
    floor.wait(1)
    assert not younger.is_live


def test_a_timer_at_work_goes_on_after_a_start() -> None:
    machine, store = new_machine(), open_store(None)
    store.begin_world(7, 0, "")
    order = PlaceOrder(1, "BTC/USD", BUY, OrderKind.LIMIT, 100, 10**7)
    for command in (*OPENING, *[order] * MANY, SetCancelTimer(1, 60 * SECOND_NS)):
        assert not isinstance(machine.apply(command, START_NS), Reject)
    machine.apply(PassTime(), START_NS + 60 * SECOND_NS)
    store.commit(store.batch(machine.take_changes(), machine.state, ""))
    again = Machine(new_state())
    store.load(again.state)
    store.close()
    assert fingerprint.facts(again.state) == fingerprint.facts(machine.state)
    assert again.state.accounts[1].fired_timer is not None
    for each in (machine, again):
        each.apply(PassTime(), START_NS + 60 * SECOND_NS)
        each.apply(PassTime(), START_NS + 60 * SECOND_NS)
        assert not each.state.accounts[1].orders
    assert again.fingerprint() == machine.fingerprint()


def test_timers_of_orders_that_ended_early_do_not_pile_up(floor: Floor) -> None:
    """An order for a day that is canceled at once is forgotten, not kept for a day."""
    for _ in range(20_000):
        order = floor.place(floor.order("ann", BUY, "1", at="100", expires_in=86_400))
        canceled(floor, order_ids=(order.order_id,))
    assert len(floor.machine.state.timers) <= 64 * 64


def test_a_timer_that_is_set_again_and_again_leaves_few_behind(floor: Floor) -> None:
    for _ in range(1_000):
        floor.apply(SetCancelTimer(1, 86_400 * SECOND_NS))
    assert len(floor.machine.state.timers) <= 64


def test_what_happens_next_is_known_though_many_timers_before_it_were_stopped(floor: Floor) -> None:
    orders = [floor.place(floor.order("ann", BUY, "1", at="100", expires_in=60 + n)) for n in range(50)]
    canceled(floor, order_ids=tuple(order.order_id for order in orders[:-1]))
    assert floor.machine.state.next_due_ns == orders[-1].expires_ns
    canceled(floor, order_ids=(50,))
    assert floor.machine.state.next_due_ns is None


def test_a_timer_that_is_set_anew_at_the_moment_of_the_old_one_does_not_fire(floor: Floor) -> None:
    """The world is behind: the old one is due, but what comes before it is not done yet."""
    for _ in range(MANY):
        floor.place(floor.order("bob", BUY, "1", at="100", expires_in=60))
    own = floor.place(floor.order("ann", BUY, "1", at="100"))
    floor.apply(SetCancelTimer(1, 60 * SECOND_NS))
    floor.wait(60)
    assert floor.machine.state.is_behind
    floor.apply(SetCancelTimer(1, 60 * SECOND_NS))
    floor.wait(1)
    assert (own.is_live, floor.machine.state.is_behind) == (True, False)
    floor.wait(60)
    assert not own.is_live


@given(st.integers(0, 2**32))
def test_timers_fire_in_the_order_of_a_sorted_list(seed: int) -> None:
    """All that are set, each once, and none that was stopped."""
    luck, timers = Random(seed), Timers()  # noqa: S311  a test's luck
    waiting: list[Due] = []
    stopped: list[Due] = []
    for _ in range(luck.choice((10, 300, 3_000))):
        step = luck.random()
        if step < 1 / 2:
            due = (luck.randint(0, 50), luck.randint(1, 4), luck.randint(1, luck.choice((2, 500))))
            due = luck.choice(stopped) if stopped and luck.random() < 1 / 4 else due
            timers.set(due)
            if due not in waiting[bisect_left(waiting, due) :][:1]:
                insort(waiting, due)
        elif step < 3 / 4 and waiting:
            due = waiting.pop(luck.randrange(len(waiting)))
            stopped.append(due)
            timers.stop(due)
            timers.stop(due)
        elif waiting:
            assert timers.pop() == waiting.pop(0)
        assert timers.next_due_ns == (waiting[0][0] if waiting else None)
    assert list(timers) == waiting
    assert [timers.pop() for _ in waiting] == waiting
    assert (timers.next_due_ns, len(timers)) == (None, 0)


def test_every_kind_of_timer_has_its_row() -> None:
    assert set(firing.TABLE) == set(Timer)
