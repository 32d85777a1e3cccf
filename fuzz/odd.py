"""Values that belong nowhere."""

from random import Random
from typing import Final

from fuzz.writing import Raw, Value

TEXTS: Final = (
    "", " ", "0", "-0", "1", "-1", "+1", "00", "0.0", "-0.5", ".5", "5.", ".", "-", "+", "1.2.3", "1,5", "1 000",
    "1_000", "1e9", "1E-9", "1e999", "-1e-999", "0x10", "0b1", "1/2", "NaN", "-NaN", "Infinity", "-inf", "null", "None",
    "true", "False", "yes", "undefined", "[]", "{}", "[1", '["a","b"]', '{"a":1}', "a,b,,c", ",", ",,,,", "#5%", "+1%",
    "-100%", "+", "#", "%", "%00", "%zz", "%", "&", "=", "?", "/", "..", "../../etc/passwd", "\\", "'", '"',
    "' OR 1=1 --", "; DROP TABLE orders", "<b>", "{{7*7}}", "${x}", "\x00", "a\x00b", "\t", "\r\nX-Evil: 1", "\x7f",
    "\x85", "\u2028", "\u0661\u0662", "\uff11\uff12", "\u00b2", "\u2167", "\u00e9", "e\u0301", "\U0001f4a5", "\ud800",
    "\udfff\ud800", "\ufeff1", "\u202e1", "\u00a0", "2147483647", "2147483648", "-2147483649", "4294967296",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
    "18446744073709551616", "92233720368.54775807", "0.00000000000000000001", "9" * 30, "9" * 31,
    "0." + "9" * 30, "0." + "0" * 31 + "1", "9" * 5_000, "A" * 5_000, "1970-01-01",
    "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "-1d", "4102444800",
    "ALL", "all", "*", "XBT", "ZUSD", "XXBTZUSD", "BTC-USDT", "BTC", "USDT", "buy", "limit", "main", "MAIN",
)  # fmt: skip
"""Numbers at edges and in other spellings, words of other languages, bits of syntax, and words in the wrong place."""

JSON: Final[tuple[Value, ...]] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**40, 0.1, -0.5, 1e-7, 1e22, [], {},
    [[]], [{}], [None], [1, "a", None, True], {"": ""}, {"a": {"b": {"c": {"d": {"e": 1}}}}}, {"0": {"volume": 1}},
    Raw("NaN"), Raw("-Infinity"), Raw("1e400"), Raw("-1E-400"), Raw("1E+2"), Raw("1e-05"), Raw("-0"), Raw("-0.0"),
    Raw("007"), Raw("1."), Raw(".5"), Raw("0x10"), Raw("9" * 400), Raw("9" * 5_000), Raw("1." + "0" * 400),
    Raw('"\\ud800"'), Raw('"\\u0000"'), Raw('"\\ud83d\\udca5"'), Raw('"\\x"'), Raw('"open'), Raw("'a'"), Raw("tru"),
    Raw(""), Raw("/**/1"), Raw('{"a":1,"a":2}'), Raw("[1,]"), Raw("[" * 2_000), Raw("[" * 500 + "]" * 500),
    Raw('{"a":' * 300 + "1" + "}" * 300),
)  # fmt: skip
"""What no form can say."""

_PARTS: Final = ("", "0", "1", "9", ".", "-", "e", "a", "Z", "_", ",", "%", "\x00", "\U0001f4a5")


def odd_value(luck: Random) -> Value:
    """Anything."""
    return luck.choices((_text, _json, _mixture, _list, _group), (50, 25, 12, 8, 5))[0](luck)


def _text(luck: Random) -> Value:
    return luck.choice(TEXTS)


def _json(luck: Random) -> Value:
    return luck.choice(JSON)


def _mixture(luck: Random) -> Value:
    return "".join(luck.choices(_PARTS, k=luck.randint(1, 8)))


def _list(luck: Random) -> Value:
    return [luck.choice(TEXTS) for _ in range(luck.choice((1, 2, 20, 60)))]


def _group(luck: Random) -> Value:
    return {luck.choice(("ordertype", "price", "0", "a", "")): luck.choice(TEXTS) for _ in range(luck.randint(1, 3))}
