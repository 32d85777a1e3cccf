"""One server for all tests of real clients; fresh accounts for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.support.running_on import ENGINES, running_on
from tests.support.tape import Tape, record
from tests.support.venue import Keys, Venue, done
from tests.support.venue_clients import CLIENTS
from tests.support.venue_facts import VenueClient

Connect = Callable[[Keys], VenueClient]


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(scope="session", autouse=True)
def _no_proxy() -> Iterator[None]:
    """Clients that heed the environment must reach this machine all the same."""
    with pytest.MonkeyPatch.context() as environment:
        for name in PROXIES:
            environment.delenv(name, raising=False)
            environment.delenv(name.lower(), raising=False)
        yield


@pytest.fixture(scope="session", params=ENGINES)
def world(request: pytest.FixtureRequest) -> Iterator[Venue]:
    """A server in a process of its own, its clock frozen in 2025; on either engine.

    The venue does what it did before the fees of July 2026; they were 0.40 % and 0.25 %.

    They go by volume alone, so that what accounts are opened with moves no fee.
    """
    with running_on(request.param) as server, Venue(server) as running:
        running.tell("/clock", now="2025-03-03T12:00:00Z", as_of="2026-07-01")
        yield running


@pytest.fixture
def venue(world: Venue) -> Iterator[Venue]:
    """The same, with its markets empty again afterwards and its books proven."""
    yield world
    assert world.is_balanced()
    world.clear_books()


@pytest.fixture(params=CLIENTS)
def client_name(request: pytest.FixtureRequest) -> str:
    """Each client in its turn."""
    name: str = request.param
    return name


@pytest.fixture
def connect(client_name: str, venue: Venue) -> Iterator[Connect]:
    """A client of that kind for a key."""
    with ExitStack() as opened:
        yield lambda keys: opened.enter_context(
            closing(CLIENTS[client_name](venue.url, keys.key, keys.secret)),
        )


@pytest.fixture(scope="session")
def tape(world: Venue) -> Tape:
    """A market with 1,100 trades, made before any test of it began."""
    return record(world, "SOL/USD", 100)


@pytest.fixture
def minutes(venue: Venue) -> Tape:
    """A market that traded in the last minutes, and at no time before on this day of the world."""
    return record(venue, "SOL/EUR", 3)


@pytest.fixture(scope="session")
def busy(world: Venue) -> Keys:
    """An account with 132 ledger rows: 2 from its opening, 2 from each of 65 fills that cost 10 and 0.04 in fees."""
    buyer = world.account(USD="1000000", ETH="5")
    with world.feeder(world.account(ETH="10")) as maker, world.feeder(buyer) as taker:
        order = {"pair": "ETH/USD", "ordertype": "limit", "price": "1000"}
        for _ in range(65):
            done(maker, "AddOrder", **order, type="sell", volume="0.01")
        done(taker, "AddOrder", **order, type="buy", volume="0.65")
    return buyer
