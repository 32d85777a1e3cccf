"""What Kraken's users are told over sockets: all sessions of one world, and what they follow."""

import hashlib
from collections import deque
from typing import Final

from seatrial.core import facts
from seatrial.core.accounts import ApiKey
from seatrial.core.facts import AnyFact, Recorded
from seatrial.core.machine import Machine
from seatrial.core.markets import Modes
from seatrial.core.orders import Fill, Trade
from seatrial.core.queries import Page
from seatrial.core.state import State
from seatrial.dialects.kraken.context import Tools
from seatrial.dialects.kraken.limits import DEFAULT_TIER, TIERS, Tier
from seatrial.dialects.kraken.manners import MAINTENANCE
from seatrial.dialects.kraken.ws import words
from seatrial.dialects.kraken.ws.balances import BALANCES, BalancesTopic
from seatrial.dialects.kraken.ws.channels import Options, Refused, Serves
from seatrial.dialects.kraken.ws.coming import Comings
from seatrial.dialects.kraken.ws.executions import EXECUTIONS, SHORT, ExecutionsTopic, RateCounters
from seatrial.dialects.kraken.ws.frames import text
from seatrial.dialects.kraken.ws.instrument import InstrumentTopic
from seatrial.dialects.kraken.ws.rows import AccountTopic, tell
from seatrial.dialects.kraken.ws.session import TRY_AGAIN, Key, Session, Subscription
from seatrial.dialects.kraken.ws.topics import (
    BOOK,
    LEVEL3,
    OHLC,
    TICKER,
    TRADE,
    BookTopic,
    CandleTopic,
    Level3Topic,
    MarketTopic,
    TickerTopic,
    Topic,
    TradeTopic,
)
from seatrial.dialects.kraken.ws.views import MarketView
from seatrial.dialects.wire import Call, Find, Line, Reply

PATHS: Final = {
    "/v2": Serves.PUBLIC | Serves.PRIVATE | Serves.LEVEL3,
    "/v2/public": Serves.PUBLIC | Serves.LEVEL3 | Serves.UNIFIED,
    "/v2/private": Serves.PRIVATE | Serves.LEVEL3 | Serves.UNIFIED,
}
"""Source: kraken-websocket#addresses and kraken-websocket#unified-websocket."""

HOSTS: Final = {
    "ws.kraken.com": Serves.PUBLIC,
    "beta-ws.kraken.com": Serves.PUBLIC,
    "ws-auth.kraken.com": Serves.PRIVATE | Serves.LEVEL3,
    "beta-ws-auth.kraken.com": Serves.PRIVATE | Serves.LEVEL3,
    "ws-l3.kraken.com": Serves.LEVEL3,
}
"""Where a host is named, only what that one serves. Under any other name everything is served."""

ORDER: Final = (TRADE, TICKER, OHLC, BOOK, LEVEL3)
PRIVATE_ORDER: Final = (EXECUTIONS, BALANCES)
"""In which one command is told of, to all and to each account. Decided."""

VERSION: Final = "2.0.10"

TOO_MANY_CONNECTIONS: Final = Reply(
    b"<!DOCTYPE html>\n<html><head><title>Access denied</title></head>"
    b"<body><h1>Error 1015: you are being rate limited</h1></body></html>\n",
    status=429,
    content_type=b"text/html; charset=UTF-8",
)
"""Source of the limit: kraken-websocket#connection. Decided: the page, after those of the edge before the venue."""


class KrakenFeed:
    """All sessions of one world."""

    def __init__(self, machine: Machine, tools: Tools, find: Find, comings: Comings | None = None) -> None:
        self._machine = machine
        self._comings = comings
        """Counts who comes from where; None: nobody does."""
        self.tools = tools
        self._ids = tools.ids
        symbols = tools.symbols
        self._tokens: dict[str, int] = {}
        """The numbers of tokens by their texts."""
        self._last_token = 0
        self._accounts: dict[int, list[AccountTopic]] = {}
        """The topics of each account that somebody follows, in the order in which they are told."""
        self._noting: dict[RateCounters, None] = {}
        """The counters of orders that were counted for what is not stored yet."""
        self._symbols = symbols
        self._find = find
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

    def refusal(self, call: Call, at_s: float) -> Reply | None:
        """Whether too many came from there."""
        if self._comings is None or self._comings.admits(call.address, at_s):
            return None
        return TOO_MANY_CONNECTIONS

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
        for counters in list(self._noting):
            counters.go_on_to(self._last)
        self._send_snapshots(self._last)

    def tick(self) -> None:
        """A second of real time passed."""
        for session in list(self._sessions):
            session.tick()

    def break_off(self) -> None:
        """What was told may never have happened, or the world is another one: everybody is to come again."""
        self._tokens, self._last_token = {}, 0
        for session in list(self._sessions):
            session.show_status(self._status(session, "maintenance"))
            session.end(TRY_AGAIN)
        self._waiting.clear()

    # What sessions ask

    def market(self, symbol: str) -> str | None:
        """Our name of a market."""
        return self._symbols.market_displayed(symbol)

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

    def private_topic(self, channel: str, account_id: int) -> AccountTopic:
        """What is to be followed of an account."""
        topics = self._accounts.setdefault(account_id, [])
        known = next((topic for topic in topics if topic.channel == channel), None)
        if known is not None:
            return known
        topic = self._new_private_topic(channel, account_id)
        topics.append(topic)
        topics.sort(key=lambda topic: PRIVATE_ORDER.index(topic.channel))
        return topic

    def _new_private_topic(self, channel: str, account_id: int) -> AccountTopic:
        state, limits = self._machine.state, self.tools.limits
        if channel == BALANCES:
            return BalancesTopic(state, self._symbols, self._ids, account_id)
        counters = RateCounters(state, limits, self.tier(account_id), account_id, self._noting)
        limits.watchers[account_id] = counters.note
        return ExecutionsTopic(state, self._symbols, self._ids, account_id, counters)

    def tier(self, account_id: int) -> Tier:
        """What an account's verification allows."""
        return TIERS.get(self.tier_name(account_id), TIERS[DEFAULT_TIER])

    def tier_name(self, account_id: int) -> str:
        """How far it is verified."""
        return self._machine.state.accounts[account_id].account.tier

    def key_of(self, token: str, at_ns: int) -> ApiKey:
        """Whose token it is. Raises `Refused`. Decided: its key must be there still."""
        state = self._machine.state
        self._learn_tokens(state)
        known = state.tokens.get(self._tokens.get(token, 0))
        if known is None or known.expires_ns <= at_ns:
            raise Refused(words.BAD_TOKEN)
        key = state.key_numbers.get(known.key_id)
        if key is None:
            raise Refused(words.BAD_TOKEN)
        return key

    def _learn_tokens(self, state: State) -> None:
        """The texts of those that were issued since the last time, and of none that is forgotten."""
        if len(self._tokens) > 2 * len(state.tokens) + 64:
            self._tokens = {text: number for text, number in self._tokens.items() if number in state.tokens}
        for number in reversed(state.tokens):
            if number <= self._last_token:
                break
            self._tokens[self._ids.ws_token(number)] = number
        self._last_token = state.counters.token_id

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
        if isinstance(topic, ExecutionsTopic | BalancesTopic):
            self._forget(topic)
            return
        del self._topics[topic.key]
        market = topic.key[1]
        if market is not None:
            self._of_market[market] = [known for known in self._of_market[market] if known is not topic]
            if not self._of_market[market]:
                del self._of_market[market], self._views[market]
            elif isinstance(topic, Level3Topic):
                self._forget_queue(market)

    def _forget_queue(self, market: str) -> None:
        """Single orders are kept no longer than somebody follows them."""
        if not any(isinstance(topic, Level3Topic) for topic in self._of_market[market]):
            self._views[market].queue = None

    def _forget(self, topic: AccountTopic) -> None:
        left = [known for known in self._accounts[topic.account_id] if known is not topic]
        self._accounts[topic.account_id] = left
        if not left:
            del self._accounts[topic.account_id]
        if isinstance(topic, ExecutionsTopic):
            del self.tools.limits.watchers[topic.account_id]
            self._noting.pop(topic.counters, None)

    def left(self, session: Session) -> None:
        """A conversation is over."""
        self._sessions.pop(session, None)

    # Telling

    def _tell(self, first: int, told: tuple[AnyFact, ...]) -> None:
        """The facts of one command, or of one thing that fell due."""
        touched: dict[str, None] = {}
        views = self._views
        last = first + len(told) - 1
        for number, fact in enumerate(told, first):
            market = _market_of(fact)
            if market is None:
                if isinstance(fact, facts.StatusSet):
                    self._set_modes(number, fact.modes)
            elif market in views:
                views[market].take(number, fact)
                touched[market] = None
        for market in touched:
            view = views[market]
            for topic in list(self._of_market[market]):
                frame = topic.frame() if topic.place < last else None
                if frame is not None:
                    _deliver(topic, frame)
            view.settle()
        if self._accounts:
            self._tell_accounts(last, told)

    def _tell_accounts(self, last: int, told: tuple[AnyFact, ...]) -> None:
        """Each account that somebody follows, of what is its own."""
        touched: dict[int, list[AccountTopic]] = {}
        for fact in told:
            for account_id in _accounts_of(fact):
                topics = self._accounts.get(account_id)
                if topics is not None:
                    if account_id not in touched:
                        touched[account_id] = self._about_to_tell(topics, last)
                    for topic in touched[account_id]:
                        topic.take(fact)
        for topics in touched.values():
            for topic in topics:
                tell(topic, SHORT)

    def _about_to_tell(self, topics: list[AccountTopic], last: int) -> list[AccountTopic]:
        """Those of an account's that do not know of a command which ends with that fact."""
        for topic in topics:
            if isinstance(topic, ExecutionsTopic):
                topic.counters.go_on_to(last)
        return [topic for topic in topics if last > topic.place]

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
        topic = subscription.topic
        if isinstance(topic, ExecutionsTopic):
            self._show_executions(subscription, topic)
            return
        if isinstance(topic, MarketTopic):
            shown = topic.whole()
        else:
            assert isinstance(topic, InstrumentTopic | BalancesTopic)
            shown = topic.snapshot()
        if isinstance(shown, bytes):
            subscription.begin(shown)
            return
        assert isinstance(topic, TradeTopic)
        trades, until = topic, topic.last_id

        def found(answer: list[Trade]) -> None:
            subscription.begin(trades.written([trade for trade in answer if trade.trade_id <= until]))

        self._find(shown, found, lambda: subscription.session.end(TRY_AGAIN))

    def _show_executions(self, subscription: Subscription, topic: ExecutionsTopic) -> None:
        """Orders and fills in frames of their own, which ccxt tells apart by their first row."""
        orders = (topic.orders_snapshot(),) if subscription.options["snap_orders"] else ()
        if not subscription.options["snap_trades"]:
            subscription.begin(*orders)
            return
        until = topic.last_fill

        def found(page: Page[Fill]) -> None:
            subscription.begin(*orders, topic.fills_snapshot(page.rows, until))

        self._find(topic.fills_wanted(), found, lambda: subscription.session.end(TRY_AGAIN))

    def _new_topic(self, channel: str, market: str | None, options: Options) -> Topic:
        state = self._machine.state
        if market is None:
            tokenized: bool = options["include_tokenized_assets"]
            return InstrumentTopic(state, self._symbols, options["execution_venue"], with_tokenized=tokenized)
        view = self._views.get(market)
        if view is None:
            view = self._views[market] = MarketView(state, market)
        symbol = text(self._symbols.pair_display(market))
        if channel == LEVEL3:
            return Level3Topic(view, symbol, state, self._ids, options["depth"])
        return _market_topic(channel, view, symbol, state, options)

    def _line_up(self, market: str, topic: MarketTopic) -> None:
        """Topics of a market are told in one order, whoever came first."""
        topics = self._of_market.setdefault(market, [])
        topics.append(topic)
        topics.sort(key=lambda topic: (ORDER.index(topic.key[0]), topic.key[2:]))

    def _status(self, session: Session, system: str | None = None) -> bytes:
        """Source of what is announced: kraken-websocket#session-channels. Decided: a world announces nothing."""
        state = self._machine.state
        announces = MAINTENANCE.holds(state.as_of(state.now_ns))
        emergency, upcoming = ('"emergency":[],', '"upcoming_maintenance":[],') if announces else ("", "")
        return (
            f'{{"channel":"status","type":"update","data":[{{"api_version":"v2",'
            f'"connection_id":{session.connection_id},{emergency}"system":"{system or self._modes.system.value}",'
            f'{upcoming}"version":"{VERSION}"}}]}}'
        ).encode()

    def _number(self, opened: int) -> int:
        """A connection's number: above 2**53, as recorded; of a world's seed and of how many came before."""
        drawn = hashlib.shake_256(f"seatrial {self._machine.state.seed} connection {opened}".encode()).digest(8)
        return int.from_bytes(drawn, "big") | 1 << 63


def _deliver(topic: Topic, frame: bytes) -> None:
    for subscription in list(topic.followers):
        subscription.deliver(frame)


def _market_of(fact: AnyFact) -> str | None:
    """The market that a fact is about, if it is one's."""
    if isinstance(fact, facts.OrderFact):
        return fact.market
    return fact.trade.market if isinstance(fact, facts.Traded | facts.TradePrinted) else None


def _accounts_of(fact: AnyFact) -> tuple[int, ...]:
    """The accounts of whose orders and funds a fact tells; one alone where an order meets its owner's own."""
    if isinstance(fact, facts.OrderFact):
        return (fact.account_id,)
    if isinstance(fact, facts.Traded):
        maker, taker = fact.maker.account_id, fact.taker.account_id
        return (maker,) if maker == taker else (maker, taker)
    if isinstance(fact, facts.EntryPosted):
        return tuple({posted[2]: None for posted in fact.postings})
    return ()


def _market_topic(channel: str, view: MarketView, symbol: str, state: State, options: Options) -> MarketTopic:
    if channel == BOOK:
        return BookTopic(view, symbol, state, options["depth"])
    if channel == TICKER:
        return TickerTopic(view, symbol, state, options["event_trigger"])
    return CandleTopic(view, symbol, state, options["interval"]) if channel == OHLC else TradeTopic(view, symbol, state)
