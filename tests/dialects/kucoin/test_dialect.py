"""Paths, verbs, and every way a call can go wrong."""

from functools import cache
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.commands import PassTime, SetSystemStatus
from seatrial.core.funding import TransferStatus
from seatrial.core.markets import SystemStatus
from seatrial.dialects.kucoin.dialect import ENDPOINTS, PERMISSIONS, ROUTES
from seatrial.dialects.kucoin.endpoint import Endpoint
from seatrial.dialects.wire import Call
from tests.support.kucoin_exchange import Exchange, User, answer

PRIVATE = [endpoint for endpoint in ENDPOINTS if isinstance(endpoint, Endpoint)]


def call(exchange: Exchange, verb: str, path: str, **more: bytes) -> tuple[int, str]:
    """Status and code of a call without credentials."""
    reply = exchange.serve(Call(verb, path, more.get("query", b""), {}, more.get("body", b""), "192.0.2.1"))
    return reply.status, answer(reply)["code"]


def path_of(template: str, subject: str) -> str:
    """A path of an endpoint."""
    lead, _, tail = template.partition("{")
    return lead + subject + tail.partition("}")[2] if tail else template


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[f"{one.verb} {one.path}" for one in ENDPOINTS])
def test_every_endpoint_is_found_by_its_path(endpoint: Endpoint) -> None:
    by_verb, in_path = ROUTES.find(path_of(endpoint.path, "abc-DEF_1"))
    assert by_verb[endpoint.verb] == endpoint
    name = endpoint.path.partition("{")[2].partition("}")[0]
    assert in_path == ((name, "abc-DEF_1") if name else None)


def test_no_two_endpoints_share_a_verb_and_path() -> None:
    assert len({(one.verb, path_of(one.path, "x")) for one in ENDPOINTS}) == len(ENDPOINTS)


def test_every_private_endpoint_needs_a_permission_that_keys_have() -> None:
    assert {one.permission for one in PRIVATE} <= PERMISSIONS
    assert all(one.weight > 0 for one in PRIVATE)


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/accounts/", "/api/v1/orders/", "/api/v1/orders/a/b",
     "/api/{currency: USDT}/accounts/ledgers", "/api/v1/accounts//ledgers", "/api/v2/symbols/",
     "/api/v1/hf/orders/client-order/a\x00b", "/api/v1/hf/orders/client-order/\ud800"],
)  # fmt: skip
def test_a_path_that_is_none_is_not_found(exchange: Exchange, path: str) -> None:
    assert call(exchange, "GET", path) == (404, "404000")


@pytest.mark.parametrize(
    ("verb", "path"), [("POST", "/api/v1/timestamp"), ("PUT", "/api/v1/orders"), ("PATCH", "/api/v1/fills")]
)
def test_another_verb_is_not_allowed(exchange: Exchange, verb: str, path: str) -> None:
    assert call(exchange, verb, path) == (405, "405000")


def test_head_is_answered_as_get(exchange: Exchange) -> None:
    assert call(exchange, "HEAD", "/api/v1/timestamp") == (200, "200000")
    assert call(exchange, "HEAD", "/api/v1/accounts") == (400, "400001")


@pytest.mark.parametrize("content_type", [None, b"", b"text/plain", b"application/x-www-form-urlencoded"])
def test_a_body_must_be_declared_as_json(exchange: Exchange, content_type: bytes | None) -> None:
    reply = exchange.user().send("POST", "/api/v1/orders", body=b"{}", headers={b"content-type": content_type})
    assert (reply.status, answer(reply)["code"]) == (415, "415000")


def test_a_declared_charset_does_no_harm(exchange: Exchange) -> None:
    reply = exchange.user().send(
        "POST", "/api/v1/orders", headers={b"content-type": b"application/JSON; charset=utf-8"}
    )
    assert answer(reply)["msg"] == "validation.createOrder.clientOidIsRequired"


def test_public_calls_do_not_look_at_credentials(exchange: Exchange) -> None:
    headers = {b"kc-api-key": b"", b"kc-api-sign": b"nonsense", b"kc-api-timestamp": b"0"}
    reply = exchange.serve(Call("GET", "/api/v1/timestamp", b"", headers, b"", "192.0.2.1"))
    assert answer(reply) == {"code": "200000", "data": exchange.now_ms}


def test_what_the_server_says_when_it_cannot_serve(exchange: Exchange) -> None:
    assert (exchange.kucoin.unavailable().status, answer(exchange.kucoin.unavailable())["code"]) == (503, "500000")
    assert (exchange.kucoin.unreadable().status, answer(exchange.kucoin.unreadable())["code"]) == (200, "400100")


def test_while_the_exchange_is_closed_only_its_time_and_status_are_told(exchange: Exchange) -> None:
    user = exchange.user()
    exchange.apply(SetSystemStatus(SystemStatus.MAINTENANCE))
    assert call(exchange, "GET", "/api/v1/symbols") == (503, "500000")
    assert user.refused("GET", "/api/v1/accounts") == (503, "500000", "The system is under maintenance.")
    assert exchange.get("/api/v1/status") == {"status": "close", "msg": ""}
    assert exchange.get("/api/v1/timestamp") == exchange.now_ms


def test_what_a_new_account_is_like(exchange: Exchange) -> None:
    opening = exchange.kucoin.opening
    assert (opening.trading_wallet, opening.funding_wallet, opening.tier) == ("trade", "main", "vip0")
    assert opening.permissions == PERMISSIONS


def test_names_and_references_for_the_control_api(exchange: Exchange) -> None:
    user, kucoin = exchange.user(main={"USDT": "100"}), exchange.kucoin
    assert (kucoin.asset_code("BTC"), kucoin.asset_code("XBT")) == ("BTC", None)
    deposit = user.deposit("USDT", "50", TransferStatus.SETTLED)
    withdrawal = user.withdraw("USDT", "Tether USD (TRC20)", "20")
    for transfer in (deposit, withdrawal):
        assert kucoin.transfer_number(exchange.transfer_id(transfer)) == transfer.transfer_id
        spell = exchange.ids.deposit if transfer is deposit else exchange.ids.withdrawal
        older = spell(transfer.transfer_id, 0)
        assert kucoin.transfer_number(older) == transfer.transfer_id, "as an older release spelled it"
    assert kucoin.transfer_number("nothing") is None
    assert kucoin.credentials(1).passphrase != kucoin.credentials(2).passphrase


def test_the_same_answer_whatever_order_json_fields_come_in(exchange: Exchange) -> None:
    user = exchange.user(USDT="1000")
    fields = {"clientOid": "a", "side": "buy", "symbol": "BTC-USDT", "price": "50000", "size": "0.001"}
    reply = user.send("POST", "/api/v1/orders/test", body=msgspec.json.encode(dict(reversed(fields.items()))))
    assert answer(reply)["data"] == user.post("/api/v1/orders/test", **fields)


NAMES = (
    "symbol", "currency", "chain", "type", "side", "status", "startAt", "endAt", "currentPage", "pageSize", "bizType",
    "direction", "limit", "lastId", "orderId", "clientOid", "size", "price", "funds", "timeInForce", "cancelAfter",
    "orderList", "postOnly", "stp", "symbols", "base", "currencies", "tradeType", "to", "tag", "pageNum",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["BTC-USDT", "USDT", "limit", "buy", "active", "1", "0", "-1", "1e5", "9" * 30, "x", "", "trx", "in"]
    ),
    st.text(max_size=5),
    st.integers(),
    st.booleans(),
    st.none(),
    st.lists(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=3), max_size=3), max_size=6),
)
PARAMS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[f"{one.verb} {one.path}" for one in ENDPOINTS])
@settings(max_examples=15)
@given(
    params=PARAMS,
    junk=st.text(st.characters(max_codepoint=126), max_size=30),
    subject=st.sampled_from(["x", "0" * 24, "BTC", "%00", "é"]),
)
def test_no_input_is_a_bug_and_no_refusal_changes_anything(
    endpoint: Endpoint, params: dict[str, object], junk: str, subject: str
) -> None:
    user = somebody()
    exchange = user.exchange
    exchange.apply(PassTime())
    before = exchange.machine.fingerprint()
    query = urlencode({name: str(value) for name, value in params.items()}).encode()
    by_query, by_body = [(query, b""), (junk.encode(), b"")], [(b"", msgspec.json.encode(params)), (b"", junk.encode())]
    sent = by_body if endpoint.verb == "POST" else by_query
    for raw_query, body in sent:
        reply = user.send(endpoint.verb, path_of(endpoint.path, subject), raw_query, body)
        said = answer(reply)
        assert isinstance(said["code"], str)
        assert reply.status in (200, 415)
        if endpoint.verb == "GET" or said["code"] != "200000":
            assert exchange.machine.fingerprint() == before


@cache
def somebody() -> User:
    """A user with a little money, in a world that all examples share."""
    return Exchange().user(USDT="10", main={"USDT": "10"})
