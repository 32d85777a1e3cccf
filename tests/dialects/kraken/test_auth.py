"""Signatures and one-time passwords.

Vectors: kraken-rest#test-vectors (A is published by Kraken), RFC 6238 appendix B.
"""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.kraken.auth import (
    SecretError,
    decode_secret,
    nonce_number,
    password_matches,
    sign,
    steps,
    totp,
    verify,
)

SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
SDK_SECRET = base64.b64encode(b"python-kraken-sdk unit-test secret value").decode()
NONCE = "1616492376594"
FORM = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
VECTORS = {
    "A": (
        "/0/private/AddOrder",
        FORM,
        SECRET,
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
    ),
    "B": (
        "/0/private/BalanceEx",
        "nonce=1616492376594",
        SECRET,
        "1j2wTVcCjQvueYQKkvwE3KMKUKZ2X44OnlJOYr2nPt3WwRIl69rXv3dyHxdoxHIc88DGbIR+WwRtR0qudfAL+w==",
    ),
    "C": (
        "/0/private/AddOrder",
        '{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}',
        SECRET,
        "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg==",
    ),
    "D": (
        "/0/private/CancelOrderBatch",
        '{"nonce":1616492376594,"orders":["OUF4EM-FRGI2-MQMWZD"]}',
        SECRET,
        "AlmI6UvkTUdszhvWu+XISXSyZcjKawyfFMKRAYJQRTwkVnxzerBKa8nagYFOFFF4J/oOf2hfdr33WPCmzjXEdw==",
    ),
    "E": (
        "/0/private/AddOrder",
        FORM + "&close%5Bordertype%5D=limit&close%5Bprice%5D=38000",
        SECRET,
        "gYHMpEH+tzbU6Codp09PsL4lhdT9/yCLy1dif9vMvOy3Z15BxCv3HE5IeP/StUlnxYSNv6JoRD1bIg4fjntEYQ==",
    ),
    "F": (
        "/0/private/AddOrder",
        "nonce=1616492376594&ordertype=limit&pair=XBTUSD",
        SDK_SECRET,
        "Fo+0Uhanvs3F1byZFCjVBMLsCcRE2xLQMDpoA3Q9hawoZ0ZL35AmbknAQBlOIs4baRx9UGhzQH+/CTl9qnyp1w==",
    ),
}
BALANCE = "/0/private/Balance"
BODY = b"nonce=1616492376594"
KEY = decode_secret(SECRET)
AUTHENTICATOR = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize("vector", VECTORS)
def test_a_published_vector_is_signed_as_published(vector: str) -> None:
    path, body, secret, expected = VECTORS[vector]
    assert sign(path, NONCE, body.encode(), secret) == expected
    assert sign(path, NONCE, body.encode(), base64.b64decode(secret)) == expected


@pytest.mark.parametrize("vector", VECTORS)
def test_a_published_vector_verifies(vector: str) -> None:
    path, body, secret, expected = VECTORS[vector]
    assert verify(expected.encode(), path, NONCE, body.encode(), decode_secret(secret))


@pytest.mark.parametrize(
    ("path", "nonce", "body", "secret"),
    [
        ("/0/private/BalanceEx", NONCE, BODY, KEY),
        (BALANCE, "1616492376595", BODY, KEY),
        (BALANCE, NONCE, BODY + b"&asset=XBT", KEY),
        (BALANCE, NONCE, BODY, KEY[:-1]),
    ],
    ids=["another path", "another nonce", "another body", "another secret"],
)
def test_a_signature_of_something_else_does_not_verify(path: str, nonce: str, body: bytes, secret: bytes) -> None:
    signature = sign(BALANCE, NONCE, BODY, KEY).encode()
    assert verify(signature, BALANCE, NONCE, BODY, KEY)
    assert not verify(signature, path, nonce, body, secret)


@given(st.binary(max_size=100))
def test_no_garbage_is_a_signature(signature: bytes) -> None:
    assert not verify(signature, BALANCE, NONCE, BODY, KEY)


@given(st.text(st.characters(), max_size=30))
def test_no_nonce_text_breaks_the_check(nonce: str) -> None:
    assert not verify(sign(BALANCE, NONCE, BODY, KEY).encode(), BALANCE, f"{NONCE}{nonce}0", BODY, KEY)


@pytest.mark.parametrize("signed_path", [BALANCE, f"{BALANCE}?account_id=1"])
def test_a_query_string_may_be_signed_or_not(signed_path: str) -> None:
    signature = sign(signed_path, NONCE, BODY, KEY).encode()
    assert verify(signature, BALANCE, NONCE, BODY, KEY, query=b"account_id=1")


def test_a_signature_over_another_query_string_does_not_verify() -> None:
    signature = sign(f"{BALANCE}?account_id=1", NONCE, BODY, KEY).encode()
    assert not verify(signature, BALANCE, NONCE, BODY, KEY, query=b"account_id=2")
    assert not verify(signature, BALANCE, NONCE, BODY, KEY)


def test_the_steps_lead_to_the_published_signature() -> None:
    path, body, secret, expected = VECTORS["A"]
    worked = steps(path, NONCE, body.encode(), secret, key="public")
    assert worked.hashed == NONCE.encode() + body.encode()
    assert worked.inner_hex == "23a1c1b34c6a11d641af0f24684896cb90f66fb991125c83dc357bdc3dc146f1"
    assert worked.signed == path.encode() + bytes.fromhex(worked.inner_hex)
    assert worked.key_length == 64
    assert worked.headers == {"API-Key": "public", "API-Sign": expected}


def test_the_steps_hold_no_secret() -> None:
    shown = repr(steps(BALANCE, NONCE, BODY, SECRET))
    assert SECRET not in shown
    assert repr(KEY)[2:-1] not in shown
    assert KEY.hex() not in shown


@pytest.mark.parametrize("secret", ["", "not base64!", "abc", "ключ", "kQH5*HW/"])
def test_a_private_key_that_is_not_base64_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(SecretError) as refusal:
        decode_secret(secret)
    assert not secret or secret not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        (NONCE, 1616492376594),
        ("0007", 7),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", None),
        ("9" * 5000, None),
        ("", None),
        (None, None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1e3", None),
        ("1_000", None),
        ("\uff11\uff12", None),
        (" 1", None),
        ("1\n", None),
        ("true", None),
    ],
)
def test_a_nonce_is_an_unsigned_64_bit_number_in_ascii_digits(text: str | None, number: int | None) -> None:
    assert nonce_number(text) == number


@pytest.mark.parametrize(
    ("unix_seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_an_authenticators_code_ends_as_the_rfcs_longer_one(unix_seconds: int, code: str) -> None:
    assert totp(AUTHENTICATOR, unix_seconds) == code


def test_an_authenticators_secret_may_be_typed_as_apps_show_it() -> None:
    spaced = " ".join(AUTHENTICATOR.lower()[at : at + 4] for at in range(0, 32, 4))
    assert totp(spaced, 59) == totp(AUTHENTICATOR, 59)
    assert totp("MFRGG", 59) == totp("MFRGG===", 59)


@pytest.mark.parametrize("secret", ["", "0189", "A", "ключ"])
def test_an_authenticators_secret_that_is_not_base32_is_refused(secret: str) -> None:
    with pytest.raises(SecretError, match="base32"):
        totp(secret, 59)


@pytest.mark.parametrize(("late_seconds", "right"), [(0, True), (30, True), (-30, True), (60, False), (-60, False)])
def test_a_code_may_be_one_step_early_or_late(late_seconds: int, right: bool) -> None:
    code = totp(AUTHENTICATOR, 1111111111)
    assert password_matches(code, 1111111111 + late_seconds, authenticator=AUTHENTICATOR) is right


def test_the_first_step_of_all_has_none_before_it() -> None:
    assert password_matches(totp(AUTHENTICATOR, 0), 0, authenticator=AUTHENTICATOR)


@pytest.mark.parametrize("given_password", [None, "", "hunter3", "hunter2 ", "pässwort", "\ud800"])
def test_a_key_with_a_static_password_asks_for_exactly_that(given_password: str | None) -> None:
    assert password_matches("hunter2", 0, static="hunter2")
    assert not password_matches(given_password, 0, static="hunter2")


def test_a_key_without_a_password_asks_for_none() -> None:
    assert password_matches(None, 0)
    assert password_matches("123456", 0)


def test_a_key_with_both_takes_either() -> None:
    assert password_matches("hunter2", 59, static="hunter2", authenticator=AUTHENTICATOR)
    assert password_matches("287082", 59, static="hunter2", authenticator=AUTHENTICATOR)
    assert not password_matches("000000", 59, static="hunter2", authenticator=AUTHENTICATOR)
