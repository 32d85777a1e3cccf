"""Each refusal as each client's own exception: its own type where it has one, the venue's code and words where not."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import ccxt
import pytest
from kucoin.exceptions import KucoinAPIException
from kucoin_universal_sdk.model import RestError
from msgspec import Struct

from tests.support.kucoin_clients import KUCOIN_CLIENTS
from tests.support.kucoin_facts import KucoinClient
from tests.support.kucoin_venue import KucoinVenue
from tests.support.running import RunningServer
from tests.support.stored_books import renamed_table
from tests.support.venue import Keys
from tests.support.venue_facts import Holding

Connect = Callable[[Keys], KucoinClient]

BITCOIN = "BTC/USDT"
LIMIT = {"clientOid": "mine", "side": "buy", "symbol": "BTC-USDT", "type": "limit", "price": "100", "size": "0.01"}
THOUSAND = {"USDT": Holding(Decimal(1000), Decimal(0))}
WITHDRAWAL = {
    "currency": "USDT", "toAddress": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "withdrawType": "ADDRESS", "chain": "trx",
    "amount": "50",
}  # fmt: skip
TRANSFER = {
    "clientOid": "mine", "currency": "USDT", "amount": "1", "type": "INTERNAL", "fromAccountType": "TRADE",
    "toAccountType": "MAIN",
}  # fmt: skip
NO_ORDER = "5bd6e9286d99522a52e458de"
ELEVEN = "BTC,ETH,SOL,XRP,DOGE,ADA,DOT,LTC,LINK,AVAX,ATOM"


class Refusal(NamedTuple):
    """The venue's answer, and what ccxt makes of it; the other clients have one exception for all."""

    code: str
    message: str
    ccxt: type[Exception]
    status: int = 200


class Mistake(Struct, frozen=True):
    """A call that is refused."""

    verb: str
    path: str
    params: dict[str, Any]
    refusal: Refusal


def order(refusal: Refusal, **changes: Any) -> Mistake:
    """An order that is wrong in one thing."""
    return Mistake("POST", "/api/v1/orders", LIMIT | changes, refusal)


def hf_order(refusal: Refusal, **changes: Any) -> Mistake:
    """The same by the high-frequency endpoint."""
    return Mistake("POST", "/api/v1/hf/orders", LIMIT | changes, refusal)


def ledger(refusal: Refusal, **params: Any) -> Mistake:
    """A question to the ledger that is wrong in one thing."""
    return Mistake("GET", "/api/v1/accounts/ledgers", params, refusal)


def parameter(message: str, kind: type[Exception] = ccxt.BadRequest) -> Refusal:
    """A parameter that is refused."""
    return Refusal("400100", message, kind)


NO_FUNDS = Refusal("200004", "Balance insufficient!", ccxt.InsufficientFunds)
NOT_OPEN = parameter("order_not_exist_or_not_allow_to_cancel", ccxt.OrderNotFound)
TOO_LONG = parameter("Get List Account Ledgers doesn't support get ledgers in a large timespan (> 24 hours)")
NO_URL = Refusal("404000", "Url Not Found", ccxt.NotSupported, 404)
DENIED = Refusal("400007", "Access denied, require more permission.", ccxt.AuthenticationError, 403)
TOO_MANY = Refusal("429000", "Too Many Requests", ccxt.RateLimitExceeded, 429)
NO_MARGIN = Refusal("101030", "You haven't yet enabled the margin trading", ccxt.PermissionDenied)
NO_CHAIN = Refusal("900014", "Invalid chainId", ccxt.BadRequest)

MISTAKES = [
    order(NO_FUNDS, size="1000"),
    hf_order(NO_FUNDS, size="1000"),
    order(parameter("Unsupported trading pair.", ccxt.BadSymbol), symbol="NOPE-USDT"),
    order(parameter("Order size below the minimum requirement.", ccxt.InvalidOrder), size="0.000009"),
    order(parameter("Order size increment invalid.", ccxt.InvalidOrder), size="0.0100000001"),
    order(parameter("Price increment invalid."), price="100.01"),
    order(parameter("Invalid Parameter. price"), price="cheap"),
    order(parameter("side not in the given range!"), side="hold"),
    order(NO_MARGIN, tradeType="MARGIN_TRADE"),
    Mistake("DELETE", f"/api/v1/orders/{NO_ORDER}", {}, NOT_OPEN),
    Mistake("DELETE", "/api/v1/order/client-order/nobody", {}, NOT_OPEN),
    Mistake("GET", f"/api/v1/orders/{NO_ORDER}", {}, parameter("order not exist.", ccxt.OrderNotFound)),
    ledger(TOO_LONG, startAt=1_700_000_000_000, endAt=1_700_086_400_001),
    ledger(parameter("startAt not in the given range!"), startAt=1_700_000_000_001, endAt=1_700_000_000_000),
    ledger(parameter("pageSize should not greater than 500"), pageSize=501),
    ledger(parameter("not in the given range!"), bizType="NOPE"),
    ledger(parameter("currency not in the given range!"), currency=ELEVEN),
    Mistake("GET", "/api/v1/nope", {}, NO_URL),
    Mistake(
        "GET", "/api/v1/deposit-addresses", {"currency": "BTC", "chain": "btc"},
        Refusal("260220", "Deposit address does not exist.", ccxt.InvalidAddress),
    ),
    Mistake("POST", "/api/v3/deposit-address/create", {"currency": "BTC", "chain": "nope"}, NO_CHAIN),
    Mistake("DELETE", f"/api/v1/withdrawals/{NO_ORDER}", {}, parameter("withdrawal not exist.")),
    Mistake("POST", "/api/v3/withdrawals", WITHDRAWAL, Refusal("260100", "account.noBalance", ccxt.InsufficientFunds)),
    Mistake(
        "POST", "/api/v3/withdrawals", WITHDRAWAL | {"amount": "1"},
        parameter("The withdrawal amount is below the minimum requirement.", ccxt.ExchangeError),
    ),
    Mistake("POST", "/api/v3/withdrawals", WITHDRAWAL | {"chain": "nope"}, NO_CHAIN),
    Mistake(
        "POST", "/api/v3/accounts/universal-transfer", TRANSFER | {"amount": "1000.01"},
        Refusal("230003", "Balance insufficient!", ccxt.InsufficientFunds),
    ),
    Mistake(
        "POST", "/api/v3/accounts/universal-transfer", TRANSFER | {"toAccountType": "POCKET"},
        parameter("toAccountType not in the given range!"),
    ),
]  # fmt: skip


def expect(client_name: str, refusal: Refusal, call: Callable[[], object]) -> None:
    """Make the call and see what the client raises: nothing more general, nothing more special."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  its exact type and words are checked below
        call()
    error: Any = caught.value
    match client_name:
        case "kucoin-python":
            assert type(error) is Exception
            status, _, body = str(error).partition("-")
            assert (int(status), json.loads(body)) == (refusal.status, {"code": refusal.code, "msg": refusal.message})
        case "python-kucoin":
            assert type(error) is KucoinAPIException
            assert (error.status_code, error.code, error.message) == (refusal.status, refusal.code, refusal.message)
        case "universal-sdk":
            assert type(error) is RestError
            assert refusal.message in str(error)
            # It reads a code only from HTTP 200.
            assert (error.response and error.response.code) == (refusal.code if refusal.status == 200 else None)
        case _:
            assert type(error) is refusal.ccxt
            assert json.loads(str(error).removeprefix("kucoin ")) == {"code": refusal.code, "msg": refusal.message}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.path}-{mistake.refusal.message[:40]}")
def test_a_mistake_is_answered_and_changes_nothing(
    mistake: Mistake, client_name: str, venue: KucoinVenue, connect: Connect
) -> None:
    client = connect(venue.account(USDT="1000"))
    expect(client_name, mistake.refusal, lambda: client.private(mistake.verb, mistake.path, **mistake.params))
    assert client.balances() == THOUSAND
    assert (client.open_orders(BITCOIN), client.done_orders(BITCOIN)) == ({}, {})


def test_what_exists_already_is_not_made_again(client_name: str, venue: KucoinVenue, connect: Connect) -> None:
    client = connect(venue.account(USDT="1000"))
    client.create_address("BTC", "btc")
    exists = Refusal("260000", "Deposit address already exists.", ccxt.InvalidAddress)
    expect(client_name, exists, lambda: client.create_address("BTC", "btc"))
    client.private("POST", "/api/v1/orders", **LIMIT)
    named = parameter("validation.createOrder.clientOidDuplicated")
    expect(client_name, named, lambda: client.private("POST", "/api/v1/orders", **LIMIT))
    assert len(client.open_orders(BITCOIN)) == 1


class TestKeys:
    """What is asked of a key before anything else."""

    def test_an_unknown_key(self, client_name: str, venue: KucoinVenue, connect: Connect) -> None:
        stranger = connect(venue.account()._replace(key="0" * 24))
        unknown = Refusal("400003", "KC-API-KEY not exists", ccxt.AuthenticationError, 401)
        expect(client_name, unknown, lambda: stranger.private("GET", "/api/v1/accounts"))

    def test_anothers_secret(self, client_name: str, venue: KucoinVenue, connect: Connect) -> None:
        """Where the passphrase is signed, it is wrong first."""
        forger = connect(venue.account()._replace(secret=venue.account().secret))
        message = "Invalid KC-API-SIGN" if client_name == "python-kucoin" else "Invalid KC-API-PASSPHRASE"
        code = "400005" if client_name == "python-kucoin" else "400004"
        forged = Refusal(code, message, ccxt.AuthenticationError, 401)
        expect(client_name, forged, lambda: forger.private("GET", "/api/v1/accounts"))

    def test_a_wrong_passphrase(self, client_name: str, venue: KucoinVenue, connect: Connect) -> None:
        forger = connect(venue.account()._replace(passphrase="open sesame"))
        forged = Refusal("400004", "Invalid KC-API-PASSPHRASE", ccxt.AuthenticationError, 401)
        expect(client_name, forged, lambda: forger.private("GET", "/api/v1/accounts"))

    def test_a_key_for_other_addresses(self, client_name: str, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.key(venue.account().account, ips=["192.0.2.0/24"]))
        message = "Invalid request ip, the current clientIp is: 127.0.0.1"
        foreign = Refusal("400006", message, ccxt.AuthenticationError, 403)
        expect(client_name, foreign, lambda: client.private("GET", "/api/v1/accounts"))

    @pytest.mark.parametrize(
        ("verb", "path", "params"),
        [
            ("POST", "/api/v1/orders", LIMIT),
            ("POST", "/api/v3/accounts/universal-transfer", TRANSFER),
            ("POST", "/api/v3/withdrawals", WITHDRAWAL),
            ("DELETE", f"/api/v1/withdrawals/{NO_ORDER}", {}),
        ],
    )
    def test_a_key_that_may_only_read(
        self, client_name: str, venue: KucoinVenue, connect: Connect, verb: str, path: str, params: dict[str, Any]
    ) -> None:
        client = connect(venue.key(venue.account(USDT="1000").account, permissions=["General"]))
        assert client.balances() == THOUSAND
        expect(client_name, DENIED, lambda: client.private(verb, path, **params))


def test_too_many_calls(client_name: str, venue: KucoinVenue, connect: Connect) -> None:
    """A ledger page weighs 10 of 2000 in 30 seconds."""
    keys = venue.limited_account("vip0")
    with venue.caller(keys) as caller:
        left = [caller.get("/api/v1/accounts/ledgers").headers["gw-ratelimit-remaining"] for _ in range(200)]
    assert (left[0], left[-1]) == ("1990", "0")
    client = connect(keys)
    expect(client_name, TOO_MANY, lambda: client.private("GET", "/api/v1/accounts/ledgers"))


@pytest.fixture(scope="module")
def elsewhen() -> Iterator[KucoinVenue]:
    """A world whose clock was moved on by an hour."""
    with RunningServer() as server, KucoinVenue(server) as venue:
        venue.advance("1h")
        yield venue


def test_a_clock_that_is_moved_locks_no_client_out(client_name: str, elsewhen: KucoinVenue) -> None:
    keys = elsewhen.account()
    with closing(KUCOIN_CLIENTS[client_name](elsewhen.url, keys.key, keys.secret, keys.passphrase)) as client:
        assert client.private("GET", "/api/v1/accounts") == []


def test_a_clock_that_is_off_by_more_than_five_seconds(client_name: str, elsewhen: KucoinVenue) -> None:
    """Of an account whose calls must be stamped with the world's time."""
    keys = elsewhen.strict_account()
    late = Refusal("400002", "Invalid KC-API-TIMESTAMP", ccxt.InvalidNonce, 400)
    with closing(KUCOIN_CLIENTS[client_name](elsewhen.url, keys.key, keys.secret, keys.passphrase)) as client:
        expect(client_name, late, lambda: client.private("GET", "/api/v1/accounts"))


def test_a_store_that_cannot_be_written_is_an_unavailable_venue(tmp_path: Path) -> None:
    """Nothing is answered that is not kept; once the store is well again, so is the venue."""
    unavailable = Refusal("500000", "Internal Server Error", ccxt.ExchangeNotAvailable, 503)
    with RunningServer(tmp_path) as server, KucoinVenue(server) as venue, ExitStack() as opened:
        keys = venue.account(USDT="1000")
        for name, client in KUCOIN_CLIENTS.items():
            connected = opened.enter_context(closing(client(venue.url, keys.key, keys.secret, keys.passphrase)))
            connected.markets()
            wanted = LIMIT | {"clientOid": name}
            with renamed_table(tmp_path / "world.sqlite3"):
                expect(name, unavailable, lambda: connected.private("POST", "/api/v1/orders", **wanted))  # noqa: B023  it is called at once
            venue.wait_until_well()
            assert connected.open_orders(BITCOIN) == {}
