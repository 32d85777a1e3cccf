"""How hypothesis runs, and the databases that worlds are kept in.

Hypothesis tries the same examples every time; `make test ARGS="--hypothesis-profile=hunt"` draws many more, and anew.
"""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres

_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    stateful_step_count=30,
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile(
    "hunt", max_examples=3_000, deadline=None, stateful_step_count=40, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """Workers share what their controller begins and ends.

    A shell has what it starts in the background ignore Ctrl-C, and what that starts in turn: servers must not.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        postgres.begin_run()
        config.add_cleanup(postgres.end_run)


def pytest_collection_finish() -> None:
    """The tests themselves stay to the end, so the collector of cycles need not look through them again and again.

    A third of the time of small tests was that. Cycles of the tests are still found, only less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The URL of an empty schema of a real PostgreSQL."""
    with postgres.fresh_schema(postgres.shared_url()) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a world can be kept: a file, or a database."""
    if request.param == "sqlite":
        return tmp_path / "world.sqlite3"
    url: str = request.getfixturevalue("postgresql")
    return url
