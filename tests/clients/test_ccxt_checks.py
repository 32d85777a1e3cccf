"""The checks of ccxt's own authors pass here as they pass at the venues. What they cannot check here is named below."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.support.ccxt_checks import check, lay_out
from tests.support.ccxt_clients import ccxt_settings
from tests.support.kucoin_ccxt import HOSTS
from tests.support.running import RunningServer

EXCEPTIONS: dict[str, dict[str, Any]] = {
    "kraken": {
        "loadMarkets": {
            "currencyIdAndCode": "ccxt reads a quote's id from the display name (EUR), not from the asset (ZEUR)"
        },
        "fetchCurrencies": {
            **dict.fromkeys(("deposit", "withdraw"), "Kraken's list of assets does not say it"),
            **dict.fromkeys(("activeMajorCurrencies", "activeCurrenciesQuota"), "they need deposit and withdraw"),
        },
        "fetchOrderBook": {"timestamp": "Kraken's book has none as a whole"},
        **dict.fromkeys(
            ("fetchOpenOrders", "fetchClosedOrders"), "ccxt gives an order's fee as text, which its own check refuses"
        ),
        **dict.fromkeys(
            ("fetchDeposits", "fetchWithdrawals"), dict.fromkeys(("network", "updated"), "Kraken's rows do not say it")
        ),
        **{key: {"account": "Kraken's entries name none"} for key in ("fetchLedger", "fetchLedgerEntry")},
    },
    "kucoin": {
        "loadMarkets": "futures are not served, and it asks for markets of each kind that KuCoin has",
        "fetchCurrencies": {
            **dict.fromkeys(("deposit", "withdraw", "active", "limits"), "a currency without chains has none (EUR)")
        },
        "fetchLedger": dict.fromkeys(("before", "after", "status", "fee"), "KuCoin's rows do not say it"),
        **{key: {"stopPrice": "0 of an order without a stop"} for key in ("fetchOpenOrders", "fetchClosedOrders")},
        "fetchDeposits": {"id": "KuCoin's rows have none"},
        "fetchTransfers": {"status": "KuCoin's rows do not say it"},
        **dict.fromkeys(("fetchLeverageTiers", "fetchBorrowInterest"), "margin is not served"),
    },
}
"""By exchange and method, why something is not checked: a whole method, or single fields."""

PUBLIC = {"features", "afterConstruct", "fetchCurrencies", "fetchTicker", "fetchTickers", "fetchOHLCV", "fetchTrades",
          "fetchOrderBook", "fetchStatus"}  # fmt: skip
OWN = {"fetchBalance", "fetchMyTrades", "fetchLedger", "fetchDeposits", "fetchWithdrawals"}
MORE = {
    "kraken": {"loadMarkets", "fetchLedgerEntry"},
    "kucoin": {"fetchAccounts", "fetchTransfers", "fetchOpenOrders", "fetchClosedOrders"},
}
ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A server whose crowd trades in every market, and whose transfers arrive at once."""
    with RunningServer(None, "--crowd-at-first", "busy") as running:
        delays = running.ask("/delays")
        running.tell("/delays", **dict.fromkeys(delays, 0))
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the checks are laid out."""
    made = tmp_path_factory.mktemp("ccxt")
    lay_out(made)
    return made


@pytest.mark.parametrize(
    "way", [pytest.param(("--sync",), id="sync"), pytest.param((), id="async", marks=pytest.mark.clients)]
)
@pytest.mark.parametrize("exchange", ["kraken", "kucoin"])
def test_ccxts_own_checks_pass(exchange: str, way: tuple[str, ...], server: RunningServer, folder: Path) -> None:
    settings = _settings_of_a_user_with_a_past(exchange, server)
    checked = check(folder, exchange, settings, EXCEPTIONS[exchange], *way)
    assert not checked.failed, checked.failed
    assert checked.passed >= PUBLIC | OWN | MORE[exchange]


def _settings_of_a_user_with_a_past(exchange: str, server: RunningServer) -> dict[str, Any]:
    """A key of an account with a trade, an open and a canceled order, one deposit of bitcoins and a withdrawal.

    Kraken lists its newest deposit first, and ccxt checks that they ascend without having sorted them: a second one
    would fail as soon as a second lay between the two.
    """
    balances = {"USDT": "100000"} | ({"BTC": "1"} if exchange == "kucoin" else {})
    made = server.tell("/accounts", venue=exchange, balances=balances, rate_limits=False)
    server.tell(f"/accounts/{made['id']}/deposits", asset="BTC", amount="0.5")
    settings = ccxt_settings(server.url, made["key"], made["secret"]) | {"rateLimit": 1, "password": "none"}
    if exchange == "kucoin":
        settings["password"] = made["passphrase"]
        settings["urls"] = {"api": dict.fromkeys(HOSTS, server.url)}
        settings["options"] = {"fetchMarkets": {"types": ["spot"]}}
    else:
        server.tell(f"/accounts/{made['id']}/withdraw-keys", asset="BTC", key="cold", address=ADDRESS)
    user = getattr(ccxt, exchange)(settings)
    user.create_order("BTC/USDT", "market", "buy", 0.01)
    user.create_order("BTC/USDT", "limit", "buy", 0.01, 1_000)
    user.cancel_order(user.create_order("BTC/USDT", "limit", "buy", 0.01, 2_000)["id"], "BTC/USDT")
    if exchange == "kraken":
        user.withdraw("BTC", 0.01, "", {"key": "cold"})
    else:
        user.transfer("BTC", 0.1, "trade", "main")
        user.withdraw("BTC", 0.01, ADDRESS)
    return settings
