"""Kraken's names for assets and pairs, in and out, and what its Assets and AssetPairs calls say about them.

Source: kraken-rest#assets and kraken-rest#pairs for the names, kraken-rest#asset-info and kraken-rest#asset-pairs for
the fields and their order.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import UNSET, Raw, Struct, UnsetType

from seatrial.catalogue import Catalogue
from seatrial.catalogue.table import Row
from seatrial.core.assets import READ_ONLY_SUFFIXES, Asset
from seatrial.core.markets import Market
from seatrial.core.money import format_units
from seatrial.dialects.kraken.listings import (
    AssetLine,
    PairLine,
    derived_asset_line,
    plain_asset_line,
    plain_pair_line,
    read_asset_lines,
    read_pair_lines,
    read_unlisted,
)


class AssetInfo(Struct, frozen=True, kw_only=True):
    """One asset as the Assets call shows it."""

    aclass: str
    altname: str
    decimals: int
    display_decimals: int
    collateral_value: float | UnsetType = UNSET
    """Left out for what is no collateral. A JSON number, as on the real wire; nothing computes with it."""
    status: str = "enabled"
    margin_rate: str | UnsetType = UNSET
    """Left out for what cannot be borrowed."""


class PairInfo(Struct, frozen=True, kw_only=True):
    """One pair as the AssetPairs call shows it."""

    altname: str
    wsname: str
    aclass_base: str
    base: str
    aclass_quote: str
    quote: str
    lot: str
    cost_decimals: int
    pair_decimals: int
    lot_decimals: int
    lot_multiplier: int
    leverage_buy: tuple[int, ...]
    leverage_sell: tuple[int, ...]
    fees: tuple[()] | Raw = ()
    """Empty, like the next one, once TradeVolume alone tells the rates."""
    fees_maker: tuple[()] | Raw | UnsetType = ()
    fee_volume_currency: str
    margin_call: int
    margin_stop: int
    ordermin: str
    costmin: str
    tick_size: str
    status: str
    long_position_limit: int | UnsetType = UNSET
    short_position_limit: int | UnsetType = UNSET
    execution_venue: str


class Symbols:
    """Every name by which Kraken's users may call an asset or a pair, and every name that it answers with.

    Names in are text of any case; names out take our codes and symbols, and a `KeyError` there is a bug. What was on
    Kraken once, and is not in this catalogue, still has a name to go out with.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Read Kraken's files in the catalogue's tree. Raises `CatalogueError`."""
        asset_lines, pair_lines = read_asset_lines(catalogue), read_pair_lines(catalogue)
        own_rows = {name: row for name, (_, row) in (*asset_lines.items(), *pair_lines.items())}
        rows = (own_rows, catalogue.rows)
        lines = {code: line for code, (line, _) in asset_lines.items()}
        listed = {asset.code: lines.get(asset.code) or plain_asset_line(asset) for asset in catalogue.assets}
        self._assets = _with_derived(listed)
        self._places = {code: place for place, code in enumerate(dict.fromkeys((*listed, *self._assets)))}
        unlisted = read_unlisted(catalogue)
        markets = list(catalogue.markets.values())
        self._pairs = _pair_lines(markets, self._assets, {symbol: line for symbol, (line, _) in pair_lines.items()})
        on_kraken_only = (line for line in self._assets.values() if line.code.partition(".")[0] not in unlisted)
        self._asset_by_name = _names_in(((line.code, _asset_names(line)) for line in on_kraken_only), rows)
        on_kraken = [market for market in markets if market.symbol not in unlisted]
        self._pair_by_name = _names_in(((market.symbol, self._names_of_pair(market)) for market in on_kraken), rows)
        self._asset_infos = _asset_infos(catalogue.assets, self._assets)
        self._displayed = {self.pair_display(symbol): symbol for symbol in (market.symbol for market in on_kraken)}
        self._pair_infos = {market.symbol: self._pair_info(market) for market in markets}
        self.asset_codes = tuple(sorted((code for code in listed if code not in unlisted), key=self.asset_name))
        """The listed assets in the order of the Assets answer: by canonical name, as recorded."""
        self.pair_symbols = tuple(sorted((market.symbol for market in on_kraken), key=self.pair_name))
        """The markets that Kraken lists in the order of the AssetPairs answer: by canonical name, as recorded."""

    def asset(self, text: str) -> str | None:
        """The code of the asset that a user means by XXBT, xbt, BTC, XBT.M or ETH2.S; None when there is none."""
        return self._asset_by_name.get(text) or self._asset_by_name.get(_folded(text))

    def pair(self, text: str) -> str | None:
        """The market that a user means by XXBTZUSD, xbtusd, XBT/USD, BTC/USD or XXBT/ZUSD; None when there is none."""
        return self._pair_by_name.get(text) or self._pair_by_name.get(_folded(text))

    def asset_name(self, code: str) -> str:
        """BTC → XXBT, BTC.M → XBT.M."""
        return self._assets[code].canonical

    def asset_altname(self, code: str) -> str:
        """BTC → XBT."""
        return self._assets[code].altname

    def asset_display(self, code: str) -> str:
        """BTC → BTC, as with `assetVersion=1`; a suffixed asset keeps its altname, XBT.M."""
        return self._assets[code].display

    def asset_full_name(self, code: str) -> str:
        """BTC → Bitcoin; where it has no such name, its display name."""
        line = self._assets[code]
        return line.full_name or line.display

    def asset_dti(self, code: str) -> tuple[str, str]:
        """Its digital token identifier and the short name of that, empty where there is none."""
        line = self._assets[code]
        return line.dti_code, line.dti_short_name

    def asset_place(self, code: str) -> int:
        """Where an asset stands in a list of balances: as in the catalogue, unlisted ones behind."""
        return self._places[code]

    def asset_info(self, code: str) -> AssetInfo:
        """What Assets says of it; also for a read-only balance that the list leaves out."""
        return self._asset_infos[code]

    def pair_name(self, symbol: str) -> str:
        """BTC/USD → XXBTZUSD."""
        return self._pairs[symbol].canonical

    def pair_altname(self, symbol: str) -> str:
        """BTC/USD → XBTUSD."""
        return self._pairs[symbol].altname

    def wsname(self, symbol: str) -> str:
        """BTC/USD → XBT/USD."""
        return self._pairs[symbol].wsname

    def pair_display(self, symbol: str) -> str:
        """BTC/USD → BTC/USD, as with `assetVersion=1`."""
        base, quote = symbol.split("/")
        return f"{self.asset_display(base)}/{self.asset_display(quote)}"

    def market_displayed(self, name: str) -> str | None:
        """Our name of the market that has exactly this one with `assetVersion=1`, and in WebSocket v2."""
        return self._displayed.get(name)

    def is_pair_display(self, text: str, symbol: str) -> bool:
        """Whether a name of a market is the one that it has with `assetVersion=1`."""
        return _folded(text) == self.pair_display(symbol).upper()

    def is_asset_display(self, text: str, code: str) -> bool:
        """Whether a name of an asset is the one that it has with `assetVersion=1`: BTC, and USD."""
        return _folded(text) == self.asset_display(code).upper()

    def is_asset_altname(self, text: str, code: str) -> bool:
        """Whether a name of an asset is its altname: XBT, and USD."""
        return _folded(text) == self.asset_altname(code).upper()

    def pair_info(self, symbol: str) -> PairInfo:
        """What AssetPairs says of it."""
        return self._pair_infos[symbol]

    def _names_of_pair(self, market: Market) -> Iterator[str]:
        line = self._pairs[market.symbol]
        yield from (line.canonical, line.altname, line.wsname)
        yield self.pair_display(market.symbol).replace("/", "")
        base, quote = self._assets[market.base.code], self._assets[market.quote.code]
        yield from (f"{a}/{b}" for a in _asset_names(base) for b in _asset_names(quote))

    def _pair_info(self, market: Market) -> PairInfo:
        line = self._pairs[market.symbol]
        base, quote = self._assets[market.base.code], self._assets[market.quote.code]
        return PairInfo(
            altname=line.altname,
            wsname=line.wsname,
            aclass_base=base.aclass,
            base=base.canonical,
            aclass_quote=quote.aclass,
            quote=quote.canonical,
            lot=line.lot,
            cost_decimals=market.cost_scale,
            pair_decimals=market.price_scale,
            lot_decimals=market.lot_scale,
            lot_multiplier=line.lot_multiplier,
            leverage_buy=line.leverage_buy,
            leverage_sell=line.leverage_sell,
            fee_volume_currency=line.fee_volume_currency,
            margin_call=line.margin_call,
            margin_stop=line.margin_stop,
            ordermin=_short(market.min_qty_lots, market.lot_scale),
            costmin=_short(market.min_cost, market.cost_scale),
            tick_size=_short(1, market.price_scale),
            status=market.status.value,
            long_position_limit=_or_unset(line.long_position_limit),
            short_position_limit=_or_unset(line.short_position_limit),
            execution_venue=line.execution_venue,
        )


def _folded(text: str) -> str:
    """Upper case, except for alphabets whose upper case could be a name: 'ﬁl' is no way to write FIL."""
    return text.upper() if text.isascii() else text


def _names_in(owners: Iterable[tuple[str, Iterable[str]]], rows: tuple[Mapping[str, Row], ...]) -> dict[str, str]:
    """Every name → whose it is. Raises `CatalogueError` where it is two things'."""
    owner_by_name: dict[str, str] = {}
    for owner, names in owners:
        for name in names:
            if owner_by_name.setdefault(name.upper(), owner) != owner:
                other = owner_by_name[name.upper()]
                _row_of((owner, other), rows).fail(f"Kraken's name {name} means both {other} and {owner}")
    return owner_by_name


def _row_of(owners: tuple[str, ...], rows: tuple[Mapping[str, Row], ...]) -> Row:
    """A line that gives one of them its name, the venue's own if there is one. A read-only balance may have none."""
    codes = (*owners, *(owner.partition(".")[0] for owner in owners))
    return next(known[code] for known in rows for code in codes if code in known)


def _asset_names(line: AssetLine) -> tuple[str, ...]:
    return line.canonical, line.altname, line.display, line.code


def _with_derived(listed: dict[str, AssetLine]) -> dict[str, AssetLine]:
    """The listed assets, and every read-only balance beside them that has no line of its own."""
    derived = (
        derived_asset_line(line, suffix)
        for line in listed.values()
        if "." not in line.code
        for suffix in READ_ONLY_SUFFIXES
    )
    return {line.code: line for line in derived} | listed


def _pair_lines(markets: list[Market], assets: dict[str, AssetLine], lines: dict[str, PairLine]) -> dict[str, PairLine]:
    return {
        market.symbol: lines.get(market.symbol)
        or plain_pair_line(market, assets[market.base.code], assets[market.quote.code])
        for market in markets
    }


def _asset_infos(assets: tuple[Asset, ...], lines: dict[str, AssetLine]) -> dict[str, AssetInfo]:
    by_code = {asset.code: asset for asset in assets}
    return {
        code: _asset_info(line, by_code.get(code) or by_code[code.partition(".")[0]], is_listed=code in by_code)
        for code, line in lines.items()
    }


def _asset_info(line: AssetLine, asset: Asset, *, is_listed: bool) -> AssetInfo:
    """From the asset itself, or for a read-only balance from its base, which lends it only its decimals."""
    collateral_ppm = asset.collateral_ppm if is_listed else 0
    return AssetInfo(
        aclass=line.aclass,
        altname=line.altname,
        decimals=asset.scale,
        display_decimals=line.display_decimals,
        collateral_value=collateral_ppm / 10**6 if collateral_ppm else UNSET,
        margin_rate=line.margin_rate or UNSET,
    )


def _short(units: int, scale: int) -> str:
    """A decimal without trailing zeros, as ordermin, costmin and tick_size are written."""
    text = format_units(units, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _or_unset(limit: int | None) -> int | UnsetType:
    return UNSET if limit is None else limit
