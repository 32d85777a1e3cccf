"""The ledger of a trade whose fee KCS paid, byte for byte but for the drawn part of ids.

Source: kucoin-rest#fees-in-kcs. A purchase for 20 USDT, a fee of a thousandth, KCS at one: four fifths of 0.02 USDT in
KCS that count for 0.95.
"""

import re

import pytest
from msgspec.structs import replace

from seatrial.core.commands import ChooseFeePayment
from seatrial.core.orders import SelfTrade
from seatrial.dialects.kucoin.dialect import FEES_IN_KCS
from tests.support.kucoin_exchange import MILLISECOND_NS, Exchange, User

CONTEXT = r"{\"orderId\":\"603f5420…\",\"tradeId\":\"…\"}"
TRADE_CONTEXT = r"{\"symbol\":\"BTC-USDT\",\"orderId\":\"603f5420…\",\"tradeId\":\"…\"}"

ROW = (
    '{"id":"603f5420…","currency":"%s","amount":"%s","fee":"%s","balance":"0","accountType":"TRADE","bizType":"%s",'
    '"direction":"%s","createdAt":1614763040512,"context":"%s"}'
)
ROWS = ",".join(
    (
        ROW % ("KCS", "0.01684211", "0", "KCS Pay Fees", "out", CONTEXT),
        ROW % ("USDT", "0.02", "0", "Refunded Fees", "in", CONTEXT),
        ROW % ("BTC", "0.0004", "0", "Trade_Exchange", "in", TRADE_CONTEXT),
        ROW % ("USDT", "20.02", "0.02", "Trade_Exchange", "out", TRADE_CONTEXT),
    )
)
PAGE = (
    '{"code":"200000","data":{"currentPage":1,"pageSize":50,"totalNum":4,"totalPage":1,"items":['
    + ROWS
    + "]}}"
)  # fmt: skip

HF_ROW = (
    '{"id":"…","currency":"%s","amount":"%s","fee":"%s","tax":"0","balance":"%s","accountType":"TRADE_HF",'
    '"bizType":"%s","direction":"%s","createdAt":"1614763040512","context":"%s"}'
)
HF_ROWS = ",".join(
    (
        HF_ROW % ("KCS", "0.01684211", "0.00000000", "99.98315789", "DEDUCTION_FEES", "out", CONTEXT),
        HF_ROW % ("USDT", "0.02000000", "0.00000000", "80.00000000", "RETURNED_FEES", "in", CONTEXT),
        HF_ROW % ("BTC", "0.00040000", "0.00000000", "0.00040000", "TRADE_EXCHANGE", "in", TRADE_CONTEXT),
        HF_ROW % ("USDT", "20.02000000", "0.02000000", "79.98000000", "TRADE_EXCHANGE", "out", TRADE_CONTEXT),
    )
)
HF_PAGE = '{"code":"200000","data":[' + HF_ROWS + "]}"


def masked(page: str) -> str:
    """The page without what is drawn: the second of an id stays, decimal ids are left out."""
    page = re.sub(r'"(603f5420)[0-9a-f]{16}\b', r'"\1…', page)
    return re.sub(r'((?:"id|tradeId\\)":\\?")[0-9]+(?=\\?")', r"\1…", page)


@pytest.fixture
def buyer() -> User:
    """A user who pays fees in KCS and bought for 20 USDT in the last minute, a day after everything else."""
    exchange = Exchange(now_ns=(1614763040512 - 86_460_000) * MILLISECOND_NS)
    other, buyer = exchange.user(BTC="1", KCS="1", USDT="10"), exchange.user(USDT="100", KCS="100")
    other.place("sell", "1", "1", market="KCS/USDT")
    other.place("buy", "1", "1", market="KCS/USDT", self_trade=SelfTrade.ALLOW)
    other.place("sell", "0.0004", "50000")
    exchange.apply(ChooseFeePayment(buyer.account_id, replace(FEES_IN_KCS, account_id=buyer.account_id)))
    exchange.clock.now_ns = 1614763040512 * MILLISECOND_NS
    buyer.post("/api/v1/orders", clientOid="twenty", side="buy", symbol="BTC-USDT", type="market", funds="20")
    return buyer


def test_the_trades_rows_stay_and_two_rows_follow(buyer: User) -> None:
    page = buyer.send("GET", "/api/v1/accounts/ledgers").body.decode()
    assert masked(page) == PAGE


def test_the_high_frequency_ledger_has_names_and_balances_of_its_own(buyer: User) -> None:
    page = buyer.send("GET", "/api/v1/hf/accounts/ledgers", b"startAt=1614763040000").body.decode()
    assert masked(page) == HF_PAGE


def test_the_fill_and_the_order_say_the_fee_as_ever(buyer: User) -> None:
    (fill,) = buyer.get("/api/v1/fills")["items"]
    (order,) = buyer.get("/api/v1/orders")["items"]
    assert (fill["fee"], fill["feeCurrency"]) == (order["fee"], order["feeCurrency"]) == ("0.02", "USDT")
