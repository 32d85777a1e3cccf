"""Files that are there, whole, after a crash; and one writer at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seatrial.history.errors import HistoryError

_WORK: Final = ".work"
"""The folder of drafts, on the same disk as what they become a part of."""


def write(path: Path, content: bytes, draft: Path) -> None:
    """Put a file in the place of another, whole or not at all."""
    draft.write_bytes(content)
    settle(draft, path)


def settle(draft: Path, path: Path) -> None:
    """Give a finished file its name, when its content is on the disk."""
    _sync(draft)
    draft.replace(path)
    _sync(path.parent)


@contextmanager
def only_writer(folder: Path) -> Iterator[Path]:
    """Write there alone, with a folder for drafts. `HistoryError` when another process writes."""
    with (folder / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HistoryError(
                f"another process is writing to {folder}: wait until it ends, or name another folder with --store"
            ) from None
        work = folder / _WORK
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
