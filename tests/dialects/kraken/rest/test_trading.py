"""AddOrder, CancelOrder and CancelAll: what is placed, what is refused in which words, and what counts."""

from datetime import datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.commands import PassTime
from seatrial.core.orders import Order, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.dialects.kraken.dialect import Kraken
from tests.support.kraken_exchange import SECOND_NS, START_NS, Exchange, Trader, symbols

LIMIT = {"ordertype": "limit", "type": "buy", "pair": "XBTUSD", "volume": "0.01", "price": "20000.5"}
MARKET = {"ordertype": "market", "type": "buy", "pair": "XBTUSD", "volume": "0.01"}
BAD = "EGeneral:Invalid arguments"
BAD_PRICE = "EOrder:Invalid price"
MALFORMED_PRICE = "EOrder:Invalid price:Invalid price argument"
SECOND_PRICE = "EOrder:Invalid price:Invalid secondary price argument"


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who has enough of everything."""
    return exchange.account(USD="100000", BTC="10", DOGE="100000", ETH="100", GBP="100000")


@pytest.fixture
def traded(exchange: Exchange, trader: Trader) -> Trader:
    """The same, in a market whose last trade was at 20000.0."""
    other = exchange.account(USD="100000", BTC="10")
    trader.place("buy", "0.01", "20000.0")
    other.place("sell", "0.01", "20000.0")
    return trader


def added(trader: Trader, **params: object) -> Order:
    """The order that AddOrder placed and that still lives."""
    (txid,) = trader.result("AddOrder", **params)["txid"]
    number = trader.exchange.ids.order_number(txid)
    assert number is not None
    return trader.exchange.machine.state.live_orders[number]


def owned(trader: Trader, code: str) -> int:
    """What the account has of an asset, in its units."""
    state = trader.exchange.machine.state
    return state.accounts[trader.account_id].trading_purse(state.assets[code]).settled


def test_a_limit_order_answers_its_words_and_its_id(trader: Trader) -> None:
    result = trader.result("AddOrder", **LIMIT)
    assert list(result) == ["descr", "txid"]
    assert result["descr"] == {"order": "buy 0.01000000 XBTUSD @ limit 20000.5"}
    assert [trader.exchange.ids.order_number(txid) for txid in result["txid"]] == [1]


def test_every_parameter_reaches_the_order(trader: Trader) -> None:
    order = added(
        trader,
        ordertype="limit",
        type="sell",
        pair="xbt/usd",
        volume="1.5",
        price="90000",
        timeinforce="GTD",
        starttm="+60",
        expiretm="+120",
        stptype="cancel-both",
        oflags="post,fcib,nompp",
        userref="-5",
    )
    assert (order.market, order.side, order.kind) == ("BTC/USD", Side.SELL, OrderKind.LIMIT)
    assert (order.qty_lots, order.price_ticks) == (150_000_000, 900_000)
    assert (order.time_in_force, order.self_trade) == (TimeInForce.GTD, SelfTrade.CANCEL_BOTH)
    assert (order.starts_ns, order.expires_ns) == (START_NS + 60 * SECOND_NS, START_NS + 120 * SECOND_NS)
    assert (order.post_only, order.fee_in_base, order.tag, order.client_id) == (True, True, -5, None)


CHOICES: dict[str, list[str | None]] = {
    "pair": ["XBTUSD", "XBT/EUR", "xdgusd", "nothing", "", None],
    "type": ["buy", "sell", "Buy", "", None],
    "ordertype": ["limit", "market", "stop-loss", "", None],
    "price": ["1", "20000.5", "0.1234567", "+1%", "0", "-5", "1e5", "\x00", "", None],
    "volume": ["1", "0.01", "0.000000001", "0", "x", "\ud800", "", None],
}


@given(params=st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}))
def test_a_plain_order_is_read_like_any_other(params: dict[str, str | None]) -> None:
    """What nobody reads makes a call another one, and changes nothing of its answer."""
    plain, other = (Exchange().account(USD="100000", BTC="10", DOGE="100000") for _ in range(2))
    sent = {name: value for name, value in params.items() if value is not None}
    assert plain.send("AddOrder", _form(sent), "1").body == other.send("AddOrder", _form(sent | {"x": "y"}), "1").body
    assert plain.exchange.fingerprint() == other.exchange.fingerprint()


def _form(params: dict[str, str]) -> bytes:
    return urlencode({"nonce": "1", **params}, errors="surrogatepass").encode()


def test_an_order_waits_for_its_start(exchange: Exchange, trader: Trader) -> None:
    order = added(trader, **LIMIT, starttm="+60")
    seen = [order.status]
    for wait_s in (59, 1):
        exchange.clock.advance(wait_s)
        exchange.apply(PassTime())
        seen.append(order.status)
    assert seen == [OrderStatus.PENDING, OrderStatus.PENDING, OrderStatus.OPEN]


def test_what_is_left_out_has_the_documented_defaults(trader: Trader) -> None:
    order = added(trader, **LIMIT)
    assert (order.time_in_force, order.self_trade) == (TimeInForce.GTC, SelfTrade.CANCEL_NEWEST)
    assert (order.starts_ns, order.expires_ns, order.tag, order.client_id) == (0, 0, None, None)
    assert (order.post_only, order.fee_in_base, order.spend) == (False, False, 0)


def test_a_market_order_takes_what_is_there(exchange: Exchange, trader: Trader) -> None:
    exchange.account(BTC="1").place("sell", "0.5", "20000.0")
    result = trader.result("AddOrder", **MARKET)
    assert result["descr"] == {"order": "buy 0.01000000 XBTUSD @ market"}
    assert trader.account_id not in {order.account_id for order in exchange.machine.state.live_orders.values()}
    assert owned(trader, "BTC") == 10_01 * 10**8


def test_viqc_spends_an_amount_of_quote(exchange: Exchange, trader: Trader) -> None:
    exchange.account(BTC="1").place("sell", "0.5", "20000.0")
    trader.result("AddOrder", **MARKET | {"volume": "1000.00009", "oflags": "viqc"})
    assert owned(trader, "BTC") == 10_05 * 10**8


def test_viqc_has_to_be_worth_the_smallest_volume(exchange: Exchange, trader: Trader) -> None:
    """0.00005 BTC at 20000 dollars are worth a dollar; the smallest cost is half of one."""
    exchange.account(BTC="1").place("sell", "0.5", "20000.0")
    spending = MARKET | {"oflags": "viqc"}
    for volume in ("0.3", "0.9999"):
        assert trader.error("AddOrder", **spending | {"volume": volume}) == f"{BAD}:volume minimum not met"
    assert "txid" in trader.result("AddOrder", **spending | {"volume": "1"})


def test_an_expiry_alone_makes_the_order_good_till_date(trader: Trader) -> None:
    order = added(trader, **LIMIT, expiretm=START_NS // SECOND_NS + 3600)
    assert order.time_in_force is TimeInForce.GTD
    assert order.expires_ns == (START_NS // SECOND_NS + 3600) * SECOND_NS


@pytest.mark.parametrize("start", ["0", "1", " 0", "0.5"])
def test_a_start_that_is_not_ahead_starts_at_once(trader: Trader, start: str) -> None:
    assert added(trader, **LIMIT, starttm=start).status is OrderStatus.OPEN


def test_a_raw_plus_in_a_form_still_means_from_now(trader: Trader) -> None:
    body = f"nonce=1&{urlencode(LIMIT)}&starttm=+60&expiretm=+120"
    assert trader.send("AddOrder", body.encode(), "1").body.startswith(b'{"error":[],"result":')
    (order,) = trader.exchange.machine.state.live_orders.values()
    assert (order.starts_ns, order.expires_ns) == (START_NS + 60 * SECOND_NS, START_NS + 120 * SECOND_NS)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"pair": None}, f"{BAD}:pair"),
        ({"pair": "XBTXYZ"}, "EQuery:Unknown asset pair"),
        ({"pair": "XBT.MUSD"}, "EQuery:Unknown asset pair"),
        ({"pair": "ETH2.S/USD"}, "EQuery:Unknown asset pair"),
        ({"asset_class": "tokenized_asset"}, "EQuery:Unknown asset pair"),
        ({"ordertype": None}, f"{BAD}:ordertype"),
        ({"ordertype": "Limit"}, f"{BAD}:ordertype"),
        *(
            ({"ordertype": later, "price2": "20001", "trigger": "last"}, f"{BAD}:ordertype")
            for later in (
                "iceberg",
                "stop-loss",
                "take-profit",
                "stop-loss-limit",
                "take-profit-limit",
                "trailing-stop",
                "trailing-stop-limit",
                "settle-position",
            )
        ),
        ({"type": None}, f"{BAD}:type"),
        ({"type": "long"}, f"{BAD}:type"),
        ({"timeinforce": "gtc"}, f"{BAD}:timeinforce"),
        ({"stptype": "cancel-all"}, f"{BAD}:stptype"),
        ({"oflags": "post,hidden"}, f"{BAD}:oflags"),
        ({"oflags": "fcib,fciq"}, f"{BAD}:oflags"),
        ({"oflags": "['post']"}, f"{BAD}:oflags"),
        ({"trigger": "last"}, f"{BAD}:trigger"),
        ({"trigger": "index"}, f"{BAD}:trigger"),
        ({"timeinforce": "IOC", "expiretm": "+60"}, f"{BAD}:expiretm"),
        ({"timeinforce": "FOK", "expiretm": "+60"}, f"{BAD}:expiretm"),
        ({"asset_class": "stock"}, f"{BAD}:asset_class"),
        ({"oflags": "viqc"}, f"{BAD}:viqc"),
        ({"oflags": "post", "timeinforce": "IOC"}, f"{BAD}:postonly"),
        ({"oflags": "post", "timeinforce": "FOK"}, f"{BAD}:postonly"),
        ({"close[ordertype]": "limit", "close[price]": "21000"}, f"{BAD}:close"),
        ({"close.ordertype": "stop-loss"}, f"{BAD}:close"),
        ({"close[price]": "21000"}, f"{BAD}:close"),
        ({"displayvol": "0.001"}, f"{BAD}:displayvol"),
        ({"price2": "20001"}, SECOND_PRICE),
        ({"price2": "#2%"}, SECOND_PRICE),
        ({"leverage": "2"}, "EOrder:Cannot open position"),
        ({"leverage": "2:1"}, "EOrder:Cannot open position"),
        ({"leverage": "99"}, f"{BAD}:leverage"),
        ({"leverage": "2:3"}, f"{BAD}:leverage"),
        ({"leverage": "-2"}, f"{BAD}:leverage"),
        ({"leverage": "two"}, f"{BAD}:leverage"),
        ({"reduce_only": "true"}, "EOrder:Reduce only:No position exists"),
        ({"reduce_only": "maybe"}, f"{BAD}:reduce_only"),
    ],
)
def test_an_order_of_another_kind_is_refused_and_changes_nothing(
    trader: Trader, params: dict[str, object], error: str
) -> None:
    before = trader.exchange.fingerprint()
    assert trader.error("AddOrder", **LIMIT | params) == error
    assert trader.exchange.fingerprint() == before


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"oflags": "post"}, f"{BAD}:postonly"),
        ({"oflags": "viqc", "type": "sell"}, f"{BAD}:viqc"),
        *(({"timeinforce": name}, f"{BAD}:timeinforce") for name in ("GTC", "IOC", "GTD", "FOK")),
        ({"expiretm": "+60"}, f"{BAD}:expiretm"),
        ({"starttm": "+10", "expiretm": "+60"}, f"{BAD}:expiretm"),
        ({"trigger": "last"}, f"{BAD}:trigger"),
        ({"price": "NaN"}, "EOrder:Invalid price:Invalid price argument"),
        ({"price2": "1"}, SECOND_PRICE),
        ({"volume": "0.00001", "oflags": "viqc"}, f"{BAD}:volume minimum not met"),
        ({"volume": "0.01", "oflags": "viqc"}, "EOrder:Cost minimum not met"),
    ],
)
def test_what_no_market_order_can_be_is_refused(trader: Trader, params: dict[str, object], error: str) -> None:
    before = trader.exchange.fingerprint()
    assert trader.error("AddOrder", **MARKET | params) == error
    assert trader.exchange.fingerprint() == before


@pytest.mark.parametrize(
    "volume",
    [
        None, "", "0", "0.0", "-0.01", "+0.01", "1e-2", "1E2", "NaN", "nan", "inf", "Infinity", "0x10", "1_000", "1,5",
        " 0.01", "0.01 ", "\u0660.\u0660\u0661", "\uff11", "0.010000001", "1" * 19, "1" * 31, "1" * 400, ".", "1.2.3",
        "0.01%", "½",
    ],
)  # fmt: skip
def test_a_volume_that_is_no_plain_decimal_is_refused(trader: Trader, volume: str | None) -> None:
    before = trader.exchange.fingerprint()
    assert trader.error("AddOrder", **LIMIT | {"volume": volume}) == f"{BAD}:volume"
    assert trader.exchange.fingerprint() == before


@pytest.mark.parametrize("volume", ["0.01", ".01", "0.0100000000", "00.01"])
def test_a_volume_may_have_zeros_that_say_nothing(trader: Trader, volume: str) -> None:
    assert added(trader, **LIMIT | {"volume": volume}).qty_lots == 1_000_000


@pytest.mark.parametrize(
    ("price", "error"),
    [
        (None, f"{BAD}:price"),
        ("", f"{BAD}:price"),
        ("0", BAD_PRICE),
        ("0.0", BAD_PRICE),
        ("9" * 30, BAD_PRICE),
        ("20000.55", f"{BAD_PRICE}:XBT/USD price can only be specified up to 1 decimals."),
        ("+5.55", f"{BAD_PRICE}:XBT/USD price can only be specified up to 1 decimals."),
        ("-20000", BAD_PRICE),
        ("-100%", BAD_PRICE),
        ("-101%", BAD_PRICE),
        ("+1.00001%", MALFORMED_PRICE),
        ("5%", MALFORMED_PRICE),
        ("+-5", MALFORMED_PRICE),
        ("#", MALFORMED_PRICE),
        ("1e5", MALFORMED_PRICE),
        ("NaN", MALFORMED_PRICE),
        ("inf", MALFORMED_PRICE),
        ("\u0662", MALFORMED_PRICE),
        ("20000 ", MALFORMED_PRICE),
        ("20,000", MALFORMED_PRICE),
        ("0x4e20", MALFORMED_PRICE),
        ("9" * 31, MALFORMED_PRICE),
    ],
)
def test_a_price_that_is_none_is_refused_in_words_that_say_why(traded: Trader, price: str | None, error: str) -> None:
    before = traded.exchange.fingerprint()
    assert traded.error("AddOrder", **LIMIT | {"price": price}) == error
    assert traded.exchange.fingerprint() == before


def test_too_many_decimals_name_the_pair_as_kraken_does_today(trader: Trader) -> None:
    order = LIMIT | {"pair": "XETHZGBP", "price": "1500.123"}
    words = "EOrder:Invalid price:ETH/GBP price can only be specified up to 2 decimals."
    assert trader.error("AddOrder", **order) == words


@pytest.mark.parametrize(
    ("side", "price", "ticks"),
    [
        ("buy", "-1000", 190_000),
        ("sell", "+1000.5", 210_005),
        ("sell", " 1000", 210_000),
        ("buy", "#100", 199_000),
        ("sell", "#100", 201_000),
        ("buy", "-2.5%", 195_000),
        ("sell", "+5%", 210_000),
        ("buy", "#1%", 198_000),
        ("sell", "#1%", 202_000),
        ("buy", "-0.0003%", 200_000),
        ("buy", "-0.0009%", 199_999),
        ("sell", "+0.0007%", 200_001),
        ("sell", "+.5%", 201_000),
    ],
)
def test_a_relative_price_counts_from_the_last_trade(traded: Trader, side: str, price: str, ticks: int) -> None:
    assert added(traded, **LIMIT | {"type": side, "price": price}).price_ticks == ticks


@pytest.mark.parametrize("price", ["+5", "-5", "#1%"])
def test_before_the_first_trade_no_price_is_relative(trader: Trader, price: str) -> None:
    assert trader.error("AddOrder", **LIMIT | {"price": price}) == BAD_PRICE


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"volume": "0.00004"}, f"{BAD}:volume minimum not met"),
        ({"volume": "0.00005", "price": "1000"}, "EOrder:Cost minimum not met"),
        ({"volume": "6"}, "EOrder:Insufficient funds"),
        ({"volume": "6", "price": "0.1"}, None),
        ({"volume": "11", "type": "sell"}, "EOrder:Insufficient funds"),
    ],
)
def test_minimums_and_funds_are_checked(trader: Trader, changes: dict[str, str], error: str | None) -> None:
    answer = trader.call("AddOrder", **LIMIT | changes)
    assert answer["error"] == ([] if error is None else [error])


def test_a_post_only_order_that_would_take_gets_an_id_and_is_canceled(exchange: Exchange, trader: Trader) -> None:
    exchange.account(BTC="1").place("sell", "0.5", "20000.0")
    before = trader.result("BalanceEx")
    (txid,) = trader.result("AddOrder", **LIMIT, oflags="post")["txid"]
    found = trader.result("QueryOrders", txid=txid)[txid]
    assert (found["status"], found["reason"], found["misc"]) == ("canceled", "Post only order", "")
    assert found["vol_exec"] == "0.00000000"
    assert found["closetm"] == pytest.approx(found["opentm"] + 0.0002, abs=1e-6)
    assert trader.result("BalanceEx") == before
    assert trader.result("OpenOrders") == {"open": {}}


@pytest.mark.parametrize("leverage", ["none", "0", "1", "1:1", ""])
def test_no_leverage_may_be_said_in_words(trader: Trader, leverage: str) -> None:
    assert added(trader, **LIMIT, leverage=leverage).status is OrderStatus.OPEN


@pytest.mark.parametrize("asset_class", ["forex", "currency", ""])
def test_the_usual_asset_classes_find_the_pair(trader: Trader, asset_class: str) -> None:
    assert added(trader, **LIMIT, asset_class=asset_class).market == "BTC/USD"


def test_what_python_kraken_sdk_always_sends_places_an_order(trader: Trader) -> None:
    order = added(trader, **LIMIT, stptype="cancel-newest", starttm=0, validate=False, reduce_only=False)
    assert order.status is OrderStatus.OPEN


def test_an_order_as_json_is_the_same_order(trader: Trader) -> None:
    body = (
        b'{"nonce":"7","ordertype":"limit","type":"sell","pair":"XBTUSD","volume":1.10,"price":90000.5,'
        b'"userref":12,"validate":false,"reduce_only":false,"price2":null}'
    )
    reply = trader.send("AddOrder", body, "7", content_type=b"application/json")
    assert b'"order":"sell 1.10000000 XBTUSD @ limit 90000.5"' in reply.body
    assert [order.tag for order in trader.exchange.machine.state.live_orders.values()] == [12]


@pytest.mark.parametrize("validate", ["true", "True", "1", "anything", "yes"])
def test_validate_checks_and_places_nothing(trader: Trader, validate: str) -> None:
    before = trader.exchange.fingerprint()
    result = trader.result("AddOrder", **LIMIT, validate=validate)
    assert result == {"descr": {"order": "buy 0.01000000 XBTUSD @ limit 20000.5"}}
    assert trader.exchange.fingerprint() == before


@pytest.mark.parametrize("validate", ["false", "False", "FALSE", "0", ""])
def test_a_validate_that_says_no_places_the_order(trader: Trader, validate: str) -> None:
    assert added(trader, **LIMIT, validate=validate).status is OrderStatus.OPEN


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("more", [LIMIT, MARKET])
def test_validate_does_not_look_at_the_funds(exchange: Exchange, side: str, more: dict[str, object]) -> None:
    exchange.account(USD="100000", BTC="10").place("sell" if side == "buy" else "buy", "0.5", "20000.0")
    order = more | {"type": side, "volume": "2000"}
    poor = exchange.account()
    assert poor.error("AddOrder", **order) == "EOrder:Insufficient funds"
    assert set(poor.result("AddOrder", **order, validate="true")) == {"descr"}


def test_validate_sees_what_is_wrong_with_the_order_itself(exchange: Exchange) -> None:
    poor = exchange.account()
    for more, error in (
        ({"volume": "0.00001"}, f"{BAD}:volume minimum not met"),
        ({"price": "1", "volume": "0.1"}, "EOrder:Cost minimum not met"),
        ({"price": "0"}, "EOrder:Invalid price"),
        ({"pair": "XBTDOGE"}, "EQuery:Unknown asset pair"),
    ):
        assert poor.error("AddOrder", **LIMIT | more, validate="true") == error


@pytest.mark.parametrize("ahead_s", [5, 3600, 31 * 86_400])
def test_an_order_may_live_from_five_seconds_to_a_month(trader: Trader, ahead_s: int) -> None:
    assert added(trader, **LIMIT, expiretm=f"+{ahead_s}").expires_ns == START_NS + ahead_s * SECOND_NS


@pytest.mark.parametrize(
    "params",
    [
        {"expiretm": "+4"},
        {"expiretm": "+4.999999999"},
        {"expiretm": str(31 * 86_400 + START_NS // SECOND_NS + 1)},
        {"expiretm": "+2678401"},
        {"expiretm": "1"},
        {"expiretm": "-5"},
        {"expiretm": "soon"},
        {"expiretm": "9" * 20},
        {"expiretm": "+" + "9" * 20},
        {"expiretm": "+60", "starttm": "+60"},
        {"starttm": "-5"},
        {"starttm": "1e9"},
        {"starttm": "9" * 21},
        {"timeinforce": "GTD"},
        {"timeinforce": "GTD", "expiretm": "0"},
    ],
)
def test_times_out_of_bounds_are_invalid_arguments(trader: Trader, params: dict[str, str]) -> None:
    before = trader.exchange.fingerprint()
    name = "starttm" if list(params) == ["starttm"] else "expiretm"
    assert trader.error("AddOrder", **LIMIT | params) == f"{BAD}:{name}"
    assert trader.exchange.fingerprint() == before


def test_the_end_of_time_is_a_start_like_any_other(trader: Trader) -> None:
    assert added(trader, **LIMIT, starttm="9" * 20).status is OrderStatus.PENDING


@pytest.mark.parametrize("userref", ["1", "27649653", "2147483647", "-1", "-2147483648"])
def test_any_int32_is_a_user_reference(trader: Trader, userref: str) -> None:
    assert added(trader, **LIMIT, userref=userref).tag == int(userref)


def test_the_user_reference_zero_is_none(trader: Trader) -> None:
    assert added(trader, **LIMIT, userref="0", cl_ord_id="with-a-name").tag is None


@pytest.mark.parametrize("userref", ["2147483648", "-2147483649", "1.0", "1e3", "+1", "abc", "\u0663", "9" * 25])
def test_other_user_references_are_refused(trader: Trader, userref: str) -> None:
    assert trader.error("AddOrder", **LIMIT, userref=userref) == f"{BAD}:userref"


@pytest.mark.parametrize(
    "client_id",
    [
        "6d1b345e-2821-40e2-ad83-4ecb18a06876",
        "6D1B345E282140E2AD834ECB18A06876",
        "arb-20240509-00010",
        "mm 42!",
        "a",
    ],
)
def test_a_client_order_id_is_a_uuid_or_a_short_text(trader: Trader, client_id: str) -> None:
    assert added(trader, **LIMIT, cl_ord_id=client_id).client_id == client_id


@pytest.mark.parametrize(
    "client_id",
    ["arb-20240509-000100", "6d1b345e-2821-40e2-ad83-4ecb18a0687g", "6d1b345e282140e2ad834ecb18a0687", "naïve", "a\tb"],
)
def test_other_client_order_ids_are_refused(trader: Trader, client_id: str) -> None:
    assert trader.error("AddOrder", **LIMIT, cl_ord_id=client_id) == f"{BAD}:cl_ord_id"


def test_a_client_order_id_and_a_user_reference_exclude_each_other(trader: Trader) -> None:
    assert trader.error("AddOrder", **LIMIT, cl_ord_id="one", userref="1") == f"{BAD}:cl_ord_id"


def test_a_client_order_id_is_unique_among_open_orders_only(trader: Trader) -> None:
    added(trader, **LIMIT, cl_ord_id="one")
    assert trader.error("AddOrder", **LIMIT, cl_ord_id="one") == f"{BAD}:cl_ord_id"
    assert trader.result("CancelOrder", cl_ord_id="one") == {"count": 1}
    assert added(trader, **LIMIT, cl_ord_id="one").client_id == "one"


@pytest.mark.parametrize(
    "deadline",
    [
        "2026-09-30T23:52:28Z",
        "2026-09-30T23:53:25.6789Z",
        "2026-09-30t23:52:28z",
        "2026-09-30 23:52:30.123456789Z",
        "2026-10-01T01:52:30+02:00",
        "2026-09-30T21:22:30.5-02:30",
        "2026-10-01T01:52:30 02:00",
    ],
)
def test_a_deadline_ahead_is_kept(trader: Trader, deadline: str) -> None:
    assert added(trader, **LIMIT, deadline=deadline).status is OrderStatus.OPEN


@pytest.mark.parametrize("deadline", ["2026-09-30T23:52:25.678900000Z", "2026-09-30T23:52:25Z", "1970-01-01T00:00:00Z"])
def test_a_deadline_that_has_passed_has_elapsed(trader: Trader, deadline: str) -> None:
    before = trader.exchange.fingerprint()
    assert trader.error("AddOrder", **LIMIT, deadline=deadline) == "EService:Deadline elapsed"
    assert trader.exchange.fingerprint() == before


@pytest.mark.parametrize(
    "deadline",
    [
        "2026-09-30T23:52:27.678899999Z",
        "2026-09-30T23:53:25.678900001Z",
        "2026-09-30T23:52:30",
        "2026-09-31T23:52:30Z",
        "2026-09-30T24:52:30Z",
        "2026-09-30T23:52:30+25:00",
        "2026-273T23:52:30Z",
        "20260930--T23:52:30Z",
        "0000-09-30T23:52:30Z",
        "1790812350",
        "tomorrow",
        "\u0662\u0660\u0662\u0666-09-30T23:52:30Z",
    ],
)
def test_a_deadline_too_near_too_far_or_malformed_is_an_invalid_argument(trader: Trader, deadline: str) -> None:
    assert trader.error("AddOrder", **LIMIT, deadline=deadline) == f"{BAD}:deadline"


def test_a_deadline_counts_by_the_clock_that_it_is_nearer_to(exchange: Exchange, trader: Trader) -> None:
    exchange.real_ns = START_NS - 86_400 * 10**9
    assert added(trader, **LIMIT, deadline="2026-09-29T23:52:45Z").status is OrderStatus.OPEN
    assert trader.error("AddOrder", **LIMIT, deadline="2026-09-29T23:52:25Z") == "EService:Deadline elapsed"
    assert trader.error("AddOrder", **LIMIT, deadline="2026-09-30T23:52:25Z") == "EService:Deadline elapsed"


def test_the_words_of_another_argument_come_before_the_deadline(trader: Trader) -> None:
    params = LIMIT | {"volume": "x", "deadline": "1970-01-01T00:00:00Z"}
    assert trader.error("AddOrder", **params) == f"{BAD}:volume"


def test_an_order_is_cancelled_by_its_id(trader: Trader) -> None:
    (txid,) = trader.result("AddOrder", **LIMIT)["txid"]
    assert trader.result("CancelOrder", txid=txid) == {"count": 1}
    assert trader.error("CancelOrder", txid=txid) == "EOrder:Invalid order"


def test_a_user_reference_cancels_every_order_that_has_it(trader: Trader) -> None:
    for userref in (7, 7, -7, 8):
        added(trader, **LIMIT, userref=userref)
    assert trader.result("CancelOrder", txid="7") == {"count": 2}
    assert trader.result("CancelOrder", txid=-7) == {"count": 1}
    assert trader.error("CancelOrder", txid="7") == "EOrder:Invalid order"
    assert [order.tag for order in trader.exchange.machine.state.live_orders.values()] == [8]


def test_a_list_cancels_what_it_names_and_each_order_once(trader: Trader) -> None:
    txids = [trader.result("AddOrder", **LIMIT, userref=n)["txid"][0] for n in (1, 1, 2, 3)]
    assert trader.result("CancelOrder", txid=f"{txids[0]}, 1,{txids[2]},OQCLML-BW3P3-BUCMWZ") == {"count": 3}


def test_a_cancel_as_json_may_name_a_number(trader: Trader) -> None:
    added(trader, **LIMIT, userref=55)
    reply = trader.send("CancelOrder", b'{"nonce":99,"txid":55}', "99", content_type=b"application/json")
    assert reply.body == b'{"error":[],"result":{"count":1}}'


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, f"{BAD}:txid"),
        ({"txid": ""}, f"{BAD}:txid"),
        ({"txid": ","}, f"{BAD}:txid"),
        ({"txid": ",".join(["1"] * 51)}, f"{BAD}:txid"),
        ({"txid": "", "cl_ord_id": "my_bot_start_up_check_"}, "EOrder:Invalid order"),
        ({"txid": "O"}, "EOrder:Invalid order"),
        ({"txid": "OQCLML-BW3P3-BUCMWZ"}, "EOrder:Invalid order"),
        ({"txid": "0"}, "EOrder:Invalid order"),
        ({"txid": "1e3"}, "EOrder:Invalid order"),
        ({"txid": "9" * 300}, "EOrder:Invalid order"),
        ({"txid": "\uff11"}, "EOrder:Invalid order"),
        ({"cl_ord_id": "nobody"}, "EOrder:Invalid order"),
        ({"cl_ord_id": "x" * 500}, "EOrder:Invalid order"),
    ],
)
def test_a_cancel_of_nothing_is_refused(trader: Trader, params: dict[str, str], error: str) -> None:
    added(trader, **LIMIT)
    before = trader.exchange.fingerprint()
    assert trader.error("CancelOrder", **params) == error
    assert trader.exchange.fingerprint() == before


def test_nobody_cancels_another_ones_order(exchange: Exchange, trader: Trader) -> None:
    (txid,) = trader.result("AddOrder", **LIMIT, userref=9)["txid"]
    other = exchange.account(USD="1")
    assert other.error("CancelOrder", txid=txid) == "EOrder:Invalid order"
    assert other.error("CancelOrder", txid="9") == "EOrder:Invalid order"
    assert other.result("CancelAll") == {"count": 0}
    assert len(exchange.machine.state.live_orders) == 1


def test_a_timer_cancels_all_orders_unless_it_is_set_again(exchange: Exchange, trader: Trader) -> None:
    """Source of the form: kraken-rest#cancel-after."""
    order = trader.place("buy", "1", "100")
    said = trader.result("CancelAllOrdersAfter", timeout=60)
    began, due = (datetime.fromisoformat(said[name]) for name in ("currentTime", "triggerTime"))
    assert began.timestamp() == exchange.clock.now_ns // SECOND_NS
    assert (due - began).total_seconds() == 60
    exchange.clock.advance(59)
    trader.result("CancelAllOrdersAfter", timeout=60)
    exchange.clock.advance(59)
    assert trader.result("CancelAll") == {"count": 1}
    order = trader.place("buy", "1", "100")
    exchange.clock.advance(1)
    assert trader.result("CancelAll") == {"count": 0}
    assert order.status is OrderStatus.CANCELED


def test_a_timer_can_be_turned_off(exchange: Exchange, trader: Trader) -> None:
    trader.place("buy", "1", "100")
    trader.result("CancelAllOrdersAfter", timeout=60)
    assert trader.result("CancelAllOrdersAfter", timeout=0)["triggerTime"] == "0"
    exchange.clock.advance(61)
    assert trader.result("CancelAll") == {"count": 1}


@pytest.mark.parametrize("timeout", [None, "", "-1", "86400", "x"])
def test_a_timer_of_no_proper_length_is_refused(trader: Trader, timeout: str | None) -> None:
    assert trader.error("CancelAllOrdersAfter", timeout=timeout) == f"{BAD}:timeout"


def test_cancel_all_counts_and_finds_nothing_the_second_time(trader: Trader) -> None:
    for _ in range(3):
        added(trader, **LIMIT)
    assert trader.result("CancelAll") == {"count": 3}
    assert trader.result("CancelAll") == {"count": 0}


def limited(exchange: Exchange, tier: str = "starter") -> Trader:
    """Who is held to a tier's limits."""
    return exchange.account(tier=tier, rate_limits=True, USD="1000000")


def place(trader: Trader, count: int, **more: object) -> list[str]:
    """That many orders that rest."""
    return [trader.result("AddOrder", **LIMIT | {"price": "1000"} | more)["txid"][0] for _ in range(count)]


@pytest.mark.parametrize(("tier", "maximum"), [("starter", 60), ("intermediate", 125), ("pro", 180)])
def test_orders_too_fast_are_refused_and_time_heals(exchange: Exchange, tier: str, maximum: int) -> None:
    trader = limited(exchange, tier)
    for _ in range(maximum):
        trader.call("AddOrder", **LIMIT, validate="true")
    assert trader.error("AddOrder", **LIMIT, validate="true") == "EOrder:Rate limit exceeded"
    exchange.clock.advance(1)
    assert trader.call("AddOrder", **LIMIT, validate="true")["error"] == []


def test_a_refused_order_counts_too(exchange: Exchange) -> None:
    trader = limited(exchange)
    for _ in range(60):
        assert trader.error("AddOrder", **LIMIT | {"volume": "x"}) == f"{BAD}:volume"
    assert trader.error("AddOrder", **LIMIT) == "EOrder:Rate limit exceeded"


def test_each_pair_has_its_own_counter(exchange: Exchange) -> None:
    trader = limited(exchange)
    place(trader, 60)
    assert trader.error("AddOrder", **LIMIT) == "EOrder:Rate limit exceeded"
    assert trader.call("AddOrder", **LIMIT | {"pair": "ETHUSD", "price": "1000"})["error"] == []


def test_a_young_order_costs_more_to_cancel_and_is_cancelled_all_the_same(exchange: Exchange) -> None:
    trader = limited(exchange)
    txids = place(trader, 8)
    for txid in txids:
        assert trader.result("CancelOrder", txid=txid) == {"count": 1}
    assert trader.error("AddOrder", **LIMIT) == "EOrder:Rate limit exceeded"
    exchange.clock.advance(8 + 8 * 8 - 60 + 1)
    assert trader.call("AddOrder", **LIMIT)["error"] == []


def test_an_order_of_five_minutes_is_cancelled_for_nothing(exchange: Exchange) -> None:
    trader = limited(exchange)
    (old,) = place(trader, 1)
    exchange.clock.advance(300)
    place(trader, 59)
    assert trader.result("CancelOrder", txid=old) == {"count": 1}
    assert trader.call("AddOrder", **LIMIT)["error"] == []


@pytest.mark.parametrize(("tier", "maximum"), [("starter", 60), ("intermediate", 80), ("pro", 225)])
def test_a_tier_has_so_many_open_orders_in_a_pair(exchange: Exchange, tier: str, maximum: int) -> None:
    trader = limited(exchange, tier)
    for _ in range(maximum):
        exchange.clock.advance(1)
        place(trader, 1)
    exchange.clock.advance(1)
    assert trader.error("AddOrder", **LIMIT) == "EOrder:Orders limit exceeded"
    assert trader.call("AddOrder", **LIMIT | {"pair": "ETHUSD", "price": "1000"})["error"] == []


def test_an_account_without_limits_has_none(exchange: Exchange) -> None:
    trader = exchange.account(tier="starter", rate_limits=False, USD="1000000")
    place(trader, 70)
    assert len(exchange.machine.state.live_orders) == 70


@pytest.mark.parametrize(
    ("rule", "left"),
    [("cancel-newest", ["old"]), ("cancel-oldest", ["new"]), ("cancel-both", [])],
)
def test_an_order_never_meets_its_owners_own(trader: Trader, rule: str, left: list[str]) -> None:
    added(trader, **LIMIT | {"type": "sell"}, cl_ord_id="old")
    trader.result("AddOrder", **LIMIT, cl_ord_id="new", stptype=rule)
    assert [order.client_id for order in trader.exchange.machine.state.live_orders.values()] == left


@pytest.mark.parametrize(("time_in_force", "filled"), [("IOC", 5_000_000), ("FOK", 0)])
def test_what_is_not_filled_at_once_does_not_rest(
    exchange: Exchange, trader: Trader, time_in_force: str, filled: int
) -> None:
    exchange.account(BTC="1").place("sell", "0.005", "20000.0")
    assert len(trader.result("AddOrder", **LIMIT, timeinforce=time_in_force)["txid"]) == 1
    assert owned(trader, "BTC") == 10 * 10**10 + filled * 10
    assert trader.result("CancelAll") == {"count": 0}


@pytest.mark.parametrize("price", ["100.123", "0", "+5%"])
def test_a_price_changes_nothing_of_a_market_order(trader: Trader, exchange: Exchange, price: str) -> None:
    exchange.account(BTC="1").place("sell", "1", "100")
    order = LIMIT | {"ordertype": "market", "price": price, "volume": "0.1"}
    (txid,) = trader.result("AddOrder", **order)["txid"]
    assert trader.result("QueryOrders", txid=txid)[txid]["price"] == "100.0"


@pytest.mark.parametrize(
    "more",
    [
        {"ordertype": "market"},
        {"price": "100"},
        {"price": "100", "timeinforce": "IOC", "volume": "2"},
        {"price": "99", "timeinforce": "IOC"},
        {"price": "99", "timeinforce": "FOK"},
    ],
)
def test_what_does_not_rest_closes_a_fifth_of_a_millisecond_after_it_opened(
    trader: Trader, exchange: Exchange, more: dict[str, str]
) -> None:
    exchange.account(BTC="1").place("sell", "1", "100")
    (txid,) = trader.result("AddOrder", **LIMIT | {"volume": "0.1"} | more)["txid"]
    view = trader.result("QueryOrders", txid=txid, trades="true")[txid]
    assert (view["opentm"], view["closetm"]) == (START_NS / SECOND_NS, START_NS / SECOND_NS + 0.0002)
    trades = trader.result("TradesHistory")["trades"].values()
    assert {trade["time"] for trade in trades} <= {view["closetm"]}


def test_an_order_that_rests_takes_no_time(trader: Trader, exchange: Exchange) -> None:
    added(trader, **LIMIT)
    assert exchange.machine.state.now_ns == START_NS


def test_the_older_words_for_what_is_not_open_can_be_asked_for(exchange: Exchange, trader: Trader) -> None:
    exchange.kraken = Kraken(exchange.seed, symbols(), says_unknown_order=True)
    assert trader.error("CancelOrder", txid="OQCLML-BW3P3-BUCMWZ") == "EOrder:Unknown order"
    assert trader.error("QueryOrders", txid="nonsense") == "EOrder:Invalid order"
