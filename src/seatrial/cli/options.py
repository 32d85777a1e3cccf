"""The options that every command over the control API takes."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="The running exchange's data directory: its address is there.")
]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="The exchange's address, instead.")]
Token = Annotated[
    str | None, typer.Option("--token", envvar="SEATRIAL_TOKEN", help="What the exchange was started with.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
