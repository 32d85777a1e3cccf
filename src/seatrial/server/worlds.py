"""Opening a world: catalogue, store, machine, dialects, and a demo account where there is none yet."""

import fcntl
import logging
import os
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Final

from msgspec import UNSET, Struct
from sqlalchemy.exc import SQLAlchemyError

from seatrial.catalogue import CatalogueError, load
from seatrial.core.assets import Assets
from seatrial.core.commands import SetAsOf
from seatrial.core.machine import Machine
from seatrial.core.markets import Market
from seatrial.core.state import State
from seatrial.dialects.kraken.dialect import Kraken
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kucoin import symbols as kucoin_symbols
from seatrial.dialects.kucoin.dialect import Kucoin
from seatrial.dialects.wire import Dialect
from seatrial.pricing.crowd import Mode
from seatrial.pricing.driver import Driver
from seatrial.server.connection import Connection, KeyedAccount
from seatrial.server.opening import account_command, key_command, market_named
from seatrial.store.errors import DamagedError, unusable
from seatrial.store.store import Store, StoreError, WorldRow, open_store
from seatrial.world.beginning import must
from seatrial.world.clock import LATEST_NS, Clock, read_note
from seatrial.world.driving import DrivingError, Stored, TapeChoice, driver_of, take_leave
from seatrial.world.world import World

SECOND_NS: Final = 10**9

_log = logging.getLogger("seatrial")

DEMO: Final = "demo"
DEMOS: Final = {"kraken": DEMO, "kucoin": "demo-kucoin"}
"""The name of each venue's demo account."""
DEMO_KEY: Final = "demo"
COMMAND_LINE_KEY: Final = "command line"
"""A key of its own for `seatrial api`: clients count nonces in different units and would lock each other out."""

DEMO_BALANCES: Final[dict[str, dict[str, str | float]]] = {
    "kraken": {
        "USD": "100000", "EUR": "50000", "GBP": "10000", "USDT": "25000", "USDC": "25000", "BTC": "10", "ETH": "100",
        "SOL": "500", "XRP": "20000", "DOGE": "100000", "ADA": "20000", "DOT": "1000",
        "ETH2.S": "5", "USD.M": "1000", "USDT.F": "250",
    },
    "kucoin": {
        "USDT": "100000", "USDC": "25000", "BTC": "5", "ETH": "50", "SOL": "250", "XRP": "10000",
        "main:USDT": "25000", "main:USDC": "5000", "main:BTC": "1", "main:ETH": "10",
    },
}  # fmt: skip


USUAL_SEED: Final = 1
LAST_COMMIT_SECONDS: Final = 10.0
LOCK_POLL_SECONDS: Final = 0.02


class WorldError(Exception):
    """The world cannot be opened; the text is one line that says what to do."""


class FolderTaken(WorldError):
    """A server is running in that folder."""


class Settings(Struct, frozen=True):
    """What a world is made from."""

    data: Path | None
    """Its folder; None: nothing is kept."""
    database: str | None = None
    """The URL of the PostgreSQL database that keeps it; None: a file in its folder does."""
    catalogue: Path | None = None
    """The tree of files that says what there is to own and to trade; None: the package's own. No world remembers it."""
    seed: int | None = None
    """Of a new world; None: 1. A stored world has its own, and none but that may be named."""
    require_user_agent: bool = False
    says_unknown_order: bool = False
    """Whether Kraken's users get the older text where they cancel what is not open."""
    as_of_ns: int | None = None
    """By which moment venues do what they do; 0: by the clock's; None: as it was."""
    crowd: Mode | None = None
    """None: as it was."""
    first_crowd: Mode = Mode.OFF
    """Of a new world, where `crowd` does not say it."""
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
    dialects: dict[str, Dialect] = {
        "kraken": Kraken(
            seed,
            Symbols(catalogue),
            require_user_agent=settings.require_user_agent,
            says_unknown_order=settings.says_unknown_order,
        ),
        "kucoin": Kucoin(seed, kucoin_symbols.Symbols(catalogue)),
    }

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
    for venue, dialect in dialects.items():
        if all(account.account.venue != venue for account in machine.state.accounts.values()):
            _open_demo_account(machine, venue, dialect, at_ns)
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


def connection_of(world: World, url: str, *, key_name: str = DEMO_KEY) -> Connection:
    """How to reach a world that answers at a URL, with its demo accounts' keys of that name."""
    state = world.machine.state
    keyed = ((state.accounts[key.account_id].account, key) for key in state.keys.values() if key.name == key_name)
    accounts = tuple(
        KeyedAccount(
            account.account_id, account.name, account.venue, key.public, key.secret, key.one_time_password or UNSET
        )
        for account, key in keyed
        if account.name == DEMOS.get(account.venue)
    )
    return Connection(url, f"{url}/_seatrial/v1", world.name, accounts)


def _open_demo_account(machine: Machine, venue: str, dialect: Dialect, at_ns: int) -> None:
    balances = {text: amount for text, amount in DEMO_BALANCES[venue].items() if _is_there(machine, dialect, text)}
    command = account_command(machine.state, dialect, venue, DEMOS[venue], balances)
    must(machine.apply(command, at_ns))
    account_id = machine.state.counters.account_id
    for name in (DEMO_KEY, COMMAND_LINE_KEY):
        must(machine.apply(key_command(machine.state, dialect, account_id, name), at_ns))


def _is_there(machine: Machine, dialect: Dialect, text: str) -> bool:
    """Whether the catalogue has what a demo account would have."""
    code = dialect.asset_code(text.rpartition(":")[2])
    return code is not None and machine.state.assets.get(code) is not None


def claim_folder(folder: Path) -> IO[str]:
    """Make the folder its owner's alone, and make sure that one server at a time writes in it. Raises `WorldError`.

    The writing process of a server that was killed may be at its last commit: that one is waited for.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise WorldError(f"cannot write in {folder}: {error.strerror}; choose another folder with --data") from error
    patient_until = monotonic() + LAST_COMMIT_SECONDS
    while not _take(lock):
        if _is_running(lock.read()) or monotonic() > patient_until:
            lock.close()
            raise FolderTaken(f"another server is using {folder}: stop it, or choose another folder with --data")
        sleep(LOCK_POLL_SECONDS)
        lock.seek(0)
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _take(lock: IO[str]) -> bool:
    """Take the lock if it is free; whether it is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_running(process: str) -> bool:
    """Whether there is a process of that number; of none, nobody knows."""
    if not process.isdecimal():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
