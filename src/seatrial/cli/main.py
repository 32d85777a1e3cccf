"""The `seatrial` command. Each command imports what it needs when it runs, so that help is quick."""

import sys
from typing import Annotated

import typer

from seatrial import version
from seatrial.cli.account import accounts
from seatrial.cli.api import api
from seatrial.cli.candles import candles
from seatrial.cli.catalogue import catalogue
from seatrial.cli.command import apply_to
from seatrial.cli.events import events
from seatrial.cli.exits import FAILED
from seatrial.cli.funding import deposit, funding, withdraw_key
from seatrial.cli.history import history
from seatrial.cli.market import crowd, market, system, tape
from seatrial.cli.serve import serve
from seatrial.cli.sign import sign
from seatrial.cli.stores import backup, restore, verify
from seatrial.cli.world import books, clock

app = typer.Typer(
    name="seatrial",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they would show private keys
)


def _print_version(asked: bool) -> None:  # noqa: FBT001  Typer calls it so
    if asked:
        typer.echo(f"seatrial {version()}")
        raise typer.Exit


@app.callback()
def options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the release and exit.")
    ] = False,
) -> None:
    """A crypto exchange that runs on your machine, under your control."""


app.command()(serve)
app.command()(api)
app.command()(sign)
app.add_typer(accounts, name="account")
app.command()(deposit)
app.command()(withdraw_key)
app.add_typer(funding, name="funding")
app.add_typer(market, name="market")
app.command()(system)
app.command()(crowd)
app.command()(tape)
app.command()(clock)
app.command()(books)
app.command()(events)
app.command()(verify)
app.command()(backup)
app.command()(restore)
app.add_typer(catalogue, name="catalogue")
app.add_typer(history, name="history")
app.command()(candles)
apply_to(app)


def main() -> None:
    """Run the command line."""
    if sys.flags.optimize:
        typer.echo("seatrial: run without -O and PYTHONOPTIMIZE: the assertions guard the books", err=True)
        sys.exit(FAILED)
    # That is httpx's own command, a fifth of all that ours would import, and never used.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    app(prog_name="seatrial")
