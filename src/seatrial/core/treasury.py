"""Money in and out: addresses, deposits, withdrawals, and the steps of their life cycles."""

from msgspec.structs import replace

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
from seatrial.core.facts import (
    AddressIssued,
    AddressUsed,
    DepositSeen,
    DestinationSaved,
    FundsMoved,
    TransferMoved,
    WithdrawalRequested,
)
from seatrial.core.findings import CancelDenied, MovedBefore, WithdrawalChecked
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
from seatrial.core.ledger import EXCHANGE, Purse, move
from seatrial.core.markets import FundingMethod
from seatrial.core.paying import bring_back
from seatrial.core.postings import EntryKind
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
        state.find(MovedBefore(*command.before))
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
    moved = Move(
        move_id, command.account_id, command.client_id, command.asset, command.amount, command.from_account_id,
        command.from_wallet, command.to_account_id, command.to_wallet, at_ns,
    )  # fmt: skip
    state.changes.moves.append(moved)
    state.facts.append(FundsMoved(at_ns, moved))
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
    if sum(not address.used for address in known) >= command.max_unused:
        return Reject.TOO_MANY_ADDRESSES
    _new_address(state, account, method, at_ns)
    return None


def save_destination(state: State, command: SaveDestination, at_ns: int) -> Reject | None:
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
    state.facts.append(DestinationSaved(at_ns, destination))
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
    address, tag = _arrive(state, account, method, command.address, at_ns)
    number = _next_number(state)
    deposit = Transfer(
        number, command.account_id, Direction.DEPOSIT, account.account.funding_wallet, method.asset.code, method.name,
        method.network, command.amount, fee, address, tag, None,
        command.chain_tx or new_chain_tx(method.address_style, state.seed, number), at_ns,
        FIRST_STATUS[Direction.DEPOSIT], manual=command.manual,
    )  # fmt: skip
    state.facts.append(DepositSeen(at_ns, _scheduled(state, deposit, at_ns)))
    return None


def is_depositable(state: State, asset: Asset) -> bool:
    """Whether a balance of it can have come in as a deposit: by a method, or as fee credits do, which have none."""
    return asset.kind is AssetKind.FEE_CREDIT or state.method(asset.code, None) is not None


def open_with_deposit(state: State, purse: Purse, amount: int, at_ns: int) -> None:
    """What an account is opened with, as a deposit that has arrived, without a fee and of any size.

    It came to an address that the account does not have any more, so that its first one is still to be asked for.
    """
    method = state.method(purse.asset.code, None)
    number = _next_number(state)
    transfer = Transfer(
        number, purse.account_id, Direction.DEPOSIT, purse.wallet, purse.asset.code, "", None, amount, 0, "",
        None, None, None, at_ns, TransferStatus.SUCCESS, moved_ns=at_ns, opening=True,
    )  # fmt: skip
    if method is not None:
        address = new_address(method.address_style, state.seed, -number)
        transfer = replace(
            transfer, method=method.name, network=method.network, address=address.text,
            tag=address.tag or address.memo, chain_tx=new_chain_tx(method.address_style, state.seed, number),
        )  # fmt: skip
    _keep(state, transfer)
    state.facts.append(DepositSeen(at_ns, transfer))
    state.ledger.bring_in(purse, EntryKind.DEPOSIT, number, at_ns, amount, 0)


def request_withdrawal(state: State, command: RequestWithdrawal, at_ns: int) -> Reject | None:
    """Hold the gross amount and begin. The fee is taken out of it. Source: kraken-ledgers#funding-entries."""
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
    maximum = max(spendable - fee, 0)
    if command.check_only:
        state.find(WithdrawalChecked(method, command.gross - fee, fee, maximum))
        return None
    if command.gross > spendable:
        return Reject.AMOUNT_ABOVE_BALANCE
    if command.max_fee is not None and fee > command.max_fee:
        return Reject.FEE_ABOVE_MAXIMUM

    withdrawal = Transfer(
        _next_number(state), command.account_id, Direction.WITHDRAWAL, account.account.funding_wallet,
        method.asset.code, method.name, method.network, command.gross - fee, fee, destination.address, destination.tag,
        destination.name or None, None, at_ns, FIRST_STATUS[Direction.WITHDRAWAL], remark=command.remark,
    )  # fmt: skip
    bring_back(state, purse, command.gross, at_ns)
    move(purse.free, purse.outgoing, command.gross)
    state.ledger.touch(purse)
    value_assets(state, command.account_id, at_ns)
    state.facts.append(WithdrawalRequested(at_ns, _scheduled(state, withdrawal, at_ns)))
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
        state.find(CancelDenied(transfer))
        return None
    return _step(state, transfer, TransferStatus.FAILURE, TransferNote.CANCELED, at_ns)


def drive(state: State, command: DriveTransfer, at_ns: int) -> Reject | None:
    """A tester's step: one that the life cycle has, or only a new note."""
    transfer = state.transfers.get(command.transfer_id) or _finished(command)
    if transfer is None:
        return Reject.TRANSFER_UNKNOWN
    if command.status is not None and command.status is not transfer.status:
        return _step(state, transfer, command.status, command.note, at_ns)
    noted = replace(transfer, note=command.note)
    _keep(state, noted)
    state.facts.append(TransferMoved(at_ns, noted))
    return None


def _finished(command: DriveTransfer) -> Transfer | None:
    """The transfer that comes with a command. What is not finished yet is in memory, or was finished since."""
    found = command.finished
    if found is None or found.transfer_id != command.transfer_id or found.status not in FINISHED:
        return None
    return found


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


def _next_number(state: State) -> int:
    state.counters.transfer_id += 1
    return state.counters.transfer_id


def _keep(state: State, transfer: Transfer) -> None:
    """Remember a transfer as it is now; what is finished only the store has."""
    number = transfer.transfer_id
    state.changes.transfers[number] = transfer
    if transfer.status in FINISHED and not transfer.opening:
        state.transfers.pop(number, None)
    else:
        state.transfers[number] = transfer


def _new_address(state: State, account: AccountState, method: FundingMethod, at_ns: int) -> DepositAddress:
    state.counters.address_id += 1
    number = state.counters.address_id
    address = DepositAddress(
        number, account.account.account_id, method.asset.code, method.name,
        new_address(method.address_style, state.seed, number), at_ns,
    )  # fmt: skip
    account.addresses.setdefault((method.asset.code, method.name), []).append(address)
    state.changes.addresses[number] = address
    state.facts.append(AddressIssued(at_ns, number, address.account_id, address.asset, address.method, address.address))
    return address


def _arrive(
    state: State, account: AccountState, method: FundingMethod, text: str | None, at_ns: int
) -> tuple[str, str | None]:
    """Where a deposit arrived, and its tag: the address named, else the account's newest one for the method."""
    known = account.addresses.get((method.asset.code, method.name), [])
    if text is None:
        arrived = known[-1] if known else _new_address(state, account, method, at_ns)
    else:
        found = next((address for address in known if address.address.text == text), None)
        if found is None:
            return text, None
        arrived = found
    if not arrived.used:
        arrived.used = True
        state.changes.addresses[arrived.address_id] = arrived
        state.facts.append(AddressUsed(at_ns, arrived.address_id, arrived.account_id))
    return arrived.address.text, arrived.address.tag or arrived.address.memo


def _scheduled(state: State, transfer: Transfer, at_ns: int) -> Transfer:
    """The transfer, with the time at which it moves on by itself; it is kept so."""
    stay = None if transfer.manual else state.delays.after(transfer.direction, transfer.status)
    if transfer.due_ns:
        state.stop_timer(transfer.due_ns, Timer.MOVE_TRANSFER, transfer.transfer_id)
    due_ns = 0 if stay is None else at_ns + stay
    if due_ns:
        state.set_timer(due_ns, Timer.MOVE_TRANSFER, transfer.transfer_id)
    scheduled = replace(transfer, due_ns=due_ns)
    _keep(state, scheduled)
    return scheduled


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
    chain_tx = transfer.chain_tx
    if booking is Booking.SEND:
        chain_tx = new_chain_tx(_style(state, transfer), state.seed, transfer.transfer_id)
    moved = replace(transfer, status=status, note=note, moved_ns=at_ns, chain_tx=chain_tx)
    state.facts.append(TransferMoved(at_ns, _scheduled(state, moved, at_ns)))
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
            move(purse.outgoing, purse.free, transfer.gross)
            ledger.touch(purse)
        case Booking.RETURN:
            ledger.bring_in(purse, EntryKind.WITHDRAWAL, number, at_ns, transfer.amount, -transfer.fee)
