"""`python -m bench`: everything in one run."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console

from bench import bare, candles, core, databases, ledger, pages, proofs, replay, report, sockets, starts, wire
from bench.databases import Database
from bench.exchange import Size
from bench.processes import BenchError
from bench.report import Calls, Figure


class Sizes(Struct, frozen=True):
    """How much of everything is measured."""

    wire: Size
    sockets: sockets.Sizes
    database_rounds: int
    core_commands: int
    starts: int
    worlds: int
    ledger_entries: int
    ledger_pages: int
    long_entries: int
    long_pages: int
    proven_rows: int
    candle_trades: int
    candle_rounds: int
    downloaded_trades: int
    replayed_trades: int
    idle_seconds: float


FULL = Sizes(
    wire=Size(rounds=5, connections=64, calls=150, lone_calls=500, bare_seconds=0.2),
    sockets=sockets.Sizes(Size(3, 16, 300, 0, 0), listeners=100, fills=500, sessions=1_000),
    database_rounds=3, core_commands=100_000, starts=5, worlds=20, ledger_entries=200_000, ledger_pages=500,
    long_entries=10_000_000, long_pages=500, proven_rows=1_000_000, candle_trades=10_000_000, candle_rounds=3,
    downloaded_trades=50_000, replayed_trades=100_000, idle_seconds=10,
)  # fmt: skip
QUICK = Sizes(
    wire=Size(rounds=1, connections=8, calls=10, lone_calls=10, bare_seconds=0.02),
    sockets=sockets.Sizes(Size(1, 2, 5, 0, 0), listeners=3, fills=5, sessions=10),
    database_rounds=1, core_commands=1_000, starts=1, worlds=2, ledger_entries=1_000, ledger_pages=10,
    long_entries=5_000, long_pages=10, proven_rows=10_000, candle_trades=20_000, candle_rounds=1,
    downloaded_trades=2_000, replayed_trades=1_000, idle_seconds=1,
)  # fmt: skip


def main() -> None:
    """Measure, print, and write JSON where asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Seatrial against its budgets.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--quick", action="store_true", help="a few calls of everything: only shows that it works")
    parser.add_argument("--dir", type=Path, default=Path(), help="whose disk is measured (default: this folder)")
    parser.add_argument("--entries", type=int, metavar="N", help="how long the ledger is that pages are taken from")
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else FULL
    sizes = replace(sizes, long_entries=arguments.entries or sizes.long_entries)
    try:
        found = _measure(sizes, arguments.dir)
    except BenchError as error:
        parser.exit(1, f"bench: {error}\n")
    report.show(found, Console(width=None if sys.stdout.isatty() else report.WIDTH))
    if arguments.json is not None:
        report.write(found, arguments.json)


def _measure(sizes: Sizes, where: Path) -> report.Report:
    """Everything, in a folder that is removed again."""
    status = Console(stderr=True).status("")
    found: list[Calls | Figure] = []
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=where) as name, status:
        for what, phase in _phases(Path(name).absolute(), sizes, status.update).items():
            status.update(what)
            began = perf_counter()
            found += phase()
            took[what] = perf_counter() - began
    notes = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in took.items())
    found.append(Figure("this bench", sum(took.values()), "s", notes))
    return report.Report(
        report.machine(),
        [calls for calls in found if isinstance(calls, Calls)],
        [figure for figure in found if isinstance(figure, Figure)],
    )


def _phases(
    folder: Path, sizes: Sizes, say: Callable[[str], None]
) -> dict[str, Callable[[], Sequence[Calls | Figure]]]:
    """What is measured, in this order."""
    remote = replace(sizes.wire, rounds=sizes.database_rounds)
    return {
        "calls, SQLite": lambda: [Calls("SQLite", wire.measure(folder / "wire", sizes.wire, say))],
        "calls, PostgreSQL": lambda: [on_postgresql(folder, remote, say)],
        "sockets": lambda: sockets.measure(folder / "sockets", sizes.sockets, say),
        "the core": lambda: core.measure(sizes.core_commands),
        "starts": lambda: starts.measure(folder, sizes.starts, sizes.worlds),
        "a long ledger": lambda: ledger.measure(folder, sizes.ledger_entries, sizes.ledger_pages),
        "pages": lambda: pages.measure(folder, sizes.long_entries, sizes.long_pages, say),
        "proofs": lambda: proofs.measure(folder / "proofs", sizes.proven_rows, say),
        "candles": lambda: candles.measure(folder, sizes.candle_trades, sizes.downloaded_trades, sizes.candle_rounds),
        "a tape": lambda: replay.measure(folder, sizes.replayed_trades, sizes.idle_seconds),
    }


def on_postgresql(folder: Path, size: Size, say: Callable[[str], None]) -> Calls:
    """The calls again on a PostgreSQL, where one can be had."""
    try:
        with databases.postgresql(folder) as database:
            rows = wire.measure(folder / "wire-postgresql", size, lambda what: say(f"PostgreSQL, {what}"), database)
            return Calls("PostgreSQL", rows, [database.about, *_cross_check(database, size)])
    except databases.NoPostgres as missing:
        return Calls("PostgreSQL", [], [str(missing)])


def _cross_check(database: Database, size: Size) -> list[str]:
    if database.pgbench is None:
        return []
    transactions = int(size.bare_seconds * 10_000)
    rate = bare.pgbench(database.pgbench, database.url, size.connections, transactions)
    return [f"pgbench itself makes {rate:,.0f} bare transactions of one row a second"]


if __name__ == "__main__":
    main()
