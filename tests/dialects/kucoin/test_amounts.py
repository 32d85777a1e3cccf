"""How amounts are written."""

import pytest

from seatrial.dialects.kucoin.amounts import moved, padded, short, usable


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [
        (1000059547, 8, "10.00059547"),
        (0, 8, "0"),
        (2550000000, 8, "25.5"),
        (-985, 1, "-98.5"),
        (100, 0, "100"),
        (1, 10, "0.0000000001"),
    ],
)
def test_amounts_are_as_short_as_they_are(units: int, scale: int, text: str) -> None:
    assert short(units, scale) == text


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [
        (159760080, 8, "1.59760080"),
        (0, 10, "0.00000000"),
        (49, 10, "0.00000000"),
        (50, 10, "0.00000001"),
        (12345, 2, "123.45000000"),
        (7, 0, "7.00000000"),
    ],
)
def test_padded_amounts_have_eight_decimals(units: int, scale: int, text: str) -> None:
    assert padded(units, scale) == text


@pytest.mark.parametrize(
    ("units", "scale", "rounded", "cut"),
    [
        (12_345, 10, 123, 123),
        (12_351, 10, 124, 123),
        (1, 10, 1, 0),
        (0, 10, 0, 0),
        (-1, 10, 0, -1),
        (7, 2, 7 * 10**6, 7 * 10**6),
    ],
)
def test_what_is_finer_than_eight_decimals_is_rounded_in_a_ledger_and_cut_off_a_balance(
    units: int, scale: int, rounded: int, cut: int
) -> None:
    assert (moved(units, scale), usable(units, scale)) == (rounded, cut)
