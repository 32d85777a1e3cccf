"""The control API describes itself truly."""

from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from seatrial.client import shapes
from seatrial.server.control.operations import OPERATIONS
from tests.support.inside import PREFIX, Inside, inside


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What the server says of itself."""

    async def story(server: Inside) -> dict[str, Any]:
        answer = await server.ask("GET", "/_seatrial/openapi.json")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        return msgspec.json.decode(answer.body, type=dict[str, Any])

    return inside(story)


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_validator_sees_what_is_wrong(document: dict[str, Any]) -> None:
    broken = {name: part for name, part in document.items() if name != "info"}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_it_lists_exactly_the_operations_that_there_are(document: dict[str, Any]) -> None:
    described = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    assert described == {(op.verb, PREFIX + op.path) for op in OPERATIONS}
    ids = [verb["operationId"] for verbs in document["paths"].values() for verb in verbs.values()]
    assert len(ids) == len(set(ids))


def test_every_operation_of_the_first_release_is_there() -> None:
    promised = {
        ("GET", "/health"), ("GET", "/accounts"), ("POST", "/accounts"), ("POST", "/accounts/{id}/keys"),
        ("POST", "/accounts/{id}/deposits"), ("POST", "/accounts/{id}/withdraw-keys"), ("GET", "/funding"),
        ("POST", "/funding/{refid}"), ("GET", "/clock"), ("POST", "/clock"), ("GET", "/books"),
    }  # fmt: skip
    assert promised <= {(op.verb, op.path) for op in OPERATIONS}


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: f"{op.verb} {op.path}")
def test_every_described_operation_answers(op: Any) -> None:
    """A route that were missing would be a 404 or 405 that names the document."""

    async def story(server: Inside) -> None:
        path = PREFIX + op.path.replace("{id}", "1").replace("{refid}", "none")
        answer = await server.ask(op.verb, path, b"{}")
        assert answer.status != 405
        assert b"openapi.json" not in answer.body
        if answer.status < 400:
            assert answer.status == op.status

    inside(story)


def test_what_a_body_may_hold_is_said_field_by_field(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    account = schemas["NewAccount"]
    assert list(account["properties"]) == list(shapes.NewAccount.__struct_fields__)
    assert account["additionalProperties"] is False
    deposit = schemas["NewDeposit"]
    assert set(deposit["required"]) == {"asset", "amount"}


def test_refusals_are_described_as_problem_documents(document: dict[str, Any]) -> None:
    for verbs in document["paths"].values():
        for described in verbs.values():
            assert "application/problem+json" in described["responses"]["default"]["content"]
