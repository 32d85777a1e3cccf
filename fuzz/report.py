"""What was sent, what came back and what was found, for people."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fuzz.judging import Finding
from fuzz.requests import curl_line
from fuzz.rounds import Line, Round

WIDTH: Final = 150
SHOWN: Final = 6
OK: Final = "ok"


def show(rounds: list[Round], problems: list[str], console: Console) -> None:
    """Tables of requests and answers, and how much was found."""
    answers: Counter[Line] = Counter()
    for played in rounds:
        answers.update(played.answers)
    console.print(_table(answers))
    found = len(distinct(finding for played in rounds for finding in played.findings))
    accepted = sum(count for (_, _, words), count in answers.items() if words == OK)
    console.print(
        f"{answers.total():,} requests in {len(rounds)} worlds: {accepted:,} accepted, "
        f"{answers.total() - accepted:,} refused; {found} findings. "
        f"The control API: {len(problems)} findings."
    )
    for problem in problems:
        console.print(problem, markup=False, highlight=False)


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """One of each that have one cause."""
    return list({finding.same: finding for finding in findings}.values())


def explain(finding: Finding, seed: int, console: Console) -> None:
    """One finding, and how to get it again."""
    lines = (
        f"{finding.wrong.fault}: {finding.request.endpoint}", f"  {finding.wrong.cause} {finding.wrong.detail}",
        f"  {curl_line(finding.request)}",
        f'  again: make fuzz ARGS="--seed {seed} --round {finding.round}", request {finding.number}',
    )  # fmt: skip
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _table(answers: Counter[Line]) -> Table:
    table = Table("venue", "endpoint", title="Requests and answers", title_justify="left")
    for heading in ("sent", "accepted"):
        table.add_column(heading, justify="right")
    table.add_column("refused with, most often")
    for venue, endpoint in sorted({(venue, endpoint) for venue, endpoint, _ in answers}):
        words = Counter({word: count for (*line, word), count in answers.items() if line == [venue, endpoint]})
        refused = ", ".join(f"{word} {count}" for word, count in words.most_common(SHOWN) if word != OK)
        table.add_row(venue, endpoint, f"{words.total():,}", f"{words[OK]:,}", escape(refused))
    return table
