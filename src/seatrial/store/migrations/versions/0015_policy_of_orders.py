"""What an order has to obey stays with it.

Why: an order that starts later, or that takes the place of another, obeys what came with it. Until now KuCoin's dialect
gave its own anew with each amendment, the same for all orders of a market; so those that are open get that.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

revision = "0015"
down_revision = "0014"

_BIG = BigInteger().with_variant(Integer, "sqlite")

_KUCOINS = """
UPDATE orders SET cancels_post_only = 1, band_ppm = CASE
    WHEN market IN ('BTC/USDC', 'ETH/USDC', 'USDC/USDT', 'ETH/BTC', 'WBTC/BTC') THEN 50000 ELSE 100000 END
WHERE closed_ns = 0 AND account_id IN (SELECT account_id FROM accounts WHERE venue = 'kucoin')
"""


def upgrade() -> None:
    """Add the columns, and fill them where an order that is open can need them."""
    op.add_column("orders", Column("band_ppm", _BIG, nullable=False, server_default="0"))
    op.add_column("orders", Column("most_open", _BIG))
    op.add_column("orders", Column("cancels_post_only", Integer, nullable=False, server_default="0"))
    op.execute(_KUCOINS)
