"""Asking the control API of a running exchange: where it is, what it answers, how the command then ends."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, Literal, NamedTuple, Never, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import typer

from seatrial.cli import defaults, local, tables
from seatrial.cli.exits import REFUSED, fail, note, stopped
from seatrial.client.transport import TIMEOUT_SECONDS, UrlError, checked_url, http_client
from seatrial.server.control.shapes import IssuedKey

PREFIX: Final = "/_seatrial/v1"
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
T = TypeVar("T")


WATCH_SECONDS: Final = 0.25


class Where(NamedTuple):
    """What the person said about the exchange to ask, and about the output."""

    data: Path
    url: str | None
    token: str | None
    as_json: bool


class Ask(NamedTuple):
    """One call of the control API: POST when it has a body."""

    path: str
    body: dict[str, Any] | None = None
    """Fields that are None are left out."""
    filters: dict[str, Any] | None = None
    """What a list is to have; those that are None are left out."""
    unknown: str = ""
    """What to do when the path names something that is not there."""

    @property
    def verb(self) -> Literal["GET", "POST"]:
        """A call that changes nothing has no body."""
        return "GET" if self.body is None else "POST"


class _Problem(msgspec.Struct, frozen=True):
    """Source: RFC 9457."""

    status: int
    detail: str


def run(
    where: Where,
    ask: Ask,
    layout: tables.Layout[T],
    then: Callable[[T], str] | None = None,
    meanwhile: AbstractContextManager[object] = nullcontext(),  # noqa: B008  it does nothing, so one does for all
) -> None:
    """Ask, show the answer, and end with status 1 when the exchange refused.

    `then` says what a person may do next; `meanwhile` lasts while it is asked.
    """
    control = address_of(where)
    try:
        with meanwhile:
            response = _send(control, ask, where.token, start_advice(where), patience=None)
    except KeyboardInterrupt:
        stopped("stopped waiting" if ask.body is None else "stopped waiting; the exchange goes on with it")
    if not response.is_success:
        end(response, ask, where)
    try:
        answer = msgspec.json.decode(response.content, type=layout.kind)
    except msgspec.DecodeError:
        _end_stranger(response)
    if where.as_json:
        typer.echo(response.content)
    else:
        tables.show(layout.of(answer))
        if then is not None and (advice := then(answer)):
            note(advice)


@contextmanager
def watching(where: Where, path: str, kind: type[T], show: Callable[[T], object]) -> Iterator[None]:
    """Ask again and again beside what is done meanwhile, and show each answer; whatever is no answer shows nothing."""
    control, over, headers = address_of(where), Event(), headers_of(where.token)

    def watch() -> None:
        with http_client(control) as client, suppress(httpx.HTTPError, msgspec.DecodeError):
            while not over.wait(WATCH_SECONDS):
                show(msgspec.json.decode(client.get(control + path, headers=headers).content, type=kind))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def own_key(url: str, advice: str) -> IssuedKey | None:
    """A new key to the account that every world begins with; None when what answers there gives out none.

    No secret is sent along, not even the token: nobody said that it is our exchange that answers there.
    """
    ask = Ask("/accounts/1/keys", {"name": "seatrial api"})
    response = _send(url + PREFIX, ask, None, advice)
    try:
        return msgspec.json.decode(response.content, type=IssuedKey) if response.is_success else None
    except msgspec.DecodeError:
        return None


def quoted(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def headers_of(token: str | None) -> dict[bytes, bytes]:
    """What shows the token."""
    return {} if token is None else {b"Authorization": b"Bearer " + token.encode()}


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
    return "start the exchange with `seatrial serve`, or say --data DIR or --url URL"


def _send(
    control: str, ask: Ask, token: str | None, advice: str, patience: float | None = TIMEOUT_SECONDS
) -> httpx.Response:
    """`patience` is how many seconds to wait for the answer; None: as long as it takes, as to make much time pass."""
    body = None if ask.body is None else {name: value for name, value in ask.body.items() if value is not None}
    query = {name: value for name, value in (ask.filters or {}).items() if value is not None}
    try:
        with http_client(control) as client:
            return client.request(
                ask.verb, control + ask.path, json=body, params=query, headers=headers_of(token),
                timeout=httpx.Timeout(TIMEOUT_SECONDS, read=patience),
            )  # fmt: skip
    except (httpx.ConnectError, httpx.ConnectTimeout):
        fail(f"nothing answers at {control}: {advice}")
    except httpx.HTTPError as error:
        then = "try again" if ask.body is None else "look whether it was done before you try again"
        fail(f"no answer from {control}: {error or type(error).__name__}: {then}")


def end(response: httpx.Response, ask: Ask, where: Where) -> Never:
    """End with what was refused, and why."""
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        _end_stranger(response)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        wrong = "asks for its token" if where.token is None else "has another token"
        fail(f"the exchange {wrong}: say --token TEXT, or set SEATRIAL_TOKEN, as it was started with")
    if problem.status not in _REFUSALS:
        fail(problem.detail)
    if where.as_json:
        typer.echo(response.content)
    advice = f": {ask.unknown}" if problem.status == HTTPStatus.NOT_FOUND and ask.unknown else ""
    note(problem.detail + advice)
    raise typer.Exit(REFUSED)


def _end_stranger(response: httpx.Response) -> Never:
    fail(f"{response.url} answered HTTP {response.status_code}, and not as Seatrial does: say --data DIR or --url URL")
