"""How a command ends: 0 when the venue did it, 1 when it refused, 2 for wrong use or no connection."""

from typing import Final, Never

import typer

REFUSED: Final = 1
FAILED: Final = 2


def fail(message: str) -> Never:
    """End with one line that says what is wrong and what to do next."""
    typer.echo(f"seatrial: {message}", err=True)
    raise typer.Exit(FAILED)


def note(message: str) -> None:
    """Tell the person something that is no part of the result."""
    typer.echo(f"seatrial: {message}", err=True)
