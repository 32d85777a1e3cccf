"""The door to the network: venue paths straight to their dialect, the control API beside them."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Final

from seatrial.dialects.wire import Call, Dialect, Reply
from seatrial.world.world import World

LARGEST_BODY: Final = 1 << 20
"""Bytes of one request; the largest documented call, a batch of orders, has about ten thousand."""

CONTROL: Final = "/_seatrial/"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_NOBODY: Final = Reply(
    b'{"type":"about:blank","title":"Not Found","status":404,"detail":"no venue has this path: '
    b"Kraken's begin with /0/, KuCoin's with /api/, the control API's with /_seatrial/v1/\"}\n",
    status=404,
    content_type=b"application/problem+json",
)


class App:
    """The ASGI application of one world."""

    def __init__(self, world: World, control: Callable[[], Asgi], log_note: Callable[[str], None]) -> None:
        self._dialects = tuple(world.dialects.values())
        self._make_control = control
        self._control: Asgi | None = None
        self.log_note = log_note
        self.answer = world.answer
        """Answers a venue's call: `respond` gets the reply, now or later."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        dialect = self.dialect(path)
        if dialect is not None:
            await _send(send, await self._venue(dialect, scope, receive))
        elif path.startswith(CONTROL):
            await self._control_app()(scope, receive, send)
        else:
            await _send(send, _NOBODY)

    def dialect(self, path: str) -> Dialect | None:
        """The venue that a path belongs to."""
        for dialect in self._dialects:
            if dialect.speaks(path):
                return dialect
        return None

    async def _venue(self, dialect: Dialect, scope: Scope, receive: Receive) -> Reply:
        body = await _body(receive)
        if body is None:
            return dialect.unreadable()
        client = scope["client"]
        call = Call(
            scope["method"], scope["path"], scope["query_string"], dict(scope["headers"]), body,
            client[0] if client else "", scope.get("raw_path") or b"",
        )  # fmt: skip
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.answer(dialect, call, partial(_resolve, answered))
        reply = await answered
        if reply.note is not None:
            self.log_note(reply.note)
        return reply

    def _control_app(self) -> Asgi:
        """Made at its first use: importing it would cost every start some tens of milliseconds."""
        if self._control is None:
            self._control = self._make_control()
        return self._control


def _resolve(answered: asyncio.Future[Reply], reply: Reply) -> None:
    """Hand the reply to its caller, unless they left."""
    if not answered.done():
        answered.set_result(reply)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large, or when the caller went away before its end."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > LARGEST_BODY:
            return None
        message = await receive()
        body += message.get("body", b"")
    whole = message["type"] == "http.request" and len(body) <= LARGEST_BODY
    return body if whole else None


async def _send(send: Send, reply: Reply) -> None:
    length = b"%d" % len(reply.body)
    headers = [(b"content-type", reply.content_type), (b"content-length", length), *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
