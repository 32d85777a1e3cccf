"""A market that moves: a tape as fast as it goes, the restart behind it, and a crowd that nobody watches."""

from pathlib import Path
from time import perf_counter, sleep
from typing import Final

import duckdb

from bench import processes
from bench.candles import MEGA, TRADES
from bench.processes import BenchError, Seatrial
from bench.report import Budget, Figure
from bench.starts import MAX_START_SECONDS
from seatrial.client.control import Control

MAX_IDLE_PERCENT: Final = 2.0
"""Of a processor."""
SPREAD_TENTHS: Final = 20
"""From bid to ask."""
_LOOK_SECONDS: Final = 0.1


def measure(folder: Path, trades: int, idle_seconds: float) -> list[Figure]:
    """Replay of so many trades, and a crowd left alone for so long."""
    tape, data = folder / "XBTUSD.csv", folder / "replayed"
    duckdb.execute(
        f"COPY ({TRADES.format(trades=trades, tenths=SPREAD_TENTHS)}) TO '{tape}' (FORMAT csv, HEADER false)"
    )
    with processes.seatrial(data, "--tape", str(tape), "--speed", "max") as server:
        began = perf_counter()
        _wait(server, trades)
        seconds = perf_counter() - began
        memory = server.resident_bytes() or 0
    notes = f"{trades:,} trades, stored durably, quotes around them; {memory / MEGA:.0f} MB in the end"
    replayed = Figure("replay of a tape", trades / seconds, "trades/s", notes)
    return [replayed, _restart(data), _idle(folder, idle_seconds)]


def _wait(server: Seatrial, trades: int) -> None:
    with Control(server.connection.control) as control:
        while (shown := control.read_tape()).next is not None:
            sleep(_LOOK_SECONDS)
    if shown.rows != trades:
        raise BenchError(f"{shown.rows} of {trades} trades were played")


def _restart(data: Path) -> Figure:
    began = perf_counter()
    with processes.seatrial(data) as server, Control(server.connection.control) as control:
        trades = control.read_market("XBTUSD").trades
        seconds = perf_counter() - began
    budget = Budget(f"≤ {MAX_START_SECONDS:g} s", seconds <= MAX_START_SECONDS)
    return Figure("cold start to first answer after it", seconds, "s", f"{trades:,} trades stored", [budget])


def _idle(folder: Path, seconds: float) -> Figure:
    with processes.seatrial(folder / "crowded", "--crowd", "busy") as server:
        before = server.cpu_seconds()
        sleep(seconds)
        after = server.cpu_seconds()
        with Control(server.connection.control) as control:
            trades = sum(market.trades for market in control.list_markets())
    if before is None or after is None:
        return Figure("a busy crowd that nobody watches", 0, "%", "the system does not tell")
    percent = (after - before) / seconds * 100
    budget = Budget(f"≤ {MAX_IDLE_PERCENT:g} %", percent <= MAX_IDLE_PERCENT)
    return Figure(
        "a busy crowd that nobody watches", percent, "%", f"of a processor; {trades} trades in {seconds:g} s", [budget]
    )
