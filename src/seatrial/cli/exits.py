"""How a command ends: 0 when the venue did it, 1 when it refused, 2 for wrong use or no connection, 130 on Ctrl-C."""

from typing import Final, Never

import typer

REFUSED: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130


def fail(message: str) -> Never:
    """End with one line that says what is wrong and what to do next."""
    typer.echo(f"seatrial: {message}", err=True)
    raise typer.Exit(FAILED)


def stopped(message: str) -> Never:
    """End because the person said so, with a line on what became of the work."""
    note(message)
    raise typer.Exit(INTERRUPTED)


def note(message: str) -> None:
    """Tell the person something that is no part of the result."""
    typer.echo(f"seatrial: {message}", err=True)
