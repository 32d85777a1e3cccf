"""What keys with a nonce window remember, in rows: a row has what was new, and now and then one has all that counts."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from seatrial.core.accounts import ApiKey

if TYPE_CHECKING:
    from seatrial.store.rows import Write

SLACK: Final = 64
"""How many nonces may be stored beyond twice those that count before they are written anew."""


class _Stored:
    """How much of one key is stored."""

    __slots__ = ("nonces", "parts")

    def __init__(self) -> None:
        self.parts = self.nonces = 0


class Nonces:
    """The nonces that are stored, and those that only `key_uses` has so far."""

    def __init__(self) -> None:
        self._stored: dict[int, _Stored] = {}
        self._untold: dict[int, list[int]] = {}

    def note(self, spent: Mapping[int, list[int]]) -> None:
        """Keys have spent these, which no part has yet."""
        for number, nonces in spent.items():
            self._untold.setdefault(number, []).extend(nonces)

    def begin(self, key: ApiKey, write: "Write") -> None:
        """A key is stored for the first time, with all that it remembers."""
        self._untold.pop(key.key_id, None)
        if key.recent_nonces:
            self._append(key.key_id, key.recent_nonces, write)

    def settle(self, keys: Mapping[int, ApiKey], revoked: Iterable[int], write: "Write") -> None:
        """Give each of the keys a part with what is new; nothing is left of those that were revoked."""
        for number in revoked:
            self._untold.pop(number, None)
            self._clear(number, write)
        for key in keys.values():
            spent = self._untold.pop(key.key_id, None)
            if spent and key.key_id not in revoked:
                self._store(key, spent, write)

    def restore(self, number: int, text: str) -> list[int]:
        """What a part of that key has."""
        nonces = [int(nonce) for nonce in text.split()]
        stored = self._stored.setdefault(number, _Stored())
        stored.parts, stored.nonces = stored.parts + 1, stored.nonces + len(nonces)
        return nonces

    def untold(self, number: int) -> list[int]:
        """What no part of that key has."""
        return self._untold.get(number, [])

    def _store(self, key: ApiKey, spent: list[int], write: "Write") -> None:
        recent = key.recent_nonces
        counting = sorted({nonce for nonce in spent if nonce >= recent[0]})
        stored = self._stored.get(key.key_id)
        if stored is not None and stored.nonces + len(counting) > 2 * len(recent) + SLACK:
            self._clear(key.key_id, write)
            counting = recent
        if counting:
            self._append(key.key_id, counting, write)

    def _append(self, number: int, nonces: list[int], write: "Write") -> None:
        stored = self._stored.setdefault(number, _Stored())
        stored.parts, stored.nonces = stored.parts + 1, stored.nonces + len(nonces)
        write.new.append((number, stored.parts, " ".join(map(str, nonces))))

    def _clear(self, number: int, write: "Write") -> None:
        stored = self._stored.pop(number, None)
        if stored is not None:
            write.gone.extend((number, part) for part in range(1, stored.parts + 1))
