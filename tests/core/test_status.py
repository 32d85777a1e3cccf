"""What a halt of a market, or of the exchange, leaves open."""

import pytest

from seatrial.core.commands import CancelOrders, OpenAccount, PassTime, PrintTrade, SetStatus, SetSystemStatus
from seatrial.core.facts import StatusSet
from seatrial.core.markets import MarketStatus, Modes, SystemStatus
from seatrial.core.orders import EndReason, OrderKind, OrderStatus, Side
from seatrial.core.rejects import Reject
from tests.support.trading_floor import SECOND_NS, Floor

BUY, SELL = Side.BUY, Side.SELL
NOTHING = Reject.EXCHANGE_CLOSED
POST_ONLY = Reject.MARKET_POST_ONLY


@pytest.fixture
def floor() -> Floor:
    """A market with something in it."""
    floor = Floor()
    floor.draw("ask 101 1 bob\nbid 99 1 bob")
    return floor


def refusals(floor: Floor) -> list[Reject | None]:
    """What is said to a limit order, a post-only one, a market order and a cancel."""
    (mine, *_) = floor.trader("bob").orders
    asked = (
        floor.order("ann", BUY, "0.1", at="98"),
        floor.order("ann", BUY, "0.1", at="98", post_only=True),
        floor.order("ann", BUY, "0.1"),
        CancelOrders(floor.trader("bob").account.account_id, (mine,)),
    )
    outcomes = [floor.attempt(command) for command in asked]
    return [outcome if isinstance(outcome, Reject) else None for outcome in outcomes]


@pytest.mark.parametrize(
    ("system", "market", "expected"),
    [
        ("online", "online", [None, None, None, None]),
        ("online", "cancel_only", [*[Reject.MARKET_CANCEL_ONLY] * 3, None]),
        ("online", "post_only", [POST_ONLY, None, POST_ONLY, None]),
        ("online", "limit_only", [None, None, Reject.MARKET_LIMIT_ONLY, None]),
        ("online", "reduce_only", [*[Reject.MARKET_REDUCE_ONLY] * 3, None]),
        ("cancel_only", "online", [*[Reject.MARKET_CANCEL_ONLY] * 3, None]),
        ("post_only", "online", [POST_ONLY, None, POST_ONLY, None]),
        ("limit_only", "online", [None, None, Reject.MARKET_LIMIT_ONLY, None]),
        ("maintenance", "online", [NOTHING] * 4),
        ("maintenance", "cancel_only", [NOTHING] * 4),
        (
            "post_only",
            "cancel_only",
            [POST_ONLY, Reject.MARKET_CANCEL_ONLY, POST_ONLY, None],
        ),
    ],
)
def test_orders_and_cancels_go_as_the_exchange_and_the_market_allow(
    floor: Floor, system: str, market: str, expected: list[Reject | None]
) -> None:
    """Source: kraken-orders#modes."""
    floor.apply(SetStatus(floor.market.symbol, MarketStatus(market)))
    floor.apply(SetSystemStatus(SystemStatus(system)))
    assert refusals(floor) == expected


def test_a_halt_of_one_market_is_none_of_another(floor: Floor) -> None:
    floor.apply(SetStatus("ETH/USD", MarketStatus.CANCEL_ONLY))
    assert refusals(floor) == [None] * 4


def test_a_halt_ends(floor: Floor) -> None:
    floor.apply(SetStatus(floor.market.symbol, MarketStatus.CANCEL_ONLY))
    (event,) = floor.apply(SetStatus(floor.market.symbol, MarketStatus.ONLINE))
    assert event == StatusSet(floor.now_ns, Modes(markets={floor.market.symbol: MarketStatus.ONLINE}))
    assert refusals(floor) == [None] * 4


def test_a_halt_leaves_what_rests(floor: Floor) -> None:
    before = floor.book()
    floor.apply(SetSystemStatus(SystemStatus.MAINTENANCE))
    assert floor.book() == before


def test_a_market_that_is_not_there_cannot_be_halted(floor: Floor) -> None:
    assert floor.refusal(SetStatus("BTC/XXX", MarketStatus.CANCEL_ONLY)) is Reject.MARKET_UNKNOWN


def test_an_order_that_starts_in_a_halt_is_canceled(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "1", at="105", starts_in=10))
    floor.apply(SetStatus(floor.market.symbol, MarketStatus.POST_ONLY))
    floor.now_ns += 10 * SECOND_NS
    floor.apply(PassTime())
    assert (order.status, order.end_reason) == (OrderStatus.CANCELED, EndReason.MARKET_CLOSED)
    assert floor.money("ann", "USD") == "free 1000000"
    assert not floor.trades


def test_nothing_is_printed_in_a_halt(floor: Floor) -> None:
    floor.apply(OpenAccount("house", "house", "", rate_limits=False, trading_wallet="house", funding_wallet="house"))
    floor.apply(SetStatus(floor.market.symbol, MarketStatus.CANCEL_ONLY))
    wanted = PrintTrade(floor.market.symbol, SELL, OrderKind.LIMIT, 1_000, 10**8)
    assert floor.refusal(wanted) is Reject.MARKET_CANCEL_ONLY
    floor.apply(SetStatus(floor.market.symbol, MarketStatus.LIMIT_ONLY))
    assert floor.apply(wanted)
