"""Answers as bytes."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from seatrial.dialects.wire import Reply

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE: Final = b"connection: close\r\n"

_TEXT: Final = b"text/plain; charset=utf-8"

BAD_REQUEST: Final = Reply(b"Invalid HTTP request received.", HTTPStatus.BAD_REQUEST, _TEXT)
HEAD_TOO_LARGE: Final = Reply(
    b"the first line and headers of a request have 65,536 bytes at most",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    _TEXT,
)
UNKNOWN_CODING: Final = Reply(b"a body may be chunked, and is not coded further", HTTPStatus.NOT_IMPLEMENTED, _TEXT)
UPGRADE_REQUIRED: Final = Reply(
    b"this is a WebSocket: it is opened by a GET with an Upgrade header",
    HTTPStatus.UPGRADE_REQUIRED,
    _TEXT,
    headers=((b"upgrade", b"websocket"), (b"connection", b"upgrade")),
)
"""Source: RFC 9110, 15.5.22. What the venues answer was not recorded."""
BUG: Final = Reply(b"Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT)


class ReplyHeads:
    """How answers of this second begin; they are many, and their statuses and types few."""

    __slots__ = ("_date", "_made")

    def __init__(self) -> None:
        self.renew()

    def renew(self, date: str | None = None) -> None:
        """A second has passed."""
        self._date = f"date: {date or formatdate(usegmt=True)}\r\n".encode()
        self._made: dict[tuple[int, bytes], bytes] = {}

    def head(self, status: int, content_type: bytes) -> bytes:
        """All that stands before the length of the body."""
        head = self._made.get((status, content_type))
        if head is None:
            head = self.first_lines(status) + b"content-type: %b\r\ncontent-length: " % content_type
            self._made[status, content_type] = head
        return head

    def first_lines(self, status: int) -> bytes:
        """The status and the date."""
        return b"HTTP/1.1 %d %b\r\n%b" % (status, _phrase(status), self._date)

    def written(self, reply: Reply, *, keep_alive: bool, with_body: bool) -> bytes:
        """All of an answer."""
        parts = [self.head(reply.status, reply.content_type), b"%d\r\n" % len(reply.body)]
        for name, value in reply.headers:
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n" if keep_alive else CLOSE + b"\r\n", reply.body if with_body else b"")
        return b"".join(parts)


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
