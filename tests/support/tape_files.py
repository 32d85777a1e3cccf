"""Recorded trades in files, and a world that plays them behind its application."""

import asyncio
import gzip
from collections.abc import Iterable
from pathlib import Path
from random import Random

from seatrial.core.candles import MINUTES
from seatrial.server.host.worlds import Settings
from seatrial.world.driving import TapeChoice
from tests.support.inside import Inside
from tests.support.stored_trades import RECORDED

HEADER = "time,price,volume,side,ordertype,misc"
BEGIN_S = 1_526_187_617
MADE_UP = 3_000
"""About two hours."""

Line = str


def made_up(rows: int = MADE_UP, seed: int = 1) -> list[Line]:
    """A market's time and sales, in the form of the recorded ones: sweeps, repeats, trades of one time."""
    luck, tenths, at = Random(seed), 85_000, BEGIN_S * 10**4  # noqa: S311  a market, no secret
    found = []
    for _ in range(rows):
        at += luck.choice((0, 0, 13, 400, 9_000, 90_000))
        tenths += luck.choice((-30, -1, 0, 0, 1, 30))
        volume = luck.choice((1, 766_368, 10**8, 119_617_220))
        time = f"{at // 10**4}.{at % 10**4:04d}".rstrip("0").rstrip(".")
        price = f"{tenths // 10}.{tenths % 10}0000"
        found.append(f"{time},{price},{volume // 10**8}.{volume % 10**8:08d},{luck.choice('bs')},{luck.choice('ml')},")
    return found


def recorded(rows: int) -> list[Line]:
    """The first of those that were really recorded; none where there are none."""
    path = RECORDED / "kraken-2018-05-13" / "XBTUSD-trades.csv.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt") as file:
        assert next(file).rstrip("\n") == HEADER
        return [line.rstrip("\n") for line, _ in zip(file, range(rows), strict=False)]


def write(path: Path, lines: Iterable[Line], header: str = HEADER) -> Path:
    """A file of them, gz where its name says so."""
    text = "".join(f"{line}\n" for line in ([header] if header else []) + list(lines))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def playing(*paths: Path, data: Path | None = None, begin_ns: int | None = None, flat_out: bool = False) -> Settings:
    """A world that plays them: as fast as it goes, or frozen at their beginning."""
    choice = TapeChoice(paths, begin_ns=begin_ns)
    return Settings(data, tape=choice, speed_ppm=None if flat_out else 0, flat_out=flat_out)


async def play_out(server: Inside) -> None:
    """Play all there is as fast as it goes."""
    server.world.start()
    await asyncio.gather(*server.world.tasks)


async def everything(server: Inside, pair: str = "XBTUSD") -> list[bytes]:
    """All that the public methods answer about a pair, page after page of its trades."""
    found, since = [], "0"
    while True:
        answer = await server.public("Trades", f"pair={pair}&since={since}")
        found.append(answer.body)
        if answer.result["last"] == since:
            break
        since = answer.result["last"]
    others = [("OHLC", f"&interval={minutes}") for minutes in MINUTES]
    others += [(method, "") for method in ("Ticker", "Depth", "Spread")]
    return found + [(await server.public(method, f"pair={pair}{more}")).body for method, more in others]
