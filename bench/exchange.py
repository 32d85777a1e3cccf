"""What calls over HTTP are made from: accounts, a key per connection, open orders, ledger entries."""

from collections.abc import Callable, Iterator
from itertools import chain, cycle, islice
from typing import Any, Final

import msgspec
from msgspec import Struct

from bench import processes
from bench.load import Load, Plan
from bench.processes import Seatrial
from bench.signing import Keyed, Signer
from seatrial.client.control import Control
from seatrial.client.shapes import NewAccount

Requests = list[list[bytes]]

ACCOUNTS: Final = 8
BALANCES: Final = {"USD": "100000000", "BTC": "10000", "EUR": "1000", "ETH": "1000", "DOGE": "1000", "ETH2.S": "5"}
PAGE: Final = 50
MAX_IDS: Final = 20
PAIR: Final = "XBTUSD"
CROSSING_PRICE: Final = 50_000
MIXED_ONE_IN: Final = 4
RESTING_PRICES: Final = range(10_000, 40_000, 10)
BEST_PRICES: Final = range(40_000, 40_080, 10)


class Size(Struct, frozen=True):
    """How much is sent."""

    rounds: int
    connections: int
    calls: int
    """Of each connection in a round."""
    lone_calls: int
    """Of the one connection whose latency is measured."""
    bare_seconds: float
    """For each of the bare transactions of a database."""


class Exchange:
    """Makes requests that a server answers well; `calls` are those of each connection."""

    def __init__(self, server: Seatrial, size: Size) -> None:
        self.server = server
        self.size = size
        with Control(server.connection.control) as control:
            accounts = [self._open(control, f"bench {number}") for number in range(ACCOUNTS)]
            self.signers = [
                Signer(self._key(control, accounts[number % ACCOUNTS])) for number in range(size.connections)
            ]
            self._maker = Signer(self._open(control, "bench maker"))
        self._placed: list[list[str]] = []
        self._entries: dict[int, list[str]] = {}

    def resting(self, calls: int) -> Requests:
        """Orders that nothing crosses, over many prices."""
        prices = cycle(RESTING_PRICES)
        return self._each("AddOrder", lambda _: (_limit("buy", next(prices)) for _ in range(calls)))

    def lone(self) -> Requests:
        """The same on one connection."""
        prices = islice(cycle(RESTING_PRICES), self.size.lone_calls)
        return [self.signers[0].calls("AddOrder", (_limit("buy", price) for price in prices))]

    def crossing(self, calls: int) -> Requests:
        """Orders that are filled at once, each by a part of one large order."""
        return self._trading(calls, 1)

    def mixed(self, calls: int) -> Requests:
        """Every fourth is filled at once, the others rest: still more trades than a real venue's orders come to.

        Connections take turns, so that at any time a quarter of the calls trades, not all of them and then none.
        """
        return self._trading(calls, MIXED_ONE_IN)

    def best(self, calls: int) -> Requests:
        """Orders that nothing crosses, each of which changes one of the best prices."""
        prices = cycle(BEST_PRICES)
        return self._each("AddOrder", lambda _: (_limit("buy", next(prices)) for _ in range(calls)))

    def offer(self, trades: int) -> None:
        """Somebody offers what so many orders buy."""
        self.ask(self._maker, ["AddOrder"], [_limit("sell", CROSSING_PRICE, f"{trades / 1000:.3f}")])

    def token(self, number: int) -> str:
        """What opens a connection's private WebSocket."""
        (answer,) = self.ask(self.signers[number], ["GetWebSocketsToken"], [""])
        token: str = _result(answer)["token"]
        return token

    def _trading(self, calls: int, one_in: int) -> Requests:
        resting = cycle(RESTING_PRICES)
        self.offer(len(self.signers) * -(-calls // one_in))

        def forms(turn: int) -> Iterator[str]:
            numbers = range(turn, turn + calls)
            return (_limit("buy", next(resting) if number % one_in else CROSSING_PRICE) for number in numbers)

        return [signer.calls("AddOrder", forms(turn)) for turn, signer in enumerate(self.signers)]

    def canceling(self, _calls: int) -> Requests:
        """One for every order that `keep_orders` kept."""
        return [
            signer.calls("CancelOrder", (f"txid={txid}" for txid in txids))
            for signer, txids in zip(self.signers, self._placed, strict=True)
        ]

    def balance(self, calls: int) -> Requests:
        return self._each("Balance", lambda _: ("" for _ in range(calls)))

    def one_entry(self, calls: int) -> Requests:
        return self._each("QueryLedgers", lambda signer: (f"id={name}" for name in islice(self._names(signer), calls)))

    def twenty_entries(self, calls: int) -> Requests:
        def forms(signer: Signer) -> Iterator[str]:
            names = self._names(signer)
            return (f"id={'%2C'.join(islice(names, MAX_IDS))}" for _ in range(calls))

        return self._each("QueryLedgers", forms)

    def pages(self, calls: int) -> Requests:
        """Pages of the ledger at offsets spread over all of it."""

        def forms(signer: Signer) -> Iterator[str]:
            entries = len(self._entries[signer.keyed.account_id])
            return (f"ofs={number * PAGE * 7 % entries}" for number in range(calls))

        return self._each("Ledgers", forms)

    def clear(self, _load: Load | None = None) -> None:
        """Cancel every order that rests."""
        for signer in self.signers[:ACCOUNTS]:
            self.ask(signer, ["CancelAll"], [""])

    def keep_orders(self, load: Load) -> None:
        """Remember what was placed."""
        self._placed = [[_result(body)["txid"][0] for body in bodies] for bodies in load.bodies]

    def keep_entries(self, _load: Load) -> None:
        """Learn the ids of each account's newest ledger entries."""
        if self._entries:
            return
        for signer in self.signers[:ACCOUNTS]:
            offsets = [f"ofs={offset}" for offset in range(0, 20 * PAGE, PAGE)]
            pages = self.ask(signer, ["Ledgers"] * len(offsets), offsets)
            names = chain.from_iterable(_result(page)["ledger"] for page in pages)
            self._entries[signer.keyed.account_id] = list(names)

    def ask(self, signer: Signer, methods: list[str], forms: list[str]) -> list[bytes]:
        """The answers to some calls, one after the other."""
        requests = [signer.call(method, form) for method, form in zip(methods, forms, strict=True)]
        return processes.generate(Plan(self.server.port, [requests], keep=True)).bodies[0]

    def _names(self, signer: Signer) -> Iterator[str]:
        """All that are known, over and over."""
        return cycle(self._entries[signer.keyed.account_id])

    def _each(self, method: str, forms: Callable[[Signer], Iterator[str]]) -> Requests:
        return [signer.calls(method, forms(signer)) for signer in self.signers]

    def _open(self, control: Control, name: str) -> Keyed:
        opened = control.open_account(NewAccount(name, "kraken", BALANCES, rate_limits=False))
        return Keyed(opened.id, opened.key, opened.secret)

    def _key(self, control: Control, account: Keyed) -> Keyed:
        issued = control.issue_key(account.account_id)
        return Keyed(account.account_id, issued.key, issued.secret)


def _limit(side: str, price: int, volume: str = "0.001") -> str:
    return f"pair={PAIR}&type={side}&ordertype=limit&price={price}&volume={volume}"


def _result(body: bytes) -> Any:  # noqa: ANN401  JSON
    return msgspec.json.decode(body)["result"]
