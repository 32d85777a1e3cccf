"""`seatrial serve`: run the exchange."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.exits import fail


def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 picks a free one.")] = 8790,
    data: Annotated[Path, typer.Option(metavar="DIR", help="The folder that keeps the world.")] = defaults.DATA,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="SEATRIAL_DATABASE",
            help="Keep the world in PostgreSQL, at an address like postgresql://USER@HOST/NAME. The folder then only"
            " holds the file by which other commands find this server.",
        ),
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Keep nothing: the world ends with the server.")] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The folder of files that list assets, markets, fees and ways to move money. `seatrial catalogue copy"
            " DIR` makes one to change. Default: the package's own.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**63 - 1, help="The number from which a new world draws its ids and keys. Default: 1."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of the banner.")] = False,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="SEATRIAL_TOKEN",
            help="What callers of the control API must show. With a token, other machines may call it, too.",
        ),
    ] = None,
    require_user_agent: Annotated[
        bool,
        typer.Option(
            "--require-user-agent", help="Answer calls without User-Agent with a 403 page, where the venue has one."
        ),
    ] = False,
    unknown_order: Annotated[
        bool,
        typer.Option(
            "--unknown-order", help="Answer EOrder:Unknown order, the older text, if a cancel finds no open order."
        ),
    ] = False,
    count_connections: Annotated[
        bool,
        typer.Option(
            "--count-connections",
            help="Refuse WebSockets from an address that opens too many, as the venue does: 150 in ten minutes.",
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
        typer.Option(metavar="off|calm|busy", help="How much a crowd trades. Default: as much as before."),
    ] = None,
    crowd_at_first: Annotated[
        str,
        typer.Option(
            metavar="off|calm|busy",
            help="How much a crowd trades in a new world if --crowd is not given; `make serve` gives calm.",
        ),
    ] = "off",
    tape: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Play recorded trades: a CSV file, plain or gz, or a store that `seatrial history` made. May be given"
            " more than once.",
        ),
    ] = None,
    pair: Annotated[
        str | None, typer.Option(help="The tape's pair. Default: how the file's name begins, or all pairs of a store.")
    ] = None,
    speed: Annotated[
        str | None, typer.Option(metavar="60x|max|0", help="How fast the tape plays. 0 freezes the clock: advance it.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="The moment at which the tape begins. Default: its first trade.")
    ] = None,
) -> None:
    """Run the exchange until Ctrl-C. A second start finds everything as it was."""
    from seatrial.cli.moving import Played, dated, moved
    from seatrial.cli.serving import start
    from seatrial.server.host.worlds import Settings
    from seatrial.server.serve import Listen, token_fault

    if memory and database:
        fail("--memory keeps nothing, --database keeps everything: choose one, or unset SEATRIAL_DATABASE")
    fault = None if token is None else token_fault(token)
    if fault is not None:
        fail(fault)
    quirks = {
        "require-user-agent": require_user_agent,
        "unknown-order": unknown_order,
        "count-connections": count_connections,
    }
    settings = Settings(
        None if memory else data, database=database, catalogue=catalogue, seed=seed,
        quirks=frozenset(name for name, wanted in quirks.items() if wanted), writes_apart=True,
    )  # fmt: skip
    settings = dated(settings, as_of)
    settings = moved(settings, crowd, crowd_at_first, Played(tape or [], pair, speed, at))
    start(settings, Listen(host, port, token), as_json=json)
