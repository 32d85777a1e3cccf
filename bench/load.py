"""The load generator, a process of its own: a `Plan` comes in on standard input, a `Load` goes into the file it names.

Every connection sends its next request as soon as it has the answer to the last one. The requests were made before, and
of the answers only length and envelope are looked at, so that the server and not the generator is what is measured.
"""

import asyncio
import re
import sys
from array import array
from functools import partial
from pathlib import Path
from time import perf_counter_ns, process_time_ns

import msgspec
import uvloop
from msgspec import Struct

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n")
_END_OF_HEAD = b"\r\n\r\n"
_GOOD_HEAD = b"HTTP/1.1 200 "
_GOOD_BODY = b'{"error":[]'


class Plan(Struct, frozen=True):
    """What to send."""

    port: int
    requests: list[list[bytes]]
    """Of each connection, in order."""
    warm_up: int = 0
    """How many answers, over all connections, come before the clock starts."""
    keep: bool = False
    """Whether the bodies of the answers are wanted, too."""


class Load(Struct, frozen=True):
    """What came back while all connections were busy: from the end of the warm-up to the first one's last answer."""

    answered: int
    nanoseconds: int
    busy_nanoseconds: int
    """How long, of those, the generator itself worked."""
    latencies_ns: bytes
    """Of each answer, as an array of 64-bit integers."""
    bodies: list[list[bytes]]
    """Every answer of each connection, if they were wanted."""


class LoadError(Exception):
    """The server did not answer as it should; the text is what it said."""


class _Mark(Struct, frozen=True):
    answered: int
    clock_ns: int
    busy_ns: int


class _Stopwatch:
    """What all connections share: every latency, and the moments between which they count."""

    def __init__(self, plan: Plan) -> None:
        self.latencies = array("q")
        self.finished = asyncio.get_running_loop().create_future()
        self._working = len(plan.requests)
        self._warm_up = plan.warm_up
        self._began = self._mark()
        self._ended: _Mark | None = None

    def note(self, nanoseconds: int) -> None:
        self.latencies.append(nanoseconds)
        if len(self.latencies) == self._warm_up:
            self._began = self._mark()

    def finish(self) -> None:
        """A connection has its last answer."""
        self._ended = self._ended or self._mark()
        self._working -= 1
        if not self._working and not self.finished.done():
            self.finished.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)

    def read(self, bodies: list[list[bytes]]) -> Load:
        began, ended = self._began, self._ended
        assert ended is not None
        return Load(
            ended.answered - began.answered, ended.clock_ns - began.clock_ns, ended.busy_ns - began.busy_ns,
            self.latencies[began.answered : ended.answered].tobytes(), bodies,
        )  # fmt: skip

    def _mark(self) -> _Mark:
        return _Mark(len(self.latencies), perf_counter_ns(), process_time_ns())


class _Caller(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, requests: list[bytes], stopwatch: _Stopwatch, *, keep: bool) -> None:
        self.transport: asyncio.WriteTransport
        self.bodies: list[bytes] = []
        self._requests = iter(requests)
        self._stopwatch = stopwatch
        self._keep = keep
        self._received = b""
        self._sent_ns = 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._stopwatch.fail(exc or LoadError("the server hung up"))

    def send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._stopwatch.finish()
            return
        self._sent_ns = perf_counter_ns()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head = received.find(_END_OF_HEAD)
        if head < 0:
            return
        length = _LENGTH.search(received, 0, head + 2)
        body_at = head + len(_END_OF_HEAD)
        if length is not None and len(received) < body_at + int(length[1]):
            return
        self._stopwatch.note(perf_counter_ns() - self._sent_ns)
        if length is None or not received.startswith(_GOOD_HEAD) or not received.startswith(_GOOD_BODY, body_at):
            self._stopwatch.fail(LoadError(received.decode(errors="replace")))
            return
        if self._keep:
            self.bodies.append(received[body_at:])
        self._received = b""
        self.send_next()


async def run(plan: Plan) -> Load:
    """Send everything. Raises `LoadError`, or `OSError` when there is nobody to send it to."""
    stopwatch = _Stopwatch(plan)
    loop = asyncio.get_running_loop()
    callers = [_Caller(requests, stopwatch, keep=plan.keep) for requests in plan.requests]
    for caller in callers:
        caller.transport, _ = await loop.create_connection(partial(_itself, caller), "127.0.0.1", plan.port)
    for caller in callers:
        caller.send_next()
    await stopwatch.finished
    return stopwatch.read([caller.bodies for caller in callers])


def _itself(caller: _Caller) -> _Caller:
    return caller


def main() -> None:
    """Read a plan, carry it out, write down what came back; what went wrong goes to standard error."""
    plan = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    try:
        load = uvloop.run(run(plan))
    except (LoadError, OSError) as error:
        sys.exit(f"the load broke off: {error}")
    Path(sys.argv[1]).write_bytes(msgspec.msgpack.encode(load))


if __name__ == "__main__":
    main()
