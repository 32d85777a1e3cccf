"""Streams of postings, and the rank of each posting in its own.

Why: a page of a ledger by any filter must be counted and found without reading the ledger. See docs/decisions/0014.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

revision = "0005"
down_revision = "0004"

_BIG = BigInteger().with_variant(Integer, "sqlite")

_FILL_STREAMS = """
INSERT INTO posting_streams (account_id, stream_id, wallet, asset, kind, incoming)
SELECT account_id, ROW_NUMBER() OVER (ORDER BY account_id, MIN(seq)), wallet, asset, kind, incoming
FROM (
    SELECT account_id, seq, wallet, asset, kind, CASE WHEN amount >= fee THEN 1 ELSE 0 END AS incoming FROM postings
) AS every
GROUP BY account_id, wallet, asset, kind, incoming
"""
_FILL_RANKS = """
INSERT INTO posting_ranks (account_id, stream_id, seq, nth)
SELECT streams.account_id, streams.stream_id, every.seq,
    ROW_NUMBER() OVER (PARTITION BY streams.account_id, streams.stream_id ORDER BY every.seq)
FROM postings AS every
JOIN posting_streams AS streams
    ON streams.account_id = every.account_id AND streams.wallet = every.wallet AND streams.asset = every.asset
    AND streams.kind = every.kind AND streams.incoming = CASE WHEN every.amount >= every.fee THEN 1 ELSE 0 END
"""


def upgrade() -> None:
    """Make the tables, fill them from the postings, and drop the index that they replace."""
    _create("posting_streams", ("account_id", "stream_id"), Column("wallet", Text, nullable=False),
            Column("asset", Text, nullable=False), Column("kind", Text, nullable=False),
            Column("incoming", Integer, nullable=False))  # fmt: skip
    _create("posting_ranks", ("account_id", "stream_id", "seq"), _big("nth"))
    op.execute(_FILL_STREAMS)
    op.execute(_FILL_RANKS)
    op.drop_index("postings_by_asset", "postings")


def _create(name: str, key: tuple[str, ...], *columns: Column[int] | Column[str]) -> None:
    op.create_table(
        name, *(_big(part) for part in key), *columns, PrimaryKeyConstraint(*key, name=f"{name}_key"),
        sqlite_strict=True, sqlite_with_rowid=False,
    )  # fmt: skip


def _big(name: str) -> Column[int]:
    return Column(name, _BIG, nullable=False, autoincrement=False)
