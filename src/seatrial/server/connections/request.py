"""A request, as the parser reads it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from httptools import parse_url

from seatrial.dialects.wire import Call, Dialect, Reply

if TYPE_CHECKING:
    from seatrial.world.sockets import Sockets

OLD_VERSION: Final = "1.0"
_UNUSUAL: Final = (b"%", b"#")
_BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})
_PLAIN_VERBS: Final = frozenset({"GET", "POST"})


class Request:
    """One request: its head first, then its body."""

    __slots__ = (
        "body_parts", "body_size", "dialect", "expects_continue", "headers", "is_answered", "is_begun", "is_in_line",
        "is_whole", "keep_alive", "path", "query", "raw_path", "refusal", "sockets", "target", "upgrades", "verb",
        "version",
    )  # fmt: skip

    def __init__(self) -> None:
        self.verb = self.version = self.path = ""
        self.target = self.raw_path = self.query = b""
        self.headers: list[tuple[bytes, bytes]] = []
        """Names in lower case."""
        self.dialect: Dialect | None = None
        self.body_parts: list[bytes] = []
        self.body_size = 0
        self.keep_alive = True
        """Whether the connection goes on after it."""
        self.expects_continue = False
        """Whether its sender still waits to be told to send the body."""
        self.upgrades = False
        """Whether it asks for another protocol."""
        self.sockets: Sockets | None = None
        """Who talks over the WebSocket that it opens, if that is what it asks for."""
        self.refusal: Reply | None = None
        """The answer, where it is known before all of the request is there."""
        self.is_in_line = False
        """Whether it is its turn, or will be."""
        self.is_whole = False
        self.is_begun = False
        """Whether somebody answers it."""
        self.is_answered = False

    @property
    def body(self) -> bytes:
        """What has come of it."""
        return b"".join(self.body_parts)

    @property
    def host(self) -> bytes:
        """The name that it was sent to."""
        return next((value for name, value in self.headers if name == b"host"), b"")

    @property
    def is_plain(self) -> bool:
        """Whether a request like it may be read by comparison with it."""
        return (
            self.verb in _PLAIN_VERBS
            and self.keep_alive
            and not self.upgrades
            and self.version != OLD_VERSION
            and self.target.startswith(b"/")
            and not any(mark in self.target for mark in _UNUSUAL)
            and not any(name == b"expect" for name, _ in self.headers)
        )

    @property
    def opens_socket(self) -> bool:
        """Whether it asks for a WebSocket, and has no body that would stand in the way."""
        wanted = any(name == b"upgrade" and value.lower() == b"websocket" for name, value in self.headers)
        return self.upgrades and self.verb == "GET" and wanted and not any(self.body_headers())

    def read_target(self) -> None:
        """Split the target into path and query. Raises `ValueError` if it has no path."""
        if self.target.startswith(b"/") and b"#" not in self.target:
            self.raw_path, _, self.query = self.target.partition(b"?")
        else:
            url = parse_url(self.target)
            self.raw_path, self.query = url.path or b"", url.query or b""
        if not self.raw_path or not self.target.isascii() or self.verb == "CONNECT":
            raise ValueError("a target without a path")
        path = self.raw_path.decode("ascii")
        self.path = unquote(path) if "%" in path else path

    def add(self, body: bytes) -> None:
        """A part of the body is there."""
        self.body_size += len(body)
        if self.refusal is None:
            self.body_parts.append(body)

    def refuse(self, reply: Reply) -> None:
        """Have it answered so, and keep no more of it."""
        self.refusal = reply
        self.body_parts.clear()

    def call(self, address: str) -> Call:
        """A venue's call, from that address."""
        raw_path = self.raw_path if b"%" in self.raw_path else b""
        return Call(self.verb, self.path, self.query, dict(self.headers), self.body, address, raw_path)

    def body_headers(self) -> Iterator[tuple[bytes, bytes]]:
        """Those that say how long the body is."""
        return (header for header in self.headers if header[0] in _BODY_HEADERS)
