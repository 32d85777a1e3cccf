"""What the control API answers, laid out for people."""

import sys
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from seatrial.server import shapes

T = TypeVar("T")


class Layout(NamedTuple, Generic[T]):
    """How one kind of answer is shown."""

    kind: type[T]
    of: Callable[[T], Table | str]


def show(content: Table | str) -> None:
    """Print it. Outside a terminal a table is as wide as it needs to be; text is never broken, to be copied whole."""
    if isinstance(content, str):
        typer.echo(content)
    else:
        width = None if sys.stdout.isatty() else 10_000
        Console(width=width, markup=False, emoji=False, highlight=False).print(content)


def _accounts(rows: list[shapes.AccountView]) -> Table:
    table = _table("Id", "Name", "Venue", "Tier", "Rate limits", "Keys", "Balances")
    for row in rows:
        balances = ", ".join(f"{amount} {asset}" for asset, amount in row.balances.items())
        limits = "on" if row.rate_limits else "off"
        table.add_row(str(row.id), row.name, row.venue, row.tier, limits, str(len(row.keys)), balances)
    return table


def _transfers(rows: list[shapes.TransferView]) -> Table:
    table = _table("Refid", "Account", "Kind", "Asset", "Amount", "Fee", "Status", "Prop", "Moves on")
    for row in rows:
        table.add_row(
            row.refid, str(row.account_id), row.kind, row.asset, row.amount, row.fee, row.status,
            row.status_prop or "", row.due or "",
        )  # fmt: skip
    return table


def _books(books: shapes.Books) -> Table:
    table = _table("Asset", "Clients", "of that held", "of that leaving", "Exchange", "Sum")
    for asset, row in books.assets.items():
        ours = "\n".join(f"{amount} {name}" for name, amount in row.exchange.items())
        table.add_row(asset, row.clients, row.holds, row.leaving, ours, row.sum)
    table.caption = "The books are balanced." if books.balanced else "THE BOOKS ARE NOT BALANCED."
    return table


def _delays(delays: shapes.DelaysView) -> str:
    return "\n".join(f"{line} s" for line in _facts(delays).splitlines())


def _facts(answer: msgspec.Struct) -> str:
    """One fact per line; what is not known has none."""
    facts = {name.replace("_", " "): value for name, value in msgspec.structs.asdict(answer).items()}
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {_text(value)}" for name, value in facts.items() if value is not None)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a fact may be
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _table(*columns: str) -> Table:
    table = Table(*columns, caption_justify="left", caption_style="")
    for column in table.columns:
        column.overflow = "fold"
    return table


ACCOUNTS: Final = Layout(list[shapes.AccountView], _accounts)
OPENED: Final = Layout(shapes.OpenedAccount, _facts)
ISSUED: Final = Layout(shapes.IssuedKey, _facts)
TRANSFER: Final = Layout(shapes.TransferView, _facts)
TRANSFERS: Final = Layout(list[shapes.TransferView], _transfers)
DESTINATION: Final = Layout(shapes.DestinationView, _facts)
DELAYS: Final = Layout(shapes.DelaysView, _delays)
CLOCK: Final = Layout(shapes.ClockView, _facts)
BOOKS: Final = Layout(shapes.Books, _books)
