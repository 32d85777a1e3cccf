"""What may be subscribed to, and the options of each: read and checked. Source: kraken-websocket#requests."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from seatrial.core.candles import MINUTES
from seatrial.dialects.kraken.ws import words
from seatrial.dialects.kraken.ws.executions import EXECUTIONS
from seatrial.dialects.kraken.ws.instrument import VENUES
from seatrial.dialects.kraken.ws.topics import BOOK, INSTRUMENT, OHLC, TICKER, TRADE

DEPTHS: Final = (10, 25, 100, 500, 1000)
TRIGGERS: Final = ("trades", "bbo")

Params = Mapping[str, Any]
Options = dict[str, Any]


class Refused(Exception):
    """A request that is not granted, in Kraken's words."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


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
    is_public: bool = True
    needs_class: bool = False
    """Whether the unified addresses want `asset_class`."""

    def read(self, params: Params) -> Options:
        """All options. Raises `Refused`."""
        options = self.options(params)
        if self.is_public:
            return {**options, "snapshot": flag(params, "snapshot", usual=self.usual_snapshot)}
        return {**options, "snapshot": options["snap_orders"] or options["snap_trades"]}


def flag(params: Params, name: str, *, usual: bool) -> bool:
    """A value that is true or false. Raises `Refused`."""
    value = params.get(name, usual)
    if not isinstance(value, bool):
        raise Refused(words.not_boolean(name))
    return value


def _depth(params: Params) -> Options:
    return {"depth": _number(params.get("depth", DEPTHS[0]), DEPTHS, words.DEPTH_NOT_A_NUMBER, words.BAD_DEPTH)}


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
    steps = flag(params, "order_status", usual=True)
    flag(params, "ratecounter", usual=False)
    return {"snap_orders": orders, "snap_trades": trades, "order_status": steps}


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
        Channel(
            EXECUTIONS, _executions, ("snap_orders", "snap_trades"), is_of_symbols=False, is_public=False,
            needs_class=True,
        ),
    )
}  # fmt: skip
