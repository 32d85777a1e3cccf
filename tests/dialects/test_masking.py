"""What a log shows of a call that nobody could read."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.masking import masked

SHOWN = [
    (b"nonce=1&otp=hunter2&pair=XBTUSD", b"nonce=1&otp=***&pair=XBTUSD"),
    (b"otp=hun,ter}2%26", b"otp=***"),
    (b"OTP=hunter2", b"OTP=***"),
    (b"o%74p=hunter2&x=y", b"o%74p=***&x=y"),
    (b"orders[0][otp]=hunter2", b"orders[0][otp]=***"),
    (b"subName=ann&apiKey=abc&passphrase=Hush-hush", b"subName=ann&apiKey=***&passphrase=***"),
    (b"api-key=abc&api_sign=def&signature=ghi&token=jkl", b"api-key=***&api_sign=***&signature=***&token=***"),
    (b'{"subName":"ann","passphrase":"Hush-hush","remark":"x"}', b'{"subName":"ann","passphrase":***,"remark":"x"}'),
    (b'{"password": "a\\"b,}c" , "access": "Spot"}', b'{"password": *** , "access": "Spot"}'),
    (b'{"otp": 123456, "pair": "XBTUSD"}', b'{"otp": ***, "pair": "XBTUSD"}'),
    (b'{"\\u006ftp": "123456", "pair": "XBTUSD"}', b'{"\\u006ftp": ***, "pair": "XBTUSD"}'),
    (b'{"passphrase": {"a": "Hush"}, "x": 1}', b'{"passphrase": ***'),
    (b'{"passphrase": "Hush", "Hush"}', b'{"passphrase": ***, "Hush"}'),
    (b'{"passphrase": "Hush"hush"}', b'{"passphrase": ***'),
    (b'{"passphrase": "Hush-hu', b'{"passphrase": ***'),
    (b"{'password': 'Hush', 'x': 1}", b"{'password': ***, 'x': 1}"),
    (b"passphrase: Hush-hush", b"passphrase: ***"),
    (b'"{\\"otp\\":\\"123456\\"}"', b'"{\\"otp\\":***'),
    (b"%7B%22otp%22%3A%22123456%22%7D=&x=y", b"***&x=y"),
    (b'--b\r\nContent-Disposition: form-data; name="otp"\r\n\r\n123456\r\n--b--', b"***"),
    (b"pair=XBTUSD&price=1&cl_ord_id=abc", b"pair=XBTUSD&price=1&cl_ord_id=abc"),
    (b'{"symbol":"BTC-USDT","clientOid":"monkeys"}', b'{"symbol":"BTC-USDT","clientOid":"monkeys"}'),
    (b"", b""),
    (b"\xff\x00\n", b"\xff\x00\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_secrets_are_masked_by_the_names_of_their_fields(text: bytes, shown: bytes) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", [b"x=ab/c+d==", b"x=ab%2Fc%2Bd%3D%3D", b"x=ab/c%2Bd%3D%3D", b'{"x": "ab\\/c+d=="}'])
def test_known_secrets_are_masked_wherever_they_stand(text: bytes) -> None:
    shown = masked(text, None, "x", "ab/c+d==")
    assert shown in (b"x=***", b'{"x": "***"}')


secrets = st.text("abcXYZ012-_.!*", min_size=6)
others = st.dictionaries(st.sampled_from(["pair", "nonce", "symbol"]), st.text("XBT,}&=\"'\\", max_size=5))


@given(secret=secrets, fields=others, name=st.sampled_from(["otp", "passphrase", "password"]), at=st.integers(0, 3))
def test_a_secret_in_json_is_masked_whatever_stands_beside_it(
    secret: str, fields: dict[str, str], name: str, at: int
) -> None:
    pairs = [*fields.items()]
    pairs.insert(at, (name, secret))
    for spaces in ("", " "):
        body = "{" + f",{spaces}".join(f'"{key}":{spaces}{_quoted(value)}' for key, value in pairs) + "}"
        assert secret.encode() not in masked(body.encode())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@pytest.mark.parametrize("unit", [b"x", b"%", b"\\", b'"', b"otp", b"otp=&", b'"otp":', b"\\u006f", b"x:", b" ="])
def test_no_text_takes_long(unit: bytes) -> None:
    begun = process_time()
    masked(unit * (100_000 // len(unit)))
    assert process_time() - begun < 2
