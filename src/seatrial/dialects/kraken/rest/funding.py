"""Money in and out: the methods, addresses and states of deposits and withdrawals.

Source: kraken-rest#deposit-methods and the sections that follow it there; venue-pages#funding-statuses. Decided: an
asset class that an asset is not in knows no such asset.
"""

import re
from functools import partial
from typing import Final

from seatrial.core.addresses import MEMO_STYLES
from seatrial.core.assets import Asset
from seatrial.core.commands import CancelWithdrawal, IssueAddress, RequestWithdrawal
from seatrial.core.facts import WithdrawalRequested
from seatrial.core.findings import CancelDenied, WithdrawalChecked
from seatrial.core.funding import DepositAddress, Destination, Direction, Transfer, TransferNote, TransferStatus
from seatrial.core.machine import Done, first
from seatrial.core.markets import FundingMethod
from seatrial.core.money import format_units, parse_units, rescale_floor
from seatrial.core.queries import Page, Span, TransferPage, TransfersById
from seatrial.core.rejects import Reject
from seatrial.dialects.kraken import errors
from seatrial.dialects.kraken.context import Context, Later, Tools
from seatrial.dialects.kraken.endpoint import Endpoint, any_of
from seatrial.dialects.kraken.errors import BadCall, bad_argument
from seatrial.dialects.kraken.ids import method_id, network_id
from seatrial.dialects.kraken.manners import METHOD_IDS, WITHDRAWAL_FIELDS
from seatrial.dialects.kraken.params import MAX_NS, Params

STATUSES: Final = {
    TransferStatus.INITIAL: "Initial",
    TransferStatus.PENDING: "Pending",
    TransferStatus.ON_HOLD: "On hold",
    TransferStatus.SETTLED: "Settled",
    TransferStatus.SUCCESS: "Success",
    TransferStatus.FAILURE: "Failure",
}
"""Kraken's words for where a transfer stands. Source: venue-pages#funding-statuses, in which `On hold` is a status."""

NOTES: Final = {
    TransferNote.CANCEL_PENDING: "cancel-pending",
    TransferNote.CANCELED: "canceled",
    TransferNote.CANCEL_DENIED: "cancel-denied",
    TransferNote.RETURN: "return",
    TransferNote.ON_HOLD: "onhold",
}
"""Kraken's words for a transfer's `status-prop`. Source: kraken-rest#deposit-statuses and
kraken-rest#withdrawal-statuses."""

MAX_UNUSED_ADDRESSES: Final = 5
"""Source: kraken-rest#deposit-addresses, "often quoted"."""
MAX_DEPOSITS: Final = 25
MAX_WITHDRAWALS: Final = 500
"""How many a page has unless `limit` says less. Source of both: kraken-rest#deposit-status and
kraken-rest#withdrawal-status."""
MAX_ASKED: Final = 500
"""Decided: the largest `limit`."""
RECENT_NS: Final = 90 * 86_400 * 10**9
"""How far back the lists go unless `start` says so. Source: kraken-rest#deposit-status."""
SECOND_NS: Final = 10**9
USUAL_DECIMALS: Final = 8

_REFERENCE = re.compile(r"[A-Z0-9]{7}-[A-Z0-9]{6}-[A-Z0-9]{6}|FT[A-Za-z0-9]{5}-[A-Za-z0-9]{22}")


def deposit_methods(context: Context, params: Params) -> list[dict[str, object]]:
    """How an asset comes in."""
    return [
        {
            "method": method.name,
            "limit": False,
            "fee": format_units(method.deposit_fee, method.asset.scale),
            "gen-address": True,
            "minimum": _usual(method.deposit_minimum, method.asset),
        }
        for method in _methods(context, _asset(context, params))
    ]


def deposit_addresses(context: Context, params: Params) -> list[dict[str, object]]:
    """The account's addresses for a method, newest first; `new` adds one, which ccxt reads as the first.

    Without `new` none is issued: where there is none yet, the list is empty.
    """
    asset = _asset(context, params)
    name = params.required("method")
    if name not in {method.name for method in _methods(context, asset)}:
        raise BadCall(errors.SPELLING[Reject.METHOD_UNKNOWN])
    if params.boolean("new", default=False):
        context.apply(IssueAddress(context.account_id, asset.code, name, MAX_UNUSED_ADDRESSES))
    return [_address(address) for address in reversed(context.account.addresses.get((asset.code, name), []))]


def deposit_status(context: Context, params: Params) -> Later:
    """Deposits, newest first."""
    return _status(context, params, Direction.DEPOSIT, "deposit", MAX_DEPOSITS)


def withdraw_methods(context: Context, params: Params) -> list[dict[str, object]]:
    """How assets go out. Decided: a filter that fits nothing gives an empty list.

    Decided: ids are UUIDs; `network_id` is null where `network` is, and `limits`, which are optional, are left out.
    """
    network = params.text("network")
    asset = _optional_asset(context, params)
    methods = context.state.methods
    listed = [methods.get(asset.code, [])] if asset is not None else methods.values()
    return [
        _withdraw_method(context, method)
        for of_asset in listed
        for method in of_asset
        if network in (None, method.network)
    ]


def withdraw_addresses(context: Context, params: Params) -> list[dict[str, object]]:
    """The destinations that the account saved. Decided: a filter that fits nothing gives an empty list."""
    asset, method, name = _optional_asset(context, params), params.text("method"), params.text("key")
    verified = params.boolean("verified", default=False)
    return [
        _destination(context, destination)
        for destination in context.account.destinations.values()
        if (asset is None or destination.asset == asset.code)
        and method in (None, destination.method)
        and name in (None, destination.name)
        and destination.verified >= verified
    ]


def withdraw_info(context: Context, params: Params) -> dict[str, str]:
    """What a withdrawal would send, at what fee, and the most that could be sent now."""
    command = _read_withdrawal(context, params, check_only=True)
    return _write_checked(context.apply(command), context.state.assets[command.asset])


def withdraw(context: Context, params: Params) -> dict[str, str]:
    """Send money to a saved destination."""
    return _write_requested(context, context.apply(_read_withdrawal(context, params, check_only=False)))


def withdraw_status(context: Context, params: Params) -> Later:
    """Withdrawals, newest first."""
    return _status(context, params, Direction.WITHDRAWAL, "withdrawals", MAX_WITHDRAWALS)


def withdraw_cancel(context: Context, params: Params) -> bool | Later:
    """Stop a withdrawal: true. Decided: false when it is too late, and it goes on."""
    asset = _asset(context, params)
    number = _read_reference(context, params)
    transfer = context.state.transfers.get(number)
    if transfer is not None and transfer.asset == asset.code:
        outcome = context.machine.apply(CancelWithdrawal(context.account_id, number), context.at_ns)
        if isinstance(outcome, tuple):
            return _is_canceled(outcome)
    return Later(TransfersById((number,), context.account_id), partial(_too_late, asset))


def _is_canceled(outcome: Done) -> bool:
    return not any(isinstance(told, CancelDenied) for told in outcome)


def _too_late(asset: Asset, found: list[Transfer]) -> bool:
    """What is the caller's and not on its way any more can only be finished."""
    if not found or (found[0].asset, found[0].direction) != (asset.code, Direction.WITHDRAWAL):
        raise BadCall(errors.SPELLING[Reject.TRANSFER_UNKNOWN])
    return False


def _asset(context: Context, params: Params) -> Asset:
    """The asset that must be named."""
    code = context.tools.symbols.asset(params.required("asset"))
    if code is None or params.text("aclass") not in (None, context.tools.symbols.asset_info(code).aclass):
        raise BadCall(errors.UNKNOWN_FUNDING_ASSET)
    return context.state.assets[code]


def _optional_asset(context: Context, params: Params) -> Asset | None:
    return None if params.text("asset") is None else _asset(context, params)


def _methods(context: Context, asset: Asset) -> list[FundingMethod]:
    """Read-only balances, fee credits and assets that never moved by themselves have none."""
    methods = context.state.methods.get(asset.code)
    if not methods:
        raise BadCall(errors.SPELLING[Reject.METHOD_UNKNOWN])
    return methods


def _withdraw_method(context: Context, method: FundingMethod) -> dict[str, object]:
    asset, symbols = method.asset, context.tools.symbols
    name = symbols.asset_name(asset.code)
    if not context.does(METHOD_IDS):
        minimum = _short(method.withdrawal_minimum, asset)
        return {"asset": name, "method": method.name, "network": method.network, "minimum": minimum}
    return {
        "asset": name,
        "method_id": method_id(asset.code, method.name),
        "method": method.name,
        "network_id": None if method.network is None else network_id(method.network),
        "network": method.network,
        "minimum": _short(method.withdrawal_minimum, asset),
        "fee": {
            "aclass": symbols.asset_info(asset.code).aclass,
            "asset": name,
            "fee": _short(method.withdrawal_fee, asset),
        },
    }


def _read_withdrawal(context: Context, params: Params, *, check_only: bool) -> RequestWithdrawal:
    asset = _asset(context, params)
    _methods(context, asset)
    key = params.required("key")
    gross = parse_units(params.required("amount"), asset.scale)
    if gross is None:
        raise BadCall(errors.INVALID_AMOUNT)
    max_fee = _max_fee(params, asset)
    return RequestWithdrawal(context.account_id, asset.code, key, gross, params.text("address"), max_fee, check_only)


def _read_reference(context: Context, params: Params) -> int:
    """The withdrawal that is named."""
    text = params.required("refid")
    number = context.tools.ids.withdrawal_number(text)
    if number is None:
        known_form = _REFERENCE.fullmatch(text) is not None
        raise BadCall(errors.SPELLING[Reject.TRANSFER_UNKNOWN] if known_form else errors.INVALID_REFERENCE)
    return number


def _write_checked(outcome: Done, asset: Asset) -> dict[str, str]:
    checked = first(WithdrawalChecked, outcome)
    return {
        "method": checked.method.name,
        "limit": _usual(checked.maximum, asset),
        "amount": _usual(checked.amount, asset),
        "fee": _usual(checked.fee, asset),
    }


def _write_requested(context: Context, outcome: Done) -> dict[str, str]:
    requested = first(WithdrawalRequested, outcome)
    return {"refid": context.tools.ids.withdrawal(requested.transfer.transfer_id)}


def _max_fee(params: Params, asset: Asset) -> int | None:
    """The largest fee that the caller takes. Decided: digits that the asset does not keep are cut off."""
    text = params.text("max_fee")
    if text is None:
        return None
    units = parse_units(text, 30)
    if units is None:
        raise bad_argument("max_fee")
    return rescale_floor(units, 30, asset.scale)


def _status(context: Context, params: Params, direction: Direction, name: str, usual_limit: int) -> Later:
    """One page of transfers: a list, or with `cursor` an object that says where the next page begins."""
    asset, method, span = _optional_asset(context, params), params.text("method"), _span(context, params)
    limit = params.integer("limit", 1, MAX_ASKED) or usual_limit
    is_paged, before_id = _cursor(params, context.tools, direction)
    code = None if asset is None else asset.code
    query = TransferPage(context.account_id, direction, code, method, span, before_id, limit + 1)
    return Later(query, partial(_write_transfers, context, name if is_paged else None, limit))


def _write_transfers(context: Context, name: str | None, limit: int, page: Page[Transfer]) -> object:
    """So many rows; under a name, and with the next cursor, where there is one."""
    assets, tools, is_newer = context.state.assets, context.tools, context.does(WITHDRAWAL_FIELDS)
    rows = [_row(transfer, assets[transfer.asset], tools, is_newer=is_newer) for transfer in page.rows[:limit]]
    if name is None:
        return rows
    return {name: rows, "next_cursor": rows[-1]["refid"] if len(page.rows) > limit else None}


def _cursor(params: Params, tools: Tools, direction: Direction) -> tuple[bool, int | None]:
    """Whether pages are asked for, and after which transfer this one begins: a cursor is the refid of a last row."""
    text = params.text("cursor")
    if text is None or text.lower() in ("false", "0"):
        return False, None
    if text.lower() in ("true", "1"):
        return True, None
    ids = tools.ids
    number = ids.deposit_number(text) if direction is Direction.DEPOSIT else ids.withdrawal_number(text)
    if number is None:
        raise bad_argument("cursor")
    return True, number


def _span(context: Context, params: Params) -> Span:
    """From `start` to `end`, both included, in whole seconds as the rows show them, within what the key may see."""
    start_ns, end_ns = params.time_ns("start"), params.time_ns("end")
    after_ns = context.at_ns - RECENT_NS if start_ns is None else start_ns // SECOND_NS * SECOND_NS - 1
    until_ns = MAX_NS if end_ns is None else min(end_ns // SECOND_NS * SECOND_NS + SECOND_NS - 1, MAX_NS)
    key = context.key
    if key.query_to_ns:
        until_ns = min(until_ns, key.query_to_ns)
    return Span(after_ns=max(after_ns, key.query_from_ns - 1), until_ns=until_ns)


def _row(transfer: Transfer, asset: Asset, tools: Tools, *, is_newer: bool) -> dict[str, object]:
    """One transfer. Fields and order are those of venue-pages#funding-statuses; two of a withdrawal came later."""
    is_deposit = transfer.direction is Direction.DEPOSIT
    is_plain = is_deposit or not is_newer
    number, write = transfer.transfer_id, format_units if is_deposit else _usual_units
    row: dict[str, object] = {
        "method": transfer.method,
        **({} if is_plain else {"network": transfer.network}),
        "aclass": tools.symbols.asset_info(asset.code).aclass,
        "asset": tools.symbols.asset_name(asset.code),
        "refid": tools.ids.deposit(number) if is_deposit else tools.ids.withdrawal(number),
        "txid": transfer.chain_tx,
        "info": transfer.address,
        "amount": write(transfer.amount, asset.scale),
        "fee": write(transfer.fee, asset.scale),
        "time": transfer.created_ns // SECOND_NS,
        "status": STATUSES[transfer.status],
        **({} if is_plain else {"key": transfer.destination}),
    }
    if transfer.note is not None:
        row["status-prop"] = NOTES[transfer.note]
    return row


def _address(address: DepositAddress) -> dict[str, object]:
    """Source of the fields and of when they are there: kraken-rest#deposit-addresses."""
    row: dict[str, object] = {"address": address.address.text, "expiretm": "0"}
    if not address.used:
        row["new"] = True
    if address.address.tag is not None:
        row["tag"] = address.address.tag
    if address.address.memo is not None:
        row["memo"] = address.address.memo
    return row


def _destination(context: Context, destination: Destination) -> dict[str, object]:
    """Source: kraken-rest#withdrawal-addresses, where `asset` is the altname."""
    row: dict[str, object] = {
        "address": destination.address,
        "asset": context.tools.symbols.asset_altname(destination.asset),
        "method": destination.method,
        "key": destination.name,
        "verified": destination.verified,
    }
    if destination.tag is not None:
        method = context.state.method(destination.asset, destination.method)
        is_memo = method is not None and method.address_style in MEMO_STYLES
        row["memo" if is_memo else "tag"] = destination.tag
    return row


def _usual(units: int, asset: Asset) -> str:
    return _usual_units(units, asset.scale)


def _usual_units(units: int, scale: int) -> str:
    """Eight decimals, or as many as the asset has when it has fewer, or when eight do not hold the amount.

    Source: withdrawals recorded and documented have eight also where the asset has ten. Decided: the rest of the rule.
    """
    text = format_units(units, scale)
    beyond = scale - USUAL_DECIMALS
    return text[:-beyond] if beyond > 0 and text.endswith("0" * beyond) else text


def _short(units: int, asset: Asset) -> str:
    """Two decimals, or as many as there are digits. Source: kraken-rest#numbers, `0.0004` and `20.00`."""
    text = format_units(units, asset.scale)
    point = len(text) - asset.scale
    return text[: point + 2] + text[point + 2 :].rstrip("0")


_DEPOSIT: Final = any_of("query-funds", "add-funds")
_WITHDRAW: Final = any_of("withdraw-funds")

ENDPOINTS: Final = (
    Endpoint("DepositMethods", deposit_methods, any_of("query-funds + add-funds")),
    Endpoint("DepositAddresses", deposit_addresses, _DEPOSIT),
    Endpoint("DepositStatus", deposit_status, _DEPOSIT),
    Endpoint("WithdrawMethods", withdraw_methods, _WITHDRAW),
    Endpoint("WithdrawAddresses", withdraw_addresses, _WITHDRAW),
    Endpoint("WithdrawInfo", withdraw_info, _WITHDRAW),
    Endpoint("Withdraw", withdraw, _WITHDRAW),
    Endpoint("WithdrawStatus", withdraw_status, any_of("withdraw-funds", "query-ledger")),
    Endpoint("WithdrawCancel", withdraw_cancel, _WITHDRAW),
)
"""Source: kraken-rest#permissions and kraken-rest#methods; where these differ, what either allows."""
