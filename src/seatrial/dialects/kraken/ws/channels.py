"""What may be subscribed to, and the options of each: read and checked. Source: kraken-websocket#requests."""

from collections.abc import Callable, Mapping
from enum import Flag, auto
from typing import Any, Final

from msgspec import Struct

from seatrial.core.candles import MINUTES
from seatrial.dialects.kraken.errors import bad_argument
from seatrial.dialects.kraken.ws import words
from seatrial.dialects.kraken.ws.balances import BALANCES
from seatrial.dialects.kraken.ws.executions import EXECUTIONS
from seatrial.dialects.kraken.ws.instrument import VENUES
from seatrial.dialects.kraken.ws.topics import BOOK, INSTRUMENT, LEVEL3, OHLC, TICKER, TRADE

DEPTHS: Final = (10, 25, 100, 500, 1000)
ORDER_DEPTHS: Final = (10, 100, 1000)
"""Of level 3."""
TRIGGERS: Final = ("trades", "bbo")

SEES_ORDERS: Final = "query-open-trades"
SEES_FUNDS: Final = "query-funds"
"""What a key needs for its orders and all orders of a book to be followed; for its funds. Decided."""

Params = Mapping[str, Any]
Options = dict[str, Any]


class Refused(Exception):
    """A request that is not granted, in Kraken's words."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Serves(Flag):
    """What an address is for."""

    PUBLIC = auto()
    PRIVATE = auto()
    LEVEL3 = auto()
    UNIFIED = auto()
    """Whether it is one of the unified addresses, where some requests must say `asset_class`."""


class Channel(Struct, frozen=True):
    """One channel."""

    name: str
    options: Callable[[Params], Options]
    """All that is in force, by name."""
    shown: tuple[str, ...]
    """Those that an acknowledgement repeats beside `snapshot`."""
    names: tuple[str, ...] = ()
    """Those that tell one subscription to a symbol from another."""
    warnings: tuple[str, ...] = ()
    usual_snapshot: bool = True
    is_of_symbols: bool = True
    where: Serves = Serves.PUBLIC
    """Which addresses have it."""
    right: str = ""
    """What the key of its token must be allowed to do; empty where no token is needed."""
    needs_class: bool = False
    """Whether the unified addresses want `asset_class`."""

    @property
    def is_public(self) -> bool:
        """Whether it takes no token."""
        return not self.right

    @property
    def is_private(self) -> bool:
        """Whether it is of an account: then its frames are numbered."""
        return self.where is Serves.PRIVATE

    def read(self, params: Params) -> Options:
        """All options. Raises `Refused`."""
        options = self.options(params)
        if "snapshot" in options:
            return options
        return {**options, "snapshot": flag(params, "snapshot", usual=self.usual_snapshot)}


def flag(params: Params, name: str, *, usual: bool) -> bool:
    """A value that is true or false. Raises `Refused`."""
    value = params.get(name, usual)
    if not isinstance(value, bool):
        raise Refused(words.not_boolean(name))
    return value


def _depth(params: Params) -> Options:
    return {"depth": _number(params.get("depth", DEPTHS[0]), DEPTHS, words.DEPTH_NOT_A_NUMBER, words.BAD_DEPTH)}


def _order_depth(params: Params) -> Options:
    given = params.get("depth", ORDER_DEPTHS[0])
    return {"depth": _number(given, ORDER_DEPTHS, words.DEPTH_NOT_A_NUMBER, words.BAD_DEPTH)}


def _interval(params: Params) -> Options:
    """Decided: a minute where none is said, as in version 1."""
    given = params.get("interval", MINUTES[0])
    return {"interval": _number(given, MINUTES, words.INTERVAL_NOT_A_NUMBER, words.BAD_INTERVAL)}


def _number(value: object, known: tuple[int, ...], no_number: str, unknown: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(no_number)
    if value not in known:
        raise Refused(unknown)
    return value


def _trigger(params: Params) -> Options:
    trigger = params.get("event_trigger", TRIGGERS[0])
    if trigger not in TRIGGERS:
        raise Refused(words.BAD_TRIGGER)
    return {"event_trigger": trigger}


def _instruments(params: Params) -> Options:
    venue = params.get("execution_venue", "international")
    if not isinstance(venue, str) or venue not in VENUES:
        raise Refused(words.BAD_VENUE)
    tokenized = flag(params, "include_tokenized_assets", usual=False)
    return {"execution_venue": venue, "include_tokenized_assets": tokenized}


def _executions(params: Params) -> Options:
    """The deprecated names count where the newer ones are not said. Source: kraken-websocket#executions."""
    orders = flag(params, "snap_orders", usual=flag(params, "snapshot", usual=True))
    trades = flag(params, "snap_trades", usual=flag(params, "snapshot_trades", usual=False))
    options = {
        "order_status": flag(params, "order_status", usual=True),
        "ratecounter": flag(params, "ratecounter", usual=False),
        "users": _users(params),
    }
    shows = not options["users"]
    orders, trades = orders and shows, trades and shows
    return {**options, "snap_orders": orders, "snap_trades": trades, "snapshot": orders or trades}


def _balances(params: Params) -> Options:
    users = _users(params)
    return {"users": users, "snapshot": flag(params, "snapshot", usual=True) and not users}


def _users(params: Params) -> bool:
    """Whether all users of a client are followed, of whom there is one: then nothing is shown of what was before.

    Source: kraken-websocket#executions. `rebased` is about tokenized assets only.
    """
    flag(params, "rebased", usual=True)
    if params.get("users") not in (None, "all"):
        raise Refused(bad_argument("users").error)
    return params.get("users") is not None


def _none(_params: Params) -> Options:
    return {}


CHANNELS: Final = {
    channel.name: channel
    for channel in (
        Channel(TICKER, _trigger, ("event_trigger",)),
        Channel(BOOK, _depth, ("depth",), ("depth",)),
        Channel(TRADE, _none, (), usual_snapshot=False),
        Channel(OHLC, _interval, ("interval",), warnings=("timestamp is deprecated, use interval_begin",)),
        Channel(
            INSTRUMENT, _instruments, (), warnings=("tick_size is deprecated, use price_increment",),
            is_of_symbols=False, needs_class=True,
        ),
        Channel(LEVEL3, _order_depth, ("depth",), where=Serves.LEVEL3, right=SEES_ORDERS),
        Channel(
            EXECUTIONS, _executions, ("snap_orders", "snap_trades"), is_of_symbols=False, where=Serves.PRIVATE,
            right=SEES_ORDERS, needs_class=True,
        ),
        Channel(
            BALANCES, _balances, ("snapshot",), is_of_symbols=False, where=Serves.PRIVATE, right=SEES_FUNDS
        ),
    )
}  # fmt: skip
