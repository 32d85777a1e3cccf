"""Asking the control API of a running exchange: where it is, what it answers, how the command then ends."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread
from typing import Final, NamedTuple, Never, TypeVar

import typer

from seatrial.cli import defaults, local, tables
from seatrial.cli.exits import REFUSED, fail, note, stopped
from seatrial.cli.grid import Grid
from seatrial.client import calls
from seatrial.client.calls import Call
from seatrial.client.control import (
    PREFIX,
    Answer,
    Control,
    ControlError,
    NoResultError,
    StrangerError,
    TokenWantedError,
    UnansweredError,
    UnreachableError,
)
from seatrial.client.shapes import IssuedKey, NewKey
from seatrial.client.transport import TIMEOUT_SECONDS, UrlError, checked_url

ACCOUNT_UNKNOWN: Final = "`seatrial account list` shows them all"
_REFUSALS: Final = frozenset(
    (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
)
_NEXT_CALL: Final = ": GET /"
"""What follows is the next step of a program; a person is told of a command instead."""
T = TypeVar("T")


WATCH_SECONDS: Final = 0.25


class Where(NamedTuple):
    """What the person said about the exchange to ask, and about the output."""

    data: Path
    url: str | None
    token: str | None
    as_json: bool


def run(
    where: Where,
    call: Call[T],
    table: Callable[[T], Grid | str],
    then: Callable[[T], str] | None = None,
    meanwhile: AbstractContextManager[object] = nullcontext(),  # noqa: B008  it does nothing, so one does for all
    unknown: str = "",
) -> None:
    """Ask, show the answer, and end with status 1 when the exchange refused.

    `then` says what a person may do next, `unknown` what to do when the call names something that is not there;
    `meanwhile` lasts while it is asked.
    """
    try:
        with Control(address_of(where), where.token) as control, ending(where, unknown), meanwhile:
            answer = _send(control, call, start_advice(where))
    except KeyboardInterrupt:
        stopped("stopped waiting" if call.body is None else "stopped waiting; the exchange goes on with it")
    if where.as_json:
        typer.echo(answer.content)
    else:
        tables.show(table(answer.value))
        if then is not None and (advice := then(answer.value)):
            note(advice)


@contextmanager
def watching(where: Where, call: Call[T], show: Callable[[T], object]) -> Iterator[None]:
    """Ask again and again while something else is done, and show each answer; a failure shows nothing."""
    control, over = Control(address_of(where), where.token, patience=TIMEOUT_SECONDS), Event()

    def watch() -> None:
        with control, suppress(NoResultError):
            while not over.wait(WATCH_SECONDS):
                show(control.send(call).value)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def own_key(url: str, advice: str) -> IssuedKey | None:
    """A new key to the account that every world begins with; None if the program there gives out none.

    No secret is sent along, not even the token: nobody said that it is our exchange that answers there.
    """
    with Control(url, patience=TIMEOUT_SECONDS) as control:
        try:
            return _send(control, calls.issue_key(1, NewKey("seatrial api")), advice).value
        except (ControlError, StrangerError):
            return None


def address_of(where: Where) -> str:
    """Where the control API is."""
    try:
        if where.url is not None:
            return checked_url(where.url).removesuffix(PREFIX) + PREFIX
        here = local.find(where.data)
    except (UrlError, local.ConnectionFileError) as error:
        fail(str(error))
    return here.control if here else defaults.URL + PREFIX


def start_advice(where: Where) -> str:
    """What to do where nothing answers."""
    if where.url is not None:
        return "check --url"
    if (where.data / local.FILE_NAME).exists():
        return f"start the exchange with `seatrial serve --data {where.data}`"
    return "start the exchange with `seatrial serve`, or give --data DIR or --url URL"


def _send(control: Control, call: Call[T], advice: str) -> Answer[T]:
    try:
        return control.send(call)
    except UnreachableError as error:
        fail(f"{error}: {advice}")
    except UnansweredError as error:
        fail(f"{error}: {'try again' if call.body is None else 'check whether it was done before you try again'}")


@contextmanager
def ending(where: Where, unknown: str) -> Iterator[None]:
    """End with what was refused meanwhile, and why."""
    try:
        yield
    except TokenWantedError:
        wrong = "asks for its token" if where.token is None else "has another token"
        fail(f"the exchange {wrong}: give --token TEXT, or set SEATRIAL_TOKEN, as when it was started")
    except ControlError as error:
        _end(error, where, unknown)
    except StrangerError as error:
        fail(f"{error}: name the exchange with --data DIR or --url URL")


def _end(error: ControlError, where: Where, unknown: str) -> Never:
    if error.status not in _REFUSALS:
        fail(error.detail)
    if where.as_json:
        typer.echo(error.content)
    if error.status == HTTPStatus.NOT_FOUND and unknown:
        note(f"{error.detail.partition(_NEXT_CALL)[0]}: {unknown}")
    else:
        note(error.detail)
    raise typer.Exit(REFUSED)
