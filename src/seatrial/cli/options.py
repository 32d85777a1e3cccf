"""The options that every command over the control API takes."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="The running exchange's data directory, which has its address.")
]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="The exchange's address, instead of --data.")]
Token = Annotated[
    str | None,
    typer.Option(
        "--token", metavar="TEXT", envvar="SEATRIAL_TOKEN", help="The token that the exchange was started with."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
