"""`make fuzz`: send broken calls to both venues and to the control API, and say what came of it."""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from fuzz import control, report
from fuzz.rounds import Plan, Round, pinned, play
from tests.support import postgres

REQUESTS: Final = 100_000
A_ROUND: Final = 2_500
EXAMPLES: Final = 200
KEPT: Final = 4


def main() -> None:
    """Run it; the exit status is 1 when something was found."""
    chosen = _arguments()
    console = Console(width=report.WIDTH if not sys.stdout.isatty() else None)
    with _database(wanted=bool(chosen.postgresql)) as url:
        plans = [plan for plan in _plans(chosen, url) if chosen.round in (None, plan.number)]
        rounds = _play_all(plans, chosen.jobs)
        problems = _attack(chosen)
        report.show(rounds, problems, console)
        findings = report.distinct(finding for played in rounds for finding in played.findings)
        by_number = {plan.number: plan for plan in plans}
        for finding in findings:
            report.explain(pinned(by_number[finding.round], finding), chosen.seed, console)
    sys.exit(1 if findings or problems else 0)


@contextmanager
def _database(*, wanted: bool) -> Iterator[str | None]:
    """A PostgreSQL to keep worlds in; None where there is none."""
    postgres.begin_run()
    try:
        yield _found() if wanted else None
    finally:
        postgres.end_run()


def _found() -> str | None:
    try:
        return postgres.shared_url()
    except postgres.NoPostgres as missing:
        sys.stderr.write(f"all worlds are kept in memory: {missing}\n")
        return None


def _attack(chosen: argparse.Namespace) -> list[str]:
    if chosen.round or not chosen.examples:
        return []
    return control.attack(chosen.examples, chosen.seed, control.own_document)


def _play_all(plans: list[Plan], jobs: int) -> list[Round]:
    rounds = []
    with _progress() as progress:
        task = progress.add_task("both venues", total=sum(plan.requests for plan in plans))
        for plan, played in zip(plans, _played(plans, jobs), strict=True):
            rounds.append(played)
            progress.advance(task, plan.requests)
    return rounds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="how many, to the venues")
    parser.add_argument(
        "--examples", type=int, default=EXAMPLES, help="how many per operation, to the control API; 0: none"
    )
    parser.add_argument("--seed", type=int, default=1, help="everything follows from it")
    parser.add_argument("--round", type=int, help="play only this round of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many rounds at once")
    parser.add_argument("--postgresql", type=int, default=KEPT, help="one round in so many is kept there; 0: none")
    return parser.parse_args()


def _plans(chosen: argparse.Namespace, url: str | None) -> list[Plan]:
    whole, rest = divmod(chosen.requests, A_ROUND)
    sizes = [A_ROUND] * whole + [rest] * bool(rest)
    return [
        Plan(chosen.seed, number, size, postgresql=url if url and number % chosen.postgresql == 0 else None)
        for number, size in enumerate(sizes, start=1)
    ]


def _played(plans: list[Plan], jobs: int) -> Iterator[Round]:
    """Each round in order, several at once in processes of their own."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(play, plans)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    return Progress(*columns, console=Console(stderr=True))


if __name__ == "__main__":
    main()
