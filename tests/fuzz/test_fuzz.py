"""A sample of what `make fuzz` does, and that it would see what it looks for."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

import fuzz
from fuzz import kraken, kraken_sockets, kucoin
from fuzz.judging import Fault, Finding
from fuzz.requests import SOCKET, Proof, Request, curl_line
from fuzz.rounds import Plan, pinned, play
from seatrial.core.commands import PlaceOrder
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.dialects.kraken import dialect, rest
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.errors import BadCall
from seatrial.dialects.kraken.params import Params
from seatrial.dialects.kraken.ws import channels, methods
from seatrial.dialects.kraken.ws.methods import METHODS
from seatrial.dialects.kucoin import rest as kucoin_rest
from tests.support import postgres

ROOT = Path(fuzz.__file__).parent.parent
DEALERS = [kraken, kucoin, kraken_sockets]
READERS = {
    "text", "required", "boolean", "flag_any", "integer", "decimal", "choice", "required_choice", "time_ns",
    "comma_list", "group", "rows", "milliseconds_ns", "moment_ns", "rfc3339_ns", "classified_list", "strict_boolean",
}  # fmt: skip
ADD_ORDER = "/0/private/AddOrder"
PLANTED = Plan(1, 4, 240, sampled=5)
"""Enough for a planted fault to show."""


def names_read(folder: Path) -> Iterator[str]:
    """Every name that a reader of parameters is asked for, where it stands there as a text."""
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr=reader), args=[ast.Constant(value=str(name)), *_]) if (
                    reader in READERS
                ):
                    yield name


def names_read_by(file: Path) -> set[str]:
    """Every name that is looked up in parameters there."""
    found = re.findall(r"(?:params\.get|flag)\((?:params, )?\"(\w+)\"", file.read_text(encoding="utf-8"))
    return set(found) - {"asset_class"}


@pytest.mark.parametrize("dealer", DEALERS, ids=["kraken", "kucoin", "sockets"])
def test_every_endpoint_is_attacked(dealer: Any) -> None:
    assert dealer.PARAMETERS.keys() == dealer.TABLE.keys()


@pytest.mark.parametrize(("dealer", "handlers"), [(kraken, rest), (kucoin, kucoin_rest)], ids=["kraken", "kucoin"])
def test_every_parameter_that_is_read_is_sent(dealer: Any, handlers: Any) -> None:
    read = set(names_read(Path(handlers.__file__).parent))
    assert len(read) > 40
    in_paths = {name for endpoint in dealer.PARAMETERS for name in re.findall(r"{(\w+)}", endpoint)}
    assert read - in_paths - {name for spec in dealer.PARAMETERS.values() for name in spec.names} == set()


@pytest.mark.parametrize("method", METHODS)
def test_every_field_of_a_method_over_sockets_is_sent(method: str) -> None:
    assert METHODS[method].fields <= kraken_sockets.PARAMETERS[method].names


def test_what_a_channel_takes_is_sent() -> None:
    told = names_read_by(Path(channels.__file__))
    assert told <= kraken_sockets.PARAMETERS["subscribe"].names
    assert {"depth", "snap_orders", "event_trigger"} <= told


def test_a_sample_of_broken_calls_breaks_nothing_and_changes_nothing_that_was_refused() -> None:
    played = [play(Plan(2026, number, 500)) for number in (1, 2)]
    assert [found for one in played for found in one.findings] == []
    answers: Counter[tuple[str, bool]] = Counter()
    for (venue, _, words), count in ((line, count) for one in played for line, count in one.answers.items()):
        answers[venue, words == "ok"] += count
    assert answers.total() == 1000
    assert all(answers[kind] > 100 for kind in product(("kraken", "kucoin"), (True, False)))


def test_broken_calls_do_no_more_to_a_world_in_postgresql() -> None:
    plan = Plan(2026, 3, 250)
    assert play(replace(plan, postgresql=postgres.shared_url())) == play(plan)


def test_a_round_is_the_same_again() -> None:
    first, again = (play(Plan(7, 3, 150)) for _ in range(2))
    assert first == again
    assert first != play(Plan(8, 3, 150))


Handler = Callable[[Context, Params], Any]


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], list[Finding]]:
    """Put another handler in the place of AddOrder's; what the fuzzer finds then."""

    def put(handler: Handler) -> list[Finding]:
        monkeypatch.setitem(dialect.PRIVATE, ADD_ORDER, replace(dialect.PRIVATE[ADD_ORDER], handle=handler))
        return play(PLANTED).findings

    return put


Plant = Callable[[Handler], list[Finding]]


def test_a_bug_is_found_with_the_least_that_brings_it_up(plant: Plant) -> None:
    def breaks(_context: Context, params: Params) -> dict[str, str]:
        assert params.text("volume") is None, "a planted bug"
        return {}

    (found,) = plant(breaks)
    assert (found.wrong.fault, found.request.endpoint) == (Fault.BROKE, ADD_ORDER)
    assert "a planted bug" in found.wrong.detail
    assert b"volume" in found.request.body
    assert not any(name in found.request.body for name in (b"pair", b"type", b"price"))
    assert len(found.request.body) < len("nonce=NONCE&volume=") + 15


def test_a_bug_behind_a_socket_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_machine: Machine, given: dict[str, Any]) -> dict[str, str]:
        assert "limit_price" not in given, "a planted bug"
        raise BadCall("EOrder:Too late")

    broken = replace(methods.METHODS["add_order"], params=breaks)
    monkeypatch.setitem(methods.METHODS, "add_order", broken)
    found = [one for one in play(replace(PLANTED, requests=500)).findings if one.request.verb == SOCKET]
    assert {(one.wrong.fault, one.request.endpoint) for one in found} == {(Fault.BROKE, "/v2 add_order")}
    assert all(b"limit_price" in one.request.body for one in found)


def place(context: Context) -> None:
    """An order that its account can pay for."""
    context.machine.apply(
        PlaceOrder(context.account_id, "BTC/USD", Side.BUY, OrderKind.LIMIT, price_ticks=10, qty_lots=10**8),
        context.at_ns,
    )


def test_a_refused_call_that_changed_something_is_found(plant: Plant) -> None:
    def refuses_too_late(context: Context, _params: Params) -> None:
        place(context)
        raise BadCall("EOrder:Too late")

    found = plant(refuses_too_late)
    assert {(one.wrong.fault, one.request.endpoint) for one in found} == {(Fault.CHANGED, ADD_ORDER)}
    assert {one.wrong.cause for one in found} == {
        "order_id, orders, purses, queue",
        "order_id, orders, purses, queue, valuations",
    }, "the first order of an hour values what its account has"


def test_a_refused_call_that_changed_what_the_store_does_not_see_is_found(plant: Plant) -> None:
    def forgets_and_refuses(context: Context, _params: Params) -> None:
        context.account.volume.add(context.at_ns, 1)
        raise BadCall("EOrder:Too late")

    assert Fault.CHANGED in {found.wrong.fault for found in plant(forgets_and_refuses)}


def test_money_out_of_nothing_is_found_and_pinned_to_its_request(plant: Plant) -> None:
    def makes_money(context: Context, _params: Params) -> dict[str, str]:
        next(context.state.ledger.of_account(context.account_id)).free.balance += 1
        return {}

    (found,) = plant(makes_money)
    assert (found.wrong.fault, found.number) == (Fault.UNBALANCED, PLANTED.requests)
    blamed = pinned(PLANTED, found)
    assert (blamed.wrong.fault, blamed.request.endpoint) == (Fault.UNBALANCED, ADD_ORDER)


def test_what_a_restart_would_forget_is_found(plant: Plant) -> None:
    def is_forgetful(context: Context, _params: Params) -> dict[str, str]:
        context.account.volume.add(context.at_ns, 1)
        return {}

    (found,) = plant(is_forgetful)
    assert found.wrong.fault is Fault.FORGOT


def test_an_answer_that_is_none_of_the_venues_is_found(plant: Plant) -> None:
    (found,) = plant(lambda _context, _params: msgspec.Raw(b"["))
    assert found.wrong.fault is Fault.MALFORMED


def test_a_finding_is_shown_as_a_line_for_the_shell() -> None:
    body = b"NONCE&a=\xff'\"\\\n$x"
    request = Request(venue="kraken", endpoint="x", verb="POST", path="/0/x", query=b"a b#\x00", body=body)
    line = curl_line(request)
    assert "http://127.0.0.1:8000/0/x?a%20b%23%00" in line
    said = subprocess.run(
        ["bash", "-c", line.replace("curl", "printf '%s\\n'")],  # noqa: S607  bash is where it is
        capture_output=True,
        check=True,
    ).stdout
    assert said.endswith(b"--data-raw\n" + body + b"\n")
    assert curl_line(replace(request, proof=Proof.NONE, body=b"")).endswith("# unsigned")


def test_the_command_says_what_it_sent_and_found(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fuzz", "--requests", "60", "--examples", "0", "--jobs", "1"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "60 requests in 1 worlds" in done.stdout
    assert "0 findings" in done.stdout
