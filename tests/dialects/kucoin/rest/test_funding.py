"""Money in and out."""

import re

import pytest

from seatrial.core.commands import DriveTransfer
from seatrial.core.funding import TransferStatus
from tests.support.kucoin_exchange import Exchange, User

TRC20 = "Tether USD (TRC20)"
CREATE = "/api/v3/deposit-address/create"
DAY_MS = 86_400_000


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with money in the main wallet."""
    return exchange.user(main={"USDT": "1000", "XRP": "1000"})


def test_the_first_address_is_created_and_then_listed(user: User) -> None:
    assert user.get("/api/v3/deposit-addresses", currency="USDT") == []
    made = user.post(CREATE, currency="USDT", chain="trx")
    assert made == {
        "address": made["address"],
        "memo": "",
        "chainId": "trx",
        "to": "MAIN",
        "expirationDate": 0,
        "currency": "USDT",
        "chainName": "TRC20",
    }
    contract = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
    assert user.get("/api/v3/deposit-addresses", currency="USDT", chain="trx") == [made | {"contractAddress": contract}]
    old = {"address": made["address"], "memo": "", "chain": "TRC20", "chainId": "trx", "to": "MAIN", "currency": "USDT"}
    assert user.get("/api/v2/deposit-addresses", currency="USDT") == [old | {"contractAddress": contract}]
    assert user.get("/api/v1/deposit-addresses", currency="USDT", chain="trx") == old


def test_one_address_per_chain(user: User) -> None:
    user.post(CREATE, currency="USDT", chain="trx")
    assert user.refused("POST", CREATE, currency="USDT", chain="trx") == (
        200,
        "260000",
        "Deposit address already exists.",
    )
    user.post("/api/v1/deposit-addresses", currency="USDT", chain="sol", to="MAIN")
    assert [row["chainId"] for row in user.get("/api/v3/deposit-addresses", currency="USDT")] == ["trx", "sol"]


def test_without_a_chain_it_is_ethereum_or_the_usual_one(user: User) -> None:
    assert user.post(CREATE, currency="USDT")["chainId"] == "eth"
    assert user.post(CREATE, currency="XRP", to="main")["chainId"] == "xrp"


def test_a_chain_with_tags_gives_a_memo(user: User) -> None:
    assert user.post(CREATE, currency="XRP")["memo"].isdigit()


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({}, "400100", "currency can not be empty"),
        ({"currency": "USD"}, "400100", "currency not in the given range!"),
        ({"currency": "USDT", "chain": "btc"}, "900014", "Invalid chainId"),
        ({"currency": "EUR"}, "900014", "Invalid chainId"),
        ({"currency": "USDT", "to": "trade"}, "400100", "to not in the given range!"),
    ],
)
def test_an_address_that_cannot_be(user: User, params: dict[str, str], code: str, message: str) -> None:
    assert user.refused("POST", CREATE, **params) == (200, code, message)


def test_no_address_yet(user: User) -> None:
    assert user.refused("GET", "/api/v1/deposit-addresses", currency="XRP")[1] == "260220"
    assert user.get("/api/v3/deposit-addresses", currency="EUR") == []


def test_a_deposit_in_the_list(exchange: Exchange, user: User) -> None:
    deposit = user.deposit("USDT", "100", TransferStatus.SETTLED, method=TRC20)
    expected = {
        "currency": "USDT",
        "chain": "trx",
        "status": "PROCESSING",
        "address": deposit.address,
        "memo": "",
        "isInner": False,
        "amount": "100.00000000",
        "fee": "0.00000000",
        "walletTxId": f"{deposit.chain_tx}@{exchange.ids.deposit_tag(deposit.transfer_id)}",
        "createdAt": exchange.second_ms,
        "updatedAt": exchange.second_ms,
        "remark": "Deposit",
        "arrears": False,
    }
    assert user.get("/api/v1/deposits") == {
        "currentPage": 1, "pageSize": 50, "totalNum": 1, "totalPage": 1, "items": [expected],
    }  # fmt: skip
    exchange.apply(DriveTransfer(deposit.transfer_id, TransferStatus.SUCCESS))
    assert user.get("/api/v1/deposits")["items"] == [expected | {"status": "SUCCESS"}]
    assert user.get("/api/v1/accounts", type="main", currency="USDT")[0]["balance"] == "1100"


def test_a_withdrawal_in_the_list_and_by_its_id(exchange: Exchange, user: User) -> None:
    withdrawal = user.withdraw("USDT", TRC20, "23")
    reference = exchange.transfer_id(withdrawal)
    (row,) = user.get("/api/v1/withdrawals")["items"]
    assert row == {
        "id": reference,
        "currency": "USDT",
        "chain": "trx",
        "status": "PROCESSING",
        "address": "an-address",
        "memo": "7",
        "isInner": False,
        "amount": "20.00000000",
        "fee": "3.00000000",
        "walletTxId": None,
        "createdAt": exchange.second_ms,
        "updatedAt": exchange.second_ms,
        "remark": "",
    }
    detail = user.get(f"/api/v1/withdrawals/{reference}")
    assert {name: detail[name] for name in ("id", "currency", "status", "amount", "fee", "createdAt")} == {
        name: row[name] for name in ("id", "currency", "status", "amount", "fee", "createdAt")
    }
    assert (detail["chainId"], detail["chainName"], detail["uid"]) == (
        "trx",
        "TRC20",
        exchange.ids.uid(user.account_id),
    )
    assert (detail["cancelType"], detail["returnStatus"], detail["returnAmount"]) == ("CANCELABLE", "NOT_RETURN", None)


STEPS = [
    ((), "PROCESSING", "CANCELABLE"),
    ((TransferStatus.ON_HOLD,), "REVIEW", "NON_CANCELABLE"),
    ((TransferStatus.PENDING,), "PROCESSING", "CANCELABLE"),
    ((TransferStatus.PENDING, TransferStatus.SETTLED), "WALLET_PROCESSING", "NON_CANCELABLE"),
    ((TransferStatus.PENDING, TransferStatus.SETTLED, TransferStatus.SUCCESS), "SUCCESS", "NON_CANCELABLE"),
    ((TransferStatus.FAILURE,), "FAILURE", "NON_CANCELABLE"),
]


@pytest.mark.parametrize(("steps", "status", "cancel_type"), STEPS)
def test_a_withdrawal_goes_through_kucoins_statuses(
    user: User, steps: tuple[TransferStatus, ...], status: str, cancel_type: str
) -> None:
    withdrawal = user.withdraw("USDT", TRC20, "23")
    for step in steps:
        user.drive(withdrawal, step)
    path = f"/api/v1/withdrawals/{user.exchange.transfer_id(withdrawal)}"
    detail = user.get(path)
    assert (detail["status"], detail["cancelType"]) == (status, cancel_type)
    if cancel_type == "CANCELABLE":
        assert user.delete(path) is None
        ended = user.get(path)
        assert (ended["status"], ended["failureReason"], ended["returnAmount"]) == (
            "FAILURE",
            "Canceled",
            "23.00000000",
        )
    else:
        assert user.refused("DELETE", path) == (200, "400100", "The withdrawal can no longer be cancelled.")


def test_a_failed_withdrawal_gave_the_money_back(user: User) -> None:
    withdrawal = user.withdraw("USDT", TRC20, "23")
    assert user.get("/api/v1/accounts", currency="USDT")[0]["available"] == "977"
    user.drive(withdrawal, TransferStatus.FAILURE)
    detail = user.get(f"/api/v1/withdrawals/{user.exchange.transfer_id(withdrawal)}")
    assert (detail["failureReason"], detail["returnStatus"], detail["returnCurrency"]) == ("Failed", "SUCCESS", "USDT")
    assert user.get("/api/v1/accounts", currency="USDT")[0]["available"] == "1000"


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
def test_a_withdrawal_that_is_none_or_anothers(exchange: Exchange, user: User, verb: str) -> None:
    withdrawal, deposit = user.withdraw("USDT", TRC20, "23"), user.deposit("USDT", "10")
    for reference in (
        exchange.transfer_id(withdrawal),
        exchange.transfer_id(deposit),
        exchange.ids.withdrawal(99, 1),
        "x",
    ):
        path = f"/api/v1/withdrawals/{reference}"
        assert exchange.user().refused(verb, path) == (200, "400100", "withdrawal not exist.")
    assert user.refused(verb, f"/api/v1/withdrawals/{exchange.transfer_id(deposit)}")[1] == "400100"


def test_a_deposits_transaction_is_its_hash_and_a_tag_of_its_own(user: User) -> None:
    user.deposit("USDT", "10", chain_tx="ab" * 32)
    user.deposit("USDT", "10", chain_tx="cd" * 32)
    user.deposit("USDT", "10", chain_tx="ef@memo")
    own, second, first = (row["walletTxId"] for row in user.get("/api/v1/deposits")["items"])
    assert own == "ef@memo"
    assert re.fullmatch("(ab){32}@[0-9a-f]{32}", first)
    assert re.fullmatch("(cd){32}@[0-9a-f]{32}", second)
    assert first.partition("@")[2] != second.partition("@")[2]


def test_bounds_go_by_the_second_that_is_shown(exchange: Exchange, user: User) -> None:
    user.deposit("USDT", "10")
    (row,) = user.get("/api/v1/deposits")["items"]
    shown = row["createdAt"]
    assert shown < exchange.now_ms, "it was within a second"

    def count(**bounds: int) -> int:
        return int(user.get("/api/v1/deposits", **bounds)["totalNum"])

    assert count(startAt=shown, endAt=shown) == count(endAt=shown) == count(startAt=shown - 999) == 1
    assert count(startAt=shown + 1) == count(endAt=shown - 1) == 0


def test_transfers_are_found_and_paged(exchange: Exchange, user: User) -> None:
    start = exchange.second_ms
    for amount in ("10", "20", "30"):
        user.deposit("USDT", amount)
        exchange.clock.advance(60)
    user.deposit("XRP", "5", TransferStatus.SETTLED)

    def amounts(**params: object) -> list[str]:
        return [row["amount"].removesuffix(".00000000") for row in user.get("/api/v1/deposits", **params)["items"]]

    assert amounts() == ["5", "30", "20", "10"]
    assert amounts(currency="USDT") == ["30", "20", "10"]
    assert amounts(status="PROCESSING") == ["5"]
    assert amounts(status="SUCCESS", pageSize=2, currentPage=2) == ["10"]
    assert amounts(startAt=start + 60_000, endAt=start + 120_000) == ["30", "20"]
    assert amounts(startAt=0, endAt=start + 400 * DAY_MS) == ["5", "30", "20", "10"]
    assert amounts(currency="NONE") == []


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/v1/deposits", {"status": "REVIEW"}),
        ("/api/v1/withdrawals", {"status": "pending"}),
        ("/api/v1/deposits", {"startAt": 2, "endAt": 1}),
        ("/api/v1/withdrawals", {"pageSize": 501}),
        ("/api/v1/hist-deposits", {"pageSize": "x"}),
    ],
)
def test_bad_input_to_the_lists(user: User, path: str, params: dict[str, object]) -> None:
    assert user.refused("GET", path, **params)[:2] == (200, "400100")


def test_nothing_is_older_than_the_world(user: User) -> None:
    for path in ("/api/v1/hist-deposits", "/api/v1/hist-withdrawals"):
        assert user.get(path, startAt=1500000000)["items"] == []


def test_the_quota_of_a_chain(exchange: Exchange, user: User) -> None:
    user.withdraw("USDT", TRC20, "23")
    quota = user.get("/api/v1/withdrawals/quotas", currency="USDT", chain="trx")
    assert quota == {
        "currency": "USDT",
        "limitBTCAmount": "0.00000000",
        "usedBTCAmount": "0.00000000",
        "quotaCurrency": "USDT",
        "limitQuotaCurrencyAmount": "999999.00000000",
        "usedQuotaCurrencyAmount": "0",
        "remainAmount": "999999.00000000",
        "availableAmount": "977",
        "withdrawMinFee": "3",
        "innerWithdrawMinFee": "0",
        "withdrawMinSize": "6",
        "isWithdrawEnabled": True,
        "precision": 8,
        "chain": "TRC20",
        "reason": None,
        "lockedAmount": "23",
    }
    seller, buyer = exchange.user(BTC="1"), exchange.user(USDT="100000")
    seller.place("sell", "1", "50000")
    buyer.place("buy", "1", "50000")
    priced = user.get("/api/v1/withdrawals/quotas", currency="BTC")
    shown = (priced["limitBTCAmount"], priced["remainAmount"], priced["availableAmount"])
    assert shown == (
        "19.99998000",
        "19.99998000",
        "0",
    )


def test_a_quota_that_is_none(user: User) -> None:
    assert user.refused("GET", "/api/v1/withdrawals/quotas", currency="USDT", chain="btc")[1] == "900014"
    assert user.refused("GET", "/api/v1/withdrawals/quotas")[2] == "currency can not be empty"


SEND = "/api/v3/withdrawals"
WHERE = {"currency": "USDT", "chain": "trx", "toAddress": "TXyz", "withdrawType": "ADDRESS"}


def sent(user: User, **changes: object) -> dict[str, object]:
    """The details of a new withdrawal."""
    placed = user.post(SEND, **(WHERE | {"amount": "100"} | changes))
    assert list(placed) == ["withdrawalId"]
    found: dict[str, object] = user.get(f"/api/v1/withdrawals/{placed['withdrawalId']}")
    return found


def available(user: User) -> str:
    """What is left in the main account."""
    (row,) = user.get("/api/v1/accounts", type="main", currency="USDT")
    return str(row["available"])


@pytest.mark.parametrize(
    ("changes", "amount", "left"),
    [
        ({}, "100.00000000", "897"),
        ({"feeDeductType": "EXTERNAL"}, "100.00000000", "897"),
        ({"feeDeductType": "INTERNAL"}, "97.00000000", "900"),
        ({"amount": "1000"}, "997.00000000", "0"),
        ({"amount": 50.5}, "50.50000000", "946.5"),
    ],
)
def test_the_fee_comes_on_top_where_the_balance_suffices_or_out_of_the_amount(
    user: User, changes: dict[str, object], amount: str, left: str
) -> None:
    found = sent(user, **changes)
    assert (found["amount"], found["fee"], found["status"]) == (amount, "3.00000000", "PROCESSING")
    assert available(user) == left


def test_a_withdrawal_says_what_was_sent_with_it(user: User) -> None:
    found = sent(user, currency="XRP", chain="xrp", memo="77", remark="to myself", amount="100")
    assert (found["address"], found["memo"], found["remark"], found["addressRemark"]) == (
        "TXyz",
        "77",
        "to myself",
        None,
    )
    (row,) = user.get("/api/v1/withdrawals")["items"]
    assert (row["id"], row["remark"], row["memo"]) == (found["id"], "to myself", "77")


def test_the_older_call_names_its_address_otherwise(user: User) -> None:
    user.post("/api/v1/withdrawals", currency="USDT", chain="trx", address="TXyz", amount=100)
    assert user.get("/api/v1/withdrawals")["items"][0]["address"] == "TXyz"


def test_a_withdrawal_is_cancelled_and_its_money_is_back(exchange: Exchange, user: User) -> None:
    found = sent(user)
    exchange.clock.advance(5)
    user.delete(f"/api/v1/withdrawals/{found['id']}")
    assert available(user) == "1000"
    (row,) = user.get("/api/v1/withdrawals")["items"]
    assert (row["status"], row["updatedAt"] - row["createdAt"]) == ("FAILURE", 5_000)


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"amount": "1000.01"}, "260100", "account.noBalance"),
        ({"amount": "998", "feeDeductType": "EXTERNAL"}, "260100", "account.noBalance"),
        ({"amount": "0.1"}, "400100", "The withdrawal amount is below the minimum requirement."),
        ({"amount": "0"}, "400100", "amount not in the given range!"),
        ({"amount": None}, "400100", "amount can not be empty"),
        ({"currency": "NOPE"}, "400100", "currency not in the given range!"),
        ({"chain": "nope"}, "900014", "Invalid chainId"),
        ({"toAddress": None}, "400100", "address can not be empty"),
        ({"toAddress": "x" * 257}, "400100", "toAddress not in the given range!"),
        ({"withdrawType": "UID"}, "400100", "Only withdrawals to an address are available here."),
        ({"withdrawType": "PIGEON"}, "400100", "withdrawType not in the given range!"),
        ({"isInner": True}, "400100", "Only withdrawals to an address are available here."),
        ({"feeDeductType": "NEVER"}, "400100", "feeDeductType not in the given range!"),
    ],
)
def test_a_withdrawal_that_cannot_be_is_refused(
    user: User, changes: dict[str, object], code: str, message: str
) -> None:
    wanted = {name: value for name, value in (WHERE | {"amount": "100"} | changes).items() if value is not None}
    assert user.refused("POST", SEND, **wanted) == (200, code, message)


def test_sending_money_out_needs_its_permission(exchange: Exchange, user: User) -> None:
    poor = exchange.key(user.account_id, frozenset({"General", "Spot"}))
    assert poor.refused("POST", SEND, **WHERE, amount="100")[1] == "400007"
