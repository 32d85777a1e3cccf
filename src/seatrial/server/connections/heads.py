"""Reading a request whose head was read before.

Most calls that come over a connection have the same head, but for a signature and the moment of signing. What the
parser made of one whole request holds for every other one that equals it outside of those values and of the body, which
is as long: nothing that decides where a head or a body ends is in them.
"""

from collections.abc import Container
from typing import Final

from msgspec import Struct

from seatrial.dialects.wire import Call
from seatrial.server.connections.request import Request

MAX_BYTES: Final = 2_048
"""Of a head worth remembering."""

_VISIBLE: Final = bytes(range(0x21, 0x7F))
"""What a changing value is made of: nothing that a parser would trim or stumble over."""

_END: Final = b"\r\n\r\n"


class Head(Struct, frozen=True):
    """A head that the parser has read, of a request that came whole and alone."""

    verb: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    fixed: tuple[tuple[int, bytes], ...]
    """What must be the same, and where it stands."""
    changing: tuple[tuple[bytes, int, int], ...]
    """The name of each value that may differ, where it begins and ends."""
    length: int

    def read(self, data: bytes, address: str) -> Call | None:
        """The call of a request as long as the one of this head; None when it takes the parser to read it."""
        for at, text in self.fixed:
            if not data.startswith(text, at):
                return None
        headers = self.headers.copy()
        for name, start, end in self.changing:
            value = data[start:end]
            if value.translate(None, _VISIBLE):
                return None
            headers[name] = value
        return Call(self.verb, self.path, self.query, headers, data[self.length :], address)


def head_of(data: bytes, request: Request, names: Container[bytes]) -> Head | None:
    """The head of a plain request that the parser has read; None if the request is not all of the data, or too long.

    `names` are those of the headers that differ from call to call.
    """
    length = data.find(_END) + len(_END)
    if length > MAX_BYTES or len(data) != length + request.body_size:
        return None
    changing = []
    lowered = data[:length].lower()
    for name, value in request.headers:
        if name in names:
            line = b"\r\n" + name + b":"
            if lowered.count(line) != 1:
                return None
            start = data.index(value, lowered.index(line) + len(line))
            changing.append((name, start, start + len(value)))
    edges = (0, *(edge for _, *value in changing for edge in value), length)
    fixed = tuple((start, data[start:end]) for start, end in zip(edges[::2], edges[1::2], strict=True))
    headers = dict(request.headers)
    return Head(request.verb, request.path, request.query, headers, fixed, tuple(changing), length)
