"""Tables in plain text, in which nothing is ever broken: an id is there to be copied.

In a pipe every row is one line. On a terminal that is too narrow for that, the last columns of each row stand below it
with their names, so the columns are given with the most important one first.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from msgspec import Struct
from rich.cells import cell_len

GAP: Final = "  "
INDENT: Final = "    "
BETWEEN: Final = ", "
"""What a list of things is broken at where it is too long for a line."""

_NUMBER: Final = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?(?: %)?", re.ASCII)


class Grid(Struct, frozen=True):
    """A table."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    caption: str = ""
    """One line below it."""


def lines_of(grid: Grid, width: int | None) -> Iterator[str]:
    """The lines of a table, as wide as that at most wherever no word is longer; None: as wide as it gets."""
    rows = [tuple(_printable(cell) for cell in row) for row in grid.rows]
    widths = [max(cell_len(row[place]) for row in (grid.columns, *rows)) for place in range(len(grid.columns))]
    beside = _beside(widths, width)
    numbers = [all(_NUMBER.fullmatch(row[place]) for row in rows if row[place]) for place in range(beside)]
    for row in (grid.columns, *rows):
        yield GAP.join(map(_filled, row, widths, numbers)).rstrip()
        if row is not grid.columns:
            yield from _below(grid.columns[beside:], row[beside:], width)
    if grid.caption:
        yield grid.caption


def _beside(widths: Sequence[int], width: int | None) -> int:
    """How many columns fit beside each other; at least the first."""
    ends = accumulate(widths, lambda end, more: end + len(GAP) + more)
    return len(widths) if width is None else max(1, sum(end <= width for end in ends))


def _filled(cell: str, width: int, is_number: bool) -> str:  # noqa: FBT001  `map` knows no names
    space = " " * (width - cell_len(cell))
    return space + cell if is_number else cell + space


def _below(columns: Iterable[str], cells: Iterable[str], width: int | None) -> Iterator[str]:
    """The cells that did not fit, with their names, as many on a line as can be."""
    line = ""
    for column, cell in zip(columns, cells, strict=True):
        if cell:
            for part in _parts(f"{column.lower()} {cell}", (width or 0) - len(INDENT)):
                if line and cell_len(INDENT + line + GAP + part) > (width or 0):
                    yield INDENT + line
                    line = ""
                line = f"{line}{GAP}{part}" if line else part
    if line:
        yield INDENT + line


def _parts(text: str, width: int) -> Iterator[str]:
    """A text that is too long for a line, broken between the things that it lists."""
    line = ""
    for thing in text.split(BETWEEN):
        longer = f"{line}{BETWEEN}{thing}" if line else thing
        if line and cell_len(longer) >= width:
            yield f"{line},"
            longer = thing
        line = longer
    yield line


def _printable(cell: str) -> str:
    """Without what would move the cursor: a name is anybody's text."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in cell)
