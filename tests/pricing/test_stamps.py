"""Trades of one time are told apart, and print it all the same."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.pricing.stamps import first_of

SECOND_NS = 10**9
NOWADAYS = st.integers(1_300_000_000 * SECOND_NS, 2_100_000_000 * SECOND_NS)
AS_PRINTED = st.integers(1_300_000_000 * 10**4, 2_100_000_000 * 10**4).map(lambda at: at * 10**5)


@given(st.one_of(NOWADAYS, AS_PRINTED), st.integers(1, 230))
def test_all_print_the_time_of_the_recording(at_ns: int, rows: int) -> None:
    first_ns = first_of(at_ns, rows)
    assert {(first_ns + place) / SECOND_NS for place in range(rows)} == {at_ns / SECOND_NS}


@given(st.integers(0, 4_000_000_000 * SECOND_NS))
def test_one_alone_has_its_very_time(at_ns: int) -> None:
    assert first_of(at_ns, 1) == at_ns


@given(NOWADAYS)
def test_too_many_begin_as_early_as_can_be(at_ns: int) -> None:
    first_ns = first_of(at_ns, 10_000)
    assert first_ns / SECOND_NS == at_ns / SECOND_NS
    assert (first_ns - 2) / SECOND_NS < at_ns / SECOND_NS
