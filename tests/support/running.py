"""`seatrial serve` in a process of its own, as users run it: to call, to kill, to start again."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Self

import msgspec

from seatrial.client.calls import Call
from seatrial.client.control import Control
from seatrial.server.host.connection import Connection, KeyedAccount

START_SECONDS = 60
STOP_SECONDS = 60
ANSWER_SECONDS = 60


class RunningServer:
    """A server on a free port, from entering the context until leaving it.

    Without a data directory it keeps nothing (`--memory`). Leaving interrupts it, unless it was ended before, and
    fails when it does not end cleanly.
    """

    def __init__(
        self, data: Path | None = None, *options: str, env: Mapping[str, str] | None = None, module: str = "seatrial"
    ) -> None:
        kept = ["--memory"] if data is None else ["--data", str(data)]
        self._command = [sys.executable, "-m", module, "serve", "--port", "0", "--json", *kept, *options]
        self._env = os.environ | (env or {})
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving
        self.process: subprocess.Popen[str]
        self.connection: Connection
        """What it printed; another one after each start."""

    @property
    def url(self) -> str:
        """Where it answers; another one after each start."""
        return self.connection.url

    @property
    def control(self) -> str:
        """Where its control API is."""
        return self.connection.control

    @property
    def demo(self) -> KeyedAccount:
        """The account that every world starts with, and its key."""
        return self.connection.accounts[0]

    @property
    def log(self) -> str:
        """What all its lives wrote to standard error so far."""
        return os.pread(self._errors.fileno(), 1 << 24, 0).decode()

    def ask(self, path: str) -> Any:
        """GET of the control API; fails unless it succeeds."""
        with Control(self.control, patience=ANSWER_SECONDS) as control:
            return control.send(Call(path, Any)).value

    def tell(self, path: str, **body: Any) -> Any:
        """POST to the control API; fails unless it succeeds."""
        with Control(self.control, patience=ANSWER_SECONDS) as control:
            return control.send(Call(path, Any, body)).value

    def said(self, path: str, body: Any = None, **query: str) -> bytes:
        """The bytes of an answer of the control API; fails unless it succeeds."""
        with Control(self.control, patience=ANSWER_SECONDS) as control:
            return control.send(Call(path, Any, body, query)).content

    def kill(self) -> None:
        """SIGKILL: nothing of it runs any more."""
        self.process.kill()
        self._wait()

    def interrupt(self) -> int:
        """Ctrl-C; gives back its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self._wait()

    def restart(self) -> Connection:
        """Start it again, after an end or instead of one (then it is interrupted first)."""
        if self.process.poll() is None:
            self._end()
        return self._start()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._errors.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.process.poll() is None:
                self.kill() if error else self._end()
        finally:
            self._errors.close()

    def _start(self) -> Connection:
        self.process = subprocess.Popen(
            self._command, env=self._env, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        assert self.process.stdout is not None
        stuck = Timer(START_SECONDS, self.process.kill)
        stuck.start()
        line = self.process.stdout.readline()
        stuck.cancel()
        if not line:
            self.kill()
            raise AssertionError(f"the server did not start (exit status {self.process.returncode}): {self.log}")
        self.connection = msgspec.json.decode(line, type=Connection)
        return self.connection

    def _end(self) -> None:
        status = self.interrupt()
        assert status == 0, f"the server ended with status {status}: {self.log}"

    def _wait(self) -> int:
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
