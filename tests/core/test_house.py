"""The house makes a market: its quotes, its trades with clients, with itself, and trades printed around them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import HOUSE
from seatrial.core.commands import CancelOrders, OpenAccount, PlaceOrder, PrintTrade, QuoteMarket, Rung
from seatrial.core.facts import AccountOpened
from seatrial.core.machine import first
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.core.valuing import price_of
from tests.support.trading_floor import NO_FEES, Floor, drawn, flat, units

BUY, SELL = Side.BUY, Side.SELL
PLENTY = 10**15


@pytest.fixture
def floor() -> Floor:
    """Traders pay fees, so that it shows who does not."""
    return Floor(fees=flat(4_000, 2_500))


@pytest.fixture
def house(floor: Floor) -> AccountState:
    """The house, rich in both assets."""
    return open_house(floor)


def open_house(floor: Floor, plenty: int = PLENTY) -> AccountState:
    """A house in a market."""
    market = floor.market
    balances = tuple((HOUSE, asset.code, plenty) for asset in (market.base, market.quote))
    opened = floor.apply(
        OpenAccount(
            "house", HOUSE, "", rate_limits=False, trading_wallet=HOUSE, funding_wallet=HOUSE, balances=balances
        )
    )
    account_id = first(AccountOpened, opened).account.account_id
    floor.names[account_id] = "house"
    return floor.machine.state.accounts[account_id]


def rungs(floor: Floor, ladder: str) -> tuple[Rung, ...]:
    """A ladder drawn with a line per rung: side, place, price and quantity."""
    found = []
    for line in drawn(ladder).splitlines():
        side, place, price, qty = line.split()
        found.append(
            Rung(
                BUY if side == "bid" else SELL,
                int(place),
                units(price, floor.market.price_scale),
                units(qty, floor.market.lot_scale),
            )
        )
    return tuple(found)


def quote(floor: Floor, ladder: str) -> QuoteMarket:
    """The command that moves the house's ladder there."""
    return QuoteMarket(floor.market.symbol, rungs(floor, ladder))


def printed(floor: Floor, side: Side, qty: str, at: str, stamp_ns: int = 0) -> PrintTrade:
    """The command that prints a trade."""
    market = floor.market
    return PrintTrade(
        market.symbol, side, OrderKind.LIMIT, units(at, market.price_scale), units(qty, market.lot_scale), stamp_ns
    )


def take(floor: Floor, house: AccountState, side: Side, qty: str, at: str | None = None) -> PlaceOrder:
    """An order of the house that takes."""
    order = floor.order("ann", side, qty, at)
    return replace(order, account_id=house.account.account_id)


def test_a_ladder_stands_as_it_was_asked_for(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 1 102 2\nask 0 101 1\nbid 0 99 1\nbid 1 98 2"))
    assert floor.book() == drawn("ask 102 2 house\nask 101 1 house\nbid 99 1 house\nbid 98 2 house")
    assert len(house.orders) == 4


def test_rungs_move_and_go_and_the_others_stay(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 1 102 2\nask 0 101 1\nbid 0 99 1\nbid 1 98 2"))
    floor.apply(quote(floor, "ask 0 101.5 3\nbid 1 98 0"))
    assert floor.book() == drawn("ask 102 2 house\nask 101.5 3 house\nbid 99 1 house")
    assert len(house.orders) == 3


def test_quotes_are_held_for_like_any_order(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 1\nbid 0 99 2"))
    market = floor.market
    assert house.trading_purse(market.quote).held.balance == units("198", market.quote.scale)
    assert house.trading_purse(market.base).held.balance == units("1", market.base.scale)
    floor.apply(quote(floor, "ask 0 101 0\nbid 0 99 0"))
    assert not house.trading_purse(market.quote).held.balance
    assert not house.trading_purse(market.base).held.balance


def test_quotes_beyond_the_houses_means_are_refused_whole(floor: Floor) -> None:
    open_house(floor, units("100", floor.market.quote.scale))
    floor.apply(quote(floor, "bid 0 99 1"))
    assert floor.refusal(quote(floor, "bid 0 99.5 2")) is Reject.INSUFFICIENT_FUNDS
    assert floor.book() == "bid 99 1 house"
    assert floor.apply(quote(floor, "bid 0 100 1")), "what the old quote held is free for the new one"


def test_one_move_of_a_ladder_is_one_change_of_the_best_prices(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 1\nask 1 102 1\nbid 0 99 1\nbid 1 98 1"))
    floor.apply(quote(floor, "ask 0 100 1\nask 1 101 1\nbid 0 98 1\nbid 1 97 1"))
    quotes = floor.machine.state.markets[floor.market.symbol].quotes
    assert [(q.bid_ticks, q.ask_ticks) for q in quotes] == [(990, 1010), (980, 1000)]
    assert len(house.orders) == 4


def test_a_client_trades_with_the_house_as_with_anyone(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 2"))
    floor.place(floor.order("ann", BUY, "1"))
    assert floor.tape() == ["1 at 101"]
    assert floor.rows("ann").splitlines() == [
        "trade USD -101.0000 0.4040 999898.5960",
        "trade BTC 1.0000000000 0.0000000000 1000001.0000000000",
    ]
    assert [posting.fee for posting in floor.postings if posting.account_id == house.account.account_id] == [0] * 4


def test_the_house_fills_a_client_whom_its_quote_meets(floor: Floor, house: AccountState) -> None:
    floor.draw("bid 100 1 ann")
    floor.apply(quote(floor, "ask 0 99 3"))
    assert floor.tape() == ["1 at 100"]
    assert floor.book() == "ask 99 2 house"
    assert house.account.account_id == floor.fills[-1].account_id


def test_the_house_trades_with_itself_and_no_money_moves(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 2"))
    taker = take(floor, house, BUY, "0.5")
    before = len(floor.postings)
    floor.apply(taker)
    assert floor.tape() == ["0.5 at 101"]
    assert floor.book() == "ask 101 1.5 house"
    assert len(floor.postings) == before
    assert not floor.fills
    assert house.trading_purse(floor.market.base).held.balance == units("1.5", floor.market.base.scale)
    assert house.trading_purse(floor.market.base).free.balance == PLENTY - units("1.5", floor.market.base.scale)


def test_between_the_house_and_itself_a_client_keeps_its_place(floor: Floor, house: AccountState) -> None:
    """Price, then time: the client at the same price comes after the house's older order, before its newer one."""
    floor.apply(quote(floor, "ask 0 101 1"))
    floor.draw("ask 101 1 ann")
    floor.apply(quote(floor, "ask 1 101 1"))
    floor.apply(take(floor, house, BUY, "1.5"))
    assert floor.tape() == ["1 at 101", "0.5 at 101"]
    assert [fill.qty_lots for fill in floor.fills if fill.maker] == [units("0.5", floor.market.lot_scale)]
    assert floor.book() == drawn("ask 101 1 house\nask 101 0.5 ann")


def test_the_house_knows_no_minimum(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 0.00000001"))
    floor.apply(take(floor, house, BUY, "0.00000001", "101"))
    assert floor.tape() == ["0.00000001 at 101"]
    assert floor.refusal(take(floor, house, BUY, "0", "101")) is Reject.QTY_BELOW_MINIMUM


def test_a_trade_between_the_house_and_a_client_counts_no_volume_twice(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 2"))
    floor.apply(take(floor, house, BUY, "1"))
    assert house.volume.at(floor.now_ns) == 0


def test_a_printed_trade_is_seen_by_everyone_and_moves_no_money(floor: Floor, house: AccountState) -> None:
    floor.apply(printed(floor, SELL, "3", "250"))
    ms = floor.machine.state.markets[floor.market.symbol]
    assert floor.tape() == ["3 at 250"]
    assert (floor.trades[0].taker_side, ms.trade_id, ms.candles.of(1)[-1].count) == (SELL, 1, 1)
    assert price_of(floor.machine.state, "BTC", "USD") is not None
    assert not floor.fills
    assert not house.orders


def test_a_printed_trade_is_dated_as_asked_but_never_back(floor: Floor, house: AccountState) -> None:
    later_ns = floor.now_ns + 5_000
    floor.apply(printed(floor, SELL, "1", "250", later_ns))
    floor.apply(printed(floor, SELL, "1", "250", floor.now_ns))
    assert [trade.at_ns for trade in floor.trades] == [later_ns, later_ns + 1]
    assert house.account.name == "house"


@pytest.mark.parametrize(
    ("book", "side", "tape", "left"),
    [
        ("bid 100 1 ann", SELL, ["1 at 100", "2 at 99"], ""),
        ("bid 99 1 ann", SELL, ["1 at 99", "2 at 99"], ""),
        ("bid 98 1 ann", SELL, ["2 at 99"], "bid 98 1 ann"),
        ("ask 98 1 ann", SELL, ["1 at 98", "2 at 99"], ""),
        ("ask 100 1 ann", SELL, ["2 at 99"], "ask 100 1 ann"),
        ("ask 98 1 ann", BUY, ["1 at 98", "2 at 99"], ""),
        ("bid 100 5 ann", SELL, ["2 at 100", "2 at 99"], "bid 100 3 ann"),
        ("bid 99 1 bob\nbid 100 1 ann\nbid 99 1 carl", SELL, ["1 at 100", "1 at 99", "2 at 99"], "bid 99 1 carl"),
    ],
)
def test_clients_in_the_way_of_a_printed_trade_are_filled_first_at_their_own_price(
    floor: Floor, house: AccountState, book: str, side: Side, tape: list[str], left: str
) -> None:
    """On either side, best price first, for no more than the trade is large; what they take comes on top of it."""
    floor.draw(book)
    floor.apply(printed(floor, side, "2", "99"))
    assert floor.tape() == tape
    assert floor.book() == left
    assert not house.orders


def test_a_client_waits_behind_the_quotes_that_were_there_before_it(floor: Floor, house: AccountState) -> None:
    """At the very price of the trade the queue counts."""
    floor.apply(quote(floor, "bid 0 99 3"))
    floor.draw("bid 99 1 ann")
    floor.apply(printed(floor, SELL, "2", "99"))
    assert floor.tape() == ["2 at 99"]
    assert floor.book() == drawn("bid 99 1 house\nbid 99 1 ann")
    floor.apply(printed(floor, SELL, "1.5", "99"))
    assert floor.tape() == ["2 at 99", "0.5 at 99", "1.5 at 99"]
    assert floor.book() == "bid 99 0.5 ann"
    assert not house.orders


def test_quotes_that_a_printed_trade_proves_wrong_go(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 1 103 1\nask 0 101 1\nbid 0 99 1\nbid 1 98 1"))
    floor.apply(printed(floor, BUY, "1", "102"))
    assert floor.tape() == ["1 at 102"]
    assert floor.book() == drawn("ask 103 1 house\nbid 99 1 house\nbid 98 1 house")
    assert len(house.orders) == 3


def test_a_house_that_cannot_pay_prints_and_leaves_the_client_alone(floor: Floor) -> None:
    house = open_house(floor, 0)
    floor.draw("bid 100 1 ann")
    floor.apply(printed(floor, SELL, "2", "99"))
    assert floor.tape() == ["2 at 99"]
    assert floor.book() == "bid 100 1 ann"
    assert not house.orders


def test_without_a_house_nothing_is_quoted_or_printed(floor: Floor) -> None:
    assert floor.refusal(quote(floor, "ask 0 101 1")) is Reject.ACCOUNT_UNKNOWN
    assert floor.refusal(printed(floor, SELL, "1", "99")) is Reject.ACCOUNT_UNKNOWN


def test_a_world_has_one_house(floor: Floor, house: AccountState) -> None:
    again = OpenAccount("other", HOUSE, "", rate_limits=False, trading_wallet=HOUSE, funding_wallet=HOUSE)
    assert floor.refusal(again) is Reject.ACCOUNT_NAME_TAKEN
    assert floor.machine.state.house is house


@pytest.mark.parametrize(
    ("make", "reject"),
    [
        (lambda floor: replace(quote(floor, "ask 0 101 1"), market="BTC/XXX"), Reject.MARKET_UNKNOWN),
        (lambda floor: replace(printed(floor, SELL, "1", "99"), market="BTC/XXX"), Reject.MARKET_UNKNOWN),
        (lambda floor: replace(printed(floor, SELL, "1", "99"), qty_lots=0), Reject.QTY_OUT_OF_RANGE),
        (lambda floor: replace(printed(floor, SELL, "1", "99"), price_ticks=0), Reject.PRICE_OUT_OF_RANGE),
        (lambda floor: replace(printed(floor, SELL, "1", "99"), price_ticks=2**63), Reject.PRICE_OUT_OF_RANGE),
        (lambda floor: QuoteMarket(floor.market.symbol, (Rung(BUY, 0, 0, 1),)), Reject.PRICE_OUT_OF_RANGE),
        (lambda floor: QuoteMarket(floor.market.symbol, (Rung(BUY, 0, 1, 2**63),)), Reject.QTY_OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_quoted_or_printed_is_refused(
    floor: Floor, house: AccountState, make: Callable[[Floor], QuoteMarket | PrintTrade], reject: Reject
) -> None:
    assert floor.refusal(make(floor)) is reject
    assert not house.orders


def test_the_houses_quotes_can_be_canceled(floor: Floor, house: AccountState) -> None:
    floor.apply(quote(floor, "ask 0 101 1\nbid 0 99 1"))
    floor.apply(CancelOrders(house.account.account_id, everything=True))
    assert floor.book() == ""
    assert not house.trading_purse(floor.market.quote).held.balance


def test_a_client_of_a_market_without_fees_gets_exactly_its_price() -> None:
    floor = Floor(fees=NO_FEES)
    open_house(floor)
    floor.draw("bid 100 1 ann")
    floor.apply(printed(floor, SELL, "1", "90"))
    assert floor.money("ann", "USD") == "free 999900"
    assert floor.money("ann", "BTC") == "free 1000001"
