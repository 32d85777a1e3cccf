"""What the control API answers, laid out for people."""

import shlex
import shutil
import sys
from typing import Any, TypeVar

import msgspec
import typer
from msgspec import UNSET

from seatrial.cli.grid import BETWEEN, Grid, lines_of
from seatrial.client import shapes
from seatrial.core.accounts import HOUSE

T = TypeVar("T")


def show(content: Grid | str) -> None:
    """Print it; nothing is broken, to be copied whole."""
    if isinstance(content, str):
        typer.echo(content)
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for line in lines_of(content, width):
            typer.echo(line)


def accounts(rows: list[shapes.AccountView]) -> Grid:
    """All accounts."""
    columns = ("Id", "Name", "Venue", "Tier", "Rate limits", "Keys", "Balances")
    return Grid(columns, [_account(row) for row in rows])


def _account(row: shapes.AccountView) -> tuple[str, ...]:
    owned = BETWEEN.join(f"{amount} {asset}" for asset, amount in row.balances.items())
    balances = "makes markets" if row.venue == HOUSE else owned
    return str(row.id), row.name, row.venue, row.tier, "on" if row.rate_limits else "off", str(len(row.keys)), balances


def transfers(rows: list[shapes.TransferView]) -> Grid:
    """Deposits and withdrawals."""
    columns = ("Refid", "Account", "Kind", "Asset", "Amount", "Status", "Fee", "Prop", "Moves on")
    return Grid(columns, [_transfer(row) for row in rows])


def _transfer(row: shapes.TransferView) -> tuple[str, ...]:
    return (
        row.refid, str(row.account_id), row.kind, row.asset, row.amount, row.status, row.fee, row.status_prop or "",
        row.due or "",
    )  # fmt: skip


def books(books: shapes.Books) -> Grid:
    """The trial balance."""
    columns = ("Asset", "Clients", "Sum", "Held", "Leaving", "Exchange")
    caption = "The books are balanced." if books.balanced else "THE BOOKS ARE NOT BALANCED."
    return Grid(columns, [_asset(asset, row) for asset, row in books.assets.items()], caption)


def _asset(asset: str, row: shapes.AssetBooks) -> tuple[str, ...]:
    ours = BETWEEN.join(f"{amount} {name}" for name, amount in row.exchange.items())
    return asset, row.clients, row.sum, row.holds, row.outgoing, ours


def delays(delays: shapes.DelaysView) -> str:
    """Seconds, one delay per line."""
    return "\n".join(f"{line} s" for line in facts(delays).splitlines())


def after_deposit(transfer: shapes.TransferView) -> str:
    """How it is credited."""
    move = f"`seatrial funding move {transfer.refid} Success` credits it"
    return f"{move} now; the clock does at {transfer.due}" if transfer.due else move


def after_transfers(rows: list[shapes.TransferView]) -> str:
    """How there would be some."""
    return "" if rows else "no money has come or gone yet: `seatrial deposit ACCOUNT ASSET AMOUNT` makes a deposit"


def after_key(made: shapes.OpenedAccount | shapes.IssuedKey) -> str:
    """Secrets are shown once."""
    account = made.name if isinstance(made, shapes.OpenedAccount) else str(made.account_id)
    return f"the secret is not shown again; `seatrial account key {shlex.quote(account)}` issues another key"


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
