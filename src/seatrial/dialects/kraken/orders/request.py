"""What a user asks for, in Kraken's terms: read, whatever the fields were called, and not yet checked."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce


class Terms(Struct, frozen=True, gc=False):
    """What an order may say beside what it wants to trade. Times are those of the world, 0 where there is none."""

    time_in_force: TimeInForce | None = None
    """None: unsaid."""
    starts_ns: int = 0
    expires_ns: int = 0
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    spends: bool = False
    """Whether the volume is an amount of the quote to spend."""
    post_only: bool = False
    fee_in_base: bool = False
    tag: int | None = None
    """The user's own number for it; 0 is none."""
    client_id: str | None = None
    """The user's own name for it."""
    deadline_ns: int | None = None
    """When it is too late to place it."""
    check_only: bool = False
    leverage: str | None = None
    reduce_only: bool = False
    second_price: str | None = None
    trigger: str | None = None
    """What a triggered order watches."""
    shown_volume: str | None = None
    """Of an iceberg."""
    closes: bool = False
    """Whether another order is to follow it."""


USUAL: Final = Terms()
"""What most orders have: they say nothing of it."""


class OrderRequest(Struct, frozen=True, gc=False):
    """An order. Amounts and prices are decimals as they were sent, empty where there is none.

    Source: kraken-orders#parameters.
    """

    market: str
    """By our symbol."""
    side: Side
    kind: OrderKind
    volume: str
    price: str
    """The limit, or its distance from the last trade: `+n`, `-n` or `#n`, in the quote or with `%`."""
    terms: Terms = USUAL


class CancelRequest(Struct, frozen=True):
    """Which orders to cancel: those that any of these names."""

    txids: Sequence[str] = ()
    tags: Sequence[int] = ()
    client_ids: Sequence[str] = ()


class AmendRequest(Struct, frozen=True):
    """What an open order is to ask for. Amounts and prices as in `OrderRequest`; what is None stays."""

    volume: str | None
    """Of the whole order; what it filled counts."""
    price: str | None
    post_only: bool
    deadline_ns: int | None
    check_only: bool


class EditRequest(Struct, frozen=True):
    """What the order asks for that takes the place of an open one. What is None stays as with the old one."""

    volume: str | None
    """Of the whole order; what the old one filled counts."""
    price: str | None
    post_only: bool
    fee_in_base: bool | None
    tag: int | None
    """None: it has none, whatever the old one had."""
    deadline_ns: int | None
    check_only: bool
