"""An order remembers when a trade set it off.

Why: of what a trade sets off, a command waits for some; the rest must be there after a restart.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

revision = "0016"
down_revision = "0015"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Add the column; no stored order was ever set off."""
    op.add_column("orders", Column("triggered_ns", _BIG, nullable=False, server_default="0"))
