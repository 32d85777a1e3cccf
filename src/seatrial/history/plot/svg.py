"""A scene as SVG."""

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from seatrial.history.plot.scene import HEIGHT, WIDTH, Rect, Shape, Text

FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def svg(shapes: Iterable[Shape], title: str) -> str:
    """The whole document."""
    body = "\n".join(_rect(shape) if isinstance(shape, Rect) else _text(shape) for shape in shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' font-family={quoteattr(FONTS)} shape-rendering="crispEdges">\n<title>{escape(title)}</title>\n'
        f"{body}\n</svg>\n"
    )


def _rect(rect: Rect) -> str:
    return (
        f'<rect x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.width:.1f}" height="{rect.height:.1f}"'
        f' fill="{rect.color}"/>'
    )


def _text(text: Text) -> str:
    weight = ' font-weight="600"' if text.bold else ""
    return (
        f'<text x="{text.x:.1f}" y="{text.y:.1f}" font-size="{text.size}" fill="{text.color}"'
        f' text-anchor="{text.anchor}"{weight}>{escape(text.text)}</text>'
    )
