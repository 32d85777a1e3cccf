"""Streams of postings are ranked at every 32nd posting of their account, not at each.

Why: a row more for each posting costs a commit more than a reader saves by it. See docs/decisions/0014.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op

revision = "0008"
down_revision = "0007"

_RANK_AT_MARKS = """
INSERT INTO posting_ranks (account_id, stream_id, seq, nth)
SELECT ranked.account_id, ranked.stream_id, ranked.mark, ranked.length
FROM (
    SELECT account_id, stream_id, (seq + 31) / 32 * 32 AS mark, MAX(nth) AS length, MAX(seq) AS newest
    FROM posting_ranks GROUP BY account_id, stream_id, (seq + 31) / 32 * 32
) AS ranked
JOIN (SELECT account_id, MAX(seq) AS newest FROM postings GROUP BY account_id) AS ledgers
    ON ledgers.account_id = ranked.account_id AND ranked.mark <= ledgers.newest
WHERE ranked.newest < ranked.mark
"""


def upgrade() -> None:
    """Rank what grew at each mark, and drop the ranks in between."""
    op.execute(_RANK_AT_MARKS)
    op.execute("DELETE FROM posting_ranks WHERE (seq & 31) <> 0")
