"""Exact numbers: what is read, what is refused, and which way each division goes."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.money import MAX_UNITS, div_ceil, div_half_up, format_units, parse_units, rescale_floor

SCALES = st.integers(0, 18)
AMOUNTS = st.integers(0, MAX_UNITS)
ANY_UNITS = st.integers(-MAX_UNITS, MAX_UNITS)
DENOMINATORS = st.integers(1, 10**12)


@pytest.mark.parametrize(
    ("text", "scale", "units"),
    [
        ("0", 0, 0),
        ("1", 8, 100_000_000),
        ("0.29", 2, 29),
        ("0.00000001", 8, 1),
        ("1.50", 1, 15),
        ("1.", 2, 100),
        (".5", 1, 5),
        ("007", 0, 7),
        ("1011.1908877900", 10, 10_111_908_877_900),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, scale: int, units: int) -> None:
    assert parse_units(text, scale) == units


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-1",
        "+1",
        "\u22121",
        "1e5",
        "1E5",
        "NaN",
        "Infinity",
        "0x10",
        "1_000",
        "1,000",
        "1,5",
        "1.2.3",
        " 1",
        "1 ",
        "1\n",
        "\t1",
        "1\u00a0",
        "\uff11\uff12",
        "\u0663",
        "1.\u0663",
        "\u00b2",
        "\u00bd",
        "1\x00",
        "9" * 31,
        "0." + "1" * 31,
        "0." + "0" * 31,
    ],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    assert parse_units(text, 8) is None


PLAIN = re.compile(r"(\d{1,30})(?:\.(\d{0,30}))?|\.(\d{1,30})", re.ASCII)
"""What a plain decimal is, said in another way."""


@given(
    st.one_of(st.text("0123456789.-e \u0663\n", max_size=40), st.from_regex(PLAIN, fullmatch=True), st.text()), SCALES
)
def test_a_text_is_read_if_and_only_if_it_is_a_plain_decimal_that_fits(text: str, scale: int) -> None:
    match = PLAIN.fullmatch(text)
    exact = match and Fraction(
        int((match[1] or "") + (match[2] or match[3] or "")), 10 ** len(match[2] or match[3] or "")
    )
    expected = int(exact * 10**scale) if exact is not None and (exact * 10**scale).denominator == 1 else None
    assert parse_units(text, scale) == expected


@pytest.mark.parametrize(("text", "scale"), [("0.1", 0), ("0.001", 2), ("1.000000001", 8)])
def test_a_decimal_finer_than_the_scale_is_refused(text: str, scale: int) -> None:
    assert parse_units(text, scale) is None


def test_zeros_beyond_the_scale_are_no_digits() -> None:
    assert parse_units("1.2000000000", 1) == 12
    assert parse_units("3.0000", 0) == 3


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [
        (0, 0, "0"),
        (0, 4, "0.0000"),
        (5, 0, "5"),
        (1, 8, "0.00000001"),
        (5, 1, "0.5"),
        (-1, 2, "-0.01"),
        (-250, 2, "-2.50"),
        (-7, 0, "-7"),
        (1_712_886_158, 4, "171288.6158"),
    ],
)
def test_units_are_written_with_all_their_decimals(units: int, scale: int, text: str) -> None:
    assert format_units(units, scale) == text


@given(units=AMOUNTS, scale=SCALES)
def test_what_is_written_is_read_back_as_it_was(units: int, scale: int) -> None:
    assert parse_units(format_units(units, scale), scale) == units


@given(units=ANY_UNITS, scale=SCALES)
def test_a_written_amount_is_the_amount(units: int, scale: int) -> None:
    assert Fraction(format_units(units, scale)) == Fraction(units, 10**scale)


@given(text=st.text(max_size=12) | st.from_regex(r"\A[0-9.eE+\-_ ]{1,12}\Z"), scale=SCALES)
def test_what_is_read_is_what_the_text_says(text: str, scale: int) -> None:
    units = parse_units(text, scale)
    if units is not None:
        assert set(text) <= set("0123456789.")
        assert Fraction(units, 10**scale) == Fraction(text.removesuffix("."))


@given(units=ANY_UNITS, scale=SCALES, to_scale=SCALES)
def test_a_coarser_scale_cuts_towards_minus_infinity(units: int, scale: int, to_scale: int) -> None:
    exact = Fraction(units, 10**scale) * 10**to_scale
    cut = rescale_floor(units, scale, to_scale)
    assert cut <= exact < cut + 1


@given(units=ANY_UNITS, scale=SCALES, finer=st.integers(0, 8))
def test_a_finer_scale_loses_nothing(units: int, scale: int, finer: int) -> None:
    assert rescale_floor(rescale_floor(units, scale, scale + finer), scale + finer, scale) == units


@pytest.mark.parametrize(
    ("numerator", "denominator", "nearest"),
    [(0, 3, 0), (1, 3, 0), (1, 2, 1), (2, 3, 1), (3, 2, 2), (5, 2, 3), (-1, 3, 0), (-2, 3, -1), (-1, 2, 0)],
)
def test_halves_go_up(numerator: int, denominator: int, nearest: int) -> None:
    assert div_half_up(numerator, denominator) == nearest


@given(numerator=ANY_UNITS, denominator=DENOMINATORS)
def test_the_nearest_is_never_further_than_half(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    error = div_half_up(numerator, denominator) - exact
    assert Fraction(-1, 2) < error <= Fraction(1, 2)


@given(numerator=ANY_UNITS, denominator=DENOMINATORS)
def test_rounding_up_never_falls_short_and_adds_less_than_one(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert exact <= div_ceil(numerator, denominator) < exact + 1


@given(parts=st.lists(st.integers(0, 10**12), max_size=8), denominator=DENOMINATORS)
def test_floors_of_the_parts_fit_under_the_ceiling_of_the_whole(parts: list[int], denominator: int) -> None:
    assert sum(part // denominator for part in parts) <= div_ceil(sum(parts), denominator)
