"""Trades to candles: beside DuckDB's own group-by of the same files, and beside pandas; importing; downloading."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, perf_counter
from typing import Final

import duckdb
import msgspec

from bench import ledger, processes
from bench.candle_jobs import PAIR, Done
from bench.processes import BenchError
from bench.report import Budget, Figure
from seatrial.client.download import Download, Progress
from seatrial.client.kraken import KrakenClient
from seatrial.client.trades import TradesFeed
from seatrial.history.manifest import Gap
from seatrial.history.store import TradeStore

INTERVALS: Final = {"1m": 60, "1h": 3600}
MAX_TIMES: Final = 2.0
MEGA: Final = 10**6
_ROOT: Final = Path(__file__).parent.parent

TRADES: Final = """
SELECT epoch_ms // 1000 || '.' || lpad((epoch_ms % 1000)::VARCHAR, 3, '0') AS time,
    (8000 + 500 * sin(i / 200000.0) + (hash(i) % {tenths}) / 10.0)::DECIMAL(18, 1) AS price,
    ((hash(i * 3) % 1000000000) / 1e8 * ((hash(i * 5) % 50)::DOUBLE / 49) ** 4 + 0.0001)::DECIMAL(18, 8) AS volume
FROM (
    SELECT i, 1526187617523 + sum(gap) OVER (ROWS UNBOUNDED PRECEDING) AS epoch_ms FROM (
        SELECT i, CASE WHEN hash(i * 7) % 10 < 4 THEN 0 WHEN hash(i * 7) % 10 < 8 THEN hash(i * 11) % 5
            ELSE hash(i * 13) % 30000 END::BIGINT AS gap
        FROM range(1, {trades} + 1) AS numbers(i)
    )
)
"""
"""In the shape of a large market: two in five at the time of the one before, two in five milliseconds later, the rest
up to half a minute; small volumes with a long tail. Three seconds apart on average. Prices differ by so many tenths."""


def measure(folder: Path, trades: int, downloaded: int, rounds: int) -> list[Figure]:
    """Everything, over so many trades."""
    store, archive = folder / "history", folder / "XBTUSD.csv"
    duckdb.execute(f"COPY ({TRADES.format(trades=trades, tenths=200)}) TO '{archive}' (FORMAT csv, HEADER false)")
    imported = _run("import", store, archive)
    archive.unlink()
    per_second = trades / imported.seconds
    found = [Figure("import of an archive", per_second, "trades/s", f"{trades:,} trades; {_peak(imported)}")]
    for name, seconds in INTERVALS.items():
        found += _compared(store, folder / "candles.csv", name, seconds, rounds)
    return [*found, _downloaded(folder, downloaded)]


def _compared(store: Path, out: Path, name: str, seconds: int, rounds: int) -> list[Figure]:
    """Ours beside the others, in turns; the best of each."""
    jobs = ["candles", "group-by", "extremes"] + ["pandas"] * (find_spec("pandas") is not None)
    runs: dict[str, list[Done]] = {job: [] for job in jobs}
    for number in range(rounds):
        for job in jobs:
            if job != "pandas" or number == 0:  # it takes as long as all the others together, and no budget hangs on it
                runs[job].append(_run(job, store, seconds, out))
    best = {job: min(found, key=lambda done: done.seconds) for job, found in runs.items()}
    ours, bare = best["candles"], best["group-by"]
    ratio = ours.seconds / bare.seconds
    notes = (
        f"{ours.rows:,} candles in a CSV file; {ratio:.2f} times the bare group-by,"
        f" {ours.seconds / best['extremes'].seconds:.2f} times one of extremes alone; {_peak(ours)}"
    )
    budgets = [Budget(f"≤ {MAX_TIMES:g} times bare", ratio <= MAX_TIMES)]
    figures = [
        Figure(f"trades to candles of {name}", ours.seconds, "s", notes, budgets),
        Figure(f"the bare group-by in DuckDB, {name}", bare.seconds, "s", f"float averages; {_peak(bare)}"),
    ]
    if "pandas" in best:
        figures.append(
            Figure(f"the same in pandas, {name}", best["pandas"].seconds, "s", f"floats; {_peak(best['pandas'])}")
        )
    return figures


def _run(job: str, store: Path, *arguments: object) -> Done:
    command = [sys.executable, "-m", "bench.candle_jobs", job, str(store), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, cwd=_ROOT, check=False)  # noqa: S603  our own
    if done.returncode:
        raise BenchError(done.stderr.decode(errors="replace").strip())
    return msgspec.json.decode(done.stdout, type=Done)


def _peak(done: Done) -> str:
    return f"{done.peak_bytes / MEGA:.0f} MB at most"


def _downloaded(folder: Path, trades: int) -> Figure:
    """From `seatrial serve`, which has made the trades before."""
    data = folder / "traded"
    ledger.write_history(data, trades * ledger.POSTINGS_PER_TRADE)
    with processes.seatrial(data) as server:
        url = server.connection.url
        began = perf_counter()
        with KrakenClient(url, now_ns=lambda: 0) as client, TradeStore(folder / "downloaded").writer(PAIR) as writer:
            feed = TradesFeed(client, PAIR.name, pace_seconds=0, monotonic=monotonic, pause=_never, warn=_fail)
            Download(feed, writer, url, _Watcher(), monotonic).fill(Gap(0, None))
            seconds = perf_counter() - began
            stored = sum(span.rows for span in writer.stored.spans)
    if stored != trades:
        raise BenchError(f"{stored:,} of {trades:,} trades were downloaded")
    return Figure("download from a local server", trades / seconds, "trades/s", f"{trades:,} trades, stored durably")


class _Watcher:
    """Nobody looks; a warning is an error."""

    def advanced(self, progress: Progress) -> None:
        """Nothing to show."""

    def warn(self, text: str) -> None:
        """It should not happen."""
        _fail(text)


def _fail(text: str) -> None:
    raise BenchError(text)


_never: Final[Callable[[float], None]] = lambda seconds: _fail(f"the server was not ready: {seconds} s")  # noqa: E731  a default, in one line
