"""`seatrial events`: what happened in the world, and what happens."""

from typing import Annotated, Final

import typer

from seatrial.cli import defaults
from seatrial.cli.options import Data, Token, Url

USUAL_LAST: Final = 20


def events(
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new events until Ctrl-C.")] = False,
    account: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Only about this account, by id or name.")
    ] = None,
    market: Annotated[str | None, typer.Option(metavar="PAIR", help="Only about this market.")] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KINDS", help="Only of these kinds, as in traded,order_ended.")
    ] = None,
    since: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=0, help="Begin after the event of this number.")
    ] = None,
    last: Annotated[
        int | None, typer.Option(metavar="COUNT", min=0, help=f"Begin with so many of the last. Default: {USUAL_LAST}.")
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each event.")] = False,
) -> None:
    """Show the last events, and with --follow new ones, too: orders, trades, entries, transfers, settings.

    Each event has a number, and is shown once what it says is stored.

    Example: seatrial events --kind traded,order_ended --last 5
    """
    from seatrial.cli import control, following
    from seatrial.client.calls import Wanted

    if since is None and last is None:
        last = USUAL_LAST
    following.run(control.Where(data, url, token, json), Wanted(account, market, kind, since, last, follow))
