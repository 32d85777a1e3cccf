"""`seatrial serve` on either engine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.postgres import fresh_schema, shared_url
from tests.support.running import RunningServer

ENGINES: Final = ("memory", "postgresql")


@contextmanager
def running_on(engine: str) -> Iterator[RunningServer]:
    """A server that keeps its world there."""
    if engine == "memory":
        with RunningServer() as server:
            yield server
    else:
        with (
            tempfile.TemporaryDirectory() as folder,
            fresh_schema(shared_url()) as url,
            RunningServer(Path(folder), "--database", url) as server,
        ):
            yield server
