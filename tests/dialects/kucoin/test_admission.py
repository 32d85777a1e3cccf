"""Who may come in, and what those hear who may not."""

from collections.abc import Callable

import pytest

from seatrial.core.commands import IssueKey, OpenAccount
from seatrial.core.facts import AccountOpened
from seatrial.dialects.kucoin import auth
from seatrial.dialects.wire import Reply
from tests.support.kucoin_exchange import MILLISECOND_NS, PASSPHRASE, SECOND_NS, START_NS, Exchange, User, answer

PATH = "/api/v1/user/api-key"

GOOD: dict[bytes, bytes | None] = {}
NO_KEY: dict[bytes, bytes | None] = {b"kc-api-key": None}
NO_SIGN: dict[bytes, bytes | None] = {b"kc-api-sign": b""}
NO_TIME: dict[bytes, bytes | None] = {b"kc-api-timestamp": None}
NO_PASSPHRASE: dict[bytes, bytes | None] = {b"kc-api-passphrase": None}
OLD: dict[bytes, bytes | None] = {b"kc-api-timestamp": b"%d" % (START_NS // MILLISECOND_NS - 5000)}
NO_NUMBER: dict[bytes, bytes | None] = {b"kc-api-timestamp": b"now"}
BAD_VERSION: dict[bytes, bytes | None] = {b"kc-api-key-version": b"4"}
UNKNOWN_KEY: dict[bytes, bytes | None] = {b"kc-api-key": b"nobody\xff"}
BAD_PASSPHRASE: dict[bytes, bytes | None] = {b"kc-api-passphrase": PASSPHRASE.encode()}
BAD_SIGN: dict[bytes, bytes | None] = {b"kc-api-sign": b"\xff"}


def said(reply: Reply) -> tuple[int, str]:
    """Status and code."""
    return reply.status, answer(reply)["code"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (NO_KEY, 400, "400001"),
        (NO_SIGN, 400, "400001"),
        (NO_TIME, 400, "400001"),
        (NO_PASSPHRASE, 400, "400001"),
        (OLD, 400, "400002"),
        (NO_NUMBER, 400, "400002"),
        (BAD_VERSION, 400, "400009"),
        (UNKNOWN_KEY, 401, "400003"),
        (BAD_PASSPHRASE, 401, "400004"),
        (BAD_SIGN, 401, "400005"),
        (NO_PASSPHRASE | OLD, 400, "400001"),
        (OLD | UNKNOWN_KEY, 400, "400002"),
        (UNKNOWN_KEY | BAD_PASSPHRASE, 401, "400003"),
        (BAD_PASSPHRASE | BAD_SIGN, 401, "400004"),
        (GOOD, 200, "200000"),
    ],
)
def test_the_first_check_that_fails_is_the_answer(
    exchange: Exchange, headers: dict[bytes, bytes | None], status: int, code: str
) -> None:
    assert said(exchange.user().send("GET", PATH, headers=headers)) == (status, code)


def test_the_operator_learns_what_should_have_been_signed_and_not_the_secret(exchange: Exchange) -> None:
    user = exchange.user()
    note = user.send("GET", PATH, b"a=%2C", headers=BAD_SIGN).note
    assert note is not None
    assert f"GET{PATH}?a=%2C" in note
    assert user.key.secret not in note


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_every_version_of_a_key_may_come_in(exchange: Exchange, version: str) -> None:
    assert said(exchange.user().send("GET", PATH, version=version)) == (200, "200000")


def test_without_a_version_the_passphrase_is_in_clear(exchange: Exchange) -> None:
    headers: dict[bytes, bytes | None] = {b"kc-api-key-version": None}
    assert said(exchange.user().send("GET", PATH, version="1", headers=headers)) == (200, "200000")
    assert said(exchange.user().send("GET", PATH, version="2", headers=headers)) == (401, "400004")


@pytest.mark.parametrize("signed", [b"currency=BTC%2CUSDT", b"currency=BTC,USDT"])
def test_both_forms_of_a_query_may_be_signed(exchange: Exchange, signed: bytes) -> None:
    reply = exchange.user().send("GET", "/api/v1/accounts/ledgers", b"currency=BTC%2CUSDT", signed_query=signed)
    assert said(reply) == (200, "200000")


def test_a_query_of_another_form_is_no_signature(exchange: Exchange) -> None:
    reply = exchange.user().send("GET", "/api/v1/accounts/ledgers", b"currency=BTC", signed_query=b"currency=%42TC")
    assert said(reply) == (401, "400005")


def test_a_timestamp_may_come_again_and_be_late_by_its_window(exchange: Exchange) -> None:
    user = exchange.user()
    late: dict[bytes, bytes | None] = {b"kc-api-timestamp": b"%d" % (START_NS // MILLISECOND_NS - 4999)}
    for _ in range(2):
        assert said(user.send("GET", PATH)) == (200, "200000")
        assert said(user.send("GET", PATH, headers=late)) == (401, "400005"), "signed with another time, but in time"


HOUR_NS = 3_600 * SECOND_NS


def stamped(user: User, at_ns: int) -> Reply:
    """The answer to a call that says that it was signed at that time; 400005 means that the time is good."""
    return user.send("GET", PATH, headers={b"kc-api-timestamp": b"%d" % (at_ns // MILLISECOND_NS)})


@pytest.mark.parametrize(
    ("setting", "by_world", "by_computer", "by_neither"),
    [
        (None, "400005", "400005", "400002"),
        (True, "400005", "400002", "400002"),
        (False, "400005", "400005", "400005"),
    ],
)
def test_in_a_world_with_a_time_of_its_own_the_account_says_which_times_are_good(
    exchange: Exchange,
    setting: bool | None,
    by_world: str,
    by_computer: str,
    by_neither: str,
) -> None:
    user = exchange.user(check_timestamps=setting)
    exchange.real_ns = START_NS - 24 * HOUR_NS
    assert said(stamped(user, START_NS - SECOND_NS))[1] == by_world
    assert said(stamped(user, exchange.real_ns + SECOND_NS))[1] == by_computer
    assert said(stamped(user, START_NS - HOUR_NS))[1] == by_neither
    assert said(user.send("GET", PATH, headers=NO_NUMBER)) == (400, "400002")


def test_where_the_clock_was_left_alone_five_seconds_count(exchange: Exchange) -> None:
    user = exchange.user()
    exchange.real_ns = START_NS
    assert [said(stamped(user, START_NS + off * SECOND_NS))[1] for off in (-5, -4, 4, 6)] == [
        "400002", "400005", "400005", "400002",
    ]  # fmt: skip


def test_a_sub_account_goes_by_the_times_of_its_owner(exchange: Exchange) -> None:
    user = exchange.user(check_timestamps=False)
    user.post("/api/v2/sub/user/created", subName="second1", password="Abcdefg1", access="Spot")
    assert exchange.machine.state.accounts[2].account.check_timestamps is False


def test_the_log_says_why_a_time_was_refused(exchange: Exchange) -> None:
    user = exchange.user()
    exchange.real_ns = START_NS - 24 * HOUR_NS
    note = stamped(user, START_NS + 60 * SECOND_NS).note
    world_ms, real_ms = START_NS // MILLISECOND_NS, exchange.real_ns // MILLISECOND_NS
    assert note == (
        f"KC-API-TIMESTAMP of GET {PATH} is refused: it is {world_ms + 60_000}, 59.999 s ahead of the world's time of "
        f"{world_ms} and 86459.999 s ahead of this computer's of {real_ms}"
    )
    note = user.send("GET", PATH, headers={b"kc-api-timestamp": b"a-secret"}).note
    assert note == f"KC-API-TIMESTAMP of GET {PATH} is refused: it is no number of milliseconds"


def test_an_expired_key_does_not_exist(exchange: Exchange) -> None:
    user = exchange.key(exchange.user().account_id, valid_until_ns=START_NS + SECOND_NS)
    assert said(user.send("GET", PATH)) == (200, "200000")
    exchange.clock.advance(1)
    assert said(user.send("GET", PATH)) == (401, "400003")


def test_a_key_without_a_passphrase_opens_nothing(exchange: Exchange) -> None:
    user = exchange.key(exchange.user().account_id, one_time_password=None)
    assert said(user.send("GET", PATH)) == (401, "400004")


def test_a_key_of_another_venue_does_not_exist_here(exchange: Exchange) -> None:
    (opened,) = exchange.apply(
        OpenAccount("a kraken", "kraken", "pro", rate_limits=False, trading_wallet="spot", funding_wallet="spot")
    )
    assert isinstance(opened, AccountOpened)
    command = IssueKey(
        opened.account.account_id, "k", "public", "c2VjcmV0", frozenset({"General"}), one_time_password="p"
    )
    exchange.apply(command)
    assert said(User(exchange, exchange.machine.state.keys["public"]).send("GET", PATH)) == (401, "400003")


@pytest.mark.parametrize("address", ["192.0.2.1", "10.1.2.3", "::1", "::ffff:192.0.2.1"])
def test_a_listed_address_may_call(exchange: Exchange, address: str) -> None:
    user = exchange.key(exchange.user().account_id, ip_allowlist=("192.0.2.1", "10.0.0.0/8", "::1"))
    assert said(user.send("GET", PATH, address=address)) == (200, "200000")


@pytest.mark.parametrize("address", ["192.0.2.2", "", "testclient"])
def test_another_address_is_told_what_it_is(exchange: Exchange, address: str) -> None:
    user = exchange.key(exchange.user().account_id, ip_allowlist=("192.0.2.1",))
    reply = user.send("GET", PATH, address=address)
    assert (reply.status, answer(reply)) == (
        403,
        {"code": "400006", "msg": f"Invalid request ip, the current clientIp is: {address}"},
    )


CALLS: list[tuple[str, Callable[[User], Reply]]] = [
    ("General", lambda user: user.send("GET", "/api/v1/accounts")),
    ("Spot", lambda user: user.send("DELETE", "/api/v1/orders")),
    ("Transfer", lambda user: user.send("DELETE", "/api/v1/withdrawals/x")),
]


@pytest.mark.parametrize(("permission", "call"), CALLS, ids=[permission for permission, _ in CALLS])
def test_a_call_needs_its_permission(exchange: Exchange, permission: str, call: Callable[[User], Reply]) -> None:
    account = exchange.user().account_id
    others = frozenset({"General", "Spot", "Transfer"}) - {permission}
    assert said(call(exchange.key(account, others))) == (403, "400007")
    assert said(call(exchange.key(account, frozenset({permission}))))[1] != "400007"


def test_every_private_answer_says_what_is_left(exchange: Exchange) -> None:
    user = exchange.user(rate_limits=True)
    assert dict(user.send("GET", "/api/v1/accounts/ledgers").headers) == {
        b"gw-ratelimit-limit": b"2000",
        b"gw-ratelimit-remaining": b"1990",
        b"gw-ratelimit-reset": b"30000",
    }
    exchange.clock.advance(10)
    refused = user.send("GET", "/api/v1/accounts/ledgers", b"pageSize=x")
    assert dict(refused.headers)[b"gw-ratelimit-remaining"] == b"1980"
    assert dict(refused.headers)[b"gw-ratelimit-reset"] == b"20000"


def test_one_call_too_many_is_refused_until_the_window_ends(exchange: Exchange) -> None:
    user = exchange.user(rate_limits=True)
    for _ in range(100):
        assert said(user.send("GET", "/api/v2/user-info")) == (200, "200000")
    refused = user.send("GET", "/api/v2/user-info")
    assert said(refused) == (429, "429000")
    assert dict(refused.headers)[b"gw-ratelimit-remaining"] == b"0"
    assert said(user.send("GET", "/api/v1/orders")) == (200, "200000"), "another pool"
    exchange.clock.advance(30)
    assert said(user.send("GET", "/api/v2/user-info")) == (200, "200000")


def test_an_account_without_limits_has_none(exchange: Exchange) -> None:
    user = exchange.user(rate_limits=False, tier="vip2")
    for _ in range(300):
        reply = user.send("GET", "/api/v2/user-info")
    assert said(reply) == (200, "200000")
    assert dict(reply.headers)[b"gw-ratelimit-remaining"] == b"4000"


def test_a_refused_caller_spends_nothing(exchange: Exchange) -> None:
    user = exchange.user(rate_limits=True)
    user.send("GET", "/api/v2/user-info", headers=BAD_SIGN)
    assert dict(user.send("GET", "/api/v2/user-info").headers)[b"gw-ratelimit-remaining"] == b"1980"


def test_the_signature_is_over_the_body_as_it_was_sent(exchange: Exchange) -> None:
    user = exchange.user(USDT="1000")
    body = b'{"clientOid": "a", "side": "buy",\n "symbol": "BTC-USDT", "price": "50000", "size": "0.001"}'
    assert said(user.send("POST", "/api/v1/orders", body=body)) == (200, "200000")
    other: dict[bytes, bytes | None] = {b"kc-api-sign": auth.sign("1", "POST", "/", b"", "x").encode()}
    assert said(user.send("POST", "/api/v1/orders", body=body, headers=other)) == (401, "400005")
