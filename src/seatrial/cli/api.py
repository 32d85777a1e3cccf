"""`seatrial api`: call one method, as `./krakenapi` does in Kraken's own examples.

Source: venue-pages#user-references.
"""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli import defaults

Method = Annotated[
    str, typer.Argument(metavar="METHOD", help="As Kraken spells it: Balance, AddOrder, Earn/Strategies.")
]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="The method's parameters.")]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="Another venue than the local exchange.")]
KeyEnv = Annotated[
    str | None,
    typer.Option("--key-env", metavar="NAME", help="Take the key from NAME_KEY and the private key from NAME_SECRET."),
]
Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="The local exchange's data directory, where its demo key is.")
]
Exact = Annotated[bool, typer.Option("--json", help="The bytes as the venue sent them, on a terminal too.")]


def api(
    method: Method,
    arguments: Pairs = None,
    *,
    url: Url = None,
    key_env: KeyEnv = None,
    data: Data = defaults.DATA,
    exact: Exact = False,
) -> None:
    """Call a method of the local exchange with its demo key, and print the answer.

    Or of any other venue: with --url, and a key from the environment. A parameter `nonce=...` is sent as it stands.

    The demo key is in the exchange's data directory. Where none is, as with `seatrial serve --memory`, an exchange on
    this machine is asked for a new key to the demo account, for this one call.

    Exit status: 0 when the venue did it, 1 when it refused, 2 for wrong use or when there was no answer.

    Example: seatrial api AddOrder pair=xdgusd type=buy ordertype=limit price=0.1 volume=50 userref=27649653
    """
    from seatrial.cli.calling import choose_target, run

    run(choose_target(method, url, key_env, data), method, arguments or [], exact=exact)
