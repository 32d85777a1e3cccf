"""One request before it is signed, and how to show it."""

import shlex
from enum import StrEnum

import msgspec
from msgspec import Struct

NONCE = b"NONCE"
"""What stands in a body where the next nonce goes when it is signed."""


TOKEN = b"TOKEN"
"""What stands in a message where the caller's token for sockets goes."""

SOCKET = "SOCKET"
"""In the place of a verb: the body is a message over a socket at that path."""


class Proof(StrEnum):
    """How good a request's credentials are."""

    NONE = "none"
    """There are none, as in a public call."""
    RIGHT = "right"
    FORGED = "forged"
    """The signature is another one."""
    FOREIGN = "foreign"
    """The key is of the other venue's."""
    PARTIAL = "partial"
    """One header is missing."""
    ODD = "odd"
    """One header is nonsense."""


class Request(Struct, frozen=True, kw_only=True):
    """One request to a venue."""

    venue: str
    endpoint: str
    """The line of the venue's table that it was made for."""
    verb: str
    path: str
    """As it goes on the wire."""
    query: bytes = b""
    body: bytes = b""
    content_type: str | None = None
    caller: int = 0
    """Which of the venue's callers signs it."""
    proof: Proof = Proof.RIGHT

    @property
    def target(self) -> str:
        """Path and query, with escapes for what no request line can hold."""
        query = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in self.query)
        return f"{self.path}?{query}" if query else self.path


_PLAIN = frozenset(range(0x21, 0x7F)) - frozenset(b"#")


def curl_line(request: Request) -> str:
    """How to send it by hand, but for the signature."""
    if request.verb == SOCKET:
        return f"{shlex.join(['websocat', f'ws://127.0.0.1:8000{request.path}'])} <<< {_quoted(request.body)}"
    parts = ["curl", "-X", request.verb, f"http://127.0.0.1:8000{request.target}"]
    if request.content_type is not None:
        parts += ["-H", f"Content-Type: {request.content_type}"]
    line = shlex.join(parts)
    if request.body:
        line += " --data-raw " + _quoted(request.body)
    return f"{line}  # {_signed(request)}"


def _quoted(data: bytes) -> str:
    """For a shell: plain where that is possible, with escapes otherwise."""
    if data.isascii() and data.decode().isprintable():
        return shlex.quote(data.decode())
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b"\\'" else f"\\x{byte:02x}" for byte in data)
    return f"$'{escaped}'"


def _signed(request: Request) -> str:
    if request.proof is Proof.NONE:
        return "unsigned"
    nonce = f", {NONCE.decode()} is its next nonce" if NONCE in request.body else ""
    return f"signed ({request.proof}) by {request.venue} caller {request.caller}{nonce}"


def changed(request: Request, **changes: object) -> Request:
    """The same request but for that."""
    return msgspec.structs.replace(request, **changes)
