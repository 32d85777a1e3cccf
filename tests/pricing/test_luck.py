"""Luck is the same everywhere, and fair enough to look like luck."""

from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from seatrial.pricing.luck import draw, draw_on, key_of
from seatrial.pricing.walk import PPB, Walk, growth

DAY_NS = 86_400 * 10**9
START_NS = 1_790_812_800 * 10**9


def test_draws_are_the_same_on_every_machine() -> None:
    """The first is that of splitmix64 itself; another one would move every world's prices."""
    assert (draw(1), draw(1, 2), draw(2, 1)) == (10451216379200822465, 13608149317741381227, 16171810823986729605)
    assert key_of("BTC/USD") == key_of("BTC/USD") != key_of("BTC/EUR")


def test_a_purpose_more_can_be_added_later() -> None:
    assert draw_on(draw(7, 8), 9) == draw(7, 8, 9)


def test_draws_are_spread_evenly_over_all_bits() -> None:
    drawn = [draw(5, number) for number in range(4_000)]
    for bit in range(64):
        assert 1_800 < sum(bits >> bit & 1 for bits in drawn) < 2_200


def test_a_walk_is_a_function_of_time_whoever_asked_what_before() -> None:
    one, other = Walk(1, 2), Walk(1, 2)
    moments = [START_NS + step * 977_000_000 for step in range(500)]
    forwards = [one.at(moment) for moment in moments]
    backwards = [other.at(moment) for moment in reversed(moments)]
    assert forwards == backwards[::-1]


def test_walks_of_other_seeds_and_other_things_go_elsewhere() -> None:
    values = {Walk(seed, key).at(START_NS) for seed in range(10) for key in range(10)}
    assert len(values) == 100


@pytest.mark.parametrize(("step_ns", "expected"), [(DAY_NS, 1.0), (DAY_NS // 16, 0.25), (DAY_NS // 256, 0.0625)])
def test_a_walk_goes_as_far_as_a_walk_goes(step_ns: int, expected: float) -> None:
    """About a standard deviation of one in a day, and of the root of its part in a part of one."""
    found = []
    for key in range(6):
        walk = Walk(3, key)
        values = [walk.at(START_NS + step * step_ns) / PPB for step in range(300)]
        found += [after - before for before, after in pairwise(values)]
    assert abs(fmean(found)) < 0.1 * expected
    assert 0.75 * expected < pstdev(found) < 1.3 * expected


def test_a_walk_stays_near_where_it_began_for_years() -> None:
    walk = Walk(1, 1)
    assert max(abs(walk.at(START_NS + days * DAY_NS)) for days in range(0, 3_650, 5)) < 30 * PPB


@pytest.mark.parametrize(
    ("exponent", "factor"), [(0, 1.0), (0.05, 1.0513), (-0.05, 0.9512), (1.0, 2.718), (-2.0, 0.1353)]
)
def test_growth_is_nearly_exponential(exponent: float, factor: float) -> None:
    assert growth(int(exponent * PPB)) / PPB == pytest.approx(factor, rel=0.003)


def test_growth_is_never_nothing() -> None:
    assert growth(-(10**12)) >= 1
    assert growth(10**12) < 10**5 * PPB
