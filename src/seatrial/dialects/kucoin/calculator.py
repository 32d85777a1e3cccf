"""Signatures of KuCoin's calls worked out step by step, for people."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from seatrial.dialects.kucoin.auth import SIGNED_VERSIONS, VERSIONS, steps, timestamp_ns
from seatrial.dialects.signing import Calculator, Typed, UnsignableError, Worked, printable

PASSPHRASE: Final = "KC-API-PASSPHRASE"  # noqa: S105  the name of a header
BODILESS: Final = frozenset({"GET", "DELETE"})
VERBS: Final = (*sorted(BODILESS), "POST")


class Request(NamedTuple):
    """What is to be signed."""

    timestamp: str
    verb: str
    endpoint: str
    body: bytes


def prepare(typed: Typed) -> Callable[[str], Worked]:
    """The call that was meant, ready for its secret."""
    if typed.nonce is not None:
        raise UnsignableError("KuCoin's calls have no nonce: give --timestamp MS")
    asked = _request(typed)
    version = typed.key_version or "3"
    if version not in VERSIONS:
        raise UnsignableError(f"--key-version {version} is none of {', '.join(sorted(VERSIONS))}")
    return partial(_work_out, asked, typed.key, typed.passphrase, version)


CALCULATOR: Final = Calculator(frozenset({"nonce", "verb", "timestamp", "passphrase", "key_version"}), prepare)


def _request(typed: Typed) -> Request:
    """Input becomes the query where there is no body, and JSON where there is one."""
    verb = (typed.verb or ("GET" if typed.data is None else "POST")).upper()
    if verb not in VERBS:
        raise UnsignableError(f"--verb {typed.verb} is none of {', '.join(VERBS)}")
    endpoint, body = typed.endpoint, typed.data or b""
    if typed.pairs and verb in BODILESS:
        endpoint += ("&" if "?" in endpoint else "?") + urlencode(typed.pairs)
    elif typed.pairs:
        body = msgspec.json.encode(_object(typed.pairs))
    timestamp = typed.timestamp or str(typed.now_ms)
    if timestamp_ns(timestamp.encode()) is None:
        raise UnsignableError(f"the timestamp {timestamp!r} is no number of milliseconds since 1970")
    return Request(timestamp, verb, endpoint, body)


def _object(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Every value is a text, as KuCoin's clients send them."""
    if len(dict(pairs)) < len(pairs):
        raise UnsignableError("a key is given twice: say each once, or the body as --data")
    return dict(pairs)


def _work_out(asked: Request, key: str, passphrase: str | None, version: str, secret: str) -> Worked:
    """Every step. Without a passphrase its header is left out."""
    worked = steps(*asked, secret, key=key, passphrase=passphrase or "", version=version)
    headers = worked.headers
    notes: tuple[str, ...] = ()
    if passphrase is None:
        headers = {name: value for name, value in headers.items() if name != PASSPHRASE}
        notes = (f"no passphrase was given, so {PASSPHRASE} is left out: give --passphrase-env NAME",)
    how = "HMAC-SHA-256 of it with the secret, in base64" if version in SIGNED_VERSIONS else "as it is"
    body, signed = printable(asked.body), printable(worked.signed)
    return Worked(
        {
            "timestamp": asked.timestamp, "verb": asked.verb, "endpoint": asked.endpoint, "body": body,
            "signed": signed, "headers": headers,
        },
        [
            ("Timestamp", asked.timestamp),
            ("Verb", asked.verb),
            ("Endpoint", asked.endpoint),
            ("Body", body),
            ("1. Signed: timestamp + verb + endpoint + body", signed),
            ("2. HMAC-SHA-256 of 1, in base64", f"with the {worked.secret_length} bytes of the secret, which is text"),
            (f"3. The passphrase, for a key of version {version}", how),
        ],
        headers,
        notes,
    )  # fmt: skip
