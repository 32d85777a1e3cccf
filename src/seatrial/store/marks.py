"""From a time to a number, where numbers rise with time: a few marked rows are in the index by time, not all.

Whoever asks for what was later than a moment gets the numbers above the last mark before it; the rows themselves say
the rest. All rows of a table share its marks, whosever they are, but those of trades, which are numbered by market.
"""

from typing import Any, Final

from sqlalchemy import Column, ScalarSelect, func, select, text
from sqlalchemy.sql import ColumnElement

from seatrial.store import schema

Condition = ColumnElement[bool]
Moment = int | ColumnElement[int]

_HIGHEST: Final = 2**63 - 1


def later(key: Column[int], at: Column[int], moment: Moment, market: str | None = None) -> tuple[Condition, Condition]:
    """What was later than a moment."""
    return at > moment, key > func.coalesce(_mark(key, at, moment, market, is_before=True), 0)


def until(key: Column[int], at: Column[int], moment: Moment, market: str | None = None) -> tuple[Condition, Condition]:
    """What was not later than a moment."""
    return at <= moment, key <= func.coalesce(_mark(key, at, moment, market, is_before=False), _HIGHEST)


def _mark(
    key: Column[int], at: Column[int], moment: Moment, market: str | None, *, is_before: bool
) -> ScalarSelect[Any]:
    """The number of the last marked row at or before a moment, or of the first one after it."""
    marked = key.table.alias("marked")
    times, numbers = marked.c[at.name], marked.c[key.name]
    is_marked = text(schema.MARKED[key.table.name].replace(key.name, f"marked.{key.name}"))
    found = select(numbers).where(is_marked, times <= moment if is_before else times > moment)
    if market is not None:
        found = found.where(marked.c.market == market)
    order = (times.desc(), numbers.desc()) if is_before else (times, numbers)
    return found.order_by(*order).limit(1).correlate(None).scalar_subquery()
