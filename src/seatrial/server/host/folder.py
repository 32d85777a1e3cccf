"""The folder of a world: its owner's alone, and one server's at a time."""

import fcntl
import os
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Final

from seatrial.server.host.errors import FolderTaken, WorldError

LAST_COMMIT_SECONDS: Final = 10.0
LOCK_POLL_SECONDS: Final = 0.02


def claim_folder(folder: Path) -> IO[str]:
    """Make the folder its owner's alone, and make sure that one server at a time writes in it. Raises `WorldError`.

    The writing process of a server that was killed may be at its last commit: that one is waited for.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise WorldError(f"cannot write in {folder}: {error.strerror}; choose another folder with --data") from error
    patient_until = monotonic() + LAST_COMMIT_SECONDS
    while not _take(lock):
        if _is_running(lock.read()) or monotonic() > patient_until:
            lock.close()
            raise FolderTaken(f"another server is using {folder}: stop it, or choose another folder with --data")
        sleep(LOCK_POLL_SECONDS)
        lock.seek(0)
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _take(lock: IO[str]) -> bool:
    """Take the lock if it is free; whether it is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_running(process: str) -> bool:
    """Whether there is a process of that number; of none, nobody knows."""
    if not process.isdecimal():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
