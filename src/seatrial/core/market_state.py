"""What a world remembers of a market: its book, the summaries of its trades, its best prices and its scales."""

from collections import deque
from typing import Final

from msgspec import Struct

from seatrial.core.assets import USD
from seatrial.core.book import Book
from seatrial.core.candles import Candles, DayStats, Tally
from seatrial.core.markets import Market, Minimums
from seatrial.core.money import PPM, Ratio
from seatrial.core.orders import Side
from seatrial.core.volume import USD_SCALE

KEPT_QUOTES: Final = 200
"""How many changes of the best bid or ask a market remembers. Source: market-data#spread."""


class Quote(Struct, frozen=True):
    """The best prices of a market from one moment on."""

    market: str
    number: int
    """Counts up within the market."""
    at_ns: int
    bid_ticks: int
    ask_ticks: int


class MarketState:
    """One market: its book, its trades' summaries and its changes of scale."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.status = market.status
        self.book = Book()
        self.tally = Tally()
        self.quotes: deque[Quote] = deque(maxlen=KEPT_QUOTES)
        self.trade_id = 0
        self.is_in_dollars = market.quote.code == USD
        exact_scale = market.price_scale + market.lot_scale
        self.to_quote = Ratio(exact_scale, market.quote.scale)
        self.to_quote_fee = Ratio(exact_scale + 6, market.quote.scale)
        self.to_base = Ratio(market.lot_scale, market.base.scale)
        self.to_base_fee = Ratio(market.lot_scale + 6, market.base.scale)
        self.to_usd = Ratio(exact_scale, USD_SCALE)
        self.minimums = Minimums(market.min_qty_lots, Ratio(market.cost_scale, exact_scale).ceil(market.min_cost))
        """What an order must be at least, where its venue has no minimums of its own."""
        self.dust = (self.to_quote.div - 1) // self.to_quote.mul
        """The most in ticks * lots that is worth less than the smallest unit of the quote: nobody could pay for it.

        Source: four recorded orders that ended with such a rest, of a fifth of a unit at most; kucoin-rest#order-rules.
        """

    @property
    def candles(self) -> Candles:
        """Its candles, of all trades so far."""
        return self.tally.candles

    @property
    def stats(self) -> DayStats:
        """Its day statistics, of all trades so far."""
        return self.tally.stats

    def bound_ticks(self, side: Side, band_ppm: int) -> int | None:
        """The worst price within that distance of the best opposite one; None when there is no opposite one."""
        buys = side is Side.BUY
        best = (self.book.asks if buys else self.book.bids).best_ticks
        if best is None:
            return None
        return best * (PPM + band_ppm) // PPM if buys else -(-best * (PPM - band_ppm) // PPM)

    def note_quote(self, at_ns: int) -> Quote | None:
        """Remember the best prices if they changed; None when they did not, or a side is empty."""
        bid, ask = self.book.bids.best_ticks, self.book.asks.best_ticks
        if bid is None or ask is None:
            return None
        last = self.quotes[-1] if self.quotes else None
        if last is not None and last.bid_ticks == bid and last.ask_ticks == ask:
            return None
        quote = Quote(self.market.symbol, last.number + 1 if last else 1, at_ns, bid, ask)
        self.quotes.append(quote)
        return quote
