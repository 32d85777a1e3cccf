"""What parameters a body or a query string holds, and how each reader takes or refuses them."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seatrial.dialects.kraken.errors import BadCall
from seatrial.dialects.kraken.params import MAX_FIELDS, MAX_NS, Params, _parse_any_form, parse_body, parse_query

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


def form(text: str | bytes) -> Params:
    """The parameters of a form body."""
    return readable(parse_body(FORM, text.encode() if isinstance(text, str) else text))


def document(text: str | bytes) -> Params:
    """The parameters of a JSON body."""
    return readable(parse_body(JSON, text.encode() if isinstance(text, str) else text))


def readable(parsed: Params | BadCall) -> Params:
    """Parameters, where the whole could be read."""
    assert isinstance(parsed, Params)
    return parsed


def refusal(parsed: Params | BadCall) -> str:
    """The words for a body that could not be read as a whole."""
    assert isinstance(parsed, BadCall)
    return parsed.error


both = pytest.mark.parametrize(
    "params",
    [
        form("nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"),
        document(
            '{"nonce":1616492376594,"ordertype":"limit","pair":"XBTUSD","price":37500,"type":"buy","volume":1.25}'
        ),
    ],
    ids=["form", "JSON"],
)


@both
def test_an_order_reads_the_same_from_both_formats(params: Params) -> None:
    assert params.nonce == "1616492376594"
    assert params.required("pair") == "XBTUSD"
    assert params.required_choice("type", ("buy", "sell")) == "buy"
    assert params.decimal("volume") == "1.25"
    assert params.integer("price", 0, 2**31) == 37500
    assert params.text("userref") is None


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, "nonce=5"),
        (FORM + b"; charset=utf-8", "nonce=5"),
        (b"Application/X-WWW-Form-Urlencoded ;charset=UTF-8", "nonce=5"),
        (JSON, '{"nonce":5}'),
        (b"APPLICATION/JSON;charset=utf-8", '{"nonce":5}'),
        (JSON, '\r\n {"nonce": "5"} \t'),
        (None, "nonce=5"),
        (None, '{"nonce":5}'),
        (b"", '{"nonce":5}'),
        (b"text/plain", '{"nonce":5}'),
        (b"text/plain", "nonce=5"),
    ],
)
def test_the_content_type_decides_and_without_one_the_first_byte(content_type: bytes | None, body: str) -> None:
    assert readable(parse_body(content_type, body.encode())).nonce == "5"


@pytest.mark.parametrize(
    ("body", "nonce"),
    [
        ("nonce=1&volume=%FF", "1"),
        ("volume=1&volume=2&nonce=7", "7"),
        (b"key=\xff\xfe&nonce=7", "7"),
        ("nonce=%31%32", "12"),
        ("nonce=", None),
        ("nonce", None),
        ("nonce=1&nonce=1", None),
        ("", None),
        ("nonce[0]=1", None),
    ],
)
def test_the_nonce_of_a_form_is_there_whatever_else_is_wrong(body: str | bytes, nonce: str | None) -> None:
    assert form(body).nonce == nonce


@pytest.mark.parametrize(
    ("body", "nonce"),
    [
        ('{"nonce":1,"volume":[[[[[[[[1]]]]]]]]}', "1"),
        ('{"volume":1,"volume":2,"nonce":"007"}', "007"),
        (b'{"key":"\xff\xfe","nonce":"7"}', "7"),
        (r'{"key":"\ud800","nonce":"7"}', "7"),
        ('{"nonce":18446744073709551615}', "18446744073709551615"),
        ('{"nonce":1.50}', "1.50"),
        ('{"nonce":1E3}', "1E3"),
        ('{"nonce":null}', None),
        ('{"nonce":{"a":1}}', None),
        ('{"nonce":1,"nonce":2}', None),
        ("{}", None),
    ],
)
def test_the_nonce_of_a_json_body_is_its_text_whatever_else_is_wrong(body: str | bytes, nonce: str | None) -> None:
    assert document(body).nonce == nonce


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonce=1",
        b"{",
        b'{"nonce":1,}',
        b'{"nonce":1} x',
        b"[]",
        b"5",
        b'"nonce"',
        b"null",
        b'{"volume":NaN}',
        b'{"volume":-Infinity}',
        b"{'nonce':1}",
        b"\xef\xbb\xbf{}",
        '{"nonce":1}'.encode("utf-16"),
        b"\xff\xff",
        b'{"key":"line\nbreak"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object_is_a_bad_request(body: bytes) -> None:
    assert refusal(parse_body(JSON, body)) == "EAPI:Bad request"


def test_a_whole_number_of_any_length_is_only_text() -> None:
    digits = "9" * 5000
    params = document(f'{{"nonce":{digits}}}')
    assert params.nonce == digits
    with pytest.raises(BadCall):
        params.integer("nonce", 0, 2**64)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, "&".join(f"k{number}=1" for number in range(MAX_FIELDS + 1))),
        (FORM, "&" * (MAX_FIELDS + 1)),
        (JSON, json.dumps({f"k{number}": 1 for number in range(MAX_FIELDS + 1)})),
        (JSON, json.dumps({"orders": [1] * (MAX_FIELDS + 1)})),
        (JSON, json.dumps({"orders": [{}] * (MAX_FIELDS + 1)})),
    ],
    ids=["form", "ampersands", "keys", "list", "groups"],
)
def test_more_fields_than_any_call_has_are_a_bad_request(content_type: bytes, body: str) -> None:
    assert refusal(parse_body(content_type, body.encode())) == "EAPI:Bad request"


def test_a_query_string_reads_as_a_form() -> None:
    params = readable(parse_query(b"pair=XBT%2FUSD&since=0&count=%E2%82%AC"))
    assert params.text("pair") == "XBT/USD"
    assert params.text("count") == "€"
    assert readable(parse_query(b"")).text("pair") is None


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("a+b", "a b"),
        ("%2B5%25", "+5%"),
        ("+5", " 5"),
        ("5%", "5%"),
        ("%zz", "%zz"),
        ("a=b", "a=b"),
        ("caf%C3%A9", "café"),
        ("café", "café"),
        ("%F0%9F%9A%80", "🚀"),
        ("", None),
    ],
)
def test_a_form_value_is_decoded_once(sent: str, text: str | None) -> None:
    assert form(f"key={sent}").text("key") == text


@pytest.mark.parametrize(
    "body", ["volume=%FF", "volume=%ED%A0%80", "volume=%00", "volume=1%0A", b"volume=\xff", b"volume=1\r"]
)
def test_broken_or_unprintable_text_is_refused_when_it_is_read(body: str | bytes) -> None:
    params = form(body)
    assert params.text("price") is None
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:volume$"):
        params.text("volume")


@pytest.mark.parametrize(
    "body", [r'{"volume":"\ud800"}', r'{"volume":"\u0000"}', b'{"volume":"\xff"}', '{"volume":[1]}', '{"volume":{}}']
)
def test_broken_or_nested_json_text_is_refused_when_it_is_read(body: str | bytes) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:volume$"):
        document(body).text("volume")


def test_a_field_with_a_broken_name_is_an_unknown_field() -> None:
    assert form("%FFvolume=1&volume=2").text("volume") == "2"


@both
def test_unknown_fields_do_not_matter(params: Params) -> None:
    assert params.integer("userref", 1, 5) is None


@pytest.mark.parametrize(
    "params",
    [
        form("volume=1&volume=1"),
        form("volume=1&volume=2&volume=3"),
        form("volume[]=1"),
        form("volume[0]=1"),
        document('{"volume":1,"volume":1}'),
        document('{"volume":[1,2]}'),
    ],
)
def test_a_single_parameter_sent_as_several_is_refused(params: Params) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:volume$"):
        params.decimal("volume")


def test_json_null_and_empty_text_are_absent() -> None:
    params = document('{"price":null,"oflags":"","volume":"1","leverage":null,"leverage":"2"}')
    assert params.text("price") is None
    assert params.comma_list("oflags", 5) == ()
    assert params.text("leverage") == "2"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("volume", "EGeneral:Invalid arguments:volume"),
        ("cl_ord_id", "EGeneral:Invalid arguments:cl_ord_id"),
        ("asset", "EGeneral:Invalid arguments:asset"),
        ("trades", "EGeneral:Invalid arguments:trades"),
        ("interval", "EGeneral:Invalid arguments"),
        ("aclass_base", "EGeneral:Invalid arguments"),
        ("fee_schedule", "EGeneral:Invalid arguments"),
    ],
)
def test_a_missing_argument_is_named_but_where_kraken_was_seen_not_to(name: str, error: str) -> None:
    with pytest.raises(BadCall) as refused:
        form("nonce=1").required(name)
    assert refused.value.error == error


@pytest.mark.parametrize("sent", ["true", "True", "TRUE", "1"])
def test_true_is_spelled_in_many_ways(sent: str) -> None:
    assert form(f"trades={sent}").boolean("trades", default=False)


@pytest.mark.parametrize("sent", ["false", "False", "FALSE", "0"])
def test_false_is_spelled_in_many_ways(sent: str) -> None:
    assert not form(f"trades={sent}").boolean("trades", default=True)


@pytest.mark.parametrize("sent", ["yes", "2", "on", "null", "\uff54\uff52\uff55\uff45", "%20true"])
def test_other_words_are_no_boolean(sent: str) -> None:
    with pytest.raises(BadCall):
        form(f"trades={sent}").boolean("trades", default=False)


@pytest.mark.parametrize("default", [True, False])
def test_an_absent_boolean_is_its_default(default: bool) -> None:
    assert form("trades=").boolean("trades", default) is default


def test_json_booleans_and_numbers_are_booleans_too() -> None:
    params = document('{"a":true,"b":false,"c":1,"d":0}')
    assert [params.boolean(name, default=False) for name in "abcd"] == [True, False, True, False]


@pytest.mark.parametrize("sent", ["true", "1", "anything", "yes", "2", "None"])
def test_validate_is_set_by_anything(sent: str) -> None:
    assert form(f"validate={sent}").flag_any("validate")


@pytest.mark.parametrize("body", ["validate=False", "validate=false", "validate=0", "validate=", "nonce=1"])
def test_validate_is_not_set_by_what_means_no(body: str) -> None:
    assert not form(body).flag_any("validate")


@pytest.mark.parametrize(("sent", "number"), [("1", 1), ("2147483647", 2147483647), ("-5", -5), ("007", 7), ("-0", 0)])
def test_an_integer_is_read(sent: str, number: int) -> None:
    assert form(f"userref={sent}").integer("userref", -5, 2147483647) == number


@pytest.mark.parametrize(
    "sent",
    [
        "2147483648",
        "-6",
        "1.0",
        "1e3",
        "0x10",
        "1_000",
        "\uff11\uff12",
        "٣",
        "%2B5",
        "+5",
        "5+",
        "--5",
        "9" * 5000,
        "abc",
        "true",
    ],
)
def test_what_is_no_integer_in_range_is_refused(sent: str) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:userref$"):
        form(f"userref={sent}").integer("userref", -5, 2147483647)


@pytest.mark.parametrize("sent", ["0", "1.25", "5.", ".5", "0.00000001", "007", "9" * 30])
def test_a_decimal_keeps_its_text(sent: str) -> None:
    assert form(f"volume={sent}").decimal("volume") == sent
    assert document(json.dumps({"volume": sent})).decimal("volume") == sent


@pytest.mark.parametrize(
    "sent",
    [
        "-1",
        "%2B1",
        "+1",
        "1e5",
        "1E-5",
        "NaN",
        "Infinity",
        "1,5",
        "1_000",
        "\uff11.\uff15",
        ".",
        "1.2.3",
        "0x1",
        "9" * 31,
        "1+",
    ],
)
def test_what_is_no_plain_decimal_is_refused(sent: str) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:volume$"):
        form(f"volume={sent}").decimal("volume")


def test_a_json_number_keeps_its_zeros() -> None:
    assert document('{"volume":1.250000000000000000000}').decimal("volume") == "1.250000000000000000000"


def test_a_choice_is_one_of_its_words() -> None:
    params = form("type=buy&stptype=sideways&timeinforce=gtc")
    assert params.choice("type", ("buy", "sell"), "sell") == "buy"
    assert params.choice("oflags", ("post",), None) is None
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:stptype$"):
        params.choice("stptype", ("cancel-newest",), "cancel-newest")
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:timeinforce$"):
        params.choice("timeinforce", ("GTC",), "GTC")
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:ordertype$"):
        params.required_choice("ordertype", ("limit",))


@pytest.mark.parametrize(
    ("sent", "at_ns"),
    [
        ("0", 0),
        ("1559347203", 1559347203_000_000_000),
        ("1559347203.7998", 1559347203_799_800_000),
        ("1559347203.", 1559347203_000_000_000),
        ("1559350785.297011117", 1559350785_297011117),
        ("1559350785.2970111179", 1559350785_297011117),
        ("9999999999", MAX_NS),
        ("1559350785297011117", MAX_NS),
    ],
)
def test_a_time_is_exact(sent: str, at_ns: int) -> None:
    assert form(f"start={sent}").time_ns("start") == at_ns


@pytest.mark.parametrize(
    "sent", ["-1", "1e9", "now", ".5", "2019-06-01", "\uff11\uff15", "9" * 21, "1.2.3", "%2B5", "1_0"]
)
def test_what_is_no_time_is_refused(sent: str) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:start$"):
        form(f"start={sent}").time_ns("start")


def test_an_absent_time_is_none() -> None:
    assert form("start=").time_ns("start") is None
    assert form("start=").rfc3339_ns("start") is None
    assert form("start=").moment_ns("start", 5) == 0


@pytest.mark.parametrize(
    ("sent", "at_ns"),
    [("0", 0), ("%2B60", 60_000_000_005), ("+1.5", 1_500_000_005), ("7", 7_000_000_000), ("9" * 20, MAX_NS)],
)
def test_a_moment_is_a_time_or_so_far_from_now(sent: str, at_ns: int) -> None:
    assert form(f"start={sent}").moment_ns("start", 5) == at_ns


@pytest.mark.parametrize(
    ("sent", "at_ns"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01t01:00:01.5+01:00", 1_500_000_000),
        ("1970-01-01 00:00:00.000000001-00:00", 1),
    ],
)
def test_a_time_of_rfc_3339_is_exact(sent: str, at_ns: int) -> None:
    assert form(f"start={sent}").rfc3339_ns("start") == at_ns


@pytest.mark.parametrize(
    "params",
    [
        form("orders=A,B,C"),
        form("orders=A, B ,C,"),
        form("orders=A%2C+B%2CC"),
        form("orders=A&orders=B&orders=C"),
        form("orders=A,B&orders=C"),
        form("orders[]=A&orders[]=B&orders[]=C"),
        form("orders[0]=A&orders[1]=B&orders[2]=C"),
        form("orders%5B2%5D=C&orders%5B0%5D=A&orders%5B1%5D=B"),
        form('orders=["A","B","C"]'),
        document('{"orders":["A","B","C"]}'),
        document('{"orders":["A",null,"B","","C"]}'),
        document('{"orders":"A,B,C"}'),
        document('{"orders[0]":"A","orders[1]":"B","orders[2]":"C"}'),
    ],
)
def test_a_list_reads_the_same_however_it_was_sent(params: Params) -> None:
    assert params.comma_list("orders", 3) == ("A", "B", "C")
    with pytest.raises(BadCall):
        params.comma_list("orders", 2)


def test_numbers_in_a_list_keep_their_text() -> None:
    assert document('{"orders":[27649653,"O-1",1.50]}').comma_list("orders", 3) == ("27649653", "O-1", "1.50")
    assert form("orders=[27649653]").comma_list("orders", 3) == ("27649653",)


@pytest.mark.parametrize("params", [form("nonce=1"), form("orders="), form("orders=,,"), document('{"orders":[]}')])
def test_a_list_without_members_is_empty(params: Params) -> None:
    assert params.comma_list("orders", 3) == ()


@pytest.mark.parametrize(
    "params",
    [
        form("orders=[1"),
        form("orders=[[1]]"),
        form("orders=[null]"),
        form("orders=" + "[" * 100_000),
        form("orders=A&orders=%FF"),
        form("orders[0]=%FF"),
        form("orders[x]=A"),
        form("orders[-1]=A"),
        form("orders[\uff11]=A"),
        form("orders[99999999999999999999]=A"),
        form("orders[0]=A&orders[0]=B"),
        form("orders[0]=A&orders[00]=B"),
        form("orders[0][txid]=A"),
        form('orders=["%00"]'),
        document('{"orders":[["A"]]}'),
        document('{"orders":[{}]}'),
        document('{"orders":{"a":"A"}}'),
        document('{"orders":["A"],"orders":["B"]}'),
    ],
)
def test_what_is_no_list_of_texts_is_refused(params: Params) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:orders$"):
        params.comma_list("orders", 50)


@pytest.mark.parametrize(
    "params",
    [
        form("close[ordertype]=limit&close[price]=%2B5%25"),
        form("close%5Bordertype%5D=limit&close%5Bprice%5D=%2B5%25"),
        form("close.ordertype=limit&close.price=%2B5%25"),
        document('{"close":{"ordertype":"limit","price":"+5%"}}'),
        document('{"close[ordertype]":"limit","close[price]":"+5%"}'),
    ],
)
def test_a_group_reads_the_same_however_it_was_sent(params: Params) -> None:
    close = params.group("close")
    assert close is not None
    assert close.required("ordertype") == "limit"
    assert close.required("price") == "+5%"
    assert close.text("price2") is None


@pytest.mark.parametrize(
    "params", [form("nonce=1"), form("close="), document('{"close":{}}'), document('{"close":null}')]
)
def test_a_group_without_members_is_absent(params: Params) -> None:
    assert params.group("close") is None


@pytest.mark.parametrize("params", [form("close=limit"), form("close=a&close=b"), document('{"close":"limit"}')])
def test_a_text_where_a_group_belongs_is_refused(params: Params) -> None:
    with pytest.raises(BadCall):
        params.group("close")


@pytest.mark.parametrize(
    "params",
    [form("close[price]=1&close[price]=2"), form("close[price]=1&close.price=2"), document('{"close":{"price":[1]}}')],
)
def test_what_is_wrong_inside_a_group_shows_when_it_is_read(params: Params) -> None:
    close = params.group("close")
    assert close is not None
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:price$"):
        close.text("price")


ROWS: list[dict[str, Any]] = [
    {"type": "buy", "volume": "1"},
    {"type": "sell", "volume": "2", "close": {"ordertype": "limit", "price": "3"}},
]


@pytest.mark.parametrize(
    "params",
    [
        document(json.dumps({"orders": ROWS})),
        form(
            "orders[1][volume]=2&orders[1][type]=sell&orders[1][close][price]=3&orders[1][close][ordertype]=limit"
            "&orders[0][type]=buy&orders[0][volume]=1"
        ),
        form(
            urlencode(
                {
                    "orders[0][type]": "buy",
                    "orders[0][volume]": "1",
                    "orders[1][type]": "sell",
                    "orders[1][volume]": "2",
                    "orders[1][close][price]": "3",
                    "orders[1][close][ordertype]": "limit",
                }
            )
        ),
    ],
)
def test_rows_read_the_same_however_they_were_sent(params: Params) -> None:
    first, second = params.rows("orders", 15)
    assert (first.text("type"), first.text("volume"), first.group("close")) == ("buy", "1", None)
    close = second.group("close")
    assert close is not None
    assert (second.text("type"), close.text("price")) == ("sell", "3")
    with pytest.raises(BadCall):
        params.rows("orders", 1)


def test_an_empty_row_counts() -> None:
    assert len(document('{"orders":[{},{"volume":1},{}]}').rows("orders", 15)) == 3


def test_absent_rows_are_none() -> None:
    assert form("nonce=1").rows("orders", 15) == ()


@pytest.mark.parametrize(
    "params",
    [
        form("orders=A"),
        form("orders=A&orders=B"),
        form("orders[0]=A"),
        form("orders[x][volume]=1"),
        form("orders[][volume]=1"),
        document('{"orders":["A"]}'),
        document('{"orders":{"volume":1}}'),
        document('{"orders":[{"volume":1},"A"]}'),
    ],
)
def test_what_is_no_list_of_groups_is_refused(params: Params) -> None:
    with pytest.raises(BadCall, match=r"^EGeneral:Invalid arguments:orders$"):
        params.rows("orders", 15)


def test_what_lies_deeper_than_any_documented_name_cannot_be_read() -> None:
    deep = document('{"orders":[{"close":{"price":{"x":1}}}]}').rows("orders", 1)[0].group("close")
    assert deep is None


def read_everything(params: Params) -> None:
    """Ask every reader for every name; only `BadCall` may come out."""
    for name in ("nonce", "volume", "orders", "close", "a", ""):
        for read in (
            params.text,
            params.required,
            params.decimal,
            params.time_ns,
            params.rfc3339_ns,
            params.flag_any,
            params.group,
            lambda name: params.moment_ns(name, 0),
            lambda name: params.boolean(name, default=False),
            lambda name: params.integer(name, 0, 10),
            lambda name: params.choice(name, ("x",), None),
            lambda name: params.comma_list(name, 3),
            lambda name: params.rows(name, 3),
        ):
            with suppress(BadCall):
                read(name)


names = st.sampled_from(["nonce", "volume", "orders", "close", "a", ""])
form_parts = st.builds(
    lambda name, suffix, value: f"{name}{suffix}={value}",
    names,
    st.sampled_from(["", "[]", "[0]", "[1]", "[0][a]", "[0][a][a]", "[", "]", "[[", "[x", ".a", "%5B0%5D", "%", "%ff"]),
    st.one_of(st.text(max_size=5), st.sampled_from(["1", "true", "%FF", "%", "+", "[1]", "[", "1e5", "NaN"])),
)


@given(st.lists(form_parts, max_size=8).map("&".join))
def test_no_form_breaks_a_reader(body: str) -> None:
    read_everything(readable(parse_body(FORM, body.encode(errors="replace"))))


ODD = [*"&=+%[]{},:;'\\\x00\x1f\x7fé\ud800", '"', '","', r"\n", r"\u0041", "%41", "a[0]", "a[]"]
plain_or_odd = st.one_of(st.text("abc", max_size=3), st.sampled_from(ODD))


@given(st.lists(st.tuples(plain_or_odd, plain_or_odd).map("=".join), max_size=4).map("&".join))
@example('a=b","c=d')
@example("a=%41")
@example(r"a=\u0041")
def test_a_form_read_in_one_go_is_what_it_is_read_part_by_part(body: str) -> None:
    raw = body.encode(errors="surrogatepass")
    at_once, by_part = readable(parse_body(FORM, raw)), readable(_parse_any_form(raw))
    for parts in ("_fields", "_repeated", "_nested"):
        assert getattr(at_once, parts) == getattr(by_part, parts)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=20
)


@given(st.dictionaries(names | st.sampled_from(["orders[0]", "close[a]", "a[]", "a.a"]), trees, max_size=6))
def test_no_json_object_breaks_a_reader(tree: dict[str, Any]) -> None:
    read_everything(readable(parse_body(JSON, json.dumps(tree).encode())))


@given(st.sampled_from([FORM, JSON, None, b"text/html"]), st.binary(max_size=60))
def test_no_bytes_break_the_parser(content_type: bytes | None, body: bytes) -> None:
    parsed = parse_body(content_type, body)
    if isinstance(parsed, Params):
        read_everything(parsed)
    else:
        assert parsed.error == "EAPI:Bad request"


@given(
    st.dictionaries(
        st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1),
    )
)
def test_what_a_client_encodes_is_what_is_read(fields: dict[str, str]) -> None:
    for params in (
        form(urlencode(fields)),
        document(json.dumps(fields)),
        document(json.dumps(fields, ensure_ascii=False)),
    ):
        assert {name: params.text(name) for name in fields} == fields


@pytest.mark.parametrize(
    "body",
    ["a" + "[" * 200_000 + "=1", "orders[0]" + "[a]" * 60_000 + "=1", "%5B" * 200_000, "&".join(["a[" * 100] * 1000)],
)
def test_long_nested_names_are_no_burden(body: str) -> None:
    params = form(body)
    read_everything(params)
    assert params.nonce is None
