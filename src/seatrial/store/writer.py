"""The process that writes for a server: it owns the connection that writes, and does one task after the other.

All Python of a process shares one processor; what a commit takes is spent on another one here. The process ends when
its server's end of the socket is closed, however that came about, and not before the task that it is at is done.
"""

import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from traceback import format_exception
from typing import Final

from seatrial.store.backups import put
from seatrial.store.database import RestorableDatabase
from seatrial.store.errors import DamagedError, StoreError, reason
from seatrial.store.frames import Frames, Task, Values, frame, unpack
from seatrial.store.store import database_at

PIECE_BYTES: Final = 1 << 18
"""How much is read at once."""


def main() -> None:
    """Serve the socket that is standard input; its first frame says which database is meant."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is meant for the server: it closes the socket when it is done
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=sys.stdin.fileno()) as server, suppress(BrokenPipeError, ConnectionResetError):
        _serve(server)


def _serve(server: socket.socket) -> None:
    frames = _frames(server)
    greeting = next(frames, None)
    if greeting is None:
        return
    is_file, place, server_process = greeting
    database = database_at(Path(place) if is_file else place, server_process)
    gc.freeze()
    try:
        for task, *values in frames:
            server.sendall(frame(*_done(database, Task(task), values)))
    finally:
        database.close()


def _frames(server: socket.socket) -> Iterator[Values]:
    frames = Frames()
    while received := server.recv(PIECE_BYTES):
        yield from frames.feed(received)


def _done(database: RestorableDatabase, task: Task, values: list[object]) -> Values:
    """What came of a task: nothing, or what is wrong, and the traceback where nobody could expect it."""
    try:
        _TASKS[task](database, *values)
    except DamagedError as error:
        return str(error), True
    except StoreError as error:
        return (str(error),)
    except Exception as error:  # noqa: BLE001  whatever it is, the server must be told
        return (reason(error),) if hasattr(error, "orig") else (repr(error), "".join(format_exception(error)))
    return ()


def _write(database: RestorableDatabase, replaces: bool, writes: list[Values]) -> None:  # noqa: FBT001  as sent
    database.write(unpack(replaces, writes))


def _restore(database: RestorableDatabase, file: str) -> None:
    put(database, Path(file), lambda _done, _total: None)


_TASKS: Final[dict[Task, Callable[..., None]]] = {
    Task.CLAIM: lambda database: database.claim(),
    Task.CHECK: lambda database: database.check(),
    Task.WRITE: _write,
    Task.RESTORE: _restore,
}

if __name__ == "__main__":
    main()
