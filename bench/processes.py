"""The processes that are measured, and what the system says they use."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.load import Load, Plan
from seatrial.server.connection import Connection

_ROOT = Path(__file__).parent.parent
_PROC = Path("/proc")


class BenchError(Exception):
    """Something that is measured did not work; the text says what."""


class Process(Struct, frozen=True):
    """A server at work."""

    pid: int
    port: int

    def cpu_seconds(self) -> float | None:
        """Processor time used so far; None where the system does not tell."""
        stat = _PROC / str(self.pid) / "stat"
        if not stat.exists():
            return None
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int | None:
        """Memory in use; None where the system does not tell."""
        status = _PROC / str(self.pid) / "statm"
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else None


class Seatrial(Process, frozen=True):
    """`seatrial serve` at work."""

    connection: Connection


@contextmanager
def seatrial(data: Path, *options: str) -> Iterator[Seatrial]:
    """`seatrial serve` on a data directory, as users start it."""
    with _running("seatrial", "serve", "--json", "--port", "0", "--data", str(data), *options) as (pid, line):
        connection = msgspec.json.decode(line, type=Connection)
        yield Seatrial(pid, int(connection.url.rpartition(":")[2]), connection)


@contextmanager
def limit(secret: str) -> Iterator[Process]:
    """The limit's server."""
    with _running("bench.limit", secret) as (pid, line):
        yield Process(pid, int(line))


def generate(plan: Plan) -> Load:
    """Let a process of its own carry a plan out. Raises `BenchError`."""
    with tempfile.NamedTemporaryFile() as written:
        command = [sys.executable, "-m", "bench.load", written.name]
        sent = msgspec.msgpack.encode(plan)
        done = subprocess.run(command, input=sent, stderr=subprocess.PIPE, cwd=_ROOT, check=False)  # noqa: S603  our own
        if done.returncode:
            raise BenchError(done.stderr.decode(errors="replace").strip())
        return msgspec.msgpack.decode(Path(written.name).read_bytes(), type=Load)


@contextmanager
def _running(*module_and_arguments: str) -> Iterator[tuple[int, str]]:
    """A module's process from its first line of output until it is interrupted."""
    command = [sys.executable, "-m", *module_and_arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT)  # noqa: S603  our own
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise BenchError(f"{' '.join(module_and_arguments)} did not start")
        yield process.pid, line
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()
