"""The months that trades are filed under, in UTC."""

from datetime import UTC, datetime
from typing import Final

from seatrial.history.ticks import SECOND_NS

_YEAR_MONTHS: Final = 12


def month_of(time_ns: int) -> str:
    """2018-05."""
    return f"{datetime.fromtimestamp(time_ns // SECOND_NS, UTC):%Y-%m}"


def month_after(month: str) -> str:
    """2018-05 → 2018-06."""
    year, number = map(int, month.split("-"))
    years, index = divmod(number, _YEAR_MONTHS)
    return f"{year + years:04}-{index + 1:02}"


def start_ns(month: str) -> int:
    """Its first moment."""
    return int(datetime.fromisoformat(f"{month}-01T00:00:00+00:00").timestamp()) * SECOND_NS
