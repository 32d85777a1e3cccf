"""All that can be asked of the machine. A closed union: forget a case and the type checker stops you."""

from typing import Final

from msgspec import Struct

from seatrial.core.accounts import FeePayment
from seatrial.core.funding import Delays, Destination, Transfer, TransferNote, TransferStatus
from seatrial.core.markets import MarketStatus, Minimums, SystemStatus
from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce


class OpenAccount(Struct, frozen=True, tag=True):
    """A new client with opening balances: (wallet, asset code, units) each."""

    name: str
    venue: str
    tier: str
    rate_limits: bool
    trading_wallet: str
    funding_wallet: str
    balances: tuple[tuple[str, str, int], ...] = ()
    parent_id: int = 0
    """Of a sub-account; fields as in `accounts.Account`."""
    access: str = ""
    note: str = ""
    check_timestamps: bool | None = None
    by_deposit: bool = False
    """Whether the balances come in as deposits that have arrived, where their assets can be deposited."""


class ChooseFeePayment(Struct, frozen=True, tag=True):
    """Have another asset pay an account's trading fees from now on; None: they are paid as ever."""

    account_id: int
    payment: FeePayment | None


class IssueKey(Struct, frozen=True, tag=True):
    """A key whose texts the dialect made, in its venue's format."""

    account_id: int
    name: str
    public: str
    secret: str
    permissions: frozenset[str]
    nonce_window: int = 0
    one_time_password: str | None = None
    totp_secret: str | None = None
    valid_until_ns: int = 0
    query_from_ns: int = 0
    query_to_ns: int = 0
    ip_allowlist: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without its secrets, which must not reach a log."""
        return f"IssueKey(account_id={self.account_id}, name={self.name!r}, public={self.public!r})"


class ChangeKey(Struct, frozen=True, tag=True):
    """Other rights for a key. What is None stays."""

    account_id: int
    public: str
    permissions: frozenset[str] | None = None
    ip_allowlist: tuple[str, ...] | None = None
    valid_until_ns: int | None = None


class RevokeKey(Struct, frozen=True, tag=True):
    """A key that no longer exists."""

    account_id: int
    public: str


class SpendNonce(Struct, frozen=True, tag=True, gc=False):
    """One authenticated call by a key."""

    public: str
    nonce: int


class IssueToken(Struct, frozen=True, tag=True):
    """A token for a private feed."""

    account_id: int
    key_id: int
    lifetime_ns: int


class PlaceOrder(Struct, frozen=True, tag=True, gc=False):
    """A new order. Fields as in `orders.Order`."""

    account_id: int
    market: str
    side: Side
    kind: OrderKind
    price_ticks: int = 0
    qty_lots: int = 0
    spend: int = 0
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    post_only: bool = False
    fee_in_base: bool = False
    starts_ns: int = 0
    expires_ns: int = 0
    tag: int | None = None
    client_id: str | None = None
    max_open: int | None = None
    check_only: bool = False
    """Check the order itself, not what its account has or has open, and place nothing."""
    note: str | None = None
    label: str | None = None
    cancels_post_only: bool = False
    band_ppm: int = 0
    worth_min_qty: bool = False
    """An amount to spend is worth the market's smallest quantity, at the best price or else at the last one."""
    minimums: Minimums | None = None
    """What it must be at least; None: what the market's own are."""
    matching_ns: int = 0
    """What passes between its opening and its trades, or its end where it finds no counterpart and may not rest."""


class DecreaseOrder(Struct, frozen=True, tag=True):
    """Cancel a part of an open order; the rest keeps its place."""

    account_id: int
    order_id: int
    qty_lots: int


class ReplaceOrder(Struct, frozen=True, tag=True):
    """End an open limit order and place it anew, at another price or for another quantity, or do neither.

    `qty_lots` counts what was filled already: the new order is for the rest, and there is none when nothing is left.
    All that the old order had to obey, the new one obeys.
    """

    account_id: int
    order_id: int
    price_ticks: int | None = None
    qty_lots: int | None = None
    post_only: bool | None = None
    """Here and below, None: as the old one."""
    fee_in_base: bool | None = None
    tag: int | None = None
    """0: none."""
    check_only: bool = False
    matching_ns: int = 0
    """As in `PlaceOrder`; so the one before and the one after."""
    minimums: Minimums | None = None


class AmendOrder(Struct, frozen=True, tag=True, gc=False):
    """Have an open limit order ask for another price or quantity. What is None stays.

    It keeps its id, its names and what it filled. Where it only gets smaller, it keeps its place, too; else it arrives
    anew and may trade at once.
    """

    account_id: int
    order_id: int
    price_ticks: int | None = None
    qty_lots: int | None = None
    """What was filled already counts. Of an order that filled as much or more, the rest is canceled."""
    post_only: bool = False
    """Refuse it rather than take anything, as for an order that is post-only itself."""
    check_only: bool = False
    """Check it, without looking at what its account has, and amend nothing."""
    matching_ns: int = 0
    """What passes before it trades."""


class SetCancelTimer(Struct, frozen=True, tag=True):
    """Cancel the account's orders after a delay, unless the command comes again before. Without a delay: never."""

    account_id: int
    delay_ns: int
    markets: tuple[str, ...] = ()
    """Whose orders; empty: all."""


class Rung(Struct, frozen=True, array_like=True):
    """One of the house's resting orders in a market, by its place on its side. A quantity of 0 takes it away."""

    side: Side
    place: int
    price_ticks: int
    qty_lots: int


class QuoteMarket(Struct, frozen=True, tag=True):
    """The house moves some of its resting orders; those not named stay."""

    market: str
    rungs: tuple[Rung, ...]


class PrintTrade(Struct, frozen=True, tag=True):
    """The house trades with itself at that price, whatever its quotes; clients who are in the way come first."""

    market: str
    taker_side: Side
    taker_kind: OrderKind
    price_ticks: int
    qty_lots: int
    stamp_ns: int = 0
    """The trade's time. If it is not later than the command, the next free nanosecond is taken."""


class SetStatus(Struct, frozen=True, tag=True):
    """Open or halt one market."""

    market: str
    status: MarketStatus


class SetSystemStatus(Struct, frozen=True, tag=True):
    """Open or halt the exchange."""

    status: SystemStatus


class CancelOrders(Struct, frozen=True, tag=True):
    """Cancel the open orders named by any of the selectors; `everything` takes all."""

    account_id: int
    order_ids: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    client_ids: tuple[str, ...] = ()
    everything: bool = False
    markets: tuple[str, ...] = ()
    """Of everything, only what is in these; empty: all."""
    up_to_id: int | None = None
    """Orders that were placed later stay."""
    maximum: int | None = None
    """End no more than this many; the finding says whether any are left."""


MAX_CANCELED: Final = 500
"""How many orders a dialect lets one command end. That takes some milliseconds; then others are served."""


class MoveFunds(Struct, frozen=True, tag=True):
    """Money goes from one wallet to another: of one account, or between a client and its sub-accounts."""

    account_id: int
    """Who asks for it."""
    asset: str
    amount: int
    """In the asset's units."""
    from_account_id: int
    from_wallet: str
    to_account_id: int
    to_wallet: str
    client_id: str | None = None
    """The user's own name for the move. A second command with that name moves nothing: it means the same move."""
    before: tuple[int, int] | None = None
    """The number and the time of the move that had that name before, as the store says."""


class IssueAddress(Struct, frozen=True, tag=True):
    """An address to receive an asset at."""

    account_id: int
    asset: str
    method: str
    max_unused: int


class SaveDestination(Struct, frozen=True, tag=True):
    """An address to withdraw to, under a name."""

    account_id: int
    asset: str
    method: str
    name: str
    address: str
    tag: str | None = None
    verified: bool = True


class SeeDeposit(Struct, frozen=True, tag=True):
    """A deposit shows up on the chain or at the bank. `amount` in the asset's units, before the fee."""

    account_id: int
    asset: str
    amount: int
    method: str | None = None
    chain_tx: str | None = None
    address: str | None = None
    manual: bool = False
    fee: int | None = None
    """The fee that is taken out of the amount; None: the method's own."""


class RequestWithdrawal(Struct, frozen=True, tag=True):
    """Send money out. `gross` in the asset's units, the fee included."""

    account_id: int
    asset: str
    destination: str | Destination
    """The name of a saved one, or one that need not be saved."""
    gross: int
    address: str | None = None
    """Must equal the saved one when given."""
    max_fee: int | None = None
    check_only: bool = False
    remark: str = ""


class CancelWithdrawal(Struct, frozen=True, tag=True):
    """The owner asks for a withdrawal to be stopped."""

    account_id: int
    transfer_id: int


class DriveTransfer(Struct, frozen=True, tag=True):
    """A tester takes one step of a transfer's life cycle, or sets its note."""

    transfer_id: int
    status: TransferStatus | None = None
    note: TransferNote | None = None
    finished: Transfer | None = None
    """The transfer as the store has it, if it is finished."""


class SetDelays(Struct, frozen=True, tag=True):
    """How long transfers stay in each status from now on."""

    delays: Delays


class SetAsOf(Struct, frozen=True, tag=True):
    """Venues do what they did at that moment, whatever the clock says; 0: what they do at the clock's time."""

    as_of_ns: int


class PassTime(Struct, frozen=True, tag=True):
    """Only let time pass: all that is due by then happens."""


Command = (
    PlaceOrder
    | CancelOrders
    | DecreaseOrder
    | ReplaceOrder
    | AmendOrder
    | SetCancelTimer
    | QuoteMarket
    | PrintTrade
    | SetStatus
    | SetSystemStatus
    | SpendNonce
    | OpenAccount
    | ChooseFeePayment
    | IssueKey
    | ChangeKey
    | RevokeKey
    | IssueToken
    | MoveFunds
    | IssueAddress
    | SaveDestination
    | SeeDeposit
    | RequestWithdrawal
    | CancelWithdrawal
    | DriveTransfer
    | SetDelays
    | SetAsOf
    | PassTime
)
