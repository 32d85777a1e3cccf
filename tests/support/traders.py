"""Traders who speak to a running server in their venue's own words and tell of it in common ones.

A story is told once and holds for the users of every venue.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from decimal import Decimal
from enum import StrEnum
from itertools import count
from typing import Any, NamedTuple, Protocol

from tests.support.kucoin_calls import KucoinCaller
from tests.support.signed_calls import KucoinSigner, Signer
from tests.support.venue import Keys, Venue
from tests.support.venue_client import VenueClient

BITCOIN, TETHER = "BTC", "USDT"
ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
DAY_MS = 86_400_000


class Why(StrEnum):
    """Why something was refused."""

    FUNDS = "too little money"
    SMALL = "too small"
    FINE = "too many decimals"
    MARKET = "no such market"
    GONE = "no such open order"
    WALLET = "too little money to withdraw"
    LATE = "too late"


class Refused(Exception):
    """The venue said no."""

    def __init__(self, why: Why | None, words: str) -> None:
        super().__init__(words)
        self.why = why


class Seen(NamedTuple):
    """What became of an order."""

    status: str
    """open, closed or canceled."""
    filled: Decimal
    cost: Decimal
    fee: Decimal


class Owned(NamedTuple):
    """What an account has of an asset over all wallets, and how much of that is set aside."""

    total: Decimal
    held: Decimal = Decimal(0)


class Trader(Protocol):
    """What stories ask of a trader."""

    venue: str
    maker_rate: Decimal
    taker_rate: Decimal
    keys: Keys

    def place(
        self, side: str, size: str | None, price: str | None = None, *, funds: str | None = None, life: str = "GTC",
        post_only: bool = False, against_self: str | None = None,
    ) -> str:  # fmt: skip
        """Place an order for bitcoin in tether, or `funds` worth of it; its id. Raises `Refused`."""

    def place_elsewhere(self, symbol: str) -> str:
        """Place an order in another market. Raises `Refused`."""

    def cancel(self, order: str) -> None:
        """Take an order back. Raises `Refused`."""

    def cancel_all(self) -> None:
        """Take every order back."""

    def order(self, order: str) -> Seen:
        """What became of it."""

    def live(self) -> set[str]:
        """The orders that are open."""

    def owned(self) -> dict[str, Owned]:
        """All that the account has."""

    def ledger(self) -> dict[str, Decimal]:
        """What all rows of the ledger come to, fees taken off."""

    def fills(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """Price, size and fee of each fill, oldest first."""

    def deposits(self) -> list[tuple[str, Decimal]]:
        """Status and amount of each deposit of bitcoin: pending, ok or failed."""

    def withdrawals(self) -> list[tuple[str, Decimal]]:
        """Status and amount, with its fee, of each withdrawal of bitcoin."""

    def withdraw(self, amount: str) -> str:
        """Send so much bitcoin away, fee included; its id. Raises `Refused`."""

    def cancel_withdrawal(self, withdrawal: str) -> None:
        """Stop it. Raises `Refused`."""


class KrakenTrader:
    """A user of Kraken's."""

    venue = "kraken"
    maker_rate, taker_rate = Decimal("0.004"), Decimal("0.008")
    """Those of a new user, since July 2026."""
    _WHY: Mapping[str, Why] = {
        "EOrder:Insufficient funds": Why.FUNDS,
        "EGeneral:Invalid arguments:volume minimum not met": Why.SMALL,
        "EOrder:Invalid price:BTC/USDT price can only be specified up to 1 decimals.": Why.FINE,
        "EOrder:Invalid price:XBT/USDT price can only be specified up to 1 decimals.": Why.FINE,
        "EQuery:Unknown asset pair": Why.MARKET,
        "EOrder:Invalid order": Why.GONE,
        "EFunding:Invalid amount": Why.WALLET,
    }
    _RULES: Mapping[str, str] = {"newest": "cancel-newest", "oldest": "cancel-oldest", "both": "cancel-both"}
    _FLOWS: Mapping[str, str] = {"Success": "ok", "Failure": "failed"}

    def __init__(self, venue: Venue, balances: Mapping[str, str], opened: ExitStack) -> None:
        self.keys = venue.account(**balances)
        venue.save_withdraw_key(self.keys.account, BITCOIN, "cold", ADDRESS)
        self._client = opened.enter_context(VenueClient(venue.url, Signer(self.keys.key, self.keys.secret)))

    def place(
        self, side: str, size: str | None, price: str | None = None, *, funds: str | None = None, life: str = "GTC",
        post_only: bool = False, against_self: str | None = None,
    ) -> str:  # fmt: skip
        wanted = {"pair": "XBTUSDT", "type": side, "volume": size or funds}
        kind = {"ordertype": "market"}
        if price is not None:
            kind = {"ordertype": "limit", "price": price, "timeinforce": life}
        flags = [flag for flag, is_set in (("post", post_only), ("viqc", funds is not None)) if is_set]
        more = {"oflags": ",".join(flags)} if flags else {}
        if against_self is not None:
            more["stptype"] = self._RULES[against_self]
        (order,) = self._ask("AddOrder", **wanted, **kind, **more)["txid"]
        return str(order)

    def place_elsewhere(self, symbol: str) -> str:
        wanted = {"pair": symbol, "type": "buy", "ordertype": "limit", "volume": "1", "price": "1"}
        return str(self._ask("AddOrder", **wanted)["txid"][0])

    def cancel(self, order: str) -> None:
        self._ask("CancelOrder", txid=order)

    def cancel_all(self) -> None:
        self._ask("CancelAll")

    def order(self, order: str) -> Seen:
        row = self._ask("QueryOrders", txid=order)[order]
        return Seen(row["status"], Decimal(row["vol_exec"]), Decimal(row["cost"]), Decimal(row["fee"]))

    def live(self) -> set[str]:
        return set(self._ask("OpenOrders")["open"])

    def owned(self) -> dict[str, Owned]:
        """What withdrawals set aside is in no balance of Kraken's."""
        found = {
            self._code(name): Owned(Decimal(row["balance"]), Decimal(row["hold_trade"]))
            for name, row in self._ask("BalanceEx").items()
        }
        return {code: owned for code, owned in found.items() if owned.total}

    def ledger(self) -> dict[str, Decimal]:
        return total(
            (self._code(row["asset"]), Decimal(row["amount"]) - Decimal(row["fee"]))
            for row in self._ask("Ledgers")["ledger"].values()
        )

    def fills(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        rows = self._ask("TradesHistory", consolidate_taker="false")["trades"].values()
        return [(Decimal(row["price"]), Decimal(row["vol"]), Decimal(row["fee"])) for row in reversed(list(rows))]

    def deposits(self) -> list[tuple[str, Decimal]]:
        return [self._flow(row) for row in self._ask("DepositStatus", asset="XBT")]

    def withdrawals(self) -> list[tuple[str, Decimal]]:
        return [self._flow(row) for row in self._ask("WithdrawStatus", asset="XBT")]

    def withdraw(self, amount: str) -> str:
        return str(self._ask("Withdraw", asset="XBT", key="cold", amount=amount)["refid"])

    def cancel_withdrawal(self, withdrawal: str) -> None:
        if not self._ask("WithdrawCancel", asset="XBT", refid=withdrawal):
            raise Refused(Why.LATE, "false")

    def _ask(self, method: str, **params: Any) -> Any:
        answer = self._client.send(self._client.signer.call(method, **params))
        if answer["error"]:
            (words,) = answer["error"]
            raise Refused(self._WHY.get(words), words)
        return answer["result"]

    def _flow(self, row: Mapping[str, str]) -> tuple[str, Decimal]:
        return self._FLOWS.get(row["status"], "pending"), Decimal(row["amount"]) + Decimal(row["fee"])

    @staticmethod
    def _code(name: str) -> str:
        return {"XXBT": BITCOIN}.get(name, name)


class KucoinTrader:
    """A user of KuCoin's."""

    venue = "kucoin"
    maker_rate = taker_rate = Decimal("0.001")
    _WHY: Mapping[tuple[str, str], Why] = {
        ("200004", "Balance insufficient!"): Why.FUNDS,
        ("400100", "Order size below the minimum requirement."): Why.SMALL,
        ("400100", "Price increment invalid."): Why.FINE,
        ("400100", "Unsupported trading pair."): Why.MARKET,
        ("400100", "order_not_exist_or_not_allow_to_cancel"): Why.GONE,
        ("260100", "account.noBalance"): Why.WALLET,
        ("400100", "The withdrawal can no longer be cancelled."): Why.LATE,
    }
    _RULES: Mapping[str, str] = {"newest": "CN", "oldest": "CO", "both": "CB"}
    _FLOWS: Mapping[str, str] = {"SUCCESS": "ok", "FAILURE": "failed"}

    def __init__(self, venue: Venue, balances: Mapping[str, str], opened: ExitStack) -> None:
        account = venue.tell("/accounts", venue="kucoin", balances=balances, rate_limits=False)
        self.keys = Keys(account["id"], account["key"], account["secret"], account["passphrase"])
        signer = KucoinSigner(self.keys.key, self.keys.secret, self.keys.passphrase)
        self._now_ms = lambda: venue.now_ns // 10**6
        self._caller = opened.enter_context(KucoinCaller(venue.url, signer, self._now_ms))
        self._names = count()

    def place(
        self, side: str, size: str | None, price: str | None = None, *, funds: str | None = None, life: str = "GTC",
        post_only: bool = False, against_self: str | None = None,
    ) -> str:  # fmt: skip
        wanted = {
            "symbol": "BTC-USDT", "side": side, "type": "market" if price is None else "limit", "size": size,
            "price": price, "funds": funds, "timeInForce": life, "postOnly": post_only,
            "stp": None if against_self is None else self._RULES[against_self],
        }  # fmt: skip
        return self._place(**wanted)

    def place_elsewhere(self, symbol: str) -> str:
        return self._place(symbol=symbol, side="buy", type="limit", size="1", price="1")

    def cancel(self, order: str) -> None:
        self._ask("DELETE", f"/api/v1/orders/{order}")

    def cancel_all(self) -> None:
        self._ask("DELETE", "/api/v1/hf/orders/cancelAll")

    def order(self, order: str) -> Seen:
        row = self._ask("GET", f"/api/v1/orders/{order}")
        ended = "canceled" if row["cancelExist"] else "closed"
        status = "open" if row["isActive"] else ended
        return Seen(status, Decimal(row["dealSize"]), Decimal(row["dealFunds"]), Decimal(row["fee"]))

    def live(self) -> set[str]:
        return {row["id"] for row in self._ask("GET", "/api/v1/orders?status=active")["items"]}

    def owned(self) -> dict[str, Owned]:
        rows = self._ask("GET", "/api/v1/accounts")
        sums = total((row["currency"], Decimal(row["balance"])) for row in rows)
        held = total((row["currency"], Decimal(row["holds"])) for row in rows)
        return {code: Owned(amount, held[code]) for code, amount in sums.items() if amount}

    def ledger(self) -> dict[str, Decimal]:
        rows = self._ask("GET", "/api/v1/accounts/ledgers?pageSize=500")["items"]
        signs = {"in": 1, "out": -1}
        return total((row["currency"], signs[row["direction"]] * Decimal(row["amount"])) for row in rows)

    def fills(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        rows = self._ask("GET", "/api/v1/limit/fills")
        return [(Decimal(row["price"]), Decimal(row["size"]), Decimal(row["fee"])) for row in reversed(rows)]

    def deposits(self) -> list[tuple[str, Decimal]]:
        return [self._flow(row) for row in self._ask("GET", "/api/v1/deposits?currency=BTC")["items"]]

    def withdrawals(self) -> list[tuple[str, Decimal]]:
        return [self._flow(row) for row in self._ask("GET", "/api/v1/withdrawals?currency=BTC")["items"]]

    def withdraw(self, amount: str) -> str:
        wanted = {
            "currency": BITCOIN, "toAddress": ADDRESS, "amount": amount, "withdrawType": "ADDRESS", "chain": "btc",
            "feeDeductType": "INTERNAL",
        }  # fmt: skip
        return str(self._ask("POST", "/api/v3/withdrawals", wanted)["withdrawalId"])

    def cancel_withdrawal(self, withdrawal: str) -> None:
        self._ask("DELETE", f"/api/v1/withdrawals/{withdrawal}")

    def _place(self, **wanted: Any) -> str:
        named = {"clientOid": f"order-{next(self._names)}"}
        return str(self._ask("POST", "/api/v1/orders", named | wanted)["orderId"])

    def _ask(self, verb: str, target: str, body: Mapping[str, Any] | None = None) -> Any:
        heard = self._caller.post(target, **body) if body else self._caller.call(verb, target)
        if heard.code != "200000":
            raise Refused(self._WHY.get((heard.code, heard.message)), f"{heard.code} {heard.message}")
        return heard.data

    def _flow(self, row: Mapping[str, str]) -> tuple[str, Decimal]:
        return self._FLOWS.get(row["status"], "pending"), Decimal(row["amount"]) + Decimal(row["fee"])


TRADERS: Mapping[str, Callable[[Venue, Mapping[str, str], ExitStack], Trader]] = {
    "kraken": KrakenTrader,
    "kucoin": KucoinTrader,
}


def total(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sum of each code."""
    found: dict[str, Decimal] = {}
    for code, amount in amounts:
        found[code] = found.get(code, Decimal(0)) + amount
    return found
