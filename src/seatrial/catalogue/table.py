"""Strict reading of the CSV files: the first thing that is wrong ends it, with its file and line."""

import csv
import re
from collections.abc import Container, Iterator, Mapping
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from seatrial.core.money import MAX_UNITS, format_units, parse_units

_Choice = TypeVar("_Choice")

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_NS: Final = 86_400 * 10**9
_FIRST_DAY: Final = date(1970, 1, 1)


class CatalogueError(ValueError):
    """A data file cannot be used. Its text is one line: file, line, what is wrong."""


class Row:
    """One line of a table; each reader refuses, with a `CatalogueError`, what it cannot read exactly."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str]) -> None:
        self.file = file
        self.line = line
        self._cells = cells

    def fail(self, what: str) -> NoReturn:
        """End the reading because of this line."""
        raise CatalogueError(f"{self.file} line {self.line}: {what}")

    def optional(self, column: str) -> str | None:
        """The text of a cell; None when it is empty."""
        text = self._cells[column]
        if not text.isprintable() or text != text.strip():
            self.fail(f"{column} {text!r} begins or ends with a space, or has a character that is none to print")
        return text or None

    def text(self, column: str) -> str:
        """The text of a cell that may not be empty."""
        return self.optional(column) or self.fail(f"{column} is empty")

    def units(self, column: str, scale: int, maximum: int = MAX_UNITS) -> int:
        """A plain decimal as units of 10**-scale, at most `maximum` of them."""
        return self._parse(column, self.text(column), scale, maximum)

    def positive(self, column: str, scale: int, maximum: int = MAX_UNITS) -> int:
        """As `units`, but not zero."""
        return self.units(column, scale, maximum) or self.fail(f"{column} must be above zero")

    def signed(self, column: str, scale: int, maximum: int = MAX_UNITS) -> int:
        """As `units`, with an optional minus sign."""
        text = self.text(column)
        size = self._parse(column, text.removeprefix("-"), scale, maximum)
        return -size if text.startswith("-") else size

    def whole(self, column: str, maximum: int = MAX_UNITS) -> int:
        """A whole number from 0 to `maximum`."""
        return self.units(column, 0, maximum)

    def optional_whole(self, column: str, maximum: int = MAX_UNITS) -> int | None:
        """A whole number; None when the cell is empty."""
        return None if self.optional(column) is None else self.whole(column, maximum)

    def day_ns(self, column: str) -> int:
        """When a day like 2026-07-09 begins, in UTC; 0 when the cell is empty."""
        text = self.optional(column)
        if text is None:
            return 0
        if _DATE.fullmatch(text) is None:
            self.fail(f"{column} {text!r} is not a day like 2026-07-09")
        try:
            days = (date.fromisoformat(text) - _FIRST_DAY).days
        except ValueError:
            self.fail(f"{column} {text!r} is no day of the calendar")
        return days * _DAY_NS if days >= 0 else self.fail(f"{column} {text!r} is before 1970")

    def choice(self, column: str, choices: Mapping[str, _Choice]) -> _Choice:
        """What the cell's text stands for."""
        text = self.text(column)
        if text not in choices:
            self.fail(f"{column} {text!r} is none of {', '.join(choices)}")
        return choices[text]

    def member(self, column: str, known: Container[str], of: str) -> str:
        """The text of a cell that another file has a line for."""
        text = self.text(column)
        if text not in known:
            self.fail(f"{column} {text!r} is not in {of}")
        return text

    def _parse(self, column: str, text: str, scale: int, maximum: int) -> int:
        units = parse_units(text, scale)
        if units is None:
            self.fail(f"{column} {text!r} is not a plain number of at most {scale} decimals")
        if units > maximum:
            self.fail(f"{column} {text!r} is above {format_units(maximum, scale)}")
        return units


def read_table(path: Path, file: str, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Row]:
    """The lines of a CSV file with exactly these columns; empty lines are skipped. Errors call it `file`.

    Optional columns may stand anywhere; of those that are missing every cell is empty.
    """
    lines = _lines(path, file)
    line, header = next(lines, (1, []))
    if tuple(name for name in header if name not in optional) != columns or len(set(header)) != len(header):
        more = f", and may be {','.join(optional)} too" if optional else ""
        raise CatalogueError(f"{file} line {line}: the columns must be {','.join(columns)}{more}")
    missing = dict.fromkeys(optional, "")
    for line, cells in lines:
        if len(cells) != len(header):
            raise CatalogueError(f"{file} line {line}: {len(cells)} cells instead of {len(header)}")
        yield Row(file, line, missing | dict(zip(header, cells, strict=True)))


def _lines(path: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(StringIO(_content(path, file), newline=""), strict=True)
    try:
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error as error:
        raise CatalogueError(f"{file} line {reader.line_num}: {error}") from error


def _content(path: Path, file: str) -> str:
    try:
        # Spreadsheets put a byte order mark before the header: utf-8-sig takes it away.
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file} cannot be read: {error}") from error
