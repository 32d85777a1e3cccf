"""What accounts have on the exchange is remembered as it was valued last.

Why: since July 2026 it can lower Kraken's fees, and a world that is opened again has to go on with the same rates. An
account of an older world has no row and is valued with its next order.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint

revision = "0012"
down_revision = "0011"

BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "valuations",
        *(Column(name, BIG, nullable=False, autoincrement=False) for name in ("account_id", "usd", "at_ns")),
        PrimaryKeyConstraint("account_id", name="valuations_key"),
        sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
