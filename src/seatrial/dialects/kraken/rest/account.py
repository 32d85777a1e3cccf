"""What an account has, what it pays, and what its key may do.

Source: kraken-spot-rest 13.2 to 13.5, 13.15, 13.21 and 14.9; seed "Get Account Balance".
"""

from collections import Counter
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from seatrial.core.assets import Asset, spent_as
from seatrial.core.commands import IssueToken
from seatrial.core.events import TokenIssued
from seatrial.core.markets import FeeTier, Market
from seatrial.core.money import format_units, rescale_floor
from seatrial.core.state import USD, State
from seatrial.core.volume import USD_SCALE
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.endpoint import Endpoint, Visit, any_of
from seatrial.dialects.kraken.params import BadCall, Params
from seatrial.dialects.kraken.symbols import VENUE

_encode = msgspec.json.Encoder().encode

SECOND_NS: Final = 10**9

REBASE_MULTIPLIERS: Final = ("rebased", "base", "null")
"""They differ for tokenized assets only. Source: kraken-spot-rest 9.4 and 13."""

VALUE_SCALE: Final = 4
"""Decimals of TradeBalance and TradeVolume. Source: kraken-spot-rest 7.3."""

PERCENT_SCALE: Final = 4
"""A rate in parts per million is a percentage in units of 10**-4."""

EXACT_SCALE: Final = 12
"""What values are summed in before they are cut off at `VALUE_SCALE`."""

TOKEN_SECONDS: Final = 900
MOST_PAIRS: Final = 2_000
SPOT_CLASS: Final = "forex"


class Owned(Struct, frozen=True):
    """One asset over all wallets of an account, in its units."""

    asset: Asset
    settled: int
    """All but what is on its way out; what open orders hold included."""
    held: int
    """Of what earns rewards nothing: what orders hold of that stands with the asset that they name."""


class ExtendedBalance(Struct, frozen=True):
    """One asset of BalanceEx. Credit lines have no fields here: nobody has one."""

    balance: str
    hold_trade: str


class TradeBalance(Struct, frozen=True, kw_only=True):
    """An account without positions: the four fields about them are zero and `ml` is left out."""

    eb: str
    """All that it owns."""
    tb: str
    """What of that counts as collateral."""
    m: str
    uv: str
    n: str
    c: str
    v: str
    e: str
    mf: str
    mfo: str


class FeeInfo(Struct, frozen=True):
    """What an account pays in a market, in percent, and from which volume it would pay less."""

    fee: str
    minfee: str | None
    maxfee: str | None
    nextfee: str | None
    tiervolume: str | None
    nextvolume: str | None


class ScheduleTier(Struct, frozen=True, kw_only=True):
    """One step of a schedule. Nothing but spot volume counts here (decided)."""

    maker_fee: str
    taker_fee: str
    min_spot_volume: str
    min_futures_volume: None = None
    min_assets_on_platform: None = None
    active: bool


class Schedule(Struct, frozen=True, rename={"asset_class": "class"}):
    """The whole ladder of one market."""

    pair: str
    asset_class: str
    tiers: list[ScheduleTier]


class TradeVolume(Struct, frozen=True, kw_only=True):
    """The volume of 30 days and the fees it has earned; these are null unless pairs are asked for."""

    currency: str
    volume: str
    fees: dict[str, FeeInfo] | None
    fees_maker: dict[str, FeeInfo] | None
    schedules: list[Schedule] | UnsetType = UNSET


class ApiKeyInfo(Struct, frozen=True, kw_only=True):
    """The key that asks. Names and types as two clients saw them live; the documentation has camel case."""

    api_key_name: str
    api_key: str
    nonce: str
    nonce_window: str
    permissions: list[str]
    iban: str
    valid_until: str
    query_from: str
    query_to: str
    created_time: str
    modified_time: str
    ip_allowlist: tuple[str, ...]
    last_used: str


def balance(visit: Visit) -> Raw:
    """What the account owns of each asset it ever had. Written anew only when that has changed."""
    _check_rebase_multiplier(visit.params)
    account_id, written = visit.key.account_id, visit.tools.balances
    amounts = [
        (purse.asset.code, purse.free.balance + purse.held.balance)
        for purse in visit.state.ledger.of_account(account_id)
    ]
    known = written.get(account_id)
    if known is None or known[0] != amounts:
        known = written[account_id] = amounts, _balances(visit)
    return known[1]


def _balances(visit: Visit) -> Raw:
    name = visit.tools.symbols.asset_name
    return Raw(_encode({name(one.asset.code): format_units(one.settled, one.asset.scale) for one in _owned(visit)}))


def balance_ex(visit: Visit) -> dict[str, ExtendedBalance]:
    """The same, with what open orders hold of it."""
    _check_rebase_multiplier(visit.params)
    name = visit.tools.symbols.asset_name
    return {
        name(one.asset.code): ExtendedBalance(
            format_units(one.settled, one.asset.scale), format_units(one.held, one.asset.scale)
        )
        for one in _owned(visit)
    }


def trade_balance(visit: Visit) -> TradeBalance:
    """What it is all worth in one asset. Source: kraken-semantics section 5.

    Decided: values are those of the last trades, cut off at the fourth decimal, and what has no known price counts
    nothing; `uv` is the value of what open orders hold, fees included, and `mfo` the free margin less that.
    """
    _check_rebase_multiplier(visit.params)
    target = _target(visit)
    owned = _owned(visit)
    state = visit.state
    whole = sum(_value(state, one.asset, one.settled, target) for one in owned)
    collateral = sum(_value(state, one.asset, one.settled, target) * one.asset.collateral_ppm for one in owned) // 10**6
    unfilled = sum(_value(state, one.asset, one.held, target) for one in owned)
    zero = _amount(0)
    return TradeBalance(
        eb=_amount(whole),
        tb=_amount(collateral),
        m=zero,
        uv=_amount(unfilled),
        n=zero,
        c=zero,
        v=zero,
        e=_amount(collateral),
        mf=_amount(collateral),
        mfo=_amount(max(0, collateral - unfilled)),
    )


def trade_volume(visit: Visit) -> TradeVolume:
    """The 30-day volume, and fees for the pairs that were named. `fee-info` changes nothing any more.

    `fees_maker` leaves out pairs whose makers pay what takers pay. Source: kraken-semantics 6.2.
    """
    params, symbols = visit.params, visit.tools.symbols
    markets = [_market(visit, text) for text in params.comma_list("pair", MOST_PAIRS)]
    volume = visit.account.volume.at(visit.at_ns)
    fees, fees_maker = {}, {}
    for market in markets:
        pair = symbols.pair_name(market.symbol)
        fees[pair] = _fee_info(market, volume, [tier.taker_ppm for tier in market.fees_for(VENUE).tiers])
        if symbols.pair_info(market.symbol).fees_maker is not UNSET:
            fees_maker[pair] = _fee_info(market, volume, [tier.maker_ppm for tier in market.fees_for(VENUE).tiers])
    return TradeVolume(
        currency=symbols.asset_name(USD),
        volume=format_units(volume, USD_SCALE),
        fees=fees if markets else None,
        fees_maker=fees_maker if markets else None,
        schedules=_schedules(visit, markets, volume) if params.boolean("fee_schedule", default=False) else UNSET,
    )


def api_key_info(visit: Visit) -> ApiKeyInfo:
    """What is known of the key that signed the call. A key never changes, so it was modified when it was made."""
    key = visit.key
    return ApiKeyInfo(
        api_key_name=key.name,
        api_key=key.public,
        nonce=str(key.highest_nonce),
        nonce_window=str(key.nonce_window),
        permissions=sorted(key.permissions),
        iban=visit.tools.ids.iban(visit.account_id),
        valid_until=_seconds(key.valid_until_ns),
        query_from=_seconds(key.query_from_ns),
        query_to=_seconds(key.query_to_ns),
        created_time=_seconds(key.created_ns),
        modified_time=_seconds(key.created_ns),
        ip_allowlist=key.ip_allowlist,
        last_used=_seconds(key.used_ns),
    )


def websockets_token(visit: Visit) -> dict[str, object]:
    """A new token for the private feeds; older ones stay valid."""
    command = IssueToken(visit.account_id, visit.key.key_id, TOKEN_SECONDS * SECOND_NS)
    (event,) = visit.apply(command)
    assert isinstance(event, TokenIssued), event
    return {"token": visit.tools.ids.ws_token(event.token.token_id), "expires": TOKEN_SECONDS}


def _check_rebase_multiplier(params: Params) -> None:
    params.choice("rebase_multiplier", REBASE_MULTIPLIERS, None)


def _owned(visit: Visit) -> list[Owned]:
    """Every asset the account ever had, in the order of the catalogue, as the seed lists them.

    What orders hold of rewards is held in the name of their asset, more than there may be of that itself. Source:
    ccxt pull request 24664; infinity-grid issue 80 (2025-11).
    """
    assets: dict[str, Asset] = {}
    settled, held = Counter[str](), Counter[str]()
    for purse in visit.state.ledger.of_account(visit.key.account_id):
        assets[purse.asset.code] = purse.asset
        settled[purse.asset.code] += purse.settled
        held[spent_as(purse.asset.code)] += purse.held.balance
    codes = sorted(assets, key=visit.tools.symbols.asset_place)
    return [Owned(assets[code], settled[code], held[code]) for code in codes]


def _target(visit: Visit) -> Asset:
    code = visit.tools.symbols.asset(visit.params.text("asset") or USD)
    if code is None:
        raise BadCall(errors.UNKNOWN_ASSET)
    return visit.state.assets[code]


def _value(state: State, asset: Asset, units: int, target: Asset) -> int:
    """Units of an asset as units of 10**-EXACT_SCALE of another. A suffixed one is worth what its base is (decided)."""
    price = state.price_of(asset.code.partition(".")[0], target.code)
    if price is None:
        return 0
    finer: int = 10 ** (EXACT_SCALE - target.scale)
    return units * price[0] * finer // price[1]


def _amount(value: int) -> str:
    return format_units(rescale_floor(value, EXACT_SCALE, VALUE_SCALE), VALUE_SCALE)


def _market(visit: Visit, text: str) -> Market:
    symbol = visit.tools.symbols.pair(text)
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    return visit.state.markets[symbol].market


def _fee_info(market: Market, volume: int, rates: list[int]) -> FeeInfo:
    """The reached step of a ladder; a fixed fee has no ladder, the top no next step. Source: kraken-spot-rest 13.15."""
    tiers = market.fees_for(VENUE).tiers
    if len(tiers) == 1:
        return FeeInfo(_percent(rates[0]), None, None, None, None, None)
    step = _step(market, volume)
    upwards = step + 1 < len(tiers)
    return FeeInfo(
        fee=_percent(rates[step]),
        minfee=_percent(min(rates)),
        maxfee=_percent(max(rates)),
        nextfee=_percent(rates[step + 1]) if upwards else None,
        tiervolume=_dollars(tiers[step]),
        nextvolume=_dollars(tiers[step + 1]) if upwards else None,
    )


def _step(market: Market, volume: int) -> int:
    fees = market.fees_for(VENUE)
    return fees.tiers.index(fees.tier(volume // 10**USD_SCALE))


def _schedules(visit: Visit, markets: list[Market], volume: int) -> list[Schedule]:
    name = visit.tools.symbols.pair_name
    return [Schedule(name(market.symbol), SPOT_CLASS, _schedule_tiers(market, volume)) for market in markets]


def _schedule_tiers(market: Market, volume: int) -> list[ScheduleTier]:
    reached = _step(market, volume)
    return [
        ScheduleTier(
            maker_fee=_percent(tier.maker_ppm),
            taker_fee=_percent(tier.taker_ppm),
            min_spot_volume=_dollars(tier),
            active=step == reached,
        )
        for step, tier in enumerate(market.fees_for(VENUE).tiers)
    ]


def _percent(rate_ppm: int) -> str:
    return format_units(rate_ppm, PERCENT_SCALE)


def _dollars(tier: FeeTier) -> str:
    return format_units(tier.from_usd * 10**VALUE_SCALE, VALUE_SCALE)


def _seconds(at_ns: int) -> str:
    """Whole seconds as text, 0 for none. Source: kraken-spot-rest 7.2."""
    return str(at_ns // SECOND_NS)


ENDPOINTS: Final = (
    Endpoint("Balance", balance, any_of("query-funds")),
    Endpoint("BalanceEx", balance_ex, any_of("query-funds")),
    Endpoint("TradeBalance", trade_balance, any_of("query-open-trades", "query-funds")),
    Endpoint("TradeVolume", trade_volume, any_of("query-funds")),
    Endpoint("GetApiKeyInfo", api_key_info),
    Endpoint("GetWebSocketsToken", websockets_token, any_of("create-ws-token")),
)
"""Permissions: kraken-spot-rest section 4, where guide and method pages differ either of the two."""
