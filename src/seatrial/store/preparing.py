"""The process that proves a backup for a server at work: its own interpreter, so that nobody waits for it.

It is called with the backup, where to put its copy, and the seed that its world must have. What it says is a line of
JSON each: how far it is, and at last that it is ready or what is wrong.
"""

import os
import signal
import sys
from pathlib import Path

import msgspec

from seatrial.store.backups import prepare
from seatrial.store.errors import StoreError

LESS_URGENT = 5
"""The niceness with which it leaves the processor to those who answer calls."""


class Told(msgspec.Struct, omit_defaults=True):
    """One line."""

    step: str = ""
    done: int = 0
    of: int = 0
    is_ready: bool = False
    error: str = ""
    """What is wrong with the backup."""


def main(file: str, copy: str, seed: str) -> None:
    """Prepare it. A server that went away is not told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is meant for the server, which ends this one
    os.nice(LESS_URGENT)
    try:
        prepare(Path(file), Path(copy), lambda step, done, of: _tell(Told(step, done, of)), int(seed))
    except StoreError as error:
        _tell(Told(error=str(error)))
    else:
        _tell(Told(is_ready=True))


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
