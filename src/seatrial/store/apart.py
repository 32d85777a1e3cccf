"""A database that another process writes: `writer.py`. Reading is done here."""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from seatrial.store.database import Batch, Database
from seatrial.store.errors import DamagedError, StoreError
from seatrial.store.frames import Frames, Task, Values, frame, pack
from seatrial.store.quick import Found, Parameters, Statement

PIECE_BYTES: Final = 1 << 16
LAST_SECONDS: Final = 20.0
"""How long the process may take for its last task before it is killed."""

Told = Callable[[BaseException | None], None]
"""Is told what came of a task: None if it is done."""


class WriterBugError(Exception):
    """The writing process met a bug; the text is its traceback, which shows no rows."""


class Apart:
    """A database, and the process that writes it.

    As a `Database` it waits for each task. With the first `post` it goes over to an event loop for good, which tells
    what came of each task, in their order, and keeps whoever asks from waiting.
    """

    def __init__(self, database: Database, place: Path | str, keep_open: int | None = None) -> None:
        """`keep_open` is a file whose lock the process shares, so that the lock outlives a server that is killed."""
        self.name = database.name
        self.is_remote = database.is_remote
        self._database = database
        self._greeting = frame(isinstance(place, Path), str(place), os.getpid())
        self._keep_open = () if keep_open is None else (keep_open,)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._start()

    def claim(self) -> None:
        """As `Database` has it."""
        self._ask(Task.CLAIM)

    def check(self) -> None:
        """As `Database` has it."""
        self._ask(Task.CHECK)

    def write(self, batch: Batch) -> None:
        """As `Database` has it."""
        self._ask(Task.WRITE, *pack(batch))

    def reading(self) -> AbstractContextManager[Connection]:
        """As `Database` has it."""
        return self._database.reading()

    def ask(self, statement: Statement, parameters: Parameters) -> Found:
        """As `Database` has it."""
        return self._database.ask(statement, parameters)

    def close(self) -> None:
        """Let the process end what it is at, and let go of the database."""
        self._end()
        self._database.close()

    def post(self, told: Told, task: Task, *values: object) -> None:
        """Queue a task. If the process has ended, start another one, which begins with a claim."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._watch()
        if self._ended and task is Task.CLAIM:
            self._end()
            self._start()
            self._watch()
        if self._ended:
            self._loop.call_soon(told, self._loss())
            return
        self._asked.append(told)
        self._unsent += frame(task.value, *values)
        self._send()

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair()
        modules = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # ours, and not what lies in this folder
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "seatrial.store.writer"], stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL, env=os.environ | modules, pass_fds=self._keep_open, start_new_session=True,
            )  # fmt: skip
        self._ended = False
        self._frames = Frames()
        self._asked: deque[Told] = deque()
        self._unsent = self._greeting

    def _end(self) -> None:
        """Have the process end. What was asked of it before is done first; nobody is told."""
        self._unwatch()
        self._socket.close()
        try:
            self._process.wait(LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, task: Task, *values: object) -> None:
        """Wait until a task is done. Raises what came of it instead."""
        assert self._loop is None, "an event loop does not wait"
        try:
            self._socket.sendall(self._unsent + frame(task.value, *values))
            self._unsent = b""
            answer = next(self._answers(), None)
        except OSError:
            answer = None
        error = self._loss() if answer is None else _error(answer)
        if error is not None:
            raise error

    def _answers(self) -> Iterator[Values]:
        while received := self._socket.recv(PIECE_BYTES):
            yield from self._frames.feed(received)

    def _watch(self) -> None:
        assert self._loop is not None
        self._socket.setblocking(False)  # noqa: FBT003  the standard library's own form
        self._loop.add_reader(self._socket, self._receive)

    def _unwatch(self) -> None:
        if self._loop is not None and self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)

    def _receive(self) -> None:
        """Tell what came of the tasks whose answers are here."""
        try:
            received = self._socket.recv(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._lose()
        for answer in self._frames.feed(received):
            self._asked.popleft()(_error(answer))

    def _send(self) -> None:
        """Send as much as there is room for, and the rest later."""
        assert self._loop is not None
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = b""  # reading tells the same
        if self._unsent:
            self._loop.add_writer(self._socket, self._send)
        else:
            self._loop.remove_writer(self._socket)

    def _lose(self) -> None:
        """The process has ended: nobody knows what became of its tasks."""
        self._ended = True
        self._unwatch()
        asked, self._asked = self._asked, deque()
        for told in asked:
            told(self._loss())

    def _loss(self) -> StoreError:
        return StoreError(f"the process that writes {self.name} has ended")


def _error(answer: Values) -> Exception | None:
    match answer:
        case ():
            return None
        case (str(text),):
            return StoreError(text)
        case (str(text), True):
            return DamagedError(text)
        case _:
            return WriterBugError(answer[-1])
