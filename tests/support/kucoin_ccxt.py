"""The kucoin of ccxt, sync and async, through its unified methods and with its own parser."""

from collections.abc import Mapping
from typing import Any

import ccxt
import ccxt.async_support

from tests.support.ccxt_clients import Blocking
from tests.support.kucoin_facts import Flow, Line, Quota, Window
from tests.support.venue_facts import Candle, Holding, Levels, OwnTrade, PlacedOrder, Print, Quote, Rules, exact

HOSTS = (
    "public", "private", "futuresPublic", "futuresPrivate", "webExchange", "broker", "earn", "uta", "utaV2",
    "utaPrivate",
)  # fmt: skip
"""All that ccxt would call, by its own names."""


class CcxtKucoin:
    """ccxt, sync or async, through its unified methods."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange

    def close(self) -> None:
        self.exchange.close()

    def private(self, verb: str, path: str, /, **params: Any) -> Any:
        version, short = path.removeprefix("/api/").split("/", 1)
        return self.exchange.request(short, ["private"], verb, params | {"version": version})["data"]

    def markets(self) -> dict[str, Rules]:
        return {
            symbol: Rules(exact(market["precision"]["price"]), exact(market["limits"]["amount"]["min"]))
            for symbol, market in self.exchange.load_markets().items()
        }

    def balances(self, wallet: str = "trade") -> dict[str, Holding]:
        found = self.exchange.fetch_balance({"type": wallet})
        return {code: Holding(exact(total), exact(found["used"][code])) for code, total in found["total"].items()}

    def place(self, side: str, size: str | None, price: str | None = None, *, symbol: str, **more: Any) -> str:
        kind, limit = ("market", None) if price is None else ("limit", float(price))
        amount = None if size is None else float(size)
        return str(self.exchange.create_order(symbol, kind, side, amount, limit, more)["id"])

    def cancel(self, order: str, symbol: str) -> None:
        self.exchange.cancel_order(order, symbol)

    def cancel_named(self, client_oid: str, symbol: str) -> None:
        self.exchange.cancel_order("", symbol, {"clientOrderId": client_oid})

    def cancel_all(self, symbol: str) -> None:
        self.exchange.cancel_all_orders(symbol)

    def open_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        return {row["id"]: _order(row) for row in self.exchange.fetch_open_orders(symbol)}

    def done_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        return {row["id"]: _order(row) for row in self.exchange.fetch_closed_orders(symbol)}

    def order(self, order: str, symbol: str) -> PlacedOrder:
        return _order(self.exchange.fetch_order(order, symbol))

    def own_trades(self, symbol: str) -> list[OwnTrade]:
        return [
            OwnTrade(
                row["order"], row["side"], exact(row["price"]), exact(row["amount"]), exact(row["cost"]),
                exact(row["fee"]["cost"]), row["takerOrMaker"] == "maker",
            )
            for row in self.exchange.fetch_my_trades(symbol)
        ]  # fmt: skip

    def lines(self, window: Window) -> list[Line]:
        found: list[Line] = []
        number = 1
        while True:
            asked = {"until": window.end_ms, "currentPage": number}
            page = self.exchange.fetch_ledger(window.code, window.start_ms, window.size, asked)
            found += [_line(row) for row in page]
            if len(page) < window.size:
                return found
            number += 1

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        found = self.exchange.fetch_order_book(symbol)
        return _levels(found["bids"]), _levels(found["asks"])

    def quote(self, symbol: str) -> Quote:
        row = self.exchange.fetch_ticker(symbol)
        return Quote(exact(row["bid"]), exact(row["ask"]), exact(row["last"]), exact(row["baseVolume"]))

    def candles(self, symbol: str, start_s: int, end_s: int) -> list[Candle]:
        rows = self.exchange.fetch_ohlcv(symbol, "1m", start_s * 1000, None, {"until": end_s * 1000})
        return [Candle(row[0] // 1000, *map(exact, row[1:6])) for row in rows]

    def prints(self, symbol: str) -> list[Print]:
        rows = self.exchange.fetch_trades(symbol)
        return [
            Print(int(row["info"]["sequence"]), row["side"], exact(row["price"]), exact(row["amount"])) for row in rows
        ]

    def create_address(self, code: str, chain: str) -> str:
        return str(self.exchange.create_deposit_address(code, {"chain": chain})["address"])

    def address(self, code: str, chain: str) -> str:
        return str(self.exchange.fetch_deposit_address(code, {"chain": chain})["address"])

    def deposits(self, code: str) -> list[Flow]:
        return [_flow(row) for row in reversed(self.exchange.fetch_deposits(code))]

    def withdrawals(self, code: str) -> dict[str, Flow]:
        return {row["id"]: _flow(row) for row in self.exchange.fetch_withdrawals(code)}

    def quota(self, code: str, chain: str) -> Quota:
        row = self.exchange.fetch_deposit_withdraw_fee(code, {"chain": chain})["info"]
        return Quota(exact(row["availableAmount"]), exact(row["withdrawMinFee"]), exact(row["withdrawMinSize"]))

    def transfer(self, code: str, amount: str, source: str, target: str) -> str:
        return str(self.exchange.transfer(code, float(amount), source, target)["id"])

    def withdraw(self, code: str, amount: str, address: str, chain: str) -> str:
        return str(self.exchange.withdraw(code, float(amount), address, {"chain": chain})["id"])

    def cancel_withdrawal(self, withdrawal: str) -> None:
        """Through no unified method: ccxt has none for it."""
        self.exchange.privateDeleteWithdrawalsWithdrawalId({"withdrawalId": withdrawal})


def ccxt_settings(url: str, key: str, secret: str, passphrase: str) -> dict[str, Any]:
    """How ccxt is pointed here; without its own pauses, between calls and on leaving."""
    urls = {"api": dict.fromkeys(HOSTS, url)}
    return {
        "apiKey": key, "secret": secret, "password": passphrase, "urls": urls, "enableRateLimit": False,
        "timeout_on_exit": 0,
    }  # fmt: skip


def ccxt_sync(url: str, key: str, secret: str, passphrase: str) -> CcxtKucoin:
    """The ordinary exchange."""
    return CcxtKucoin(ccxt.kucoin(ccxt_settings(url, key, secret, passphrase)))


def ccxt_async(url: str, key: str, secret: str, passphrase: str) -> CcxtKucoin:
    """The asynchronous exchange."""
    return CcxtKucoin(Blocking(ccxt.async_support.kucoin(ccxt_settings(url, key, secret, passphrase))))


def _order(row: Mapping[str, Any]) -> PlacedOrder:
    return PlacedOrder(
        row["status"], row["side"], exact(row["amount"]), exact(row["filled"]), exact(row["average"] or 0),
        exact(row["fee"]["cost"]), row["clientOrderId"],
    )  # fmt: skip


def _line(row: Mapping[str, Any]) -> Line:
    sign = -1 if row["direction"] == "out" else 1
    return Line(
        row["currency"],
        sign * exact(row["info"]["amount"]),
        exact(row["info"]["fee"]),
        row["referenceId"],
        row["timestamp"],
    )


def _flow(row: Mapping[str, Any]) -> Flow:
    return Flow(row["status"], exact(row["amount"]), exact(row["fee"]["cost"]))


def _levels(rows: list[Any]) -> Levels:
    return [(exact(row[0]), exact(row[1])) for row in rows]
