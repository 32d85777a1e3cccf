"""Orders: what one is, and its life cycle as a table."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Side(StrEnum):
    """Which way the base goes."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """The other way."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderKind(StrEnum):
    """How an order names its price."""

    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(StrEnum):
    """How long what does not fill at once stays."""

    GTC = "gtc"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"


class SelfTrade(StrEnum):
    """Who gives way when an order would meet its owner's own.

    Source: kraken-orders#self-trade-prevention; kucoin-rest#order-rules.
    """

    CANCEL_NEWEST = "cancel_newest"
    CANCEL_OLDEST = "cancel_oldest"
    CANCEL_BOTH = "cancel_both"
    DECREASE = "decrease"
    """Both shrink by the size of the smaller one, which is canceled."""
    ALLOW = "allow"
    """Nobody: they trade."""


class OrderStatus(StrEnum):
    """Where an order stands. Part-filled is no status of its own: compare filled with qty."""

    PENDING = "pending"
    """Accepted, waits for its start time."""
    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Step(StrEnum):
    """What can happen to an order."""

    START = "start"
    FILL = "fill"
    FILL_LAST = "fill_last"
    CANCEL = "cancel"
    EXPIRE = "expire"


class EndReason(StrEnum):
    """Why an order ended without filling whole."""

    USER_REQUESTED = "user_requested"
    SELF_TRADE = "self_trade"
    POST_ONLY = "post_only"
    NOT_FILLED_AT_ONCE = "not_filled_at_once"
    NO_LIQUIDITY = "no_liquidity"
    OUT_OF_FUNDS = "out_of_funds"
    EXPIRED = "expired"
    REPLACED = "replaced"
    """Its owner placed another one in its stead."""
    MARKET_CLOSED = "market_closed"
    PRICE_OUT_OF_BAND = "price_out_of_band"
    """When it started it lay further beyond the best opposite price than it may."""
    WORTHLESS = "worthless"
    """What was left of it is worth less than the smallest unit of the quote."""


TRANSITIONS: Final = {
    (OrderStatus.PENDING, Step.START): OrderStatus.OPEN,
    (OrderStatus.PENDING, Step.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.PENDING, Step.EXPIRE): OrderStatus.EXPIRED,
    (OrderStatus.OPEN, Step.FILL): OrderStatus.OPEN,
    (OrderStatus.OPEN, Step.FILL_LAST): OrderStatus.FILLED,
    (OrderStatus.OPEN, Step.CANCEL): OrderStatus.CANCELED,
    (OrderStatus.OPEN, Step.EXPIRE): OrderStatus.EXPIRED,
}
"""No row leaves FILLED, CANCELED or EXPIRED. Source: kraken-orders#life-cycle."""


class Order(Struct, gc=False):
    """One order, from acceptance to its end."""

    order_id: int
    """Below zero for the house's."""
    account_id: int
    market: str
    side: Side
    kind: OrderKind
    price_ticks: int
    """The limit. Of a market order the worst price that it may take; 0 for any."""
    qty_lots: int
    """What was asked for, less what was given up since; 0 for an order that spends."""
    spend: int
    """The amount of quote that an order is to spend or to get, in the quote's units; 0 for an order of a quantity."""
    time_in_force: TimeInForce
    self_trade: SelfTrade
    post_only: bool
    fee_in_base: bool
    starts_ns: int
    """0: at once."""
    expires_ns: int
    """0: never."""
    tag: int | None
    """The user's own number; many orders may share one."""
    client_id: str | None
    """The user's own name; unique among the account's open orders."""
    opened_ns: int
    status: OrderStatus = OrderStatus.OPEN
    end_reason: EndReason | None = None
    closed_ns: int = 0
    touched_ns: int = 0
    """When it last came to rest, filled or got smaller."""
    amended_ns: int = 0
    """When its owner last amended it; 0: never."""
    queue: int = 0
    """Its place in time priority; 0 while it does not rest."""
    filled_lots: int = 0
    exact: int = 0
    """Sum of price_ticks * lots over its fills."""
    fee_exact: int = 0
    """Sum of price_ticks * lots * fee_ppm over its fills: its fees valued in the quote, whatever asset paid them."""
    fee_quote: int = 0
    """Sum of the fees it paid in quote, in units of the quote."""
    fee_base: int = 0
    """Sum of the fees it paid in base, in units of the base."""
    hold: int = 0
    """What the purse it pays from still sets aside for it."""
    hold_ppm: int = 0
    """The fee rate that its hold allows for."""
    given_up_lots: int = 0
    """What it was made smaller by."""
    note: str | None = None
    """What its user wrote beside it; so the label."""
    label: str | None = None
    band_ppm: int = 0
    """How far beyond the best opposite price it may reach when it meets the book, at once or later; 0: anywhere."""
    max_open: int | None = None
    """How many orders its account may have open in its market, this one included; None: any number."""
    cancels_post_only: bool = False
    """Whether a post-only order that would take is accepted and canceled instead of refused."""
    triggered_ns: int = 0
    """When a trade set it off while it was pending; 0: no trade did."""
    is_house: bool = False
    """Whether it is the house's, whose orders trade with each other: see `core/house.py`. Follows from its account."""

    @property
    def open_lots(self) -> int:
        """What is left to fill."""
        return self.qty_lots - self.filled_lots

    @property
    def is_live(self) -> bool:
        """Whether it can still fill or be canceled."""
        return self.status is OrderStatus.OPEN or self.status is OrderStatus.PENDING

    def advance(self, step: Step) -> None:
        """Take one step of the life cycle; a step that the table does not have is a bug."""
        after = TRANSITIONS.get((self.status, step))
        assert after is not None, f"{step} while {self.status}"
        self.status = after


class AmendKind(StrEnum):
    """How an order came to ask for what it asks for."""

    ORIGINAL = "original"
    """So it was placed."""
    USER = "user"
    """So its owner amended it."""


class Amend(Struct, frozen=True, gc=False):
    """What an order asks for from a moment on. Those of orders that were never amended are not kept."""

    amend_id: int
    """Counts up over all accounts; 0 for what an order began with."""
    account_id: int
    order_id: int
    kind: AmendKind
    price_ticks: int
    qty_lots: int
    remaining_lots: int
    """What was left to fill of it."""
    post_only: bool
    """Whether it was not to take anything by that."""
    at_ns: int


class CancelTimer(Struct, frozen=True):
    """Cancels an account's orders when it fires, unless it was set again before."""

    set_ns: int
    due_ns: int
    markets: tuple[str, ...]
    """Whose orders; empty: all."""


class Trade(Struct, frozen=True, gc=False):
    """The match of two orders, as everyone sees it."""

    market: str
    trade_id: int
    """Counts up from 1 within the market, without gaps."""
    price_ticks: int
    qty_lots: int
    at_ns: int
    """Strictly ascending within the market, so that a cursor of nanoseconds loses nothing."""
    taker_side: Side
    taker_kind: OrderKind


class Fill(Struct, frozen=True, gc=False):
    """One order's part in a trade."""

    fill_id: int
    account_id: int
    order_id: int
    market: str
    trade_id: int
    side: Side
    kind: OrderKind
    price_ticks: int
    qty_lots: int
    exact: int
    """Its cost: price_ticks * qty_lots; of several fills shown as one, the sum of theirs."""
    fee_ppm: int
    """The rate it paid; below zero for a rebate."""
    fee_exact: int
    """Its fee valued in the quote, whatever asset paid it: exact * fee_ppm, or the sum of such."""
    fee_quote: int
    """What was really paid in quote, in its units."""
    fee_base: int
    """What was really paid in base, in its units."""
    maker: bool
    at_ns: int
    first_posting: int
    """Its postings are those of its account among the ids first_posting … first_posting + postings - 1."""
    postings: int
    volume_usd: int
    """What it adds to the account's 30-day volume, in 10**-4 US dollars."""
    counter_order_id: int
    """The order it traded with; below zero for one of the house's."""
    opened_s: int = 0
    """The second in which its order was opened; 0 in what an older release stored."""
    counter_opened_s: int = 0
    """The same of the order it traded with."""
