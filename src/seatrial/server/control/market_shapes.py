"""The control API's bodies about markets, in and out. Prices and quantities are decimals as text."""

from msgspec import Struct


class MarketView(Struct, frozen=True):
    pair: str
    status: str
    last: str | None
    """The price of the last trade; null: there was none."""
    bid: str | None
    ask: str | None
    trades: int
    """How many there were."""
    liquidity: str | None
    """On which sides the house quotes: both, bids, asks or none; null: it does not trade here."""


class MarketChange(Struct, frozen=True, forbid_unknown_fields=True):
    status: str | None = None
    """online, cancel_only, post_only, limit_only or reduce_only."""
    price: str | int | float | None = None
    """Trade there at once; where a crowd trades, it moves there too."""
    liquidity: str | None = None
    """On which sides the house quotes: both, bids, asks or none."""


class NewTrade(Struct, frozen=True, forbid_unknown_fields=True):
    price: str | int | float
    volume: str | int | float
    side: str = "buy"
    """The taker's."""
    ordertype: str = "market"
    """The taker's: market or limit."""


class SystemView(Struct, frozen=True):
    status: str


class SystemChange(Struct, frozen=True, forbid_unknown_fields=True):
    status: str
    """online, maintenance, cancel_only, post_only or limit_only."""


class CrowdPair(Struct, frozen=True):
    pair: str
    price: str
    """Around which it trades now."""
    volatility: float
    """About how far the base goes in a day, in percent."""
    depth: float
    """How much it quotes: 1 is the usual."""
    activity: float
    """How often somebody takes: 1 is the usual."""
    liquidity: str | None
    """On which sides the house quotes: both, bids, asks or none; null: it does not trade while the crowd is off."""


class CrowdView(Struct, frozen=True):
    mode: str
    pairs: list[CrowdPair]


class CrowdChange(Struct, frozen=True, forbid_unknown_fields=True):
    mode: str | None = None
    """off, calm or busy."""
    pair: str | None = None
    """Which market the rest is about."""
    price: str | int | float | None = None
    volatility: str | int | float | None = None
    """In percent a day; of the base, so of all its markets."""
    depth: str | int | float | None = None
    activity: str | int | float | None = None


class TapeView(Struct, frozen=True):
    pairs: list[str]
    rows: int
    """How many were played."""
    next: str | None
    """When the next one was recorded; null: the tape has ended."""
