"""`seatrial verify`, `seatrial backup` and `seatrial restore`: the database itself, beside a server or without one."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.options import Json, Token, Url

World = Annotated[Path, typer.Option("--data", metavar="DIR", help="The data directory of the world.")]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL", envvar="SEATRIAL_DATABASE", help="The PostgreSQL database of the world, instead of DIR."
    ),
]


def verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A backup to prove instead of a world.")] = None,
    *,
    data: World = defaults.DATA,
    database: Database = None,
    json: Json = False,
) -> None:
    """Prove a world's books from their rows alone: sums, balances, holds, trades, numbers. A server may be running.

    Ends with status 1 when something is wrong.

    Example: seatrial verify
    """
    from seatrial.cli import storing

    storing.verify(file or storing.place(data, database), as_json=json)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    *,
    data: World = defaults.DATA,
    database: Database = None,
    json: Json = False,
) -> None:
    """Write one moment of a world into a file. A server may go on meanwhile.

    Example: seatrial backup monday.sqlite3
    """
    from seatrial.cli import storing

    storing.backup(file, storing.place(data, database), as_json=json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup, of either kind of database.")],
    *,
    data: World = defaults.DATA,
    database: Database = None,
    url: Url = None,
    token: Token = None,
    replace: Annotated[bool, typer.Option("--replace", help="Give up the world that is there now.")] = False,
    json: Json = False,
) -> None:
    """Put the world of a backup where one is kept. A server that is running in DIR or at URL goes on with it.

    Example: seatrial restore monday.sqlite3 --replace
    """
    from seatrial.cli import control, storing

    storing.restore(file, control.Where(data, url, token, json), database, replace=replace)
