"""What pays beside a purse itself: its rewards, which become its asset again, and another asset in place of a fee.

There are two ways of the latter: the asset pays what it can before money does, or the fee is taken in money and comes
back when the asset has paid all of it. At what rate, and which of the two, a `FeePayment` says.
"""

from msgspec import Struct

from seatrial.core.accounts import FeePayment
from seatrial.core.assets import USDT, Asset
from seatrial.core.ledger import Purse
from seatrial.core.market_state import MarketState
from seatrial.core.money import PPM, div_half_up
from seatrial.core.state import State
from seatrial.core.valuing import price_by_way_of, price_of


class Covered(Struct, frozen=True, gc=False):
    """What another asset pays of a fee."""

    purse: Purse
    paid: int
    due: int
    """How many would pay all of it."""

    def rest_of(self, fee: int) -> int:
        """What is left to pay of the fee, in whatever asset."""
        return div_half_up(fee * (self.due - self.paid), self.due)


class Fee(Struct, frozen=True, gc=False):
    """What a fill was charged."""

    ref: int
    """The fill's number."""
    quote: Purse
    base: Purse
    in_quote: int
    in_base: int
    worth: int
    """All of it in units of the quote."""


def bring_back(state: State, purse: Purse, units: int, at_ns: int) -> None:
    """Turn free rewards into the purse's asset until that much is free, as far as they reach."""
    rewards = state.ledger.rewards(purse)
    if rewards is None:
        return
    lacking = min(units - purse.free.balance, rewards.free.balance)
    if lacking > 0:
        state.counters.move_id += 1
        state.ledger.take_rewards(rewards, purse, state.counters.move_id, at_ns, lacking)


def covered_by(state: State, ms: MarketState, payment: FeePayment, quote: Purse, fee_quote: int) -> Covered | None:
    """What the payment's asset pays of a fee of so many units of the quote; None when that is nothing.

    Decided: what has no price it cannot pay.
    """
    purse = state.ledger.purses.get((quote.account_id, quote.wallet, payment.asset))
    if purse is None or purse.free.balance == 0 or fee_quote <= 0:
        return None
    due = _due(state, ms, payment, purse.asset, fee_quote)
    return Covered(purse, min(due, purse.free.balance), due) if due else None


def pay_back(state: State, ms: MarketState, payment: FeePayment, fee: Fee, at_ns: int) -> None:
    """Give a fee back that was taken, and take the payment's asset for it, or do neither where that is not enough.

    In a market that is quoted in that asset only what it saves comes back. Source: kucoin-rest#fees-in-kcs.
    """
    ledger = state.ledger
    if payment.asset == fee.quote.asset.code:
        ledger.refund_fee(fee.quote, fee.ref, at_ns, max(fee.in_quote * (PPM - payment.per_unit_ppm) // PPM, 0))
        return
    covered = covered_by(state, ms, payment, fee.quote, fee.worth)
    if covered is None or covered.paid < covered.due:
        return
    ledger.refund_fee(fee.quote, fee.ref, at_ns, fee.in_quote)
    ledger.refund_fee(fee.base, fee.ref, at_ns, fee.in_base)
    ledger.pay_fee(covered.purse, fee.ref, at_ns, covered.paid)


def _due(state: State, ms: MarketState, payment: FeePayment, asset: Asset, fee_quote: int) -> int:
    """How many of an asset pay a fee of so many units of the quote; 0 where its worth is not known."""
    quote, unit = ms.market.quote.code, payment.unit
    price = price_of(state, quote, unit) or price_by_way_of(state, quote, USDT, unit)
    if price is None:
        return 0
    worth = fee_quote * price[0] * payment.per_unit_ppm * 10**asset.scale
    return div_half_up(worth, price[1] * payment.counts_ppm * 10 ** state.assets[payment.unit].scale)
