"""`python -m bench.candle_jobs`: one job over stored trades in a process of its own, which says how long it took.

All jobs read the same Parquet files and write a CSV file.
"""

import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Final

import duckdb
import msgspec
from msgspec import Struct

from seatrial.history.archive import import_member, members
from seatrial.history.candles import Candles, Wanted
from seatrial.history.formats import Format
from seatrial.history.intervals import read_interval
from seatrial.history.manifest import Pair
from seatrial.history.output import export
from seatrial.history.store import TradeStore

PAIR: Final = Pair("XBTUSD", ("XXBTZUSD",), 1)
EXTREMES: Final = "min(price), max(price), sum(volume), count(*)"
"""The least that a group-by of trades can do."""
CANDLE: Final = (
    "arg_min(price, time), max(price), min(price), arg_max(price, time), sum(price::DOUBLE * volume::DOUBLE)"
    " / sum(volume::DOUBLE), sum(volume), count(*)"
)
"""What somebody would write to have a candle: with a float for the average, and any of the trades of one time."""
_KB: Final = 1024
_PEAK_UNIT: Final = 1 if sys.platform == "darwin" else _KB


class Done(Struct, frozen=True):
    """What a job took."""

    seconds: float
    peak_bytes: int
    rows: int
    """Of what our own jobs made."""


def main() -> None:
    """Run the job that the arguments name."""
    name, store, *more = sys.argv[1:]
    began = perf_counter()
    rows = JOBS[name](Path(store), *more)
    seconds = perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
    sys.stdout.buffer.write(msgspec.json.encode(Done(seconds, peak, rows)))


def _import(folder: Path, archive: str) -> int:
    return import_member(TradeStore(folder), PAIR, members(Path(archive))[0]).added


def _candles(folder: Path, seconds: str, out: str) -> int:
    store = TradeStore(folder)
    stored = store.find(PAIR.name)
    assert stored is not None
    with Candles(store, stored, Wanted(read_interval(f"{seconds}s"))) as candles:
        export(candles, Format.CSV, Path(out))
        [[rows]] = candles.rows("SELECT count(*) FROM candle")
    return int(rows)


def _grouped(what: str) -> Callable[..., int]:
    def job(folder: Path, seconds: str, out: str) -> int:
        files = str(folder / "pair=XBTUSD" / "month=*" / "*.parquet")
        bucket = f"epoch_ns(time) // {int(seconds) * 10**9}"
        trades = duckdb.read_parquet(files)
        candles = trades.aggregate(f"{bucket} AS bucket, {what}", "bucket").order("bucket")
        candles.write_csv(out)
        return 0

    return job


def _pandas(folder: Path, seconds: str, out: str) -> int:
    """With floats, as pandas is used."""
    import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415  only where it is compared with

    files = sorted((folder / "pair=XBTUSD").glob("month=*/*.parquet"))
    columns = ["time", "price", "volume"]
    trades = pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)
    trades = trades.astype({"price": "float64", "volume": "float64"})
    trades["cost"] = trades["price"] * trades["volume"]
    groups = trades.groupby(trades["time"].dt.floor(f"{seconds}s"), sort=True)
    candles = groups["price"].ohlc()
    candles["volume"], candles["count"] = groups["volume"].sum(), groups.size()
    candles["vwap"] = groups["cost"].sum() / candles["volume"]
    candles.to_csv(out)
    return len(candles)


JOBS: Final[dict[str, Callable[..., int]]] = {
    "import": _import,
    "candles": _candles,
    "extremes": _grouped(EXTREMES),
    "group-by": _grouped(CANDLE),
    "pandas": _pandas,
}

if __name__ == "__main__":
    main()
