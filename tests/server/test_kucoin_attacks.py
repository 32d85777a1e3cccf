"""KuCoin's admission: what arrives wrong, stale or bent gets KuCoin's code and status and changes nothing."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.dialects.kucoin.dialect import ENDPOINTS
from seatrial.dialects.kucoin.endpoint import Endpoint
from tests.support.inside import Inside
from tests.support.kucoin_calls import Heard, KucoinCaller
from tests.support.kucoin_venue import KucoinVenue
from tests.support.running import RunningServer
from tests.support.signed_calls import KucoinSigner

LEDGERS = "/api/v1/accounts/ledgers"
ELEVEN = "BTC,ETH,SOL,XRP,DOGE,ADA,DOT,LTC,LINK,AVAX,ATOM"
NOON_MS = 1_700_000_000_000
DAY_MS = 86_400_000


class Target:
    """A running server, a KuCoin user with an order in its book, and a look at all that an attack could change."""

    def __init__(self, venue: KucoinVenue) -> None:
        self.venue = venue
        keys = venue.account(USDT="1000")
        self.signer = KucoinSigner(keys.key, keys.secret, keys.passphrase)
        self.caller = venue.caller(keys)
        wanted = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "size": "1", "price": "1"}
        assert self.caller.post("/api/v1/hf/orders", **wanted).data["orderId"]

    def seen(self) -> list[object]:
        """The books, the accounts, the transfers and the open orders."""
        views = [self.venue.ask(path) for path in ("/books", "/accounts", "/funding")]
        return [*views, self.caller.get("/api/v1/hf/orders/active", symbol="BTC-USDT").data]


@pytest.fixture(scope="module")
def running() -> Iterator[Target]:
    """One server for all attacks."""
    with RunningServer() as server, KucoinVenue(server) as venue:
        target = Target(venue)
        with target.caller:
            yield target


@pytest.fixture
def target(running: Target) -> Iterator[Target]:
    """The server; after the attack it lives, nothing of it changed, and it has met no bug."""
    before = running.seen()
    yield running
    assert running.seen() == before
    assert "Traceback" not in running.venue.server.log


@pytest.fixture
def caller(target: Target) -> KucoinCaller:
    """A connection to it."""
    return target.caller


def said(heard: Heard) -> tuple[int, str, str]:
    """Status, code and message; a refusal has no data."""
    assert heard.json.keys() == {"code", "msg"}
    return heard.status, heard.code, heard.message


RANGE = "not in the given range!"
TOO_LONG = "Get List Account Ledgers doesn't support get ledgers in a large timespan (> 24 hours)"
BAD_QUESTIONS: dict[str, tuple[dict[str, object], str]] = {
    "eleven currencies": ({"currency": ELEVEN}, f"currency {RANGE}"),
    "a window of a millisecond too much": ({"startAt": NOON_MS, "endAt": NOON_MS + DAY_MS + 1}, TOO_LONG),
    "a window that ends before it begins": ({"startAt": NOON_MS + 1, "endAt": NOON_MS}, f"startAt {RANGE}"),
    "a page of 0 rows": ({"pageSize": 0}, "pageSize should not less than 10"),
    "a page of 9 rows": ({"pageSize": 9}, "pageSize should not less than 10"),
    "a page of 501 rows": ({"pageSize": 501}, "pageSize should not greater than 500"),
    "a page of x rows": ({"pageSize": "x"}, "Invalid Parameter. pageSize"),
    "page 0": ({"currentPage": 0}, f"currentPage {RANGE}"),
    "page -1": ({"currentPage": -1}, f"currentPage {RANGE}"),
    "an unknown bizType": ({"bizType": "NOPE"}, RANGE),
    "a bizType in small letters": ({"bizType": "deposit"}, RANGE),
    "an unknown direction": ({"direction": "up"}, f"direction {RANGE}"),
    "a time of letters": ({"startAt": "noon"}, "Invalid Parameter. startAt"),
    "a time with a fraction": ({"endAt": "1700000000000.5"}, "Invalid Parameter. endAt"),
}


@pytest.mark.parametrize(("params", "message"), BAD_QUESTIONS.values(), ids=BAD_QUESTIONS)
def test_a_bad_question_to_the_ledger(params: dict[str, object], message: str, caller: KucoinCaller) -> None:
    assert said(caller.get(LEDGERS, **params)) == (200, "400100", message)


@pytest.mark.parametrize(
    "params",
    [
        {"currency": ELEVEN.removesuffix(",ATOM")},
        {"startAt": NOON_MS, "endAt": NOON_MS + DAY_MS},
        {"startAt": NOON_MS, "endAt": NOON_MS},
        {"pageSize": 10},
        {"pageSize": 500, "currentPage": 2**31},
        {"currency": "NOPE"},
        {"startAt": 0},
        {"endAt": 10**19},
        {"unknown": "parameter"},
    ],
    ids=str,
)
def test_a_question_at_the_edge_of_what_may_be_asked(params: dict[str, object], caller: KucoinCaller) -> None:
    assert caller.get(LEDGERS, **params).data["pageSize"] in {10, 50, 500}


WRONG_STAMPS: dict[str, Callable[[int], str]] = {
    "5 seconds old": lambda now: str(now - 5000),
    "6 seconds early": lambda now: str(now + 6000),
    "of seconds": lambda now: str(now // 1000),
    "of nanoseconds": lambda now: str(now * 10**6),
    "of letters": lambda _: "now",
    "of other digits": lambda _: "\u00b9\u00b2",
    "negative": lambda now: f"-{now}",
    "huge": lambda _: "9" * 10_000,
}


@pytest.mark.parametrize("stamp", WRONG_STAMPS.values(), ids=WRONG_STAMPS)
def test_a_wrong_timestamp(stamp: Callable[[int], str], caller: KucoinCaller, target: Target) -> None:
    heard = caller.call("GET", LEDGERS, KC_API_TIMESTAMP=stamp(target.venue.now_ns // 10**6))
    assert said(heard) == (400, "400002", "Invalid KC-API-TIMESTAMP")


WRONG_HEADERS: dict[str, tuple[dict[str, str], tuple[int, str]]] = {
    "a wrong passphrase": ({"KC_API_PASSPHRASE": "c2VzYW1l"}, (401, "400004")),
    "a passphrase in clear": ({"KC_API_PASSPHRASE": "open sesame"}, (401, "400004")),
    "no passphrase": ({"KC_API_PASSPHRASE": ""}, (400, "400001")),
    "an unknown key": ({"KC_API_KEY": "0" * 24}, (401, "400003")),
    "a key of no ASCII": ({"KC_API_KEY": "\xe9\xff"}, (401, "400003")),
    "no key": ({"KC_API_KEY": ""}, (400, "400001")),
    "a signature of another call": ({"KC_API_SIGN": "c2lnbg=="}, (401, "400005")),
    "a signature of no base64": ({"KC_API_SIGN": "!!!"}, (401, "400005")),
    "a huge signature": ({"KC_API_SIGN": "A" * 50_000}, (401, "400005")),
    "no signature": ({"KC_API_SIGN": ""}, (400, "400001")),
    "an unknown version": ({"KC_API_KEY_VERSION": "4"}, (400, "400009")),
    "a version of letters": ({"KC_API_KEY_VERSION": "three"}, (400, "400009")),
}


@pytest.mark.parametrize(("headers", "answer"), WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_a_forged_header(headers: dict[str, str], answer: tuple[int, str], caller: KucoinCaller) -> None:
    assert said(caller.call("DELETE", "/api/v1/orders", **headers))[:2] == answer


class TestSignedQueries:
    """What of the query is signed."""

    TARGET = f"{LEDGERS}?currency=BTC%2CUSDT&bizType=DEPOSIT"

    def sign(self, caller: KucoinCaller, target: Target, signed: str) -> Heard:
        """The answer to a call that was signed as if its target were another one."""
        headers = target.signer.headers("GET", signed, b"", target.venue.now_ns // 10**6)
        return caller.send("GET", self.TARGET, b"", headers)

    @pytest.mark.parametrize("form", [TARGET, f"{LEDGERS}?currency=BTC,USDT&bizType=DEPOSIT"])
    def test_as_it_is_sent_or_decoded(self, form: str, caller: KucoinCaller, target: Target) -> None:
        assert self.sign(caller, target, form).data["totalNum"] == 1

    @pytest.mark.parametrize(
        "form",
        [
            LEDGERS,
            f"{LEDGERS}?",
            f"{LEDGERS}?currency=BTC%2cUSDT&bizType=DEPOSIT",
            f"{LEDGERS}?bizType=DEPOSIT&currency=BTC,USDT",
            f"{LEDGERS}?currency=BTC%252CUSDT&bizType=DEPOSIT",
        ],
    )
    def test_in_no_other_form(self, form: str, caller: KucoinCaller, target: Target) -> None:
        assert said(self.sign(caller, target, form)) == (401, "400005", "Invalid KC-API-SIGN")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("currency=%zz", "200000"),
        ("currency=%", "200000"),
        ("currency=%F", "200000"),
        ("%zz=%zz", "200000"),
        ("currency=%ff%fe", "400100"),
        ("currency=%ED%A0%80", "400100"),
        ("currency=BTC%00", "400100"),
        ("currency=BTC&currency=ETH", "400100"),
        ("&&&===&", "200000"),
        ("currency", "200000"),
        ("&".join(f"f{number}=1" for number in range(5000)), "400100"),
    ],
    ids=lambda text: str(text)[:30],
)
def test_a_query_with_broken_percents(query: str, code: str, caller: KucoinCaller) -> None:
    heard = caller.call("GET", f"{LEDGERS}?{query}")
    assert (heard.status, heard.code) == (200, code)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nope", "/api/v1/", "/api/", "/api/v9/accounts", "/api/v1/accounts/", "/api/v1//accounts",
        "/api/v1/accounts/x/y/z", "/api/v1/Accounts", "/api/v1/orders/../accounts", "/api/v1/hf/orders/sync/",
        "/api/v1/accounts%00", "/api/v1/" + "a" * 20_000,
    ],
    ids=lambda path: str(path)[:30],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
def test_an_unknown_path(path: str, verb: str, caller: KucoinCaller) -> None:
    assert said(caller.call(verb, path)) == (404, "404000", "Url Not Found")


@pytest.mark.parametrize(
    ("verb", "path"),
    [("PUT", "/api/v1/orders"), ("POST", LEDGERS), ("PATCH", "/api/v1/orders"), ("DELETE", "/api/v1/timestamp")],
)
def test_another_verb(verb: str, path: str, caller: KucoinCaller) -> None:
    assert said(caller.call(verb, path)) == (405, "405000", "Method Not Allowed")


BODIES = {
    "nothing": b"",
    "no object": b"[]",
    "a number": b"17",
    "broken JSON": b'{"symbol": "BTC-USDT", "side": ',
    "broken UTF-8": b'{"symbol": "\xff\xfe"}',
    "a lone surrogate": b'{"symbol": "\\ud800"}',
    "deep JSON": b'{"symbol": ' + b"[" * 100_000,
    "many fields": b"{" + b",".join(b'"f%d":1' % number for number in range(5000)) + b"}",
    "a huge number": b'{"size": ' + b"9" * 10_000 + b"}",
    "no number": b'{"size": NaN}',
    "a field twice": b'{"symbol": "BTC-USDT", "symbol": "ETH-USDT"}',
    "an object for a text": b'{"symbol": {"a": 1}, "side": "buy"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/hf/orders/multi", "/api/v3/withdrawals"])
def test_a_signed_body_of_nonsense(body: bytes, path: str, caller: KucoinCaller) -> None:
    assert said(caller.call("POST", path, body))[:2] == (200, "400100")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_said_to_be_json(kind: str, caller: KucoinCaller) -> None:
    heard = caller.call("POST", "/api/v1/orders", b"{}", Content_Type=kind)
    assert said(heard) == (415, "415000", "Unsupported Media Type")


NASTY = st.sampled_from(
    (
        "", "0", "-1", "+1", " 1", "1e9", "NaN", "inf", "0.00000000001", "9" * 18, "9" * 19, "9" * 400, "true", "False",
        "BTC-USDT", "btc-usdt", "BTC", "USDT", "limit", "market", "buy", "sell", "GTT", "IOC", "FOK", "CN", "DC",
        "loss", "MAIN", "TRADE", "main", "trade", "INTERNAL", "PARENT_TO_SUB", "OUT", "IN", "in", "out", "active",
        "done", "DEPOSIT", "TRANSFER", "trx", "eth", "btc", "ADDRESS", "UID", "EXTERNAL", "1min", "1month", "[", "[1]",
        "{}", ",", ",,1,", "a,b", "\x00", "\u0661", "\U0001f4a9", "'; drop table orders; --", "0" * 24, "f" * 24,
        "1790812345000", "1790812345",
    )
)  # fmt: skip
NAMES = st.sampled_from(
    (
        "symbol", "symbols", "currency", "currencies", "chain", "type", "side", "status", "startAt", "endAt",
        "currentPage", "pageSize", "pageNum", "bizType", "direction", "limit", "lastId", "orderId", "clientOid", "size",
        "price", "funds", "timeInForce", "cancelAfter", "orderList", "postOnly", "hidden", "iceberg", "visibleSize",
        "stp", "stop", "stopPrice", "remark", "base", "tradeType", "to", "from", "tag", "amount", "toAddress",
        "address", "memo", "withdrawType", "feeDeductType", "isInner", "fromAccountType", "toAccountType",
        "fromUserId", "toUserId", "subUserId", "accountType", "subAccountType", "subName", "password", "access",
        "passphrase", "permission", "ipWhitelist", "expire", "apiKey", "newPrice", "newSize", "cancelSize", "timeout",
    )
)  # fmt: skip
VALUES = st.one_of(
    NASTY,
    st.text(max_size=20),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.lists(st.dictionaries(NAMES, NASTY, max_size=5), max_size=6),
)
SANE = {
    "symbol": "BTC-USDT", "side": "buy", "type": "limit", "size": "0.01", "price": "20000", "currency": "USDT",
    "amount": "1", "chain": "trx",
}  # fmt: skip
STATUSES = {200, 400, 401, 403, 404, 405, 415, 429}


class Fuzzed:
    """A server without a socket, and one who calls it wrongly."""

    def __init__(self, server: Inside) -> None:
        self.server = server

    async def is_answered(self, verb: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> None:
        """A call gets an envelope; one that is refused, or only asks, changes nothing; the books balance either way."""
        machine, signer = self.server.machine, self.server.kucoin_demo
        before = machine.fingerprint()
        endpoint = f"{path}?{query}" if query else path
        proof = signer.headers(verb, endpoint, body, self.server.world.time.now_ns() // 10**6)
        answer = await self.server.ask(verb, path, body, query=query, headers=list((proof | headers).items()))
        assert answer.status in STATUSES, answer
        assert isinstance(answer.json["code"], str)
        is_done = answer.json["code"] == "200000"
        assert is_done is ("data" in answer.json)
        if verb == "GET" or not is_done:
            assert machine.fingerprint() == before
        machine.state.ledger.prove()


@pytest.fixture(scope="module")
def fuzz() -> Iterator[Callable[..., None]]:
    """Make a call to a world that all examples share."""
    with asyncio.Runner() as runner:

        async def begin() -> Fuzzed:
            return Fuzzed(Inside())

        fuzzed = runner.run(begin())
        yield lambda *call: runner.run(fuzzed.is_answered(*call))
        runner.run(fuzzed.server.world.stop())


@settings(max_examples=600)
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    sane=st.booleans(),
    params=st.dictionaries(NAMES, VALUES, max_size=7),
    subject=NASTY,
)
def test_nasty_parameters_are_always_answered(
    fuzz: Callable[..., None],
    endpoint: Endpoint,
    sane: bool,
    params: dict[str, Any],
    subject: str,
) -> None:
    wanted = (SANE if sane else {}) | params
    path = with_subject(endpoint.path, quote(subject, safe=""))
    if endpoint.verb == "POST":
        fuzz("POST", path, "", msgspec.json.encode(wanted), {})
    else:
        texts = {name: str(value) for name, value in wanted.items()}
        fuzz(endpoint.verb, path, urlencode(texts), b"", {})


@settings(max_examples=200)
@given(
    endpoint=st.sampled_from(ENDPOINTS), query=st.text(st.characters(max_codepoint=255), max_size=40), body=st.binary()
)
def test_any_bytes_are_always_answered(fuzz: Callable[..., None], endpoint: Endpoint, query: str, body: bytes) -> None:
    ascii_query = quote(query, safe="%&=+,;/?")
    fuzz(endpoint.verb, with_subject(endpoint.path, "x"), ascii_query, body if endpoint.verb == "POST" else b"", {})


@settings(max_examples=200)
@given(
    name=st.sampled_from(
        [
            "KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE", "KC-API-KEY-VERSION", "Content-Type",
            "KC-API-PARTNER", "Accept", "Host",
        ]
    ),
    text=st.text(st.characters(max_codepoint=255), max_size=40),
)  # fmt: skip
def test_any_header_is_always_answered(fuzz: Callable[..., None], name: str, text: str) -> None:
    fuzz("DELETE", "/api/v1/orders", "symbol=BTC-USDT", b"", {name: text})


def with_subject(path: str, subject: str) -> str:
    """A path with something where it has its braces."""
    lead, brace, tail = path.partition("{")
    return lead + subject + tail.partition("}")[2] if brace else path
