"""A user's sub-accounts: opening them, their keys and what they hold.

Source: kucoin-rest#sub-accounts; the order of fields is that of the examples in KuCoin's own API specification.
"""

import re
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import Account, ApiKey
from seatrial.core.commands import ChangeKey, IssueKey, OpenAccount, RevokeKey
from seatrial.core.ledger import Purse
from seatrial.core.valuing import price_of
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.amounts import padded, short
from seatrial.dialects.kucoin.auth import passphrase_is
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.endpoint import GENERAL, Endpoint
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.paging import page_of, read_page, whole_seconds_ms
from seatrial.dialects.kucoin.params import SECOND_NS, Params
from seatrial.dialects.kucoin.rest.account import (
    MAX_SUB_ACCOUNTS,
    KeyInfo,
    key_info,
    read_addresses,
    read_permissions,
    sub_accounts_of,
)

ACCESSES: Final = ("Spot", "Futures", "Margin", "All")
ENABLED: Final = 2
NORMAL: Final = 0
DAY_NS: Final = 86_400 * 10**9
NEVER: Final = "-1"
LIVES: Final = (NEVER, "30", "90", "180", "360")
"""Days that a key may live."""
USUAL_BASE: Final = "BTC"
USUAL_PERMISSION: Final = GENERAL

_NAME = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9]{7,32}")
_PASSWORD = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[\x21-\x7e]{7,24}")
_REMARK = re.compile(r"[\x20-\x7e]{1,24}")
_PASSPHRASE = re.compile(r"[\x21-\x7e]{7,32}")


class SubUser(Struct, frozen=True, rename="camel"):
    """One sub-account, as version 2 shows it."""

    user_id: str
    uid: int
    sub_name: str
    status: int
    type: int
    access: str
    created_at: int
    remarks: str
    trade_types: tuple[str, ...]
    opened_trade_types: tuple[str, ...]
    hosted_status: str | None


class OldSubUser(Struct, frozen=True, rename="camel"):
    """The same, as version 1 shows it."""

    user_id: str
    uid: int
    sub_name: str
    type: int
    remarks: str
    access: str


class BalanceRow(Struct, frozen=True, rename="camel"):
    """One currency in one of a sub-account's wallets, and what it is worth."""

    currency: str
    balance: str
    available: str
    holds: str
    base_currency: str
    base_currency_price: str
    base_amount: str
    tag: str


class IssuedKey(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new key with its secret, which is never shown again."""

    sub_name: str
    remark: str
    api_key: str
    api_secret: str
    api_version: int
    passphrase: str
    permission: str
    ip_whitelist: str | UnsetType
    created_at: int


def create(context: Context, params: Params) -> dict[str, object]:
    """Open a sub-account. Its password is checked and opens nothing: nobody logs in here (decided)."""
    command = _read_sub_account(context, params)
    context.apply(command)
    state, ids = context.state, context.tools.ids
    opened = state.accounts[state.account_names[command.name]].account
    return {
        "uid": ids.uid(opened.account_id), "subName": opened.name, "remarks": opened.note, "access": opened.access
    }  # fmt: skip


def _read_sub_account(context: Context, params: Params) -> OpenAccount:
    owner = context.account.account
    name = _matching(params, "subName", _NAME)
    _matching(params, "password", _PASSWORD)
    access = params.required_choice("access", ACCESSES)
    remarks = "" if params.text("remarks") is None else _matching(params, "remarks", _REMARK)
    if owner.parent_id:
        raise BadCall(errors.PERMISSION_DENIED)
    if len(sub_accounts_of(context)) >= MAX_SUB_ACCOUNTS:
        raise BadCall(errors.TOO_MANY_SUB_ACCOUNTS)
    return OpenAccount(
        name, owner.venue, owner.tier, owner.rate_limits, owner.trading_wallet, owner.funding_wallet,
        parent_id=owner.account_id, access=access, note=remarks, check_timestamps=owner.check_timestamps,
    )  # fmt: skip


def page(context: Context, params: Params) -> dict[str, object]:
    """A page of the sub-accounts."""
    paging = read_page(params, minimum=1, usual=10, maximum=100)
    found = sub_accounts_of(context)
    return page_of([_sub_user(context, account) for account in paging.cut(found)], len(found), paging)


def every(context: Context, _params: Params) -> list[OldSubUser]:
    """All of them, as version 1 shows them."""
    ids = context.tools.ids
    return [
        OldSubUser(user_id(ids, one), ids.uid(one.account_id), one.name, NORMAL, one.note, one.access)
        for one in (account.account for account in sub_accounts_of(context))
    ]


def balances(context: Context, params: Params) -> dict[str, object]:
    """What one sub-account holds."""
    number = context.tools.ids.user.number(params.required("subUserId"))
    found = next((one for one in sub_accounts_of(context) if one.account.account_id == number), None)
    if found is None:
        raise BadCall(errors.UNKNOWN_SUB_ACCOUNT)
    return _balances(context, params, found)


def all_balances(context: Context, params: Params) -> list[dict[str, object]]:
    """What each sub-account holds."""
    return [_balances(context, params, account) for account in sub_accounts_of(context)]


def balance_page(context: Context, params: Params) -> dict[str, object]:
    """A page of that."""
    paging = read_page(params, minimum=10, usual=10, maximum=100)
    found = sub_accounts_of(context)
    return page_of([_balances(context, params, account) for account in paging.cut(found)], len(found), paging)


def create_key(context: Context, params: Params) -> IssuedKey:
    """A key to a sub-account. It can neither deposit nor withdraw. Source: kucoin-rest#permissions."""
    command = _read_new_key(context, params)
    context.apply(command)
    info = key_info(context, context.state.keys[command.public])
    return IssuedKey(
        sub_name=context.state.accounts[command.account_id].account.name,
        remark=command.name,
        api_key=command.public,
        api_secret=command.secret,
        api_version=info.api_version,
        passphrase=params.required("passphrase"),
        permission=info.permission,
        ip_whitelist=info.ip_whitelist,
        created_at=info.created_at,
    )


def _read_new_key(context: Context, params: Params) -> IssueKey:
    owner = _named(context, params)
    passphrase = _matching(params, "passphrase", _PASSPHRASE)
    remark = _matching(params, "remark", _REMARK)
    permissions = read_permissions(params.text("permission") or USUAL_PERMISSION)
    public, secret = context.tools.ids.credentials(context.state.counters.key_id + 1)
    return IssueKey(
        owner.account.account_id, remark, public, secret, permissions, one_time_password=passphrase,
        valid_until_ns=_end_ns(params, context.at_ns) or 0, ip_allowlist=read_addresses(params.text("ipWhitelist")),
    )  # fmt: skip


def keys(context: Context, params: Params) -> list[KeyInfo]:
    """A sub-account's keys, or the one that is named."""
    owner, wanted = _named(context, params), params.text("apiKey")
    return [
        key_info(context, key)
        for key in context.state.keys.values()
        if key.account_id == owner.account.account_id and wanted in (None, key.public)
    ]


def change_key(context: Context, params: Params) -> dict[str, object]:
    """Other rights, addresses or another end for a key. Its passphrase must be right. What is not said stays."""
    owner, key = _named(context, params), _key(context, params)
    permission, addresses = params.text("permission"), params.text("ipWhitelist")
    command = ChangeKey(
        key.account_id, key.public, None if permission is None else read_permissions(permission),
        None if addresses is None else read_addresses(addresses), _end_ns(params, context.at_ns),
    )  # fmt: skip
    context.apply(command)
    info = key_info(context, key)
    shown: dict[str, object] = {"subName": owner.account.name, "apiKey": key.public, "permission": info.permission}
    return shown if info.ip_whitelist is UNSET else {**shown, "ipWhitelist": info.ip_whitelist}


def revoke_key(context: Context, params: Params) -> dict[str, str]:
    """Take a key away. Its passphrase must be right."""
    owner, key = _named(context, params), _key(context, params)
    context.apply(RevokeKey(key.account_id, key.public))
    return {"subName": owner.account.name, "apiKey": key.public}


def user_id(ids: Ids, account: Account) -> str:
    """The text under which a sub-account is known."""
    return ids.user(account.account_id, account.created_ns // SECOND_NS)


def _matching(params: Params, name: str, form: re.Pattern[str]) -> str:
    text = params.required(name)
    if not form.fullmatch(text):
        raise BadCall(errors.out_of_range(name))
    return text


def _named(context: Context, params: Params) -> AccountState:
    """The sub-account that `subName` names."""
    name = params.required("subName")
    found = next((one for one in sub_accounts_of(context) if one.account.name == name), None)
    if found is None:
        raise BadCall(errors.UNKNOWN_SUB_ACCOUNT)
    return found


def _key(context: Context, params: Params) -> ApiKey:
    """The sub-account's key that `apiKey` names, for whoever knows its passphrase."""
    owner, public = _named(context, params), params.required("apiKey")
    passphrase = params.required("passphrase")
    key = context.state.keys.get(public)
    if key is None or key.account_id != owner.account.account_id:
        raise BadCall(errors.UNKNOWN_KEY)
    if not passphrase_is(passphrase, key.one_time_password or ""):
        raise BadCall(errors.INVALID_PASSPHRASE)
    return key


def _end_ns(params: Params, at_ns: int) -> int | None:
    """When a key's life is over; 0: never; None: nothing was said."""
    days = params.choice("expire", LIVES, None)
    if days is None or days == NEVER:
        return None if days is None else 0
    return at_ns + int(days) * DAY_NS


def _sub_user(context: Context, account: AccountState) -> SubUser:
    one, ids = account.account, context.tools.ids
    kinds = ("Spot", "Futures", "Margin") if one.access == "All" else (one.access,)
    return SubUser(
        user_id(ids, one), ids.uid(one.account_id), one.name, ENABLED, NORMAL, one.access,
        whole_seconds_ms(one.created_ns), one.note, kinds, kinds, None,
    )  # fmt: skip


def _balances(context: Context, params: Params, account: AccountState) -> dict[str, object]:
    """The names of the lists are KuCoin's own, HF in capitals."""
    base = context.tools.symbols.code(params.text("baseCurrency") or USUAL_BASE)
    if base is None:
        raise BadCall(errors.out_of_range("baseCurrency"))
    shows_all = params.boolean("includeBaseAmount")
    has = context.tools.symbols.has
    held = [
        purse
        for purse in context.state.ledger.of_account(account.account.account_id)
        if has(purse.asset.code) and (shows_all or purse.total)
    ]

    def rows(wallet: str) -> list[BalanceRow]:
        return [_row(context, purse, base) for purse in held if purse.wallet == wallet]

    return {
        "subUserId": user_id(context.tools.ids, account.account),
        "subName": account.account.name,
        "mainAccounts": rows("main"),
        "tradeAccounts": rows("trade"),
        "marginAccounts": rows("margin"),
        "tradeHFAccounts": [],
    }


def _row(context: Context, purse: Purse, base: str) -> BalanceRow:
    """Decided: where no price is known it is 0."""
    symbols, assets, scale = context.tools.symbols, context.state.assets, purse.asset.scale
    upper, lower = price_of(context.state, purse.asset.code, base) or (0, 1)
    return BalanceRow(
        symbols.currency(purse.asset.code),
        short(purse.total, scale),
        short(purse.free.balance, scale),
        short(purse.held.balance + purse.outgoing.balance, scale),
        symbols.currency(base),
        short(upper * 10**scale // lower, assets[base].scale),
        padded(purse.total * upper // lower, assets[base].scale),
        "DEFAULT",
    )


ENDPOINTS: Final = (
    Endpoint("POST", "/api/v2/sub/user/created", create, GENERAL, Pool.MANAGEMENT, 15),
    Endpoint("GET", "/api/v2/sub/user", page, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/sub/user", every, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/sub-accounts", all_balances, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v2/sub-accounts", balance_page, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/sub-accounts/{subUserId}", balances, GENERAL, Pool.MANAGEMENT, 15),
    Endpoint("POST", "/api/v1/sub/api-key", create_key, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/sub/api-key", keys, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("POST", "/api/v1/sub/api-key/update", change_key, GENERAL, Pool.MANAGEMENT, 30),
    Endpoint("DELETE", "/api/v1/sub/api-key", revoke_key, GENERAL, Pool.MANAGEMENT, 30),
)
