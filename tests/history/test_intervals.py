"""Where candles begin. Source: market-data#alignment."""

from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.candles import MINUTES
from seatrial.history.errors import HistoryError
from seatrial.history.intervals import CALENDAR_MONTH, CALENDAR_WEEK, read_interval

SECOND = 10**9


def start_of(text: str, moment: str) -> str:
    """Where the interval that holds a moment begins."""
    interval = read_interval(text)
    at_ns = int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) * SECOND
    start_s = interval.start_ns(interval.number(at_ns)) // SECOND
    return datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize(
    ("text", "moment", "start"),
    [
        ("30s", "2024-02-29T12:34:56", "2024-02-29T12:34:30"),
        ("7m", "1970-01-01T00:13:59", "1970-01-01T00:07:00"),
        ("1", "2024-02-29T12:34:56", "2024-02-29T12:34:00"),
        ("240", "2024-02-29T13:34:56", "2024-02-29T12:00:00"),
        ("1d", "2024-02-29T13:34:56", "2024-02-29T00:00:00"),
        ("1w", "2021-01-06T23:59:59", "2020-12-31T00:00:00"),
        ("10080", "2021-01-07T00:00:00", "2021-01-07T00:00:00"),
        ("21600", "2021-05-17T23:59:59", "2021-05-03T00:00:00"),
        ("15d", "2025-01-12T00:00:00", "2025-01-12T00:00:00"),
        (CALENDAR_WEEK, "2021-01-07T05:00:00", "2021-01-04T00:00:00"),
        (CALENDAR_WEEK, "2021-01-10T23:59:59", "2021-01-04T00:00:00"),
        (CALENDAR_MONTH, "2024-02-29T13:34:56", "2024-02-01T00:00:00"),
        (CALENDAR_MONTH, "2023-12-31T23:59:59", "2023-12-01T00:00:00"),
    ],
)
def test_candles_begin_where_kraken_begins_them(text: str, moment: str, start: str) -> None:
    assert start_of(text, moment) == start


def test_krakens_nine_are_all_multiples_of_themselves() -> None:
    assert [read_interval(str(minutes)).length_s for minutes in MINUTES] == [60 * minutes for minutes in MINUTES]


@pytest.mark.parametrize("text", ["", "0", "0m", "7x", "m", "-5m", "1.5h", "7 m", "\u0667m", "9999999w", "month", "1M"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(HistoryError, match="is no interval"):
        read_interval(text)


@given(
    text=st.sampled_from(["1s", "7m", "13h", "1d", "1w", "15d", CALENDAR_WEEK, CALENDAR_MONTH]),
    at_ns=st.integers(10**18, 4 * 10**18),
)
def test_sql_and_python_agree(text: str, at_ns: int) -> None:
    interval = read_interval(text)
    number = interval.number(at_ns)
    sql = f"SELECT {interval.number_sql('t')} AS n, {interval.start_sql('n')} FROM (SELECT {at_ns}::BIGINT AS t)"
    assert duckdb.execute(sql).fetchall() == [(number, interval.start_ns(number) // SECOND)]
    assert interval.start_ns(number) <= at_ns < interval.start_ns(number + 1)
    assert interval.at_or_after(interval.start_ns(number)) == number
    assert interval.at_or_after(interval.start_ns(number) + 1) == number + 1
