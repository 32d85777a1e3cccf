"""Which column is what in a file of time and sales: told by its first lines, never by its name.

Source: market-data#time-and-sales-archives.
"""

import csv
import gzip
import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.history.errors import HistoryError
from seatrial.history.ticks import is_plain

TIME, PRICE, VOLUME, SIDE, ORDER_TYPE, MISC, TRADE_ID = (
    "time", "price", "volume", "side", "ordertype", "misc", "trade_id",
)  # fmt: skip
_NAMES: Final = {
    "time": TIME, "timestamp": TIME, "unixtime": TIME,
    "price": PRICE,
    "volume": VOLUME, "amount": VOLUME, "qty": VOLUME, "quantity": VOLUME, "size": VOLUME,
    "side": SIDE, "type": SIDE,
    "ordertype": ORDER_TYPE,
    "misc": MISC, "miscellaneous": MISC,
    "tradeid": TRADE_ID, "id": TRADE_ID,
}  # fmt: skip
_TIME_FIRST: Final = (TIME, PRICE, VOLUME)
_AS_THE_METHOD: Final = (PRICE, VOLUME, TIME, SIDE, ORDER_TYPE, MISC, TRADE_ID)
"""The order of a row of the Trades method."""
_AFTER_TIME: Final = (TIME, PRICE, VOLUME, SIDE, ORDER_TYPE, MISC, TRADE_ID)
_SIDES: Final = frozenset(("b", "s", "buy", "sell"))
_SECONDS: Final = re.compile(r"[0-9]{9,10}(?:\.[0-9]{1,9})?", re.ASCII)
_CANDLE_COLUMNS: Final = 6


class Layout(Struct, frozen=True):
    """The columns by position; an empty name for one that is nothing to us."""

    columns: tuple[str, ...]
    header: bool


def read_layout(path: Path) -> Layout | None:
    """Look at the first lines; None when there is no trade. `HistoryError` for what is no time and sales."""
    lines = _first_rows(path)
    if not lines:
        return None
    first = lines[0]
    if any(_SECONDS.fullmatch(field) for field in first):
        return Layout(_by_content(path, first), header=False)
    columns = _by_names(path, first, lines[-1])
    return Layout(columns, header=True) if len(lines) > 1 else None


def _first_rows(path: Path) -> list[list[str]]:
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            rows = csv.reader(file)
            return [row for row, _ in zip(rows, range(2), strict=False) if row]
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, csv.Error) as error:
        raise HistoryError(f"{path.name} is no CSV file: {error}") from error
    except OSError as error:
        raise HistoryError(f"{path} cannot be read: {error.strerror}") from error


def _by_names(path: Path, header: list[str], row: list[str]) -> tuple[str, ...]:
    """The newest files name one column less than they have: the last is the trade's id."""
    names = [_NAMES.get(re.sub(r"[^a-z]", "", name.lower()), "") for name in header]
    if len(row) > len(names):
        names += [TRADE_ID if TRADE_ID not in names else ""] + [""] * (len(row) - len(names) - 1)
    missing = [name for name in _TIME_FIRST if names.count(name) != 1]
    if missing:
        raise HistoryError(f"{path.name} is no time and sales: its header has no single {' and '.join(missing)}")
    return tuple(names)


def _by_content(path: Path, row: list[str]) -> tuple[str, ...]:
    if len(row) >= len(_TIME_FIRST) and _SECONDS.fullmatch(row[0]):
        if len(row) > len(_TIME_FIRST) and row[3].lower() in _SIDES:
            return _padded(_AFTER_TIME, len(row))
        if len(row) >= _CANDLE_COLUMNS and all(map(is_plain, row)):
            raise HistoryError(f"{path.name} holds candles (OHLCVT), not time and sales: every row is a whole interval")
        return _padded(_TIME_FIRST, len(row))
    if len(row) >= len(_TIME_FIRST) and _SECONDS.fullmatch(row[2]):
        return _padded(_AS_THE_METHOD, len(row))
    raise HistoryError(f"{path.name} is no time and sales: its rows should begin with timestamp,price,volume")


def _padded(names: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*names, *[""] * width)[:width]
