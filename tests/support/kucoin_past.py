"""A world with months behind it, made through the venues' own doors, that has arrived in the present."""

from decimal import Decimal
from typing import NamedTuple

from seatrial.client.kraken import KrakenClient
from tests.support.kucoin_calls import KucoinCaller, wall_ms
from tests.support.kucoin_venue import KucoinVenue
from tests.support.venue import Keys, done
from tests.support.venue_facts import Candle

DAYS = 100
MINUTE_MS = 60_000
DAY_MS = 86_400_000
BUSY_DAY = 50
BUSY_FILLS = 65
SIZE = Decimal("0.01")
DEPOSIT = Decimal("0.5")


class Past(NamedTuple):
    """What happened to one account: a purchase every day, a busy day, and a deposit every ten days."""

    keys: Keys
    start_ms: int
    """The first moment of the first day; each has 24 hours, and the last one ends an hour from now."""
    purchases: list[Decimal]
    """The price of each, oldest first."""
    deposits: list[str]
    """Refids, oldest first."""

    @property
    def lines(self) -> int:
        """Rows in the ledger: two to open with, two of each purchase, one of each deposit."""
        return 2 + 2 * len(self.purchases) + len(self.deposits)

    def candle(self, day: int) -> Candle:
        """The minute in which a usual day's purchase was made."""
        price = price_of(day)
        return Candle((self.start_ms + day * DAY_MS) // 1000, price, price, price, price, SIZE)


def live_through(venue: KucoinVenue) -> Past:
    """Let all that happen: a Kraken user sells, a KuCoin user buys."""
    start_ms = (wall_ms() // MINUTE_MS + 60) * MINUTE_MS - DAYS * DAY_MS
    venue.tell("/clock", now=start_ms // 1000, frozen=True)
    keys = venue.account(USDT="1000000", **{"main:USDT": "5"})
    opened = venue.tell("/accounts", venue="kraken", balances={"BTC": "100"}, rate_limits=False)
    past = Past(keys, start_ms, [], [])
    with venue.feeder(Keys(opened["id"], opened["key"], opened["secret"])) as seller, venue.caller(keys) as buyer:
        for day in range(DAYS):
            venue.tell("/clock", now=(start_ms + day * DAY_MS) // 1000)
            for _ in range(BUSY_FILLS if day == BUSY_DAY else 1):
                past.purchases.append(_trade(seller, buyer, price_of(day)))
            if day % 10 == 0:
                past.deposits.append(venue.deposit(keys.account, "BTC", str(DEPOSIT), manual=True))
                venue.drive(past.deposits[-1], "Success")
    venue.tell("/clock", now=wall_ms() / 1000, frozen=False)
    return past


def price_of(day: int) -> Decimal:
    """What was paid on a day."""
    return Decimal(20_000 + day)


def _trade(seller: KrakenClient, buyer: KucoinCaller, price: Decimal) -> Decimal:
    done(seller, "AddOrder", pair="BTC/USDT", type="sell", ordertype="limit", price=str(price), volume=str(SIZE))
    placed = buyer.post("/api/v1/hf/orders/sync", symbol="BTC-USDT", side="buy", type="market", size=str(SIZE))
    assert placed.data["dealSize"] == str(SIZE)
    return price
