"""Kraken's text ids: a seeded, reversible spelling of the counters inside. Nothing is stored, nothing can collide.

Every kind of id permutes its own space (2**80 or 2**90) with keys drawn from the world's seed, so that neighbours look
unrelated; the numbers of a world fill a sliver of it, which is why a guessed or mistyped id finds nothing.
Source: kraken-rest#ids for the shapes. All ids in Kraken's examples are spelled with A-Z and 2-7: base32 of RFC 4648.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from itertools import product
from typing import Final

from seatrial.dialects.permutation import DRAWN_BYTES, permutation

LIMIT: Final = 2**62
"""Numbers from 0 up to here, not included, have ids."""

AMENDS: Final = 2**61
"""Amendments have ids in the form of trades', which are therefore numbered from here on; from `ORIGINALS` on what
orders began with."""
ORIGINALS: Final = AMENDS + 2**60

_SHORT: Final = re.compile("[A-Z][0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}")

Encode = Callable[[int], str]
Decode = Callable[[str], int | None]

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS: Final = tuple(first + second for first, second in product(_ALPHABET, repeat=2))
_SPLIT_PAIRS: Final = tuple(f"{first}-{second}" for first, second in product(_ALPHABET, repeat=2))
_VALUES: Final = {pair: value for value, pair in enumerate(_PAIRS)}
_SPLIT_VALUES: Final = {pair: value for value, pair in enumerate(_SPLIT_PAIRS)}


class Ids:
    """The ids of one world. Each `name` spells a number, each `name_number` reads it back, or None if it is no such id.

    A number must be in 0..LIMIT-1. Reading is strict: capitals only, dashes in their places.
    """

    order: Encode
    order_number: Decode
    trade: Encode
    trade_number: Decode
    ledger: Encode
    ledger_number: Decode
    deposit: Encode
    deposit_number: Decode
    withdrawal: Encode
    withdrawal_number: Decode
    transfer: Encode
    transfer_number: Decode

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.order, self.order_number = _short("O", seed)
        self.trade, self.trade_number = _short("T", seed)
        self.ledger, self.ledger_number = _short("L", seed)
        self.deposit, self.deposit_number = _long("Q", seed)
        self.withdrawal, self.withdrawal_number = _long("A", seed)
        self.transfer, self.transfer_number = _long("B", seed)

    def amend(self, number: int) -> str:
        """The id of an amendment. Source of its form: kraken-orders#amendments."""
        return self.trade(AMENDS + number)

    def original(self, order_number: int) -> str:
        """The id of what an order began with, in the list of its amendments."""
        return self.trade(ORIGINALS + order_number)

    def any_order(self, number: int) -> str:
        """An order's id, the house's among them, whose numbers are below zero."""
        return self.order(number if number >= 0 else LIMIT + number)

    def credentials(self, number: int) -> tuple[str, str]:
        """An API key and its private key: 56 characters, and the base64 of 64 bytes."""
        drawn = _draw(self._seed, f"key {number}", 42 + 64)
        return base64.b64encode(drawn[:42]).decode(), base64.b64encode(drawn[42:]).decode()

    def iban(self, number: int) -> str:
        """An account's number in the form of an IBAN, with real check digits: `AA88 N84G WOAK NMOI`."""
        drawn = _draw(self._seed, f"iban {number}", 12)
        account = "".join(_ALPHABET[byte & 31] for byte in drawn)
        remainder = int("".join(str(int(character, 36)) for character in f"{account}AA00")) % 97
        return f"AA{98 - remainder:02} {account[:4]} {account[4:8]} {account[8:]}"

    def published_trade(self, market: str, number: int) -> str:
        """What PostTrade calls a market's trade, which is neither party's id of it: `OUTNLW-YR5DF-JVWGII`."""
        drawn = "".join(_ALPHABET[byte & 31] for byte in _draw(self._seed, f"trade {market} {number}", 16))
        return f"O{drawn[:5]}-{drawn[5:10]}-{drawn[10:]}"

    def wallet(self, number: int) -> str:
        """An account's wallet, in the form of ListWalletAccounts: `WX6V JUKW KKPB QE36`."""
        drawn = "".join(_ALPHABET[byte & 31] for byte in _draw(self._seed, f"wallet {number}", 16))
        return f"{drawn[:4]} {drawn[4:8]} {drawn[8:12]} {drawn[12:]}"

    def ws_token(self, number: int) -> str:
        """A token for the authenticated WebSocket: 43 characters."""
        return base64.urlsafe_b64encode(_draw(self._seed, f"token {number}", 32)).decode().rstrip("=")


def is_short_id(letter: str, text: str) -> bool:
    """Whether a text has the form of an order's (`O`), a trade's (`T`) or a ledger entry's id (`L`), anybody's."""
    return text.startswith(letter) and _SHORT.fullmatch(text) is not None


def method_id(asset: str, method: str) -> str:
    """A withdrawal method's id: the same in every world, as a venue's is the same for all its users."""
    return _uuid(f"method {asset} {method}")


def network_id(network: str) -> str:
    """A network's id, whatever the asset; the same in every world."""
    return _uuid(f"network {network}")


def _uuid(purpose: str) -> str:
    """In the form of RFC 9562, version 4."""
    digits = hashlib.shake_256(f"seatrial {purpose}".encode()).hexdigest(16)
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _short(letter: str, seed: int) -> tuple[Encode, Decode]:
    """The 6-5-6 form: a letter and 80 bits, ten to a pair of characters; one pair has a dash between."""
    mix, unmix = _permutation(letter, seed, 80)
    pairs, split_pairs, values, split_values = _PAIRS, _SPLIT_PAIRS, _VALUES, _SPLIT_VALUES

    def encode(number: int) -> str:
        x = mix(number)
        return (
            f"{letter}{pairs[x >> 70]}{pairs[x >> 60 & 1023]}{split_pairs[x >> 50 & 1023]}{pairs[x >> 40 & 1023]}"
            f"{pairs[x >> 30 & 1023]}-{pairs[x >> 20 & 1023]}{pairs[x >> 10 & 1023]}{pairs[x & 1023]}"
        )

    def decode(text: str) -> int | None:
        if len(text) != 19 or text[0] != letter or text[12] != "-":  # noqa: PLR2004 - the form itself
            return None
        try:
            x = values[text[1:3]] << 70 | values[text[3:5]] << 60 | split_values[text[5:8]] << 50
            x |= values[text[8:10]] << 40 | values[text[10:12]] << 30
            x |= values[text[13:15]] << 20 | values[text[15:17]] << 10 | values[text[17:19]]
        except KeyError:
            return None
        return unmix(x)

    return encode, decode


def _long(letter: str, seed: int) -> tuple[Encode, Decode]:
    """The 7-6-6 form: a letter and 90 bits, ten to a pair of characters."""
    mix, unmix = _permutation(letter, seed, 90)
    pairs, values = _PAIRS, _VALUES

    def encode(number: int) -> str:
        x = mix(number)
        return (
            f"{letter}{pairs[x >> 80]}{pairs[x >> 70 & 1023]}{pairs[x >> 60 & 1023]}"
            f"-{pairs[x >> 50 & 1023]}{pairs[x >> 40 & 1023]}{pairs[x >> 30 & 1023]}"
            f"-{pairs[x >> 20 & 1023]}{pairs[x >> 10 & 1023]}{pairs[x & 1023]}"
        )

    def decode(text: str) -> int | None:
        if len(text) != 21 or text[0] != letter or text[7] != "-" or text[14] != "-":  # noqa: PLR2004 - the form itself
            return None
        try:
            x = values[text[1:3]] << 80 | values[text[3:5]] << 70 | values[text[5:7]] << 60
            x |= values[text[8:10]] << 50 | values[text[10:12]] << 40 | values[text[12:14]] << 30
            x |= values[text[15:17]] << 20 | values[text[17:19]] << 10 | values[text[19:21]]
        except KeyError:
            return None
        return unmix(x)

    return encode, decode


def _permutation(letter: str, seed: int, bits: int) -> tuple[Callable[[int], int], Callable[[int], int | None]]:
    return permutation(_draw(seed, f"id {letter}", DRAWN_BYTES), bits, LIMIT)


def _draw(seed: int, purpose: str, length: int) -> bytes:
    return hashlib.shake_256(f"seatrial {seed} {purpose}".encode()).digest(length)
