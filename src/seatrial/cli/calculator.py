"""The work of `seatrial sign`: whose call it is, what its venue makes of what a person typed, and how that is shown."""

import os
import sys
from collections.abc import Mapping

import msgspec
import typer

from seatrial.cli.arguments import pairs_of
from seatrial.cli.clock import now_ns
from seatrial.cli.exits import fail, note
from seatrial.dialects.registry import venue_of_path, venues, where_paths_begin
from seatrial.dialects.signing import Calculator, Typed, UnsignableError, Worked
from seatrial.dialects.venue import Venue


def typed(endpoint: str, arguments: list[str], data: str | None, key: str, options: Mapping[str, str | None]) -> Typed:
    """What a person said of a call."""
    if data is not None and arguments:
        fail("the input is given twice: give it either as key=value or as --data")
    body = None if data is None else os.fsencode(data)
    return Typed(endpoint, pairs_of(arguments), body, now_ns() // 1_000_000, key, **options)


def work_out(venue: Venue, asked: Typed, secret: str | None, secret_env: str | None) -> Worked:
    """Every step, as the call's venue signs."""
    try:
        finish = calculator_of(venue).prepare(asked)
        return finish(read_secret(secret, secret_env))
    except UnsignableError as error:
        fail(str(error))


def venue_of(endpoint: str) -> Venue:
    """Whose path it is; a name without a path is that of a method."""
    if not endpoint.startswith("/"):
        return next(venue for venue in venues() if venue.names_methods)
    return venue_of_path(endpoint) or fail(
        f"{endpoint} is no path of a private call: {where_paths_begin(private=True)}"
    )


def check_options(venue: Venue, said: Mapping[str, str | None]) -> None:
    """End where an option is none of that venue's. They go by the fields of `Typed`, and by that and `_env`."""
    for name, value in said.items():
        field = name.removesuffix("_env")
        if value is not None and field not in calculator_of(venue).takes:
            other = next(one for one in venues() if one.calculator and field in one.calculator().takes)
            fail(f"--{name.replace('_', '-')} is for a path of {other.title}'s, such as {other.sample_path}")


def calculator_of(venue: Venue) -> Calculator:
    """The venue's."""
    return venue.calculator() if venue.calculator else fail(f"nobody works {venue.title}'s signatures out here")


def read_secret(secret: str | None, secret_env: str | None) -> str:
    """The private key, from wherever it was said to be."""
    if secret is not None and secret_env is not None:
        fail("the private key is given twice: give either --secret or --secret-env")
    if secret is not None:
        return secret
    if secret_env is not None:
        return _variable(secret_env)
    if sys.stdin.isatty():
        return str(typer.prompt("Private key", hide_input=True, err=True))
    return sys.stdin.readline().strip() or fail("no private key: give --secret-env NAME, or the key on standard input")


def read_passphrase(passphrase: str | None, passphrase_env: str | None) -> str | None:
    """The passphrase, from wherever it was said to be, if it was."""
    if passphrase is not None and passphrase_env is not None:
        fail("the passphrase is given twice: give either --passphrase or --passphrase-env")
    return passphrase if passphrase_env is None else _variable(passphrase_env)


def _variable(name: str) -> str:
    return os.environ.get(name) or fail(f"the environment variable {name} is not set")


def show(worked: Worked, *, as_json: bool) -> None:
    """One line for programs, or each value on a line of its own, where it can be copied whole, and the headers."""
    for text in worked.notes:
        note(text)
    if as_json:
        typer.echo(msgspec.json.encode(worked.shown))
        return
    for step, value in worked.steps:
        typer.echo(f"{step}\n    {value or '(nothing)'}")
    typer.echo()
    for name, value in worked.headers.items():
        typer.echo(f"{name}: {value}")
