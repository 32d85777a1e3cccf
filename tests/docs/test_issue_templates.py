"""GitHub shows a form only if it is well made, and says nothing where it is not."""

from pathlib import Path
from typing import Any

import pytest
import yaml

FORMS = Path(__file__).parent.parent.parent / ".github" / "ISSUE_TEMPLATE"
WITH_ANSWER = {"input", "textarea", "dropdown", "checkboxes"}

forms = pytest.mark.parametrize("path", sorted(set(FORMS.glob("*.yml")) - {FORMS / "config.yml"}), ids=lambda p: p.stem)


def form(path: Path) -> dict[str, Any]:
    """What a file says."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


@forms
def test_a_form_is_whole(path: Path) -> None:
    read = form(path)
    assert read["name"]
    assert read["description"]
    asked = [part for part in read["body"] if part["type"] in WITH_ANSWER]
    assert {part["type"] for part in read["body"]} <= WITH_ANSWER | {"markdown"}
    assert all(part["attributes"]["label"] for part in asked)
    names = [part["id"] for part in asked]
    assert len(set(names)) == len(names)


@forms
def test_a_form_asks_for_the_release_and_warns_of_keys(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "seatrial --version" in text
    assert "Send no keys" in text


def test_what_a_wrong_answer_cannot_be_judged_without_is_required() -> None:
    body = form(FORMS / "venue-answered-otherwise.yml")["body"]
    required = {part["id"] for part in body if part.get("validations", {}).get("required")}
    assert required >= {"request", "venue-answer", "seatrial-answer", "when", "account", "client", "version"}
