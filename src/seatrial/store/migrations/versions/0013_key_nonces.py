"""What keys with a nonce window remember, in parts.

Why: a key's own row had all of it, so a few new nonces cost as much as a thousand. See docs/decisions/0005.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0013"
down_revision = "0012"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table; what a key's row had is its first part."""
    op.create_table(
        "key_nonces", Column("key_id", _BIG, nullable=False, autoincrement=False),
        Column("part", _BIG, nullable=False, autoincrement=False), Column("nonces", Text, nullable=False),
        PrimaryKeyConstraint("key_id", "part", name="key_nonces_key"), sqlite_strict=True,
    )  # fmt: skip
    op.execute(
        "INSERT INTO key_nonces (key_id, part, nonces) "
        "SELECT key_id, 1, recent_nonces FROM api_keys WHERE recent_nonces <> ''"
    )
    op.drop_column("api_keys", "recent_nonces")
