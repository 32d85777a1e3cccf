"""What a crowd begins with, read from the catalogue's tree: what assets are worth, how their markets trade."""

from typing import Final

from msgspec import Struct

from seatrial.catalogue import Catalogue
from seatrial.catalogue.table import Row
from seatrial.pricing.ladder import STEPS

USD: Final = "USD"

VALUE_SCALE: Final = 12
"""Values are in 10**-12 of what they are told in."""
PPM_PER_PERCENT: Final = 4
"""A percent of four decimals is in parts per million."""

WIDEST_PPM: Final = 500_000
"""A bid must be left below the middle."""
MAX_USD: Final = 10**9
RAREST: Final = 100
"""The search for a market's next moment goes through this many beats."""

_YES_NO: Final = {"yes": True, "no": False}


class AssetLine(Struct, frozen=True):
    """What an asset is worth."""

    code: str
    worth: int
    """In 10**-12 of the asset that it is told in."""
    told_in: str
    """US dollars, or another asset whose value this one follows."""
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
    """How likely it is that somebody takes when the market has its moment."""
    every: int
    """In how many beats of the crowd it has one moment: quiet markets cost less."""


class Tables(Struct, frozen=True):
    """Both files."""

    assets: dict[str, AssetLine]
    pairs: dict[str, PairLine]


def load(catalogue: Catalogue) -> Tables:
    """Read what the catalogue's tree says of its assets and markets. Raises `CatalogueError`."""
    assets = _assets(catalogue)
    return Tables(assets, _pairs(catalogue, assets))


def _assets(catalogue: Catalogue) -> dict[str, AssetLine]:
    codes = {asset.code for asset in catalogue.assets}
    found: dict[str, AssetLine] = {}
    for row in catalogue.tree.table("crowd/assets.csv", ("asset", "worth", "in", "volatility", "coin")):
        code, told_in = row.member("asset", codes, "assets.csv"), row.text("in")
        if code in found:
            row.fail(f"{code} is listed twice")
        if told_in not in found and not told_in == code == USD:
            row.fail(f"{told_in!r} has no line above")
        volatility_ppm = row.units("volatility", PPM_PER_PERCENT, 10**6)
        worth = row.positive("worth", VALUE_SCALE)
        found[code] = AssetLine(code, worth, told_in, volatility_ppm, row.choice("coin", _YES_NO))
    return found


def _pairs(catalogue: Catalogue, assets: dict[str, AssetLine]) -> dict[str, PairLine]:
    found: dict[str, PairLine] = {}
    for row in catalogue.tree.table("crowd/pairs.csv", ("symbol", "half_spread", "top", "rungs", "chance", "every")):
        symbol = row.member("symbol", catalogue.markets, "markets.csv")
        if symbol in found:
            row.fail(f"{symbol} is listed twice")
        for code in symbol.split("/"):
            if code not in assets:
                row.fail(f"{code!r} is not in crowd/assets.csv")
        found[symbol] = PairLine(
            symbol, row.positive("half_spread", PPM_PER_PERCENT, WIDEST_PPM), row.positive("top", 0, MAX_USD),
            _rungs(row), row.whole("chance", 100), row.positive("every", 0, RAREST),
        )  # fmt: skip
    return found


def _rungs(row: Row) -> int:
    return row.whole("rungs", len(STEPS)) or row.fail("rungs must be above zero")
