"""A whole KuCoin world without a socket: real signed calls in, real answers out, every change committed to a store."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import msgspec

from seatrial.core.accounts import ApiKey
from seatrial.core.assets import Assets
from seatrial.core.commands import (
    Command,
    DriveTransfer,
    IssueKey,
    OpenAccount,
    PassTime,
    PlaceOrder,
    RequestWithdrawal,
    SaveDestination,
    SeeDeposit,
)
from seatrial.core.facts import AccountOpened, DepositSeen, OrderAccepted, WithdrawalRequested
from seatrial.core.funding import Transfer, TransferStatus
from seatrial.core.machine import Done, Machine
from seatrial.core.orders import Order, OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kucoin import auth
from seatrial.dialects.kucoin.context import Context
from seatrial.dialects.kucoin.dialect import MAIN, PERMISSIONS, TRADE, Kucoin
from seatrial.dialects.kucoin.symbols import Symbols
from seatrial.dialects.wire import Call, Lookup, Reply
from seatrial.store.store import open_store
from tests.support.kraken_exchange import SECOND_NS, START_NS, Clock, catalogue, only, units
from tests.support.told import told_by_store

__all__ = ["SECOND_NS", "START_NS", "Exchange", "User", "answer", "symbols"]

MILLISECOND_NS = 10**6
JSON = b"application/json"
PASSPHRASE = "open sesame"
CLIENT = "203.0.113.7"


@cache
def symbols() -> Symbols:
    """KuCoin's names for the package's own catalogue."""
    return Symbols(catalogue())


class User:
    """An account and its key: what a user of the venue has."""

    def __init__(self, exchange: "Exchange", key: ApiKey) -> None:
        self.exchange = exchange
        self.key = key

    @property
    def account_id(self) -> int:
        """The core's number of the account."""
        return self.key.account_id

    @property
    def context(self) -> Context:
        """What its calls are answered from, however they come."""
        exchange, state = self.exchange, self.exchange.machine.state
        now_ns = exchange.machine.pass_time(exchange.clock.now_ns)
        return Context(
            exchange.machine, exchange.kucoin._tools, now_ns, self.key, state.accounts[self.account_id], now_ns
        )

    def get(self, path: str, **params: object) -> Any:
        """The data of a GET that must succeed."""
        return _data(self.send("GET", path, _query(params)))

    def delete(self, path: str, **params: object) -> Any:
        """The data of a DELETE that must succeed."""
        return _data(self.send("DELETE", path, _query(params)))

    def post(self, path: str, **body: object) -> Any:
        """The data of a POST that must succeed."""
        return _data(self.send("POST", path, body=msgspec.json.encode(body)))

    def refused(self, verb: str, path: str, **params: object) -> tuple[int, str, str]:
        """Status, code and message of a call that must be refused and change nothing."""
        self.exchange.apply(PassTime())
        before = self.exchange.machine.fingerprint()
        is_post = verb == "POST"
        body = msgspec.json.encode(params) if is_post else b""
        refusal = _refusal(self.send(verb, path, b"" if is_post else _query(params), body))
        assert self.exchange.machine.fingerprint() == before
        return refusal

    def send(
        self,
        verb: str,
        path: str,
        query: bytes = b"",
        body: bytes = b"",
        *,
        version: str = "3",
        signed_query: bytes | None = None,
        headers: Mapping[bytes, bytes | None] = MappingProxyType({}),
        address: str = CLIENT,
    ) -> Reply:
        """The answer to a signed call. Headers replace the usual ones; None removes one."""
        signed = query if signed_query is None else signed_query
        endpoint = path + ("?" + signed.decode("latin-1") if signed else "")
        timestamp = str(self.exchange.clock.now_ns // MILLISECOND_NS)
        proof = auth.steps(
            timestamp,
            verb,
            endpoint,
            body,
            self.key.secret,
            key=self.key.public,
            passphrase=self.key.one_time_password or "",
            version=version,
        )
        usual: dict[bytes, bytes | None] = {b"content-type": JSON}
        usual.update((name.lower().encode(), value.encode()) for name, value in proof.headers.items())
        sent = {name: value for name, value in (usual | dict(headers)).items() if value is not None}
        return self.exchange.serve(Call(verb, path, query, sent, body, address))

    def place(
        self,
        side: str,
        size: str,
        price: str | None = None,
        *,
        market: str = "BTC/USDT",
        **more: Any,
    ) -> Order:
        """An order by way of the core; without a price a market order."""
        found = self.exchange.machine.state.markets[market].market
        command = PlaceOrder(
            self.account_id,
            market,
            Side(side),
            OrderKind.MARKET if price is None else OrderKind.LIMIT,
            price_ticks=0 if price is None else units(price, found.price_scale),
            qty_lots=units(size, found.lot_scale),
            **more,
        )
        return self.exchange.orders[only(self.exchange.apply(command), OrderAccepted).order_id]

    def deposit(
        self,
        asset: str,
        amount: str,
        status: TransferStatus = TransferStatus.SUCCESS,
        **more: Any,
    ) -> Transfer:
        """A deposit that has got so far."""
        command = SeeDeposit(self.account_id, asset, self.exchange.units(asset, amount), manual=True, **more)
        transfer = only(self.exchange.apply(command), DepositSeen).transfer
        if status is not TransferStatus.SETTLED:
            self.drive(transfer, status)
        return transfer

    def drive(self, transfer: Transfer, status: TransferStatus) -> None:
        """Take a step of a transfer."""
        self.exchange.apply(DriveTransfer(transfer.transfer_id, status))

    def withdraw(self, asset: str, method: str, amount: str) -> Transfer:
        """A withdrawal to a new address, just requested; its fee is part of the amount."""
        state = self.exchange.machine.state
        name = f"destination {state.counters.transfer_id}"
        self.exchange.apply(SaveDestination(self.account_id, asset, method, name, "an-address", "7"))
        command = RequestWithdrawal(self.account_id, asset, name, self.exchange.units(asset, amount))
        return only(self.exchange.apply(command), WithdrawalRequested).transfer


class Exchange:
    """A world over the real catalogue and a store in memory."""

    def __init__(self, seed: int = 1, now_ns: int = START_NS) -> None:
        self.clock = Clock(now_ns)
        self.real_ns: int | None = None
        """The computer's own time, where it is not the world's."""
        found = catalogue()
        self.machine = Machine(State(seed, Assets(found.assets), found.markets, found.methods))
        self.store = open_store(None)
        self.orders: dict[int, Order] = {}
        """All that ever changed, as they are now."""
        self.store.begin_world(seed, now_ns, "")
        self.kucoin = Kucoin(seed, symbols())
        self.ids = self.kucoin.ids

    def user(
        self,
        name: str | None = None,
        *,
        tier: str = "vip0",
        rate_limits: bool = False,
        check_timestamps: bool | None = None,
        main: Mapping[str, str] = MappingProxyType({}),
        **trade: str,
    ) -> User:
        """A new account with a key that may do everything. Balances by our codes, of the trading wallet: USDT="100"."""
        opening = [(TRADE, code, self.units(code, amount)) for code, amount in trade.items()]
        opening += [(MAIN, code, self.units(code, amount)) for code, amount in main.items()]
        name = name or f"user {self.machine.state.counters.account_id + 1}"
        command = OpenAccount(
            name, "kucoin", tier, rate_limits, TRADE, MAIN, tuple(opening), check_timestamps=check_timestamps
        )
        return self.key(only(self.apply(command), AccountOpened).account.account_id)

    def open_balance(self, name: str, wallet: str, code: str, amount: str) -> None:
        """A new account with money in a wallet of its own."""
        self.apply(OpenAccount(name, "kucoin", "vip0", False, TRADE, MAIN, ((wallet, code, self.units(code, amount)),)))

    def key(self, account_id: int, permissions: frozenset[str] = PERMISSIONS, **more: Any) -> User:
        """One more key to an account; `more` as in `IssueKey`."""
        public, secret, _ = self.kucoin.credentials(self.machine.state.counters.key_id + 1)
        more.setdefault("one_time_password", PASSPHRASE)
        command = IssueKey(account_id, more.pop("name", "a key"), public, secret, permissions, **more)
        self.apply(command)
        return User(self, self.machine.state.keys[public])

    def get(self, path: str, **params: object) -> Any:
        """The data of a public call that must succeed."""
        return _data(self.open_call(path, **params))

    def refused(self, path: str, **params: object) -> tuple[int, str, str]:
        """Status, code and message of a public call that must be refused."""
        return _refusal(self.open_call(path, **params))

    def open_call(self, path: str, **params: object) -> Reply:
        """The answer to a call without credentials."""
        return self.serve(Call("GET", path, _query(params), {}, b"", CLIENT))

    def serve(self, call: Call) -> Reply:
        """Answer a call as a world does: let time pass, commit what it did, then look up what the answer needs."""
        reply = self.kucoin.serve(self.machine, call, self.machine.pass_time(self.clock.now_ns), self.real_ns)
        self.commit()
        while not isinstance(reply, Reply):
            found = None if reply.query is None else self.store.answer(reply.query)
            if isinstance(reply, Lookup):
                reply = reply.write(found)
            else:
                reply = reply.go_on(found, self.machine.pass_time(self.clock.now_ns))
                self.commit()
        return reply

    def apply(self, command: Command) -> Done:
        """Let the core do something that must succeed, and commit it."""
        self.machine.apply(PassTime(), self.clock.now_ns)
        self.commit()
        outcome = self.machine.apply(told_by_store(self.store, command), self.clock.now_ns)
        assert not isinstance(outcome, Reject), outcome
        self.commit()
        return outcome

    def commit(self) -> None:
        """Write all changes to the store."""
        changes = self.machine.take_changes()
        self.orders.update(changes.orders)
        self.store.commit(self.store.batch(changes, self.machine.state, ""))

    def units(self, code: str, amount: str) -> int:
        """An amount in the units of an asset."""
        return units(amount, self.machine.state.assets[code].scale)

    def order_id(self, order: Order) -> str:
        """KuCoin's id of an order."""
        return self.ids.order(order.order_id, order.opened_ns // SECOND_NS)

    def transfer_id(self, transfer: Transfer) -> str:
        """KuCoin's id of a deposit or withdrawal."""
        return self.kucoin.transfer_ref(self.machine.state, transfer)

    @property
    def second_ms(self) -> int:
        """The world's second as lists show it that know nothing finer."""
        return self.clock.now_ns // SECOND_NS * 1000

    @property
    def now_ms(self) -> int:
        """The world's time as KuCoin shows it."""
        return self.clock.now_ns // MILLISECOND_NS


def answer(reply: Reply) -> dict[str, Any]:
    """The envelope of an answer; objects keep the order of their keys."""
    return msgspec.json.decode(reply.body, type=dict[str, Any])


def _query(params: Mapping[str, object]) -> bytes:
    return urlencode([(name, str(value)) for name, value in params.items() if value is not None], safe=",").encode()


def _data(reply: Reply) -> Any:
    found = answer(reply)
    assert (reply.status, found["code"]) == (200, "200000"), found
    return found["data"]


def _refusal(reply: Reply) -> tuple[int, str, str]:
    found = answer(reply)
    assert list(found) == ["code", "msg"], found
    return reply.status, found["code"], found["msg"]
