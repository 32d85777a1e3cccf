"""Reading recorded trades, to be played: from files of time and sales, and from the store of a user's own."""

import csv
import gzip
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import IO, Final, Protocol

from msgspec import Struct

from seatrial.core.markets import Market
from seatrial.core.money import MAX_UNITS, parse_units
from seatrial.core.orders import OrderKind, Side
from seatrial.history import layout
from seatrial.history.errors import HistoryError
from seatrial.history.layout import Layout
from seatrial.history.manifest import Manifest
from seatrial.history.reading import ticks_from
from seatrial.history.store import TradeStore
from seatrial.pricing.tape import Rows, TapeRow
from seatrial.world.driving import MarketOf

SIDES: Final = {"b": Side.BUY, "buy": Side.BUY, "s": Side.SELL, "sell": Side.SELL, "": None}
KINDS: Final = {
    "m": OrderKind.MARKET, "market": OrderKind.MARKET, "l": OrderKind.LIMIT, "limit": OrderKind.LIMIT,
    "": OrderKind.LIMIT,
}  # fmt: skip
CHECKED: Final = 1_000
"""How many trades of a file are looked at before it is played."""

_PAIR: Final = re.compile(r"([A-Za-z0-9]+)(?:[-_][A-Za-z0-9]+)?", re.ASCII)
_TIME_SCALE: Final = 9
_FINEST: Final = 18

_log = logging.getLogger("seatrial")


class TapeError(Exception):
    """What cannot be played; the text is one line that says why."""


class Recording(Protocol):
    """Recorded trades of one market."""

    def rows(self, first_ns: int) -> Iterator[TapeRow]:
        """Its trades from a moment on, in order of time. Raises `TapeError` where that cannot go on."""
        ...


class RecordedFile(Struct, frozen=True):
    """A CSV file, plain or gz."""

    path: Path
    market: Market
    layout: Layout

    def rows(self, first_ns: int) -> Iterator[TapeRow]:
        columns, read = self.layout.columns, _Reader(self.path.name, self.market)
        time, price, volume = (columns.index(name) for name in (layout.TIME, layout.PRICE, layout.VOLUME))
        side, kind = (columns.index(name) if name in columns else None for name in (layout.SIDE, layout.ORDER_TYPE))
        with _open(self.path) as file:
            lines = csv.reader(file)
            try:
                for line in islice(lines, int(self.layout.header), None):
                    if line and read.reaches(_at_ns(line[time]), first_ns):
                        yield read.row(
                            line[price], line[volume], "" if side is None else line[side],
                            "" if kind is None else line[kind],
                        )  # fmt: skip
            except (ValueError, KeyError, IndexError, EOFError, OSError, csv.Error) as error:
                raise TapeError(f"{self.path.name}, line {lines.line_num}, cannot be played: {error}") from error


class StoredPair(Struct, frozen=True):
    """A pair of a store of trades."""

    store: TradeStore
    stored: Manifest
    market: Market

    def rows(self, first_ns: int) -> Iterator[TapeRow]:
        read = _Reader(self.stored.pair.name, self.market)
        try:
            for tick in ticks_from(self.store, self.stored, first_ns):
                if read.reaches(tick.time_ns, first_ns):
                    yield read.row(tick.price, tick.volume, tick.side, tick.order_type)
        except (HistoryError, ValueError, KeyError) as error:
            raise TapeError(f"{self.stored.pair.name} cannot be played any further: {error}") from error


def recordings(path: Path, pair: str | None, market_of: MarketOf) -> list[Recording]:
    """What is at a path: one file, or all pairs of a store. Raises `TapeError`.

    The pair is in the file's name where it is not given; of a store it chooses one.
    """
    try:
        if path.is_dir():
            return _stored(TradeStore(path), pair, market_of)
        if path.suffix.lower() == ".zip":
            raise TapeError(f"{path.name} is a zip: `seatrial history import {path} --store DIR`, then `--tape DIR`")
        found = layout.read_layout(path)
    except HistoryError as error:
        raise TapeError(str(error)) from error
    if found is None:
        raise TapeError(f"{path.name} holds no trades")
    recorded = RecordedFile(path, _market(pair or _named(path.name, market_of), market_of), found)
    for _ in islice(recorded.rows(0), CHECKED):
        pass
    return [recorded]


def together(recordings: Iterable[Recording]) -> Callable[[int], Rows]:
    """Their trades in order of time; those of one time in the order of the recordings."""
    several = tuple(recordings)

    def read(first_ns: int) -> Rows:
        yield from merge(*(_until_trouble(one.rows(first_ns)) for one in several), key=lambda row: row.at_ns)

    return read


def _until_trouble(rows: Iterator[TapeRow]) -> Iterator[TapeRow]:
    """The world goes on without the rest of a broken tape; the log says where it ended."""
    try:
        yield from rows
    except TapeError as error:
        _log.error("the tape ends here: %s", error)


def _stored(store: TradeStore, pair: str | None, market_of: MarketOf) -> list[Recording]:
    everything = store.all()
    if not everything:
        raise TapeError(f"{store.folder} is no store of trades: `seatrial history import` or `download` makes one")
    chosen = [stored for stored in everything if pair is None or stored.pair.is_called(pair)]
    if not chosen:
        raise TapeError(f"{store.folder} has no {pair}; it has {', '.join(one.pair.name for one in everything)}")
    return [StoredPair(store, stored, _market(stored.pair.name, market_of)) for stored in chosen]


def _named(file: str, market_of: MarketOf) -> str:
    """The pair that a file's name begins with: XBTUSD-2018.csv, BTC-USDT.csv."""
    match = _PAIR.match(file)
    if match is None:
        return ""
    return match[0] if market_of(match[0]) else match[1]


def _market(name: str, market_of: MarketOf) -> Market:
    market = market_of(name)
    if market is None:
        raise TapeError(f"{name!r} is no pair of this exchange: name the tape's with --pair, as in --pair XBTUSD")
    return market


class _Reader:
    """Texts to trades of a market."""

    def __init__(self, name: str, market: Market) -> None:
        self._name = name
        self._market = market
        self._was_finer = False
        self._at_ns = 0

    def reaches(self, at_ns: int, first_ns: int) -> bool:
        """Go on to the next trade's time; whether that is after a moment. Raises `ValueError`."""
        if at_ns < self._at_ns:
            raise ValueError("it is earlier than the trade before it: sort them by time")
        self._at_ns = at_ns
        return at_ns >= first_ns

    def row(self, price: str, volume: str, side: str, kind: str) -> TapeRow:
        """The trade at that time. Raises `ValueError` and `KeyError`."""
        market = self._market
        ticks, lots = self._steps(price, market.price_scale), self._steps(volume, market.lot_scale)
        return TapeRow(market.symbol, self._at_ns, ticks, lots, SIDES[side.lower()], KINDS[kind.lower()])

    def _steps(self, text: str, scale: int) -> int:
        """The market's step that is nearest to a finer number; at least one step."""
        exact = parse_units(text, scale)
        if exact:
            return exact
        fine = parse_units(text, _FINEST)
        if fine is None:
            raise ValueError(f"{text!r} is no number")
        if not self._was_finer:
            self._was_finer = True
            _log.warning("%s is finer than %s: %s is rounded, as others will be", self._name, self._market.symbol, text)
        steps: int = 10 ** (_FINEST - scale)
        return min(max((2 * fine + steps) // (2 * steps), 1), MAX_UNITS)


def _at_ns(text: str) -> int:
    at_ns = parse_units(text[: text.find(".") + 1 + _TIME_SCALE] if "." in text else text, _TIME_SCALE)
    if at_ns is None:
        raise ValueError(f"{text!r} is no time")
    return at_ns


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="")
