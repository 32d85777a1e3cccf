"""Opening a world: catalogue, store, machine, dialects, and a demo account where there is none yet."""

import logging
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Final

from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from seatrial.catalogue import CatalogueError, load
from seatrial.core.assets import Assets
from seatrial.core.commands import SetAsOf
from seatrial.core.machine import Machine
from seatrial.core.markets import Market
from seatrial.core.state import State
from seatrial.dialects.registry import venues
from seatrial.pricing.crowd import Mode
from seatrial.pricing.driver import Driver
from seatrial.server.host.demos import open_demo_accounts
from seatrial.server.host.errors import WorldError
from seatrial.server.host.folder import claim_folder
from seatrial.server.host.opening import market_named
from seatrial.store.errors import DamagedError, unusable
from seatrial.store.store import Store, StoreError, WorldRow, open_store
from seatrial.world.beginning import must
from seatrial.world.clock import LATEST_NS, Clock, read_note
from seatrial.world.driving import DrivingError, Stored, TapeChoice, driver_of, take_leave
from seatrial.world.keeping import foreign_venues
from seatrial.world.world import World

SECOND_NS: Final = 10**9

_log = logging.getLogger("seatrial")

USUAL_SEED: Final = 1


class Settings(Struct, frozen=True):
    """What a world is made from."""

    data: Path | None
    """Its folder; None: nothing is kept."""
    database: str | None = None
    """The URL of the PostgreSQL database that keeps it; None: a file in its folder does."""
    catalogue: Path | None = None
    """The tree of files that says what there is to own and to trade; None: the package's own. No world remembers it."""
    seed: int | None = None
    """The seed of a new world; None: 1. For a stored world only its own seed may be given."""
    quirks: frozenset[str] = frozenset()
    """Other ways to answer that a venue has besides its usual ones, by the names that it gives them."""
    as_of_ns: int | None = None
    """By which moment venues do what they do; 0: by the clock's; None: as it was."""
    crowd: Mode | None = None
    """None: as it was."""
    first_crowd: Mode = Mode.OFF
    """How much the crowd trades in a new world if `crowd` is None."""
    tape: TapeChoice | None = None
    speed_ppm: int | None = None
    """None: as it was; 0: frozen."""
    writes_apart: bool = False
    """Whether what is kept is written by a process of its own: quicker where much is asked at once."""
    flat_out: bool = False
    """Whether a tape is played as fast as it goes."""


def open_world(settings: Settings) -> World:
    """Open the world of a folder or database, or begin one. Raises `WorldError`."""
    lock = None if settings.data is None else claim_folder(settings.data)
    with ExitStack() as opened:
        if lock is not None:
            opened.enter_context(lock)
        try:
            store = opened.enter_context(closing(_open_store(settings, lock)))
        except DamagedError as error:
            raise WorldError(_damaged(error)) from error
        except StoreError as error:
            raise WorldError(str(error)) from error
        try:
            world = _open(settings, store, lock)
        except (CatalogueError, StoreError, DrivingError) as error:
            raise WorldError(str(error)) from error
        except SQLAlchemyError as error:
            trouble = unusable(store.database.name, error)
            raise WorldError(_damaged(trouble) if isinstance(trouble, DamagedError) else str(trouble)) from error
        opened.pop_all()
        return world


def _damaged(error: DamagedError) -> str:
    return f"{error}: put a backup in its place with `seatrial restore FILE --replace`, or choose another --data DIR"


def _open_store(settings: Settings, lock: IO[str] | None) -> Store:
    path = None if settings.data is None else settings.data / "world.sqlite3"
    locked = None if lock is None else lock.fileno()
    return open_store(settings.database or path, apart=settings.writes_apart, keep_open=locked)


def _open(settings: Settings, store: Store, lock: IO[str] | None) -> World:
    catalogue = load(settings.catalogue)
    stored = store.world()
    seed = _seed(settings.seed, stored)

    def fresh_state() -> State:
        return State(seed, Assets(catalogue.assets), catalogue.markets, catalogue.methods)

    machine = Machine(fresh_state())
    dialects = {venue.name: venue.make(seed, catalogue, settings.quirks) for venue in venues()}

    def market_of(pair: str) -> Market | None:
        return catalogue.markets.get(market_named(pair, catalogue.markets, dialects.values()) or "")

    crowd = settings.first_crowd if stored is None and settings.crowd is None else settings.crowd
    driver = driver_of(
        seed, catalogue, market_of, crowd, settings.tape,
        Stored(stored.market, stored.now_ns) if stored else None,
    )  # fmt: skip
    clock = _clock(settings, stored, driver)
    at_ns = clock.now_ns() if settings.tape is None else clock.note.world_ns  # before anything of the tape is due
    if stored is None:
        store.begin_world(seed, at_ns, clock.text())
    else:
        store.load(machine.state)
        machine.state.now_ns = min(machine.state.now_ns, clock.happened_ns or machine.state.now_ns)
    if foreign := foreign_venues(machine.state, dialects.keys()):
        raise WorldError(f"the world that is kept there has accounts at {foreign}, which is no venue here")
    open_demo_accounts(machine, dialects, at_ns)
    if settings.as_of_ns not in (None, machine.state.as_of_ns):
        must(machine.apply(SetAsOf(settings.as_of_ns or 0), at_ns))
    take_leave(machine, driver, stored.market if stored else "", at_ns)
    if machine.state.has_changes:
        clock.happened(max(machine.state.now_ns, clock.happened_ns))
        store.commit(store.batch(machine.take_changes(), machine.state, clock.text(), driver.text()))
    return World("main", machine, store, clock, dialects, driver, fresh_state, lock, flat_out=settings.flat_out)


def _seed(wanted: int | None, stored: WorldRow | None) -> int:
    """The world's seed. Raises `WorldError` where another one was asked for: its ids and keys are drawn already."""
    if stored is None:
        return USUAL_SEED if wanted is None else wanted
    if wanted not in (None, stored.seed):
        raise WorldError(
            f"the world that is kept there has the seed {stored.seed}, for good: leave --seed out, or begin a world of"
            f" seed {wanted} with another --data DIR"
        )
    return stored.seed


def _clock(settings: Settings, stored: WorldRow | None, driver: Driver) -> Clock:
    """A tape's clock goes on where it stood: no time passes for a recording while nobody plays it."""
    clock = Clock(read_note(stored.clock), shown_ns=stored.now_ns) if stored else Clock()
    now_ns = None
    if settings.tape is not None:
        now_ns = stored.now_ns if stored else _beginning(settings.tape, driver)
    says = settings.speed_ppm is not None or settings.flat_out
    clock.set(frozen=settings.speed_ppm == 0 if says else None, speed_ppm=settings.speed_ppm or None, now_ns=now_ns)
    if clock.ahead_ns > SECOND_NS:
        _log.warning(
            "the machine's clock is %d seconds behind the world's time, which goes at half its pace until they agree; "
            "where the machine is right, `seatrial clock advance 1s` has it go on as it is",
            clock.ahead_ns // SECOND_NS,
        )
    return clock


def _beginning(tape: TapeChoice, driver: Driver) -> int:
    """Where the tape begins; a whole second before its first trade where nothing is said."""
    begin_ns = tape.begin_ns if tape.begin_ns is not None else (driver.due_ns - 1) // SECOND_NS * SECOND_NS
    return min(begin_ns, LATEST_NS)
