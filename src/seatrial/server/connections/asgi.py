"""How an ASGI application answers one request of a connection. Source: the ASGI specification, 2.3 of HTTP.

The application is handed a whole request. Its answer goes out as it comes: in chunks where its length is not known
before, and no faster than the other side takes it. An answer that has begun and has no end is told of the other side's
leaving, and of the server's stop, by `receive`.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, Protocol

from seatrial.dialects.wire import Reply
from seatrial.server.connections.limits import STREAM_STOP_SECONDS
from seatrial.server.connections.replies import BUG, CLOSE, ReplyHeads
from seatrial.server.connections.request import OLD_VERSION, Request
from seatrial.server.connections.site import Asgi, Scope

_BAD_NAME: Final = re.compile(rb'[\x00-\x20\x7f()<>@,;:\\"/\[\]?={}]')
_BAD_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""What would end a header early. Source: RFC 9110, 5.5 and 5.6.2."""

_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_END: Final = b"0\r\n\r\n"

Address = tuple[str, int] | None

_log = logging.getLogger("seatrial")


class Wire(Protocol):
    """The connection, as an exchange sees it."""

    def keeps_alive(self, request: Request) -> bool:
        """Whether the connection goes on after the answer to a request."""
        ...

    def write(self, data: bytes) -> None:
        """Send a part of an answer."""
        ...

    def end(self, request: Request, *, keep_alive: bool) -> None:
        """The exchange is over."""
        ...

    def respond(self, reply: Reply) -> None:
        """Answer all of it so."""
        ...

    def close(self) -> None:
        """Close once all that was written is sent."""
        ...


class Exchange:
    """A request and the answer to it."""

    def __init__(
        self, wire: Wire, request: Request, replies: ReplyHeads, client: Address, server: Address, scheme: str
    ) -> None:
        self.task: asyncio.Task[None] | None = None
        self._wire = wire
        self._request = request
        self._replies = replies
        self._scope = _scope(request, client, server, scheme)
        self._is_read = False
        self._has_begun = False
        """Whether the answer has."""
        self._is_complete = False
        self._is_lost = False
        self._has_body = True
        self._is_chunked = False
        self._left: int | None = None
        """Bytes of the answer that are still to come, where it says how many."""
        self._keep_alive = True
        self._over = asyncio.Event()
        """Nobody waits for more of the answer."""
        self._writable = asyncio.Event()
        self._writable.set()

    def lose(self) -> None:
        """Nobody is there any more."""
        self._is_lost = True
        self._over.set()
        self._writable.set()

    def stop(self) -> None:
        """The server stops. An answer that has begun may end itself, and is ended then; another one is waited for."""
        self._over.set()
        if self._has_begun and self.task is not None:
            asyncio.get_running_loop().call_later(STREAM_STOP_SECONDS, self.task.cancel)

    def pause(self) -> None:
        """What was sent is not taken."""
        if not self._is_lost:
            self._writable.clear()

    def resume(self) -> None:
        """What was sent is taken."""
        self._writable.set()

    async def run(self, application: Asgi) -> None:
        """Have the application answer."""
        verb, path = self._request.verb, self._request.path
        try:
            await application(self._scope, self._receive, self._send)
        except Exception:  # noqa: BLE001  the outermost loop: whatever it is, the answer is not complete
            _log.exception("%s %s met a bug", verb, ascii(path))
        finally:
            self._conclude()

    def _conclude(self) -> None:
        if self._is_complete or self._is_lost:
            return
        if self._has_begun:
            self._wire.close()
        else:
            self._request.keep_alive = False
            self._wire.respond(BUG)

    async def _receive(self) -> MutableMapping[str, Any]:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        await self._writable.wait()
        if self._is_lost:
            return
        kind = message["type"]
        if kind == "http.response.start" and not self._has_begun:
            head = self._head(message["status"], message.get("headers", ()))
            self._has_begun = True
            self._wire.write(head)
        elif kind == "http.response.body" and self._has_begun and not self._is_complete:
            self._send_body(message.get("body", b""), is_last=not message.get("more_body", False))
        else:
            raise RuntimeError(f"an answer does not go on with {kind}")

    def _head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        request = self._request
        self._keep_alive = self._wire.keeps_alive(request)
        parts = [self._replies.first_lines(status)]
        for name, value in headers:
            if _BAD_NAME.search(name) or _BAD_VALUE.search(value):
                raise ValueError("a header that would be read as something else")
            if name.lower() == b"content-length":
                self._left = int(value)
            parts += (name, b": ", value, b"\r\n")
        self._has_body = status not in _WITHOUT_BODY and request.verb != "HEAD"
        self._is_chunked = self._has_body and self._left is None and request.version != OLD_VERSION
        if self._is_chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
        parts.append(b"\r\n" if self._keep_alive else CLOSE + b"\r\n")
        return b"".join(parts)

    def _send_body(self, body: bytes, *, is_last: bool) -> None:
        if not self._has_body:
            body = b""
        elif self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (is_last and self._left):
                raise ValueError("an answer is not as long as it said")
        if self._is_chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (_END if is_last else b"")
        if body:
            self._wire.write(body)
        if is_last:
            self._is_complete = True
            self._over.set()
            self._wire.end(self._request, keep_alive=self._keep_alive)


def _scope(request: Request, client: Address, server: Address, scheme: str) -> Scope:
    """What the application is told of the request."""
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": request.version,
        "method": request.verb, "scheme": scheme, "path": request.path, "raw_path": request.raw_path,
        "query_string": request.query, "root_path": "", "headers": request.headers, "client": client,
        "server": server,
    }  # fmt: skip
