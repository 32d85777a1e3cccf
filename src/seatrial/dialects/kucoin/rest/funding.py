"""Money in and out: addresses, deposits, withdrawals and quotas.

Source: kucoin-rest#deposits, kucoin-rest#withdrawals and kucoin-rest#withdrawing; the order of fields is that of the
examples in KuCoin's own API specification.
"""

from functools import partial
from typing import Final, NamedTuple

from msgspec import UNSET, Struct, UnsetType, field

from seatrial.core.commands import CancelWithdrawal, IssueAddress, RequestWithdrawal
from seatrial.core.facts import WithdrawalRequested
from seatrial.core.funding import DepositAddress, Destination, Direction, Transfer, TransferNote, TransferStatus
from seatrial.core.machine import Done, first
from seatrial.core.money import format_units
from seatrial.core.queries import Page, TransferPage, TransfersById
from seatrial.core.valuing import price_of
from seatrial.dialects.kucoin import errors
from seatrial.dialects.kucoin.amounts import USUAL_DECIMALS, padded, short, usable
from seatrial.dialects.kucoin.context import Context, Later
from seatrial.dialects.kucoin.endpoint import GENERAL, WITHDRAWAL, Endpoint
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.ids import Ids
from seatrial.dialects.kucoin.limits import Pool
from seatrial.dialects.kucoin.listings import Chain
from seatrial.dialects.kucoin.paging import Paging, page_of, read_bounds_in_seconds, read_page, span, whole_seconds_ms
from seatrial.dialects.kucoin.params import SECOND_NS, Params
from seatrial.dialects.kucoin.reading import amount_of, code_of

MAIN: Final = "MAIN"
USUAL_CHAIN: Final = "eth"
TO_ADDRESS: Final = "ADDRESS"
FEE_INSIDE: Final = "INTERNAL"
FEE_ON_TOP: Final = "EXTERNAL"
MAX_TEXT: Final = 256
"""Characters of an address, a memo or a remark. Decided."""
QUOTA_CURRENCY: Final = "USDT"
QUOTA: Final = 999_999
"""What a day's withdrawals may be worth. Source: the specification's example. Decided: nothing ever uses it up."""
BITCOIN: Final = "BTC"

DEPOSIT_REMARK: Final = "Deposit"
TAG_MARK: Final = "@"
"""Stands between the hash of a deposit and what KuCoin adds. Source: kucoin-rest#ids."""

PROCESSING: Final = "PROCESSING"
SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"

DEPOSIT_STATUSES: Final = {
    TransferStatus.INITIAL: PROCESSING,
    TransferStatus.PENDING: PROCESSING,
    TransferStatus.ON_HOLD: PROCESSING,
    TransferStatus.SETTLED: PROCESSING,
    TransferStatus.SUCCESS: SUCCESS,
    TransferStatus.FAILURE: FAILURE,
}
WITHDRAWAL_STATUSES: Final = {
    TransferStatus.INITIAL: PROCESSING,
    TransferStatus.PENDING: PROCESSING,
    TransferStatus.ON_HOLD: "REVIEW",
    TransferStatus.SETTLED: "WALLET_PROCESSING",
    TransferStatus.SUCCESS: SUCCESS,
    TransferStatus.FAILURE: FAILURE,
}
"""Our statuses in KuCoin's words. Source: kucoin-rest#deposits and kucoin-rest#withdrawals."""


class AddressView(Struct, frozen=True, kw_only=True, rename="camel"):
    """One address, as version 3 shows it."""

    address: str
    memo: str
    chain_id: str
    to: str
    expiration_date: int
    currency: str
    contract_address: str | UnsetType = UNSET
    chain_name: str


class OldAddressView(Struct, frozen=True, rename="camel"):
    """One address, as versions 1 and 2 show it: `chain` is the chain's name."""

    address: str
    memo: str
    chain: str
    chain_id: str
    to: str
    currency: str
    contract_address: str | UnsetType = UNSET


class DepositView(Struct, frozen=True, rename="camel"):
    """One deposit. Nothing here ever comes from another user."""

    currency: str
    chain: str
    status: str
    address: str
    memo: str
    is_inner: bool
    amount: str
    fee: str
    wallet_tx_id: str | None
    created_at: int
    updated_at: int
    remark: str
    arrears: bool


class WithdrawalView(Struct, frozen=True, rename="camel"):
    """One withdrawal."""

    id: str
    currency: str
    chain: str
    status: str
    address: str
    memo: str
    is_inner: bool
    amount: str
    fee: str
    wallet_tx_id: str | None
    created_at: int
    updated_at: int
    remark: str


class WithdrawalDetail(Struct, frozen=True, rename="camel"):
    """One withdrawal by its id."""

    id: str
    uid: int
    currency: str
    chain_id: str
    chain_name: str
    currency_name: str
    status: str
    failure_reason: str
    failure_reason_msg: str | None
    address: str
    memo: str
    is_inner: bool
    amount: str
    fee: str
    wallet_tx_id: str | None
    address_remark: str | None
    remark: str
    created_at: int
    cancel_type: str
    taxes: str | None
    tax_description: str | None
    return_status: str
    return_amount: str | None
    return_currency: str


class Quotas(Struct, frozen=True, rename="camel"):
    """What may be withdrawn, and what it costs."""

    currency: str
    limit_btc_amount: str = field(name="limitBTCAmount")
    used_btc_amount: str = field(name="usedBTCAmount")
    quota_currency: str
    limit_quota_currency_amount: str
    used_quota_currency_amount: str
    remain_amount: str
    available_amount: str
    withdraw_min_fee: str
    inner_withdraw_min_fee: str
    withdraw_min_size: str
    is_withdraw_enabled: bool
    precision: int
    chain: str
    reason: str | None
    locked_amount: str


class Placed(NamedTuple):
    """An address and the chain that it is on."""

    address: DepositAddress
    chain: Chain


def create_address(context: Context, params: Params) -> AddressView:
    """The first address of a currency on a chain."""
    return _address_view(context, _create_address(context, params), UNSET)


def create_address_1(context: Context, params: Params) -> OldAddressView:
    """The same, in the older form."""
    return _old_address_view(context, _create_address(context, params), UNSET)


def addresses_3(context: Context, params: Params) -> list[AddressView]:
    """The addresses of a currency, on every chain or on one."""
    return [
        _address_view(context, placed, placed.chain.line.contract_address) for placed in _addresses(context, params)
    ]


def addresses_2(context: Context, params: Params) -> list[OldAddressView]:
    """The same, in the older form."""
    return [
        _old_address_view(context, placed, placed.chain.line.contract_address) for placed in _addresses(context, params)
    ]


def address_1(context: Context, params: Params) -> OldAddressView:
    """The newest address of a currency on one chain."""
    code, chain = _chain(context, params)
    found = context.account.addresses.get((code, chain.line.method), [])
    if not found:
        raise BadCall(errors.NO_ADDRESS)
    return _old_address_view(context, Placed(found[-1], chain), UNSET)


def deposits(context: Context, params: Params) -> Later | dict[str, object]:
    """A page of deposits, newest first."""
    return _transfers(context, params, Direction.DEPOSIT, DEPOSIT_STATUSES)


def withdrawals(context: Context, params: Params) -> Later | dict[str, object]:
    """A page of withdrawals, newest first."""
    return _transfers(context, params, Direction.WITHDRAWAL, WITHDRAWAL_STATUSES)


def before_2019(_context: Context, params: Params) -> dict[str, object]:
    """Nothing here is that old. Source: kucoin-rest#deposits."""
    return page_of([], 0, read_page(params, minimum=1))


def withdrawal(context: Context, params: Params) -> Later:
    """One withdrawal."""
    return Later(
        _named_withdrawal(context, params), partial(_withdrawal_detail, context, params.required("withdrawalId"))
    )


def _withdrawal_detail(context: Context, name: str, found: list[Transfer]) -> WithdrawalDetail:
    transfer = _the_withdrawal(found)
    asset = context.state.assets[transfer.asset]
    chain = context.tools.symbols.chain_of(transfer.asset, transfer.method)
    status = WITHDRAWAL_STATUSES[transfer.status]
    currency = context.tools.symbols.currency(transfer.asset)
    failed = status == FAILURE
    return WithdrawalDetail(
        id=name,
        uid=context.tools.ids.uid(context.account_id),
        currency=currency,
        chain_id=chain.line.chain_id if chain else "",
        chain_name=chain.line.chain_name if chain else "",
        currency_name=currency,
        status=status,
        failure_reason=_failure_reason(transfer),
        failure_reason_msg=None,
        address=transfer.address,
        memo=transfer.tag or "",
        is_inner=False,
        amount=padded(transfer.amount, asset.scale),
        fee=padded(transfer.fee, asset.scale),
        wallet_tx_id=transfer.chain_tx,
        address_remark=transfer.destination,
        remark=transfer.remark,
        created_at=whole_seconds_ms(transfer.created_ns),
        cancel_type="CANCELABLE" if status == PROCESSING else "NON_CANCELABLE",
        taxes=None,
        tax_description=None,
        return_status="SUCCESS" if failed else "NOT_RETURN",
        return_amount=padded(transfer.gross, asset.scale) if failed else None,
        return_currency=currency,
    )


def transfer_id(ids: Ids, transfer: Transfer) -> str:
    """The id of a withdrawal; a deposit's is that of its ledger rows' `orderId`, since no list shows another."""
    spell = ids.deposit if transfer.direction is Direction.DEPOSIT else ids.withdrawal
    return spell(transfer.transfer_id, transfer.created_ns // SECOND_NS)


def wallet_tx_id(context: Context, transfer: Transfer) -> str | None:
    """The chain transaction, behind whose hash KuCoin writes more where it is a deposit's.

    Decided: a transaction that was named with such a mark is shown as it is.
    """
    shown = transfer.chain_tx
    if shown is None or transfer.direction is Direction.WITHDRAWAL or TAG_MARK in shown:
        return shown
    return f"{shown}{TAG_MARK}{context.tools.ids.deposit_tag(transfer.transfer_id)}"


def withdraw(context: Context, params: Params) -> dict[str, str]:
    """Send money out of the main account to an address."""
    return _write_requested(context, context.apply(_read_withdrawal(context, params)))


def _read_withdrawal(context: Context, params: Params) -> RequestWithdrawal:
    """INTERNAL takes the fee out of the amount, EXTERNAL comes on top; unsaid it does where the balance suffices.

    Source: kucoin-rest#withdrawing. Decided: `address` is as good as `toAddress`, since python-kucoin sends it; an
    address need not be saved before, and a key no list of addresses; withdrawals to a user's number, mail or phone are
    refused.
    """
    code, chain = _chain(context, params)
    address = params.text("toAddress") or params.required("address")
    _refuse_inner(params)
    memo, remark = params.text("memo"), params.text("remark") or ""
    for name, text in (("toAddress", address), ("memo", memo or ""), ("remark", remark)):
        if len(text) > MAX_TEXT:
            raise BadCall(errors.out_of_range(name))
    destination = Destination(context.account_id, code, chain.method.name, "", address, memo, verified=True)
    gross = _gross(context, params, code, chain)
    return RequestWithdrawal(context.account_id, code, destination, gross, remark=remark)


def _write_requested(context: Context, outcome: Done) -> dict[str, str]:
    return {"withdrawalId": transfer_id(context.tools.ids, first(WithdrawalRequested, outcome).transfer)}


def cancel_withdrawal(context: Context, params: Params) -> Later | None:
    """Stop a withdrawal that is still processing. Source: kucoin-rest#withdrawing."""
    query = _named_withdrawal(context, params)
    transfer = context.state.transfers.get(query.transfer_ids[0])
    if transfer is None or transfer.account_id != context.account_id:
        return Later(query, _check_processing)
    _check_processing([transfer])
    context.apply(CancelWithdrawal(context.account_id, transfer.transfer_id))
    return None


def _check_processing(found: list[Transfer]) -> None:
    if WITHDRAWAL_STATUSES[_the_withdrawal(found).status] != PROCESSING:
        raise BadCall(errors.WITHDRAWAL_GOES_ON)


def quotas(context: Context, params: Params) -> Quotas:
    """What may be withdrawn on one chain. Where no price is known, the quota in it is 0 (decided)."""
    code, chain = _chain(context, params)
    method, scale = chain.method, chain.method.asset.scale
    purse = context.state.ledger.purses.get((context.account_id, context.account.account.funding_wallet, code))
    return Quotas(
        currency=context.tools.symbols.currency(code),
        limit_btc_amount=_quota_in(context, BITCOIN),
        used_btc_amount=padded(0, 0),
        quota_currency=QUOTA_CURRENCY,
        limit_quota_currency_amount=padded(QUOTA, 0),
        used_quota_currency_amount="0",
        remain_amount=_quota_in(context, code),
        available_amount=short(usable(purse.free.balance if purse else 0, scale), USUAL_DECIMALS),
        withdraw_min_fee=short(method.withdrawal_fee, scale),
        inner_withdraw_min_fee="0",
        withdraw_min_size=short(method.withdrawal_minimum, scale),
        is_withdraw_enabled=True,
        precision=context.tools.symbols.precision(code),
        chain=chain.line.chain_name,
        reason=None,
        locked_amount=short(purse.outgoing.balance if purse else 0, scale),
    )


def _refuse_inner(params: Params) -> None:
    kind = params.choice("withdrawType", (TO_ADDRESS, "UID", "MAIL", "PHONE"), TO_ADDRESS)
    if kind != TO_ADDRESS or params.boolean("isInner"):
        raise BadCall(errors.NO_INNER_WITHDRAWAL)


def _gross(context: Context, params: Params, code: str, chain: Chain) -> int:
    """What leaves the account, the fee included."""
    amount, fee = amount_of(context, params, code), chain.method.withdrawal_fee
    deduction = params.choice("feeDeductType", (FEE_INSIDE, FEE_ON_TOP), None)
    if deduction is None:
        free = context.account.funding_purse(chain.method.asset).free.balance
        deduction = FEE_ON_TOP if amount + fee <= free else FEE_INSIDE
    return amount + fee if deduction == FEE_ON_TOP else amount


def _chain(context: Context, params: Params) -> tuple[str, Chain]:
    """The currency and the chain that `chain` names. Without it Ethereum, else the currency's first one (decided)."""
    code, symbols = code_of(context, params), context.tools.symbols
    chain_id = params.text("chain")
    if chain_id is None:
        chain = symbols.chain(code, USUAL_CHAIN) or next(iter(symbols.chains(code)), None)
    else:
        chain = symbols.chain(code, chain_id)
    if chain is None:
        raise BadCall(errors.UNKNOWN_CHAIN)
    return code, chain


def _create_address(context: Context, params: Params) -> Placed:
    """Decided: deposits land in the main account only, so asking for an address of another one is refused."""
    code, chain = _chain(context, params)
    params.choice("to", ("main", MAIN), MAIN)
    if context.account.addresses.get((code, chain.line.method)):
        raise BadCall(errors.ADDRESS_EXISTS)
    command = IssueAddress(context.account_id, code, chain.line.method, max_unused=1)
    context.apply(command)
    return Placed(context.account.addresses[code, chain.line.method][-1], chain)


def _addresses(context: Context, params: Params) -> list[Placed]:
    code = code_of(context, params)
    chains = context.tools.symbols.chains(code) if params.text("chain") is None else (_chain(context, params)[1],)
    return [
        Placed(address, chain)
        for chain in chains
        for address in context.account.addresses.get((code, chain.line.method), [])
    ]


def _memo(address: DepositAddress) -> str:
    return address.address.tag or address.address.memo or ""


def _address_view(context: Context, placed: Placed, contract_address: str | UnsetType) -> AddressView:
    address, line = placed.address, placed.chain.line
    return AddressView(
        address=address.address.text,
        memo=_memo(address),
        chain_id=line.chain_id,
        to=MAIN,
        expiration_date=0,
        currency=context.tools.symbols.currency(address.asset),
        contract_address=contract_address,
        chain_name=line.chain_name,
    )


def _old_address_view(context: Context, placed: Placed, contract_address: str | UnsetType) -> OldAddressView:
    address, line = placed.address, placed.chain.line
    return OldAddressView(
        address=address.address.text,
        memo=_memo(address),
        chain=line.chain_name,
        chain_id=line.chain_id,
        to=MAIN,
        currency=context.tools.symbols.currency(address.asset),
        contract_address=contract_address,
    )


def _transfers(
    context: Context, params: Params, direction: Direction, statuses: dict[TransferStatus, str]
) -> Later | dict[str, object]:
    paging = read_page(params, minimum=1)
    status = params.choice("status", frozenset(statuses.values()), None)
    start_ns, end_ns = read_bounds_in_seconds(params)
    name = params.text("currency")
    code = None if name is None else context.tools.symbols.code(name)
    if name is not None and code is None:
        return page_of([], 0, paging)
    wanted = tuple(ours for ours, theirs in statuses.items() if status in (None, theirs))
    query = TransferPage(
        context.account_id, direction, code, span=span(start_ns, end_ns), statuses=wanted, offset=paging.offset,
        limit=paging.size, counted=True,
    )  # fmt: skip
    return Later(query, partial(_write_transfers, context, paging))


def _write_transfers(context: Context, paging: Paging, page: Page[Transfer]) -> dict[str, object]:
    view = {Direction.DEPOSIT: _deposit_view, Direction.WITHDRAWAL: _withdrawal_view}
    assert page.total is not None, "it was asked to count"
    return page_of([view[one.direction](context, one) for one in page.rows], page.total, paging)


def _deposit_view(context: Context, transfer: Transfer) -> DepositView:
    scale = context.state.assets[transfer.asset].scale
    return DepositView(
        currency=context.tools.symbols.currency(transfer.asset),
        chain=_chain_id(context, transfer),
        status=DEPOSIT_STATUSES[transfer.status],
        address=transfer.address,
        memo=transfer.tag or "",
        is_inner=False,
        amount=padded(transfer.amount, scale),
        fee=padded(transfer.fee, scale),
        wallet_tx_id=wallet_tx_id(context, transfer),
        created_at=whole_seconds_ms(transfer.created_ns),
        updated_at=whole_seconds_ms(transfer.moved_ns or transfer.created_ns),
        remark=DEPOSIT_REMARK,
        arrears=False,
    )


def _withdrawal_view(context: Context, transfer: Transfer) -> WithdrawalView:
    scale = context.state.assets[transfer.asset].scale
    return WithdrawalView(
        id=transfer_id(context.tools.ids, transfer),
        currency=context.tools.symbols.currency(transfer.asset),
        chain=_chain_id(context, transfer),
        status=WITHDRAWAL_STATUSES[transfer.status],
        address=transfer.address,
        memo=transfer.tag or "",
        is_inner=False,
        amount=padded(transfer.amount, scale),
        fee=padded(transfer.fee, scale),
        wallet_tx_id=transfer.chain_tx,
        created_at=whole_seconds_ms(transfer.created_ns),
        updated_at=whole_seconds_ms(transfer.moved_ns or transfer.created_ns),
        remark=transfer.remark,
    )


def _chain_id(context: Context, transfer: Transfer) -> str:
    chain = context.tools.symbols.chain_of(transfer.asset, transfer.method)
    return chain.line.chain_id if chain else ""


def _failure_reason(transfer: Transfer) -> str:
    """Decided: the words."""
    if transfer.status is not TransferStatus.FAILURE:
        return ""
    return "Canceled" if transfer.note is TransferNote.CANCELED else "Failed"


def _named_withdrawal(context: Context, params: Params) -> TransfersById:
    number = context.tools.ids.withdrawal.number(params.required("withdrawalId"))
    if number is None:
        raise BadCall(errors.UNKNOWN_WITHDRAWAL)
    return TransfersById((number,), context.account_id)


def _the_withdrawal(found: list[Transfer]) -> Transfer:
    if not found or found[0].direction is not Direction.WITHDRAWAL:
        raise BadCall(errors.UNKNOWN_WITHDRAWAL)
    return found[0]


def _quota_in(context: Context, code: str) -> str:
    """The quota as an amount of an asset, cut off at what a user may name of it."""
    state, precision = context.state, context.tools.symbols.precision(code)
    price = price_of(state, code, QUOTA_CURRENCY)
    if price is None:
        return format_units(0, precision)
    numerator, denominator = price
    units = QUOTA * 10 ** state.assets[QUOTA_CURRENCY].scale * denominator // numerator
    return padded(units * 10**precision // 10 ** state.assets[code].scale, precision)


ENDPOINTS: Final = (
    Endpoint("POST", "/api/v3/deposit-address/create", create_address, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v3/deposit-addresses", addresses_3, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v2/deposit-addresses", addresses_2, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/deposit-addresses", address_1, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("POST", "/api/v1/deposit-addresses", create_address_1, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/deposits", deposits, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/hist-deposits", before_2019, GENERAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/withdrawals", withdrawals, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("POST", "/api/v3/withdrawals", withdraw, WITHDRAWAL, Pool.MANAGEMENT, 5),
    Endpoint("POST", "/api/v1/withdrawals", withdraw, WITHDRAWAL, Pool.MANAGEMENT, 5),
    Endpoint("GET", "/api/v1/withdrawals/{withdrawalId}", withdrawal, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("DELETE", "/api/v1/withdrawals/{withdrawalId}", cancel_withdrawal, WITHDRAWAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/hist-withdrawals", before_2019, GENERAL, Pool.MANAGEMENT, 20),
    Endpoint("GET", "/api/v1/withdrawals/quotas", quotas, GENERAL, Pool.MANAGEMENT, 20),
)
