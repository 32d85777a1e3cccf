"""How amounts are written."""

import pytest

from seatrial.dialects.kucoin.amounts import padded, short


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
        (1, 10, "0.0000000001"),
        (12345, 2, "123.45000000"),
        (7, 0, "7.00000000"),
    ],
)
def test_padded_amounts_have_eight_decimals_at_least(units: int, scale: int, text: str) -> None:
    assert padded(units, scale) == text
