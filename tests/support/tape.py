"""A market with a past: many trades of known price, size and minute, made through the venue's own front door."""

from decimal import Decimal
from typing import NamedTuple

from venue import Venue, done
from venue_clients import Candle

from seatrial.client.kraken import KrakenClient

ROUNDS = 11
FILLS = 100
SIZE = Decimal("0.1")
QUIET_AFTER = 5
"""After this round nobody trades for a minute."""


class Tape(NamedTuple):
    """What was traded."""

    symbol: str
    prints: list[tuple[str, Decimal, Decimal]]
    """Side, price and volume of each trade, oldest first."""
    candles: list[Candle]
    """Its minutes, the quiet one too."""


def record(venue: Venue, symbol: str) -> Tape:
    """Trade for some minutes: up in the even ones, down in the odd ones, each in one sweep through the book."""
    base, quote = symbol.split("/")
    rich = {base: "10000", quote: "1000000"}
    prints, candles = [], []
    start_s = venue.reach_next(60)
    with venue.feeder(venue.account(**rich)) as maker, venue.feeder(venue.account(**rich)) as taker:
        for number in range(ROUNDS):
            side = "sell" if number % 2 else "buy"
            prices = _trade(maker, taker, symbol, side, number)
            prints += [(side, price, SIZE) for price in prices]
            candles.append(
                Candle(start_s, prices[0], max(prices), min(prices), prices[-1], SIZE * FILLS),
            )
            start_s = venue.reach_next(60)
            if number == QUIET_AFTER:
                candles.append(Candle(start_s, *[prices[-1]] * 4, Decimal(0)))
                start_s = venue.reach_next(60)
    return Tape(symbol, prints, candles)


def _trade(maker: KrakenClient, taker: KrakenClient, symbol: str, side: str, number: int) -> list[Decimal]:
    """One sweep; its prices in their order."""
    step = Decimal("0.01") * (-1 if side == "sell" else 1)
    prices = [Decimal(100 + number) + step * fill for fill in range(FILLS)]
    resting = {"pair": symbol, "type": "sell" if side == "buy" else "buy", "ordertype": "limit", "volume": str(SIZE)}
    for price in prices:
        done(maker, "AddOrder", **resting, price=str(price))
    done(taker, "AddOrder", pair=symbol, type=side, ordertype="market", volume=str(SIZE * FILLS))
    return prices
