"""KuCoin's ids: a seeded, reversible spelling of the counters inside. Nothing is stored, nothing can collide.

Most are 24 hexadecimal digits, the first eight of which are the second of what they name. Each kind permutes the rest
with keys drawn from the world's seed, so that neighbours look unrelated; the numbers of a world fill a sliver of it,
which is why a guessed or mistyped id finds nothing. Where a client pages by id, ids are plain numbers that ascend, from
a start drawn from the seed.
Source: kucoin-rest#ids; venue-pages#get-account-ledgers.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from seatrial.dialects.permutation import DRAWN_BYTES, permutation

LIMIT: Final = 2**48
"""Numbers from 0 up to here, not included, have ids."""

FIRST_UID: Final = 100_000_000

_HEX_24 = re.compile("[0-9a-f]{24}")
_SECOND: Final = 2**32 - 1
_TAIL: Final = 2**64 - 1
_SPREAD: Final = 0x9E3779B97F4A7C15
"""Odd, and without a pattern: a second times this changes about half of the digits behind it."""
_EASY_TO_READ: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Thirty-two that nobody mistakes for one another."""


class Ids:
    """The ids of one world. A number must be in 0..LIMIT-1. Reading is strict: lower case only."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.plain_until_s = 0
        """What there was by that second has the ids that an older release gave it: without a time."""
        self.order = Stamped("order", "order", self)
        self.deposit = Stamped("deposit", "transfer", self)
        self.withdrawal = Stamped("withdrawal", "transfer", self)
        self.move = Stamped("move", "move", self)
        """Money moved between wallets."""
        self.user = Stamped("user", "user", self)
        """A sub-account's `userId`."""
        self._mix_ledger, self._unmix_ledger = _permutation("ledger", seed, 64)
        self.ledger_row = Counted(_start(seed, "ledger", 10**14))
        """A posting where clients page by it."""
        self.order_row = Counted(_start(seed, "order", 10**13))
        self.fill_row = Counted(_start(seed, "fill", 10**13))
        self.trade = Counted(_start(seed, "trade", 10**16))
        """A trade; the number counts within its market."""

    def counter_order(self, order_id: int, second: int) -> str:
        """The other order of a trade. The house's count down from below zero: theirs are the last numbers."""
        return self.order(order_id % LIMIT, second)

    def ledger(self, posting_id: int, at_ns: int) -> str:
        """A row of the account ledger: its second, and its number permuted."""
        return f"{at_ns // 10**9 & 0xFFFFFFFF:08x}{self._mix_ledger(posting_id):016x}"

    def ledger_number(self, text: str) -> int | None:
        """The posting that such a row shows."""
        return self._unmix_ledger(int(text[8:], 16)) if _HEX_24.fullmatch(text) else None

    def purse(self, account_id: int, wallet: str, asset: str) -> str:
        """KuCoin's "account": one currency in one wallet. Not reversible: compare it with those of the caller."""
        return _draw(self.seed, f"purse {account_id} {wallet} {asset}", 12).hex()

    def deposit_tag(self, transfer_id: int) -> str:
        """What KuCoin writes behind the hash of a deposit. Not reversible."""
        return _draw(self.seed, f"deposit tag {transfer_id}", 16).hex()

    def uid(self, account_id: int) -> int:
        """The number under which a user is known."""
        return FIRST_UID + account_id

    def credentials(self, number: int) -> tuple[str, str]:
        """An API key and its secret: 24 hexadecimal digits, and a text in the form of a UUID."""
        drawn = _draw(self.seed, f"key {number}", 28).hex()
        secret = drawn[24:]
        return drawn[:24], f"{secret[:8]}-{secret[8:12]}-{secret[12:16]}-{secret[16:20]}-{secret[20:]}"

    def passphrase(self, number: int) -> str:
        """The passphrase of the key of that number: twelve letters and digits."""
        drawn = _draw(self.seed, f"passphrase {number}", 12)
        return "".join(_EASY_TO_READ[byte % 32] for byte in drawn)


class Stamped:
    """Ids of one kind that begin with a second."""

    __slots__ = ("_ids", "_mix", "_plain", "_unmix", "_unplain")

    def __init__(self, plain: str, stamped: str, ids: Ids) -> None:
        """By the name of the kind that they were while they were plain, and of the one that they are."""
        self._ids = ids
        self._plain, self._unplain = _permutation(plain, ids.seed, 96)
        self._mix, self._unmix = _permutation(f"stamped {stamped}", ids.seed, 64)

    def __call__(self, number: int, second: int) -> str:
        """The id of what has that number since that second."""
        if second <= self._ids.plain_until_s:
            return f"{self._plain(number):024x}"
        second &= _SECOND
        return f"{second:08x}{self._mix(number) ^ second * _SPREAD & _TAIL:016x}"

    def number(self, text: str) -> int | None:
        """The number of an id of either form; None if it is none. With another second it is that of nothing."""
        number = self.plain_number(text)
        return self.stamped_number(text) if number is None else number

    def plain_number(self, text: str) -> int | None:
        """The number of an id that an older release gave."""
        return self._unplain(int(text, 16)) if _HEX_24.fullmatch(text) else None

    def stamped_number(self, text: str) -> int | None:
        """The number of an id that begins with a second. Of other texts one in 65536 is that of nothing, not None."""
        if not _HEX_24.fullmatch(text):
            return None
        return self._unmix(int(text[8:], 16) ^ int(text[:8], 16) * _SPREAD & _TAIL)


class Counted:
    """Ids that keep the order of their numbers."""

    __slots__ = ("_start",)

    def __init__(self, start: int) -> None:
        self._start = start

    def __call__(self, number: int) -> int:
        """The id of a number."""
        return self._start + number

    def number(self, value: int) -> int:
        """The number of an id. Below 1 for what is no id here."""
        return value - self._start


def _permutation(kind: str, seed: int, bits: int) -> tuple[Callable[[int], int], Callable[[int], int | None]]:
    return permutation(_draw(seed, f"id {kind}", DRAWN_BYTES), bits, LIMIT)


def _start(seed: int, kind: str, minimum: int) -> int:
    """Where counted ids begin: between `minimum` and twice that."""
    return minimum + int.from_bytes(_draw(seed, f"start {kind}", 8), "big") % minimum


def _draw(seed: int, purpose: str, length: int) -> bytes:
    return hashlib.shake_256(f"seatrial kucoin {seed} {purpose}".encode()).digest(length)
