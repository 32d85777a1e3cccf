"""Serving a world over HTTP until told to stop."""

import asyncio
import errno
import gc
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seatrial.server.app import App, Asgi
from seatrial.server.connection import Connection
from seatrial.server.protocol import VenueProtocol
from seatrial.server.worlds import connection_of
from seatrial.world.errors import Unavailable
from seatrial.world.world import World

KEEP_ALIVE_SECONDS = 75
"""Longer than the pools of the usual clients keep an idle connection, so that they and not we close it."""

YOUNG_OBJECTS = 10_000
"""How many new objects are looked through at once."""

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
    """What is wrong with a token; None where it can be shown in a header, which holds no more than printed text."""
    if not token.strip():
        return "an empty token would let anybody in: say --token TEXT, or leave it out and unset SEATRIAL_TOKEN"
    if token != token.strip() or not token.isprintable():
        return "a token is printable text without blanks around it, or no header can show it: say another --token TEXT"
    return None


def run(world: World, listener: socket.socket, listen: Listen, on_ready: Callable[[Connection], None]) -> None:
    """Serve at what `bind` gave until interrupted; then commit what is left. Raises `ServeError`."""
    port = listener.getsockname()[1]
    host = "127.0.0.1" if listen.host in ("0.0.0.0", "::") else listen.host  # noqa: S104  compared, not bound
    connection = connection_of(world, f"http://{f'[{host}]' if ':' in host else host}:{port}")

    def control() -> Asgi:
        from seatrial.server.control import control_app  # noqa: PLC0415  only when it is first called

        return control_app(world, listen.token)

    app = App(world, control, lambda note: _log.warning("%s", note))
    server = _Server(uvicorn_config(app, VenueProtocol), world, lambda: on_ready(connection))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def uvicorn_config(app: Asgi, protocol: type[HttpToolsProtocol] = HttpToolsProtocol) -> uvicorn.Config:
    """How an application is served. The bench serves its limit the same way, with uvicorn's own protocol.

    Whom a call comes from is what the socket says: headers such as X-Forwarded-For are anyone's claim, and keys may
    be bound to addresses.
    """
    return uvicorn.Config(
        app, http=protocol, loop="auto", lifespan="off", ws="none", access_log=False, log_config=None,
        proxy_headers=False, server_header=False, timeout_keep_alive=KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=5,
        backlog=2048,
    )  # fmt: skip


def calm_collector() -> None:
    """Keep Python's collector of cycles from holding callers up; for a process that serves and does nothing else.

    What is there by now stays for good, so it is not looked through again: that takes tens of milliseconds each time.
    Calls leave no cycles behind, so new objects need looking through only now and then.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


class _Server(uvicorn.Server):
    """Passes the time that went by before it answers, and commits what is left after the last call."""

    def __init__(self, config: uvicorn.Config, world: World, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._world = world
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._world.time.pass_time()
        except Unavailable as error:
            raise ServeError("the store cannot be written: see the log") from error
        await super().startup(sockets)
        self._world.start()
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._world.record.end()
        await super().shutdown(sockets)
        try:
            await asyncio.wait_for(self._world.stop(), 30)
        except (Unavailable, TimeoutError):
            _log.exception("what was not answered yet could not be committed")


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
