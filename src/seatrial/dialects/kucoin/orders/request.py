"""What a user asks for, in KuCoin's terms: read, whatever the fields were called, and not yet checked."""

from msgspec import Struct

from seatrial.core.orders import OrderKind, SelfTrade, Side, TimeInForce


class OrderRequest(Struct, frozen=True, gc=False):
    """An order. Amounts and prices are decimals as they were sent.

    Source: kucoin-rest#order-parameters and kucoin-rest#order-rules.
    """

    market: str
    """By our symbol."""
    side: Side
    kind: OrderKind
    price: str | None = None
    size: str | None = None
    funds: str | None = None
    """Of a market order, instead of a size: what to spend or to get, in the quote."""
    time_in_force: TimeInForce = TimeInForce.GTC
    cancel_after_s: int | None = None
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.ALLOW
    """Without a rule an order may meet its owner's own. Source: kucoin-rest#order-rules."""
    client_id: str | None = None
    """The user's own name for it."""
    remark: str | None = None
    tags: str | None = None
    """What the user writes beside it."""
    sent_ns: int | None = None
    window_ns: int | None = None
    """When it was sent, and how long after that it may still be placed."""
    check_only: bool = False
    is_hidden: bool = False
    """So that nobody sees it whole."""
    is_stop: bool = False
    is_margin: bool = False


class OrderName(Struct, frozen=True):
    """Which order is meant: by its id or else by its user's own name for it, in a market where one is named."""

    order_id: str | None = None
    client_id: str | None = None
    market: str | None = None


class AlterRequest(Struct, frozen=True):
    """Another price or size for an order; at least one of them."""

    order: OrderName
    price: str | None
    size: str | None
