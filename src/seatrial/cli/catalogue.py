"""`seatrial catalogue`: the files that say what there is to own, to trade and to move."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.exits import fail, note
from seatrial.cli.options import Json

catalogue = typer.Typer(
    help="The files that `seatrial serve --catalogue DIR` reads: assets, markets, fees, ways to move money, names.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the files.")]


@catalogue.command()
def copy(folder: Folder, *, json: Json = False) -> None:
    """Write the package's own files into a new folder, to be changed there. Its README.md says what each of them holds.

    Example: seatrial catalogue copy my-catalogue
    """
    from seatrial.catalogue import CatalogueError, copy_ours

    try:
        files = copy_ours(folder)
    except CatalogueError as error:
        fail(str(error))
    if json:
        import msgspec

        typer.echo(msgspec.json.encode({"folder": str(folder.absolute()), "files": files}))
        return
    for file in files:
        typer.echo(folder / file)
    note(f"`seatrial serve --catalogue {folder}` reads them")


@catalogue.command()
def check(folder: Folder, *, json: Json = False) -> None:
    """Read a folder's files as a server would. Ends with status 2 and one line when one of them cannot be used.

    Example: seatrial catalogue check my-catalogue
    """
    from seatrial.server.host.errors import WorldError
    from seatrial.server.host.worlds import Settings, open_world

    try:
        world = open_world(Settings(None, catalogue=folder))
    except WorldError as error:
        fail(str(error))
    state = world.machine.state
    counts = {
        "assets": len(state.assets.listed),
        "markets": len(state.markets),
        "methods": sum(map(len, state.methods.values())),
    }
    if json:
        import msgspec

        typer.echo(msgspec.json.encode({"folder": str(folder.absolute()), **counts}))
    else:
        typer.echo(f"{folder}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
