"""Putting a backup in the place of a world at work. Whatever can be done before calls are refused is done before."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from seatrial.store.backups import check_file
from seatrial.store.errors import StoreError
from seatrial.store.preparing import Told

COPYING: Final = "copying the backup"
LOADING: Final = "loading the backup's world"
REPLACING: Final = "putting it in the place of this one"


class Restoring(msgspec.Struct):
    """A backup on its way, and how far it is."""

    file: str
    step: str = COPYING
    done: int = 0
    of: int = 0
    """How much this step has to do; 0 if unknown."""
    refuses_calls: bool = False

    def tell(self, step: str, done: int = 0, of: int = 0) -> None:
        """What comes next."""
        self.step, self.done, self.of = step, done, of


class Outcome(msgspec.Struct, frozen=True):
    """What came of the last one."""

    file: str
    restored: bool
    detail: str = ""
    """Why not."""


@asynccontextmanager
async def prepared(file: Path, seed: int, told: Callable[[str, int, int], None]) -> AsyncIterator[Path]:
    """A copy of a backup, proven by a process of its own. Raises `StoreError`."""
    await asyncio.to_thread(check_file, file)
    with tempfile.TemporaryDirectory(prefix="seatrial-restore-") as folder:
        copy = Path(folder) / "backup.sqlite3"
        await _prove(file, copy, seed, told)
        yield copy


async def _prove(file: Path, copy: Path, seed: int, told: Callable[[str, int, int], None]) -> None:
    modules = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # ours, and not what lies in this folder
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "seatrial.store.preparing", str(file), str(copy), str(seed),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, env=os.environ | modules,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            said = msgspec.json.decode(line, type=Told)
            if said.error:
                raise StoreError(said.error)
            if said.is_ready:
                return
            told(said.step, said.done, said.of)
        raise StoreError(f"the process that proves {file} has ended: try again")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
