"""Who is let in, in which order that is checked, and what broken calls are answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.commands import PassTime
from seatrial.dialects.kraken import auth
from seatrial.dialects.kraken.dialect import PERMISSIONS, PRIVATE, PUBLIC, Kraken
from seatrial.dialects.wire import Call, Lookup, Reply
from tests.support.kraken_exchange import SECOND_NS, START_NS, Exchange, Trader, envelope, symbols

JSON = b"application/json"
INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
BAD_REQUEST = "EAPI:Bad request"
DENIED = "EGeneral:Permission denied"
TOO_FAST = "EAPI:Rate limit exceeded"
BAD = "EGeneral:Invalid arguments"
ORDER = "ordertype=limit&type=buy&pair=XBTUSD&volume=0.01&price=20000"

ALLOWED = {
    "Balance": ["query-funds"],
    "BalanceEx": ["query-funds"],
    "TradeBalance": ["query-open-trades", "query-funds"],
    "CreditLines": ["query-funds"],
    "ListWalletAccounts": [],
    "TradeVolume": ["query-funds"],
    "OpenOrders": ["query-open-trades"],
    "Level3": ["query-open-trades"],
    "OpenPositions": ["query-open-trades"],
    "ClosedOrders": ["query-closed-trades"],
    "QueryOrders": ["query-open-trades", "query-closed-trades"],
    "TradesHistory": ["query-closed-trades", "query-open-trades"],
    "QueryTrades": ["query-closed-trades", "query-open-trades"],
    "Ledgers": ["query-ledger"],
    "QueryLedgers": ["query-ledger"],
    "GetApiKeyInfo": [],
    "GetWebSocketsToken": ["create-ws-token"],
    "AddOrder": ["modify-trades"],
    "AddOrderBatch": ["modify-trades + close-trades"],
    "AmendOrder": ["modify-trades", "close-trades"],
    "EditOrder": ["modify-trades + close-trades"],
    "CancelOrderBatch": ["modify-trades", "close-trades"],
    "OrderAmends": ["query-open-trades", "query-closed-trades"],
    "CancelOrder": ["modify-trades", "close-trades"],
    "CancelAll": ["modify-trades", "close-trades"],
    "CancelAllOrdersAfter": ["modify-trades", "close-trades"],
    "DepositMethods": ["query-funds + add-funds"],
    "DepositAddresses": ["query-funds", "add-funds"],
    "DepositStatus": ["query-funds", "add-funds"],
    "WithdrawMethods": ["withdraw-funds"],
    "WithdrawAddresses": ["withdraw-funds"],
    "WithdrawInfo": ["withdraw-funds"],
    "Withdraw": ["withdraw-funds"],
    "WithdrawStatus": ["withdraw-funds", "query-ledger"],
    "WithdrawCancel": ["withdraw-funds"],
    "CreateSubaccount": ["withdraw-funds"],
    "AccountTransfer": ["withdraw-funds"],
}
"""Alternatives; nothing listed: any key. Source: kraken-rest#permissions and kraken-rest#methods, what either grouping
allows."""

FOR_INSTITUTIONS = ("CreateSubaccount", "AccountTransfer")
"""What no account here may do, whatever its key allows."""

COSTS = {
    "Ledgers": 2, "QueryLedgers": 2, "TradesHistory": 2, "AddOrder": 0, "CancelOrder": 0, "AmendOrder": 0,
    "EditOrder": 0, "AddOrderBatch": 0, "CancelOrderBatch": 0,
}  # fmt: skip
"""All others cost 1. Source: kraken-rest#call-limits."""


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who may do everything and can pay for it."""
    return exchange.account(USD="100000", BTC="10")


@contextmanager
def nothing_changes(exchange: Exchange) -> Iterator[None]:
    """Nothing but a nonce may be spent meanwhile."""
    before = exchange.fingerprint()
    yield
    assert exchange.fingerprint() == before


def error(reply: Reply) -> str:
    """The one error of a refusal, which comes with status 200 and no result."""
    assert reply.status == 200
    answer = envelope(reply.body)
    assert list(answer) == ["error"]
    (words,) = answer["error"]
    return str(words)


def test_the_checks_come_in_the_documented_order(exchange: Exchange) -> None:
    """Each call is wrong in one thing fewer than the one before it, and is told the first that is left."""
    account = exchange.account("slow", tier="starter", rate_limits=True, USD="100")
    slow = exchange.key(account.account_id, frozenset({"query-funds"}), one_time_password="open sesame")
    for nonce in range(1, 16):
        assert b'"result"' in slow.send("Balance", b"nonce=%d&otp=open+sesame" % nonce, str(nonce)).body

    wrong = {b"api-sign": b"wrong"}
    replayed = b'{"nonce":15,"txid":[]}'
    with nothing_changes(exchange):
        assert error(slow.send("QueryLedgers", b"{", "15", headers={b"api-key": b"nobody", **wrong})) == INVALID_KEY
        assert error(slow.send("QueryLedgers", b"{", "15", headers=wrong, content_type=JSON)) == BAD_REQUEST
        assert error(slow.send("QueryLedgers", b"{}", "15", headers=wrong, content_type=JSON)) == INVALID_NONCE
        assert error(slow.send("QueryLedgers", replayed, "15", headers=wrong, content_type=JSON)) == INVALID_SIGNATURE
        assert error(slow.send("QueryLedgers", replayed, "15", content_type=JSON)) == INVALID_NONCE
        assert error(slow.send("QueryLedgers", b"nonce=16", "16")) == INVALID_SIGNATURE
        assert error(slow.send("QueryLedgers", b"nonce=17&otp=open+sesame", "17")) == DENIED
        assert error(slow.send("TradeVolume", b"nonce=18&otp=open+sesame&pair=NOPE", "18")) == TOO_FAST
    exchange.clock.advance(60)
    exchange.apply(PassTime())
    with nothing_changes(exchange):
        assert error(slow.send("TradeVolume", b"nonce=19&otp=open+sesame&pair=NOPE", "19")).startswith("EQuery:")


@pytest.mark.parametrize("sent", [None, b"", b"nobody", b"\xff\x00", "kéy".encode()])
def test_a_key_that_is_missing_or_unknown_is_invalid(exchange: Exchange, trader: Trader, sent: bytes | None) -> None:
    with nothing_changes(exchange):
        assert error(trader.send("Balance", b"nonce=1", "1", headers={b"api-key": sent})) == INVALID_KEY


@pytest.mark.parametrize("sent", [None, b"", b"x", b"\xff\x00", b"A" * 88, b"A" * 100_000])
def test_a_signature_that_is_missing_or_wrong_spends_no_nonce(
    exchange: Exchange, trader: Trader, sent: bytes | None
) -> None:
    with nothing_changes(exchange):
        assert error(trader.send("Balance", b"nonce=1", "1", headers={b"api-sign": sent})) == INVALID_SIGNATURE
    assert b'"result"' in trader.send("Balance", b"nonce=1", "1").body


def test_a_wrong_signature_tells_the_operator_what_to_sign_and_nobody_the_secret(trader: Trader) -> None:
    reply = trader.send("AddOrder", b"nonce=5&pair=XBTUSD", "5", headers={b"api-sign": b"wrong"})
    assert reply.note is not None
    assert "/0/private/AddOrder" in reply.note
    assert "nonce=5&pair=XBTUSD" in reply.note
    assert trader.key.secret not in reply.note
    assert trader.key.secret.encode() not in reply.body


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(b"", b"nonce=5&otp=hunter2&pair=XBTUSD"), (JSON, b'{"nonce": 5, "otp": "hunter2", "pair": "XBTUSD"}')],
)
def test_a_wrong_signature_leaves_no_one_time_password_in_the_log(
    trader: Trader, content_type: bytes, body: bytes
) -> None:
    reply = trader.send("AddOrder", body, "5", headers={b"api-sign": b"wrong", b"content-type": content_type})
    assert reply.note is not None
    assert "XBTUSD" in reply.note
    assert "hunter2" not in reply.note


def test_the_signature_of_one_method_does_not_open_another(trader: Trader) -> None:
    borrowed = auth.sign("/0/private/Balance", "1", b"nonce=1", trader.key.secret).encode()
    assert error(trader.send("CancelAll", b"nonce=1", "1", headers={b"api-sign": borrowed})) == INVALID_SIGNATURE


def test_nonces_must_rise(trader: Trader) -> None:
    taken = [
        b'"result"' in trader.send("Balance", b"nonce=%d" % nonce, str(nonce)).body for nonce in (5, 5, 4, 6, 6, 9)
    ]
    assert taken == [True, False, False, True, False, True]
    assert error(trader.send("Balance", b"nonce=8", "8")) == INVALID_NONCE


def test_a_window_lets_late_nonces_in_once(exchange: Exchange, trader: Trader) -> None:
    late = exchange.key(trader.account_id, nonce_window=10)
    nonces = (100, 95, 95, 90, 91, 91, 100, 104, 94, 95, 96)
    taken = [b'"result"' in late.send("Balance", b"nonce=%d" % nonce, str(nonce)).body for nonce in nonces]
    assert taken == [True, True, False, False, True, False, False, True, False, False, True]


def test_each_key_counts_its_own_nonces(exchange: Exchange, trader: Trader) -> None:
    other = exchange.key(trader.account_id)
    for key in (trader, other):
        assert b'"result"' in key.send("Balance", b"nonce=1", "1").body


def test_a_nonce_is_spent_even_where_the_call_is_refused_afterwards(exchange: Exchange, trader: Trader) -> None:
    poor = exchange.key(trader.account_id, frozenset())
    assert error(poor.send("Balance", b"nonce=1", "1")) == DENIED
    assert error(poor.send("GetApiKeyInfo", b"nonce=1", "1")) == INVALID_NONCE


def test_nonces_of_all_scales_fit(trader: Trader) -> None:
    for nonce in ("0", "1790812345", "1790812345678", "1790812345678900", "1790812345678900000", str(2**64 - 1)):
        assert b'"result"' in trader.send("Balance", b"nonce=" + nonce.encode(), nonce).body


@pytest.mark.parametrize(
    "nonce",
    ["", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "abc", "NaN", str(2**64), "9" * 30, "9" * 5000, "\u0661", "1\n"],
)
def test_a_nonce_that_is_no_number_of_64_bits_is_invalid(exchange: Exchange, trader: Trader, nonce: str) -> None:
    with nothing_changes(exchange):
        assert error(trader.send("Balance", urlencode({"nonce": nonce}).encode(), nonce)) == INVALID_NONCE


@pytest.mark.parametrize("body", [b"", b"asset=XBT", b"Nonce=1", b"nonce=1&nonce=2", b"nonce=1&nonce=1", b"nonce[]=1"])
def test_a_call_needs_exactly_one_nonce(exchange: Exchange, trader: Trader, body: bytes) -> None:
    with nothing_changes(exchange):
        assert error(trader.send("Balance", body, "1")) == INVALID_NONCE


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"asset=ZUSD&nonce=1", b"application/x-www-form-urlencoded"),
        (b"nonce=1", b"application/x-www-form-urlencoded; charset=utf-8"),
        (b'{"asset":"ZUSD","nonce":1}', JSON),
        (b'{"nonce":"1"}', b"application/json; charset=utf-8"),
        (b'{"nonce":"1"}', b""),
        (b"nonce=1", b""),
    ],
)
def test_forms_and_json_are_taken_alike(trader: Trader, body: bytes, content_type: bytes) -> None:
    assert b'"result"' in trader.send("Balance", body, "1", content_type=content_type).body


def test_a_key_with_a_password_asks_for_it(exchange: Exchange, trader: Trader) -> None:
    guarded = exchange.key(trader.account_id, one_time_password="letmein")
    with nothing_changes(exchange):
        for nonce, otp in enumerate(("", "&otp=", "&otp=wrong", "&otp=letmein&otp=letmein", "&otp=%C3%A9")):
            assert error(guarded.send("CancelAll", f"nonce={nonce}{otp}".encode(), str(nonce))) in {
                INVALID_SIGNATURE,
                f"{BAD}:otp",
            }
    assert b'"result"' in guarded.send("CancelAll", b"nonce=9&otp=letmein", "9").body


def test_a_key_with_an_authenticator_asks_for_its_code(exchange: Exchange, trader: Trader) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    guarded = exchange.key(trader.account_id, totp_secret=secret)
    now_s = START_NS // SECOND_NS
    right, old = auth.totp(secret, now_s), auth.totp(secret, now_s - 300)
    assert error(guarded.send("Balance", f"nonce=1&otp={old}".encode(), "1")) == INVALID_SIGNATURE
    assert b'"result"' in guarded.send("Balance", f"nonce=2&otp={right}".encode(), "2").body


def test_an_authenticator_may_go_by_the_worlds_time_or_by_the_computers(exchange: Exchange, trader: Trader) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    guarded = exchange.key(trader.account_id, totp_secret=secret)
    exchange.real_ns = START_NS - 86_400 * SECOND_NS
    times = (START_NS, exchange.real_ns, START_NS - 43_200 * SECOND_NS)
    answers = [
        guarded.send("Balance", f"nonce={nonce}&otp={auth.totp(secret, at_ns // SECOND_NS)}".encode(), str(nonce))
        for nonce, at_ns in enumerate(times, 1)
    ]
    assert [b'"result"' in answer.body for answer in answers] == [True, True, False]


def test_the_table_of_permissions_names_every_private_method() -> None:
    assert {f"/0/private/{name}" for name in ALLOWED} == set(PRIVATE)


@pytest.mark.parametrize("name", [name for name in ALLOWED if name not in FOR_INSTITUTIONS])
def test_one_of_its_permissions_is_enough_for_a_method(exchange: Exchange, trader: Trader, name: str) -> None:
    for text in ALLOWED[name] or [""]:
        key = exchange.key(trader.account_id, frozenset(text.split(" + ")))
        assert key.call(name)["error"] != [DENIED]


@pytest.mark.parametrize("name", [name for name, permissions in ALLOWED.items() if permissions])
def test_all_other_permissions_do_not_open_a_method(exchange: Exchange, trader: Trader, name: str) -> None:
    """Of every alternative the first permission is taken away, which leaves none whole."""
    key = exchange.key(trader.account_id, PERMISSIONS - {text.split(" + ")[0] for text in ALLOWED[name]})
    with nothing_changes(exchange):
        assert key.error(name) == DENIED


def test_a_key_ends_when_it_expires(exchange: Exchange, trader: Trader) -> None:
    brief = exchange.key(trader.account_id, valid_until_ns=START_NS + 10 * SECOND_NS)
    exchange.clock.advance(9)
    assert brief.call("Balance")["error"] == []
    exchange.clock.advance(1)
    with nothing_changes(exchange):
        assert brief.error("Balance") == INVALID_KEY


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [
        ("10.1.2.3", True),
        ("10.1.255.255", True),
        ("10.2.0.1", False),
        ("127.0.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("::ffff:192.0.2.7", True),
        ("::ffff:192.0.2.8", False),
        ("", False),
        ("testclient", False),
        ("unix:", False),
    ],
)
def test_a_key_with_a_list_of_addresses_works_from_these_only(
    exchange: Exchange,
    trader: Trader,
    address: str,
    is_let_in: bool,
) -> None:
    bound = exchange.key(trader.account_id, ip_allowlist=("10.1.0.0/16", "192.0.2.7", "2001:db8::/32"))
    reply = bound.send("Balance", b"nonce=1", "1", address=address)
    assert (b'"result"' in reply.body) is is_let_in
    assert is_let_in or error(reply) == INVALID_KEY


@pytest.mark.parametrize(("tier", "maximum"), [("starter", 15), ("intermediate", 20), ("pro", 20)])
def test_calls_too_fast_are_refused_until_the_counter_has_fallen(exchange: Exchange, tier: str, maximum: int) -> None:
    trader = exchange.account(tier=tier, rate_limits=True, USD="1")
    for _ in range(maximum):
        assert trader.call("Balance")["error"] == []
    with nothing_changes(exchange):
        assert trader.error("Balance") == TOO_FAST
    exchange.clock.advance({"starter": 3.1, "intermediate": 2, "pro": 1}[tier])
    assert trader.call("Balance")["error"] == []
    assert trader.error("Balance") == TOO_FAST


@pytest.mark.parametrize("name", ALLOWED)
def test_a_call_costs_what_is_documented(name: str) -> None:
    assert PRIVATE[f"/0/private/{name}"].cost == COSTS.get(name, 1)


def test_each_key_has_its_own_counter_and_orders_have_another(exchange: Exchange) -> None:
    trader = exchange.account(tier="starter", rate_limits=True, USD="100000")
    for _ in range(15):
        trader.result("Balance")
    assert trader.error("Ledgers") == TOO_FAST
    assert exchange.key(trader.account_id).call("Balance")["error"] == []
    assert trader.error("CancelOrder", txid="1") == "EOrder:Invalid order"


def test_an_account_may_be_free_of_limits(exchange: Exchange) -> None:
    trader = exchange.account(tier="starter", rate_limits=False, USD="1")
    assert all(trader.call("Balance")["error"] == [] for _ in range(50))


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_a_private_method_is_post_only(exchange: Exchange, trader: Trader, verb: str) -> None:
    with nothing_changes(exchange):
        reply = trader.send("CancelAll", b"nonce=1", "1", verb=verb)
    assert reply.status == 405
    assert reply.body == b'{"error":["EGeneral:Unknown method"]}'


def plain(verb: str, path: str, query: bytes = b"", **headers: bytes) -> Call:
    """A call that nobody signed."""
    return Call(
        verb, path, query, {name.replace("_", "-").encode(): value for name, value in headers.items()}, b"", "::1"
    )


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE"])
def test_a_public_method_is_get_only(exchange: Exchange, verb: str) -> None:
    reply = exchange.serve(plain(verb, "/0/public/Time"))
    assert (reply.status, reply.body) == (405, b'{"error":["EGeneral:Unknown method"]}')


@pytest.mark.parametrize(
    "path",
    [
        "/0/private/Nope",
        "/0/private/balance",
        "/0/private/",
        "/0/private",
        "/0/private/Balance/",
        "/0/private//Balance",
        "/0/public/Nope",
        "/0/public/Balance",
        "/0/private/Time",
        "/0/",
        "/0/\ud800",
        "/0/private/Earn/Strategies",
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_path_that_is_no_method_is_answered_in_krakens_words(exchange: Exchange, verb: str, path: str) -> None:
    reply = exchange.serve(plain(verb, path))
    assert (reply.status, reply.body) == (404, b'{"error":["EGeneral:Unknown method"]}')


@pytest.mark.parametrize(("agent", "status"), [({}, 403), ({"user_agent": b""}, 403), ({"user_agent": b" "}, 403)])
def test_a_call_without_a_user_agent_gets_the_page_of_the_seed_where_that_is_asked_for(
    exchange: Exchange, agent: dict[str, bytes], status: int
) -> None:
    strict = Kraken(1, symbols(), require_user_agent=True)
    reply = strict.serve(exchange.machine, plain("GET", "/0/public/Time", **agent), START_NS)
    assert isinstance(reply, Reply)
    assert reply.status == status
    assert reply.content_type.startswith(b"text/html")
    named = strict.serve(exchange.machine, plain("GET", "/0/public/Time", user_agent=b"curl/8"), START_NS)
    assert isinstance(named, Reply)
    assert named.status == 200
    assert exchange.serve(plain("GET", "/0/public/Time", **agent)).status == 200


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"{", JSON, BAD_REQUEST),
        (b"", JSON, BAD_REQUEST),
        (b"null", JSON, BAD_REQUEST),
        (b'[{"nonce":1}]', JSON, BAD_REQUEST),
        (b'"nonce=1"', JSON, BAD_REQUEST),
        (b'{"nonce":1,}', JSON, BAD_REQUEST),
        (b'{"nonce":1,"volume":NaN}', JSON, BAD_REQUEST),
        (b'{"nonce":1,"volume":Infinity}', JSON, BAD_REQUEST),
        (b'{"nonce":1,"volume":-Infinity}', JSON, BAD_REQUEST),
        (b'{"nonce":1}{"nonce":2}', JSON, BAD_REQUEST),
        (b'{"nonce":1,"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, BAD_REQUEST),
        (b'\xff{"nonce":1}', JSON, BAD_REQUEST),
        (b"nonce=1&" + b"a=1&" * 3000, b"", BAD_REQUEST),
        (b'{"nonce":1,"nonce":2}', JSON, INVALID_NONCE),
        (b'{"nonce":[1]}', JSON, INVALID_NONCE),
        (b'{"nonce":{"a":1}}', JSON, INVALID_NONCE),
        (b'{"nonce":true}', JSON, INVALID_NONCE),
        (b'{"nonce":null}', JSON, INVALID_NONCE),
        (b'{"nonce":1.0}', JSON, INVALID_NONCE),
        (b"nonce=%ff", b"", INVALID_NONCE),
        (b"nonce=\xff", b"", INVALID_NONCE),
    ],
)
def test_a_body_that_cannot_be_read_as_a_whole_changes_nothing(
    exchange: Exchange, trader: Trader, body: bytes, content_type: bytes, words: str
) -> None:
    with nothing_changes(exchange):
        assert error(trader.send("AddOrder", body, "1", content_type=content_type)) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"nonce=1&{ORDER}&volume=0.01", f"{BAD}:volume"),
        (f"nonce=1&{ORDER}&pair=XBTUSD", f"{BAD}:pair"),
        (f"nonce=1&{ORDER}&type=sell", f"{BAD}:type"),
        (f"nonce=1&{ORDER}&userref=%ff", f"{BAD}:userref"),
        (f"nonce=1&{ORDER}&cl_ord_id=a%00b", f"{BAD}:cl_ord_id"),
        (f"nonce=1&{ORDER}&stptype=%0a", f"{BAD}:stptype"),
        (f"nonce=1&{ORDER}&validate=%ed%a0%80", f"{BAD}:validate"),
        (f"nonce=1&{ORDER}&validate[]=true", f"{BAD}:validate"),
        (f"nonce=1&{ORDER}&deadline[a][b]=1", f"{BAD}:deadline"),
        (f"nonce=1&{ORDER.replace('0.01', '%EF%BC%91')}", f"{BAD}:volume"),
        (f"nonce=1&{ORDER.replace('0.01', '-0.01')}", f"{BAD}:volume"),
        (f"nonce=1&{ORDER.replace('0.01', '1e9')}", f"{BAD}:volume"),
        (f"nonce=1&{ORDER.replace('0.01', 'NaN')}", f"{BAD}:volume"),
        (f"nonce=1&{ORDER.replace('0.01', '9' * 10_000)}", f"{BAD}:volume"),
    ],
)
def test_an_argument_that_cannot_be_read_changes_nothing(
    exchange: Exchange, trader: Trader, body: str, words: str
) -> None:
    with nothing_changes(exchange):
        assert error(trader.send("AddOrder", body.encode(), "1")) == words


def test_parameters_nobody_knows_are_ignored(trader: Trader) -> None:
    reply = trader.send(
        "AddOrder", f"nonce=1&{ORDER}&extra=1&broker=AA88&trading_agreement=agree&%ff=%ff".encode(), "1"
    )
    assert b'"txid"' in reply.body


NASTY = st.sampled_from(
    (
        "", "0", "-1", "+1", " 1", "1e9", "NaN", "inf", "0.00000000001", "9" * 18, "9" * 19, "9" * 30, "9" * 400,
        "1%", "#1%", "-50%", "true", "False", "XBTUSD", "xbt", "XBT.M", "KFEE", "limit", "market", "buy", "sell",
        "GTD", "IOC", "post,fcib", "viqc", "fciq", "O", "OQCLML-BW3P3-BUCMWZ", "AGBSO6T-UFMTTQ-I7KGS6", "Bitcoin",
        "[", "[1]", '["a"]', "{}", ",", ",,1,", "a,b", "\x00", "\ud800", "\uff11", "\u0661", "\U0001f4a9",
        "2026-09-30T23:52:30Z", "none", "2:1", "\u00bd", "1_0", "0x1", "'; drop table orders; --", "all", "open",
        "close", "1790812345", "1790812345.6789",
    )
)  # fmt: skip
NAMES = st.sampled_from(
    (
        "pair", "type", "ordertype", "volume", "price", "price2", "leverage", "oflags", "starttm", "expiretm",
        "deadline", "validate", "userref", "cl_ord_id", "timeinforce", "stptype", "reduce_only", "close[ordertype]",
        "close[price]", "close", "displayvol", "asset", "aclass", "amount", "key", "method", "new", "refid",
        "max_fee", "address", "cursor", "limit", "start", "end", "ofs", "txid", "id", "trades", "closetime",
        "without_count", "network", "verified", "asset_class", "fee-info", "ledgers", "otp", "rebase_multiplier",
        "txid[0]", "txid[a]", "pair[]",
    )
)  # fmt: skip
SANE = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "20000", "asset": "XBT"}
fuzzed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def is_answered(exchange: Exchange, trader: Trader, path: str, body: bytes, nonce: str, content_type: bytes) -> None:
    """A signed call gets an envelope; one that is refused changes nothing; the books balance either way."""
    before = exchange.fingerprint()
    reply = trader.send(path.removeprefix("/0/private/"), body, nonce, content_type=content_type)
    answer = envelope(reply.body)
    assert reply.status == 200
    assert (len(answer["error"]) == 1) is ("result" not in answer)
    assert not answer["error"] or exchange.fingerprint() == before
    exchange.machine.state.ledger.prove()


@fuzzed
@given(path=st.sampled_from(sorted(PRIVATE)), sane=st.booleans(), params=st.lists(st.tuples(NAMES, NASTY), max_size=6))
def test_nasty_parameters_are_always_answered(
    exchange: Exchange,
    trader: Trader,
    path: str,
    sane: bool,
    params: list[tuple[str, str]],
) -> None:
    nonce = str(exchange.next_nonce())
    usual = [(name, value) for name, value in SANE.items() if sane and name not in dict(params)]
    body = urlencode([("nonce", nonce), *usual, *params], errors="surrogatepass").encode()
    is_answered(exchange, trader, path, body, nonce, b"application/x-www-form-urlencoded")


@fuzzed
@given(path=st.sampled_from(sorted(PRIVATE)), rest=st.binary(max_size=60))
def test_any_bytes_are_always_answered(exchange: Exchange, trader: Trader, path: str, rest: bytes) -> None:
    nonce = str(exchange.next_nonce())
    is_answered(exchange, trader, path, f"nonce={nonce}&".encode() + rest, nonce, b"")
    is_answered(exchange, trader, path, rest, nonce, JSON)


@fuzzed
@given(path=st.sampled_from(sorted(PUBLIC)), query=st.binary(max_size=60), params=st.lists(st.tuples(NAMES, NASTY)))
def test_any_public_query_is_always_answered(
    exchange: Exchange, path: str, query: bytes, params: list[tuple[str, str]]
) -> None:
    for sent in (query, urlencode(params, errors="surrogatepass").encode()):
        before = exchange.fingerprint()
        reply = exchange.serve(plain("GET", path, sent))
        assert reply.status == 200
        assert (len(envelope(reply.body)["error"]) == 1) is ("result" not in envelope(reply.body))
        assert exchange.fingerprint() == before


def test_history_is_asked_for_only_of_what_is_committed(exchange: Exchange, trader: Trader) -> None:
    """What needs the store comes back as a look-up, not as an answer from memory."""
    nonce = str(exchange.next_nonce())
    body = f"nonce={nonce}".encode()
    headers = {
        b"api-key": trader.key.public.encode(),
        b"api-sign": auth.sign("/0/private/DepositStatus", nonce, body, trader.key.secret).encode(),
    }
    call = Call("POST", "/0/private/DepositStatus", b"", headers, body, "127.0.0.1")
    assert isinstance(exchange.kraken.serve(exchange.machine, call, START_NS), Lookup)
