"""What only KuCoin knows about assets, markets and ways in and out, read from the catalogue's tree.

An asset without a line is not on KuCoin, and so is every market with such an asset; a market without a line of its own
has plain attributes. A funding method without a line is no chain, as bank rails are none.
"""

from collections.abc import Container
from typing import Final

from msgspec import Struct

from seatrial.catalogue import Catalogue
from seatrial.catalogue.table import Row
from seatrial.core.assets import AssetKind
from seatrial.core.markets import FundingMethod, Market
from seatrial.dialects.kucoin.amounts import short
from seatrial.dialects.kucoin.sizes import COLUMNS, Sizes, plain_sizes, read_sizes

VENUE: Final = "kucoin"
_YES_NO: Final = {"yes": True, "no": False}
RATE_SCALE: Final = 6
_FEE_CATEGORIES: Final = {"1": 1, "2": 2, "3": 3}

STABLECOIN_MARKETS: Final = "USDS"
BITCOIN_MARKETS: Final = "BTC"
FIAT_MARKETS: Final = "FIAT"
OTHER_MARKETS: Final = "ALTS"
PLAIN_RATE_PPM: Final = 100_000


class CurrencyLine(Struct, frozen=True):
    """KuCoin's side of one asset."""

    code: str
    """Our name for it."""
    currency: str
    """KuCoin's, which never changes."""
    name: str
    """What it is shown as, which may change."""
    full_name: str
    margin: bool


class ChainLine(Struct, frozen=True):
    """KuCoin's side of one funding method."""

    code: str
    method: str
    """Our names for the asset and the method."""
    chain_id: str
    chain_name: str
    confirms: int
    contract_address: str
    needs_tag: bool


class Chain(Struct, frozen=True):
    """One way in and out of one currency: KuCoin's line and our method."""

    line: ChainLine
    method: FundingMethod


class SymbolLine(Struct, frozen=True):
    """KuCoin's side of one market."""

    symbol: str
    """Our name for it, BTC/USDT."""
    market: str
    """The group it is listed under."""
    fee_category: int
    price_limit_ppm: int
    """How far a limit may lie beyond the best price on the other side."""
    margin: bool
    sizes: Sizes


def read_currency_lines(catalogue: Catalogue) -> dict[str, CurrencyLine]:
    """KuCoin's currencies by our asset code. Raises `CatalogueError`."""
    codes = {asset.code for asset in catalogue.assets}
    lines: dict[str, CurrencyLine] = {}
    owners: dict[str, str] = {}
    for row in catalogue.tree.venue_table(VENUE, "currencies.csv", CurrencyLine.__struct_fields__):
        line = CurrencyLine(
            code=row.member("code", codes, "assets.csv"),
            currency=_currency(row),
            name=row.text("name"),
            full_name=row.text("full_name"),
            margin=row.choice("margin", _YES_NO),
        )
        if line.code in lines:
            row.fail(f"{line.code} is listed twice")
        if owners.setdefault(line.currency, line.code) != line.code:
            row.fail(f"KuCoin's name {line.currency} means both {owners[line.currency]} and {line.code}")
        lines[line.code] = line
    return lines


def read_chains(catalogue: Catalogue, currencies: Container[str]) -> dict[str, list[Chain]]:
    """The ways in and out of these assets by code, an asset's usual one first. Raises `CatalogueError`."""
    methods = {(method.asset.code, method.name): method for method in catalogue.methods}
    found: dict[str, list[Chain]] = {}
    for row in catalogue.tree.venue_table(VENUE, "chains.csv", ChainLine.__struct_fields__):
        line = _chain_line(row, row.member("code", currencies, f"venues/{VENUE}/currencies.csv"))
        method = methods.get((line.code, line.method))
        if method is None:
            row.fail(f"{line.method} of {line.code} is not in funding/methods.csv")
        chains = found.setdefault(line.code, [])
        if any(line.method == other.line.method or line.chain_id == other.line.chain_id for other in chains):
            row.fail(f"{line.chain_id} of {line.code} is listed twice")
        chains.append(Chain(line, method))
    return found


def read_symbol_lines(catalogue: Catalogue) -> dict[str, SymbolLine]:
    """KuCoin's symbols by our market. Raises `CatalogueError`."""
    lines: dict[str, SymbolLine] = {}
    columns = ("symbol", "market", "fee_category", "price_limit_rate", "margin")
    for row in catalogue.tree.venue_table(VENUE, "symbols.csv", columns, COLUMNS):
        symbol = row.member("symbol", catalogue.markets, "markets.csv")
        line = SymbolLine(
            symbol=symbol,
            market=row.text("market"),
            fee_category=row.choice("fee_category", _FEE_CATEGORIES),
            price_limit_ppm=row.positive("price_limit_rate", RATE_SCALE),
            margin=row.choice("margin", _YES_NO),
            sizes=read_sizes(row, catalogue.markets[symbol]),
        )
        if line.symbol in lines:
            row.fail(f"{line.symbol} is listed twice")
        lines[line.symbol] = line
    return lines


def plain_currency_line(code: str) -> CurrencyLine:
    """The line of an asset that KuCoin's file does not have: of somebody who had it when it was on KuCoin."""
    return CurrencyLine(code=code, currency=code, name=code, full_name=code, margin=False)


def plain_symbol_line(market: Market) -> SymbolLine:
    """The line of a market that KuCoin's file does not have, listed under the kind of its quote."""
    return SymbolLine(
        symbol=market.symbol,
        market=_group(market),
        fee_category=1,
        price_limit_ppm=PLAIN_RATE_PPM,
        margin=False,
        sizes=plain_sizes(market),
    )


def rate(ppm: int) -> str:
    """Parts per million as a plain decimal: 1000 is `0.001`."""
    return short(ppm, RATE_SCALE)


def _group(market: Market) -> str:
    if market.quote.kind is AssetKind.STABLECOIN:
        return STABLECOIN_MARKETS
    if market.quote.kind is AssetKind.FIAT:
        return FIAT_MARKETS
    return BITCOIN_MARKETS if market.quote.code == BITCOIN_MARKETS else OTHER_MARKETS


def _currency(row: Row) -> str:
    """A symbol is two of them with a dash between."""
    currency = row.text("currency")
    return row.fail(f"currency {currency!r} has a dash") if "-" in currency else currency


def _chain_line(row: Row, code: str) -> ChainLine:
    return ChainLine(
        code=code,
        method=row.text("method"),
        chain_id=row.text("chain_id"),
        chain_name=row.text("chain_name"),
        confirms=row.whole("confirms"),
        contract_address=row.optional("contract_address") or "",
        needs_tag=row.choice("needs_tag", _YES_NO),
    )
