"""Reading recorded trades from files, to be played."""

import csv
import gzip
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from seatrial.core.markets import Market
from seatrial.core.money import MAX_UNITS, parse_units
from seatrial.core.orders import OrderKind, Side
from seatrial.history import layout
from seatrial.history.errors import HistoryError
from seatrial.history.layout import Layout
from seatrial.market.tape import TapeRow

SIDES: Final = {"b": Side.BUY, "buy": Side.BUY, "s": Side.SELL, "sell": Side.SELL}
KINDS: Final = {"m": OrderKind.MARKET, "market": OrderKind.MARKET, "l": OrderKind.LIMIT, "limit": OrderKind.LIMIT}

_PAIR: Final = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_TIME_SCALE: Final = 9
_FINEST: Final = 18

_log = logging.getLogger("seatrial")


class TapeError(Exception):
    """A file cannot be played; the text is one line that says why."""


class Recording(Struct, frozen=True):
    """A file of trades of one market."""

    path: Path
    market: Market
    layout: Layout

    def rows(self) -> Iterator[TapeRow]:
        """Its trades, from the first one on. What cannot be read ends it, and the log says where."""
        reader = _Reader(self)
        with _open(self.path) as file:
            lines = csv.reader(file)
            try:
                for number, line in enumerate(lines, start=1):
                    if number > self.layout.header and line:
                        yield reader.row(line)
            except (ValueError, KeyError, IndexError, EOFError, OSError, csv.Error) as error:
                _log.error("%s ends before line %d, which is no trade: %s", self.path.name, lines.line_num, error)


def recording(path: Path, pair: str | None, market_of: Callable[[str], Market | None]) -> Recording:
    """What is in a file; the pair is in its name where it is not given. Raises `TapeError`."""
    name = pair
    if name is None:
        match = _PAIR.match(path.name)
        name = match[0] if match else ""
    market = market_of(name)
    if market is None:
        raise TapeError(f"{name!r} is no pair of the exchange: say the tape's pair with --pair, as in --pair XBTUSD")
    try:
        found = layout.read_layout(path)
    except HistoryError as error:
        raise TapeError(str(error)) from error
    if found is None:
        raise TapeError(f"{path.name} holds no trades")
    first = Recording(path, market, found)
    if next(first.rows(), None) is None:
        raise TapeError(f"{path.name} holds no trades that can be played")
    return first


def together(recordings: Iterable[Recording]) -> Callable[[], Iterator[TapeRow]]:
    """Their trades in order of time; of one time in the order of the files."""
    files = tuple(recordings)
    return lambda: merge(*(file.rows() for file in files), key=lambda row: row.at_ns)


class _Reader:
    """Lines to trades. Who took is told by the price where the file does not say it: up bought, down sold."""

    def __init__(self, recording: Recording) -> None:
        market, columns = recording.market, recording.layout.columns
        self._market = market
        self._name = recording.path.name
        self._time, self._price, self._volume = (
            columns.index(name) for name in (layout.TIME, layout.PRICE, layout.VOLUME)
        )
        self._side = columns.index(layout.SIDE) if layout.SIDE in columns else None
        self._kind = columns.index(layout.ORDER_TYPE) if layout.ORDER_TYPE in columns else None
        self._last_ticks = 0
        self._last_side = Side.BUY
        self._was_finer = False

    def row(self, line: list[str]) -> TapeRow:
        price = parse_units(line[self._price], self._market.price_scale) or self._nearest(
            line[self._price], self._market.price_scale
        )
        lots = parse_units(line[self._volume], self._market.lot_scale) or self._nearest(
            line[self._volume], self._market.lot_scale
        )
        if price > self._last_ticks:
            self._last_side = Side.BUY
        elif price < self._last_ticks:
            self._last_side = Side.SELL
        self._last_ticks = price
        side = self._last_side if self._side is None else SIDES[line[self._side].lower()]
        kind = OrderKind.LIMIT if self._kind is None else KINDS[line[self._kind].lower()]
        return TapeRow(self._market.symbol, _at_ns(line[self._time]), price, lots, side, kind)

    def _nearest(self, text: str, scale: int) -> int:
        """A number finer than the market goes: its nearest step, at least one."""
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
