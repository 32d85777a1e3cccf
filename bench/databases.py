"""The PostgreSQL that is measured: found or brought up as the tests do, but kept on disk in earnest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from msgspec import Struct

from bench.processes import BenchError, Process
from tests.support import postgres

NoPostgres = postgres.NoPostgres

EARNEST: Final = ("-c", "fsync=on", "-c", "shared_buffers=128MB")
"""PostgreSQL's own defaults, which a server for tests leaves."""
_SETTINGS: Final = ("server_version", "fsync", "synchronous_commit", "wal_sync_method", "shared_buffers")


class Database(Struct, frozen=True):
    """A schema of its own in a PostgreSQL."""

    url: str
    about: str
    """What it is, for the report."""
    process: Process | None = None
    """The server, where it was started here."""
    pgbench: Path | None = None
    """The program that it came with."""


@contextmanager
def postgresql(folder: Path) -> Iterator[Database]:
    """The given database, or a server of our own whose data lie in that folder. Raises `NoPostgres`, `BenchError`."""
    given = postgres.given_url()
    if given is not None:
        with schema(given) as url:
            yield Database(url, f"the database that {postgres.GIVEN_URL} names, {_settings(url)}")
        return
    folder.chmod(0o711)  # where root measures, the server is another user's
    server = postgres.Server(*EARNEST, disk=folder)
    try:
        server.start()
        program = server.binaries / "pgbench"
        about = f"started for this in {'the same folder' if server.data.parent == folder else server.folder}"
        with schema(server.url) as url:
            yield Database(
                url, f"{about}, {_settings(url)}", Process(server.process.pid, 0), program if program.exists() else None
            )
    finally:
        server.remove()


@contextmanager
def schema(url: str) -> Iterator[str]:
    """An empty schema of a database, so that no world that lives there is touched. Raises `BenchError`."""
    try:
        with postgres.fresh_schema(url) as fresh:
            yield fresh
    except psycopg.Error as error:
        raise BenchError(f"the database: {str(error).strip()}") from error


def _settings(url: str) -> str:
    """What its numbers depend on."""
    with psycopg.connect(url) as connection:
        told = connection.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(_SETTINGS)]
        )
        return ", ".join(f"{name} {setting}" for name, setting in told)
