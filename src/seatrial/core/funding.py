"""Deposits and withdrawals: what one is, and the two life cycles as tables."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from seatrial.core.addresses import Address


class Direction(StrEnum):
    """Into the exchange or out of it."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


class TransferStatus(StrEnum):
    """Where a transfer stands. Source: venue-pages#funding-statuses."""

    INITIAL = "initial"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SETTLED = "settled"
    SUCCESS = "success"
    FAILURE = "failure"


class TransferNote(StrEnum):
    """What is special about a transfer, beside its status.

    Source: kraken-rest#deposit-statuses and kraken-rest#withdrawal-statuses.
    """

    CANCEL_PENDING = "cancel_pending"
    CANCELED = "canceled"
    CANCEL_DENIED = "cancel_denied"
    RETURN = "return"
    ON_HOLD = "on_hold"


class Booking(StrEnum):
    """What a step does to the books."""

    NOTHING = "nothing"
    CREDIT = "credit"
    """The deposit reaches the purse."""
    TAKE_BACK = "take_back"
    """A credited deposit is reversed by a row of negative amount and fee."""
    SEND = "send"
    """The held withdrawal leaves the exchange: its row is posted."""
    RELEASE = "release"
    """The withdrawal never left: its hold ends, no row was ever posted."""
    RETURN = "return"
    """The withdrawal comes back after it left: a second row with both signs turned, the fee included."""


_DEPOSIT, _WITHDRAWAL = Direction.DEPOSIT, Direction.WITHDRAWAL
_INITIAL, _PENDING, _ON_HOLD = TransferStatus.INITIAL, TransferStatus.PENDING, TransferStatus.ON_HOLD
_SETTLED, _SUCCESS, _FAILURE = TransferStatus.SETTLED, TransferStatus.SUCCESS, TransferStatus.FAILURE

STEPS: Final[dict[tuple[Direction, TransferStatus, TransferStatus], Booking]] = {
    (_DEPOSIT, _SETTLED, _SUCCESS): Booking.CREDIT,
    (_DEPOSIT, _SETTLED, _FAILURE): Booking.NOTHING,
    (_DEPOSIT, _SUCCESS, _FAILURE): Booking.TAKE_BACK,
    (_WITHDRAWAL, _INITIAL, _PENDING): Booking.NOTHING,
    (_WITHDRAWAL, _INITIAL, _ON_HOLD): Booking.NOTHING,
    (_WITHDRAWAL, _INITIAL, _FAILURE): Booking.RELEASE,
    (_WITHDRAWAL, _PENDING, _SETTLED): Booking.SEND,
    (_WITHDRAWAL, _PENDING, _ON_HOLD): Booking.NOTHING,
    (_WITHDRAWAL, _PENDING, _FAILURE): Booking.RELEASE,
    (_WITHDRAWAL, _ON_HOLD, _PENDING): Booking.NOTHING,
    (_WITHDRAWAL, _ON_HOLD, _FAILURE): Booking.RELEASE,
    (_WITHDRAWAL, _SETTLED, _SUCCESS): Booking.NOTHING,
    (_WITHDRAWAL, _SETTLED, _FAILURE): Booking.RETURN,
    (_WITHDRAWAL, _SUCCESS, _FAILURE): Booking.RETURN,
}
"""(direction, from, to) → what it does to the books; no other step exists.
Source: venue-pages#funding-statuses (statuses), kraken-ledgers#funding-entries (which rows are written when)."""

FIRST_STATUS: Final = {Direction.DEPOSIT: TransferStatus.SETTLED, Direction.WITHDRAWAL: TransferStatus.INITIAL}

NEXT_STATUS: Final[dict[tuple[Direction, TransferStatus], TransferStatus]] = {
    (_DEPOSIT, _SETTLED): _SUCCESS,
    (_WITHDRAWAL, _INITIAL): _PENDING,
    (_WITHDRAWAL, _PENDING): _SETTLED,
    (_WITHDRAWAL, _SETTLED): _SUCCESS,
}
"""Where the world's clock takes a transfer by itself."""

FINISHED: Final = frozenset({_SUCCESS, _FAILURE})
"""Where nothing moves a transfer on but a person: such ones are in the store alone."""

CANCELABLE: Final = frozenset({_INITIAL, _PENDING, _ON_HOLD})
"""A withdrawal can be canceled until it is broadcast. Source: kraken-ledgers#funding-entries."""


class Delays(Struct, frozen=True):
    """How long a transfer stays in each status before the clock moves it on, in nanoseconds."""

    deposit_settled_ns: int = 30 * 10**9
    withdrawal_initial_ns: int = 10 * 10**9
    withdrawal_pending_ns: int = 10 * 10**9
    withdrawal_settled_ns: int = 30 * 10**9

    def after(self, direction: Direction, status: TransferStatus) -> int | None:
        """The stay in that status; None where only a person moves it on."""
        return {
            (_DEPOSIT, _SETTLED): self.deposit_settled_ns,
            (_WITHDRAWAL, _INITIAL): self.withdrawal_initial_ns,
            (_WITHDRAWAL, _PENDING): self.withdrawal_pending_ns,
            (_WITHDRAWAL, _SETTLED): self.withdrawal_settled_ns,
        }.get((direction, status))


class Transfer(Struct, frozen=True):
    """One deposit or withdrawal, as it is from one step to the next."""

    transfer_id: int
    account_id: int
    direction: Direction
    wallet: str
    asset: str
    method: str
    network: str | None
    amount: int
    """What a deposit brings before its fee; what a withdrawal sends after its fee."""
    fee: int
    address: str
    tag: str | None
    destination: str | None
    """The name under which a withdrawal's address was saved."""
    chain_tx: str | None
    """Known once it is on the chain."""
    created_ns: int
    status: TransferStatus
    note: TransferNote | None = None
    manual: bool = False
    """Whether only a person moves it on, never the clock."""
    due_ns: int = 0
    """When the clock moves it on; 0: it does not."""
    moved_ns: int = 0
    """When its status last changed; 0: since it was created it did not."""
    remark: str = ""
    """What its owner wrote beside it."""
    opening: bool = False
    """Whether an account was opened with it."""

    @property
    def gross(self) -> int:
        """What a withdrawal takes from its purse."""
        return self.amount + self.fee


class Move(Struct, frozen=True):
    """Money that went from one wallet to another inside the exchange."""

    move_id: int
    account_id: int
    """Who asked for it."""
    client_id: str | None
    asset: str
    amount: int
    from_account_id: int
    from_wallet: str
    to_account_id: int
    to_wallet: str
    at_ns: int


class DepositAddress(Struct):
    """Where an account receives one asset by one method."""

    address_id: int
    account_id: int
    asset: str
    method: str
    address: Address
    created_ns: int
    used: bool = False


class Destination(Struct, frozen=True):
    """An address that an account may withdraw to, under the name its owner gave it."""

    account_id: int
    asset: str
    method: str
    name: str
    address: str
    tag: str | None
    verified: bool
