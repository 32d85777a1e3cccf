"""The folder of all stored trades: Parquet files by pair and month, as in pair=XBTUSD/month=2018-05/000001.parquet."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seatrial.history import durable, manifest
from seatrial.history.appending import PairAppender
from seatrial.history.errors import HistoryError
from seatrial.history.manifest import DataFile, Manifest, Pair

_PREFIX: Final = "pair="
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]{0,39}", re.ASCII)


def user_folder() -> Path:
    """Where a user's programs keep what they should not lose, by the customs of the system."""
    home = Path.home()
    if sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        named = os.environ.get("XDG_DATA_HOME", "")
        base = Path(named) if Path(named).is_absolute() else home / ".local" / "share"
    return base / "seatrial" / "history"


class TradeStore:
    """What is stored, and the way to add to it. Reading needs no lock: data files are never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Manifest]:
        """The manifests of all pairs, by name. `HistoryError` when one cannot be read."""
        found = (manifest.read(folder) for folder in sorted(self.folder.glob(f"{_PREFIX}*")))
        return [stored for stored in found if stored is not None]

    def find(self, name: str) -> Manifest | None:
        """The pair that a user means by XBTUSD, xbt/usd, XXBTZUSD or BTC/USD."""
        return next((stored for stored in self.all() if stored.pair.is_called(name)), None)

    def paths(self, stored: Manifest, files: Iterable[DataFile]) -> list[Path]:
        """Where some of a pair's files are."""
        folder = self.pair_folder(stored.pair)
        return [folder / file.path for file in files]

    def pair_folder(self, pair: Pair) -> Path:
        """Where a pair is. `HistoryError` for a name that cannot name a folder."""
        if not _NAME.fullmatch(pair.name):
            raise HistoryError(f"{pair.name!r} is no name of a pair")
        return self.folder / f"{_PREFIX}{pair.name}"

    @contextmanager
    def writer(self, pair: Pair) -> Iterator[PairAppender]:
        """Write to a pair, alone. `HistoryError` when somebody else does, or the folder cannot be written."""
        folder = self.pair_folder(pair)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (
                durable.only_writer(folder) as work,
                PairAppender(folder, work, manifest.read(folder) or Manifest(pair)) as writer,
            ):
                yield writer
        except OSError as error:
            raise HistoryError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
