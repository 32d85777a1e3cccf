"""A market with a past: many trades of known price, size and minute, made through the venue's own API."""

from decimal import Decimal
from typing import NamedTuple

from seatrial.client.kraken import KrakenClient
from tests.support.venue import Venue, done
from tests.support.venue_facts import Candle

ROUNDS = 11
SIZE = Decimal("0.1")
DAY = 86_400
QUIET_AFTER = 5
"""After this round nobody trades for a minute."""


class Tape(NamedTuple):
    """What was traded."""

    symbol: str
    prints: list[tuple[str, Decimal, Decimal]]
    """Side, price and volume of each trade, oldest first."""
    candles: list[Candle]
    """Its minutes, the quiet one too."""


def record(venue: Venue, symbol: str, fills: int) -> Tape:
    """Trade for some minutes of a new day: up in the even ones, down in the odd ones, each in one sweep."""
    base, quote = symbol.split("/")
    rich = {base: "10000", quote: "1000000"}
    prints, candles = [], []
    start_s = venue.reach_next(DAY)
    with venue.feeder(venue.account(**rich)) as maker, venue.feeder(venue.account(**rich)) as taker:
        for number in range(ROUNDS):
            side = "sell" if number % 2 else "buy"
            prices = _prices(number, fills)
            _sweep(maker, taker, symbol, side, prices)
            prints += [(side, price, SIZE) for price in prices]
            candles.append(Candle(start_s, prices[0], max(prices), min(prices), prices[-1], SIZE * fills))
            start_s = venue.reach_next(60)
            if number == QUIET_AFTER:
                close = prices[-1]
                candles.append(Candle(start_s, close, close, close, close, Decimal(0)))
                start_s = venue.reach_next(60)
    return Tape(symbol, prints, candles)


def _prices(number: int, fills: int) -> list[Decimal]:
    step = Decimal("0.01") * (-1 if number % 2 else 1)
    return [Decimal(100 + number) + step * fill for fill in range(fills)]


def _sweep(maker: KrakenClient, taker: KrakenClient, symbol: str, side: str, prices: list[Decimal]) -> None:
    """Trade at each of the prices, with one order of the taker."""
    resting = {"pair": symbol, "type": "sell" if side == "buy" else "buy", "ordertype": "limit", "volume": str(SIZE)}
    for price in prices:
        done(maker, "AddOrder", **resting, price=str(price))
    done(taker, "AddOrder", pair=symbol, type=side, ordertype="market", volume=str(SIZE * len(prices)))
