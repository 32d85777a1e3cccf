"""What earns rewards is spent under the name of its asset: orders hold in it and fills bring it back."""

import pytest

from seatrial.core.commands import (
    CancelOrders,
    CancelWithdrawal,
    DecreaseOrder,
    MoveFunds,
    ReplaceOrder,
    RequestWithdrawal,
    SaveDestination,
)
from seatrial.core.facts import WithdrawalRequested
from seatrial.core.findings import WithdrawalChecked
from seatrial.core.machine import first
from seatrial.core.money import MAX_UNITS
from seatrial.core.orders import EndReason, OrderStatus, Side
from seatrial.core.postings import EntryKind
from seatrial.core.rejects import Reject
from tests.support.trading_floor import NO_FEES, Floor, drawn, flat

BUY, SELL = Side.BUY, Side.SELL
WHOLE = 10**8


@pytest.fixture
def floor() -> Floor:
    """A market without fees, and Ann with 30 dollars and 70 more that earn rewards."""
    floor = Floor(fees=NO_FEES)
    floor.open("ann", **{"USD": "30", "USD.F": "70"})
    return floor


def test_an_order_takes_what_its_asset_lacks_from_the_rewards(floor: Floor) -> None:
    floor.place(floor.order("ann", BUY, "1", at="80"))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 0 held 30", "free 20 held 50")


def test_rewards_alone_are_enough(floor: Floor) -> None:
    floor.open("bob", **{"USD.F": "100"})
    floor.place(floor.order("bob", BUY, "1", at="80"))
    assert (floor.money("bob", "USD"), floor.money("bob", "USD.F")) == ("free 0", "free 20 held 80")
    assert floor.purse("bob", "USD").used, "what is held is listed with the dollars"


def test_more_than_both_together_is_not_there(floor: Floor) -> None:
    assert floor.refusal(floor.order("ann", BUY, "1", at="100.1")) is Reject.INSUFFICIENT_FUNDS
    floor.place(floor.order("ann", BUY, "1", at="100"))
    assert floor.refusal(floor.order("ann", BUY, "1", at="1")) is Reject.INSUFFICIENT_FUNDS


@pytest.mark.parametrize("suffix", [".M", ".B", ".S", ".HOLD"])
def test_nothing_else_is_spent_under_another_name(floor: Floor, suffix: str) -> None:
    """Source: kraken-ledgers#rewards."""
    floor.open("bob", **{f"USD{suffix}": "100"})
    assert floor.refusal(floor.order("bob", BUY, "1", at="80")) is Reject.INSUFFICIENT_FUNDS


def test_a_fill_is_paid_by_the_asset_first_and_its_rewards_come_back_for_the_rest(floor: Floor) -> None:
    floor.place(floor.order("ann", BUY, "1", at="80"))
    floor.place(floor.order("bob", SELL, "0.25"))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 0 held 10", "free 20 held 50")
    floor.place(floor.order("bob", SELL, "0.5"))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 0", "free 20 held 20")
    assert floor.rows("ann") == drawn("""
        trade USD -20.0000 0.0000 10.0000
        trade BTC 0.2500000000 0.0000000000 0.2500000000
        auto_allocation USD.F -30.0000 0.0000 40.0000
        auto_allocation USD 30.0000 0.0000 40.0000
        trade USD -40.0000 0.0000 0.0000
        trade BTC 0.5000000000 0.0000000000 0.7500000000""")


def test_the_two_rows_of_what_comes_back_have_one_cause_and_are_no_rows_of_the_trade(floor: Floor) -> None:
    floor.draw("ask 80 1 bob")
    floor.place(floor.order("ann", BUY, "1"))
    back = [row for row in floor.postings if row.kind is EntryKind.AUTO_ALLOCATION]
    assert len({(row.entry_id, row.ref, row.at_ns) for row in back}) == 1
    taker = floor.fills[-1]
    assert taker.postings == 2
    own = [row for row in floor.postings if taker.first_posting <= row.posting_id < taker.first_posting + 2]
    assert {(row.kind, row.ref) for row in own} == {(EntryKind.TRADE, taker.fill_id)}


def test_a_sale_takes_coins_and_its_fee_in_them_from_the_rewards() -> None:
    floor = Floor(fees=flat(2_500, 2_500))
    floor.open("ann", **{"BTC.F": "1.0025"})
    floor.place(floor.order("ann", SELL, "1", at="100", fee_in_base=True))
    assert floor.money("ann", "BTC.F") == "free 0 held 1.0025"
    floor.place(floor.order("bob", BUY, "1"))
    assert [floor.money("ann", asset) for asset in ("BTC", "BTC.F", "USD")] == ["free 0", "free 0", "free 100"]


def test_a_better_price_leaves_the_rewards_where_they_are(floor: Floor) -> None:
    floor.draw("ask 20 1 bob")
    floor.place(floor.order("ann", BUY, "1", at="80"))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 10", "free 70")


def test_a_cancel_gives_everything_back_to_where_it_was(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="80"))
    floor.cancel("ann", ids=(order.order_id,))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 30", "free 70")


def test_an_expiry_gives_everything_back(floor: Floor) -> None:
    floor.place(floor.order("ann", BUY, "1", at="80", expires_in=60))
    floor.wait(60)
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 30", "free 70")


def test_of_two_orders_the_first_to_end_frees_the_asset_itself(floor: Floor) -> None:
    """Dollars pay fills and leave as they are, so the rewards are the last to be given back."""
    first = floor.place(floor.order("ann", BUY, "1", at="30"))
    second = floor.place(floor.order("ann", BUY, "1", at="50"))
    floor.cancel("ann", ids=(second.order_id,))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 30", "free 40 held 30")
    floor.cancel("ann", ids=(first.order_id,))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 30", "free 70")


def test_a_decrease_frees_what_it_gives_up(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="80"))
    floor.apply(DecreaseOrder(order.account_id, order.order_id, WHOLE // 2))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 30", "free 30 held 40")


@pytest.mark.parametrize(("at", "held"), [("100", "free 0 held 70"), ("40", "free 60 held 10")])
def test_an_order_placed_anew_may_use_what_the_old_one_held(floor: Floor, at: str, held: str) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="80"))
    floor.apply(ReplaceOrder(order.account_id, order.order_id, int(at) * 10))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 0 held 30", held)


def test_an_order_placed_anew_for_more_than_all_is_refused(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="80"))
    assert floor.refusal(ReplaceOrder(order.account_id, order.order_id, 1_001)) is Reject.INSUFFICIENT_FUNDS
    assert order.is_live


@pytest.mark.parametrize(("cost", "reason"), [("90", None), ("101", EndReason.OUT_OF_FUNDS)])
def test_a_market_order_that_starts_later_counts_them_too(floor: Floor, cost: str, reason: EndReason | None) -> None:
    floor.draw(f"ask {cost} 1 bob")
    order = floor.place(floor.order("ann", BUY, "1", starts_in=60))
    floor.wait(60)
    assert (order.end_reason, order.status is OrderStatus.FILLED) == (reason, reason is None)


def test_a_sale_for_an_amount_that_starts_later_takes_from_both() -> None:
    floor = Floor(fees=NO_FEES)
    floor.open("ann", **{"BTC": "0.1", "BTC.F": "1"})
    floor.draw("bid 100 0.4 bob")
    order = floor.place(floor.order("ann", SELL, "40", spend=True, starts_in=60))
    assert order.hold == 0
    floor.wait(60)
    money = floor.money("ann", "BTC"), floor.money("ann", "BTC.F")
    assert (order.status, *money) == (OrderStatus.FILLED, "free 0", "free 0.7")


def test_what_an_order_holds_of_rewards_cannot_be_moved(floor: Floor) -> None:
    floor.place(floor.order("ann", BUY, "1", at="80"))
    for amount, refused in ((20_0001, True), (20_0000, False)):
        outcome = floor.attempt(MoveFunds(1, "USD.F", amount, 1, "spot", 1, "vault"))
        assert (outcome is Reject.AMOUNT_ABOVE_BALANCE) is refused
    floor.apply(CancelOrders(1, everything=True))
    assert (floor.money("ann", "USD"), floor.money("ann", "USD.F")) == ("free 30", "free 50")


def test_rewards_in_another_wallet_are_not_spent(floor: Floor) -> None:
    floor.apply(MoveFunds(1, "USD.F", 70_0000, 1, "spot", 1, "vault"))
    assert floor.refusal(floor.order("ann", BUY, "1", at="31")) is Reject.INSUFFICIENT_FUNDS


def test_a_withdrawal_draws_on_the_rewards_too(floor: Floor) -> None:
    """Source: venue-pages#get-account-balance, the base asset is what one transacts with; kraken-ledgers#rewards."""
    floor.open("bob", **{"EUR": "30", "EUR.F": "70"})
    number = floor.trader("bob").account.account_id
    method = floor.machine.state.methods["EUR"][0]
    floor.apply(SaveDestination(number, "EUR", method.name, "bank", "DE1"))
    (checked,) = floor.apply(RequestWithdrawal(number, "EUR", "bank", 100_0000, check_only=True))
    assert isinstance(checked, WithdrawalChecked)
    assert checked.maximum == 100_0000 - method.withdrawal_fee
    assert floor.refusal(RequestWithdrawal(number, "EUR", "bank", 100_0001)) is Reject.AMOUNT_ABOVE_BALANCE
    asked = first(WithdrawalRequested, floor.apply(RequestWithdrawal(number, "EUR", "bank", 80_0000)))
    assert (floor.money("bob", "EUR"), floor.money("bob", "EUR.F")) == ("free 0 outgoing 80", "free 20")
    floor.apply(CancelWithdrawal(number, asked.transfer.transfer_id))
    assert (floor.money("bob", "EUR"), floor.money("bob", "EUR.F")) == ("free 80", "free 20")


def test_an_asset_and_its_rewards_together_fit_in_the_books(floor: Floor) -> None:
    """They can all become the asset."""
    whole = MAX_UNITS // 2 // 10**10
    floor.open("bob", **{"ETH.F": str(whole)})
    room, left = floor.machine.state.ledger.has_room, MAX_UNITS - whole * 10**10
    for code in ("ETH", "ETH.F"):
        asset = floor.machine.state.assets[code]
        assert (room(asset, left), room(asset, left + 1)) == (True, False)
