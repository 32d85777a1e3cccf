"""A fresh Kraken world per test."""

import pytest

from tests.support.kraken_exchange import Exchange


@pytest.fixture
def exchange() -> Exchange:
    """An empty world, and a clock that stands still."""
    return Exchange()
