"""What is told of an account's orders: in the documented rows and order, and enough to know them all."""

from typing import Any

import pytest

from seatrial.core.commands import AmendOrder, CancelOrders, DecreaseOrder, ReplaceOrder
from seatrial.core.orders import TimeInForce
from seatrial.dialects.kraken.dialect import PERMISSIONS
from tests.support.kraken_exchange import START_NS, Trader
from tests.support.kraken_sockets import SocketVenue, Talk, token

DELTA = {"timestamp", "order_status", "exec_type", "order_id"}
SUMS = {"cum_qty", "cum_cost", "avg_price", "fee_usd_equiv"}


@pytest.fixture
def venue() -> SocketVenue:
    return SocketVenue()


def following(venue: SocketVenue, trader: Trader, **options: Any) -> Talk:
    """Somebody who follows his orders."""
    return venue.following(trader, "executions", **options)


def rows(talk: Talk) -> list[dict[str, Any]]:
    """All rows of updates."""
    return [row for frame in talk.heard("executions") if frame["type"] == "update" for row in frame["data"]]


def kinds(talk: Talk) -> list[str]:
    return [row["exec_type"] for row in rows(talk)]


def error(talk: Talk, **params: Any) -> str:
    (frame,) = talk.say({"method": "subscribe", "params": {"channel": "executions", **params}}, START_NS)
    text: str = frame["error"]
    return text


def test_who_follows_is_shown_what_is_open_even_if_it_is_nothing(venue: SocketVenue) -> None:
    talk = venue.talk()
    acknowledged, snapshot = talk.subscribe("executions", token=token(venue.buyer))
    assert acknowledged["result"] == {
        "channel": "executions", "maxratecount": 180, "snap_orders": True, "snap_trades": False,
    }  # fmt: skip
    assert snapshot == {"channel": "executions", "type": "snapshot", "data": [], "sequence": 1}


def test_an_order_is_followed_from_its_acceptance_to_its_last_fill(venue: SocketVenue) -> None:
    venue.buyer.place("buy", "1", "90", client_id="before")
    talk = following(venue, venue.buyer)
    order = venue.buyer.place("buy", "2", "100", tag=7)
    venue.seller.place("sell", "0.5", "100")
    venue.seller.place("sell", "1.5", "100")
    assert kinds(talk) == ["pending_new", "new", "trade", "trade", "filled"]
    pending, new, first, last, filled = rows(talk)
    assert (pending["order_qty"], pending["limit_price"], pending["time_in_force"], pending["order_userref"]) == (
        "2.00000000", "100.0", "GTC", 7,
    )  # fmt: skip
    assert new.keys() == DELTA | {"order_userref"}
    assert (first["order_status"], first["last_qty"], first["liquidity_ind"], first["cum_qty"]) == (
        "partially_filled", "0.50000000", "m", "0.50000000",
    )  # fmt: skip
    assert (last["order_status"], last["cum_qty"]) == ("partially_filled", "2.00000000")
    assert first["fees"][0]["asset"] == "USD"
    assert filled.keys() == DELTA | SUMS | {"order_userref"}
    assert (filled["cum_qty"], filled["avg_price"]) == ("2.00000000", "100.0")
    assert {row["order_id"] for row in rows(talk)} == {venue.ids.order(order.order_id)}
    sequences = [frame["sequence"] for frame in talk.heard("executions")]
    assert sequences == list(range(1, 7))
    (before,) = talk.heard("executions")[0]["data"]
    assert (before["cl_ord_id"], before["exec_type"], before["order_status"]) == ("before", "new", "new")


def test_a_cancel_says_why_and_what_is_refused_by_the_book_never_goes_live(venue: SocketVenue) -> None:
    venue.seller.place("sell", "1", "100")
    talk = following(venue, venue.buyer)
    order = venue.buyer.place("buy", "1", "90")
    venue.apply(CancelOrders(venue.buyer.account_id, (order.order_id,)))
    venue.buyer.place("buy", "1", "100", post_only=True, cancels_post_only=True)
    venue.buyer.place("buy", "2", "100", time_in_force=TimeInForce.IOC)
    assert kinds(talk) == [
        "pending_new",
        "new",
        "canceled",
        "pending_new",
        "canceled",
        "pending_new",
        "new",
        "trade",
        "canceled",
    ]
    first = rows(talk)[2]
    assert first.keys() == DELTA | SUMS | {"order_userref", "reason", "cancel_reason"}
    assert (first["reason"], first["order_userref"]) == ("User requested", 0)
    assert rows(talk)[4]["reason"] == "Post only order"


def test_an_amendment_is_told_as_recorded_and_shown_to_who_comes_later(venue: SocketVenue) -> None:
    order = venue.buyer.place("buy", "2", "100", client_id="mine")
    talk = following(venue, venue.buyer)
    brief = following(venue, venue.buyer, order_status=False)
    venue.seller.place("sell", "0.5", "100")
    venue.apply(AmendOrder(venue.buyer.account_id, order.order_id, 990, 10**8))
    venue.apply(AmendOrder(venue.buyer.account_id, order.order_id, qty_lots=5 * 10**7))
    assert kinds(talk) == ["trade", "amended", "amended", "canceled"]
    assert kinds(brief) == ["trade", "canceled"]
    _, amended, last, canceled = rows(talk)
    assert list(amended) == [
        "timestamp", "exec_type", "order_status", "cum_qty", "reason", "amended", "order_qty", "limit_price",
        "limit_price_type", "cl_ord_id", "order_id",
    ]  # fmt: skip
    assert (amended["order_status"], amended["cum_qty"], amended["order_qty"], amended["limit_price"]) == (
        "partially_filled", "0.50000000", "1.00000000", "99.0",
    )  # fmt: skip
    assert (amended["reason"], amended["amended"]) == ("User requested", True)
    assert (last["order_qty"], canceled["reason"]) == ("0.50000000", "User requested")


def test_an_amended_order_says_so_in_a_snapshot(venue: SocketVenue) -> None:
    order = venue.buyer.place("buy", "2", "100")
    venue.apply(AmendOrder(venue.buyer.account_id, order.order_id, 990))
    late = following(venue, venue.buyer)
    (shown,) = late.heard("executions")[0]["data"]
    assert (shown["limit_price"], shown["amended"]) == ("99.0", True)
    venue.apply(AmendOrder(venue.buyer.account_id, order.order_id, 1010))
    assert rows(late)[0]["order_status"] == "new"


def test_an_edited_order_is_canceled_and_another_one_is_new(venue: SocketVenue) -> None:
    order = venue.buyer.place("buy", "2", "100")
    talk = following(venue, venue.buyer)
    venue.apply(ReplaceOrder(venue.buyer.account_id, order.order_id, 990))
    assert kinds(talk) == ["canceled", "pending_new", "new"]
    assert rows(talk)[0]["reason"] == "Order replaced"


def test_counters_are_told_with_the_rows_of_orders_as_they_were(venue: SocketVenue) -> None:
    trader = venue.account(USD="100000", rate_limits=True)
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "90", "volume": "1"}
    trader.result("AddOrder", **order)
    plain, counted = following(venue, trader), following(venue, trader, ratecounter=True)
    txid = trader.result("AddOrder", **order)["txid"][0]
    assert trader.error("AddOrder", **order | {"volume": "x"}) == "EGeneral:Invalid arguments:volume"
    venue.clock.advance(2)
    trader.result("CancelOrder", txid=txid)
    venue.clock.advance(1)
    trader.result("AddOrder", **order)
    venue.seller.place("sell", "2", "90")
    assert [(row["exec_type"], row.get("ratecount")) for row in rows(counted)] == [
        ("pending_new", 2), ("new", 2), ("canceled", 8), ("pending_new", "5.25"), ("new", "5.25"),
        ("trade", None), ("filled", "5.25"), ("trade", None), ("filled", "5.25"),
    ]  # fmt: skip
    assert not any("ratecount" in row for row in rows(plain))


def test_counters_are_those_of_the_command_that_is_told_whatever_was_counted_since(
    venue: SocketVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    trader = venue.account(USD="100000", rate_limits=True)
    talk = following(venue, trader, ratecounter=True)
    monkeypatch.setattr(venue, "commit", lambda: None)
    for _ in range(3):
        trader.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price="90", volume="1")
    monkeypatch.undo()
    venue.commit()
    assert [(row["exec_type"], row["ratecount"]) for row in rows(talk)] == [
        (kind, count) for count in (1, 2, 3) for kind in ("pending_new", "new")
    ]


def test_counters_are_not_kept_of_what_is_stored(venue: SocketVenue) -> None:
    trader = venue.account(USD="100000", rate_limits=True)
    talk = following(venue, trader, ratecounter=True)
    for _ in range(5):
        trader.error("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price="90", volume="x")
    (counters,) = venue.stored.feed._noting
    assert len(counters._noted) == 1, "the last one, behind which nothing has happened"
    trader.result("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price="90", volume="1")
    assert rows(talk)[0]["ratecount"] == 6


def test_all_users_are_followed_without_a_snapshot_and_named(venue: SocketVenue) -> None:
    venue.buyer.place("buy", "1", "90")
    talk = venue.talk()
    (acknowledged,) = talk.subscribe("executions", token=token(venue.buyer), users="all")
    assert acknowledged["result"]["snap_orders"] is False
    venue.trade("100", "1")
    assert {row["user"] for row in rows(talk)} == {venue.ids.iban(venue.buyer.account_id)}
    assert error(talk, token=token(venue.buyer), users="none") == "EGeneral:Invalid arguments:users"


def test_an_order_that_is_made_smaller_says_so(venue: SocketVenue) -> None:
    talk = following(venue, venue.buyer)
    order = venue.buyer.place("buy", "2", "100")
    venue.apply(DecreaseOrder(venue.buyer.account_id, order.order_id, 50_000_000))
    restated = rows(talk)[-1]
    assert (restated["exec_type"], restated["order_status"], restated["order_qty"]) == ("restated", "new", "1.50000000")
    assert restated["amended"] is True


def test_who_wants_no_steps_hears_of_no_pending_order(venue: SocketVenue) -> None:
    talk = following(venue, venue.buyer, order_status=False)
    venue.buyer.place("buy", "1", "100")
    venue.seller.place("sell", "1", "100")
    assert kinds(talk) == ["new", "trade", "filled"]


def test_an_order_that_starts_later_goes_live_then_and_one_that_expires_says_so(venue: SocketVenue) -> None:
    talk = following(venue, venue.buyer)
    soon, later = START_NS + 10 * 10**9, START_NS + 60 * 10**9
    venue.buyer.place("buy", "1", "100", starts_ns=soon, expires_ns=later, time_in_force=TimeInForce.GTD)
    assert kinds(talk) == ["pending_new"]
    again = following(venue, venue.buyer)
    assert again.heard("executions")[0]["data"][0]["exec_type"] == "pending_new"
    for seconds, told in ((11, ["pending_new", "new"]), (60, ["pending_new", "new", "expired"])):
        venue.clock.now_ns = START_NS + seconds * 10**9
        venue.public("Time")
        assert kinds(talk) == told
    assert kinds(again) == ["new", "expired"]


def test_the_last_fills_are_shown_in_a_frame_of_their_own_the_newest_first(venue: SocketVenue) -> None:
    for _ in range(53):
        venue.trade("100", "1")
    venue.buyer.place("buy", "1", "90")
    talk = following(venue, venue.buyer, snap_trades=True)
    venue.trade("101", "1")
    orders, fills, *_ = talk.heard("executions")
    assert [row["exec_type"] for row in orders["data"]] == ["new"]
    assert [row["trade_id"] for row in fills["data"]] == list(range(53, 3, -1))
    assert (fills["data"][0]["order_status"], fills["sequence"]) == ("filled", 2)
    assert "cum_qty" not in fills["data"][0]
    assert kinds(talk) == ["pending_new", "new", "trade", "filled"]


def test_nobody_hears_of_others(venue: SocketVenue) -> None:
    talk = following(venue, venue.account(USD="1"))
    venue.trade("100", "1")
    assert rows(talk) == []


def test_a_token_is_asked_for_and_looked_at(venue: SocketVenue) -> None:
    talk = venue.talk()
    assert error(talk) == "Token(s) not found"
    assert error(talk, token="x") == "ESession:Invalid session"
    assert error(talk, token=7) == "ESession:Invalid session"
    blind = venue.key(venue.buyer.account_id, PERMISSIONS - {"query-open-trades"}, name="blind")
    assert error(talk, token=token(blind)) == "EGeneral:Permission denied"
    issued = token(venue.buyer)
    late = {"method": "subscribe", "params": {"channel": "executions", "token": issued}}
    assert talk.say(late, START_NS + 901 * 10**9)[0]["error"] == "ESession:Invalid session"
    assert error(venue.talk(host="ws.kraken.com"), token=issued).endswith("Try ws-auth.kraken.com")
    assert error(venue.talk("/v2/private"), token=issued) == "EGeneral:Invalid arguments:asset_class"


def test_a_token_stays_good_while_its_subscription_lasts(venue: SocketVenue) -> None:
    issued, late_ns = token(venue.buyer), START_NS + 901 * 10**9
    talk = venue.talk()
    message = {"method": "subscribe", "params": {"channel": "executions", "token": issued}}
    assert talk.say(message, START_NS)[0]["success"]
    assert talk.say(message, late_ns)[0]["error"] == "Already subscribed"
    assert talk.say(message | {"method": "unsubscribe"}, late_ns)[0]["result"] == {"channel": "executions"}
    assert talk.say(message, late_ns)[0]["error"] == "ESession:Invalid session"
    assert not venue.stored.feed._accounts
