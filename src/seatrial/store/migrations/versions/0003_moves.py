"""Sub-accounts, money that moves between wallets, and what a transfer's owner wrote beside it.

Why: at a venue whose accounts have several wallets, deposits land in one and orders pay from another.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0003"
down_revision = "0002"

_BIG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Add columns and the table of moves; what opening balances are counted by gets its new name."""
    op.add_column("accounts", Column("parent_id", _BIG, nullable=False, server_default="0"))
    op.add_column("accounts", Column("access", Text, nullable=False, server_default=""))
    op.add_column("accounts", Column("note", Text, nullable=False, server_default=""))
    op.add_column("transfers", Column("moved_ns", _BIG, nullable=False, server_default="0"))
    op.add_column("transfers", Column("remark", Text, nullable=False, server_default=""))
    op.create_table(
        "moves",
        Column("move_id", _BIG, nullable=False, autoincrement=False),
        Column("account_id", _BIG, nullable=False, autoincrement=False),
        Column("client_id", Text, nullable=True),
        Column("asset", Text, nullable=False),
        Column("amount", _BIG, nullable=False, autoincrement=False),
        Column("from_account_id", _BIG, nullable=False, autoincrement=False),
        Column("from_wallet", Text, nullable=False),
        Column("to_account_id", _BIG, nullable=False, autoincrement=False),
        Column("to_wallet", Text, nullable=False),
        Column("at_ns", _BIG, nullable=False, autoincrement=False),
        PrimaryKeyConstraint("account_id", "move_id", name="moves_key"),
        sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip
    op.execute("""UPDATE world SET counters = replace(counters, '"opening_id"', '"move_id"')""")
