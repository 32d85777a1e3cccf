"""Market data: currencies, symbols, prices, candles, the book and trades.

Source: kucoin-rest#market-endpoints; the order of fields is that of the examples in KuCoin's own API specification.
Decided: a side without orders and a market without trades show null.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.assets import USD
from seatrial.core.book import BookSide
from seatrial.core.candles import KEPT, Candle
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market, SystemStatus
from seatrial.core.money import div_half_up
from seatrial.core.orders import Trade
from seatrial.core.queries import CandlePage, TradePage
from seatrial.core.valuing import price_of
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.amounts import short
from seatrial.dialects.kucoin.context import Context, Later, PublicContext
from seatrial.dialects.kucoin.endpoint import GENERAL, Endpoint, PublicEndpoint
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import DEFAULT_TIER, Pool
from seatrial.dialects.kucoin.listings import VENUE, Chain, rate
from seatrial.dialects.kucoin.paging import page_of, read_page
from seatrial.dialects.kucoin.params import MILLISECOND_NS, Params
from seatrial.dialects.kucoin.reading import market_of
from seatrial.dialects.kucoin.symbols import (
    CLOSED,
    CurrencyInfo,
    OldCurrencyInfo,
    OldSymbolInfo,
    SymbolInfo,
)

SERVICE_STATUSES: Final = {
    SystemStatus.ONLINE: "open",
    SystemStatus.POST_ONLY: "open",
    SystemStatus.LIMIT_ONLY: "open",
    SystemStatus.CANCEL_ONLY: "cancelonly",
    SystemStatus.MAINTENANCE: "close",
}
"""Source of the words: kucoin-rest#market-endpoints."""

MAX_TRADES: Final = 100
MAX_CANDLES: Final = 1500
MAX_CURRENCIES: Final = 2000
LATEST_SECOND: Final = 2**53
AVERAGE_SCALE: Final = 8
CHANGE_SCALE: Final = 4
"""Decimals of an average price and of a rate of change. Source: the specification's examples."""
PRICE_SCALE: Final = 16
"""Decimals of the fiat prices. Source: the same."""


class Length(NamedTuple):
    """A length of candles, and the shorter ones that the market keeps of which they are made."""

    kept: int
    """In minutes."""
    parts: int
    """Of how many of them one is made at most."""
    start: Callable[[int], int]
    """When the interval began that a moment is in, both in seconds."""


def _fixed(minutes: int, kept: int) -> Length:
    return Length(kept, minutes // kept, lambda at_s: at_s - at_s % (minutes * 60))


def _month(at_s: int) -> int:
    return int(datetime.fromtimestamp(at_s, UTC).replace(day=1, hour=0, minute=0, second=0).timestamp())


LENGTHS: Final = {
    "1min": _fixed(1, 1),
    "3min": _fixed(3, 1),
    "5min": _fixed(5, 5),
    "15min": _fixed(15, 15),
    "30min": _fixed(30, 30),
    "1hour": _fixed(60, 60),
    "2hour": _fixed(120, 60),
    "4hour": _fixed(240, 240),
    "6hour": _fixed(360, 60),
    "8hour": _fixed(480, 240),
    "12hour": _fixed(720, 240),
    "1day": _fixed(1440, 1440),
    "1week": _fixed(10080, 10080),
    "1month": Length(1440, 31, _month),
}
"""By `type`."""
TETHER: Final = "USDT"

DAY_FIELDS: Final = ("changeRate", "changePrice", "high", "low", "vol", "volValue", "last", "averagePrice")
"""What every ticker says of the last 24 hours; all null in a market without trades."""
RATE_FIELDS: Final = ("takerFeeRate", "makerFeeRate", "takerCoefficient", "makerCoefficient")
"""What it says of fees."""

OldLevel = tuple[str, str]


class Level1(Struct, frozen=True, rename="camel"):
    """Last trade and best prices of one market."""

    time: int
    sequence: str
    price: str | None
    size: str | None
    best_bid: str | None
    best_bid_size: str | None
    best_ask: str | None
    best_ask_size: str | None


class BookView(Struct, frozen=True):
    """Aggregated levels of one market, best first."""

    time: int
    sequence: str
    bids: list[OldLevel]
    asks: list[OldLevel]


class Auction(Struct, frozen=True, rename="camel"):
    """What the call auction of a market would come to now, and the prices that its orders may name."""

    symbol: str
    estimated_price: str
    estimated_size: str
    sell_order_range_low_price: str
    sell_order_range_high_price: str
    buy_order_range_low_price: str
    buy_order_range_high_price: str
    time: int


class TradeRow(Struct, frozen=True):
    """One trade; `side` is the taker's, `time` in nanoseconds."""

    sequence: str
    price: str
    size: str
    side: str
    time: int


def server_time(context: PublicContext, _params: Params) -> int:
    """What the world's clock shows, in milliseconds."""
    return context.at_ns // MILLISECOND_NS


def status(context: PublicContext, _params: Params) -> dict[str, str]:
    """What the exchange as a whole is open for."""
    return {"status": SERVICE_STATUSES[context.state.modes.system], "msg": ""}


def my_ip(context: PublicContext, _params: Params) -> str:
    """Whom the call came from."""
    return context.address


def announcements(_context: PublicContext, params: Params) -> dict[str, object]:
    """None is ever made."""
    return page_of([], 0, read_page(params, minimum=1))


def currencies_1(context: PublicContext, _params: Params) -> list[OldCurrencyInfo]:
    """All currencies, each with the values of its usual chain."""
    symbols = context.tools.symbols
    return [symbols.currency_info_1(code, next(iter(symbols.chains(code)), None)) for code in symbols.codes]


def currency_1(context: PublicContext, params: Params) -> OldCurrencyInfo:
    """One currency with the values of one chain."""
    code, chains = _currency(context, params)
    return context.tools.symbols.currency_info_1(code, next(iter(chains), None))


def currency_2(context: PublicContext, params: Params) -> CurrencyInfo:
    """One currency with its chains, in the older form."""
    return context.tools.symbols.currency_info_2(*_currency(context, params))


def currencies_3(context: PublicContext, _params: Params) -> list[CurrencyInfo]:
    """All currencies with their chains."""
    symbols = context.tools.symbols
    return [symbols.currency_info(code, symbols.chains(code)) for code in symbols.codes]


def currency_3(context: PublicContext, params: Params) -> CurrencyInfo:
    """One currency with its chains."""
    return context.tools.symbols.currency_info(*_currency(context, params))


def symbols_1(context: PublicContext, params: Params) -> list[OldSymbolInfo]:
    """All symbols, in the older form."""
    names = OldSymbolInfo.__struct_fields__
    return [OldSymbolInfo(**{name: getattr(info, name) for name in names}) for info in symbols_2(context, params)]


def symbols_2(context: PublicContext, params: Params) -> list[SymbolInfo]:
    """All symbols, or those listed under one market. Decided: an unknown market has none."""
    group, symbols = params.text("market"), context.tools.symbols
    return [_symbol(context, symbol) for symbol in symbols.markets if group in (None, symbols.line(symbol).market)]


def symbol_2(context: PublicContext, params: Params) -> SymbolInfo:
    """One symbol."""
    return _symbol(context, market_of(context, params.required("symbol")))


def markets(context: PublicContext, _params: Params) -> tuple[str, ...]:
    """What symbols are listed under."""
    return context.tools.symbols.groups


def level1(context: PublicContext, params: Params) -> Level1:
    """Last trade and best prices."""
    ms = _market(context, params)
    last = ms.stats.last
    bid, ask = _best(ms.market, ms.book.bids), _best(ms.market, ms.book.asks)
    return Level1(
        time=context.at_ns // MILLISECOND_NS,
        sequence=str(ms.book.sequence),
        price=_price(ms.market, last.price_ticks) if last else None,
        size=_size(ms.market, last.qty_lots) if last else None,
        best_bid=bid[0],
        best_bid_size=bid[1],
        best_ask=ask[0],
        best_ask_size=ask[1],
    )


def all_tickers(context: PublicContext, _params: Params) -> dict[str, object]:
    """All markets at a glance."""
    rows = [_ticker(context, symbol) for symbol in context.tools.symbols.markets]
    return {"time": context.at_ns // MILLISECOND_NS, "ticker": rows}


def stats(context: PublicContext, params: Params) -> dict[str, object]:
    """The last 24 hours; of a symbol that is none they are all null. Recorded: September 2024."""
    name = params.required("symbol")
    symbol = context.tools.symbols.symbol(name)
    if symbol is None:
        nothing = dict.fromkeys(("buy", "sell", *DAY_FIELDS, *RATE_FIELDS))
        return {"time": context.at_ns // MILLISECOND_NS, "symbol": name, **nothing}
    ms = context.state.markets[symbol]
    return {
        "time": context.at_ns // MILLISECOND_NS,
        "symbol": context.tools.symbols.name(ms.market.symbol),
        "buy": _best(ms.market, ms.book.bids)[0],
        "sell": _best(ms.market, ms.book.asks)[0],
        **_day(ms),
        **_rates(ms.market, context.state.as_of(context.at_ns)),
    }


def book(levels: int | None, context: PublicContext | Context, params: Params) -> BookView:
    """The best levels of both sides; all of them when no number is given."""
    ms = _market(context, params)
    return BookView(
        context.at_ns // MILLISECOND_NS,
        str(ms.book.sequence),
        _levels(ms.market, ms.book.bids, levels),
        _levels(ms.market, ms.book.asks, levels),
    )


def auction_book(context: PublicContext, params: Params) -> BookView:
    """The levels of a call auction: none, since no market here opens with one."""
    ms = _market(context, params)
    return BookView(context.at_ns // MILLISECOND_NS, str(ms.book.sequence), [], [])


def auction(context: PublicContext, params: Params) -> Auction:
    """What a call auction would come to. Decided: zeros where there is none, which every client can read."""
    name = context.tools.symbols.name(_market(context, params).market.symbol)
    return Auction(name, *("0",) * 6, context.at_ns // MILLISECOND_NS)


def histories(context: PublicContext, params: Params) -> Later:
    """The newest trades, oldest first."""
    market = _market(context, params).market
    return Later(TradePage(market.symbol, limit=MAX_TRADES), partial(_write_trades, market, context.tools.ids))


def candles(context: PublicContext, params: Params) -> Later | list[tuple[str, ...]]:
    """Intervals with trades that begin in startAt <= start < endAt, newest first. Decided: `endAt` is exclusive."""
    ms = _market(context, params)
    kind = params.required_choice("type", LENGTHS)
    start_s = params.integer("startAt", 0, LATEST_SECOND) or 0
    end_s = params.integer("endAt", 0, LATEST_SECOND) or LATEST_SECOND
    if start_s > end_s:
        raise BadCall(errors.out_of_range("startAt"))
    length = LENGTHS[kind]
    recent = ms.candles.of(length.kept)
    write = partial(_write_candles, ms.market, length, start_s, end_s)
    if len(recent) <= KEPT or length.start(recent[0].start_s) < start_s:
        return write(recent, [])
    older = CandlePage(
        ms.market.symbol, length.kept, start_s, min(recent[0].start_s, end_s + length.parts * length.kept * 60),
        limit=(MAX_CANDLES + 2) * length.parts,
    )  # fmt: skip
    return Later(older, partial(write, recent))


def prices(context: PublicContext, params: Params) -> dict[str, str]:
    """What one of each currency is worth in a fiat currency. What has no known price is left out (decided)."""
    symbols = context.tools.symbols
    base = params.text("base") or USD
    if context.state.assets.get(base) is None:
        raise BadCall(errors.out_of_range("base"))
    asked = params.comma_list("currencies", MAX_CURRENCIES)
    codes = [code for name in asked if (code := symbols.code(name)) is not None] if asked else symbols.codes
    found = ((code, _value(context, code, base)) for code in codes)
    return {symbols.currency(code): value for code, value in found if value is not None}


def margin_symbols(context: PublicContext, _params: Params) -> dict[str, object]:
    """None: there is no margin trading here."""
    return {"timestamp": context.at_ns // MILLISECOND_NS, "items": []}


def nothing(_context: PublicContext, _params: Params) -> list[object]:
    """None of these exist here: contracts, symbols of isolated margin."""
    return []


def _currency(context: PublicContext, params: Params) -> tuple[str, tuple[Chain, ...]]:
    """The currency of the path, and its chains or the one that `chain` names."""
    symbols, chain_id = context.tools.symbols, params.text("chain")
    code = symbols.code(params.required("currency"))
    if code is None:
        raise BadCall(errors.out_of_range("currency"))
    if chain_id is None:
        return code, symbols.chains(code)
    chain = symbols.chain(code, chain_id)
    if chain is None:
        raise BadCall(errors.UNKNOWN_CHAIN)
    return code, (chain,)


def _symbol(context: PublicContext, symbol: str) -> SymbolInfo:
    """What is known of a symbol, and whether it trades now."""
    info = context.tools.symbols.symbol_info(symbol)
    is_open = context.state.markets[symbol].status not in CLOSED
    return info if info.enable_trading is is_open else replace(info, enable_trading=is_open)


def _market(context: PublicContext | Context, params: Params) -> MarketState:
    return context.state.markets[market_of(context, params.required("symbol"))]


def _price(market: Market, ticks: int) -> str:
    return short(ticks, market.price_scale)


def _size(market: Market, lots: int) -> str:
    return short(lots, market.lot_scale)


def _best(market: Market, side: BookSide) -> tuple[str | None, str | None]:
    best = next(side.levels(), None)
    return (None, None) if best is None else (_price(market, best.price_ticks), _size(market, best.qty_lots))


def _ticker(context: PublicContext, symbol: str) -> dict[str, str | None]:
    ms, name = context.state.markets[symbol], context.tools.symbols.name(symbol)
    bid, ask = _best(ms.market, ms.book.bids), _best(ms.market, ms.book.asks)
    return {
        "symbol": name,
        "symbolName": name,
        "buy": bid[0],
        "bestBidSize": bid[1],
        "sell": ask[0],
        "bestAskSize": ask[1],
        **_day(ms),
        **_rates(ms.market, context.state.as_of(context.at_ns)),
    }


def _day(ms: MarketState) -> dict[str, str | None]:
    """The change is from the first price of the 24 hours to the last one. Averages are cut off (decided)."""
    market, last, day = ms.market, ms.stats.last, ms.stats.day()
    if last is None:
        return dict.fromkeys(DAY_FIELDS)
    change = last.price_ticks - day.open_ticks
    finer: int = 10**AVERAGE_SCALE
    average = day.exact * finer // (day.volume_lots * 10**market.price_scale)
    values = (
        short(div_half_up(change * 10**CHANGE_SCALE, day.open_ticks), CHANGE_SCALE),
        _price(market, change),
        _price(market, day.high_ticks),
        _price(market, day.low_ticks),
        _size(market, day.volume_lots),
        short(day.exact, market.price_scale + market.lot_scale),
        _price(market, last.price_ticks),
        short(average, AVERAGE_SCALE),
    )
    return dict(zip(DAY_FIELDS, values, strict=True))


def _rates(market: Market, at_ns: int) -> dict[str, str]:
    """What a new user pays."""
    tier = market.fees_for(VENUE).at(at_ns).of_level(DEFAULT_TIER).tier(0)
    return dict(zip(RATE_FIELDS, (rate(tier.taker_ppm), rate(tier.maker_ppm), "1", "1"), strict=True))


def _levels(market: Market, side: BookSide, count: int | None) -> list[OldLevel]:
    return [
        (_price(market, level.price_ticks), _size(market, level.qty_lots)) for level in islice(side.levels(), count)
    ]


def _write_trades(market: Market, ids: Ids, found: list[Trade]) -> list[TradeRow]:
    return [
        TradeRow(
            str(ids.trade(trade.trade_id)),
            _price(market, trade.price_ticks),
            _size(market, trade.qty_lots),
            trade.taker_side,
            trade.at_ns,
        )
        for trade in found
    ]


def _write_candles(
    market: Market, length: Length, start_s: int, end_s: int, recent: list[Candle], older: list[Candle]
) -> list[tuple[str, ...]]:
    """The newest candles that begin within the bounds, made of what the market keeps and of older ones, newest first.

    Of the oldest interval a part may be missing where there are more than are shown; it is not shown.
    """
    rows = [row for row in (*reversed(older), *recent) if row.start_s >= start_s]
    wanted = [row for row in _fold(rows, length.start) if start_s <= row.start_s < end_s]
    return [_candle_row(market, row) for row in islice(reversed(wanted), MAX_CANDLES)]


def _fold(rows: list[Candle], start: Callable[[int], int]) -> Iterator[Candle]:
    """Longer intervals out of shorter ones."""
    for start_s, group in groupby(rows, lambda row: start(row.start_s)):
        first, *parts = group
        whole = Candle(
            start_s, first.open_ticks, first.high_ticks, first.low_ticks, first.close_ticks, first.volume_lots,
            first.exact, first.count,
        )  # fmt: skip
        for part in parts:
            whole.fold(part)
        yield whole


def _candle_row(market: Market, candle: Candle) -> tuple[str, ...]:
    """Start, open, close, high, low, volume, turnover."""
    return (
        str(candle.start_s),
        _price(market, candle.open_ticks),
        _price(market, candle.close_ticks),
        _price(market, candle.high_ticks),
        _price(market, candle.low_ticks),
        _size(market, candle.volume_lots),
        short(candle.exact, market.price_scale + market.lot_scale),
    )


def _value(context: PublicContext, code: str, base: str) -> str | None:
    """What one is worth, by way of Tether where no market of the two has traded (decided)."""
    price = price_of(context.state, code, base) or _by_way_of(context, code, base)
    if price is None:
        return None
    one, other = context.state.assets[code], context.state.assets[base]
    finer: int = 10 ** (PRICE_SCALE + one.scale)
    return short(price[0] * finer // (price[1] * 10**other.scale), PRICE_SCALE)


def _by_way_of(context: PublicContext, code: str, base: str) -> tuple[int, int] | None:
    first, second = price_of(context.state, code, TETHER), price_of(context.state, TETHER, base)
    if first is None or second is None:
        return None
    return first[0] * second[0], first[1] * second[1]


ENDPOINTS: Final = (
    PublicEndpoint("GET", "/api/v1/timestamp", server_time),
    PublicEndpoint("GET", "/api/v1/status", status),
    PublicEndpoint("GET", "/api/v1/my-ip", my_ip),
    PublicEndpoint("GET", "/api/v3/announcements", announcements),
    PublicEndpoint("GET", "/api/v1/currencies", currencies_1),
    PublicEndpoint("GET", "/api/v1/currencies/{currency}", currency_1),
    PublicEndpoint("GET", "/api/v2/currencies/{currency}", currency_2),
    PublicEndpoint("GET", "/api/v3/currencies", currencies_3),
    PublicEndpoint("GET", "/api/v3/currencies/{currency}", currency_3),
    PublicEndpoint("GET", "/api/v1/symbols", symbols_1),
    PublicEndpoint("GET", "/api/v2/symbols", symbols_2),
    PublicEndpoint("GET", "/api/v2/symbols/{symbol}", symbol_2),
    PublicEndpoint("GET", "/api/v1/markets", markets),
    PublicEndpoint("GET", "/api/v1/market/orderbook/level1", level1),
    PublicEndpoint("GET", "/api/v1/market/allTickers", all_tickers),
    PublicEndpoint("GET", "/api/v1/market/stats", stats),
    PublicEndpoint("GET", "/api/v1/market/orderbook/level2_20", partial(book, 20)),
    PublicEndpoint("GET", "/api/v1/market/orderbook/level2_100", partial(book, 100)),
    PublicEndpoint("GET", "/api/v1/market/orderbook/callauction/level2_20", auction_book),
    PublicEndpoint("GET", "/api/v1/market/orderbook/callauction/level2_100", auction_book),
    PublicEndpoint("GET", "/api/v1/market/callauctionData", auction),
    PublicEndpoint("GET", "/api/v1/market/histories", histories),
    PublicEndpoint("GET", "/api/v1/market/candles", candles),
    PublicEndpoint("GET", "/api/v1/prices", prices),
    PublicEndpoint("GET", "/api/v3/margin/symbols", margin_symbols),
    PublicEndpoint("GET", "/api/v1/isolated/symbols", nothing),
    PublicEndpoint("GET", "/api/v1/contracts/active", nothing),
    Endpoint("GET", "/api/v3/market/orderbook/level2", partial(book, None), GENERAL, Pool.SPOT, 3),
)
"""The last is private although it looks like market data; the contracts are of the futures host, which ccxt asks too.

Source: kucoin-rest#permissions and kucoin-rest#what-ccxt-asks.
"""
