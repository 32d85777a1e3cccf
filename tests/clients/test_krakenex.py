"""What only krakenex does: it hands on everything, errors included, and counts nonces in milliseconds."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count

import krakenex
import pytest
import requests

from tests.support.running import RunningServer
from tests.support.venue import Keys, Venue
from tests.support.venue_facts import PAGE

Connect = Callable[[Keys], krakenex.API]


def api(url: str, key: str = "", secret: str = "") -> krakenex.API:
    """Pointed here as its documentation says."""
    made = krakenex.API(key=key, secret=secret)
    made.uri = url
    return made


def with_nonces(made: krakenex.API, *nonces: int) -> krakenex.API:
    """The same with its nonces set by its user, as people do who call in parallel."""
    left = iter(nonces)
    made._nonce = lambda: next(left)
    return made


@pytest.fixture
def connect(venue: Venue) -> Iterator[Connect]:
    """Krakenex for a key."""
    with ExitStack() as opened:
        yield lambda keys: opened.enter_context(closing(api(venue.url, keys.key, keys.secret)))


class TestAnswers:
    """The envelope, as krakenex shows it."""

    def test_a_public_answer_has_an_empty_list_of_errors(self, venue: Venue) -> None:
        with closing(api(venue.url)) as public:
            assert public.query_public("Time")["error"] == []
            assert public.query_public("Time")["result"]["unixtime"] == venue.now_s

    def test_a_refusal_is_a_list_of_errors_without_a_result(self, venue: Venue, connect: Connect) -> None:
        with closing(api(venue.url)) as public:
            assert public.query_public("Ticker", {"pair": "NOPE"}) == {"error": ["EQuery:Unknown asset pair"]}
            with pytest.raises(requests.HTTPError, match="404"):
                public.query_public("Nonsense")
        assert connect(venue.account()).query_private("CancelOrder") == {"error": ["EGeneral:Invalid arguments:txid"]}

    def test_its_example_of_paging_reads_the_whole_ledger(self, busy: Keys, venue: Venue, connect: Connect) -> None:
        """By `ofs` in steps of 50, until as many rows are there as `count` says."""
        client = with_nonces(connect(venue.key(busy.account)), *range(1, 10))
        ledger: dict[str, object] = {}
        for offset in count(step=PAGE):
            page = client.query_private("Ledgers", {"ofs": offset})["result"]
            ledger |= page["ledger"]
            if len(ledger) >= page["count"]:
                break
        assert len(ledger) == 132

    def test_a_one_time_password_goes_with_the_call(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.key(venue.account(USD="1").account, one_time_password="open sesame"))
        assert client.query_private("Balance", {"otp": "open sesame"})["result"] == {"ZUSD": "1.0000"}

    def test_a_page_instead_of_json_is_an_http_error(self) -> None:
        with RunningServer(None, "--require-user-agent") as strict, closing(api(strict.url)) as public:
            assert public.query_public("SystemStatus")["result"]["status"] == "online"
            public.session.headers["User-Agent"] = ""
            with pytest.raises(requests.HTTPError, match="403"):
                public.query_public("SystemStatus")


class TestNonces:
    """Every call of a key needs a new one."""

    def test_without_a_window_each_is_greater_than_the_last(self, venue: Venue, connect: Connect) -> None:
        client = with_nonces(connect(venue.account()), 100, 100, 99, 101)
        errors = [client.query_private("Balance")["error"] for _ in range(4)]
        assert errors == [[], ["EAPI:Invalid nonce"], ["EAPI:Invalid nonce"], []]

    def test_a_window_lets_late_ones_in_but_none_twice(self, venue: Venue, connect: Connect) -> None:
        keys = venue.key(venue.account().account, nonce_window=10)
        client = with_nonces(connect(keys), 100, 95, 91, 95, 100, 90, 101)
        errors = [client.query_private("Balance")["error"] for _ in range(7)]
        refused = ["EAPI:Invalid nonce"]
        assert errors == [[], [], [], refused, refused, refused, []]

    def test_a_refused_call_has_spent_its_nonce(self, venue: Venue, connect: Connect) -> None:
        client = with_nonces(connect(venue.account()), 100, 100)
        assert client.query_private("CancelOrder")["error"] == ["EGeneral:Invalid arguments:txid"]
        assert client.query_private("Balance")["error"] == ["EAPI:Invalid nonce"]

    def test_each_key_of_an_account_counts_for_itself(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        assert with_nonces(connect(keys), 2**60).query_private("Balance")["error"] == []
        assert with_nonces(connect(venue.key(keys.account)), 1).query_private("Balance")["error"] == []
