"""What python-kraken-sdk's authors try with a key of their own at the real Kraken: reading, and being refused.

The stories are those of the live tests in btschwertfeger/python-kraken-sdk (tests/spot, state of July 2026), told anew.
Their key may read and not trade, their account is an ordinary one.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kraken.exceptions import (
    KrakenInvalidAPIKeyError,
    KrakenInvalidOrderError,
    KrakenPermissionDeniedError,
)
from kraken.spot import Market, SpotAsyncClient, SpotClient

from tests.support.raw_clients import KrakenSdk
from tests.support.venue import Keys, Venue

pytestmark = [
    pytest.mark.parametrize(
        "world", ["memory", pytest.param("postgresql", marks=pytest.mark.clients)], indirect=True, scope="session"
    ),
    pytest.mark.filterwarnings("ignore:.*uses a deprecated Kraken endpoint:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:`fee_info=False` has no effect:DeprecationWarning"),
]

READING = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]
SOMEBODYS = "OXBBSK-EUGDR-TDNIEQ"
SECONDS = {"start": "1668431675.4778206", "end": "1668455555.4778206"}

Ask = Callable[[KrakenSdk], Any]


@pytest.fixture
def reader(venue: Venue) -> Keys:
    """A key that may read, of an account with some money."""
    account = venue.account(EUR="500", BTC="2.1", DOT="7", DOGE="3").account
    return venue.key(account, permissions=READING)


@pytest.fixture
def sdk(reader: Keys, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> Iterator[KrakenSdk]:
    """The sdk with that key. Its `Trade` looks pairs up at api.kraken.com, whatever address it is given itself."""
    monkeypatch.setattr("kraken.spot.trade.Market", partial(Market, url=venue.url))
    with closing(KrakenSdk(venue.url, reader.key, reader.secret)) as client:
        yield client


@pytest.fixture
def funder(reader: Keys, venue: Venue) -> Iterator[KrakenSdk]:
    """The sdk with a key to the same account that may also see how money comes and goes."""
    keys = venue.key(reader.account, permissions=[*READING, "add-funds", "withdraw-funds"])
    with closing(KrakenSdk(venue.url, keys.key, keys.secret)) as client:
        yield client


class TestAKeyThatMayNotTrade:
    @pytest.mark.parametrize(
        "order",
        [
            {"volume": 1.001, "price": 1.001, "oflags": ["post"], "timeinforce": "GTC", "truncate": True},
            {"volume": 10_000_000, "price": 100, "oflags": ["post"], "expiretm": "0", "displayvol": 1_000},
            {"ordertype": "stop-loss", "volume": "1000", "price": "100", "trigger": "last", "leverage": "2",
             "reduce_only": True, "close_ordertype": "limit", "close_price": "123", "close_price2": "92"},
            {"ordertype": "stop-loss-limit", "volume": 0.001, "price": 25_000, "price2": 27_000, "trigger": "last",
             "leverage": 4, "deadline": "2030-01-01T00:00:00+00:00", "cl_ord_id": "my-client-order-id"},
        ],
        ids=["post-only", "iceberg", "stop-loss", "stop-loss-limit"],
    )  # fmt: skip
    def test_is_told_so_whatever_the_order_is_like(self, sdk: KrakenSdk, order: dict[str, Any]) -> None:
        whole = {"ordertype": "limit", "side": "buy", "pair": "BTC/EUR", "validate": True} | order
        with pytest.raises(KrakenPermissionDeniedError):
            sdk.trade.create_order(**whole)

    @pytest.mark.parametrize("named", [{"txid": "OB6JJR-7NZ5P-N5SKCB"}, {"cl_ord_id": "my-client-order-id"}])
    def test_is_told_so_before_an_order_is_looked_for(self, sdk: KrakenSdk, named: dict[str, Any]) -> None:
        with pytest.raises(KrakenPermissionDeniedError):
            sdk.trade.cancel_order(**named)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda sdk: sdk.trade.cancel_all_orders(),
            lambda sdk: sdk.trade.cancel_all_orders_after_x(timeout=0),
            lambda sdk: sdk.funding.withdraw_funds(
                asset="XLM", key="enter-withdraw-key", amount=10_000_000, max_fee=20
            ),
            lambda sdk: sdk.funding.get_withdrawal_info(asset="XLM", amount=10_000_000, key="enter-withdraw-key"),
        ],
        ids=["cancel all", "cancel all after", "withdraw", "withdraw info"],
    )
    def test_is_told_so_by_what_moves_money_or_orders(self, sdk: KrakenSdk, ask: Ask) -> None:
        with pytest.raises(KrakenPermissionDeniedError):
            ask(sdk)

    def test_is_no_institution_either(self, sdk: KrakenSdk) -> None:
        with pytest.raises(KrakenPermissionDeniedError):
            sdk.user.create_subaccount(email="abc@welt.de", username="tomtucker")
        with pytest.raises(KrakenPermissionDeniedError):
            sdk.user.account_transfer(asset="XBT", amount=1.0, from_="ABCD 1234 EFGH 5678", to_="JKIL 9012 MNOP 3456")


class TestReading:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda sdk: sdk.user.get_account_balance(),
            lambda sdk: sdk.user.get_balances(),
            lambda sdk: sdk.user.get_trade_balance(),
            lambda sdk: sdk.user.get_trade_balance(asset="EUR"),
            lambda sdk: sdk.user.get_open_orders(trades=True),
            lambda sdk: sdk.user.get_open_orders(trades=False, userref="1234567"),
            lambda sdk: sdk.user.get_open_orders(trades=False, cl_ord_id="my-client-order-id"),
            lambda sdk: sdk.user.get_closed_orders(),
            lambda sdk: sdk.user.get_closed_orders(trades=True, userref="1234"),
            lambda sdk: sdk.user.get_closed_orders(trades=True, cl_ord_id="my-client-order-id"),
            lambda sdk: sdk.user.get_closed_orders(trades=True, start=SECONDS["start"]),
            lambda sdk: sdk.user.get_closed_orders(trades=True, **SECONDS, ofs=2),
            lambda sdk: sdk.user.get_closed_orders(trades=True, **SECONDS, ofs=1, closetime="open"),
            lambda sdk: sdk.user.get_trades_history(type_="all", trades=True),
            lambda sdk: sdk.user.get_trades_history(
                type_="closed position", start="1677717104", end="1677817104", ofs="1"
            ),
            lambda sdk: sdk.user.get_ledgers_info(),
            lambda sdk: sdk.user.get_ledgers_info(type_="deposit"),
            lambda sdk: sdk.user.get_ledgers_info(asset="EUR", **SECONDS, ofs=2),
            lambda sdk: sdk.user.get_ledgers_info(asset=["EUR", "USD"]),
            lambda sdk: sdk.user.get_ledgers_info(asset="EUR,USD"),
            lambda sdk: sdk.user.get_trade_volume(),
            lambda sdk: sdk.user.get_trade_volume(pair="DOT/EUR", fee_info=False),
        ],
    )  # fmt: skip
    def test_what_they_ask_of_their_account_is_answered(self, sdk: KrakenSdk, ask: Ask) -> None:
        answer = ask(sdk)
        assert isinstance(answer, dict)
        assert "error" not in answer

    @pytest.mark.parametrize("ids", [SOMEBODYS, "OQQYNL-FXCFA-FBFVD7", ["OE3B4A-NSIEQ-5L6HW3", "O23GOI-WZDVD-XWGC3R"]])
    def test_ids_of_others_are_not_found(self, sdk: KrakenSdk, ids: str | list[str]) -> None:
        assert sdk.user.get_orders_info(ids, trades=True, consolidate_taker=True) == {}
        with suppress(KrakenInvalidOrderError):
            assert sdk.user.get_trades_info(ids, trades=True) == {}

    def test_their_entries_are_found_by_their_ids(self, sdk: KrakenSdk) -> None:
        ids = list(sdk.user.get_ledgers_info()["ledger"])[:2]
        assert list(sdk.user.get_ledgers(id_=ids[0])) == ids[:1]
        assert list(sdk.user.get_ledgers(id_=ids, trades=True)) == ids

    def test_there_are_no_positions(self, sdk: KrakenSdk) -> None:
        assert sdk.user.get_open_positions() == []
        assert sdk.user.get_open_positions(txid="OQQYNL-FXCFA-FBFVD7") == []
        assert sdk.user.get_open_positions(txid="OQQYNL-FXCFA-FBFVD7", docalcs=True) == []

    def test_a_balance_is_found_under_the_asset_s_short_name(self, sdk: KrakenSdk) -> None:
        assert sdk.user.get_balance(currency="XBT") == {"currency": "XXBT", "balance": 2.1, "available_balance": 2.1}


class TestMoney:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda sdk: sdk.funding.get_deposit_methods(asset="XBT"),
            lambda sdk: sdk.funding.get_deposit_address(asset="XBT", method="Bitcoin", new=False),
            lambda sdk: sdk.funding.get_recent_deposits_status(),
            lambda sdk: sdk.funding.get_recent_deposits_status(asset="XLM"),
            lambda sdk: sdk.funding.get_recent_deposits_status(method="Stellar XLM"),
            lambda sdk: sdk.funding.get_recent_deposits_status(asset="XLM", method="Stellar XLM"),
            lambda sdk: sdk.funding.get_recent_withdraw_status(),
            lambda sdk: sdk.funding.get_recent_withdraw_status(asset="XLM"),
            lambda sdk: sdk.funding.get_recent_withdraw_status(method="Stellar XLM"),
            lambda sdk: sdk.funding.withdraw_methods(),
            lambda sdk: sdk.funding.withdraw_methods(asset="ZUSD", aclass="currency"),
            lambda sdk: sdk.funding.withdraw_methods(asset="XBT", network="Bitcoin"),
            lambda sdk: sdk.funding.withdraw_methods(aclass="forex"),
            lambda sdk: sdk.funding.withdraw_addresses(),
            lambda sdk: sdk.funding.withdraw_addresses(asset="ZUSD", method="Bank Frick (SWIFT)"),
            lambda sdk: sdk.funding.withdraw_addresses(asset="XLM", verified=True),
        ],
    )
    def test_what_they_ask_of_deposits_and_withdrawals_is_a_list(self, funder: KrakenSdk, ask: Ask) -> None:
        assert isinstance(ask(funder), list)

    def test_a_cursor_makes_a_page_of_it(self, funder: KrakenSdk) -> None:
        page = funder.funding.get_recent_deposits_status(
            asset="XLM", method="Stellar XLM", start=1688992722, end=1688999722, cursor=True
        )
        assert page == {"deposit": [], "next_cursor": None}


class TestMarket:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda sdk: sdk.market.get_system_status(),
            lambda sdk: sdk.market.get_assets(),
            lambda sdk: sdk.market.get_assets(assets="USD"),
            lambda sdk: sdk.market.get_assets(assets=["XBT,USD"]),
            lambda sdk: sdk.market.get_assets(assets=["BTC", "USD"], aclass="currency"),
            lambda sdk: sdk.market.get_asset_pairs(pair="BTC/USD"),
            lambda sdk: sdk.market.get_asset_pairs(pair=["DOTEUR", "BTC/USD"]),
            *[lambda sdk, i=i: sdk.market.get_asset_pairs(pair="DOTEUR", info=i) for i in ("info", "fees", "margin")],
            lambda sdk: sdk.market.get_ticker(),
            lambda sdk: sdk.market.get_ticker(pair=["DOTUSD", "BTC/USD"]),
            lambda sdk: sdk.market.get_ohlc(pair="BTC/USD", interval=240, since="1680953421"),
            lambda sdk: sdk.market.get_order_book(pair="BTC/USD", count=2),
            lambda sdk: sdk.market.get_recent_trades(pair="BTC/USD", since="1680953421", count=2),
            lambda sdk: sdk.market.get_recent_spreads(pair="BTC/USD", since="1680953421"),
        ],
    )  # fmt: skip
    def test_what_they_ask_of_the_market_is_answered(self, sdk: KrakenSdk, ask: Ask) -> None:
        answer = ask(sdk)
        assert isinstance(answer, dict)
        assert answer

    def test_a_parameter_beside_the_sdk_s_own_comes_through(self, sdk: KrakenSdk) -> None:
        found = sdk.market.get_assets(assets="XBT", extra_params={"asset": "ETH"})
        assert list(found) == ["XETH"]

    @pytest.mark.parametrize(
        ("amount", "kind", "pair", "cut"),
        [
            (1_000.01, "price", "XBTUSD", "1000.0"),
            (13.105, "price", "DOTUSD", "13.1050"),
            (4.32595, "price", "DOTUSD", "4.3259"),
            (1.9328649837, "volume", "XBTUSD", "1.93286498"),
        ],
    )
    def test_numbers_are_cut_as_the_pair_says(
        self, sdk: KrakenSdk, amount: float, kind: str, pair: str, cut: str
    ) -> None:
        assert sdk.trade.truncate(amount=amount, amount_type=kind, pair=pair) == cut

    def test_numbers_that_are_too_small_are_found_before_they_are_sent(self, sdk: KrakenSdk) -> None:
        with pytest.raises(ValueError, match=r"costmin: 0\.5!"):
            sdk.trade.truncate(amount=0.001, amount_type="price", pair="XBTUSD")
        with pytest.raises(ValueError, match=r"ordermin: 0\.00005!"):
            sdk.trade.truncate(amount=0.0000001, amount_type="volume", pair="XBTUSD")


class TestWaysOfCalling:
    def test_a_key_that_is_none_is_refused(self, venue: Venue) -> None:
        with SpotClient(key="fake", secret="fake", url=venue.url) as client, pytest.raises(KrakenInvalidAPIKeyError):
            client.request("POST", "/0/private/AddOrder")

    def test_errors_can_be_taken_as_they_come(self, venue: Venue) -> None:
        with SpotClient(key="fake", secret="fake", url=venue.url, use_custom_exceptions=False) as client:
            answer: Any = client.request("POST", "/0/private/AddOrder")
        assert answer.json() == {"error": ["EAPI:Invalid key"]}

    def test_several_at_once_do_not_disturb_each_other(self, reader: Keys, venue: Venue) -> None:
        async def ask() -> Any:
            async with SpotAsyncClient(key=reader.key, secret=reader.secret, url=venue.url) as client:
                return await asyncio.gather(
                    client.request("GET", "/0/public/OHLC", params={"pair": "XBTUSD"}, auth=False),
                    client.request("GET", "/0/public/Time", auth=False),
                )

        candles, time = asyncio.run(ask())
        assert candles["last"]
        assert time["unixtime"] == venue.now_s

    @pytest.mark.parametrize(
        "words",
        [
            ["{url}/0/public/Time"],
            ["{url}/0/public/Assets?asset=XBT,ETH"],
            ["-X", "POST", "{url}/0/private/BalanceEx"],
            ["-X", "POST", "{url}/0/private/TradeBalance", "-d", '{"asset": "DOT"}'],
        ],
        ids=["public", "with a query", "private", "private with data"],
    )
    def test_their_command_line_calls_it(self, words: list[str], reader: Keys, venue: Venue) -> None:
        command = Path(sys.executable).with_name("kraken")
        keys = {"KRAKEN_SPOT_API_KEY": reader.key, "KRAKEN_SPOT_SECRET_KEY": reader.secret}
        ran = subprocess.run(
            [command, "spot", *(word.replace("{url}", venue.url) for word in words)],
            env=keys | {"PATH": "", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


NOT_SERVED: dict[str, Ask] = {
    "AddExport": lambda sdk: sdk.user.request_export_report(report="ledgers", description="mine"),
    "ExportStatus": lambda sdk: sdk.user.get_export_report_status(report="ledgers"),
    "WalletTransfer": lambda sdk: sdk.funding.wallet_transfer("XLM", "Futures Wallet", "Spot Wallet", 10_000),
    "Earn/Strategies": lambda sdk: sdk.user.request("POST", "/0/private/Earn/Strategies"),
}
"""What their tests ask for and this release does not serve; docs/limits.md says so."""


@pytest.mark.parametrize("method", NOT_SERVED)
def test_what_is_not_served_is_an_unknown_method(method: str, sdk: KrakenSdk) -> None:
    """The SDK raises any other status than 200 as it is."""
    with pytest.raises(Exception, match=r"404 - .*EGeneral:Unknown method"):
        NOT_SERVED[method](sdk)
