"""Check that every link between the documents leads somewhere, and that every citation of the reference does.

A link needs its file and heading. A citation is `page#section`, and means a heading of a page in docs/reference.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_REFERENCE: Final = ROOT / "docs" / "reference"
_FENCED: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_SECTION: Final = re.compile(r"^## +(.+)$", re.MULTILINE)
_CITATION: Final = re.compile(r"(?<![\w/.-])([a-z]+-[a-z]+)#([a-z][\w-]*)")
_WITHDRAWN: Final = re.compile(r"\b(?:kraken-(?:spot-rest|semantics|updates)|kucoin-(?:more))\b|\b[Ss]eeds? \"")
"""Names by which pages were cited that were never published."""
_CITING: Final = ("src", "tests", "docs", "scripts", "bench", "fuzz")


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
    return {slug(heading) for heading in _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))}


def slug(heading: str) -> str:
    """The name by which a heading can be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def reference(folder: Path) -> dict[str, set[str]]:
    """The pages of the reference and their sections, by the names that citations use."""
    pages = {page.stem: page.read_text(encoding="utf-8") for page in folder.glob("*.md") if page.stem != "README"}
    return {name: {slug(heading) for heading in _SECTION.findall(text)} for name, text in pages.items()}


def broken_citations(text: str, pages: dict[str, set[str]]) -> Iterator[str]:
    """What a text cites that the reference has not."""
    for page, section in _CITATION.findall(text):
        if section not in pages.get(page, ()):
            yield f"{page}#{section}"
    yield from _WITHDRAWN.findall(text)


def pages_without_section(text: str, pages: dict[str, set[str]]) -> Iterator[str]:
    """Pages that a source names without saying which of their sections."""
    yield from re.findall(rf"(?<![\w/.-])(?:{'|'.join(sorted(pages))})(?![\w#./-])", text)


def unlisted_sections(index: str, pages: dict[str, set[str]]) -> Iterator[str]:
    """Sections that the index of the reference does not link to."""
    listed = set(_LINK.findall(index))
    for page, sections in sorted(pages.items()):
        yield from (f"{page}.md#{section}" for section in sorted(sections) if f"{page}.md#{section}" not in listed)


def wrong_in_reference() -> Iterator[str]:
    """All that is wrong between those who cite, the reference, and its index."""
    pages = reference(_REFERENCE)
    for path in (path for folder in _CITING for path in sorted((ROOT / folder).rglob("*"))):
        if path.suffix in {".py", ".md"}:
            text = path.read_text(encoding="utf-8")
            bare = pages_without_section(text, pages) if path.suffix == ".py" else ()
            yield from (f"{path.relative_to(ROOT)}: {cited}" for cited in (*broken_citations(text, pages), *bare))
    index = (_REFERENCE / "README.md").read_text(encoding="utf-8")
    yield from (f"docs/reference/README.md does not list {one}" for one in unlisted_sections(index, pages))


def unlisted_decisions() -> Iterator[str]:
    """Decisions that the list of decisions does not name."""
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for record in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        if f"({record.name})" not in listed:
            yield f"docs/decisions/README.md does not list {record.name}"


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    links = (link for document in documents() for link in broken(document))
    wrong = [*links, *unlisted_decisions(), *wrong_in_reference()]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
