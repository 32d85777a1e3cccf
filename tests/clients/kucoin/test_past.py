"""Months of history, read as KuCoin lets it be read: the ledger a day at a time, orders and fills a week at a time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.kucoin_ccxt import CcxtKucoin
from tests.support.kucoin_clients import KUCOIN_CLIENTS
from tests.support.kucoin_facts import KucoinClient, Window
from tests.support.kucoin_past import BUSY_DAY, BUSY_FILLS, DAY_MS, DAYS, DEPOSIT, SIZE, Past, live_through, price_of
from tests.support.kucoin_venue import KucoinVenue
from tests.support.running import RunningServer
from tests.support.traders import total


@pytest.fixture(scope="module")
def elder() -> Iterator[KucoinVenue]:
    """A server whose world is months old."""
    with RunningServer() as server, KucoinVenue(server) as running:
        yield running


@pytest.fixture(scope="module")
def past(elder: KucoinVenue) -> Past:
    """What happened there."""
    return live_through(elder)


@pytest.fixture
def client(client_name: str, elder: KucoinVenue, past: Past) -> Iterator[KucoinClient]:
    """Each client in its turn, for the account that all of it happened to."""
    keys = past.keys
    with closing(KUCOIN_CLIENTS[client_name](elder.url, keys.key, keys.secret, keys.passphrase)) as connected:
        yield connected


def day_of(past: Past, number: int, size: int = 500, code: str | None = None) -> Window:
    """One day of the ledger."""
    start_ms = past.start_ms + number * DAY_MS
    return Window(start_ms, start_ms + DAY_MS - 1, size, code)


def test_day_by_day_the_whole_ledger_is_there_once_and_adds_up_to_the_balances(
    client: KucoinClient, past: Past
) -> None:
    lines = [line for day in range(DAYS) for line in client.lines(day_of(past, day))]
    assert len(lines) == len(set(lines)) == past.lines
    balances = [*client.balances("main").items(), *client.balances("trade").items()]
    owned = total((code, holding.total) for code, holding in balances)
    assert total((line.code, line.amount) for line in lines) == owned
    assert owned["BTC"] == SIZE * len(past.purchases) + DEPOSIT * len(past.deposits)
    assert owned["USDT"] == 1_000_005 - sum(past.purchases) * SIZE - sum(line.fee for line in lines)


def test_a_busy_day_is_several_pages(client: KucoinClient, past: Past) -> None:
    lines = client.lines(day_of(past, BUSY_DAY, size=50))
    trades = Counter(line.about for line in lines)
    assert sorted(trades.values()) == [1, *[2] * BUSY_FILLS]
    assert len(client.lines(day_of(past, BUSY_DAY, size=50, code="BTC"))) == BUSY_FILLS + 1


def test_candles_of_a_day_long_past(client: KucoinClient, past: Past) -> None:
    candle = past.candle(3)
    assert client.candles("BTC/USDT", candle.start_s - 3600, candle.start_s + 3600) == [candle]


def test_done_orders_reach_back_a_week(client: KucoinClient) -> None:
    done = client.done_orders("BTC/USDT")
    assert len(done) == 7
    assert {order.average for order in done.values()} == {price_of(DAYS - 1 - ago) for ago in range(7)}


class TestCcxt:
    """What ccxt makes of a past."""

    @pytest.fixture
    def exchange(self, elder: KucoinVenue, past: Past) -> Iterator[Any]:
        """The ordinary exchange."""
        keys = past.keys
        with closing(KUCOIN_CLIENTS["ccxt"](elder.url, keys.key, keys.secret, keys.passphrase)) as connected:
            assert isinstance(connected, CcxtKucoin)
            yield connected.exchange

    def test_its_own_paging_walks_back_a_day_at_a_time(self, exchange: Any, past: Past) -> None:
        """As long as there is a row in each: the first empty answer ends it."""
        rows = exchange.fetch_ledger(None, None, None, {"paginate": True, "paginationCalls": 200})
        assert len(rows) == past.lines
        assert Counter(row["type"] for row in rows) == {
            "trade": 2 * len(past.purchases), "transaction": 2 + len(past.deposits),
        }  # fmt: skip
