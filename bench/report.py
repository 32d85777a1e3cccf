"""What was measured, as a table for people and as JSON for programs."""

import os
import platform
import sqlite3
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
    """To the limit, which was measured in turns with it."""
    server_us: float | None
    """Processor time of the server per call; None where the system does not tell."""
    generator_busy: float
    """The part of the time that the load generator worked: near 1, it was the bottleneck."""
    budgets: list[Budget] = []


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
    wire: list[WireRow]
    figures: list[Figure]


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    return {
        "processors": f"{os.cpu_count()} of {platform.processor() or platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "uvicorn": version("uvicorn"),
        "uvloop": version("uvloop"),
    }


def write(report: Report, path: Path) -> None:
    """As JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def show(report: Report, console: Console) -> None:
    """As tables."""
    console.print(" · ".join(f"{name} {value}" for name, value in report.machine.items()), style="dim")
    console.print(_wire_table(report.wire))
    console.print(_figure_table(report.figures))


def _wire_table(rows: list[WireRow]) -> Table:
    table = Table("over HTTP", title="Calls, durable on SQLite", title_justify="left")
    for heading in ("conns", "calls/s", "p50 ms", "p99 ms", "p99.9 ms", "of limit", "µs/call", "load busy"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("budget", no_wrap=True)
    for row in rows:
        table.add_row(
            row.name, str(row.connections), f"{row.per_second:,.0f}",
            f"{row.p50_ms:.2f}", f"{row.p99_ms:.2f}", f"{row.p999_ms:.2f}",
            "" if row.ratio is None else f"{row.ratio:.2f}", "" if row.server_us is None else f"{row.server_us:.1f}",
            f"{row.generator_busy:.0%}", _verdicts(row.budgets),
        )  # fmt: skip
    return table


def _figure_table(figures: list[Figure]) -> Table:
    table = Table("else", title="The rest", title_justify="left")
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("budget", no_wrap=True)
    table.add_column("notes")
    for figure in figures:
        measured = f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:.2f}"  # noqa: PLR2004
        table.add_row(figure.name, f"{measured} {figure.unit}", _verdicts(figure.budgets), figure.notes)
    return table


def _verdicts(budgets: list[Budget]) -> str:
    verdicts = {True: "[green]met[/]", False: "[red]missed[/]"}
    return ", ".join(f"{budget.says} {verdicts[budget.met]}" for budget in budgets)
