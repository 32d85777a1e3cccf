"""Where an axis has its marks."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS_S: Final = (
    1, 5, 15, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY,
)  # fmt: skip
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60)
_MONTH_S: Final = 30 * _DAY
_MONDAY_S: Final = 4 * _DAY
_YEAR_MONTHS: Final = 12
_MAX_DECIMALS: Final = 12


def round_steps(low: float, high: float, marks: int) -> list[float]:
    """Round numbers between two, about so many."""
    rough = (high - low) / marks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]


def round_powers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between two numbers."""
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    marks = (factor * 10.0**power for power in range(first, last + 1) for factor in (1, 2, 5))
    return [mark for mark in marks if low <= mark <= high]


def decimals_for(marks: list[float], maximum: int) -> int:
    """As few decimals as show all marks apart, at most so many."""
    return next(
        (
            places
            for places in range(maximum)
            if all(math.isclose(round(mark, places), mark, rel_tol=1e-9, abs_tol=1e-15) for mark in marks)
        ),
        min(maximum, _MAX_DECIMALS),
    )


def time_marks(first_s: int, end_s: int, marks: int) -> list[tuple[int, str, bool]]:
    """Round moments: when, what to write there, and whether a new day, or year, begins."""
    rough = max((end_s - first_s) / marks, 1)
    step = next((step for step in _STEPS_S if step >= rough), None)
    moments = list(_months(first_s, end_s, rough) if step is None else _multiples(first_s, end_s, step))
    return [(at_s, *_label(at_s, step)) for at_s in moments]


def _multiples(first_s: int, end_s: int, step: int) -> Iterator[int]:
    offset = _MONDAY_S if step % (7 * _DAY) == 0 else 0
    at_s = -(-(first_s - offset) // step) * step + offset
    while at_s < end_s:
        yield at_s
        at_s += step


def _months(first_s: int, end_s: int, rough: float) -> Iterator[int]:
    step = next((step for step in _MONTH_STEPS if step * _MONTH_S >= rough), _MONTH_STEPS[-1])
    first = datetime.fromtimestamp(first_s, UTC)
    number = (first.year * _YEAR_MONTHS + first.month - 1) // step * step
    while (at_s := _month_start(number)) < end_s:
        if at_s >= first_s:
            yield at_s
        number += step


def _month_start(number: int) -> int:
    year, month = divmod(number, _YEAR_MONTHS)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp())


def _label(at_s: int, step: int | None) -> tuple[str, bool]:
    at = datetime.fromtimestamp(at_s, UTC)
    if step is None:
        return (f"{at:%Y}", True) if at.month == 1 else (f"{at:%b}", False)
    if step >= _DAY:
        return (f"{at:%b %Y}" if at.month > 1 else f"{at:%Y}", True) if at.day == 1 else (f"{at.day} {at:%b}", False)
    if at_s % _DAY == 0:
        return f"{at.day} {at:%b}", True
    return f"{at:%H:%M}" if step >= _MINUTE else f"{at:%H:%M:%S}", False
