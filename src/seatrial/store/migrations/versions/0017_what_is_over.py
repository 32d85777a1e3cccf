"""Timers that are still at work.

Why: a timer of many orders cancels some at a time, and what is left must be known after a start. See
docs/decisions/0030.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0017"
down_revision = "0016"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    numbers = (Column(name, _BIG, nullable=False, autoincrement=False) for name in ("account_id", "set_ns", "due_ns"))
    op.create_table(
        "fired_timers", *numbers, Column("markets", Text, nullable=False),
        PrimaryKeyConstraint("account_id", name="fired_timers_key"), sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
