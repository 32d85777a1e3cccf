"""Kraken's Trades method, page after page, exactly: prices and volumes stay text, times become nanoseconds.

Source: venue-pages#time-and-sales; market-data#trades and market-data#downloading.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import Struct

from seatrial.client.kraken import KrakenClient, NoAnswerError, NotKrakenError, Reply
from seatrial.history.manifest import Pair
from seatrial.history.ticks import SECOND_NS, Tick, is_plain

PACE_SECONDS: Final = 1.1
"""Between an answer and the next call of a venue that is not on this machine. Source: market-data#downloading."""
BACK_OFF_SECONDS: Final = (5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0, 60.0)
"""After the first failure in a row, the second, and so on; one more is the end."""
_FINAL_ERRORS: Final = (
    "EQuery:", "EGeneral:Invalid arguments", "EGeneral:Unknown method", "EGeneral:Permission denied",
)  # fmt: skip
"""What asking again does not mend."""
_FINEST_PRINT_NS: Final = 1_000
"""Times of many decimals are printed to the nearest double, some 238 ns apart. Source: market-data#resolution."""


class VenueError(Exception):
    """The venue does not give its trades: one line that says why."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        """Whether it said so itself."""


class PageError(Exception):
    """An answer that cannot be true. Nothing of it is kept."""


class Page(Struct, frozen=True):
    """One answer."""

    ticks: list[Tick]
    last_ns: int
    """The exact time of the last of them: what to ask with to go on."""


class _Row(Struct, array_like=True, gc=False):
    price: str
    volume: str
    time: Decimal
    side: str
    order_type: str
    misc: str = ""
    trade_id: int = 0


class _Trades(Struct):
    result: dict[str, list[_Row] | str | int]


class _Listed(Struct):
    altname: str
    wsname: str = ""
    pair_decimals: int | None = None


class _AssetPairs(Struct):
    result: dict[str, _Listed]


class TradesFeed:
    """Asks one venue for the trades of one pair: not too fast, and again when it stumbles."""

    def __init__(
        self,
        client: KrakenClient,
        pair: str,
        *,
        pace_seconds: float,
        monotonic: Callable[[], float],
        pause: Callable[[float], None],
        warn: Callable[[str], None],
    ) -> None:
        """`warn` is told, in one line, of every failure that is waited out."""
        self._client = client
        self._pair = pair
        self._pace_seconds = pace_seconds
        self._monotonic = monotonic
        self._pause = pause
        self._warn = warn
        self._answered: float | None = None

    def after(self, cursor: str) -> Page:
        """The trades after a moment, oldest first; none when there are no more.

        `VenueError` when the venue refuses for good, or has failed too often in a row.
        """
        for wait_seconds in BACK_OFF_SECONDS:
            try:
                return self._ask(cursor)
            except _Stumble as stumble:
                self._warn(f"{stumble}; trying again in {wait_seconds:.0f} s")
                self._pause(wait_seconds)
        try:
            return self._ask(cursor)
        except _Stumble as stumble:
            raise VenueError(f"{stumble}, for the {len(BACK_OFF_SECONDS) + 1}th time in a row") from stumble

    def newest_id(self) -> int:
        """The id of the newest trade; 0 when that cannot be said. It is only asked once and never waited for."""
        try:
            ticks = _read(self._call({"count": "1"}), 0).ticks
        except (_Stumble, PageError, VenueError):
            return 0
        return ticks[-1].trade_id if ticks else 0

    def _ask(self, cursor: str) -> Page:
        try:
            return _read(self._call({"since": cursor}), int(cursor))
        except PageError as error:
            raise _Stumble(str(error)) from error

    def _call(self, arguments: dict[str, str]) -> Reply:
        self._keep_pace()
        try:
            reply = self._client.call("Trades", {"pair": self._pair, **arguments})
        except NoAnswerError as error:
            if not error.reached and self._answered is None:
                raise VenueError(str(error)) from error
            raise _Stumble(str(error)) from error
        except NotKrakenError as error:
            raise _Stumble(str(error)) from error
        self._answered = self._monotonic()
        if not reply.refused:
            return reply
        told = ", ".join(reply.errors)
        if told.startswith(_FINAL_ERRORS):
            raise VenueError(f"the venue refused: {told}", refused=True)
        raise _Stumble(told)

    def _keep_pace(self) -> None:
        if self._answered is not None and self._pace_seconds:
            self._pause(max(0.0, self._answered + self._pace_seconds - self._monotonic()))


class _Stumble(Exception):
    """A failure that may be over soon."""


def ask_pair(client: KrakenClient, name: str) -> Pair | None:
    """What the venue calls a pair; None when it does not say."""
    try:
        reply = client.call("AssetPairs", {"pair": name})
        listed = msgspec.json.decode(reply.body, type=_AssetPairs).result
    except (NoAnswerError, NotKrakenError, msgspec.DecodeError):
        return None
    if len(listed) != 1:
        return None
    [(canonical, found)] = listed.items()
    return Pair(found.altname, tuple(dict.fromkeys((canonical, found.wsname))), found.pair_decimals)


def _read(reply: Reply, since_ns: int) -> Page:
    """`PageError` when the answer cannot be true."""
    try:
        result = msgspec.json.decode(reply.body, type=_Trades).result
    except msgspec.DecodeError as error:
        raise PageError(f"the answer is no page of trades: {error}") from error
    rows = next((value for key, value in result.items() if key != "last" and isinstance(value, list)), None)
    if rows is None:
        raise PageError("the answer has no trades")
    ticks = [_tick(row) for row in rows]
    if any(0 < after.trade_id <= before.trade_id for before, after in pairwise(ticks)):
        raise PageError("the answer's trade ids do not ascend")
    last_ns = _last_ns(result.get("last"))
    if not ticks:
        return Page([], since_ns)
    away_ns = abs(last_ns - ticks[-1].time_ns)
    if last_ns < since_ns or (away_ns > _FINEST_PRINT_NS and away_ns > _print_step_ns(rows)):
        raise PageError(f"the answer's cursor {last_ns} is not the time of its last trade ({ticks[-1].time_ns})")
    return Page(ticks, last_ns)


def _last_ns(last: object) -> int:
    """Nanoseconds; 0 when it is missing, as it was at times. Source: market-data#oddities."""
    text = str(last if last is not None else 0)
    if not (text.isascii() and text.isdigit()):
        raise PageError(f"the answer's cursor {text!r} is no number")
    return int(text)


def _tick(row: _Row) -> Tick:
    if not (is_plain(row.price) and is_plain(row.volume)):
        raise PageError(f"the answer has a trade of {row.volume!r} at {row.price!r}")
    return Tick(int(row.time * SECOND_NS), row.price, row.volume, row.side, row.order_type, row.misc, row.trade_id)


def _print_step_ns(rows: list[_Row]) -> int:
    """How far a printed time may be from the exact one: a step of the finest print of the page."""
    finest = min(int(row.time.as_tuple().exponent) for row in rows)
    step_ns: int = 10 ** max(9 + finest, 0)
    return step_ns
