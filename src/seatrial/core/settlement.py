"""What a trade does to both its owners: money and fees move, both sides are posted, fills are made."""

from typing import Final

from msgspec import Struct

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import FeePayment
from seatrial.core.assets import USD, Asset
from seatrial.core.holds import shrink_hold
from seatrial.core.ledger import EXCHANGE, FEE_INCOME, Ledger, Leg, Purse, move
from seatrial.core.market_state import MarketState
from seatrial.core.money import rescale_floor
from seatrial.core.orders import Fill, Order, Trade
from seatrial.core.paying import Covered, Fee, bring_back, covered_by, pay_back
from seatrial.core.postings import EntryKind
from seatrial.core.state import State
from seatrial.core.valuing import price_of, value_assets
from seatrial.core.volume import MAX_PER_TRADE, USD_SCALE

SECOND_NS: Final = 10**9

_TRADE: Final = EntryKind.TRADE
"""Bound once: looking up a member of an enum takes longer than most of what is done with it here."""


class Part(Struct, gc=False):
    """One order's part in a trade while it is settled."""

    order: Order
    account: AccountState
    ppm: int
    fee_quote: int
    fee_base: int
    fill_id: int
    payment: FeePayment | None = None
    covered: Covered | None = None
    first_posting: int = 0
    postings: int = 0


def take_part(state: State, ms: MarketState, order: Order, exact: int, lots: int, at_ns: int) -> Part:
    """Count a fill on its order. The order that rested before is the maker and pays the maker's rate."""
    account, counters = state.accounts[order.account_id], state.counters
    if at_ns >= account.assets.due_ns:
        value_assets(state, order.account_id, at_ns)
    tier = account.fee_tier(ms.market, at_ns)
    ppm = tier.maker_ppm if order.queue else tier.taker_ppm
    order.filled_lots += lots
    order.exact += exact
    order.touched_ns = at_ns
    state.changes.orders[order.order_id] = order
    counters.fill_id = fill_id = counters.fill_id + 1
    if order.fee_in_base:
        return Part(order, account, ppm, 0, ms.to_base_fee.nearest(lots * ppm), fill_id)
    return Part(order, account, ppm, ms.to_quote_fee.nearest(exact * ppm), 0, fill_id)


def settle(state: State, ms: MarketState, buyer: Part, seller: Part, exact: int, lots: int, at_ns: int) -> None:
    """Move quote to the seller, base to the buyer and fees to the exchange, and post it as one entry.

    Each amount is rounded once, to the nearest unit, and posted to both sides. Many small fills may so cost a
    unit or two more than their order set aside; who has nothing else free then pays what is there, cost first,
    fee last, so that no purse ever falls below zero (decided).
    """
    ledger, market = state.ledger, ms.market
    buyer_base, buyer_quote = buyer.account.trading_purses(market)
    seller_base, seller_quote = seller.account.trading_purses(market)
    cost, base = ms.to_quote.nearest(exact), ms.to_base.nearest(lots)
    if buyer_quote.owner.fee_payment is not None:
        _use_payment(state, ms, buyer, buyer_quote, exact)
    if seller_quote.owner.fee_payment is not None:
        _use_payment(state, ms, seller, seller_quote, exact)

    shrink_hold(state, ms, buyer.order, buyer_quote, cost + buyer.fee_quote)
    shrink_hold(state, ms, seller.order, seller_base, base + seller.fee_base)
    cost = _at_hand(state, buyer_quote, cost, buyer.fee_quote, at_ns)
    base = _at_hand(state, seller_base, base, seller.fee_base, at_ns)
    move(buyer_quote.free, seller_quote.free, cost)
    move(seller_base.free, buyer_base.free, base)

    if buyer.fee_quote:
        buyer.fee_quote = _charge(buyer_quote, buyer.fee_quote)
    if seller.fee_quote:
        seller.fee_quote = _charge(seller_quote, seller.fee_quote)
    if buyer.fee_base:
        buyer.fee_base = _charge(buyer_base, buyer.fee_base)
    if seller.fee_base:
        seller.fee_base = _charge(seller_base, seller.fee_base)
    bought, sold = buyer.fill_id, seller.fill_id
    legs = [
        (buyer_quote, bought, -cost, buyer.fee_quote),
        (buyer_base, bought, base, buyer.fee_base),
        (seller_base, sold, -base, seller.fee_base),
        (seller_quote, sold, cost, seller.fee_quote),
    ]
    fees_quote, fees_base = buyer.fee_quote + seller.fee_quote, buyer.fee_base + seller.fee_base
    if fees_quote:
        legs.append(_income(ledger, market.quote, bought, fees_quote))
    if fees_base:
        legs.append(_income(ledger, market.base, bought, fees_base))
    buyer.first_posting = ledger.posting_id + 1
    buyer.postings = (cost != 0 or buyer.fee_quote != 0) + (base != 0 or buyer.fee_base != 0)
    seller.first_posting = buyer.first_posting + buyer.postings
    seller.postings = (base != 0 or seller.fee_base != 0) + (cost != 0 or seller.fee_quote != 0)
    if buyer.payment is None and seller.payment is None:
        ledger.enter(_TRADE, at_ns, legs)
        return
    _add_covered(ledger, legs, buyer, seller)
    ledger.enter(_TRADE, at_ns, legs)
    _pay_back(state, ms, buyer, (buyer_base, buyer_quote), exact, at_ns)
    _pay_back(state, ms, seller, (seller_base, seller_quote), exact, at_ns)


def _at_hand(state: State, purse: Purse, amount: int, fee: int, at_ns: int) -> int:
    """How much of an amount a purse can pay, after rewards made up for what it lacks of that and its fee."""
    due = amount + fee if fee > 0 else amount
    if due <= purse.free.balance:
        return amount
    bring_back(state, purse, due, at_ns)
    return min(amount, purse.free.balance)


def _use_payment(state: State, ms: MarketState, part: Part, quote: Purse, exact: int) -> None:
    """Have another asset pay the fee: before money does as much of it as it can, else what was charged, afterwards."""
    part.payment = payment = quote.owner.fee_payment
    if payment is None or payment.afterwards:
        return
    part.covered = covered = covered_by(state, ms, payment, quote, _worth(ms, part, exact))
    if covered is not None:
        part.fee_quote, part.fee_base = covered.rest_of(part.fee_quote), covered.rest_of(part.fee_base)
        _charge(covered.purse, covered.paid)


def _worth(ms: MarketState, part: Part, exact: int) -> int:
    """A part's fee in units of the quote, whatever it is charged in."""
    return part.fee_quote or (ms.to_quote_fee.nearest(exact * part.ppm) if part.fee_base else 0)


def _add_covered(ledger: Ledger, legs: list[Leg], buyer: Part, seller: Part) -> None:
    """What paid in the place of money is the last of each side's postings: the buyer's stand before the seller's."""
    for part, place in ((seller, 4), (buyer, 2)):
        if part.covered is not None:
            purse, paid = part.covered.purse, part.covered.paid
            legs.insert(place, (purse, part.fill_id, 0, paid))
            legs.append(_income(ledger, purse.asset, part.fill_id, paid))
            part.postings += 1
    if buyer.covered is not None:
        seller.first_posting += 1


def _pay_back(state: State, ms: MarketState, part: Part, purses: tuple[Purse, Purse], exact: int, at_ns: int) -> None:
    """What a payment that comes afterwards does: its entries follow that of the trade, which stays as it is."""
    if part.payment is not None and part.payment.afterwards:
        base, quote = purses
        fee = Fee(part.fill_id, quote, base, part.fee_quote, part.fee_base, _worth(ms, part, exact))
        pay_back(state, ms, part.payment, fee, at_ns)


def _charge(purse: Purse, fee: int) -> int:
    """Take a fee or pay a rebate; `_income` gives it to the exchange. Returns what was really taken."""
    fee = min(fee, purse.free.balance)
    purse.free.balance -= fee
    return fee


def _income(ledger: Ledger, asset: Asset, ref: int, fees: int) -> Leg:
    """Give the exchange what `_charge` took."""
    income = ledger.purse(EXCHANGE, FEE_INCOME, asset)
    income.free.balance += fees
    return income, ref, fees, 0


def fill_of(part: Part, trade: Trade, exact: int, volume_usd: int, counter: Order) -> Fill:
    """The fill that its owner sees; its sums are added to the order and to the owner's volume."""
    order, fee_exact, fee_quote, fee_base = part.order, exact * part.ppm, part.fee_quote, part.fee_base
    order.fee_exact += fee_exact
    order.fee_quote += fee_quote
    order.fee_base += fee_base
    part.account.volume.add(trade.at_ns, volume_usd)
    return Fill(
        part.fill_id, order.account_id, order.order_id, trade.market, trade.trade_id, order.side, order.kind,
        trade.price_ticks, trade.qty_lots, exact, part.ppm, fee_exact, fee_quote, fee_base, order.queue != 0,
        trade.at_ns, part.first_posting, part.postings, volume_usd, counter.order_id, order.opened_ns // SECOND_NS,
        counter.opened_ns // SECOND_NS,
    )  # fmt: skip


def volume_of(state: State, ms: MarketState, exact: int) -> int:
    """What a trade adds to both sides' 30-day volume, in 10**-4 US dollars. Source: kraken-ledgers#fee-tiers."""
    market = ms.market
    if not market.fees.counts_volume:
        return 0
    if ms.is_in_dollars:
        return min(ms.to_usd.nearest(exact), MAX_PER_TRADE)
    price = price_of(state, market.quote.code, USD)
    if price is None:
        return 0
    usd_units = ms.to_quote.nearest(exact) * price[0] // price[1]
    return min(rescale_floor(usd_units, state.assets[USD].scale, USD_SCALE), MAX_PER_TRADE)
