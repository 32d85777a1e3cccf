"""Calls over HTTP: each kind between two runs of the limit, so that a busy machine slows both."""

from array import array
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import harmonic_mean, median
from typing import Final

from msgspec import Struct

from bench import processes
from bench.bare import Bare
from bench.databases import Database
from bench.exchange import Exchange, Requests, Size
from bench.load import Load, Plan
from bench.processes import Process
from bench.report import Budget, WireRow
from bench.signing import Keyed, Signer


class Subject(Struct, frozen=True):
    """A kind of call."""

    name: str
    requests: Callable[[Exchange, int], Requests]
    learn: Callable[[Exchange, Load], None] | None = None
    """What to do with the answers, which are kept for it."""
    min_ratio: float | None = None
    max_p99_ms: float | None = None
    one_in: int = 1
    """Of so many calls only one is made, where they take long."""


SUBJECTS: Final = (
    Subject("AddOrder, all trade", Exchange.crossing, Exchange.keep_entries),
    Subject("AddOrder, one in four trades", Exchange.mixed, Exchange.clear, 0.16, 10),
    Subject("AddOrder, none trades", Exchange.resting, Exchange.keep_orders, 0.22, 10),
    Subject("CancelOrder", Exchange.canceling),
    Subject("Balance", Exchange.balance, None, 0.4),
    Subject("QueryLedgers, 1 id", Exchange.one_entry),
    Subject("QueryLedgers, 20 ids", Exchange.twenty_entries, min_ratio=0.08, one_in=3),
    Subject("Ledgers, page of 50", Exchange.pages, min_ratio=0.08, one_in=3),
)
"""In this order: each lives on what the ones before it left.

The budget of AddOrder is held against orders of which none or every fourth trades. Where all do, each makes two fills,
five ledger entries and two changed orders durable; how far that falls short is shown, and no budget is claimed for it.
What QueryLedgers and Ledgers are held against is not reached yet.
"""

LIMIT: Final = "the bare limit: a signed echo"
LONE: Final = "AddOrder, none trades"


class _Run(Struct, frozen=True):
    """What one run of a plan came to; processor time and commits are per call."""

    load: Load
    server_us: float | None = None
    database_us: float | None = None
    calls_per_commit: float | None = None

    @property
    def per_second(self) -> float:
        return self.load.answered * 1e9 / self.load.nanoseconds


class _Tally:
    """The runs of one row."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._ratios: list[float] = []
        self._latencies = array("q")

    @property
    def per_second(self) -> float:
        return median(run.per_second for run in self._runs)

    def add(self, run: _Run, limit: float | None = None) -> None:
        """One more; calls a second of the limit at that time, where they are compared."""
        self._runs.append(run)
        self._latencies.frombytes(run.load.latencies_ns)
        if limit is not None:
            self._ratios.append(run.per_second / limit)

    def row(
        self, name: str, connections: int, subject: Subject | None = None, per_bare: float | None = None
    ) -> WireRow:
        """The medians of the runs, and the latencies of all of them."""
        ordered, runs = sorted(self._latencies), self._runs
        p50, p99, p999 = (percentile_ms(ordered, part) for part in (0.5, 0.99, 0.999))
        ratio = _median(self._ratios)
        return WireRow(
            name, connections, self.per_second, p50, p99, p999, ratio,
            _median([run.server_us for run in runs]),
            median(run.load.busy_nanoseconds / run.load.nanoseconds for run in runs),
            [] if subject is None else _budgets(subject, ratio, p99),
            per_bare,
            _median([run.calls_per_commit for run in runs]),
            _median([run.database_us for run in runs]),
        )  # fmt: skip


def _median(values: list[float] | list[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _budgets(subject: Subject, ratio: float | None, p99_ms: float) -> list[Budget]:
    budgets = []
    if subject.min_ratio is not None and ratio is not None:
        budgets.append(Budget(f"≥ {subject.min_ratio} of it", ratio >= subject.min_ratio))
    if subject.max_p99_ms is not None:
        budgets.append(Budget(f"p99 ≤ {subject.max_p99_ms:g} ms", p99_ms <= subject.max_p99_ms))
    return budgets


def percentile_ms(ordered: list[int], part: float) -> float:
    """The value below which that part of ascending nanoseconds lies, in milliseconds."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] / 1e6


def measure(folder: Path, size: Size, say: Callable[[str], None], database: Database | None = None) -> list[WireRow]:
    """All rows over one store, a file unless a database is named. Raises `BenchError`."""
    url = database.url if database else None
    with ExitStack() as stack:
        server = stack.enter_context(processes.seatrial(folder, database=url))
        exchange = Exchange(server, size)
        echo = stack.enter_context(processes.limit(exchange.signers[0].keyed.secret))
        bare = stack.enter_context(Bare.of(database.url, size.connections)) if database else None
        course = _Course(exchange, echo, bare, database.process if database else None)
        for number in range(size.rounds):
            course.go_round(number, say)
        return course.rows()


class _Course:
    """Everything that is run once a round, over one store."""

    def __init__(self, exchange: Exchange, echo: Process, bare: Bare | None, database: Process | None) -> None:
        self._exchange = exchange
        self._size = exchange.size
        self._server = exchange.server
        self._echo = echo
        self._echoes = _echoes(exchange.signers[0].keyed.secret, exchange.size)
        self._bare = bare
        self._database = database
        self._limit = _Tally()
        self._subjects = [(subject, _Tally()) for subject in SUBJECTS]
        self._lone = _Tally()
        self._single = _Tally()
        self._group = _Tally()

    def go_round(self, number: int, say: Callable[[str], None]) -> None:
        """Every kind of call once. The limit runs before and after each, and what is between is compared to both."""
        before = self._run_limit()
        for subject, tally in self._subjects:
            say(f"round {number + 1} of {self._size.rounds}: {subject.name}")
            run = self._run_subject(subject)
            after = self._run_limit()
            tally.add(run, harmonic_mean([before, after]))
            before = after
        self._lone.add(self._run(self._exchange.lone()))

    def rows(self) -> list[WireRow]:
        """What all rounds came to. Budgets are claimed for a file only."""
        connections = self._size.connections
        found = [self._limit.row(LIMIT, connections)]
        if self._bare is not None:
            rows = self._bare.rows
            found.append(self._single.row("bare: UPDATE of 1 row", 1))
            found.append(self._group.row(f"bare: UPDATE of {rows} rows", 1, None, self._per_bare(self._group, rows)))
        for subject, tally in self._subjects:
            claimed = subject if self._bare is None else None
            found.append(tally.row(subject.name, connections, claimed, self._per_bare(tally)))
        return [*found, self._lone.row(LONE, 1, None, self._per_bare(self._lone))]

    def _per_bare(self, tally: _Tally, rows: int = 1) -> float | None:
        """Calls, or rows, in the time of one bare transaction.

        Of medians: on a busy machine one connection waits for its turn each time, so a single run says little.
        """
        return None if self._bare is None else tally.per_second * rows / self._single.per_second

    def _run_limit(self) -> float:
        """Echoes a second; bare transactions run beside them."""
        if self._bare is not None:
            self._single.add(_Run(self._bare.single(self._size.bare_seconds)))
            self._group.add(_Run(self._bare.group(self._size.bare_seconds)))
        run = _run(self._echo, self._echoes)
        self._limit.add(run)
        return run.per_second

    def _run_subject(self, subject: Subject) -> _Run:
        calls = max(self._size.calls // subject.one_in, 1)
        run = self._run(subject.requests(self._exchange, calls), keep=subject.learn is not None)
        if subject.learn is not None:
            subject.learn(self._exchange, run.load)
        return run

    def _run(self, requests: Requests, *, keep: bool = False) -> _Run:
        before = self._bare.transactions() if self._bare else 0
        run = _run(self._server, requests, self._database, keep=keep)
        commits = self._bare.transactions() - before if self._bare else 0
        return _Run(run.load, run.server_us, run.database_us, sum(map(len, requests)) / commits if commits else None)


def _run(server: Process, requests: Requests, database: Process | None = None, *, keep: bool = False) -> _Run:
    """Carry a plan out, and see what processor time that took."""
    calls = sum(map(len, requests))
    measured = [server, *([database] if database else [])]
    before = [process.cpu_seconds() for process in measured]
    load = processes.generate(Plan(server.port, requests, calls // 10, keep))
    after = [process.cpu_seconds() for process in measured]
    taken = [
        None if began is None or ended is None else (ended - began) * 1e6 / calls
        for began, ended in zip(before, after, strict=True)
    ]
    return _Run(load, *taken)


def _echoes(secret: str, size: Size) -> Requests:
    signers = (Signer(Keyed(0, "any", secret)) for _ in range(size.connections))
    return [signer.calls("Balance", [""] * size.calls * 2) for signer in signers]
