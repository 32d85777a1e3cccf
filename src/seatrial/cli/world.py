"""`seatrial clock` and `seatrial books`: a world's time, and whether its money adds up."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from seatrial.cli import defaults
from seatrial.cli.exits import fail
from seatrial.cli.options import Data, Json, Token, Url


class Action(StrEnum):
    """What can be done with a clock."""

    SHOW = "show"
    FREEZE = "freeze"
    RUN = "run"
    SET = "set"
    ADVANCE = "advance"
    SPEED = "speed"
    AS_OF = "as-of"


_PLAIN: dict[Action, dict[str, Any]] = {
    Action.SHOW: {},
    Action.FREEZE: {"frozen": True},
    Action.RUN: {"frozen": False},
}
_WITH_VALUE = {Action.SET: "now", Action.ADVANCE: "advance", Action.SPEED: "speed", Action.AS_OF: "as_of"}


def clock(
    action: Annotated[
        Action, typer.Argument(metavar="ACTION", help="show, freeze, run, set, advance, speed or as-of.")
    ] = Action.SHOW,
    value: Annotated[
        str | None,
        typer.Argument(
            metavar="VALUE",
            help="For set UNIX seconds or like 2026-01-31T12:00:00Z, for advance like 90s or 24h, for speed like 60,"
            " for as-of like 2024-01, or clock.",
        ),
    ] = None,
    *,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Show, freeze, run, set, advance or speed up the world's time. It goes back only while nothing happened.

    It comes back when all that fell due has happened. With as-of the venues do what they did on another day.

    Example: seatrial clock advance 24h
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls
    from seatrial.client.shapes import ClockChange

    change = _change(action, value)
    call = calls.set_clock(ClockChange(**change)) if change else calls.read_clock()
    control.run(control.Where(data, url, token, json), call, tables.facts)


def books(
    *, data: Data = defaults.DATA, url: Url = None, token: Token = None, json: Json = False
) -> None:  # fmt: skip
    """Show the trial balance: what clients own, what is held, what the exchange has, and that all sums to zero."""
    from seatrial.cli import control, tables
    from seatrial.client import calls

    control.run(control.Where(data, url, token, json), calls.read_books(), tables.books)


def _change(action: Action, value: str | None) -> dict[str, Any]:
    if action in _WITH_VALUE:
        return {
            _WITH_VALUE[action]: value or fail(f"`seatrial clock {action}` needs a value, as in: {_EXAMPLES[action]}")
        }
    if value is not None:
        fail(f"`seatrial clock {action}` takes no value: leave it out")
    return _PLAIN[action]


_EXAMPLES = {
    Action.SET: "seatrial clock set 2026-12-31T23:59:00Z",
    Action.ADVANCE: "seatrial clock advance 24h",
    Action.SPEED: "seatrial clock speed 60",
    Action.AS_OF: "seatrial clock as-of 2024-01",
}
