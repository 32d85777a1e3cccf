"""Columns bear the names that their fields have.

Why: money on its way out is outgoing, as an engineer of this field would say.
"""
# ruff: noqa: INP001  Alembic finds migrations by their number

from alembic import op

revision = "0017"
down_revision = "0016"

_NAMES = (("purses", "leaving", "outgoing"), ("orders", "most_open", "max_open"), ("orders", "reason", "end_reason"))


def upgrade() -> None:
    """Rename them; both engines do that without touching a row."""
    for table, old, new in _NAMES:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
