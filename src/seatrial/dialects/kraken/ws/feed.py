"""What Kraken's users are told over sockets: all sessions of one world, and what they follow."""

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from seatrial.core import facts
from seatrial.core.facts import AnyFact, Recorded
from seatrial.core.machine import Machine
from seatrial.core.markets import Modes
from seatrial.core.state import State
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kraken.ws.channels import Options
from seatrial.dialects.kraken.ws.frames import text
from seatrial.dialects.kraken.ws.instrument import InstrumentTopic
from seatrial.dialects.kraken.ws.session import TRY_AGAIN, Key, Serves, Session, Subscription
from seatrial.dialects.kraken.ws.topics import (
    BOOK,
    OHLC,
    TICKER,
    TRADE,
    BookTopic,
    CandleTopic,
    MarketTopic,
    TickerTopic,
    Topic,
    TradeTopic,
)
from seatrial.dialects.kraken.ws.views import MarketView
from seatrial.dialects.wire import Call, Find, Line

PATHS: Final = {
    "/v2": Serves.PUBLIC | Serves.PRIVATE,
    "/v2/public": Serves.PUBLIC | Serves.UNIFIED,
    "/v2/private": Serves.PRIVATE | Serves.UNIFIED,
}
"""Source: kraken-websocket, Addresses and Unified WebSocket."""

HOSTS: Final = {
    "ws.kraken.com": Serves.PUBLIC,
    "beta-ws.kraken.com": Serves.PUBLIC,
    "ws-auth.kraken.com": Serves.PRIVATE,
    "beta-ws-auth.kraken.com": Serves.PRIVATE,
    "ws-l3.kraken.com": Serves.PRIVATE,
}
"""Where a host is named, only what that one serves. Under any other name everything is served."""

ORDER: Final = (TRADE, TICKER, OHLC, BOOK)
"""In which one command is told of. Decided."""

VERSION: Final = "2.0.10"


class KrakenFeed:
    """All sessions of one world."""

    def __init__(self, machine: Machine, symbols: Symbols, find: Find) -> None:
        self._machine = machine
        self._symbols = symbols
        self._find = find
        self._markets = {symbols.pair_display(symbol): symbol for symbol in symbols.pair_symbols}
        self._sessions: dict[Session, None] = {}
        self._opened = 0
        self._last = 0
        """The number of the last fact that was published."""
        self._modes = Modes()
        self._views: dict[str, MarketView] = {}
        self._topics: dict[Key, Topic] = {}
        self._of_market: dict[str, list[MarketTopic]] = {}
        """The topics of each market in the order in which they are told."""
        self._waiting: deque[tuple[int, Subscription]] = deque()
        """Whose snapshot is of a fact that is not stored yet, and of which."""

    @property
    def is_followed(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._sessions)

    def begin(self, last: int) -> None:
        """Somebody comes, and nobody is there; that was the last fact that is stored."""
        self._last = last
        self._modes = self._machine.state.modes

    def open(self, call: Call, line: Line) -> Session:
        """A conversation begins. The first frame says how the exchange is."""
        self._opened += 1
        host = call.headers.get(b"host", b"").decode("latin-1").partition(":")[0].lower()
        serves = PATHS[call.path] & (HOSTS.get(host, ~Serves(0)) | Serves.UNIFIED)
        session = Session(self, line, serves, self._number(self._opened))
        self._sessions[session] = None
        session.show_status(self._status(session))
        return session

    def publish(self, recorded: Recorded) -> None:
        """More is stored: tell of each command by itself."""
        begin = 0
        for end in (*recorded.cuts, len(recorded.facts)):
            self._send_snapshots(recorded.first + begin - 1)
            self._tell(recorded.first + begin, recorded.facts[begin:end])
            begin = end
        self._last = recorded.last
        self._send_snapshots(self._last)

    def tick(self) -> None:
        """A second of real time passed."""
        for session in list(self._sessions):
            session.tick()

    def break_off(self) -> None:
        """What was told may never have happened, or the world is another one: everybody is to come again."""
        for session in list(self._sessions):
            session.show_status(self._status(session, "maintenance"))
            session.end(TRY_AGAIN)
        self._waiting.clear()

    # What sessions ask

    def market(self, symbol: str) -> str | None:
        """Our name of a market."""
        return self._markets.get(symbol)

    def topic(self, channel: str, market: str | None, options: Options) -> Topic:
        """What is to be followed."""
        key = (channel, market, *(value for name, value in options.items() if name != "snapshot"))
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = self._new_topic(channel, market, options)
            topic.key = key
            if market is not None and isinstance(topic, MarketTopic):
                self._line_up(market, topic)
        return topic

    def follow(self, subscription: Subscription) -> None:
        """From the topic's place on, which its snapshot is of."""
        topic = subscription.topic
        topic.followers[subscription] = None
        if not subscription.options["snapshot"]:
            return
        subscription.hold()
        if topic.place > self._last:
            self._waiting.append((topic.place, subscription))
        else:
            self._show(subscription)

    def unfollow(self, subscription: Subscription) -> None:
        """Nothing is kept that nobody follows."""
        topic = subscription.topic
        topic.followers.pop(subscription, None)
        if topic.followers:
            return
        del self._topics[topic.key]
        market = topic.key[1]
        if market is not None:
            self._of_market[market] = [known for known in self._of_market[market] if known is not topic]
            if not self._of_market[market]:
                del self._of_market[market], self._views[market]

    def left(self, session: Session) -> None:
        """A conversation is over."""
        self._sessions.pop(session, None)

    # Telling

    def _tell(self, first: int, told: tuple[AnyFact, ...]) -> None:
        """The facts of one command, or of one thing that fell due."""
        touched: dict[str, None] = {}
        views = self._views
        for number, fact in enumerate(told, first):
            market = _market_of(fact)
            if market is None:
                if isinstance(fact, facts.StatusSet):
                    self._set_modes(number, fact.modes)
            elif market in views:
                views[market].take(number, fact)
                touched[market] = None
        last = first + len(told) - 1
        for market in touched:
            for topic in self._of_market[market]:
                frame = topic.frame() if topic.place < last else None
                if frame is not None:
                    _deliver(topic, frame)
            views[market].settle()

    def _set_modes(self, number: int, modes: Modes) -> None:
        if modes.system is not self._modes.system:
            self._modes = modes
            for session in list(self._sessions):
                session.show_status(self._status(session))
        self._modes = modes
        for topic in list(self._topics.values()):
            if isinstance(topic, InstrumentTopic) and number > topic.place:
                frame = topic.set_statuses(modes.markets)
                if frame is not None:
                    _deliver(topic, frame)

    def _send_snapshots(self, stored: int) -> None:
        """To those whose place is stored by now."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= stored:
            _, subscription = waiting.popleft()
            if not subscription.is_over:
                self._show(subscription)

    def _show(self, subscription: Subscription) -> None:
        shown = subscription.topic.snapshot()
        if isinstance(shown, bytes):
            subscription.begin(shown)
            return
        assert isinstance(subscription.topic, TradeTopic)
        subscription.last_trade = subscription.topic.last_id
        self._find(shown, _told_by(subscription), lambda: subscription.session.end(TRY_AGAIN))

    def _new_topic(self, channel: str, market: str | None, options: Options) -> Topic:
        state = self._machine.state
        if market is None:
            tokenized: bool = options["include_tokenized_assets"]
            return InstrumentTopic(state, self._symbols, options["execution_venue"], with_tokenized=tokenized)
        view = self._views.get(market)
        if view is None:
            view = self._views[market] = MarketView(state, market)
        return _market_topic(channel, view, text(self._symbols.pair_display(market)), state, options)

    def _line_up(self, market: str, topic: MarketTopic) -> None:
        """Topics of a market are told in one order, whoever came first."""
        topics = self._of_market.setdefault(market, [])
        topics.append(topic)
        topics.sort(key=lambda topic: (ORDER.index(topic.key[0]), topic.key[2:]))

    def _status(self, session: Session, system: str | None = None) -> bytes:
        return (
            f'{{"channel":"status","type":"update","data":[{{"api_version":"v2",'
            f'"connection_id":{session.connection_id},"system":"{system or self._modes.system.value}",'
            f'"version":"{VERSION}"}}]}}'
        ).encode()

    def _number(self, opened: int) -> int:
        """A connection's number: above 2**53, as recorded; of a world's seed and of how many came before."""
        drawn = hashlib.shake_256(f"seatrial {self._machine.state.seed} connection {opened}".encode()).digest(8)
        return int.from_bytes(drawn, "big") | 1 << 63


def _told_by(subscription: Subscription) -> Callable[[Any], None]:
    return subscription.found


def _deliver(topic: Topic, frame: bytes) -> None:
    for subscription in list(topic.followers):
        subscription.deliver(frame)


def _market_of(fact: AnyFact) -> str | None:
    """The market that a fact is about, if it is one's."""
    if isinstance(fact, facts.OrderFact):
        return fact.market
    return fact.trade.market if isinstance(fact, facts.Traded | facts.TradePrinted) else None


def _market_topic(channel: str, view: MarketView, symbol: str, state: State, options: Options) -> MarketTopic:
    if channel == BOOK:
        return BookTopic(view, symbol, state, options["depth"])
    if channel == TICKER:
        return TickerTopic(view, symbol, state, options["event_trigger"])
    return CandleTopic(view, symbol, state, options["interval"]) if channel == OHLC else TradeTopic(view, symbol, state)
