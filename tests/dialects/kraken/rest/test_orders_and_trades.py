"""Lists of orders, trades and ledger entries, and look-ups by id, as a client pages through them."""

from typing import Any

import pytest

from seatrial.core.commands import (
    CancelOrders,
    DriveTransfer,
    PlaceOrder,
    RequestWithdrawal,
    SaveDestination,
    SeeDeposit,
)
from seatrial.core.facts import DepositSeen, OrderAccepted, WithdrawalRequested
from seatrial.core.funding import TransferStatus
from seatrial.core.orders import EndReason, Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.core.postings import EntryKind
from seatrial.core.queries import Query
from seatrial.dialects.kraken.describe import REASONS, STATUSES
from seatrial.dialects.kraken.dialect import PERMISSIONS
from seatrial.dialects.kraken.rest.ledgers import ENTRY_TYPES
from tests.support.kraken_exchange import SECOND_NS, Exchange, Trader, envelope, only

INVALID = "EGeneral:Invalid arguments"
START_S = 1_790_812_345
DENIED = "EGeneral:Permission denied"

Answer = dict[str, Any]


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """The first of two rich traders."""
    first, _ = exchange.two_rich_traders()
    return first


@pytest.fixture
def other(exchange: Exchange, trader: Trader) -> Trader:
    """The second one."""
    assert trader is exchange.traders[0]
    return exchange.traders[1]


def txid(trader: Trader, order: Order) -> str:
    """The id of an order."""
    return trader.exchange.ids.order(order.order_id)


def cancel(trader: Trader, order: Order) -> None:
    """Cancel one order."""
    trader.exchange.apply(CancelOrders(trader.account_id, order_ids=(order.order_id,)))


def ended(trader: Trader, count: int, *, seconds: int = 1) -> list[str]:
    """That many orders, placed and canceled one after the other; the oldest first."""
    ids = []
    for _ in range(count):
        order = trader.place("buy", "1", "10")
        trader.exchange.clock.advance(seconds)
        cancel(trader, order)
        ids.append(txid(trader, order))
    return ids


def pages(trader: Trader, method: str, name: str, **params: object) -> list[list[str]]:
    """The ids of every page that a cursor leads to."""
    found, cursor = [], None
    while True:
        answer = trader.result(method, with_cursor="true", cursor=cursor, **params)
        assert list(answer) == [name, "cursor"]
        found.append(list(answer[name]))
        cursor = answer["cursor"]["next"]
        if cursor is None:
            return found


class TestOrderView:
    """What the three lists say of one order."""

    def test_a_part_filled_order(self, trader: Trader, other: Trader) -> None:
        order = trader.place("buy", "0.75", "61250.4", client_id="mm0000000000000017", post_only=True)
        other.place("sell", "0.25", "61250.4")
        assert trader.result("QueryOrders", txid=txid(trader, order)) == {
            txid(trader, order): {
                "refid": None,
                "userref": None,
                "cl_ord_id": "mm0000000000000017",
                "status": "open",
                "reason": None,
                "opentm": 1790812345.6789,
                "starttm": 0,
                "expiretm": 0,
                "descr": {
                    "pair": "XBTUSD",
                    "aclass": "forex",
                    "type": "buy",
                    "ordertype": "limit",
                    "price": "61250.4",
                    "price2": "0",
                    "leverage": "none",
                    "order": "buy 0.75000000 XBTUSD @ limit 61250.4",
                    "close": "",
                },
                "vol": "0.75000000",
                "vol_exec": "0.25000000",
                "cost": "15312.60000",
                "fee": "38.28150",
                "price": "61250.4",
                "stopprice": "0.00000",
                "limitprice": "0.00000",
                "misc": "",
                "oflags": "post,fciq",
                "time_in_force": "gtc",
            }
        }

    def test_the_average_price_is_the_cost_by_the_volume_cut_off_at_the_tick(
        self, trader: Trader, other: Trader
    ) -> None:
        trader.place("sell", "1", "100")
        trader.place("sell", "2", "100.1")
        order = other.place("buy", "3")
        (view,) = other.result("QueryOrders", txid=txid(other, order)).values()
        assert (view["price"], view["cost"], view["status"]) == ("100.0", "300.20000", "closed")
        assert view["descr"]["order"] == "buy 3.00000000 XBTUSD @ market"
        assert (view["descr"]["ordertype"], view["descr"]["price"], view["reason"]) == ("market", "0", None)

    def test_times_of_start_and_expiry_are_whole_seconds(self, exchange: Exchange, trader: Trader) -> None:
        now_ns = exchange.clock.now_ns
        order = trader.place("buy", "1", "10", starts_ns=now_ns + SECOND_NS, expires_ns=now_ns + 10 * SECOND_NS)
        (view,) = trader.result("OpenOrders")["open"].values()
        assert (view["status"], view["starttm"], view["expiretm"]) == ("pending", START_S + 1, START_S + 10)
        assert list(trader.result("OpenOrders")["open"]) == [txid(trader, order)]

    def test_an_order_that_spends_has_its_volume_in_quote_and_its_fills_in_base(
        self, exchange: Exchange, trader: Trader, other: Trader
    ) -> None:
        trader.place("sell", "1", "50000")
        command = PlaceOrder(
            other.account_id, "BTC/USD", Side.BUY, OrderKind.MARKET, spend=exchange.units("USD", "100")
        )
        order = exchange.orders[only(exchange.apply(command), OrderAccepted).order_id]
        (view,) = other.result("QueryOrders", txid=txid(other, order)).values()
        assert (view["vol"], view["vol_exec"], view["cost"]) == ("100.00000000", "0.00200000", "100.00000")
        assert (view["oflags"], view["status"]) == ("viqc,fciq", "closed")
        assert view["descr"]["order"] == "buy 100.00000000 XBTUSD @ market"

    def test_a_fee_in_base_is_shown_at_its_value_in_quote(self, trader: Trader, other: Trader) -> None:
        trader.place("sell", "1", "50000")
        order = other.place("buy", "1", fee_in_base=True)
        (view,) = other.result("QueryOrders", txid=txid(other, order)).values()
        assert (view["oflags"], view["fee"]) == ("fcib", "200.00000")

    @pytest.mark.parametrize(
        ("more", "status", "reason", "misc"),
        [
            ({}, "closed", None, ""),
            ({"time_in_force": TimeInForce.IOC, "qty": "3"}, "canceled", "Order not filled immediately", "partial"),
            ({"time_in_force": TimeInForce.FOK, "qty": "3"}, "canceled", "Order not filled immediately", ""),
            ({"price": None, "qty": "3"}, "canceled", "No liquidity", "partial"),
        ],
    )
    def test_how_an_order_ended(
        self, trader: Trader, other: Trader, more: dict[str, Any], status: str, reason: str | None, misc: str
    ) -> None:
        trader.place("sell", "1", "100")
        other.place(
            "buy",
            more.pop("qty", "1"),
            more.pop("price", "100"),
            **more,
        )
        (view,) = other.result("ClosedOrders")["closed"].values()
        assert (view["status"], view["reason"], view["misc"]) == (status, reason, misc)

    def test_an_order_whose_rest_is_insignificant_is_closed(self, trader: Trader, other: Trader) -> None:
        trader.place("buy", "0.99999999", "100")
        other.place("sell", "1", "100")
        (view,) = other.result("ClosedOrders")["closed"].values()
        assert (view["status"], view["reason"], view["misc"]) == ("closed", "Insignificant volume remaining", "")
        assert (view["vol"], view["vol_exec"]) == ("1.00000000", "0.99999999")

    def test_an_order_that_expires(self, exchange: Exchange, trader: Trader) -> None:
        trader.place("buy", "1", "10", expires_ns=exchange.clock.now_ns + 5 * SECOND_NS)
        exchange.clock.advance(6)
        (view,) = trader.result("ClosedOrders")["closed"].values()
        assert (view["status"], view["reason"], view["closetm"]) == ("expired", "Order expired", START_S + 5.6789)

    def test_an_order_that_meets_its_owners_own(self, trader: Trader) -> None:
        trader.place("sell", "1", "100")
        trader.place("buy", "1", "100", self_trade=SelfTrade.CANCEL_NEWEST)
        (view,) = trader.result("ClosedOrders")["closed"].values()
        assert (view["status"], view["reason"]) == ("canceled", "Cannot trade with self")

    def test_there_are_words_for_every_status_and_reason(self) -> None:
        assert set(STATUSES) == set(OrderStatus)
        assert set(REASONS) == set(EndReason)


class TestOpenOrders:
    def test_shows_the_live_ones_newest_first_without_a_reason(self, trader: Trader, other: Trader) -> None:
        first, second, gone = (trader.place("buy", "1", price) for price in ("10", "11", "12"))
        other.place("buy", "1", "9")
        cancel(trader, gone)
        found = trader.result("OpenOrders")
        assert list(found) == ["open"]
        assert list(found["open"]) == [txid(trader, second), txid(trader, first)]
        assert not {"reason", "closetm", "trades", "cl_ord_id"} & set(found["open"][txid(trader, first)])

    def test_nothing_open_is_an_empty_map(self, trader: Trader) -> None:
        assert trader.call("OpenOrders") == {"error": [], "result": {"open": {}}}

    def test_filters_by_userref_and_by_cl_ord_id(self, trader: Trader) -> None:
        tagged = [trader.place("buy", "1", "10", tag=7) for _ in range(2)]
        named = trader.place("buy", "1", "10", client_id="abc")
        assert list(trader.result("OpenOrders", userref=7)["open"]) == [txid(trader, o) for o in reversed(tagged)]
        assert list(trader.result("OpenOrders", cl_ord_id="abc")["open"]) == [txid(trader, named)]
        assert trader.result("OpenOrders", userref=8) == {"open": {}}
        assert len(trader.result("OpenOrders", userref=0)["open"]) == 3

    def test_lists_the_trades_of_an_order_when_asked(self, trader: Trader, other: Trader) -> None:
        order, untouched = trader.place("buy", "3", "10"), trader.place("buy", "1", "9")
        other.place("sell", "1", "10")
        other.place("sell", "1", "10")
        found = trader.result("OpenOrders", trades="true")["open"]
        assert found[txid(trader, order)]["trades"] == list(reversed(trader.result("TradesHistory")["trades"]))
        assert "trades" not in found[txid(trader, untouched)]
        assert list(found) == list(trader.result("OpenOrders")["open"])

    def test_an_order_that_ends_before_its_trades_are_looked_up_is_not_shown(
        self, exchange: Exchange, trader: Trader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order, stays = trader.place("buy", "3", "10"), trader.place("buy", "1", "9")
        look_up = exchange.store.answer

        def answer_late(query: Query) -> object:
            cancel(trader, order)
            return look_up(query)

        monkeypatch.setattr(exchange.store, "answer", answer_late)
        assert list(trader.result("OpenOrders", trades="true")["open"]) == [txid(trader, stays)]

    @pytest.mark.parametrize("trades", ["true", "false"])
    def test_pages_by_cursor(self, trader: Trader, trades: str) -> None:
        ids = [txid(trader, trader.place("buy", "1", "10")) for _ in range(5)][::-1]
        assert pages(trader, "OpenOrders", "open", limit=2, trades=trades) == [ids[:2], ids[2:4], ids[4:]]
        assert pages(trader, "OpenOrders", "open", limit=5, trades=trades) == [ids]

    def test_without_a_cursor_limit_is_the_only_bound(self, trader: Trader) -> None:
        for _ in range(60):
            trader.place("buy", "1", "10")
        assert len(trader.result("OpenOrders")["open"]) == 60
        assert len(trader.result("OpenOrders", limit=3)["open"]) == 3
        assert [len(page) for page in pages(trader, "OpenOrders", "open")] == [50, 10]

    @pytest.mark.parametrize("trades", ["true", "false"])
    def test_all_are_shown_unless_a_page_is_asked_for(
        self, exchange: Exchange, trader: Trader, other: Trader, trades: str
    ) -> None:
        other.place("sell", "1", "10")
        orders = [trader.place("buy", "2", "10", tag=1 + number % 2) for number in range(1_003)]
        ids = [txid(trader, order) for order in reversed(orders)]
        found = trader.result("OpenOrders", trades=trades)
        assert list(found) == ["open"]
        assert list(found["open"]) == ids
        assert ("trades" in found["open"][ids[-1]]) == (trades == "true")
        late = exchange.key(trader.account_id, query_to_ns=exchange.clock.now_ns - 1)
        assert late.result("OpenOrders", trades=trades) == {"open": {}}
        assert len(trader.result("OpenOrders", trades=trades, userref=1)["open"]) == 502
        assert list(trader.result("OpenOrders", trades=trades, limit=1_000)["open"]) == ids[:1_000]
        (alone,) = trader.result("OpenOrders", trades=trades, limit=1)["open"].values()
        assert found["open"][ids[0]] == alone

    @pytest.mark.parametrize(
        "params",
        [
            {"userref": "x"},
            {"trades": "maybe"},
            {"consolidate_taker": "maybe"},
            {"rebase_multiplier": "doubled"},
            {"cursor": "x"},
            {"limit": 101, "with_cursor": "true"},
            {"limit": 1_001},
        ],
    )
    def test_refuses_what_it_cannot_read(self, trader: Trader, params: dict[str, object]) -> None:
        assert trader.error("OpenOrders", **params) == f"{INVALID}:{next(iter(params))}"


class TestClosedOrders:
    def test_pages_of_50_newest_first_with_the_count_of_all(self, trader: Trader) -> None:
        ids = ended(trader, 53)[::-1]
        first, second = trader.result("ClosedOrders"), trader.result("ClosedOrders", ofs=50)
        assert (list(first["closed"]), first["count"]) == (ids[:50], 53)
        assert (list(second["closed"]), second["count"]) == (ids[50:], 53)
        assert trader.result("ClosedOrders", ofs=53) == {"closed": {}, "count": 53}

    def test_without_count_there_is_none(self, trader: Trader) -> None:
        ended(trader, 1)
        assert list(trader.result("ClosedOrders", without_count="true")) == ["closed"]

    def test_filters_by_userref_and_by_cl_ord_id(self, trader: Trader) -> None:
        tagged, named = trader.place("buy", "1", "10", tag=7), trader.place("buy", "1", "10", client_id="abc")
        trader.exchange.apply(CancelOrders(trader.account_id, everything=True))
        ended(trader, 1)
        found = trader.result("ClosedOrders", userref=7)
        assert (list(found["closed"]), found["count"]) == ([txid(trader, tagged)], 1)
        assert list(trader.result("ClosedOrders", cl_ord_id="abc")["closed"]) == [txid(trader, named)]

    def test_lists_the_trades_of_an_order_when_asked(self, trader: Trader, other: Trader) -> None:
        trader.place("sell", "1", "10")
        trader.place("sell", "1", "11")
        other.place("buy", "2")
        (view,) = other.result("ClosedOrders", trades="true")["closed"].values()
        assert view["trades"] == list(reversed(other.result("TradesHistory")["trades"]))

    @pytest.mark.parametrize(("closetime", "found"), [("open", [2]), ("close", [1]), ("both", [2, 1]), (None, [2, 1])])
    def test_closetime_says_which_time_start_and_end_are_about(
        self, trader: Trader, closetime: str | None, found: list[int]
    ) -> None:
        """Three orders of 100 seconds each, the next one opened when the one before it was closed."""
        ids = ended(trader, 3, seconds=100)
        inside = trader.result("ClosedOrders", closetime=closetime, start=START_S + 150, end=START_S + 250)
        assert list(inside["closed"]) == [ids[number] for number in found]

    def test_start_is_exclusive_and_end_inclusive_at_the_time_that_is_shown(self, trader: Trader) -> None:
        first, second, third = ended(trader, 3, seconds=100)
        shown = trader.result("ClosedOrders")["closed"][second]["closetm"]
        later = trader.result("ClosedOrders", closetime="close", start=shown)
        earlier = trader.result("ClosedOrders", closetime="close", end=shown)
        assert (list(later["closed"]), later["count"]) == ([third], 1)
        assert (list(earlier["closed"]), earlier["count"]) == ([second, first], 2)

    def test_an_order_as_a_bound_means_its_opening(self, trader: Trader) -> None:
        first, second, third = ended(trader, 3, seconds=100)
        assert list(trader.result("ClosedOrders", closetime="open", start=second)["closed"]) == [third]
        assert list(trader.result("ClosedOrders", closetime="open", end=second)["closed"]) == [second, first]

    def test_pages_by_cursor_and_new_orders_do_not_move_them(self, trader: Trader) -> None:
        ids = ended(trader, 5)[::-1]
        assert pages(trader, "ClosedOrders", "closed", limit=2) == [ids[:2], ids[2:4], ids[4:]]
        cursor = trader.result("ClosedOrders", with_cursor="true", limit=2)["cursor"]["next"]
        ended(trader, 2)
        assert list(trader.result("ClosedOrders", cursor=cursor)["closed"]) == ids[2:]

    def test_orders_that_ended_at_one_moment_are_paged_completely(self, trader: Trader) -> None:
        ids = [txid(trader, trader.place("buy", "1", "10")) for _ in range(5)]
        trader.exchange.apply(CancelOrders(trader.account_id, everything=True))
        assert pages(trader, "ClosedOrders", "closed", limit=2) == [ids[4:2:-1], ids[2:0:-1], ids[:1]]

    @pytest.mark.parametrize(
        "params", [{"closetime": "never"}, {"start": "yesterday"}, {"end": "-1"}, {"ofs": -1}, {"cursor": "LXX"}]
    )
    def test_refuses_what_it_cannot_read(self, trader: Trader, params: dict[str, object]) -> None:
        assert trader.error("ClosedOrders", **params) == f"{INVALID}:{next(iter(params))}"


class TestQueryOrders:
    def test_finds_open_and_ended_ones_by_id(self, trader: Trader) -> None:
        (gone,) = ended(trader, 1)
        order = trader.place("buy", "1", "10")
        found = trader.result("QueryOrders", txid=f"{gone}, {txid(trader, order)}")
        assert {key: view["status"] for key, view in found.items()} == {gone: "canceled", txid(trader, order): "open"}

    def test_knows_some_of_the_ids(self, trader: Trader, other: Trader) -> None:
        order, foreign = trader.place("buy", "1", "10"), other.place("buy", "1", "10")
        asked = f"{txid(trader, order)},{txid(trader, foreign)},OAAAAA-AAAAA-AAAAAA"
        assert list(trader.result("QueryOrders", txid=asked)) == [txid(trader, order)]
        assert trader.error("QueryOrders", txid=f"{asked},junk") == "EOrder:Invalid order"

    def test_leaves_out_what_nobody_or_somebody_else_has(self, trader: Trader, other: Trader) -> None:
        foreign = other.place("buy", "1", "10", client_id="theirs")
        for name in ("OAAAAA-AAAAA-AAAAAA", "O99999-00000-111111", txid(other, foreign)):
            assert trader.call("QueryOrders", txid=name) == {"error": [], "result": {}}
        assert trader.result("QueryOrders", cl_ord_id="theirs") == {}

    @pytest.mark.parametrize("name", ["junk", "48695624", "TAAAAA-AAAAA-AAAAAA", "oaaaaa-aaaaa-aaaaaa", "OAAAAA-AAAAA"])
    def test_refuses_what_is_no_orders_id(self, trader: Trader, name: str) -> None:
        assert trader.error("QueryOrders", txid=name) == "EOrder:Invalid order"

    def test_filters_by_userref(self, trader: Trader) -> None:
        tagged, plain = trader.place("buy", "1", "10", tag=7), trader.place("buy", "1", "10")
        asked = f"{txid(trader, tagged)},{txid(trader, plain)}"
        assert list(trader.result("QueryOrders", txid=asked, userref=7)) == [txid(trader, tagged)]

    def test_finds_by_cl_ord_id(self, trader: Trader) -> None:
        order = trader.place("buy", "1", "10", client_id="abc")
        assert list(trader.result("QueryOrders", cl_ord_id="abc")) == [txid(trader, order)]

    def test_lists_the_trades_of_an_order_when_asked(self, trader: Trader, other: Trader) -> None:
        trader.place("sell", "1", "10")
        order = other.place("buy", "1")
        (view,) = other.result("QueryOrders", txid=txid(other, order), trades="true").values()
        assert view["trades"] == list(other.result("TradesHistory")["trades"])

    def test_takes_50_ids_at_most(self, trader: Trader) -> None:
        ids = ended(trader, 51)
        assert len(trader.result("QueryOrders", txid=",".join(ids[:50]))) == 50
        assert trader.error("QueryOrders", txid=",".join(ids)) == f"{INVALID}:txid"

    def test_needs_an_id(self, trader: Trader) -> None:
        assert trader.error("QueryOrders") == f"{INVALID}:txid"


class TestTradesHistory:
    def test_shows_a_fill_with_the_documented_fields(self, trader: Trader, other: Trader) -> None:
        order = trader.place("sell", "1", "61250.4")
        other.place("buy", "0.01", "61300")
        (found,) = trader.result("TradesHistory", ledgers="true")["trades"].items()
        _, view = found
        assert view == {
            "ordertxid": txid(trader, order),
            "postxid": "TKH2SE-M7IF5-CFI7LT",
            "pair": "XXBTZUSD",
            "aclass": "forex",
            "time": 1790812345.6789,
            "type": "sell",
            "ordertype": "limit",
            "tradeordertype": "limit",
            "price": "61250.40000",
            "cost": "612.50400",
            "fee": "1.53126",
            "vol": "0.01000000",
            "margin": "0.00000",
            "leverage": "0",
            "misc": "",
            "trade_id": 1,
            "maker": True,
            "ledgers": list(reversed(trader.result("Ledgers", type="trade")["ledger"])),
        }

    def test_both_sides_see_the_same_trade_under_ids_of_their_own(self, trader: Trader, other: Trader) -> None:
        trader.place("sell", "1", "100")
        other.place("buy", "1")
        ((one, mine),) = trader.result("TradesHistory")["trades"].items()
        ((two, theirs),) = other.result("TradesHistory")["trades"].items()
        assert one != two
        assert (mine["trade_id"], mine["maker"]) == (theirs["trade_id"], True)
        assert (theirs["maker"], theirs["type"], theirs["ordertype"]) == (False, "buy", "market")
        assert "ledgers" not in mine

    def test_a_tick_finer_than_the_cost_is_shown_in_full(self, exchange: Exchange) -> None:
        trader, _ = exchange.two_rich_traders("PEPE/USD")
        exchange.account(PEPE="100000000")
        exchange.traders.reverse()
        seller = exchange.traders[0]
        seller.place("sell", "10000000", "0.000007123", pair="PEPE/USD")
        trader.place("buy", "10000000", pair="PEPE/USD")
        (view,) = trader.result("TradesHistory")["trades"].values()
        assert (view["price"], view["cost"]) == ("0.000007123", "71.23000")

    def test_pages_of_50_newest_first_with_the_count_of_all(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(53):
            exchange.trade("100", "0.01")
        first, second = trader.result("TradesHistory"), trader.result("TradesHistory", ofs=50)
        assert [trade["trade_id"] for trade in first["trades"].values()] == list(range(53, 3, -1))
        assert [trade["trade_id"] for trade in second["trades"].values()] == [3, 2, 1]
        assert (first["count"], second["count"]) == (53, 53)
        assert len(trader.result("TradesHistory", limit=100)["trades"]) == 53
        assert list(trader.result("TradesHistory", without_count="true", limit=1)) == ["trades"]

    def test_pages_by_cursor(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(5):
            exchange.trade("100", "0.01")
        ids = list(trader.result("TradesHistory")["trades"])
        assert pages(trader, "TradesHistory", "trades", limit=2) == [ids[:2], ids[2:4], ids[4:]]

    def test_start_and_end_may_be_times_or_ids(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(3):
            exchange.trade("100", "0.01")
            exchange.clock.advance(60)
        third, second, first = trader.result("TradesHistory")["trades"]
        assert list(trader.result("TradesHistory", start=START_S + 60.6789)["trades"]) == [third]
        assert list(trader.result("TradesHistory", end=START_S + 60.6789)["trades"]) == [second, first]
        assert list(trader.result("TradesHistory", start=second)["trades"]) == [third]
        assert list(trader.result("TradesHistory", end=second)["trades"]) == [second, first]
        assert trader.result("TradesHistory", start=0, end=0) == {"trades": {}, "count": 0}

    def test_filters_by_pair(self, exchange: Exchange) -> None:
        maker, _ = exchange.account(BTC="10", ETH="10"), exchange.account(USD="100000")
        exchange.trade("100", "1")
        exchange.trade("50", "1", pair="ETH/USD")
        found = maker.result("TradesHistory", pair="ETHUSD")
        assert ([trade["pair"] for trade in found["trades"].values()], found["count"]) == (["XETHZUSD"], 1)
        assert maker.result("TradesHistory", pair="xbtusd, ETH/USD")["count"] == 2
        assert maker.error("TradesHistory", pair="NOPE") == "EQuery:Unknown asset pair"

    @pytest.mark.parametrize(
        ("kind", "count"),
        [("all", 1), ("no position", 1), ("any position", 0), ("closed position", 0), ("closing position", 0)],
    )
    def test_no_trade_has_a_position(self, exchange: Exchange, trader: Trader, kind: str, count: int) -> None:
        exchange.trade("100", "1")
        found = trader.result("TradesHistory", type=kind)
        assert (len(found["trades"]), found["count"]) == (count, count)

    def test_the_fills_of_one_sweep_are_merged_only_when_asked(self, trader: Trader, other: Trader) -> None:
        for price in ("100", "101", "103"):
            trader.place("sell", "1", price)
        other.place("buy", "3")
        apart = other.result("TradesHistory")
        assert (len(apart["trades"]), apart["count"]) == (3, 3)
        merged = other.result("TradesHistory", consolidate_taker="true")
        (view,) = merged["trades"].values()
        assert (merged["count"], view["vol"], view["cost"], view["price"]) == (
            1,
            "3.00000000",
            "304.00000",
            "101.30000",
        )
        assert list(merged["trades"]) == list(apart["trades"])[-1:]
        assert trader.result("TradesHistory", consolidate_taker="true")["count"] == 3

    def test_with_ledgers_each_fill_stands_for_itself(self, trader: Trader, other: Trader) -> None:
        trader.place("sell", "1", "100")
        trader.place("sell", "1", "101")
        other.place("buy", "2")
        found = other.result("TradesHistory", consolidate_taker="true", ledgers="true")["trades"]
        listed = [entry for trade in found.values() for entry in trade["ledgers"]]
        assert sorted(listed) == sorted(other.result("Ledgers", type="trade")["ledger"])

    @pytest.mark.parametrize(
        "params", [{"limit": 0}, {"limit": 101}, {"ledgers": "perhaps"}, {"trades": "x"}, {"aclass": "x"}]
    )
    def test_refuses_what_it_cannot_read(self, trader: Trader, params: dict[str, object]) -> None:
        assert trader.error("TradesHistory", **params) == f"{INVALID}:{next(iter(params))}"

    def test_refuses_an_unknown_type(self, trader: Trader) -> None:
        assert trader.error("TradesHistory", type="some") == f"{INVALID}:type"


class TestQueryTrades:
    def test_finds_by_id(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")
        exchange.trade("101", "1")
        listed = trader.result("TradesHistory", ledgers="true")["trades"]
        assert trader.result("QueryTrades", txid=", ".join(listed), ledgers="true") == listed

    def test_knows_some_or_none_of_the_ids(self, exchange: Exchange, trader: Trader, other: Trader) -> None:
        exchange.trade("100", "1")
        (mine,), (theirs,) = (who.result("TradesHistory")["trades"] for who in (trader, other))
        assert list(trader.result("QueryTrades", txid=f"{mine},{theirs}")) == [mine]
        assert trader.result("QueryTrades", txid=f"{theirs},TQCLML-BW3P3-BUCMWZ") == {}
        assert trader.error("QueryTrades", txid=f"{mine},junk") == "EOrder:Invalid order"

    def test_takes_20_ids_at_most_and_needs_one(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(21):
            exchange.trade("100", "0.01")
        ids = list(trader.result("TradesHistory")["trades"])
        assert len(trader.result("QueryTrades", txid=",".join(ids[:20]))) == 20
        assert trader.error("QueryTrades", txid=",".join(ids)) == f"{INVALID}:txid"
        assert trader.error("QueryTrades") == f"{INVALID}:txid"


class TestLedgers:
    def test_a_trade_writes_two_entries_with_its_id_and_running_balances(self, exchange: Exchange) -> None:
        seller, buyer = exchange.account(BTC="1", USD="10"), exchange.account(USD="1000")
        seller.place("sell", "0.25", "1812.3")
        buyer.place("buy", "0.25", "1812.3")
        (trade,) = seller.result("TradesHistory")["trades"]
        common = {
            "refid": trade,
            "time": 1790812345.6789,
            "type": "trade",
            "subtype": "tradespot",
            "aclass": "currency",
        }
        given = {"asset": "XXBT", "amount": "-0.2500000000", "fee": "0.0000000000", "balance": "0.7500000000"}
        received = {"asset": "ZUSD", "amount": "453.0750", "fee": "1.1327", "balance": "461.9423"}
        assert list(seller.result("Ledgers", type="trade")["ledger"].values()) == [common | received, common | given]

    def test_every_balance_is_the_one_before_plus_amount_minus_fee(self, exchange: Exchange, trader: Trader) -> None:
        for price in ("100", "101.5", "99.9"):
            exchange.trade(price, "0.333")
        entries = list(reversed(trader.result("Ledgers", asset="ZUSD")["ledger"].values()))
        before = 0
        for entry in entries:
            amount, fee, balance = (int(entry[key].replace(".", "")) for key in ("amount", "fee", "balance"))
            before += amount - fee
            assert balance == before
        assert len(entries) == 4

    def test_every_trade_that_an_entry_names_can_be_looked_up(self, trader: Trader, other: Trader) -> None:
        for price in ("100", "101", "102"):
            trader.place("sell", "1", price)
        other.place("buy", "3")
        refids = {entry["refid"] for entry in other.result("Ledgers", type="trade")["ledger"].values()}
        assert len(refids) == 3
        assert set(other.result("QueryTrades", txid=",".join(refids))) == refids

    def test_each_type_has_a_refid_of_its_own_form(self, exchange: Exchange) -> None:
        trader = exchange.account(DOGE="1000")
        deposit = only(
            exchange.apply(SeeDeposit(trader.account_id, "DOGE", exchange.units("DOGE", "997"))), DepositSeen
        ).transfer
        exchange.apply(DriveTransfer(deposit.transfer_id, TransferStatus.SUCCESS))
        method = exchange.machine.state.methods["DOGE"][0].name
        exchange.apply(SaveDestination(trader.account_id, "DOGE", method, "mine", "an address"))
        asked = RequestWithdrawal(trader.account_id, "DOGE", "mine", exchange.units("DOGE", "100"))
        withdrawal = only(exchange.apply(asked), WithdrawalRequested).transfer
        for status in (TransferStatus.PENDING, TransferStatus.SETTLED):
            exchange.apply(DriveTransfer(withdrawal.transfer_id, status))
        entries = trader.result("Ledgers")["ledger"].values()
        assert [(entry["type"], entry["refid"]) for entry in entries] == [
            ("withdrawal", exchange.ids.withdrawal(withdrawal.transfer_id)),
            ("deposit", exchange.ids.deposit(deposit.transfer_id)),
            ("transfer", exchange.ids.transfer(1)),
        ]

    def test_pages_of_50_newest_first_with_the_count_of_all(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(26):
            exchange.trade("100", "0.01")
        first, second = trader.result("Ledgers"), trader.result("Ledgers", ofs=50)
        assert (len(first["ledger"]), first["count"], len(second["ledger"])) == (50, 54, 4)
        assert not set(first["ledger"]) & set(second["ledger"])
        assert [entry["type"] for entry in second["ledger"].values()] == ["trade", "trade", "transfer", "transfer"]
        assert trader.result("Ledgers", ofs=54) == {"ledger": {}, "count": 54}
        assert list(trader.result("Ledgers", without_count="true")) == ["ledger"]

    def test_pages_of_a_filter_count_and_skip_only_what_it_finds(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(60):
            exchange.trade("100", "0.01")
        bought = {"type": "trade", "asset": "XBT"}
        first, second = trader.result("Ledgers", **bought), trader.result("Ledgers", **bought, ofs=50)
        found = {**first["ledger"], **second["ledger"]}
        assert (len(first["ledger"]), len(second["ledger"]), len(found)) == (50, 10, 60)
        assert {(entry["type"], entry["asset"]) for entry in found.values()} == {("trade", "XXBT")}
        assert {page["count"] for page in (first, second, trader.result("Ledgers", **bought, ofs=60))} == {60}
        assert trader.result("Ledgers", **bought, ofs=50, without_count="true") == {"ledger": second["ledger"]}
        newer = trader.result("Ledgers", **bought, start=list(found)[10], ofs=5)
        assert (list(newer["ledger"]), newer["count"]) == (list(found)[5:10], 10)

    def test_pages_by_cursor_and_new_entries_do_not_move_them(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(3):
            exchange.trade("100", "0.01")
        ids = list(trader.result("Ledgers")["ledger"])
        assert pages(trader, "Ledgers", "ledger", limit=3) == [ids[:3], ids[3:6], ids[6:]]
        cursor = trader.result("Ledgers", with_cursor="true", limit=3)["cursor"]["next"]
        exchange.trade("100", "0.01")
        assert list(trader.result("Ledgers", cursor=cursor, type="trade")["ledger"]) == ids[3:6]

    def test_filters_by_asset_under_any_name(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")
        for name in ("XXBT", "xbt", "BTC"):
            found = trader.result("Ledgers", asset=name)
            assert ({entry["asset"] for entry in found["ledger"].values()}, found["count"]) == ({"XXBT"}, 2)
        assert trader.result("Ledgers", asset="XBT, ZUSD")["count"] == 4
        assert trader.result("Ledgers", asset="all")["count"] == 4
        assert trader.result("Ledgers", asset="XBT.M") == {"ledger": {}, "count": 0}
        assert trader.error("Ledgers", asset="XBT,NOPE") == "EQuery:Unknown asset"

    @pytest.mark.parametrize(("kind", "count"), [("all", 4), (None, 4), ("trade", 2), ("transfer", 2), ("sale", 0)])
    def test_filters_by_type(self, exchange: Exchange, trader: Trader, kind: str | None, count: int) -> None:
        exchange.trade("100", "1")
        assert trader.result("Ledgers", type=kind)["count"] == count

    def test_the_filter_sale_brings_up_spend_and_receive(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="100")
        ledger, state = exchange.machine.state.ledger, exchange.machine.state
        purse = ledger.purse(trader.account_id, "spot", state.assets["USD"])
        for kind in (EntryKind.SPEND, EntryKind.RECEIVE, EntryKind.NFT_REBATE):
            ledger.bring_in(purse, kind, 1, exchange.clock.now_ns, 10_000, 0)
        exchange.commit()
        found = trader.result("Ledgers", type="sale")["ledger"].values()
        assert [entry["type"] for entry in found] == ["receive", "spend"]
        assert trader.result("Ledgers", type="nft_rebate") == trader.result("Ledgers", type="nftrebate")
        assert trader.result("Ledgers", type="nftrebate")["count"] == 1

    def test_what_comes_back_from_rewards_is_a_pair_of_allocations(self, exchange: Exchange) -> None:
        trader = exchange.account(**{"USDT.F": "1000"})  # type: ignore[arg-type]  # no such asset is an option
        exchange.account(BTC="1").place("sell", "0.01", "20000", pair="BTC/USDT")
        trader.place("buy", "0.01", "20000", pair="BTC/USDT")
        pair = list(trader.result("Ledgers", type="earn")["ledger"].values())
        assert [(entry["type"], entry["subtype"]) for entry in pair] == [("earn", "autoallocation")] * 2
        assert [entry["asset"] for entry in pair] == ["USDT", "USDT.F"]
        assert pair[0]["refid"] == pair[1]["refid"]
        assert pair[1]["amount"] == f"-{pair[0]['amount']}"

    def test_fee_credits_are_an_entry_of_the_trade(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1000", KFEE="500")
        exchange.account(BTC="1").place("sell", "1", "100")
        trader.place("buy", "1", "100")
        rows = {entry["asset"]: entry for entry in trader.result("Ledgers", type="trade")["ledger"].values()}
        (txid,) = trader.result("TradesHistory")["trades"]
        assert {entry["refid"] for entry in rows.values()} == {txid}
        assert rows["ZUSD"]["fee"] == "0.0000"
        assert rows["KFEE"]["amount"] == "0.00"
        assert float(rows["KFEE"]["fee"]) > 0
        (trade,) = trader.result("TradesHistory", ledgers="true")["trades"].values()
        assert set(trade["ledgers"]) == set(trader.result("Ledgers", type="trade")["ledger"])
        assert float(trade["fee"]) * 100 == float(rows["KFEE"]["fee"])

    def test_there_are_words_for_every_kind_of_entry(self) -> None:
        assert set(ENTRY_TYPES) == set(EntryKind)
        shared = {name for name in ENTRY_TYPES.values() if list(ENTRY_TYPES.values()).count(name) > 1}
        assert shared == {"transfer", "credit", "adjustment"}, "what KuCoin's users have besides is one with these"

    def test_start_and_end_may_be_times_or_ids(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(2):
            exchange.clock.advance(60)
            exchange.trade("100", "0.01")
        *trades, _, _ = trader.result("Ledgers")["ledger"]
        shown = START_S + 60.6789
        assert list(trader.result("Ledgers", start=shown)["ledger"]) == trades[:2]
        assert list(trader.result("Ledgers", start=f"{shown}", end=START_S + 1_000)["ledger"]) == trades[:2]
        assert list(trader.result("Ledgers", end=shown)["ledger"])[:2] == trades[2:]
        assert list(trader.result("Ledgers", start=trades[3])["ledger"]) == trades[:2]
        assert list(trader.result("Ledgers", end=trades[3], type="trade")["ledger"]) == trades[2:]
        assert trader.result("Ledgers", start=0)["count"] == 6

    def test_end_zero_is_a_time_before_everything(self, trader: Trader) -> None:
        """With start=0&end=0&type=deposit rotki checks its key, and it expects a page."""
        assert trader.result("Ledgers", start=0, end=0, type="deposit") == {"ledger": {}, "count": 0}
        assert trader.result("Ledgers", start=0, end=0) == {"ledger": {}, "count": 0}

    @pytest.mark.parametrize("params", [{"start": "TXX"}, {"ofs": "1.5"}, {"with_cursor": "x"}, {"aclass": "stock"}])
    def test_refuses_what_it_cannot_read(self, trader: Trader, params: dict[str, object]) -> None:
        assert trader.error("Ledgers", **params) == f"{INVALID}:{next(iter(params))}"

    @pytest.mark.parametrize("kind", ["gift", "nft_trade", "Trade"])
    def test_refuses_an_unknown_type(self, trader: Trader, kind: str) -> None:
        assert trader.error("Ledgers", type=kind) == f"{INVALID}:type"


class TestQueryLedgers:
    def test_finds_by_id_with_or_without_spaces_and_has_no_wrapper(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")
        listed = trader.result("Ledgers")["ledger"]
        assert trader.result("QueryLedgers", id=", ".join(listed), trades="false") == listed
        assert trader.result("QueryLedgers", id=",".join(listed), trades="true") == listed

    def test_knows_some_or_none_of_the_ids(self, trader: Trader, other: Trader) -> None:
        mine, theirs = (list(who.result("Ledgers")["ledger"]) for who in (trader, other))
        assert list(trader.result("QueryLedgers", id=f"{theirs[0]},{mine[1]}")) == [mine[1]]
        for names in (",".join(theirs), f"{mine[1]},junk"):
            assert trader.error("QueryLedgers", id=names) == "EOrder:Invalid order"

    def test_takes_20_ids_at_most_and_needs_one(self, exchange: Exchange, trader: Trader) -> None:
        for _ in range(10):
            exchange.trade("100", "0.01")
        ids = list(trader.result("Ledgers")["ledger"])[:21]
        assert len(trader.result("QueryLedgers", id=",".join(ids[:20]))) == 20
        assert trader.error("QueryLedgers", id=",".join(ids)) == f"{INVALID}:id"
        assert trader.error("QueryLedgers") == f"{INVALID}:id"
        assert trader.error("QueryLedgers", id=ids[0], trades="neither") == f"{INVALID}:trades"


class TestAssetClasses:
    """Nothing here is tokenized; where no class is named, all are shown."""

    def test_entries_are_those_of_the_class(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")
        assert trader.result("Ledgers", aclass="currency") == trader.result("Ledgers")
        assert trader.result("Ledgers", aclass="tokenized_asset") == {"ledger": {}, "count": 0}
        assert trader.result("Ledgers", aclass="tokenized_asset", with_cursor="true") == {
            "ledger": {},
            "cursor": {"next": None},
        }
        assert trader.error("Ledgers", asset="XBT", aclass="tokenized_asset") == "EQuery:Unknown asset"

    def test_assets_may_be_objects_of_a_name_and_a_class(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")

        def error_or_assets(asked: str) -> object:
            nonce = str(exchange.next_nonce())
            body = f'{{"nonce":{nonce},"asset":{asked}}}'.encode()
            answer = envelope(trader.send("Ledgers", body, nonce, content_type=b"application/json").body)
            return answer["error"] or {entry["asset"] for entry in answer["result"]["ledger"].values()}

        assert error_or_assets('[{"asset":"XBT","aclass":"currency"}]') == {"XXBT"}
        assert error_or_assets('[{"asset":"XBT"},{"asset":"USD","aclass":"currency"}]') == {"XXBT", "ZUSD"}
        assert error_or_assets('[{"asset":"XBT","aclass":"tokenized_asset"}]') == ["EQuery:Unknown asset"]
        assert error_or_assets('[{"asset":"XBT","aclass":"stock"}]') == [f"{INVALID}:aclass"]
        assert error_or_assets('[{"aclass":"currency"}]') == [f"{INVALID}:asset"]

    def test_trades_are_those_of_the_class(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")
        assert trader.result("TradesHistory", aclass="forex") == trader.result("TradesHistory")
        assert trader.result("TradesHistory", aclass="tokenized_asset") == {"trades": {}, "count": 0}
        assert trader.error("TradesHistory", pair="XBTUSD", aclass="tokenized_asset") == "EQuery:Unknown asset pair"


class TestOpenPositions:
    def test_nobody_has_one(self, exchange: Exchange, trader: Trader) -> None:
        exchange.trade("100", "1")
        assert trader.call("OpenPositions") == {"error": [], "result": {}}
        assert trader.call("OpenPositions", txid="TQCLML-BW3P3-BUCMWZ", docalcs="true") == {"error": [], "result": {}}
        assert trader.call("OpenPositions", consolidation="market") == {"error": [], "result": []}

    @pytest.mark.parametrize("params", [{"docalcs": "x"}, {"consolidation": "pair"}, {"rebase_multiplier": "x"}])
    def test_refuses_what_it_cannot_read(self, trader: Trader, params: dict[str, object]) -> None:
        assert trader.error("OpenPositions", **params) == f"{INVALID}:{next(iter(params))}"


class TestKeysThatSeeOnlySomeTime:
    """A key may be bound to a stretch of history."""

    @pytest.fixture
    def narrow(self, exchange: Exchange, trader: Trader) -> Trader:
        """Trades and canceled orders at 0, 60 and 120 seconds, and a key that sees the middle of them."""
        for _ in range(3):
            exchange.trade("100", "0.01")
            cancel(trader, trader.place("buy", "1", "10"))
            exchange.clock.advance(60)
        return exchange.key(
            trader.account_id,
            query_from_ns=(START_S + 30) * SECOND_NS,
            query_to_ns=(START_S + 90) * SECOND_NS,
        )

    @pytest.mark.parametrize(
        ("method", "name", "count"),
        [("ClosedOrders", "closed", 2), ("TradesHistory", "trades", 1), ("Ledgers", "ledger", 2)],
    )
    def test_lists_show_that_time_only(self, narrow: Trader, method: str, name: str, count: int) -> None:
        found = narrow.result(method)
        assert (len(found[name]), found["count"]) == (count, count)
        assert narrow.result(method, start=START_S, end=START_S + 1_000) == found
        assert narrow.result(method, start=START_S + 70)["count"] == 0
        assert narrow.result(method, end=START_S + 50)["count"] == 0

    @pytest.mark.parametrize(
        ("method", "name", "lookup", "param"),
        [
            ("ClosedOrders", "closed", "QueryOrders", "txid"),
            ("TradesHistory", "trades", "QueryTrades", "txid"),
            ("Ledgers", "ledger", "QueryLedgers", "id"),
        ],
    )
    def test_look_ups_find_that_time_only(
        self, trader: Trader, narrow: Trader, method: str, name: str, lookup: str, param: str
    ) -> None:
        everything = ",".join(trader.result(method)[name])
        assert list(narrow.result(lookup, **{param: everything})) == list(narrow.result(method)[name])

    def test_open_orders_show_when_they_were_opened_in_it(self, exchange: Exchange, trader: Trader) -> None:
        orders = []
        for _ in range(3):
            orders.append(trader.place("buy", "1", "10"))
            exchange.clock.advance(60)
        narrow = exchange.key(
            trader.account_id, query_from_ns=(START_S + 30) * SECOND_NS, query_to_ns=(START_S + 90) * SECOND_NS
        )
        everything = ",".join(txid(trader, order) for order in orders)
        for params in ({}, {"trades": "true"}, {"with_cursor": "true"}):
            assert list(narrow.result("OpenOrders", **params)["open"]) == [txid(trader, orders[1])]
        assert list(narrow.result("QueryOrders", txid=everything)) == [txid(trader, orders[1])]


@pytest.mark.parametrize(
    ("method", "params", "alternatives"),
    [
        ("OpenOrders", {}, ["query-open-trades"]),
        ("ClosedOrders", {}, ["query-closed-trades"]),
        ("OpenPositions", {}, ["query-open-trades"]),
        ("QueryOrders", {"txid": "x"}, ["query-open-trades", "query-closed-trades"]),
        ("TradesHistory", {}, ["query-open-trades", "query-closed-trades"]),
        ("QueryTrades", {"txid": "x"}, ["query-open-trades", "query-closed-trades"]),
        ("Ledgers", {}, ["query-ledger"]),
        ("QueryLedgers", {"id": "x"}, ["query-ledger"]),
    ],
)
def test_each_method_needs_its_permission(
    exchange: Exchange, trader: Trader, method: str, params: dict[str, object], alternatives: list[str]
) -> None:
    for permission in alternatives:
        answer: Answer = exchange.key(trader.account_id, frozenset({permission})).call(method, **params)
        assert answer["error"] != [DENIED]
    assert exchange.key(trader.account_id, PERMISSIONS - set(alternatives)).error(method, **params) == DENIED


@pytest.mark.parametrize(
    ("method", "params", "calls"),
    [("Ledgers", {}, 10), ("TradesHistory", {}, 10), ("QueryLedgers", {"id": "x"}, 10), ("OpenOrders", {}, 20)],
)
def test_history_costs_twice_what_other_calls_cost(
    exchange: Exchange, method: str, params: dict[str, object], calls: int
) -> None:
    trader = exchange.account(USD="1", rate_limits=True, tier="intermediate")
    errors = [trader.call(method, **params)["error"] for _ in range(calls + 1)]
    refused = ["EAPI:Rate limit exceeded"]
    assert errors[-1] == refused
    assert refused not in errors[:-1]
