"""Write docs/fidelity.md from the rules that the dialects register; with --check, only say whether it is current."""

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Final

from seatrial.core.provenance import Rule, Source
from seatrial.dialects.registry import venues

VENUES: Final = {venue.title: venue.rules() for venue in venues()}
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


def page(venues: dict[str, tuple[Rule, ...]]) -> str:
    """The whole page."""
    return HEAD + "".join(part(venue, rules) for venue, rules in venues.items())


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
    text = page(VENUES)
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/fidelity.md is not what the rules say: run `make docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
