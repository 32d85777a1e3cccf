"""The books prove themselves: whatever is wrong with them is seen."""

import pytest

from seatrial.core.assets import UnknownAssetError
from seatrial.core.ledger import EXCHANGE, LedgerAccount, OutOfBalanceError, move
from seatrial.core.orders import Side
from tests.support.trading_floor import NO_FEES, Floor


@pytest.fixture
def floor() -> Floor:
    """Ann has a hundred dollars, ten of them in an open order."""
    floor = Floor(fees=NO_FEES)
    floor.open("ann", USD="100")
    floor.place(floor.order("ann", Side.BUY, "1", at="10"))
    return floor


def test_the_books_of_a_world_sum_to_zero_for_every_asset(floor: Floor) -> None:
    floor.trader("bob")
    assert floor.machine.state.ledger.trial_balance() == {"BTC": 0, "USD": 0}


def test_money_from_nowhere_is_seen(floor: Floor) -> None:
    floor.purse("ann", "USD").free.balance += 1
    with pytest.raises(OutOfBalanceError, match=r"do not sum to zero: \{'USD': 1\}"):
        floor.machine.state.ledger.prove()


def test_money_that_moves_without_a_posting_is_seen(floor: Floor) -> None:
    floor.open("bob", USD="1")
    move(floor.purse("ann", "USD").free, floor.purse("bob", "USD").free, 1)
    with pytest.raises(OutOfBalanceError, match="1 spot USD: postings differ"):
        floor.machine.state.ledger.prove()


@pytest.mark.parametrize("part", ["free", "held", "outgoing"])
def test_a_purse_below_zero_is_seen(floor: Floor, part: str) -> None:
    purse = floor.purse("ann", "USD")
    target = purse.held if part == "free" else purse.free
    move(getattr(purse, part), target, 100_0001)
    with pytest.raises(OutOfBalanceError, match="1 spot USD: below zero"):
        floor.machine.state.ledger.prove()


def test_the_exchanges_own_side_may_be_below_zero(floor: Floor) -> None:
    assert floor.machine.state.ledger.purses[EXCHANGE, "custody", "USD"].total == -100_0000
    floor.machine.state.ledger.prove()


def test_one_asset_never_becomes_another() -> None:
    assets = Floor().machine.state.assets
    with pytest.raises(AssertionError, match="USD to BTC"):
        move(LedgerAccount(assets["USD"], 5), LedgerAccount(assets["BTC"]), 5)


def test_purses_are_listed_by_wallet_and_asset(floor: Floor) -> None:
    """However they came about, so that a restart does not shuffle an account's balances."""
    ledger, assets = floor.machine.state.ledger, floor.machine.state.assets
    for wallet, code in (("spot", "ETH"), ("earn", "USD"), ("spot", "BTC"), ("earn", "BTC")):
        ledger.touch(ledger.purse(1, wallet, assets[code]))
    ledger.purse(1, "spot", assets["DOGE"])
    listed = [(purse.wallet, purse.asset.code) for purse in ledger.of_account(1)]
    assert listed == [("earn", "BTC"), ("earn", "USD"), ("spot", "BTC"), ("spot", "ETH"), ("spot", "USD")]


def test_an_asset_that_does_not_exist_is_no_asset(floor: Floor) -> None:
    assets = floor.machine.state.assets
    assert assets.get("DOGGO") is assets.get("DOGGO.S") is assets.get("DOT.X") is None
    with pytest.raises(UnknownAssetError, match="DOGGO"):
        assets["DOGGO"]
