"""What tests of stored trades share: how the command is run, what is in a store, where recorded market data is."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
from typer.testing import Result

from seatrial.history.store import TradeStore

Run = Callable[..., Result]
"""Runs `seatrial …` over a store; it must succeed unless `fails` says with which status it ends."""

RECORDED = Path(os.environ.get("SEATRIAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


def stored_rows(store: TradeStore, pair: str = "XBTUSD") -> list[tuple[object, ...]]:
    """All of a pair, in order: time in nanoseconds, price, volume, side, order type and id."""
    stored = store.find(pair)
    assert stored is not None
    paths = [str(path) for path in store.paths(stored, stored.files)]
    columns = "epoch_ns(time), price::VARCHAR, volume::VARCHAR, side, ordertype, trade_id"
    return duckdb.read_parquet(paths).order("epoch_ns(time) + tie").project(columns).fetchall()
