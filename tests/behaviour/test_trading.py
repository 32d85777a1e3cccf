"""Trading, told once: each story holds for the users of every venue, in its own words on the wire."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.support.traders import BITCOIN, TETHER, TRADERS, Owned, Seen, Trader, Why
from tests.support.traders import Refused as RefusedError

Arrive = Callable[..., Trader]


def amount(text: str) -> Decimal:
    """So much."""
    return Decimal(text)


def refusal(call: Callable[[], object]) -> Why | None:
    """Why a call is refused."""
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value.why


class TestPlacing:
    """Orders in and out."""

    def test_a_resting_order_sets_aside_what_it_may_cost_and_gives_it_back(self, arrive: Arrive) -> None:
        trader = arrive(USDT="5000", BTC="2")
        buy, sell = trader.place("buy", "0.1", "20000"), trader.place("sell", "0.5", "30000")
        assert trader.live() == {buy, sell}
        assert trader.owned() == {
            TETHER: Owned(amount("5000"), 2000 * (1 + trader.taker_rate)),
            BITCOIN: Owned(amount("2"), amount("0.5")),
        }
        trader.cancel(buy)
        trader.cancel(sell)
        assert trader.live() == set()
        assert trader.order(buy) == Seen("canceled", *[amount("0")] * 3)
        assert trader.owned() == {TETHER: Owned(amount("5000")), BITCOIN: Owned(amount("2"))}

    def test_an_order_that_is_gone_cannot_be_canceled(self, arrive: Arrive) -> None:
        trader = arrive(USDT="5000")
        order = trader.place("buy", "0.1", "20000")
        trader.cancel(order)
        assert refusal(lambda: trader.cancel(order)) is Why.GONE

    @pytest.mark.parametrize(
        ("side", "size", "price", "why"),
        [
            ("buy", "1", "20000", Why.FUNDS),
            ("sell", "1.00000001", "20000", Why.FUNDS),
            ("buy", "0.000009", "20000", Why.SMALL),
            ("buy", "0.01", "20000.01", Why.FINE),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(
        self, arrive: Arrive, side: str, size: str, price: str, why: Why
    ) -> None:
        trader = arrive(USDT="5000", BTC="1")
        assert refusal(lambda: trader.place(side, size, price)) is why
        assert trader.live() == set()
        assert trader.owned() == {TETHER: Owned(amount("5000")), BITCOIN: Owned(amount("1"))}

    def test_a_market_that_is_none_is_refused(self, arrive: Arrive) -> None:
        trader = arrive(USDT="5000")
        assert refusal(lambda: trader.place_elsewhere("NOPE-USDT")) is Why.MARKET

    def test_the_fee_must_be_affordable_too(self, arrive: Arrive) -> None:
        trader = arrive(USDT="2000")
        assert refusal(lambda: trader.place("buy", "0.1", "20000")) is Why.FUNDS


class TestFilling:
    """Orders that meet."""

    def test_the_best_price_trades_first_and_equal_prices_in_their_order(self, arrive: Arrive) -> None:
        first, second, cheap = arrive(BTC="1"), arrive(BTC="1"), arrive(BTC="1")
        taker = arrive(USDT="10000")
        early, late = first.place("sell", "0.1", "20000"), second.place("sell", "0.1", "20000")
        best = cheap.place("sell", "0.1", "19990")
        taker.place("buy", "0.2", "20000")
        assert [price for price, _, _ in taker.fills()] == [19990, 20000]
        assert (cheap.order(best).status, first.order(early).status) == ("closed", "closed")
        assert second.order(late) == Seen("open", *[amount("0")] * 3)

    def test_parts_are_filled_at_the_makers_price_and_both_pay_their_own_rate(self, arrive: Arrive) -> None:
        maker, taker = arrive(BTC="1"), arrive(USDT="10000")
        resting = maker.place("sell", "0.3", "20000")
        crossing = taker.place("buy", "0.1", "20100")
        cost = amount("2000")
        assert maker.order(resting) == Seen("open", amount("0.1"), cost, cost * maker.maker_rate)
        assert taker.order(crossing) == Seen("closed", amount("0.1"), cost, cost * taker.taker_rate)
        assert maker.owned() == {
            BITCOIN: Owned(amount("0.9"), amount("0.2")), TETHER: Owned(cost - cost * maker.maker_rate),
        }  # fmt: skip
        assert taker.owned() == {
            BITCOIN: Owned(amount("0.1")), TETHER: Owned(10000 - cost - cost * taker.taker_rate),
        }  # fmt: skip

    def test_a_partly_filled_order_keeps_its_fills_when_canceled(self, arrive: Arrive) -> None:
        maker, taker = arrive(BTC="1"), arrive(USDT="10000")
        resting = maker.place("sell", "0.3", "20000")
        taker.place("buy", "0.1", "20000")
        maker.cancel(resting)
        assert maker.order(resting)[:2] == ("canceled", amount("0.1"))
        assert maker.owned()[BITCOIN] == Owned(amount("0.9"))

    def test_a_market_order_for_a_size_walks_the_book(self, arrive: Arrive) -> None:
        maker, taker = arrive(BTC="1"), arrive(USDT="10000")
        maker.place("sell", "0.1", "20000")
        maker.place("sell", "0.1", "20100")
        order = taker.place("buy", "0.15")
        assert taker.order(order)[:3] == ("closed", amount("0.15"), amount("3005"))

    def test_a_market_order_for_an_amount_of_money_spends_it(self, arrive: Arrive) -> None:
        maker, taker = arrive(BTC="1"), arrive(USDT="10000")
        maker.place("sell", "0.1", "20000")
        maker.place("sell", "0.1", "20100")
        order = taker.place("buy", None, funds="3005")
        assert taker.order(order)[1:3] == (amount("0.15"), amount("3005"))

    def test_a_market_order_stops_where_the_book_ends(self, arrive: Arrive) -> None:
        maker, taker = arrive(USDT="10000"), arrive(BTC="1")
        maker.place("buy", "0.1", "20000")
        order = taker.place("sell", "0.3")
        assert taker.order(order)[:2] == ("canceled", amount("0.1"))
        assert taker.live() == set()

    def test_immediate_or_cancel_takes_what_is_there(self, arrive: Arrive) -> None:
        maker, taker = arrive(BTC="1"), arrive(USDT="10000")
        maker.place("sell", "0.1", "20000")
        order = taker.place("buy", "0.3", "20000", life="IOC")
        assert taker.order(order)[:2] == ("canceled", amount("0.1"))
        assert taker.owned()[TETHER].held == 0

    @pytest.mark.parametrize(("size", "filled"), [("0.3", "0"), ("0.1", "0.1")])
    def test_fill_or_kill_takes_all_or_nothing(self, arrive: Arrive, size: str, filled: str) -> None:
        maker, taker = arrive(BTC="1"), arrive(USDT="10000")
        resting = maker.place("sell", "0.1", "20000")
        taker.place("buy", size, "20000", life="FOK")
        assert maker.order(resting).filled == amount(filled)
        assert taker.live() == set()
        assert taker.owned().get(BITCOIN, Owned(amount("0"))) == Owned(amount(filled))

    def test_a_post_only_order_never_takes(self, arrive: Arrive) -> None:
        """A venue may refuse it, or take it in and cancel it."""
        maker, shy = arrive(BTC="1"), arrive(USDT="10000")
        resting = maker.place("sell", "0.1", "20000")
        try:
            order = shy.place("buy", "0.1", "20000", post_only=True)
            assert shy.order(order)[:2] == ("canceled", amount("0"))
        except RefusedError:
            assert shy.fills() == []
        assert maker.order(resting).filled == 0
        assert shy.owned() == {TETHER: Owned(amount("10000"))}
        assert shy.order(shy.place("buy", "0.1", "19999", post_only=True)).status == "open"

    @pytest.mark.parametrize(
        ("rule", "older", "newer"),
        [("newest", "open", "canceled"), ("oldest", "canceled", "open"), ("both", "canceled", "canceled")],
    )
    def test_nobody_trades_with_himself(self, arrive: Arrive, rule: str, older: str, newer: str) -> None:
        trader = arrive(USDT="10000", BTC="1")
        resting = trader.place("sell", "0.1", "20000")
        crossing = trader.place("buy", "0.1", "20000", against_self=rule)
        assert (trader.order(resting).status, trader.order(crossing).status) == (older, newer)
        assert trader.fills() == []
        assert trader.owned()[TETHER].total == 10000


@pytest.mark.parametrize("other", TRADERS)
def test_users_of_all_venues_trade_in_one_book(arrive: Arrive, other: str) -> None:
    """Each at the fees of his own venue, and both see the same trade."""
    maker, taker = arrive(BTC="1"), arrive(other, USDT="10000")
    resting = maker.place("sell", "0.3", "20000")
    order = taker.place("buy", "0.1", "20000")
    cost = amount("2000")
    assert maker.fills() == [(amount("20000"), amount("0.1"), cost * maker.maker_rate)]
    assert taker.fills() == [(amount("20000"), amount("0.1"), cost * taker.taker_rate)]
    assert taker.order(order).status == "closed"
    assert maker.live() == {resting}
    taker.place("sell", "0.05", "20000")
    assert maker.order(resting).filled == amount("0.1")
    assert maker.owned()[BITCOIN] == Owned(amount("0.9"), amount("0.2"))
