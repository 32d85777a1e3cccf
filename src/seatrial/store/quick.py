"""Look-ups of a few rows by one statement, which the driver gets as it stands: one round trip, and nothing compiled."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table

from seatrial.core.queries import Answer

_LISTS: Final = ("wallets", "assets", "kinds")
_WORDS: Final = {
    "sqlite": {
        "ids": "(SELECT value AS id FROM json_each(:ids)) AS ids",
        **{name: f"(SELECT value FROM json_each(:{name}))" for name in _LISTS},  # noqa: S608  our own names
    },
    "postgresql": {
        "ids": "(SELECT value::bigint AS id FROM jsonb_array_elements_text(:ids::jsonb)) AS ids",
        **{name: f"(SELECT jsonb_array_elements_text(:{name}::jsonb))" for name in _LISTS},
    },
}
"""The words that differ between the engines: rows from a JSON array, so that one text does for any number."""

Parameters = Mapping[str, object]
Found = list[tuple[Any, ...]]


class Statement:
    """A query's text for each engine. Parameters are named, as in `:account`."""

    def __init__(self, text: str) -> None:
        self.sqlite = text.format_map(_WORDS["sqlite"])
        said = text.format_map(_WORDS["postgresql"]).replace("%", "%%")
        self.postgresql = re.sub(r"(?<!:):(\w+)", r"%(\1)s", said)

    def run(self, connection: Connection, parameters: Parameters) -> Found:
        """What it finds, as a part of a longer look-up."""
        text = self.sqlite if connection.dialect.name == "sqlite" else self.postgresql
        return [tuple(row) for row in connection.exec_driver_sql(text, dict(parameters))]


class Question(msgspec.Struct, frozen=True):
    """A look-up that is one statement, and how its rows are read."""

    statement: Statement
    parameters: Parameters
    read: Callable[[Found], Answer]


def columns(table: Table, name: str) -> str:
    """All of a table's, as that statement calls it, in the order in which rows are read."""
    return ", ".join(f"{name}.{column.name}" for column in table.columns)


def by_id(table: Table, key: str, *, of_account: bool = True) -> Statement:
    """An account's rows of some ids, or anybody's, newest first."""
    mine = "found.account_id = :account AND " if of_account else ""
    return Statement(
        f"SELECT {columns(table, 'found')} FROM {{ids}} CROSS JOIN {table.name} AS found "  # noqa: S608  our own names
        f"WHERE {mine}found.{key} = ids.id ORDER BY found.{key} DESC"
    )


def named(account_id: int, ids: Iterable[int]) -> Parameters:
    """The parameters of a statement that finds an account's rows by their ids, each once."""
    return {"account": account_id, "ids": msgspec.json.encode(list(dict.fromkeys(ids))).decode()}
