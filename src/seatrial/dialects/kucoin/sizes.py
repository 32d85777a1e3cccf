"""KuCoin's own steps and limits of a market's orders, in the units of our books.

A step may be coarser than the market's own, never finer: prices and volumes that other users name stand in the same
book. Decided: where KuCoin's is finer, as that of LTC-USDT and ETH-BTC is, the market's own holds and is shown.
Source: kucoin-rest#symbols; the file's numbers are those of recorded answers.
"""

from typing import Final

from msgspec import Struct

from seatrial.catalogue.table import Row
from seatrial.core.markets import Market, Minimums
from seatrial.core.money import MAX_UNITS, Ratio
from seatrial.dialects.kucoin.amounts import USUAL_DECIMALS

COLUMNS: Final = (
    "base_min_size",
    "base_max_size",
    "base_increment",
    "quote_min_size",
    "quote_max_size",
    "quote_increment",
    "price_increment",
    "min_funds",
)
"""Cells may be empty: then the market's own hold."""

MAX_BASE: Final = 10**10
MAX_QUOTE: Final = 99_999_999
"""Sizes of a single order. Source: the specification's example of BTC-USDT; decided: the same everywhere."""
FINEST: Final = 12
"""Decimals that an increment may have."""


class Sizes(Struct, frozen=True, gc=False):
    """What orders of a market must be: prices in ticks, sizes in lots, funds in units of the quote."""

    price_step: int
    size_step: int
    min_size: int
    max_size: int
    funds_step: int
    min_funds: int
    """What any order moves at least."""
    min_spend: int
    """What a market order names at least where it names funds."""
    max_spend: int
    minimums: Minimums
    """What of it the exchange checks, which knows what an order would move."""


def read_sizes(row: Row, market: Market) -> Sizes:
    """A market's, with its own for the cells that are empty. Raises `CatalogueError`."""
    own, lots, quote = plain_sizes(market), market.lot_scale, market.quote.scale
    min_size = _amount(row, "base_min_size", lots, own.min_size)
    min_funds = _amount(row, "min_funds", quote, own.min_funds)
    return Sizes(
        price_step=_step(row, "price_increment", market.price_scale),
        size_step=_step(row, "base_increment", lots),
        min_size=min_size,
        max_size=_amount(row, "base_max_size", lots, own.max_size),
        funds_step=max(own.funds_step, _step(row, "quote_increment", quote)),
        min_funds=min_funds,
        min_spend=_amount(row, "quote_min_size", quote, min_funds),
        max_spend=_amount(row, "quote_max_size", quote, own.max_spend),
        minimums=_minimums(market, min_size, min_funds),
    )


def plain_sizes(market: Market) -> Sizes:
    """Those of a market of which KuCoin's are not known: its own."""
    quote = market.quote.scale
    min_funds = Ratio(market.cost_scale, quote).ceil(market.min_cost)
    lots: int = 10**market.lot_scale
    units: int = 10**quote
    return Sizes(
        price_step=1,
        size_step=1,
        min_size=market.min_qty_lots,
        max_size=min(MAX_BASE * lots, MAX_UNITS),
        funds_step=10 ** max(quote - USUAL_DECIMALS, 0),
        min_funds=min_funds,
        min_spend=min_funds,
        max_spend=min(MAX_QUOTE * units, MAX_UNITS),
        minimums=_minimums(market, market.min_qty_lots, min_funds),
    )


def _minimums(market: Market, min_size: int, min_funds: int) -> Minimums:
    return Minimums(min_size, Ratio(market.quote.scale, market.price_scale + market.lot_scale).ceil(min_funds))


def _amount(row: Row, column: str, scale: int, own: int) -> int:
    return own if row.optional(column) is None else row.positive(column, scale)


def _step(row: Row, column: str, scale: int) -> int:
    """An increment in units of 10**-scale; what is finer than such a unit counts as one."""
    if row.optional(column) is None:
        return 1
    found = row.positive(column, FINEST)
    unit: int = 10 ** (FINEST - scale)
    if found > unit and found % unit:
        row.fail(f"{column} {row.text(column)!r} is no multiple of the market's own step")
    return max(found // unit, 1)
