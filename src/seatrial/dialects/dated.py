"""What a venue did when: the days on which it began to answer otherwise.

A venue's table of them is its `manners.py`. The code asks these very entries which way holds at a moment, and
docs/fidelity.md lists them. The moment is `State.as_of` of what is answered: of now, or of when a row came about.
"""

import re
from datetime import UTC, date, datetime
from typing import Final

from msgspec import Struct

_DAY: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)


class Since(Struct, frozen=True):
    """From a day on a venue does something else. Made by `since`."""

    day: str
    """A day, or a month or a year where no more is known: its beginning counts."""
    subject: str
    before: str
    after: str
    where: str
    """The page, client or recording that shows it."""
    from_ns: int

    def holds(self, at_ns: int) -> bool:
        """Whether it does so at that moment."""
        return at_ns >= self.from_ns


def since(day: str, subject: str, *, before: str, after: str, where: str) -> Since:
    """A change, with what was done before and what is done after."""
    return Since(day, subject, before, after, where, moment_of(day))


def moment_of(text: str) -> int:
    """When a year, month or day begins in UTC, such as 2024, 2024-01 or 2024-01-31. Raises `ValueError`."""
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError("it is not like 2024, 2024-01 or 2024-01-31")
    year, month, day = (int(part or 1) for part in match.groups())
    begins = date(year, month, day)
    return int(datetime(begins.year, begins.month, begins.day, tzinfo=UTC).timestamp()) * 10**9
