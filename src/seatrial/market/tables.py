"""What a crowd begins with, read from two CSV files: what assets are worth, and how their markets trade.

The files beside this module are the default; `load` takes a folder with changed copies of either. All of their numbers
are decided, near to what markets showed late in 2025.
"""

from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.catalogue import locate
from seatrial.catalogue.table import Row, read_table
from seatrial.market.ladder import STEPS

USD: Final = "USD"

VALUE_SCALE: Final = 12
"""Values are in 10**-12 of what they are told in."""
PPM_PER_PERCENT: Final = 4
"""A percent of four decimals is in parts per million."""

_PACKAGE: Final = Path(__file__).parent
_YES_NO: Final = {"yes": True, "no": False}


class AssetLine(Struct, frozen=True):
    """What an asset is worth."""

    code: str
    worth: int
    """In 10**-12 of the asset that it is told in."""
    told_in: str
    """US dollars; another asset where this one stands for that, and goes where that goes."""
    volatility_ppm: int
    """About how far it goes in a day, against what it is told in."""
    coin: bool
    """Whether it mostly goes where coins go."""


class PairLine(Struct, frozen=True):
    """How a market trades."""

    symbol: str
    half_spread_ppm: int
    """From the middle to the best price."""
    top_usd: int
    """About how much there is at the best price, in US dollars."""
    rungs: int
    """How many quotes there are on each side."""
    chance_percent: int
    """How likely somebody takes, whenever the market has its moment."""
    every: int
    """It has one in so many beats of the crowd: quiet markets cost less."""


class Tables(Struct, frozen=True):
    """Both files."""

    assets: dict[str, AssetLine]
    pairs: dict[str, PairLine]


def load(folder: Path | None = None) -> Tables:
    """Read them; a file found in `folder` replaces the package's own. Raises `CatalogueError`."""
    assets = _assets(locate(_PACKAGE / "assets.csv", folder))
    return Tables(assets, _pairs(locate(_PACKAGE / "pairs.csv", folder), assets))


def _assets(path: Path) -> dict[str, AssetLine]:
    found: dict[str, AssetLine] = {}
    for row in read_table(path, ("asset", "worth", "in", "volatility", "coin")):
        code, told_in = row.text("asset"), row.text("in")
        if told_in not in found and not told_in == code == USD:
            row.fail(f"{told_in!r} has no line above")
        volatility_ppm = row.units("volatility", PPM_PER_PERCENT, 10**6)
        worth = row.positive("worth", VALUE_SCALE)
        found[code] = AssetLine(code, worth, told_in, volatility_ppm, row.choice("coin", _YES_NO))
    return found


def _pairs(path: Path, assets: dict[str, AssetLine]) -> dict[str, PairLine]:
    found: dict[str, PairLine] = {}
    for row in read_table(path, ("symbol", "half_spread", "top", "rungs", "chance", "every")):
        symbol = row.text("symbol")
        for code in symbol.split("/"):
            if code not in assets:
                row.fail(f"{code!r} is not in assets.csv")
        found[symbol] = PairLine(
            symbol, row.positive("half_spread", PPM_PER_PERCENT), row.positive("top", 0),
            _rungs(row), row.whole("chance", 100), row.positive("every", 0),
        )  # fmt: skip
    return found


def _rungs(row: Row) -> int:
    return row.whole("rungs", len(STEPS)) or row.fail("rungs must be above zero")
