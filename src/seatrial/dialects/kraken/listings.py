"""What only Kraken knows about assets and pairs: its names for them and its columns, read from the catalogue's tree.

An asset or market without a line is named as Kraken names newer ones: plainly. Markets that Kraken does not have are
listed in a file of their own.
Source: kraken-rest#assets for the plain names.
"""

import re
from typing import Final

from msgspec import Struct

from seatrial.catalogue import MAX_SCALE, Catalogue
from seatrial.catalogue.table import Row
from seatrial.core.assets import Asset
from seatrial.core.markets import Market

VENUE: Final = "kraken"
_RANGE: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)
_RATE_SCALE: Final = 6
_PLAIN_LOT_SCALE: Final = 8
_PLAIN_DISPLAY_DECIMALS: Final = 5


class AssetLine(Struct, frozen=True):
    """Kraken's side of one asset."""

    code: str
    """Our name for it, BTC."""
    canonical: str
    """XXBT."""
    altname: str
    """XBT."""
    display: str
    """BTC."""
    aclass: str
    display_decimals: int
    margin_rate: str | None
    """Percent, as Kraken writes it; None for what cannot be borrowed."""
    full_name: str = ""
    """Bitcoin."""
    dti_code: str = ""
    """Its digital token identifier; of money and where it is not known, nothing. Source: market-data#transparency."""
    dti_short_name: str = ""


_LATER_COLUMNS: Final = ("full_name", "dti_code", "dti_short_name")
"""A catalogue that somebody made before they were there has none of them."""
_ASSET_COLUMNS: Final = tuple(name for name in AssetLine.__struct_fields__ if name not in _LATER_COLUMNS)


class PairLine(Struct, frozen=True):
    """Kraken's side of one market."""

    symbol: str
    """Our name for it, BTC/USD."""
    canonical: str
    """XXBTZUSD."""
    altname: str
    """XBTUSD."""
    wsname: str
    """XBT/USD."""
    lot: str
    lot_multiplier: int = 1
    leverage_buy: tuple[int, ...] = ()
    leverage_sell: tuple[int, ...] = ()
    long_position_limit: int | None = None
    short_position_limit: int | None = None
    margin_call: int = 80
    margin_stop: int = 40
    fee_volume_currency: str = "ZUSD"
    execution_venue: str = "international"


def read_asset_lines(catalogue: Catalogue) -> dict[str, tuple[AssetLine, Row]]:
    """Kraken's lines by our asset code, and where they stand. Raises `CatalogueError`."""
    codes = {asset.code for asset in catalogue.assets}
    lines: dict[str, tuple[AssetLine, Row]] = {}
    for row in catalogue.tree.venue_table(VENUE, "assets.csv", _ASSET_COLUMNS, _LATER_COLUMNS):
        line = _asset_line(row, row.member("code", codes, "assets.csv"))
        if line.code in lines:
            row.fail(f"{line.code} is listed twice")
        lines[line.code] = line, row
    return lines


def read_pair_lines(catalogue: Catalogue) -> dict[str, tuple[PairLine, Row]]:
    """Kraken's lines by our market symbol, and where they stand. Raises `CatalogueError`."""
    lines: dict[str, tuple[PairLine, Row]] = {}
    for row in catalogue.tree.venue_table(VENUE, "pairs.csv", PairLine.__struct_fields__):
        line = _pair_line(row, row.member("symbol", catalogue.markets, "markets.csv"))
        if line.symbol in lines:
            row.fail(f"{line.symbol} is listed twice")
        lines[line.symbol] = line, row
    return lines


def read_unlisted(catalogue: Catalogue) -> frozenset[str]:
    """Our assets and markets that are not on Kraken; a market of such an asset is not. Raises `CatalogueError`."""
    found: set[str] = set()
    codes = {asset.code for asset in catalogue.assets}
    for row in catalogue.tree.venue_table(VENUE, "unlisted.csv", ("symbol",)):
        symbol = row.text("symbol")
        if symbol not in codes:
            row.member("symbol", catalogue.markets, "markets.csv or assets.csv")
        if symbol in found:
            row.fail(f"{symbol} is listed twice")
        found.add(symbol)
    markets = catalogue.markets.values()
    return frozenset(found | {market.symbol for market in markets if {market.base.code, market.quote.code} & found})


def plain_asset_line(asset: Asset) -> AssetLine:
    """The line of an asset that Kraken's file does not have."""
    return AssetLine(
        code=asset.code,
        canonical=asset.code,
        altname=asset.code,
        display=asset.code,
        aclass="currency",
        display_decimals=min(asset.scale, _PLAIN_DISPLAY_DECIMALS),
        margin_rate=None,
    )


def derived_asset_line(base: AssetLine, suffix: str) -> AssetLine:
    """The line of a read-only balance beside its base: the altname with the suffix, XBT.M and never XXBT.M.

    Source: kraken-rest#assets.
    """
    name = base.altname + suffix
    return AssetLine(
        code=base.code + suffix,
        canonical=name,
        altname=name,
        display=name,
        aclass=base.aclass,
        display_decimals=base.display_decimals,
        margin_rate=None,
    )


def plain_pair_line(market: Market, base: AssetLine, quote: AssetLine) -> PairLine:
    """The line of a market that Kraken's file does not have."""
    altname = base.altname + quote.altname
    return PairLine(
        symbol=market.symbol,
        canonical=altname,
        altname=altname,
        wsname=f"{base.altname}/{quote.altname}",
        lot="unit" if market.lot_scale == _PLAIN_LOT_SCALE else f"unit{market.lot_scale}",
    )


def _asset_line(row: Row, code: str) -> AssetLine:
    return AssetLine(
        code=code,
        canonical=row.text("canonical"),
        altname=row.text("altname"),
        display=row.text("display"),
        aclass=row.text("aclass"),
        display_decimals=row.whole("display_decimals", MAX_SCALE),
        margin_rate=_margin_rate(row),
        full_name=row.optional("full_name") or "",
        dti_code=row.optional("dti_code") or "",
        dti_short_name=row.optional("dti_short_name") or "",
    )


def _margin_rate(row: Row) -> str | None:
    """A number that is shown as it is written."""
    text = row.optional("margin_rate")
    if text is not None:
        row.units("margin_rate", _RATE_SCALE, 100 * 10**_RATE_SCALE)
    return text


def _pair_line(row: Row, symbol: str) -> PairLine:
    return PairLine(
        symbol=symbol,
        canonical=row.text("canonical"),
        altname=row.text("altname"),
        wsname=row.text("wsname"),
        lot=row.text("lot"),
        lot_multiplier=row.whole("lot_multiplier"),
        leverage_buy=_levels(row, "leverage_buy"),
        leverage_sell=_levels(row, "leverage_sell"),
        long_position_limit=_limit(row, "long_position_limit"),
        short_position_limit=_limit(row, "short_position_limit"),
        margin_call=row.whole("margin_call"),
        margin_stop=row.whole("margin_stop"),
        fee_volume_currency=row.text("fee_volume_currency"),
        execution_venue=row.text("execution_venue"),
    )


def _levels(row: Row, column: str) -> tuple[int, ...]:
    """Every whole number of a range such as 2-10; none when the cell is empty."""
    text = row.optional(column)
    if text is None:
        return ()
    match = _RANGE.fullmatch(text)
    if match is None:
        row.fail(f"{column} {text!r} is no range such as 2-10")
    lowest, highest = int(match[1]), int(match[2] or match[1])
    if highest < lowest:
        row.fail(f"{column} {text!r} runs backwards")
    return tuple(range(lowest, highest + 1))


def _limit(row: Row, column: str) -> int | None:
    return None if row.optional(column) is None else row.whole(column)
