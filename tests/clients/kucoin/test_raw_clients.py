"""What only kucoin-python, python-kucoin and the universal SDK do, their own mistakes among it."""

from contextlib import closing

import pytest
from kucoin.exceptions import KucoinAPIException
from kucoin_universal_sdk.generate.account import subaccount

from tests.support.kucoin_raw import KucoinPython, PythonKucoin, kucoin_python
from tests.support.kucoin_universal import UniversalSdk
from tests.support.kucoin_venue import KucoinVenue

BITCOIN = "BTC/USDT"


class TestKucoinPython:
    """KuCoin's older client."""

    def test_a_key_of_version_1_sends_its_passphrase_in_clear(self, venue: KucoinVenue) -> None:
        keys = venue.account(USDT="5")
        user = kucoin_python.User(keys.key, keys.secret, keys.passphrase, venue.url, is_v1api=True)
        (found,) = user.get_account_list("USDT", "trade")
        user.session.close()
        assert found["balance"] == "5"

    def test_holds_say_for_which_order(self, venue: KucoinVenue) -> None:
        keys = venue.account(USDT="5000")
        with closing(KucoinPython(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            order = client.place("buy", "0.1", "20000", symbol=BITCOIN)
            (account,) = client.user.get_account_list("USDT", "trade")
            (hold,) = client.user.get_account_hold(account["id"])["items"]
        assert (hold["orderId"], hold["holdAmount"], hold["currency"]) == (order, "2002", "USDT")

    def test_money_goes_to_a_sub_account_and_back(self, venue: KucoinVenue) -> None:
        keys = venue.account(**{"main:USDT": "100"})
        with closing(KucoinPython(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            client.user.create_sub_account("secret123", "worker01", "Spot")
            (sub,) = client.user.get_sub_user()
            client.user.transfer_master_sub("USDT", "40", "OUT", sub["userId"])
            client.user.transfer_master_sub("USDT", "15", "IN", sub["userId"])
            (balances,) = client.user.get_sub_accounts()
            assert client.balances("main")["USDT"].total == 75
        assert [(row["currency"], row["balance"]) for row in balances["mainAccounts"]] == [("USDT", "25")]


class TestPythonKucoin:
    """The community's client."""

    def test_its_own_method_for_the_ledger_takes_no_argument(self, venue: KucoinVenue) -> None:
        """With one it asks for a path that no venue has."""
        keys = venue.account(USDT="5")
        with closing(PythonKucoin(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            (row,) = client.client.get_account_activity()["items"]
            assert (row["currency"], row["amount"]) == ("USDT", "5")
            with pytest.raises(KucoinAPIException) as caught:
                client.client.get_account_activity("USDT")
        assert (caught.value.status_code, caught.value.code) == (404, "404000")

    def test_its_high_frequency_ledger_takes_them(self, venue: KucoinVenue) -> None:
        keys = venue.account(USDT="5", BTC="1")
        with closing(PythonKucoin(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            (row,) = client.client.hf_get_account_activity("USDT", direction="in")
        assert (row["currency"], row["amount"], row["bizType"]) == ("USDT", "5.00000000", "OTHER")

    def test_it_forgets_to_sign_its_question_for_fills(self, venue: KucoinVenue) -> None:
        keys = venue.account()
        forgetful = closing(PythonKucoin(venue.url, keys.key, keys.secret, keys.passphrase))
        with forgetful as client, pytest.raises(KucoinAPIException) as caught:
            client.client.get_fills("TRADE")
        assert (caught.value.status_code, caught.value.code) == (400, "400001")


class TestUniversalSdk:
    """KuCoin's newer client: a type that is not the documented one would empty the whole answer."""

    def test_it_reads_the_limits(self, venue: KucoinVenue) -> None:
        keys = venue.limited_account("vip1")
        with closing(UniversalSdk(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            limit = client.account.get_apikey_info().common_response.rate_limit
        assert (limit.limit, limit.remaining) == (2000, 1980)
        assert 0 < limit.reset <= 30_000

    def test_it_reads_who_calls(self, venue: KucoinVenue) -> None:
        keys = venue.account()
        with closing(UniversalSdk(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            key, user = client.account.get_apikey_info(), client.account.get_account_info()
            assert client.account.get_spot_account_type().data is False
        assert (key.api_key, key.api_version, key.is_master) == (keys.key, 3, True)
        assert (user.level, user.sub_quantity) == (0, 0)

    def test_it_makes_sub_accounts_and_their_keys(self, venue: KucoinVenue) -> None:
        keys = venue.account(**{"main:USDT": "100"})
        with closing(UniversalSdk(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            wanted = {"password": "secret123", "subName": "worker02", "access": "Spot"}
            made = client.sub_accounts.add_sub_account(subaccount.AddSubAccountReq.from_dict(wanted))
            page = client.sub_accounts.get_spot_sub_accounts_summary_v2(subaccount.GetSpotSubAccountsSummaryV2Req())
            wanted = {"subName": "worker02", "passphrase": "opensesame", "remark": "bot"}
            key = client.sub_accounts.add_sub_account_api(subaccount.AddSubAccountApiReq.from_dict(wanted))
        assert [(row.uid, row.sub_name) for row in page.items] == [(made.uid, "worker02")]
        with closing(UniversalSdk(venue.url, key.api_key, key.api_secret, "opensesame")) as worker:
            assert worker.balances() == {}

    def test_it_reads_the_market(self, venue: KucoinVenue) -> None:
        keys = venue.account()
        with closing(UniversalSdk(venue.url, keys.key, keys.secret, keys.passphrase)) as client:
            currencies = {row.currency: row for row in client.market.get_all_currencies().data}
            tickers = client.market.get_all_tickers().ticker
            assert client.market.get_service_status().status.value == "open"
        assert {chain.chain_id for chain in currencies["USDT"].chains} >= {"eth", "trx", "sol"}
        assert "BTC-USDT" in {row.symbol for row in tickers}
