"""Starting the exchange from the command line: what is printed when, and where."""

import gc
import logging
import signal
import sys

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from seatrial.cli import exits, local
from seatrial.dialects.registry import venues
from seatrial.dialects.venue import Venue
from seatrial.pricing.crowd import Crowd, Mode
from seatrial.pricing.driver import Driver
from seatrial.server.host.connection import Connection, KeyedAccount
from seatrial.server.host.demos import COMMAND_LINE_KEY, connection_of
from seatrial.server.host.errors import WorldError
from seatrial.server.host.worlds import Settings, open_world
from seatrial.server.serve import Listen, ServeError, bind, calm_collector, certified, run
from seatrial.world.world import World

_BANNER = """\
Seatrial {version} answers at {url}
and at {https}, for those who trust {ca}

{keys}
{samples}Control API: {control} (described by {url}/_seatrial/openapi.json)
{market}
{kept}
Ctrl-C stops it.
"""


def start(settings: Settings, listen: Listen, *, as_json: bool) -> None:
    """Open the world and serve it; every known trouble is one line and a non-zero exit."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a supervisor's stop is as clean as Ctrl-C
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    try:
        with bind(listen) as listener:  # before a world is begun where none was
            world = open_world(settings)

            def announce(connection: Connection) -> None:
                if settings.data is not None:
                    own = connection_of(world, connection.url, key_name=COMMAND_LINE_KEY)
                    local.write(settings.data, replace(connection, accounts=own.accounts))
                sys.stdout.write(_line(connection) if as_json else _banner(connection, settings, world))
                sys.stdout.flush()

            with certified(world, settings.data) as who:
                calm_collector()
                run(world, listener, listen, who, announce)
            if not as_json:
                sys.stdout.write(f"\nStopped. {_kept(settings, world)}\n")
        gc.unfreeze()  # or else what reads tapes reports at exit that it was never collected
    except (WorldError, ServeError) as error:
        exits.fail(str(error))


def _line(connection: Connection) -> str:
    return msgspec.json.encode(connection).decode() + "\n"


def _banner(connection: Connection, settings: Settings, world: World) -> str:
    found = ((venue, connection.account(venue.name)) for venue in venues())
    demos = [(venue, demo) for venue, demo in found if demo is not None]
    width = max((len(venue.title) for venue, _ in demos), default=0)
    return _BANNER.format(
        version=connection.version, url=connection.url, https=connection.https, ca=connection.ca,
        control=connection.control,
        market=_market(world.driver), kept=_kept(settings, world),
        keys="".join(_keys(venue.title.ljust(width), demo) for venue, demo in demos),
        samples="".join(f"{_sample(venue, demo, connection.url)}\n" for venue, demo in demos if venue.sample),
    )  # fmt: skip


def _keys(title: str, demo: KeyedAccount) -> str:
    said = {"key": demo.key, "secret": demo.secret, "passphrase": demo.passphrase}
    lines = [f"{name:<12}{value}\n" for name, value in said.items() if value is not UNSET]
    return f"  {title}  " + f"  {' ' * len(title)}  ".join(lines)


def _sample(venue: Venue, demo: KeyedAccount, url: str) -> str:
    return venue.sample.format(url=url, key=demo.key, secret=demo.secret, passphrase=demo.passphrase)


def _kept(settings: Settings, world: World) -> str:
    place = world.kept_in if settings.database else settings.data
    return "Nothing is kept: --memory." if settings.data is None else f"The world is kept in {place}."


def _market(driver: Driver) -> str:
    if not isinstance(driver, Crowd):
        return "A tape plays: `seatrial tape` shows how far."
    if driver.note.mode is Mode.OFF:
        return "Nobody trades but you: `seatrial crowd calm` changes that."
    return f"A {driver.note.mode} crowd trades: `seatrial market list` shows where."
