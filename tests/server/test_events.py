"""The stream of what happens: each fact once, in order, as JSON, and only what was asked for."""

import socket
from contextlib import closing
from random import Random
from typing import Any, get_args

import httpx
import msgspec
import pytest

from seatrial.client.calls import Wanted
from seatrial.client.control import ENDS, Control
from seatrial.client.shapes import ClockChange, CrowdChange
from seatrial.core.facts import AnyFact
from seatrial.core.machine import Machine
from seatrial.dialects.wire import Dialect
from seatrial.server.control.event_views import KINDS, Views
from seatrial.server.control.events import MAX_LAST
from seatrial.world.sessions import End
from tests.support.any_commands import OPENING, any_journal, new_machine
from tests.support.houses import any_of_a_house, of_a_house
from tests.support.inside import Answer, Inside, inside
from tests.support.running import RunningServer


def events_of(answer: Answer) -> list[dict[str, Any]]:
    """What a stream that has ended said, which must be well-formed."""
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    found = []
    for block in answer.body.decode().removesuffix("\n\n").split("\n\n")[1:]:
        number, kind, data = block.split("\n")
        event = msgspec.json.decode(data.removeprefix("data: "), type=dict[str, Any])
        assert (number, kind) == (f"id: {event['number']}", f"event: {event['kind']}")
        found.append(event)
    return found


async def held(server: Inside, query: str = "last=1000") -> list[dict[str, Any]]:
    """What is held of that."""
    return events_of(await server.get("/events", f"follow=false&{query}"))


async def trades(server: Inside) -> None:
    """Two users trade once."""
    for name in ("ann", "bob"):
        who = await server.account(name, USD="100000", BTC="5")
        order = {"pair": "XBTUSD", "type": "buy" if name == "ann" else "sell", "ordertype": "limit"}
        assert (await server.send(who.call("AddOrder", **order, price=50_000, volume=1))).result


def test_what_happens_is_told_in_order_and_without_a_gap() -> None:
    async def story(server: Inside) -> None:
        await trades(server)
        told = await held(server)
        numbers = [event["number"] for event in told]
        assert numbers == list(range(numbers[0], server.world.record.last + 1))
        kinds = [event["kind"] for event in told]
        assert kinds[-5:] == ["order_accepted", "entry_posted", "traded", "order_ended", "order_ended"]
        traded = next(event for event in told if event["kind"] == "traded")
        assert (traded["market"], traded["price"], traded["qty"]) == ("BTC/USD", "50000.0", "1.00000000")
        assert (traded["maker"]["account"], traded["taker"]["account"]) == ("ann", "bob")
        ended = [event for event in told if event["kind"] == "order_ended"]
        assert {event["order"] for event in ended} == {traded["maker"]["order"], traded["taker"]["order"]}

    inside(story)


def test_ids_are_those_that_the_venue_shows() -> None:
    async def story(server: Inside) -> None:
        await trades(server)
        ann = await server.account("carl", USD="100000")
        placed = await server.send(
            ann.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=1, volume=1)
        )
        accepted = (await held(server, "account=carl&kind=order_accepted&last=1"))[0]
        assert [accepted["order"]] == placed.result["txid"]
        entry = (await held(server, "account=carl&kind=entry_posted&last=1"))[0]
        ledger = (await server.send(ann.call("Ledgers"))).result["ledger"]
        assert {row["id"] for row in entry["rows"]} == set(ledger)

    inside(story)


@pytest.mark.parametrize(
    ("query", "kinds", "market"),
    [
        ("account=ann", {"account_opened", "deposit_seen", "entry_posted", "key_issued", "nonce_spent",
                         "order_accepted", "order_rested", "traded", "order_ended"}, None),
        ("market=XBTUSD", {"order_accepted", "order_rested", "traded", "order_ended"}, "BTC/USD"),
        ("market=BTC-USD&account=bob", {"order_accepted", "traded", "order_ended"}, "BTC/USD"),
        ("kind=traded", {"traded"}, "BTC/USD"),
        ("kind=traded,+order_ended&account=ann", {"traded", "order_ended"}, "BTC/USD"),
        ("market=ETHUSD", set(), None),
    ],
)  # fmt: skip
def test_a_stream_tells_only_what_was_asked_for(query: str, kinds: set[str], market: str | None) -> None:
    async def story(server: Inside) -> None:
        await trades(server)
        told = await held(server, f"last=1000&{query}")
        assert {event["kind"] for event in told} - {"assets_valued"} == kinds
        assert all(event["market"] == market for event in told if market is not None)
        if "account=ann" in query:
            rows = [row for event in told if event["kind"] == "entry_posted" for row in event["rows"]]
            assert {row["account"] for row in rows} <= {"ann"}

    inside(story)


def test_since_goes_on_without_gap_or_double() -> None:
    async def story(server: Inside) -> None:
        await trades(server)
        everything = await held(server)
        for place in (0, 3, len(everything) - 1):
            number = everything[place]["number"]
            assert await held(server, f"since={number}") == everything[place + 1 :]
            ask = server.ask(
                "GET", "/_seatrial/v1/events", query="follow=false",
                headers=(("host", "localhost"), ("last-event-id", str(number))),
            )  # fmt: skip
            assert events_of(await ask) == everything[place + 1 :]

    inside(story)


def test_a_number_that_is_held_no_more_is_told_so() -> None:
    async def story(server: Inside) -> None:
        await server.account("ann", USD="5")
        record = server.world.record
        for number in (record.first - 2, record.last + 1):
            status, detail = (await server.get("/events", f"since={number}")).problem
            assert (status, f"facts {record.first} to {record.last} are held" in detail) == (410, True)

    inside(story)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("account=nobody", 404, "there is no account 'nobody'"),
        ("market=NONSENSE", 404, "there is no market 'NONSENSE'"),
        ("kind=traded,nonsense", 422, "there is no kind 'nonsense': one of account_opened,"),
        ("since=-1", 422, "since must be a whole number"),
        ("since=x", 422, "since must be a whole number"),
        ("since=²", 422, "since must be a whole number"),
        (f"last={MAX_LAST + 1}", 422, "last must be a whole number from 0 to"),
        ("since=1&last=1", 422, "since and last do not go together"),
        ("follow=maybe", 422, "follow must be true or false"),
    ],
)
def test_what_cannot_be_followed_is_refused(query: str, status: int, says: str) -> None:
    async def story(server: Inside) -> None:
        told, detail = (await server.get("/events", query)).problem
        assert (told, says in detail) == (status, True), detail

    inside(story)


def test_a_stream_begins_with_what_comes_next_and_with_the_last_events_if_asked() -> None:
    async def story(server: Inside) -> None:
        await trades(server)
        assert await held(server, "") == []
        everything = await held(server)
        assert await held(server, "last=3") == everything[-3:]
        assert await held(server, "last=0") == []
        ended = [event for event in everything if event["kind"] == "order_ended"]
        assert await held(server, "last=1&kind=order_ended") == ended[-1:]

    inside(story)


def history(seed: int) -> tuple[Machine, list[AnyFact]]:
    """A world with a past of everything, and all of its facts."""
    machine, luck = new_machine(), Random(seed)  # noqa: S311  a test's luck
    facts: list[AnyFact] = []
    journal = [(command, 0) for command in (*OPENING, *of_a_house())]
    for one in any_journal(seed, 200):
        journal += [one, (any_of_a_house(luck), 10**6)]
    for command, gap_ns in journal:
        machine.apply(command, machine.state.now_ns + gap_ns)
        recorded = machine.take_changes().recorded
        facts += [] if recorded is None else recorded.facts
    return machine, facts


def test_every_kind_of_fact_is_shown_and_none_shows_a_secret(dialects: dict[str, Dialect]) -> None:
    assert set(KINDS) == set(get_args(AnyFact))
    machine, facts = history(1)
    assert len({type(fact) for fact in facts}) > 20
    views = Views(lambda: machine.state, dialects)
    secrets = {key.secret for key in machine.state.keys.values()} | {
        text for key in machine.state.keys.values() for text in (key.one_time_password, key.totp_secret) if text
    }
    assert secrets
    for number, fact in enumerate(facts, 1):
        text = msgspec.json.encode(views.of(number, fact)).decode()
        assert msgspec.json.decode(text)["number"] == number
        assert not any(secret in text or secret in repr(fact) for secret in secrets), text


@pytest.fixture(scope="module")
def dialects() -> dict[str, Dialect]:
    """Those of a world."""
    found: list[dict[str, Dialect]] = []

    async def story(server: Inside) -> None:
        found.append(server.world.dialects)

    inside(story)
    return found[0]


def test_clients_know_every_way_in_which_a_stream_ends() -> None:
    assert set(End) == ENDS


def test_a_stream_goes_on_until_its_reader_leaves_or_the_server_stops() -> None:
    with RunningServer(None) as server, httpx.Client(base_url=server.control, timeout=20) as client:
        address = "/events?kind=account_opened"
        with client.stream("GET", address) as left:
            assert next(left.iter_lines()).startswith("id: ")
        with client.stream("GET", address) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("id: ")
            server.tell("/accounts", name="ann")
            said = [next(lines) for _ in range(4)]
            assert (said[2], '"account":"ann"' in said[3]) == ("event: account_opened", True)
            assert server.interrupt() == 0
            assert "event: server_stops" in list(lines)


def connected(server: RunningServer) -> socket.socket:
    """A bare connection to a server."""
    where = httpx.URL(server.url)
    return socket.create_connection((where.host, where.port))


def test_a_reader_who_does_not_read_holds_up_nobody() -> None:
    with RunningServer(None) as server, closing(connected(server)) as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        silent.sendall(b"GET /_seatrial/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with Control(server.control, patience=60) as control:
            control.change_crowd(CrowdChange("busy"))
            control.set_clock(ClockChange(advance="10m"))
            assert control.health().status == "ok"
            (last,) = control.follow(Wanted(last=1, follow=False))
            assert last.number > 20_000
