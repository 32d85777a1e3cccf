"""What is published of orders and trades for the sake of transparency: PreTrade and PostTrade.

Source: market-data#transparency.
"""

from functools import partial
from itertools import islice
from typing import Final

from msgspec import Struct

from seatrial.core.assets import Asset, AssetKind
from seatrial.core.book import BookSide, Level
from seatrial.core.markets import Market
from seatrial.core.money import format_units
from seatrial.core.orders import Trade
from seatrial.core.queries import TradesOfMarkets
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Later, PublicContext, Tools
from seatrial.dialects.kraken.describe import price_text
from seatrial.dialects.kraken.endpoint import PublicEndpoint
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.params import MAX_NS, Params
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kraken.ws.frames import nanos

MIN_SYMBOL: Final = 3
MAX_SYMBOL: Final = 32
LEVELS: Final = 10
MAX_TRADES: Final = 1_000

VENUE: Final = "PGSL"
"""The market identifier code of Kraken's platform, as recorded."""
SYSTEM: Final = "CLOB"


class Instrument(Struct, frozen=True, kw_only=True):
    """What is traded. The order of the fields is that of the recorded trade."""

    symbol: str
    description: str
    base_asset: str
    base_notation: str
    base_dti_code: str
    base_dti_short_name: str
    quote_asset: str
    quote_notation: str
    quote_dti_code: str
    quote_dti_short_name: str


class PriceLevel(Struct, frozen=True):
    """The orders that rest at one price."""

    side: str
    price: str
    qty: str
    count: int
    submission_ts: str
    publication_ts: str


class PreTrade(Instrument, frozen=True, kw_only=True):
    """The best levels of one market."""

    venue: str = VENUE
    system: str = SYSTEM
    bids: list[PriceLevel]
    asks: list[PriceLevel]


class PublishedTrade(Struct, frozen=True, kw_only=True):
    """One trade of any market. `Instrument`'s fields stand among its own, as recorded, so it is no `Instrument`."""

    trade_id: str
    price: str
    quantity: str
    symbol: str
    description: str
    base_asset: str
    base_notation: str
    base_dti_code: str
    base_dti_short_name: str
    quote_asset: str
    quote_notation: str
    quote_dti_code: str
    quote_dti_short_name: str
    trade_venue: str = VENUE
    trade_ts: str
    publication_venue: str = VENUE
    publication_ts: str


class PostTrade(Struct, frozen=True):
    """Some trades, the newest first, and when the newest was."""

    last_ts: str
    count: int
    trades: list[PublishedTrade]


def pre_trade(context: PublicContext, params: Params) -> PreTrade:
    """The ten best levels of both sides."""
    text = params.required("symbol")
    ms = context.state.markets[_market(context.tools.symbols, text)]
    bids, asks = _levels(ms.market, ms.book.bids, "BUY"), _levels(ms.market, ms.book.asks, "SELL")
    return PreTrade(**_described(context.tools.symbols, ms.market), bids=bids, asks=asks)


def post_trade(context: PublicContext, params: Params) -> Later:
    """The trades after a moment, up to another one; without the first the newest ones.

    Decided: of more trades than `count` after a moment the first ones are shown, so that who asks again from `last_ts`
    goes on where this ends.
    """
    text = params.text("symbol")
    listed = context.tools.symbols.pair_symbols if text is None else (_market(context.tools.symbols, text),)
    after_ns, until_ns = _moment(params, "from_ts"), _moment(params, "to_ts")
    count = params.integer("count", 1, MAX_TRADES) or MAX_TRADES
    traded = tuple(symbol for symbol in listed if _may_have_traded(context, symbol, after_ns))
    shown_ns = next((bound for bound in (after_ns, until_ns) if bound is not None), context.at_ns)
    markets = {symbol: context.state.markets[symbol].market for symbol in traded}
    query = TradesOfMarkets(traded, after_ns, until_ns, count)
    return Later(query, partial(_write_trades, context.tools, markets, shown_ns), is_long=True)


def _market(symbols: Symbols, text: str) -> str:
    if not MIN_SYMBOL <= len(text) <= MAX_SYMBOL:
        raise bad_argument("symbol")
    symbol = symbols.pair(text)
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    return symbol


def _moment(params: Params, name: str) -> int | None:
    """A moment before 1970 is that of the first trade, one too far away to count `MAX_NS`."""
    at_ns = params.rfc3339_ns(name)
    return None if at_ns is None else min(max(at_ns, 0), MAX_NS)


def _may_have_traded(context: PublicContext, symbol: str, after_ns: int | None) -> bool:
    last = context.state.markets[symbol].stats.last
    return last is not None and (after_ns is None or last.at_ns > after_ns)


def _described(symbols: Symbols, market: Market) -> dict[str, str]:
    base, quote = market.base, market.quote
    base_code, base_short_name = symbols.asset_dti(base.code)
    quote_code, quote_short_name = symbols.asset_dti(quote.code)
    return {
        "symbol": symbols.pair_display(market.symbol),
        "description": f"{symbols.asset_full_name(base.code)} / {symbols.asset_full_name(quote.code)}",
        "base_asset": symbols.asset_altname(base.code),
        "base_notation": "NOML" if _is_money(base) else "UNIT",
        "base_dti_code": base_code,
        "base_dti_short_name": base_short_name,
        "quote_asset": symbols.asset_altname(quote.code),
        "quote_notation": "MONE" if _is_money(quote) else "UNIT",
        "quote_dti_code": quote_code,
        "quote_dti_short_name": quote_short_name,
    }


def _is_money(asset: Asset) -> bool:
    return asset.kind is AssetKind.FIAT


def _levels(market: Market, side: BookSide, name: str) -> list[PriceLevel]:
    return [_level(market, level, name) for level in islice(side.levels(), LEVELS)]


def _level(market: Market, level: Level, side: str) -> PriceLevel:
    """Decided: it was submitted with its oldest order, and published when it last grew or shrank by a trade."""
    oldest = next(iter(level.orders.values()))
    return PriceLevel(
        side,
        price_text(market, level.price_ticks),
        format_units(level.qty_lots, market.lot_scale),
        len(level.orders),
        nanos(oldest.opened_ns),
        nanos(level.touched_ns),
    )


def _write_trades(tools: Tools, markets: dict[str, Market], shown_ns: int, found: list[Trade]) -> PostTrade:
    """Decided: without trades `last_ts` is the moment that was asked about."""
    last_ns = found[-1].at_ns if found else shown_ns
    described = {symbol: _described(tools.symbols, market) for symbol, market in markets.items()}
    rows = [_row(tools, markets[trade.market], described[trade.market], trade) for trade in reversed(found)]
    return PostTrade(nanos(last_ns), len(rows), rows)


def _row(tools: Tools, market: Market, described: dict[str, str], trade: Trade) -> PublishedTrade:
    """It is published when it happens, as recorded."""
    at = nanos(trade.at_ns)
    return PublishedTrade(
        trade_id=tools.ids.published_trade(trade.market, trade.trade_id),
        price=price_text(market, trade.price_ticks),
        quantity=format_units(trade.qty_lots, market.lot_scale),
        **described,
        trade_ts=at,
        publication_ts=at,
    )


ENDPOINTS: Final = (
    PublicEndpoint("PreTrade", pre_trade),
    PublicEndpoint("PostTrade", post_trade),
)
