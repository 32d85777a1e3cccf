"""A candlestick chart with volume, as shapes on a plane: what SVG and PNG have in common."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from seatrial.history.plot.axes import decimals_for, round_powers, round_steps, time_marks
from seatrial.history.plot.bars import Bar, Chart

WIDTH: Final = 1600
HEIGHT: Final = 900
MAX_BARS: Final = 290
"""Each has five pixels or more, three of them for its body."""

PAPER, INK, FAINT, GRID, GRID_STRONG = "#ffffff", "#1b1f24", "#6a737d", "#eceff2", "#d3d8de"
UP, DOWN, UP_VOLUME, DOWN_VOLUME = "#0e9f6e", "#d9363e", "#a9ddca", "#f2b5b8"

_LEFT, _RIGHT, _TOP, _BOTTOM = 24, 110, 78, 44
_VOLUME_HEIGHT, _BETWEEN = 150, 22
_PRICE_MARKS, _TIME_MARKS = 9, 12
_LOGARITHMIC_FROM: Final = 8
"""If the highest price is so many times the lowest one, equal distances are equal ratios."""
_BODY: Final = 0.7
_LABEL_ROOM: Final = 60
_LABEL_HEIGHT: Final = 20
_THOUSAND: Final = 1000


class Rect(NamedTuple):
    """Filled; its corner is at the top left."""

    x: float
    y: float
    width: float
    height: float
    color: str


class Text(NamedTuple):
    """Its baseline begins, is centred or ends at the point."""

    x: float
    y: float
    text: str
    size: int
    color: str
    anchor: str = "start"
    bold: bool = False


Shape = Rect | Text
_Scale = Callable[[float], float]


def scene(chart: Chart) -> Iterator[Shape]:
    """Everything, back to front."""
    low, high = _extremes(chart)
    logarithmic = low > 0 and high / low >= _LOGARITHMIC_FROM
    bottom = HEIGHT - _BOTTOM - _VOLUME_HEIGHT - _BETWEEN
    y_of = _price_scale(low, high, bottom, logarithmic=logarithmic)
    x_of = _time_scale(chart)
    yield Rect(0, 0, WIDTH, HEIGHT, PAPER)
    yield from _heading(chart, logarithmic=logarithmic)
    yield from _price_axis(chart, y_of, logarithmic=logarithmic)
    yield from _time_axis(chart, x_of)
    yield from _volumes(chart, x_of)
    yield from _candles(chart, x_of, y_of)
    yield from _last_price(chart, y_of)


def _extremes(chart: Chart) -> tuple[float, float]:
    return float(min(bar.low for bar in chart.bars)), float(max(bar.high for bar in chart.bars))


def _price_scale(low: float, high: float, bottom: float, *, logarithmic: bool) -> _Scale:
    measure = math.log if logarithmic else float
    minimum, maximum = measure(low), measure(high)
    spread = (maximum - minimum) or abs(maximum) * 0.01 or 1.0
    minimum, spread = minimum - spread * 0.04, spread * 1.08
    return lambda price: bottom - (measure(price) - minimum) / spread * (bottom - _TOP)


def _time_scale(chart: Chart) -> _Scale:
    first_s = chart.bars[0].time_s
    return lambda time_s: _LEFT + (time_s - first_s) / (chart.ends_s - first_s) * (WIDTH - _LEFT - _RIGHT)


def _heading(chart: Chart, *, logarithmic: bool) -> Iterator[Shape]:
    first, last = _moment(chart.bars[0].time_s), _moment(chart.ends_s)
    yield Text(_LEFT, 36, chart.title, 24, INK, bold=True)
    scale = " · logarithmic" if logarithmic else ""
    yield Text(_LEFT, 60, f"{first} to {last} UTC · {chart.subtitle}{scale}", 14, FAINT)


def _price_axis(chart: Chart, y_of: _Scale, *, logarithmic: bool) -> Iterator[Shape]:
    low, high = _extremes(chart)
    if logarithmic:
        marks = round_powers(low, high)
    else:
        around = (high - low) * 0.02 or abs(high) * 0.005 or 0.5
        marks = round_steps(low - around, high + around, _PRICE_MARKS)
    decimals = decimals_for(marks, chart.decimals + 1)
    last = y_of(float(chart.bars[-1].close))
    for mark in marks:
        y = y_of(mark)
        yield Rect(_LEFT, y, WIDTH - _LEFT - _RIGHT, 1, GRID)
        if abs(y - last) > _LABEL_HEIGHT:
            yield Text(WIDTH - _RIGHT + 10, y + 5, f"{mark:,.{decimals}f}", 14, FAINT)


def _time_axis(chart: Chart, x_of: _Scale) -> Iterator[Shape]:
    for at_s, label, strong in time_marks(chart.bars[0].time_s, chart.ends_s, _TIME_MARKS):
        x = x_of(at_s)
        yield Rect(x, _TOP, 1, HEIGHT - _BOTTOM - _TOP, GRID_STRONG if strong else GRID)
        if x < WIDTH - _RIGHT - _LABEL_ROOM / 2:
            yield Text(x, HEIGHT - _BOTTOM + 22, label, 14, INK if strong else FAINT, "middle", strong)


def _volumes(chart: Chart, x_of: _Scale) -> Iterator[Shape]:
    maximum = float(max(bar.volume for bar in chart.bars)) or 1.0
    floor = HEIGHT - _BOTTOM
    yield Rect(_LEFT, floor, WIDTH - _LEFT - _RIGHT, 1, GRID_STRONG)
    for mark in round_steps(0, maximum, 3)[1:]:
        y = floor - mark / maximum * _VOLUME_HEIGHT
        yield Rect(_LEFT, y, WIDTH - _LEFT - _RIGHT, 1, GRID)
        yield Text(WIDTH - _RIGHT + 10, y + 5, _short(mark), 13, FAINT)
    yield Text(_LEFT + 4, floor - _VOLUME_HEIGHT - 4, "Volume", 13, FAINT)
    for bar in chart.bars:
        x, width = _body(bar, chart, x_of)
        height = max(float(bar.volume) / maximum * _VOLUME_HEIGHT, 1.0)
        yield Rect(x, floor - height, width, height, UP_VOLUME if bar.close >= bar.open else DOWN_VOLUME)


def _candles(chart: Chart, x_of: _Scale, y_of: _Scale) -> Iterator[Shape]:
    for bar in chart.bars:
        color = UP if bar.close >= bar.open else DOWN
        x, width = _body(bar, chart, x_of)
        top, bottom = y_of(float(max(bar.open, bar.close))), y_of(float(min(bar.open, bar.close)))
        wick = max(round(width / 8), 1)
        high, low = y_of(float(bar.high)), y_of(float(bar.low))
        yield Rect(x + (width - wick) / 2, high, wick, max(low - high, 1.0), color)
        yield Rect(x, top, width, max(bottom - top, 1.0), color)


def _last_price(chart: Chart, y_of: _Scale) -> Iterator[Shape]:
    bar = chart.bars[-1]
    y = y_of(float(bar.close))
    yield Rect(WIDTH - _RIGHT, y - 11, _RIGHT - 6, 22, UP if bar.close >= bar.open else DOWN)
    yield Text(WIDTH - _RIGHT + 10, y + 5, f"{bar.close:,.{chart.decimals}f}", 14, PAPER, bold=True)


def _body(bar: Bar, chart: Chart, x_of: _Scale) -> tuple[float, float]:
    """Left edge and width. All bars have one width, of whole pixels and odd, so that the wick stands in the middle."""
    slot = _slot(chart, x_of)
    width = max(int(slot * _BODY), 1)
    width -= 1 - width % 2
    return round(x_of(bar.time_s) + (slot - width) / 2), width


def _slot(chart: Chart, x_of: _Scale) -> float:
    """How wide the narrowest interval is; months differ."""
    starts = [bar.time_s for bar in chart.bars] + [chart.ends_s]
    length_s = min(after - before for before, after in pairwise(starts))
    return x_of(chart.bars[0].time_s + length_s) - _LEFT


def _moment(at_s: int) -> str:
    at = datetime.fromtimestamp(at_s, UTC)
    return f"{at:%Y-%m-%d %H:%M}" if at_s % 60 == 0 else f"{at:%Y-%m-%d %H:%M:%S}"


def _short(number: float) -> str:
    """1.5 K, 20 M."""
    for suffix in ("", " K", " M", " B"):
        if abs(number) < _THOUSAND:
            return f"{number:.3g}{suffix}"
        number /= _THOUSAND
    return f"{number:,.0f} T"
