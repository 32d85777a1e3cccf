"""What may be asked of stored history. The store answers; the machine is not disturbed.

Bounds are half-open as the venues have them: later than `after_ns`, not later than `until_ns`.
"""

from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from seatrial.core.candles import Candle
from seatrial.core.funding import Direction, Transfer, TransferStatus
from seatrial.core.orders import Amend, Fill, Order, OrderKind, Side, Trade
from seatrial.core.postings import EntryKind, Posting

Row = TypeVar("Row")


class Page(Struct, Generic[Row], frozen=True):
    """Some rows, newest first, and if asked how many there are in all."""

    rows: list[Row]
    total: int | None = None


class Span(Struct, frozen=True):
    """A stretch of time. A bound may be a record; then the record's time counts."""

    after_ns: int | None = None
    until_ns: int | None = None
    after_id: int | None = None
    until_id: int | None = None


class PostingPage(Struct, frozen=True):
    """An account's postings → Page[Posting]. Empty tuples mean all; `before_id` continues a page."""

    account_id: int
    wallets: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    kinds: tuple[EntryKind, ...] = ()
    incoming: bool | None = None
    """Only what came in, or only what went out: see `Posting.incoming`."""
    span: Span = Span()
    before_id: int | None = None
    offset: int = 0
    limit: int = 50
    counted: bool = True


class PostingsById(Struct, frozen=True):
    """→ list[Posting], those of the ids that are the account's."""

    account_id: int
    posting_ids: tuple[int, ...]


class OrderTime(StrEnum):
    """Which of an order's times a span is about."""

    OPENED = "opened"
    CLOSED = "closed"
    BOTH = "both"


class OrderPage(Struct, frozen=True):
    """An account's orders → Page[OrderRecord]; `before_id` continues a page. Empty tuples mean all."""

    account_id: int
    live: bool
    """The live ones, or the ended ones."""
    tag: int | None = None
    client_id: str | None = None
    span: Span = Span()
    by: OrderTime = OrderTime.BOTH
    before_id: int | None = None
    offset: int = 0
    limit: int | None = 50
    counted: bool = True
    with_fills: bool = False
    markets: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    kinds: tuple[OrderKind, ...] = ()
    newest_opened_first: bool = False
    """Whether ended orders come in the order in which they were opened, not ended."""


class OrdersById(Struct, frozen=True):
    """→ list[OrderRecord], those of the ids that are the account's."""

    account_id: int
    order_ids: tuple[int, ...]
    tag: int | None = None
    client_ids: tuple[str, ...] = ()
    with_fills: bool = False


class AmendsOf(Struct, frozen=True):
    """→ list[OrderHistory], that of one of the account's orders, or nothing."""

    account_id: int
    order_id: int


class OrderHistory(Struct, frozen=True):
    """An order, and what it asked for from its beginning on, the oldest first; nothing if it was never amended."""

    order: Order
    amends: list[Amend]


class OrderRecord(Struct, frozen=True):
    """An order, with the ids of its fills when they were asked for."""

    order: Order
    fill_ids: list[int]


class FillPage(Struct, frozen=True):
    """An account's fills → Page[Fill]; `before_id` continues a page. Empty tuples mean all."""

    account_id: int
    markets: tuple[str, ...] = ()
    span: Span = Span()
    before_id: int | None = None
    offset: int = 0
    limit: int = 50
    counted: bool = True
    merge_sweeps: bool = False
    """Show what one arriving order took at one moment as one fill at the average price."""
    order_ids: tuple[int, ...] = ()
    sides: tuple[Side, ...] = ()
    kinds: tuple[OrderKind, ...] = ()


class FillsById(Struct, frozen=True):
    """→ list[Fill], those of the ids that are the account's."""

    account_id: int
    fill_ids: tuple[int, ...]


class TransferPage(Struct, frozen=True):
    """An account's deposits or withdrawals → Page[Transfer]; `before_id` continues a page. An empty tuple means all.

    What came in by no method, as fee credits do, is in no list: only the ledger shows it.
    """

    account_id: int
    direction: Direction
    asset: str | None = None
    method: str | None = None
    span: Span = Span()
    before_id: int | None = None
    limit: int = 25
    statuses: tuple[TransferStatus, ...] = ()
    offset: int = 0
    counted: bool = False


class TransfersById(Struct, frozen=True):
    """→ list[Transfer], those of the ids that are the account's, or anybody's."""

    transfer_ids: tuple[int, ...]
    account_id: int | None = None


class FundingPage(Struct, frozen=True):
    """The deposits and withdrawals of an account or of all → Page[Transfer]; `before_id` continues a page."""

    account_id: int | None = None
    before_id: int | None = None
    limit: int = 100
    without: int | None = None
    """Of all accounts but this one."""


class MoveNamed(Struct, frozen=True):
    """→ list[tuple[int, int]], the number and the time of the account's move of that name, or nothing."""

    account_id: int
    client_id: str


class TradePage(Struct, frozen=True):
    """A market's trades, oldest first → list[Trade]: those after a moment, or the newest ones when none is given."""

    market: str
    after_ns: int | None = None
    limit: int = 1000


class TradesOfMarkets(Struct, frozen=True):
    """The trades of several markets, oldest first → list[Trade]: the first after a moment, or else the newest ones."""

    markets: tuple[str, ...]
    after_ns: int | None = None
    until_ns: int | None = None
    limit: int = 1000


class CandlePage(Struct, frozen=True):
    """A market's candles of one length that begin in from_s <= start < until_s, newest first → list[Candle].

    Those longer than a minute lack the minute that was still running.
    """

    market: str
    minutes: int
    """One of the lengths that are kept: `candles.MINUTES`."""
    from_s: int
    until_s: int
    limit: int = 1500


Query = (
    PostingPage | PostingsById | OrderPage | OrdersById | AmendsOf | FillPage | FillsById | TransferPage
    | TransfersById | FundingPage | MoveNamed | TradePage | TradesOfMarkets | CandlePage
)  # fmt: skip
Answer = (
    Page[Posting] | list[Posting] | Page[OrderRecord] | list[OrderRecord] | list[OrderHistory] | Page[Fill] | list[Fill]
    | Page[Transfer] | list[Transfer] | list[tuple[int, int]] | list[Trade] | list[Candle]
)  # fmt: skip
