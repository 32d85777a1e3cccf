"""A conversation over Kraken's WebSocket: requests and what comes back, without a socket."""

from typing import Any

import pytest

from seatrial.core.commands import SetAsOf, SetStatus, SetSystemStatus
from seatrial.core.markets import MarketStatus, SystemStatus
from seatrial.dialects.kraken.manners import MAINTENANCE
from seatrial.dialects.kraken.ws import session
from seatrial.dialects.kraken.ws.session import MAX_MESSAGES
from tests.support.kraken_exchange import START_NS
from tests.support.kraken_sockets import SocketVenue, Talk

AT = "2026-09-30T23:52:25.678900Z"
PUBLIC_ELSEWHERE = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"


@pytest.fixture
def venue() -> SocketVenue:
    return SocketVenue()


def refused(talk: Talk, message: object) -> str:
    """The one refusal of a message."""
    (frame,) = talk.say(message, START_NS)
    assert frame["success"] is False
    assert "result" not in frame
    assert (frame["time_in"], frame["time_out"]) == (AT, AT)
    error: str = frame["error"]
    return error


def subscribing(**params: Any) -> dict[str, Any]:
    return {"method": "subscribe", "params": params, "req_id": 7}


def test_the_first_frame_is_the_status_and_each_connection_has_a_number(venue: SocketVenue) -> None:
    first, second = Talk(venue.stored.feed), Talk(venue.stored.feed)
    (one,), (other,) = first.heard("status"), second.heard("status")
    assert one["type"] == "update"
    today = {"api_version", "connection_id", "emergency", "system", "upcoming_maintenance", "version"}
    assert one["data"][0].keys() == today
    venue.apply(SetAsOf(MAINTENANCE.from_ns - 1))
    (before,) = Talk(venue.stored.feed).heard("status")
    assert before["data"][0].keys() == today - {"emergency", "upcoming_maintenance"}
    assert 2**63 <= one["data"][0]["connection_id"] != other["data"][0]["connection_id"]


def test_a_ping_is_answered_with_its_number_and_nothing_else(venue: SocketVenue) -> None:
    talk = venue.talk()
    assert talk.say({"method": "ping"}, START_NS) == [{"method": "pong", "time_in": AT, "time_out": AT}]
    assert talk.say({"method": "ping", "req_id": 3}, START_NS)[0]["req_id"] == 3
    error = refused(talk, {"method": "ping", "params": {}})
    assert error == "Unsupported field: 'params' for the given msg type: ping"


def test_an_acknowledgement_comes_before_the_snapshot_for_each_symbol(venue: SocketVenue) -> None:
    talk = venue.talk()
    message = subscribing(channel="book", symbol=["BTC/USD", "ETH/QQQ", "ETH/USD"], depth=25)
    first, book, wrong, second, other_book = talk.say(message, START_NS)
    assert first == {
        "method": "subscribe", "req_id": 7,
        "result": {"channel": "book", "depth": 25, "snapshot": True, "symbol": "BTC/USD"},
        "success": True, "time_in": AT, "time_out": AT,
    }  # fmt: skip
    assert wrong == {
        "error": "Currency pair not supported ETH/QQQ", "method": "subscribe", "req_id": 7, "success": False,
        "symbol": "ETH/QQQ", "time_in": AT, "time_out": AT,
    }  # fmt: skip
    assert [book["data"][0]["symbol"], second["result"]["symbol"], other_book["type"]] == [
        "BTC/USD", "ETH/USD", "snapshot",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"channel": "book", "symbol": ["XBT/USD"]}, "Currency pair not supported XBT/USD"),
        ({"channel": "book", "symbol": ["btc/usd"]}, "Currency pair not supported btc/usd"),
        ({"channel": "book", "symbol": ["BTCUSD"]}, "Currency pair not in ISO 4217-A3 format BTCUSD"),
        ({"channel": "book"}, "Symbol(s) not found"),
        ({"channel": "book", "symbol": []}, "Symbol(s) not found"),
        ({"channel": "status"}, "Symbol(s) not found"),
        ({"channel": "book", "symbol": "BTC/USD"}, "Symbol field must be an array"),
        ({"channel": "book", "symbol": [["BTC/USD"]]}, "Symbol field must be an array"),
        ({"channel": "bok", "symbol": ["BTC/USD"]}, "Subscription name invalid"),
        ({"channel": ["book"], "symbol": ["BTC/USD"]}, "Subscription name invalid"),
        ({"symbol": ["BTC/USD"]}, "Subscription name invalid"),
        ({"channel": "book", "symbol": ["BTC/USD"], "depth": 11}, "Subscription depth not supported"),
        ({"channel": "book", "symbol": ["BTC/USD"], "depth": "10"}, "Subscription book depth must be an integer"),
        ({"channel": "book", "symbol": ["BTC/USD"], "depth": True}, "Subscription book depth must be an integer"),
        ({"channel": "book", "symbol": ["BTC/USD"], "snapshot": 1}, "Snapshot field must be a boolean"),
        ({"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 2}, "Subscription ohlc interval not supported"),
        ({"channel": "ticker", "symbol": ["BTC/USD"], "event_trigger": []}, "Subscription event_trigger not supported"),
        ({"channel": "instrument", "asset_class": "derivatives"}, "EGeneral:Invalid arguments:asset_class"),
        (None, "Malformed request"),
        ([], "Malformed request"),
    ],
)  # fmt: skip
def test_what_cannot_be_subscribed_to_is_refused_in_the_venues_words(
    venue: SocketVenue, params: object, error: str
) -> None:
    message = {"method": "subscribe", "params": params} if params is not None else {"method": "subscribe"}
    talk = venue.talk()
    assert refused(talk, message) == error
    assert talk.session.is_idle


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b"7", b"null", b'{"a":"\xff"}', b"[" * 50_000, b'{"method":4}'])
def test_what_is_no_request_is_malformed(venue: SocketVenue, message: bytes) -> None:
    (frame,) = venue.talk().say_raw(message, START_NS)
    assert b'"error":"Malformed request"' in frame


def test_an_unknown_method_is_refused_and_a_wrong_number_too(venue: SocketVenue) -> None:
    talk = venue.talk()
    assert refused(talk, {"method": "dance", "req_id": 1}) == "Unsupported event"
    assert refused(talk, {"method": "ping", "req_id": "1"}) == "Malformed request"
    assert refused(talk, {"method": "ping", "req_id": True}) == "Malformed request"


def test_what_is_subscribed_to_is_so_once_and_can_be_ended(venue: SocketVenue) -> None:
    talk = venue.talk()
    candles = {"channel": "ohlc", "symbol": ["BTC/USD"]}
    talk.say(subscribing(**candles, interval=5))
    assert refused(talk, subscribing(**candles, interval=5)) == "Already subscribed"
    other = "Already subscribed to one ohlc interval on this symbol"
    assert refused(talk, subscribing(**candles, interval=15)) == other
    ending = {"method": "unsubscribe", "params": candles}
    assert refused(talk, ending) == "Subscription Not Found"
    (ended,) = talk.say({"method": "unsubscribe", "params": {**candles, "interval": 5}})
    assert ended["result"] == {"channel": "ohlc", "interval": 5, "symbol": "BTC/USD"}
    venue.trade("100", "1")
    assert talk.session.is_idle
    assert len(talk.heard("ohlc")) == 1


@pytest.mark.parametrize("channel", ["ticker", "book", "ohlc", "trade", "instrument"])
def test_an_acknowledged_subscription_can_be_asked_for_as_it_was_acknowledged(venue: SocketVenue, channel: str) -> None:
    first, again = venue.talk(), venue.talk()
    symbol = () if channel == "instrument" else ("BTC/USD",)
    result = first.subscribe(channel, *symbol)[0]["result"]
    result.pop("warnings", None)
    if symbol:
        result["symbol"] = [result["symbol"]]
    assert again.say(subscribing(**result))[0]["success"]


@pytest.mark.parametrize(
    ("path", "host", "error"),
    [
        ("/v2", "ws.kraken.com", None),
        ("/v2", "WS.kraken.com:443", None),
        ("/v2", "ws-auth.kraken.com", PUBLIC_ELSEWHERE),
        ("/v2", "ws-l3.kraken.com", PUBLIC_ELSEWHERE),
        ("/v2/public", "localhost", None),
        ("/v2/private", "localhost", PUBLIC_ELSEWHERE),
    ],
)
def test_each_address_serves_what_the_venues_does(venue: SocketVenue, path: str, host: str, error: str | None) -> None:
    frame = venue.talk(path, host).subscribe("ticker", "BTC/USD")[0]
    assert frame.get("error") == error


def test_the_unified_address_wants_the_class_of_instruments(venue: SocketVenue) -> None:
    talk = venue.talk("/v2/public")
    assert refused(talk, subscribing(channel="instrument")) == "EGeneral:Invalid arguments:asset_class"
    assert talk.say(subscribing(channel="instrument", asset_class="spot"))[0]["success"]


def test_heartbeats_come_in_quiet_seconds_once_something_is_followed(venue: SocketVenue) -> None:
    talk = venue.talk()
    venue.stored.feed.tick()
    assert not talk.frames
    talk.subscribe("trade", "BTC/USD")
    venue.stored.feed.tick()
    assert not talk.heard("heartbeat")
    venue.stored.feed.tick()
    assert talk.frames[-1] == b'{"channel":"heartbeat"}'
    venue.apply(SetSystemStatus(SystemStatus.POST_ONLY))
    venue.stored.feed.tick()
    assert len(talk.heard("heartbeat")) == 2, "a status silences none"
    venue.apply(SetSystemStatus(SystemStatus.ONLINE))
    venue.trade("100", "1")
    venue.stored.feed.tick()
    assert len(talk.heard("heartbeat")) == 2


def test_a_change_of_status_is_told_to_all_and_of_a_market_to_those_who_follow_instruments(venue: SocketVenue) -> None:
    anybody, follower = venue.talk(), venue.talk()
    follower.subscribe("instrument")
    venue.apply(SetStatus("BTC/USD", MarketStatus.POST_ONLY))
    venue.apply(SetSystemStatus(SystemStatus.CANCEL_ONLY))
    (status,) = anybody.heard("status")
    assert status["data"][0]["system"] == "cancel_only"
    _, update = follower.heard("instrument")
    assert [(pair["symbol"], pair["status"]) for pair in update["data"]["pairs"]] == [("BTC/USD", "post_only")]
    assert update["data"]["assets"] == []


def test_one_trade_is_told_in_the_documented_shapes(venue: SocketVenue) -> None:
    talk = venue.talk()
    for channel in ("trade", "ticker", "ohlc", "book"):
        talk.subscribe(channel, "BTC/USD")
    talk.frames.clear()
    venue.trade("100.5", "0.25")
    (book_before, book) = (frame["data"][0] for frame in talk.heard("book"))
    assert book_before["asks"] == [{"price": "100.5", "qty": "0.25000000"}]
    assert book["asks"] == [{"price": "100.5", "qty": "0.00000000"}]
    assert list(book) == ["symbol", "bids", "asks", "checksum", "timestamp"]
    (trade,) = talk.heard("trade")[0]["data"]
    assert {name: trade[name] for name in ("symbol", "side", "price", "qty", "ord_type", "trade_id")} == {
        "symbol": "BTC/USD", "side": "buy", "price": "100.5", "qty": "0.25000000", "ord_type": "market", "trade_id": 1,
    }  # fmt: skip
    (ticker,) = talk.heard("ticker")[0]["data"]
    assert (ticker["last"], ticker["volume"], ticker["trades"]) == ("100.5", "0.25000000", 1)
    (candles,) = talk.heard("ohlc")
    assert list(candles) == ["channel", "type", "timestamp", "data"]
    assert (candles["data"][0]["interval"], candles["data"][0]["vwap"]) == (1, "100.5")


def test_the_snapshot_of_trades_has_the_last_fifty_and_what_follows_waits_for_it(venue: SocketVenue) -> None:
    for _ in range(55):
        venue.trade("100", "1")
    talk = venue.talk()
    venue.buyer.place("sell", "1", "100")
    talk.subscribe("trade", "BTC/USD", snapshot=True)
    venue.seller.place("buy", "1")
    venue.commit()
    snapshot, update = talk.heard("trade")
    assert [row["trade_id"] for row in snapshot["data"]] == list(range(6, 56))
    assert [row["trade_id"] for row in update["data"]] == [56]


def test_whose_snapshot_does_not_come_is_let_go_and_nobody_else(
    venue: SocketVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MAX_BACKLOG", 2)
    monkeypatch.setattr(venue.stored, "look_up", lambda: None)
    waiting, other = venue.talk(), venue.talk()
    waiting.subscribe("trade", "BTC/USD", snapshot=True)
    other.subscribe("book", "ETH/USD")
    for _ in range(4):
        venue.trade("100", "1")
    assert waiting.closed == 1012
    assert other.closed is None
    venue.buyer.place("buy", "1", "100", pair="ETH/USD")
    assert len(other.heard("book")) == 2


def test_who_says_too_much_is_told_so_once_a_second(venue: SocketVenue) -> None:
    talk = venue.talk()
    for _ in range(MAX_MESSAGES + 5):
        talk.say({"method": "ping"})
    assert talk.frames[MAX_MESSAGES:] == [b'{"Error":"Exceeded msg rate"}']
    venue.stored.feed.tick()
    assert talk.say({"method": "ping"})[0]["method"] == "pong"


def test_when_what_was_told_may_not_have_happened_all_are_told_and_let_go(venue: SocketVenue) -> None:
    talk = venue.talk()
    talk.subscribe("book", "BTC/USD")
    venue.stored.feed.break_off()
    assert talk.heard("status")[-1]["data"][0]["system"] == "maintenance"
    assert talk.closed == 1012
    assert not venue.stored.feed.is_followed
