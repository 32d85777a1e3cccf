"""A chart as a page that zooms, pans and shows the exact numbers under the pointer. It loads nothing from anywhere."""

from importlib.resources import files
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from seatrial.history.plot.bars import Chart

MAX_BARS: Final = 20_000
"""Beyond these the page would be slow to load; 20,000 hours are more than two years."""


def page(chart: Chart) -> str:
    """The whole document."""
    data = {
        "title": chart.title,
        "subtitle": chart.subtitle,
        "ends": chart.ends_s,
        "decimals": chart.decimals,
        "bars": [[bar.time_s, *map(str, bar[1:7]), bar.trades] for bar in chart.bars],
    }
    template = files("seatrial.history.plot").joinpath("page.html").read_text(encoding="utf-8")
    json = msgspec.json.encode(data).decode().replace("<", "\\u003c")
    return template.replace("{{title}}", escape(chart.title)).replace("{{data}}", json)
