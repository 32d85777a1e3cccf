"""What keys spent, in one row of each commit.

Why: every call uses a key, and one row for all of them costs a commit less than a row each. See docs/decisions/0005.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0006"
down_revision = "0005"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table; until now the keys' own rows tell everything."""
    op.create_table(
        "key_uses", Column("use_id", _BIG, nullable=False, autoincrement=False), Column("keys", Text, nullable=False),
        PrimaryKeyConstraint("use_id", name="key_uses_key"), sqlite_strict=True,
    )  # fmt: skip
