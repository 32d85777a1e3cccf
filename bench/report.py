"""What was measured, as a table for people and as JSON for programs."""

import os
import platform
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

WIDTH: Final = 150
"""Of the tables where no terminal says its own."""


class Budget(Struct, frozen=True):
    """What DESIGN asks for, and whether it was reached."""

    says: str
    met: bool


class WireRow(Struct, frozen=True):
    """One kind of call over HTTP."""

    name: str
    connections: int
    per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    ratio: float | None
    """To the bare limit, which was measured before and after it."""
    server_us: float | None
    """Processor time of the server per call; None where the system does not tell."""
    generator_busy: float
    """The part of the time that the load generator worked: near 1, it was the bottleneck."""
    budgets: list[Budget] = []
    per_bare: float | None = None
    """Calls in the time of one bare durable transaction of the database; of a bare one, rows."""
    per_commit: float | None = None
    """Calls that shared a transaction."""
    database_us: float | None = None
    """Processor time of the database's server per call."""


class Calls(Struct, frozen=True):
    """All kinds of call over one store."""

    store: str
    rows: list[WireRow]
    notes: list[str] = []
    """What the store was, or why there are no rows."""


class Figure(Struct, frozen=True):
    """Anything else."""

    name: str
    value: float
    unit: str
    notes: str = ""
    budgets: list[Budget] = []


class Report(Struct, frozen=True):
    """One run."""

    machine: dict[str, str]
    wire: list[Calls]
    figures: list[Figure]


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    return {
        "processors": f"{os.cpu_count()} of {platform.processor() or platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "httptools": version("httptools"),
        "uvloop": version("uvloop"),
    }


def write(report: Report, path: Path) -> None:
    """As JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def show(report: Report, console: Console) -> None:
    """As tables."""
    console.print(" · ".join(f"{name} {value}" for name, value in report.machine.items()), style="dim")
    for calls in report.wire:
        _show_calls(calls, console)
    console.print(_figure_table(report.figures))


def _show_calls(calls: Calls, console: Console) -> None:
    if calls.rows:
        console.print(_wire_table(calls))
    else:
        console.print(f"Calls, durable on {calls.store}: not measured", style="yellow")
    for note in calls.notes:
        console.print(f"{calls.store}: {note}", style="dim")


def _wire_table(calls: Calls) -> Table:
    """Without the columns that have nothing in them."""
    table = Table("over HTTP", title=f"Calls, durable on {calls.store}", title_justify="left")
    columns = {heading: [show(row) for row in calls.rows] for heading, show in _COLUMNS.items()}
    told = {heading: cells for heading, cells in columns.items() if any(cells)}
    for heading in told:
        table.add_column(heading, justify="left" if heading == "budget" else "right", no_wrap=True)
    for row, *cells in zip(calls.rows, *told.values(), strict=True):
        table.add_row(row.name, *cells)
    return table


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _figure_table(figures: list[Figure]) -> Table:
    table = Table("else", title="The rest", title_justify="left")
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("budget", no_wrap=True)
    table.add_column("notes")
    for figure in figures:
        measured = f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:.2f}"  # noqa: PLR2004  odds, and sizes that mean nothing else
        table.add_row(figure.name, f"{measured} {figure.unit}", _verdicts(figure.budgets), figure.notes)
    return table


def _verdicts(budgets: list[Budget]) -> str:
    verdicts = {True: "[green]met[/]", False: "[red]missed[/]"}
    return ", ".join(f"{budget.says} {verdicts[budget.met]}" for budget in budgets)


_COLUMNS: Final[dict[str, Callable[[WireRow], str]]] = {
    "conns": lambda row: str(row.connections),
    "calls/s": lambda row: f"{row.per_second:,.0f}",
    "p50 ms": lambda row: _number(row.p50_ms),
    "p99 ms": lambda row: _number(row.p99_ms),
    "p99.9 ms": lambda row: _number(row.p999_ms),
    "of limit": lambda row: _number(row.ratio),
    "per bare": lambda row: _number(row.per_bare),
    "per commit": lambda row: _number(row.per_commit, 1),
    "µs/call": lambda row: _number(row.server_us, 1),
    "database µs": lambda row: _number(row.database_us, 1),
    "load busy": lambda row: f"{row.generator_busy:.0%}",
    "budget": lambda row: _verdicts(row.budgets),
}
