"""What a private call must prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.kucoin import auth
from seatrial.dialects.wire import Call

SECRET = "test_api_secret"
NOW_NS = 1_700_000_000_000 * 10**6


def test_the_published_check_value() -> None:
    """Source: kucoin-rest#signature."""
    assert auth.sign_passphrase("test_plain", SECRET) == "jie/gxS38wLFFaBwl/cAzFbAzlI8MIny96jSXrB+iP4="
    assert auth.sign("test", "", "_plain", b"", SECRET) == "jie/gxS38wLFFaBwl/cAzFbAzlI8MIny96jSXrB+iP4="


def test_the_signature_is_over_timestamp_verb_endpoint_and_body() -> None:
    together = auth.sign("1700000000000POST/api/v1/orders", "", "", b'{"a": 1}', SECRET)
    assert auth.sign("1700000000000", "post", "/api/v1/orders", b'{"a": 1}', SECRET) == together


def is_right(signed_endpoint: str, path: str, query: bytes, body: bytes = b"") -> bool:
    """Whether a signature over an endpoint is taken for a request of path and query."""
    signature = auth.sign("1700000000000", "GET", signed_endpoint, body, SECRET).encode()
    endpoint = Call("GET", path, query, {}, body, "").endpoint
    return auth.verify(signature, b"1700000000000", "GET", endpoint, body, SECRET)


def test_a_query_may_be_signed_as_it_is_sent() -> None:
    assert is_right("/api/v1/accounts/ledgers?currency=BTC%2CUSDT", "/api/v1/accounts/ledgers", b"currency=BTC%2CUSDT")


def test_a_query_may_be_signed_decoded() -> None:
    assert is_right("/api/v1/accounts/ledgers?currency=BTC,USDT", "/api/v1/accounts/ledgers", b"currency=BTC%2CUSDT")


def test_a_query_is_never_encoded_to_be_verified() -> None:
    assert not is_right(
        "/api/v1/accounts/ledgers?currency=BTC%2CUSDT", "/api/v1/accounts/ledgers", b"currency=BTC,USDT"
    )


@pytest.mark.parametrize("signed", ["/api/v1/orders/my%20order", "/api/v1/orders/my order"])
def test_a_path_may_be_signed_as_it_is_sent_or_decoded(signed: str) -> None:
    signature = auth.sign("1", "DELETE", signed, b"", SECRET).encode()
    call = Call("DELETE", "/api/v1/orders/my order", b"", {}, b"", "", b"/api/v1/orders/my%20order")
    assert auth.verify(signature, b"1", "DELETE", call.endpoint, b"", SECRET)


def test_a_plus_is_no_space() -> None:
    assert is_right("/api/v1/x?a=1+%2", "/api/v1/x", b"a=1+%2")
    assert not is_right("/api/v1/x?a=1 2", "/api/v1/x", b"a=1+2")


def test_an_endpoint_without_a_query_has_no_question_mark() -> None:
    assert is_right("/api/v1/accounts", "/api/v1/accounts", b"")
    assert not is_right("/api/v1/accounts?", "/api/v1/accounts", b"")


@given(query=st.binary(max_size=60), body=st.binary(max_size=60))
def test_any_bytes_can_be_signed_and_one_more_cannot(query: bytes, body: bytes) -> None:
    endpoint = "/api/v1/x" + ("?" + query.decode("latin-1") if query else "")
    message = b"1POST" + endpoint.encode("latin-1") + body
    signature = auth._sign(message, SECRET)
    assert auth.verify(signature, b"1", "POST", endpoint.encode("latin-1"), body, SECRET)
    assert not auth.verify(signature, b"1", "POST", endpoint.encode("latin-1"), body + b"x", SECRET)


@pytest.mark.parametrize("signature", [b"", b"x", b"\xff" * 44])
def test_a_signature_of_any_other_bytes_is_wrong(signature: bytes) -> None:
    assert not auth.verify(signature, b"1", "GET", b"/api/v1/x", b"", SECRET)


@pytest.mark.parametrize(("version", "form"), [("1", "plain"), ("2", "signed"), ("3", "signed")])
def test_each_version_has_one_form_of_passphrase(version: str, form: str) -> None:
    forms = {"plain": b"sesame", "signed": auth.sign_passphrase("sesame", SECRET).encode()}
    matches = {name: auth.passphrase_matches(given, version, "sesame", SECRET) for name, given in forms.items()}
    assert matches == {name: name == form for name in forms}


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [(b"1700000000000", NOW_NS), (b"1700000000000.5", NOW_NS + 500_000), (b"0.0000019", 1), (b"7.", 7_000_000)],
)
def test_a_timestamp_is_in_milliseconds_and_may_have_decimals(text: bytes, nanoseconds: int) -> None:
    assert auth.timestamp_ns(text) == nanoseconds


@pytest.mark.parametrize("text", [b"", b"-1", b"1e9", b"abc", b" 1", b"1 ", "\uff11".encode(), b"1" * 16])
def test_anything_else_is_no_timestamp(text: bytes) -> None:
    assert auth.timestamp_ns(text) is None


@pytest.mark.parametrize(("off_ms", "current"), [(0, True), (-4999, True), (4999, True), (-5000, False), (5000, False)])
def test_a_timestamp_must_be_less_than_five_seconds_away(off_ms: int, current: bool) -> None:
    assert auth.is_current(NOW_NS + off_ms * 10**6, NOW_NS) is current


def test_the_steps_show_everything_but_the_secret() -> None:
    shown = auth.steps("1", "GET", "/api/v1/x?a=1", b"", SECRET, key="k", passphrase="sesame")
    assert shown.signed == b"1GET/api/v1/x?a=1"
    assert shown.secret_length == len(SECRET)
    assert shown.headers == {
        "KC-API-KEY": "k",
        "KC-API-SIGN": auth.sign("1", "GET", "/api/v1/x?a=1", b"", SECRET),
        "KC-API-TIMESTAMP": "1",
        "KC-API-PASSPHRASE": auth.sign_passphrase("sesame", SECRET),
        "KC-API-KEY-VERSION": "3",
    }
    assert SECRET not in repr(shown)


def test_the_steps_of_version_1_send_the_passphrase_in_clear() -> None:
    assert auth.steps("1", "GET", "/", b"", SECRET, passphrase="p", version="1").headers["KC-API-PASSPHRASE"] == "p"
