"""`seatrial serve`: run the exchange."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.exits import fail


def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8790,
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where the world is kept.")] = defaults.DATA,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="SEATRIAL_DATABASE",
            help="Keep the world in PostgreSQL: postgresql://USER@HOST/NAME. DIR then only says where this server is.",
        ),
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Keep nothing.")] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The files that say which assets, markets, fees and ways to move money there are; `seatrial catalogue"
            " copy DIR` writes them to begin with. Default: the package's own.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**63 - 1, help="What ids and keys of a new world are drawn from. Default: 1."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON once it answers.")] = False,
    token: Annotated[
        str | None,
        typer.Option(envvar="SEATRIAL_TOKEN", help="Lets other machines use the control API, who show it."),
    ] = None,
    require_user_agent: Annotated[
        bool, typer.Option("--require-user-agent", help="Answer calls without User-Agent with the 403 page.")
    ] = False,
    unknown_order: Annotated[
        bool,
        typer.Option(
            "--unknown-order", help="Say EOrder:Unknown order, as Kraken once did, where a cancel finds nothing open."
        ),
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DAY|clock",
            help="The venues do what they did then, such as 2024-01, whatever the clock says; `clock`: what they do at"
            " the clock's time. Stays as it was where nothing is said.",
        ),
    ] = None,
    crowd: Annotated[
        str | None,
        typer.Option(metavar="off|calm|busy", help="How much others trade. Stays as it was where nothing is said."),
    ] = None,
    crowd_at_first: Annotated[
        str, typer.Option(metavar="off|calm|busy", help="The same, of a new world only; `make serve` says calm.")
    ] = "off",
    tape: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Play recorded trades: a CSV file, plain or gz, or a store of trades. More than one may be named.",
        ),
    ] = None,
    pair: Annotated[str | None, typer.Option(help="The tape's pair, where its name does not begin with it.")] = None,
    speed: Annotated[
        str | None, typer.Option(metavar="60x|max|0", help="How fast the tape runs; 0 leaves the clock to you.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="ISO", help="Where the tape begins; with its first trade otherwise.")
    ] = None,
) -> None:
    """Run the exchange until Ctrl-C. A second start finds everything as it was."""
    from seatrial.cli.moving import Played, dated, moved
    from seatrial.cli.serving import start
    from seatrial.server.serve import Listen, token_fault
    from seatrial.server.worlds import Settings

    if memory and database:
        fail("--memory keeps nothing, --database keeps everything: choose one, or unset SEATRIAL_DATABASE")
    fault = None if token is None else token_fault(token)
    if fault is not None:
        fail(fault)
    settings = Settings(
        None if memory else data, database=database, catalogue=catalogue, seed=seed,
        require_user_agent=require_user_agent, says_unknown_order=unknown_order, writes_apart=True,
    )  # fmt: skip
    settings = dated(settings, as_of)
    settings = moved(settings, crowd, crowd_at_first, Played(tape or [], pair, speed, at))
    start(settings, Listen(host, port, token), as_json=json)
