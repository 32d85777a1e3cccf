"""The kraken of ccxt, sync and async, through its unified methods and with its own parser."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import ccxt
import ccxt.async_support

from tests.support.venue_facts import (
    Candle,
    Entry,
    Holding,
    Levels,
    Moved,
    OwnTrade,
    PlacedOrder,
    Print,
    Quote,
    Rules,
    exact,
)

TRADE_FIELDS = 7
NO_NAME = "0"
"""How ccxt shows that an order has no name: Kraken's `userref` is a number there."""


class Ccxt:
    """ccxt, sync or async, through its unified methods."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange

    def close(self) -> None:
        self.exchange.close()

    def private(self, method: str, /, **params: Any) -> Any:
        return self.exchange.request(method, ["private"], "POST", params)["result"]

    def markets(self) -> dict[str, Rules]:
        return {
            symbol: Rules(exact(market["precision"]["price"]), exact(market["limits"]["amount"]["min"]))
            for symbol, market in self.exchange.load_markets().items()
        }

    def balances(self) -> dict[str, Holding]:
        found = self.exchange.fetch_balance()
        return {code: Holding(exact(total), exact(found["used"][code])) for code, total in found["total"].items()}

    def place(self, side: str, volume: str, price: str | None = None, *, symbol: str, **more: Any) -> str:
        kind, limit = ("market", None) if price is None else ("limit", float(price))
        placed = self.exchange.create_order(symbol, kind, side, float(volume), limit, _unified(more))
        return str(placed["id"])

    def cancel(self, order: str | int) -> int:
        more = {"userref": order} if isinstance(order, int) else {}
        return _count(self.exchange.cancel_order(str(order), None, more))

    def cancel_named(self, client_id: str) -> int:
        return _count(self.exchange.cancel_order(None, None, {"clientOrderId": client_id}))

    def open_orders(self) -> dict[str, PlacedOrder]:
        return {row["id"]: _order(row) for row in self.exchange.fetch_open_orders()}

    def closed_orders(self) -> dict[str, PlacedOrder]:
        return {row["id"]: _order(row) for row in self.exchange.fetch_closed_orders()}

    def order(self, order: str) -> PlacedOrder:
        return _order(self.exchange.fetch_order(order))

    def own_trades(self) -> dict[str, OwnTrade]:
        return {row["id"]: _fill(row) for row in self.exchange.fetch_my_trades()}

    def ledger(self, offset: int) -> dict[str, Entry]:
        return {
            row["id"]: Entry(
                row["referenceId"],
                row["currency"],
                exact(row["amount"]) * (-1 if row["direction"] == "out" else 1),
                exact(row["fee"]["cost"]),
                exact(row["after"]),
            )
            for row in self.exchange.fetch_ledger(None, None, None, {"ofs": offset})
        }

    def deposits(self, code: str) -> dict[str, Moved]:
        return {row["id"]: _moved(row) for row in self.exchange.fetch_deposits(code)}

    def withdrawals(self, code: str) -> dict[str, Moved]:
        return {row["id"]: _moved(row) for row in self.exchange.fetch_withdrawals(code)}

    def withdraw(self, code: str, key: str, amount: str) -> str:
        return str(self.exchange.withdraw(code, float(amount), "", {"key": key})["id"])

    def cancel_withdrawal(self, code: str, refid: str) -> bool:
        """Through no unified method: ccxt has none for it."""
        stopped: bool = self.private("WithdrawCancel", asset=code, refid=refid)
        return stopped

    def candles(self, symbol: str, since_s: int) -> list[Candle]:
        rows = self.exchange.fetch_ohlcv(symbol, "1m", since_s * 1000)
        return [
            Candle(row[0] // 1000, exact(row[1]), exact(row[2]), exact(row[3]), exact(row[4]), exact(row[5]))
            for row in rows
        ]

    def prints(self, symbol: str, cursor: str, count: int) -> tuple[list[Print], str]:
        """What ccxt makes of a page: `last` is added to the last row, then rows are sorted by time and id as text."""
        rows = self.exchange.fetch_trades(symbol, None, count, {"since": cursor})
        page = [Print(int(row["id"]), row["side"], exact(row["price"]), exact(row["amount"])) for row in rows]
        last = [row["info"][-1] for row in rows if len(row["info"]) > TRADE_FIELDS]
        return sorted(page), last[0] if last else cursor

    def quote(self, symbol: str) -> Quote:
        row = self.exchange.fetch_ticker(symbol)
        return Quote(exact(row["bid"]), exact(row["ask"]), exact(row["last"]), exact(row["baseVolume"]))

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        found = self.exchange.fetch_order_book(symbol)
        return _levels(found["bids"]), _levels(found["asks"])

    def spreads(self, symbol: str) -> Levels:
        """By the method that ccxt makes of the venue's name for it."""
        self.exchange.load_markets()
        name = self.exchange.market(symbol)["id"]
        rows = self.exchange.publicGetSpread({"pair": name})["result"][name]
        return [(exact(bid), exact(ask)) for _, bid, ask in rows]


class Blocking:
    """An asynchronous exchange of ccxt, on a loop of its own, one call at a time."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._exchange, name)
        return self._waiting(found) if callable(found) else found

    def close(self) -> None:
        """Close the exchange and then the loop."""
        self._runner.run(self._exchange.close())
        self._runner.close()

    def _waiting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = function(*args, **kwargs)
            return self._runner.run(given) if inspect.iscoroutine(given) else given

        return call


def ccxt_settings(url: str, key: str, secret: str) -> dict[str, Any]:
    """How ccxt is pointed here; without its own pauses, between calls and on leaving."""
    urls = {"api": {"public": url, "private": url}}
    return {"apiKey": key, "secret": secret, "urls": urls, "enableRateLimit": False, "timeout_on_exit": 0}


def ccxt_sync(url: str, key: str, secret: str) -> Ccxt:
    """The ordinary exchange."""
    return Ccxt(ccxt.kraken(ccxt_settings(url, key, secret)))


def ccxt_async(url: str, key: str, secret: str) -> Ccxt:
    """The asynchronous exchange."""
    return Ccxt(Blocking(ccxt.async_support.kraken(ccxt_settings(url, key, secret))))


def _unified(more: Mapping[str, Any]) -> dict[str, Any]:
    return {{"cl_ord_id": "clientOrderId"}.get(name, name): value for name, value in more.items()}


def _count(answer: Mapping[str, Any]) -> int:
    return int(answer["info"]["result"]["count"])


def _order(row: Mapping[str, Any]) -> PlacedOrder:
    """Its status is the venue's word, which ccxt keeps for all but `pending`."""
    return PlacedOrder(
        row["status"],
        row["side"],
        exact(row["amount"]),
        exact(row["filled"]),
        exact(row["average"] or 0),
        exact(row["fee"]["cost"]),
        None if row["clientOrderId"] == NO_NAME else row["clientOrderId"],
    )


def _fill(row: Mapping[str, Any]) -> OwnTrade:
    return OwnTrade(
        row["order"],
        row["side"],
        exact(row["price"]),
        exact(row["amount"]),
        exact(row["cost"]),
        exact(row["fee"]["cost"]),
        row["takerOrMaker"] == "maker",
    )


def _moved(row: Mapping[str, Any]) -> Moved:
    info = row["info"]
    return Moved(info["status"], info.get("status-prop"), exact(row["amount"]), exact(row["fee"]["cost"]))


def _levels(rows: list[Any]) -> Levels:
    return [(exact(row[0]), exact(row[1])) for row in rows]
