"""The same stories through every client of KuCoin: each is unmodified, each reads our answers with its own parser."""

from collections.abc import Callable
from decimal import Decimal

from tests.support.kucoin_facts import Flow, KucoinClient, Quota, Window
from tests.support.kucoin_venue import KucoinVenue
from tests.support.venue import Keys
from tests.support.venue_facts import Holding, Levels, OwnTrade, PlacedOrder, Rules

Connect = Callable[[Keys], KucoinClient]

BITCOIN = "BTC/USDT"
ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
DAY_MS = 86_400_000


def levels(*rows: tuple[str, str]) -> Levels:
    """One side of a book."""
    return [(Decimal(price), Decimal(size)) for price, size in rows]


def holding(total: str, held: str = "0") -> Holding:
    """What a balance must be."""
    return Holding(Decimal(total), Decimal(held))


def placed(status: str, side: str, volume: str, filled: str, average: str, fee: str, name: str) -> PlacedOrder:
    """What an order must look like."""
    return PlacedOrder(status, side, Decimal(volume), Decimal(filled), Decimal(average), Decimal(fee), name)


def fill(order: str, side: str, volume: str, cost: str, fee: str, *, maker: bool) -> OwnTrade:
    """What a fill at 20000 must look like."""
    return OwnTrade(order, side, Decimal(20000), Decimal(volume), Decimal(cost), Decimal(fee), maker)


def flow(status: str, amount: str, fee: str = "0") -> Flow:
    """What a deposit or withdrawal must look like."""
    return Flow(status, Decimal(amount), Decimal(fee))


def last_day(venue: KucoinVenue) -> Window:
    """The window around now."""
    end_ms = venue.now_ns // 10**6 + 1000
    return Window(end_ms - DAY_MS, end_ms)


class TestMarkets:
    """What a client loads before it does anything else, and what it shows of a market."""

    def test_every_symbol_is_known_with_its_steps(self, venue: KucoinVenue, connect: Connect) -> None:
        markets = connect(venue.account()).markets()
        assert markets[BITCOIN] == Rules(Decimal("0.1"), Decimal("0.00001"))
        assert markets["DOGE/USDT"] == Rules(Decimal("0.00001"), Decimal(10)), "KuCoin's own, the book's are finer"

    def test_ticker_book_and_trades_show_the_same_market(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(USDT="9000", BTC="2")), connect(venue.account(USDT="9000"))
        maker.place("sell", "0.1", "20000", symbol=BITCOIN)
        maker.place("sell", "0.25", "20010", symbol=BITCOIN)
        maker.place("buy", "0.125", "19990.5", symbol=BITCOIN)
        taker.place("buy", "0.1", symbol=BITCOIN)
        quote, last = taker.quote(BITCOIN), taker.prints(BITCOIN)[-1]
        assert quote[:3] == (Decimal("19990.5"), Decimal(20010), Decimal(20000))
        assert taker.book(BITCOIN) == (levels(("19990.5", "0.125")), levels(("20010", "0.25")))
        assert last[1:] == ("buy", Decimal(20000), Decimal("0.1"))


class TestOrders:
    """Orders of two accounts that meet in one book."""

    def test_orders_fill_each_other_in_parts_and_both_pay_their_fee(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="10000"))
        resting = maker.place("sell", "0.3", "20000", symbol=BITCOIN, clientOid="resting")
        limit = taker.place("buy", "0.1", "20000", symbol=BITCOIN, clientOid="limit")
        assert maker.open_orders(BITCOIN) == {resting: placed("open", "sell", "0.3", "0.1", "20000", "2", "resting")}
        market = taker.place("buy", "0.15", symbol=BITCOIN, clientOid="market")
        crossing = taker.place("buy", "0.1", "20000", symbol=BITCOIN, clientOid="crossing")

        assert maker.open_orders(BITCOIN) == {}
        assert maker.order(resting, BITCOIN) == placed("closed", "sell", "0.3", "0.3", "20000", "6", "resting")
        assert taker.open_orders(BITCOIN) == {crossing: placed("open", "buy", "0.1", "0.05", "20000", "1", "crossing")}
        assert taker.done_orders(BITCOIN) == {
            limit: placed("closed", "buy", "0.1", "0.1", "20000", "2", "limit"),
            market: placed("closed", "buy", "0.15", "0.15", "20000", "3", "market"),
        }
        assert sorted(maker.own_trades(BITCOIN)) == sorted(
            [
                fill(resting, "sell", "0.1", "2000", "2", maker=True),
                fill(resting, "sell", "0.15", "3000", "3", maker=True),
                fill(resting, "sell", "0.05", "1000", "1", maker=True),
            ]
        )
        assert sorted(taker.own_trades(BITCOIN)) == sorted(
            [
                fill(limit, "buy", "0.1", "2000", "2", maker=False),
                fill(market, "buy", "0.15", "3000", "3", maker=False),
                fill(crossing, "buy", "0.05", "1000", "1", maker=False),
            ]
        )
        assert maker.balances() == {"BTC": holding("0.7"), "USDT": holding("5994")}
        assert taker.balances() == {"USDT": holding("3994", "1001"), "BTC": holding("0.3")}

    def test_a_market_order_walks_the_book_for_a_size_or_for_money(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="10000"))
        maker.place("sell", "0.1", "20000", symbol=BITCOIN)
        maker.place("sell", "0.2", "20100", symbol=BITCOIN)
        sized = taker.place("buy", "0.2", symbol=BITCOIN, clientOid="sized")
        assert taker.order(sized, BITCOIN) == placed("closed", "buy", "0.2", "0.2", "20050", "4.01", "sized")
        paid = taker.place("buy", None, symbol=BITCOIN, funds="402")
        assert taker.order(paid, BITCOIN)[3:6] == (Decimal("0.02"), Decimal(20100), Decimal("0.402"))
        assert taker.balances()["USDT"] == holding("5583.588")

    def test_an_order_is_canceled_by_its_id_by_its_name_and_with_all_others(
        self, venue: KucoinVenue, connect: Connect
    ) -> None:
        client = connect(venue.account(USDT="10000"))
        first = client.place("buy", "0.1", "100", symbol=BITCOIN, clientOid="one")
        named = client.place("buy", "0.1", "101", symbol=BITCOIN, clientOid="two")
        rest = [client.place("buy", "0.1", price, symbol=BITCOIN) for price in ("102", "103")]
        client.cancel(first, BITCOIN)
        client.cancel_named("two", BITCOIN)
        assert sorted(client.open_orders(BITCOIN)) == sorted(rest)
        client.cancel_all(BITCOIN)
        assert client.open_orders(BITCOIN) == {}
        done = client.done_orders(BITCOIN)
        assert {order: row.status for order, row in done.items()} == dict.fromkeys([first, named, *rest], "canceled")
        assert client.balances() == {"USDT": holding("10000")}

    def test_a_partly_filled_order_keeps_its_fills_when_canceled(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="10000"))
        order = maker.place("sell", "0.5", "20000", symbol=BITCOIN, clientOid="half")
        taker.place("buy", "0.2", symbol=BITCOIN)
        maker.cancel(order, BITCOIN)
        assert maker.done_orders(BITCOIN) == {order: placed("canceled", "sell", "0.5", "0.2", "20000", "4", "half")}
        assert maker.balances() == {"BTC": holding("0.8"), "USDT": holding("3996")}

    def test_what_may_not_rest_is_canceled_at_once(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="10000"))
        maker.place("sell", "0.1", "20000", symbol=BITCOIN)
        some = taker.place("buy", "0.3", "20000", symbol=BITCOIN, timeInForce="IOC", clientOid="some")
        assert taker.order(some, BITCOIN) == placed("canceled", "buy", "0.3", "0.1", "20000", "2", "some")
        assert taker.open_orders(BITCOIN) == {}
        assert taker.balances()["USDT"] == holding("7998")


class TestBalances:
    """What an account has, by wallet."""

    def test_each_wallet_shows_its_own(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account(USDT="1000.5", DOGE="7", **{"main:BTC": "0.25", "main:USDT": "3"}))
        assert client.balances() == {"USDT": holding("1000.5"), "DOGE": holding("7")}
        assert client.balances("main") == {"BTC": holding("0.25"), "USDT": holding("3")}

    def test_open_orders_hold_what_they_may_cost(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account(USDT="5000", BTC="2"))
        client.place("buy", "0.1", "20000", symbol=BITCOIN)
        client.place("sell", "0.5", "30000", symbol=BITCOIN)
        assert client.balances() == {"USDT": holding("5000", "2002"), "BTC": holding("2", "0.5")}


class TestLedger:
    """The books that an account can read."""

    def test_a_trade_is_two_rows_about_it_that_carry_its_fee(self, venue: KucoinVenue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USDT="10000"))
        maker.place("sell", "0.1", "20000", symbol=BITCOIN)
        taker.place("buy", "0.1", symbol=BITCOIN)
        bought = sorted(taker.lines(last_day(venue)))
        assert [row[:3] for row in bought] == [
            ("BTC", Decimal("0.1"), Decimal(0)),
            ("USDT", Decimal(-2002), Decimal(2)),
            ("USDT", Decimal(10000), Decimal(0)),
        ]
        assert bought[0].about == bought[1].about
        assert bought[0].about
        sold = sorted(maker.lines(last_day(venue)))
        assert [row[:3] for row in sold] == [
            ("BTC", Decimal("-0.1"), Decimal(0)),
            ("BTC", Decimal(1), Decimal(0)),
            ("USDT", Decimal(1998), Decimal(2)),
        ]

    def test_a_deposit_shows_once_it_is_credited(self, venue: KucoinVenue, connect: Connect) -> None:
        keys = venue.account()
        client = connect(keys)
        refid = venue.deposit(keys.account, "BTC", "0.5", manual=True)
        assert client.lines(last_day(venue)) == []
        venue.drive(refid, "Success")
        assert [row[:4] for row in client.lines(last_day(venue))] == [("BTC", Decimal("0.5"), Decimal(0), refid)]


class TestFunding:
    """Money that comes in and goes out."""

    def test_an_address_is_made_once_and_found_again(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account())
        assert client.create_address("USDT", "trx") == client.address("USDT", "trx")

    def test_a_deposit_lands_in_the_main_wallet(self, venue: KucoinVenue, connect: Connect) -> None:
        keys = venue.account(DOGE="1")
        client = connect(keys)
        refid = venue.deposit(keys.account, "DOGE", "200", manual=True)
        assert set(client.deposits("DOGE")) == {flow("pending", "200"), flow("ok", "1")}
        assert client.balances("main") == {}
        venue.drive(refid, "Success")
        assert set(client.deposits("DOGE")) == {flow("ok", "200"), flow("ok", "1")}
        assert client.balances("main") == {"DOGE": holding("200")}
        assert client.balances() == {"DOGE": holding("1")}

    def test_a_deposit_that_fails_brings_nothing(self, venue: KucoinVenue, connect: Connect) -> None:
        keys = venue.account(DOGE="1")
        client = connect(keys)
        venue.drive(venue.deposit(keys.account, "DOGE", "200", manual=True), "Failure")
        assert set(client.deposits("DOGE")) == {flow("failed", "200"), flow("ok", "1")}
        assert client.balances("main") == {}

    def test_the_quota_says_what_may_be_withdrawn_and_what_it_costs(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account(BTC="3", **{"main:BTC": "1.5"}))
        assert client.quota("BTC", "btc") == Quota(Decimal("1.5"), Decimal("0.00015"), Decimal("0.0004"))

    def test_money_moves_between_wallets_with_a_row_on_each_side(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account(USDT="100"))
        client.transfer("USDT", "40.5", "trade", "main")
        assert client.balances() == {"USDT": holding("59.5")}
        assert client.balances("main") == {"USDT": holding("40.5")}
        amounts = sorted(row.amount for row in client.lines(last_day(venue)))
        assert amounts == [Decimal("-40.5"), Decimal("40.5"), Decimal(100)]

    def test_a_withdrawal_is_processed_sent_and_done(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account(**{"main:BTC": "1"}))
        withdrawal = client.withdraw("BTC", "0.5", ADDRESS, "btc")
        assert client.withdrawals("BTC") == {withdrawal: flow("pending", "0.5", "0.00015")}
        venue.drive(withdrawal, "Pending")
        venue.drive(withdrawal, "Settled")
        assert client.withdrawals("BTC") == {withdrawal: flow("pending", "0.5", "0.00015")}
        venue.drive(withdrawal, "Success")
        assert client.withdrawals("BTC") == {withdrawal: flow("ok", "0.5", "0.00015")}
        assert client.balances("main") == {"BTC": holding("0.49985")}
        (row,) = (row for row in client.lines(last_day(venue)) if row.about == withdrawal)
        assert row[:3] == ("BTC", Decimal("-0.50015"), Decimal("0.00015"))

    def test_a_canceled_withdrawal_comes_back(self, venue: KucoinVenue, connect: Connect) -> None:
        client = connect(venue.account(**{"main:BTC": "1"}))
        withdrawal = client.withdraw("BTC", "0.5", ADDRESS, "btc")
        assert client.balances("main") == {"BTC": holding("1", "0.50015")}
        client.cancel_withdrawal(withdrawal)
        assert client.withdrawals("BTC") == {withdrawal: flow("failed", "0.5", "0.00015")}
        assert client.balances("main") == {"BTC": holding("1")}
