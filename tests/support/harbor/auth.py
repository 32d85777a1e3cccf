"""How Harbor's calls are signed: HMAC-SHA-512, in hexadecimal, of time, verb, path with query, and body."""

from collections.abc import Callable
from functools import partial

import msgspec

from seatrial.dialects.keyed import keyed
from seatrial.dialects.signing import Calculator, Typed, UnsignableError, Worked, printable


def signed(moment: str, verb: str, endpoint: bytes, body: bytes) -> bytes:
    """What is signed."""
    return b"\n".join((moment.encode(), verb.encode(), endpoint, body))


def sign(moment: str, verb: str, endpoint: bytes, body: bytes, secret: str) -> str:
    """What X-Harbor-Sign holds."""
    return keyed(secret.encode(), "sha512")(signed(moment, verb, endpoint, body)).hex()


def headers(key: str, secret: str, moment: str, verb: str, endpoint: str, body: bytes = b"") -> dict[str, str]:
    """All three."""
    signature = sign(moment, verb, endpoint.encode(), body, secret)
    return {"X-Harbor-Key": key, "X-Harbor-Time": moment, "X-Harbor-Sign": signature}


def prepare(typed: Typed) -> Callable[[str], Worked]:
    """For `seatrial sign`."""
    moment, verb = typed.timestamp or str(typed.now_ms), (typed.verb or "GET").upper()
    if not moment.isdigit():
        raise UnsignableError(f"{moment!r} is no number of milliseconds")
    body = typed.data or (msgspec.json.encode(dict(typed.pairs)) if typed.pairs else b"")
    return partial(_work_out, typed.key, moment, verb, typed.endpoint, body)


def _work_out(key: str, moment: str, verb: str, endpoint: str, body: bytes, secret: str) -> Worked:
    made = headers(key, secret, moment, verb, endpoint, body)
    text = printable(signed(moment, verb, endpoint.encode(), body))
    return Worked({"signed": text, "headers": made}, [("Signed", text)], made)


CALCULATOR = Calculator(frozenset({"verb", "timestamp"}), prepare)
