"""Amended and edited orders as they were recorded, byte for byte: over REST, and over the WebSocket.

Source: kraken-rest#order-amends, kraken-orders#amendments and kraken-websocket#rows-of-executions, whose shapes and key
orders these are; ids, times and amounts are this world's.
"""

import json

import pytest

from seatrial.core.commands import AmendOrder
from tests.support.kraken_exchange import Exchange, Trader
from tests.support.kraken_sockets import SocketVenue, token

LIMIT = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "61000.0"}


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who can pay for all of the examples."""
    return exchange.account(USD="10000")


def test_an_amended_order_and_its_history(exchange: Exchange, trader: Trader) -> None:
    (txid,) = trader.result("AddOrder", **LIMIT)["txid"]
    exchange.clock.advance(5)
    answer = trader.raw("AmendOrder", txid=txid, limit_price="61100.0")
    amend_id = json.loads(answer)["result"]["amend_id"]
    assert answer == b'{"error":[],"result":{"amend_id":"%b"}}' % amend_id.encode()
    original_id = json.loads(trader.raw("OrderAmends", order_id=txid))["result"]["amends"][0]["amend_id"]
    assert trader.raw("OrderAmends", order_id=txid).decode() == (
        '{"error":[],"result":{"count":2,"amends":['
        f'{{"amend_id":"{original_id}","amend_type":"original","order_qty":"0.01000000",'
        '"remaining_qty":"0.01000000","limit_price":"61000.0","post_only":false,"timestamp":1790812345678900000},'
        f'{{"amend_id":"{amend_id}","amend_type":"user","order_qty":"0.01000000","remaining_qty":"0.01000000",'
        '"limit_price":"61100.0","reason":"User requested","post_only":false,"timestamp":1790812350678900000}]}}'
    )
    assert trader.raw("OpenOrders").decode() == (
        f'{{"error":[],"result":{{"open":{{"{txid}":{{"refid":null,"userref":0,"status":"open",'
        '"opentm":1790812345.6789,"starttm":0,"expiretm":0,"descr":{"pair":"XBTUSD","aclass":"forex","type":"buy",'
        '"ordertype":"limit","price":"61100.0","price2":"0","leverage":"none",'
        '"order":"buy 0.01000000 XBTUSD @ limit 61100.0","close":""},"vol":"0.01000000","vol_exec":"0.00000000",'
        '"cost":"0.00000","fee":"0.00000","price":"0.00000","stopprice":"0.00000","limitprice":"0.00000",'
        '"misc":"amended","oflags":"fciq","time_in_force":"gtc","amended":true}}}}'
    )


def test_an_edited_order(trader: Trader) -> None:
    (old,) = trader.result("AddOrder", **LIMIT)["txid"]
    answer = trader.raw("EditOrder", txid=old, pair="XBTUSD", volume="0.0003", price="19500.0")
    new = json.loads(answer)["result"]["txid"]
    assert answer.decode() == (
        f'{{"error":[],"result":{{"status":"ok","txid":"{new}","originaltxid":"{old}","volume":"0.00030000",'
        '"price":"19500.0","orders_cancelled":1,"descr":{"order":"buy 0.00030000 XBTUSD @ limit 19500.0"}}}'
    )


def test_an_amendment_over_the_websocket() -> None:
    venue = SocketVenue()
    order = venue.buyer.place("buy", "2", "100", tag=7)
    talk = venue.talk()
    talk.subscribe("executions", token=token(venue.buyer))
    before = len(talk.frames)
    venue.apply(AmendOrder(venue.buyer.account_id, order.order_id, 1_010, 10**8))
    (frame,) = talk.frames[before:]
    assert frame.decode() == (
        '{"channel":"executions","type":"update","data":[{"timestamp":"2026-09-30T23:52:25.678900Z",'
        '"exec_type":"amended","order_status":"new","cum_qty":0.00000000,"reason":"User requested","amended":true,'
        '"order_qty":1.00000000,"limit_price":101.0,"limit_price_type":"static","order_userref":7,'
        f'"order_id":"{venue.ids.order(order.order_id)}"}}],"sequence":2}}'
    )
