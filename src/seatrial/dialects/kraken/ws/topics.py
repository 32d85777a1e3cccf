"""What can be followed: each topic makes one frame for all who follow it, and a snapshot for who comes.

Source of shapes and rules: kraken-websocket#ticker, kraken-websocket#book, kraken-websocket#trade and
kraken-websocket#ohlc. Decided: nothing is throttled.
"""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol

from seatrial.core.candles import Candle
from seatrial.core.markets import Market
from seatrial.core.money import div_half_up, format_units
from seatrial.core.orders import Side, Trade
from seatrial.core.queries import TradePage
from seatrial.core.state import State
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.ws.frames import data_frame, micros, nanos
from seatrial.dialects.kraken.ws.views import Levels, MarketView, Queued, Queues

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.session import Subscription

SUMMED_LEVELS: Final = 10
"""Of each side, in a book's checksum."""
SNAPSHOT_TRADES: Final = 50
LOOKED_UP_TRADES: Final = 200
"""More than are shown: the newest of them may have happened after the snapshot's place."""
PERCENT_SCALE: Final = 2

BOOK: Final = "book"
TICKER: Final = "ticker"
TRADE: Final = "trade"
OHLC: Final = "ohlc"
INSTRUMENT: Final = "instrument"
LEVEL3: Final = "level3"


class Topic(Protocol):
    """What many may follow."""

    key: tuple[Any, ...]
    """Its channel, its market if it is of one, and the options that tell it from others."""
    followers: "dict[Subscription, None]"
    place: int
    """The fact that its snapshot is of, until those behind it are stored."""


class MarketTopic(ABC):
    """One of a market."""

    def __init__(self, view: MarketView, symbol: str, place: int) -> None:
        self.view = view
        self.symbol = symbol
        """The market's name as JSON."""
        self.key: tuple[Any, ...] = ()
        self.followers: dict[Subscription, None] = {}
        self.place = place
        self._whole: tuple[int, bytes | TradePage] | None = None

    @abstractmethod
    def frame(self) -> bytes | None:
        """What changed since the last one; None where nothing did."""

    def whole(self) -> bytes | TradePage:
        """The snapshot, made once for all who come before something happens in the market."""
        if self._whole is None or self._whole[0] != self.view.taken:
            self._whole = self.view.taken, self.snapshot()
        return self._whole[1]

    @abstractmethod
    def snapshot(self) -> bytes | TradePage:
        """All of it as it is; or what must be looked up first."""


class BookTopic(MarketTopic):
    """The best levels of both sides."""

    def __init__(self, view: MarketView, symbol: str, state: State, depth: int) -> None:
        self._book = view.needs_book(state)
        super().__init__(view, symbol, self._book.place)
        self._depth = depth
        self._edges = self._edges_now()

    def frame(self) -> bytes | None:
        """The levels that changed within its depth, or came into it."""
        book, depth = self._book, self._depth
        if not (book.bids.before or book.asks.before):
            return None
        bids = list(book.bids.changes(depth, self._edges[0]))
        asks = list(book.asks.changes(depth, self._edges[1]))
        self._edges = self._edges_now()
        return self._frame("update", bids, asks) if bids or asks else None

    def snapshot(self) -> bytes:
        """The best levels."""
        return self._frame("snapshot", self._book.bids.best(self._depth), self._book.asks.best(self._depth))

    def _edges_now(self) -> tuple[int | None, int | None]:
        return self._book.bids.edge(self._depth), self._book.asks.edge(self._depth)

    def _frame(self, kind: str, bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]]) -> bytes:
        market = self.view.market
        row = (
            f'{{"symbol":{self.symbol},"bids":[{_levels(market, bids)}],"asks":[{_levels(market, asks)}],'
            f'"checksum":{checksum(self._book.bids, self._book.asks)},"timestamp":"{micros(self.view.at_ns)}"}}'
        )
        return data_frame(BOOK, kind, row)


class TickerTopic(MarketTopic):
    """A market at a glance, at each trade or at each change of its best prices."""

    def __init__(self, view: MarketView, symbol: str, state: State, trigger: str) -> None:
        self._book, self._stats = view.needs_book(state), view.needs_stats(state)
        super().__init__(view, symbol, max(self._book.place, self._stats.place))
        self._by_trades = trigger == "trades"
        self._shown = self._best()

    def frame(self) -> bytes | None:
        """The market as it is, where that is to be told."""
        best = self._best()
        has_news = bool(self.view.trades) if self._by_trades else best != self._shown
        self._shown = best
        return self._frame("update") if has_news else None

    def snapshot(self) -> bytes:
        """The market as it is."""
        return self._frame("snapshot")

    def _best(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Decided: a side without orders shows zeros, as in REST."""
        return next(self._book.bids.best(1), (0, 0)), next(self._book.asks.best(1), (0, 0))

    def _frame(self, kind: str) -> bytes:
        view, market = self.view, self.view.market
        (bid, bid_lots), (ask, ask_lots) = self._best()
        last, day = self._stats.stats.last, self._stats.stats.day()
        price = last.price_ticks if last else 0
        change = price - day.open_ticks
        percent = div_half_up(change * 100 * 10**PERCENT_SCALE, day.open_ticks) if day.open_ticks else 0
        average = day.exact // day.volume_lots if day.volume_lots else day.open_ticks
        row = (
            f'{{"symbol":{self.symbol},"bid":{_price(market, bid)},"bid_qty":{_qty(market, bid_lots)},'
            f'"ask":{_price(market, ask)},"ask_qty":{_qty(market, ask_lots)},"last":{_price(market, price)},'
            f'"volume":{_qty(market, day.volume_lots)},"vwap":{_price(market, average)},'
            f'"low":{_price(market, day.low_ticks)},"high":{_price(market, day.high_ticks)},'
            f'"change":{_price(market, change)},"change_pct":{format_units(percent, PERCENT_SCALE)},'
            f'"trades":{day.count},"timestamp":"{micros(view.at_ns)}"}}'
        )
        return data_frame(TICKER, kind, row)


class TradeTopic(MarketTopic):
    """Trades as they happen."""

    def __init__(self, view: MarketView, symbol: str, state: State) -> None:
        super().__init__(view, symbol, state.last_fact)
        self._last_id = state.markets[view.market.symbol].trade_id
        """Of the last trade that whoever comes now is not told of."""

    def frame(self) -> bytes | None:
        """Those of one command together."""
        trades = [trade for trade in self.view.trades if trade.trade_id > self._last_id]
        if not trades:
            return None
        self._last_id = trades[-1].trade_id
        return self._frame("update", trades)

    def snapshot(self) -> TradePage:
        """The last ones must be looked up."""
        return TradePage(self.view.market.symbol, limit=LOOKED_UP_TRADES)

    def written(self, found: list[Trade]) -> bytes:
        """The last ones, the oldest first."""
        return self._frame("snapshot", found[-SNAPSHOT_TRADES:])

    @property
    def last_id(self) -> int:
        """Up to where a snapshot goes."""
        return self._last_id

    def _frame(self, kind: str, trades: Iterable[Trade]) -> bytes:
        market = self.view.market
        rows = (
            f'{{"symbol":{self.symbol},"side":"{trade.taker_side.value}","price":{_price(market, trade.price_ticks)},'
            f'"qty":{_qty(market, trade.qty_lots)},"ord_type":"{trade.taker_kind.value}",'
            f'"trade_id":{trade.trade_id},"timestamp":"{micros(trade.at_ns)}"}}'
            for trade in trades
        )
        return data_frame(TRADE, kind, ",".join(rows))


class CandleTopic(MarketTopic):
    """The candles of one length: an update is the running one, after trades."""

    def __init__(self, view: MarketView, symbol: str, state: State, minutes: int) -> None:
        self._candles = view.needs_candles(state, minutes)
        super().__init__(view, symbol, self._candles.place)
        self._minutes = minutes

    def frame(self) -> bytes | None:
        """Those that trades of one command were in."""
        return self._frame("update", self._candles.touched) if self._candles.touched else None

    def snapshot(self) -> bytes:
        """Decided: as many as REST shows."""
        return self._frame("snapshot", self._candles.rows)

    def _frame(self, kind: str, candles: Iterable[Candle]) -> bytes:
        rows = ",".join(map(self._row, candles))
        return data_frame(OHLC, kind, rows, f'"timestamp":"{nanos(self.view.at_ns)}",')

    def _row(self, row: Candle) -> str:
        """Decided: the average is cut off, as in REST. Source of `timestamp`, the candle's end: recorded frames."""
        market = self.view.market
        end_ns = (row.start_s + self._minutes * 60) * 10**9
        return (
            f'{{"symbol":{self.symbol},"open":{_price(market, row.open_ticks)},'
            f'"high":{_price(market, row.high_ticks)},"low":{_price(market, row.low_ticks)},'
            f'"close":{_price(market, row.close_ticks)},"trades":{row.count},'
            f'"volume":{_qty(market, row.volume_lots)},"vwap":{_price(market, row.exact // row.volume_lots)},'
            f'"interval_begin":"{nanos(row.start_s * 10**9)}","interval":{self._minutes},'
            f'"timestamp":"{micros(end_ns)}"}}'
        )


class Level3Topic(MarketTopic):
    """The orders of the best levels of both sides, as they stand in their queues.

    Source: kraken-websocket#level3. Decided: an order's time is when it came to rest, filled or got smaller.
    """

    def __init__(self, view: MarketView, symbol: str, state: State, ids: Ids, depth: int) -> None:
        queue = view.needs_queue(state)
        super().__init__(view, symbol, queue.place)
        self._ids = ids
        self._depth = depth
        self._bids, self._asks = queue.queues[Side.BUY], queue.queues[Side.SELL]
        self._edges = self._edges_now()

    def frame(self) -> bytes | None:
        """What happened to orders within its depth, and those that came into it."""
        depth = self._depth
        if not (self._bids.events or self._asks.events):
            return None
        bids = [self._row(*change) for change in self._bids.changes(depth, self._edges[0])]
        asks = [self._row(*change) for change in self._asks.changes(depth, self._edges[1])]
        self._edges = self._edges_now()
        return self._frame("update", bids, asks) if bids or asks else None

    def snapshot(self) -> bytes:
        """The orders of the best levels."""
        bids, asks = ([self._row("", queued) for queued in side.best(self._depth)] for side in (self._bids, self._asks))
        return self._frame("snapshot", bids, asks)

    def _edges_now(self) -> tuple[int | None, int | None]:
        return self._bids.edge(self._depth), self._asks.edge(self._depth)

    def _frame(self, kind: str, bids: list[str], asks: list[str]) -> bytes:
        summed = order_checksum(self._bids, self._asks)
        row = (
            f'{{"symbol":{self.symbol},"checksum":{summed},"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],'
            f'"timestamp":"{nanos(self.view.at_ns)}"}}'
        )
        return data_frame(LEVEL3, kind, row)

    def _row(self, event: str, queued: Queued) -> str:
        market = self.view.market
        said = f'"event":"{event}",' if event else ""
        return (
            f'{{{said}"order_id":"{self._ids.any_order(queued.order_id)}",'
            f'"limit_price":{_price(market, queued.price_ticks)},"order_qty":{_qty(market, queued.lots)},'
            f'"timestamp":"{nanos(queued.touched_ns)}"}}'
        )


def order_checksum(bids: Queues, asks: Queues) -> int:
    """That of level 3: of all orders of those levels, one after the other."""
    return zlib.crc32((asks.digits(SUMMED_LEVELS) + bids.digits(SUMMED_LEVELS)).encode())


def checksum(bids: Levels, asks: Levels) -> int:
    """CRC-32 of the ten best levels of each side, asks first, written without points and zeros in front.

    Source: kraken-websocket#checksum. Ticks and lots are just those digits.
    """
    levels = (*asks.best(SUMMED_LEVELS), *bids.best(SUMMED_LEVELS))
    return zlib.crc32("".join(f"{ticks}{lots}" for ticks, lots in levels).encode())


def _levels(market: Market, levels: Iterable[tuple[int, int]]) -> str:
    price, qty = market.price_scale, market.lot_scale
    return ",".join(
        f'{{"price":{format_units(ticks, price)},"qty":{format_units(lots, qty)}}}' for ticks, lots in levels
    )


def _price(market: Market, ticks: int) -> str:
    return format_units(ticks, market.price_scale)


def _qty(market: Market, lots: int) -> str:
    return format_units(lots, market.lot_scale)
