"""The clients that hand Kraken's JSON on as it came: krakenex and python-kraken-sdk."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import krakenex
from kraken.spot import Funding, Market, Trade, User

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

EVERYDAY = {"XBT": "BTC", "XDG": "DOGE", "FEE": "KFEE"}


class RawClient:
    """What the clients share that hand Kraken's JSON on."""

    def __init__(self, private: Callable[..., Any], public: Callable[..., Any]) -> None:
        self.private = private
        self.public = public
        self._assets: dict[str, str] = {}
        self._pairs: dict[str, tuple[str, str]] = {}

    def markets(self) -> dict[str, Rules]:
        return {
            self._symbol(pair): Rules(exact(pair["tick_size"]), exact(pair["ordermin"]))
            for pair in self.public("AssetPairs").values()
        }

    def balances(self) -> dict[str, Holding]:
        return {
            self._code(asset): Holding(exact(row["balance"]), exact(row["hold_trade"]))
            for asset, row in self.private("BalanceEx").items()
        }

    def place(self, side: str, volume: str, price: str | None = None, *, symbol: str, **more: Any) -> str:
        kind = {"ordertype": "market"} if price is None else {"ordertype": "limit", "price": price}
        placed = self.private("AddOrder", pair=self._pair(symbol)[1], type=side, volume=volume, **kind, **more)
        (order,) = placed["txid"]
        return str(order)

    def cancel(self, order: str | int) -> int:
        return int(self.private("CancelOrder", txid=order)["count"])

    def cancel_named(self, client_id: str) -> int:
        return int(self.private("CancelOrder", cl_ord_id=client_id)["count"])

    def open_orders(self) -> dict[str, PlacedOrder]:
        return {txid: _order(row) for txid, row in self.private("OpenOrders")["open"].items()}

    def closed_orders(self) -> dict[str, PlacedOrder]:
        return {txid: _order(row) for txid, row in self.private("ClosedOrders")["closed"].items()}

    def order(self, order: str) -> PlacedOrder:
        return _order(self.private("QueryOrders", txid=order)[order])

    def own_trades(self) -> dict[str, OwnTrade]:
        return {txid: _fill(row) for txid, row in self._fills().items()}

    def ledger(self, offset: int) -> dict[str, Entry]:
        return {
            entry: Entry(
                row["refid"],
                self._code(row["asset"]),
                exact(row["amount"]),
                exact(row["fee"]),
                exact(row["balance"]),
            )
            for entry, row in self.private("Ledgers", ofs=offset)["ledger"].items()
        }

    def deposits(self, code: str) -> dict[str, Moved]:
        return {row["refid"]: _moved(row) for row in self.private("DepositStatus", asset=code)}

    def withdrawals(self, code: str) -> dict[str, Moved]:
        return {row["refid"]: _moved(row) for row in self.private("WithdrawStatus", asset=code)}

    def withdraw(self, code: str, key: str, amount: str) -> str:
        return str(self.private("Withdraw", asset=code, key=key, amount=amount)["refid"])

    def cancel_withdrawal(self, code: str, refid: str) -> bool:
        stopped: bool = self.private("WithdrawCancel", asset=code, refid=refid)
        return stopped

    def candles(self, symbol: str, since_s: int) -> list[Candle]:
        name, alias = self._pair(symbol)
        rows = self.public("OHLC", pair=alias, interval=1, since=since_s - 60)[name]
        return [
            Candle(row[0], exact(row[1]), exact(row[2]), exact(row[3]), exact(row[4]), exact(row[6])) for row in rows
        ]

    def prints(self, symbol: str, cursor: str, count: int) -> tuple[list[Print], str]:
        name, alias = self._pair(symbol)
        page = self.public("Trades", pair=alias, since=cursor, count=count)
        sides = {"b": "buy", "s": "sell"}
        return [Print(row[6], sides[row[3]], exact(row[0]), exact(row[1])) for row in page[name]], page["last"]

    def quote(self, symbol: str) -> Quote:
        name, alias = self._pair(symbol)
        row = self.public("Ticker", pair=alias)[name]
        return Quote(exact(row["b"][0]), exact(row["a"][0]), exact(row["c"][0]), exact(row["v"][1]))

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        name, alias = self._pair(symbol)
        sides = self.public("Depth", pair=alias, count=10)[name]
        return _levels(sides["bids"]), _levels(sides["asks"])

    def spreads(self, symbol: str) -> Levels:
        name, alias = self._pair(symbol)
        return [(exact(bid), exact(ask)) for _, bid, ask in self.public("Spread", pair=alias)[name]]

    def _fills(self) -> dict[str, Any]:
        fills: dict[str, Any] = self.private("TradesHistory")["trades"]
        return fills

    def _code(self, asset: str) -> str:
        """Everyday code of the venue's name. Rewards balances (.F) are in no list: their name is their altname."""
        if not self._assets:
            rows = self.public("Assets").items()
            self._assets = {name: _everyday(row["altname"]) for name, row in rows}
        return self._assets.get(asset) or _everyday(asset)

    def _symbol(self, pair: Mapping[str, str]) -> str:
        return f"{self._code(pair['base'])}/{self._code(pair['quote'])}"

    def _pair(self, symbol: str) -> tuple[str, str]:
        """The key of answers about a market, and the shorter name that calls may use."""
        if not self._pairs:
            rows = self.public("AssetPairs").items()
            self._pairs = {self._symbol(row): (name, row["altname"]) for name, row in rows}
        return self._pairs[symbol]


class KrakenexError(Exception):
    """krakenex raises nothing: its users read the list of errors themselves, as here."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(*errors)
        self.errors = errors


class Krakenex(RawClient):
    """krakenex."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        super().__init__(self._private, self._public)
        self.api = krakenex.API(key=key, secret=secret)
        self.api.uri = url
        self._spent = 0

    def close(self) -> None:
        self.api.close()

    def _private(self, method: str, /, **params: Any) -> Any:
        """Its nonces are the time in milliseconds, and this venue answers within one: the caller lets it pass."""
        while self.api._nonce() <= self._spent:
            pass
        answer = self.api.query_private(method, params)
        self._spent = self.api._nonce()
        return _result(answer)

    def _public(self, method: str, /, **params: Any) -> Any:
        return _result(self.api.query_public(method, params))


class KrakenSdk(RawClient):
    """python-kraken-sdk, Spot REST."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        super().__init__(self._private, self._public)
        user, trade = User(key=key, secret=secret, url=url), Trade(key=key, secret=secret, url=url)
        funding, market = Funding(key=key, secret=secret, url=url), Market(url=url)
        self.user, self.trade, self.funding, self.market = user, trade, funding, market
        self._methods: dict[str, Callable[..., Any]] = {
            "AddOrder": trade.create_order, "AssetPairs": market.get_asset_pairs, "Assets": market.get_assets,
            "Balance": user.get_account_balance, "BalanceEx": user.get_balances, "CancelAll": trade.cancel_all_orders,
            "CancelOrder": trade.cancel_order, "ClosedOrders": user.get_closed_orders,
            "DepositAddresses": funding.get_deposit_address, "DepositMethods": funding.get_deposit_methods,
            "DepositStatus": funding.get_recent_deposits_status, "Depth": market.get_order_book,
            "Ledgers": user.get_ledgers_info, "OHLC": market.get_ohlc, "OpenOrders": user.get_open_orders,
            "QueryLedgers": user.get_ledgers, "QueryOrders": user.get_orders_info,
            "QueryTrades": user.get_trades_info, "Spread": market.get_recent_spreads, "Ticker": market.get_ticker,
            "TradeBalance": user.get_trade_balance, "Trades": market.get_recent_trades,
            "TradesHistory": user.get_trades_history, "TradeVolume": user.get_trade_volume,
            "Withdraw": funding.withdraw_funds, "WithdrawCancel": funding.cancel_withdraw,
            "WithdrawInfo": funding.get_withdrawal_info, "WithdrawStatus": funding.get_recent_withdraw_status,
        }  # fmt: skip
        self._renamed = {"AddOrder": {"type": "side"}, "QueryLedgers": {"id": "id_"}}

    def close(self) -> None:
        """It has no way to close its connections, so this reaches for them."""
        parts: tuple[Any, ...] = (self.user, self.trade, self.funding, self.market)
        for part in parts:
            part._SpotClient__session.close()

    def _fills(self) -> dict[str, Any]:
        """It asks for merged fills unless told otherwise."""
        fills: dict[str, Any] = self.private("TradesHistory", consolidate_taker=False)["trades"]
        return fills

    def _private(self, method: str, /, **params: Any) -> Any:
        """By the client's method for it; what has none, by its general one."""
        call = self._methods.get(method)
        if call is None or not _takes(call, self._arguments(method, params)):
            return self.user.request("POST", f"/0/private/{method}", params=params)
        return call(**self._arguments(method, params))

    def _public(self, method: str, /, **params: Any) -> Any:
        return self._methods[method](**params)

    def _arguments(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        names = self._renamed.get(method, {})
        return {names.get(name, name): value for name, value in params.items()}


def _takes(call: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    """Whether a method has these parameters and all it must be given."""
    try:
        inspect.signature(call).bind(**arguments)
    except TypeError:
        return False
    return True


def _everyday(altname: str) -> str:
    base, point, suffix = altname.partition(".")
    return EVERYDAY.get(base, base) + point + suffix


def _result(answer: Mapping[str, Any]) -> Any:
    if answer["error"]:
        raise KrakenexError(answer["error"])
    return answer["result"]


def _order(row: Mapping[str, Any]) -> PlacedOrder:
    name = row.get("cl_ord_id", row["userref"] or None)
    return PlacedOrder(
        row["status"],
        row["descr"]["type"],
        exact(row["vol"]),
        exact(row["vol_exec"]),
        exact(row["price"]),
        exact(row["fee"]),
        None if name is None else str(name),
    )


def _fill(row: Mapping[str, Any]) -> OwnTrade:
    return OwnTrade(
        row["ordertxid"],
        row["type"],
        exact(row["price"]),
        exact(row["vol"]),
        exact(row["cost"]),
        exact(row["fee"]),
        row["maker"],
    )


def _moved(row: Mapping[str, Any]) -> Moved:
    return Moved(row["status"], row.get("status-prop"), exact(row["amount"]), exact(row["fee"]))


def _levels(rows: list[Any]) -> Levels:
    return [(exact(row[0]), exact(row[1])) for row in rows]
