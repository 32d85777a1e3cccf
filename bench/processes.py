"""The processes that are measured, and what the system says they use."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.load import Load, Plan
from seatrial.server.host.connection import Connection

_ROOT = Path(__file__).parent.parent
_PROC = Path("/proc")
_PARENT = 1
_TIMES = slice(11, 15)
"""Where a process's `stat` has them, counted from its state: user and system time, its own and its ended children's."""
STOP_SECONDS = 30.0
"""How long a server may take to stop."""


class BenchError(Exception):
    """Something that is measured did not work; the text says what."""


class Process(Struct, frozen=True):
    """A server at work, with all processes that it started."""

    pid: int
    port: int

    def cpu_seconds(self) -> float | None:
        """Processor time used so far, that of ended children included; None where the system does not tell."""
        stats = _stats()
        ticks = sum(sum(map(int, stats[pid][_TIMES])) for pid in _family(self.pid, stats))
        return ticks / os.sysconf("SC_CLK_TCK") if self.pid in stats else None

    def resident_bytes(self) -> int | None:
        """Memory in use, each page once however many processes share it; None where the system does not tell."""
        stats = _stats()
        return sum(map(_own_bytes, _family(self.pid, stats))) if self.pid in stats else None


def _stats() -> dict[int, list[str]]:
    """What the system says about each process, from its state on; nothing where it says nothing."""
    found = {}
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
    return found


def _family(pid: int, stats: dict[int, list[str]]) -> list[int]:
    """A process, what it started, what those started, and so on."""
    children = defaultdict(list)
    for child, fields in stats.items():
        children[int(fields[_PARENT])].append(child)
    family = [pid] if pid in stats else []
    for member in family:
        family += children[member]
    return family


def _own_bytes(pid: int) -> int:
    """Its memory, where a page that it shares with others counts as its part of it."""
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


class Seatrial(Process, frozen=True):
    """`seatrial serve` at work."""

    connection: Connection


@contextmanager
def seatrial(data: Path, *options: str, database: str | None = None) -> Iterator[Seatrial]:
    """`seatrial serve` on a data directory, as users start it, or on the database of that URL."""
    command = ("seatrial", "serve", "--json", "--port", "0", "--data", str(data), *options)
    with _running(*command, database=database) as (pid, line):
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
def _running(*module_and_arguments: str, database: str | None = None) -> Iterator[tuple[int, str]]:
    """A module's process from its first line of output until it is interrupted.

    What the environment says to users' own servers is not for those that are measured.
    """
    command = [sys.executable, "-m", *module_and_arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEATRIAL_")}
    if database is not None:
        environment["SEATRIAL_DATABASE"] = database  # other users of the machine can read a command line
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT, env=environment)  # noqa: S603  our own
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise BenchError(f"{' '.join(module_and_arguments)} did not start")
        yield process.pid, line
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does; one that does not end is killed, so that nobody waits for its output."""
    assert process.stdout is not None
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"process {process.pid} did not stop within {STOP_SECONDS:g} s") from error
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
