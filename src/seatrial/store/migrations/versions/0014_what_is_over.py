"""Timers that are still at work, and indexes to what is over.

Why: a timer of many orders cancels some at a time, and what is left must be known after a start; a world has neither
finished transfers nor the names of moves in memory. See docs/decisions/0022 and 0031.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text, text

revision = "0014"
down_revision = "0013"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table and the indexes."""
    numbers = (Column(name, _BIG, nullable=False, autoincrement=False) for name in ("account_id", "set_ns", "due_ns"))
    op.create_table(
        "fired_timers", *numbers, Column("markets", Text, nullable=False),
        PrimaryKeyConstraint("account_id", name="fired_timers_key"), sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("transfers_by_id", "transfers", ["transfer_id"])
    _some("transfers_unfinished", "transfers", "status NOT IN ('success', 'failure')", "transfer_id")
    _some("transfers_opening", "transfers", "opening = 1", "transfer_id")
    _some("moves_by_client_id", "moves", "client_id IS NOT NULL", "account_id", "client_id", "move_id", "at_ns")


def _some(name: str, table: str, where: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), sqlite_where=text(where), postgresql_where=text(where))
