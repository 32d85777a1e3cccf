"""One exchange for all stories, its clock frozen, and traders of every venue in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.running import RunningServer
from tests.support.traders import TRADERS, Trader
from tests.support.venue import Venue

Arrive = Callable[..., Trader]


@pytest.fixture(scope="session")
def exchange() -> Iterator[Venue]:
    """A server in a process of its own."""
    with RunningServer() as server, Venue(server) as running:
        yield running


@pytest.fixture(params=TRADERS)
def venue_name(request: pytest.FixtureRequest) -> str:
    """Each venue in its turn."""
    name: str = request.param
    return name


@pytest.fixture
def arrive(venue_name: str, exchange: Venue) -> Iterator[Arrive]:
    """A new trader with balances: of that venue, or of the one that is named.

    In the end each one's ledger adds up to what it owns, the books sum to zero, and nothing stays set aside.
    """
    present: list[Trader] = []
    with ExitStack() as opened:

        def come(of: str | None = None, **balances: str) -> Trader:
            present.append(TRADERS[of or venue_name](exchange, balances, opened))
            return present[-1]

        yield come
        for trader in present:
            trader.cancel_all()
            owned = {code: found.total for code, found in trader.owned().items()}
            assert {code: amount for code, amount in trader.ledger().items() if amount} == owned
        books = exchange.ask("/books")
        assert books["balanced"]
        assert not [code for code, asset in books["assets"].items() if float(asset["holds"])]
