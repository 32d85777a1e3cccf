"""Money that comes in and goes out, told once for the users of every venue."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.support.traders import BITCOIN, Owned, Trader, Why
from tests.support.traders import Refused as RefusedError
from tests.support.venue import Venue

Arrive = Callable[..., Trader]

HALF = Decimal("0.5")


@pytest.fixture
def rich(arrive: Arrive, venue_name: str) -> Trader:
    """A trader with a bitcoin where withdrawals leave from."""
    return arrive(**{"main:BTC" if venue_name == "kucoin" else "BTC": "1"})


class TestDeposits:
    """Deposits."""

    def test_a_deposit_is_credited_when_it_succeeds(self, arrive: Arrive, exchange: Venue) -> None:
        trader = arrive()
        refid = exchange.deposit(trader.keys.account, "BTC", "0.5", manual=True)
        assert (trader.deposits(), trader.owned(), trader.ledger()) == ([("pending", HALF)], {}, {})
        exchange.drive(refid, "Success")
        assert trader.deposits() == [("ok", HALF)]
        assert trader.owned() == {BITCOIN: Owned(HALF)}

    def test_a_deposit_that_fails_brings_nothing(self, arrive: Arrive, exchange: Venue) -> None:
        trader = arrive()
        exchange.drive(exchange.deposit(trader.keys.account, "BTC", "0.5", manual=True), "Failure")
        assert (trader.deposits(), trader.owned()) == ([("failed", HALF)], {})

    def test_a_deposit_that_is_taken_back_leaves_again(self, arrive: Arrive, exchange: Venue) -> None:
        trader = arrive()
        refid = exchange.deposit(trader.keys.account, "BTC", "0.5", manual=True)
        exchange.drive(refid, "Success")
        exchange.drive(refid, "Failure")
        assert (trader.deposits(), trader.owned()) == ([("failed", HALF)], {})

    def test_the_clock_alone_credits_a_deposit(self, arrive: Arrive, exchange: Venue) -> None:
        trader = arrive()
        exchange.deposit(trader.keys.account, "BTC", "0.5")
        exchange.advance("12h")
        assert trader.deposits() == [("ok", HALF)]


class TestWithdrawals:
    """Withdrawals."""

    def test_a_withdrawal_goes_through_its_statuses(self, rich: Trader, exchange: Venue) -> None:
        refid = rich.withdraw("0.5")
        for status in ("Pending", "Settled", "Success"):
            assert rich.withdrawals() == [("pending", HALF)]
            exchange.drive(refid, status)
        assert rich.withdrawals() == [("ok", HALF)]
        assert rich.owned() == {BITCOIN: Owned(HALF)}

    def test_a_canceled_withdrawal_comes_back(self, rich: Trader) -> None:
        rich.cancel_withdrawal(rich.withdraw("0.5"))
        assert rich.withdrawals() == [("failed", HALF)]
        assert rich.owned() == {BITCOIN: Owned(Decimal(1))}

    def test_a_withdrawal_that_is_sent_cannot_be_canceled(self, rich: Trader, exchange: Venue) -> None:
        refid = rich.withdraw("0.5")
        exchange.drive(refid, "Pending")
        exchange.drive(refid, "Settled")
        with pytest.raises(RefusedError) as caught:
            rich.cancel_withdrawal(refid)
        assert caught.value.why is Why.LATE
        assert rich.withdrawals() == [("pending", HALF)]

    def test_a_withdrawal_that_fails_after_it_was_sent_is_turned_back(self, rich: Trader, exchange: Venue) -> None:
        refid = rich.withdraw("0.5")
        for status in ("Pending", "Settled", "Failure"):
            exchange.drive(refid, status)
        assert rich.withdrawals() == [("failed", HALF)]
        assert rich.owned() == {BITCOIN: Owned(Decimal(1))}

    def test_more_than_there_is_cannot_be_withdrawn(self, rich: Trader) -> None:
        with pytest.raises(RefusedError) as caught:
            rich.withdraw("1.00000001")
        assert caught.value.why is Why.WALLET
        assert rich.owned() == {BITCOIN: Owned(Decimal(1))}
