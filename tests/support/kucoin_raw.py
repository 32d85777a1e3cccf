"""The clients that hand KuCoin's JSON on as it came: kucoin-python and python-kucoin."""

import importlib
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from kucoin import Client as PythonKucoinClient

from tests.support.kucoin_facts import Flow, Line, Quota, Window
from tests.support.venue_facts import Candle, Holding, Levels, OwnTrade, PlacedOrder, Print, Quote, Rules, exact

KUCOIN_PYTHON = Path(sys.prefix) / "kucoin-python"
"""Where the set-up puts kucoin-python: its package, too, is named kucoin."""
STATUSES = {"PROCESSING": "pending", "WALLET_PROCESSING": "pending", "SUCCESS": "ok", "FAILURE": "failed"}


def _import_kucoin_python() -> Any:
    """Its module of clients, with the other package of that name out of its way; it warns about its own imports."""
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "kucoin"}
    sys.path.insert(0, str(KUCOIN_PYTHON))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("kucoin.client")
    finally:
        sys.path.remove(str(KUCOIN_PYTHON))
        for name in [name for name in sys.modules if name.partition(".")[0] == "kucoin"]:
            del sys.modules[name]
        sys.modules.update(ours)


kucoin_python = _import_kucoin_python()


class KucoinPython:
    """kucoin-python."""

    def __init__(self, url: str, key: str, secret: str, passphrase: str) -> None:
        keys = {"key": key, "secret": secret, "passphrase": passphrase, "url": url}
        self.user, self.trade = kucoin_python.User(**keys), kucoin_python.Trade(**keys)
        self.market = kucoin_python.Market(url=url)

    def close(self) -> None:
        for part in (self.user, self.trade, self.market):
            if part.session:
                part.session.close()

    def private(self, verb: str, path: str, /, **params: Any) -> Any:
        return _data(self.user._request(verb, path, params=params))

    def markets(self) -> dict[str, Rules]:
        return _markets(self.market.get_symbol_list_v2())

    def balances(self, wallet: str = "trade") -> dict[str, Holding]:
        return _balances(_data(self.user.get_account_list(account_type=wallet)))

    def place(self, side: str, size: str | None, price: str | None = None, *, symbol: str, **more: Any) -> str:
        if price is None:
            placed = self.trade.create_market_order(_name(symbol), side, size=size, **more)
        else:
            placed = self.trade.create_limit_order(_name(symbol), side, size, price, **more)
        return str(placed["orderId"])

    def cancel(self, order: str, symbol: str) -> None:  # noqa: ARG002  its classic method needs none
        self.trade.cancel_order(order)

    def cancel_named(self, client_oid: str, symbol: str) -> None:  # noqa: ARG002  as the other clients have it
        self.trade.cancel_client_order(client_oid)

    def cancel_all(self, symbol: str) -> None:
        self.trade.cancel_all_orders(symbol=_name(symbol))

    def open_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        return _orders(self.trade.get_order_list(symbol=_name(symbol), status="active")["items"])

    def done_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        return _orders(self.trade.get_order_list(symbol=_name(symbol), status="done")["items"])

    def order(self, order: str, symbol: str) -> PlacedOrder:  # noqa: ARG002  as the other clients have it
        return _order(self.trade.get_order_details(order))

    def own_trades(self, symbol: str) -> list[OwnTrade]:
        return _fills(self.trade.get_fill_list("TRADE", symbol=_name(symbol))["items"])

    def lines(self, window: Window) -> list[Line]:
        return _all_lines(window, lambda asked: self.user.get_account_ledger(**asked))

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        return _book(self.market.get_part_order(20, _name(symbol)))

    def quote(self, symbol: str) -> Quote:
        return _quote(self.market.get_24h_stats(_name(symbol)))

    def candles(self, symbol: str, start_s: int, end_s: int) -> list[Candle]:
        return _candles(_data(self.market.get_kline(_name(symbol), "1min", startAt=start_s, endAt=end_s)))

    def prints(self, symbol: str) -> list[Print]:
        return _prints(self.market.get_trade_histories(_name(symbol)))

    def create_address(self, code: str, chain: str) -> str:
        return str(self.user.create_deposit_address(code, chain)["address"])

    def address(self, code: str, chain: str) -> str:
        return str(self.user.get_deposit_address(code, chain)["address"])

    def deposits(self, code: str) -> list[Flow]:
        return [_flow(row) for row in self.user.get_deposit_list(currency=code)["items"]]

    def withdrawals(self, code: str) -> dict[str, Flow]:
        return {row["id"]: _flow(row) for row in self.user.get_withdrawal_list(currency=code)["items"]}

    def quota(self, code: str, chain: str) -> Quota:
        return _quota(self.user.get_withdrawal_quota(code, chain))

    def transfer(self, code: str, amount: str, source: str, target: str) -> str:
        kinds = {"fromAccountType": source.upper(), "toAccountType": target.upper(), "type": "INTERNAL"}
        moved = self.user.flex_transfer(self.user.return_unique_id, amount, currency=code, **kinds)
        return str(moved["orderId"])

    def withdraw(self, code: str, amount: str, address: str, chain: str) -> str:
        return str(self.user.apply_withdrawal(code, address, amount, chain=chain)["withdrawalId"])

    def cancel_withdrawal(self, withdrawal: str) -> None:
        self.user.cancel_withdrawal(withdrawal)


class PythonKucoin:
    """python-kucoin."""

    def __init__(self, url: str, key: str, secret: str, passphrase: str) -> None:
        self.client: Any = PythonKucoinClient(key, secret, passphrase)
        self.client.API_URL = url

    def close(self) -> None:
        self.client.close_connection()

    def private(self, verb: str, path: str, /, **params: Any) -> Any:
        version, short = path.removeprefix("/api/").split("/", 1)
        return self.client._request(verb.lower(), short, True, api_version=version, data=params)

    def markets(self) -> dict[str, Rules]:
        return _markets(self.client.get_symbols())

    def balances(self, wallet: str = "trade") -> dict[str, Holding]:
        return _balances(self.client.get_accounts(account_type=wallet))

    def place(self, side: str, size: str | None, price: str | None = None, *, symbol: str, **more: Any) -> str:
        if price is None:
            placed = self.client.create_market_order(_name(symbol), side, size=size, **more)
        else:
            placed = self.client.create_limit_order(_name(symbol), side, price, size, **more)
        return str(placed["orderId"])

    def cancel(self, order: str, symbol: str) -> None:  # noqa: ARG002  as the other clients have it
        self.client.cancel_order(order)

    def cancel_named(self, client_oid: str, symbol: str) -> None:  # noqa: ARG002  as the other clients have it
        self.client.cancel_order_by_client_oid(client_oid)

    def cancel_all(self, symbol: str) -> None:
        self.client.cancel_all_orders(_name(symbol))

    def open_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        return _orders(self.client.get_orders(symbol=_name(symbol), status="active")["items"])

    def done_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        return _orders(self.client.get_orders(symbol=_name(symbol), status="done")["items"])

    def order(self, order: str, symbol: str) -> PlacedOrder:  # noqa: ARG002  as the other clients have it
        return _order(self.client.get_order(order))

    def own_trades(self, symbol: str) -> list[OwnTrade]:
        """By the high-frequency method: its classic one forgets to sign."""
        return _fills(self.client.hf_get_fills(_name(symbol))["items"])

    def lines(self, window: Window) -> list[Line]:
        """By its general method: with any argument its own one for the ledger asks for a path that is none."""
        return _all_lines(window, lambda asked: self.client._get("accounts/ledgers", True, data=asked))

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        return _book(self.client.get_full_order_book(_name(symbol)))

    def quote(self, symbol: str) -> Quote:
        return _quote(self.client.get_24hr_stats(_name(symbol)))

    def candles(self, symbol: str, start_s: int, end_s: int) -> list[Candle]:
        return _candles(self.client.get_kline_data(_name(symbol), "1min", start_s, end_s))

    def prints(self, symbol: str) -> list[Print]:
        return _prints(self.client.get_trade_histories(_name(symbol)))

    def create_address(self, code: str, chain: str) -> str:
        return str(self.client.create_deposit_address(code, chain)["address"])

    def address(self, code: str, chain: str) -> str:
        (found,) = self.client.get_deposit_addresses(code, chain=chain)
        return str(found["address"])

    def deposits(self, code: str) -> list[Flow]:
        return [_flow(row) for row in self.client.get_deposits(code)["items"]]

    def withdrawals(self, code: str) -> dict[str, Flow]:
        return {row["id"]: _flow(row) for row in self.client.get_withdrawals(code)["items"]}

    def quota(self, code: str, chain: str) -> Quota:
        return _quota(self.client.get_withdrawal_quotas(code, chain))

    def transfer(self, code: str, amount: str, source: str, target: str) -> str:
        """By the older call: its own one for the newer asks for a path that is none."""
        return str(self.client.create_inner_transfer(uuid4().hex, code, source, target, amount)["orderId"])

    def withdraw(self, code: str, amount: str, address: str, chain: str) -> str:
        return str(self.client.create_withdrawal(code, amount, address, "ADDRESS", chain=chain)["withdrawalId"])

    def cancel_withdrawal(self, withdrawal: str) -> None:
        self.client.cancel_withdrawal(withdrawal)


def _name(symbol: str) -> str:
    return symbol.replace("/", "-")


def _data(answer: Any) -> Any:
    """What was asked for: kucoin-python gives the whole envelope when that is empty."""
    return answer["data"] if isinstance(answer, dict) and "data" in answer else answer


def _markets(rows: Iterable[Mapping[str, Any]]) -> dict[str, Rules]:
    return {
        row["symbol"].replace("-", "/"): Rules(exact(row["priceIncrement"]), exact(row["baseMinSize"])) for row in rows
    }


def _balances(rows: Iterable[Mapping[str, Any]]) -> dict[str, Holding]:
    return {row["currency"]: Holding(exact(row["balance"]), exact(row["holds"])) for row in rows}


def _orders(rows: Iterable[Mapping[str, Any]]) -> dict[str, PlacedOrder]:
    return {row["id"]: _order(row) for row in rows}


def _order(row: Mapping[str, Any]) -> PlacedOrder:
    filled = exact(row["dealSize"])
    ended = "canceled" if row["cancelExist"] else "closed"
    return PlacedOrder(
        "open" if row["isActive"] else ended, row["side"], exact(row["size"]), filled,
        exact(row["dealFunds"]) / filled if filled else Decimal(0), exact(row["fee"]), row["clientOid"],
    )  # fmt: skip


def _fills(rows: Iterable[Mapping[str, Any]]) -> list[OwnTrade]:
    return [
        OwnTrade(
            row["orderId"], row["side"], exact(row["price"]), exact(row["size"]), exact(row["funds"]),
            exact(row["fee"]), row["liquidity"] == "maker",
        )
        for row in rows
    ]  # fmt: skip


def _all_lines(window: Window, ask: Callable[[dict[str, Any]], Any]) -> list[Line]:
    asked: dict[str, Any] = {"startAt": window.start_ms, "endAt": window.end_ms, "pageSize": window.size}
    if window.code is not None:
        asked["currency"] = window.code
    first = ask(asked)
    pages = [first, *(ask(asked | {"currentPage": number}) for number in range(2, first["totalPage"] + 1))]
    return [_line(row) for page in pages for row in page["items"]]


def _line(row: Mapping[str, Any]) -> Line:
    context = json.loads(row["context"] or "{}")
    sign = -1 if row["direction"] == "out" else 1
    return Line(
        row["currency"], sign * exact(row["amount"]), exact(row["fee"]), context.get("tradeId", context.get("orderId")),
        row["createdAt"],
    )  # fmt: skip


def _book(found: Mapping[str, Any]) -> tuple[Levels, Levels]:
    return _levels(found["bids"]), _levels(found["asks"])


def _levels(rows: Iterable[Any]) -> Levels:
    return [(exact(price), exact(size)) for price, size in rows]


def _quote(row: Mapping[str, Any]) -> Quote:
    return Quote(exact(row["buy"]), exact(row["sell"]), exact(row["last"]), exact(row["vol"]))


def _candles(rows: Iterable[list[str]]) -> list[Candle]:
    """Newest first, and the close before the high and the low."""
    return [
        Candle(int(start), exact(first), exact(high), exact(low), exact(last), exact(volume))
        for start, first, last, high, low, volume, _ in reversed(list(rows))
    ]


def _prints(rows: Iterable[Mapping[str, Any]]) -> list[Print]:
    return [Print(int(row["sequence"]), row["side"], exact(row["price"]), exact(row["size"])) for row in rows]


def _flow(row: Mapping[str, Any]) -> Flow:
    return Flow(STATUSES[row["status"]], exact(row["amount"]), exact(row["fee"]))


def _quota(row: Mapping[str, Any]) -> Quota:
    return Quota(exact(row["availableAmount"]), exact(row["withdrawMinFee"]), exact(row["withdrawMinSize"]))
