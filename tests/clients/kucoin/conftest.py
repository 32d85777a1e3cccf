"""One server for all tests of KuCoin's clients, on the wall's time; fresh accounts for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.support.kucoin_clients import KUCOIN_CLIENTS
from tests.support.kucoin_facts import KucoinClient
from tests.support.kucoin_venue import KucoinVenue
from tests.support.running_on import ENGINES, running_on
from tests.support.venue import Keys

Connect = Callable[[Keys], KucoinClient]


@pytest.fixture(scope="session", params=ENGINES)
def kucoin_world(request: pytest.FixtureRequest) -> Iterator[KucoinVenue]:
    """A server in a process of its own, on either engine."""
    with running_on(request.param) as server, KucoinVenue(server) as running:
        yield running


@pytest.fixture
def venue(kucoin_world: KucoinVenue) -> Iterator[KucoinVenue]:
    """The same, with its markets empty again afterwards and its books proven."""
    yield kucoin_world
    assert kucoin_world.is_balanced()
    kucoin_world.clear_books()


@pytest.fixture(params=KUCOIN_CLIENTS)
def client_name(request: pytest.FixtureRequest) -> str:
    """Each client in its turn."""
    name: str = request.param
    return name


@pytest.fixture
def connect(client_name: str, venue: KucoinVenue) -> Iterator[Connect]:
    """A client of that kind for a key."""
    with ExitStack() as opened:
        yield lambda keys: opened.enter_context(
            closing(KUCOIN_CLIENTS[client_name](venue.url, keys.key, keys.secret, keys.passphrase)),
        )
