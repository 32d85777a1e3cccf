"""Serving a world over HTTP until told to stop."""

import asyncio
import errno
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from seatrial.dialects.registry import venues
from seatrial.server.app import App
from seatrial.server.connections.server import HttpServer
from seatrial.server.connections.site import Asgi
from seatrial.server.host.connection import Connection
from seatrial.server.host.demos import connection_of
from seatrial.server.tls.identity import CertificateError, Identity, identity
from seatrial.world.errors import Unavailable
from seatrial.world.world import World

YOUNG_OBJECTS = 10_000
"""How many new objects there may be before Python's collector looks through them."""

_log = logging.getLogger("seatrial")


class ServeError(Exception):
    """The server cannot listen; the text is one line that says what to do."""


class Listen(Struct, frozen=True):
    """Where to listen."""

    host: str = "127.0.0.1"
    port: int = 8790
    token: str | None = None
    """What callers of the control API must show; None: only this machine may call it."""


def token_fault(token: str) -> str | None:
    """What is wrong with a token; None if it is nothing. A header holds only printable text."""
    if not token.strip():
        return "an empty token would let anybody in: give --token TEXT, or leave it out and unset SEATRIAL_TOKEN"
    if token != token.strip() or not token.isprintable():
        return "a token must be printable text without blanks around it, to fit into a header: give another --token"
    return None


@contextmanager
def certified(world: World, data: Path | None) -> Iterator[Identity]:
    """Who the server of a world is over TLS: of its data directory, or of this run alone. Raises `ServeError`."""
    hosts = tuple(host for venue in venues() for host in venue.hosts)
    now = datetime.fromtimestamp(world.clock.real_ns() // 10**9, UTC)
    try:
        with identity(data, hosts, now) as who:
            yield who
    except CertificateError as error:
        raise ServeError(str(error)) from error


def run(
    world: World, listener: socket.socket, listen: Listen, who: Identity, on_ready: Callable[[Connection], None]
) -> None:
    """Serve at what `bind` gave until interrupted; then commit what is left. Raises `ServeError`."""
    port = listener.getsockname()[1]
    host = "127.0.0.1" if listen.host in ("0.0.0.0", "::") else listen.host  # noqa: S104  compared, not bound
    address = f"{f'[{host}]' if ':' in host else host}:{port}"
    ca = str(who.ca.absolute())
    connection = replace(connection_of(world, f"http://{address}"), https=f"https://{address}", ca=ca)

    def control() -> Asgi:
        from seatrial.server.control.app import control_app  # noqa: PLC0415  only when it is first called

        return control_app(world, listen.token)

    app = App(world, control, lambda note: _log.warning("%s", note))
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(app, listener, who, world, lambda: on_ready(connection)))


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where there is one."""
    try:
        import uvloop  # noqa: PLC0415  not everywhere
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _serve(app: App, listener: socket.socket, who: Identity, world: World, on_ready: Callable[[], None]) -> None:
    """Pass the time that went by before anybody is answered, and commit what is left after the last call."""
    server = HttpServer(app, listener, who.context)
    stopped = _stopped_by_signal(server)
    try:
        await world.time.pass_time()
    except Unavailable as error:
        raise ServeError("the store cannot be written: the log above says why") from error
    server.open()
    world.start()
    on_ready()
    await stopped.wait()
    world.record.end()
    await server.stop()
    try:
        await asyncio.wait_for(world.stop(), 30)
    except (Unavailable, TimeoutError):
        _log.exception("what was not answered yet could not be committed")


def _stopped_by_signal(server: HttpServer) -> asyncio.Event:
    """The event that Ctrl-C or a supervisor's stop sets. A second Ctrl-C waits for nobody."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def interrupt() -> None:
        if stopped.is_set():
            server.hurry()
        stopped.set()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    return stopped


def calm_collector() -> None:
    """Keep Python's collector of cycles from holding callers up; for a process that serves and does nothing else.

    What is there by now stays for good, so it is not looked through again: that takes tens of milliseconds each time.
    Calls leave no cycles behind, so new objects need looking through only now and then.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def _other(error: OSError) -> str:
    """The option that helps."""
    return "--host" if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror) else "--port"


def bind(listen: Listen) -> socket.socket:
    """A socket that listens there; who calls before it is served waits. Raises `ServeError` when the port is taken."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listen.host, listen.port))
    except OSError as error:
        listener.close()
        raise ServeError(
            f"cannot listen on {listen.host} port {listen.port}: {error.strerror}; choose another with {_other(error)}"
        ) from error
    listener.listen(2048)
    listener.setblocking(False)  # noqa: FBT003  the standard library's own form
    return listener
