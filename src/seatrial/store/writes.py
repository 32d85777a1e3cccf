"""What a commit does to one table, and what its rows are."""

from typing import Any

import msgspec
from sqlalchemy import Row, Table

Values = tuple[object, ...]
RawRow = Row[*tuple[Any, ...]]
AnyRow = RawRow | tuple[Any, ...]
"""SQLAlchemy's or a driver's."""


class Write(msgspec.Struct, frozen=True):
    """Rows of one table that are new, what changed of others, and the keys of those that go."""

    table: Table
    new: list[Values]
    changed: list[Values]
    gone: list[Values] = []
