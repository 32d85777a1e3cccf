"""Alembic's way in: the store hands over its own connection, inside its own SQL transaction."""
# ruff: noqa: INP001  Alembic runs this file by its path

from alembic import context

from seatrial.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
