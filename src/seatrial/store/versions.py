"""The schema's version: new databases are made whole, older ones are migrated, newer ones are refused."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from seatrial.store.errors import StoreError
from seatrial.store.schema import METADATA

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_KNOWN: Final = {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}

HEAD: Final = max(_KNOWN)
"""The newest migration: they are numbered."""


class VersionError(StoreError):
    """The database was written by a newer Seatrial, or is not one of Seatrial's."""


def create(engine: Engine) -> None:
    """Make all tables in an empty database, at the newest version."""
    with engine.begin() as connection:
        _create(connection)


def ensure_current(engine: Engine, name: str) -> None:
    """Bring a database to the newest version; `VersionError`, which calls it by that name, when that cannot be."""
    with engine.begin() as connection:
        found = _version(connection, name)
        if found is None:
            _create(connection)
            return
    if found == HEAD:
        return
    if found not in _KNOWN:
        raise VersionError(_newer(name, found))
    _upgrade(engine)


def check_current(connection: Connection, name: str) -> None:
    """Make sure that a database is at the newest version without changing it. Raises `StoreError`."""
    found = _version(connection, name)
    if found is None:
        raise StoreError(f"{name} holds no world")
    if found not in _KNOWN:
        raise VersionError(_newer(name, found))
    if found != HEAD:
        raise VersionError(
            f"{name} was written by an older Seatrial: start the server on it, which brings it up to date"
        )


def _newer(name: str, found: str) -> str:
    return (
        f"{name} was written by a newer Seatrial (its version is {found}, this one knows {HEAD}): "
        "upgrade Seatrial or choose another place"
    )


def _create(connection: Connection) -> None:
    METADATA.create_all(connection, checkfirst=False)
    key = "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)"
    connection.execute(text(f"CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, {key})"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _version(connection: Connection, name: str) -> str | None:
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if not {"alembic_version", "world"} <= set(tables):
        raise VersionError(f"{name} is a database of another program: choose another place")
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _upgrade(engine: Engine) -> None:
    """Alembic is imported only where a migration really runs: it would cost every start a tenth of a second."""
    from alembic import command  # noqa: PLC0415  only an older world needs it, and it is slow to import
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
