"""Write docs/fidelity.md from the rules that the dialects register; with --check, only say whether it is current."""

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Final

from seatrial.core.provenance import Rule, Source
from seatrial.dialects.dated import Since
from seatrial.dialects.registry import venues

VENUES: Final = {venue.title: venue.rules() for venue in venues()}
CHANGES: Final = {venue.title: venue.changes() for venue in venues() if venue.changes}
PAGE: Final = Path(__file__).parent.parent / "docs" / "fidelity.md"

HEAD: Final = """\
# Fidelity: how we know

A simulator is worth its fidelity, so each behaviour says where it comes from:

- **documented**: the venue's own pages say so;
- **observed**: the real venue was seen to answer so, or real clients only work if it does;
- **decided**: nobody outside knows, or the sources disagree; we chose, in one place.

*docs* is a page of the venue's API reference, *guide* one of its API guides, *support* an article of its help pages,
*specification* the machine-readable one behind KuCoin's universal SDK; a client's name means its code, its recorded
answers, or that it was run against this. If you have seen the real venue do otherwise, that is a bug here: please
report it. The form [The venue answered otherwise](../.github/ISSUE_TEMPLATE/venue-answered-otherwise.yml) asks for
[what is needed](reference/README.md#if-you-saw-the-venue-do-otherwise).

What is known of the venues themselves, also beyond what is imitated, is in [the reference](reference/README.md).
"""


DATED_HEAD: Final = """
## What changed when

A venue does what it did at the world's time, and its users pay what they paid then. `seatrial serve --as-of 2024-01`,
or `as_of` of the [clock](control-api.md#time), has the venues go by that day whatever the clock says. Where only a
month or a year is known, its beginning counts. The form of an answer is that of the day of the call; what a listed
entry says is that of its own day, unless the venues go by another one. What is in no table is done on any day as today.
"""


def page(venues: dict[str, tuple[Rule, ...]], changes: dict[str, tuple[Since, ...]]) -> str:
    """The whole page."""
    dated = "".join(dated_part(venue, of) for venue, of in changes.items())
    return HEAD + "".join(part(venue, rules) for venue, rules in venues.items()) + DATED_HEAD + dated


def dated_part(venue: str, changes: tuple[Since, ...]) -> str:
    """What one venue began to do otherwise, and when."""
    rows = "".join(
        f"| {' | '.join(map(cell, (of.day, of.subject, of.before, of.after, of.where)))} |\n" for of in changes
    )
    head = "| Since | What | Before | Since then | Where |\n|---|---|---|---|---|\n"
    return f"\n### What changed at {venue}\n\n{head}{rows}"


def part(venue: str, rules: tuple[Rule, ...]) -> str:
    """One venue's behaviours."""
    counts = Counter(rule.source for rule in rules)
    summary = ", ".join(f"{counts[source]} {source}" for source in Source)
    topics = groupby(rules, key=lambda rule: rule.topic)
    sections = "".join(section(topic, tuple(of)) for topic, of in topics)
    return f"\n## {venue}\n\n{len(rules)} behaviours: {summary}.\n{sections}"


def section(topic: str, rules: tuple[Rule, ...]) -> str:
    """One topic's table."""
    title = topic.replace("-", " ").capitalize()
    rows = "".join(f"| {cell(rule.says)} | {rule.source} | {cell(rule.where)} |\n" for rule in rules)
    return f"\n### {title}\n\n| Behaviour | Source | Where, or why |\n|---|---|---|\n{rows}"


def cell(text: str) -> str:
    """Text that does not end its table cell."""
    return text.replace("|", r"\|")


def main(arguments: list[str]) -> int:
    """Write the page, or complain."""
    text = page(VENUES, CHANGES)
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/fidelity.md is not what the rules say: run `make docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
