"""What the control API answers, laid out for people."""

import sys
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
import typer
from msgspec import UNSET
from rich.console import Console
from rich.table import Table

from seatrial.core.accounts import HOUSE
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
    found = table("Id", "Name", "Venue", "Tier", "Rate limits", "Keys", "Balances")
    for row in rows:
        owned = ", ".join(f"{amount} {asset}" for asset, amount in row.balances.items())
        balances = "makes markets" if row.venue == HOUSE else owned
        limits = "on" if row.rate_limits else "off"
        found.add_row(str(row.id), row.name, row.venue, row.tier, limits, str(len(row.keys)), balances)
    return found


def _transfers(rows: list[shapes.TransferView]) -> Table:
    found = table("Refid", "Account", "Kind", "Asset", "Amount", "Fee", "Status", "Prop", "Moves on")
    for row in rows:
        found.add_row(
            row.refid, str(row.account_id), row.kind, row.asset, row.amount, row.fee, row.status,
            row.status_prop or "", row.due or "",
        )  # fmt: skip
    return found


def _books(books: shapes.Books) -> Table:
    found = table("Asset", "Clients", "of that held", "of that leaving", "Exchange", "Sum")
    for asset, row in books.assets.items():
        ours = "\n".join(f"{amount} {name}" for name, amount in row.exchange.items())
        found.add_row(asset, row.clients, row.holds, row.leaving, ours, row.sum)
    found.caption = "The books are balanced." if books.balanced else "THE BOOKS ARE NOT BALANCED."
    return found


def _delays(delays: shapes.DelaysView) -> str:
    return "\n".join(f"{line} s" for line in facts(delays).splitlines())


def facts(answer: msgspec.Struct) -> str:
    """One fact per line; what is not known has none."""
    facts = {name.replace("_", " "): value for name, value in msgspec.structs.asdict(answer).items()}
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {_text(value)}" for name, value in facts.items() if value not in (None, UNSET))


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


def table(*columns: str) -> Table:
    """An empty one; where it is too narrow nothing is cut off."""
    found = Table(*columns, caption_justify="left", caption_style="")
    for column in found.columns:
        column.overflow = "fold"
    return found


ACCOUNTS: Final = Layout(list[shapes.AccountView], _accounts)
OPENED: Final = Layout(shapes.OpenedAccount, facts)
ISSUED: Final = Layout(shapes.IssuedKey, facts)
TRANSFER: Final = Layout(shapes.TransferView, facts)
TRANSFERS: Final = Layout(list[shapes.TransferView], _transfers)
DESTINATION: Final = Layout(shapes.DestinationView, facts)
DELAYS: Final = Layout(shapes.DelaysView, _delays)
CLOCK: Final = Layout(shapes.ClockView, facts)
BOOKS: Final = Layout(shapes.Books, _books)
RESTORED: Final = Layout(shapes.Restored, facts)
