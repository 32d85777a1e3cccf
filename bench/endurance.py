"""`python -m bench.endurance`: five hundred connections and two hundred accounts of both venues, for minutes.

Says throughput and latencies by kind of call, and whether memory stays where it was.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import httpx
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench import processes, report
from bench.processes import BenchError, Seatrial
from bench.traffic import Caller, Plan, Slice

BALANCES: Final = {"USDT": "10000000", "BTC": "1000"}
KUCOINS: Final = 4
"""One in so many accounts is KuCoin's."""


class Stretch(Struct, frozen=True):
    """One slice of the run, and what the server held at its end."""

    calls_per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    resident_mb: float | None


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
    connections: int
    accounts: int
    calls_per_second: float
    refused: int
    broken: int
    books_balanced: bool
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
    parser.add_argument("serve", nargs="*", metavar="OPTION", help="after --: further options of seatrial serve")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=arguments.dir) as name:
            result = _run(
                Path(name).absolute(), arguments.seconds, arguments.connections, arguments.accounts, arguments.serve
            )
    except BenchError as error:
        parser.exit(1, f"bench: {error}\n")
    show(result, Console(width=None if sys.stdout.isatty() else report.WIDTH))
    if arguments.json is not None:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    sys.exit(0 if result.books_balanced and not result.broken else 1)


def _run(folder: Path, seconds: float, connections: int, accounts: int, options: list[str]) -> Result:
    with processes.seatrial(folder / "world", *options) as server:
        callers = list(_callers(server, connections, accounts))
        slices: list[Slice] = []
        memory: list[int | None] = []
        for found in _traffic(Plan(server.port, seconds, min(10.0, seconds / 4), 1, callers)):
            slices.append(found)
            memory.append(server.resident_bytes())
        books = httpx.get(f"{server.connection.control}/books", trust_env=False, timeout=60).raise_for_status().json()
    total = sum(len(times) for one in slices for times in one.latencies_us.values())
    return Result(
        report.machine(), connections, accounts, total / sum(one.seconds for one in slices),
        sum(one.refused for one in slices), sum(one.broken for one in slices), books["balanced"], _kinds(slices),
        [_stretch(one, held) for one, held in zip(slices, memory, strict=True)],
    )  # fmt: skip


def _callers(server: Seatrial, connections: int, accounts: int) -> Iterator[Caller]:
    """A key of its own for each connection, the accounts taken in turns."""
    with httpx.Client(base_url=f"{server.connection.control}/", trust_env=False, timeout=60) as control:
        opened = [_open(control, number) for number in range(accounts)]
        for number in range(connections):
            account = opened[number % accounts]
            key = account if number < accounts else _post(control, f"accounts/{account['id']}/keys", {})
            yield Caller(account["venue"], key["key"], key["secret"], key.get("passphrase"))


def _open(control: httpx.Client, number: int) -> dict[str, str]:
    venue = "kucoin" if number % KUCOINS == 0 else "kraken"
    body = {"name": f"client {number}", "venue": venue, "balances": BALANCES, "rate_limits": False}
    return _post(control, "accounts", body)


def _post(control: httpx.Client, path: str, body: dict[str, object]) -> dict[str, str]:
    answered: dict[str, str] = control.post(path, json=body).raise_for_status().json()
    return answered


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


def _stretch(one: Slice, resident: int | None) -> Stretch:
    times = sorted(chain.from_iterable(one.latencies_us.values()))
    megabytes = None if resident is None else resident / 1e6
    return Stretch(len(times) / one.seconds, *_percentiles(times), megabytes)


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
    title = f"{result.connections} connections, {result.accounts} accounts: {result.calls_per_second:,.0f} calls/s"
    kinds = Table("kind", "calls", "p50 ms", "p99 ms", "p99.9 ms", title=title, title_justify="left")
    for kind in result.kinds:
        kinds.add_row(kind.name, f"{kind.calls:,}", f"{kind.p50_ms:.1f}", f"{kind.p99_ms:.1f}", f"{kind.p999_ms:.1f}")
    console.print(kinds)
    stretches = Table("calls/s", "p50 ms", "p99 ms", "p99.9 ms", "resident MB", title="Over time", title_justify="left")
    for one in result.stretches:
        held = "" if one.resident_mb is None else f"{one.resident_mb:.0f}"
        stretches.add_row(
            f"{one.calls_per_second:,.0f}", f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.p999_ms:.1f}", held
        )
    console.print(stretches)
    balanced = "balanced" if result.books_balanced else "NOT BALANCED"
    console.print(f"refused {result.refused:,} · broken {result.broken:,} · the books are {balanced}")


if __name__ == "__main__":
    main()
