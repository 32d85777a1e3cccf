"""Deposits and withdrawals over the wire: methods, addresses, statuses, and every refusal."""

from typing import Any
from uuid import UUID

import pytest

from seatrial.core.commands import DriveTransfer, PassTime, SaveDestination, SeeDeposit
from seatrial.core.facts import DepositSeen
from seatrial.core.funding import Transfer, TransferNote, TransferStatus
from seatrial.dialects.kraken.rest.funding import NOTES, STATUSES
from tests.support.kraken_exchange import SECOND_NS, START_NS, Exchange, Trader, only

BAD = "EGeneral:Invalid arguments"
UNKNOWN_ASSET = "EFunding:Unknown asset"
NO_METHOD = "EFunding:No funding method"
INVALID_AMOUNT = "EFunding:Invalid amount"
DAY_S = 86_400
TO_COLD = {"asset": "XBT", "key": "cold-1"}


@pytest.fixture
def trader(exchange: Exchange) -> Trader:
    """Who has some of everything, and addresses to send it to."""
    trader = exchange.account(USD="10000", BTC="333", DOGE="1000", XRP="500", ATOM="50")
    save(trader, "BTC", "Bitcoin", "cold-1", "bc1qexample")
    save(trader, "DOGE", "Dogecoin", "shibe", "DGNBPsa2GhhtZGEZo79uF3WN2bTxFxmc9y")
    save(trader, "XRP", "Ripple XRP", "ledger", "rExample", tag="1361101127")
    save(trader, "ATOM", "Cosmos", "hub", "cosmos1example", tag="42", verified=False)
    return trader


def save(trader: Trader, asset: str, method: str, name: str, address: str, **more: Any) -> None:
    """Register an address to withdraw to."""
    trader.exchange.apply(SaveDestination(trader.account_id, asset, method, name, address, **more))


def deposit(trader: Trader, asset: str, amount: str, **more: Any) -> Transfer:
    """A deposit shows up."""
    exchange = trader.exchange
    command = SeeDeposit(trader.account_id, asset, exchange.units(asset, amount), **more)
    return only(exchange.apply(command), DepositSeen).transfer


def withdrawn(trader: Trader, **params: object) -> Transfer:
    """The withdrawal that Withdraw began."""
    number = trader.exchange.ids.withdrawal_number(trader.result("Withdraw", **params)["refid"])
    assert number is not None
    return trader.exchange.machine.state.transfers[number]


def free(trader: Trader, code: str) -> int:
    """What may be spent of an asset, in its units."""
    state = trader.exchange.machine.state
    return state.accounts[trader.account_id].funding_purse(state.assets[code]).free.balance


def test_every_status_and_note_of_the_core_has_kraken_words() -> None:
    assert set(STATUSES) == set(TransferStatus)
    assert set(NOTES) == set(TransferNote)


def test_deposit_methods_have_the_documented_shape(trader: Trader) -> None:
    methods = trader.result("DepositMethods", asset="XBT")
    assert methods[0] == {
        "method": "Bitcoin",
        "limit": False,
        "fee": "0.0000000000",
        "gen-address": True,
        "minimum": "0.00010000",
    }
    assert list(methods[0]) == ["method", "limit", "fee", "gen-address", "minimum"]
    assert [method["method"] for method in methods] == ["Bitcoin", "Bitcoin Lightning"]


@pytest.mark.parametrize("name", ["XXBT", "XBT", "xbt", "BTC"])
def test_an_asset_goes_by_any_of_its_names(trader: Trader, name: str) -> None:
    assert trader.result("DepositMethods", asset=name)[0]["method"] == "Bitcoin"


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, f"{BAD}:asset"),
        ({"asset": ""}, f"{BAD}:asset"),
        ({"asset": "NOPE"}, UNKNOWN_ASSET),
        ({"asset": "XBT", "aclass": "tokenized_asset"}, UNKNOWN_ASSET),
        ({"asset": "XBT.M"}, NO_METHOD),
        ({"asset": "ETH2.S"}, NO_METHOD),
        ({"asset": "USD.HOLD"}, NO_METHOD),
        ({"asset": "KFEE"}, NO_METHOD),
    ],
)
def test_assets_that_no_one_moves_have_no_deposit_method(trader: Trader, params: dict[str, str], error: str) -> None:
    assert trader.error("DepositMethods", **params) == error
    assert trader.error("DepositAddresses", method="Bitcoin", **params) == error


def test_without_new_no_address_is_issued(trader: Trader) -> None:
    before = trader.exchange.fingerprint()
    for new in (None, "false", "False", "0"):
        assert trader.result("DepositAddresses", asset="XBT", method="Bitcoin", new=new) == []
    assert trader.exchange.fingerprint() == before


def test_a_new_address_is_the_first_of_the_list(trader: Trader) -> None:
    (first,) = trader.result("DepositAddresses", asset="XBT", method="Bitcoin", new="true")
    assert list(first) == ["address", "expiretm", "new"]
    assert (first["expiretm"], first["new"]) == ("0", True)
    newest, oldest = trader.result("DepositAddresses", asset="XXBT", method="Bitcoin", new="True")
    assert oldest == first
    assert newest["address"] != first["address"]
    assert trader.result("DepositAddresses", asset="XBT", method="Bitcoin") == [newest, oldest]
    assert trader.result("DepositAddresses", asset="XBT", method="Bitcoin Lightning") == []


def test_an_address_that_received_something_is_new_no_more(trader: Trader) -> None:
    (row,) = trader.result("DepositAddresses", asset="XBT", method="Bitcoin", new=1)
    deposit(trader, "BTC", "1", address=row["address"])
    assert trader.result("DepositAddresses", asset="XBT", method="Bitcoin") == [
        {"address": row["address"], "expiretm": "0"}
    ]


@pytest.mark.parametrize(
    ("asset", "method", "label"),
    [("XRP", "Ripple XRP", "tag"), ("ATOM", "Cosmos", "memo"), ("XLM", "Stellar XLM", "memo")],
)
def test_a_shared_address_comes_with_its_label(trader: Trader, asset: str, method: str, label: str) -> None:
    (row,) = trader.result("DepositAddresses", asset=asset, method=method, new="true")
    assert list(row) == ["address", "expiretm", "new", label]
    assert row[label].isdigit()


def test_five_addresses_may_wait_unused_and_each_method_has_its_own(trader: Trader) -> None:
    for count in range(1, 6):
        assert len(trader.result("DepositAddresses", asset="XBT", method="Bitcoin", new="true")) == count
    before = trader.exchange.fingerprint()
    assert trader.error("DepositAddresses", asset="XBT", method="Bitcoin", new="true") == "EFunding:Too many addresses"
    assert trader.exchange.fingerprint() == before
    assert len(trader.result("DepositAddresses", asset="XDG", method="Dogecoin", new="true")) == 1
    deposit(trader, "BTC", "1")
    assert len(trader.result("DepositAddresses", asset="XBT", method="Bitcoin", new="true")) == 6


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"method": None}, f"{BAD}:method"),
        ({"method": "bitcoin"}, NO_METHOD),
        ({"method": "Dogecoin"}, NO_METHOD),
        ({"method": "Bitcoin", "new": "perhaps"}, f"{BAD}:new"),
    ],
)
def test_the_method_is_named_exactly(trader: Trader, params: dict[str, str], error: str) -> None:
    assert trader.error("DepositAddresses", asset="XBT", **params) == error


def test_deposits_are_listed_newest_first_in_the_assets_decimals(trader: Trader) -> None:
    one = deposit(trader, "BTC", "0.0215400000", address="bc1qexample", chain_tx="9f1c")
    trader.exchange.clock.advance(20)
    two = deposit(trader, "USD", "100")
    dollars, coins = trader.result("DepositStatus")
    assert coins == {
        "method": "Bitcoin",
        "aclass": "currency",
        "asset": "XXBT",
        "refid": trader.exchange.ids.deposit(one.transfer_id),
        "txid": "9f1c",
        "info": "bc1qexample",
        "amount": "0.0215400000",
        "fee": "0.0000000000",
        "time": START_NS // SECOND_NS,
        "status": "Settled",
    }
    assert dollars["refid"] == trader.exchange.ids.deposit(two.transfer_id)
    assert (dollars["asset"], dollars["amount"], dollars["method"]) == ("ZUSD", "100.0000", "Bank (Wire)")


def test_a_deposit_reaches_success_by_the_clock_and_then_counts(trader: Trader) -> None:
    deposit(trader, "BTC", "1")
    assert trader.result("DepositStatus", asset="XBT")[0]["status"] == "Settled"
    assert free(trader, "BTC") == 333 * 10**10
    trader.exchange.clock.advance(30)
    assert trader.result("DepositStatus", asset="XBT")[0]["status"] == "Success"
    assert free(trader, "BTC") == 334 * 10**10


def test_every_account_has_its_own_deposits_and_its_own_withdrawals(exchange: Exchange, trader: Trader) -> None:
    deposit(trader, "BTC", "1")
    withdrawn(trader, **TO_COLD, amount="1")
    assert len(trader.result("DepositStatus")) == len(trader.result("WithdrawStatus")) == 1
    other = exchange.account(USD="1")
    assert other.result("DepositStatus") == other.result("WithdrawStatus") == []


@pytest.mark.parametrize(
    ("filters", "assets"),
    [
        ({}, ["ZUSD", "XXDG", "XXBT"]),
        ({"asset": "xdg"}, ["XXDG"]),
        ({"asset": "DOT"}, []),
        ({"asset": "XBT.M"}, []),
        ({"asset": "XBT", "aclass": "currency"}, ["XXBT"]),
        ({"method": "Bitcoin"}, ["XXBT"]),
        ({"method": "bitcoin"}, []),
        ({"asset": "XBT", "method": "Dogecoin"}, []),
        ({"limit": 2}, ["ZUSD", "XXDG"]),
        ({"start": START_NS // SECOND_NS + 100}, ["ZUSD", "XXDG"]),
        ({"start": START_NS // SECOND_NS + 101}, ["ZUSD"]),
        ({"end": START_NS // SECOND_NS + 100}, ["XXDG", "XXBT"]),
        ({"end": START_NS // SECOND_NS + 99}, ["XXBT"]),
        ({"start": f"{START_NS // SECOND_NS}.5", "end": f"{START_NS // SECOND_NS}.1"}, ["XXBT"]),
        ({"start": 0, "end": 0}, []),
        ({"end": "9" * 20}, ["ZUSD", "XXDG", "XXBT"]),
        ({"cursor": "False"}, ["ZUSD", "XXDG", "XXBT"]),
    ],
)
def test_deposits_are_filtered(trader: Trader, filters: dict[str, object], assets: list[str]) -> None:
    for code in ("BTC", "DOGE", "USD"):
        deposit(trader, code, "10")
        trader.exchange.clock.advance(100)
    assert [row["asset"] for row in trader.result("DepositStatus", **filters)] == assets


@pytest.mark.parametrize("method", ["DepositStatus", "WithdrawStatus"])
@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"asset": "NOPE"}, UNKNOWN_ASSET),
        ({"asset": "XBT", "aclass": "stock"}, UNKNOWN_ASSET),
        ({"limit": "0"}, f"{BAD}:limit"),
        ({"limit": "501"}, f"{BAD}:limit"),
        ({"limit": "-1"}, f"{BAD}:limit"),
        ({"limit": "many"}, f"{BAD}:limit"),
        ({"start": "-1"}, f"{BAD}:start"),
        ({"start": "NaN"}, f"{BAD}:start"),
        ({"end": "1e9"}, f"{BAD}:end"),
        ({"cursor": "nowhere"}, f"{BAD}:cursor"),
    ],
)
def test_filters_that_say_nothing_are_refused(trader: Trader, method: str, params: dict[str, str], error: str) -> None:
    assert trader.error(method, **params) == error


@pytest.mark.parametrize(
    ("method", "key", "begin"),
    [
        ("DepositStatus", "deposit", lambda trader: deposit(trader, "DOGE", "10")),
        ("WithdrawStatus", "withdrawals", lambda trader: withdrawn(trader, asset="XDG", key="shibe", amount="10")),
    ],
    ids=["deposits", "withdrawals"],
)
def test_a_cursor_reads_all_pages_once(trader: Trader, method: str, key: str, begin: Any) -> None:
    for _ in range(5):
        begin(trader)
    pages: list[list[str]] = []
    cursor: str | None = "true"
    while cursor is not None:
        page = trader.result(method, cursor=cursor, limit=2)
        assert list(page) == [key, "next_cursor"]
        pages.append([row["refid"] for row in page[key]])
        cursor = page["next_cursor"]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [refid for page in pages for refid in page] == [row["refid"] for row in trader.result(method)]


def test_a_page_that_is_just_full_has_no_next_one(trader: Trader) -> None:
    for _ in range(2):
        deposit(trader, "DOGE", "10")
    assert trader.result("DepositStatus", cursor="1", limit=2)["next_cursor"] is None
    assert trader.result("DepositStatus", cursor="true", asset="DOT") == {"deposit": [], "next_cursor": None}


def test_pages_have_the_documented_sizes(trader: Trader) -> None:
    for _ in range(30):
        deposit(trader, "DOGE", "10")
        withdrawn(trader, asset="XDG", key="shibe", amount="5")
    assert len(trader.result("DepositStatus")) == 25
    assert len(trader.result("WithdrawStatus")) == 30


def test_the_lists_go_back_ninety_days_unless_asked_for_more(trader: Trader) -> None:
    deposit(trader, "DOGE", "10")
    trader.exchange.clock.advance(90 * DAY_S - 1)
    assert len(trader.result("DepositStatus")) == 1
    trader.exchange.clock.advance(2)
    assert trader.result("DepositStatus") == []
    assert len(trader.result("DepositStatus", start=0)) == 1


def test_a_key_sees_only_the_time_it_may(exchange: Exchange, trader: Trader) -> None:
    for _ in range(3):
        deposit(trader, "DOGE", "10")
        exchange.clock.advance(100)
    middle_ns = START_NS + 100 * SECOND_NS
    partial = exchange.key(trader.account_id, query_from_ns=middle_ns, query_to_ns=middle_ns + 50 * SECOND_NS)
    (row,) = partial.result("DepositStatus", start=0)
    assert row["time"] == middle_ns // SECOND_NS


def test_withdraw_methods_list_every_way_out(trader: Trader) -> None:
    methods = trader.result("WithdrawMethods")
    bitcoin = one_of(methods, asset="XXBT", method="Bitcoin")
    assert (bitcoin["network"], bitcoin["minimum"]) == ("Bitcoin", "0.0004")
    assert bitcoin["fee"] == {"aclass": "currency", "asset": "XXBT", "fee": "0.00015"}
    wire = one_of(methods, asset="ZUSD", method="Bank (Wire)")
    assert (wire["network"], wire["network_id"], wire["minimum"]) == (None, None, "20.00")
    fields = ("asset", "method_id", "method", "network_id", "network", "minimum", "fee")
    assert {tuple(row) for row in methods} == {fields}


def test_methods_and_networks_have_ids_that_stay(trader: Trader) -> None:
    """A method has one of its own, a network one for all assets, and other worlds have the same."""
    methods = trader.result("WithdrawMethods")
    assert len({row["method_id"] for row in methods}) == len(methods)
    assert len({(row["network"], row["network_id"]) for row in methods}) == len({row["network"] for row in methods})
    assert all(str(UUID(row["method_id"])) == row["method_id"] for row in methods)
    other = Exchange(seed=2).account(USD="1")
    assert other.result("WithdrawMethods") == methods


def one_of(rows: list[dict[str, Any]], **fields: str) -> dict[str, Any]:
    """The one row with these values."""
    (row,) = (row for row in rows if fields.items() <= row.items())
    return row


def test_withdraw_methods_are_filtered(trader: Trader) -> None:
    assert [row["method"] for row in trader.result("WithdrawMethods", asset="XBT")] == ["Bitcoin", "Bitcoin Lightning"]
    assert {row["asset"] for row in trader.result("WithdrawMethods", network="Dogecoin")} == {"XXDG"}
    assert trader.result("WithdrawMethods", asset="XBT", network="Dogecoin") == []
    assert trader.result("WithdrawMethods", asset="ETH2.S") == []
    assert trader.error("WithdrawMethods", asset="NOPE") == UNKNOWN_ASSET


def test_withdraw_addresses_have_the_documented_shape(trader: Trader) -> None:
    cosmos, first, _, ripple = trader.result("WithdrawAddresses")
    assert first == {"address": "bc1qexample", "asset": "XBT", "method": "Bitcoin", "key": "cold-1", "verified": True}
    assert list(first) == ["address", "asset", "method", "key", "verified"]
    assert ripple["tag"] == "1361101127"
    assert (cosmos["memo"], cosmos["verified"]) == ("42", False)


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({"asset": "XXBT"}, ["cold-1"]),
        ({"method": "Dogecoin"}, ["shibe"]),
        ({"key": "hub"}, ["hub"]),
        ({"key": "nobody"}, []),
        ({"verified": "true"}, ["cold-1", "shibe", "ledger"]),
        ({"verified": "false"}, ["hub", "cold-1", "shibe", "ledger"]),
        ({"asset": "XBT.M"}, []),
    ],
)
def test_withdraw_addresses_are_filtered(trader: Trader, filters: dict[str, str], keys: list[str]) -> None:
    assert [row["key"] for row in trader.result("WithdrawAddresses", **filters)] == keys


def test_withdraw_info_is_the_net_amount_the_fee_and_the_most(trader: Trader) -> None:
    before = trader.exchange.fingerprint()
    info = trader.result("WithdrawInfo", **TO_COLD, amount="0.725")
    assert info == {"method": "Bitcoin", "limit": "332.99985000", "amount": "0.72485000", "fee": "0.00015000"}
    assert list(info) == ["method", "limit", "amount", "fee"]
    assert trader.exchange.fingerprint() == before


def test_withdraw_info_loses_no_digit(trader: Trader) -> None:
    info = trader.result("WithdrawInfo", **TO_COLD, amount="0.7250000001")
    assert info["amount"] == "0.7248500001"


def test_a_withdrawal_holds_the_gross_amount_at_once(trader: Trader) -> None:
    transfer = withdrawn(trader, **TO_COLD, amount="0.725")
    assert free(trader, "BTC") == 333 * 10**10 - 7_250_000_000
    (row,) = trader.result("WithdrawStatus")
    assert row == {
        "method": "Bitcoin",
        "network": "Bitcoin",
        "aclass": "currency",
        "asset": "XXBT",
        "refid": trader.exchange.ids.withdrawal(transfer.transfer_id),
        "txid": None,
        "info": "bc1qexample",
        "amount": "0.72485000",
        "fee": "0.00015000",
        "time": START_NS // SECOND_NS,
        "status": "Initial",
        "key": "cold-1",
    }


def test_a_withdrawal_passes_its_statuses_by_the_clock(trader: Trader) -> None:
    withdrawn(trader, asset="XDG", key="shibe", amount="100")
    seen = []
    for _ in range(4):
        (row,) = trader.result("WithdrawStatus", asset="XDG")
        seen.append((row["status"], row["txid"] is None))
        trader.exchange.clock.advance(10)
    assert seen == [("Initial", True), ("Pending", True), ("Settled", False), ("Settled", False)]
    trader.exchange.clock.advance(30)
    assert trader.result("WithdrawStatus", asset="XDG")[0]["status"] == "Success"


def test_a_tester_may_hold_a_withdrawal(trader: Trader) -> None:
    transfer = withdrawn(trader, asset="XDG", key="shibe", amount="100")
    trader.exchange.apply(DriveTransfer(transfer.transfer_id, TransferStatus.ON_HOLD, TransferNote.ON_HOLD))
    (row,) = trader.result("WithdrawStatus")
    assert (row["status"], row["status-prop"], row["txid"]) == ("On hold", "onhold", None)
    assert list(row)[-1] == "status-prop"


@pytest.mark.parametrize("method", ["WithdrawInfo", "Withdraw"])
@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"asset": None}, f"{BAD}:asset"),
        ({"key": None}, f"{BAD}:key"),
        ({"amount": None}, f"{BAD}:amount"),
        ({"asset": "NOPE", "amount": "x", "key": "nobody"}, UNKNOWN_ASSET),
        ({"asset": "XBT", "aclass": "tokenized_asset"}, UNKNOWN_ASSET),
        ({"asset": "XBT.M", "amount": "x"}, NO_METHOD),
        ({"asset": "USDT.F"}, NO_METHOD),
        ({"asset": "ETH2.S"}, NO_METHOD),
        ({"asset": "KFEE"}, NO_METHOD),
        ({"key": "nobody"}, "EFunding:Unknown withdraw key"),
        ({"key": "shibe"}, "EFunding:Unknown withdraw key"),
        ({"address": "bc1qother"}, "EFunding:Invalid withdrawal address"),
        ({"max_fee": "cheap"}, f"{BAD}:max_fee"),
        ({"max_fee": "-1"}, f"{BAD}:max_fee"),
        *(
            ({"amount": amount, "key": "nobody"}, INVALID_AMOUNT)
            for amount in (
                "-1",
                "+1",
                "1e-3",
                "NaN",
                "inf",
                "1,5",
                " 1",
                "0x1",
                "\uff11",
                "0.00000000001",
                "1" * 31,
                ".",
            )
        ),
        ({"amount": "0"}, INVALID_AMOUNT),
        ({"amount": "0.0003"}, INVALID_AMOUNT),
    ],
)
def test_a_withdrawal_is_refused_in_the_order_of_the_checks(
    trader: Trader, method: str, params: dict[str, str], error: str
) -> None:
    before = trader.exchange.fingerprint()
    assert trader.error(method, **TO_COLD | {"amount": "1"} | params) == error
    assert trader.exchange.fingerprint() == before


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"amount": "333.0000000001"}, INVALID_AMOUNT),
        ({"amount": "9" * 30}, INVALID_AMOUNT),
        ({"max_fee": "0.000149999999999"}, "EFunding:Max fee exceeded"),
        ({"max_fee": "0"}, "EFunding:Max fee exceeded"),
    ],
)
def test_only_the_withdrawal_itself_looks_at_the_balance_and_the_fee(
    trader: Trader, params: dict[str, str], error: str
) -> None:
    before = trader.exchange.fingerprint()
    assert trader.error("Withdraw", **TO_COLD | {"amount": "1"} | params) == error
    assert trader.call("WithdrawInfo", **TO_COLD | {"amount": "1"} | params)["error"] == []
    assert trader.exchange.fingerprint() == before


def test_a_fee_up_to_the_maximum_and_the_saved_address_pass(trader: Trader) -> None:
    transfer = withdrawn(trader, **TO_COLD, amount="333", max_fee="0.00015", address="bc1qexample")
    assert (transfer.gross, transfer.fee) == (333 * 10**10, 1_500_000)
    assert free(trader, "BTC") == 0


def test_a_withdrawal_is_cancelled_until_it_is_sent(trader: Trader) -> None:
    for wait_s in (0, 10):
        before = free(trader, "DOGE")
        refid = trader.result("Withdraw", asset="XDG", key="shibe", amount="100")["refid"]
        trader.exchange.clock.advance(wait_s)
        assert trader.result("WithdrawCancel", asset="XDG", refid=refid) is True
        row = trader.result("WithdrawStatus")[0]
        assert (row["status"], row["status-prop"], row["txid"]) == ("Failure", "canceled", None)
        assert free(trader, "DOGE") == before


def test_a_cancel_too_late_answers_false_and_changes_nothing(trader: Trader) -> None:
    refid = trader.result("Withdraw", asset="XDG", key="shibe", amount="100")["refid"]
    trader.exchange.clock.advance(20)
    trader.exchange.apply(PassTime())
    before = trader.exchange.fingerprint()
    assert trader.result("WithdrawCancel", asset="XDG", refid=refid) is False
    assert trader.exchange.fingerprint() == before
    trader.exchange.clock.advance(30)
    assert trader.result("WithdrawStatus")[0]["status"] == "Success"
    assert trader.result("WithdrawCancel", asset="XDG", refid=refid) is False


def test_a_second_cancel_is_too_late_as_well(trader: Trader) -> None:
    refid = trader.result("Withdraw", asset="XDG", key="shibe", amount="100")["refid"]
    assert trader.result("WithdrawCancel", asset="XDG", refid=refid) is True
    assert trader.result("WithdrawCancel", asset="XDG", refid=refid) is False


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"refid": None}, f"{BAD}:refid"),
        ({"asset": None}, f"{BAD}:asset"),
        ({"asset": "NOPE"}, UNKNOWN_ASSET),
        ({"asset": "XBT"}, "EFunding:Unknown reference id"),
        ({"refid": "AGBSO6T-UFMTTQ-I7KGS6"}, "EFunding:Unknown reference id"),
        ({"refid": "QGBSO6T-UFMTTQ-I7KGS6"}, "EFunding:Unknown reference id"),
        ({"refid": "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg"}, "EFunding:Unknown reference id"),
        ({"refid": "AGBSO6T-UFMTTQ"}, "EFunding:Invalid reference id"),
        ({"refid": "agbso6t-ufmttq-i7kgs6"}, "EFunding:Invalid reference id"),
        ({"refid": "1"}, "EFunding:Invalid reference id"),
        ({"refid": "x" * 5000}, "EFunding:Invalid reference id"),
    ],
)
def test_a_cancel_names_a_withdrawal_of_that_asset(trader: Trader, params: dict[str, str], error: str) -> None:
    refid = trader.result("Withdraw", asset="XDG", key="shibe", amount="100")["refid"]
    before = trader.exchange.fingerprint()
    assert trader.error("WithdrawCancel", **{"asset": "XDG", "refid": refid} | params) == error
    assert trader.exchange.fingerprint() == before


def test_nobody_cancels_another_ones_withdrawal_or_a_deposit(exchange: Exchange, trader: Trader) -> None:
    refid = trader.result("Withdraw", asset="XDG", key="shibe", amount="100")["refid"]
    other = exchange.account(USD="1")
    assert other.error("WithdrawCancel", asset="XDG", refid=refid) == "EFunding:Unknown reference id"
    incoming = exchange.ids.deposit(deposit(trader, "DOGE", "10").transfer_id)
    assert trader.error("WithdrawCancel", asset="XDG", refid=incoming) == "EFunding:Unknown reference id"
