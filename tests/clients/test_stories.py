"""The same stories through every client: each is unmodified, each reads our answers with its own parser."""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from itertools import count

import pytest

from tests.support.running import RunningServer
from tests.support.tape import Tape
from tests.support.venue import Keys, Venue
from tests.support.venue_clients import CLIENTS
from tests.support.venue_facts import PAGE, Entry, Holding, Moved, OwnTrade, PlacedOrder, Rules, VenueClient

pytestmark = pytest.mark.filterwarnings("ignore:.*uses a deprecated Kraken endpoint:DeprecationWarning")

Connect = Callable[[Keys], VenueClient]

BITCOIN = "BTC/USD"
ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def level(first: str, second: str) -> tuple[Decimal, Decimal]:
    """Two numbers that stand together."""
    return Decimal(first), Decimal(second)


def holding(total: str, held: str = "0") -> Holding:
    """What a balance must be."""
    return Holding(Decimal(total), Decimal(held))


def placed(
    status: str, side: str, volume: str, filled: str, average: str, fee: str, name: str | None = None
) -> PlacedOrder:
    """What an order must look like."""
    return PlacedOrder(status, side, Decimal(volume), Decimal(filled), Decimal(average), Decimal(fee), name)


def fill(order: str, side: str, volume: str, cost: str, fee: str, *, maker: bool) -> OwnTrade:
    """What a fill at 20000 must look like."""
    return OwnTrade(order, side, Decimal(20000), Decimal(volume), Decimal(cost), Decimal(fee), maker)


def moved(status: str, amount: str, fee: str, note: str | None = None) -> Moved:
    """What a deposit or withdrawal must look like."""
    return Moved(status, note, Decimal(amount), Decimal(fee))


def entry(refid: str, amount: str, fee: str, balance: str) -> Entry:
    """What a ledger row in bitcoin must look like."""
    return Entry(refid, "BTC", Decimal(amount), Decimal(fee), Decimal(balance))


class TestMarkets:
    """What a client loads before it does anything else."""

    def test_every_pair_is_known_with_its_steps(self, venue: Venue, connect: Connect) -> None:
        markets = connect(venue.account()).markets()
        assert len(markets) == 85
        assert markets[BITCOIN] == Rules(Decimal("0.1"), Decimal("0.00005"))
        assert markets["DOGE/EUR"] == Rules(Decimal("0.0000001"), Decimal(13))

    def test_ticker_book_and_spread_show_the_same_market(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(USD="9000", BTC="2")), connect(venue.account(USD="9000"))
        maker.place("sell", "0.2", "20000", symbol=BITCOIN)
        maker.place("sell", "0.25", "20010", symbol=BITCOIN)
        maker.place("buy", "0.125", "19990.5", symbol=BITCOIN)
        taker.place("buy", "0.1", symbol=BITCOIN)  # trades of another day are counted no more from here on
        before = taker.quote(BITCOIN).volume
        taker.place("buy", "0.1", symbol=BITCOIN)
        quote = taker.quote(BITCOIN)
        assert (quote.bid, quote.ask, quote.last) == (Decimal("19990.5"), Decimal(20010), Decimal(20000))
        assert quote.volume - before == Decimal("0.1")
        assert taker.book(BITCOIN) == ([level("19990.5", "0.125")], [level("20010", "0.25")])
        assert taker.spreads(BITCOIN)[-2:] == [level("19990.5", "20000"), level("19990.5", "20010")]


class TestBalances:
    """What an account has."""

    def test_every_asset_shows_those_with_suffixes_too(self, venue: Venue, connect: Connect) -> None:
        opening = {
            "USD": "1000.5",
            "BTC": "0.2500000001",
            "DOGE": "7",
            "ETH2.S": "5.25",
            "USD.M": "12.34",
            "USDT.F": "3",
        }
        balances = connect(venue.account(**opening)).balances()
        assert balances == {code: holding(amount) for code, amount in opening.items()}

    def test_open_orders_hold_what_they_may_cost(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="5000", BTC="2"))
        client.place("buy", "0.1", "20000", symbol=BITCOIN)
        client.place("sell", "0.5", "30000", symbol=BITCOIN)
        assert client.balances() == {"USD": holding("5000", "2008"), "BTC": holding("2", "0.5")}


class TestOrders:
    """Orders of two accounts that meet in one book."""

    def test_orders_fill_each_other_in_parts_and_both_pay_their_fee(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="10000"))
        resting = maker.place("sell", "0.3", "20000", symbol=BITCOIN)
        limit = taker.place("buy", "0.1", "20000", symbol=BITCOIN)
        assert maker.open_orders() == {resting: placed("open", "sell", "0.3", "0.1", "20000", "5")}
        market = taker.place("buy", "0.15", symbol=BITCOIN)
        crossing = taker.place("buy", "0.1", "20000", symbol=BITCOIN)

        assert maker.open_orders() == {}
        assert maker.order(resting) == placed("closed", "sell", "0.3", "0.3", "20000", "15")
        assert taker.open_orders() == {crossing: placed("open", "buy", "0.1", "0.05", "20000", "4")}
        assert taker.closed_orders() == {
            limit: placed("closed", "buy", "0.1", "0.1", "20000", "8"),
            market: placed("closed", "buy", "0.15", "0.15", "20000", "12"),
        }
        assert sorted(maker.own_trades().values()) == sorted(
            [
                fill(resting, "sell", "0.1", "2000", "5", maker=True),
                fill(resting, "sell", "0.15", "3000", "7.5", maker=True),
                fill(resting, "sell", "0.05", "1000", "2.5", maker=True),
            ]
        )
        assert sorted(taker.own_trades().values()) == sorted(
            [
                fill(limit, "buy", "0.1", "2000", "8", maker=False),
                fill(market, "buy", "0.15", "3000", "12", maker=False),
                fill(crossing, "buy", "0.05", "1000", "4", maker=False),
            ]
        )
        assert maker.balances() == {"BTC": holding("0.7"), "USD": holding("5985")}
        assert taker.balances() == {"USD": holding("3976", "1004"), "BTC": holding("0.3")}

    def test_a_market_order_walks_the_book_and_shows_its_average_price(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="10000"))
        maker.place("sell", "0.1", "20000", symbol=BITCOIN)
        maker.place("sell", "0.1", "20100", symbol=BITCOIN)
        order = taker.place("buy", "0.2", symbol=BITCOIN)
        assert taker.order(order) == placed("closed", "buy", "0.2", "0.2", "20050", "16.04")
        assert len(taker.own_trades()) == 2

    def test_one_userref_cancels_all_its_orders(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="10000"))
        tagged = [client.place("buy", "0.1", price, symbol=BITCOIN, userref=4711) for price in ("100", "101", "102")]
        other = client.place("buy", "0.1", "103", symbol=BITCOIN, userref=4712)
        assert {order.name for order in client.open_orders().values()} == {"4711", "4712"}
        assert client.cancel(4711) == 3
        assert list(client.open_orders()) == [other]
        assert client.closed_orders() == {
            order: placed("canceled", "buy", "0.1", "0", "0", "0", "4711") for order in tagged
        }

    def test_an_order_is_canceled_by_its_id_and_by_the_users_name_for_it(self, venue: Venue, connect: Connect) -> None:
        client = connect(venue.account(USD="10000"))
        first = client.place("buy", "0.1", "100", symbol=BITCOIN)
        second = client.place("buy", "0.1", "101", symbol=BITCOIN, cl_ord_id="my-order-2")
        assert client.open_orders()[second].name == "my-order-2"
        assert client.cancel(first) == 1
        assert client.cancel_named("my-order-2") == 1
        assert client.open_orders() == {}
        assert client.order(first).status == client.order(second).status == "canceled"
        assert client.balances() == {"USD": holding("10000")}

    def test_a_partly_filled_order_keeps_its_fills_when_canceled(self, venue: Venue, connect: Connect) -> None:
        maker, taker = connect(venue.account(BTC="1")), connect(venue.account(USD="10000"))
        order = maker.place("sell", "0.5", "20000", symbol=BITCOIN)
        taker.place("buy", "0.2", symbol=BITCOIN)
        assert maker.cancel(order) == 1
        assert maker.closed_orders() == {order: placed("canceled", "sell", "0.5", "0.2", "20000", "10")}
        assert maker.balances() == {"BTC": holding("0.8"), "USD": holding("3990")}


class TestLedger:
    """The books that an account can read."""

    def test_paging_finds_every_row_once_and_the_balances_run_on(
        self, busy: Keys, venue: Venue, connect: Connect
    ) -> None:
        client = connect(venue.key(busy.account))
        pages = []
        for offset in count(step=PAGE):
            pages.append(client.ledger(offset))
            if len(pages[-1]) < PAGE:
                break
        rows = [row for page in pages for row in page.items()]
        assert [len(page) for page in pages] == [PAGE, PAGE, 32]
        assert len(dict(rows)) == 132
        entries = dict(rows).values()
        assert runs_on([row for row in entries if row.asset == "ETH"], end="5.65")
        assert runs_on([row for row in entries if row.asset == "USD"], end="999347.4")

    def test_a_deposit_shows_once_it_is_credited(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        client = connect(keys)
        refid = venue.deposit(keys.account, "BTC", "0.5")
        assert client.ledger(0) == {}
        venue.drive(refid, "Success")
        assert list(client.ledger(0).values()) == [entry(refid, "0.5", "0", "0.5")]


def runs_on(entries: list[Entry], *, end: str) -> bool:
    """Whether these are all rows of one asset: each balance is the one before, plus its amount, less its fee.

    Rows of one moment may come in any order, so the chain is followed and not the list.
    """
    after = {row.balance: row for row in entries}
    balance, steps = Decimal(end), 0
    while balance in after:
        row = after.pop(balance)
        balance, steps = balance - row.amount + row.fee, steps + 1
    return balance == 0 and steps == len(entries)


class TestFunding:
    """Money that comes in and goes out."""

    def test_a_deposit_settles_and_succeeds(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(DOGE="1")
        client = connect(keys)
        opened = client.deposits("DOGE")
        assert list(opened.values()) == [moved("Success", "1", "0")]
        refid = venue.deposit(keys.account, "DOGE", "200", manual=True)
        assert client.deposits("DOGE") == {refid: moved("Settled", "200", "0"), **opened}
        assert client.balances() == {"DOGE": holding("1")}
        venue.drive(refid, "Success")
        assert client.deposits("DOGE") == {refid: moved("Success", "200", "0"), **opened}
        assert client.balances() == {"DOGE": holding("201")}

    def test_a_deposit_that_fails_brings_nothing(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(DOGE="1")
        client = connect(keys)
        opened = client.deposits("DOGE")
        assert list(opened.values()) == [moved("Success", "1", "0")]
        refid = venue.deposit(keys.account, "DOGE", "200", manual=True)
        venue.drive(refid, "Failure")
        assert client.deposits("DOGE") == {refid: moved("Failure", "200", "0"), **opened}
        assert client.balances() == {"DOGE": holding("1")}
        assert len(client.ledger(0)) == 1

    def test_a_credited_deposit_may_still_be_on_hold(self, venue: Venue, connect: Connect) -> None:
        """A success with that property: what clients have mistaken for plain success."""
        keys = venue.account()
        client = connect(keys)
        refid = venue.deposit(keys.account, "EUR", "100", manual=True)
        venue.drive(refid, "Success", status_prop="onhold")
        assert client.deposits("EUR") == {refid: moved("Success", "100", "0", "onhold")}

    def test_the_clock_alone_credits_a_deposit(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account()
        client = connect(keys)
        refid = venue.deposit(keys.account, "EUR", "1234.5")
        assert client.deposits("EUR")[refid].status == "Settled"
        venue.advance("24h")
        assert client.deposits("EUR")[refid].status == "Success"
        assert client.balances() == {"EUR": holding("1234.5")}

    def test_a_withdrawal_goes_through_its_statuses_as_time_passes(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        venue.tell("/delays", withdrawal_initial=10, withdrawal_pending=20, withdrawal_settled=30)
        client = connect(keys)
        refid = client.withdraw("BTC", "cold wallet", "0.5")
        assert client.balances() == {"BTC": holding("0.5")}
        assert len(client.ledger(0)) == 1
        for status, seconds in (("Initial", "10s"), ("Pending", "20s"), ("Settled", "30s"), ("Success", "1s")):
            assert client.withdrawals("BTC") == {refid: moved(status, "0.49985", "0.00015")}
            venue.advance(seconds)
        (row,) = (row for row in client.ledger(0).values() if row.refid == refid)
        assert row == entry(refid, "-0.49985", "0.00015", "0.5")

    def test_a_canceled_withdrawal_comes_back(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        client = connect(keys)
        refid = client.withdraw("BTC", "cold wallet", "0.5")
        assert client.cancel_withdrawal("BTC", refid) is True
        assert client.withdrawals("BTC") == {refid: moved("Failure", "0.49985", "0.00015", "canceled")}
        assert client.balances() == {"BTC": holding("1")}
        venue.advance("24h")
        assert client.withdrawals("BTC")[refid].status == "Failure"

    def test_a_withdrawal_that_is_sent_cannot_be_canceled(self, venue: Venue, connect: Connect) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        client = connect(keys)
        refid = client.withdraw("BTC", "cold wallet", "0.5")
        venue.drive(refid, "Pending")
        venue.drive(refid, "Settled")
        assert client.cancel_withdrawal("BTC", refid) is False
        venue.advance("24h")
        assert client.withdrawals("BTC") == {refid: moved("Success", "0.49985", "0.00015")}

    def test_a_withdrawal_that_fails_after_it_was_sent_is_turned_back_in_the_ledger(
        self, venue: Venue, connect: Connect
    ) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        client = connect(keys)
        refid = client.withdraw("BTC", "cold wallet", "0.5")
        for status in ("Pending", "Settled", "Failure"):
            venue.drive(refid, status)
        rows = {row for row in client.ledger(0).values() if row.refid == refid}
        assert rows == {entry(refid, "-0.49985", "0.00015", "0.5"), entry(refid, "0.49985", "-0.00015", "1")}
        assert client.balances() == {"BTC": holding("1")}

    def test_a_withdrawal_on_hold_waits_and_then_fails_with_its_money_back(
        self, venue: Venue, connect: Connect
    ) -> None:
        keys = venue.account(BTC="1")
        venue.save_withdraw_key(keys.account, "BTC", "cold wallet", ADDRESS)
        client = connect(keys)
        refid = client.withdraw("BTC", "cold wallet", "0.5")
        venue.drive(refid, "On hold")
        venue.advance("24h")
        assert client.withdrawals("BTC")[refid].status == "On hold"
        venue.drive(refid, "Failure")
        assert client.withdrawals("BTC")[refid].status == "Failure"
        assert client.balances() == {"BTC": holding("1")}


class TestHistory:
    """What the market remembers."""

    @pytest.mark.parametrize(("page", "pages"), [(1000, 2), (300, 4)])
    def test_since_pages_through_every_public_trade_once(
        self, tape: Tape, venue: Venue, connect: Connect, page: int, pages: int
    ) -> None:
        client, cursor, found = connect(venue.account()), "0", []
        for _ in range(pages):
            trades, cursor = client.prints(tape.symbol, cursor, page)
            found += trades
        assert client.prints(tape.symbol, cursor, page) == ([], cursor)
        assert [trade.id for trade in found] == list(range(1, len(tape.prints) + 1))
        assert [trade[1:] for trade in found] == tape.prints

    def test_candles_are_what_was_traded(self, minutes: Tape, venue: Venue, connect: Connect) -> None:
        candles = connect(venue.account()).candles(minutes.symbol, minutes.candles[0].start_s)
        assert candles[:-1] == minutes.candles
        assert candles[-1].volume == 0


def test_every_client_says_who_it_is_as_the_venue_may_demand() -> None:
    with RunningServer(None, "--require-user-agent") as strict:
        for name, client in CLIENTS.items():
            with closing(client(strict.url, strict.demo.key, strict.demo.secret)) as connected:
                assert connected.balances()["BTC"] == holding("10"), name
