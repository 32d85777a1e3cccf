"""DuckDB, kept to a part of the memory, and the shape of our Parquet files."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from seatrial.history.errors import HistoryError
from seatrial.history.ticks import Digits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "1GB"
"""Beyond this DuckDB uses the disk."""
PLAIN_DIGITS: Final = 18
"""As many digits as fit a decimal of 64 bits, which is several times faster than one of 128."""
MAX_DIGITS: Final = 38
LAYOUT: Final = "FORMAT parquet, COMPRESSION zstd"


def connect(spill: Path) -> "DuckDBPyConnection":
    """A database in memory that spills into a folder and never reaches for the network."""
    import duckdb  # noqa: PLC0415  slow to import, and few need it - slow to import, and most commands need none

    settings: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(config=settings)


@contextmanager
def told() -> Iterator[None]:
    """Raise a `HistoryError` that says in DuckDB's words what it could not do."""
    import duckdb  # noqa: PLC0415  slow to import, and few need it

    try:
        yield
    except duckdb.Error as error:
        raise HistoryError(str(error).splitlines()[0]) from error


def quoted(value: object) -> str:
    """A text in SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def parquet(paths: Iterable[Path]) -> str:
    """Read files, one after the other."""
    return f"read_parquet([{', '.join(map(quoted, paths))}], hive_partitioning = false)"


def number_type(digits: Digits) -> str:
    """The SQL type of a column. `HistoryError` when there is none so wide."""
    needed = digits.whole + digits.scale
    if needed > MAX_DIGITS:
        raise HistoryError(f"numbers of {needed} digits are more than can be stored exactly ({MAX_DIGITS})")
    return f"DECIMAL({PLAIN_DIGITS if needed <= PLAIN_DIGITS else MAX_DIGITS}, {digits.scale})"


def columns(price: Digits, volume: Digits) -> dict[str, str]:
    """The columns of our files. A trade's place in the history is `epoch_ns(time) + tie`."""
    return {
        "time": "TIMESTAMP_NS",
        "tie": "BIGINT",
        "price": number_type(price),
        "volume": number_type(volume),
        "side": "VARCHAR",
        "ordertype": "VARCHAR",
        "misc": "VARCHAR",
        "trade_id": "BIGINT",
    }


def cast(price: Digits, volume: Digits) -> str:
    """Select the columns in these types."""
    return ", ".join(f"{name}::{kind} AS {name}" for name, kind in columns(price, volume).items())
