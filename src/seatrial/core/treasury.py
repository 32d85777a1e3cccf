"""Money in and out: addresses, deposits, withdrawals, and the steps of their life cycles."""

from copy import copy

from seatrial.core.account_state import AccountState
from seatrial.core.addresses import new_address, new_chain_tx
from seatrial.core.assets import Asset, AssetKind
from seatrial.core.commands import (
    CancelWithdrawal,
    DriveTransfer,
    IssueAddress,
    MoveFunds,
    RequestWithdrawal,
    SaveDestination,
    SeeDeposit,
)
from seatrial.core.events import (
    AddressIssued,
    CancelDenied,
    DepositSeen,
    DestinationSaved,
    FundsMoved,
    TransferMoved,
    WithdrawalChecked,
    WithdrawalRequested,
)
from seatrial.core.funding import (
    CANCELABLE,
    FINISHED,
    FIRST_STATUS,
    NEXT_STATUS,
    STEPS,
    Booking,
    DepositAddress,
    Destination,
    Direction,
    Move,
    Transfer,
    TransferNote,
    TransferStatus,
)
from seatrial.core.ledger import EXCHANGE, EntryKind, Purse, move
from seatrial.core.markets import FundingMethod
from seatrial.core.paying import bring_back
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.core.timers import Timer
from seatrial.core.valuing import value_assets


def move_funds(state: State, command: MoveFunds, at_ns: int) -> Reject | None:
    """Move free money to another wallet of the same client, or of its sub-accounts."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    if command.before is not None:
        state.events.append(FundsMoved(*command.before))
        return None
    if not _owns(state, account, command.from_account_id) or not _reaches(state, account, command.to_account_id):
        return Reject.ACCOUNT_NOT_OWNED
    asset = state.assets.get(command.asset)
    if asset is None:
        return Reject.ASSET_UNKNOWN
    source = state.ledger.purse(command.from_account_id, command.from_wallet, asset)
    target = state.ledger.purse(command.to_account_id, command.to_wallet, asset)
    if source is target:
        return Reject.SAME_WALLET
    if command.amount <= 0:
        return Reject.AMOUNT_INVALID
    if command.amount > source.free.balance:
        return Reject.AMOUNT_ABOVE_BALANCE

    state.counters.move_id += 1
    move_id = state.counters.move_id
    kind = EntryKind.TRANSFER if source.account_id == target.account_id else EntryKind.SUB_TRANSFER
    state.ledger.transfer(source, target, kind, move_id, at_ns, command.amount)
    if source.account_id != target.account_id:
        value_assets(state, source.account_id, at_ns)
        value_assets(state, target.account_id, at_ns)
    state.funds_moved = True
    state.changes.moves.append(
        Move(
            move_id, command.account_id, command.client_id, command.asset, command.amount, command.from_account_id,
            command.from_wallet, command.to_account_id, command.to_wallet, at_ns,
        )
    )  # fmt: skip
    state.events.append(FundsMoved(move_id, at_ns))
    return None


def _owns(state: State, account: AccountState, account_id: int) -> bool:
    """Whether it is that account, or the client whose sub-account that is."""
    other = state.accounts.get(account_id)
    return other is not None and (other is account or other.account.parent_id == account.account.account_id)


def _reaches(state: State, account: AccountState, account_id: int) -> bool:
    """Whether it may pay into that account: its own, its sub-accounts', or its client's."""
    return _owns(state, account, account_id) or (account_id == account.account.parent_id and account_id != EXCHANGE)


def issue_address(state: State, command: IssueAddress, at_ns: int) -> Reject | None:
    """A new deposit address, unless too many were never used."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    method = state.method(command.asset, command.method)
    if method is None:
        return Reject.METHOD_UNKNOWN
    known = account.addresses.get((command.asset, command.method), [])
    if sum(not address.used for address in known) >= command.most_unused:
        return Reject.TOO_MANY_ADDRESSES
    state.events.append(AddressIssued(_new_address(state, account, method, at_ns)))
    return None


def save_destination(state: State, command: SaveDestination, _at_ns: int) -> Reject | None:
    """Register an address to withdraw to. Names are unique per account and asset."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    refusal = _not_fundable(state, command.asset)
    if refusal is not None:
        return refusal
    if state.method(command.asset, command.method) is None:
        return Reject.METHOD_UNKNOWN
    if (command.asset, command.name) in account.destinations:
        return Reject.DESTINATION_NAME_TAKEN
    destination = Destination(
        command.account_id, command.asset, command.method, command.name, command.address, command.tag, command.verified
    )
    account.add_destination(destination)
    state.changes.destinations.append(destination)
    state.events.append(DestinationSaved(destination))
    return None


def see_deposit(state: State, command: SeeDeposit, at_ns: int) -> Reject | None:
    """A deposit shows up, not credited yet. Below the method's minimum it is refused: it would never be credited."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    refusal = _not_fundable(state, command.asset)
    if refusal is not None:
        return refusal
    method = state.method(command.asset, command.method)
    if method is None:
        return Reject.METHOD_UNKNOWN
    fee = method.deposit_fee if command.fee is None else command.fee
    if fee < 0 or command.amount < max(method.deposit_minimum, fee + 1):
        return Reject.AMOUNT_INVALID
    if not state.ledger.has_room(method.asset, command.amount):
        return Reject.AMOUNT_INVALID
    transfer = _new_transfer(state, account, method, Direction.DEPOSIT, command.amount, fee, at_ns)
    transfer.chain_tx = command.chain_tx or new_chain_tx(method.address_style, state.seed, transfer.transfer_id)
    transfer.manual = command.manual
    _address_deposit(state, account, method, transfer, command.address, at_ns)
    _schedule(state, transfer, at_ns)
    state.events.append(DepositSeen(transfer))
    return None


def is_depositable(state: State, asset: Asset) -> bool:
    """Whether a balance of it can have come in as a deposit: by a method, or as fee credits do, which have none."""
    return asset.kind is AssetKind.FEE_CREDIT or state.method(asset.code, None) is not None


def open_with_deposit(state: State, purse: Purse, amount: int, at_ns: int) -> None:
    """What an account is opened with, as a deposit that has arrived, without a fee and of any size.

    It came to an address that the account does not have any more, so that its first one is still to be asked for.
    """
    method = state.method(purse.asset.code, None)
    state.counters.transfer_id += 1
    number = state.counters.transfer_id
    transfer = Transfer(
        number, purse.account_id, Direction.DEPOSIT, purse.wallet, purse.asset.code, "", None, amount, 0, "",
        None, None, None, at_ns, TransferStatus.SUCCESS, moved_ns=at_ns, opening=True,
    )  # fmt: skip
    if method is not None:
        address = new_address(method.address_style, state.seed, -number)
        transfer.method, transfer.network = method.name, method.network
        transfer.address, transfer.tag = address.text, address.tag or address.memo
        transfer.chain_tx = new_chain_tx(method.address_style, state.seed, number)
    state.transfers[number] = state.changes.transfers[number] = transfer
    state.ledger.bring_in(purse, EntryKind.DEPOSIT, number, at_ns, amount, 0)


def request_withdrawal(state: State, command: RequestWithdrawal, at_ns: int) -> Reject | None:
    """Hold the gross amount and begin. The fee is taken out of it. Source: kraken-semantics 4.2."""
    account = state.accounts.get(command.account_id)
    if account is None:
        return Reject.ACCOUNT_UNKNOWN
    refusal = _not_fundable(state, command.asset)
    if refusal is not None:
        return refusal
    destination = _destination(account, command)
    if destination is None:
        return Reject.DESTINATION_UNKNOWN
    if command.address is not None and command.address != destination.address:
        return Reject.DESTINATION_DIFFERS
    method = state.method(command.asset, destination.method)
    if method is None:
        return Reject.METHOD_UNKNOWN
    fee = method.withdrawal_fee
    if command.gross < max(method.withdrawal_minimum, fee + 1):
        return Reject.AMOUNT_INVALID
    purse = account.funding_purse(method.asset)
    spendable = state.ledger.spendable(purse)
    most = max(spendable - fee, 0)
    if command.check_only:
        state.events.append(WithdrawalChecked(method, command.gross - fee, fee, most))
        return None
    if command.gross > spendable:
        return Reject.AMOUNT_ABOVE_BALANCE
    if command.most_fee is not None and fee > command.most_fee:
        return Reject.FEE_ABOVE_MAXIMUM

    transfer = _new_transfer(state, account, method, Direction.WITHDRAWAL, command.gross - fee, fee, at_ns)
    transfer.address, transfer.tag, transfer.destination = (
        destination.address,
        destination.tag,
        destination.name or None,
    )
    transfer.remark = command.remark
    bring_back(state, purse, command.gross, at_ns)
    move(purse.free, purse.leaving, command.gross)
    state.ledger.touch(purse)
    value_assets(state, command.account_id, at_ns)
    _schedule(state, transfer, at_ns)
    state.events.append(WithdrawalRequested(transfer))
    return None


def _destination(account: AccountState, command: RequestWithdrawal) -> Destination | None:
    if isinstance(command.destination, Destination):
        return command.destination
    return account.destinations.get((command.asset, command.destination))


def cancel_withdrawal(state: State, command: CancelWithdrawal, at_ns: int) -> Reject | None:
    """The owner stops a withdrawal that was not broadcast yet; a later one goes on, a finished one is unknown here."""
    transfer = state.transfers.get(command.transfer_id)
    if transfer is None or (transfer.account_id, transfer.direction) != (command.account_id, Direction.WITHDRAWAL):
        return Reject.TRANSFER_UNKNOWN
    if transfer.status not in CANCELABLE:
        state.events.append(CancelDenied(transfer))
        return None
    return _step(state, transfer, TransferStatus.FAILURE, TransferNote.CANCELED, at_ns)


def drive(state: State, command: DriveTransfer, at_ns: int) -> Reject | None:
    """A tester's step: one that the life cycle has, or only a new note."""
    transfer = state.transfers.get(command.transfer_id) or _finished(command)
    if transfer is None:
        return Reject.TRANSFER_UNKNOWN
    if command.status is not None and command.status is not transfer.status:
        return _step(state, transfer, command.status, command.note, at_ns)
    transfer.note = command.note
    state.changes.transfers[transfer.transfer_id] = transfer
    state.events.append(TransferMoved(transfer))
    return None


def _finished(command: DriveTransfer) -> Transfer | None:
    """The transfer that comes with a command. What is not finished yet is in memory, or was finished since."""
    found = command.finished
    if found is None or found.transfer_id != command.transfer_id or found.status not in FINISHED:
        return None
    return copy(found)


def move_on(state: State, transfer_id: int, _due_ns: int, _left: int) -> int:
    """The world's clock takes a transfer's next step."""
    transfer, at_ns = state.transfers[transfer_id], state.now_ns
    refusal = _step(state, transfer, NEXT_STATUS[transfer.direction, transfer.status], transfer.note, at_ns)
    if refusal is Reject.AMOUNT_INVALID:
        refusal = _step(state, transfer, TransferStatus.FAILURE, transfer.note, at_ns)
    assert refusal is None, refusal
    return 1


def _not_fundable(state: State, code: str) -> Reject | None:
    asset = state.assets.get(code)
    if asset is None:
        return Reject.ASSET_UNKNOWN
    return Reject.ASSET_READ_ONLY if asset.kind is AssetKind.READ_ONLY else None


def _new_transfer(
    state: State, account: AccountState, method: FundingMethod, direction: Direction, amount: int, fee: int, at_ns: int
) -> Transfer:
    state.counters.transfer_id += 1
    transfer = Transfer(
        state.counters.transfer_id, account.account.account_id, direction, account.account.funding_wallet,
        method.asset.code, method.name, method.network, amount, fee, "", None, None, None, at_ns,
        FIRST_STATUS[direction],
    )  # fmt: skip
    state.transfers[transfer.transfer_id] = transfer
    state.changes.transfers[transfer.transfer_id] = transfer
    return transfer


def _new_address(state: State, account: AccountState, method: FundingMethod, at_ns: int) -> DepositAddress:
    state.counters.address_id += 1
    number = state.counters.address_id
    address = DepositAddress(
        number, account.account.account_id, method.asset.code, method.name,
        new_address(method.address_style, state.seed, number), at_ns,
    )  # fmt: skip
    account.addresses.setdefault((method.asset.code, method.name), []).append(address)
    state.changes.addresses[number] = address
    return address


def _address_deposit(
    state: State, account: AccountState, method: FundingMethod, transfer: Transfer, text: str | None, at_ns: int
) -> None:
    """Say where a deposit arrived: at the address named, else at the account's newest one for the method."""
    known = account.addresses.get((method.asset.code, method.name), [])
    arrived: DepositAddress | None
    if text is None:
        arrived = known[-1] if known else _new_address(state, account, method, at_ns)
    else:
        transfer.address = text
        arrived = next((address for address in known if address.address.text == text), None)
    if arrived is not None:
        arrived.used = True
        transfer.address, transfer.tag = arrived.address.text, arrived.address.tag or arrived.address.memo
        state.changes.addresses[arrived.address_id] = arrived


def _schedule(state: State, transfer: Transfer, at_ns: int) -> None:
    """Set when the clock moves a transfer on, if it does."""
    stay = None if transfer.manual else state.delays.after(transfer.direction, transfer.status)
    if transfer.due_ns:
        state.stop_timer(transfer.due_ns, Timer.MOVE_TRANSFER, transfer.transfer_id)
    transfer.due_ns = 0 if stay is None else at_ns + stay
    if transfer.due_ns:
        state.set_timer(transfer.due_ns, Timer.MOVE_TRANSFER, transfer.transfer_id)


def _step(
    state: State, transfer: Transfer, status: TransferStatus, note: TransferNote | None, at_ns: int
) -> Reject | None:
    booking = STEPS.get((transfer.direction, transfer.status, status))
    if booking is None:
        return Reject.STEP_NOT_ALLOWED
    asset = state.assets[transfer.asset]
    if booking is Booking.TAKE_BACK and _free(state, transfer, asset) < transfer.amount - transfer.fee:
        return Reject.AMOUNT_ABOVE_BALANCE
    if booking in (Booking.CREDIT, Booking.RETURN) and not state.ledger.has_room(asset, transfer.amount):
        return Reject.AMOUNT_INVALID
    _book(state, transfer, booking, asset, at_ns)
    if booking not in (Booking.NOTHING, Booking.SEND):
        value_assets(state, transfer.account_id, at_ns)
    if booking is Booking.SEND:
        style = _style(state, transfer)
        transfer.chain_tx = new_chain_tx(style, state.seed, transfer.transfer_id)
    transfer.status, transfer.note, transfer.moved_ns = status, note, at_ns
    state.changes.transfers[transfer.transfer_id] = transfer
    if status in FINISHED and not transfer.opening:
        state.transfers.pop(transfer.transfer_id, None)
    _schedule(state, transfer, at_ns)
    state.events.append(TransferMoved(transfer))
    return None


def _style(state: State, transfer: Transfer) -> str:
    method = state.method(transfer.asset, transfer.method)
    return method.address_style if method is not None else "hex"


def _free(state: State, transfer: Transfer, asset: Asset) -> int:
    return state.ledger.purse(transfer.account_id, transfer.wallet, asset).free.balance


def _book(state: State, transfer: Transfer, booking: Booking, asset: Asset, at_ns: int) -> None:
    ledger, number = state.ledger, transfer.transfer_id
    purse = ledger.purse(transfer.account_id, transfer.wallet, asset)
    match booking:
        case Booking.NOTHING:
            pass
        case Booking.CREDIT:
            ledger.bring_in(purse, EntryKind.DEPOSIT, number, at_ns, transfer.amount, transfer.fee)
        case Booking.TAKE_BACK:
            ledger.bring_in(purse, EntryKind.DEPOSIT, number, at_ns, -transfer.amount, -transfer.fee)
        case Booking.SEND:
            ledger.send_out(purse, number, at_ns, transfer.amount, transfer.fee)
        case Booking.RELEASE:
            move(purse.leaving, purse.free, transfer.gross)
            ledger.touch(purse)
        case Booking.RETURN:
            ledger.bring_in(purse, EntryKind.WITHDRAWAL, number, at_ns, transfer.amount, -transfer.fee)
