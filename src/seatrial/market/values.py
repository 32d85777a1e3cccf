"""What assets are worth at a moment: a function of the seed, the moment and what was tuned, and of nothing before it.

Markets are priced by their two assets, so that BTC/EUR is BTC/USD over EUR/USD at every moment.
"""

from typing import Final

from msgspec import Struct

from seatrial.core.markets import Market
from seatrial.market.ladder import MILLITICKS, PPM
from seatrial.market.luck import key_of
from seatrial.market.tables import VALUE_SCALE, AssetLine
from seatrial.market.walk import PPB, Walk, growth

USD: Final = "USD"


class Tuning(Struct):
    """How assets differ from their lines."""

    levels: dict[str, int] = {}
    """What their value is multiplied by, in 10**-9."""
    volatilities: dict[str, int] = {}
    """In parts per million."""


class Values:
    """The worth of some assets."""

    def __init__(self, seed: int, lines: dict[str, AssetLine], tuning: Tuning) -> None:
        self.lines = lines
        self.tuning = tuning
        self._coins = Walk(seed, key_of("coins"))
        self._walks = {code: Walk(seed, key_of(code)) for code in lines}

    def volatility_ppm(self, code: str) -> int:
        """About how far it goes in a day."""
        return self.tuning.volatilities.get(code, self.lines[code].volatility_ppm)

    def usd(self, code: str, at_ns: int) -> int:
        """In 10**-12 US dollars."""
        line = self.lines[code]
        level = line.usd * self.tuning.levels.get(code, PPB)
        volatility_ppm = self.volatility_ppm(code)
        if not volatility_ppm:
            return max(level // PPB, 1)
        walked = self._walks[code].at(at_ns)
        if line.coin:
            walked = (walked + self._coins.at(at_ns)) * 7 // 10
        return max(level * growth(walked * volatility_ppm // PPM) // PPB**2, 1)

    def middle_mt(self, market: Market, at_ns: int) -> int:
        """The price of a market in milliticks."""
        base, quote = self.usd(market.base.code, at_ns), self.usd(market.quote.code, at_ns)
        ticks: int = 10**market.price_scale
        return max(base * ticks * MILLITICKS // quote, MILLITICKS)

    def lots(self, market: Market, usd: int, at_ns: int) -> int:
        """How much of the base so many US dollars are."""
        lots: int = 10 ** (VALUE_SCALE + market.lot_scale)
        return max(usd * lots // self.usd(market.base.code, at_ns), 1)

    def set_price(self, market: Market, price_ticks: int, at_ns: int) -> None:
        """Make a market's price so; its base becomes worth more or less, or its quote where the base is the dollar."""
        wanted_mt, middle_mt = price_ticks * MILLITICKS, self.middle_mt(market, at_ns)
        code, *fraction = market.base.code, wanted_mt, middle_mt
        if code == USD:
            code, *fraction = market.quote.code, middle_mt, wanted_mt
        self._scale(code, *fraction)

    def set_volatility(self, market: Market, volatility_ppm: int, at_ns: int) -> None:
        """How far a market's base goes in a day from now on; what it is worth now stays."""
        code = market.base.code if market.base.code != USD else market.quote.code
        before = self.usd(code, at_ns)
        self.tuning.volatilities[code] = volatility_ppm
        self._scale(code, before, self.usd(code, at_ns))

    def _scale(self, code: str, mul: int, div: int) -> None:
        self.tuning.levels[code] = max(self.tuning.levels.get(code, PPB) * mul // div, 1)
