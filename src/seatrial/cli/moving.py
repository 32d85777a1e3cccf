"""Reading who is to move the prices of a world."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from seatrial.cli.exits import fail
from seatrial.pricing.crowd import Mode
from seatrial.server.control.times import read_as_of, read_moment, read_speed
from seatrial.server.host.opening import BadText
from seatrial.server.host.worlds import Settings
from seatrial.world.clock import FASTEST_PPM, NORMAL_PPM
from seatrial.world.driving import TapeChoice

T = TypeVar("T")

MAX = "max"
FROZEN = "0"


class Played(NamedTuple):
    """What was said of a tape."""

    paths: list[Path]
    pair: str | None
    speed: str | None
    at: str | None


def dated(settings: Settings, as_of: str | None) -> Settings:
    """The settings with the day that the venues go by. Ends the program with a line where it is none."""
    return settings if as_of is None else replace(settings, as_of_ns=_read(read_as_of, as_of))


def moved(settings: Settings, crowd: str | None, first_crowd: str, tape: Played) -> Settings:
    """The settings with these. Ends the program with a line on what cannot be."""
    if tape.paths and crowd not in (None, Mode.OFF):
        fail("--crowd and --tape do not go together: leave one of them out")
    if not tape.paths and any(tape[1:]):
        fail("--pair, --speed and --at have no effect without a tape: add --tape FILE")
    changes: dict[str, Any] = {
        "crowd": None if crowd is None else _mode("--crowd", crowd),
        "first_crowd": _mode("--crowd-at-first", first_crowd),
    }
    if tape.paths:
        begin_ns = None if tape.at is None else _read(read_moment, tape.at)
        changes["tape"] = TapeChoice(tuple(tape.paths), tape.pair, begin_ns)
    if tape.speed == MAX:
        changes["flat_out"] = True
    elif tape.speed is not None:
        changes["speed_ppm"] = 0 if tape.speed.removesuffix("x") == FROZEN else _speed(tape.speed)
    return replace(settings, **changes)


def _mode(option: str, text: str) -> Mode:
    if text not in set(Mode):
        fail(f"{option} {text} is none of {', '.join(Mode)}")
    return Mode(text)


def _speed(text: str) -> int:
    try:
        return read_speed(text)
    except BadText:
        fastest = FASTEST_PPM // NORMAL_PPM
        fail(
            f"--speed {text} is no speed: give the world's seconds per second, as in 60x, up to {fastest}x; or {MAX}"
            f" for as fast as possible; or {FROZEN} for a clock that you advance"
        )


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except BadText as bad:
        fail(str(bad))
