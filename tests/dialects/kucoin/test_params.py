"""Parameters out of queries and bodies."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.params import MAX_FIELDS, MAX_NS, Params, parse_body, parse_query


def query(text: bytes) -> Params:
    """The parameters of a query that can be read."""
    params = parse_query(text)
    assert isinstance(params, Params)
    return params


def body(text: bytes) -> Params:
    """The parameters of a body that can be read."""
    params = parse_body(text)
    assert isinstance(params, Params)
    return params


def refusal(read: Callable[[], object]) -> str:
    """The message of what must be refused."""
    with pytest.raises(BadCall) as caught:
        read()
    assert caught.value.error.code == "400100"
    return caught.value.error.message


def test_a_query_is_percent_decoded_and_a_plus_is_a_plus() -> None:
    params = query(b"currency=BTC%2CUSDT&a+b=1+2&empty=&flag")
    assert params.text("currency") == "BTC,USDT"
    assert params.text("a+b") == "1+2"
    assert params.text("empty") is params.text("flag") is params.text("none") is None


def test_a_broken_escape_stays_as_it_stands() -> None:
    assert query(b"a=%zz%4").text("a") == "%zz%4"


@pytest.mark.parametrize("text", [b"a=%ff", b"a=\xff", b"a=%00", b"a=x%0a", b"a=1&a=1", b"a=1&a=2"])
def test_what_cannot_be_read_or_was_sent_twice_is_refused_when_it_is_read(text: bytes) -> None:
    assert refusal(lambda: query(text).text("a")) == "Invalid Parameter. a"


def test_numbers_in_json_stay_the_text_they_are() -> None:
    params = body(b'{"a": 1.10, "b": 100, "c": "1.10", "d": null, "e": true, "f": false, "g": 0.1000000000000000001}')
    assert [params.text(name) for name in "abcdefg"] == [
        "1.10", "100", "1.10", None, "true", "false", "0.1000000000000000001",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("1e-05", "0.00001"),
        ("1.5e-7", "0.00000015"),
        ("12E2", "1200"),
        ("1.25e1", "12.5"),
        ("1.25e+2", "125"),
        ("-1e-1", "-0.1"),
        ("1e31", "1e31"),
    ],
)
def test_an_exponent_is_written_out_exactly(number: str, plain: str) -> None:
    assert body(b'{"a": %s}' % number.encode()).text("a") == plain


@pytest.mark.parametrize(
    "text", [b"[]", b"1", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff", b"[" * 100_000, b"null"]
)
def test_a_body_that_is_no_json_object_is_refused(text: bytes) -> None:
    assert isinstance(parse_body(text), BadCall)


def test_no_body_has_no_parameters() -> None:
    assert body(b"").text("a") is None


def test_too_many_parameters_are_refused() -> None:
    assert isinstance(parse_query(b"&" * MAX_FIELDS), BadCall)
    fields = b",".join(b'"a%d":1' % number for number in range(MAX_FIELDS + 1))
    assert isinstance(parse_body(b"{" + fields + b"}"), BadCall)


@pytest.mark.parametrize(
    "text", [b'{"a": 1, "a": 1}', b'{"a": []}', b'{"a": {}}', b'{"a": [1], "a": 1}', b'{"a": "\\u0000"}']
)
def test_json_that_is_no_single_text_is_refused_when_it_is_read(text: bytes) -> None:
    assert refusal(lambda: body(text).text("a")) == "Invalid Parameter. a"
    assert body(text).said("a") is None


def test_a_text_that_must_be_there() -> None:
    assert query(b"a=x").required("a") == "x"
    assert refusal(lambda: query(b"").required("a")) == "a can not be empty"


def test_booleans_have_any_letter_case() -> None:
    params = query(b"a=True&b=false&c=1")
    assert (params.boolean("a"), params.boolean("b"), params.boolean("d")) == (True, False, False)
    assert refusal(lambda: params.boolean("c")) == "Invalid Parameter. c"


@pytest.mark.parametrize("text", ["x", "1.0", "+1", "1_0", "\uff11", "1e1", " 1"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    assert refusal(lambda: Params([("a", text)]).integer("a", 0, 10)) == "Invalid Parameter. a"


def test_a_whole_number_must_be_in_its_range() -> None:
    params = query(b"a=5&b=-1")
    assert (params.integer("a", 5, 5), params.integer("b", -1, 5), params.integer("c", 1, 2)) == (5, -1, None)
    assert refusal(lambda: params.integer("a", 6, 9)) == "a not in the given range!"


@pytest.mark.parametrize("text", ["-1", "1e5", "NaN", "1,5", "1.2.3", "", "."])
def test_a_decimal_is_plain(text: str) -> None:
    params = Params([("a", text)])
    if text:
        assert refusal(lambda: params.decimal("a")) == "Invalid Parameter. a"
    else:
        assert params.decimal("a") is None


def test_choices_are_exact() -> None:
    params = query(b"direction=in&bizType=Transfer")
    assert params.choice("direction", ("in", "out"), None) == "in"
    assert params.choice("none", ("in",), "out") == "out"
    assert params.required_choice("direction", ("in",)) == "in"
    assert refusal(lambda: params.choice("bizType", ("TRANSFER",), None)) == "bizType not in the given range!"
    assert refusal(lambda: params.required_choice("none", ("in",))) == "none can not be empty"


def test_times_are_whole_milliseconds() -> None:
    params = query(b"a=1601395200000&b=99999999999999999999&c=1.5")
    assert params.milliseconds_ns("a") == 1_601_395_200_000_000_000
    assert params.milliseconds_ns("b") == MAX_NS
    assert refusal(lambda: params.milliseconds_ns("c")) == "Invalid Parameter. c"


def test_lists_have_commas_and_a_longest_length() -> None:
    params = query(b"a=BTC,USDT,&b=,,")
    assert params.comma_list("a", 2) == ("BTC", "USDT")
    assert params.comma_list("b", 2) == params.comma_list("c", 2) == ()
    assert refusal(lambda: params.comma_list("a", 1)) == "a not in the given range!"


def test_rows_are_the_objects_of_an_array() -> None:
    rows = body(b'{"rows": [{"a": 1, "b": [1]}, {"a": "2"}]}').rows("rows", 2)
    assert [row.text("a") for row in rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{}", "rows can not be empty"),
        (b'{"rows": "x"}', "Invalid Parameter. rows"),
        (b'{"rows": {}}', "Invalid Parameter. rows"),
        (b'{"rows": [1]}', "Invalid Parameter. rows"),
        (b'{"rows": [], "rows": []}', "Invalid Parameter. rows"),
        (b'{"rows": []}', "rows not in the given range!"),
        (b'{"rows": [{}, {}, {}]}', "rows not in the given range!"),
    ],
)
def test_rows_that_are_none_are_refused(text: bytes, message: str) -> None:
    assert refusal(lambda: body(text).rows("rows", 2)) == message


@given(text=st.binary(max_size=200))
def test_no_bytes_make_the_reading_raise(text: bytes) -> None:
    for parse in (parse_query, parse_body):
        params = parse(text)
        assert isinstance(params, BadCall) or params.said("a") is None or params.said("a")


@pytest.mark.parametrize("sent", [b"", b"a=1", b"a=1&a=2", b"a=%00", b"b=3"])
def test_what_a_path_names_outranks_what_is_sent_under_its_name(sent: bytes) -> None:
    params = query(sent).and_one("a", "path")
    assert params.required("a") == "path"
    assert params.text("b") == query(sent).text("b")


def test_what_a_path_names_outranks_an_object_of_its_name() -> None:
    assert body(b'{"a": [1]}').and_one("a", "path").required("a") == "path"


def test_what_a_path_names_is_in_no_other_call() -> None:
    query(b"").and_one("a", "path")
    assert query(b"").text("a") is None
