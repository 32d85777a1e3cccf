"""What a crowd begins with, read from two CSV files: what assets are worth, and how their markets trade.

The files beside this module are the default; `load` takes a folder with changed copies of either. All of their numbers
are decided, near to what markets showed late in 2025.
"""

from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.catalogue import locate
from seatrial.catalogue.table import read_table

VALUE_SCALE: Final = 12
"""Values are in 10**-12 US dollars."""
PPM_PER_PERCENT: Final = 4
"""A percent of four decimals is in parts per million."""

_PACKAGE: Final = Path(__file__).parent
_YES_NO: Final = {"yes": True, "no": False}


class AssetLine(Struct, frozen=True):
    """What an asset is worth."""

    code: str
    usd: int
    """In 10**-12 US dollars."""
    volatility_ppm: int
    """About how far it goes in a day."""
    coin: bool
    """Whether it mostly goes where coins go."""


class PairLine(Struct, frozen=True):
    """How a market trades."""

    symbol: str
    half_spread_ppm: int
    """From the middle to the best price."""
    top_usd: int
    """About how much there is at the best price, in US dollars."""
    chance_percent: int
    """How likely somebody takes, in each beat of the crowd."""


class Tables(Struct, frozen=True):
    """Both files."""

    assets: dict[str, AssetLine]
    pairs: dict[str, PairLine]


def load(folder: Path | None = None) -> Tables:
    """Read them; a file found in `folder` replaces the package's own. Raises `CatalogueError`."""
    assets: dict[str, AssetLine] = {}
    for row in read_table(locate(_PACKAGE / "assets.csv", folder), ("asset", "usd", "volatility", "coin")):
        volatility_ppm = row.units("volatility", PPM_PER_PERCENT, 10**6)
        code = row.text("asset")
        assets[code] = AssetLine(code, row.positive("usd", VALUE_SCALE), volatility_ppm, row.choice("coin", _YES_NO))
    pairs: dict[str, PairLine] = {}
    for row in read_table(locate(_PACKAGE / "pairs.csv", folder), ("symbol", "half_spread", "top", "chance")):
        symbol = row.text("symbol")
        for code in symbol.split("/"):
            if code not in assets:
                row.fail(f"{code!r} is not in assets.csv")
        pairs[symbol] = PairLine(
            symbol, row.positive("half_spread", PPM_PER_PERCENT), row.positive("top", 0), row.whole("chance", 100)
        )
    return Tables(assets, pairs)
