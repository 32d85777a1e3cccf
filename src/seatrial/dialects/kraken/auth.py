"""Signing, verifying and one-time passwords: what a private call must prove. Pure: time and secrets come in.

Source: kraken-rest#signature; the vectors of kraken-rest#test-vectors are tests; venue-pages#authentication-calculator.
"""

import base64
import binascii
import hmac
from binascii import b2a_base64
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from msgspec import Struct

from seatrial.dialects.keyed import keyed

TOTP_STEP_SECONDS: Final = 30
TOTP_STEPS_OF_TOLERANCE: Final = 1
"""How many steps an authenticator may be early or late. Source: RFC 6238 section 5.2 recommends one."""
MAX_NONCE: Final = 2**64 - 1
MAX_NONCE_DIGITS: Final = 20


class SecretError(ValueError):
    """A private key or an authenticator's secret is not what it must be. The message never shows it."""


def decode_secret(secret: str) -> bytes:
    """The bytes of a private key as the venue hands it out. `SecretError` when it is not base64."""
    try:
        decoded = base64.b64decode(secret.strip().encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded = b""
    if not decoded:
        raise SecretError("the private key is not base64 text")
    return decoded


def sign(path: str, nonce: str, body: bytes, secret: bytes | str) -> str:
    """The API-Sign header of one call.

    `path` starts at /0/, `nonce` is its text as it stands in the body, `body` the bytes as sent, and `secret` either
    the text of the private key or its decoded bytes. Source: kraken-rest#signature.
    """
    key = decode_secret(secret) if isinstance(secret, str) else secret
    return _sign(path.encode(), _inner(nonce.encode(), body), key).decode()


def verify(signature: bytes, path: str, nonce: str, body: bytes, secret: bytes, *, query: bytes = b"") -> bool:
    """Whether a call was signed with this decoded secret, in a time that tells nothing about the right signature.

    Real clients differ over a query string on a private call: api-go signs it with the path, another signs the path
    alone. Decided: either is right. Source: kraken-rest#signature.
    """
    if not nonce.isascii():
        return False
    signed_path, inner = path.encode(), _inner(nonce.encode(), body)
    matches = compare_digest(_sign(signed_path, inner, secret), signature)
    if query:
        matches |= compare_digest(_sign(signed_path + b"?" + query, inner, secret), signature)
    return matches


def nonce_number(text: str | None) -> int | None:
    """The nonce as a number: unsigned, 64 bits, ASCII digits. None when it is missing or anything else."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= MAX_NONCE_DIGITS):
        return None
    number = int(text)
    return number if number <= MAX_NONCE else None


class Steps(Struct, frozen=True, kw_only=True):
    """One signature worked out step by step. Holds nothing secret."""

    path: str
    nonce: str
    body: bytes
    hashed: bytes
    """What SHA-256 is taken of: the nonce, then the body as sent."""
    inner_hex: str
    """That SHA-256, in hexadecimal."""
    signed: bytes
    """What HMAC-SHA-512 is taken of: the path, then the 32 bytes of the SHA-256."""
    key_length: int
    """Bytes of the decoded private key; 64 on real keys."""
    headers: dict[str, str]
    """API-Key and API-Sign, as they go on the wire."""


def steps(path: str, nonce: str, body: bytes, secret: bytes | str, *, key: str = "") -> Steps:
    """Every step of a signature, for people who look for the difference to their own code."""
    decoded = decode_secret(secret) if isinstance(secret, str) else secret
    inner = _inner(nonce.encode(), body)
    return Steps(
        path=path,
        nonce=nonce,
        body=body,
        hashed=nonce.encode() + body,
        inner_hex=inner.hex(),
        signed=path.encode() + inner,
        key_length=len(decoded),
        headers={"API-Key": key, "API-Sign": sign(path, nonce, body, decoded)},
    )


def totp(secret_base32: str, unix_seconds: int) -> str:
    """The six digits an authenticator app shows at that time. Source: RFC 6238, SHA-1, steps of 30 seconds.

    `SecretError` when the secret is not base32; spaces, letter case and padding do not matter.
    """
    return _code(decode_authenticator(secret_base32), unix_seconds // TOTP_STEP_SECONDS)


def decode_authenticator(secret_base32: str) -> bytes:
    """The bytes of an authenticator's secret; `SecretError` when it is not base32."""
    text = "".join(secret_base32.split()).rstrip("=")
    try:
        decoded = base64.b32decode(text + "=" * (-len(text) % 8), casefold=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise SecretError("the authenticator's secret is not base32 text")
    return decoded


def password_matches(
    given: str | None, unix_seconds: int, *, static: str | None = None, authenticator: str | None = None
) -> bool:
    """Whether a call's `otp` satisfies its key.

    A key asks for a static password or for an authenticator's code (its secret in base32), for either when it has
    both, and for nothing when it has neither. Source: kraken-rest#one-time-password.
    """
    if static is None and authenticator is None:
        return True
    if given is None:
        return False
    matches = static is not None and _same(given, static)
    return matches or (authenticator is not None and _is_current(given, authenticator, unix_seconds))


def _inner(nonce: bytes, body: bytes) -> bytes:
    return sha256(nonce + body).digest()


def _sign(path: bytes, inner: bytes, key: bytes) -> bytes:
    return b2a_base64(keyed(key, "sha512")(path + inner), newline=False)


def _is_current(given: str, authenticator: str, unix_seconds: int) -> bool:
    secret = decode_authenticator(authenticator)
    step = unix_seconds // TOTP_STEP_SECONDS
    nearby = range(max(0, step - TOTP_STEPS_OF_TOLERANCE), step + TOTP_STEPS_OF_TOLERANCE + 1)
    return any([_same(given, _code(secret, near)) for near in nearby])  # noqa: C419 - every code, at an even pace


def _code(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def _same(given: str, expected: str) -> bool:
    return compare_digest(given.encode(errors="surrogatepass"), expected.encode(errors="surrogatepass"))
