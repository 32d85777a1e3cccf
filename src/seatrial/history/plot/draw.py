"""From candles to a picture in a file, by the end of its name."""

from pathlib import Path
from typing import Final

from seatrial.history.candles import Candles
from seatrial.history.errors import HistoryError
from seatrial.history.plot.bars import chart
from seatrial.history.plot.page import MAX_BARS as MAX_BARS_OF_A_PAGE
from seatrial.history.plot.page import page
from seatrial.history.plot.scene import MAX_BARS, scene
from seatrial.history.plot.svg import svg

ENDINGS: Final = (".png", ".svg", ".html")


def check_ending(path: Path) -> None:
    """`HistoryError` for a name that says no kind of picture."""
    if path.suffix.lower() not in ENDINGS:
        raise HistoryError(f"{path.name} must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")


def draw(candles: Candles, path: Path) -> None:
    """Draw them. `HistoryError` when there is nothing to draw, or the file cannot be written."""
    ending = path.suffix.lower()
    content = chart(candles, MAX_BARS_OF_A_PAGE if ending == ".html" else MAX_BARS)
    if content is None:
        raise HistoryError(f"no trades, so nothing to draw in {path}")
    try:
        if ending == ".html":
            path.write_text(page(content), encoding="utf-8")
        elif ending == ".svg":
            path.write_text(svg(scene(content), content.title), encoding="utf-8")
        else:
            from seatrial.history.plot.png import write_png  # noqa: PLC0415 - only a PNG needs Pillow

            write_png(scene(content), path)
    except OSError as error:
        raise HistoryError(f"{path} cannot be written: {error.strerror}") from error
