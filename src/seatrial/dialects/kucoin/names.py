"""What only KuCoin knows about assets, markets and ways in and out, read from CSV files.

An asset without a line is not on KuCoin, and so is every market with such an asset; a market without a line of its own
has plain attributes. A funding method without a line is no chain, as bank rails are none.
Source: kucoin-rest 7, 8.1 and 8.2; the examples of KuCoin's own API specification; ccxt's table of chain ids.
Decided: the numbers of confirmations where the examples show none, and which currencies count as marginable.
"""

from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.catalogue import locate
from seatrial.catalogue.table import Row, read_table
from seatrial.core.assets import AssetKind
from seatrial.core.markets import Market
from seatrial.dialects.kucoin.amounts import short

_DATA: Final = Path(__file__).parent / "data"
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


def read_currency_lines(folder: Path | None) -> dict[str, CurrencyLine]:
    """KuCoin's currencies by our asset code; `kucoin/currencies.csv` in the folder replaces the package's own.

    Raises `CatalogueError`.
    """
    lines: dict[str, CurrencyLine] = {}
    for row in read_table(_file("currencies.csv", folder), CurrencyLine.__struct_fields__):
        line = CurrencyLine(
            code=row.text("code"),
            currency=row.text("currency"),
            name=row.text("name"),
            full_name=row.text("full_name"),
            margin=row.choice("margin", _YES_NO),
        )
        if line.code in lines:
            row.fail(f"{line.code} is listed twice")
        lines[line.code] = line
    return lines


def read_chain_lines(folder: Path | None) -> dict[tuple[str, str], ChainLine]:
    """KuCoin's chains by our asset code and method, a currency's usual one first.

    `kucoin/chains.csv` in the folder replaces the package's own. Raises `CatalogueError`.
    """
    lines: dict[tuple[str, str], ChainLine] = {}
    ids: set[tuple[str, str]] = set()
    for row in read_table(_file("chains.csv", folder), ChainLine.__struct_fields__):
        line = _chain_line(row)
        if (line.code, line.method) in lines or (line.code, line.chain_id) in ids:
            row.fail(f"{line.chain_id} of {line.code} is listed twice")
        lines[line.code, line.method] = line
        ids.add((line.code, line.chain_id))
    return lines


def read_symbol_lines(folder: Path | None) -> dict[str, SymbolLine]:
    """KuCoin's symbols by our market; `kucoin/symbols.csv` in the folder replaces the package's own.

    Raises `CatalogueError`.
    """
    lines: dict[str, SymbolLine] = {}
    for row in read_table(
        _file("symbols.csv", folder), ("symbol", "market", "fee_category", "price_limit_rate", "margin")
    ):
        line = SymbolLine(
            symbol=row.text("symbol"),
            market=row.text("market"),
            fee_category=row.choice("fee_category", _FEE_CATEGORIES),
            price_limit_ppm=row.positive("price_limit_rate", RATE_SCALE),
            margin=row.choice("margin", _YES_NO),
        )
        if line.symbol in lines:
            row.fail(f"{line.symbol} is listed twice")
        lines[line.symbol] = line
    return lines


def plain_symbol_line(market: Market) -> SymbolLine:
    """The line of a market that KuCoin's file does not have, listed under the kind of its quote."""
    return SymbolLine(
        symbol=market.symbol,
        market=_group(market),
        fee_category=1,
        price_limit_ppm=PLAIN_RATE_PPM,
        margin=False,
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


def _file(name: str, folder: Path | None) -> Path:
    return locate(_DATA / name, folder and folder / "kucoin")


def _chain_line(row: Row) -> ChainLine:
    return ChainLine(
        code=row.text("code"),
        method=row.text("method"),
        chain_id=row.text("chain_id"),
        chain_name=row.text("chain_name"),
        confirms=row.whole("confirms"),
        contract_address=row.optional("contract_address") or "",
        needs_tag=row.choice("needs_tag", _YES_NO),
    )
