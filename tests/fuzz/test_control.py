"""The control API keeps to its own OpenAPI document, whatever it is asked."""

from fuzz.control import Document, attack, own_document
from tests.support.running import RunningServer


def test_the_control_api_keeps_to_its_document() -> None:
    assert attack(4, 2026, own_document) == []


def test_an_answer_that_is_not_as_described_is_found() -> None:
    def another(server: RunningServer) -> Document:
        document = own_document(server)
        document["paths"] = {path: verbs for path, verbs in document["paths"].items() if path.endswith("/health")}
        document["components"]["schemas"]["Health"]["required"].append("mood")
        return document

    (problem,) = attack(1, 1, another)
    assert '"mood" is a required property' in problem
