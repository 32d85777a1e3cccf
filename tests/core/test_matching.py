"""Who trades with whom, at what price, and what becomes of the rest of an order."""

import pytest
from msgspec.structs import replace

from seatrial.core.commands import DecreaseOrder
from seatrial.core.findings import OrderChecked
from seatrial.core.orders import EndReason, OrderKind, OrderStatus, SelfTrade, Side, TimeInForce
from seatrial.core.rejects import Reject
from tests.support.trading_floor import NO_FEES, Floor, drawn, flat

BUY, SELL = Side.BUY, Side.SELL
IOC, FOK = TimeInForce.IOC, TimeInForce.FOK


@pytest.fixture
def floor() -> Floor:
    """A market without fees."""
    return Floor(fees=NO_FEES)


def test_a_buy_takes_the_cheapest_ask_first(floor: Floor) -> None:
    """The best price trades first, each fill at the maker's price."""
    floor.draw("""
        ask 102 5 ann
        ask 101 2 ann
        bid  99 4 bob""")
    order = floor.place(floor.order("carl", BUY, "3", at="102"))
    assert floor.tape() == ["2 at 101", "1 at 102"]
    assert order.status is OrderStatus.FILLED
    assert floor.book() == drawn("""
        ask 102 4 ann
        bid  99 4 bob""")


def test_a_sell_takes_the_dearest_bid_first(floor: Floor) -> None:
    floor.draw("""
        ask 102 5 ann
        bid  99 4 bob
        bid  98 1 ann""")
    floor.place(floor.order("carl", SELL, "4.5", at="90"))
    assert floor.tape() == ["4 at 99", "0.5 at 98"]
    assert floor.book() == drawn("""
        ask 102   5 ann
        bid  98 0.5 ann""")


def test_at_one_price_the_oldest_order_trades_first(floor: Floor) -> None:
    floor.draw("""
        ask 101 3 bob
        ask 101 2 ann""")
    floor.place(floor.order("carl", BUY, "3", at="101"))
    assert floor.book() == drawn("ask 101 2 bob")


def test_an_order_that_was_filled_in_part_keeps_its_place(floor: Floor) -> None:
    floor.draw("""
        ask 101 3 bob
        ask 101 2 ann""")
    floor.place(floor.order("carl", BUY, "1", at="101"))
    floor.place(floor.order("carl", BUY, "1", at="101"))
    assert floor.book() == drawn("ask 101 3 bob")


def test_what_is_left_of_an_order_rests_at_its_limit(floor: Floor) -> None:
    floor.draw("ask 101 2 ann")
    order = floor.place(floor.order("carl", BUY, "3", at="101.5"))
    assert (order.status, order.filled_lots, order.open_lots) == (OrderStatus.OPEN, 2 * 10**8, 10**8)
    assert floor.book() == drawn("bid 101.5 1 carl")


def test_a_rested_remainder_is_the_maker_of_its_next_fill(floor: Floor) -> None:
    floor.draw("ask 101 2 ann")
    floor.place(floor.order("carl", BUY, "3", at="101.5"))
    floor.place(floor.order("bob", SELL, "1", at="100"))
    assert floor.tape() == ["2 at 101", "1 at 101.5"]
    makers = [(floor.names[fill.account_id], fill.maker) for fill in floor.fills]
    assert makers == [("ann", True), ("carl", False), ("carl", True), ("bob", False)]


def test_a_level_says_when_an_order_in_it_last_came_or_filled(floor: Floor) -> None:
    floor.draw("bid 99 2 ann")
    floor.now_ns += 5
    floor.draw("bid 99 2 bob")
    (level,) = floor.machine.state.markets["BTC/USD"].book.bids.levels()
    assert level.touched_ns == floor.now_ns
    floor.place(floor.order("carl", SELL, "1"))
    assert level.touched_ns == floor.trades[0].at_ns


def test_prices_that_do_not_meet_do_not_trade(floor: Floor) -> None:
    floor.draw("""
        ask 101.1 2 ann
        bid 101.0 2 bob""")
    assert floor.tape() == []


def test_every_fill_of_a_sweep_has_a_nanosecond_of_its_own(floor: Floor) -> None:
    floor.draw("""
        ask 103 1 ann
        ask 102 1 ann
        ask 101 1 ann""")
    floor.place(floor.order("carl", BUY, "3", at="103"))
    assert [trade.at_ns - floor.now_ns for trade in floor.trades] == [1, 2, 3]
    assert [trade.trade_id for trade in floor.trades] == [1, 2, 3]


def test_both_sides_of_a_trade_see_it(floor: Floor) -> None:
    floor.draw("ask 101 2 ann")
    floor.place(floor.order("carl", BUY, "2"))
    (trade,) = floor.trades
    assert (trade.taker_side, trade.taker_kind) == (BUY, OrderKind.MARKET)
    seen = [(fill.trade_id, fill.side, fill.qty_lots, fill.price_ticks, fill.at_ns) for fill in floor.fills]
    assert seen == [(1, SELL, trade.qty_lots, 1010, trade.at_ns), (1, BUY, trade.qty_lots, 1010, trade.at_ns)]


def test_a_market_order_takes_whatever_the_price(floor: Floor) -> None:
    floor.draw("""
        ask 900 1 ann
        ask 101 1 ann""")
    order = floor.place(floor.order("carl", BUY, "2"))
    assert floor.tape() == ["1 at 101", "1 at 900"]
    assert order.status is OrderStatus.FILLED


def test_what_a_market_order_cannot_fill_is_canceled(floor: Floor) -> None:
    floor.draw("bid 99 1 ann")
    order = floor.place(floor.order("carl", SELL, "2"))
    assert (order.status, order.end_reason, order.filled_lots) == (OrderStatus.CANCELED, EndReason.NO_LIQUIDITY, 10**8)
    assert floor.book() == ""


def test_a_market_order_in_an_empty_book_is_accepted_and_canceled(floor: Floor) -> None:
    order = floor.place(floor.order("carl", BUY, "2"))
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.NO_LIQUIDITY)


def test_an_order_leaves_no_purse_of_an_asset_that_its_owner_never_had(floor: Floor) -> None:
    """Else a balance of nothing would show up in the list."""
    bob = floor.open("bob", DOGE="1")
    floor.place(floor.order("bob", BUY, "2"))
    held = [purse.asset.code for purse in floor.machine.state.ledger.of_account(bob.account.account_id)]
    assert held == ["DOGE"]


def test_immediate_or_cancel_takes_what_is_there(floor: Floor) -> None:
    floor.draw("""
        ask 102 1 ann
        ask 101 1 ann""")
    order = floor.place(floor.order("carl", BUY, "3", at="101", time_in_force=IOC))
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.NOT_FILLED_AT_ONCE)
    assert order.filled_lots == 10**8
    assert floor.book() == drawn("ask 102 1 ann")


def test_immediate_or_cancel_that_fills_whole_is_filled(floor: Floor) -> None:
    floor.draw("ask 101 1 ann")
    order = floor.place(floor.order("carl", BUY, "1", at="101", time_in_force=IOC))
    assert (order.status, order.end_reason) == (OrderStatus.FILLED, None)


def test_fill_or_kill_takes_all_or_nothing(floor: Floor) -> None:
    floor.draw("""
        ask 102 1 ann
        ask 101 1 ann""")
    killed = floor.place(floor.order("carl", BUY, "3", at="102", time_in_force=FOK))
    assert (killed.status, killed.end_reason, killed.filled_lots) == (
        OrderStatus.CANCELED,
        EndReason.NOT_FILLED_AT_ONCE,
        0,
    )
    filled = floor.place(floor.order("carl", BUY, "2", at="102", time_in_force=FOK))
    assert filled.status is OrderStatus.FILLED
    assert floor.tape() == ["1 at 101", "1 at 102"]


def test_fill_or_kill_that_its_owners_own_order_keeps_from_filling_cancels_only_itself(floor: Floor) -> None:
    floor.draw("""
        ask 102 1 ann
        ask 101 1 carl""")
    order = floor.order("carl", BUY, "2", at="102", time_in_force=FOK, self_trade=SelfTrade.CANCEL_OLDEST)
    assert floor.place(order).end_reason is EndReason.NOT_FILLED_AT_ONCE
    assert floor.book() == drawn("""
        ask 102 1 ann
        ask 101 1 carl""")


def test_good_till_date_expires_at_its_time(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="90", time_in_force=TimeInForce.GTD, expires_in=60))
    floor.wait(59)
    assert order.status is OrderStatus.OPEN
    floor.wait(1)
    assert (order.status, order.end_reason) == (OrderStatus.EXPIRED, EndReason.EXPIRED)
    assert order.closed_ns == order.expires_ns
    assert floor.book() == ""


def test_an_order_that_expired_in_the_meantime_does_not_trade(floor: Floor) -> None:
    floor.place(floor.order("ann", SELL, "1", at="101", time_in_force=TimeInForce.GTD, expires_in=60))
    floor.now_ns += 60 * 10**9
    order = floor.place(floor.order("bob", BUY, "1"))
    assert order.end_reason is EndReason.NO_LIQUIDITY


def test_an_order_that_ended_before_it_expires_stays_as_it_ended(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="90", time_in_force=TimeInForce.GTD, expires_in=60))
    floor.cancel("ann", ids=(order.order_id,))
    floor.wait(61)
    assert (order.status, order.closed_ns) == (OrderStatus.CANCELED, order.opened_ns)


def test_what_falls_due_within_the_nanoseconds_of_a_sweep_happens_before_the_next_command(floor: Floor) -> None:
    """A sweep that starts by the clock moves the world on; the expiry it passes on its way does not wait."""
    floor.draw("""
        ask 101 1 ann
        ask 101 1 ann
        ask 101 1 ann""")
    floor.place(floor.order("bob", BUY, "3", at="101", starts_in=10))
    start_ns = floor.now_ns + 10 * 10**9
    bid = floor.order("carl", BUY, "1", at="90", time_in_force=TimeInForce.GTD, expires_in=10)
    expiring = floor.place(replace(bid, expires_ns=start_ns + 2))
    floor.wait(10)
    assert floor.machine.state.now_ns == start_ns + 3
    assert expiring.status is OrderStatus.EXPIRED


def test_an_order_with_a_start_time_waits_outside_the_book(floor: Floor) -> None:
    floor.draw("ask 101 1 ann")
    order = floor.place(floor.order("bob", BUY, "2", at="101", starts_in=30))
    assert (order.status, floor.tape()) == (OrderStatus.PENDING, [])
    assert floor.money("bob", "USD") == "free 999798 held 202"
    floor.wait(30)
    assert order.status is OrderStatus.OPEN
    assert floor.tape() == ["1 at 101"]
    assert floor.book() == drawn("bid 101 1 bob")


def test_a_start_time_that_is_past_starts_at_once(floor: Floor) -> None:
    order = floor.place(floor.order("bob", BUY, "2", at="101", starts_in=-1))
    assert order.status is OrderStatus.OPEN


def test_a_pending_order_can_be_canceled_and_gives_its_hold_back(floor: Floor) -> None:
    order = floor.place(floor.order("bob", BUY, "2", at="101", starts_in=30))
    assert floor.cancel("bob", ids=(order.order_id,)) == 1
    assert floor.money("bob", "USD") == "free 1000000"
    floor.wait(30)
    assert order.status is OrderStatus.CANCELED


def test_a_pending_order_can_expire_before_it_starts(floor: Floor) -> None:
    order = floor.place(floor.order("bob", BUY, "2", at="101", starts_in=30, expires_in=20))
    floor.wait(20)
    assert order.status is OrderStatus.EXPIRED


def test_a_pending_market_order_that_its_owner_cannot_pay_when_it_starts_is_canceled(floor: Floor) -> None:
    floor.draw("ask 101 1 ann")
    floor.open("bob", USD="101")
    order = floor.place(floor.order("bob", BUY, "1", starts_in=30))
    floor.place(floor.order("bob", BUY, "1", at="50"))
    floor.wait(30)
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.OUT_OF_FUNDS)
    assert floor.money("bob", "USD") == "free 51 held 50"


def test_a_pending_market_order_pays_what_it_meets_when_it_starts(floor: Floor) -> None:
    order = floor.place(floor.order("bob", BUY, "1", starts_in=30))
    floor.draw("ask 101 1 ann")
    floor.wait(30)
    assert order.status is OrderStatus.FILLED
    assert floor.money("bob", "USD") == "free 999899"


def test_a_post_only_order_that_would_take_is_refused(floor: Floor) -> None:
    floor.draw("ask 101 1 ann")
    assert floor.refusal(floor.order("bob", BUY, "1", at="101", post_only=True)) is Reject.POST_ONLY_WOULD_TAKE
    resting = floor.place(floor.order("bob", BUY, "1", at="100.9", post_only=True))
    assert resting.status is OrderStatus.OPEN


def test_a_post_only_order_that_would_take_when_it_starts_is_canceled(floor: Floor) -> None:
    order = floor.place(floor.order("bob", BUY, "1", at="101", post_only=True, starts_in=30))
    floor.draw("ask 101 1 ann")
    floor.wait(30)
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.POST_ONLY)
    assert floor.book() == drawn("ask 101 1 ann")


OWN_ORDERS = """
    ask 103 1 ann
    ask 102 1 carl
    ask 101 1 ann"""


@pytest.mark.parametrize(
    ("rule", "tape", "status", "left"),
    [
        (SelfTrade.CANCEL_NEWEST, ["1 at 101"], OrderStatus.CANCELED, "ask 103 1 ann\nask 102 1 carl"),
        (SelfTrade.CANCEL_OLDEST, ["1 at 101", "1 at 103"], OrderStatus.FILLED, ""),
        (SelfTrade.CANCEL_BOTH, ["1 at 101"], OrderStatus.CANCELED, "ask 103 1 ann"),
        (SelfTrade.DECREASE, ["1 at 101"], OrderStatus.CANCELED, "ask 103 1 ann"),
    ],
)
def test_nobody_trades_with_himself(
    floor: Floor, rule: SelfTrade, tape: list[str], status: OrderStatus, left: str
) -> None:
    """What was filled before the owner's own order was met stands."""
    floor.draw(OWN_ORDERS)
    order = floor.place(floor.order("carl", BUY, "2", at="103", self_trade=rule))
    assert floor.tape() == tape
    assert order.status is status
    assert order.end_reason is (None if status is OrderStatus.FILLED else EndReason.SELF_TRADE)
    assert floor.book() == left


@pytest.mark.parametrize("rule", SelfTrade)
def test_an_own_order_that_is_not_reached_stays(floor: Floor, rule: SelfTrade) -> None:
    floor.draw(OWN_ORDERS)
    order = floor.place(floor.order("carl", BUY, "1", at="103", self_trade=rule))
    assert order.status is OrderStatus.FILLED
    assert floor.book() == drawn("""
        ask 103 1 ann
        ask 102 1 carl""")


def test_an_own_order_that_gives_way_frees_its_hold(floor: Floor) -> None:
    floor.draw("ask 102 1 carl")
    order = floor.order("carl", BUY, "1", at="102", self_trade=SelfTrade.CANCEL_OLDEST)
    assert floor.place(order).status is OrderStatus.OPEN
    assert floor.money("carl", "BTC") == "free 1000000"
    assert floor.book() == drawn("bid 102 1 carl")


@pytest.mark.parametrize(
    ("qty", "tape", "status", "given_up", "left"),
    [
        ("1", [], OrderStatus.CANCELED, "0", "ask 103 5 ann\nask 102 1 carl"),
        ("2", [], OrderStatus.CANCELED, "0", "ask 103 5 ann"),
        ("5", ["3 at 103"], OrderStatus.FILLED, "2", "ask 103 2 ann"),
        ("9", ["5 at 103"], OrderStatus.OPEN, "2", "bid 103 2 carl"),
    ],
)
def test_two_orders_of_one_owner_may_get_smaller_by_the_smaller_of_them(
    floor: Floor, qty: str, tape: list[str], status: OrderStatus, given_up: str, left: str
) -> None:
    floor.draw("""
        ask 103 5 ann
        ask 102 2 carl""")
    order = floor.place(floor.order("carl", BUY, qty, at="103", self_trade=SelfTrade.DECREASE))
    assert floor.tape() == tape
    assert (order.status, order.given_up_lots) == (status, int(given_up) * 10**8)
    assert floor.book() == left
    assert floor.purse("carl", "BTC").held.balance == (10**10 if "carl" in left and "ask" in left else 0)


def test_an_order_that_got_smaller_keeps_its_place(floor: Floor) -> None:
    floor.draw("""
        ask 102 1 bob
        ask 102 3 carl""")
    floor.place(floor.order("carl", BUY, "2", at="102", self_trade=SelfTrade.DECREASE))
    floor.place(floor.order("ann", BUY, "1"))
    assert [fill.order_id for fill in floor.fills if fill.maker] == [1]
    assert floor.book() == drawn("ask 102 1 bob")


def test_a_part_of_an_order_that_spends_gives_way_too(floor: Floor) -> None:
    floor.draw("""
        ask 100 1 ann
        ask  90 1 carl""")
    order = floor.place(floor.order("carl", BUY, "140", spend=True, self_trade=SelfTrade.DECREASE))
    assert floor.tape() == ["0.5 at 100"]
    assert (order.status, floor.book()) == (OrderStatus.FILLED, "ask 100 0.5 ann")


def test_an_owner_may_be_allowed_to_trade_with_himself() -> None:
    """Money goes round and ends where it was, but for both fees; four rows say so."""
    floor = Floor(fees=flat(4_000, 2_500))
    floor.open("carl", BTC="1", USD="200")
    made = floor.place(floor.order("carl", SELL, "1", at="100"))
    taken = floor.place(floor.order("carl", BUY, "1", at="100", self_trade=SelfTrade.ALLOW))
    assert (made.status, taken.status) == (OrderStatus.FILLED, OrderStatus.FILLED)
    assert floor.rows("carl") == drawn("""
        trade USD    -100.0000       0.4000      99.6000
        trade BTC 1.0000000000 0.0000000000 2.0000000000
        trade BTC -1.0000000000 0.0000000000 1.0000000000
        trade USD      100.0000       0.2500     199.3500""")
    assert (floor.money("carl", "USD"), floor.money("carl", "BTC")) == ("free 199.35", "free 1")
    assert [(fill.order_id, fill.counter_order_id, fill.maker) for fill in floor.fills] == [(1, 2, True), (2, 1, False)]
    assert floor.trader("carl").volume.at(floor.now_ns) == 2 * 100 * 10**4


def test_whoever_sells_for_an_amount_sells_no_more_than_brings_it(floor: Floor) -> None:
    floor.draw("""
        bid 200 1 ann
        bid 100 1 ann""")
    floor.open("carl", BTC="2")
    order = floor.place(floor.order("carl", SELL, "250", spend=True))
    assert floor.tape() == ["1 at 200", "0.5 at 100"]
    assert (order.status, order.filled_lots) == (OrderStatus.FILLED, 15 * 10**7)
    assert (floor.money("carl", "BTC"), floor.money("carl", "USD")) == ("free 0.5", "free 250")


def test_whoever_sells_for_an_amount_needs_what_it_takes_at_the_prices_there_are(floor: Floor) -> None:
    floor.draw("bid 100 9 ann")
    floor.open("carl", BTC="1")
    assert floor.refusal(floor.order("carl", SELL, "100.1", spend=True)) is Reject.INSUFFICIENT_FUNDS
    assert floor.place(floor.order("carl", SELL, "100", spend=True)).status is OrderStatus.FILLED


def test_a_sale_for_more_than_the_book_pays_is_canceled_with_its_rest(floor: Floor) -> None:
    floor.draw("bid 100 1 ann")
    order = floor.place(floor.order("carl", SELL, "150", spend=True))
    assert (order.status, order.end_reason, order.filled_lots) == (OrderStatus.CANCELED, EndReason.NO_LIQUIDITY, 10**8)


def test_a_limit_may_lie_only_within_its_band_of_the_best_price(floor: Floor) -> None:
    floor.draw("""
        ask 100 1 ann
        bid  80 1 ann""")
    assert floor.refusal(floor.order("bob", BUY, "1", at="110.1", band_ppm=100_000)) is Reject.PRICE_OUT_OF_BAND
    assert floor.refusal(floor.order("bob", SELL, "1", at="71.9", band_ppm=100_000)) is Reject.PRICE_OUT_OF_BAND
    assert floor.place(floor.order("bob", BUY, "1", at="110", band_ppm=100_000)).status is OrderStatus.FILLED
    assert floor.place(floor.order("bob", SELL, "1", at="72", band_ppm=100_000)).status is OrderStatus.FILLED
    assert floor.place(floor.order("bob", SELL, "1", at="1", band_ppm=100_000)).status is OrderStatus.OPEN


def test_an_order_that_starts_later_obeys_its_band_when_it_starts(floor: Floor) -> None:
    """Not when it is placed: what it may reach then says nothing about later."""
    floor.draw("ask 100 1 ann")
    far = floor.place(floor.order("bob", BUY, "1", at="110.1", band_ppm=100_000, starts_in=30))
    near = floor.place(floor.order("bob", BUY, "1", at="110", band_ppm=100_000, starts_in=30))
    floor.wait(30)
    assert (far.status, far.end_reason) == (OrderStatus.CANCELED, EndReason.PRICE_OUT_OF_BAND)
    assert near.status is OrderStatus.FILLED
    assert floor.money("bob", "USD") == "free 999900"


def test_a_market_order_that_starts_later_is_bound_by_the_best_price_of_that_moment(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    order = floor.place(floor.order("bob", BUY, "2", band_ppm=100_000, starts_in=30))
    assert floor.cancel("ann", ids=(1,)) == 1
    floor.draw("""
        ask 220.1 1 ann
        ask 220.0 1 ann
        ask 200.0 0.5 ann""")
    floor.wait(30)
    assert floor.tape() == ["0.5 at 200", "1 at 220"]
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.NO_LIQUIDITY)


def test_a_market_order_takes_nothing_beyond_its_band(floor: Floor) -> None:
    floor.draw("""
        ask 110.1 1 ann
        ask 110.0 1 ann
        ask 100.0 1 ann""")
    order = floor.place(floor.order("bob", BUY, "3", band_ppm=100_000))
    assert floor.tape() == ["1 at 100", "1 at 110"]
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.NO_LIQUIDITY)


def test_a_post_only_order_that_would_take_may_be_accepted_and_canceled(floor: Floor) -> None:
    floor.draw("ask 101 1 ann")
    order = floor.place(floor.order("bob", BUY, "1", at="101", post_only=True, cancels_post_only=True))
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.POST_ONLY)
    assert floor.money("bob", "USD") == "free 1000000"


def test_a_book_counts_its_changes(floor: Floor) -> None:
    """A quote, a fill, a part that is canceled and an end are one each."""
    book = floor.machine.state.markets["BTC/USD"].book
    floor.draw("ask 101 3 ann")
    assert book.sequence == 1
    floor.place(floor.order("bob", BUY, "1", at="101"))
    assert book.sequence == 2
    floor.apply(DecreaseOrder(1, 1, 10**8))
    assert book.sequence == 3
    floor.cancel("ann", ids=(1,))
    assert book.sequence == 4


def test_an_order_that_spends_takes_what_its_money_affords(floor: Floor) -> None:
    floor.draw("""
        ask 200 1 ann
        ask 100 1 ann""")
    order = floor.place(floor.order("bob", BUY, "150", spend=True))
    assert floor.tape() == ["1 at 100", "0.25 at 200"]
    assert order.status is OrderStatus.FILLED
    assert floor.money("bob", "USD") == "free 999850"


def test_an_order_that_spends_less_than_the_only_ask_offers_is_filled(floor: Floor) -> None:
    """That nobody else is in the book says nothing: its money is spent."""
    floor.draw("ask 100 1 ann")
    order = floor.place(floor.order("bob", BUY, "50", spend=True))
    assert (order.status, order.end_reason) == (OrderStatus.FILLED, None)


def test_an_order_that_spends_exactly_what_the_book_offers_is_filled(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    order = floor.place(floor.order("bob", BUY, "100", spend=True))
    assert (order.status, order.end_reason) == (OrderStatus.FILLED, None)


def test_an_order_that_spends_more_than_the_book_offers_is_canceled(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    order = floor.place(floor.order("bob", BUY, "100.01", spend=True))
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.NO_LIQUIDITY)
    assert floor.money("bob", "USD") == "free 999900"


@pytest.mark.parametrize("rule", SelfTrade)
def test_an_order_whose_money_is_spent_does_not_meet_its_owners_own(floor: Floor, rule: SelfTrade) -> None:
    floor.draw("""
        ask 100 1 bob
        ask 100 1 ann""")
    order = floor.place(floor.order("bob", BUY, "100", spend=True, self_trade=rule))
    assert order.status is OrderStatus.FILLED
    assert floor.book() == drawn("ask 100 1 bob")


def test_an_order_that_spends_has_no_smallest_quantity(floor: Floor) -> None:
    floor.draw("ask 1000000 1 ann")
    assert floor.place(floor.order("bob", BUY, "0.5", spend=True)).filled_lots == 50


@pytest.mark.parametrize(
    ("side", "at"), [(BUY, "101"), (SELL, "99")], ids=["a buy that would trade", "a sell that would trade"]
)
def test_checking_an_order_changes_nothing(floor: Floor, side: Side, at: str) -> None:
    floor.draw("""
        ask 101 1 ann
        bid  99 1 ann""")
    floor.trader("bob")
    before = floor.machine.fingerprint()
    floor.apply(floor.order("bob", side, "1", at=at, check_only=True))
    assert floor.machine.fingerprint() == before


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("at", ["100", "99", None])
@pytest.mark.parametrize("spend", [False, True])
def test_checking_an_order_does_not_look_at_what_its_account_has(
    floor: Floor, side: Side, at: str | None, *, spend: bool
) -> None:
    floor.draw("""
        ask 100 1 ann
        bid  99 1 ann""")
    floor.open("poor")
    order = floor.order("poor", side, "50", at=at, spend=spend and at is None, max_open=0)
    assert isinstance(floor.attempt(order), Reject)
    (checked,) = floor.apply(replace(order, check_only=True))
    assert isinstance(checked, OrderChecked)


def test_checking_an_order_refuses_what_is_wrong_with_it(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    for order, reject in (
        (floor.order("bob", BUY, "0.00000001", at="90"), Reject.QTY_BELOW_MINIMUM),
        (floor.order("bob", BUY, "0.0001", at="1"), Reject.COST_BELOW_MINIMUM),
        (floor.order("bob", BUY, "1", at="100", post_only=True), Reject.POST_ONLY_WOULD_TAKE),
    ):
        assert floor.refusal(replace(order, check_only=True)) is reject
