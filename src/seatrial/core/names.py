"""The names that orders had which ended in the last 24 hours: no new order of their account may have one again."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final
from zlib import crc32

from seatrial.core.orders import NAME_KEPT_NS

_SHELVES: Final = 4_096
_MARK: Final = b"\xff"
"""Stands between names: no text has that byte."""


class UsedNames:
    """Kept as bytes, about 50 for a name: a world may have hundreds of thousands of them."""

    __slots__ = ("_shelves",)

    def __init__(self) -> None:
        self._shelves: dict[int, _Shelf] = {}

    def keep(self, account_id: int, name: str, ended_ns: int) -> None:
        """Remember the name of an order that ended; orders end in order of time."""
        entry = _entry(account_id, name)
        number = crc32(entry) % _SHELVES
        shelf = self._shelves.get(number)
        if shelf is None:
            shelf = self._shelves[number] = _Shelf()
        shelf.add(entry, ended_ns)

    def has(self, account_id: int, name: str, at_ns: int) -> bool:
        """Whether an order of that name ended so lately that the name is not free again."""
        entry = _entry(account_id, name)
        shelf = self._shelves.get(crc32(entry) % _SHELVES)
        ended_ns = None if shelf is None else shelf.ended_ns(entry)
        return ended_ns is not None and ended_ns > at_ns - NAME_KEPT_NS

    def of_accounts(self, at_ns: int) -> dict[int, dict[str, int]]:
        """The names that are not free again, by account, and when the last order of each ended."""
        found: dict[int, dict[str, int]] = {}
        for shelf in self._shelves.values():
            for entry, ended_ns in shelf.entries():
                account_id, _, name = entry.decode(errors="surrogatepass").partition(":")
                if ended_ns > at_ns - NAME_KEPT_NS:
                    found.setdefault(int(account_id), {})[name] = ended_ns
        return found


class _Shelf:
    """Some of the names, the latest last."""

    __slots__ = ("_ended_ns", "_names")

    def __init__(self) -> None:
        self._names = bytearray(_MARK)
        """Each with a mark before and behind it."""
        self._ended_ns = array("q")

    def add(self, entry: bytes, ended_ns: int) -> None:
        """Remember one; those that are free again are forgotten."""
        free = bisect_right(self._ended_ns, ended_ns - NAME_KEPT_NS)
        if free:
            self._forget(free)
        self._names += entry + _MARK
        self._ended_ns.append(ended_ns)

    def ended_ns(self, entry: bytes) -> int | None:
        """When the last order of that name ended; None where none is remembered."""
        place = self._names.rfind(_MARK + entry + _MARK)
        return None if place < 0 else self._ended_ns[self._names.count(_MARK, 0, place)]

    def entries(self) -> Iterator[tuple[bytes, int]]:
        """All that it holds, oldest first."""
        return zip(bytes(self._names).split(_MARK)[1:-1], self._ended_ns, strict=True)

    def _forget(self, count: int) -> None:
        end = 0
        for _ in range(count):
            end = self._names.index(_MARK, end + 1)
        del self._names[:end], self._ended_ns[:count]


def _entry(account_id: int, name: str) -> bytes:
    return f"{account_id}:{name}".encode(errors="surrogatepass")
