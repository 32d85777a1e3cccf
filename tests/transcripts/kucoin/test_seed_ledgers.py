"""The account ledger as its page shows it, byte for byte but for what only the real venue can have.

Source: venue-pages#get-account-ledgers. The page leaves brackets out and has comments; the rows are its own.
Two loans were repaid there; here two deposits of the same money came in at the same moments.
"""

import re

import pytest

from seatrial.dialects.kucoin.dialect import ROUTES
from seatrial.dialects.kucoin.endpoint import Endpoint
from seatrial.dialects.kucoin.rest.ledgers import CODES, NAMES
from tests.support.kucoin_exchange import MILLISECOND_NS, Exchange, User

ITEM = (
    '{"id":"%s","currency":"USDT","amount":"10.00059547","fee":"0","balance":"0","accountType":"MAIN",'
    '"bizType":"Loans Repaid","direction":"in","createdAt":%s,"context":"%s"}'
)
FIRST = ITEM % (
    "611a18bc6a0533000671e1bf",
    1629100220843,
    r"{\"borrowerUserId\":\"5e3f4623dbf52d000800292f\",\"loanRepayDetailNo\":\"611a18bc7255c200063ea545\"}",
)
SECOND = ITEM % (
    "611a1e7c6a053300067a88d9",
    1629101692950,
    r"{\"borrowerUserId\":\"601ad03e50dc810006d242ea\",\"loanRepayDetailNo\":\"611a1e7cc913d000066cf7ec\"}",
)
PAGE = (
    '{"code":"200000","data":{"currentPage":1,"pageSize":50,"totalNum":2,"totalPage":1,"items":['
    + SECOND
    + ","
    + FIRST
    + "]}}"
)

BIZ_TYPES = {
    "Assets Transferred in After Upgrading", "Deposit", "Withdrawal", "Transfer", "Trade_Exchange", "Vote for Coin",
    "KuCoin Bonus", "Referral Bonus", "Rewards", "Distribution", "Airdrop/Fork", "Other rewards", "Fee Rebate",
    "Buy Crypto", "Sell Crypto", "Public Offering Purchase", "Send red envelope", "Open red envelope", "Staking",
    "LockDrop Vesting", "Staking Profits", "Redemption", "Refunded Fees", "KCS Pay Fees", "Margin Trade", "Loans",
    "Borrowings", "Debt Repayment", "Loans Repaid", "Lendings", "Pool transactions", "Instant Exchange",
    "Sub-account transfer", "Liquidation Fees", "Soft Staking Profits", "Voting Earnings", "Redemption of Voting",
    "Convert to KCS",
}  # fmt: skip
REQUEST_CODES = {
    "DEPOSIT", "WITHDRAW", "TRANSFER", "SUB_TRANSFER", "TRADE_EXCHANGE", "MARGIN_EXCHANGE", "KUCOIN_BONUS",
}  # fmt: skip


def masked(page: str) -> str:
    """What the page may show: the drawn part of an id, the business and its context are left out."""
    page = re.sub('"id":"([0-9a-f]{8})[0-9a-f]{16}"', r'"id":"\1…"', page)
    page = re.sub('"bizType":"[^"]*"', '"bizType":"…"', page)
    return re.sub(r'"context":"\{(?:\\"\w+\\":\\"[\w@]*\\",?)+\}"', '"context":"{…}"', page)


@pytest.fixture
def user() -> User:
    """A user to whom ten dollars came twice, and who asks within the day."""
    exchange = Exchange(now_ns=1629100220843 * MILLISECOND_NS)
    user = exchange.user()
    user.deposit("USDT", "10.00059547")
    exchange.clock.now_ns = 1629101692950 * MILLISECOND_NS
    user.deposit("USDT", "10.00059547")
    return user


def test_the_page_of_the_example(user: User) -> None:
    page = user.send("GET", "/api/v1/accounts/ledgers").body.decode()
    assert masked(page) == masked(PAGE)
    assert masked(page).count("…") == 4 * 2 - 2


def test_the_request_of_the_example(user: User) -> None:
    """`startAt` alone: the window ends 24 hours after it, long before these rows."""
    page = user.get("/api/v1/accounts/ledgers", currency="BTC", startAt=1601395200000)
    assert page == {"currentPage": 1, "pageSize": 50, "totalNum": 0, "totalPage": 0, "items": []}


def test_it_requires_the_general_permission_and_its_weight_is_ten() -> None:
    endpoint = ROUTES.find("/api/v1/accounts/ledgers")[0]["GET"]
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.permission, endpoint.pool, endpoint.weight) == ("General", "management", 10)


def test_every_business_type_shown_is_one_of_the_page() -> None:
    assert set(NAMES.values()) <= BIZ_TYPES


def test_every_business_type_of_the_page_can_be_asked_for() -> None:
    assert set(CODES) >= REQUEST_CODES
