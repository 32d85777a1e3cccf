"""What is open and how a world's market is made, by name.

Why: markets can be halted and the house trades by itself, and both must go on after a restart.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "world_notes",
        Column("world_id", BigInteger().with_variant(Integer, "sqlite"), nullable=False, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("text", Text, nullable=False),
        PrimaryKeyConstraint("world_id", "name", name="world_notes_key"),
        sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
