"""Who moves the prices of a world: a crowd, a tape, or nobody."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.catalogue import Catalogue, CatalogueError
from seatrial.core.machine import Machine
from seatrial.core.markets import Market
from seatrial.pricing import tables
from seatrial.pricing.crowd import Crowd, Mode
from seatrial.pricing.driver import NEVER, Driver
from seatrial.pricing.house import supply_house, withdraw_quotes
from seatrial.pricing.tape import Tape
from seatrial.world.clock import iso

CROWD: Final = "crowd"
TAPE: Final = "tape"


_log = logging.getLogger("seatrial")

MarketOf = Callable[[str], Market | None]
"""The market of a pair, by any of its names."""


class DrivingError(Exception):
    """Prices cannot be moved so; the text is one line that says why."""


class TapeChoice(Struct, frozen=True):
    """Which recorded trades to play."""

    paths: tuple[Path, ...]
    pair: str | None = None
    """Of the one file whose name does not say it."""
    begin_ns: int | None = None
    """Where to begin; None: with the first trade."""


class Stored(Struct, frozen=True):
    """What the store has of a world."""

    market: str
    now_ns: int


def driver_of(
    seed: int, catalogue: Catalogue, market_of: MarketOf, crowd: Mode | None, tape: TapeChoice | None,
    stored: Stored | None,
) -> Driver:  # fmt: skip
    """The driver that was asked for, which goes on where one of its kind stood. Raises `DrivingError`."""
    note = "" if stored is None else stored.market
    if tape is not None:
        return _tape(seed, market_of, tape, stored)
    try:
        found = Crowd(seed, tables.load(catalogue), catalogue.markets, crowd or Mode.OFF)
    except CatalogueError as error:
        raise DrivingError(str(error)) from error
    if stored is not None and _kind(note) == CROWD:
        found.restore(note)
        found.go_on_from(stored.now_ns)
        if crowd is not None:
            found.set_mode(crowd)
    return found


def take_leave(machine: Machine, driver: Driver, note: str, at_ns: int) -> None:
    """Take the quotes of a driver away that does not go on, and give the house of one that does all that it quotes."""
    is_off = isinstance(driver, Crowd) and driver.note.mode is Mode.OFF
    if is_off or _kind(note) != _kind(driver.text()):
        withdraw_quotes(machine, at_ns)
    if not is_off:
        supply_house(machine, at_ns)


def _tape(seed: int, market_of: MarketOf, choice: TapeChoice, stored: Stored | None) -> Tape:
    """The driver of a tape. What reads files is imported here, because it would slow every start."""
    from seatrial.world.tapes import TapeError, recordings, together  # noqa: PLC0415  see above

    if choice.pair is not None and len(choice.paths) > 1:
        raise DrivingError(
            "--pair names the pair of one tape: with several, leave it out and begin each file's name with its pair"
        )
    try:
        found = [recording for path in choice.paths for recording in recordings(path, choice.pair, market_of)]
    except TapeError as error:
        raise DrivingError(str(error)) from error
    if stored is not None and _kind(stored.market) == TAPE:
        return _gone_on(Tape(seed, together(found), choice.begin_ns or 0, stored.market), choice)
    begin_ns = max(choice.begin_ns or 0, 0 if stored is None else stored.now_ns)
    tape = Tape(seed, together(found), begin_ns)
    if tape.due_ns == NEVER:
        raise DrivingError(f"the tape has no trade from {iso(begin_ns)} on, {_why(choice, begin_ns)}")
    return tape


def _gone_on(tape: Tape, choice: TapeChoice) -> Tape:
    """A tape that goes on from where it stood; the log says so if it was to begin elsewhere."""
    stands_ns = tape.note.recorded_ns
    if choice.begin_ns is not None and choice.begin_ns < stands_ns:
        _log.warning(
            "the tape goes on where it stood, at %s, and not where --at says; --memory or another --data begins anew",
            iso(stands_ns),
        )
    return tape


def _why(choice: TapeChoice, begin_ns: int) -> str:
    if begin_ns == choice.begin_ns:
        return "where --at begins"
    return "which is the time of the world: begin another one with --data DIR, or with --memory"


def _kind(note: str) -> str:
    for kind in (CROWD, TAPE):
        if note.startswith(f'{{"driver":"{kind}"'):
            return kind
    return ""
