"""Databases as older Seatrials made them."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from seatrial.store import versions


def upgrade(connection: Connection, version: str) -> None:
    """Bring a database to that version."""
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)
