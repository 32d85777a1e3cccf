"""Of orders, fills and trades, a few marked ones are in the index by time.

Why: an index costs a commit as much as the row, and numbers rise with time: a few lead from a time to a number.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the three indexes anew."""
    op.drop_index("orders_by_open", "orders")
    op.drop_index("fills_by_time", "fills")
    op.drop_index("trades_by_time", "trades")
    _mark("orders", "order_id > 0 AND (order_id & 255) = 0", "opened_ns", "order_id")
    _mark("fills", "(fill_id & 255) = 0", "at_ns", "fill_id")
    _mark("trades", "(trade_id & 31) = 0", "market", "at_ns", "trade_id")


def _mark(table: str, where: str, *columns: str) -> None:
    is_marked = text(where)
    op.create_index(f"{table}_by_time", table, list(columns), sqlite_where=is_marked, postgresql_where=is_marked)
