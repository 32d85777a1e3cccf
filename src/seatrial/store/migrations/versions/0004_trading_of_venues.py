"""What fills and orders really paid; what is given up of orders, their notes; books' sequences; cancel timers.

Why: venues round costs and fees each in its own way, so the books keep what was charged and at what rate, and every
dialect rounds for itself. Of an older fill the charge stands in its postings. Its rate was not stored: it is the
roundest one that gives the fee that was shown.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PPM = 10**6
_AT_ONCE = 1_000


def upgrade() -> None:
    """Add the columns and tables, fill them, and take the rounded amounts away."""
    for name, kind in (("fee_exact", sa.Text), ("fee_quote", _BIG), ("given_up_lots", _BIG)):
        _add("orders", sa.Column(name, kind, nullable=False, server_default="0"))
    for name in ("note", "label"):
        _add("orders", sa.Column(name, sa.Text))
    for name in ("fee_ppm", "fee_quote", "fee_base", "counter_order_id"):
        _add("fills", sa.Column(name, _BIG, nullable=False, server_default="0"))
    _fill_fills()
    _fill_orders()
    for table in ("orders", "fills"):
        op.drop_column(table, "cost")
        op.drop_column(table, "fee")
    op.create_index("orders_by_open", "orders", ["account_id", "opened_ns", "order_id"])
    named = sa.text("client_id IS NOT NULL")
    op.create_index(
        "orders_by_client_id", "orders", ["account_id", "client_id", "order_id"],
        sqlite_where=named, postgresql_where=named,
    )  # fmt: skip
    _create("books", "market", sa.Column("market", sa.Text, nullable=False), _big("sequence"))
    _create(
        "cancel_timers", "account_id",
        _big("account_id"), _big("set_ns"), _big("due_ns"), sa.Column("markets", sa.Text, nullable=False),
    )  # fmt: skip


def _add(table: str, column: sa.Column[Any]) -> None:
    op.add_column(table, column)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=False, autoincrement=False)


def _create(name: str, key: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name, *columns, sa.PrimaryKeyConstraint(key, name=f"{name}_key"), sqlite_strict=True, sqlite_with_rowid=False
    )


def _fill_fills() -> None:
    """Rates, charges in either asset, and who was on the other side."""
    op.execute("""
        UPDATE fills SET
        fee_quote = (SELECT COALESCE(SUM(p.fee), 0) FROM postings p WHERE p.account_id = fills.account_id
            AND p.posting_id >= fills.first_posting AND p.posting_id < fills.first_posting + fills.postings
            AND fills.market LIKE '%/' || p.asset),
        fee_base = (SELECT COALESCE(SUM(p.fee), 0) FROM postings p WHERE p.account_id = fills.account_id
            AND p.posting_id >= fills.first_posting AND p.posting_id < fills.first_posting + fills.postings
            AND fills.market LIKE p.asset || '/%')
    """)
    op.execute("CREATE INDEX fills_by_trade ON fills (market, trade_id)")
    op.execute(
        "UPDATE fills SET counter_order_id = COALESCE((SELECT o.order_id FROM fills o WHERE o.market = fills.market "
        "AND o.trade_id = fills.trade_id AND o.fill_id <> fills.fill_id), 0)"
    )
    op.execute("DROP INDEX fills_by_trade")
    rates = (
        {"account": row.account_id, "fill": row.fill_id, "ppm": _rate(int(row.cost), int(row.fee))} for row in _fills()
    )
    _write("UPDATE fills SET fee_ppm = :ppm WHERE account_id = :account AND fill_id = :fill", rates)


def _fill_orders() -> None:
    """The sums of their fills."""
    sums = (
        {
            "account": account,
            "order": order,
            "exact": str(sum(row.price_ticks * row.qty_lots * row.fee_ppm for row in rows)),
            "quote": sum(row.fee_quote for row in rows),
        }
        for (account, order), rows in (
            (key, list(group)) for key, group in groupby(_fills(), lambda row: (row.account_id, row.order_id))
        )
    )
    _write(
        "UPDATE orders SET fee_exact = :exact, fee_quote = :quote WHERE account_id = :account AND order_id = :order",
        sums,
    )


def _fills() -> Iterator[sa.Row[Any]]:
    """All of them, an order's together, a part at a time."""
    later = sa.text(
        "SELECT * FROM fills WHERE (account_id, order_id, fill_id) > (:account, :order, :fill) "
        "ORDER BY account_id, order_id, fill_id LIMIT :count"
    )
    key = {"account": -1, "order": 0, "fill": 0}
    while some := op.get_bind().execute(later, {**key, "count": _AT_ONCE}).all():
        yield from some
        key = {"account": some[-1].account_id, "order": some[-1].order_id, "fill": some[-1].fill_id}


def _write(statement: str, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, _AT_ONCE)):
        op.get_bind().execute(sa.text(statement), some)


def _rate(cost: int, fee: int) -> int:
    """The rate of the fewest digits that gives that fee of that cost, to the nearest unit, halves up."""
    if cost == 0:
        return 0
    for step in (1_000, 100, 10, 1):
        ppm = _nearest(fee * _PPM, cost * step) * step
        if _nearest(cost * ppm, _PPM) == fee:
            return ppm
    return _nearest(fee * _PPM, cost)


def _nearest(value: int, by: int) -> int:
    return (2 * value + by) // (2 * by)
