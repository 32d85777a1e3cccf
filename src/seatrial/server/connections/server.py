"""Taking connections at one listening socket, and letting go of them."""

import asyncio
import logging
import resource
import socket
import ssl
from typing import Final

from seatrial.server.connections.http1 import HttpConnection
from seatrial.server.connections.hub import Hub
from seatrial.server.connections.limits import HANDSHAKE_SECONDS, REQUEST_SECONDS, STOP_SECONDS
from seatrial.server.connections.site import Site
from seatrial.server.connections.telling import HANDSHAKE, first_byte, why_no_tls

MAX_AT_ONCE: Final = 64
"""So many connections are accepted before those that exist have their turn again."""

SPARE_DESCRIPTORS: Final = 64
"""So many of the process's descriptors are not for connections: the store, its readers and its writer need some."""

PAUSE_SECONDS: Final = 0.25
"""How long accepting pauses after it failed for want of descriptors or memory. Callers wait meanwhile."""

QUIET_SECONDS: Final = 10.0
"""How long the same trouble of connections is not told again."""

_log = logging.getLogger("seatrial")


class HttpServer:
    """One listening socket and all who came through it."""

    def __init__(self, site: Site, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._site = site
        self._tls = tls
        self._told: dict[str, float] = {}
        """What was last said of connections that came to nothing, and when."""
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._hub = Hub()
        self._hurry = asyncio.Event()
        self._arriving: set[asyncio.Task[None]] = set()
        self._again: asyncio.TimerHandle | None = None
        self._has_warned = False
        self._next_second = self._loop.call_later(1, self._tick)

    def open(self) -> None:
        """Take who calls from now on."""
        self._loop.add_reader(self._listener, self._accept)

    async def stop(self) -> None:
        """Accept nobody any more, let calls at work be answered, and end all other connections."""
        self._close_listener()
        hub = self._hub
        hub.is_stopping = True
        for connection in list(hub.connections):
            connection.stop()
        emptied, hurry = (asyncio.ensure_future(event) for event in (hub.emptied(), self._hurry.wait()))
        await asyncio.wait((emptied, hurry), timeout=STOP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not emptied.done():
            await self._end()
        for waiting in (emptied, hurry, *self._arriving):
            waiting.cancel()
        self._next_second.cancel()

    def hurry(self) -> None:
        """Stop without waiting for anybody."""
        self._hurry.set()

    async def _end(self) -> None:
        hub = self._hub
        _log.warning("stopped with %d connections and %d calls at work", len(hub.connections), len(hub.tasks))
        for task in hub.tasks:
            task.cancel()
        if hub.tasks:
            await asyncio.wait(hub.tasks, timeout=STOP_SECONDS)
        for connection in list(hub.connections):
            connection.abort()

    def _close_listener(self) -> None:
        if self._again is not None:
            self._again.cancel()
        if self._listener.fileno() >= 0:  # not closed before
            self._loop.remove_reader(self._listener)
            self._listener.close()

    def _accept(self) -> None:
        """Take who waits."""
        for _ in range(MAX_AT_ONCE):
            if self._is_full():
                self._pause("as many are connected as there are descriptors for")
                return
            try:
                taken, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(str(error.strerror))
                return
            self._take(taken)

    def _is_full(self) -> bool:
        maximum, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = len(self._hub.connections) + len(self._arriving)
        return maximum != resource.RLIM_INFINITY and used >= maximum - SPARE_DESCRIPTORS

    def _pause(self, why: str) -> None:
        """Accept nobody for a moment; those who are connected are served."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning("no further connections for now: %s", why)
        self._loop.remove_reader(self._listener)
        self._again = self._loop.call_later(PAUSE_SECONDS, self.open)

    def _take(self, taken: socket.socket) -> None:
        """Somebody is there, who has said nothing yet that was read."""
        taken.setblocking(False)  # noqa: FBT003  the standard library's own form
        task = self._loop.create_task(self._connect(taken))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _connect(self, taken: socket.socket) -> None:
        """Wait for the first byte, which says whether they speak TLS."""
        is_ours = True
        try:
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tls = self._tls if await first_byte(self._loop, taken, REQUEST_SECONDS) == HANDSHAKE else None
            is_ours = False
            await self._open(taken, tls)
        except ssl.SSLError as error:
            self._tell(why_no_tls(error))
        except (OSError, TimeoutError):  # they left already, or never said anything
            pass
        finally:
            if is_ours:
                taken.close()

    async def _open(self, taken: socket.socket, tls: ssl.SSLContext | None) -> None:
        def connection() -> HttpConnection:
            return HttpConnection(self._site, self._hub, self._loop)

        patience = None if tls is None else HANDSHAKE_SECONDS
        await self._loop.connect_accepted_socket(connection, taken, ssl=tls, ssl_handshake_timeout=patience)

    def _tell(self, why: str) -> None:
        """Log it, unless that was done a moment ago."""
        now = self._loop.time()
        if now - self._told.get(why, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._told[why] = now
            _log.warning("%s", why)

    def _tick(self) -> None:
        self._hub.replies.renew()
        self._next_second = self._loop.call_later(1, self._tick)
