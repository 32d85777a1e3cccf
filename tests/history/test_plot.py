"""The chart shows what the candles say."""

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from seatrial.history.plot.axes import decimals_for, round_powers, round_steps, time_marks
from seatrial.history.plot.page import MAX_BARS as MAX_BARS_OF_A_PAGE
from seatrial.history.plot.scene import DOWN, DOWN_VOLUME, HEIGHT, MAX_BARS, UP, UP_VOLUME, WIDTH
from tests.support.stored_trades import Run

BASE = 1_559_347_200
DAY = 86_400
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def market(run: Run, tmp_path: Path) -> None:
    """Three minutes: one up, one down, one without a move; then a quiet one and a last trade."""
    trades = [(0, 10), (5, 30), (9, 20), (60, 20), (70, 5), (80, 10), (120, 10), (240, 15)]
    path = tmp_path / "XBTUSD.csv"
    path.write_text("".join(f"{BASE + at},{price},1\n" for at, price in trades))
    run("history", "import", path)


def draw(run: Run, path: Path, interval: str = "1m") -> Path:
    """Have it drawn."""
    result = run("candles", "XBTUSD", "--interval", interval, "--plot", path)
    assert result.stdout == ""
    assert f"drawn in {path}" in result.stderr.replace("\n", "")
    return path


def boxes(path: Path, color: str) -> list[tuple[float, float, float, float]]:
    """The rectangles of one colour: left, top, width and height."""
    root = ET.parse(path).getroot()  # noqa: S314  our own file
    return [
        (float(r.attrib["x"]), float(r.attrib["y"]), float(r.attrib["width"]), float(r.attrib["height"]))
        for r in root.iter(f"{SVG}rect")
        if r.attrib["fill"] == color
    ]


@pytest.mark.usefixtures("market")
def test_each_candle_has_a_wick_and_a_body_of_its_colour(run: Run, tmp_path: Path) -> None:
    path = draw(run, tmp_path / "chart.svg")
    ups, downs = boxes(path, UP), boxes(path, DOWN)
    assert (len(ups) - 1, len(downs)) == (2 * 3, 2), "the last price has a label of its own"
    wick, body = ups[0], ups[1]
    assert wick[0] + wick[2] / 2 == pytest.approx(body[0] + body[2] / 2)
    assert wick[3] == pytest.approx(2 * body[3], rel=0.02)
    assert wick[1] < body[1]


@pytest.mark.usefixtures("market")
def test_volume_bars_are_as_high_as_the_volume(run: Run, tmp_path: Path) -> None:
    bars = boxes(draw(run, tmp_path / "chart.svg"), UP_VOLUME)
    assert [round(bar[3] / bars[0][3], 2) for bar in bars] == [1, 0.33, 0.33]


@pytest.mark.usefixtures("market")
def test_a_quiet_minute_leaves_its_place_empty(run: Run, tmp_path: Path) -> None:
    lefts = [box[0] for box in boxes(draw(run, tmp_path / "chart.svg"), UP_VOLUME)]
    assert (lefts[2] - lefts[1]) / (lefts[1] - lefts[0]) == pytest.approx(1, abs=0.02)


@pytest.mark.usefixtures("market")
def test_the_words_say_what_is_drawn(run: Run, tmp_path: Path) -> None:
    root = ET.parse(draw(run, tmp_path / "chart.svg")).getroot()  # noqa: S314  our own file
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words[0] == "XBT/USD · 1m"
    assert "2019-06-01 00:00 to 2019-06-01 00:05 UTC · 5 intervals · XBTUSD.csv" in words
    assert "15.0" in words


@pytest.mark.usefixtures("market")
def test_the_png_is_the_same_picture(run: Run, tmp_path: Path) -> None:
    svg, png = draw(run, tmp_path / "chart.svg"), draw(run, tmp_path / "chart.png")
    with Image.open(png) as image:
        assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
        for color in (UP, DOWN, UP_VOLUME):
            left, top, width, height = boxes(svg, color)[1 if color == UP else 0]
            middle = (int(left + width / 2), int(top + height / 2))
            assert image.getpixel(middle) == tuple(bytes.fromhex(color[1:]))


@pytest.mark.usefixtures("market")
def test_the_page_carries_the_exact_numbers_and_loads_nothing(run: Run, tmp_path: Path) -> None:
    text = draw(run, tmp_path / "chart.html").read_text()
    match = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert match is not None
    data = json.loads(match[1])
    assert data["bars"][0] == [BASE, "10.0", "30.0", "10.0", "20.0", "20.0", "3.00000000", 3]
    assert len(data["bars"]) == 4
    assert not re.search(r"""(?:src|href)=|https?://|@import|fetch\(|\{\{""", text)


def test_more_candles_than_pixels_are_drawn_together(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "XBTUSD.csv"
    path.write_text("".join(f"{BASE + 60 * n},{100 + n % 7},1\n" for n in range(3 * MAX_BARS)))
    run("history", "import", path)
    svg = draw(run, tmp_path / "chart.svg")
    assert MAX_BARS / 2 < len(boxes(svg, UP_VOLUME) + boxes(svg, DOWN_VOLUME)) <= MAX_BARS
    assert "870 intervals, 4 in a bar" in svg.read_text()
    assert "870 intervals ·" in draw(run, tmp_path / "chart.html").read_text()
    assert 3 * MAX_BARS < MAX_BARS_OF_A_PAGE


def test_prices_that_grow_manyfold_are_drawn_by_ratio(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "XBTUSD.csv"
    path.write_text("".join(f"{BASE + 60 * n},{10 ** (n + 1)},1\n" for n in range(4)))
    run("history", "import", path)
    svg = draw(run, tmp_path / "chart.svg")
    tops = [box[1] for box in boxes(svg, UP) if box[3] == 1.0][::2]
    steps = [before - after for before, after in pairwise(tops)]
    assert steps == [pytest.approx(steps[0], abs=0.2)] * 3
    assert "logarithmic" in svg.read_text()


@pytest.mark.parametrize("price", ["0.000000012", "5", "123456789"])
def test_one_price_alone_can_be_drawn(run: Run, tmp_path: Path, price: str) -> None:
    path = tmp_path / "XBTUSD.csv"
    path.write_text(f"{BASE},{price},0\n")
    run("history", "import", path)
    for ending in ("svg", "png", "html"):
        assert draw(run, tmp_path / f"chart.{ending}").stat().st_size > 1_000


def test_months_and_weeks_can_be_drawn(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "XBTUSD.csv"
    path.write_text("".join(f"{BASE + DAY * n},{100 + n % 7},1\n" for n in range(900)))
    run("history", "import", path)
    for interval in ("calendar-month", "1w"):
        assert "2020" in draw(run, tmp_path / "chart.svg", interval).read_text()


@pytest.mark.usefixtures("market")
def test_nothing_to_draw_is_told(run: Run, tmp_path: Path) -> None:
    words = ("candles", "XBTUSD", "--interval", "1m", "--from", "2031-01-01", "--plot", tmp_path / "chart.png")
    assert "nothing to draw" in run(*words, fails=2).output


@pytest.mark.usefixtures("market")
def test_a_chart_and_its_numbers_can_be_had_at_once(run: Run, tmp_path: Path) -> None:
    words = ("candles", "XBTUSD", "--interval", "1m", "--plot", tmp_path / "chart.png", "--format", "csv")
    assert run(*words).stdout.count("\n") == 5


def test_marks_are_round() -> None:
    assert round_steps(8_012, 8_988, 5) == [8_200, 8_400, 8_600, 8_800]
    assert round_powers(70, 2_400) == [100, 200, 500, 1_000, 2_000]
    assert decimals_for([0.25, 0.5], 4) == 2
    assert decimals_for([1 / 3], 2) == 2


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (40, ["1 Jun", "00:00:05", "00:00:10"]),
        (7_200, ["1 Jun", "00:15", "00:30"]),
        (10 * DAY, ["Jun 2019", "2 Jun", "3 Jun"]),
        (100 * DAY, ["3 Jun", "17 Jun", "Jul 2019"]),
        (900 * DAY, ["Jul", "Oct", "2020"]),
        (5_000 * DAY, ["2020", "2022", "2024"]),
    ],
)
def test_times_are_marked_at_round_moments(length: int, labels: list[str]) -> None:
    found = [label for _, label, _ in time_marks(BASE, BASE + length, 12)]
    assert found[:3] == labels
    assert 3 <= len(found) <= 13
