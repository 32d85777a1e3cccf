"""What an account has, what it pays, and what its key may do.

Source: kraken-rest#balances, kraken-rest#trade-balance, kraken-rest#trade-volume, kraken-rest#key-info and
kraken-rest#websocket-token; venue-pages#get-account-balance.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final, Never

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from seatrial.core.assets import USD, Asset, spent_as
from seatrial.core.commands import IssueToken
from seatrial.core.facts import TokenIssued
from seatrial.core.machine import Done, first
from seatrial.core.markets import FeeSchedule, FeeTier
from seatrial.core.money import format_units, rescale_floor
from seatrial.core.state import State
from seatrial.core.valuing import price_of
from seatrial.core.volume import USD_SCALE
from seatrial.dialects.kraken import errors, manners
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.endpoint import Endpoint, added, any_of
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.listings import VENUE
from seatrial.dialects.kraken.params import Params

_encode = msgspec.json.Encoder().encode

SECOND_NS: Final = 10**9

REBASE_MULTIPLIERS: Final = ("rebased", "base", "null")
"""They differ for tokenized assets only. Source: kraken-rest#asset-classes."""

VALUE_SCALE: Final = 4
"""Decimals of TradeBalance and TradeVolume. Source: kraken-rest#numbers."""

PERCENT_SCALE: Final = 4
"""A rate in parts per million is a percentage in units of 10**-4."""

EXACT_SCALE: Final = 12
"""What values are summed in before they are cut off at `VALUE_SCALE`."""

TOKEN_SECONDS: Final = 900
MAX_PAIRS: Final = 2_000
CURRENCY: Final = "currency"
SPOT_CLASS: Final = "forex"
PAIR_CLASSES: Final = {
    SPOT_CLASS: CURRENCY,
    CURRENCY: CURRENCY,
    "tokenized_asset": "tokenized_asset",
    "equity_pair": "tokenized_asset",
}
"""The words for a pair's class, and the class of its base. Decided: that each of these is taken."""


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


class CreditDetail(Struct, frozen=True):
    """One asset of CreditLines, of an account without a credit line. Source: kraken-rest#credit-lines."""

    balance: str
    hold_trade: str
    collateral_value: str | UnsetType = UNSET
    """How much of its value counts as collateral; left out of what is none."""


class LimitsMonitor(Struct, frozen=True, kw_only=True):
    """What credit an account has and what stands behind it, in US dollars."""

    total_credit_usd: str
    total_credit_used_usd: str
    total_collateral_value_usd: str
    equity_usd: str
    ongoing_balance: None = None
    """Collateral by credit: of no credit, nothing."""
    debt_to_equity: str


class CreditLines(Struct, frozen=True):
    """The credit lines of an account: nobody has one."""

    asset_details: dict[str, CreditDetail]
    limits_monitor: LimitsMonitor


class WalletAccount(Struct, frozen=True, kw_only=True):
    """One wallet of ListWalletAccounts. Source of the fields: kraken-rest#wallet-accounts."""

    account_id: str
    flags: dict[str, bool]
    status: str = "active"
    type: str = "main"
    name: None = None


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
    """One step of a schedule, and the figures of which any one leads to it; null what does not."""

    maker_fee: str
    taker_fee: str
    min_spot_volume: str
    min_futures_volume: str | None
    min_assets_on_platform: str | None
    active: bool


class Schedule(Struct, frozen=True, rename={"asset_class": "class"}):
    """The whole ladder of one market."""

    pair: str
    asset_class: str
    tiers: list[ScheduleTier]


class Inputs(Struct, frozen=True):
    """The three figures of which the best one decides the fees, in US dollars."""

    domain_spot_volume_30d: str
    domain_futures_volume_30d: str
    domain_assets_on_platform: str


class TradeVolume(Struct, frozen=True, kw_only=True):
    """The volume of 30 days and the fees it has earned; these are null unless pairs are asked for."""

    currency: str
    asset_class: str | UnsetType = UNSET
    """Of the currency. Its meaning and value are not documented (decided)."""
    volume: str
    inputs: Inputs | UnsetType = UNSET
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


def balance(context: Context, params: Params) -> Raw:
    """What the account owns of each asset it ever had. Written anew only when that has changed."""
    _check_options(context, params)
    account_id, written = context.key.account_id, context.tools.balances
    amounts = [
        (purse.asset.code, purse.free.balance + purse.held.balance)
        for purse in context.state.ledger.of_account(account_id)
    ]
    known = written.get(account_id)
    if known is None or known[0] != amounts:
        known = written[account_id] = amounts, _balances(context)
    return known[1]


def _balances(context: Context) -> Raw:
    name = context.tools.symbols.asset_name
    return Raw(_encode({name(one.asset.code): format_units(one.settled, one.asset.scale) for one in _owned(context)}))


def balance_ex(context: Context, params: Params) -> dict[str, ExtendedBalance]:
    """The same, with what open orders hold of it."""
    _check_options(context, params)
    name = context.tools.symbols.asset_name
    return {
        name(one.asset.code): ExtendedBalance(
            format_units(one.settled, one.asset.scale), format_units(one.held, one.asset.scale)
        )
        for one in _owned(context)
    }


def trade_balance(context: Context, params: Params) -> TradeBalance:
    """What it is all worth in one asset. Source: kraken-rest#trade-balance.

    Decided: values are those of the last trades, cut off at the fourth decimal, and what has no known price counts
    nothing; `uv` is the value of what open orders hold, fees included, and `mfo` the free margin less that.
    """
    _check_options(context, params)
    target = _target(context, params)
    owned = _owned(context)
    state = context.state
    whole = sum(_value(state, one.asset, one.settled, target) for one in owned)
    collateral = _collateral(state, owned, target)
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


def trade_volume(context: Context, params: Params) -> TradeVolume:
    """The 30-day volume, and fees for the pairs that were named. `fee-info` changes nothing any more.

    `fees_maker` leaves out pairs whose makers pay what takers pay. Source: kraken-ledgers#fee-tiers;
    kraken-rest#trade-volume.
    """
    symbols = context.tools.symbols
    spot, assets = context.account.volume.at(context.at_ns), context.account.assets.at(context.at_ns)
    figures = spot // 10**USD_SCALE, assets // 10**USD_SCALE
    named = params.classified_list("pair", MAX_PAIRS)
    standings = [_standing(context, text, aclass, figures) for text, aclass in named]
    schedules = context.does(manners.SCHEDULES) and params.strict_boolean("fee_schedule", default=False)
    has_inputs = context.does(manners.VOLUME_INPUTS)
    return TradeVolume(
        currency=symbols.asset_name(USD),
        asset_class=symbols.asset_info(USD).aclass if has_inputs else UNSET,
        volume=format_units(spot, USD_SCALE),
        inputs=Inputs(*(format_units(figure, USD_SCALE) for figure in (spot, 0, assets))) if has_inputs else UNSET,
        fees={one.pair: one.taker for one in standings} if standings else None,
        fees_maker={one.pair: one.maker for one in standings if not one.ladder.is_flat} if standings else None,
        schedules=[one.schedule for one in standings] if schedules else UNSET,
    )


def credit_lines(context: Context, params: Params) -> CreditLines:
    """What credit the account has: none, and what it has without.

    Decided: `collateral_value` has four decimals; the values are those of TradeBalance.
    """
    _check_options(context, params)
    owned, state = _owned(context), context.state
    collateral = _amount(_collateral(state, owned, state.assets[USD]))
    zero = _amount(0)
    monitor = LimitsMonitor(
        total_credit_usd=zero,
        total_credit_used_usd=zero,
        total_collateral_value_usd=collateral,
        equity_usd=collateral,
        debt_to_equity=zero,
    )
    name = context.tools.symbols.asset_name
    return CreditLines({name(one.asset.code): _credit_detail(one) for one in owned}, monitor)


def wallet_accounts(context: Context, _params: Params) -> dict[str, object]:
    """The wallets that `account_id` may name: an account has one."""
    wallet = WalletAccount(
        account_id=context.tools.ids.wallet(context.account_id), flags={"user_defined": False, "active": True}
    )
    return {"accounts": [wallet], "cursor": {"next": None}}


def not_entitled(_context: Context, _params: Params) -> Never:
    """Sub-accounts are for institutions; no account here is one. Source: kraken-rest#sub-accounts."""
    raise BadCall(errors.PERMISSION_DENIED)


def api_key_info(context: Context, _params: Params) -> ApiKeyInfo:
    """What is known of the key that signed the call. A key never changes, so it was modified when it was made."""
    key = context.key
    return ApiKeyInfo(
        api_key_name=key.name,
        api_key=key.public,
        nonce=str(key.highest_nonce),
        nonce_window=str(key.nonce_window),
        permissions=sorted(key.permissions),
        iban=context.tools.ids.iban(context.account_id),
        valid_until=_seconds(key.valid_until_ns),
        query_from=_seconds(key.query_from_ns),
        query_to=_seconds(key.query_to_ns),
        created_time=_seconds(key.created_ns),
        modified_time=_seconds(key.created_ns),
        ip_allowlist=key.ip_allowlist,
        last_used=_seconds(key.used_ns),
    )


def websockets_token(context: Context, _params: Params) -> dict[str, object]:
    """A new token for the private feeds; older ones stay valid."""
    command = IssueToken(context.account_id, context.key.key_id, TOKEN_SECONDS * SECOND_NS)
    return _write_token(context, context.apply(command))


def _write_token(context: Context, outcome: Done) -> dict[str, object]:
    return {"token": context.tools.ids.ws_token(first(TokenIssued, outcome).token_id), "expires": TOKEN_SECONDS}


def of_wallet(handle: Callable[[Context, Params], object]) -> Callable[[Context, Params], object]:
    """The handler of a method that takes `account_id`. Decided: a wallet of another account's is a bad argument."""

    def handle_for(context: Context, params: Params) -> object:
        _check_wallet(context, params)
        return handle(context, params)

    return handle_for


def _check_wallet(context: Context, params: Params) -> None:
    """Clients send it with spaces, with dashes, or with neither."""
    wallet = params.text("account_id")
    if wallet is not None and wallet.replace("-", "").replace(" ", "") != context.tools.ids.wallet(
        context.account_id
    ).replace(" ", ""):
        raise bad_argument("account_id")


def _check_options(context: Context, params: Params) -> None:
    params.choice("rebase_multiplier", REBASE_MULTIPLIERS, None)
    _check_wallet(context, params)


def _owned(context: Context) -> list[Owned]:
    """Every asset the account ever had, in the order of the catalogue, as venue-pages#get-account-balance lists them.

    What orders hold of rewards is held in the name of their asset, more than there may be of that itself. Source:
    ccxt pull request 24664; infinity-grid issue 80 (2025-11).
    """
    assets: dict[str, Asset] = {}
    settled, held = Counter[str](), Counter[str]()
    for purse in context.state.ledger.of_account(context.key.account_id):
        assets[purse.asset.code] = purse.asset
        settled[purse.asset.code] += purse.settled
        held[spent_as(purse.asset.code)] += purse.held.balance
    codes = sorted(assets, key=context.tools.symbols.asset_place)
    return [Owned(assets[code], settled[code], held[code]) for code in codes]


def _credit_detail(one: Owned) -> CreditDetail:
    scale, ppm = one.asset.scale, one.asset.collateral_ppm
    value = format_units(ppm // 10**2, 4) if ppm else UNSET
    return CreditDetail(format_units(one.settled, scale), format_units(one.held, scale), value)


def _collateral(state: State, owned: list[Owned], target: Asset) -> int:
    """What of an account's assets counts as collateral, as a value in another asset."""
    return sum(_value(state, one.asset, one.settled, target) * one.asset.collateral_ppm for one in owned) // 10**6


def _target(context: Context, params: Params) -> Asset:
    code = context.tools.symbols.asset(params.text("asset") or USD)
    if code is None:
        raise BadCall(errors.UNKNOWN_ASSET)
    return context.state.assets[code]


def _value(state: State, asset: Asset, units: int, target: Asset) -> int:
    """Units of an asset as units of 10**-EXACT_SCALE of another. A suffixed one is worth what its base is (decided)."""
    price = price_of(state, asset.code.partition(".")[0], target.code)
    if price is None:
        return 0
    finer: int = 10 ** (EXACT_SCALE - target.scale)
    return units * price[0] * finer // price[1]


def _amount(value: int) -> str:
    return format_units(rescale_floor(value, EXACT_SCALE, VALUE_SCALE), VALUE_SCALE)


class Standing(Struct, frozen=True):
    """Where an account stands on the ladder of a market."""

    pair: str
    aclass: str
    ladder: FeeSchedule
    rung: int

    @property
    def taker(self) -> FeeInfo:
        """What it pays as taker."""
        return self._info([tier.taker_ppm for tier in self.ladder.tiers])

    @property
    def maker(self) -> FeeInfo:
        """What it pays as maker."""
        return self._info([tier.maker_ppm for tier in self.ladder.tiers])

    @property
    def schedule(self) -> Schedule:
        """The whole ladder."""
        tiers = [_schedule_tier(tier, active=rung == self.rung) for rung, tier in enumerate(self.ladder.tiers)]
        return Schedule(self.pair, self.aclass, tiers)

    def _info(self, rates: list[int]) -> FeeInfo:
        """A fixed fee has no ladder, the top rung no next one. Source: kraken-rest#trade-volume."""
        tiers, rung = self.ladder.tiers, self.rung
        if len(tiers) == 1:
            return FeeInfo(_percent(rates[0]), None, None, None, None, None)
        upwards = rung + 1 < len(tiers)
        return FeeInfo(
            fee=_percent(rates[rung]),
            minfee=_percent(min(rates)),
            maxfee=_percent(max(rates)),
            nextfee=_percent(rates[rung + 1]) if upwards else None,
            tiervolume=_dollars(tiers[rung].from_usd),
            nextvolume=_dollars(tiers[rung + 1].from_usd) if upwards else None,
        )


def _standing(context: Context, text: str, aclass: str | None, figures: tuple[int, int]) -> Standing:
    """The rung that spot volume and assets, in whole US dollars, have reached in the market that is named."""
    symbols = context.tools.symbols
    if aclass is not None and aclass not in PAIR_CLASSES:
        raise bad_argument("aclass")
    symbol = symbols.pair(text)
    if symbol is None:
        raise BadCall(errors.UNKNOWN_PAIR)
    base_class = symbols.pair_info(symbol).aclass_base
    if aclass is not None and PAIR_CLASSES[aclass] != base_class:
        raise BadCall(errors.UNKNOWN_PAIR)
    ladder = context.state.markets[symbol].market.fees_for(VENUE).at(context.state.as_of(context.at_ns))
    shown_class = SPOT_CLASS if base_class == CURRENCY else base_class
    return Standing(symbols.pair_name(symbol), shown_class, ladder, ladder.rung(*figures))


def _schedule_tier(tier: FeeTier, *, active: bool) -> ScheduleTier:
    futures_usd, assets_usd = tier.from_futures_usd, tier.from_assets_usd
    return ScheduleTier(
        maker_fee=_percent(tier.maker_ppm),
        taker_fee=_percent(tier.taker_ppm),
        min_spot_volume=_dollars(tier.from_usd),
        min_futures_volume=None if futures_usd is None else _dollars(futures_usd),
        min_assets_on_platform=None if assets_usd is None else _dollars(assets_usd),
        active=active,
    )


def _percent(rate_ppm: int) -> str:
    return format_units(rate_ppm, PERCENT_SCALE)


def _dollars(whole: int) -> str:
    return format_units(whole * 10**VALUE_SCALE, VALUE_SCALE)


def _seconds(at_ns: int) -> str:
    """Whole seconds as text, 0 for none. Source: kraken-rest#times."""
    return str(at_ns // SECOND_NS)


ENDPOINTS: Final = (
    Endpoint("Balance", balance, any_of("query-funds")),
    Endpoint("BalanceEx", balance_ex, any_of("query-funds")),
    Endpoint("TradeBalance", trade_balance, any_of("query-open-trades", "query-funds")),
    Endpoint("CreditLines", credit_lines, any_of("query-funds")),
    Endpoint("ListWalletAccounts", added(manners.WALLETS, wallet_accounts)),
    Endpoint("TradeVolume", trade_volume, any_of("query-funds")),
    Endpoint("GetApiKeyInfo", added(manners.KEY_INFO, api_key_info)),
    Endpoint("GetWebSocketsToken", websockets_token, any_of("create-ws-token")),
    Endpoint("CreateSubaccount", not_entitled, any_of("withdraw-funds")),
    Endpoint("AccountTransfer", not_entitled, any_of("withdraw-funds")),
)
"""Permissions: kraken-rest#permissions, where guide and method pages differ either of the two."""
