"""Reading stored trades one after the other, in the order in which they happened."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final
from uuid import uuid4

from seatrial.history import duck
from seatrial.history.manifest import Manifest
from seatrial.history.store import TradeStore
from seatrial.history.ticks import Tick

AT_ONCE: Final = 5_000
"""How many trades are in memory."""
_COLUMNS: Final = (
    "epoch_ns(time), price::VARCHAR, volume::VARCHAR, coalesce(side, ''), coalesce(ordertype, ''), coalesce(misc, ''),"
    " coalesce(trade_id, 0)"
)


def ticks_from(store: TradeStore, stored: Manifest, first_ns: int) -> Iterator[Tick]:
    """The trades of a pair from a moment on, in the order of the files, which DuckDB keeps.

    Prices and volumes have as many decimals as their columns. Raises `HistoryError`.
    """
    files = [file for file in stored.files if file.last_ns >= first_ns]
    spill = store.pair_folder(stored.pair) / f".spill-{uuid4().hex}"
    with duck.told(), closing(duck.connect(spill)) as database:
        for path in store.paths(stored, files):
            rows = f"{duck.parquet([path])} WHERE epoch_ns(time) >= {first_ns}"
            found = database.execute(f"SELECT {_COLUMNS} FROM {rows}")
            while some := found.fetchmany(AT_ONCE):
                for row in some:
                    yield Tick(*row)
