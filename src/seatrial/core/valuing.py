"""What things are worth: assets in each other, by the last trades, and all that an account has in US dollars."""

from seatrial.core.accounts import HOUSE
from seatrial.core.assets import USD, AssetKind
from seatrial.core.facts import AssetsValued
from seatrial.core.money import rescale_floor
from seatrial.core.state import State
from seatrial.core.volume import USD_SCALE


def price_of(state: State, asset: str, in_asset: str) -> tuple[int, int] | None:
    """What one unit of an asset is worth in units of another, as a fraction (numerator, denominator).

    From the last trade of a market between the two, either way round, else by way of US dollars; a
    US-dollar stablecoin without a trade counts one to one. None when nothing is known (decided).
    """
    direct = _direct_price(state, asset, in_asset)
    if direct is not None or USD in (asset, in_asset):
        return direct
    in_usd, target_in_usd = _direct_price(state, asset, USD), _direct_price(state, in_asset, USD)
    if in_usd is None or target_in_usd is None:
        return None
    return in_usd[0] * target_in_usd[1], in_usd[1] * target_in_usd[0]


def price_by_way_of(state: State, asset: str, way: str, in_asset: str) -> tuple[int, int] | None:
    """The same through a third asset; None when either price is not known."""
    first, second = price_of(state, asset, way), price_of(state, way, in_asset)
    return None if first is None or second is None else (first[0] * second[0], first[1] * second[1])


def _direct_price(state: State, asset: str, in_asset: str) -> tuple[int, int] | None:
    if asset == in_asset:
        return 1, 1
    forward = _last_price(state, f"{asset}/{in_asset}")
    if forward is not None:
        return forward
    backward = _last_price(state, f"{in_asset}/{asset}")
    if backward is not None:
        return backward[1], backward[0]
    return _par(state, asset, in_asset)


def _last_price(state: State, symbol: str) -> tuple[int, int] | None:
    ms = state.markets.get(symbol)
    last = None if ms is None else ms.tally.last
    if ms is None or last is None:
        return None
    market, ticks = ms.market, last.price_ticks
    return ticks * 10**market.quote.scale, 10 ** (market.price_scale + market.base.scale)


def _par(state: State, asset: str, in_asset: str) -> tuple[int, int] | None:
    one, other = state.assets.get(asset), state.assets.get(in_asset)
    dollars = {AssetKind.STABLECOIN, AssetKind.FIAT}
    if one is None or other is None or one.kind not in dollars or other.kind not in dollars:
        return None
    if not {asset, in_asset} <= {USD, "USDT", "USDC", "DAI", "PYUSD"}:
        return None
    return 10**other.scale, 10**one.scale


def assets_usd(state: State, account_id: int) -> int:
    """What all that an account has is worth, in 10**-USD_SCALE US dollars, by the last trades.

    Withdrawals on their way out do not count. What has no known price counts nothing, a suffixed asset as much as
    its base (decided).
    """
    total = 0
    for purse in state.ledger.of_account(account_id):
        price = price_of(state, purse.asset.code.partition(".")[0], USD)
        if price is not None:
            total += purse.settled * price[0] // price[1]
    return rescale_floor(total, state.assets[USD].scale, USD_SCALE) if total else 0


def value_assets(state: State, account_id: int, at_ns: int) -> None:
    """Value anew what an account has."""
    valuation = state.accounts[account_id].value_assets(at_ns)
    if valuation is not None:
        state.changes.valuations[account_id] = valuation
        state.facts.append(AssetsValued(valuation.at_ns, account_id, valuation.usd))


def fees_look_at_assets(state: State, venue: str) -> bool:
    """Whether the assets of a venue's users can change what they pay."""
    known = state.looks_at_assets.get(venue)
    if known is None:
        known = venue != HOUSE and any(ms.market.fees_for(venue).looks_at_assets for ms in state.markets.values())
        state.looks_at_assets[venue] = known
    return known
