"""What only python-kraken-sdk does: its own parameters, defaults and exceptions."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from kraken.base_api import SpotAsyncClient

from tests.support.raw_clients import KrakenSdk
from tests.support.tape import Tape
from tests.support.venue import Keys, Venue

pytestmark = pytest.mark.filterwarnings("ignore:.*uses a deprecated Kraken endpoint:DeprecationWarning")

Connect = Callable[[Keys], KrakenSdk]

ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
MINUTE = 60


@pytest.fixture
def connect(venue: Venue) -> Iterator[Connect]:
    """All its classes with one key."""
    with ExitStack() as opened:
        yield lambda keys: opened.enter_context(closing(KrakenSdk(venue.url, keys.key, keys.secret)))


def buy(client: KrakenSdk, price: str, volume: str = "0.01", **more: Any) -> dict[str, Any]:
    """A limit order with everything that the sdk sends along."""
    placed: dict[str, Any] = client.trade.create_order("limit", "buy", "XBTUSD", volume, price, **more)
    return placed


class TestMarket:
    """Public data, by the sdk's own names for it."""

    def test_assets_and_pairs_are_found_by_any_name(self, venue: Venue, connect: Connect) -> None:
        market = connect(venue.account()).market
        assert set(market.get_assets(assets=["BTC", "xdg"])) == {"BTC", "XXDG"}
        assert set(market.get_asset_pairs(pair=["BTC/USD", "XETHZEUR"])) == {"BTC/USD", "XETHZEUR"}
        with venue.as_of("2026-09-08"):
            assert market.get_asset_pairs(pair="XBTUSD", info="fees")["XXBTZUSD"]["fees"] == []
        assert market.get_system_status()["status"] == "online"

    def test_trades_go_on_from_their_last(self, tape: Tape, venue: Venue, connect: Connect) -> None:
        market = connect(venue.account()).market
        page = market.get_recent_trades("SOLUSD", since=0, count=400)
        rest = market.get_recent_trades("SOLUSD", since=page["last"])
        assert [row[6] for row in page["SOLUSD"] + rest["SOLUSD"]] == list(range(1, len(tape.prints) + 1))

    def test_candles_go_on_from_their_last(self, minutes: Tape, venue: Venue, connect: Connect) -> None:
        market = connect(venue.account()).market
        candles = market.get_ohlc("SOLEUR", since=minutes.candles[0].start_s - MINUTE)
        assert len(candles["SOLEUR"]) == len(minutes.candles) + 1
        later = market.get_ohlc("SOLEUR", since=candles["last"])
        assert later["SOLEUR"] == candles["SOLEUR"][-1:]


class TestTrade:
    """Orders."""

    def test_validate_checks_and_places_nothing(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="100"))
        assert buy(client, "100", validate=True) == {"descr": {"order": "buy 0.01000000 XBTUSD @ limit 100.0"}}
        assert client.user.get_open_orders() == {"open": {}}

    def test_flags_expiry_and_start_are_taken(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="100"))
        buy(client, "100", oflags=["post", "fcib"], timeinforce="GTD", expiretm="+60", userref=7)
        buy(client, "101", starttm="+30", cl_ord_id="later")
        (first,) = client.user.get_open_orders(userref=7)["open"].values()
        (second,) = client.user.get_open_orders(cl_ord_id="later")["open"].values()
        assert (first["status"], first["oflags"], first["expiretm"]) == ("open", "post,fcib", venue.now_s + 60)
        assert (second["status"], second["starttm"]) == ("pending", venue.now_s + 30)
        venue.advance("61s")
        assert [order["status"] for order in client.user.get_closed_orders(userref=7)["closed"].values()] == ["expired"]
        assert [order["status"] for order in client.user.get_open_orders()["open"].values()] == ["open"]

    def test_everything_is_canceled_at_once(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="100"))
        for price in ("100", "101", "102"):
            buy(client, price)
        assert client.trade.cancel_all_orders() == {"count": 3}
        assert client.trade.cancel_all_orders() == {"count": 0}

    def test_it_asks_for_the_fills_of_one_order_as_one(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="5000"))
        for price in ("20000", "20010"):
            maker.place("sell", "0.05", price, symbol="BTC/USD")
        order = taker.place("buy", "0.1", symbol="BTC/USD")
        (merged,) = taker.user.get_trades_history()["trades"].values()
        assert (merged["ordertxid"], merged["vol"], merged["price"]) == (order, "0.10000000", "20005.00000")
        assert len(taker.user.get_trades_history(consolidate_taker=False)["trades"]) == 2
        assert len(taker.user.get_trades_history(ledgers=True)["trades"]) == 2


class TestUser:
    """What an account has and did."""

    def test_what_is_available_is_less_than_the_balance(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="5000"))
        buy(client, "20000", "0.1")
        assert client.user.get_balance("USD") == {"currency": "ZUSD", "balance": 5000.0, "available_balance": 2992.0}
        assert client.user.get_account_balance() == {"ZUSD": "5000.0000"}
        worth = client.user.get_trade_balance()
        assert (worth["eb"], worth["tb"], worth["e"]) == ("5000.0000", "5000.0000", "5000.0000")

    def test_fees_of_pairs_and_their_schedule(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account())
        fees = client.user.get_trade_volume(pair=["XBTUSD", "ETHUSD"], fee_schedule=True)
        assert (fees["currency"], fees["volume"]) == ("ZUSD", "0.0000")
        assert {pair: fee["fee"] for pair, fee in fees["fees"].items()} == {"XXBTZUSD": "0.4000", "XETHZUSD": "0.4000"}
        assert fees["fees_maker"]["XXBTZUSD"]["fee"] == "0.2500"

    def test_records_are_looked_up_by_lists_of_ids(self, busy: Keys, venue: Venue, connect: Connect) -> None:
        client = connect(venue.key(busy.account))
        trades = list(client.user.get_trades_history(consolidate_taker=False)["trades"])[:20]
        assert set(client.user.get_trades_info(trades)) == set(trades)
        entries = client.user.get_ledgers_info(asset=["ETH"], type_="trade")["ledger"]
        assert {entry["asset"] for entry in entries.values()} == {"XETH"}
        assert client.user.get_ledgers(list(entries)[:20]) == dict(list(entries.items())[:20])
        (order,) = client.user.get_closed_orders(trades=True)["closed"]
        assert len(client.user.get_orders_info([order], trades=True)[order]["trades"]) == 65

    def test_what_the_sdk_has_no_method_for_goes_through_its_request(self, venue: Venue, connect: Connect) -> None:
        keys = venue.key(venue.account().account, name="mine", permissions=["query-funds"])
        info: Any = connect(keys).user.request("POST", "/0/private/GetApiKeyInfo")
        assert (info["api_key_name"], info["permissions"]) == ("mine", ["query-funds"])


class TestFunding:
    """Money in and out."""

    def test_a_withdrawal_is_prepared_step_by_step(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        funding = connect(keys).funding
        methods: Any = funding.withdraw_methods(asset="XBT")
        assert methods[0]["method"] == "Bitcoin"
        (saved,) = funding.withdraw_addresses(asset="XBT", verified=True)
        assert (saved["key"], saved["address"], saved["asset"]) == ("cold wallet", ADDRESS, "XBT")
        info = funding.get_withdrawal_info("XBT", "cold wallet", "0.5")
        assert info == {"method": "Bitcoin", "limit": "0.99985000", "amount": "0.49985000", "fee": "0.00015000"}
        assert set(funding.withdraw_funds("XBT", "cold wallet", "0.5", max_fee="0.001")) == {"refid"}

    def test_a_deposit_address_is_issued(self, venue: Venue, connect: Connect) -> None:
        funding = connect(venue.account()).funding
        assert funding.get_deposit_methods("XBT")[0]["method"] == "Bitcoin"
        assert funding.get_deposit_address("XBT", "Bitcoin") == []
        (address,) = funding.get_deposit_address("XBT", "Bitcoin", new=True)
        assert (address["new"], address["expiretm"]) == (True, "0")
        assert funding.get_deposit_address("XBT", "Bitcoin") == [address]

    def test_statuses_page_by_cursor(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        refids = [venue.deposit(keys.account, "BTC", f"0.{n}", manual=True) for n in range(1, 4)]
        funding = connect(keys).funding
        first: Any = funding.get_recent_deposits_status(cursor=True, extra_params={"limit": 2})
        second: Any = funding.get_recent_deposits_status(cursor=first["next_cursor"], extra_params={"limit": 2})
        assert [row["refid"] for row in first["deposit"] + second["deposit"]] == refids[::-1]
        assert second["next_cursor"] is None

    def test_a_refusal_that_it_has_no_exception_for_comes_back_as_it_is(self, venue: Venue, connect: Connect) -> None:
        answer: Any = connect(venue.account()).funding.get_deposit_methods("ETH2.S")
        assert answer == {"error": ["EFunding:No funding method"]}


def test_its_asynchronous_client_signs_the_same(venue: Venue) -> None:
    keys = venue.account(USD="12")

    async def balance() -> object:
        async with SpotAsyncClient(key=keys.key, secret=keys.secret, url=venue.url) as client:
            return await client.request("POST", "/0/private/Balance")

    assert asyncio.run(balance()) == {"ZUSD": "12.0000"}
