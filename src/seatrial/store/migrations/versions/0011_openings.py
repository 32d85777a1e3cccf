"""Which deposits an account was opened with.

Why: a world can begin again while nothing but openings happened in it, and these are deposits now.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import Column, Integer

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column: no older deposit is an opening."""
    op.add_column("transfers", Column("opening", Integer, nullable=False, server_default="0"))
