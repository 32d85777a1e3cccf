"""What pays beside a purse itself: its rewards, which become its asset again, and fee credits in place of a fee."""

from typing import Final

from msgspec import Struct

from seatrial.core.assets import USD
from seatrial.core.ledger import Purse
from seatrial.core.market_state import MarketState
from seatrial.core.money import div_half_up
from seatrial.core.state import State
from seatrial.core.valuing import price_of

CREDITS_PER_DOLLAR: Final = 100
"""Source: kraken-ledgers#trade-fees."""


class Covered(Struct, frozen=True, gc=False):
    """What fee credits pay of a fee."""

    purse: Purse
    paid: int
    due: int
    """How many would pay all of it."""

    def rest_of(self, fee: int) -> int:
        """What is left to pay of the fee, in whatever asset."""
        return div_half_up(fee * (self.due - self.paid), self.due)


def bring_back(state: State, purse: Purse, units: int, at_ns: int) -> None:
    """Let a purse have that much free, as far as its free rewards reach."""
    rewards = state.ledger.rewards(purse)
    if rewards is None:
        return
    lacking = min(units - purse.free.balance, rewards.free.balance)
    if lacking > 0:
        state.counters.move_id += 1
        state.ledger.take_rewards(rewards, purse, state.counters.move_id, at_ns, lacking)


def credits_for(state: State, ms: MarketState, quote: Purse, fee_quote: int) -> Covered | None:
    """What the fee credits beside that purse pay of a fee of so many units of the quote; None when that is nothing.

    Decided: what has no price in dollars they cannot pay.
    """
    asset = quote.owner.fee_credit
    purse = None if asset is None else state.ledger.purses.get((quote.account_id, quote.wallet, asset.code))
    if purse is None or purse.free.balance == 0 or fee_quote <= 0:
        return None
    price = price_of(state, ms.market.quote.code, USD)
    if price is None:
        return None
    per_dollar = CREDITS_PER_DOLLAR * 10**purse.asset.scale
    due = div_half_up(fee_quote * price[0] * per_dollar, price[1] * 10 ** state.assets[USD].scale)
    return Covered(purse, min(due, purse.free.balance), due) if due else None
