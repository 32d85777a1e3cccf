"""Values on the wire: as JSON, as fields of a form or a query, in the ways that clients have for it, and in others."""

import json
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from urllib.parse import quote, quote_plus

from msgspec import Struct


class Raw(Struct, frozen=True):
    """JSON that stands as it is, whether it is JSON or not."""

    text: str


Value = str | int | float | bool | None | Raw | Sequence["Value"] | dict[str, "Value"]
Field = tuple[str, Value]


def as_json(value: Value) -> str:
    """A value as JSON, its letters as they are."""
    match value:
        case Raw():
            return value.text
        case dict():
            return as_object(value.items())
        case str() | int() | float() | None:
            return json.dumps(value, ensure_ascii=False)
    return "[" + ",".join(as_json(member) for member in value) + "]"


def as_object(fields: Iterable[Field]) -> str:
    """Fields as a JSON object; one that comes twice stands in it twice."""
    return "{" + ",".join(f"{json.dumps(name)}:{as_json(value)}" for name, value in fields) + "}"


def as_form(fields: Iterable[Field], luck: Random) -> bytes:
    """Fields as a form or a query."""
    escape = luck.choices((quote_plus, quote, _unescaped), (80, 15, 5))[0]
    flat = [pair for name, value in fields for pair in flattened(name, value, luck)]
    text = "&".join(f"{escape(_encoded(name))}={escape(_encoded(value))}" for name, value in flat)
    return text.encode("latin-1")


def flattened(name: str, value: Value, luck: Random) -> Iterator[tuple[str, str]]:
    """The flat fields that stand for a value."""
    match value:
        case Raw():
            yield name, value.text
        case bool():
            yield name, luck.choice((str(value), str(value).lower(), str(int(value))))
        case None:
            yield name, ""
        case str() | int() | float():
            yield name, str(value)
        case dict():
            for inner, member in value.items():
                yield from flattened(luck.choice((f"{name}[{inner}]", f"{name}.{inner}")), member, luck)
        case _:
            yield from _members(name, value, luck)


def _members(name: str, members: Sequence[Value], luck: Random) -> Iterator[tuple[str, str]]:
    way = luck.choice(("commas", "again", "indexes", "brackets", "json"))
    if way == "commas":
        yield name, ",".join(text for member in members for _, text in flattened(name, member, luck))
    elif way == "json":
        yield name, as_json(members)
    else:
        for number, member in enumerate(members):
            tail = {"again": "", "indexes": f"[{number}]", "brackets": "[]"}[way]
            yield from flattened(name + tail, member, luck)


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _unescaped(data: bytes) -> str:
    return data.decode("latin-1")
