"""What a server and the process that writes for it say to each other: a length, then plain values.

Both ends are the same program at the same version, so values are marshalled: nothing in Python is quicker.
"""

import marshal
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import Any, Final

from seatrial.store import rows, schema
from seatrial.store.database import Batch

_VERSION: Final = 2
"""Of marshal's format: later ones look for values that they have met before, which takes time."""

_LENGTH: Final = Struct("<I")
_TABLES: Final = tuple(schema.METADATA.sorted_tables)
_NUMBERS: Final = {table: number for number, table in enumerate(_TABLES)}


class Task(IntEnum):
    """What the writing process is asked to do."""

    CLAIM = 0
    CHECK = 1
    WRITE = 2
    RESTORE = 3


Values = tuple[Any, ...]
"""Of None, bool, int, float, str, bytes, tuples and lists; not of classes derived from them."""


def frame(*values: Any) -> bytes:  # noqa: ANN401  what marshal takes
    """Values, ready to be sent."""
    body = marshal.dumps(values, _VERSION)
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Cuts what arrives into the values that were sent."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, received: bytes) -> Iterator[Values]:
        """Take what came in, and give each frame that is whole now."""
        self._received += received
        while len(self._received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            values: Values = marshal.loads(memoryview(self._received)[_LENGTH.size : end])  # noqa: S302  our own process
            del self._received[:end]
            yield values


def pack(batch: Batch) -> Values:
    """A batch as plain values."""
    return batch.replaces, [(_NUMBERS[write.table], write.new, write.changed, write.gone) for write in batch.writes]


def unpack(replaces: bool, writes: list[Values]) -> Batch:  # noqa: FBT001  as `pack` gave them
    """The batch that `pack` took apart."""
    return Batch([rows.Write(_TABLES[number], *parts) for number, *parts in writes], replaces)
