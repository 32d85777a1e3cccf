"""Reading the control API's stream of events, and showing each as it comes."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import httpx
import msgspec
import typer

from seatrial.cli import control
from seatrial.cli.exits import fail, stopped
from seatrial.client.transport import TIMEOUT_SECONDS, http_client

ENDS: Final = frozenset({"cut_off", "world_replaced", "server_stops"})
"""Kinds of the event that a stream ends with, where its reader did not end it."""

PATIENCE_SECONDS: Final = 60.0
"""A stream that lives says so more often than that."""


def run(where: control.Where, filters: dict[str, Any]) -> None:
    """Show the events that were asked for."""
    address = control.address_of(where)
    ask = control.Ask("/events", filters=filters, unknown=control.ACCOUNT_UNKNOWN)
    wanted = {name: value for name, value in filters.items() if value is not None}
    timeout = httpx.Timeout(TIMEOUT_SECONDS, read=PATIENCE_SECONDS)
    try:
        with http_client(address) as client, client.stream(
            "GET", address + ask.path, params=wanted, headers=control.headers_of(where.token), timeout=timeout
        ) as response:  # fmt: skip
            if not response.is_success:
                response.read()
                control.end(response, ask, where)
            _show_all(response.iter_lines(), as_json=where.as_json)
    except KeyboardInterrupt:
        stopped("stopped following; the exchange goes on")
    except (httpx.ConnectError, httpx.ConnectTimeout):
        fail(f"nothing answers at {address}: {control.start_advice(where)}")
    except httpx.HTTPError as error:
        why = error or type(error).__name__
        fail(f"the stream of {address} broke off: {why}: go on with --since and the last number")


def _show_all(lines: Iterable[str], *, as_json: bool) -> None:
    for text in data_of(lines):
        event = msgspec.json.decode(text, type=dict[str, Any])
        if event["kind"] in ENDS:
            fail(f"{event['detail']} (the last event was {event['last']})")
        typer.echo(text if as_json else _line(event))


def data_of(lines: Iterable[str]) -> Iterator[str]:
    """The data of each event of a stream. Source of the form: the HTML standard, "Server-sent events"."""
    for line in lines:
        if line.startswith("data: "):
            yield line.removeprefix("data: ")


def _line(event: dict[str, Any]) -> str:
    """Number, time and kind, then whatever else it says."""
    rest = (f"{name}={_word(value)}" for name, value in event.items() if name not in _HEAD and value is not None)
    return f"{event['number']:>8}  {event['at']:<30}  {event['kind']:<20}  {' '.join(rest)}"


_HEAD: Final = frozenset({"number", "at", "kind"})


def _word(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
