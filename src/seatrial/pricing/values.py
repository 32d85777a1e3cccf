"""What assets are worth at a moment: a function of the seed, the moment and what was tuned, and of nothing before it.

Markets are priced by their two assets, so that BTC/EUR is BTC/USD over EUR/USD at every moment.
"""

from typing import Final

from msgspec import Struct

from seatrial.core.markets import Market
from seatrial.pricing.ladder import MILLITICKS, PPM
from seatrial.pricing.luck import key_of
from seatrial.pricing.tables import USD, VALUE_SCALE, AssetLine
from seatrial.pricing.walk import PPB, Walk, growth

ONE: Final = 10**VALUE_SCALE


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
        self._seen: dict[str, tuple[int, int]] = {}
        """What was asked last, and when: the same is asked again at once."""

    def volatility_ppm(self, code: str) -> int:
        """About how far it goes in a day."""
        return self.tuning.volatilities.get(code, self.lines[code].volatility_ppm)

    def usd(self, code: str, at_ns: int) -> int:
        """In 10**-12 US dollars."""
        seen = self._seen.get(code)
        if seen is None or seen[0] != at_ns:
            seen = self._seen[code] = (at_ns, self._usd(code, at_ns))
        return seen[1]

    def goes_with(self, code: str, mover: str) -> bool:
        """Whether an asset's value follows that of the other one: it is the same asset, or is valued in it."""
        while code not in (mover, USD):
            code = self.lines[code].told_in
        return code == mover

    def begin(self, at_ns: int) -> None:
        """Make everything worth now what its line says."""
        for code, line in self.lines.items():
            self._scale(code, line.worth, self._worth(code, at_ns))

    def _usd(self, code: str, at_ns: int) -> int:
        told_in, worth = self.lines[code].told_in, self._worth(code, at_ns)
        return worth if told_in == USD else max(worth * self.usd(told_in, at_ns) // ONE, 1)

    def _worth(self, code: str, at_ns: int) -> int:
        line = self.lines[code]
        level = line.worth * self.tuning.levels.get(code, PPB)
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

    def mover(self, market: Market) -> str:
        """The asset whose worth is changed to change a market's price: the base, but never the dollar."""
        return market.quote.code if market.base.code == USD else market.base.code

    def set_price(self, market: Market, price_ticks: int, at_ns: int) -> None:
        """Set a market's price: the value of its base changes, or of its quote if the base is the dollar."""
        wanted_mt, middle_mt = price_ticks * MILLITICKS, self.middle_mt(market, at_ns)
        if market.base.code == USD:
            self._scale(market.quote.code, middle_mt, wanted_mt)
        else:
            self._scale(market.base.code, wanted_mt, middle_mt)

    def set_volatility(self, market: Market, volatility_ppm: int, at_ns: int) -> None:
        """How far a market's base goes in a day from now on; what it is worth now stays."""
        code = self.mover(market)
        before = self.usd(code, at_ns)
        self.tuning.volatilities[code] = volatility_ppm
        self._seen.clear()
        self._scale(code, before, self.usd(code, at_ns))

    def _scale(self, code: str, mul: int, div: int) -> None:
        self._seen.clear()
        self.tuning.levels[code] = max(self.tuning.levels.get(code, PPB) * mul // div, 1)
