"""Sub-accounts: opening them, their keys, and what they hold."""

from typing import Any

import pytest

from tests.support.kucoin_exchange import Exchange, User

CREATE = "/api/v2/sub/user/created"
KEYS = "/api/v1/sub/api-key"


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with money in the main account."""
    return exchange.user(main={"USDT": "1000", "BTC": "1"})


def opened(user: User, name: str = "trader01", **changes: object) -> Any:
    """A new sub-account."""
    return user.post(
        CREATE, **({"subName": name, "password": "secret77", "access": "Spot", "remarks": "mine"} | changes)
    )


def issued(user: User, **changes: object) -> Any:
    """A new key of the sub-account."""
    return user.post(KEYS, **({"subName": "trader01", "passphrase": "sesame-77", "remark": "bot"} | changes))


def holder(exchange: Exchange, public: str) -> User:
    """Whoever has that key."""
    return User(exchange, exchange.machine.state.keys[public])


def test_a_sub_account_is_opened_and_listed(exchange: Exchange, user: User) -> None:
    made = opened(user)
    assert made == {"uid": made["uid"], "subName": "trader01", "remarks": "mine", "access": "Spot"}
    page = user.get("/api/v2/sub/user")
    (row,) = page.pop("items")
    assert page == {"currentPage": 1, "pageSize": 10, "totalNum": 1, "totalPage": 1}
    assert row == {
        "userId": row["userId"], "uid": made["uid"], "subName": "trader01", "status": 2, "type": 0, "access": "Spot",
        "createdAt": exchange.second_ms, "remarks": "mine", "tradeTypes": ["Spot"], "openedTradeTypes": ["Spot"],
        "hostedStatus": None,
    }  # fmt: skip
    assert user.get("/api/v1/sub/user") == [
        {"userId": row["userId"], "uid": made["uid"], "subName": "trader01", "type": 0, "remarks": "mine",
         "access": "Spot"}
    ]  # fmt: skip
    info = user.get("/api/v2/user-info")
    assert (info["subQuantity"], info["spotSubQuantity"], info["maxSubQuantity"]) == (1, 1, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subName": "short1"}, "subName not in the given range!"),
        ({"subName": "onlyletters"}, "subName not in the given range!"),
        ({"subName": "with space1"}, "subName not in the given range!"),
        ({"password": "1234567"}, "password not in the given range!"),
        ({"access": "Everything"}, "access not in the given range!"),
        ({"remarks": "x" * 25}, "remarks not in the given range!"),
        ({"subName": "trader01"}, "subName is taken."),
    ],
)
def test_a_sub_account_that_cannot_be_is_refused(user: User, changes: dict[str, object], message: str) -> None:
    opened(user)
    wanted = {"subName": "trader02", "password": "secret77", "access": "Spot", "remarks": "mine"} | changes
    assert user.refused("POST", CREATE, **wanted) == (200, "400100", message)


def test_five_are_enough(user: User) -> None:
    for number in range(5):
        opened(user, f"trader0{number}")
    wanted = {"subName": "trader06", "password": "secret77", "access": "Spot"}
    assert user.refused("POST", CREATE, **wanted)[2] == "The number of sub-accounts has reached its limit."


def test_a_sub_accounts_key_works_and_knows_whose_it_is(exchange: Exchange, user: User) -> None:
    opened(user)
    made = issued(user, permission="General,Spot", ipWhitelist="203.0.113.0/24")
    assert made == {
        "subName": "trader01", "remark": "bot", "apiKey": made["apiKey"], "apiSecret": made["apiSecret"],
        "apiVersion": 3, "passphrase": "sesame-77", "permission": "General,Spot", "ipWhitelist": "203.0.113.0/24",
        "createdAt": exchange.second_ms,
    }  # fmt: skip
    sub = holder(exchange, made["apiKey"])
    info = sub.get("/api/v1/user/api-key")
    assert (info["isMaster"], info["subName"], info["apiKey"]) == (False, "trader01", made["apiKey"])
    assert user.get("/api/v1/user/api-key")["isMaster"] is True
    assert sub.get("/api/v1/accounts") == []


def test_a_sub_account_trades_with_what_it_was_given(exchange: Exchange, user: User) -> None:
    opened(user)
    sub = holder(exchange, issued(user, permission="General,Spot")["apiKey"])
    user_id = user.get("/api/v2/sub/user")["items"][0]["userId"]
    transfer = {"currency": "USDT", "amount": "100", "direction": "OUT", "subAccountType": "TRADE"}
    user.post("/api/v2/accounts/sub-transfer", clientOid="a", subUserId=user_id, **transfer)
    sub.post("/api/v1/orders", clientOid="b", side="buy", symbol="BTC-USDT", price="50000", size="0.001")
    (row,) = sub.get("/api/v1/accounts", type="trade")
    assert float(row["holds"]) > 50 - 1
    assert user.get("/api/v1/orders", status="active")["totalNum"] == 0


def test_without_a_permission_it_may_read(exchange: Exchange, user: User) -> None:
    opened(user)
    made = issued(user)
    assert made["permission"] == "General"
    assert "ipWhitelist" not in made
    assert holder(exchange, made["apiKey"]).refused("POST", "/api/v1/orders", clientOid="a")[1] == "400007"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subName": "nobody01"}, "sub-account not exist."),
        ({"passphrase": "short"}, "passphrase not in the given range!"),
        ({"remark": "x" * 25}, "remark not in the given range!"),
        ({"permission": "Transfer"}, "permission not in the given range!"),
        ({"permission": "Everything"}, "permission not in the given range!"),
        ({"ipWhitelist": "here"}, "ipWhitelist not in the given range!"),
        ({"ipWhitelist": ",".join(["10.0.0.1"] * 21)}, "ipWhitelist not in the given range!"),
        ({"expire": "31"}, "expire not in the given range!"),
    ],
)
def test_a_key_that_cannot_be_is_refused(user: User, changes: dict[str, object], message: str) -> None:
    opened(user)
    wanted = {"subName": "trader01", "passphrase": "sesame-77", "remark": "bot"} | changes
    assert user.refused("POST", KEYS, **wanted) == (200, "400100", message)


def test_keys_are_listed_without_their_secrets(user: User) -> None:
    opened(user)
    first, second = issued(user), issued(user, remark="other")
    listed = user.get(KEYS, subName="trader01")
    assert [row["apiKey"] for row in listed] == [first["apiKey"], second["apiKey"]]
    assert user.get(KEYS, subName="trader01", apiKey=second["apiKey"]) == listed[1:]
    assert not {first["apiSecret"], "sesame-77"} & set(map(str, listed[0].values()))


def test_a_key_gets_other_rights_from_who_knows_its_passphrase(exchange: Exchange, user: User) -> None:
    opened(user)
    public = issued(user, ipWhitelist="203.0.113.7")["apiKey"]
    wanted = {"subName": "trader01", "apiKey": public, "permission": "General,Spot"}
    path = f"{KEYS}/update"
    assert user.refused("POST", path, **wanted, passphrase="wrong-one")[1] == "400004"
    changed = user.post(path, **wanted, passphrase="sesame-77")
    assert changed == {
        "subName": "trader01", "apiKey": public, "permission": "General,Spot", "ipWhitelist": "203.0.113.7",
    }  # fmt: skip
    assert exchange.machine.state.keys[public].permissions == {"General", "Spot"}


def test_a_key_ends_after_its_days(exchange: Exchange, user: User) -> None:
    opened(user)
    public = issued(user, expire="30")["apiKey"]
    sub = holder(exchange, public)
    exchange.clock.advance(30 * 86_400 - 1)
    assert sub.get("/api/v1/accounts") == []
    exchange.clock.advance(1)
    assert sub.refused("GET", "/api/v1/accounts")[1] == "400003"


def test_a_revoked_key_does_not_exist(exchange: Exchange, user: User) -> None:
    opened(user)
    public = issued(user)["apiKey"]
    sub = holder(exchange, public)
    asked = {"subName": "trader01", "apiKey": public}
    assert user.refused("DELETE", KEYS, **asked, passphrase="wrong-one")[1] == "400004"
    assert user.delete(KEYS, **asked, passphrase="sesame-77") == asked
    assert sub.refused("GET", "/api/v1/accounts")[1] == "400003"
    assert user.refused("DELETE", KEYS, **asked, passphrase="sesame-77")[1] == "400003"


def test_a_users_own_key_is_no_sub_accounts(user: User) -> None:
    opened(user)
    asked = {"subName": "trader01", "apiKey": user.key.public, "passphrase": user.key.one_time_password}
    assert user.refused("DELETE", KEYS, **asked)[1] == "400003"


def test_what_a_sub_account_holds_is_worth_something(exchange: Exchange, user: User) -> None:
    opened(user)
    maker, taker = exchange.user(BTC="1"), exchange.user(USDT="100000")
    maker.place("sell", "0.01", "50000")
    taker.place("buy", "0.01")
    user_id = user.get("/api/v2/sub/user")["items"][0]["userId"]
    transfer = {"clientOid": "a", "currency": "USDT", "amount": "100", "direction": "OUT", "subUserId": user_id}
    user.post("/api/v2/accounts/sub-transfer", **transfer)
    held = user.get(f"/api/v1/sub-accounts/{user_id}")
    assert held == {
        "subUserId": user_id,
        "subName": "trader01",
        "mainAccounts": [
            {"currency": "USDT", "balance": "100", "available": "100", "holds": "0", "baseCurrency": "BTC",
             "baseCurrencyPrice": "0.00002", "baseAmount": "0.00200000", "tag": "DEFAULT"}
        ],
        "tradeAccounts": [],
        "marginAccounts": [],
        "tradeHFAccounts": [],
    }  # fmt: skip
    assert user.get("/api/v1/sub-accounts") == [held]
    assert user.get("/api/v2/sub-accounts")["items"] == [held]
    assert user.get("/api/v1/sub-accounts", baseCurrency="ETH")[0]["mainAccounts"][0]["baseAmount"] == "0.00000000"


@pytest.mark.parametrize("user_id", ["nobody", "f" * 24])
def test_a_sub_account_that_is_none_holds_nothing(user: User, user_id: str) -> None:
    assert user.refused("GET", f"/api/v1/sub-accounts/{user_id}") == (200, "400100", "sub-account not exist.")


def test_a_sub_account_has_none_of_its_own(exchange: Exchange, user: User) -> None:
    opened(user)
    sub = holder(exchange, issued(user)["apiKey"])
    assert sub.refused("POST", CREATE, subName="trader02", password="secret77", access="Spot")[1] == "400007"
