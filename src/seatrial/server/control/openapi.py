"""The OpenAPI document of the control API, made from its operations and their types."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from seatrial import version
from seatrial.server.control.context import Operation

_ABOUT = "Accounts, transfers, markets, time, books and events of an exchange under your control."
_PROBLEM = {
    "description": "Refused; the detail says why.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
                "required": ["type", "title", "status", "detail"],
            }
        }
    },
}


def document(operations: Sequence[Operation], prefix: str) -> dict[str, Any]:
    """The whole document."""
    types = [kind for op in operations for kind in (op.body, op.result) if kind is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for op in operations:
        paths.setdefault(prefix + op.path, {})[op.verb.lower()] = _operation(op, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Seatrial control API", "version": version(), "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(op: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": op.handle.__name__,
        "summary": op.says,
        "parameters": _parameters(op),
        "responses": {
            str(op.status): {
                "description": "Done.",
                "content": {op.media_type: {"schema": schema_of[repr(op.result)]}},
            },
            "default": _PROBLEM,
        },
    }
    if op.body is not None:
        content = {"application/json": {"schema": schema_of[repr(op.body)]}}
        described["requestBody"] = {"required": op.body_required, "content": content}
    return described


def _parameters(op: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", op.path)
    ]
    in_query = [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": says}
        for name, says in op.filters.items()
    ]
    return in_path + in_query
