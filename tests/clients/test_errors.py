"""Each refusal as each client's own exception: its own type where it has one, the venue's exact words where not."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import ccxt
import kraken.exceptions as sdk
import pytest
from msgspec import Struct

from tests.support.raw_clients import KrakenexError
from tests.support.running import RunningServer
from tests.support.stored_books import renamed_table
from tests.support.venue import Keys, Venue, done
from tests.support.venue_clients import CLIENTS
from tests.support.venue_facts import VenueClient

pytestmark = pytest.mark.filterwarnings("ignore:.*uses a deprecated Kraken endpoint:DeprecationWarning")

Connect = Callable[[Keys], VenueClient]

LIMIT = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "100"}
UNKNOWN_ORDER = "OABCDE-ABCDE-ABCDEF"


class Refusal(NamedTuple):
    """The venue's words, and what each client makes of them."""

    error: str
    ccxt: type[Exception]
    sdk: type[Exception]


class Mistake(Struct, frozen=True):
    """A call that is refused."""

    method: str
    params: dict[str, Any]
    refusal: Refusal


def order(refusal: Refusal, **changes: Any) -> Mistake:
    """An order that is wrong in one thing."""
    return Mistake("AddOrder", LIMIT | changes, refusal)


INVALID_KEY = Refusal("EAPI:Invalid key", ccxt.AuthenticationError, sdk.KrakenInvalidAPIKeyError)
INVALID_SIGNATURE = Refusal("EAPI:Invalid signature", ccxt.ExchangeError, sdk.KrakenInvalidSignatureError)
INVALID_NONCE = Refusal("EAPI:Invalid nonce", ccxt.InvalidNonce, sdk.KrakenInvalidNonceError)
PERMISSION_DENIED = Refusal("EGeneral:Permission denied", ccxt.PermissionDenied, sdk.KrakenPermissionDeniedError)
CALLS_EXCEEDED = Refusal("EAPI:Rate limit exceeded", ccxt.DDoSProtection, sdk.KrakenApiLimitExceededError)
ORDERS_EXCEEDED = Refusal("EOrder:Rate limit exceeded", ccxt.DDoSProtection, sdk.KrakenRateLimitExceededError)
TOO_MANY_OPEN = Refusal("EOrder:Orders limit exceeded", ccxt.ExchangeError, sdk.KrakenOrderLimitsExceededError)
UNAVAILABLE = Refusal("EService:Unavailable", ccxt.ExchangeNotAvailable, sdk.KrakenServiceUnavailableError)
TOO_MANY_ADDRESSES = Refusal("EFunding:Too many addresses", ccxt.ExchangeError, sdk.KrakenToManyAddressesError)
UNKNOWN_PAIR = Refusal("EQuery:Unknown asset pair", ccxt.ExchangeError, sdk.KrakenUnknownAssetError)
"""No client has its own exception for it: ccxt knows other words, the sdk finds those of an unknown asset first."""
NO_SUCH_STP = Refusal("EGeneral:Invalid arguments:stptype", ccxt.ExchangeError, sdk.KrakenInvalidArgumentsError)
NO_TXID = Refusal("EGeneral:Invalid arguments:txid", ccxt.ExchangeError, sdk.KrakenInvalidArgumentsError)
BAD_VOLUME = Refusal("EGeneral:Invalid arguments:volume", ccxt.InvalidOrder, sdk.KrakenInvalidArgumentsError)
TOO_LITTLE = Refusal(
    "EGeneral:Invalid arguments:volume minimum not met", ccxt.InvalidOrder, sdk.KrakenInvalidArgumentsError
)
TOO_CHEAP = Refusal("EOrder:Cost minimum not met", ccxt.ExchangeError, sdk.KrakenCostMinimumNotMetError)
TOO_FINE = Refusal(
    "EOrder:Invalid price:XBT/USD price can only be specified up to 1 decimals.",
    ccxt.ExchangeError,
    sdk.KrakenInvalidPriceError,
)
BAD_PRICE = Refusal("EOrder:Invalid price:Invalid price argument", ccxt.InvalidOrder, sdk.KrakenInvalidPriceError)
NO_FUNDS = Refusal("EOrder:Insufficient funds", ccxt.InsufficientFunds, sdk.KrakenInsufficientFundsError)
NO_MARGIN = Refusal("EOrder:Cannot open position", ccxt.ExchangeError, sdk.KrakenCannotOpenPositionError)
TOO_LATE = Refusal("EService:Deadline elapsed", ccxt.ExchangeError, sdk.KrakenDeadlineElapsedError)
NO_ORDER = Refusal("EOrder:Invalid order", ccxt.InvalidOrder, sdk.KrakenInvalidOrderError)
UNKNOWN_ASSET = Refusal("EQuery:Unknown asset", ccxt.BadSymbol, sdk.KrakenUnknownAssetError)
NOT_FUNDED = Refusal("EFunding:Unknown asset", ccxt.BadSymbol, sdk.KrakenUnknownAssetError)
NO_WITHDRAW_KEY = Refusal("EFunding:Unknown withdraw key", ccxt.InvalidAddress, sdk.KrakenUnknownWithdrawKeyError)
BAD_AMOUNT = Refusal("EFunding:Invalid amount", ccxt.InsufficientFunds, sdk.KrakenInvalidAmountError)
FEE_ABOVE = Refusal("EFunding:Max fee exceeded", ccxt.ExchangeError, sdk.KrakenMaxFeeExceededError)
BAD_REFID = Refusal("EFunding:Invalid reference id", ccxt.ExchangeError, sdk.KrakenInvalidReferenceIdError)
NO_REFID = Refusal("EFunding:Unknown reference id", ccxt.ExchangeError, sdk.KrakenUnknownReferenceIdError)

MISTAKES = [
    order(UNKNOWN_PAIR, pair="NOPEUSD"),
    order(NO_SUCH_STP, stptype="never"),
    order(BAD_VOLUME, volume="-1"),
    order(TOO_LITTLE, volume="0.00001"),
    order(TOO_CHEAP, volume="0.0001", price="1000"),
    order(TOO_FINE, price="100.123"),
    order(BAD_PRICE, price="cheap"),
    order(NO_FUNDS, volume="1000"),
    order(NO_MARGIN, leverage="2"),
    order(TOO_LATE, deadline="2020-01-01T00:00:00Z"),
    Mistake("CancelOrder", {"txid": UNKNOWN_ORDER}, NO_ORDER),
    Mistake("CancelOrder", {"txid": 4711}, NO_ORDER),
    Mistake("CancelOrder", {"cl_ord_id": "nobody"}, NO_ORDER),
    Mistake("CancelOrder", {}, NO_TXID),
    Mistake("QueryOrders", {"txid": "nonsense"}, NO_ORDER),
    Mistake("TradeBalance", {"asset": "NOPE"}, UNKNOWN_ASSET),
    Mistake("Ledgers", {"asset": "NOPE"}, UNKNOWN_ASSET),
    Mistake("DepositMethods", {"asset": "NOPE"}, NOT_FUNDED),
    Mistake("Withdraw", {"asset": "XBT", "key": "nobody", "amount": "0.1"}, NO_WITHDRAW_KEY),
    Mistake("Withdraw", {"asset": "XBT", "key": "cold wallet", "amount": "99"}, BAD_AMOUNT),
    Mistake("Withdraw", {"asset": "XBT", "key": "cold wallet", "amount": "0.1", "max_fee": "0.0001"}, FEE_ABOVE),
    Mistake("WithdrawCancel", {"asset": "XBT", "refid": "nonsense"}, BAD_REFID),
    Mistake("WithdrawCancel", {"asset": "XBT", "refid": "AAAAAAA-AAAAAA-AAAAAA"}, NO_REFID),
]


def expect(client_name: str, refusal: Refusal, call: Callable[[], object]) -> None:
    """Make the call and see what the client raises: nothing more general, nothing more special."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  its exact type and words are checked below
        call()
    kinds = {"krakenex": KrakenexError, "kraken-sdk": refusal.sdk}
    assert type(caught.value) is kinds.get(client_name, refusal.ccxt)
    assert refusal.error in str(caught.value)
    if isinstance(caught.value, KrakenexError):
        assert caught.value.errors == [refusal.error]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.method}-{mistake.refusal.error}")
def test_a_mistake_is_answered_and_changes_nothing(
    mistake: Mistake, client_name: str, venue: Venue, connect: Connect
) -> None:
    keys = venue.account(USD="1000", BTC="1")
    venue.save_withdraw_key(keys.account, "BTC", "cold wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")
    client = connect(keys)
    before = client.balances()
    expect(client_name, mistake.refusal, lambda: client.private(mistake.method, **mistake.params))
    assert (client.balances(), client.open_orders(), client.closed_orders()) == (before, {}, {})


def test_a_method_that_there_is_not_is_not_found(client_name: str, venue: Venue, connect: Connect) -> None:
    """Two of the clients look at the status first."""
    client = connect(venue.account())
    words = {"krakenex": "404 Client Error", "kraken-sdk": "404 - .*EGeneral:Unknown method"}
    with pytest.raises(Exception, match=words.get(client_name, "EGeneral:Unknown method")):
        client.private("Lend")


class TestKeys:
    """What is asked of a key before anything else."""

    def test_an_unknown_key(self, client_name: str, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        stranger = connect(Keys(keys.account, keys.key[::-1], keys.secret))
        expect(client_name, INVALID_KEY, lambda: stranger.private("Balance"))

    def test_anothers_secret(self, client_name: str, venue: Venue, connect: Connect) -> None:
        keys, other = venue.account(), venue.account()
        forger = connect(Keys(keys.account, keys.key, other.secret))
        expect(client_name, INVALID_SIGNATURE, lambda: forger.private("Balance"))

    def test_an_expired_key(self, client_name: str, venue: Venue, connect: Connect) -> None:
        client = connect(venue.key(venue.account().account, expiry=venue.now_s + 60))
        client.private("Balance")
        venue.advance("61s")
        expect(client_name, INVALID_KEY, lambda: client.private("Balance"))

    def test_a_key_for_other_addresses(self, client_name: str, venue: Venue, connect: Connect) -> None:
        client = connect(venue.key(venue.account().account, ips=["192.0.2.0/24"]))
        expect(client_name, INVALID_KEY, lambda: client.private("Balance"))

    def test_a_key_without_its_second_password(self, client_name: str, venue: Venue, connect: Connect) -> None:
        client = connect(venue.key(venue.account().account, one_time_password="open sesame"))
        expect(client_name, INVALID_SIGNATURE, lambda: client.private("Balance"))
        assert client.private("GetWebSocketsToken", otp="open sesame")["token"]

    def test_a_key_that_was_used_with_greater_nonces(self, client_name: str, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        with venue.feeder(keys) as nanoseconds:
            done(nanoseconds, "Balance", nonce=str(2**63))
        client = connect(keys)
        expect(client_name, INVALID_NONCE, lambda: client.private("Balance"))

    @pytest.mark.parametrize(
        ("method", "params"),
        [("AddOrder", LIMIT), ("Ledgers", {}), ("Withdraw", {"asset": "XBT", "key": "cold wallet", "amount": "0.1"})],
    )
    def test_a_key_that_may_only_look_at_balances(
        self, client_name: str, venue: Venue, connect: Connect, method: str, params: dict[str, Any]
    ) -> None:
        client = connect(venue.key(venue.account(USD="1000").account, permissions=["query-funds"]))
        assert client.private("Balance") == {"ZUSD": "1000.0000"}
        expect(client_name, PERMISSION_DENIED, lambda: client.private(method, **params))


class TestLimits:
    """Too much of a good thing. The clock stands still, so no counter decays unless told."""

    def test_too_many_calls(self, client_name: str, venue: Venue, connect: Connect) -> None:
        client = connect(venue.limited_account("starter"))
        for _ in range(15):
            client.private("Balance")
        expect(client_name, CALLS_EXCEEDED, lambda: client.private("Balance"))
        venue.advance("4s")
        client.private("Balance")

    def test_too_many_new_orders(self, client_name: str, venue: Venue, connect: Connect) -> None:
        client = connect(venue.limited_account("starter", USD="1000"))
        for _ in range(6):
            client.cancel(client.place("buy", "0.01", "100", symbol="BTC/USD"))
        for _ in range(6):
            client.place("buy", "0.01", "100", symbol="BTC/USD")
        expect(client_name, ORDERS_EXCEEDED, lambda: client.private("AddOrder", **LIMIT))
        venue.advance("60s")
        client.place("buy", "0.01", "100", symbol="BTC/USD")

    def test_too_many_open_orders(self, client_name: str, venue: Venue, connect: Connect) -> None:
        keys = venue.limited_account("starter", USD="1000")
        with venue.feeder(venue.key(keys.account)) as feeder:
            for _ in range(60):
                done(feeder, "AddOrder", **LIMIT)
        venue.advance("5m")
        client = connect(keys)
        expect(client_name, TOO_MANY_OPEN, lambda: client.private("AddOrder", **LIMIT))

    def test_too_many_unused_addresses(self, client_name: str, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account())
        wanted = {"asset": "XBT", "method": "Bitcoin", "new": "true"}
        for _ in range(5):
            client.private("DepositAddresses", **wanted)
        expect(client_name, TOO_MANY_ADDRESSES, lambda: client.private("DepositAddresses", **wanted))


def test_a_store_that_cannot_be_written_is_an_unavailable_venue(client_name: str, tmp_path: Path) -> None:
    """Nothing is answered that is not kept; once the store is well again, so is the venue."""
    with RunningServer(tmp_path) as server, Venue(server) as venue, ExitStack() as opened:
        keys = venue.account(USD="1000")
        client = opened.enter_context(closing(CLIENTS[client_name](venue.url, keys.key, keys.secret)))
        client.place("buy", "0.01", "100", symbol="BTC/USD")
        with renamed_table(tmp_path / "world.sqlite3"):
            expect(client_name, UNAVAILABLE, lambda: client.private("AddOrder", **LIMIT))
        venue.wait_until_well()
        assert len(client.open_orders()) == 1
