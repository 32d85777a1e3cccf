"""What the commands over stored trades share: their options, and how pairs and moments are said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.exits import fail

if TYPE_CHECKING:
    from seatrial.history.manifest import Pair
    from seatrial.history.store import TradeStore

_STORE_HELP = "Where trades are stored. Default: a folder of your user data directory."
PairName = Annotated[str, typer.Argument(metavar="PAIR", help="XBTUSD, XBT/USD, BTC/USD or XXBTZUSD.")]
Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help=_STORE_HELP)]
StoreOrOut = Annotated[Path | None, typer.Option("--store", "--out", metavar="DIR", help=_STORE_HELP)]

FIRST_NANOSECONDS = 10**11
"""A whole number from here on counts nanoseconds, as in Kraken's `since`; below it seconds.
Source: market-data#since."""


def open_store(folder: Path | None) -> "TradeStore":
    """The folder of stored trades, which need not be there yet."""
    from seatrial.history.store import TradeStore, user_folder

    return TradeStore(folder or user_folder())


def read_time(text: str) -> int:
    """0, nanoseconds, UNIX seconds or an ISO date, in nanoseconds. Ends the command when it is none."""
    from seatrial.server.control.times import read_moment
    from seatrial.server.opening import BadText

    if text.isascii() and text.isdigit() and int(text) >= FIRST_NANOSECONDS:
        return int(text)
    try:
        return read_moment(text)
    except BadText as error:
        fail(str(error))


def optional_time(text: str | None) -> int | None:
    """The same of an option that may be left out."""
    return None if text is None else read_time(text)


def show_time(at_ns: int) -> str:
    """2018-05-13 05:00:17 UTC, as fine as it is."""
    from seatrial.world.clock import iso

    return iso(at_ns).replace("T", " ").replace("Z", " UTC")


def known_pair(name: str) -> "Pair | None":
    """The pair that Kraken's users mean, as far as the package lists it."""
    from seatrial.catalogue import load
    from seatrial.dialects.kraken.symbols import Symbols
    from seatrial.history.manifest import Pair

    catalogue = load()
    symbols = Symbols(catalogue)
    symbol = symbols.pair(name)
    if symbol is None:
        return None
    altname = symbols.pair_altname(symbol)
    others = (symbols.wsname(symbol), symbols.pair_name(symbol), symbol)
    names = tuple(other for other in dict.fromkeys(others) if other != altname)
    return Pair(altname, names, catalogue.markets[symbol].price_scale)


def plain_pair(name: str) -> "Pair":
    """A pair of which nothing but the name is known."""
    from seatrial.history.manifest import Pair

    return Pair(name.upper().replace("/", ""))
