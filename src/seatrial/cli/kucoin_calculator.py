"""The work of `seatrial sign` for a path of KuCoin's: from what a person typed to each step of a signature."""

import os
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec
import typer

from seatrial.cli.arguments import pairs_of
from seatrial.cli.calculator import printable, show_steps
from seatrial.cli.clock import now_ns
from seatrial.cli.exits import fail, note
from seatrial.dialects.kucoin.auth import SIGNED_VERSIONS, VERSIONS, Steps, steps, timestamp_ns

PREFIX: Final = "/api/"
"""What the paths of KuCoin's private calls begin with."""
PASSPHRASE: Final = "KC-API-PASSPHRASE"  # noqa: S105  the name of a header
BODILESS: Final = frozenset({"GET", "DELETE"})
VERBS: Final = (*sorted(BODILESS), "POST")


class Options(NamedTuple):
    """What only KuCoin's calls have."""

    verb: str | None
    timestamp: str | None
    passphrase: str | None
    passphrase_env: str | None
    version: str | None

    def check_none(self) -> None:
        """For a call of Kraken's, which has none of these."""
        names = ("--verb", "--timestamp", "--passphrase", "--passphrase-env", "--key-version")
        for name, value in zip(names, self, strict=True):
            if value is not None:
                fail(f"{name} is for a path of KuCoin's, such as /api/v1/accounts")


class Request(NamedTuple):
    """What is to be signed."""

    timestamp: str
    verb: str
    endpoint: str
    body: bytes


def request(endpoint: str, arguments: list[str], data: str | None, options: Options) -> Request:
    """The call that was meant. Input becomes the query where there is no body, and JSON where there is one."""
    if data is not None and arguments:
        fail("the input is given twice: give it either as key=value or as --data")
    verb = (options.verb or ("GET" if data is None else "POST")).upper()
    if verb not in VERBS:
        fail(f"--verb {options.verb} is none of {', '.join(VERBS)}")
    body = b"" if data is None else os.fsencode(data)
    if arguments and verb in BODILESS:
        endpoint += ("&" if "?" in endpoint else "?") + urlencode(pairs_of(arguments))
    elif arguments:
        body = msgspec.json.encode(_object(pairs_of(arguments)))
    timestamp = options.timestamp or str(now_ns() // 1_000_000)
    if timestamp_ns(timestamp.encode()) is None:
        fail(f"the timestamp {timestamp!r} is no number of milliseconds since 1970")
    return Request(timestamp, verb, endpoint, body)


def _object(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Every value is a text, as KuCoin's clients send them."""
    if len(dict(pairs)) < len(pairs):
        fail("a parameter is given twice: give each once, or the whole body as --data")
    return dict(pairs)


def work_out(asked: Request, secret: str, key: str, options: Options) -> tuple[Steps, str]:
    """Every step, and the key's version. Without a passphrase its header is left out."""
    version = options.version or "3"
    if version not in VERSIONS:
        fail(f"--key-version {version} is none of {', '.join(sorted(VERSIONS))}")
    passphrase = _passphrase(options)
    worked = steps(*asked, secret, key=key, passphrase=passphrase or "", version=version)
    if passphrase is None:
        note(f"no passphrase was given, so {PASSPHRASE} is left out: give --passphrase-env NAME")
        del worked.headers[PASSPHRASE]
    return worked, version


def _passphrase(options: Options) -> str | None:
    if options.passphrase is not None and options.passphrase_env is not None:
        fail("the passphrase is given twice: give either --passphrase or --passphrase-env")
    if options.passphrase_env is None:
        return options.passphrase
    return os.environ.get(options.passphrase_env) or fail(
        f"the environment variable {options.passphrase_env} is not set"
    )


def show(asked: Request, worked: Steps, version: str, *, as_json: bool) -> None:
    """One line for programs, or every step for people."""
    if as_json:
        shown = {
            "timestamp": asked.timestamp, "verb": asked.verb, "endpoint": asked.endpoint,
            "body": printable(asked.body), "signed": printable(worked.signed), "headers": worked.headers,
        }  # fmt: skip
        typer.echo(msgspec.json.encode(shown))
    else:
        show_steps(_rows(asked, worked, version), worked.headers)


def _rows(asked: Request, worked: Steps, version: str) -> list[tuple[str, str]]:
    how = "HMAC-SHA-256 of it with the secret, in base64" if version in SIGNED_VERSIONS else "as it is"
    return [
        ("Timestamp", asked.timestamp),
        ("Verb", asked.verb),
        ("Endpoint", asked.endpoint),
        ("Body", printable(asked.body)),
        ("1. Signed: timestamp + verb + endpoint + body", printable(worked.signed)),
        ("2. HMAC-SHA-256 of 1, in base64", f"with the {worked.secret_length} bytes of the secret, which is text"),
        (f"3. The passphrase, for a key of version {version}", how),
    ]
