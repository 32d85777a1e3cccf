"""Candles as a person would make them: slow, in plain Python, plainly right.

Source: market-data#candle-values and market-data#building-candles.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple


class Trade(NamedTuple):
    """What a candle needs of a trade."""

    at_ns: int
    price: Decimal
    volume: Decimal


class Candle(NamedTuple):
    """One row of `seatrial candles`."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vwap: Decimal
    volume: Decimal
    trades: int


def naive_candles(trades: Sequence[Trade], length_s: int, decimals: int) -> list[Candle]:
    """Intervals without trades have none."""
    buckets: dict[int, list[Trade]] = {}
    for trade in trades:
        buckets.setdefault(trade.at_ns // (length_s * 10**9) * length_s, []).append(trade)
    return [_candle(start_s, buckets[start_s], decimals) for start_s in sorted(buckets)]


def naive_fill(candles: Sequence[Candle], length_s: int) -> list[Candle]:
    """With a candle at the close before for each interval between two that has no trade."""
    filled: list[Candle] = []
    for candle in candles:
        if filled:
            close, zero = filled[-1].close, Decimal(0)
            empty = range(filled[-1].time + length_s, candle.time, length_s)
            filled += [Candle(start_s, close, close, close, close, zero, zero, 0) for start_s in empty]
        filled.append(candle)
    return filled


def read_csv(text: str) -> list[Candle]:
    """The rows that `seatrial candles --format csv` prints."""
    header, *lines = text.splitlines()
    assert header == "time,open,high,low,close,vwap,volume,count"
    return [_row(line.split(",")) for line in lines]


def _candle(start_s: int, trades: Iterable[Trade], decimals: int) -> Candle:
    found = list(trades)
    prices = [trade.price for trade in found]
    volume = sum((trade.volume for trade in found), Decimal(0))
    turnover = sum((trade.price * trade.volume for trade in found), Decimal(0))
    step = Decimal(1).scaleb(-decimals)
    vwap = (turnover / volume).quantize(step, ROUND_DOWN) if volume else Decimal(0)
    return Candle(start_s, prices[0], max(prices), min(prices), prices[-1], vwap, volume, len(found))


def _row(fields: Sequence[str]) -> Candle:
    time, *numbers, count = fields
    opened, high, low, close, vwap, volume = map(Decimal, numbers)
    return Candle(int(time), opened, high, low, close, vwap, volume, int(count))
