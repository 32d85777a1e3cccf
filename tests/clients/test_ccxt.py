"""What only ccxt does: its unified structures, made of our answers by its own parser."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from tests.support.ccxt_clients import ccxt_settings
from tests.support.tape import Tape
from tests.support.venue import Keys, Venue

Connect = Callable[..., Any]

BITCOIN = "BTC/USD"
ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.fixture
def connect(venue: Venue) -> Iterator[Connect]:
    """The ordinary exchange for a key, or for a new account without money; further arguments are ccxt's settings."""
    with ExitStack() as opened:

        def open_exchange(keys: Keys | None = None, **settings: Any) -> Any:
            found = keys or venue.account()
            settings = ccxt_settings(venue.url, found.key, found.secret) | settings
            return opened.enter_context(closing(ccxt.kraken(settings)))

        yield open_exchange


class TestMarkets:
    """Public data."""

    def test_load_markets_reads_steps_and_limits(self, connect: Connect) -> None:
        market = connect().load_markets()[BITCOIN]
        assert (market["id"], market["altname"], market["wsId"]) == ("XXBTZUSD", "XBTUSD", "XBT/USD")
        assert (market["base"], market["quote"], market["active"], market["spot"]) == ("BTC", "USD", True, True)
        assert market["precision"] == {"amount": 1e-8, "price": 0.1}
        assert market["limits"]["cost"]["min"] == 0.5

    def test_without_fees_in_asset_pairs_ccxt_takes_its_own(self, venue: Venue, connect: Connect) -> None:
        """As with the real venue since 2026-09-08; `fetch_trading_fee` knows the right ones."""
        with venue.as_of("2026-09-08"):
            market = connect().load_markets()[BITCOIN]
        assert (market["taker"], market["maker"]) == (0.0026, 0.0016)

    def test_currencies_carry_everyday_codes(self, connect: Connect) -> None:
        currencies = connect().fetch_currencies()
        assert {"BTC", "DOGE", "USD", "ETH2.S", "BTC.M", "USD.HOLD"} <= set(currencies)
        assert (currencies["BTC"]["id"], currencies["BTC"]["precision"]) == ("XXBT", 1e-10)

    def test_time_and_status(self, venue: Venue, connect: Connect) -> None:
        exchange = connect()
        assert exchange.fetch_time() == venue.now_s * 1000
        assert exchange.fetch_status()["status"] == "ok"

    def test_tickers_of_all_markets_and_of_some(self, connect: Connect, tape: Tape) -> None:
        exchange = connect()
        assert set(exchange.fetch_tickers()) == set(exchange.markets)
        (ticker,) = exchange.fetch_tickers([tape.symbol]).values()
        assert (ticker["symbol"], ticker["last"]) == (tape.symbol, float(tape.prints[-1][1]))

    def test_the_order_book_has_prices_volumes_and_times(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        exchange.create_order(BITCOIN, "limit", "buy", 0.25, 15000)
        assert exchange.fetch_order_book(BITCOIN)["bids"] == [[15000.0, 0.25, venue.now_s]]

    def test_trades_are_pages_in_time_order(self, connect: Connect, tape: Tape) -> None:
        trades = connect().fetch_trades(tape.symbol, (tape.candles[0].start_s - 1) * 1000, 1000)
        assert len(trades) == 1000
        assert {trade["symbol"] for trade in trades} == {tape.symbol}
        assert {(trade["side"], trade["type"]) for trade in trades} == {("buy", "market"), ("sell", "market")}
        times = [trade["timestamp"] for trade in trades]
        assert times == sorted(times)

    @pytest.mark.parametrize(("timeframe", "seconds"), [("1m", 60), ("5m", 300), ("1h", 3600), ("1d", 86400)])
    def test_candles_of_any_timeframe_add_up(
        self, connect: Connect, minutes: Tape, timeframe: str, seconds: int
    ) -> None:
        start_s = minutes.candles[0].start_s
        candles = connect().fetch_ohlcv(minutes.symbol, timeframe, start_s * 1000)
        assert [candle[0] for candle in candles] == [(start_s + n * seconds) * 1000 for n in range(len(candles))]
        assert sum(candle[5] for candle in candles) == pytest.approx(len(minutes.prints) * 0.1)
        assert max(candle[2] for candle in candles) == float(max(price for _, price, _ in minutes.prints))


class TestOrders:
    """Orders as ccxt structures."""

    def test_a_new_order_has_its_id_and_what_was_asked(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        order = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000.5)
        assert order["id"].startswith("O")
        assert (order["symbol"], order["side"], order["type"]) == (BITCOIN, "buy", "limit")
        assert (order["amount"], order["price"], order["status"]) == (0.01, 15000.5, None)

    def test_an_open_order_has_state_and_times(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        placed = exchange.create_order(
            BITCOIN, "limit", "buy", 0.01, 15000, {"clientOrderId": "mine", "postOnly": True}
        )
        order = exchange.fetch_order(placed["id"])
        assert (order["status"], order["clientOrderId"], order["postOnly"]) == ("open", "mine", True)
        assert (order["filled"], order["remaining"], order["fee"]["currency"]) == (0.0, 0.01, "USD")
        assert order["timestamp"] // 1000 == venue.now_s
        assert [found["id"] for found in exchange.fetch_open_orders(BITCOIN)] == [placed["id"]]
        assert exchange.fetch_open_orders("ETH/USD") == []

    def test_a_market_buy_for_an_amount_of_money_spends_it(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="5000"))
        maker.create_order(BITCOIN, "limit", "sell", 1, 20000)
        order = taker.create_market_buy_order_with_cost(BITCOIN, 1000)
        assert (order["symbol"], order["type"], order["side"], order["cost"]) == (BITCOIN, "market", "buy", 1000.0)
        found = taker.fetch_order(order["id"])
        assert (found["status"], found["filled"], float(found["fee"]["cost"])) == ("closed", 0.05, 4.0)
        assert taker.fetch_balance()["BTC"]["free"] == 0.05
        assert taker.fetch_balance()["USD"]["free"] == 3996.0

    def test_fills_are_found_by_order_and_by_market(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="5000"))
        maker.create_order(BITCOIN, "limit", "sell", 0.05, 20000)
        maker.create_order(BITCOIN, "limit", "sell", 0.05, 20010)
        placed = taker.create_order(BITCOIN, "market", "buy", 0.1)
        order = taker.fetch_order(placed["id"])
        trades = taker.fetch_order_trades(order["id"], BITCOIN, None, None, {"trades": order["trades"]})
        assert sorted(trade["price"] for trade in trades) == [20000.0, 20010.0]
        assert {trade["order"] for trade in trades} == {order["id"]}
        assert {trade["takerOrMaker"] for trade in taker.fetch_my_trades(BITCOIN)} == {"taker"}
        assert {trade["id"] for trade in taker.fetch_my_trades()} == {trade["id"] for trade in trades}

    def test_closed_orders_are_found_by_time_and_ids(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        old = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000)["id"]
        exchange.cancel_order(old)
        venue.advance("1h")
        since = venue.now_s * 1000
        venue.advance("1m")
        new = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000)["id"]
        exchange.cancel_all_orders()
        assert {order["id"] for order in exchange.fetch_closed_orders()} == {old, new}
        assert [order["id"] for order in exchange.fetch_closed_orders(BITCOIN, since)] == [new]
        assert {order["status"] for order in exchange.fetch_orders_by_ids([old, new])} == {"canceled"}

    def test_orders_are_found_by_the_users_own_names_for_them(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        named = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000, {"clientOrderId": "mine"})["id"]
        tagged = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000, {"userref": 7})["id"]
        by_name, by_tag = {"clientOrderId": "mine"}, {"userref": 7}
        assert [order["id"] for order in exchange.fetch_open_orders(BITCOIN, None, None, by_name)] == [named]
        assert [order["id"] for order in exchange.fetch_open_orders(BITCOIN, None, None, by_tag)] == [tagged]
        exchange.cancel_all_orders()
        assert [order["id"] for order in exchange.fetch_closed_orders(BITCOIN, None, None, by_name)] == [named]
        assert [order["id"] for order in exchange.fetch_closed_orders(BITCOIN, None, None, by_tag)] == [tagged]

    def test_an_order_is_edited_in_place(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        placed = exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000)["id"]
        exchange.edit_order(placed, BITCOIN, "limit", "buy", 0.02, 15001)
        (order,) = exchange.fetch_open_orders()
        assert (order["id"], order["amount"], order["price"]) == (placed, 0.02, 15001.0)
        with pytest.raises(ccxt.InvalidOrder):
            exchange.edit_order("OAAAAA-AAAAA-AAAAAA", BITCOIN, "limit", "buy", 0.02, 15001)
        with pytest.raises(ccxt.InsufficientFunds):
            exchange.edit_order(placed, BITCOIN, "limit", "buy", 1, 15001)

    def test_orders_are_created_and_canceled_in_batches(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        wanted = [
            {"symbol": BITCOIN, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
            for price in (15000, 15001, 15002)
        ]
        created = [order["id"] for order in exchange.create_orders(wanted)]
        assert sorted(created) == sorted(order["id"] for order in exchange.fetch_open_orders())
        exchange.cancel_orders(created[:2])
        assert [order["id"] for order in exchange.fetch_open_orders()] == created[2:]

    def test_immediate_or_cancel_never_rests(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000"))
        exchange.create_order(BITCOIN, "limit", "buy", 0.01, 15000, {"timeInForce": "IOC"})
        assert exchange.fetch_open_orders() == []
        assert [order["status"] for order in exchange.fetch_closed_orders()] == ["canceled"]

    def test_a_price_in_percent_goes_as_json(self, venue: Venue, connect: Connect) -> None:
        """The only order body that ccxt signs as JSON: here it asks for a price one percent below the last trade."""
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="5000"))
        maker.create_order(BITCOIN, "limit", "sell", 0.01, 20000)
        taker.create_order(BITCOIN, "market", "buy", 0.01)
        fields = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "-1%"}
        placed = taker.privatePostAddOrder(fields)["result"]
        assert placed["descr"]["order"] == "buy 0.01000000 XBTUSD @ limit 19800.0"

    def test_the_sides_of_ccxts_order_errors(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="100"))
        with pytest.raises(ccxt.InsufficientFunds):
            exchange.create_order(BITCOIN, "limit", "buy", 1, 20000)
        with pytest.raises(ccxt.InvalidOrder):
            exchange.create_order(BITCOIN, "limit", "buy", 0.00001, 20000)
        with pytest.raises(ccxt.InvalidOrder):
            exchange.cancel_order("OABCDE-ABCDE-ABCDEF")
        with pytest.raises(ccxt.OrderNotFound):
            exchange.fetch_order("OABCDE-ABCDE-ABCDEF")
        with pytest.raises(ccxt.BadSymbol):
            exchange.create_order("NOPE/USD", "limit", "buy", 1, 20000)


class TestAccount:
    """Money as ccxt structures."""

    def test_balances_are_free_used_and_total(self, venue: Venue, connect: Connect) -> None:
        exchange = connect(venue.account(USD="5000", **{"ETH2.S": "5"}))
        exchange.create_order(BITCOIN, "limit", "buy", 0.1, 20000)
        balance = exchange.fetch_balance()
        assert balance["USD"] == {"free": 2992.0, "used": 2008.0, "total": 5000.0}
        assert balance["ETH2.S"] == {"free": 5.0, "used": 0.0, "total": 5.0}

    def test_the_trading_fee_is_that_of_the_accounts_volume(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="50000"))
        fee = taker.fetch_trading_fee(BITCOIN)
        assert (fee["taker"], fee["maker"]) == (0.004, 0.0025)
        maker.create_order(BITCOIN, "limit", "sell", 0.6, 20000)
        taker.create_order(BITCOIN, "market", "buy", 0.6)
        fee = taker.fetch_trading_fee(BITCOIN)
        assert (fee["taker"], fee["maker"]) == (0.0035, 0.002)

    def test_the_ledger_by_asset_time_and_id(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(USD="10")
        exchange = connect(keys)
        venue.advance("1h")
        since = venue.now_s * 1000
        venue.advance("1m")
        refid = venue.deposit(keys.account, "EUR", "100", manual=True)
        venue.drive(refid, "Success")
        (entry,) = exchange.fetch_ledger("EUR")
        assert (entry["type"], entry["direction"], entry["referenceId"]) == ("transaction", "in", refid)
        assert (entry["amount"], entry["after"], entry["fee"]) == (100.0, 100.0, {"cost": 0.0, "currency": "EUR"})
        assert [found["id"] for found in exchange.fetch_ledger(None, since)] == [entry["id"]]
        assert exchange.fetch_ledger_entry(entry["id"])["referenceId"] == refid

    def test_deposits_are_pending_ok_or_failed(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        exchange = connect(keys)
        good = venue.deposit(keys.account, "BTC", "0.5", manual=True, txid="ab" * 32)
        bad = venue.deposit(keys.account, "BTC", "0.25", manual=True)
        assert {deposit["status"] for deposit in exchange.fetch_deposits("BTC")} == {"pending"}
        venue.drive(good, "Success")
        venue.drive(bad, "Failure")
        held = venue.deposit(keys.account, "BTC", "0.125", manual=True)
        venue.drive(held, "Success", status_prop="onhold")
        found = {deposit["id"]: deposit for deposit in exchange.fetch_deposits()}
        assert [found[refid]["status"] for refid in (good, bad, held)] == ["ok", "failed", "pending"]
        assert (found[good]["type"], found[good]["currency"], found[good]["amount"]) == ("deposit", "BTC", 0.5)
        assert (found[good]["txid"], found[good]["timestamp"]) == ("ab" * 32, venue.now_s * 1000)

    def test_withdrawals_are_pending_ok_or_failed(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        exchange = connect(keys)
        sent = exchange.withdraw("BTC", 0.25, ADDRESS, {"key": "cold wallet"})["id"]
        stopped = exchange.withdraw("BTC", 0.25, "", {"key": "cold wallet"})["id"]
        assert {row["status"] for row in exchange.fetch_withdrawals("BTC")} == {"pending"}
        exchange.privatePostWithdrawCancel({"asset": "XBT", "refid": stopped})
        venue.advance("24h")
        found = {row["id"]: row for row in exchange.fetch_withdrawals()}
        assert (found[sent]["status"], found[stopped]["status"]) == ("ok", "failed")
        assert (found[sent]["address"], found[sent]["amount"]) == (ADDRESS, 0.24985)
        assert found[sent]["fee"] == {"currency": "BTC", "cost": 0.00015}

    def test_withdrawals_page_by_cursor(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        exchange = connect(keys)
        sent = {exchange.withdraw("BTC", 0.01, "", {"key": "cold wallet"})["id"] for _ in range(5)}
        found = exchange.fetch_withdrawals("BTC", None, None, {"paginate": True, "limit": 2})
        assert len(found) == 5
        assert {row["id"] for row in found} == sent

    def test_deposit_addresses_are_issued_and_found_again(self, connect: Connect) -> None:
        exchange = connect()
        assert exchange.fetch_deposit_methods("BTC")[0]["method"] == "Bitcoin"
        issued = exchange.create_deposit_address("BTC")
        assert exchange.fetch_deposit_address("BTC")["address"] == issued["address"]
        assert exchange.create_deposit_address("XRP")["tag"]

    def test_the_sides_of_ccxts_funding_errors(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        exchange = connect(keys)
        with pytest.raises(ccxt.InvalidAddress):
            exchange.withdraw("BTC", 0.1, "", {"key": "unknown"})
        with pytest.raises(ccxt.InsufficientFunds):
            exchange.withdraw("BTC", 2, "", {"key": "cold wallet"})
        with pytest.raises(ccxt.BadRequest):
            exchange.fetch_deposit_methods("ETH2.S")


class TestConnections:
    """How it calls."""

    def test_many_calls_at_once_through_one_key(self, venue: Venue) -> None:
        """They arrive in any order, so the key has a window for its nonces."""
        keys = venue.key(venue.account(USD="10000").account, nonce_window=1000)

        async def place_ten() -> list[Any]:
            exchange = ccxt.async_support.kraken(ccxt_settings(venue.url, keys.key, keys.secret))
            try:
                await exchange.load_markets()
                orders = (exchange.create_order(BITCOIN, "limit", "buy", 0.01, 100 + n) for n in range(10))
                await asyncio.gather(*orders)
                found: list[Any] = await exchange.fetch_open_orders(BITCOIN)
                return found
            finally:
                await exchange.close()

        assert sorted(order["price"] for order in asyncio.run(place_ten())) == [100.0 + n for n in range(10)]

    def test_nonces_may_follow_the_venues_clock(self, venue: Venue, connect: Connect) -> None:
        venue.advance("48h")
        exchange = connect(venue.account(USD="1"), options={"adjustForTimeDifference": True})
        assert exchange.fetch_balance()["USD"]["total"] == 1.0
        assert abs(exchange.nonce() - venue.now_s * 1000) < 60_000

    def test_nobody_there_is_a_network_error(self) -> None:
        nobody = closing(ccxt.kraken(ccxt_settings("http://127.0.0.1:1", "key", "c2VjcmV0")))
        with nobody as exchange, pytest.raises(ccxt.NetworkError):
            exchange.fetch_time()
