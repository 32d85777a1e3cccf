"""Whether an account's calls must carry the world's time; when the orders of a fill were opened.

Why: in a world whose clock was moved, clients that sign by the computer's own time could not call any more. KuCoin's
ids begin with their second, so a fill must know its orders'. What there is by now keeps the ids that it was given.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the setting, which nobody made so far, and the seconds; say until when ids were plain."""
    op.add_column("accounts", sa.Column("check_timestamps", sa.Integer))
    for name in ("opened_s", "counter_opened_s"):
        op.add_column("fills", sa.Column(name, _BIG, nullable=False, server_default="0"))
    database = op.get_bind()
    for row in database.execute(sa.text("SELECT id, now_ns, counters FROM world")).all():
        counters = json.loads(row.counters) | {"plain_ids_until_s": row.now_ns // 10**9}
        database.execute(
            sa.text("UPDATE world SET counters = :counters WHERE id = :id"),
            {"counters": json.dumps(counters, separators=(",", ":")), "id": row.id},
        )
