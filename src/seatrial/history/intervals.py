"""How long a candle is and where it begins.

All fixed lengths begin at multiples of themselves from the epoch, in UTC, so weeks begin on Thursday.
Source: market-data#alignment. Decided: names for the calendar's weeks and months, as charts elsewhere draw them.
"""

import re
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from seatrial.history.errors import HistoryError
from seatrial.history.ticks import SECOND_NS

CALENDAR_WEEK: Final = "calendar-week"
CALENDAR_MONTH: Final = "calendar-month"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LENGTH: Final = re.compile(r"([0-9]{1,9})([smhdw])?", re.ASCII)
_MAX_S: Final = 10 * 366 * 86400
_MONDAY_S: Final = 4 * 86400
"""From the epoch, a Thursday, to the first Monday."""
_YEAR_MONTHS: Final = 12


class Interval(Struct, frozen=True):
    """The lengths of time that candles are made of. They are numbered; where number 0 lies says nothing."""

    name: str
    length_s: int
    """0 for months, which differ."""
    offset_s: int = 0

    def number_sql(self, time_ns: str) -> str:
        """In SQL, the number of the interval that holds a time."""
        if not self.length_s:
            at = f"make_timestamp({time_ns} // 1000)"
            return f"(year({at}) * {_YEAR_MONTHS} + month({at}) - 1)"
        return f"(({time_ns} - {self.offset_s * SECOND_NS}) // {self.length_s * SECOND_NS})"

    def start_sql(self, number: str) -> str:
        """In SQL, where an interval begins, in seconds."""
        if not self.length_s:
            first = f"make_date({number} // {_YEAR_MONTHS}, {number} % {_YEAR_MONTHS} + 1, 1)"
            return f"epoch({first})::BIGINT"
        return f"({number} * {self.length_s} + {self.offset_s})"

    def number(self, time_ns: int) -> int:
        """The number of the interval that holds a time."""
        if not self.length_s:
            at = datetime.fromtimestamp(time_ns // SECOND_NS, UTC)
            return at.year * _YEAR_MONTHS + at.month - 1
        return (time_ns - self.offset_s * SECOND_NS) // (self.length_s * SECOND_NS)

    def start_ns(self, number: int) -> int:
        """Where an interval begins."""
        if not self.length_s:
            year, month = divmod(number, _YEAR_MONTHS)
            return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * SECOND_NS
        return (number * self.length_s + self.offset_s) * SECOND_NS

    def at_or_after(self, time_ns: int) -> int:
        """The number of the first interval that begins there or later."""
        number = self.number(time_ns)
        return number if self.start_ns(number) == time_ns else number + 1


def read_interval(text: str) -> Interval:
    """7m, 90s, 4h, 15d, 2w; a bare number is minutes, as Kraken counts them. `HistoryError` for anything else."""
    if text == CALENDAR_WEEK:
        return Interval(text, _UNITS["w"], _MONDAY_S)
    if text == CALENDAR_MONTH:
        return Interval(text, 0)
    match = _LENGTH.fullmatch(text)
    length_s = int(match[1]) * _UNITS[match[2] or "m"] if match else 0
    if not 0 < length_s <= _MAX_S:
        raise HistoryError(
            f"{text!r} is no interval: one like 30s, 7m, 4h, 1d, 2w, {CALENDAR_WEEK} or {CALENDAR_MONTH}"
        )
    return Interval(text if match and match[2] else f"{text}m", length_s)
