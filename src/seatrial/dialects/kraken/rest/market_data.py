"""Public market data: names, prices, candles, the book and trades.

Source: kraken-rest#asset-info and kraken-rest#asset-pairs; market-data#trades, market-data#ohlc, market-data#spread,
market-data#depth and market-data#ticker.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Final

from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from seatrial.core.book import BookSide
from seatrial.core.candles import KEPT, MINUTES, Candle, Stats
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market
from seatrial.core.money import MAX_UNITS, div_ceil, format_units, rescale_floor
from seatrial.core.orders import OrderKind, Side, Trade
from seatrial.core.queries import TradePage
from seatrial.dialects.kraken import errors, manners
from seatrial.dialects.kraken.context import Later, Partial, PublicContext
from seatrial.dialects.kraken.describe import price_scale, price_text
from seatrial.dialects.kraken.endpoint import PublicEndpoint, added
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.listings import VENUE
from seatrial.dialects.kraken.params import MAX_NS, Params
from seatrial.dialects.kraken.symbols import PairInfo, Symbols

SECOND_NS: Final = 10**9
PERCENT_SCALE: Final = 4
"""A rate in parts per million is a percentage in units of 10**-4."""

MAX_NAMES: Final = 2_000
"""Members of one list of assets or pairs. Decided: above the number of Kraken's pairs."""

CURRENCY: Final = "currency"
FOREX: Final = "forex"
TOKENIZED: Final = "tokenized_asset"
ASSET_CLASSES: Final = (CURRENCY, TOKENIZED)
PAIR_CLASSES: Final = {CURRENCY: (CURRENCY,), TOKENIZED: (TOKENIZED,), "all": ASSET_CLASSES}
"""`aclass_base` of AssetPairs → the classes that it shows. Source of `all`: kraken-rest#asset-classes."""
MARKET_CLASSES: Final = (FOREX, TOKENIZED)
VENUES: Final = ("international", "bitnomial_exchange")

ALL_INFO: Final = "info"
INFO: Final = {
    "leverage": ("leverage_buy", "leverage_sell"),
    "fees": ("fees", "fees_maker", "fee_volume_currency"),
    "margin": ("margin_call", "margin_stop"),
}
"""`info` of AssetPairs → the only fields it shows then. Source: kraken-rest#asset-pairs."""

DEPTH_SCALE: Final = 3
"""Decimals of volumes in Depth and of the third number of the ticker's best prices. Source: market-data#depth and
market-data#ticker."""
MAX_LEVELS: Final = 500
USUAL_LEVELS: Final = 100
MAX_TRADES: Final = 1_000

MAX_GROUPS: Final = 1_000
USUAL_GROUPS: Final = 10
GROUPINGS: Final = ("1", "5", "10", "25", "50", "100", "250", "500", "1000")
"""Source of all three: market-data#grouped-book."""

FIRST_NANOSECONDS: Final = 10**11
"""A whole `since` of Trades from here on counts nanoseconds, below it seconds. Decided: see market-data#since."""

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TradeRow = tuple[str, str, float, str, str, str, int]
CandleRow = tuple[int, str, str, str, str, str, str, int]


class GroupedLevel(Struct, frozen=True):
    """All that rests within some ticks."""

    price: str
    qty: str


class GroupedBook(Struct, frozen=True):
    """A book in levels of so many ticks."""

    pair: str
    grouping: int
    bids: list[GroupedLevel]
    asks: list[GroupedLevel]


class Ticker(Struct, frozen=True):
    """One market at a glance; pairs are today since 00:00 UTC and the last 24 hours."""

    a: tuple[str, str, str]
    """Best ask: price, whole lots, lots."""
    b: tuple[str, str, str]
    c: tuple[str, str]
    """Last trade: price and volume."""
    v: tuple[str, str]
    p: tuple[str, str]
    t: tuple[int, int]
    l: tuple[str, str]  # noqa: E741  Kraken's name
    h: tuple[str, str]
    o: str


def server_time(context: PublicContext, _params: Params) -> dict[str, object]:
    """What the world's clock shows, in whole seconds."""
    return {"unixtime": context.at_ns // SECOND_NS, "rfc1123": _rfc1123(context.at_ns)}


def system_status(context: PublicContext, _params: Params) -> dict[str, object]:
    """What the exchange as a whole is open for. Decided: the time of the status is now.

    Nothing can be announced in a world, so that there is never anything to come.
    """
    at = datetime.fromtimestamp(context.at_ns // SECOND_NS, UTC)
    status = {"status": context.state.modes.system.value, "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return {**status, "upcoming_maintenance": [], "emergency": []} if context.does(manners.MAINTENANCE) else {**status}


def maintenance_schedule(_context: PublicContext, _params: Params) -> dict[str, list[object]]:
    """What is announced for the next seven days: nothing."""
    return {"events": []}


def assets(context: PublicContext, params: Params) -> dict[str, object] | Partial:
    """What is known of assets, by the names that they were asked by."""
    symbols = context.tools.symbols
    aclass = params.choice("aclass", ASSET_CLASSES, CURRENCY)
    asked = params.comma_list("asset", MAX_NAMES)
    known = [(text, code) for text in asked if (code := _asset_of_class(symbols, text, aclass)) is not None]
    found = _asset_names(context, params, known) if asked else _by_name(context, params, symbols.asset_codes)
    infos = ((name, symbols.asset_info(code)) for name, code in found.items())
    shown: dict[str, object] = {name: info for name, info in infos if info.aclass == aclass}
    return _known_part(shown, errors.UNKNOWN_ASSET, is_whole=len(known) == len(asked))


def asset_pairs(context: PublicContext, params: Params) -> dict[str, object] | Partial:
    """What is known of markets, by canonical name. `country_code` is ignored: every market is open to all (decided)."""
    symbols = context.tools.symbols
    fields = INFO.get(params.choice("info", (ALL_INFO, *INFO), ALL_INFO))
    venues = params.comma_list("execution_venue", len(VENUES)) or VENUES[:1]
    if not set(venues) <= set(VENUES):
        raise bad_argument("execution_venue")
    base_classes = PAIR_CLASSES[params.choice("aclass_base", PAIR_CLASSES, CURRENCY)]
    chosen, is_whole = _pairs_asked(context, params, base_classes)
    infos = ((key, symbol, symbols.pair_info(symbol)) for key, symbol in chosen.items())
    shown = {
        key: _pair_fields(context, params, symbol, info, fields)
        for key, symbol, info in infos
        if info.execution_venue in venues
    }
    return _known_part(shown, errors.UNKNOWN_PAIR, is_whole=is_whole)


def ticker(context: PublicContext, params: Params) -> dict[str, object] | Partial:
    """Best prices, last trade and day statistics of some markets, or of all."""
    chosen, is_whole = _pairs_asked(context, params, (_base_class(params),))
    tickers: dict[str, object] = {
        key: _ticker(context.state.markets[symbol], context.at_ns) for key, symbol in chosen.items()
    }
    return _known_part(tickers, errors.UNKNOWN_PAIR, is_whole=is_whole)


def ohlc(context: PublicContext, params: Params) -> dict[str, object]:
    """Up to 720 candles, oldest first, the last of them running; `last` is when the newest finished one began.

    Source of 720: venue-pages#time-and-sales. A recorded reply of 2025 has the running one beside
    720 finished ones; the support article outranks it.
    """
    symbol, key = _pair(context, params)
    minutes = params.integer("interval", 1, MINUTES[-1]) or MINUTES[0]
    if minutes not in MINUTES:
        raise bad_argument("interval")
    since_ns = params.time_ns("since")
    ms, length_s = context.state.markets[symbol], minutes * 60
    now_s = context.at_ns // SECOND_NS
    running_s = now_s - now_s % length_s
    first_s = running_s - (KEPT - 1) * length_s
    if since_ns is not None:
        first_s = max(first_s, min(_first_after(since_ns // SECOND_NS, length_s), running_s))
    rows = _filled(ms.candles.of(minutes), first_s, running_s, length_s)
    return {key: [_candle_row(ms.market, row) for row in rows], "last": running_s - length_s}


def depth(context: PublicContext, params: Params) -> dict[str, object]:
    """The best levels of both sides."""
    symbol, key = _pair(context, params)
    count = params.integer("count", 1, MAX_LEVELS) or USUAL_LEVELS
    ms = context.state.markets[symbol]
    sides = {"asks": ms.book.asks, "bids": ms.book.bids}
    return {key: {name: _levels(ms.market, side, count) for name, side in sides.items()}}


def grouped_book(context: PublicContext, params: Params) -> GroupedBook:
    """The best levels of both sides where each is as many ticks wide. Source: market-data#grouped-book.

    Decided: a depth that is not among the documented ones gives so many levels, as 2 was seen to.
    """
    symbol, key = _pair(context, params)
    depth = params.integer("depth", 1, MAX_GROUPS) or USUAL_GROUPS
    ticks = int(params.choice("grouping", GROUPINGS, GROUPINGS[0]))
    ms = context.state.markets[symbol]
    return GroupedBook(
        key,
        ticks,
        _grouped(ms.market, ms.book.bids, ticks, depth, upwards=False),
        _grouped(ms.market, ms.book.asks, ticks, depth, upwards=True),
    )


def trades(context: PublicContext, params: Params) -> Later:
    """The trades after `since`, oldest first, or the newest ones without it. Source: venue-pages#time-and-sales."""
    symbol, key = _pair(context, params)
    since_ns = _trades_since(params)
    count = min(params.integer("count", 1, MAX_UNITS) or MAX_TRADES, MAX_TRADES)
    market = context.state.markets[symbol].market
    row = _trade_row if context.does(manners.TRADE_IDS) else _older_trade_row
    write = partial(_write_trades, key, market, since_ns, row)
    return Later(TradePage(symbol, since_ns, count), write)


def spread(context: PublicContext, params: Params) -> dict[str, object]:
    """The newest changes of the best prices, those of the second `since` included."""
    symbol, key = _pair(context, params)
    since_s = (params.time_ns("since") or 0) // SECOND_NS
    ms = context.state.markets[symbol]
    rows = [
        (quote.at_ns // SECOND_NS, price_text(ms.market, quote.bid_ticks), price_text(ms.market, quote.ask_ticks))
        for quote in ms.quotes
        if quote.at_ns // SECOND_NS >= since_s
    ]
    return {key: rows, "last": rows[-1][0] if rows else since_s}


def _asset_version(params: Params) -> bool:
    """Whether the answer uses display names. Source: kraken-rest#asset-version."""
    return params.integer("assetVersion", 0, 1) == 1


def _by_name(context: PublicContext, params: Params, codes: Iterable[str]) -> dict[str, str]:
    symbols = context.tools.symbols
    name = symbols.asset_display if _asset_version(params) else symbols.asset_name
    return {name(code): code for code in codes}


def _known_part(shown: dict[str, object], error: str, *, is_whole: bool) -> dict[str, object] | Partial:
    """What is known of a list of names, with the error beside it if some are not, or the refusal if none is.

    Source: kraken-rest#envelope. Decided: the error stands there once, however many names are unknown.
    """
    if is_whole:
        return shown
    if not shown:
        raise BadCall(error)
    return Partial(shown, error)


def _asset_names(context: PublicContext, params: Params, asked: list[tuple[str, str]]) -> dict[str, str]:
    """The assets named, by their names in the answer.

    Who asks by a display name is answered by it. A name that is display name and altname both, such as USD, counts as
    a display name beside one that is only that, such as BTC. Source: infinity-grid 1.3.6, whose source says that BTC
    with EUR is answered so, and AVAX with EUR by AVAX and ZEUR.
    """
    symbols = context.tools.symbols
    by_display = [(text, code) for text, code in asked if symbols.is_asset_display(text, code)]
    if all(symbols.is_asset_altname(text, code) for text, code in by_display):
        by_display = []
    shown = {code for _, code in by_display}
    names = _by_name(context, params, dict.fromkeys(code for _, code in asked))
    return {symbols.asset_display(code) if code in shown else name: code for name, code in names.items()}


def _pair_key(context: PublicContext, params: Params, symbol: str, asked: str = "") -> str:
    """What a market is called in an answer: by its display name if it was asked by it, or all are.

    Source: python-kraken-sdk's order book client looks AssetPairs up by the name it asked with; an answer to BTC/USD
    of 2026-07-05 in klimavojtech2002/tickerplant. Decided: that the other methods do so too.
    """
    symbols = context.tools.symbols
    by_display = _asset_version(params) or symbols.is_pair_display(asked, symbol)
    return symbols.pair_display(symbol) if by_display else symbols.pair_name(symbol)


def _asset_of_class(symbols: Symbols, text: str, aclass: str) -> str | None:
    code = symbols.asset(text)
    return None if code is None or symbols.asset_info(code).aclass != aclass else code


def _pair(context: PublicContext, params: Params) -> tuple[str, str]:
    """The one market that must be named, of the class that was asked for, and its name in the answer."""
    asked = params.required("pair")
    symbol = _pair_of_class(context.tools.symbols, asked, (_base_class(params),))
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    return symbol, _pair_key(context, params, symbol, asked)


def _pairs_asked(context: PublicContext, params: Params, base_classes: tuple[str, ...]) -> tuple[dict[str, str], bool]:
    """The markets named, or else all of the classes, by their names in the answer; and whether every name is known."""
    symbols = context.tools.symbols
    asked = params.comma_list("pair", MAX_NAMES)
    if asked:
        found = [(text, symbol) for text in asked if (symbol := _pair_of_class(symbols, text, base_classes))]
        return {_pair_key(context, params, symbol, text): symbol for text, symbol in found}, len(found) == len(asked)
    listed = [symbol for symbol in symbols.pair_symbols if symbols.pair_info(symbol).aclass_base in base_classes]
    return {_pair_key(context, params, symbol): symbol for symbol in listed}, True


def _pair_of_class(symbols: Symbols, text: str, base_classes: tuple[str, ...]) -> str | None:
    symbol = symbols.pair(text)
    return None if symbol is None or symbols.pair_info(symbol).aclass_base not in base_classes else symbol


def _base_class(params: Params) -> str:
    """The class of a market's base that `asset_class` asks for. Source: kraken-rest#asset-classes."""
    wanted = params.choice("asset_class", MARKET_CLASSES, FOREX)
    return CURRENCY if wanted == FOREX else wanted


def _pair_fields(
    context: PublicContext, params: Params, symbol: str, info: PairInfo, fields: tuple[str, ...] | None
) -> object:
    if not context.does(manners.NO_LADDERS):
        info = _with_ladders(context, symbol, info)
    if fields is not None:
        shown = {field: getattr(info, field) for field in fields}
        return {field: value for field, value in shown.items() if value is not UNSET}
    status = context.state.markets[symbol].status.value
    if status != info.status:
        info = replace(info, status=status)
    if _asset_version(params):
        base, quote = context.tools.symbols.pair_display(symbol).split("/")
        return replace(info, base=base, quote=quote)
    return info


def _with_ladders(context: PublicContext, symbol: str, info: PairInfo) -> PairInfo:
    ladder = context.state.markets[symbol].market.fees_for(VENUE).at(context.state.as_of(context.at_ns))
    taker = _ladder([(tier.from_usd, tier.taker_ppm) for tier in ladder.tiers])
    maker = _ladder([(tier.from_usd, tier.maker_ppm) for tier in ladder.tiers])
    return replace(info, fees=taker, fees_maker=UNSET if ladder.is_flat else maker)


def _ladder(rungs: list[tuple[int, int]]) -> Raw:
    """`[[0,0.4],[10000,0.35]]`: volumes in dollars, rates in percent, as numbers without needless zeros."""
    rates = [(volume, format_units(rate_ppm, PERCENT_SCALE)) for volume, rate_ppm in rungs]
    shown = ",".join(f"[{volume},{rate.rstrip('0').rstrip('.')}]" for volume, rate in rates)
    return Raw(f"[{shown}]".encode())


def _ticker(ms: MarketState, at_ns: int) -> Ticker:
    """Decided: a side without orders and a market without trades show zeros."""
    market, last = ms.market, ms.stats.last
    today, day = ms.stats.today(at_ns), ms.stats.day()
    return Ticker(
        a=_best(market, ms.book.asks),
        b=_best(market, ms.book.bids),
        c=(price_text(market, last.price_ticks if last else 0), _lots(market, last.qty_lots if last else 0)),
        v=(_lots(market, today.volume_lots), _lots(market, day.volume_lots)),
        p=(_average(market, today), _average(market, day)),
        t=(today.count, day.count),
        l=(price_text(market, today.low_ticks), price_text(market, day.low_ticks)),
        h=(price_text(market, today.high_ticks), price_text(market, day.high_ticks)),
        o=price_text(market, today.open_ticks),
    )


def _best(market: Market, side: BookSide) -> tuple[str, str, str]:
    """Price and volume of the best level. REST shows whole lots only: 0.136 on offer prints 1 and 1.000.

    Source: market-data#ticker. Decided: the part of a lot counts as one.
    """
    best = next(side.levels(), None)
    if best is None:
        return price_text(market, 0), "0", format_units(0, DEPTH_SCALE)
    whole = div_ceil(best.qty_lots, 10**market.lot_scale)
    return price_text(market, best.price_ticks), str(whole), format_units(whole * 10**DEPTH_SCALE, DEPTH_SCALE)


def _average(market: Market, stats: Stats) -> str:
    """The volume-weighted price, cut off; without trades that of the last one. Source: market-data#ticker."""
    if not stats.volume_lots:
        return price_text(market, stats.open_ticks)
    scale = price_scale(market)
    return format_units(stats.exact * 10 ** (scale - market.price_scale) // stats.volume_lots, scale)


def _lots(market: Market, lots: int) -> str:
    return format_units(lots, market.lot_scale)


def _first_after(since_s: int, length_s: int) -> int:
    """Start of the first candle later than `since`, which is exclusive. Source: market-data#ohlc; reports disagree."""
    return since_s - since_s % length_s + length_s


def _filled(candles: list[Candle], first_s: int, running_s: int, length_s: int) -> Iterator[Candle]:
    """The candles from one start to another, with an empty one for each interval without trades after the first.

    Source: market-data#empty-intervals: an empty one repeats the close before it.
    """
    previous: Candle | None = None
    for candle in candles:
        if candle.start_s >= first_s:
            yield from _gap(previous, max(first_s, _next(previous, length_s)), candle.start_s, length_s)
            yield candle
        previous = candle
    yield from _gap(previous, max(first_s, _next(previous, length_s)), running_s + length_s, length_s)


def _next(candle: Candle | None, length_s: int) -> int:
    return 0 if candle is None else candle.start_s + length_s


def _gap(previous: Candle | None, first_s: int, end_s: int, length_s: int) -> Iterator[Candle]:
    if previous is None:
        return
    close = previous.close_ticks
    for start_s in range(first_s, end_s, length_s):
        yield Candle(start_s, close, close, close, close, 0, 0, 0)


def _candle_row(market: Market, candle: Candle) -> CandleRow:
    """Prices with pair_decimals; the volume-weighted one is cut off, not rounded. Source: market-data#candle-values."""
    scale = market.price_scale
    prices = (candle.open_ticks, candle.high_ticks, candle.low_ticks, candle.close_ticks)
    opened, high, low, close = (format_units(ticks, scale) for ticks in prices)
    average = candle.exact // candle.volume_lots if candle.volume_lots else 0
    return (
        candle.start_s, opened, high, low, close, format_units(average, scale), _lots(market, candle.volume_lots),
        candle.count,
    )  # fmt: skip


def _levels(market: Market, side: BookSide, count: int) -> list[tuple[str, str, int]]:
    """Volumes are cut off at three decimals. Source: market-data#depth; cutting rather than rounding is decided."""
    return [
        (
            price_text(market, level.price_ticks),
            format_units(rescale_floor(level.qty_lots, market.lot_scale, DEPTH_SCALE), DEPTH_SCALE),
            level.touched_ns // SECOND_NS,
        )
        for level in islice(side.levels(), count)
    ]


def _grouped(market: Market, side: BookSide, ticks: int, depth: int, *, upwards: bool) -> list[GroupedLevel]:
    """Asks count for the next group above them, bids for that below: both go to the passive side.

    There may be many levels: a plain loop, which divides once a group.
    """
    groups: list[list[int]] = []
    bound, group = 0, [0, 0]
    for level in side.levels():
        price = level.price_ticks
        if not groups or (price > bound if upwards else price < bound):
            if len(groups) == depth:
                break
            bound = (div_ceil(price, ticks) if upwards else price // ticks) * ticks
            group = [bound, 0]
            groups.append(group)
        group[1] += level.qty_lots
    return [GroupedLevel(price_text(market, price), _lots(market, lots)) for price, lots in groups]


def _trades_since(params: Params) -> int | None:
    """`since` in nanoseconds: a decimal with a point, or a small number, was in seconds."""
    text = params.decimal("since")
    if text is None:
        return None
    if "." in text or int(text) < FIRST_NANOSECONDS:
        return params.time_ns("since")
    return min(int(text), MAX_NS)


def _write_trades(
    key: str, market: Market, since_ns: int | None, row: Callable[[Market, Trade], object], found: list[Trade]
) -> dict[str, object]:
    """`last` is the exact time of the last row; without rows it repeats `since`. Source: market-data#since."""
    last_ns = found[-1].at_ns if found else since_ns or 0
    return {key: [row(market, trade) for trade in found], "last": str(last_ns)}


def _older_trade_row(market: Market, trade: Trade) -> tuple[object, ...]:
    return _trade_row(market, trade)[:-1]


def _trade_row(market: Market, trade: Trade) -> TradeRow:
    """Seven fields; the time is the nearest JSON number. Source: market-data#trades and market-data#resolution."""
    return (
        price_text(market, trade.price_ticks),
        _lots(market, trade.qty_lots),
        trade.at_ns / SECOND_NS,
        "b" if trade.taker_side is Side.BUY else "s",
        "m" if trade.taker_kind is OrderKind.MARKET else "l",
        "",
        trade.trade_id,
    )


def _rfc1123(at_ns: int) -> str:
    """`Sun,  7 Jun 20 12:00:00 +0000`: a year of two digits, a day padded by a space. Source: kraken-rest#times."""
    at = datetime.fromtimestamp(at_ns // SECOND_NS, UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:2} {_MONTHS[at.month - 1]} {at:%y %H:%M:%S} +0000"


ENDPOINTS: Final = (
    PublicEndpoint("Time", server_time),
    PublicEndpoint("SystemStatus", system_status),
    PublicEndpoint("MaintenanceSchedule", added(manners.MAINTENANCE, maintenance_schedule)),
    PublicEndpoint("Assets", assets),
    PublicEndpoint("AssetPairs", asset_pairs),
    PublicEndpoint("Ticker", ticker),
    PublicEndpoint("OHLC", ohlc),
    PublicEndpoint("Depth", depth),
    PublicEndpoint("GroupedBook", added(manners.FULL_BOOKS, grouped_book)),
    PublicEndpoint("Trades", trades),
    PublicEndpoint("Spread", spread),
)
