"""Starting the exchange from the command line: what is printed when, and where."""

import gc
import logging
import signal
import sys

import msgspec

from seatrial.cli import exits, local
from seatrial.pricing.crowd import Crowd, Mode
from seatrial.pricing.driver import Driver
from seatrial.server.connection import Connection
from seatrial.server.serve import Listen, ServeError, bind, calm_collector, run
from seatrial.server.worlds import COMMAND_LINE_KEY, DEMOS, Settings, WorldError, connection_of, open_world
from seatrial.world.world import World

_BANNER = """\
Seatrial {version} answers at {url}

  Kraken  key         {kraken.key}
          secret      {kraken.secret}
  KuCoin  key         {kucoin.key}
          secret      {kucoin.secret}
          passphrase  {kucoin.passphrase}

  curl "{url}/0/public/Ticker?pair=XBTUSD"

  import ccxt
  exchange = ccxt.kraken({{"apiKey": "{kraken.key}", "secret": "{kraken.secret}"}})
  exchange.urls["api"] = {{"public": "{url}", "private": "{url}"}}
  print(exchange.fetch_balance()["total"])

Control API: {control} (described by {url}/_seatrial/openapi.json)
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
                    local.write(settings.data, connection_of(world, connection.url, key_name=COMMAND_LINE_KEY))
                sys.stdout.write(_line(connection) if as_json else _banner(connection, settings, world))
                sys.stdout.flush()

            calm_collector()
            run(world, listener, listen, announce)
            if not as_json:
                sys.stdout.write(f"\nStopped. {_kept(settings, world)}\n")
        gc.unfreeze()  # or else what reads tapes reports at exit that it was never collected
    except (WorldError, ServeError) as error:
        exits.fail(str(error))


def _line(connection: Connection) -> str:
    return msgspec.json.encode(connection).decode() + "\n"


def _banner(connection: Connection, settings: Settings, world: World) -> str:
    demos = {venue: connection.account(venue) for venue in DEMOS}
    return _BANNER.format(
        version=connection.version, url=connection.url, control=connection.control, market=_market(world.driver),
        kept=_kept(settings, world), **demos,
    )  # fmt: skip


def _kept(settings: Settings, world: World) -> str:
    place = world.kept_in if settings.database else settings.data
    return "Nothing is kept: --memory." if settings.data is None else f"The world is kept in {place}."


def _market(driver: Driver) -> str:
    if not isinstance(driver, Crowd):
        return "A tape plays: `seatrial tape` shows how far."
    if driver.note.mode is Mode.OFF:
        return "Nobody trades but you: `seatrial crowd calm` changes that."
    return f"A {driver.note.mode} crowd trades: `seatrial market list` shows where."
