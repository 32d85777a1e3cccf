"""What a long ledger costs the server: memory, time to start, and pages of it at any offset."""

from array import array
from pathlib import Path
from time import perf_counter
from typing import Final

from msgspec import Struct

from bench import processes
from bench.load import Plan
from bench.report import Budget, Figure
from bench.signing import Keyed, Signer
from bench.wire import percentile_ms
from seatrial.catalogue import load
from seatrial.core.assets import Assets
from seatrial.core.commands import Command, PlaceOrder
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.dialects.kraken.dialect import Kraken
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.server.opening import account_command, key_command
from seatrial.store.store import open_store
from seatrial.world.clock import Clock

SEED: Final = 1
MARKET: Final = "BTC/USD"
PRICE_TICKS: Final = 500_000
LOTS: Final = 100_000
BALANCES: Final = {"USD": "1000000000", "BTC": "1000000"}
SPREAD_NS: Final = 30 * 86_400 * 10**9
"""Over which the entries lie: an account's last month."""
POSTINGS_PER_TRADE: Final = 5
TOGETHER: Final = 2_000
"""How many trades share a commit while the history is made."""
MEGA: Final = 10**6


class _Started(Struct, frozen=True):
    seconds: float
    resident: int | None
    head: list[int]
    anywhere: list[int]
    """Latencies of pages at the head of the ledger, and at offsets over all of it."""


def measure(folder: Path, entries: int, pages: int) -> list[Figure]:
    """A server without history beside one with that many entries."""
    bare = _start(folder / "bare", write_history(folder / "bare", 0), 0, pages)
    keyed = write_history(folder / "long", entries)
    long = _start(folder / "long", keyed, entries, pages)
    disk = sum(file.stat().st_size for file in (folder / "long").glob("world.sqlite3*"))
    count = f"{entries:,} entries"
    found = [
        Figure("start to first answer with a long ledger", long.seconds, "s", f"{count}; {bare.seconds:.2f} s without"),
        _page("page of a long ledger, p99 near the head", long.head, 10, count),
        _page("page of a long ledger, p99 at any offset", long.anywhere, 50, count),
        Figure("file per million ledger entries", disk / entries, "MB", "with their orders, fills and trades"),
    ]
    if bare.resident is None or long.resident is None:
        return found
    per_million = (long.resident - bare.resident) / entries
    notes = f"{count}; {bare.resident / MEGA:.0f} MB resident without, {long.resident / MEGA:.0f} MB with"
    return [Figure("memory per million ledger entries", per_million, "MB", notes), *found]


def _page(name: str, latencies: list[int], max_ms: float, notes: str) -> Figure:
    p99 = percentile_ms(sorted(latencies), 0.99)
    return Figure(name, p99, "ms", notes, [Budget(f"≤ {max_ms:g} ms", p99 <= max_ms)])


def _start(data: Path, keyed: Keyed, entries: int, pages: int) -> _Started:
    """Start a server there and ask it for pages of the key's ledger."""
    signer = Signer(keyed)
    own = max(entries * 2 // POSTINGS_PER_TRADE - 50, 1)
    began = perf_counter()
    with processes.seatrial(data) as server:
        _ask(server, signer, [0])
        seconds = perf_counter() - began
        head = _ask(server, signer, [number % 10 * 50 for number in range(pages)])
        anywhere = _ask(server, signer, [number * own // pages for number in range(pages)])
        return _Started(seconds, server.resident_bytes(), head, anywhere)


def _ask(server: processes.Seatrial, signer: Signer, offsets: list[int]) -> list[int]:
    """Latencies of the pages at these offsets."""
    requests = signer.calls("Ledgers", (f"ofs={offset}" for offset in offsets))
    return list(array("q", processes.generate(Plan(server.port, [requests])).latencies_ns))


def write_history(data: Path, entries: int) -> Keyed:
    """A world whose taker bought in small trades, over a month, until there were that many entries; the taker's key."""
    data.mkdir(parents=True)
    catalogue, clock = load(), Clock()
    machine = Machine(State(SEED, Assets(catalogue.assets), catalogue.markets, catalogue.methods))
    kraken, store = Kraken(SEED, Symbols(catalogue)), open_store(data / "world.sqlite3")
    trades = entries // POSTINGS_PER_TRADE
    at_ns = clock.now_ns() - SPREAD_NS

    def apply(command: Command) -> None:
        outcome = machine.apply(command, at_ns)
        assert not isinstance(outcome, Reject), outcome

    def commit() -> None:
        store.commit(store.batch(machine.take_changes(), machine.state, clock.text()))

    store.begin_world(SEED, at_ns, clock.text())
    for name in ("maker", "taker"):
        apply(account_command(machine.state, kraken, "kraken", name, BALANCES, rate_limits=False))
    apply(key_command(machine.state, kraken, 2, "key"))
    commit()
    for number in range(trades):
        if number % TOGETHER == 0:
            commit()
            apply(_order(1, Side.SELL, LOTS * TOGETHER))
        at_ns += SPREAD_NS // trades
        apply(_order(2, Side.BUY, LOTS))
    commit()
    store.close()
    (key,) = machine.state.keys.values()
    return Keyed(2, key.public, key.secret)


def _order(account_id: int, side: Side, lots: int) -> PlaceOrder:
    return PlaceOrder(account_id, MARKET, side, OrderKind.LIMIT, PRICE_TICKS, lots)
