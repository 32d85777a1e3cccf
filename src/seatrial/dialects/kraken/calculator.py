"""Signatures of Kraken's calls worked out step by step, for people: the seed's calculator."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from seatrial.dialects.kraken.auth import SecretError, nonce_number, steps
from seatrial.dialects.kraken.methods import MethodNameError, form_body, is_public, path_of
from seatrial.dialects.kraken.params import Params, parse_body
from seatrial.dialects.signing import Calculator, Typed, UnsignableError, Worked, printable

PRIVATE: Final = "/0/private/"
PUBLIC: Final = "/0/public/"


class Request(NamedTuple):
    """What is to be signed."""

    path: str
    nonce: str
    body: bytes


def prepare(typed: Typed) -> Callable[[str], Worked]:
    """The call that was meant, ready for its secret."""
    path = _path(typed.endpoint)
    nonce, body = _form(typed) if typed.data is None else _raw(typed.data, typed.nonce)
    if nonce_number(nonce) is None:
        raise UnsignableError(f"the nonce {nonce!r} is no unsigned 64-bit number")
    return partial(_work_out, Request(path, nonce, body), typed.key)


CALCULATOR: Final = Calculator(frozenset({"nonce"}), prepare)


def _path(endpoint: str) -> str:
    if endpoint.startswith(PRIVATE) and endpoint.isascii():
        return endpoint
    if endpoint.startswith("/") and not endpoint.startswith(PUBLIC):
        raise UnsignableError(f"{endpoint} is no path of a private call: those begin with {PRIVATE}")
    if is_public(endpoint.removeprefix(PUBLIC)):
        raise UnsignableError(f"{endpoint} is public and needs no signature")
    try:
        return path_of(endpoint)
    except MethodNameError as error:
        text = f"{endpoint!r} is no method name; the form is: seatrial sign METHOD key=value ..."
        raise UnsignableError(text) from error


def _form(typed: Typed) -> tuple[str, bytes]:
    chosen = typed.nonce or dict(typed.pairs).get("nonce") or str(typed.now_ms)
    return chosen, form_body(chosen, typed.pairs)


def _raw(body: bytes, nonce: str | None) -> tuple[str, bytes]:
    chosen = nonce or _nonce_in(body)
    if not chosen:
        raise UnsignableError("the body holds no nonce: add one, or give --nonce")
    return chosen, body


def _nonce_in(body: bytes) -> str | None:
    parsed = parse_body(None, body)
    return parsed.nonce if isinstance(parsed, Params) else None


def _work_out(asked: Request, key: str, secret: str) -> Worked:
    try:
        worked = steps(asked.path, asked.nonce, asked.body, secret, key=key)
    except SecretError as error:
        raise UnsignableError(str(error)) from error
    body, hashed = printable(asked.body), printable(worked.hashed)
    return Worked(
        {
            "path": asked.path, "nonce": asked.nonce, "body": body, "hashed": hashed, "inner_hex": worked.inner_hex,
            "signed_hex": worked.signed.hex(), "headers": worked.headers,
        },
        [
            ("Path", asked.path),
            ("Nonce", asked.nonce),
            ("Body", body),
            ("1. Hashed: nonce + body", hashed),
            ("2. SHA-256 of 1", worked.inner_hex),
            ("3. Signed: path + 2 as bytes", f"{asked.path} + {worked.inner_hex}"),
            ("4. HMAC-SHA-512 of 3, in base64", f"with the {worked.key_length} bytes of the decoded private key"),
        ],
        worked.headers,
        _notes(asked),
    )  # fmt: skip


def _notes(asked: Request) -> tuple[str, ...]:
    """The venue hashes the nonce that it finds in the body."""
    found = _nonce_in(asked.body)
    if found == asked.nonce:
        return ()
    return (f"the venue will refuse this: the nonce in the body is {found or 'missing'}, not {asked.nonce}",)
