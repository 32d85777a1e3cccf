"""Whether an account's calls must carry the world's time.

Why: in a world whose clock was moved, clients that sign by the computer's own time could not call any more.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Add the setting, which nobody made so far."""
    op.add_column("accounts", sa.Column("check_timestamps", sa.Integer))
