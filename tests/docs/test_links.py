"""What the check of links and citations finds, and what it lets pass."""

from pathlib import Path

import pytest

from scripts import links

PAGES = {"page-one": {"nonce", "order-limits"}, "page-two": {"ids"}}


def cite(page: str, section: str) -> str:
    """A citation that this file itself does not have."""
    return f"{page}#{section}"


@pytest.mark.parametrize("known", [("page-one", "nonce"), ("page-one", "order-limits"), ("page-two", "ids")])
def test_a_section_that_is_there_may_be_cited(known: tuple[str, str]) -> None:
    assert not [*links.broken_citations(f"Source: {cite(*known)}, and more.", PAGES)]


@pytest.mark.parametrize("unknown", [("page-one", "ids"), ("page-two", "id"), ("page-three", "nonce")])
def test_a_citation_of_what_is_not_there_is_found(unknown: tuple[str, str]) -> None:
    text = f"Source: {cite('page-one', 'nonce')}; {cite(*unknown)}."
    assert [*links.broken_citations(text, PAGES)] == [cite(*unknown)]


@pytest.mark.parametrize("name", ["spot-rest", "semantics", "updates"])
def test_a_page_that_was_never_published_is_found(name: str) -> None:
    assert [*links.broken_citations(f"Source: kraken-{name} 1.4.", PAGES)] == [f"kraken-{name}"]


def test_issues_and_links_are_no_citations() -> None:
    text = "ccxt #8816, python-kraken-sdk#454, [a link](page-one.md#gone), https://example.org/page-one#gone"
    assert not [*links.broken_citations(text, PAGES)]


def test_a_page_that_is_named_without_a_section_is_found() -> None:
    text = f"Source: {cite('page-one', 'nonce')}; page-two 7.1. A page-one.rule is no page, and no page-twofold either."
    assert [*links.pages_without_section(text, PAGES)] == ["page-two"]


def test_a_section_that_the_index_leaves_out_is_found() -> None:
    index = "[Nonce](page-one.md#nonce), [Ids](page-two.md#ids)"
    assert [*links.unlisted_sections(index, PAGES)] == ["page-one.md#order-limits"]


def test_a_section_is_named_as_its_heading_is(tmp_path: Path) -> None:
    (tmp_path / "page-one.md").write_text(
        "# Page\n\n## ccxt's table\n\n### Part\n\n## Order limits\n", encoding="utf-8"
    )
    (tmp_path / "README.md").write_text("## Pages\n", encoding="utf-8")
    assert links.reference(tmp_path) == {"page-one": {"ccxts-table", "order-limits"}}
