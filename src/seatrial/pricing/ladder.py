"""A two-sided ladder of quotes, moved as little as is needed."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.account_state import AccountState
from seatrial.core.commands import Rung
from seatrial.core.house import name_of
from seatrial.core.orders import Side

STEPS: Final = (
    (10, 10), (20, 10), (40, 20), (70, 20), (120, 30), (200, 40), (350, 60), (600, 80), (1_000, 100), (2_000, 140),
)  # fmt: skip
"""How far out each rung is and how large, in tenths of the first one."""

MILLITICKS: Final = 1_000
"""In a tick: middles are that fine."""
PPM: Final = 10**6


class Liquidity(StrEnum):
    """On which sides the house quotes."""

    BOTH = "both"
    BIDS = "bids"
    ASKS = "asks"
    NONE = "none"

    def has(self, side: Side) -> bool:
        """Whether it quotes there."""
        return self is Liquidity.BOTH or self is (Liquidity.BIDS if side is Side.BUY else Liquidity.ASKS)


class Shape(Struct, frozen=True):
    """What a ladder should look like."""

    bid_ticks: int
    """0: no price is low enough for a bid."""
    ask_ticks: int
    gap_mt: int
    """From one rung to the next near the middle, in milliticks."""
    slack_mt: int
    """How far off the best quotes may stay."""
    top_lots: int
    """About how much there is at the best prices; 0 for no ladder at all."""
    luck: int
    """Makes the rungs unequal."""


class Target(Struct, frozen=True):
    """Where a quote should be; a quantity of 0 for one that should not be."""

    side: Side
    place: int
    price_ticks: int
    qty_lots: int
    slack_ticks: int
    """A quote that is no farther off than this stays."""


def rungs_of(shape: Shape, rungs: int = len(STEPS)) -> Iterator[Target]:
    """The first rungs of a ladder, or all."""
    for place, (far, large) in enumerate(STEPS[:rungs]):
        out_ticks = shape.gap_mt * (far - 10) // (10 * MILLITICKS)
        slack_ticks = (shape.gap_mt * far // 40 if place else shape.slack_mt) // MILLITICKS
        for side, shift in ((Side.BUY, 0), (Side.SELL, 32)):
            best_ticks, away_ticks = (shape.bid_ticks, -out_ticks) if side is Side.BUY else (shape.ask_ticks, out_ticks)
            ticks = best_ticks + away_ticks
            uneven = 70 + (shape.luck >> (3 * place + shift) & 63)
            lots = max(shape.top_lots * large * uneven // 1_000, 1) if shape.top_lots and best_ticks else 0
            yield Target(side, place, max(ticks, 1), lots, slack_ticks)


def only(targets: Iterable[Target], liquidity: Liquidity) -> Iterable[Target]:
    """The targets, with nothing on the sides where the house does not quote."""
    if liquidity is Liquidity.BOTH:
        return targets
    return [target if liquidity.has(target.side) else replace(target, qty_lots=0) for target in targets]


def moves(house: AccountState, market: str, targets: Iterable[Target], *, anew: bool = False) -> tuple[Rung, ...]:
    """The rungs that have to be placed: those too far off or half used up; `anew`: all."""
    standing = house.by_client_id
    found = []
    for target in targets:
        order = standing.get(_name(market, target.side, target.place))
        if order is None:
            needed = target.qty_lots > 0
        else:
            is_off = abs(order.price_ticks - target.price_ticks) > target.slack_ticks
            needed = anew or is_off or 2 * order.open_lots < order.qty_lots or not target.qty_lots
        if needed:
            found.append(Rung(target.side, target.place, target.price_ticks, target.qty_lots))
    return tuple(found)


_name = cache(name_of)
