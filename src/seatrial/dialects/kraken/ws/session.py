"""One conversation over Kraken's WebSocket v2: requests in, replies and what was subscribed to out.

Source: kraken-websocket#connection, kraken-websocket#requests and kraken-websocket#texts-of-errors. Decided: names
that a subscription does not know are ignored, because clients send each other's.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from seatrial.core.accounts import ApiKey
from seatrial.dialects.kraken.errors import PERMISSION_DENIED
from seatrial.dialects.kraken.ws import frames, words
from seatrial.dialects.kraken.ws.channels import CHANNELS, Channel, Options, Params, Refused, Serves
from seatrial.dialects.kraken.ws.executions import EXECUTIONS
from seatrial.dialects.kraken.ws.methods import METHODS, Exact, MethodCall, Twin, method_calls
from seatrial.dialects.kraken.ws.topics import LEVEL3, OHLC, Topic
from seatrial.dialects.wire import Line, Reply

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.feed import KrakenFeed

MAX_MESSAGES: Final = 1_000
"""How many a connection may send between two ticks. Decided: the number is not published."""
MAX_BACKLOG: Final = 10_000
"""Frames that wait for the snapshot before them."""

SPOT: Final = "spot"
SUBSCRIBE: Final = "subscribe"
UNSUBSCRIBE: Final = "unsubscribe"
PING: Final = "ping"
STATUS: Final = "status"
HEARTBEAT: Final = b'{"channel":"heartbeat"}'

MAX_SYMBOLS: Final = 2_000
"""How many a request may name. Decided: as many as a list of pairs over REST."""
MAX_LEVEL3: Final = 200
"""How many books a connection may follow order by order. Source: kraken-websocket#level3."""
LEVEL3_COSTS: Final = {10: 5, 100: 25, 1000: 100}
LEVEL3_RATES: Final = {"pro": 500}
USUAL_LEVEL3_RATE: Final = 200
"""What a subscription by its depth adds to a counter, and how far that goes in a second. Source: as above."""

MAX_SHOWN: Final = 64
"""Characters of a name that a refusal repeats."""

TRY_AGAIN: Final = 1012
"""Close code "service restart"; clients connect again after any but 1008."""

Key = tuple[Any, ...]

_decode: Final = msgspec.json.Decoder(float_hook=Exact).decode


class Request(Struct, frozen=True):
    """What somebody asks for."""

    method: str
    params: Params
    req_id: int | None
    at_ns: int


class Subscription:
    """Somebody follows a topic."""

    def __init__(self, session: "Session", channel: Channel, key: Key, options: Options, topic: Topic) -> None:
        self.session = session
        self.channel = channel
        self.key = key
        self.options = options
        self.topic = topic
        self.is_over = False
        self._backlog: list[bytes] | None = None

    def _pass_on(self, frame: bytes) -> None:
        """Send a frame."""
        self.session.send(frame)

    def hold(self) -> None:
        """What comes must wait until the snapshot is there."""
        self._backlog = []

    def deliver(self, frame: bytes) -> None:
        """Something changed."""
        if self._backlog is None:
            self._pass_on(frame)
        elif len(self._backlog) < MAX_BACKLOG:
            self._backlog.append(frame)
        else:
            self.session.end(TRY_AGAIN)

    def begin(self, *snapshots: bytes) -> None:
        """The snapshot is there, and what waited for it may follow."""
        if self.is_over:
            return
        waiting, self._backlog = self._backlog or (), None
        for frame in (*snapshots, *waiting):
            self._pass_on(frame)


class PrivateSubscription(Subscription):
    """One whose frames are numbered; they come without their end."""

    _sequence = 0

    def _pass_on(self, frame: bytes) -> None:
        self._sequence += 1
        self.session.send(b'%b,"sequence":%d}' % (frame, self._sequence))


class Session:
    """One conversation."""

    def __init__(self, feed: "KrakenFeed", line: Line, serves: Serves, number: int) -> None:
        self._feed = feed
        self._line = line
        self._serves = serves
        self.connection_id = number
        self.subscriptions: dict[Key, Subscription] = {}
        self._token: tuple[str, ApiKey] | None = None
        """That of its private subscription, which keeps it good, and the key that it is of."""
        self._is_quiet = True
        """Whether nothing was sent since the last tick."""
        self._heard = 0
        """Messages since then."""
        self._level3_cost = 0
        """What the subscriptions to level 3 since then came to."""
        self._following = dict.fromkeys(Serves, 0)
        """How many subscriptions it has, by where their channels are served."""
        self.is_over = False

    @property
    def is_idle(self) -> bool:
        """Whether it follows nothing: then nothing keeps it open but what comes in."""
        return not self.subscriptions

    def send(self, frame: bytes) -> None:
        """Tell the other side."""
        self._is_quiet = False
        self._line.send(frame)

    def show_status(self, frame: bytes) -> None:
        """Tell how the exchange is, which silences no heartbeat."""
        self._line.send(frame)

    def tick(self) -> None:
        """A second passed: a heartbeat where nothing else was sent in it."""
        self._heard = self._level3_cost = 0
        if self._is_quiet and self.subscriptions:
            self._line.send(HEARTBEAT)
        self._is_quiet = True

    def end(self, code: int) -> None:
        """It is over, from this side."""
        if not self.is_over:
            self.leave()
            self._line.close(code)

    def leave(self) -> None:
        """It is over."""
        self.is_over = True
        for subscription in list(self.subscriptions.values()):
            self._drop(subscription)
        self._feed.left(self)

    def answer(self, reply: Reply) -> None:
        """That is the answer to a method."""
        self.send(reply.body)

    def receive(self, message: bytes, at_ns: int) -> Iterable[MethodCall]:
        """The other side said something; the methods that it asks for."""
        self._heard += 1
        if self._heard > MAX_MESSAGES:
            if self._heard == MAX_MESSAGES + 1:
                self.send(words.TOO_MANY)
            return ()
        read = _read(message)
        if read is None:
            self.send(frames.failure(words.MALFORMED, None, None, at_ns))
            return ()
        method, req_id = read.get("method"), read.get("req_id")
        if not isinstance(method, str) or not _is_number(req_id):
            known = method if isinstance(method, str) else None
            self.send(frames.failure(words.MALFORMED, _shown(known), req_id if _is_number(req_id) else None, at_ns))
            return ()
        try:
            return self._do(method, req_id, read, at_ns)
        except Refused as refused:
            self.send(frames.failure(refused.error, _shown(method), req_id, at_ns))
        return ()

    def _do(self, method: str, req_id: int | None, read: dict[str, Any], at_ns: int) -> Iterable[MethodCall]:
        if method == PING:
            self._pong(read, req_id, at_ns)
            return ()
        twin = METHODS.get(method)
        if twin is None and method not in (SUBSCRIBE, UNSUBSCRIBE):
            raise Refused(words.UNSUPPORTED_METHOD)
        params = read.get("params")
        if not isinstance(params, Mapping):
            raise Refused(words.MALFORMED)
        request = Request(method, params, req_id, at_ns)
        if twin is not None:
            return self._trade(twin, request)
        channel = self._channel(params)
        options = channel.read(params)
        act = self._subscribe if method == SUBSCRIBE else self._unsubscribe
        symbols = _symbols(params) if channel.is_of_symbols else (None,)
        if not channel.is_public and channel.right not in self._key(request).permissions:
            raise Refused(PERMISSION_DENIED)
        for symbol in symbols:
            act(request, channel, symbol, options)
        return ()

    def _trade(self, twin: Twin, request: Request) -> Iterable[MethodCall]:
        """What a method is to do. Raises `Refused`."""
        if Serves.PRIVATE not in self._serves:
            raise Refused(words.PRIVATE_ELSEWHERE)
        needed = Serves.UNIFIED in self._serves and "asset_class" in twin.fields
        if request.params.get("asset_class", None if needed else SPOT) != SPOT:
            raise Refused(words.BAD_CLASS)
        return method_calls(twin, self._feed.tools, self._key(request).key_id, request)

    def _pong(self, read: dict[str, Any], req_id: int | None, at_ns: int) -> None:
        for name in read:
            if name not in ("method", "req_id"):
                raise Refused(words.unsupported_field(_shown(name) or "", PING))
        self.send(frames.pong(req_id, at_ns))

    def _channel(self, params: Params) -> Channel:
        """The channel asked for, where this address has it. Raises `Refused`."""
        name = params.get("channel")
        if name == STATUS:
            raise Refused(words.NO_SYMBOL)
        channel = CHANNELS.get(name) if isinstance(name, str) else None
        if channel is None:
            raise Refused(words.UNKNOWN_CHANNEL)
        if channel.where not in self._serves:
            raise Refused(words.PUBLIC_ELSEWHERE if channel.is_public else words.PRIVATE_ELSEWHERE)
        needed = channel.needs_class and Serves.UNIFIED in self._serves
        if params.get("asset_class", None if needed else SPOT) != SPOT:
            raise Refused(words.BAD_CLASS)
        return channel

    def _subscribe(self, request: Request, channel: Channel, symbol: str | None, options: Options) -> None:
        market = None if symbol is None else self._feed.market(symbol)
        if symbol is not None and market is None:
            self._refuse(request, words.not_supported(symbol), symbol)
            return
        key = _key(channel, symbol, options)
        known = self.subscriptions.get(key)
        if known is not None:
            other = channel.name == OHLC and known.options["interval"] != options["interval"]
            self._refuse(request, words.OTHER_INTERVAL if other else words.ALREADY, symbol)
            return
        if channel.is_private:
            self._subscribe_privately(request, channel, key, options)
            return
        if channel.name == LEVEL3 and not self._may_see_orders(request, symbol or "", options["depth"]):
            return
        topic = self._feed.topic(channel.name, market, options)
        shown = {name: options[name] for name in (*channel.shown, "snapshot")}
        warnings = {"warnings": channel.warnings} if channel.warnings else {}
        self._acknowledge(request, channel, symbol, shown | warnings)
        self._follow(Subscription(self, channel, key, options, topic))

    def _subscribe_privately(self, request: Request, channel: Channel, key: Key, options: Options) -> None:
        account_id = self._key(request).account_id
        topic = self._feed.private_topic(channel.name, account_id)
        shown = {name: options[name] for name in channel.shown}
        if channel.name == EXECUTIONS:
            shown["maxratecount"] = self._feed.tier(account_id).orders
        self._acknowledge(request, channel, None, shown)
        self._follow(PrivateSubscription(self, channel, key, options, topic))

    def _follow(self, subscription: Subscription) -> None:
        self.subscriptions[subscription.key] = subscription
        self._following[subscription.channel.where] += 1
        self._feed.follow(subscription)

    def _may_see_orders(self, request: Request, symbol: str, depth: int) -> bool:
        """Whether it may follow one more book order by order. What it may not is told."""
        rate = LEVEL3_RATES.get(self._feed.tier_name(self._key(request).account_id), USUAL_LEVEL3_RATE)
        if self._following[Serves.LEVEL3] >= MAX_LEVEL3:
            self._refuse(request, words.TOO_MANY_SYMBOLS, symbol)
        elif self._level3_cost + LEVEL3_COSTS[depth] > rate:
            more = {"channel": LEVEL3, "status": "error"}
            error = words.too_many_snapshots(symbol)
            self.send(frames.failure(error, request.method, request.req_id, request.at_ns, symbol, more))
        else:
            self._level3_cost += LEVEL3_COSTS[depth]
            return True
        return False

    def _key(self, request: Request) -> ApiKey:
        """Whose token it is. One that keeps a private subscription stays good for this conversation. Raises `Refused`.

        Source: kraken-websocket#connection.
        """
        token = request.params.get("token")
        if token is None:
            raise Refused(words.NO_TOKEN)
        if not isinstance(token, str):
            raise Refused(words.BAD_TOKEN)
        is_kept = self._following[Serves.PRIVATE] or self._following[Serves.LEVEL3]
        if self._token is None or self._token[0] != token or not is_kept:
            self._token = token, self._feed.key_of(token, request.at_ns)
        return self._token[1]

    def _unsubscribe(self, request: Request, channel: Channel, symbol: str | None, options: Options) -> None:
        """Source of `subscribe` as the method of a refusal: recorded frames."""
        known = self.subscriptions.get(_key(channel, symbol, options))
        if known is None or known.options.get("interval") != options.get("interval"):
            error = words.NOT_SUBSCRIBED
            self.send(frames.failure(error, SUBSCRIBE, request.req_id, request.at_ns, _shown(symbol)))
            return
        self._drop(known)
        shown = {} if channel.is_private else {name: known.options[name] for name in channel.shown}
        self._acknowledge(request, channel, symbol, shown)

    def _acknowledge(self, request: Request, channel: Channel, symbol: str | None, more: Options) -> None:
        result = {"channel": channel.name, **more} | ({} if symbol is None else {"symbol": symbol})
        self.send(frames.success(request.method, dict(sorted(result.items())), request.req_id, request.at_ns))

    def _refuse(self, request: Request, error: str, symbol: str | None) -> None:
        self.send(frames.failure(error, request.method, request.req_id, request.at_ns, _shown(symbol)))

    def _drop(self, subscription: Subscription) -> None:
        subscription.is_over = True
        del self.subscriptions[subscription.key]
        self._following[subscription.channel.where] -= 1
        self._feed.unfollow(subscription)


def _read(message: bytes) -> dict[str, Any] | None:
    """What was said; None where it is no object of JSON."""
    try:
        read = _decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _is_number(req_id: object) -> bool:
    return req_id is None or (isinstance(req_id, int) and not isinstance(req_id, bool))


def _symbols(params: Params) -> Iterator[str]:
    """The symbols asked for. Raises `Refused`, before any is granted."""
    symbols = params.get("symbol")
    if symbols is None or symbols == []:
        raise Refused(words.NO_SYMBOL)
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise Refused(words.SYMBOLS_NOT_A_LIST)
    if len(symbols) > MAX_SYMBOLS:
        raise Refused(words.TOO_MANY_SYMBOLS)
    return iter(symbols)


def _key(channel: Channel, symbol: str | None, options: Options) -> Key:
    return (channel.name, symbol, *(options[name] for name in channel.names))


def _shown(name: str | None) -> str | None:
    """A name that came from outside, as far as it is repeated."""
    return None if name is None else name[:MAX_SHOWN]
