"""Signing and verifying: what a private call must prove. Pure: time and secrets come in.

Source: kucoin-rest#signature, whose check value is a test; kucoin-rest#passphrase; kucoin-rest#timestamp.
"""

import binascii
import hmac
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from seatrial.dialects.keyed import keyed

PLAIN_VERSION: Final = "1"
"""The key version whose passphrase goes over the wire as it is; also what a call without a version means."""
SIGNED_VERSIONS: Final = frozenset({"2", "3"})
VERSIONS: Final = SIGNED_VERSIONS | {PLAIN_VERSION}

WINDOW_NS: Final = 5 * 10**9
"""A timestamp must be nearer to the venue's clock than this, before or after. Source: kucoin-rest#timestamp."""

_TIMESTAMP = re.compile(rb"([0-9]{1,15})(?:\.([0-9]{0,30}))?")


def sign(timestamp: str, verb: str, endpoint: str, body: bytes, secret: str) -> str:
    """The KC-API-SIGN header of one call.

    `timestamp` is the header's text, `endpoint` the path and, where there is one, `?` and the query, `body` the bytes
    as sent. The secret counts as UTF-8 text. Source: kucoin-rest#signature.
    """
    return _sign(timestamp.encode() + verb.upper().encode() + endpoint.encode() + body, secret).decode()


def verify(signature: bytes, timestamp: bytes, verb: str, endpoint: bytes, body: bytes, secret: str) -> bool:
    """Whether a call was signed with this secret, in a time that tells nothing about the right signature.

    `endpoint` is the path and, where there is one, `?` and the query, as they were sent. Clients disagree whether they
    are signed so or percent-decoded: either is right. A plus is no space. Source: kucoin-rest#signature.
    """
    lead = timestamp + verb.encode()
    matches = hmac.compare_digest(_sign(lead + endpoint + body, secret), signature)
    if b"%" in endpoint:
        matches |= hmac.compare_digest(_sign(lead + unquote_to_bytes(endpoint) + body, secret), signature)
    return matches


def sign_passphrase(passphrase: str, secret: str) -> str:
    """What KC-API-PASSPHRASE holds with key versions 2 and 3. Source: kucoin-rest#passphrase."""
    return _sign(passphrase.encode(), secret).decode()


def passphrase_matches(given: bytes, version: str, passphrase: str, secret: str) -> bool:
    """Whether a call's passphrase is that of its key, in the form of its version, in a time that tells nothing."""
    signed = version in SIGNED_VERSIONS
    expected = _signed_passphrase(passphrase, secret) if signed else passphrase.encode()
    return hmac.compare_digest(expected, given)


def passphrase_is(given: str, passphrase: str) -> bool:
    """Whether a passphrase is the right one, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), passphrase.encode())


def timestamp_ns(text: bytes) -> int | None:
    """A timestamp in nanoseconds: milliseconds, with any decimals. None when it is anything else.

    Source: kucoin-rest#signature; the documentation allows decimals. Digits past the sixth are cut off.
    """
    match = _TIMESTAMP.fullmatch(text)
    return None if match is None else int(match[1] + (match[2] or b"")[:6].ljust(6, b"0"))


def is_current(stamped_ns: int, at_ns: int) -> bool:
    """Whether a timestamp is near enough to that moment. There is no nonce: it may come again."""
    return abs(stamped_ns - at_ns) < WINDOW_NS


class Steps(Struct, frozen=True, kw_only=True):
    """One signature worked out step by step. Holds nothing secret but a passphrase of version 1, sent plain."""

    signed: bytes
    """What HMAC-SHA-256 is taken of: timestamp, verb, endpoint, body."""
    secret_length: int
    """Bytes of the secret."""
    headers: dict[str, str]
    """All five, as they go on the wire."""


def steps(
    timestamp: str,
    verb: str,
    endpoint: str,
    body: bytes,
    secret: str,
    *,
    key: str = "",
    passphrase: str = "",
    version: str = "3",
) -> Steps:
    """Every step of a signature, for people who look for the difference to their own code."""
    return Steps(
        signed=timestamp.encode() + verb.upper().encode() + endpoint.encode() + body,
        secret_length=len(secret.encode()),
        headers={
            "KC-API-KEY": key,
            "KC-API-SIGN": sign(timestamp, verb, endpoint, body, secret),
            "KC-API-TIMESTAMP": timestamp,
            "KC-API-PASSPHRASE": sign_passphrase(passphrase, secret) if version in SIGNED_VERSIONS else passphrase,
            "KC-API-KEY-VERSION": version,
        },
    )


@lru_cache(maxsize=1024)
def _signed_passphrase(passphrase: str, secret: str) -> bytes:
    return _sign(passphrase.encode(), secret)


def _sign(message: bytes, secret: str) -> bytes:
    return binascii.b2a_base64(keyed(secret.encode(), "sha256")(message), newline=False)
