"""The tape: what was recorded is printed, and clients trade with it without changing what comes next."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.commands import SetStatus
from seatrial.core.markets import MarketStatus
from seatrial.core.orders import OrderStatus, Side
from seatrial.pricing.driver import NEVER
from seatrial.pricing.ladder import Liquidity
from seatrial.pricing.tape import TapeRow
from tests.support.auditor import check_book, check_holds
from tests.support.moved_world import Moved, row, tape, taped
from tests.support.trading_floor import SECOND_NS, START_NS

BUY, SELL = Side.BUY, Side.SELL
SWEEP = (
    row(1, "8500.0", "0.5", SELL),
    row(2, "8500.1", "1", BUY),
    row(2.001, "8500.3", "0.00000001", BUY),
    row(2.002, "8501.0", "3", BUY),
    row(9, "8490.0", "2", SELL),
    row(9, "8490.0", "2", SELL),
    row(9, "8480.0", "1", SELL),
    row(60, "8520.0", "0.1", BUY),
)
"""A sweep upwards with dust in it, two rows alike, three of one time."""

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(84_990, 85_010), st.integers(1, 10**8), st.sampled_from(Side)),
    min_size=1,
    max_size=25,
)


def recorded(rows: tuple[TapeRow, ...]) -> list[tuple[int, int, Side | None]]:
    """Prices, quantities and takers."""
    return [(one.price_ticks, one.qty_lots, one.side) for one in rows]


def printed(world: Moved) -> list[tuple[int, int, Side | None]]:
    """The same of what was printed."""
    return [(price, lots, side) for _, price, lots, side in world.prints()]


def check(world: Moved) -> None:
    """What must hold at every moment."""
    world.machine.state.ledger.prove()
    check_holds(world.machine)
    for ms in world.machine.state.markets.values():
        check_book(world.machine, ms)


def play(world: Moved) -> Moved:
    """To its end."""
    world.run(NEVER - 1)
    return world


def test_every_row_is_printed_as_it_was_recorded() -> None:
    world = play(taped(*SWEEP))
    assert printed(world) == recorded(SWEEP)
    assert [at_ns for at_ns, *_ in world.prints()] == [
        one.at_ns + extra for one, extra in zip(SWEEP, (0, 0, 0, 0, 0, 1, 2, 0), strict=True)
    ]
    assert world.driver.due_ns == NEVER
    check(world)


def test_rows_are_printed_when_they_are_due_and_not_before() -> None:
    world = taped(*SWEEP)
    assert world.driver.due_ns == SWEEP[0].at_ns
    world.run(START_NS + 2 * SECOND_NS)
    assert len(world.prints()) == 2
    assert world.driver.due_ns == SWEEP[2].at_ns
    world.run(START_NS + 8 * SECOND_NS)
    assert len(world.prints()) == 4


def test_quotes_follow_the_tape() -> None:
    world = taped(*SWEEP)
    for one in SWEEP:
        world.run(one.at_ns)
        book = world.market().book
        bid, ask = book.bids.best_ticks, book.asks.best_ticks
        assert bid is not None
        assert ask is not None
        last = world.prints()[-1]
        assert last[1] == (bid if last[3] is SELL else ask)
        assert 0 < ask - bid <= ask // 1_000 + 2
        assert len(list(book.bids.levels())) == 10
        check(world)


@pytest.mark.parametrize(
    ("side", "at", "status"),
    [
        (BUY, "8499.9", OrderStatus.FILLED),
        (BUY, "8490.0", OrderStatus.FILLED),
        (BUY, "8470.0", OrderStatus.OPEN),
        (SELL, "8500.5", OrderStatus.FILLED),
        (SELL, "8530.0", OrderStatus.OPEN),
    ],
)
def test_an_order_fills_when_the_tape_trades_through_it_and_the_tape_goes_on_as_before(
    side: Side, at: str, status: OrderStatus
) -> None:
    world = taped(*SWEEP)
    world.run(START_NS + SECOND_NS)
    order = world.order("ann", side, "0.4", at, at_ns=START_NS + SECOND_NS)
    play(world)
    assert order.status is status
    assert order.exact == order.price_ticks * order.filled_lots
    mine = [trade for trade in printed(world) if trade not in recorded(SWEEP)]
    assert [trade for trade in printed(world) if trade in recorded(SWEEP)] == recorded(SWEEP)
    assert sum(lots for _, lots, _ in mine) == order.filled_lots
    check(world)


def test_a_row_fills_no_more_of_an_order_than_it_is_large() -> None:
    world = taped(row(1, "8500.0", "1", SELL), row(2, "8400.0", "0.25", SELL), row(3, "8600.0", "1", BUY))
    world.run(START_NS + SECOND_NS)
    world.driver.set_liquidity("BTC/USD", Liquidity.NONE)
    world.run(START_NS + SECOND_NS)
    order = world.order("ann", BUY, "1", "8450.0", at_ns=START_NS + SECOND_NS)
    play(world)
    assert order.filled_lots == 25_000_000
    check(world)


def test_at_the_tapes_own_price_an_order_waits_for_what_was_quoted_before_it() -> None:
    world = taped(row(1, "8500.0", "1", SELL), *(row(2 + n, "8500.0", "1", SELL) for n in range(12)))
    world.run(START_NS + SECOND_NS)
    book = world.market().book
    ahead = next(iter(book.bids.levels())).qty_lots
    order = world.order("ann", BUY, "1", "8500.0", at_ns=START_NS + SECOND_NS)
    rows = 0
    while not order.filled_lots:
        rows += 1
        world.run(START_NS + (1 + rows) * SECOND_NS)
    assert 1 < rows <= ahead // 10**8
    check(world)


def test_a_market_order_meets_the_quotes_around_the_tape() -> None:
    world = taped(*SWEEP)
    world.run(START_NS + 2 * SECOND_NS)
    order = world.order("ann", BUY, "1", at_ns=START_NS + 2 * SECOND_NS)
    assert order.status is OrderStatus.FILLED
    assert order.exact // order.filled_lots < 86_000
    play(world)
    assert printed(world)[3:] == recorded(SWEEP)[2:]


@settings(max_examples=60)
@given(rows=ROWS, mine=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(Side), st.integers(-15, 15)), max_size=6))
def test_whatever_clients_do_the_tape_prints_what_was_recorded(
    rows: list[tuple[int, int, int, Side]], mine: list[tuple[int, Side, int]]
) -> None:
    recording, second = [], 0
    for gap, price, lots, side in rows:
        second += gap
        recording.append(row(second, f"{price / 10:.1f}", f"{lots / 10**8:.8f}", side))
    world = taped(*recording)
    for after, side, off in sorted(mine):
        world.run(START_NS + after * SECOND_NS)
        at_ns = max(START_NS + after * SECOND_NS, world.machine.state.now_ns)
        world.order("ann", side, "0.5", f"{(85_000 + off) / 10:.1f}", at_ns=at_ns)
        world.trades += world.machine.take_changes().trades
        check(world)
    play(world)
    left = printed(world)
    for one in recorded(tuple(recording)):
        assert one in left
        left = left[left.index(one) + 1 :]
    check(world)


@pytest.mark.parametrize("stops", [(), (1,), (2.0015, 9), (9,), (0, 1, 2, 3, 30, 61)])
def test_a_tape_that_was_stopped_goes_on_without_a_row_lost_or_doubled(stops: tuple[float, ...]) -> None:
    world = taped(*SWEEP)
    for stop in stops:
        world.run(START_NS + int(stop * SECOND_NS))
        world.driver = tape(*SWEEP, text=world.driver.text())
    play(world)
    assert printed(world) == recorded(SWEEP)


def test_a_tape_stopped_among_rows_of_one_time_goes_on_with_the_next() -> None:
    whole = play(taped(*SWEEP))
    for acts in range(len(SWEEP)):
        world = taped(*SWEEP)
        for _ in range(acts):
            world.driver.act(world.machine, NEVER - 1)
        world.driver = tape(*SWEEP, text=world.driver.text())
        play(world)
        assert world.trades == whole.trades
        assert world.machine.fingerprint() == whole.machine.fingerprint()


def test_how_it_is_looked_at_changes_nothing() -> None:
    slow = taped(*SWEEP)
    for second in range(62):
        slow.run(START_NS + second * SECOND_NS)
    fast = play(taped(*SWEEP))
    assert slow.trades == fast.trades
    assert slow.machine.state.live_orders == fast.machine.state.live_orders


def test_a_tape_can_begin_anywhere_and_be_rewound() -> None:
    begun = tape(*SWEEP, start_ns=START_NS + 5 * SECOND_NS)
    assert printed(play(Moved(begun))) == recorded(SWEEP[4:])
    begun.begin_again(START_NS)
    assert printed(play(Moved(begun))) == recorded(SWEEP)


@pytest.mark.parametrize("stops", [(), (0,), (3,), (5.5,), (2, 4, 6)])
def test_where_nobody_recorded_who_took_the_price_tells(stops: tuple[float, ...]) -> None:
    """Up was bought, down was sold, and the same price is by the same side again, whether or not it was stopped."""
    prices = ("8500.0", "8500.0", "8499.9", "8499.9", "8499.9", "8501.0", "8501.0")
    rows = tuple(row(second, price, "1", None) for second, price in enumerate(prices))
    world = taped(*rows)
    for stop in stops:
        world.run(START_NS + int(stop * SECOND_NS))
        world.driver = tape(*rows, text=world.driver.text())
    play(world)
    assert [side for _, _, side in printed(world)] == [BUY, BUY, SELL, SELL, SELL, BUY, BUY]


def test_a_price_of_one_step_can_be_played() -> None:
    world = play(taped(row(1, "0.1", "1"), row(2, "0.1", "2", SELL), row(3, "0.1", "3")))
    assert [lots for _, lots, _ in printed(world)] == [10**8, 2 * 10**8, 3 * 10**8]
    check(world)


def test_rows_that_fall_into_a_halt_are_lost() -> None:
    world = taped(*SWEEP)
    world.run(START_NS + SECOND_NS)
    world.machine.apply(SetStatus("BTC/USD", MarketStatus.CANCEL_ONLY), START_NS + SECOND_NS)
    world.run(START_NS + 8 * SECOND_NS)
    world.machine.apply(SetStatus("BTC/USD", MarketStatus.ONLINE), START_NS + 8 * SECOND_NS)
    play(world)
    assert printed(world) == [*recorded(SWEEP[:1]), *recorded(SWEEP[4:])]


def test_several_markets_play_together() -> None:
    rows = (row(1, "8500.0", "1"), row(2, "710.50", "3", SELL, "ETH/USD"), row(3, "8501.0", "1"))
    world = play(taped(*rows))
    assert len(world.prints()) == 2
    assert world.prints("ETH/USD")[0][1:] == (71_050, 3 * 10**8, SELL)
    assert sorted(world.driver.symbols) == ["BTC/USD", "ETH/USD"]
    assert not world.driver.set_price("BTC/USD", 1, START_NS)


def test_quotes_are_taken_away_at_the_worlds_time_however_fast_it_plays() -> None:
    world = taped(*SWEEP)
    world.run(START_NS + 3 * SECOND_NS)
    now_ns = world.machine.state.now_ns
    world.driver.set_liquidity("BTC/USD", Liquidity.NONE)
    world.driver.act(world.machine, NEVER - 1)
    assert world.machine.state.now_ns == now_ns
    assert not world.machine.state.live_orders
    play(world)
    assert not world.machine.state.live_orders
    assert printed(world) == recorded(SWEEP)
