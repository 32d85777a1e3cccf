"""AmendOrder, EditOrder, OrderAmends: what orders ask for, what they asked for before, what is refused and costs."""

import pytest

from seatrial.core.commands import SetAsOf, SetStatus
from seatrial.core.markets import MarketStatus
from seatrial.core.orders import Order
from tests.support.kraken_exchange import SECOND_NS, START_NS, Exchange, Trader

BAD = "EGeneral:Invalid arguments"
GONE = "EOrder:Invalid order"
EDIT = {"pair": "XBTUSD"}


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who has enough of everything."""
    return exchange.account(USD="100000", BTC="10")


@pytest.fixture
def txid(trader: Trader) -> str:
    """An order that rests."""
    return placed(trader)


def placed(trader: Trader, **more: object) -> str:
    """A bid for 0.01 at 20000.5, unless something else is said."""
    order = {"ordertype": "limit", "type": "buy", "pair": "XBTUSD", "volume": "0.01", "price": "20000.5"}
    (found,) = trader.result("AddOrder", **order | more)["txid"]
    return str(found)


def live(trader: Trader, txid: str) -> Order:
    """The open order of an id."""
    number = trader.exchange.ids.order_number(txid)
    assert number is not None
    return trader.exchange.machine.state.live_orders[number]


def test_an_amended_order_asks_for_something_else_under_its_id(trader: Trader, txid: str) -> None:
    result = trader.result("AmendOrder", txid=txid, limit_price="20001", order_qty="0.02")
    assert list(result) == ["amend_id"]
    assert result["amend_id"][0] == "T"
    order = live(trader, txid)
    assert (order.price_ticks, order.qty_lots) == (200_010, 2_000_000)
    shown = trader.result("OpenOrders")["open"][txid]
    assert (shown["vol"], shown["descr"]["price"], shown["misc"], shown["amended"]) == (
        "0.02000000", "20001.0", "amended", True,
    )  # fmt: skip
    assert shown["descr"]["order"] == "buy 0.02000000 XBTUSD @ limit 20001.0"


def test_an_order_that_was_never_amended_does_not_say_so(trader: Trader, txid: str) -> None:
    shown = trader.result("OpenOrders")["open"][txid]
    assert "amended" not in shown
    assert shown["misc"] == ""


def test_an_order_is_amended_by_its_owners_name(trader: Trader) -> None:
    txid = placed(trader, cl_ord_id="mine")
    trader.result("AmendOrder", cl_ord_id="mine", order_qty="0.005")
    assert live(trader, txid).qty_lots == 500_000


def test_a_price_may_be_relative_to_the_last_trade(exchange: Exchange, trader: Trader, txid: str) -> None:
    trader.place("sell", "0.001", "30000.0")
    exchange.account(USD="1000").place("buy", "0.001", "30000.0")
    trader.result("AmendOrder", txid=txid, limit_price="-5%")
    assert live(trader, txid).price_ticks == 285_000
    assert trader.error("AmendOrder", txid=txid, limit_price="#5%") == "EOrder:Invalid price:Invalid price argument"


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, f"{BAD}:no amendable parameters"),
        ({"limit_price": "20000.5", "order_qty": "0.01"}, f"{BAD}:no amendable parameters"),
        ({"order_qty": "0"}, f"{BAD}:order_qty"),
        ({"order_qty": "x"}, f"{BAD}:order_qty"),
        ({"order_qty": "0.000000001"}, f"{BAD}:order_qty"),
        ({"order_qty": "0.00000001"}, f"{BAD}:volume minimum not met"),
        ({"limit_price": "1.23"}, "EOrder:Invalid price:XBT/USD price can only be specified up to 1 decimals."),
        ({"limit_price": "0"}, "EOrder:Invalid price"),
        ({"limit_price": "x"}, "EOrder:Invalid price:Invalid price argument"),
        ({"limit_price": "0.1"}, "EOrder:Cost minimum not met"),
        ({"order_qty": "100"}, "EOrder:Insufficient funds"),
        ({"display_qty": "1"}, f"{BAD}:display_qty"),
        ({"trigger_price": "1"}, f"{BAD}:trigger_price"),
        ({"post_only": "maybe", "order_qty": "1"}, f"{BAD}:post_only"),
        ({"deadline": "soon", "order_qty": "1"}, f"{BAD}:deadline"),
        ({"deadline": "2026-09-30T23:52:00Z", "order_qty": "1"}, "EService:Deadline elapsed"),
        ({"pair": "nothing", "order_qty": "1"}, "EQuery:Unknown asset pair"),
        ({"pair": "ETHUSD", "order_qty": "1"}, GONE),
        ({"cl_ord_id": "both"}, BAD),
    ],
)
def test_what_cannot_be_amended_is_refused_and_changes_nothing(
    exchange: Exchange, trader: Trader, txid: str, params: dict[str, str], error: str
) -> None:
    before = exchange.fingerprint()
    assert trader.error("AmendOrder", txid=txid, **params) == error
    assert exchange.fingerprint() == before


def test_who_names_no_order_or_one_that_is_not_open_is_refused(exchange: Exchange, trader: Trader, txid: str) -> None:
    assert trader.error("AmendOrder", order_qty="1") == BAD
    for named in ({"txid": "nonsense"}, {"txid": exchange.ids.order(99)}, {"cl_ord_id": "nobody's"}):
        assert trader.error("AmendOrder", order_qty="1", **named) == GONE
    assert exchange.account(USD="1").error("AmendOrder", txid=txid, order_qty="1") == GONE
    trader.result("CancelOrder", txid=txid)
    assert trader.error("AmendOrder", txid=txid, order_qty="1") == GONE


def test_an_amendment_that_must_not_take_is_refused(exchange: Exchange, trader: Trader, txid: str) -> None:
    exchange.account(BTC="1").place("sell", "0.5", "21000.0")
    assert trader.error("AmendOrder", txid=txid, limit_price="21000", post_only="true") == "EOrder:Post only order"
    trader.result("AmendOrder", txid=txid, limit_price="21000")
    assert trader.result("QueryOrders", txid=txid)[txid]["status"] == "closed"


def test_a_quantity_below_what_is_filled_cancels_the_rest(exchange: Exchange, trader: Trader, txid: str) -> None:
    exchange.account(BTC="1").place("sell", "0.004", "20000.5")
    trader.result("AmendOrder", txid=txid, order_qty="0.002")
    shown = trader.result("QueryOrders", txid=txid)[txid]
    assert (shown["status"], shown["reason"], shown["vol"], shown["vol_exec"], shown["misc"]) == (
        "canceled", "User requested", "0.00400000", "0.00400000", "partial,amended",
    )  # fmt: skip


def test_what_is_only_checked_stays(exchange: Exchange, trader: Trader, txid: str) -> None:
    before = exchange.fingerprint()
    assert trader.result("AmendOrder", txid=txid, limit_price="1000", validate="true") == {}
    assert trader.error("AmendOrder", txid=txid, limit_price="0.1", validate="true") == "EOrder:Cost minimum not met"
    result = trader.result("EditOrder", txid=txid, **EDIT, price="1000", validate="true")
    assert "txid" not in result
    assert result["orders_cancelled"] == 0
    assert exchange.fingerprint() == before


def test_nothing_is_amended_while_a_market_only_cancels(exchange: Exchange, trader: Trader, txid: str) -> None:
    exchange.apply(SetStatus("BTC/USD", MarketStatus.CANCEL_ONLY))
    for method, more in (("AmendOrder", {"order_qty": "1"}), ("EditOrder", {**EDIT, "volume": "1"})):
        assert trader.error(method, txid=txid, **more) == "EService:Market in cancel_only mode"


def test_there_was_no_amending_before_september_2024(exchange: Exchange, trader: Trader, txid: str) -> None:
    exchange.apply(SetAsOf(1_722_470_400 * SECOND_NS))
    assert trader.error("AmendOrder", txid=txid, order_qty="1") == "EGeneral:Unknown method"
    assert trader.error("OrderAmends", order_id=txid) == "EGeneral:Unknown method"


def test_the_history_of_an_order_begins_with_the_original(exchange: Exchange, trader: Trader, txid: str) -> None:
    before = trader.result("OrderAmends", order_id=txid)
    exchange.clock.advance(60)
    amend_id = trader.result("AmendOrder", txid=txid, limit_price="20001")["amend_id"]
    exchange.account(BTC="1").place("sell", "0.004", "20001.0")
    exchange.clock.advance(60)
    last_id = trader.result("AmendOrder", txid=txid, order_qty="0.008", post_only="true")["amend_id"]
    result = trader.result("OrderAmends", order_id=txid)
    (original, first, last) = result["amends"]
    assert before == {"count": 1, "amends": [original]}
    assert result["count"] == 3
    assert list(original) == [
        "amend_id", "amend_type", "order_qty", "remaining_qty", "limit_price", "post_only", "timestamp",
    ]  # fmt: skip
    assert (original["amend_type"], original["limit_price"], original["timestamp"]) == ("original", "20000.5", START_NS)
    assert first == {
        "amend_id": amend_id, "amend_type": "user", "order_qty": "0.01000000", "remaining_qty": "0.01000000",
        "limit_price": "20001.0", "reason": "User requested", "post_only": False,
        "timestamp": START_NS + 60 * SECOND_NS,
    }  # fmt: skip
    assert (last["amend_id"], last["order_qty"], last["remaining_qty"], last["post_only"]) == (
        last_id, "0.00800000", "0.00400000", True,
    )  # fmt: skip
    assert len({amend["amend_id"] for amend in result["amends"]}) == 3
    trader.result("CancelOrder", txid=txid)
    assert trader.result("OrderAmends", order_id=txid) == result


def test_the_history_of_an_order_without_a_limit_has_none(trader: Trader) -> None:
    trader.place("sell", "0.01", "30000.0")
    txid = trader.exchange.ids.order(trader.place("buy", "0.001", starts_ns=START_NS + SECOND_NS).order_id)
    (original,) = trader.result("OrderAmends", order_id=txid)["amends"]
    assert "limit_price" not in original
    assert trader.error("AmendOrder", txid=txid, order_qty="0.002") == GONE
    assert trader.error("AmendOrder", txid=txid, limit_price="1") == GONE


def test_only_the_owner_sees_the_history_of_an_order(exchange: Exchange, trader: Trader, txid: str) -> None:
    assert trader.error("OrderAmends") == f"{BAD}:order_id"
    assert trader.error("OrderAmends", order_id="nonsense") == GONE
    assert trader.error("OrderAmends", order_id=exchange.ids.order(99)) == GONE
    assert exchange.account(USD="1").error("OrderAmends", order_id=txid) == GONE
    blind = exchange.key(trader.account_id, query_from_ns=START_NS + SECOND_NS)
    assert blind.error("OrderAmends", order_id=txid) == GONE


def test_an_edited_order_is_another_one(exchange: Exchange, trader: Trader) -> None:
    txid = placed(trader, userref="7", oflags="post,fcib", expiretm="+60")
    result = trader.result("EditOrder", txid=txid, **EDIT, price="19000", userref="8")
    new = result["txid"]
    assert result == {
        "status": "ok", "txid": new, "originaltxid": txid, "volume": "0.01000000", "price": "19000",
        "orders_cancelled": 1, "descr": {"order": "buy 0.01000000 XBTUSD @ limit 19000.0"}, "newuserref": 8,
        "olduserref": 7,
    }  # fmt: skip
    old = trader.result("QueryOrders", txid=txid)[txid]
    assert (old["status"], old["reason"]) == ("canceled", "Order replaced")
    order = live(trader, new)
    assert (order.post_only, order.fee_in_base, order.tag) == (False, True, 8)
    assert order.expires_ns == START_NS + 60 * SECOND_NS
    assert trader.result("EditOrder", txid="8", **EDIT, volume="0.02", oflags="post")["volume"] == "0.02000000"
    (last,) = exchange.machine.state.live_orders.values()
    assert (last.tag, last.post_only, last.price_ticks) == (None, True, 190_000)


def test_what_an_edited_order_filled_stays_with_it(exchange: Exchange, trader: Trader, txid: str) -> None:
    exchange.account(BTC="1").place("sell", "0.004", "20000.5")
    assert trader.error("EditOrder", txid=txid, **EDIT, volume="0.004") == f"{BAD}:volume"
    result = trader.result("EditOrder", txid=txid, **EDIT, volume="0.02")
    assert (result["volume"], result["price"]) == ("0.01600000", "20000.5")


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"pair": None}, f"{BAD}:pair"),
        ({"pair": "nothing"}, "EQuery:Unknown asset pair"),
        ({"pair": "ETHUSD"}, GONE),
        ({"txid": None}, f"{BAD}:txid"),
        ({"txid": "nonsense"}, GONE),
        ({"txid": "5"}, GONE),
        ({"volume": "0"}, f"{BAD}:volume"),
        ({"volume": "100"}, "EOrder:Insufficient funds"),
        ({"volume": "0.00000001"}, f"{BAD}:volume minimum not met"),
        ({"price": "x"}, "EOrder:Invalid price:Invalid price argument"),
        ({"price2": "1"}, "EOrder:Invalid price:Invalid secondary price argument"),
        ({"displayvol": "1"}, f"{BAD}:displayvol"),
        ({"oflags": "viqc"}, f"{BAD}:oflags"),
        ({"userref": "x"}, f"{BAD}:userref"),
        ({"reduce_only": "true"}, "EOrder:Reduce only:No position exists"),
        ({"deadline": "2026-09-30T23:52:00Z"}, "EService:Deadline elapsed"),
    ],
)
def test_what_cannot_be_edited_is_refused_and_changes_nothing(
    exchange: Exchange, trader: Trader, txid: str, params: dict[str, str | None], error: str
) -> None:
    before = exchange.fingerprint()
    assert trader.error("EditOrder", **{"txid": txid, **EDIT, **params}) == error
    assert exchange.fingerprint() == before


def test_an_order_that_shares_its_userref_or_has_a_name_cannot_be_edited(trader: Trader) -> None:
    for _ in range(2):
        placed(trader, userref="7")
    assert trader.error("EditOrder", txid="7", **EDIT, price="1000") == f"{BAD}:txid"
    assert trader.error("EditOrder", txid=placed(trader, cl_ord_id="mine"), **EDIT, price="1000") == GONE


def level(trader: Trader) -> float:
    """The counter of bitcoin's orders."""
    counted: float = trader.exchange.kraken._tools.limits._orders[trader.account_id, "BTC/USD"].level
    return counted


@pytest.fixture
def limited(exchange: Exchange) -> Trader:
    """Whose orders are counted, falling by 1 a second."""
    return exchange.account(USD="100000", BTC="10", tier="starter", rate_limits=True)


@pytest.mark.parametrize(
    ("method", "waits", "costs"),
    [("AmendOrder", (0, 5, 10, 15), (4, 3, 2, 1)), ("EditOrder", (0, 5, 10, 15, 45, 90), (7, 6, 5, 3, 2, 1))],
)
def test_an_amendment_costs_by_the_age_of_its_order(
    exchange: Exchange, limited: Trader, method: str, waits: tuple[int, ...], costs: tuple[int, ...]
) -> None:
    found = []
    for wait in waits:
        txid = placed(limited)
        exchange.clock.advance(wait)
        more = {"limit_price": "19000"} if method == "AmendOrder" else {**EDIT, "price": "19000"}
        before = max(0, level(limited) - wait)
        limited.result(method, txid=txid, **more)
        found.append(level(limited) - before)
        limited.result("CancelAll")
    assert found == pytest.approx(costs)


def test_the_age_counts_from_the_last_amendment(exchange: Exchange, limited: Trader) -> None:
    """The figures that the reference has to check with."""
    txid = placed(limited)
    spent = [level(limited)]
    for wait, method, more in ((7, "AmendOrder", {"order_qty": "0.02"}), (36, "CancelOrder", {})):
        exchange.clock.advance(wait)
        before = max(0, level(limited) - wait)
        limited.result(method, txid=txid, **more)
        spent.append(level(limited) - before)
    assert spent == pytest.approx([1, 3, 4])


def test_a_refused_amendment_costs_what_is_always_charged(limited: Trader) -> None:
    txid = placed(limited)
    assert limited.error("AmendOrder", txid=txid, order_qty="x") == f"{BAD}:order_qty"
    assert limited.error("EditOrder", txid=txid, **EDIT, volume="x") == f"{BAD}:volume"
    assert level(limited) == pytest.approx(3)


def test_an_amendment_below_what_is_filled_costs_a_cancel_too(exchange: Exchange, limited: Trader) -> None:
    txid = placed(limited)
    exchange.account(BTC="1").place("sell", "0.004", "20000.5")
    limited.result("AmendOrder", txid=txid, order_qty="0.004")
    assert level(limited) == pytest.approx(1 + 4 + 8)


def test_too_many_amendments_are_refused(limited: Trader) -> None:
    txid = placed(limited)
    errors = []
    for number in range(20):
        errors += limited.call("AmendOrder", txid=txid, limit_price=str(1000 + number))["error"]
    assert set(errors) == {"EOrder:Rate limit exceeded"}
    assert live(limited, txid).price_ticks == 10_000 + 10 * (19 - len(errors))
    assert level(limited) <= 60


def test_keys_need_the_right_to_amend(exchange: Exchange, trader: Trader, txid: str) -> None:
    cancels = exchange.key(trader.account_id, frozenset({"close-trades"}))
    trades = exchange.key(trader.account_id, frozenset({"modify-trades"}))
    cancels.result("AmendOrder", txid=txid, order_qty="0.02")
    trades.result("AmendOrder", txid=txid, order_qty="0.03")
    assert trades.error("EditOrder", txid=txid, **EDIT) == "EGeneral:Permission denied"
    assert trades.error("OrderAmends", order_id=txid) == "EGeneral:Permission denied"
