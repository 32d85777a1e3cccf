"""What a user has, who it is, and what it pays.

Source: kucoin-rest#older-ledgers, kucoin-rest#accounts, kucoin-rest#sub-accounts and kucoin-rest#what-ccxt-asks.
"""

from ipaddress import ip_network
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import ApiKey
from seatrial.core.ledger import Owner, Purse
from seatrial.core.orders import Order, Side
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.amounts import USUAL_DECIMALS, short, usable
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.endpoint import GENERAL, Endpoint
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.limits import DEFAULT_TIER, TIERS, Pool
from seatrial.dialects.kucoin.listings import rate
from seatrial.dialects.kucoin.paging import page_of, read_page, whole_seconds_ms
from seatrial.dialects.kucoin.params import MILLISECOND_NS, SECOND_NS, Params
from seatrial.dialects.kucoin.reading import market_of

WALLETS: Final = ("main", "trade", "margin", "contract")
"""The wallets that an account may have, as we name them and as KuCoin does."""
LISTED: Final = ("main", "trade")
"""What a list without `type` shows: any other makes one client drop the whole list. Source: kucoin-rest#accounts."""
TWINS: Final = {"trade_hf": "trade", "margin_v2": "margin"}
"""The high-frequency twin of a wallet is that wallet under another name, shown where it is asked for (decided)."""
TYPES: Final = (*WALLETS, *TWINS, "isolated", "isolated_v2", "option")
WALLET_OF: Final = {kind.upper(): wallet for kind, wallet in (*zip(WALLETS, WALLETS, strict=True), *TWINS.items())}
"""`type` of the transfer quota → our wallet."""

PERMISSIONS: Final = ("General", "Futures", "Spot", "Earn", "InnerTransfer", "Transfer", "Margin")
"""The order in which a key's permissions are listed. Source: the specification's example."""
KEY_VERSION: Final = 3
MAX_FEES: Final = 10
MAX_SUB_ACCOUNTS: Final = 5
MAX_ADDRESSES: Final = 20
SUB_PERMISSIONS: Final = frozenset({"General", "Spot", "Futures", "Margin", "InnerTransfer"})
"""A sub-account's key can neither deposit nor withdraw. Source: kucoin-rest#permissions."""


class AccountRow(Struct, frozen=True):
    """One currency in one wallet."""

    id: str
    currency: str
    type: str
    balance: str
    available: str
    holds: str


class HoldRow(Struct, frozen=True, rename="camel"):
    """Money set aside for one order."""

    currency: str
    hold_amount: str
    biz_type: str
    order_id: str
    created_at: int
    updated_at: int


class FeeRow(Struct, frozen=True, rename="camel"):
    """What a user pays in one market."""

    symbol: str
    taker_fee_rate: str
    maker_fee_rate: str


class KeyInfo(Struct, frozen=True, kw_only=True, rename="camel"):
    """The key that asks."""

    remark: str
    api_key: str
    api_version: int
    permission: str
    ip_whitelist: str | UnsetType = UNSET
    created_at: int
    uid: int
    is_master: bool
    sub_name: str | UnsetType = UNSET


def accounts(context: Context, params: Params) -> list[AccountRow]:
    """What every wallet holds; currencies never held are absent. Decided: an unknown currency has none."""
    symbols = context.tools.symbols
    kind = params.choice("type", TYPES, None)
    currency = params.text("currency")
    wallets = LISTED if kind is None else (TWINS.get(kind, kind),)
    return [
        _account_row(context, purse, kind)
        for purse in _purses(context)
        if purse.wallet in wallets and currency in (None, symbols.currency(purse.asset.code))
    ]


def account(context: Context, params: Params) -> dict[str, str]:
    """One of them, without its id and type."""
    return _amounts(_account_row(context, find_purse(context, params)))


def holds(context: Context, params: Params) -> dict[str, object]:
    """What one of them sets aside for orders, newest first."""
    purse = find_purse(context, params)
    paging = read_page(params, minimum=1)
    held = [
        order
        for order in reversed(context.account.orders.values())
        if order.hold and _paying_purse(context, order) is purse
    ]
    return page_of([_hold_row(context, order, purse) for order in paging.cut(held)], len(held), paging)


def transferable(context: Context, params: Params) -> dict[str, str]:
    """What could be moved out of a wallet now: a balance may be finer than an amount that can be named."""
    code = context.tools.symbols.code(params.required("currency"))
    wallet = WALLET_OF[params.required_choice("type", WALLET_OF)]
    if code is None:
        raise BadCall(errors.out_of_range("currency"))
    purse = context.state.ledger.purses.get((context.account_id, wallet, code)) or _empty(context, wallet, code)
    free = usable(purse.free.balance, purse.asset.scale)
    return {**_amounts(_account_row(context, purse)), "transferable": short(free, USUAL_DECIMALS)}


def user_info(context: Context, _params: Params) -> dict[str, int]:
    """The user's level and its sub-accounts."""
    tier, subs = context.account.account.tier, sub_accounts_of(context)
    none = ("marginSubQuantity", "futuresSubQuantity", "optionSubQuantity")
    no_more = (
        "maxSpotSubQuantity", "maxMarginSubQuantity", "maxFuturesSubQuantity", "maxOptionSubQuantity",
    )  # fmt: skip
    return {
        "level": TIERS.index(tier) if tier in TIERS else TIERS.index(DEFAULT_TIER),
        "subQuantity": len(subs),
        "spotSubQuantity": len(subs),
        **dict.fromkeys(none, 0),
        "maxSubQuantity": MAX_SUB_ACCOUNTS,
        "maxDefaultSubQuantity": MAX_SUB_ACCOUNTS,
        **dict.fromkeys(no_more, 0),
    }


def api_key(context: Context, _params: Params) -> KeyInfo:
    """What is known of the key that signed the call."""
    return key_info(context, context.key)


def key_info(context: Context, key: ApiKey) -> KeyInfo:
    """What a key's owner may know of it."""
    owner = context.state.accounts[key.account_id].account
    return KeyInfo(
        remark=key.name,
        api_key=key.public,
        api_version=KEY_VERSION,
        permission=",".join(name for name in PERMISSIONS if name in key.permissions),
        ip_whitelist=",".join(key.ip_allowlist) if key.ip_allowlist else UNSET,
        created_at=whole_seconds_ms(key.created_ns),
        uid=context.tools.ids.uid(owner.account_id),
        is_master=not owner.parent_id,
        sub_name=owner.name if owner.parent_id else UNSET,
    )


def sub_accounts_of(context: Context) -> list[AccountState]:
    """The caller's sub-accounts, oldest first."""
    return [one for one in context.state.accounts.values() if one.account.parent_id == context.account_id]


def read_permissions(text: str) -> frozenset[str]:
    """A comma list of permissions that a sub-account's key may have."""
    names = frozenset(name.strip() for name in text.split(","))
    if not names <= SUB_PERMISSIONS:
        raise BadCall(errors.out_of_range("permission"))
    return names


def read_addresses(text: str | None) -> tuple[str, ...]:
    """A comma list of addresses or networks that a key may be used from; none: from anywhere."""
    addresses = tuple(filter(None, (part.strip() for part in (text or "").split(","))))
    if len(addresses) > MAX_ADDRESSES or not all(map(_is_network, addresses)):
        raise BadCall(errors.out_of_range("ipWhitelist"))
    return addresses


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def is_high_frequency(_context: Context, _params: Params) -> bool:
    """No: it would make ccxt leave the endpoints that need no symbol. Source: kucoin-rest#what-ccxt-asks."""
    return False


def account_mode(context: Context, _params: Params) -> dict[str, object]:
    """What ccxt asks first of all: nobody here has a unified account.

    Source: kucoin-rest#what-ccxt-asks, kucoin-rest#unified-account.
    """
    uids = [context.tools.ids.uid(one.account.account_id) for one in sub_accounts_of(context)]
    return {"selfAccountMode": "CLASSIC", "unifiedSubAccount": [], "classicSubAccount": uids}


def base_fee(context: Context, params: Params) -> dict[str, str]:
    """What the user pays where nothing else is said: in the first market of the first category."""
    params.choice("currencyType", ("0", "1"), "0")
    symbols = context.tools.symbols
    usual = next((symbol for symbol in symbols.markets if symbols.line(symbol).fee_category == 1), None)
    if usual is None:
        raise BadCall(errors.UNKNOWN_SYMBOL)
    row = _fee_row(context, usual)
    return {"takerFeeRate": row.taker_fee_rate, "makerFeeRate": row.maker_fee_rate}


def trade_fees(context: Context, params: Params) -> list[FeeRow]:
    """What the user pays in some markets."""
    names = params.comma_list("symbols", MAX_FEES)
    if not names:
        raise BadCall(errors.missing("symbols"))
    return [_fee_row(context, market_of(context, name)) for name in names]


def find_purse(context: Context, params: Params) -> Purse:
    """The caller's purse that `accountId` names. Raises `BadCall`."""
    purse_id, wanted = context.tools.ids.purse, params.required("accountId")
    for purse in _purses(context):
        if purse_id(context.account_id, purse.wallet, purse.asset.code) == wanted:
            return purse
    raise BadCall(errors.UNKNOWN_ACCOUNT)


def _purses(context: Context) -> list[Purse]:
    """Those of currencies that are on KuCoin."""
    has = context.tools.symbols.has
    return [purse for purse in context.state.ledger.of_account(context.account_id) if has(purse.asset.code)]


def _empty(context: Context, wallet: str, code: str) -> Purse:
    return Purse(context.account_id, wallet, context.state.assets[code], Owner())


def _amounts(row: AccountRow) -> dict[str, str]:
    return {"currency": row.currency, "balance": row.balance, "available": row.available, "holds": row.holds}


def _account_row(context: Context, purse: Purse, kind: str | None = None) -> AccountRow:
    code, scale = purse.asset.code, purse.asset.scale
    return AccountRow(
        context.tools.ids.purse(context.account_id, purse.wallet, code),
        context.tools.symbols.currency(code),
        kind or purse.wallet,
        short(purse.total, scale),
        short(purse.free.balance, scale),
        short(purse.held.balance + purse.outgoing.balance, scale),
    )


def _paying_purse(context: Context, order: Order) -> Purse:
    market = context.state.markets[order.market].market
    return context.account.trading_purse(market.quote if order.side is Side.BUY else market.base)


def _hold_row(context: Context, order: Order, purse: Purse) -> HoldRow:
    return HoldRow(
        context.tools.symbols.currency(purse.asset.code),
        short(order.hold, purse.asset.scale),
        "Exchange",
        context.tools.ids.order(order.order_id, order.opened_ns // SECOND_NS),
        order.opened_ns // MILLISECOND_NS,
        max(order.opened_ns, order.touched_ns) // MILLISECOND_NS,
    )


def _fee_row(context: Context, symbol: str) -> FeeRow:
    tier = context.account.fee_tier(context.state.markets[symbol].market, context.at_ns)
    return FeeRow(context.tools.symbols.name(symbol), rate(tier.taker_ppm), rate(tier.maker_ppm))


ENDPOINTS: Final = (
    Endpoint("GET", "/api/v1/accounts", accounts, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/accounts/{accountId}", account, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/accounts/{accountId}/holds", holds, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/accounts/transferable", transferable, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v2/user-info", user_info, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/user/api-key", api_key, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/hf/accounts/opened", is_high_frequency, GENERAL, Pool.SPOT, 30),
    Endpoint("GET", "/api/ua/v1/account/mode", account_mode, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/base-fee", base_fee, GENERAL, Pool.SPOT, 3),
    Endpoint("GET", "/api/v1/trade-fees", trade_fees, GENERAL, Pool.SPOT, 3),
)
"""Decided: the weights of the account's mode and of its holds, which no page shows."""
