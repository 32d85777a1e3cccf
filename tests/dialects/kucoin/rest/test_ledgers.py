"""What changed a user's money, and how it is found."""

import json
from itertools import chain
from typing import Any

import pytest
from msgspec.structs import replace

from seatrial.core.commands import ChooseFeePayment
from seatrial.core.funding import TransferStatus
from seatrial.core.postings import EntryKind
from seatrial.core.queries import TransfersById
from seatrial.dialects.kucoin.dialect import FEES_IN_KCS
from seatrial.dialects.kucoin.rest.ledgers import CODES, HF_CODES, MARGIN_CODES, NAMES
from tests.support.kucoin_exchange import Exchange, User

LEDGERS = "/api/v1/accounts/ledgers"
HF = "/api/v1/hf/accounts/ledgers"
MARGIN = "/api/v3/hf/margin/account/ledgers"
HOUR = 3600
DAY = 24 * HOUR
DAY_MS = DAY * 1000


@pytest.fixture
def seller(exchange: Exchange) -> User:
    """A user who sold half a bitcoin to another one, two hours after the balances were opened."""
    seller, buyer = exchange.user(BTC="1"), exchange.user(USDT="100000")
    exchange.clock.advance(2 * HOUR)
    seller.place("sell", "0.5", "50000")
    buyer.place("buy", "0.5", "50000")
    return seller


def kinds(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Business, direction and currency of some rows."""
    return [(row["bizType"], row["direction"], row["currency"]) for row in rows]


def test_a_trade_has_a_row_for_each_currency_and_both_name_it(exchange: Exchange, seller: User) -> None:
    quote, base, opening = seller.get(LEDGERS)["items"]
    (fill,) = seller.get("/api/v1/fills")["items"]
    context = {"symbol": "BTC-USDT", "orderId": fill["orderId"], "tradeId": fill["tradeId"]}
    assert json.loads(quote["context"]) == json.loads(base["context"]) == context
    assert kinds([quote, base, opening]) == [
        ("Trade_Exchange", "in", "USDT"),
        ("Trade_Exchange", "out", "BTC"),
        ("Transfer", "in", "BTC"),
    ]
    assert (quote["amount"], quote["fee"], base["amount"], base["fee"]) == ("24975", "25", "0.5", "0")
    assert {quote["accountType"], base["accountType"]} == {"TRADE"}
    assert quote["createdAt"] == base["createdAt"] == exchange.now_ms
    assert opening["context"] == ""


def test_a_buyers_fee_is_part_of_what_went_out(exchange: Exchange, seller: User) -> None:
    buyer = exchange.key(2)
    rows = buyer.get(LEDGERS, currency="USDT", bizType="TRADE_EXCHANGE")["items"]
    assert [(row["amount"], row["fee"], row["direction"]) for row in rows] == [("25025", "25", "out")]
    assert len({row["id"] for row in (*rows, *seller.get(LEDGERS)["items"])}) == 4


def test_a_fee_in_kcs_gives_the_trades_fee_back_and_says_which_trade(exchange: Exchange) -> None:
    seller, buyer = exchange.user(BTC="1", KCS="10"), exchange.user(USDT="100000", KCS="100")
    seller.place("sell", "1", "10", market="KCS/USDT")
    buyer.place("buy", "1", "10", market="KCS/USDT")
    exchange.apply(ChooseFeePayment(buyer.account_id, replace(FEES_IN_KCS, account_id=buyer.account_id)))
    seller.place("sell", "0.01", "50000")
    buyer.place("buy", "0.01", "50000")
    fill = buyer.get("/api/v1/fills")["items"][0]
    payment, refund, *trade = buyer.get(LEDGERS)["items"]
    context = {"orderId": fill["orderId"], "tradeId": fill["tradeId"]}
    assert json.loads(refund["context"]) == json.loads(payment["context"]) == context
    assert kinds([refund, payment]) == [("Refunded Fees", "in", "USDT"), ("KCS Pay Fees", "out", "KCS")]
    assert (refund["amount"], payment["amount"]) == ("0.5", "0.04210526")
    assert {row["accountType"] for row in (refund, payment)} == {"TRADE"}
    fees = {row["fee"] for row in trade if row["bizType"] == "Trade_Exchange"}
    assert fees == {"0", "0.5", "0.01"}, "the trade's rows stay"
    assert (fill["fee"], fill["feeCurrency"]) == ("0.5", "USDT")
    assert [row["amount"] for row in buyer.get(HF, bizType="RETURNED_FEES")] == ["0.50000000"]
    assert [row["amount"] for row in buyer.get(HF, bizType="DEDUCTION_FEES")] == ["0.04210526"]


def test_rows_have_eight_decimals_and_what_is_transferable_can_be_moved(exchange: Exchange) -> None:
    """Our books keep ten of bitcoin."""
    user, other = exchange.user(BTC="1"), exchange.user(ETH="1")
    other.place("sell", "0.0123457", "0.03127", market="ETH/BTC")
    user.place("buy", "0.0123457", "0.03127", market="ETH/BTC")
    (row,) = user.get(LEDGERS, currency="BTC", direction="out")["items"]
    assert (row["amount"], row["fee"]) == ("0.00038644", "0.00000039")
    (hf_row,) = user.get(HF, currency="BTC", direction="out")
    assert (hf_row["amount"], hf_row["fee"], hf_row["balance"]) == ("0.00038644", "0.00000039", "0.99961356")
    quota = user.get("/api/v1/accounts/transferable", currency="BTC", type="TRADE")
    assert (quota["available"], quota["transferable"]) == ("0.9996135639", "0.99961356")
    wish = {"clientOid": "all", "currency": "BTC", "amount": quota["transferable"], "from": "trade", "to": "main"}
    assert user.post("/api/v2/accounts/inner-transfer", **wish)["orderId"]
    left = user.get("/api/v1/accounts", currency="BTC", type="trade")
    assert [account["available"] for account in left] == ["0.0000000039"]


def test_deposits_and_withdrawals_name_their_chain_transaction(exchange: Exchange) -> None:
    user = exchange.user()
    deposit = user.deposit("USDT", "100", method="Tether USD (TRC20)")
    withdrawal = user.withdraw("USDT", "Tether USD (TRC20)", "20")
    exchange.clock.advance(60)
    out, came = user.get(LEDGERS)["items"]
    found: Any = exchange.store.answer(TransfersById((withdrawal.transfer_id,)))
    (sent,) = found
    ids = exchange.ids
    transaction = f"{deposit.chain_tx}@{ids.deposit_tag(deposit.transfer_id)}"
    assert json.loads(came["context"]) == {"orderId": exchange.transfer_id(deposit), "txId": transaction}
    assert user.get("/api/v1/deposits")["items"][0]["walletTxId"] == transaction
    assert json.loads(out["context"]) == {
        "orderId": exchange.transfer_id(withdrawal),
        "txId": sent.chain_tx,
    }
    assert (came["bizType"], came["amount"], came["fee"], came["direction"]) == ("Deposit", "100", "0", "in")
    assert (out["bizType"], out["amount"], out["fee"], out["direction"]) == ("Withdrawal", "20", "3", "out")
    assert {came["accountType"], out["accountType"]} == {"MAIN"}


def test_a_deposit_taken_back_goes_out_and_a_returned_withdrawal_comes_in(exchange: Exchange) -> None:
    user = exchange.user(main={"USDT": "100"})
    deposit = user.deposit("USDT", "50")
    user.drive(deposit, TransferStatus.FAILURE)
    withdrawal = user.withdraw("USDT", "Tether USD (TRC20)", "20")
    exchange.clock.advance(60)
    user.drive(withdrawal, TransferStatus.FAILURE)
    rows = user.get(LEDGERS, bizType="WITHDRAW")["items"] + user.get(LEDGERS, bizType="DEPOSIT")["items"]
    assert [(row["direction"], row["amount"]) for row in rows] == [
        ("in", "20"),
        ("out", "20"),
        ("out", "50"),
        ("in", "50"),
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"currency": "USDT"}, ["USDT"]),
        ({"currency": "BTC"}, ["BTC", "BTC"]),
        ({"currency": "BTC,USDT"}, ["USDT", "BTC", "BTC"]),
        ({"currency": "BTC,NONE"}, ["BTC", "BTC"]),
        ({"currency": "NONE"}, []),
        ({"direction": "in"}, ["USDT", "BTC"]),
        ({"direction": "out"}, ["BTC"]),
        ({"direction": "in", "currency": "BTC"}, ["BTC"]),
        ({"bizType": "TRADE_EXCHANGE"}, ["USDT", "BTC"]),
        ({"bizType": "TRADE_EXCHANGE", "direction": "out"}, ["BTC"]),
        ({"bizType": "TRANSFER"}, ["BTC"]),
        ({"bizType": "DEPOSIT"}, []),
        ({"bizType": "SUB_TRANSFER"}, []),
        ({"bizType": "BROKER_TRANSFER"}, []),
        ({"bizType": "REBATE"}, []),
        ({"type": "unknown parameters are ignored"}, ["USDT", "BTC", "BTC"]),
    ],
)
def test_rows_are_found_by_currency_direction_and_business(
    seller: User, params: dict[str, str], expected: list[str]
) -> None:
    page = seller.get(LEDGERS, **params)
    assert [row["currency"] for row in page["items"]] == expected
    assert (page["totalNum"], page["totalPage"]) == (len(expected), 1 if expected else 0)


def moments(exchange: Exchange, user: User, **params: object) -> list[int]:
    """How many hours ago each row of the first page was made."""
    return [(exchange.now_ms - row["createdAt"]) // 3_600_000 for row in user.get(LEDGERS, **params)["items"]]


@pytest.fixture
def saver(exchange: Exchange) -> User:
    """A user with a deposit every 12 hours of the last two days, the last one just now."""
    user = exchange.user()
    for hours in (12, 12, 12, 12, 0):
        user.deposit("USDT", "10")
        exchange.clock.advance(hours * HOUR)
    return user


def test_without_bounds_the_last_24_hours_are_shown(exchange: Exchange, saver: User) -> None:
    assert moments(exchange, saver) == [0, 12, 24]


def test_a_start_alone_shows_the_24_hours_after_it(exchange: Exchange, saver: User) -> None:
    start = exchange.now_ms - 2 * DAY_MS
    assert moments(exchange, saver, startAt=start) == [24, 36, 48]
    assert moments(exchange, saver, startAt=start - 1) == [36, 48]
    assert moments(exchange, saver, startAt=start + 1) == [24, 36]


def test_an_end_alone_shows_the_24_hours_before_it(exchange: Exchange, saver: User) -> None:
    end = exchange.now_ms - DAY_MS
    assert moments(exchange, saver, endAt=end) == [24, 36, 48]
    assert moments(exchange, saver, endAt=end - 1) == [36, 48]
    assert moments(exchange, saver, endAt=end + 1) == [24, 36]


def test_both_bounds_are_included_and_may_be_exactly_24_hours_apart(exchange: Exchange, saver: User) -> None:
    end = exchange.now_ms
    assert moments(exchange, saver, startAt=end - DAY_MS, endAt=end) == [0, 12, 24]
    assert moments(exchange, saver, startAt=end, endAt=end) == [0]


def test_a_bound_is_a_whole_millisecond(exchange: Exchange) -> None:
    user = exchange.user()
    exchange.clock.now_ns += 999_999 - exchange.clock.now_ns % 10**6
    user.deposit("USDT", "10")
    assert moments(exchange, user, endAt=exchange.now_ms) == [0]
    assert moments(exchange, user, startAt=exchange.now_ms) == [0]


def test_all_of_a_year_can_be_walked_in_windows_of_a_day(exchange: Exchange) -> None:
    user = exchange.user()
    for _ in range(40):
        user.deposit("USDT", "10")
        exchange.clock.advance(11 * DAY)
    found: list[str] = []
    for day in range(366):
        start = exchange.now_ms - (day + 1) * DAY_MS
        found += [row["id"] for row in user.get(LEDGERS, startAt=start, endAt=start + DAY_MS - 1)["items"]]
    assert len(found) == len(set(found)) == 365 // 11


@pytest.mark.parametrize("extra", [{}, {"direction": "in"}])
def test_pages_go_through_all_rows_newest_first(exchange: Exchange, extra: dict[str, str]) -> None:
    user = exchange.user()
    for number in range(10, 35):
        user.deposit("USDT", str(number))
    pages = [user.get(LEDGERS, currentPage=page, pageSize=10, **extra) for page in (1, 2, 3, 4)]
    amounts = [[row["amount"] for row in page["items"]] for page in pages]
    assert list(chain(*amounts)) == [str(number) for number in range(34, 9, -1)]
    assert [len(page) for page in amounts] == [10, 10, 5, 0]
    assert {(page["totalNum"], page["totalPage"], page["pageSize"]) for page in pages} == {(25, 3, 10)}
    assert [page["currentPage"] for page in pages] == [1, 2, 3, 4]


@pytest.mark.parametrize("size", [10, 500])
def test_pages_may_have_10_to_500_rows(seller: User, size: int) -> None:
    assert seller.get(LEDGERS, pageSize=size)["pageSize"] == size


OFF: list[tuple[dict[str, object], str]] = [
    ({"pageSize": 501}, "pageSize should not greater than 500"),
    ({"pageSize": 9}, "pageSize should not less than 10"),
    ({"pageSize": 0}, "pageSize should not less than 10"),
    ({"pageSize": "x"}, "Invalid Parameter. pageSize"),
    ({"currentPage": 0}, "currentPage not in the given range!"),
    ({"bizType": "Transfer"}, "not in the given range!"),
    ({"bizType": "trade exchange"}, "not in the given range!"),
    ({"direction": "IN"}, "direction not in the given range!"),
    ({"direction": "sideways"}, "direction not in the given range!"),
    ({"currency": ",".join("ABCDEFGHIJK")}, "currency not in the given range!"),
    ({"startAt": "yesterday"}, "Invalid Parameter. startAt"),
    ({"endAt": "1.5"}, "Invalid Parameter. endAt"),
    ({"startAt": 2, "endAt": 1}, "startAt not in the given range!"),
    (
        {"startAt": 1, "endAt": DAY_MS + 2},
        "Get List Account Ledgers doesn't support get ledgers in a large timespan (> 24 hours)",
    ),
]


@pytest.mark.parametrize(("params", "message"), OFF, ids=[str(params) for params, _ in OFF])
def test_bad_input_is_refused_in_kucoins_way(seller: User, params: dict[str, object], message: str) -> None:
    assert seller.refused("GET", LEDGERS, **params) == (200, "400100", message)


def test_ten_currencies_are_not_too_many(seller: User) -> None:
    assert seller.get(LEDGERS, currency="BTC,USDT,ETH,SOL,XRP,ADA,DOT,LTC,LINK,BCH")["totalNum"] == 3


def test_what_is_older_than_a_year_is_not_there(exchange: Exchange) -> None:
    user = exchange.user()
    user.deposit("USDT", "10")
    made_ms = exchange.now_ms
    exchange.clock.advance(365 * DAY)
    assert len(user.get(LEDGERS, startAt=made_ms)["items"]) == 1
    exchange.clock.advance(1)
    assert user.get(LEDGERS, startAt=made_ms)["items"] == []
    assert user.get(LEDGERS, startAt=0, endAt=1)["items"] == []


def test_times_far_in_the_future_are_no_bug(seller: User) -> None:
    assert seller.get(LEDGERS, startAt=10**19)["items"] == []
    assert seller.get(LEDGERS, endAt=10**19)["items"] == []


def test_nobody_sees_the_rows_of_another(exchange: Exchange, seller: User) -> None:
    assert exchange.user().get(LEDGERS)["items"] == []
    assert len(seller.get(LEDGERS)["items"]) == 3


def test_the_high_frequency_ledger_shows_the_trading_wallet(exchange: Exchange, seller: User) -> None:
    seller.deposit("USDT", "10")
    quote, base, opening = seller.get(HF)
    assert quote == {
        "id": quote["id"],
        "currency": "USDT",
        "amount": "24975.00000000",
        "fee": "25.00000000",
        "tax": "0",
        "balance": "24975.00000000",
        "accountType": "TRADE_HF",
        "bizType": "TRADE_EXCHANGE",
        "direction": "in",
        "createdAt": str(exchange.now_ms),
        "context": quote["context"],
    }
    assert (base["balance"], opening["bizType"], opening["context"]) == ("0.50000000", "TRANSFER", "")
    assert json.loads(quote["context"])["symbol"] == "BTC-USDT"
    assert int(quote["id"]) == int(base["id"]) + 1


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"limit": 1}, ["USDT"]),
        ({"direction": "out"}, ["BTC"]),
        ({"direction": "in", "limit": 1}, ["USDT"]),
        ({"bizType": "TRANSFER"}, ["BTC"]),
        ({"bizType": "TRADE_EXCHANGE", "currency": "BTC"}, ["BTC"]),
        ({"bizType": "RETURNED_FEES"}, []),
        ({"bizType": "DEDUCTION_FEES"}, []),
        ({"bizType": "SUB_TRANSFER"}, []),
        ({"bizType": "OTHER"}, []),
        ({"currency": "NONE"}, []),
        ({"startAt": 0, "endAt": 1}, []),
        ({"lastId": 0}, []),
        ({"lastId": 2**63 - 1}, []),
    ],
)
def test_high_frequency_rows_are_found(seller: User, params: dict[str, object], expected: list[str]) -> None:
    assert [row["currency"] for row in seller.get(HF, **params)] == expected


def test_the_high_frequency_ledger_goes_on_below_the_last_id(exchange: Exchange) -> None:
    user = exchange.user(BTC="1", ETH="2", SOL="3", XRP="4", USDT="5")
    rows: list[dict[str, str]] = []
    while found := user.get(HF, limit=2, lastId=rows[-1]["id"] if rows else None):
        rows += found
    assert [row["currency"] for row in rows] == ["USDT", "XRP", "SOL", "ETH", "BTC"]
    assert [int(row["id"]) for row in rows] == sorted((int(row["id"]) for row in rows), reverse=True)


@pytest.mark.parametrize(("direction", "currency"), [("in", "USDT"), ("out", "BTC")])
def test_a_filtered_ledger_goes_on_below_the_last_id_too(exchange: Exchange, direction: str, currency: str) -> None:
    """By cursor and by pages the same rows are found, and none twice."""
    seller, buyer = exchange.user(BTC="1"), exchange.user(USDT="100000")
    seller.place("sell", "0.23", "50000")
    for _ in range(23):
        buyer.place("buy", "0.01", "50000")
    wanted = {"direction": direction, "bizType": "TRADE_EXCHANGE", "currency": f"{currency},ETH"}
    rows: list[dict[str, str]] = []
    while found := seller.get(HF, **wanted, limit=5, lastId=rows[-1]["id"] if rows else None):
        assert len(found) == 5 or len(rows) == 20
        rows += found
    pages = [seller.get(LEDGERS, **wanted, pageSize=10, currentPage=number) for number in (1, 2, 3)]
    assert [json.loads(row["context"])["tradeId"] for row in rows] == [
        json.loads(row["context"])["tradeId"] for page in pages for row in page["items"]
    ]
    assert {(row["currency"], row["direction"]) for row in rows} == {(currency, direction)}
    assert [page["totalNum"] for page in pages] == [23, 23, 23]


def test_the_high_frequency_ledger_reaches_back_three_days_whatever_is_asked(exchange: Exchange, seller: User) -> None:
    start = exchange.now_ms - DAY_MS
    exchange.clock.advance(3 * DAY)
    assert len(seller.get(HF, startAt=start)) == 2, "the opening balance is two hours older"
    exchange.clock.advance(1)
    assert seller.get(HF, startAt=start) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"limit": 201}, "limit not in the given range!"),
        ({"limit": 0}, "limit not in the given range!"),
        ({"lastId": "x"}, "Invalid Parameter. lastId"),
        ({"bizType": "DEPOSIT"}, "not in the given range!"),
        ({"startAt": 2, "endAt": 1}, "startAt not in the given range!"),
    ],
)
@pytest.mark.parametrize("path", [HF, MARGIN])
def test_bad_input_to_high_frequency_ledgers_is_refused(
    seller: User, path: str, params: dict[str, object], message: str
) -> None:
    assert seller.refused("GET", path, **params) == (200, "400100", message)


def test_the_margin_ledger_shows_the_margin_wallet_with_numbers(exchange: Exchange) -> None:
    user = exchange.user()
    exchange.open_balance("borrower", "margin", "USDT", "7")
    borrower = exchange.key(2)
    assert user.get(MARGIN) == []
    assert borrower.get(MARGIN) == [
        {
            "id": exchange.ids.ledger_row(1),
            "currency": "USDT",
            "amount": "7.00000000",
            "fee": "0.00000000",
            "balance": "7.00000000",
            "accountType": "MARGIN_V2",
            "bizType": "TRANSFER",
            "direction": "in",
            "createdAt": exchange.now_ms,
            "context": "{}",
            "tax": "0.00000000",
        }
    ]
    assert borrower.get(MARGIN, bizType="LIQUIDATION") == borrower.get(MARGIN, bizType="ISOLATED_EXCHANGE") == []
    assert [row["accountType"] for row in borrower.get(LEDGERS)["items"]] == ["MARGIN"]


def test_the_retired_ledger_of_one_account_has_its_context_as_an_object(seller: User) -> None:
    accounts = {(row["type"], row["currency"]): row["id"] for row in seller.get("/api/v1/accounts")}
    sold, opening = seller.get(f"/api/v1/accounts/{accounts['trade', 'BTC']}/ledgers")["items"]
    assert sold["context"]["symbol"] == "BTC-USDT"
    assert "accountType" not in sold
    assert (sold["bizType"], opening["context"]) == ("Trade_Exchange", {})
    assert seller.refused("GET", "/api/v1/accounts/0123456789abcdef01234567/ledgers")[1] == "400100"


def test_a_ledger_row_can_be_asked_for_while_the_clock_stands_still(exchange: Exchange) -> None:
    """Each trade moves the world on by a nanosecond; the rows of this moment are shown all the same."""
    seller, buyer = exchange.user(BTC="1"), exchange.user(USDT="100000")
    seller.place("sell", "0.5", "50000")
    for _ in range(5):
        buyer.place("buy", "0.1", "50000")
    assert len(seller.get(LEDGERS, bizType="TRADE_EXCHANGE")["items"]) == 10


def test_every_kind_of_entry_has_a_name_and_every_code_finds_kinds_of_its_own() -> None:
    assert set(NAMES) == set(EntryKind)
    for codes in (CODES, HF_CODES, MARGIN_CODES):
        found = [kind for kinds_of_code in codes.values() for kind in kinds_of_code]
        assert len(found) == len(set(found))
