"""`seatrial history`: the trades of real markets, or of the local exchange, on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.history_options import PairName, Store, StoreOrOut
from seatrial.cli.options import Json

history = typer.Typer(help="Time and sales: download, import, list.", no_args_is_help=True)

KRAKEN = "https://api.kraken.com"


@history.command("download")
def download(
    pair: PairName,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Begin here: 0 for the first trade ever, or like 2024-01-31, 2024-01-31T12:00:00Z, or nanoseconds."
            " Default: go on where the stored trades end, or begin at 0.",
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Stop before this moment. Default: the newest trade.")
    ] = None,
    url: Annotated[
        str,
        typer.Option("--from", metavar="URL", help="The exchange to ask: the real one, or like http://127.0.0.1:8790."),
    ] = KRAKEN,
    store: StoreOrOut = None,
    json: Json = False,
) -> None:
    """Download those trades of a pair that are not stored yet.

    It may be stopped or killed at any moment: the same command goes on from there, and no trade is lost or there
    twice. The real exchange is asked no faster than it allows: 1,000 trades every 1.1 seconds.

    Example: seatrial history download XBTUSD --since 2024-01-01
    """
    from seatrial.cli.history_download import Asked, run

    run(Asked(pair, since, until, url), store, as_json=json)


@history.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Time and sales: CSV, plain or gz, or a zip of them.")
    ],
    *,
    pair: Annotated[
        str | None, typer.Option(metavar="PAIR", help="The trades' pair. Default: how the file's name begins.")
    ] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Import those trades of the files that Kraken publishes that are not stored yet.

    Of a zip every pair is imported, or the one that --pair names.

    Example: seatrial history import Kraken_Trading_History.zip --pair XBTUSD
    """
    from seatrial.cli.history_import import run

    run(files, pair, store, as_json=json)


@history.command("list")
def list_(*, store: Store = None, json: Json = False) -> None:
    """Show what is stored: pairs, the times between which nothing is missing, and where the trades came from."""
    from seatrial.cli.history_list import run

    run(store, as_json=json)
