"""Addresses that look real and are not.

The same seed and number give the same address. None of them is valid on its chain, so that no wallet will ever send
real coins to one: the checksum, the version byte or the length is deliberately wrong. For all but one style this is
certain by construction, as `_STYLES` says line by line. The exception is `evm`, whose only check is the case of its
letters (EIP-55): they are drawn at random, and the chance that all are right is under 10**-8.
"""

from hashlib import blake2b
from typing import Final

from msgspec import Struct

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_HEX: Final = "0123456789abcdef"
_DIGITS: Final = "0123456789"
_MIXED_HEX: Final = "0123abcdefABCDEF"
"""Few digits: each letter more halves the chance that the case is right by luck."""


class Address(Struct, frozen=True):
    """Where money is received; some chains share one address and tell clients apart by a tag or memo."""

    text: str
    tag: str | None = None
    memo: str | None = None


def new_address(style: str, seed: int, number: int) -> Address:
    """The address of that number in the world of that seed; `style` is one of `STYLES`."""
    look = _STYLES[style]
    key = f"address/{style}/{seed}/{number}"
    body = look.lead + _draw(key, look.alphabet, look.count) + look.tail
    text = _spoil_bech32(body) if look.is_bech32 else body
    label = str(int.from_bytes(_noise(f"{key}/label", 4)))
    return Address(text, tag=label if look.has_tag else None, memo=label if look.has_memo else None)


def new_chain_tx(style: str, seed: int, number: int) -> str:
    """The transaction of that number on that style's chain; for banks a running payment number.

    Source: recorded bank deposits have a short number where chains have their hash (`'txid': '7702226'`).
    """
    look = _STYLES[style]
    if look.is_bank:
        return str(_FIRST_PAYMENT + number)
    return look.tx_lead + _noise(f"chain_tx/{style}/{seed}/{number}", 32).hex()


_FIRST_PAYMENT: Final = 7_000_000


def _draw(key: str, alphabet: str, count: int) -> str:
    return "".join(alphabet[byte % len(alphabet)] for byte in _noise(key, count))


def _noise(key: str, size: int) -> bytes:
    """That many bytes drawn from a key."""
    blocks = range(-(-size // blake2b.MAX_DIGEST_SIZE))
    return b"".join(blake2b(f"{key}/{block}".encode()).digest() for block in blocks)[:size]


def _spoil_bech32(body: str) -> str:
    """Append bech32's checksum with its last character changed: wrong for bech32 and bech32m alike.

    Source: BIP 173.
    """
    name, _, data = body.rpartition("1")
    values = [ord(char) >> 5 for char in name] + [0] + [ord(char) & 31 for char in name]
    values += [_BECH32.index(char) for char in data] + [0] * 6
    right = _bech32_remainder(values) ^ 1
    spoiled = right ^ 1
    return body + "".join(_BECH32[spoiled >> shift & 31] for shift in range(25, -1, -5))


def _bech32_remainder(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            remainder ^= factor if top >> bit & 1 else 0
    return remainder


class _Look(Struct, frozen=True):
    """What the addresses of one style are made of."""

    lead: str
    alphabet: str
    count: int
    """How many characters are drawn after the lead."""
    tail: str = ""
    is_bech32: bool = False
    has_tag: bool = False
    has_memo: bool = False
    tx_lead: str = ""
    is_bank: bool = False


_STYLES: Final = {
    # The checksum is spoiled.
    "bitcoin": _Look("bc1q", _BECH32, 32, is_bech32=True),
    "lightning": _Look("lnbc1p", _BECH32, 180, is_bech32=True),
    "cardano": _Look("addr1q", _BECH32, 91, is_bech32=True),
    "cosmos": _Look("cosmos1", _BECH32, 32, is_bech32=True, has_memo=True),
    "iotex": _Look("io1", _BECH32, 32, is_bech32=True),
    # The z leads beyond the version byte of the chain's real addresses, such as D5 to DU for Dogecoin.
    "dogecoin": _Look("Dz", _BASE58, 32),
    "litecoin": _Look("Lz", _BASE58, 32),
    "tron": _Look("Tz", _BASE58, 32),
    "zcash": _Look("t1z", _BASE58, 32),
    "tezos": _Look("tz1z", _BASE58, 32),
    "neo": _Look("Nz", _BASE58, 32, tx_lead="0x"),
    "kusama": _Look("Jz", _BASE58, 45),
    "monero": _Look("4z", _BASE58, 93),
    "stellar": _Look("GZ", _BASE32, 54, has_memo=True),
    # The y says that the hash has 24 bytes, and there are 20.
    "bitcoin_cash": _Look("bitcoincash:qy", _BECH32, 40),
    # The z makes the number too large for the bytes of a real address.
    "ripple": _Look("rz", _BASE58, 32, has_tag=True),
    "polkadot": _Look("1z", _BASE58, 46),
    "solana": _Look("z", _BASE58, 43),
    # The last character sets bits beyond the last byte.
    "algorand": _Look("", _BASE32, 57, tail="Z"),
    "filecoin": _Look("f1", _BASE32.lower(), 38, tail="z"),
    # One digit too long, as these carry no checksum; the plain hex is NEAR's, and a name of EOS has 13 at most.
    "hex": _Look("", _HEX, 65),
    "eos": _Look("", _BASE32.lower(), 14, has_memo=True),
    "sui": _Look("0x", _HEX, 65),
    "flow": _Look("0x", _HEX, 17),
    # The case of the letters is drawn.
    "evm": _Look("0x", _MIXED_HEX, 40, tx_lead="0x"),
    # Real check digits are 02 to 98.
    "iban_ae": _Look("AE00", _DIGITS, 19, is_bank=True),
    "iban_ch": _Look("CH00", _DIGITS, 17, is_bank=True),
    "iban_de": _Look("DE00", _DIGITS, 18, is_bank=True),
    "iban_gb": _Look("GB00SEAT", _DIGITS, 14, is_bank=True),
    # An account number that names no bank.
    "bank": _Look("0000", _DIGITS, 8, is_bank=True),
}

STYLES: Final = frozenset(_STYLES)
"""How an address may look, by chain; a token has the style of its chain, such as `evm` or `solana`."""

MEMO_STYLES: Final = frozenset(style for style, look in _STYLES.items() if look.has_memo)
"""Where the label beside a shared address is called a memo; elsewhere it is a tag."""
