"""Which open orders a cancel takes: by id, by tag, by the client's own id, or all."""

import pytest

from seatrial.core.commands import CancelOrders
from seatrial.core.findings import OrdersCanceled
from seatrial.core.orders import EndReason, OrderStatus, Side
from tests.support.trading_floor import NO_FEES, Floor, drawn

BUY = Side.BUY


@pytest.fixture
def floor() -> Floor:
    """Five orders of ann, and one of bob with the same tag."""
    floor = Floor(fees=NO_FEES)
    floor.place(floor.order("ann", BUY, "1", at="100", tag=7))
    floor.place(floor.order("ann", BUY, "1", at="99", tag=7))
    floor.place(floor.order("ann", BUY, "1", at="98", tag=8))
    floor.place(floor.order("ann", BUY, "1", at="97", client_id="mine"))
    floor.place(floor.order("ann", BUY, "1", at="96"))
    floor.place(floor.order("bob", BUY, "1", at="95", tag=7))
    return floor


def prices_left(floor: Floor) -> list[str]:
    """The prices that are still in the book."""
    return [line.split()[1] for line in floor.book().splitlines()]


def test_a_cancel_by_id_takes_one_order(floor: Floor) -> None:
    assert floor.cancel("ann", ids=(5,)) == 1
    assert prices_left(floor) == ["100", "99", "98", "97", "95"]


def test_a_cancel_by_tag_takes_all_of_the_owners_orders_with_it(floor: Floor) -> None:
    assert floor.cancel("ann", tags=(7,)) == 2
    assert prices_left(floor) == ["98", "97", "96", "95"]


def test_a_cancel_by_client_id_takes_one_order(floor: Floor) -> None:
    assert floor.cancel("ann", client_ids=("mine",)) == 1
    assert prices_left(floor) == ["100", "99", "98", "96", "95"]


def test_selectors_add_up_and_an_order_named_twice_counts_once(floor: Floor) -> None:
    assert floor.cancel("ann", ids=(4, 1, 4), client_ids=("mine",)) == 2
    assert prices_left(floor) == ["99", "98", "96", "95"]


def test_tags_and_other_selectors_add_up_too(floor: Floor) -> None:
    assert floor.cancel("ann", ids=(1, 5), tags=(7, 8), client_ids=("mine",)) == 5
    assert prices_left(floor) == ["95"]


def test_what_some_selectors_name_is_canceled_even_if_others_name_nothing(floor: Floor) -> None:
    assert floor.cancel("ann", ids=(5, 99), client_ids=("theirs",)) == 1


def test_everything_is_all_of_the_owners_orders(floor: Floor) -> None:
    done = floor.apply(CancelOrders(1, everything=True))[-1]
    assert done == OrdersCanceled(5)
    assert floor.book() == drawn("bid 95 1 bob")


def test_everything_may_be_nothing(floor: Floor) -> None:
    floor.open("new", USD="1")
    assert floor.apply(CancelOrders(3, everything=True)) == (OrdersCanceled(0),)


def test_a_canceled_order_says_when_and_why(floor: Floor) -> None:
    order = floor.machine.state.live_orders[5]
    floor.now_ns += 1
    floor.cancel("ann", ids=(5,))
    assert (order.status, order.end_reason, order.closed_ns) == (
        OrderStatus.CANCELED,
        EndReason.USER_REQUESTED,
        floor.now_ns,
    )


def test_an_order_that_filled_in_part_keeps_its_fills_when_it_is_canceled(floor: Floor) -> None:
    floor.place(floor.order("bob", Side.SELL, "0.25", at="100"))
    order = floor.machine.state.live_orders[1]
    floor.cancel("ann", ids=(1,))
    assert (order.status, order.filled_lots, order.exact) == (OrderStatus.CANCELED, 25_000_000, 25_000_000 * 1_000)
