"""Balances, ledger entries, order lists and trades as the documentation shows them, ids aside byte for byte.

Source: venue-pages#get-account-balance, venue-pages#query-ledgers, venue-pages#user-references and
venue-pages#time-and-sales.
"""

import json
import re

import msgspec
import pytest

from seatrial.core.commands import CancelOrders
from seatrial.core.postings import EntryKind
from tests.support.kraken_exchange import SECOND_NS, Exchange

ID = re.compile(r"[OTLQAB][A-Z2-7]{5,6}-[A-Z2-7]{5,6}-[A-Z2-7]{6}")

BALANCE = """{
"error": [],
"result": {
"ZUSD": "171288.6158",
"ZEUR": "504861.8946",
"XXBT": "1011.1908877900",
"XETH": "818.5500000000",
"USDT": "500000.00000000",
"DAI": "9999.9999999999",
"DOT": "2.5000000000",
"ETH2.S": "198.3970800000",
"ETH2": "2.5885574330",
"USD.M": "1213029.2780"
}
}"""

OPEN_ORDERS = (
    '{"error":[],"result":{"open":{"OQJSXE-F5FOM-IXHVL4":{"refid":null,"userref":27649653,"status":"open",'
    '"opentm":1629618802.9812,"starttm":0,"expiretm":0,"descr":{"pair":"XDGUSD","type":"buy","ordertype":"limit",'
    '"price":"0.1000000","price2":"0","leverage":"none","order":"buy 50.00000000 XDGUSD @ limit 0.1000000",'
    '"close":""},"vol":"50.00000000","vol_exec":"0.00000000","cost":"0.000000000","fee":"0.000000000",'
    '"price":"0.000000000","stopprice":"0.000000000","limitprice":"0.000000000","misc":"","oflags":"fciq"}}}}'
)

CLOSED_ORDERS = (
    '{"error":[],"result":{"closed":{"O7YEFN-3V4RK-FBNSNM":{"refid":null,"userref":38695724,"status":"canceled",'
    '"reason":"User requested","opentm":1629619539.3593,"closetm":1629619542.2246,"starttm":0,"expiretm":0,'
    '"descr":{"pair":"XBTUSD","type":"buy","ordertype":"limit","price":"25000.0","price2":"0","leverage":"none",'
    '"order":"buy 0.00010000 XBTUSD @ limit 25000.0","close":""},"vol":"0.00010000","vol_exec":"0.00000000",'
    '"cost":"0.00000","fee":"0.00000","price":"0.00000","stopprice":"0.00000","limitprice":"0.00000","misc":"",'
    '"oflags":"fciq"}},"count":1}}'
)

ENTRY_TYPES = (
    "none", "trade", "deposit", "withdrawal", "transfer", "margin", "adjustment", "rollover", "spend", "receive",
    "settled", "credit", "staking", "reward", "dividend", "sale", "conversion", "nfttrade", "nftcreatorfee",
    "nftrebate", "custodytransfer",
)  # fmt: skip

TRADES = """
[["8552.90000","0.03190270",1559347203.7998,"s","m",""],["8552.90000","0.03155529",1559347203.8086,"s","m",""],
["8552.90000","0.00510797",1559347203.9664,"s","m",""],["8552.90000","0.09047336",1559347203.9789,"s","m",""],
["8552.90000","0.00328738",1559347203.9847,"s","m",""],["8552.90000","0.00492152",1559347203.9897,"s","m",""],
["8552.90000","0.00201848",1559347203.9937,"s","m",""],["8552.90000","0.11422068",1559347203.9993,"s","m",""],
["8552.90000","0.00425858",1559347204.071,"s","m",""],["8552.90000","0.00427679",1559347204.0762,"s","m",""],
["8552.90000","0.06381401",1559347204.1662,"s","m",""],["8579.50000","0.05379597",1559350785.248,"s","l",""],
["8579.50000","0.94620403",1559350785.2936,"s","l",""],["8578.10000","0.45529068",1559350785.297,"s","l",""]]"""
LAST = "1559350785297011117"
LAST_SHOWN = "1559350785.297"
SINCE = "1559347200000000000"


def normalised(text: str) -> str:
    """The text with every id replaced by its place in the order of appearance."""
    seen: dict[str, str] = {}
    return ID.sub(lambda found: seen.setdefault(found[0], f"<id:{len(seen) + 1}>"), text)


def moment(seconds: str) -> int:
    """A time with decimals in nanoseconds."""
    whole, _, fraction = seconds.partition(".")
    return int(whole + fraction.ljust(9, "0"))


def test_the_balance_of_the_documentation_suffixed_assets_included(exchange: Exchange) -> None:
    example = json.loads(BALANCE)
    codes = {"ZUSD": "USD", "ZEUR": "EUR", "XXBT": "BTC", "XETH": "ETH"}
    opening = {codes.get(name, name): amount for name, amount in example["result"].items()}
    trader = exchange.account(**dict(sorted(opening.items())))
    assert json.dumps(trader.call("Balance", rebase_multiplier="rebased")) == json.dumps(example)


def test_the_open_order_with_the_user_reference_27649653() -> None:
    trader = Exchange(now_ns=moment("1629618802.9812")).account(USD="1000")
    trader.place("buy", "50", "0.1", pair="DOGE/USD", tag=27649653)
    trader.place("buy", "60", "0.1", pair="DOGE/USD", tag=27649654)
    assert normalised(trader.raw("OpenOrders", userref=27649653).decode()) == normalised(OPEN_ORDERS)


def test_the_canceled_order_with_the_user_reference_38695724() -> None:
    exchange = Exchange(now_ns=moment("1629619539.3593"))
    trader = exchange.account(USD="1000")
    trader.place("buy", "0.0001", "25000", tag=38695724)
    exchange.clock.now_ns = moment("1629619542.2246")
    exchange.apply(CancelOrders(trader.account_id, tags=(38695724,)))
    assert normalised(trader.raw("ClosedOrders", userref=38695724).decode()) == normalised(CLOSED_ORDERS)


def test_query_ledgers_takes_the_json_of_the_documentation_and_answers_its_schema(exchange: Exchange) -> None:
    trader = exchange.account(USD="100", BTC="0.5")
    second, first = trader.result("Ledgers")["ledger"]
    nonce = exchange.next_nonce()
    body = {"nonce": nonce, "id": f"{first}, {second}", "trade": False}
    answer = trader.send("QueryLedgers", msgspec.json.encode(body), str(nonce), content_type=b"application/json")
    entry = (
        '"refid":"%s","time":1790812345.6789,"type":"transfer","subtype":"","aclass":"currency","asset":"%s",'
        '"amount":"%s","fee":"%s","balance":"%s"'
    )
    refids = re.findall(r'"refid":"([^"]+)"', answer.body.decode())
    bitcoin = entry % (refids[0], "XXBT", "0.5000000000", "0.0000000000", "0.5000000000")
    dollars = entry % (refids[1], "ZUSD", "100.0000", "0.0000", "100.0000")
    assert answer.body.decode() == f'{{"error":[],"result":{{"{second}":{{{bitcoin}}},"{first}":{{{dollars}}}}}}}'


@pytest.mark.parametrize("entry_type", ENTRY_TYPES)
def test_every_documented_type_of_entry_is_a_filter(exchange: Exchange, entry_type: str) -> None:
    trader = exchange.account(USD="100")
    found = trader.result("Ledgers", type=entry_type)
    assert [entry["type"] for entry in found["ledger"].values()] == ["transfer"] * (entry_type == "transfer")


def test_there_is_a_kind_of_entry_for_each_documented_type() -> None:
    of_others = {EntryKind.SUB_TRANSFER, EntryKind.FEE_REFUND, EntryKind.FEE_PAYMENT}
    assert len(ENTRY_TYPES) == len(set(EntryKind) - of_others - {EntryKind.AUTO_ALLOCATION}) == 21


@pytest.fixture(scope="module")
def june_2019() -> Exchange:
    """A world in which the trades of the page happened, the last one at its exact nanosecond."""
    exchange = Exchange(now_ns=int(SINCE))
    maker, taker = exchange.two_rich_traders()
    for price, volume, seconds, _, kind, _ in json.loads(TRADES):
        at_ns = int(LAST) if str(seconds) == LAST_SHOWN else moment(str(seconds))
        exchange.clock.now_ns = at_ns - 1
        maker.place("buy", volume, price.rstrip("0"))
        taker.place("sell", volume, price.rstrip("0") if kind == "l" else None)
    return exchange


def test_the_trades_page_of_june_2019(june_2019: Exchange) -> None:
    """The page's own time of its last row lacks three decimals."""
    rows = json.loads(TRADES)
    answer = june_2019.public("Trades", pair="xbtusd", since=SINCE)
    assert list(answer) == ["error", "result"]
    assert list(answer["result"]) == ["XXBTZUSD", "last"]
    found = answer["result"]["XXBTZUSD"]
    assert found[-1][2] == int(LAST) / SECOND_NS
    found[-1][2] = rows[-1][2]
    assert found == rows
    assert answer["result"]["last"] == LAST


def test_the_next_trades_page_begins_behind_the_last_one(june_2019: Exchange) -> None:
    assert june_2019.public_result("Trades", pair="xbtusd", since=LAST) == {"XXBTZUSD": [], "last": LAST}


def test_zero_means_from_the_very_first_trade(june_2019: Exchange) -> None:
    first = june_2019.public_result("Trades", pair="xbtusd", since=0)["XXBTZUSD"][0]
    assert first[:2] == ["8552.90000", "0.03190270"]
