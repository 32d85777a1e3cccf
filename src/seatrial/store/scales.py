"""What a world's rows are counted in, which the catalogue says: noted with the rows, and held against the next one.

The note says of each asset how many decimals its amounts have, and of each market the same of its prices and volumes.
Rows are looked for only where a catalogue differs from the note, so that a start with the usual one reads no more.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Table, literal, select

from seatrial.catalogue import load
from seatrial.core.assets import READ_ONLY_SUFFIXES
from seatrial.core.markets import Market
from seatrial.core.state import State
from seatrial.store import schema
from seatrial.store.columns import RawRow
from seatrial.store.errors import StoreError

Read = Callable[[Select[Any]], Iterable[RawRow]]

_ADVICE: Final = "serve this world with a --catalogue DIR that does, or begin another one"


class Scales(Struct, frozen=True):
    """Of all that a catalogue lists."""

    assets: dict[str, int]
    markets: dict[str, tuple[int, int]]
    """Of prices and of volumes."""


def note_of(state: State) -> str:
    """What a world notes of the catalogue that it is served with."""
    return msgspec.json.encode(_scales(state)).decode()


def check(noted: str, state: State, read: Read) -> None:
    """Raise `StoreError` if rows name what the world's catalogue lacks, or are counted in other decimals."""
    before, now = msgspec.json.decode(noted, type=Scales) if noted else _unsaid(), _scales(state)
    for code, scale in before.assets.items():
        if now.assets.get(code) != scale and _is_used("asset", (code, *_suffixed(code)), read):
            raise StoreError(_told(f"the asset {code}", f"{scale} decimals", now.assets.get(code)))
    for symbol, scales in before.markets.items():
        if now.markets.get(symbol) != scales and _is_used("market", (symbol,), read):
            wanted = "prices of {} and volumes of {} decimals".format(*scales)
            raise StoreError(_told(f"the market {symbol}", wanted, now.markets.get(symbol)))


def _told(name: str, wanted: str, found: object) -> str:
    if found is None:
        return f"the world that is kept there has {name}, which the catalogue does not list: {_ADVICE}"
    return f"the world that is kept there has {name} with {wanted}, which the catalogue does not give it: {_ADVICE}"


def _scales(state: State) -> Scales:
    return _scales_of(
        {asset.code: asset.scale for asset in state.assets.listed}, (ms.market for ms in state.markets.values())
    )


def _scales_of(assets: dict[str, int], markets: Iterable[Market]) -> Scales:
    return Scales(assets, {market.symbol: (market.price_scale, market.lot_scale) for market in markets})


def _unsaid() -> Scales:
    """The scales of a world without a note. A release wrote it that had only the package's own catalogue."""
    ours = load()
    return _scales_of({asset.code: asset.scale for asset in ours.assets}, ours.markets.values())


def _suffixed(code: str) -> Iterator[str]:
    return (code + suffix for suffix in READ_ONLY_SUFFIXES if "." not in code)


def _is_used(column: str, names: tuple[str, ...], read: Read) -> bool:
    """Whether a row of any table names one of them."""
    return any(any(read(query)) for query in _naming(column, names))


def _naming(column: str, names: tuple[str, ...]) -> Iterator[Select[Any]]:
    for table in schema.METADATA.sorted_tables:
        if column in table.c:
            yield _some(table, table.c[column].in_(names))
        elif f"{column}s" in table.c:  # a text of them, with a space between
            spaced = literal(" ") + table.c[f"{column}s"] + literal(" ")
            yield _some(table, spaced.contains(f" {names[0]} ", autoescape=True))


def _some(table: Table, where: ColumnElement[bool]) -> Select[Any]:
    return select(literal(1)).select_from(table).where(where).limit(1)
