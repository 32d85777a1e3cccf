"""An account may have another asset pay its trading fees.

Why: KuCoin's users may pay them in KCS, at a discount, and the choice must be there after a restart.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0018"
down_revision = "0017"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table; nobody of an older world has chosen."""
    op.create_table(
        "fee_payments",
        Column("account_id", _BIG, nullable=False, autoincrement=False),
        Column("asset", Text, nullable=False), Column("unit", Text, nullable=False),
        Column("per_unit_ppm", _BIG, nullable=False), Column("counts_ppm", _BIG, nullable=False),
        Column("afterwards", Integer, nullable=False),
        PrimaryKeyConstraint("account_id", name="fee_payments_key"), sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
