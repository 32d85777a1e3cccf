"""The work of `seatrial sign`: from what a person typed to each step of a signature."""

import os
import sys
from typing import Final, NamedTuple

import msgspec
import typer

from seatrial.cli.arguments import pairs_of
from seatrial.cli.clock import now_ns
from seatrial.cli.exits import fail, note
from seatrial.client.kraken import MethodNameError, form_body, is_public, path_of
from seatrial.dialects.kraken.auth import SecretError, Steps, nonce_number, steps
from seatrial.dialects.kraken.params import Params, parse_body

PRIVATE: Final = "/0/private/"
PUBLIC: Final = "/0/public/"


class Request(NamedTuple):
    """What is to be signed."""

    path: str
    nonce: str
    body: bytes


def request(endpoint: str, arguments: list[str], nonce: str | None, data: str | None) -> Request:
    """The path, the nonce and the body of the call that was meant."""
    path = _path(endpoint)
    if data is None:
        chosen, body = _form(pairs_of(arguments), nonce)
    elif arguments:
        fail("the input is given twice: give it either as key=value or as --data")
    else:
        chosen, body = _raw(data, nonce)
    _check_nonce(chosen, body)
    return Request(path, chosen, body)


def read_secret(secret: str | None, secret_env: str | None) -> str:
    """The private key, from wherever it was said to be."""
    if secret is not None and secret_env is not None:
        fail("the private key is given twice: give either --secret or --secret-env")
    if secret is not None:
        return secret
    if secret_env is not None:
        return os.environ.get(secret_env) or fail(f"the environment variable {secret_env} is not set")
    if sys.stdin.isatty():
        return str(typer.prompt("Private key", hide_input=True, err=True))
    return sys.stdin.readline().strip() or fail("no private key: give --secret-env NAME, or the key on standard input")


def work_out(asked: Request, secret: str, key: str) -> Steps:
    """Every step."""
    try:
        return steps(asked.path, asked.nonce, asked.body, secret, key=key)
    except SecretError as error:
        fail(str(error))


def show_json(worked: Steps) -> None:
    """One line for programs."""
    shown = {
        "path": worked.path,
        "nonce": worked.nonce,
        "body": printable(worked.body),
        "hashed": printable(worked.hashed),
        "inner_hex": worked.inner_hex,
        "signed_hex": worked.signed.hex(),
        "headers": worked.headers,
    }
    typer.echo(msgspec.json.encode(shown))


def show_table(worked: Steps) -> None:
    """Every step for people."""
    show_steps(_rows(worked), worked.headers)


def show_steps(steps: list[tuple[str, str]], headers: dict[str, str]) -> None:
    """Each value on a line of its own, where it can be copied whole, and the headers below."""
    for step, value in steps:
        typer.echo(f"{step}\n    {value or '(nothing)'}")
    typer.echo()
    for name, value in headers.items():
        typer.echo(f"{name}: {value}")


def _rows(worked: Steps) -> list[tuple[str, str]]:
    return [
        ("Path", worked.path),
        ("Nonce", worked.nonce),
        ("Body", printable(worked.body)),
        ("1. Hashed: nonce + body", printable(worked.hashed)),
        ("2. SHA-256 of 1", worked.inner_hex),
        ("3. Signed: path + 2 as bytes", f"{worked.path} + {worked.inner_hex}"),
        ("4. HMAC-SHA-512 of 3, in base64", f"with the {worked.key_length} bytes of the decoded private key"),
    ]


def printable(raw: bytes) -> str:
    """Bytes as text; those that are none are escaped."""
    return raw.decode(errors="backslashreplace")


def _path(endpoint: str) -> str:
    if endpoint.startswith(PRIVATE) and endpoint.isascii():
        return endpoint
    if endpoint.startswith("/") and not endpoint.startswith(PUBLIC):
        fail(f"{endpoint} is no path of a private call: Kraken's begin with {PRIVATE}, KuCoin's with /api/")
    if is_public(endpoint.removeprefix(PUBLIC)):
        fail(f"{endpoint} is public and needs no signature")
    try:
        return path_of(endpoint)
    except MethodNameError:
        fail(f"{endpoint!r} is no method name; the form is: seatrial sign METHOD key=value ...")


def _form(pairs: list[tuple[str, str]], nonce: str | None) -> tuple[str, bytes]:
    chosen = nonce or dict(pairs).get("nonce") or str(now_ns() // 1_000_000)
    return chosen, form_body(chosen, pairs)


def _raw(data: str, nonce: str | None) -> tuple[str, bytes]:
    body = os.fsencode(data)
    return nonce or _nonce_in(body) or fail("the body holds no nonce: add one, or give --nonce"), body


def _nonce_in(body: bytes) -> str | None:
    parsed = parse_body(None, body)
    return parsed.nonce if isinstance(parsed, Params) else None


def _check_nonce(nonce: str, body: bytes) -> None:
    """The venue hashes the nonce that it finds in the body, and wants a number."""
    if nonce_number(nonce) is None:
        fail(f"the nonce {nonce!r} is no unsigned 64-bit number")
    found = _nonce_in(body)
    if found != nonce:
        note(f"the venue will refuse this: the nonce in the body is {found or 'missing'}, not {nonce}")
