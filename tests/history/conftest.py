"""A store of its own for each test, the command over it, and recorded market data."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli.main import app
from seatrial.history.store import TradeStore
from tests.support.stored_trades import RECORDED, Run


@pytest.fixture
def store(tmp_path: Path) -> TradeStore:
    """Empty."""
    return TradeStore(tmp_path / "store")


@pytest.fixture
def run(store: TradeStore) -> Run:
    """Over the store."""

    def run_(*words: object, fails: int = 0) -> Result:
        result = CliRunner().invoke(app, [*map(str, words), "--store", str(store.folder)])
        assert result.exit_code == fails, result.output
        return result

    return run_


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Path]:
    """A folder of recorded market data; the test is skipped where there is none."""

    def folder(name: str) -> Path:
        if not (RECORDED / name).is_dir():
            pytest.skip(f"no recorded data: set SEATRIAL_DATA to the folder that has {name}")
        return RECORDED / name

    return folder
