"""Someone who makes a market in the small world: moves quotes and prints trades, with or against anybody."""

from random import Random

from seatrial.core.accounts import HOUSE
from seatrial.core.commands import Command, OpenAccount, PrintTrade, QuoteMarket, Rung, SetStatus
from seatrial.core.markets import MarketStatus
from seatrial.core.orders import OrderKind, Side
from tests.support.any_commands import PRICES

MARKET = "BTC/USD"


def opened_house() -> OpenAccount:
    """The house, with plenty of two assets."""
    funds = tuple(("spot", code, 10**14) for code in ("BTC", "USD"))
    return OpenAccount(
        "maker", HOUSE, "", rate_limits=False, trading_wallet="spot", funding_wallet="spot", balances=funds
    )


def of_a_house() -> list[Command]:
    """It moves its quotes and trades with itself and others; the market is halted for a moment."""
    around = [QuoteMarket(MARKET, tuple(Rung(side, 0, price, 5_000_000) for side, price in quotes)) for quotes in (
        ((Side.BUY, 600_000), (Side.SELL, 600_010)),
        ((Side.BUY, 600_005), (Side.SELL, 600_020)),
        ((Side.BUY, 600_001),),
    )]  # fmt: skip
    return [
        opened_house(),
        *around,
        PrintTrade(MARKET, Side.BUY, OrderKind.LIMIT, 600_015, 10_000),
        SetStatus(MARKET, MarketStatus.POST_ONLY),
        SetStatus(MARKET, MarketStatus.ONLINE),
    ]


def any_of_a_house(luck: Random) -> Command:
    """Quotes around the price, some beyond each other, or a trade anywhere near."""
    price = PRICES[MARKET]
    if luck.random() < 0.3:
        side, kind = luck.choice(list(Side)), luck.choice(list(OrderKind))
        return PrintTrade(MARKET, side, kind, price + luck.randint(-30, 30), luck.choice((10_000, 7_000_003)))
    places = luck.sample([(side, place) for side in Side for place in range(3)], luck.randint(1, 4))
    rungs = (
        Rung(side, place, price + luck.randint(-20, 20), luck.choice((0, 1, 5_000_000, 20_000_003)))
        for side, place in places
    )
    return QuoteMarket(MARKET, tuple(rungs))
