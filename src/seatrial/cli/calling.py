"""Calling one method for `seatrial api`: where, with which key, and what the person is told."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import typer

from seatrial.cli import control, defaults, local
from seatrial.cli.arguments import pairs_of
from seatrial.cli.clock import now_ns
from seatrial.cli.exits import REFUSED, fail, note
from seatrial.client.kraken import VENUE, KrakenClient, NoAnswerError, NotKrakenError, Reply
from seatrial.client.transport import UrlError, checked_url, is_local
from seatrial.dialects.kraken.auth import SecretError
from seatrial.dialects.kraken.methods import MethodNameError, is_public
from seatrial.dialects.registry import venue_of_path


class Target(NamedTuple):
    """Where to call, and with which key."""

    url: str
    advice: str
    """What to do when nothing answers there."""
    key: str = ""
    secret: str = ""


def run(target: Target, method: str, arguments: list[str], *, exact: bool) -> None:
    """Call, print the answer, and end with status 1 when the venue refused."""
    reply = _call(target, method, pairs_of(arguments))
    # Pretty printing adds white space alone: numbers keep the text that the venue gave them.
    pretty = sys.stdout.isatty() and not exact
    typer.echo(msgspec.json.format(reply.body, indent=2) if pretty else reply.body)
    if "EAPI:Invalid nonce" in reply.errors:
        note("this key has seen larger nonces: add one, as in nonce=$(date +%s%N), or give --key-env with another key")
    if "EGeneral:Unknown method" in reply.errors:
        note("methods are spelled as Kraken spells them, as in AddOrder; docs/limits.md says which are missing")
    if reply.refused:
        raise typer.Exit(REFUSED)


def choose_target(method: str, url: str | None, key_env: str | None, data: Path) -> Target:
    """The venue and the key. The demo key goes to the local exchange and nowhere else.

    An exchange on this machine that keeps no connection file, `seatrial serve --memory`, is asked for a new key. That
    is safe: it has this to give to whoever calls it from here, by its control API; nothing that is secret is sent with
    the question; and should something else answer there, it gets no key of the person's, nor is a call to another
    machine ever signed with what it gave.
    """
    try:
        here = local.find(data)
        where = checked_url(url or (here.url if here else defaults.URL))
    except (local.ConnectionFileError, UrlError) as error:
        fail(str(error))
    advice = "check --url" if url else "start the exchange with `seatrial serve`"
    if key_env:
        name = key_env.removesuffix("_KEY")
        return Target(where, advice, _variable(f"{name}_KEY"), _variable(f"{name}_SECRET"))
    demo = here.account(VENUE) if here and here.url.rstrip("/") == where else None
    if demo:
        return Target(where, advice, demo.key, demo.secret)
    if is_public(method):
        return Target(where, advice)
    issued = control.own_key(where, advice) if is_local(where) else None
    if issued is None:
        fail(f"{method} is private and needs a key: {_key_advice(url, data)}")
    return Target(where, advice, issued.key, issued.secret)


def _variable(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        fail(f"the environment variable {name} is not set")
    return value


def _key_advice(url: str | None, data: Path) -> str:
    if url:
        return "put one into NAME_KEY and NAME_SECRET and add --key-env NAME"
    return f"none is in {data / local.FILE_NAME}; start `seatrial serve` here, or give --data DIR or --key-env NAME"


def _call(target: Target, method: str, pairs: list[tuple[str, str]]) -> Reply:
    try:
        with KrakenClient(target.url, target.key, target.secret, now_ns=now_ns) as client:
            return client.call(method, pairs)
    except NoAnswerError as error:
        fail(f"{error}: {_after_no_answer(error, target, method)}")
    except MethodNameError:
        other = venue_of_path(method)
        if other is not None and other.name != VENUE:
            fail(
                f"this calls Kraken's methods; a path of {other.title}'s is signed by `seatrial sign`, and called by"
                " any client"
            )
        fail(f"{method!r} is no method name; the form is: seatrial api METHOD key=value ...")
    except (NotKrakenError, UrlError, SecretError) as error:
        fail(str(error))


def _after_no_answer(error: NoAnswerError, target: Target, method: str) -> str:
    if not error.reached:
        return target.advice
    return "try again" if is_public(method) else f"look whether {method} was carried out before trying again"
