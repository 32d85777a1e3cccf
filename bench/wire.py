"""Calls over HTTP: every kind in turns with the limit, so that a busy machine slows both."""

from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, cycle, islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct

from bench import processes
from bench.load import Load, Plan
from bench.processes import Process, Seatrial
from bench.report import Budget, WireRow
from bench.signing import Keyed, Signer

Requests = list[list[bytes]]

ACCOUNTS: Final = 8
BALANCES: Final = {"USD": "100000000", "BTC": "10000", "EUR": "1000", "ETH": "1000", "DOGE": "1000", "ETH2.S": "5"}
PAGE: Final = 50
MOST_IDS: Final = 20
PAIR: Final = "XBTUSD"
CROSSING_PRICE: Final = 50_000
RESTING_PRICES: Final = range(10_000, 40_000, 10)


class Size(Struct, frozen=True):
    """How much is sent."""

    rounds: int
    connections: int
    calls: int
    """Of each connection in a round."""
    lone_calls: int
    """Of the one connection whose latency is measured."""


class Exchange:
    """What the calls are made from: accounts, a key per connection, open orders, ledger entries."""

    def __init__(self, server: Seatrial, size: Size) -> None:
        self.server = server
        self.size = size
        with httpx.Client(base_url=f"{server.connection.control}/", trust_env=False) as control:
            accounts = [self._open(control, f"bench {number}") for number in range(ACCOUNTS)]
            self.signers = [
                Signer(self._key(control, accounts[number % ACCOUNTS])) for number in range(size.connections)
            ]
            self._maker = Signer(self._open(control, "bench maker"))
        self._placed: list[list[str]] = []
        self._entries: dict[int, list[str]] = {}

    def resting(self) -> Requests:
        """Orders that nothing crosses, over many prices."""
        prices = cycle(RESTING_PRICES)
        return self._each("AddOrder", lambda _: (_limit("buy", next(prices)) for _ in range(self.size.calls)))

    def lone(self) -> Requests:
        """The same on one connection."""
        prices = islice(cycle(RESTING_PRICES), self.size.lone_calls)
        return [self.signers[0].calls("AddOrder", (_limit("buy", price) for price in prices))]

    def crossing(self) -> Requests:
        """Orders that are filled at once, each by a part of one large order."""
        volume = len(self.signers) * self.size.calls
        self.ask(self._maker, ["AddOrder"], [_limit("sell", CROSSING_PRICE, f"{volume / 1000:.3f}")])
        return self._each("AddOrder", lambda _: (_limit("buy", CROSSING_PRICE) for _ in range(self.size.calls)))

    def canceling(self) -> Requests:
        """Every order that `keep_orders` kept."""
        return [
            signer.calls("CancelOrder", (f"txid={txid}" for txid in txids))
            for signer, txids in zip(self.signers, self._placed, strict=True)
        ]

    def balance(self) -> Requests:
        return self._each("Balance", lambda _: ("" for _ in range(self.size.calls)))

    def one_entry(self) -> Requests:
        return self._each("QueryLedgers", lambda signer: (f"id={name}" for name in self._names(signer)))

    def twenty_entries(self) -> Requests:
        def forms(signer: Signer) -> Iterator[str]:
            names = self._names(signer)
            return (f"id={'%2C'.join(islice(names, MOST_IDS))}" for _ in range(self.size.calls))

        return self._each("QueryLedgers", forms)

    def pages(self) -> Requests:
        """Pages of the ledger at offsets spread over all of it."""

        def forms(signer: Signer) -> Iterator[str]:
            entries = len(self._entries[signer.keyed.account_id])
            return (f"ofs={number * PAGE * 7 % entries}" for number in range(self.size.calls))

        return self._each("Ledgers", forms)

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
        names = self._entries[signer.keyed.account_id]
        return islice(cycle(names), self.size.calls * MOST_IDS)

    def _each(self, method: str, forms: Callable[[Signer], Iterator[str]]) -> Requests:
        return [signer.calls(method, islice(forms(signer), self.size.calls)) for signer in self.signers]

    def _open(self, control: httpx.Client, name: str) -> Keyed:
        body = {"name": name, "venue": "kraken", "balances": BALANCES, "rate_limits": False}
        opened = control.post("accounts", json=body).raise_for_status().json()
        return Keyed(opened["id"], opened["key"], opened["secret"])

    def _key(self, control: httpx.Client, account: Keyed) -> Keyed:
        issued = control.post(f"accounts/{account.account_id}/keys", json={}).raise_for_status().json()
        return Keyed(account.account_id, issued["key"], issued["secret"])


class Subject(Struct, frozen=True):
    """A kind of call."""

    name: str
    requests: Callable[[Exchange], Requests]
    learn: Callable[[Exchange, Load], None] | None = None
    """What to do with the answers, which are kept for it."""
    least_ratio: float | None = None
    most_p99_ms: float | None = None


SUBJECTS: Final = (
    Subject("AddOrder, crossing", Exchange.crossing, Exchange.keep_entries, 0.4, 25),
    Subject("AddOrder, resting", Exchange.resting, Exchange.keep_orders, 0.4, 25),
    Subject("CancelOrder", Exchange.canceling),
    Subject("Balance", Exchange.balance, None, 0.7),
    Subject("QueryLedgers, 1 id", Exchange.one_entry),
    Subject("QueryLedgers, 20 ids", Exchange.twenty_entries),
    Subject("Ledgers, page of 50", Exchange.pages),
)
"""In this order: each lives on what the ones before it left."""


class _Tally:
    """What the rounds of one subject came to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rates: list[float] = []
        self.ratios: list[float] = []
        self.server_us: list[float] = []
        self.busy: list[float] = []
        self.latencies = array("q")

    def add(self, load: Load, server_us: float | None, limit_rate: float | None = None) -> float:
        rate = load.answered * 1e9 / load.nanoseconds
        self.rates.append(rate)
        self.busy.append(load.busy_nanoseconds / load.nanoseconds)
        self.latencies.frombytes(load.latencies_ns)
        if server_us is not None:
            self.server_us.append(server_us)
        if limit_rate is not None:
            self.ratios.append(rate / limit_rate)
        return rate

    def row(self, connections: int, subject: Subject | None = None) -> WireRow:
        ordered = sorted(self.latencies)
        p50, p99, p999 = (percentile_ms(ordered, part) for part in (0.5, 0.99, 0.999))
        ratio = median(self.ratios) if self.ratios else None
        budgets = []
        if subject and subject.least_ratio is not None and ratio is not None:
            budgets.append(Budget(f"≥ {subject.least_ratio} of it", ratio >= subject.least_ratio))
        if subject and subject.most_p99_ms is not None:
            budgets.append(Budget(f"p99 ≤ {subject.most_p99_ms:g} ms", p99 <= subject.most_p99_ms))
        return WireRow(
            self.name, connections, median(self.rates), p50, p99, p999, ratio,
            median(self.server_us) if self.server_us else None, median(self.busy), budgets,
        )  # fmt: skip


def percentile_ms(ordered: list[int], part: float) -> float:
    """The value below which that part of ascending nanoseconds lies, in milliseconds."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] / 1e6


def measure(folder: Path, size: Size, say: Callable[[str], None]) -> list[WireRow]:
    """All rows. Raises `BenchError`."""
    limit, lone = _Tally("the limit: a signed echo"), _Tally("AddOrder, resting")
    tallies = {subject.name: _Tally(subject.name) for subject in SUBJECTS}
    with ExitStack() as stack:
        server = stack.enter_context(processes.seatrial(folder / "wire"))
        exchange = Exchange(server, size)
        secret = exchange.signers[0].keyed.secret
        echo = stack.enter_context(processes.limit(secret))
        for number in range(size.rounds):
            for subject in SUBJECTS:
                say(f"round {number + 1} of {size.rounds}: {subject.name}")
                limit_rate = limit.add(*_run(echo, _echoes(secret, size)))
                load, server_us = _run(server, subject.requests(exchange), keep=subject.learn is not None)
                tallies[subject.name].add(load, server_us, limit_rate)
                if subject.learn is not None:
                    subject.learn(exchange, load)
            lone.add(*_run(server, exchange.lone()))
    rows = [tallies[subject.name].row(size.connections, subject) for subject in SUBJECTS]
    return [limit.row(size.connections), *rows, lone.row(1)]


def _run(process: Process, requests: Requests, *, keep: bool = False) -> tuple[Load, float | None]:
    """Carry a plan out; what came back, and the server's processor time per call in microseconds."""
    calls = sum(map(len, requests))
    before = process.cpu_seconds()
    load = processes.generate(Plan(process.port, requests, calls // 10, keep))
    after = process.cpu_seconds()
    return load, None if before is None or after is None else (after - before) * 1e6 / calls


def _echoes(secret: str, size: Size) -> Requests:
    signers = (Signer(Keyed(0, "any", secret)) for _ in range(size.connections))
    return [signer.calls("Balance", [""] * size.calls * 2) for signer in signers]


def _limit(side: str, price: int, volume: str = "0.001") -> str:
    return f"pair={PAIR}&type={side}&ordertype=limit&price={price}&volume={volume}"


def _result(body: bytes) -> Any:  # noqa: ANN401  JSON
    return msgspec.json.decode(body)["result"]
