"""Of postings, every 32nd is in the indexes by id and by time.

Why: an index costs a commit as much as the row, and from a marked posting a few steps lead to any other, since ids and
times follow the order in which postings are stored.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"

_MARKED = text("(seq & 31) = 0")


def upgrade() -> None:
    """Make the two indexes anew."""
    for name, column in (("postings_by_id", "posting_id"), ("postings_by_time", "at_ns")):
        op.drop_index(name, "postings")
        op.create_index(name, "postings", ["account_id", column, "seq"], sqlite_where=_MARKED, postgresql_where=_MARKED)
