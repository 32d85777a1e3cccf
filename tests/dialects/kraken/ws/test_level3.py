"""A book order by order: what is told of it, who may follow it and how many of them."""

from typing import Any

import pytest

from seatrial.core.commands import CancelOrders
from seatrial.core.orders import Side
from seatrial.dialects.kraken.dialect import PERMISSIONS
from seatrial.dialects.kraken.ws.topics import order_checksum
from seatrial.dialects.kraken.ws.views import Queues
from tests.support.kraken_exchange import START_NS
from tests.support.kraken_exchange import symbols as all_symbols
from tests.support.kraken_sockets import SocketVenue, Talk, token

ASKS = (
    ("44939.5", "4.52308393 0.00111261 0.00100000 0.01000000"), ("44950.0", "0.10334926"), ("44953.0", "0.00064537"),
    ("44955.0", "0.00250000"), ("44959.6", "0.35630000 0.35630000"), ("44960.1", "0.00338072"),
    ("44960.2", "0.88967575"), ("44967.0", "3.14392283"), ("44978.5", "0.06778960"), ("44979.2", "0.35630000"),
)  # fmt: skip
BIDS = (
    ("44939.4", "0.88968699 0.45210000 0.10000000 0.14296323 0.25000000 0.10292988 0.33880000 1.28140860"),
    ("44937.1", "0.03346877"), ("44934.7", "0.35630000"),
    ("44930.2", "0.22734299 0.01000000 0.05550000 0.70000000 0.15000000"), ("44928.0", "0.00105240"),
    ("44919.6", "0.33870000"), ("44919.5", "0.07610000"), ("44912.0", "0.35630000"), ("44909.7", "0.06690000"),
    ("44901.9", "0.00088982"),
)  # fmt: skip
"""Source: kraken-websocket#checksum."""


@pytest.fixture
def venue() -> SocketVenue:
    return SocketVenue()


def following(venue: SocketVenue, depth: int = 10, **options: Any) -> Talk:
    """Somebody who follows a book."""
    return venue.following(venue.buyer, "level3", "BTC/USD", depth=depth, **options)


def events(talk: Talk) -> list[tuple[str, str, str]]:
    """What happened to orders: event, price and quantity, bids first."""
    updates = [frame["data"][0] for frame in talk.heard("level3") if frame["type"] == "update"]
    rows = [row for update in updates for side in ("bids", "asks") for row in update[side]]
    return [(row["event"], row["limit_price"], row["order_qty"]) for row in rows]


def errors(talk: Talk, **params: Any) -> list[str | None]:
    """What a request is refused with, symbol by symbol."""
    params = {"channel": "level3", "symbol": ["BTC/USD"], **params}
    said = talk.say({"method": "subscribe", "params": params}, START_NS)
    return [frame.get("error") for frame in said if "method" in frame]


def test_orders_are_shown_by_price_and_within_it_as_they_queue(venue: SocketVenue) -> None:
    first = venue.buyer.place("buy", "1", "100")
    venue.clock.advance(1)
    better, second = venue.buyer.place("buy", "2", "101"), venue.seller.place("buy", "3", "100")
    talk = venue.talk()
    acknowledged, _ = talk.subscribe("level3", "BTC/USD", token=token(venue.buyer))
    assert acknowledged["result"] == {"channel": "level3", "depth": 10, "snapshot": True, "symbol": "BTC/USD"}
    (frame,) = talk.heard("level3")
    assert list(frame) == ["channel", "type", "data"], "nothing is numbered"
    (row,) = frame["data"]
    assert list(row) == ["symbol", "checksum", "bids", "asks", "timestamp"]
    assert [order["order_id"] for order in row["bids"]] == [
        venue.ids.order(order.order_id) for order in (better, first, second)
    ]
    assert row["bids"][1] == {
        "order_id": venue.ids.order(first.order_id), "limit_price": "100.0", "order_qty": "1.00000000",
        "timestamp": "2026-09-30T23:52:25.678900000Z",
    }  # fmt: skip


def test_orders_come_get_smaller_and_go(venue: SocketVenue) -> None:
    talk = following(venue)
    venue.buyer.place("buy", "1", "100")
    venue.seller.place("sell", "0.25", "100")
    venue.seller.place("sell", "1", "100")
    gone = venue.buyer.place("buy", "2", "99")
    venue.apply(CancelOrders(venue.buyer.account_id, (gone.order_id,)))
    assert events(talk) == [
        ("add", "100.0", "1.00000000"),
        ("modify", "100.0", "0.75000000"),
        ("delete", "100.0", "0.75000000"),
        ("add", "100.0", "0.25000000"),
        ("add", "99.0", "2.00000000"),
        ("delete", "99.0", "2.00000000"),
    ]


def test_what_comes_back_into_sight_is_added_and_what_is_pushed_out_is_not_told(venue: SocketVenue) -> None:
    for price in range(100, 111):
        venue.buyer.place("buy", "1", str(price))
    venue.seller.place("buy", "2", "100")
    talk = following(venue)
    best = venue.buyer.place("buy", "1", "120")
    assert events(talk) == [("add", "120.0", "1.00000000")]
    venue.buyer.place("buy", "1", "100")
    assert len(events(talk)) == 1, "that is out of sight"
    venue.apply(CancelOrders(venue.buyer.account_id, (best.order_id,)))
    assert events(talk)[1:] == [("delete", "120.0", "1.00000000"), ("add", "101.0", "1.00000000")]


def test_a_book_is_summed_order_by_order_as_in_the_documents() -> None:
    sides = {Side.BUY: Queues(1), Side.SELL: Queues(-1)}
    number = 0
    for side, levels in ((Side.BUY, BIDS), (Side.SELL, ASKS)):
        for price, quantities in levels:
            for qty in quantities.split():
                number += 1
                sides[side].put(number, int(price.replace(".", "")), int(qty.replace(".", "")), 0)
    assert order_checksum(sides[Side.BUY], sides[Side.SELL]) == 1063832831


def test_the_houses_orders_have_ids_that_no_call_finds(venue: SocketVenue) -> None:
    ids = venue.ids
    assert ids.any_order(7) == ids.order(7)
    assert ids.any_order(-7) != ids.any_order(-8)
    assert ids.order_number(ids.any_order(-7)) not in range(10**9)


def test_single_orders_are_kept_while_somebody_follows_them(venue: SocketVenue) -> None:
    levels = venue.talk()
    levels.subscribe("book", "BTC/USD")
    talk, issued = following(venue), token(venue.buyer)
    other = following(venue, depth=100)
    view = venue.stored.feed._views["BTC/USD"]
    other.session.leave()
    venue.buyer.place("buy", "1", "100")
    assert len(events(talk)) == 1
    talk.say({"method": "unsubscribe", "params": {"channel": "level3", "symbol": ["BTC/USD"], "token": issued}})
    assert view.queue is None
    venue.buyer.place("buy", "1", "99")
    assert len(following(venue).heard("level3")[0]["data"][0]["bids"]) == 2


def test_a_token_is_needed_whose_key_sees_orders(venue: SocketVenue) -> None:
    talk = venue.talk()
    assert errors(talk) == ["Token(s) not found"]
    assert errors(talk, token="x") == ["ESession:Invalid session"]
    blind = venue.key(venue.buyer.account_id, PERMISSIONS - {"query-open-trades"}, name="blind")
    assert errors(talk, token=token(blind)) == ["EGeneral:Permission denied"]
    issued = token(venue.buyer)
    assert errors(talk, token=issued, depth=25) == ["Subscription depth not supported"]
    assert errors(talk, token=issued, symbol=["XBT/USD", "ETH/USD"]) == ["Currency pair not supported XBT/USD", None]


def test_each_book_is_followed_at_one_depth_and_ended_by_any(venue: SocketVenue) -> None:
    talk, issued = following(venue, depth=100), token(venue.buyer)
    assert errors(talk, token=issued, depth=10) == ["Already subscribed"]
    ending = {"channel": "level3", "symbol": ["BTC/USD"], "token": issued}
    (ended,) = talk.say({"method": "unsubscribe", "params": ending})
    assert ended["result"] == {"channel": "level3", "depth": 100, "symbol": "BTC/USD"}
    venue.buyer.place("buy", "1", "100")
    assert not events(talk)


def test_a_token_stays_good_while_a_book_is_followed(venue: SocketVenue) -> None:
    talk, issued, late_ns = venue.talk(), token(venue.buyer), START_NS + 901 * 10**9

    def ask(symbol: str) -> dict[str, Any]:
        params = {"channel": "level3", "symbol": [symbol], "token": issued}
        return {"method": "subscribe", "params": params}

    assert talk.say(ask("BTC/USD"), START_NS)[0]["success"]
    assert talk.say(ask("ETH/USD"), late_ns)[0]["success"]


@pytest.mark.parametrize(("tier", "granted"), [("intermediate", 8), ("pro", 20)])
def test_so_many_books_may_be_asked_for_in_a_second(venue: SocketVenue, tier: str, granted: int) -> None:
    talk, trader = venue.talk(), venue.account(tier=tier)
    names = [all_symbols().pair_display(symbol) for symbol in all_symbols().pair_symbols]
    symbols = [name for name in names if name.endswith("/USD")][: granted + 1]
    params = {"channel": "level3", "symbol": symbols, "depth": 100, "token": token(trader), "snapshot": False}
    *_, last = replies = talk.say({"method": "subscribe", "params": params, "req_id": 1}, START_NS)
    assert [reply["success"] for reply in replies] == [True] * granted + [False]
    symbol = symbols[-1]
    assert last["error"] == (
        f"Rate limit for snapshot requests exceeded, when trying to subscribe to {symbol} level3 snapshot"
    )
    assert list(last) == [
        "channel", "error", "method", "req_id", "status", "success", "symbol", "time_in", "time_out",
    ]  # fmt: skip
    assert (last["channel"], last["status"], last["symbol"]) == ("level3", "error", symbol)
    venue.stored.feed.tick()
    assert errors(talk, **params | {"symbol": [symbol]}) == [None]


@pytest.mark.parametrize(
    ("path", "host", "error"),
    [
        ("/v2", "ws-l3.kraken.com", None),
        ("/v2", "ws-auth.kraken.com", None),
        (
            "/v2",
            "ws.kraken.com",
            "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",
        ),
        ("/v2", "localhost", None),
        ("/v2/private", "uws.kraken.com", None),
        ("/v2/public", "uws.kraken.com", None),
    ],
)
def test_each_address_serves_what_the_venues_does(venue: SocketVenue, path: str, host: str, error: str | None) -> None:
    assert errors(venue.talk(path, host), token=token(venue.buyer)) == [error]


def test_where_only_books_are_followed_there_is_nothing_else(venue: SocketVenue) -> None:
    talk, issued = venue.talk(host="ws-l3.kraken.com"), token(venue.buyer)
    refusals = [
        talk.subscribe("executions", token=issued), talk.subscribe("balances", token=issued),
        talk.say({"method": "cancel_all", "params": {"token": issued}}),
    ]  # fmt: skip
    assert [frame["error"] for (frame,) in refusals] == [
        "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
    ] * 3
    assert talk.subscribe("book", "BTC/USD")[0]["error"].startswith("Public market data")
