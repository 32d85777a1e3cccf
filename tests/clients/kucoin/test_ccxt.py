"""What only ccxt does with KuCoin: its unified structures, made of our answers by its own parser."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from tests.support.kucoin_ccxt import ccxt_settings
from tests.support.kucoin_venue import KucoinVenue
from tests.support.running import RunningServer
from tests.support.venue import Keys

Connect = Callable[..., Any]

BITCOIN = "BTC/USDT"
TRON_ADDRESS = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


@pytest.fixture
def connect(venue: KucoinVenue) -> Iterator[Connect]:
    """The ordinary exchange for a key, or for a new account without money; further arguments are ccxt's settings."""
    with ExitStack() as opened:

        def open_exchange(keys: Keys | None = None, **settings: Any) -> Any:
            found = keys or venue.account()
            settings = ccxt_settings(venue.url, found.key, found.secret, found.passphrase) | settings
            return opened.enter_context(closing(ccxt.kucoin(settings)))

        yield open_exchange


class TestMarkets:
    """Public data."""

    def test_load_markets_reads_steps_limits_and_fees(self, connect: Connect) -> None:
        market = connect().load_markets()[BITCOIN]
        assert (market["id"], market["base"], market["quote"]) == ("BTC-USDT", "BTC", "USDT")
        assert (market["active"], market["spot"], market["margin"]) == (True, True, True)
        assert market["precision"] == {"amount": 1e-8, "price": 0.1}
        assert (market["taker"], market["maker"]) == (0.001, 0.001)

    def test_a_client_without_keys_loads_them_too(self, venue: KucoinVenue) -> None:
        settings = ccxt_settings(venue.url, "", "", "")
        with closing(ccxt.kucoin(settings)) as stranger:
            assert BITCOIN in stranger.load_markets()
            with pytest.raises(ccxt.AuthenticationError):
                stranger.fetch_balance()

    def test_currencies_have_their_networks(self, connect: Connect) -> None:
        tether = connect().fetch_currencies()["USDT"]
        assert {"ERC20", "TRC20", "SOL"} <= set(tether["networks"])
        assert tether["networks"]["TRC20"]["id"] == "trx"
        assert tether["networks"]["TRC20"]["fee"] == 3.0

    def test_time_and_status(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect()
        before, told = venue.now_ns // 10**6, exchange.fetch_time()
        assert before <= told <= venue.now_ns // 10**6
        assert exchange.fetch_status()["status"] == "ok"

    def test_tickers_of_all_markets(self, connect: Connect) -> None:
        exchange = connect()
        assert set(exchange.fetch_tickers()) == set(exchange.load_markets())

    def test_the_order_book_is_there_with_and_without_keys(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect(venue.account(USDT="5000"))
        exchange.create_order(BITCOIN, "limit", "buy", 0.25, 15000)
        with closing(ccxt.kucoin(ccxt_settings(venue.url, "", "", ""))) as stranger:
            for book in (exchange.fetch_order_book(BITCOIN), stranger.fetch_order_book(BITCOIN, 20)):
                assert (book["bids"], book["asks"]) == ([[15000.0, 0.25]], [])


class TestOrders:
    """Orders as ccxt structures."""

    def test_an_open_order_has_state_and_names(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect(venue.account(USDT="5000"))
        placed = exchange.create_order(
            BITCOIN, "limit", "buy", 0.01, 15000, {"clientOrderId": "mine", "postOnly": True}
        )
        order = exchange.fetch_order(placed["id"])
        assert (order["status"], order["clientOrderId"], order["postOnly"]) == ("open", "mine", True)
        assert (order["filled"], order["remaining"], order["fee"]["currency"]) == (0.0, 0.01, "USDT")
        assert exchange.fetch_order("", None, {"clientOid": "mine"})["id"] == placed["id"]
        assert [found["id"] for found in exchange.fetch_open_orders()] == [placed["id"]]
        assert exchange.fetch_open_orders("ETH/USDT") == []

    def test_a_market_order_for_an_amount_of_money_spends_it(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="5000"))
        maker.create_order(BITCOIN, "limit", "sell", 0.1, 20000)
        placed = taker.create_market_buy_order_with_cost(BITCOIN, 1000)
        order = taker.fetch_order(placed["id"])
        assert (order["status"], order["cost"], order["filled"]) == ("closed", 1000.0, 0.05)
        assert taker.fetch_balance()["USDT"]["free"] == 3999.0

    def test_fills_are_found_by_order_and_by_market(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="5000"))
        maker.create_order(BITCOIN, "limit", "sell", 0.05, 20000)
        maker.create_order(BITCOIN, "limit", "sell", 0.05, 20010)
        order = taker.create_order(BITCOIN, "market", "buy", 0.1)["id"]
        trades = taker.fetch_order_trades(order)
        assert sorted(trade["price"] for trade in trades) == [20000.0, 20010.0]
        assert {trade["order"] for trade in trades} == {order}
        assert {trade["takerOrMaker"] for trade in taker.fetch_my_trades(BITCOIN)} == {"taker"}
        assert {trade["id"] for trade in taker.fetch_my_trades()} == {trade["id"] for trade in trades}

    def test_several_orders_at_once(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect(venue.account(USDT="5000"))
        wanted = {"symbol": BITCOIN, "type": "limit", "side": "buy", "amount": 0.01}
        placed = exchange.create_orders([wanted | {"price": price} for price in (101, 102, 103)])
        assert {order["id"] for order in exchange.fetch_open_orders(BITCOIN)} == {order["id"] for order in placed}

    def test_the_high_frequency_endpoints_do_the_same(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange, hf = connect(venue.account(USDT="5000")), {"hf": True}
        placed = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000, hf)
        assert exchange.fetch_order(placed["id"], BITCOIN, hf)["status"] == "open"
        assert [order["id"] for order in exchange.fetch_open_orders(BITCOIN, None, None, hf)] == [placed["id"]]
        exchange.cancel_order(placed["id"], BITCOIN, hf)
        (done,) = exchange.fetch_closed_orders(BITCOIN, None, None, hf)
        assert (done["id"], done["status"]) == (placed["id"], "canceled")


class TestAccount:
    """Money as ccxt structures."""

    def test_balances_are_free_used_and_total(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect(venue.account(USDT="5000", **{"main:USDT": "7"}))
        exchange.create_order(BITCOIN, "limit", "buy", 0.1, 20000)
        assert exchange.fetch_balance()["USDT"] == {"free": 2998.0, "used": 2002.0, "total": 5000.0}
        assert exchange.fetch_balance({"type": "main"})["USDT"] == {"free": 7.0, "used": 0.0, "total": 7.0}
        assert sorted(account["type"] for account in exchange.fetch_accounts()) == ["main", "trade"]

    def test_the_trading_fee_is_that_of_the_account(self, venue: KucoinVenue, connect: Connect) -> None:
        fee = connect(venue.account()).fetch_trading_fee(BITCOIN)
        assert (fee["taker"], fee["maker"]) == (0.001, 0.001)

    def test_the_ledger_knows_trades_by_their_id(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="5000"))
        maker.create_order(BITCOIN, "limit", "sell", 0.05, 20000)
        taker.create_order(BITCOIN, "market", "buy", 0.05)
        (trade,) = taker.fetch_my_trades(BITCOIN)
        (bought,) = taker.fetch_ledger("BTC")
        assert (bought["type"], bought["direction"], bought["amount"]) == ("trade", "in", 0.05)
        assert bought["referenceId"] == trade["id"]
        (paid,) = taker.fetch_ledger("USDT", None, None, {"bizType": "TRADE_EXCHANGE"})
        assert (paid["direction"], paid["amount"], paid["fee"]) == ("out", 1001.0, {"cost": 1.0, "currency": "USDT"})
        assert len(taker.fetch_ledger(None, None, None, {"currency": "BTC,USDT", "hf": True})) == 3

    def test_deposits_have_their_transaction(self, venue: KucoinVenue, connect: Connect) -> None:
        keys = venue.account()
        exchange = connect(keys)
        venue.drive(venue.deposit(keys.account, "BTC", "0.5", manual=True, txid="ab" * 32), "Success")
        (deposit,) = exchange.fetch_deposits()
        assert (deposit["type"], deposit["currency"], deposit["amount"]) == ("deposit", "BTC", 0.5)
        assert (deposit["status"], deposit["txid"], deposit["network"]) == ("ok", "ab" * 32, "BTC")

    def test_transfers_are_found_in_the_ledger(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect(venue.account(USDT="100"))
        exchange.transfer("USDT", 25, "spot", "main")
        rows = exchange.fetch_transfers("USDT", None, None, {"direction": "out"})
        assert [(row["amount"], row["currency"]) for row in rows] == [(25.0, "USDT")]

    def test_a_withdrawal_has_its_network_and_address(self, venue: KucoinVenue, connect: Connect) -> None:
        exchange = connect(venue.account(**{"main:USDT": "100"}))
        exchange.load_markets()
        sent = exchange.withdraw("USDT", 50, TRON_ADDRESS, {"network": "TRC20"})
        (row,) = exchange.fetch_withdrawals("USDT")
        assert (row["id"], row["status"], row["amount"]) == (sent["id"], "pending", 50.0)
        assert (row["network"], row["address"], row["fee"]["cost"]) == ("TRC20", TRON_ADDRESS, 3.0)

    def test_a_tag_goes_with_its_address(self, connect: Connect) -> None:
        exchange = connect()
        issued = exchange.create_deposit_address("XRP")
        assert issued["tag"]
        assert exchange.fetch_deposit_address("XRP")["tag"] == issued["tag"]


class TestConnections:
    """How it calls."""

    def test_many_calls_at_once_through_one_key(self, venue: KucoinVenue) -> None:
        """KuCoin has no nonces, so they may arrive in any order."""
        keys = venue.account(USDT="10000")

        async def place_ten() -> list[Any]:
            settings = ccxt_settings(venue.url, keys.key, keys.secret, keys.passphrase)
            exchange = ccxt.async_support.kucoin(settings)
            try:
                await exchange.load_markets()
                orders = (exchange.create_order(BITCOIN, "limit", "buy", 0.01, 100 + n) for n in range(10))
                await asyncio.gather(*orders)
                found: list[Any] = await exchange.fetch_open_orders(BITCOIN)
                return found
            finally:
                await exchange.close()

        assert sorted(order["price"] for order in asyncio.run(place_ten())) == [100.0 + n for n in range(10)]

    def test_its_stamps_may_follow_the_venues_clock(self) -> None:
        """Once it has asked for the time: its option for that comes too late, after its first signed call."""
        with RunningServer() as server, KucoinVenue(server) as venue:
            venue.advance("48h")
            keys = venue.account(USDT="1")
            settings = ccxt_settings(venue.url, keys.key, keys.secret, keys.passphrase)
            with closing(ccxt.kucoin(settings)) as exchange:
                exchange.load_time_difference()
                assert exchange.fetch_balance()["USDT"]["total"] == 1.0
