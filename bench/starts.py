"""How long until something answers: a server on a new and on an existing folder, a world in memory."""

import asyncio
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import httpx

from bench import processes
from bench.report import Budget, Figure
from seatrial.server.worlds import Settings, open_world

MAX_START_SECONDS: Final = 1.0
MAX_WORLD_MS: Final = 10.0


def measure(folder: Path, starts: int, worlds: int) -> list[Figure]:
    """Cold starts of the command, and worlds in memory within one process."""
    fresh = [_start(folder / f"start-{number}") for number in range(starts)]
    existing = [_start(folder / f"start-{number}") for number in range(starts)]
    open_world(Settings(None))  # what is imported and read once per process
    opened = [_open() for _ in range(worlds)]
    return [
        _figure("cold start to first answer, new folder", median(fresh), "s", MAX_START_SECONDS),
        _figure("cold start to first answer, existing folder", median(existing), "s", MAX_START_SECONDS),
        _figure("a fresh world in memory", median(opened) * 1e3, "ms", MAX_WORLD_MS),
    ]


def _figure(name: str, value: float, unit: str, maximum: float) -> Figure:
    return Figure(name, value, unit, "median", [Budget(f"≤ {maximum:g} {unit}", value <= maximum)])


def _start(data: Path) -> float:
    """From starting the process to its first answer."""
    began = perf_counter()
    with processes.seatrial(data) as server:
        httpx.get(f"{server.connection.url}/0/public/Time", trust_env=False).raise_for_status()
        return perf_counter() - began


def _open() -> float:
    began = perf_counter()
    world = open_world(Settings(None))
    seconds = perf_counter() - began
    asyncio.run(world.stop())
    return seconds
