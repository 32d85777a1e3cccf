"""What a world begins with: its assets, markets, fee schedules and funding methods, read from one tree of CSV files.

The tree beside this module, `files/`, is the default; its README.md says what a row of each file is and where it comes
from. `load` takes the folder of another, which has all of the files. What a venue or a crowd says of these things is
read from the same tree, by who understands it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from seatrial.catalogue.table import CatalogueError, Row
from seatrial.catalogue.tree import OURS, Tree, copy_ours, tree_at
from seatrial.core.addresses import STYLES
from seatrial.core.assets import READ_ONLY_SUFFIXES, USD, Asset, AssetKind, spent_as
from seatrial.core.markets import FeeSchedule, FeeTier, FundingMethod, Market, MarketStatus

__all__ = ["MAX_SCALE", "OURS", "Catalogue", "CatalogueError", "Tree", "copy_ours", "load"]

MAX_SCALE: Final = 10
"""Finer amounts overflow the stores' 64-bit columns too soon: 922 million whole units fit at this scale."""

_CODE: Final = re.compile(r"[A-Za-z0-9]{1,12}")
_KINDS: Final = {kind.value: kind for kind in AssetKind}
_STATUSES: Final = {status.value: status for status in MarketStatus}
_NOT_USABLE: Final = frozenset({AssetKind.READ_ONLY, AssetKind.FEE_CREDIT})
"""Kinds of assets that are only shown: they have no market and no way in or out."""
_YES_NO: Final = {"yes": True, "no": False}
_PPM_SCALE: Final = 6
_PERCENT_SCALE: Final = 4
"""A percent of four decimals is in parts per million."""
_ALL_OF_IT_PPM: Final = 10**6
_ANY_MARKET: Final = "*"


class Catalogue(Struct, frozen=True):
    """All that may be owned, traded and moved."""

    assets: tuple[Asset, ...]
    markets: dict[str, Market]
    """By symbol, BTC/USD."""
    methods: tuple[FundingMethod, ...]
    """The first of an asset is its usual one."""
    tree: Tree
    """Where the rest is read from: what venues and a crowd say of all these."""
    rows: dict[str, Row]
    """The line of each asset and market, by code and symbol, for a fault that is found only later."""


def load(folder: Path | None = None) -> Catalogue:
    """Read the catalogue from the tree in `folder`, or from the package's own.

    Raises `CatalogueError`, one line that says what is wrong where.
    """
    tree = OURS if folder is None else tree_at(folder)
    rows: dict[str, Row] = {}
    assets = _read_assets(tree, rows)
    usable = {code: asset for code, asset in assets.items() if asset.kind not in _NOT_USABLE}
    schedules = _read_schedules(tree)
    _read_level_schedules(tree, schedules)
    markets = _read_markets(tree, usable, schedules, rows)
    return Catalogue(
        assets=tuple(assets.values()),
        markets=_with_venue_fees(tree, markets, schedules),
        methods=_read_methods(tree, usable),
        tree=tree,
        rows=rows,
    )


def _read_assets(tree: Tree, rows: dict[str, Row]) -> dict[str, Asset]:
    assets: dict[str, Asset] = {}
    for row in tree.table("assets.csv", ("code", "kind", "scale", "collateral")):
        asset = Asset(
            code=_asset_code(row),
            kind=row.choice("kind", _KINDS),
            scale=row.whole("scale", MAX_SCALE),
            collateral_ppm=row.units("collateral", _PPM_SCALE, _ALL_OF_IT_PPM),
        )
        if asset.code in assets:
            row.fail(f"{asset.code} is listed twice")
        if ("." in asset.code) != (asset.kind is AssetKind.READ_ONLY):
            row.fail(f"{asset.code} must have a suffix if and only if it is {AssetKind.READ_ONLY}")
        assets[asset.code], rows[asset.code] = asset, row
    if USD not in assets:
        raise CatalogueError(f"{tree.prefix}assets.csv line 1: {USD} is not listed, in which volumes are counted")
    for code, row in rows.items():
        base = assets.get(spent_as(code), assets[code])
        if base.scale != assets[code].scale:
            row.fail(f"{code} is spent as {base.code} and must have its scale")
    return assets


def _asset_code(row: Row) -> str:
    code = row.text("code")
    base, dot, suffix = code.partition(".")
    if _CODE.fullmatch(base) is None:
        row.fail(f"code {code!r} is not of letters and digits")
    if dot and f".{suffix}" not in READ_ONLY_SUFFIXES:
        row.fail(f"code {code!r} must end in one of {' '.join(READ_ONLY_SUFFIXES)}")
    return code


_FEE_COLUMNS: Final = ("schedule", "counts_volume", "from_usd", "taker_percent", "maker_percent")
_FEE_OPTIONS: Final = ("from", "from_futures_usd", "from_assets_usd")


def _read_schedules(tree: Tree) -> dict[str, FeeSchedule]:
    """Schedules by volume. Lines with another day in `from` begin a new ladder of the schedule."""
    schedules: dict[str, FeeSchedule] = {}
    for row in tree.table("fees/by-volume.csv", _FEE_COLUMNS, _FEE_OPTIONS):
        name, counts_volume = row.text("schedule"), row.choice("counts_volume", _YES_NO)
        known = schedules.get(name)
        if known is not None and known.counts_volume is not counts_volume:
            row.fail(f"{name} counts volume on one line and not on another")
        ladder = _ladder(row, name, known, counts_volume=counts_volume)
        tier = _fee_tier(row)
        _check_order(row, ladder, tier)
        schedules[name] = replace(ladder, tiers=(*ladder.tiers, tier))
    return schedules


def _ladder(row: Row, name: str, known: FeeSchedule | None, *, counts_volume: bool) -> FeeSchedule:
    """The ladder that a line belongs to: that of the line before it, or a new one without tiers."""
    from_ns = row.day_ns("from")
    if known is not None and from_ns == known.from_ns:
        return known
    if known is not None and from_ns < known.from_ns:
        row.fail("from must not go back from line to line")
    return FeeSchedule(name, (), counts_volume, from_ns=from_ns, earlier=known)


def _check_order(row: Row, ladder: FeeSchedule, tier: FeeTier) -> None:
    """Each figure must rise from the first tier, which begins at nothing, to the last."""
    if not ladder.tiers and tier.from_usd != 0:
        row.fail(f"the first tier of {ladder.name} must begin at 0")
    for column in ("from_usd", "from_futures_usd", "from_assets_usd"):
        figure = getattr(tier, column)
        before = [getattr(lower, column) for lower in ladder.tiers if getattr(lower, column) is not None]
        if figure is not None and before and figure <= before[-1]:
            row.fail(f"{column} must rise from line to line")


def _read_level_schedules(tree: Tree, schedules: dict[str, FeeSchedule]) -> None:
    """Schedules whose rates go by the tier of an account; an account of another tier pays as the first one does."""
    by_volume = set(schedules)
    for row in tree.table("fees/by-level.csv", ("schedule", "level", "taker_percent", "maker_percent"), ("from",)):
        name, level = row.text("schedule"), row.text("level")
        if name in by_volume:
            row.fail(f"{name} is a schedule by volume")
        ladder, tier = _ladder(row, name, schedules.get(name), counts_volume=True), _rates(row, from_usd=0)
        if level in ladder.levels:
            row.fail(f"{level} of {name} is listed twice")
        schedules[name] = replace(ladder, tiers=ladder.tiers or (tier,), levels=ladder.levels | {level: tier})


def _fee_tier(row: Row) -> FeeTier:
    tier = _rates(row, from_usd=row.whole("from_usd"))
    futures_usd, assets_usd = row.optional_whole("from_futures_usd"), row.optional_whole("from_assets_usd")
    return replace(tier, from_futures_usd=futures_usd, from_assets_usd=assets_usd)


def _rates(row: Row, *, from_usd: int) -> FeeTier:
    taker_ppm = row.units("taker_percent", _PERCENT_SCALE, _ALL_OF_IT_PPM)
    maker_ppm = row.signed("maker_percent", _PERCENT_SCALE, _ALL_OF_IT_PPM)
    if taker_ppm + maker_ppm < 0:
        row.fail("the maker's rebate may not be above the taker's fee")
    return FeeTier(from_usd=from_usd, taker_ppm=taker_ppm, maker_ppm=maker_ppm)


_MARKET_COLUMNS: Final = (
    "symbol",
    "price_scale",
    "lot_scale",
    "cost_scale",
    "min_qty",
    "min_cost",
    "fees",
    "status",
)


def _read_markets(
    tree: Tree, usable: Mapping[str, Asset], schedules: Mapping[str, FeeSchedule], rows: dict[str, Row]
) -> dict[str, Market]:
    markets: dict[str, Market] = {}
    for row in tree.table("markets.csv", _MARKET_COLUMNS):
        market = _market(row, usable, schedules)
        if market.symbol in markets:
            row.fail(f"{market.symbol} is listed twice")
        markets[market.symbol], rows[market.symbol] = market, row
    return markets


def _market(row: Row, usable: Mapping[str, Asset], schedules: Mapping[str, FeeSchedule]) -> Market:
    symbol = row.text("symbol")
    base_code, _, quote_code = symbol.partition("/")
    base, quote = _usable_asset(row, base_code, usable), _usable_asset(row, quote_code, usable)
    if base is quote:
        row.fail(f"{symbol} trades an asset for itself")
    lot_scale, cost_scale = row.whole("lot_scale", MAX_SCALE), row.whole("cost_scale", MAX_SCALE)
    return Market(
        symbol=symbol,
        base=base,
        quote=quote,
        price_scale=row.whole("price_scale", MAX_SCALE),
        lot_scale=lot_scale,
        cost_scale=cost_scale,
        min_qty_lots=row.positive("min_qty", lot_scale),
        min_cost=row.units("min_cost", cost_scale),
        fees=row.choice("fees", schedules),
        status=row.choice("status", _STATUSES),
    )


def _with_venue_fees(tree: Tree, markets: dict[str, Market], schedules: Mapping[str, FeeSchedule]) -> dict[str, Market]:
    """Markets with what users of a venue pay there. A market's own line outranks the line for all markets."""
    fees: dict[str, dict[str, FeeSchedule]] = {}
    for row in tree.table("fees/by-venue.csv", ("venue", "symbol", "schedule")):
        venue, symbol = row.text("venue"), row.text("symbol")
        if symbol not in markets and symbol != _ANY_MARKET:
            row.fail(f"{symbol} is no market")
        if venue in fees.setdefault(symbol, {}):
            row.fail(f"{symbol} is listed twice for {venue}")
        fees[symbol][venue] = row.choice("schedule", schedules)
    anywhere = fees.get(_ANY_MARKET, {})
    return {symbol: replace(market, venue_fees=anywhere | fees.get(symbol, {})) for symbol, market in markets.items()}


_METHOD_COLUMNS: Final = (
    "asset",
    "method",
    "network",
    "deposit_minimum",
    "deposit_fee",
    "withdrawal_minimum",
    "withdrawal_fee",
    "address_style",
)
_STYLE_CHOICES: Final = {style: style for style in sorted(STYLES)}


def _read_methods(tree: Tree, usable: Mapping[str, Asset]) -> tuple[FundingMethod, ...]:
    methods: dict[tuple[str, str], FundingMethod] = {}
    for row in tree.table("funding/methods.csv", _METHOD_COLUMNS):
        method = _method(row, usable)
        key = method.asset.code, method.name
        if key in methods:
            row.fail(f"{method.name} is listed twice for {method.asset.code}")
        methods[key] = method
    return tuple(methods.values())


def _method(row: Row, usable: Mapping[str, Asset]) -> FundingMethod:
    asset = _usable_asset(row, row.text("asset"), usable)
    method = FundingMethod(
        asset=asset,
        name=row.text("method"),
        network=row.optional("network"),
        deposit_minimum=row.units("deposit_minimum", asset.scale),
        deposit_fee=row.units("deposit_fee", asset.scale),
        withdrawal_minimum=row.units("withdrawal_minimum", asset.scale),
        withdrawal_fee=row.units("withdrawal_fee", asset.scale),
        address_style=row.choice("address_style", _STYLE_CHOICES),
    )
    if method.withdrawal_minimum <= method.withdrawal_fee:
        row.fail("withdrawal_minimum must be above withdrawal_fee, or nothing would be left to send")
    return method


def _usable_asset(row: Row, code: str, usable: Mapping[str, Asset]) -> Asset:
    if code not in usable:
        row.fail(f"{code!r} is no asset that can be traded and moved")
    return usable[code]
