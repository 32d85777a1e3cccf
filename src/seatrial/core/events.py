"""All that can happen. Orders and transfers in events are the live ones: read them before the next command."""

from msgspec import Struct

from seatrial.core.accounts import Account, ApiKey, Token
from seatrial.core.funding import DepositAddress, Destination, Transfer
from seatrial.core.markets import FundingMethod, Modes
from seatrial.core.orders import CancelTimer, Fill, Order, Trade


class AccountOpened(Struct, frozen=True):
    account: Account


class KeyIssued(Struct, frozen=True):
    key: ApiKey


class NonceSpent(Struct, frozen=True, gc=False):
    key: ApiKey


class TokenIssued(Struct, frozen=True):
    token: Token


class OrderChecked(Struct, frozen=True):
    """Nothing is wrong with the order itself; what its account has was not looked at."""

    order: Order


class KeyChanged(Struct, frozen=True):
    key: ApiKey


class KeyRevoked(Struct, frozen=True):
    key: ApiKey


class FundsMoved(Struct, frozen=True):
    """The money lies where it was to go; for a name that was used before, since then."""

    move_id: int
    at_ns: int


class OrderAccepted(Struct, frozen=True, gc=False):
    order: Order


class Traded(Struct, frozen=True, gc=False):
    trade: Trade
    maker: Fill
    taker: Fill


class TradePrinted(Struct, frozen=True):
    """The house traded with itself."""

    trade: Trade


class MarketQuoted(Struct, frozen=True):
    """The house's resting orders stand as asked."""

    market: str


class StatusSet(Struct, frozen=True):
    """What is open from now on."""

    modes: Modes


class OrderEnded(Struct, frozen=True, gc=False):
    """Filled, canceled or expired; the order says which and why."""

    order: Order


class OrderDecreased(Struct, frozen=True, gc=False):
    """It wants less now, at its owner's wish or because it met an order of the same owner."""

    order: Order


class CancelTimerSet(Struct, frozen=True):
    """The answer to setting one; None when it is off now."""

    timer: CancelTimer | None


class OrdersCanceled(Struct, frozen=True):
    """The answer to a cancel: how many orders it ended, and whether there are more that it was not to end yet."""

    count: int
    more: bool = False


class AddressIssued(Struct, frozen=True):
    address: DepositAddress


class DestinationSaved(Struct, frozen=True):
    destination: Destination


class DepositSeen(Struct, frozen=True):
    transfer: Transfer


class WithdrawalChecked(Struct, frozen=True):
    """It would have been accepted: what would be sent, at what fee, and the most that could be."""

    method: FundingMethod
    amount: int
    fee: int
    most: int


class WithdrawalRequested(Struct, frozen=True):
    transfer: Transfer


class TransferMoved(Struct, frozen=True):
    transfer: Transfer


class CancelDenied(Struct, frozen=True):
    """The withdrawal was broadcast already; it goes on."""

    transfer: Transfer


class DelaysSet(Struct, frozen=True):
    pass


class TimePassed(Struct, frozen=True):
    pass


Event = (
    AccountOpened
    | KeyIssued
    | KeyChanged
    | KeyRevoked
    | FundsMoved
    | NonceSpent
    | TokenIssued
    | OrderChecked
    | OrderAccepted
    | Traded
    | TradePrinted
    | MarketQuoted
    | StatusSet
    | OrderEnded
    | OrderDecreased
    | CancelTimerSet
    | OrdersCanceled
    | AddressIssued
    | DestinationSaved
    | DepositSeen
    | WithdrawalChecked
    | WithdrawalRequested
    | TransferMoved
    | CancelDenied
    | DelaysSet
    | TimePassed
)
