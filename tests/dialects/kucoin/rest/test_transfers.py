"""Money between a user's accounts, and between a user and its sub-accounts."""

from typing import Any

import pytest

from seatrial.dialects.kucoin.dialect import PERMISSIONS
from tests.support.kucoin_exchange import Exchange, User

INNER = "/api/v2/accounts/inner-transfer"
UNIVERSAL = "/api/v3/accounts/universal-transfer"
SUB = "/api/v2/accounts/sub-transfer"


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with money in the main account."""
    return exchange.user(main={"USDT": "1000"})


def sub_account(user: User, name: str = "trader01") -> str:
    """A new sub-account's user id."""
    user.post("/api/v2/sub/user/created", subName=name, password="secret77", access="Spot", remarks="mine")
    return str(user.get("/api/v2/sub/user")["items"][-1]["userId"])


def holdings(user: User) -> dict[str, str]:
    """What is available in each kind of account."""
    found: dict[str, str] = {}
    for kind in ("main", "trade", "margin", "contract"):
        found |= {row["type"]: row["available"] for row in user.get("/api/v1/accounts", type=kind)}
    return found


def inner(**changes: object) -> dict[str, object]:
    """An inner transfer of 100 USDT to the trading account."""
    return {"clientOid": "one", "currency": "USDT", "amount": "100", "from": "main", "to": "trade"} | changes


def test_an_inner_transfer_moves_money_and_leaves_two_rows(user: User) -> None:
    assert list(user.post(INNER, **inner())) == ["orderId"]
    assert holdings(user) == {"main": "900", "trade": "100"}
    rows = user.get("/api/v1/accounts/ledgers", bizType="TRANSFER", currency="USDT")["items"]
    shown = ("accountType", "bizType", "direction", "amount", "context")
    assert [tuple(row[name] for name in shown) for row in rows[:2]] == [
        ("TRADE", "Transfer", "in", "100", ""), ("MAIN", "Transfer", "out", "100", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target", "wallet"),
    [("main", "trade_hf", "trade"), ("main", "margin", "margin"), ("main", "margin_v2", "margin"),
     ("main", "contract", "contract")],
)  # fmt: skip
def test_every_kind_of_account_that_is_here_can_be_reached(user: User, source: str, target: str, wallet: str) -> None:
    user.post(INNER, **inner(**{"from": source, "to": target}))
    assert holdings(user)[wallet] == "100"


def test_a_json_number_is_an_amount(user: User) -> None:
    user.post(INNER, **inner(amount=0.5))
    assert holdings(user)["trade"] == "0.5"


def test_the_same_client_oid_again_moves_nothing(user: User) -> None:
    first = user.post(INNER, **inner())
    assert user.post(INNER, **inner(amount="200")) == first
    assert holdings(user) == {"main": "900", "trade": "100"}
    assert user.post(INNER, **inner(clientOid="two")) != first


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"amount": "1000.01"}, "230003", "Balance insufficient!"),
        ({"amount": "0"}, "400100", "amount not in the given range!"),
        ({"amount": "0.000000001"}, "400100", "amount not in the given range!"),
        ({"amount": "-1"}, "400100", "Invalid Parameter. amount"),
        ({"amount": None}, "400100", "amount can not be empty"),
        ({"currency": "NOPE"}, "400100", "currency not in the given range!"),
        ({"clientOid": None}, "400100", "clientOid can not be empty"),
        ({"clientOid": "x" * 129}, "400100", "clientOid not in the given range!"),
        ({"from": None}, "400100", "from can not be empty"),
        ({"to": "MAIN"}, "400100", "to not in the given range!"),
        ({"to": "isolated"}, "400100", "to not in the given range!"),
        ({"to": "main"}, "400100", "The two accounts are the same one."),
        ({"from": "trade"}, "400100", "The two accounts are the same one."),
    ],
)
def test_what_cannot_be_moved_is_refused(user: User, changes: dict[str, object], code: str, message: str) -> None:
    wanted = {name: value for name, value in inner(**changes).items() if value is not None}
    assert user.refused("POST", INNER, **wanted) == (200, code, message)


def universal(kind: str, **changes: object) -> dict[str, object]:
    """A universal transfer of 100 USDT from main to trade."""
    return {
        "clientOid": "one", "currency": "USDT", "amount": "100", "type": kind, "fromAccountType": "MAIN",
        "toAccountType": "TRADE",
    } | changes  # fmt: skip


def test_a_universal_transfer_is_an_inner_one_too(user: User) -> None:
    user.post(UNIVERSAL, **universal("INTERNAL"))
    assert holdings(user) == {"main": "900", "trade": "100"}


def test_money_goes_to_a_sub_account_and_back(user: User) -> None:
    user_id = sub_account(user)
    user.post(UNIVERSAL, **universal("PARENT_TO_SUB", toUserId=user_id))
    (held,) = user.get("/api/v1/sub-accounts")
    assert [(row["currency"], row["available"]) for row in held["tradeAccounts"]] == [("USDT", "100")]
    back = {"clientOid": "two", "fromAccountType": "TRADE", "toAccountType": "MAIN", "fromUserId": user_id}
    user.post(UNIVERSAL, **universal("SUB_TO_PARENT", **back, amount="40"))
    assert holdings(user) == {"main": "940"}
    rows = user.get("/api/v1/accounts/ledgers", bizType="SUB_TRANSFER")["items"]
    assert [(row["bizType"], row["direction"], row["amount"]) for row in rows] == [
        ("Sub-account transfer", "in", "40"), ("Sub-account transfer", "out", "100"),
    ]  # fmt: skip
    assert user.get("/api/v1/accounts/ledgers", bizType="TRANSFER")["totalNum"] == 1, "only the opening balance"


def test_a_sub_transfer_goes_out_and_in(user: User) -> None:
    user_id = sub_account(user)
    wanted = {"currency": "USDT", "amount": "10", "subUserId": user_id}
    user.post(SUB, clientOid="a", direction="OUT", subAccountType="TRADE", **wanted)
    user.post(SUB, clientOid="b", direction="IN", subAccountType="TRADE", accountType="TRADE", **wanted)
    assert holdings(user) == {"main": "990", "trade": "10"}
    assert user.refused("POST", SUB, clientOid="c", direction="IN", **wanted)[1] == "230003"


@pytest.mark.parametrize("user_id", ["nobody", "0" * 24])
def test_a_sub_account_that_is_none_gets_nothing(user: User, user_id: str) -> None:
    wanted = universal("PARENT_TO_SUB", toUserId=user_id)
    assert user.refused("POST", UNIVERSAL, **wanted) == (200, "400100", "sub-account not exist.")


def test_anothers_sub_account_is_out_of_reach(exchange: Exchange, user: User) -> None:
    other = exchange.user(main={"USDT": "5"})
    user_id = sub_account(other)
    wanted = universal("PARENT_TO_SUB", toUserId=user_id)
    assert user.refused("POST", UNIVERSAL, **wanted) == (200, "400100", "sub-account not exist.")


@pytest.mark.parametrize(
    ("kind", "missing"), [("PARENT_TO_SUB", "toUserId"), ("SUB_TO_PARENT", "fromUserId"), (None, "type")]
)
def test_a_universal_transfer_says_what_it_lacks(user: User, kind: str | None, missing: str) -> None:
    wanted: dict[str, Any] = {name: value for name, value in universal(str(kind)).items() if kind or name != "type"}
    assert user.refused("POST", UNIVERSAL, **wanted) == (200, "400100", f"{missing} can not be empty")


@pytest.mark.parametrize(("path", "permission"), [(INNER, "Spot"), (UNIVERSAL, "InnerTransfer"), (SUB, "Spot")])
def test_each_needs_its_permission(exchange: Exchange, user: User, path: str, permission: str) -> None:
    poor = exchange.key(user.account_id, PERMISSIONS - {permission})
    assert poor.refused("POST", path)[1] == "400007"
