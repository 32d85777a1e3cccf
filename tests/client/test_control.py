"""The control API for programs, against a server that was really started."""

import asyncio
import inspect
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import msgspec
import pytest

from seatrial.client import calls, shapes
from seatrial.client.calls import Call, Wanted
from seatrial.client.control import (
    AsyncControl,
    Control,
    ControlError,
    NoResultError,
    StrangerError,
    StreamEndedError,
    TokenWantedError,
    UnreachableError,
    event_of,
)
from seatrial.client.transport import UrlError
from seatrial.server.control.context import Operation
from seatrial.server.control.operations import OPERATIONS
from tests.support.running import RunningServer

TOKEN = "open sesame"
CALLS: dict[str, Call[Any]] = {
    "health": calls.health(),
    "list_accounts": calls.list_accounts(),
    "open_account": calls.open_account(shapes.NewAccount("ann")),
    "choose_fee_asset": calls.choose_fee_asset("ann", shapes.FeeChoice(None)),
    "issue_key": calls.issue_key("ann", shapes.NewKey()),
    "see_deposit": calls.see_deposit("ann", shapes.NewDeposit("BTC", "1")),
    "save_destination": calls.save_destination(1, shapes.NewDestination("BTC", "cold", "bc1q")),
    "list_funding": calls.list_funding("ann", limit=1, before="x"),
    "drive_transfer": calls.drive_transfer("x", shapes.Step("Success")),
    "read_delays": calls.read_delays(),
    "set_delays": calls.set_delays(shapes.DelaysChange("1h")),
    "read_clock": calls.read_clock(),
    "set_clock": calls.set_clock(shapes.ClockChange(frozen=True)),
    "read_restore": calls.read_restore(),
    "restore": calls.restore(shapes.Restore("/x")),
    "read_books": calls.read_books(),
    "list_markets": calls.list_markets(),
    "read_market": calls.read_market("BTC/USD"),
    "change_market": calls.change_market("BTC/USD", shapes.MarketChange("online")),
    "print_trade": calls.print_trade("BTC/USD", shapes.NewTrade("1", "1")),
    "read_system": calls.read_system(),
    "change_system": calls.change_system(shapes.SystemChange("online")),
    "read_crowd": calls.read_crowd(),
    "change_crowd": calls.change_crowd(shapes.CrowdChange("calm")),
    "read_tape": calls.read_tape(),
    "follow": calls.follow(Wanted("ann", "BTC/USD", "traded", 1, None, follow=False)),
}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """An exchange that keeps nothing and wants a token."""
    with RunningServer(None, "--token", TOKEN) as running:
        yield running


@pytest.fixture
def control(server: RunningServer) -> Iterator[Control]:
    """Its control API."""
    with Control(server.url, TOKEN) as control:
        yield control


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.handle.__name__)
def test_every_operation_has_a_method_in_both_clients(operation: Operation) -> None:
    name, call = operation.handle.__name__, CALLS[operation.handle.__name__]
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", operation.path), call.path)
    body = None if operation.body is None else operation.body
    assert (call.verb, call.result, None if call.body is None else type(call.body)) == (
        operation.verb, operation.result, body
    )  # fmt: skip
    assert set(call.filters) == set(operation.filters)
    for client in (Control, AsyncControl):
        method = getattr(client, name)
        assert method.__doc__
        assert list(inspect.signature(method).parameters)[1:] == list(
            inspect.signature(getattr(calls, name)).parameters
        )


def test_no_method_is_of_an_operation_that_is_not_there() -> None:
    assert {operation.handle.__name__ for operation in OPERATIONS} == set(CALLS)


def test_answers_are_values(control: Control) -> None:
    opened = control.open_account(shapes.NewAccount("ann", balances={"USD": "100"}))
    assert control.issue_key("ann").account_id == opened.id
    coming = control.see_deposit(opened.id, shapes.NewDeposit("BTC", "0.5", manual=True))
    assert control.drive_transfer(coming.refid, shapes.Step("Success")).status == "Success"
    assert [transfer.refid for transfer in control.list_funding("ann", limit=1)] == [coming.refid]
    assert control.set_clock(shapes.ClockChange(frozen=True)).frozen
    assert control.read_market("BTC/USD") == control.read_market("XBTUSD")
    assert control.read_books().balanced


def test_a_refusal_has_status_and_detail(control: Control) -> None:
    with pytest.raises(ControlError, match="there is no account 'nobody/here'") as refused:
        control.issue_key("nobody/here")
    assert (refused.value.status, refused.value.detail) == (404, str(refused.value))


@pytest.mark.parametrize("token", [None, "another"])
def test_a_wanted_token_is_an_error_of_its_own(server: RunningServer, token: str | None) -> None:
    with Control(server.control, token) as control:
        with pytest.raises(TokenWantedError) as refused:
            control.health()
        with pytest.raises(TokenWantedError):
            next(control.follow())
    assert refused.value.status == 401
    assert TOKEN not in str(refused.value)


def test_where_nothing_answers_is_told_by_an_error_of_its_own() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Control(url) as control, pytest.raises(UnreachableError, match="nothing answers at http"):
            control.health()
        with Control(url) as control, pytest.raises(UnreachableError):
            next(control.follow())


def test_what_is_no_exchange_is_told_so() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        Thread(target=other.handle_request).start()
        url = f"http://127.0.0.1:{other.server_port}"
        with Control(url) as control, pytest.raises(StrangerError, match="and not as Seatrial does"):
            control.health()


def test_a_url_is_checked_at_once() -> None:
    for kind in (Control, AsyncControl):
        with pytest.raises(UrlError):
            kind("localhost:8790")


def test_events_come_once_each_and_go_on_behind_a_number(control: Control) -> None:
    control.open_account(shapes.NewAccount("eve"))
    control.open_account(shapes.NewAccount("fay"))
    opened = list(control.follow(Wanted(kind="account_opened", last=2, follow=False)))
    assert [event.details["account"] for event in opened] == ["eve", "fay"]
    behind = Wanted(kind="account_opened", since=opened[0].number, follow=False)
    assert list(control.follow(behind)) == opened[1:]
    assert msgspec.json.decode(opened[0].text)["number"] == opened[0].number
    with pytest.raises(ControlError) as gone:
        next(control.follow(Wanted(since=999_999_999)))
    assert gone.value.status == 410


def test_a_stream_that_the_exchange_ends_says_why_and_where() -> None:
    assert event_of("id: 7") is None
    with pytest.raises(StreamEndedError, match="look at it anew") as ended:
        event_of('data: {"kind":"world_replaced","detail":"look at it anew","last":7}')
    assert (ended.value.kind, ended.value.last) == ("world_replaced", 7)
    assert isinstance(ended.value, NoResultError)


def awaited(server: RunningServer, story: Callable[[AsyncControl], Awaitable[None]]) -> None:
    """Run a story with an event loop."""

    async def told() -> None:
        async with AsyncControl(server.url, TOKEN) as control:
            await story(control)

    asyncio.run(told())


def test_the_async_client_says_the_same(server: RunningServer, control: Control) -> None:
    async def story(awaiting: AsyncControl) -> None:
        assert await awaiting.list_accounts() == control.list_accounts()
        with pytest.raises(ControlError, match="there is no account"):
            await awaiting.issue_key("nobody")
        first = await awaiting.open_account(shapes.NewAccount("gil"))
        stream = awaiting.follow(Wanted(kind="account_opened", last=1))
        seen = await anext(stream)
        assert (seen.kind, seen.details["account"]) == ("account_opened", first.name)
        await awaiting.open_account(shapes.NewAccount("hal"))
        assert (await anext(stream)).details["account"] == "hal"

    awaited(server, story)


def test_it_needs_no_framework_of_the_command_line() -> None:
    program = (
        "import sys, seatrial.client.control; print({'typer', 'seatrial.cli', 'seatrial.server'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed == "set()\n"
