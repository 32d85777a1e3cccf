"""A scene as PNG."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from seatrial.history.plot.scene import HEIGHT, WIDTH, Rect, Shape, Text

_ANCHORS: Final = {"start": "ls", "middle": "ms", "end": "rs"}


def write_png(shapes: Iterable[Shape], path: Path) -> None:
    """Draw it. Pillow brings a typeface of its own, so it looks the same everywhere."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(image)
    for shape in shapes:
        if isinstance(shape, Rect):
            _rect(pen, shape)
        else:
            _text(pen, shape)
    image.save(path, "PNG", optimize=True)


def _rect(pen: ImageDraw.ImageDraw, rect: Rect) -> None:
    left, top = round(rect.x), round(rect.y)
    right, bottom = round(rect.x + rect.width) - 1, round(rect.y + rect.height) - 1
    pen.rectangle((left, top, max(left, right), max(top, bottom)), fill=rect.color)


def _text(pen: ImageDraw.ImageDraw, text: Text) -> None:
    font = ImageFont.load_default(text.size)
    place = (text.x, text.y)
    pen.text(
        place, text.text, fill=text.color, font=font, anchor=_ANCHORS[text.anchor], stroke_width=0.4 if text.bold else 0
    )
