"""All that can happen in a world, as facts: numbered in their order, immutable, complete and without a secret.

Whatever a command or a timer changes is a fact here or follows from facts. Whoever wants levels of a book, best prices,
balances, candles or an order as it was at a moment derives them. A fact says what changed in
numbers, and never holds anything that changes later.
"""

from msgspec import Struct

from seatrial.core.accounts import Account, FeePayment
from seatrial.core.addresses import Address
from seatrial.core.commands import PlaceOrder
from seatrial.core.funding import Delays, Destination, Move, Transfer
from seatrial.core.markets import Modes
from seatrial.core.orders import Amend, CancelTimer, EndReason, Fill, OrderStatus, Trade
from seatrial.core.postings import Posted


class Fact(Struct, frozen=True, gc=False):
    """Something happened at a moment of the world."""

    at_ns: int


class AccountOpened(Fact, frozen=True):
    """Its opening balances follow."""

    account: Account


class FeePaymentChosen(Fact, frozen=True):
    """What pays an account's trading fees from now on; None: what it trades in."""

    account_id: int
    payment: FeePayment | None


class KeyIssued(Fact, frozen=True):
    """A key, without its secrets."""

    key_id: int
    account_id: int
    name: str
    public: str
    permissions: frozenset[str]
    nonce_window: int
    valid_until_ns: int
    query_from_ns: int
    query_to_ns: int
    ip_allowlist: tuple[str, ...]


class KeyChanged(Fact, frozen=True):
    """The rights that a key has from now on."""

    key_id: int
    account_id: int
    permissions: frozenset[str]
    ip_allowlist: tuple[str, ...]
    valid_until_ns: int


class KeyRevoked(Fact, frozen=True):
    """A key is there no more."""

    key_id: int
    account_id: int


class NonceSpent(Fact, frozen=True, gc=False):
    """A key made a call."""

    key_id: int
    account_id: int
    nonce: int


class TokenIssued(Fact, frozen=True, gc=False):
    """A token for private feeds."""

    token_id: int
    account_id: int
    key_id: int
    expires_ns: int


class AssetsValued(Fact, frozen=True, gc=False):
    """What an account's assets are worth for its fees, in 10**-4 US dollars, until they are valued again."""

    account_id: int
    usd: int


class OrderFact(Fact, frozen=True, gc=False):
    """Something happened to an order."""

    order_id: int
    account_id: int
    market: str
    opened_ns: int
    """Venues make an order's id of its number and this."""


class OrderAccepted(OrderFact, frozen=True, gc=False):
    """A new order. It is in no book until it rests."""

    terms: PlaceOrder
    status: OrderStatus
    """Open, or pending until its start time."""
    price_ticks: int
    """Its limit; of a market order the worst price that it may take, 0 for any."""
    hold: int
    """What it sets aside; here and below in units of what it pays with."""
    hold_ppm: int


class OrderStarted(OrderFact, frozen=True, gc=False):
    """A pending order is open now: its start time has come, or its turn after a trade set it off."""

    price_ticks: int
    hold: int
    """Both as they are from now on: a market order is bound to a price and sets aside what it needs by now."""


class OrderTriggered(OrderFact, frozen=True, gc=False):
    """A trade set a pending order off: it starts in its turn."""


class OrderRested(OrderFact, frozen=True, gc=False):
    """It joined the end of the queue at its price."""

    queue: int
    """Its place in time priority."""


class OrderDecreased(OrderFact, frozen=True, gc=False):
    """It wants less, because its owner asked for it or it met an order of the same owner. It keeps its place."""

    lots: int
    """How much less."""
    hold: int
    """What it still sets aside."""


class OrderAmended(OrderFact, frozen=True, gc=False):
    """Its owner had it ask for something else. Unless it keeps its place, it is in no book until it rests again."""

    amend: Amend
    hold: int
    """What it sets aside from now on."""
    hold_ppm: int
    keeps_place: bool


class HouseOrderFilled(OrderFact, frozen=True, gc=False):
    """An order of the house was used up, in part or whole, by a trade of the house with itself."""

    lots: int
    exact: int
    hold: int


class OrderEnded(OrderFact, frozen=True, gc=False):
    """Filled, canceled or expired: it left the book and sets nothing aside."""

    status: OrderStatus
    end_reason: EndReason | None


class Traded(Fact, frozen=True, gc=False):
    """Two orders met; one of them can be the house's."""

    trade: Trade
    maker: Fill
    taker: Fill
    maker_hold: int
    """What its order still sets aside."""
    taker_hold: int


class TradePrinted(Fact, frozen=True, gc=False):
    """The house traded with itself: everyone sees it, no money moves."""

    trade: Trade


class EntryPosted(Fact, frozen=True, gc=False):
    """Money moved: the postings of one entry, of all purses that it touched."""

    postings: tuple[Posted, ...]


class CancelTimerSet(Fact, frozen=True):
    """An account's orders will be canceled at a moment; None: never."""

    account_id: int
    timer: CancelTimer | None


class CancelTimerFired(Fact, frozen=True):
    """Its time has come: it cancels what was open then, now or in further steps."""

    account_id: int
    timer: CancelTimer


class CancelTimerDone(Fact, frozen=True):
    """It has canceled all that it was to cancel."""

    account_id: int


class AddressIssued(Fact, frozen=True):
    """Where an account can receive an asset."""

    address_id: int
    account_id: int
    asset: str
    method: str
    address: Address


class AddressUsed(Fact, frozen=True, gc=False):
    """A deposit came to it for the first time."""

    address_id: int
    account_id: int


class DestinationSaved(Fact, frozen=True):
    """An address that an account may withdraw to."""

    destination: Destination


class DepositSeen(Fact, frozen=True):
    """A deposit showed up; one that an account was opened with has arrived already."""

    transfer: Transfer


class WithdrawalRequested(Fact, frozen=True):
    """Its gross amount is on its way out of its purse."""

    transfer: Transfer


class TransferMoved(Fact, frozen=True):
    """A deposit or withdrawal took a step or has another note. The transfer is as it is now."""

    transfer: Transfer


class FundsMoved(Fact, frozen=True):
    """Money went from one wallet to another."""

    move: Move


class StatusSet(Fact, frozen=True):
    """What is open and what is halted from now on."""

    modes: Modes


class DelaysSet(Fact, frozen=True):
    """How long transfers stay in each status from now on."""

    delays: Delays


class AsOfSet(Fact, frozen=True):
    """Venues do what they did at that moment from now on; 0: what they do at the clock's time."""

    as_of_ns: int


AnyFact = (
    AccountOpened
    | FeePaymentChosen
    | KeyIssued
    | KeyChanged
    | KeyRevoked
    | NonceSpent
    | TokenIssued
    | AssetsValued
    | OrderAccepted
    | OrderStarted
    | OrderTriggered
    | OrderRested
    | OrderDecreased
    | OrderAmended
    | HouseOrderFilled
    | OrderEnded
    | Traded
    | TradePrinted
    | EntryPosted
    | CancelTimerSet
    | CancelTimerFired
    | CancelTimerDone
    | AddressIssued
    | AddressUsed
    | DestinationSaved
    | DepositSeen
    | WithdrawalRequested
    | TransferMoved
    | FundsMoved
    | StatusSet
    | DelaysSet
    | AsOfSet
)
"""A closed union: the type checker names every place that must know of a new one."""


class Recorded(Struct, frozen=True):
    """Facts in their order, and the number of the first; each has the number after the one before it."""

    first: int
    facts: tuple[AnyFact, ...] = ()
    cuts: tuple[int, ...] = ()
    """Where in `facts` the next command begins, or the next thing that fell due."""

    @property
    def last(self) -> int:
        """The number of the last one."""
        return self.first + len(self.facts) - 1
