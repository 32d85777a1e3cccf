"""What a trade costs: rates by volume, maker and taker, rounding, and the rows that the ledger shows."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from seatrial.core.commands import DriveTransfer, OpenAccount, RequestWithdrawal, SaveDestination, SeeDeposit, SetAsOf
from seatrial.core.facts import DepositSeen
from seatrial.core.funding import TransferStatus
from seatrial.core.machine import first
from seatrial.core.market_state import MarketState
from seatrial.core.markets import FeeSchedule, FeeTier
from seatrial.core.money import MAX_UNITS, Ratio
from seatrial.core.orders import Side, TimeInForce
from seatrial.core.postings import EntryKind, posting_of
from seatrial.core.rates import Rates
from seatrial.core.rejects import Reject
from seatrial.core.volume import HOUR_NS, MAX_ASSETS, USD_SCALE, WINDOW_HOURS, PlatformAssets, RollingVolume
from tests.support.trading_floor import START_NS, Floor, drawn, flat, units

BUY, SELL = Side.BUY, Side.SELL
DAY_S = 86_400
LADDER = FeeSchedule(
    "ladder", (FeeTier(0, 4_000, 2_500), FeeTier(100, 2_000, 1_000), FeeTier(1_000, 1_000, -200)), counts_volume=True
)


def test_a_sell_pays_its_fee_out_of_what_it_gets() -> None:
    """Source: kraken-ledgers#entries-by-example, the first."""
    floor = Floor("ETH/EUR", fees=flat(4_000, 4_000))
    floor.open("ann", ETH="4.25", EUR="10")
    floor.draw("bid 1812.34 1 bob")
    floor.place(floor.order("ann", SELL, "0.25", at="1812.34"))
    assert floor.rows("ann") == drawn("""
        trade ETH -0.2500000000 0.0000000000   4.0000000000
        trade EUR      453.0850       1.8123       461.2727""")
    fill = floor.fills[1]
    assert (fill.fee_quote, fill.fee_base, fill.fee_ppm) == (units("1.8123", 4), 0, 4_000)
    assert fill.fee_exact == fill.exact * 4_000


def test_a_buy_may_pay_its_fee_out_of_what_it_gets() -> None:
    """Source: kraken-ledgers#entries-by-example, the second."""
    floor = Floor("LTC/BTC", fees=flat(2_500, 2_500))
    floor.open("ann", BTC="0.1062")
    floor.draw("ask 0.0031 5 bob")
    floor.place(floor.order("ann", BUY, "2", at="0.0031", fee_in_base=True))
    assert floor.rows("ann") == drawn("""
        trade BTC -0.0062000000 0.0000000000   0.1000000000
        trade LTC  2.0000000000 0.0050000000   1.9950000000""")


def test_a_buy_pays_its_fee_on_top_of_the_cost() -> None:
    floor = Floor(fees=flat(2_600, 1_600))
    floor.open("ann", USD="20000")
    floor.draw("ask 37500 1 bob")
    floor.place(floor.order("ann", BUY, "0.5"))
    assert floor.rows("ann") == drawn("""
        trade USD -18750.0000      48.7500   1201.2500
        trade BTC 0.5000000000 0.0000000000 0.5000000000""")


def test_a_sell_may_pay_its_fee_in_base_on_top() -> None:
    floor = Floor(fees=flat(2_600, 1_600))
    floor.open("ann", BTC="1.0026")
    floor.draw("bid 37500 1 bob")
    floor.place(floor.order("ann", SELL, "1", fee_in_base=True))
    assert floor.rows("ann") == drawn("""
        trade BTC -1.0000000000 0.0026000000 0.0000000000
        trade USD    37500.0000       0.0000   37500.0000""")


def test_a_trade_knows_its_fee_in_quote_whatever_paid_it() -> None:
    """Kraken tells it so. Source: kraken-ledgers#trade-fees."""
    floor = Floor(fees=flat(2_600, 1_600))
    floor.draw("ask 37500 1 bob")
    order = floor.place(floor.order("ann", BUY, "1", fee_in_base=True))
    assert floor.fills[1].fee_exact == order.fee_exact == units("97.5", 1 + 8 + 6)
    assert (order.fee_quote, order.fee_base) == (0, units("0.0026", 10))


def test_maker_and_taker_each_pay_their_own_rate() -> None:
    floor = Floor(fees=flat(4_000, 2_500))
    floor.draw("ask 100 1 ann")
    floor.place(floor.order("bob", BUY, "1"))
    assert [(fill.maker, fill.fee_quote) for fill in floor.fills] == [(True, 2_500), (False, 4_000)]
    assert floor.rows("ann") == drawn("""
        trade BTC -1.0000000000 0.0000000000  999999.0000000000
        trade USD      100.0000       0.2500       1000099.7500""")


def test_a_makers_rebate_is_a_negative_fee() -> None:
    floor = Floor(fees=flat(1_000, -200))
    floor.draw("ask 100 1 ann")
    floor.place(floor.order("bob", BUY, "1"))
    assert floor.rows("ann").splitlines()[1] == "trade USD 100.0000 -0.0200 1000100.0200"


def test_a_makers_rebate_may_come_in_base() -> None:
    floor = Floor(fees=flat(1_000, -200))
    order = floor.place(floor.order("ann", SELL, "1", at="100", fee_in_base=True))
    assert floor.money("ann", "BTC") == "free 999998.999 held 1.001"
    floor.place(floor.order("bob", BUY, "1"))
    assert order.fee_base == -units("0.0002", 10)
    assert floor.rows("ann").splitlines()[0] == "trade BTC -1.0000000000 -0.0002000000 999999.0002000000"


def test_what_clients_pay_is_what_the_exchange_earns() -> None:
    floor = Floor(fees=flat(4_000, -200))
    floor.draw("ask 100 1 ann")
    floor.place(floor.order("bob", BUY, "1"))
    income = floor.machine.state.ledger.purses[0, "fee_income", "USD"]
    assert income.free.balance == units("0.38", 4)


@pytest.mark.parametrize(
    ("symbol", "price", "qty", "row", "row_fee"),
    [
        ("XTZ/EUR", "4.9826", "6", "29.8956", "0.0777"),
        ("BTC/EUR", "61250.4", "0.00012345", "7.5614", "0.0197"),
        ("BTC/USD", "0.3", "0.00012345", "0.0000", "0.0000"),
        ("BTC/JPY", "1234567", "0.00007777", "96.01", "0.25"),
        ("SHIB/USD", "0.00001237", "160000.12345", "1.9792", "0.0051"),
        ("SOL/ETH", "0.055555", "0.02000001", "0.0011111006", "0.0000028889"),
    ],
)
def test_what_a_row_says_is_rounded_to_the_nearest(symbol: str, price: str, qty: str, row: str, row_fee: str) -> None:
    """A ledger row has its asset's decimals. Source: kraken-ledgers#rounding."""
    floor = Floor(symbol)
    quote, market = floor.market.quote, floor.machine.state.markets[symbol]
    exact = units(price, floor.market.price_scale) * units(qty, floor.market.lot_scale)
    assert market.to_quote.nearest(exact) == units(row, quote.scale)
    assert market.to_quote_fee.nearest(exact * 2_600) == units(row_fee, quote.scale)


@given(st.integers(-(10**30), 10**30), st.integers(0, 30), st.integers(0, 30))
def test_a_change_of_scale_is_exact_to_half_a_unit(value: int, scale: int, to_scale: int) -> None:
    exact = Fraction(value, 10**scale) * 10**to_scale
    ratio = Ratio(scale, to_scale)
    assert -Fraction(1, 2) < ratio.nearest(value) - exact <= Fraction(1, 2)
    assert 0 <= ratio.ceil(value) - exact < 1


def test_a_row_of_nothing_is_not_written() -> None:
    """Source: kraken-ledgers#invariants."""
    floor = Floor("PEPE/USD", fees=flat(2_600, 2_600))
    floor.draw("""
        ask 0.000007 250000 ann
        ask 0.000007 250000 dave""")
    floor.place(floor.order("bob", BUY, "250000.00001", at="0.000007", time_in_force=TimeInForce.FOK))
    fill = floor.fills[-2]
    assert (fill.qty_lots, fill.postings) == (1, 0)
    assert floor.rows("ann") == ""


def test_a_row_of_only_a_fee_is_written() -> None:
    floor = Floor()
    ledger, purse = floor.machine.state.ledger, floor.purse("ann", "USD")
    ledger.enter(EntryKind.ROLLOVER, floor.now_ns, [(purse, 1, 0, 5)])
    assert [(row.amount, row.fee) for row in map(posting_of, ledger.posted)] == [(0, 5)]


def test_a_seller_never_gives_more_than_there_is() -> None:
    """Each fill is rounded to the nearest unit, so ten of them may come to more than is there for all (decided)."""
    floor = Floor("PEPE/USD", fees=flat(0, 0))
    floor.open("ann", PEPE="2500000.05")
    floor.place(floor.order("ann", SELL, "2500000.05", at="0.000007"))
    for _ in range(10):
        floor.place(floor.order("bob", BUY, "250000.005"))
    given = [line.split()[2] for line in floor.rows("ann").splitlines() if "PEPE" in line]
    assert set(given) == {"-250000.00", "-250000.01"}, "the nearest alone would always be 0.01"
    assert floor.money("ann", "PEPE") == "free 0"


def test_a_buyer_never_pays_more_than_there_is_and_pays_the_cost_before_the_fee() -> None:
    floor = Floor("PEPE/USD", fees=flat(2_500, 2_500))
    floor.open("ann", USD="17.5463")
    floor.open("bob", PEPE="2500000")
    floor.place(floor.order("ann", BUY, "2500000", at="0.000007001"))
    assert floor.money("ann", "USD") == "free 0 held 17.5463"
    for _ in range(10):
        floor.place(floor.order("bob", SELL, "250000", at="0.000007001"))
    paid = [tuple(line.split()[2:4]) for line in floor.rows("ann").splitlines() if "USD" in line]
    assert {cost for cost, _ in paid} == {"-1.7503"}
    assert {fee for _, fee in paid} == {"0.0043", "0.0044"}, "the rate alone asks for 0.0044"


def test_a_buyer_without_a_fee_to_save_on_pays_less_than_the_cost() -> None:
    """The seller gets a unit less rather than the buyer owing one (decided)."""
    floor = Floor("PEPE/USD", fees=flat(0, 0))
    floor.open("ann", USD="17.5025")
    floor.open("bob", PEPE="2500000")
    floor.place(floor.order("ann", BUY, "2500000", at="0.000007001"))
    for _ in range(10):
        floor.place(floor.order("bob", SELL, "250000", at="0.000007001"))
    paid = [line.split()[2] for line in floor.rows("ann").splitlines() if "USD" in line]
    assert set(paid) == {"-1.7502", "-1.7503"}, "the nearest alone would always be 1.7503"
    assert floor.money("ann", "USD") == "free 0"
    assert floor.money("bob", "USD") == "free 17.5025"


def test_the_rate_falls_with_the_volume_fill_by_fill() -> None:
    """One order can span two tiers. Source: kraken-ledgers#fee-tiers."""
    floor = Floor(fees=LADDER)
    floor.draw("""
        ask 100 10 ann
        ask 100  1 ann""")
    floor.place(floor.order("bob", BUY, "2"))
    taken = [(fill.fee_quote, fill.fee_ppm) for fill in floor.fills if not fill.maker]
    assert taken == [(4_000, 4_000), (2_000, 2_000)]


def test_a_tier_is_reached_at_its_first_dollar() -> None:
    assert [LADDER.tier(volume).from_usd for volume in (0, 99, 100, 999, 1_000, 10**9)] == [
        0,
        0,
        100,
        100,
        1_000,
        1_000,
    ]


LEVELS = FeeSchedule(
    "levels",
    (FeeTier(0, 1_000, 1_000),),
    counts_volume=True,
    levels={"low": FeeTier(0, 1_000, 1_000), "high": FeeTier(0, 250, -50)},
)


@pytest.mark.parametrize(("venue", "tier", "paid"), [
    ("elsewhere", "high", [(-50, -50), (250, 250)]),
    ("elsewhere", "low", [(1_000, 1_000), (1_000, 1_000)]),
    ("elsewhere", "unheard of", [(1_000, 1_000), (1_000, 1_000)]),
    ("kraken", "high", [(2_500, 2_500), (4_000, 4_000)]),
])  # fmt: skip
def test_each_venues_users_pay_its_own_rates(venue: str, tier: str, paid: list[tuple[int, int]]) -> None:
    """By volume at one, by the tier of the account at another, in one and the same book."""
    floor = Floor(fees=LADDER)
    market = replace(floor.market, venue_fees={"elsewhere": LEVELS})
    floor.machine.state.markets["BTC/USD"] = MarketState(market)
    for name in ("ann", "bob"):
        balances = (("spot", "USD", 10**8), ("spot", "BTC", 10**11))
        floor.apply(OpenAccount(name, venue, tier, False, "spot", "spot", balances))
    floor.draw("ask 100 1 ann")
    floor.place(floor.order("bob", BUY, "1"))
    assert [(fill.fee_ppm, fill.fee_quote) for fill in floor.fills] == paid


def test_a_venues_users_set_aside_what_their_venue_may_ask() -> None:
    floor = Floor(fees=LADDER)
    floor.machine.state.markets["BTC/USD"] = MarketState(replace(floor.market, venue_fees={"elsewhere": LEVELS}))
    floor.apply(OpenAccount("ann", "elsewhere", "high", False, "spot", "spot", (("spot", "USD", 10**8),)))
    floor.place(floor.order("ann", BUY, "1", at="100"))
    assert floor.money("ann", "USD") == "free 9899.975 held 100.025"


def test_volume_drops_out_after_thirty_days() -> None:
    floor = Floor(fees=LADDER)
    floor.draw("""
        ask 100 1 ann
        bid 10 1 ann""")
    floor.place(floor.order("bob", BUY, "1"))
    bob = floor.trader("bob")
    floor.wait(30 * DAY_S)
    assert bob.fee_tier(floor.market, floor.now_ns).from_usd == 100
    floor.wait(3_600)
    assert bob.fee_tier(floor.market, floor.now_ns).from_usd == 0


def test_a_hold_made_at_a_low_rate_lets_an_order_fill_at_a_higher_one() -> None:
    """Its volume dropped out in the meantime; what the owner has free pays the difference, or as much as there is."""
    floor = Floor(fees=LADDER)
    floor.open("bob", USD="200.6")
    floor.draw("ask 100 1 ann")
    floor.place(floor.order("bob", BUY, "1"))
    floor.place(floor.order("bob", BUY, "1", at="100"))
    assert floor.money("bob", "USD") == "free 0 held 100.2"
    floor.wait(31 * DAY_S)
    floor.place(floor.order("ann", SELL, "1", at="100"))
    assert floor.rows("bob").splitlines()[-2:] == [
        "trade USD -100.0000 0.2000 0.0000",
        "trade BTC 1.0000000000 0.0000000000 2.0000000000",
    ]


def test_volume_counts_in_dollars_at_the_price_of_the_moment() -> None:
    floor = Floor("BTC/EUR", fees=flat(0, 0))
    floor.draw("ask 100 1 ann")
    floor.place(floor.order("bob", BUY, "0.5"))
    assert floor.trader("bob").volume.at(floor.now_ns) == 0, "nothing says what a euro is worth"
    _trade_euro(floor, "1.25")
    floor.place(floor.order("bob", BUY, "0.5"))
    assert floor.trader("bob").volume.at(floor.now_ns) == units("62.5", USD_SCALE)
    assert floor.fills[-1].volume_usd == units("62.5", USD_SCALE)


def _trade_euro(floor: Floor, price: str) -> None:
    """One trade of euros for dollars, on a schedule that does not count volume."""
    euro = Floor("EUR/USD")
    euro.machine, euro.names = floor.machine, floor.names
    euro.now_ns = floor.now_ns
    euro.open("dealer", EUR="100", USD="100")
    euro.open("tourist", EUR="100", USD="100")
    euro.place(euro.order("dealer", SELL, "10", at=price))
    euro.place(euro.order("tourist", BUY, "10"))
    assert euro.trader("tourist").volume.at(euro.now_ns) == 0


def test_the_volume_of_absurd_prices_can_still_be_stored() -> None:
    """Fee tiers end at half a thousand million; the sum of a store's column must not overflow."""
    floor = Floor("BTC/DAI", fees=flat(0, 0))
    _trade_at(floor, "DAI/USD", "1000000")
    floor.open("whale", DAI="900000000")
    floor.draw("ask 900000000 1 ann")
    floor.place(floor.order("whale", BUY, "1"))
    assert floor.fills[-1].volume_usd * 1_000 < MAX_UNITS


def _trade_at(floor: Floor, symbol: str, price: str) -> None:
    other = Floor(symbol)
    other.machine, other.names, other.now_ns = floor.machine, floor.names, floor.now_ns
    base, quote = other.market.base.code, other.market.quote.code
    other.open("seller", **{base: "10", quote: "10"})
    other.open("buyer", **{base: "10", quote: "100000000"})
    other.place(other.order("seller", SELL, "10", at=price))
    other.place(other.order("buyer", BUY, "10"))


TIMES = st.lists(st.tuples(st.integers(0, 200 * HOUR_NS), st.integers(0, 10**12)), max_size=40)


@given(TIMES, st.integers(0, 2_000 * HOUR_NS))
def test_a_rolling_volume_equals_its_trades_of_the_window(steps: list[tuple[int, int]], later_ns: int) -> None:
    """Whole hours drop out, each when it is 30 days and an hour old."""
    volume, trades, at_ns = RollingVolume(), [], 0
    for gap_ns, usd in steps:
        at_ns += gap_ns
        volume.add(at_ns, usd)
        trades.append((at_ns, usd))
        assert volume.at(at_ns) == _in_window(trades, at_ns)
    assert volume.at(at_ns + later_ns) == _in_window(trades, at_ns + later_ns)


def _in_window(trades: list[tuple[int, int]], now_ns: int) -> int:
    return sum(usd for at_ns, usd in trades if at_ns // HOUR_NS >= now_ns // HOUR_NS - WINDOW_HOURS)


@given(TIMES)
def test_rates_are_always_those_of_the_volume_of_the_moment(steps: list[tuple[int, int]]) -> None:
    """Rising with each trade, falling when old ones drop out, whichever of it happens between two questions."""
    volume, at_ns = RollingVolume(), 0
    rates = Rates(LADDER, volume, PlatformAssets(lambda: 0, counts=False))
    for gap_ns, usd in steps:
        at_ns += gap_ns
        assert rates.at(at_ns) == LADDER.tier(volume.at(at_ns) // 10**USD_SCALE)
        volume.add(at_ns, usd % 700 * 10**USD_SCALE // 3)
        assert rates.at(at_ns) == LADDER.tier(volume.at(at_ns) // 10**USD_SCALE)


WEALTH = FeeSchedule(
    "wealth",
    (
        FeeTier(0, 8_000, 4_000, 0, 0),
        FeeTier(100, 6_000, 3_000, 500),
        FeeTier(1_000, 4_000, 2_000, 5_000, 2_000),
        FeeTier(10_000, 2_000, 1_000, 50_000, 20_000),
    ),
    counts_volume=True,
)
"""A ladder like Kraken's of July 2026: of its rungs, volume leads to each and wealth to some."""


@pytest.mark.parametrize(
    ("volume_usd", "assets_usd", "rung"),
    [(0, 1_999, 0), (0, 2_000, 2), (99, 0, 0), (100, 1_999, 1), (100, 2_000, 2), (10_000, 0, 3), (1_000, 20_000, 3)],
)
def test_the_better_of_volume_and_assets_decides(volume_usd: int, assets_usd: int, rung: int) -> None:
    assert WEALTH.rung(volume_usd, assets_usd) == rung


def test_what_an_account_has_lowers_its_rates_from_its_first_order_on() -> None:
    floor = Floor(fees=WEALTH)
    floor.open("poor", USD="1999")
    floor.open("rich", USD="2000")
    for name, ppm in (("poor", 8_000), ("rich", 4_000)):
        assert floor.place(floor.order(name, BUY, "1", at="10")).hold_ppm == ppm


def test_what_is_set_aside_for_orders_counts_and_what_is_on_its_way_out_does_not() -> None:
    floor = Floor(fees=WEALTH)
    ann = floor.open("ann", USD="2500")
    floor.place(floor.order("ann", BUY, "1", at="2000"))
    assert ann.fee_tier(floor.market, floor.now_ns).taker_ppm == 4_000
    floor.apply(SaveDestination(ann.account.account_id, "USD", "Bank (Wire)", "bank", "an account"))
    floor.apply(RequestWithdrawal(ann.account.account_id, "USD", "bank", units("480", 4)))
    assert ann.assets.at(floor.now_ns) == units("2020", USD_SCALE)
    floor.cancel("ann", ids=tuple(ann.orders))
    floor.apply(RequestWithdrawal(ann.account.account_id, "USD", "bank", units("21", 4)))
    assert ann.fee_tier(floor.market, floor.now_ns).taker_ppm == 8_000, "a drop counts at once"


def test_a_deposit_counts_once_it_is_credited() -> None:
    floor = Floor(fees=WEALTH)
    ann = floor.open("ann", USD="1000")
    floor.place(floor.order("ann", BUY, "1", at="10"))
    seen = first(DepositSeen, floor.apply(SeeDeposit(ann.account.account_id, "USD", units("1500", 4), manual=True)))
    assert ann.fee_tier(floor.market, floor.now_ns).taker_ppm == 8_000
    floor.apply(DriveTransfer(seen.transfer.transfer_id, TransferStatus.SETTLED))
    floor.apply(DriveTransfer(seen.transfer.transfer_id, TransferStatus.SUCCESS))
    assert ann.fee_tier(floor.market, floor.now_ns).taker_ppm == 4_000


def test_prices_move_the_worth_of_an_account_by_the_hour() -> None:
    """Not with every trade, which would cost every order a sum over all that its owner has (decided)."""
    floor = Floor(fees=WEALTH)
    ann = floor.open("ann", BTC="10")
    floor.draw("ask 100 1 bob")
    floor.place(floor.order("carl", BUY, "1"))
    resting = floor.place(floor.order("ann", SELL, "1", at="900"))
    assert ann.assets.at(floor.now_ns) == units("1000", USD_SCALE)
    floor.draw("ask 500 1 bob")
    floor.place(floor.order("carl", BUY, "1"))
    assert ann.fee_tier(floor.market, floor.now_ns).taker_ppm == 8_000
    floor.wait(3_600)
    assert ann.fee_tier(floor.market, floor.now_ns).taker_ppm == 4_000
    floor.place(floor.order("carl", BUY, "1"))
    assert resting.filled_lots
    assert floor.fills[-2].fee_ppm == 2_000, "a fill of a resting order values its owner, too"


def test_a_refused_order_values_nothing() -> None:
    floor = Floor(fees=WEALTH)
    floor.open("ann", USD="2000")
    before = floor.machine.fingerprint()
    assert floor.refusal(floor.order("ann", BUY, "1000", at="10")) is Reject.INSUFFICIENT_FUNDS
    assert floor.machine.fingerprint() == before


def test_what_has_no_price_is_worth_nothing_and_no_wealth_is_too_large_to_store() -> None:
    floor = Floor(fees=WEALTH)
    ann = floor.open("ann", BTC="10", USD="5", **{"EUR.HOLD": "5"})
    assert ann.assets.at(floor.now_ns) == units("5", USD_SCALE)
    rich = floor.open("rich", USD="900000000000000")
    floor.place(floor.order("rich", BUY, "1", at="10"))
    assert rich.assets.at(floor.now_ns) == MAX_ASSETS


def test_where_wealth_leads_nowhere_nobody_is_valued() -> None:
    floor = Floor(fees=LADDER)
    markets = floor.machine.state.markets
    for symbol, ms in markets.items():
        markets[symbol] = MarketState(replace(ms.market, fees=LADDER))
    ann = floor.open("ann", USD="2000")
    floor.place(floor.order("ann", BUY, "1", at="10"))
    assert (ann.assets.valuation, ann.assets.at(floor.now_ns)) == (None, units("2000", USD_SCALE))


def test_a_ladder_gives_way_to_the_next_one_at_its_time() -> None:
    """Rates that were looked up before change, too."""
    hour = 3_600
    floor = Floor(fees=replace(WEALTH, from_ns=START_NS + hour * 10**9, earlier=LADDER))
    ann = floor.open("ann", USD="20000")
    seen = []
    for seconds in (0, hour - 1, 1):
        floor.wait(seconds)
        seen.append(floor.place(floor.order("ann", BUY, "1", at="10")).hold_ppm)
    assert seen == [4_000, 4_000, 2_000]
    assert ann.assets.valuation is not None


def test_rates_are_those_of_another_day_whatever_the_clock_says_until_it_counts_again() -> None:
    changed_ns = START_NS + 3_600 * 10**9
    floor = Floor(fees=replace(WEALTH, from_ns=changed_ns, earlier=LADDER))
    floor.open("ann", USD="20000")
    seen = []
    for as_of_ns in (0, changed_ns, changed_ns - 1, 0):
        floor.apply(SetAsOf(as_of_ns))
        seen.append(floor.place(floor.order("ann", BUY, "1", at="10")).hold_ppm)
    floor.open("ben", USD="20000")
    floor.wait(3_600)
    floor.apply(SetAsOf(1))
    seen.append(floor.place(floor.order("ben", BUY, "1", at="10")).hold_ppm)
    assert seen == [4_000, 2_000, 4_000, 4_000, 4_000]


@given(TIMES, st.integers(0, 30_000))
def test_rates_are_those_of_the_volume_and_the_assets_of_the_moment(steps: list[tuple[int, int]], usd: int) -> None:
    volume, at_ns = RollingVolume(), 0
    rates = Rates(WEALTH, volume, PlatformAssets(lambda: usd * 10**USD_SCALE, counts=True))
    for gap_ns, traded in steps:
        at_ns += gap_ns
        volume.add(at_ns, traded % 700 * 10**USD_SCALE // 3)
        assert rates.at(at_ns) == WEALTH.tier(volume.at(at_ns) // 10**USD_SCALE, usd)
