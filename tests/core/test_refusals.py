"""What is refused, why, and which reason is given when there are several. Source of the order: kraken-orders#checks."""

import pytest
from msgspec.structs import replace

from seatrial.core.commands import (
    CancelOrders,
    IssueAddress,
    OpenAccount,
    ReplaceOrder,
    RequestWithdrawal,
    SeeDeposit,
)
from seatrial.core.market_state import MarketState
from seatrial.core.markets import MarketStatus, Minimums
from seatrial.core.money import MAX_UNITS
from seatrial.core.orders import Order, Side, TimeInForce
from seatrial.core.rejects import Reject
from tests.support.trading_floor import NO_FEES, Floor

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def floor() -> Floor:
    """BTC/USD without fees: at least 0.00005 BTC and half a dollar."""
    return Floor(fees=NO_FEES)


def test_an_order_below_the_smallest_quantity_is_refused(floor: Floor) -> None:
    assert floor.refusal(floor.order("ann", BUY, "0.00004999", at="60000")) is Reject.QTY_BELOW_MINIMUM
    assert floor.place(floor.order("ann", BUY, "0.00005", at="60000"))


def test_an_order_below_the_smallest_cost_is_refused(floor: Floor) -> None:
    assert floor.refusal(floor.order("ann", BUY, "0.00005", at="9999.8")) is Reject.COST_BELOW_MINIMUM
    assert floor.place(floor.order("ann", BUY, "0.00005", at="10000"))


def test_an_order_may_bring_minimums_of_its_own(floor: Floor) -> None:
    """0.00001 BTC and a tenth of a dollar, as users of another venue may; then more than the market's."""
    fewer, more = Minimums(1_000, 10**8), Minimums(10_000, 10**9)
    assert floor.place(replace(floor.order("ann", BUY, "0.00001", at="10000"), minimums=fewer))
    for order, minimums, reason in (
        (floor.order("ann", BUY, "0.00000999", at="60000"), fewer, Reject.QTY_BELOW_MINIMUM),
        (floor.order("ann", BUY, "0.00001", at="9999.9"), fewer, Reject.COST_BELOW_MINIMUM),
        (floor.order("ann", BUY, "0.00009999", at="60000"), more, Reject.QTY_BELOW_MINIMUM),
        (floor.order("ann", BUY, "0.0001", at="9999.9"), more, Reject.COST_BELOW_MINIMUM),
    ):
        assert floor.refusal(replace(order, minimums=minimums)) is reason


def test_an_order_that_is_placed_anew_is_measured_by_what_its_owner_brings_then(floor: Floor) -> None:
    order = floor.place(floor.order("ann", BUY, "0.0001", at="10000"))
    smaller = ReplaceOrder(order.account_id, order.order_id, qty_lots=1_000)
    assert floor.refusal(smaller) is Reject.QTY_BELOW_MINIMUM
    assert floor.apply(replace(smaller, minimums=Minimums(1_000, 10**8)))


def test_a_market_order_counts_by_what_it_would_meet(floor: Floor) -> None:
    floor.draw("ask 9999 1 ann")
    assert floor.refusal(floor.order("bob", BUY, "0.00005")) is Reject.COST_BELOW_MINIMUM


def test_a_market_order_that_the_book_cannot_fill_is_not_measured(floor: Floor) -> None:
    floor.draw("ask 9999 0.00006 ann")
    assert floor.place(floor.order("bob", BUY, "0.00007")).filled_lots == 6_000


def test_an_order_that_spends_too_little_is_refused(floor: Floor) -> None:
    assert floor.refusal(floor.order("bob", BUY, "0.4999", spend=True)) is Reject.COST_BELOW_MINIMUM


def test_the_minimums_are_for_orders_and_not_for_what_is_left_of_them(floor: Floor) -> None:
    floor.draw("ask 60000 0.00006 ann")
    floor.place(floor.order("bob", BUY, "0.00005", at="60000"))
    assert floor.book() == "ask 60000 0.00001 ann"


def test_an_account_that_nobody_opened_cannot_trade(floor: Floor) -> None:
    order = replace(floor.order("ann", BUY, "1", at="100"), account_id=99)
    assert floor.refusal(order) is Reject.ACCOUNT_UNKNOWN
    assert floor.refusal(CancelOrders(99, everything=True)) is Reject.ACCOUNT_UNKNOWN


def test_a_market_that_does_not_exist_is_refused(floor: Floor) -> None:
    assert floor.refusal(replace(floor.order("ann", BUY, "1", at="100"), market="BTC/DOGE")) is Reject.MARKET_UNKNOWN


@pytest.mark.parametrize(
    ("changes", "reject"),
    [
        ({"qty_lots": MAX_UNITS + 1}, Reject.QTY_OUT_OF_RANGE),
        ({"spend": MAX_UNITS + 1}, Reject.QTY_OUT_OF_RANGE),
        ({"price_ticks": MAX_UNITS + 1}, Reject.PRICE_OUT_OF_RANGE),
        ({"qty_lots": MAX_UNITS, "price_ticks": MAX_UNITS}, Reject.INSUFFICIENT_FUNDS),
    ],
)
def test_numbers_that_no_store_could_hold_are_refused(floor: Floor, changes: dict[str, int], reject: Reject) -> None:
    assert floor.refusal(replace(floor.order("ann", BUY, "1", at="100"), **changes)) is reject


def test_two_open_orders_of_an_account_cannot_have_one_client_id(floor: Floor) -> None:
    first = floor.place(floor.order("ann", BUY, "1", at="100", client_id="mine"))
    assert floor.refusal(floor.order("ann", BUY, "1", at="100", client_id="mine")) is Reject.CLIENT_ID_IN_USE
    assert floor.place(floor.order("bob", BUY, "1", at="100", client_id="mine"))
    floor.cancel("ann", ids=(first.order_id,))
    assert floor.place(floor.order("ann", BUY, "1", at="100", client_id="mine"))


def test_an_account_can_have_only_so_many_orders_open_in_a_market(floor: Floor) -> None:
    first = floor.place(floor.order("ann", BUY, "1", at="100", max_open=2))
    floor.place(floor.order("ann", BUY, "1", at="100", max_open=2))
    assert floor.refusal(floor.order("ann", BUY, "1", at="100", max_open=2)) is Reject.TOO_MANY_OPEN_ORDERS
    assert floor.place(replace(floor.order("ann", SELL, "1", at="50", max_open=2), market="BTC/USDT"))
    floor.cancel("ann", ids=(first.order_id,))
    assert floor.place(floor.order("ann", BUY, "1", at="100", max_open=2))


def _with_status(floor: Floor, status: MarketStatus) -> None:
    symbol = floor.market.symbol
    floor.machine.state.markets[symbol] = MarketState(replace(floor.market, status=status))


@pytest.mark.parametrize(
    ("status", "limit", "post_only", "market"),
    [
        (MarketStatus.ONLINE, None, None, None),
        (MarketStatus.CANCEL_ONLY, *[Reject.MARKET_CANCEL_ONLY] * 3),
        (MarketStatus.REDUCE_ONLY, *[Reject.MARKET_REDUCE_ONLY] * 3),
        (MarketStatus.POST_ONLY, Reject.MARKET_POST_ONLY, None, Reject.MARKET_POST_ONLY),
        (MarketStatus.LIMIT_ONLY, None, None, Reject.MARKET_LIMIT_ONLY),
    ],
)
def test_a_market_takes_what_its_status_allows(
    floor: Floor, status: MarketStatus, limit: Reject | None, post_only: Reject | None, market: Reject | None
) -> None:
    """Source: kraken-orders#modes."""
    _with_status(floor, status)
    orders = (
        (floor.order("ann", BUY, "1", at="100"), limit),
        (floor.order("ann", BUY, "1", at="100", post_only=True), post_only),
        (floor.order("bob", SELL, "1"), market),
    )
    for order, reject in orders:
        outcome = floor.attempt(order)
        assert (outcome if isinstance(outcome, Reject) else None) is reject


def test_of_several_reasons_the_first_in_order_is_given(floor: Floor) -> None:
    """A hopeless order, remedied fault by fault."""
    floor.draw("bid 101 1 bob")
    floor.open("poor", USD="100")
    floor.open("rich", USD="100", BTC="1")
    floor.place(floor.order("poor", BUY, "0.1", at="100", client_id="mine"))
    floor.place(floor.order("rich", BUY, "0.1", at="100"))
    rich = floor.trader("rich").account.account_id
    order = floor.order("poor", SELL, "0.00000001", at="0.1", post_only=True, client_id="mine", max_open=1)
    order = replace(order, market="BTC/DOGE")
    given = []
    for remedy in (
        {"market": "BTC/USD"},
        {"client_id": None},
        {"qty_lots": 10**8},
        {"price_ticks": 1_000},
        {"post_only": False},
        {"account_id": rich},
        {"max_open": None},
    ):
        given.append(floor.refusal(order))
        order = replace(order, **remedy)
    assert floor.place(order)
    assert given == [
        Reject.MARKET_UNKNOWN,
        Reject.CLIENT_ID_IN_USE,
        Reject.QTY_BELOW_MINIMUM,
        Reject.COST_BELOW_MINIMUM,
        Reject.POST_ONLY_WOULD_TAKE,
        Reject.INSUFFICIENT_FUNDS,
        Reject.TOO_MANY_OPEN_ORDERS,
    ]
    assert given == sorted(given, key=list(Reject).index)


def test_canceling_what_is_not_open_is_refused(floor: Floor) -> None:
    floor.draw("ask 100 1 ann")
    filled = floor.place(floor.order("bob", BUY, "1"))
    others: Order = floor.place(floor.order("ann", SELL, "1", at="100", client_id="hers", tag=7))
    number = floor.trader("bob").account.account_id
    for command in (
        CancelOrders(number, order_ids=(filled.order_id,)),
        CancelOrders(number, order_ids=(others.order_id,)),
        CancelOrders(number, order_ids=(99,)),
        CancelOrders(number, tags=(7,)),
        CancelOrders(number, client_ids=("hers",)),
        CancelOrders(number),
    ):
        assert floor.refusal(command) is Reject.ORDER_UNKNOWN


def _opening(name: str, *balances: tuple[str, str, int]) -> OpenAccount:
    return OpenAccount(
        name, "kraken", "pro", rate_limits=True, trading_wallet="s", funding_wallet="s", balances=balances
    )


@pytest.mark.parametrize(
    ("command", "reject"),
    [
        (_opening("ann"),
         Reject.ACCOUNT_NAME_TAKEN),
        (_opening("new", ("s", "DOGGO", 1)), Reject.ASSET_UNKNOWN),
        (_opening("new", ("s", "BTC", -1)), Reject.AMOUNT_INVALID),
        (_opening("new", ("s", "BTC", MAX_UNITS)), Reject.AMOUNT_INVALID),
        (_opening("new", ("s", "ETH", MAX_UNITS), ("t", "ETH", 1)),
         Reject.AMOUNT_INVALID),
        (IssueAddress(99, "BTC", "Bitcoin", 5), Reject.ACCOUNT_UNKNOWN),
        (IssueAddress(1, "BTC", "Dogecoin", 5), Reject.METHOD_UNKNOWN),
        (SeeDeposit(99, "BTC", 10**10), Reject.ACCOUNT_UNKNOWN),
        (SeeDeposit(1, "DOGGO", 10**10), Reject.ASSET_UNKNOWN),
        (SeeDeposit(1, "DOT.S", 10**10), Reject.ASSET_READ_ONLY),
        (SeeDeposit(1, "ETH2", 10**10), Reject.METHOD_UNKNOWN),
        (SeeDeposit(1, "BTC", 10**10, method="Dogecoin"), Reject.METHOD_UNKNOWN),
        (RequestWithdrawal(99, "BTC", "home", 10**10), Reject.ACCOUNT_UNKNOWN),
        (RequestWithdrawal(1, "DOGGO", "home", 10**10), Reject.ASSET_UNKNOWN),
        (RequestWithdrawal(1, "DOT.S", "home", 10**10), Reject.ASSET_READ_ONLY),
        (RequestWithdrawal(1, "BTC", "home", 10**10), Reject.DESTINATION_UNKNOWN),
    ],
)  # fmt: skip
def test_commands_about_nothing_are_refused(floor: Floor, command: OpenAccount, reject: Reject) -> None:
    floor.open("ann", BTC="1", USD="1")
    before = floor.machine.fingerprint()
    assert floor.refusal(command) is reject
    assert floor.machine.fingerprint() == before


def test_a_new_account_may_bring_as_much_as_fits_in_the_books(floor: Floor) -> None:
    floor.apply(_opening("ann", ("s", "ETH", MAX_UNITS)))
    assert floor.refusal(_opening("bob", ("s", "ETH", 1))) is Reject.AMOUNT_INVALID


def _spends(floor: Floor, amount: str) -> Reject | None:
    order = floor.order("bob", BUY, amount, spend=True, worth_min_qty=True)
    outcome = floor.attempt(replace(order, check_only=True))
    return outcome if isinstance(outcome, Reject) else None


def test_an_order_that_spends_may_have_to_be_worth_the_smallest_quantity(floor: Floor) -> None:
    """0.00005 BTC are worth 4.50 dollars at the best price, whatever the smallest cost is."""
    assert _spends(floor, "0.5") is None, "nobody knows yet"
    floor.draw("""
        ask 95000 1 ann
        ask 90000 0.00005 ann""")
    assert (_spends(floor, "4.4999"), _spends(floor, "4.5")) == (Reject.QTY_BELOW_MINIMUM, None)
    assert _spends(floor, "0.1") is Reject.QTY_BELOW_MINIMUM, "before its cost is looked at"
    floor.place(floor.order("bob", BUY, "2", at="95000", time_in_force=TimeInForce.IOC))
    assert (_spends(floor, "4.7499"), _spends(floor, "4.75")) == (Reject.QTY_BELOW_MINIMUM, None), "the last price"


@pytest.mark.parametrize("side", Side)
def test_an_order_that_spends_need_not_be_worth_it_where_its_venue_does_not_ask(floor: Floor, side: Side) -> None:
    floor.draw("""
        ask 90000 1 ann
        bid 89000 1 ann""")
    assert floor.place(floor.order("bob", side, "0.5", spend=True)).filled_lots
