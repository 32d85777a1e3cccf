"""Candles as files and as a table for people."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from seatrial.history import duck
from seatrial.history.candles import Candles
from seatrial.history.formats import Format

COLUMNS: Final = ("time", "open", "high", "low", "close", "vwap", "volume", "count")
_INTEGERS: Final = ("time", "count")
_MINUTE_S: Final = 60


def export(candles: Candles, format_: Format, path: Path) -> None:
    """Write a file. Numbers are exact: decimals as text, and as strings in JSON. `HistoryError` when it fails."""
    match format_:
        case Format.CSV:
            select, form = candles.select(), "FORMAT csv, HEADER"
        case Format.JSON:
            select, form = _as_text(candles), "FORMAT json, ARRAY true"
        case Format.PARQUET:
            select, form = candles.select(), duck.LAYOUT
        case Format.TABLE:
            path.write_text("".join(f"{line}\n" for line in table(candles)), encoding="utf-8")
            return
    candles.run(f"COPY ({select}) TO {duck.quoted(path)} ({form})")


def table(candles: Candles) -> Iterator[str]:
    """The lines of a table; times are in UTC."""
    shown = "%Y-%m-%d %H:%M" if candles.wanted.interval.length_s % _MINUTE_S == 0 else "%Y-%m-%d %H:%M:%S"
    lengths = ", ".join(f"coalesce(max(length({name}::VARCHAR)), 0)" for name in COLUMNS[1:])
    [longest] = candles.rows(f"SELECT {lengths} FROM ({candles.select()})")
    widths = [max(pair) for pair in zip(longest, map(len, COLUMNS[1:]), strict=True)]
    at_width = len(datetime.fromtimestamp(0, UTC).strftime(shown))
    yield _line("time (UTC)".ljust(at_width), COLUMNS[1:], widths)
    for time_s, *values in candles.stream(candles.select()):
        yield _line(datetime.fromtimestamp(time_s, UTC).strftime(shown), values, widths)


def _line(first: str, values: Sequence[object], widths: list[int]) -> str:
    return "  ".join([first, *(str(value).rjust(width) for value, width in zip(values, widths, strict=True))])


def _as_text(candles: Candles) -> str:
    columns = ", ".join(name if name in _INTEGERS else f"{name}::VARCHAR AS {name}" for name in COLUMNS)
    return f"SELECT {columns} FROM ({candles.select()}) ORDER BY time"
