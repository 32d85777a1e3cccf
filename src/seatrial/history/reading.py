"""Reading stored trades one after the other, in the order in which they happened."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final
from uuid import uuid4

from seatrial.history import duck
from seatrial.history.manifest import Manifest
from seatrial.history.store import TradeStore
from seatrial.history.ticks import SECOND_NS, Tick

AT_ONCE: Final = 5_000
"""How many trades are in memory."""
_LATER_NS: Final = 86_400 * SECOND_NS
"""How much later than its printed time a trade's place may be. Decided: for trades of one time it is nanoseconds."""
_PLACE: Final = "epoch_ns(time) + tie"
_COLUMNS: Final = (
    f"{_PLACE}, price::VARCHAR, volume::VARCHAR, coalesce(side, ''), coalesce(ordertype, ''), coalesce(misc, ''),"
    " coalesce(trade_id, 0)"
)


def ticks_from(store: TradeStore, stored: Manifest, first_ns: int) -> Iterator[Tick]:
    """The trades of a pair from a moment on; those that print the same time are a nanosecond apart.

    Prices and volumes have as many decimals as their columns. Raises `HistoryError`.
    """
    files = [file for file in stored.files if file.last_ns + _LATER_NS >= first_ns]
    spill = store.pair_folder(stored.pair) / f".spill-{uuid4().hex}"
    with duck.told(), closing(duck.connect(spill)) as database:
        for path in store.paths(stored, files):
            found = database.execute(f"SELECT {_COLUMNS} FROM {duck.parquet([path])} WHERE {_PLACE} >= {first_ns}")
            while rows := found.fetchmany(AT_ONCE):
                for row in rows:
                    yield Tick(*row)
