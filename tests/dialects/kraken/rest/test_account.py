"""Balances, fees, and what a key is told about itself."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from seatrial.core.commands import DriveTransfer, OpenAccount, RequestWithdrawal, SaveDestination
from seatrial.core.facts import AccountOpened, WithdrawalRequested
from seatrial.core.funding import Transfer, TransferStatus
from seatrial.core.markets import FeeSchedule, FeeTier
from seatrial.dialects.kraken.dialect import PERMISSIONS
from tests.support.kraken_exchange import SECOND_NS, Exchange, Trader, catalogue, envelope

DENIED = "EGeneral:Permission denied"
INVALID = "EGeneral:Invalid arguments"


def withdraw(exchange: Exchange, trader: Trader, asset: str, amount: str) -> Transfer:
    """Ask for a withdrawal that nobody moves on."""
    method = exchange.machine.state.methods[asset][0].name
    exchange.apply(SaveDestination(trader.account_id, asset, method, "mine", "an address"))
    events = exchange.apply(RequestWithdrawal(trader.account_id, asset, "mine", exchange.units(asset, amount)))
    return next(event.transfer for event in events if isinstance(event, WithdrawalRequested))


OF_A_WALLET = (
    "Balance", "BalanceEx", "CreditLines", "TradeBalance", "OpenOrders", "ClosedOrders", "QueryOrders", "TradesHistory",
    "QueryTrades", "OpenPositions", "Ledgers", "QueryLedgers",
)  # fmt: skip
"""The methods that take `account_id`. Source: kraken-rest#wallet-accounts."""


class TestBalance:
    def test_amounts_have_the_decimals_of_their_asset(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1.5", BTC="1.5", USDT="1.5", KFEE="1.5", PEPE="1.5")
        assert trader.result("Balance") == {
            "ZUSD": "1.5000",
            "XXBT": "1.5000000000",
            "USDT": "1.50000000",
            "PEPE": "1.50",
            "KFEE": "1.50",
        }

    def test_suffixed_assets_are_balances_of_their_own(self, exchange: Exchange) -> None:
        suffixed = {"BTC.M": "1", "ETH2.S": "2", "USDT.F": "3", "ETH.B": "4", "EUR.HOLD": "5"}
        trader = exchange.account(BTC="6", **suffixed)  # type: ignore[arg-type]  # no such asset is an option
        found = trader.result("Balance")
        assert set(found) == {"XXBT", "XBT.M", "ETH2.S", "USDT.F", "ETH.B", "EUR.HOLD"}
        assert (found["XXBT"], found["XBT.M"]) == ("6.0000000000", "1.0000000000")

    def test_it_follows_every_move(self, exchange: Exchange) -> None:
        one, other = exchange.account(USD="1000"), exchange.account(USD="1000", BTC="1")
        for move in (
            lambda: None,
            lambda: one.place("buy", "0.5", "100.0"),
            lambda: other.place("sell", "0.5", "100.0"),
            lambda: withdraw(exchange, other, "BTC", "0.1"),
        ):
            move()
            for trader in (one, other, one, other):
                extended = trader.result("BalanceEx")
                assert trader.result("Balance") == {name: shown["balance"] for name, shown in extended.items()}

    def test_a_new_account_has_nothing(self, exchange: Exchange) -> None:
        exchange.account()
        assert exchange.call("Balance") == {"error": [], "result": {}}

    def test_an_asset_once_held_stays_listed_at_zero(self, exchange: Exchange) -> None:
        maker, taker = exchange.account(BTC="1"), exchange.account(USD="1000")
        maker.place("sell", "1", "100")
        taker.place("buy", "1", "100")
        assert maker.result("Balance") == {"ZUSD": "99.7500", "XXBT": "0.0000000000"}

    def test_what_open_orders_hold_is_included(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1000")
        trader.place("buy", "1", "100")
        assert trader.result("Balance") == {"ZUSD": "1000.0000"}

    def test_pending_withdrawals_are_not(self, exchange: Exchange) -> None:
        trader = exchange.account(DOGE="1000")
        transfer = withdraw(exchange, trader, "DOGE", "100")
        assert trader.result("Balance") == {"XXDG": "900.00000000"}
        exchange.apply(DriveTransfer(transfer.transfer_id, TransferStatus.FAILURE))
        assert trader.result("Balance") == {"XXDG": "1000.00000000"}

    def test_the_wallets_of_an_account_are_summed_up(self, exchange: Exchange) -> None:
        opening = (("spot", "USD", 10_000), ("earn", "USD", 20_000), ("earn", "BTC", 1))
        command = OpenAccount(
            name="two wallets",
            venue="kraken",
            tier="pro",
            rate_limits=False,
            trading_wallet="spot",
            funding_wallet="spot",
            balances=opening,
        )
        events = exchange.apply(command)
        account_id = next(event.account.account_id for event in events if isinstance(event, AccountOpened))
        assert exchange.key(account_id).result("Balance") == {"ZUSD": "3.0000", "XXBT": "0.0000000001"}

    def test_accounts_do_not_see_each_other(self, exchange: Exchange) -> None:
        one, other = exchange.account(USD="1"), exchange.account(EUR="2")
        assert (one.result("Balance"), other.result("Balance")) == ({"ZUSD": "1.0000"}, {"ZEUR": "2.0000"})

    @pytest.mark.parametrize("method", ["Balance", "BalanceEx", "TradeBalance"])
    @pytest.mark.parametrize("value", ["rebased", "base", "null", "", None])
    def test_a_known_rebase_multiplier_changes_nothing(
        self, exchange: Exchange, method: str, value: str | None
    ) -> None:
        trader = exchange.account(USD="1", BTC="1")
        assert trader.result(method, rebase_multiplier=value) == trader.result(method)

    def test_json_null_is_no_rebase_multiplier(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        nonce = str(exchange.next_nonce())
        body = f'{{"nonce":{nonce},"rebase_multiplier":null}}'.encode()
        answer = trader.send("Balance", body, nonce, content_type=b"application/json")
        assert answer.body == b'{"error":[],"result":{"ZUSD":"1.0000"}}'

    @pytest.mark.parametrize("method", ["Balance", "BalanceEx", "TradeBalance"])
    def test_another_rebase_multiplier_is_refused(self, exchange: Exchange, method: str) -> None:
        assert exchange.account(USD="1").error(method, rebase_multiplier="doubled") == f"{INVALID}:rebase_multiplier"


class TestBalanceEx:
    def test_rewards_are_held_in_the_name_of_their_asset(self, exchange: Exchange) -> None:
        """Recorded of USDG: nothing of it, 2937 held, and all of that in USDG.F."""
        trader = exchange.account(**{"USDT.F": "1000"})  # type: ignore[arg-type]  # no such asset is an option
        trader.place("buy", "0.01", "20000", pair="BTC/USDT")
        held = trader.result("BalanceEx")
        assert held == {
            "USDT": {"balance": "0.00000000", "hold_trade": held["USDT"]["hold_trade"]},
            "USDT.F": {"balance": "1000.00000000", "hold_trade": "0.00000000"},
        }
        assert 200 < float(held["USDT"]["hold_trade"]) < 202
        assert trader.result("Balance") == {name: shown["balance"] for name, shown in held.items()}

    def test_shows_what_open_orders_hold_their_fees_included(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1000", BTC="2")
        trader.place("buy", "1", "100")
        trader.place("sell", "0.5", "200")
        assert trader.result("BalanceEx") == {
            "ZUSD": {"balance": "1000.0000", "hold_trade": "100.4000"},
            "XXBT": {"balance": "2.0000000000", "hold_trade": "0.5000000000"},
        }

    def test_a_pending_withdrawal_is_neither_balance_nor_hold(self, exchange: Exchange) -> None:
        trader = exchange.account(DOGE="1000")
        withdraw(exchange, trader, "DOGE", "100")
        assert trader.result("BalanceEx") == {"XXDG": {"balance": "900.00000000", "hold_trade": "0.00000000"}}


class TestTradeBalance:
    def test_has_four_decimals_and_the_documented_fields(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="5491.4558")
        assert trader.result("TradeBalance") == {
            "eb": "5491.4558",
            "tb": "5491.4558",
            "m": "0.0000",
            "uv": "0.0000",
            "n": "0.0000",
            "c": "0.0000",
            "v": "0.0000",
            "e": "5491.4558",
            "mf": "5491.4558",
            "mfo": "5491.4558",
        }

    def test_assets_count_at_their_last_price_and_as_collateral_less(self, exchange: Exchange) -> None:
        exchange.two_rich_traders()
        trader = exchange.account(USD="100", BTC="2")
        assert trader.result("TradeBalance")["eb"] == "100.0000"
        exchange.trade("50000", "1")
        found = trader.result("TradeBalance")
        assert (found["eb"], found["tb"]) == ("100100.0000", "99100.0000")

    def test_suffixed_assets_are_worth_what_their_base_is_and_are_no_collateral(self, exchange: Exchange) -> None:
        exchange.two_rich_traders()
        trader = exchange.account(**{"BTC.M": "1", "USD.M": "7"})  # type: ignore[arg-type]
        exchange.trade("50000", "1")
        found = trader.result("TradeBalance")
        assert (found["eb"], found["tb"]) == ("50007.0000", "0.0000")

    def test_open_orders_are_valued_by_what_they_hold(self, exchange: Exchange) -> None:
        exchange.two_rich_traders()
        trader = exchange.account(USD="1000", BTC="2")
        exchange.trade("100", "1")
        trader.place("buy", "1", "90")
        trader.place("sell", "0.5", "120")
        found = trader.result("TradeBalance")
        assert (found["uv"], found["mf"], found["mfo"]) == ("140.3600", "1198.0000", "1057.6400")

    def test_free_margin_for_new_orders_is_never_negative(self, exchange: Exchange) -> None:
        exchange.two_rich_traders()
        trader = exchange.account(BTC="1")
        exchange.trade("100", "1")
        trader.place("sell", "1", "120")
        assert trader.result("TradeBalance")["mfo"] == "0.0000"

    @pytest.mark.parametrize("name", ["XBT", "xxbt", "BTC"])
    def test_any_asset_may_be_the_measure(self, exchange: Exchange, name: str) -> None:
        exchange.two_rich_traders()
        trader = exchange.account(USD="25000", BTC="2")
        exchange.trade("50000", "1")
        assert trader.result("TradeBalance", asset=name)["eb"] == "2.5000"

    def test_values_go_through_dollars_where_there_is_no_market(self, exchange: Exchange) -> None:
        exchange.account(SOL="10", DOGE="1000")
        exchange.account(USD="1000")
        exchange.trade("200", "1", pair="SOL/USD")
        exchange.trade("0.1", "100", pair="DOGE/USD")
        assert exchange.account(SOL="1").result("TradeBalance", asset="XDG")["eb"] == "2000.0000"

    def test_an_unknown_asset_is_refused(self, exchange: Exchange) -> None:
        assert exchange.account(USD="1").error("TradeBalance", asset="NOPE") == "EQuery:Unknown asset"


class TestTradeVolume:
    def test_without_pairs_the_fees_are_null(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        inputs = {"domain_spot_volume_30d": "0.0000", "domain_futures_volume_30d": "0.0000"}
        expected = {
            "currency": "ZUSD",
            "asset_class": "currency",
            "volume": "0.0000",
            "inputs": inputs | {"domain_assets_on_platform": "1.0000"},
            "fees": None,
            "fees_maker": None,
        }
        assert trader.result("TradeVolume") == expected
        assert trader.result("TradeVolume", **{"fee-info": "True"}) == expected

    def test_shows_the_steps_of_the_ladder_for_each_pair(self, exchange: Exchange) -> None:
        """On the ladder of before July 2026."""
        exchange.two_rich_traders()
        exchange.trade("294.0", "1")
        found = exchange.call("TradeVolume", pair="xbtusd")["result"]
        assert (found["volume"], found["inputs"]["domain_spot_volume_30d"]) == ("294.0000", "294.0000")
        assert {name: found[name] for name in ("fees", "fees_maker")} == {
            "fees": {
                "XXBTZUSD": {
                    "fee": "0.4000",
                    "minfee": "0.0500",
                    "maxfee": "0.4000",
                    "nextfee": "0.3500",
                    "tiervolume": "0.0000",
                    "nextvolume": "10000.0000",
                }
            },
            "fees_maker": {
                "XXBTZUSD": {
                    "fee": "0.2500",
                    "minfee": "0.0000",
                    "maxfee": "0.2500",
                    "nextfee": "0.2000",
                    "tiervolume": "0.0000",
                    "nextvolume": "10000.0000",
                }
            },
        }

    def test_volume_earns_lower_fees_for_30_days(self, exchange: Exchange) -> None:
        trader, _ = exchange.two_rich_traders()
        exchange.trade("50000", "1")
        found = trader.result("TradeVolume", pair="XBTUSD")
        assert found["volume"] == "50000.0000"
        assert (found["fees"]["XXBTZUSD"]["fee"], found["fees"]["XXBTZUSD"]["nextfee"]) == ("0.2400", "0.2200")
        exchange.clock.advance(31 * 86_400)
        assert trader.result("TradeVolume")["volume"] == "0.0000"

    def test_the_top_step_has_no_next_one(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        exchange.machine.state.accounts[trader.account_id].volume.add(exchange.clock.now_ns, 10**9 * 10**4)
        info = trader.result("TradeVolume", pair="XBTUSD")["fees"]["XXBTZUSD"]
        assert (info["fee"], info["nextfee"], info["nextvolume"]) == ("0.0500", None, None)
        assert info["tiervolume"] == "500000000.0000"

    def test_a_fixed_fee_has_no_ladder_and_no_maker_side(self) -> None:
        flat = FeeSchedule("flat", (FeeTier(0, 2_000, 2_000),), counts_volume=True)
        exchange = Exchange(markets={"BTC/USD": replace(catalogue().markets["BTC/USD"], fees=flat)})
        exchange.account(USD="1")
        nothing = dict.fromkeys(("minfee", "maxfee", "nextfee", "tiervolume", "nextvolume"))
        found = exchange.call("TradeVolume", pair="XBTUSD")["result"]
        assert found["fees"] == {"XXBTZUSD": {"fee": "0.2000", **nothing}}
        assert found["fees_maker"] == {}

    def test_the_whole_schedule_on_request(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        (schedule,) = trader.result("TradeVolume", pair="XBTUSD", fee_schedule="true")["schedules"]
        assert (schedule["pair"], schedule["class"], len(schedule["tiers"])) == ("XXBTZUSD", "forex", 12)
        assert schedule["tiers"][0] == {
            "maker_fee": "0.2500",
            "taker_fee": "0.4000",
            "min_spot_volume": "0.0000",
            "min_futures_volume": None,
            "min_assets_on_platform": None,
            "active": True,
        }
        assert [tier["active"] for tier in schedule["tiers"][1:]] == [False] * 11

    def test_an_unknown_pair_is_refused(self, exchange: Exchange) -> None:
        assert exchange.account(USD="1").error("TradeVolume", pair="XBTUSD,NOPE") == "EQuery:Unknown asset pair"

    @pytest.mark.parametrize(
        "pairs",
        [
            '[{"asset":"XBTUSD","aclass":"forex"}]',
            '[{"asset":"BTC/USD"}]',
            '[{"asset":"XXBTZUSD","aclass":"currency"},{"asset":"ETHUSD","aclass":"forex"}]',
            '["XBTUSD","ETHUSD"]',
        ],
    )
    def test_pairs_may_be_objects_with_their_class(self, exchange: Exchange, pairs: str) -> None:
        """In a body of JSON, and as the text of JSON in a form."""
        trader = exchange.account(USD="1")
        nonce = str(exchange.next_nonce())
        asked = f'{{"nonce":"{nonce}","pair":{pairs}}}'
        said = envelope(trader.send("TradeVolume", asked.encode(), nonce, content_type=b"application/json").body)
        assert "XXBTZUSD" in said["result"]["fees"]
        assert len(said["result"]["fees"]) == pairs.count("USD")
        assert trader.result("TradeVolume", pair=pairs) == said["result"]

    def test_pairs_may_be_objects_in_a_form(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        found = trader.result("TradeVolume", **{"pair[0][asset]": "XBTUSD", "pair[0][aclass]": "forex"})
        assert list(found["fees"]) == ["XXBTZUSD"]

    @pytest.mark.parametrize(
        ("pairs", "error"),
        [
            ('[{"asset":"XBTUSD","aclass":"tokenized_asset"}]', "EQuery:Unknown asset pair"),
            ('[{"asset":"NOPE"}]', "EQuery:Unknown asset pair"),
            ('[{"asset":"XBTUSD","aclass":"bond"}]', "EGeneral:Invalid arguments"),
            ('[{"aclass":"forex"}]', "EGeneral:Invalid arguments"),
            ('["XBTUSD",{"asset":"ETHUSD"}]', "EGeneral:Invalid arguments"),
            ('[["XBTUSD"]]', "EGeneral:Invalid arguments"),
            ("[{", "EGeneral:Invalid arguments"),
        ],
    )
    def test_pairs_that_cannot_be_read_are_refused(self, exchange: Exchange, pairs: str, error: str) -> None:
        assert exchange.account(USD="1").error("TradeVolume", pair=pairs).startswith(error)

    @pytest.mark.parametrize("text", ["True", "TRUE", "1", "0", "False", "yes"])
    def test_the_schedule_is_asked_for_in_small_letters(self, exchange: Exchange, text: str) -> None:
        """Source: python-kraken-sdk PR 454, tried live on 2026-09-14."""
        assert exchange.account(USD="1").error("TradeVolume", fee_schedule=text) == "EGeneral:Invalid arguments"


class TestTheLadderOfJuly2026:
    @pytest.fixture
    def exchange(self) -> Exchange:
        return Exchange(markets=catalogue().markets)

    def test_a_new_account_begins_on_its_first_rung(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="5000")
        found = trader.result("TradeVolume", pair="XBTUSD", fee_schedule="true")
        assert found["fees"]["XXBTZUSD"] == {
            "fee": "0.8000",
            "minfee": "0.0500",
            "maxfee": "0.8000",
            "nextfee": "0.6000",
            "tiervolume": "0.0000",
            "nextvolume": "2500.0000",
        }
        assert found["fees_maker"]["XXBTZUSD"]["fee"] == "0.4000"
        tiers = found["schedules"][0]["tiers"]
        assert (len(tiers), [tier["active"] for tier in tiers].index(True)) == (17, 0)
        assert tiers[1] == {
            "maker_fee": "0.3000",
            "taker_fee": "0.6000",
            "min_spot_volume": "2500.0000",
            "min_futures_volume": "5000000.0000",
            "min_assets_on_platform": None,
            "active": False,
        }

    def test_assets_lead_to_a_rung_without_any_volume(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="20000")
        found = trader.result("TradeVolume", pair="XBTUSD")
        assert found["inputs"]["domain_assets_on_platform"] == "20000.0000"
        info = found["fees"]["XXBTZUSD"]
        assert (info["fee"], info["tiervolume"], info["nextvolume"]) == ("0.3800", "10000.0000", "25000.0000")

    def test_what_is_shown_is_what_is_paid(self, exchange: Exchange) -> None:
        maker, taker = exchange.account(BTC="1"), exchange.account(USD="30000")
        exchange.trade("20000", "0.1")
        fees = [who.result("TradesHistory")["trades"].popitem()[1]["fee"] for who in (maker, taker)]
        assert fees == ["8.00000", "7.60000"]

    def test_a_market_of_another_schedule_keeps_its_own(self, exchange: Exchange) -> None:
        found = exchange.account(USD="20000").result("TradeVolume", pair="USDCUSD,LINKETH")["fees"]
        assert {pair: info["fee"] for pair, info in found.items()} == {"USDCUSD": "0.2000", "LINKETH": "0.4000"}


@pytest.mark.parametrize("method", ["CreateSubaccount", "AccountTransfer"])
def test_sub_accounts_are_for_institutions(exchange: Exchange, method: str) -> None:
    assert exchange.account(USD="1").error(method, username="second") == "EGeneral:Permission denied"


class TestCreditLines:
    def test_without_a_credit_line_it_shows_what_is_there_and_no_credit(self, exchange: Exchange) -> None:
        opening: dict[str, Any] = {"USD": "1000", "USDT.F": "5"}
        trader = exchange.account(**opening)
        trader.place("buy", "0.01", "20000")
        held = trader.result("BalanceEx")["ZUSD"]["hold_trade"]
        assert trader.result("CreditLines") == {
            "asset_details": {
                "ZUSD": {"balance": "1000.0000", "hold_trade": held, "collateral_value": "1.0000"},
                "USDT.F": {"balance": "5.00000000", "hold_trade": "0.00000000"},
            },
            "limits_monitor": {
                "total_credit_usd": "0.0000",
                "total_credit_used_usd": "0.0000",
                "total_collateral_value_usd": "1000.0000",
                "equity_usd": "1000.0000",
                "ongoing_balance": None,
                "debt_to_equity": "0.0000",
            },
        }

    def test_collateral_is_that_of_the_trade_balance(self, exchange: Exchange) -> None:
        trader, _ = exchange.two_rich_traders()
        exchange.trade("61250.4", "0.01")
        monitor = trader.result("CreditLines")["limits_monitor"]
        assert monitor["total_collateral_value_usd"] == trader.result("TradeBalance")["tb"]

    def test_a_new_account_has_nothing(self, exchange: Exchange) -> None:
        assert exchange.account().result("CreditLines")["asset_details"] == {}


class TestListWalletAccounts:
    def test_an_account_has_one_wallet(self, exchange: Exchange) -> None:
        found = exchange.account().result("ListWalletAccounts")
        (wallet,) = found["accounts"]
        assert found["cursor"] == {"next": None}
        assert re.fullmatch(r"[A-Z2-7]{4}( [A-Z2-7]{4}){3}", wallet.pop("account_id"))
        assert wallet == {
            "flags": {"user_defined": False, "active": True},
            "status": "active",
            "type": "main",
            "name": None,
        }

    def test_a_wallet_is_its_accounts_and_not_its_keys(self, exchange: Exchange) -> None:
        one, other = exchange.account(), exchange.account()
        ids = [wallet_of(trader) for trader in (one, exchange.key(one.account_id), other)]
        assert ids[0] == ids[1] != ids[2]

    @pytest.mark.parametrize("method", OF_A_WALLET)
    @pytest.mark.parametrize("separator", [" ", "-", ""])
    def test_a_call_may_name_the_wallet(self, exchange: Exchange, method: str, separator: str) -> None:
        trader = exchange.account(USD="1")
        named = trader.call(method, account_id=wallet_of(trader).replace(" ", separator))
        assert named["error"] == trader.call(method)["error"]
        assert named.get("result") == trader.call(method).get("result")

    @pytest.mark.parametrize("method", OF_A_WALLET)
    def test_the_wallet_of_another_is_refused(self, exchange: Exchange, method: str) -> None:
        trader, other = exchange.account(USD="1"), exchange.account(USD="1")
        for wallet in (wallet_of(other), "main", "WX6V JUKW KKPB QE36"):
            assert trader.error(method, account_id=wallet) == "EGeneral:Invalid arguments:account_id"


def wallet_of(trader: Trader) -> str:
    """The id of an account's wallet."""
    wallet: str = trader.result("ListWalletAccounts")["accounts"][0]["account_id"]
    return wallet


class TestGetApiKeyInfo:
    def test_shows_the_live_names_and_texts(self, exchange: Exchange) -> None:
        account = exchange.account(USD="1")
        trader = exchange.key(
            account.account_id,
            frozenset({"query-funds", "modify-trades"}),
            name="bot-1",
            nonce_window=5,
            query_from_ns=1_788_220_800 * SECOND_NS,
            ip_allowlist=("127.0.0.0/8",),
        )
        exchange.clock.advance(10)
        found = trader.result("GetApiKeyInfo")
        iban = found.pop("iban")
        assert found == {
            "api_key_name": "bot-1",
            "api_key": trader.key.public,
            "nonce": "1",
            "nonce_window": "5",
            "permissions": ["modify-trades", "query-funds"],
            "valid_until": "0",
            "query_from": "1788220800",
            "query_to": "0",
            "created_time": "1790812345",
            "modified_time": "1790812345",
            "ip_allowlist": ["127.0.0.0/8"],
            "last_used": "1790812355",
        }
        assert re.fullmatch(r"AA[0-9]{2}( [A-Z2-7]{4}){3}", iban)

    def test_the_iban_is_the_accounts_and_its_check_digits_are_right(self, exchange: Exchange) -> None:
        one, other = exchange.account(USD="1"), exchange.account(USD="1")
        ibans = [trader.result("GetApiKeyInfo")["iban"] for trader in (one, exchange.key(one.account_id), other)]
        assert ibans[0] == ibans[1] != ibans[2]
        for iban in ibans:
            packed = iban.replace(" ", "")
            assert int("".join(str(int(sign, 36)) for sign in packed[4:] + packed[:4])) % 97 == 1

    def test_the_secret_is_not_shown(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        assert trader.key.secret.encode() not in trader.raw("GetApiKeyInfo")


class TestGetWebSocketsToken:
    def test_gives_a_new_token_each_time(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        answers = [trader.result("GetWebSocketsToken") for _ in range(2)]
        assert [list(answer) for answer in answers] == [["token", "expires"]] * 2
        assert [(len(answer["token"]), answer["expires"]) for answer in answers] == [(43, 900)] * 2
        assert answers[0]["token"] != answers[1]["token"]

    def test_a_token_lives_for_900_seconds(self, exchange: Exchange) -> None:
        trader = exchange.account(USD="1")
        trader.result("GetWebSocketsToken")
        (token,) = exchange.machine.state.tokens.values()
        assert token.expires_ns == exchange.clock.now_ns + 900 * SECOND_NS
        assert (token.account_id, token.key_id) == (trader.account_id, trader.key.key_id)


@pytest.mark.parametrize(
    ("method", "alternatives"),
    [
        ("Balance", ["query-funds"]),
        ("BalanceEx", ["query-funds"]),
        ("TradeBalance", ["query-open-trades", "query-funds"]),
        ("TradeVolume", ["query-funds"]),
        ("GetWebSocketsToken", ["create-ws-token"]),
    ],
)
def test_each_method_needs_its_permission(exchange: Exchange, method: str, alternatives: list[str]) -> None:
    account_id = exchange.account(USD="1").account_id
    for permission in alternatives:
        assert exchange.key(account_id, frozenset({permission})).call(method)["error"] == []
    assert exchange.key(account_id, PERMISSIONS - set(alternatives)).error(method) == DENIED


def test_a_key_may_ask_about_itself_without_any_permission(exchange: Exchange) -> None:
    trader = exchange.key(exchange.account(USD="1").account_id, frozenset())
    assert trader.result("GetApiKeyInfo")["permissions"] == []
