"""`python -m bench.endurance`: five hundred connections and two hundred accounts of both venues, for minutes.

Says throughput and latencies by kind of call, and whether memory stays where it was.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, chain
from pathlib import Path
from statistics import linear_regression
from typing import Final

import msgspec
from msgspec import Struct
from rich.bar import Bar
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench import databases, processes, report
from bench.processes import BenchError, Seatrial
from bench.report import Budget
from bench.traffic import Caller, Plan, Slice
from seatrial.client.control import Control
from seatrial.client.shapes import NewAccount, OpenedAccount

BALANCES: Final = {"USDT": "10000000", "BTC": "1000"}
KUCOINS: Final = 4
"""One in so many accounts is KuCoin's."""

MAX_GROWTH_MB: Final = 15.0
"""How much the memory of a server may grow per million calls and still count as flat.

That is room for how an allocator wanders. Anything kept of every call would be 40 MB at least: Python's smallest object
and the pointer to it.
"""
CACHE_MB: Final = 67.1
"""What SQLite keeps of its file in memory (`cache_size` in `store/sqlite.py`): until then both grow together."""
FEWEST_STRETCHES: Final = 4
"""In the second half of a run, for a line through them to say something."""
OWN: Final = "own"
BAR_WIDTH: Final = 40


class Stretch(Struct, frozen=True):
    """One slice of the run, and what the server held at its end."""

    calls: int
    calls_per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    resident_mb: float | None
    file_mb: float | None
    """How large the world's file was; None where it is kept elsewhere."""


class Kind(Struct, frozen=True):
    """One kind of call over the whole run."""

    name: str
    calls: int
    p50_ms: float
    p99_ms: float
    p999_ms: float


class Result(Struct, frozen=True):
    """One run."""

    machine: dict[str, str]
    store: str
    connections: int
    accounts: int
    calls_per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    refused: int
    broken: int
    books_balanced: bool
    growth_mb: float | None
    """Of memory per million calls, once the run has settled; None where that says nothing."""
    growth_budget: Budget | None
    kinds: list[Kind]
    stretches: list[Stretch]


def main() -> None:
    """Run it, print, and write JSON where asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench.endurance", description="Mixed traffic for minutes.")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--dir", type=Path, default=Path(), help="whose disk is measured (default: this folder)")
    parser.add_argument(
        "--database", metavar="URL", default=os.environ.get("SEATRIAL_DATABASE"), nargs="?", const=OWN,
        help="measure on PostgreSQL, in a schema that goes again; without URL: on one that is started for it",
    )  # fmt: skip
    parser.add_argument("serve", nargs="*", metavar="OPTION", help="after --: further options of seatrial serve")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=arguments.dir) as name:
            result = _run(Path(name).absolute(), arguments)
    except (BenchError, databases.NoPostgres) as error:
        parser.exit(1, f"bench: {error}\n")
    show(result, Console(width=None if sys.stdout.isatty() else report.WIDTH))
    if arguments.json is not None:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    grew = result.growth_budget is not None and not result.growth_budget.met
    sys.exit(1 if result.broken or grew or not result.books_balanced else 0)


def _run(folder: Path, wanted: argparse.Namespace) -> Result:
    seconds, slices, stretches = wanted.seconds, list[Slice](), list[Stretch]()
    with (
        _database(folder, wanted.database) as database,
        processes.seatrial(folder / "world", *wanted.serve, database=database) as server,
    ):
        callers = list(_callers(server, wanted.connections, wanted.accounts))
        for found in _traffic(Plan(server.port, seconds, min(10.0, seconds / 4), 1, callers)):
            slices.append(found)
            stretches.append(_stretch(found, server, folder / "world" / "world.sqlite3"))
        with Control(server.connection.control) as control:
            books = control.read_books()
    growth = growth_mb(stretches)
    times = sorted(chain.from_iterable(chain.from_iterable(one.latencies_us.values()) for one in slices))
    return Result(
        report.machine(), "PostgreSQL" if database else "SQLite", wanted.connections, wanted.accounts,
        len(times) / sum(one.seconds for one in slices), *_percentiles(times),
        sum(one.refused for one in slices), sum(one.broken for one in slices), books.balanced, growth,
        None if growth is None else Budget(f"≤ {MAX_GROWTH_MB:g} MB", growth <= MAX_GROWTH_MB),
        _kinds(slices), stretches,
    )  # fmt: skip


@contextmanager
def _database(folder: Path, wanted: str | None) -> Iterator[str | None]:
    """The URL of an empty schema there, for the world that is measured; None where it is kept in a file."""
    if wanted is None:
        yield None
    elif wanted == OWN:
        with databases.postgresql(folder) as database:
            yield database.url
    else:
        with databases.schema(wanted) as url:
            yield url


def growth_mb(stretches: list[Stretch]) -> float | None:
    """How much memory the server took per million calls: the least-squares line through the second half of a run.

    Later where SQLite's cache was not full by then. None where the system does not tell, or too little is left.
    """
    millions = accumulate(one.calls / 1e6 for one in stretches)
    points = [(calls, one.resident_mb) for calls, one in zip(millions, stretches, strict=True)]
    known = [(calls, held) for calls, held in points[_settled(stretches) :] if held is not None]
    if len(known) < FEWEST_STRETCHES:
        return None
    return linear_regression(*zip(*known, strict=True)).slope


def _settled(stretches: list[Stretch]) -> int:
    """The first stretch of those that count."""
    filling = sum(one.file_mb is not None and one.file_mb < CACHE_MB for one in stretches)
    return max(len(stretches) // 2, filling)


def _callers(server: Seatrial, connections: int, accounts: int) -> Iterator[Caller]:
    """A key of its own for each connection, the accounts taken in turns."""
    with Control(server.connection.control) as control:
        opened = [_open(control, number) for number in range(accounts)]
        for number in range(connections):
            account = opened[number % accounts]
            key = account if number < accounts else control.issue_key(account.id)
            yield Caller(account.venue, key.key, key.secret, key.passphrase or None)


def _open(control: Control, number: int) -> OpenedAccount:
    venue = "kucoin" if number % KUCOINS == 0 else "kraken"
    return control.open_account(NewAccount(f"client {number}", venue, BALANCES, rate_limits=False))


def _traffic(plan: Plan) -> Iterator[Slice]:
    """Each slice as it ends, with a bar for who waits."""
    command = [sys.executable, "-m", "bench.traffic"]
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=Console(stderr=True))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process, bar:  # noqa: S603  our own
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.flush()
        task = bar.add_task("traffic", total=plan.seconds)
        for line in process.stdout:
            found = msgspec.json.decode(line, type=Slice)
            bar.advance(task, found.seconds)
            yield found
    if process.returncode:
        raise BenchError("the traffic broke off")


def _stretch(one: Slice, server: Seatrial, file: Path) -> Stretch:
    times = sorted(chain.from_iterable(one.latencies_us.values()))
    held = server.resident_bytes()
    return Stretch(
        len(times), len(times) / one.seconds, *_percentiles(times),
        None if held is None else held / 1e6, file.stat().st_size / 1e6 if file.exists() else None,
    )  # fmt: skip


def _kinds(slices: list[Slice]) -> list[Kind]:
    by_kind: dict[str, list[int]] = defaultdict(list)
    for one in slices:
        for kind, times in one.latencies_us.items():
            by_kind[kind] += times
    return [Kind(kind, len(times), *_percentiles(sorted(times))) for kind, times in sorted(by_kind.items())]


def _percentiles(times_us: list[int]) -> tuple[float, float, float]:
    """Median, 99 and 99.9 of a hundred, in milliseconds."""
    if not times_us:
        return 0.0, 0.0, 0.0
    p50, p99, p999 = (times_us[min(int(len(times_us) * part), len(times_us) - 1)] / 1e3 for part in (0.5, 0.99, 0.999))
    return p50, p99, p999


def show(result: Result, console: Console) -> None:
    """As tables."""
    console.print(" · ".join(f"{name} {value}" for name, value in result.machine.items()), style="dim")
    title = f"{result.connections} connections, {result.accounts} accounts, durable on {result.store}"
    kinds = Table("kind", "calls", "calls/s", "p50 ms", "p99 ms", "p99.9 ms", title=title, title_justify="left")
    calls = sum(kind.calls for kind in result.kinds)
    whole = Kind("all", calls, result.p50_ms, result.p99_ms, result.p999_ms)
    for kind in [*result.kinds, whole]:
        per_second = f"{kind.calls * result.calls_per_second / calls:,.0f}"
        kinds.add_row(kind.name, f"{kind.calls:,}", per_second, *_shown(kind))
    console.print(kinds)
    console.print(_over_time(result.stretches))
    balanced = "balanced" if result.books_balanced else "NOT BALANCED"
    console.print(f"refused {result.refused:,} · broken {result.broken:,} · the books are {balanced}")
    console.print(f"memory: {_verdict(result)}")


def _over_time(stretches: list[Stretch]) -> Table:
    """A row per slice of the run; the bars are memory, from nothing to its most."""
    table = Table("calls/s", "p50 ms", "p99 ms", "p99.9 ms", "file MB", "memory MB", "", title="Over time",
                  title_justify="left")  # fmt: skip
    maximum = max((one.resident_mb or 0 for one in stretches), default=0)
    for one in stretches:
        held = one.resident_mb or 0
        sizes = ("" if size is None else f"{size:.1f}" for size in (one.file_mb, one.resident_mb))
        table.add_row(f"{one.calls_per_second:,.0f}", *_shown(one), *sizes, Bar(maximum, 0, held, width=BAR_WIDTH))
    return table


def _shown(times: Kind | Stretch) -> tuple[str, str, str]:
    return f"{times.p50_ms:.1f}", f"{times.p99_ms:.1f}", f"{times.p999_ms:.1f}"


def _verdict(result: Result) -> str:
    if result.growth_mb is None or result.growth_budget is None:
        return "the system does not tell" if result.stretches[-1].resident_mb is None else "too short a run to say"
    flat = "[green]flat[/]" if result.growth_budget.met else "[red]NOT FLAT[/]"
    per_million = f"{result.growth_mb:+.1f} MB per million calls once settled"
    return f"{flat}, {per_million} ({result.growth_budget.says})"


if __name__ == "__main__":
    main()
