"""What orders asked for before they were amended, and when they last were.

Why: Kraken lists the amendments of an order, and its rate limits go by the time since the last one.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0019"
down_revision = "0018"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def _numbers(*names: str) -> list[Column[int]]:
    return [Column(name, _BIG, nullable=False, autoincrement=False) for name in names]


def upgrade() -> None:
    """Make the table and the column; no stored order was ever amended."""
    op.create_table(
        "amends",
        *_numbers("amend_id", "account_id", "order_id"),
        Column("kind", Text, nullable=False),
        *_numbers("price_ticks", "qty_lots", "remaining_lots"),
        Column("post_only", Integer, nullable=False),
        *_numbers("at_ns"),
        PrimaryKeyConstraint("account_id", "order_id", "amend_id", name="amends_key"),
        sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
    op.add_column("orders", Column("amended_ns", _BIG, nullable=False, server_default="0"))
