"""What a user has, who it is, and what it pays."""

import pytest

from seatrial.dialects.kucoin.limits import TIERS
from tests.support.kraken_exchange import catalogue
from tests.support.kucoin_exchange import CLIENT, Exchange, User, symbols


@pytest.fixture
def user(exchange: Exchange) -> User:
    """A user with money in both wallets, some of it set aside."""
    user = exchange.user(main={"USDT": "100"}, USDT="1000", BTC="2")
    user.place("sell", "0.5", "50000")
    user.withdraw("USDT", "Tether USD (TRC20)", "20")
    return user


def rows(user: User, **params: str) -> list[tuple[str, str, str, str, str]]:
    """The accounts, without their ids."""
    found = user.get("/api/v1/accounts", **params)
    return [(row["type"], row["currency"], row["balance"], row["available"], row["holds"]) for row in found]


def test_an_account_is_a_currency_in_a_wallet(user: User) -> None:
    assert rows(user) == [
        ("main", "USDT", "100", "80", "20"),
        ("trade", "BTC", "2", "1.5", "0.5"),
        ("trade", "USDT", "1000", "1000", "0"),
    ]


def test_accounts_are_found_by_type_and_currency(user: User) -> None:
    assert [row[:2] for row in rows(user, type="trade")] == [("trade", "BTC"), ("trade", "USDT")]
    assert [row[:2] for row in rows(user, currency="USDT")] == [("main", "USDT"), ("trade", "USDT")]
    assert rows(user, type="main", currency="BTC") == rows(user, currency="NONE") == []
    assert user.refused("GET", "/api/v1/accounts", type="MAIN")[2] == "type not in the given range!"


def test_a_high_frequency_account_is_the_trading_account_by_another_name(exchange: Exchange, user: User) -> None:
    trading = rows(user, type="trade")
    assert rows(user, type="trade_hf") == [("trade_hf", *row[1:]) for row in trading]
    assert rows(user, type="trade_hf", currency="BTC") == [("trade_hf", "BTC", "2", "1.5", "0.5")]
    exchange.open_balance("borrower", "margin", "USDT", "5")
    assert rows(exchange.key(2), type="margin_v2") == [("margin_v2", "USDT", "5", "5", "0")]
    assert rows(user, type="isolated") == rows(user, type="option") == []


def test_other_wallets_are_shown_only_when_asked_for(exchange: Exchange) -> None:
    exchange.open_balance("futures", "contract", "USDT", "5")
    user = exchange.key(1)
    assert rows(user) == []
    assert rows(user, type="contract") == [("contract", "USDT", "5", "5", "0")]


def test_one_account_by_its_id(user: User) -> None:
    listed = user.get("/api/v1/accounts")
    found = [user.get(f"/api/v1/accounts/{row['id']}") for row in listed]
    assert found == [{name: row[name] for name in ("currency", "balance", "available", "holds")} for row in listed]


def test_the_account_of_another_is_none(exchange: Exchange, user: User) -> None:
    other = user.get("/api/v1/accounts")[0]["id"]
    for path in (f"/api/v1/accounts/{other}", f"/api/v1/accounts/{other}/holds"):
        assert exchange.user().refused("GET", path) == (200, "400100", "account not exist.")


def test_holds_are_what_orders_set_aside(exchange: Exchange, user: User) -> None:
    accounts = {(row["type"], row["currency"]): row["id"] for row in user.get("/api/v1/accounts")}
    newer = user.place("sell", "0.1", "60000")
    page = user.get(f"/api/v1/accounts/{accounts['trade', 'BTC']}/holds", pageSize=1)
    assert (page["totalNum"], page["totalPage"]) == (2, 2)
    assert page["items"] == [
        {
            "currency": "BTC",
            "holdAmount": "0.1",
            "bizType": "Exchange",
            "orderId": exchange.order_id(newer),
            "createdAt": exchange.now_ms,
            "updatedAt": exchange.now_ms,
        }
    ]
    user.place("buy", "0.001", "40000")
    (held,) = user.get(f"/api/v1/accounts/{accounts['trade', 'USDT']}/holds")["items"]
    assert held["holdAmount"] == "40.04", "the fee it may cost is part of it"


def test_what_can_be_moved_out_is_what_is_free(user: User) -> None:
    assert user.get("/api/v1/accounts/transferable", currency="USDT", type="MAIN") == {
        "currency": "USDT", "balance": "100", "available": "80", "holds": "20", "transferable": "80",
    }  # fmt: skip
    assert user.get("/api/v1/accounts/transferable", currency="BTC", type="TRADE_HF")["transferable"] == "1.5"
    assert user.get("/api/v1/accounts/transferable", currency="ETH", type="MARGIN")["transferable"] == "0"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"currency": "USDT"}, "type can not be empty"),
        ({"type": "MAIN"}, "currency can not be empty"),
        ({"currency": "USDT", "type": "main"}, "type not in the given range!"),
        ({"currency": "USD", "type": "MAIN"}, "currency not in the given range!"),
    ],
)
def test_bad_input_to_the_transfer_quota(user: User, params: dict[str, str], message: str) -> None:
    assert user.refused("GET", "/api/v1/accounts/transferable", **params) == (200, "400100", message)


@pytest.mark.parametrize(("tier", "level"), [("vip0", 0), ("vip12", 12), ("pro", 0)])
def test_the_user_has_a_level(exchange: Exchange, tier: str, level: int) -> None:
    info = exchange.user(tier=tier).get("/api/v2/user-info")
    assert info["level"] == level
    assert list(info) == [
        "level", "subQuantity", "spotSubQuantity", "marginSubQuantity", "futuresSubQuantity", "optionSubQuantity",
        "maxSubQuantity", "maxDefaultSubQuantity", "maxSpotSubQuantity", "maxMarginSubQuantity",
        "maxFuturesSubQuantity", "maxOptionSubQuantity",
    ]  # fmt: skip


def test_what_is_known_of_the_key(exchange: Exchange) -> None:
    user = exchange.user()
    assert user.get("/api/v1/user/api-key") == {
        "remark": "a key",
        "apiKey": user.key.public,
        "apiVersion": 3,
        "permission": "General,Futures,Spot,Earn,InnerTransfer,Transfer,Margin",
        "createdAt": exchange.second_ms,
        "uid": exchange.ids.uid(user.account_id),
        "isMaster": True,
    }
    narrow = exchange.key(user.account_id, frozenset({"Spot", "General"}), ip_allowlist=(CLIENT, "10.0.0.0/8"))
    info = narrow.get("/api/v1/user/api-key")
    assert (info["permission"], info["ipWhitelist"]) == ("General,Spot", f"{CLIENT},10.0.0.0/8")


def test_what_ccxt_asks_before_anything_else(user: User) -> None:
    assert user.get("/api/v1/hf/accounts/opened") is False
    mode = {"selfAccountMode": "CLASSIC", "unifiedSubAccount": [], "classicSubAccount": []}
    assert user.get("/api/ua/v1/account/mode") == mode
    opened = user.post("/api/v2/sub/user/created", subName="second1", password="Abcdefg1", access="Spot")
    assert user.get("/api/ua/v1/account/mode") == mode | {"classicSubAccount": [opened["uid"]]}


def test_whoever_opened_none_has_no_sub_accounts(user: User) -> None:
    assert user.get("/api/v1/sub/user") == user.get("/api/v1/sub-accounts") == []
    for path in ("/api/v2/sub/user", "/api/v2/sub-accounts"):
        page = user.get(path)
        assert (page["pageSize"], page["totalNum"], page["items"]) == (10, 0, [])
        assert user.refused("GET", path, pageSize=101)[2] == "pageSize should not greater than 100"


def test_fees_are_those_that_the_account_pays(user: User) -> None:
    assert user.get("/api/v1/base-fee") == {"takerFeeRate": "0.001", "makerFeeRate": "0.001"}
    assert user.get("/api/v1/trade-fees", symbols="BTC-USDT,USDC-USDT") == [
        {"symbol": "BTC-USDT", "takerFeeRate": "0.001", "makerFeeRate": "0.001"},
        {"symbol": "USDC-USDT", "takerFeeRate": "0.001", "makerFeeRate": "0.001"},
    ]


def test_a_higher_level_pays_less(exchange: Exchange) -> None:
    """In every fee category; the schedules are the catalogue's."""
    user = exchange.user(tier="vip5")
    assert user.get("/api/v1/base-fee") == {"takerFeeRate": "0.00055", "makerFeeRate": "0.00035"}


def test_the_schedule_of_a_market_is_that_of_its_fee_category() -> None:
    schedules = {1: "kucoin_a", 2: "kucoin_b", 3: "kucoin_c"}
    for symbol in symbols().markets:
        fees = catalogue().markets[symbol].fees_for("kucoin")
        assert fees.name == schedules[symbols().line(symbol).fee_category]
        assert set(fees.levels) == set(TIERS)


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({}, "400100", "symbols can not be empty"),
        ({"symbols": "BTC-USD"}, "900001", "Trading pair BTC-USD does not exist."),
        ({"symbols": ",".join(["BTC-USDT"] * 11)}, "400100", "symbols not in the given range!"),
    ],
)
def test_bad_input_to_the_fees(user: User, params: dict[str, str], code: str, message: str) -> None:
    assert user.refused("GET", "/api/v1/trade-fees", **params) == (200, code, message)
