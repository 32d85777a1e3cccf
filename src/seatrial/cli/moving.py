"""Reading who is to move the prices of a world."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from seatrial.cli.exits import fail
from seatrial.market.crowd import Mode
from seatrial.server.driving import TapeChoice
from seatrial.server.opening import BadText
from seatrial.server.times import read_moment, read_speed
from seatrial.server.worlds import Settings

T = TypeVar("T")

MAX = "max"
FROZEN = "0"


def moved(
    settings: Settings, crowd: str | None, tapes: list[Path], pair: str | None, speed: str | None, at: str | None
) -> Settings:
    """The settings with these. Ends the program with a line on what cannot be."""
    if crowd is not None and crowd not in set(Mode):
        fail(f"--crowd {crowd} is none of {', '.join(Mode)}")
    if tapes and crowd not in (None, Mode.OFF):
        fail("a world has a crowd or a tape, not both")
    if not tapes and (pair or speed or at):
        fail("--pair, --speed and --at go with --tape FILE")
    changes: dict[str, Any] = {"crowd": None if crowd is None else Mode(crowd)}
    if tapes:
        changes["tape"] = TapeChoice(tuple(tapes), pair, None if at is None else _read(read_moment, at))
    if speed == MAX:
        changes["flat_out"] = True
    elif speed is not None:
        changes["speed_ppm"] = 0 if speed.removesuffix("x") == FROZEN else _read(read_speed, speed)
    return replace(settings, **changes)


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except BadText as bad:
        fail(str(bad))
