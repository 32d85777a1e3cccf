"""A whole Kraken world without a socket: real signed calls in, real answers out, every change committed to a store."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from seatrial.catalogue import Catalogue, load
from seatrial.core.accounts import ApiKey
from seatrial.core.assets import Assets
from seatrial.core.commands import Command, IssueKey, OpenAccount, PassTime, PlaceOrder
from seatrial.core.facts import AccountOpened, OrderAccepted
from seatrial.core.machine import Done, Machine
from seatrial.core.markets import Market
from seatrial.core.money import parse_units
from seatrial.core.orders import Order, OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kraken import auth
from seatrial.dialects.kraken.context import Context
from seatrial.dialects.kraken.dialect import PERMISSIONS, SPOT, Kraken
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.wire import Call, Lookup, Reply
from seatrial.store.store import open_store
from tests.support.told import told_by_store

Kind = TypeVar("Kind")

SECOND_NS = 10**9
FORM = b"application/x-www-form-urlencoded"
MARCH_2026_NS = 1_772_755_200 * SECOND_NS
START_NS = 1_790_812_345_678_900_000
"""2026-09-30 23:52:25 UTC, when a world begins unless it is told otherwise."""


@cache
def catalogue() -> Catalogue:
    """The package's own."""
    return load()


@cache
def older_fees() -> dict[str, Market]:
    """Its markets with the ladders of before July 2026, on which only traded volume counts."""
    return {
        symbol: replace(market, fees=market.fees.at(MARCH_2026_NS).alone)
        for symbol, market in catalogue().markets.items()
    }


@cache
def symbols() -> Symbols:
    """Kraken's names for it."""
    return Symbols(catalogue())


class Clock:
    """The world's time; it moves only when told."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.now_ns += int(seconds * SECOND_NS)


class Trader:
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
            exchange.machine, exchange.kraken._tools, now_ns, self.key, state.accounts[self.account_id],
            now_ns if exchange.real_ns is None else exchange.real_ns,
        )  # fmt: skip

    def raw(self, method: str, /, **params: object) -> bytes:
        """The body of the answer to a signed call; a parameter that is None is left out."""
        nonce = str(self.exchange.next_nonce())
        return self.send(method, urlencode([("nonce", nonce), *_flat(params)]).encode(), nonce).body

    def send(
        self,
        method: str,
        body: bytes,
        nonce: str,
        *,
        content_type: bytes = FORM,
        verb: str = "POST",
        address: str = "127.0.0.1",
        headers: Mapping[bytes, bytes | None] = MappingProxyType({}),
    ) -> Reply:
        """The answer to a body of any bytes, signed with that nonce. Headers replace the usual ones; None removes."""
        path = f"/0/private/{method}"
        usual: dict[bytes, bytes | None] = {
            b"api-key": self.key.public.encode(),
            b"api-sign": auth.sign(path, nonce, body, self.key.secret).encode(),
            b"content-type": content_type,
            b"user-agent": b"tests",
        }
        sent = {name: value for name, value in (usual | dict(headers)).items() if value is not None}
        return self.exchange.serve(Call(verb, path, b"", sent, body, address))

    def call(self, method: str, /, **params: object) -> dict[str, Any]:
        """The envelope of the answer."""
        return envelope(self.raw(method, **params))

    def result(self, method: str, /, **params: object) -> Any:
        """The result of a call that must succeed."""
        return _result(self.call(method, **params))

    def error(self, method: str, /, **params: object) -> str:
        """The one error of a call that must be refused."""
        return _error(self.call(method, **params))

    def place(
        self,
        side: str,
        volume: str,
        price: str | None = None,
        *,
        pair: str = "BTC/USD",
        **more: Any,
    ) -> Order:
        """An order by way of the core; without a price a market order."""
        market = self.exchange.market(pair)
        command = PlaceOrder(
            self.account_id,
            pair,
            Side(side),
            OrderKind.MARKET if price is None else OrderKind.LIMIT,
            price_ticks=0 if price is None else units(price, market.price_scale),
            qty_lots=units(volume, market.lot_scale),
            **more,
        )
        return self.exchange.orders[only(self.exchange.apply(command), OrderAccepted).order_id]


class Exchange:
    """A world over the real catalogue and a store in memory. `call` speaks for the account opened first.

    `markets` replace those of `older_fees` that have their symbols.
    """

    def __init__(self, seed: int = 1, now_ns: int = START_NS, markets: dict[str, Market] | None = None) -> None:
        self.seed = seed
        self.clock = Clock(now_ns)
        self.real_ns: int | None = None
        """The computer's own time, where it is not the world's."""
        found = replace(catalogue(), markets=older_fees() | (markets or {}))
        self.machine = Machine(State(seed, Assets(found.assets), found.markets, found.methods))
        self.store = open_store(None)
        self.orders: dict[int, Order] = {}
        """All that ever changed, as they are now."""
        self.store.begin_world(seed, now_ns, "")
        self.kraken = Kraken(seed, symbols() if markets is None else Symbols(found))
        self.ids = self.kraken.ids
        self.traders: list[Trader] = []
        self._nonce = 0

    def account(
        self,
        name: str | None = None,
        *,
        tier: str = "pro",
        rate_limits: bool = False,
        wallet: str = SPOT,
        **balances: str,
    ) -> Trader:
        """A new account with a key that may do everything. Balances by our codes: USD="100", **{"ETH2.S": "1"}."""
        opening = tuple((wallet, code, self.units(code, amount)) for code, amount in balances.items())
        name = name or f"trader {len(self.traders) + 1}"
        events = self.apply(OpenAccount(name, "kraken", tier, rate_limits, SPOT, SPOT, opening))
        trader = self.key(only(events, AccountOpened).account.account_id)
        self.traders.append(trader)
        return trader

    def key(self, account_id: int, permissions: frozenset[str] = PERMISSIONS, **more: Any) -> Trader:
        """One more key to an account; `more` as in `IssueKey`."""
        public, secret, _ = self.kraken.credentials(self.machine.state.counters.key_id + 1)
        command = IssueKey(account_id, more.pop("name", "a key"), public, secret, permissions, **more)
        self.apply(command)
        return Trader(self, self.machine.state.keys[public])

    def two_rich_traders(self, pair: str = "BTC/USD") -> tuple[Trader, Trader]:
        """Two accounts with plenty of both assets of a market."""
        base, quote = pair.split("/")
        plenty: dict[str, Any] = {base: "100000", quote: "100000000"}
        return self.account(**plenty), self.account(**plenty)

    def trade(self, price: str, volume: str, side: str = "buy", *, pair: str = "BTC/USD") -> None:
        """One trade between the first two accounts: the second takes what the first offers."""
        maker, taker = self.traders[:2]
        maker.place("sell" if side == "buy" else "buy", volume, price, pair=pair)
        taker.place(side, volume, pair=pair)

    def call(self, method: str, /, **params: object) -> dict[str, Any]:
        """The envelope of a signed call by the first account."""
        return self.traders[0].call(method, **params)

    def public(self, method: str, /, **params: object) -> dict[str, Any]:
        """The envelope of a public call."""
        query = urlencode(_flat(params)).encode()
        call = Call("GET", f"/0/public/{method}", query, {b"user-agent": b"tests"}, b"", "127.0.0.1")
        return envelope(self.serve(call).body)

    def public_result(self, method: str, /, **params: object) -> Any:
        """The result of a public call that must succeed."""
        return _result(self.public(method, **params))

    def public_error(self, method: str, /, **params: object) -> str:
        """The one error of a public call that must be refused."""
        return _error(self.public(method, **params))

    def serve(self, call: Call) -> Reply:
        """Answer a call as a world does: let time pass, commit what it did, then look up what the answer needs."""
        reply = self.kraken.serve(self.machine, call, self.machine.pass_time(self.clock.now_ns), self.real_ns)
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

    def market(self, symbol: str) -> Market:
        """A market by our symbol."""
        return self.machine.state.markets[symbol].market

    def units(self, code: str, amount: str) -> int:
        """An amount in the units of an asset."""
        return units(amount, self.machine.state.assets[code].scale)

    def fingerprint(self) -> str:
        """A hash of the whole world but for what every call spends, signed rightly: its key's nonce."""
        keys = self.machine.state.keys.values()
        spent = [(key, key.highest_nonce, key.recent_nonces, key.used_ns) for key in keys]
        for key in keys:
            key.highest_nonce, key.recent_nonces, key.used_ns = -1, [], 0
        found = self.machine.fingerprint()
        for key, highest, recent, used_ns in spent:
            key.highest_nonce, key.recent_nonces, key.used_ns = highest, recent, used_ns
        return found

    def next_nonce(self) -> int:
        """Ever higher."""
        self._nonce += 1
        return self._nonce


def units(amount: str, scale: int) -> int:
    """A decimal that must fit the scale, as units."""
    parsed = parse_units(amount, scale)
    assert parsed is not None, amount
    return parsed


def only(events: Sequence[object], kind: type[Kind]) -> Kind:
    """The one event of that kind."""
    (event,) = (event for event in events if isinstance(event, kind))
    return event


def envelope(body: bytes) -> dict[str, Any]:
    """A JSON answer; objects keep the order of their keys."""
    return msgspec.json.decode(body, type=dict[str, Any])


def _flat(params: dict[str, object]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in params.items() if value is not None]


def _result(answer: dict[str, Any]) -> Any:
    assert answer["error"] == [], answer["error"]
    return answer["result"]


def _error(answer: dict[str, Any]) -> str:
    assert "result" not in answer, answer
    (error,) = answer["error"]
    return str(error)
