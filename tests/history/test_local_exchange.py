"""The local exchange's trades are downloaded as the real one's are, and its candles are the ones made from them."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from seatrial.client.kraken import KrakenClient
from seatrial.core.candles import MINUTES
from seatrial.history.store import TradeStore
from tests.support.running import RunningServer
from tests.support.stored_trades import Run, stored_rows
from tests.support.tape import Tape, record
from tests.support.venue import Venue, done

FILLS = 92


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    """A server in a process of its own, its clock frozen."""
    with RunningServer() as server, Venue(server) as running:
        yield running


@pytest.fixture(scope="module")
def tape(venue: Venue) -> Tape:
    """More trades than a page holds."""
    return record(venue, "ETH/USD", FILLS)


def test_its_history_is_downloaded_whole_and_goes_on(run: Run, store: TradeStore, venue: Venue, tape: Tape) -> None:
    first = run("history", "download", "ETH/USD", "--from", venue.url).output
    rows = stored_rows(store, "ETHUSD")
    assert [(row[3], row[1], row[2]) for row in rows] == [
        (side[0], f"{price:.5f}", f"{volume:.8f}") for side, price, volume in tape.prints
    ]
    assert [row[5] for row in rows] == list(range(1, len(tape.prints) + 1))
    assert len(rows) > 1_000
    assert f"{len(rows):,} trades added" in first
    assert "0 trades added" in run("history", "download", "ETH/USD", "--from", venue.url).output


@pytest.mark.parametrize("minutes", MINUTES)
def test_its_own_candles_are_those_made_from_its_trades(run: Run, venue: Venue, tape: Tape, minutes: int) -> None:
    """All nine lengths, as text, the quiet minute among them. Its answer goes on to now, trades end with the last."""
    run("history", "download", "ethusd", "--from", venue.url)
    words = ("candles", "ETHUSD", "--interval", minutes, "--fill", "--format", "csv")
    ours = run(*words).stdout.splitlines()[1:]
    with KrakenClient(venue.url, now_ns=lambda: 0) as client:
        rows = done(client, "OHLC", pair="ETHUSD", interval=str(minutes))["XETHZUSD"]
    assert [",".join(map(str, row)) for row in rows][: len(ours)] == ours
    assert sum(Decimal(row[6]) for row in rows) == sum(volume for _, _, volume in tape.prints)


def test_a_pair_that_the_package_does_not_list_is_asked_for(run: Run, venue: Venue) -> None:
    told = run("history", "download", "NOSUCHPAIR", "--from", venue.url, fails=1).output
    assert "EQuery:Unknown asset pair" in told


def test_a_market_without_trades_is_told(run: Run, venue: Venue) -> None:
    told = run("history", "download", "XBTUSD", "--from", venue.url).output
    assert told == "XBTUSD: the venue has no trades of that time\n"
