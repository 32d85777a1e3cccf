"""Check that every link between the documents leads somewhere: the file is there, and so is the heading."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_FENCED: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def documents() -> list[Path]:
    """Every page we publish."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def broken(document: Path) -> Iterator[str]:
    """The links of one page that lead nowhere."""
    for target in _LINK.findall(_FENCED.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        page = document.parent / path if path else document
        if not page.exists() or (heading and heading not in anchors(page)):
            yield f"{document.relative_to(ROOT)}: {target}"


def anchors(page: Path) -> set[str]:
    """The names by which its headings can be linked to."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def unlisted_decisions() -> Iterator[str]:
    """Decisions that the list of decisions does not name."""
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for record in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        if f"({record.name})" not in listed:
            yield f"docs/decisions/README.md does not list {record.name}"


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    wrong = [*(link for document in documents() for link in broken(document)), *unlisted_decisions()]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
