"""A ladder of quotes: believable, never crossed, and moved no more than it must be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.orders import Side
from seatrial.pricing.ladder import STEPS, Liquidity, Shape, moves, only, rungs_of
from tests.support.moved_world import crowded

SHAPE = Shape(1_049_900, 1_050_100, 100_000, 25_000, 10**8, 12_345)


@given(
    bid=st.integers(1, 10**9),
    spread=st.integers(1, 10**4),
    gap=st.integers(0, 10**9),
    top=st.integers(0, 10**12),
    luck=st.integers(0, 2**64 - 1),
)
def test_no_ladder_is_crossed_and_every_rung_can_be_quoted(
    bid: int, spread: int, gap: int, top: int, luck: int
) -> None:
    targets = list(rungs_of(Shape(bid, bid + spread, gap, 0, top, luck)))
    bids, asks = ([t for t in targets if t.side is side] for side in Side)
    assert max(t.price_ticks for t in bids) < min(t.price_ticks for t in asks)
    assert all(t.price_ticks >= 1 and (t.qty_lots >= 1 if top else t.qty_lots == 0) for t in targets)
    for rungs, outwards in ((bids, -1), (asks, 1)):
        prices = [t.price_ticks * outwards for t in rungs]
        assert prices == sorted(prices)


def test_below_an_ask_at_the_lowest_price_nobody_bids() -> None:
    targets = list(rungs_of(Shape(0, 1, 100_000, 0, 10**8, 12_345)))
    assert {target.side for target in targets if target.qty_lots} == {Side.SELL}


def test_farther_out_there_is_more() -> None:
    rungs = [t.qty_lots for t in rungs_of(SHAPE) if t.side is Side.BUY]
    assert len(rungs) == len(STEPS)
    assert sum(rungs[5:]) > 3 * sum(rungs[:5])


def test_luck_makes_rungs_unequal() -> None:
    first, second = (next(iter(rungs_of(SHAPE))) for _ in range(2))
    assert first == second
    assert len({t.qty_lots for t in rungs_of(SHAPE, 2)}) > 1


@pytest.mark.parametrize(
    ("liquidity", "sides"),
    [
        (Liquidity.BOTH, {Side.BUY, Side.SELL}),
        (Liquidity.BIDS, {Side.BUY}),
        (Liquidity.ASKS, {Side.SELL}),
        (Liquidity.NONE, set()),
    ],
)
def test_a_side_can_be_left_out(liquidity: Liquidity, sides: set[Side]) -> None:
    assert {target.side for target in only(rungs_of(SHAPE), liquidity) if target.qty_lots} == sides


def test_a_ladder_that_stands_well_is_left_alone() -> None:
    world = crowded()
    house, book = world.machine.state.house, world.market().book
    bid, ask = book.bids.best_ticks, book.asks.best_ticks
    assert house is not None
    assert bid is not None
    assert ask is not None

    def moved(off: int, slack_mt: int, *, anew: bool = False) -> int:
        targets = rungs_of(Shape(bid - off, ask + off, 0, slack_mt, 1, 0), 1)
        return len(moves(house, "BTC/USD", targets, anew=anew))

    assert moved(0, 0) == 0
    assert moved(1, 0) == 2
    assert moved(1, 1_000) == 0
    assert moved(0, 0, anew=True) == 2


def test_a_quote_that_is_half_used_up_is_placed_anew() -> None:
    world = crowded()
    house, ms = world.machine.state.house, world.market()
    assert house is not None
    order = house.by_client_id["BTC/USD sell 0"]
    world.order("ann", Side.BUY, f"{(order.open_lots + 1) * 6 // 10 / 10**8:.8f}", at_ns=world.machine.state.now_ns)
    shape = Shape(ms.book.bids.best_ticks or 0, order.price_ticks, 0, 0, order.qty_lots, 0)
    assert [(r.side, r.place) for r in moves(house, "BTC/USD", rungs_of(shape, 1))] == [(Side.SELL, 0)]
