"""Columns, each declared once: from them follow a table, what is written of a struct, and the struct from a row.

`stored` takes a struct and its columns. Its rows are tuples in the order of the columns; a change is a tuple of the
columns that are declared to change and then of the key. What makes these tuples, and the struct again, is put together
as text and compiled when it is first taken: code that names each attribute itself is the quickest that Python has, and
orders and fills take this way in every commit.

A column is written from the field of its name, or from the one that `field` names, which may lie deeper
(`address.text`). What a row has and its struct has not is `given` beside it. What a struct has and its rows have not is
`computed` from the row. A field that is neither stored nor computed is a bug, found at import.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Generic, TypedDict, TypeVar, Unpack

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, PrimaryKeyConstraint, Row, Table, Text
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

Values = tuple[object, ...]
RawRow = Row[*tuple[Any, ...]]
AnyRow = RawRow | tuple[Any, ...]
"""SQLAlchemy's or a driver's."""

METADATA: Final = MetaData()

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_BIG: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite's INTEGER holds 64 bits, and STRICT tables know no BIGINT."""


class Options(TypedDict, total=False):
    """What can be said of a column of any kind."""

    field: str
    null: bool
    default: int | str
    """The value in rows that were written before the column was there."""
    changes: bool
    """Whether it may change once the row is written."""
    given: bool


class Declared(msgspec.Struct, frozen=True):
    """A column. `write` and `read` are expressions, of the field and of the column."""

    name: str
    kind: type[TypeEngine[Any]] | TypeEngine[Any]
    options: Options
    write: str = "{}"
    read: str = "{}"
    enum: type[StrEnum] | None = None

    @property
    def field(self) -> str:
        """What it is written from."""
        return self.options.get("field", self.name)

    @property
    def is_given(self) -> bool:
        """Whether it is no part of the struct."""
        return self.options.get("given", False)

    @property
    def changes(self) -> bool:
        """Whether it may change once the row is written."""
        return self.options.get("changes", False)

    def column(self) -> Column[Any]:
        """As the database has it."""
        default = self.options.get("default")
        return Column(
            self.name, self.kind, nullable=self.options.get("null", False), autoincrement=False,
            server_default=None if default is None else str(default), info={"changes": self.changes},
        )  # fmt: skip

    def written(self) -> str:
        """The expression for its value in a row."""
        return self._or_none(self.write, self.name if self.is_given else f"thing.{self.field}")

    def found(self) -> str:
        """The expression for the field's value, of a row's."""
        return self._or_none(self.read, self.name)

    def _or_none(self, expression: str, value: str) -> str:
        said = expression.format(value, words=f"words_of_{self.name}")
        is_optional = self.options.get("null", False) and expression != "{}"
        return f"(None if {value} is None else {said})" if is_optional else said


def big(name: str, **options: Unpack[Options]) -> Declared:
    """An integer of 64 bits."""
    return Declared(name, _BIG, options)


def text(name: str, **options: Unpack[Options]) -> Declared:
    """A text."""
    return Declared(name, Text, options)


def flag(name: str, **options: Unpack[Options]) -> Declared:
    """0 or 1."""
    return Declared(name, Integer, options, "(1 if {} else 0)", "{} == 1")


def word(name: str, enum: type[StrEnum], **options: Unpack[Options]) -> Declared:
    """A member of an enum."""
    return Declared(name, Text, options, "{}._value_", "{words}[{}]", enum)


def unbounded(name: str, **options: Unpack[Options]) -> Declared:
    """An integer that can outgrow 64 bits, as text."""
    return Declared(name, Text, options, "str({})", "int({})")


def names(name: str, **options: Unpack[Options]) -> Declared:
    """A tuple of texts without spaces."""
    return Declared(name, Text, options, "' '.join({})", "tuple({}.split())")


def name_set(name: str, **options: Unpack[Options]) -> Declared:
    """The same of a frozen set."""
    return Declared(name, Text, options, "' '.join(sorted({}))", "frozenset({}.split())")


def table(name: str, key: tuple[str, ...], *items: Declared | Index, has_long_rows: bool = False) -> Table:
    """In SQLite a table is kept by its key. Rows of more than a kilobyte are better kept by a number."""
    return Table(
        name, METADATA, *(item.column() if isinstance(item, Declared) else item for item in items),
        PrimaryKeyConstraint(*key, name=f"{name}_key"), sqlite_strict=True, sqlite_with_rowid=has_long_rows,
    )  # fmt: skip


def changing() -> dict[Table, tuple[str, ...]]:
    """The columns that may change, of each table that has any."""
    found = {
        each: tuple(column.name for column in each.columns if column.info["changes"]) for each in METADATA.sorted_tables
    }
    return {each: columns for each, columns in found.items() if columns}


class Stored(Generic[T]):
    """A struct's table, and the way there and back, which is put together when it is first taken."""

    def __init__(
        self, struct: type[T], stored_as: Table, columns: tuple[Declared, ...], computed: Mapping[str, str],
        parts: Mapping[str, type],
    ) -> None:  # fmt: skip
        self.table = stored_as
        self._struct, self._columns, self._computed, self._parts = struct, columns, computed, parts

    @cached_property
    def to_rows(self) -> Callable[[Iterable[Any]], list[Values]]:
        """Rows of structs; of tuples, where something is given beside each struct, in the order of the columns."""
        return self._compiled(_tuples(self._columns))

    @cached_property
    def to_changes(self) -> Callable[[Iterable[Any]], list[Values]]:
        """What changed of them: the columns that may, and then the key."""
        by_name = {column.name: column for column in self._columns}
        key = [by_name[column.name] for column in self.table.primary_key.columns]
        return self._compiled(_tuples([*self._changing, *key]))

    @cached_property
    def from_row(self) -> Callable[[AnyRow], T]:
        """The struct of a row."""
        computed = [f"{field} = {expression}" for field, expression in self._computed.items()]
        found = self._found()
        fields = ", ".join(found.get(field, field) for field in _fields(self._struct))
        return self._compiled(["def made(row):", self._unpacking, *computed, f"return new({fields})"])

    @cached_property
    def restore(self) -> Callable[[T, AnyRow], None]:
        """Give an existing struct the row's values of all that changes."""
        told = [f"thing.{column.field} = {column.found()}" for column in self._changing]
        return self._compiled(["def made(thing, row):", self._unpacking, *told])

    @property
    def _changing(self) -> list[Declared]:
        return [column for column in self._columns if column.changes]

    @property
    def _unpacking(self) -> str:
        return f"({', '.join(column.name for column in self._columns)},) = row"

    def _found(self) -> dict[str, str]:
        """The expressions for the fields that columns tell."""
        found = {column.field: column.found() for column in self._columns if not column.is_given}
        for part in self._parts:
            inner = {field: found[field] for field in found if field.startswith(f"{part}.")}
            said = ", ".join(f"{field.rpartition('.')[2]}={value}" for field, value in inner.items())
            found[part] = f"new_{part}({said})"
        return found

    def _compiled(self, lines: list[str]) -> Callable[..., Any]:
        made: dict[str, Any] = {"new": self._struct} | {f"new_{field}": part for field, part in self._parts.items()}
        enums = {column.name: column.enum for column in self._columns if column.enum is not None}
        made |= {f"words_of_{name}": {str(each): each for each in enum} for name, enum in enums.items()}
        exec("\n    ".join(lines), made)  # noqa: S102  our own declarations
        function: Callable[..., Any] = made["made"]
        return function


def stored(
    struct: type[T], name: str, key: tuple[str, ...], *items: Declared | Index,
    computed: Mapping[str, str] = _NOTHING, parts: Mapping[str, type] = _NOTHING,
) -> Stored[T]:  # fmt: skip
    """How instances of a struct are stored.

    `computed` says what a field without a column is: an expression over the columns and the fields computed before it.
    `parts` has the structs that lie in it, whose fields are columns.
    """
    columns = tuple(item for item in items if isinstance(item, Declared))
    told = {column.field.partition(".")[0] for column in columns if not column.is_given} | computed.keys()
    astray = sorted(told ^ {*_fields(struct)}) if issubclass(struct, msgspec.Struct) else []
    assert not astray, f"{struct.__name__}: a field and no column, or a column and no field: {', '.join(astray)}"
    return Stored(struct, table(name, key, *items), columns, computed, parts)


def _fields(struct: type) -> tuple[str, ...]:
    fields: tuple[str, ...] = getattr(struct, "__struct_fields__", ())
    return fields


def _tuples(shown: Iterable[Declared]) -> list[str]:
    """A function that makes a tuple of those columns of each struct. A call less for each is worth having."""
    values = "".join(f"{column.written()}, " for column in shown)
    each = ", ".join(["thing", *(column.name for column in shown if column.is_given)])
    return ["def made(things):", f"return [({values}) for {each} in things]"]
