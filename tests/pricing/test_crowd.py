"""The crowd: believable, the same however it is looked at, and quick over any stretch of time."""

from collections import Counter
from copy import deepcopy
from functools import cache
from itertools import pairwise
from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seatrial.core.commands import Command, OpenAccount, SetStatus, SetSystemStatus
from seatrial.core.machine import Outcome
from seatrial.core.markets import MarketStatus, SystemStatus
from seatrial.core.money import format_units
from seatrial.core.orders import OrderKind, OrderStatus, Side
from seatrial.core.rejects import Reject
from seatrial.pricing.crowd import Crowd, Mode
from seatrial.pricing.driver import NEVER
from seatrial.pricing.ladder import MILLITICKS, PPM, Liquidity
from seatrial.store.store import open_store
from tests.support.auditor import check_book, check_holds
from tests.support.moved_world import Moved, crowd, crowded
from tests.support.trading_floor import SECOND_NS, START_NS, catalogue

MINUTE_NS = 60 * SECOND_NS
DAY_NS = 1_440 * MINUTE_NS


WEEK = 7


@cache
def _lived(mode: Mode, days: int) -> tuple[Moved, int, list[Outcome]]:
    """A world after so much time at once, in how many steps, and what came of each."""
    world = crowded(mode)
    outcomes, apply = list[Outcome](), world.machine.apply

    def noted(command: Command, at_ns: int) -> Outcome:
        outcomes.append(apply(command, at_ns))
        return outcomes[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.machine, "apply", noted)
        steps = world.run(START_NS + days * DAY_NS)
    return world, steps, outcomes


def after_a_week() -> Moved:
    """A calm world of that age, for one test alone."""
    return deepcopy(_lived(Mode.CALM, WEEK)[0])


def check(world: Moved) -> None:
    """What must hold at every moment."""
    world.machine.state.ledger.prove()
    check_holds(world.machine)
    for ms in world.machine.state.markets.values():
        check_book(world.machine, ms)


def test_it_begins_with_quotes_on_both_sides_and_a_price_in_every_market_of_the_catalogue() -> None:
    world = crowded()
    assert set(world.driver.symbols) == set(catalogue().markets)
    for symbol in catalogue().markets:
        ms = world.market(symbol)
        assert ms.stats.last is not None
        assert ms.book.bids.best_ticks is not None
        assert ms.book.asks.best_ticks is not None
        assert ms.book.bids.best_ticks <= ms.stats.last.price_ticks <= ms.book.asks.best_ticks
    check(world)


def test_the_spread_is_narrow_and_the_book_is_deep() -> None:
    world = crowded()
    ms = world.market()
    bid, ask = ms.book.bids.best_ticks, ms.book.asks.best_ticks
    assert bid is not None
    assert ask is not None
    assert (ask - bid) / ask < 0.0001
    worth = [
        sum(level.qty_lots * level.price_ticks for level in side.levels()) / 10**9
        for side in (ms.book.bids, ms.book.asks)
    ]
    assert all(300_000 < dollars < 3_000_000 for dollars in worth)


@pytest.mark.parametrize("side", list(Side))
def test_a_market_order_of_ordinary_size_fills_at_once(side: Side) -> None:
    world = crowded()
    order = world.order("ann", side, "1", at_ns=START_NS)
    assert order.status is OrderStatus.FILLED
    assert order.exact / 10**9 == pytest.approx(105_000, rel=0.001)
    check(world)


@pytest.mark.parametrize("minutes", [0, 10, WEEK * 1_440])
def test_five_hundred_dollars_worth_is_bought_and_sold_at_once_everywhere(minutes: int) -> None:
    """At the start, later on, and after much time at once."""
    at_ns = START_NS + minutes * MINUTE_NS
    world = after_a_week() if minutes == WEEK * 1_440 else crowded()
    world.run(at_ns)
    assert isinstance(world.driver, Crowd)
    worth = world.driver.values
    for symbol, market in catalogue().markets.items():
        lots, middle_mt = worth.lots(market, 500, at_ns), worth.middle_mt(market, at_ns)
        for side in Side:
            order = world.order("ann", side, format_units(lots, market.lot_scale), symbol=symbol, at_ns=at_ns)
            assert order.status is OrderStatus.FILLED, (symbol, side)
            paid_mt = order.exact * MILLITICKS // lots
            assert abs(paid_mt - middle_mt) < middle_mt // 200 + 2 * MILLITICKS, (symbol, side)
    check(world)


def test_people_trade_in_every_market_and_less_where_little_goes_on() -> None:
    world = crowded()
    for quarters in range(1, 9):
        world.run(START_NS + quarters * 15 * MINUTE_NS)
    prints = Counter(trade.market for trade in world.trades)
    assert all(prints[symbol] > 1 for symbol in catalogue().markets)
    assert prints["BTC/USD"] > 3 * prints["XTZ/EUR"]


def test_people_come_and_go_at_irregular_times() -> None:
    """Gaps as those of independent people, in which the deviation is about the mean, or more uneven."""
    world = crowded(Mode.BUSY)
    for seconds in range(20, 601, 20):
        world.run(START_NS + seconds * SECOND_NS)
    times = [at_ns for at_ns, *_ in world.prints()]
    gaps = [(later - earlier) / SECOND_NS for earlier, later in pairwise(times) if later - earlier > 1_000]
    assert 200 < len(gaps) < 1_200
    assert 0.5 < pstdev(gaps) / fmean(gaps) < 3
    kinds = {trade.taker_kind for trade in world.trades}
    assert kinds == set(OrderKind)
    sides = [side for *_, side in world.prints()]
    assert 0.35 < sides.count(Side.BUY) / len(sides) < 0.65
    sizes = sorted(lots for _, _, lots, _ in world.prints())
    assert sizes[-1] > 20 * sizes[len(sizes) // 2] > 0
    check(world)


def test_busy_is_busier_than_calm() -> None:
    trades = []
    for mode in (Mode.CALM, Mode.BUSY):
        world = crowded(mode)
        for seconds in range(5, 65, 5):
            world.run(START_NS + seconds * SECOND_NS)
        trades.append(len(world.trades))
    assert 3 * trades[0] < trades[1]


def test_the_same_seed_and_the_same_moments_lead_to_the_same_world() -> None:
    prints = []
    for seed in (1, 1, 2):
        world = crowded(Mode.CALM, seed)
        world.run(START_NS + 3 * MINUTE_NS)
        world.run(START_NS + 120 * MINUTE_NS)
        prints.append((world.prints(), world.machine.fingerprint()))
    assert prints[0] == prints[1]
    assert prints[0][0] != prints[2][0]


@settings(max_examples=6)
@given(looks=st.lists(st.integers(1, 100), max_size=12))
def test_how_often_somebody_looks_changes_nothing(looks: list[int]) -> None:
    """Within what is caught up with in short beats."""
    seen, unseen = crowded(), crowded()
    for second in sorted(looks):
        seen.run(START_NS + second * SECOND_NS)
    for world in (seen, unseen):
        world.run(START_NS + 100 * SECOND_NS)
    assert seen.prints() == unseen.prints()
    assert seen.machine.state.live_orders == unseen.machine.state.live_orders


@pytest.mark.parametrize(
    ("mode", "days", "maximum"), [(Mode.CALM, WEEK, 25_000), (Mode.BUSY, 1, 16_500), (Mode.CALM, 10_000, 55_000)]
)
def test_much_time_at_once_takes_a_bounded_number_of_steps(mode: Mode, days: int, maximum: int) -> None:
    """And none is refused, not even trades that stand for a year, of coins that are worth next to nothing."""
    world, steps, outcomes = _lived(mode, days)
    assert steps < maximum
    assert len(outcomes) > maximum // 2
    assert not {outcome for outcome in outcomes if isinstance(outcome, Reject)}
    last = world.market().stats.last
    assert last is not None
    assert last.at_ns > START_NS + days * DAY_NS - 10 * MINUTE_NS


def test_after_a_week_at_once_every_hour_has_a_candle_and_the_market_stands() -> None:
    world = after_a_week()
    ms = world.market()
    hours = {candle.start_s for candle in ms.candles.of(60)}
    assert len(hours) >= 7 * 24
    assert sum(candle.volume_lots for candle in ms.candles.of(60)) > 500 * 10**8
    bodies = [candle for candle in ms.candles.of(60) if candle.open_ticks != candle.close_ticks]
    assert len(bodies) > 0.9 * len(hours), "candles are no dashes"
    check(world)
    assert world.order("ann", Side.BUY, "1", at_ns=START_NS + 7 * DAY_NS).status is OrderStatus.FILLED


def test_a_clients_order_is_filled_when_the_market_goes_through_it() -> None:
    world = crowded()
    driver = crowd()
    prices = [driver.values.usd("BTC", START_NS + hours * 60 * MINUTE_NS) for hours in range(72)]
    falls = min(prices) < 0.995 * prices[0]
    limit = f"{105_000 * (0.998 if falls else 1.002):.1f}"
    order = world.order("ann", Side.BUY if falls else Side.SELL, "0.01", limit, at_ns=START_NS)
    assert order.is_live
    world.run(START_NS + 3 * DAY_NS)
    assert order.status is OrderStatus.FILLED
    assert order.exact == order.price_ticks * order.filled_lots
    check(world)


@pytest.mark.parametrize("status", [MarketStatus.CANCEL_ONLY, MarketStatus.POST_ONLY, MarketStatus.REDUCE_ONLY])
def test_nobody_trades_in_a_halted_market(status: MarketStatus) -> None:
    world = crowded(Mode.BUSY)
    world.machine.apply(SetStatus("BTC/USD", status), START_NS)
    world.run(START_NS + MINUTE_NS)
    assert len(world.prints()) == 1
    assert len(world.prints("ETH/USD")) > 1
    world.machine.apply(SetStatus("BTC/USD", MarketStatus.ONLINE), START_NS + MINUTE_NS)
    world.run(START_NS + 2 * MINUTE_NS)
    assert len(world.prints()) > 1
    check(world)


def test_nobody_trades_anywhere_during_maintenance() -> None:
    world = crowded(Mode.BUSY)
    begun = len(world.trades)
    world.machine.apply(SetSystemStatus(SystemStatus.MAINTENANCE), START_NS)
    world.run(START_NS + DAY_NS)
    assert len(world.trades) == begun


def test_a_price_that_is_set_is_traded_at_once_and_stays() -> None:
    world = crowded()
    assert world.driver.set_price("BTC/USD", 500_000, START_NS)
    world.run(START_NS)
    ms = world.market()
    assert world.prints()[-1][1] == 500_000
    bid, ask = ms.book.bids.best_ticks, ms.book.asks.best_ticks
    assert bid is not None
    assert ask is not None
    assert 499_500 < bid < ask < 500_500
    in_euro = world.market("BTC/EUR").book.asks.best_ticks
    assert in_euro == pytest.approx(500_000 / 1.16, rel=0.001)
    in_yen = world.market("BTC/JPY").book.asks.best_ticks
    assert in_yen == pytest.approx(50_000 / 0.00649, rel=0.001)
    assert world.market("WBTC/BTC").book.asks.best_ticks == pytest.approx(99_920, rel=0.001)
    world.run(START_NS + 10 * MINUTE_NS)
    assert world.prints()[-1][1] == pytest.approx(500_000, rel=0.01)
    check(world)


def test_depth_and_activity_are_tuned_per_pair() -> None:
    driver = crowd(Mode.BUSY)
    world = Moved(driver)
    world.run(START_NS)
    before = sum(level.qty_lots for level in world.market().book.asks.levels())
    driver.tune("BTC/USD", replace(driver.tuning("BTC/USD"), depth_ppm=3 * PPM, activity_ppm=0))
    world.run(START_NS)
    after = sum(level.qty_lots for level in world.market().book.asks.levels())
    assert 2 * before < after < 4.5 * before
    for until_ns in (START_NS + MINUTE_NS, START_NS + DAY_NS):
        world.run(until_ns)
        assert len(world.prints()) == 1, "no takers, in short beats or in long ones"
        assert len(world.prints("ETH/USD")) > 1


@pytest.mark.parametrize(
    ("liquidity", "bids", "asks"),
    [(Liquidity.NONE, False, False), (Liquidity.BIDS, True, False), (Liquidity.ASKS, False, True)],
)
def test_quotes_can_be_taken_away_and_stay_away(liquidity: Liquidity, *, bids: bool, asks: bool) -> None:
    world = crowded()
    world.driver.set_liquidity("BTC/USD", liquidity)
    for until_ns in (START_NS, START_NS + MINUTE_NS, START_NS + DAY_NS):
        world.run(until_ns)
        book = world.market().book
        assert (book.bids.best_ticks is not None, book.asks.best_ticks is not None) == (bids, asks)
    assert world.driver.liquidity("BTC/USD") is liquidity
    world.driver.set_liquidity("BTC/USD", Liquidity.BOTH)
    world.run(START_NS + DAY_NS)
    assert world.market().book.bids.best_ticks is not None
    check(world)


def test_without_a_crowd_nothing_ever_falls_due() -> None:
    driver = crowd(Mode.OFF)
    assert driver.due_ns == NEVER
    assert driver.text() == ""


def test_what_it_remembers_lets_another_go_on_in_its_place() -> None:
    """A restart in between changes nothing, in short beats and in long ones."""
    whole, halves = crowded(), crowded()
    for world in (whole, halves):
        world.driver.set_price("ETH/USD", 250_000, START_NS)
        world.run(START_NS + 30 * SECOND_NS)
    successor = crowd()
    successor.restore(halves.driver.text())
    halves.driver = successor
    for until_ns in (START_NS + 50 * SECOND_NS, START_NS + 2 * DAY_NS):
        for world in (whole, halves):
            world.run(until_ns)
    assert whole.trades == halves.trades
    assert whole.machine.fingerprint() == halves.machine.fingerprint()
    assert whole.driver.text() == halves.driver.text()


def test_beginning_again_forgets_what_was_tuned_but_not_how_much_goes_on() -> None:
    driver = crowd(Mode.BUSY)
    Moved(driver).run(START_NS)
    driver.set_liquidity("BTC/USD", Liquidity.NONE)
    driver.begin_again(START_NS - DAY_NS)
    again = Moved(driver)
    again.run(START_NS - DAY_NS)
    fresh = Moved(crowd(Mode.BUSY))
    fresh.run(START_NS - DAY_NS)
    assert again.prints() == fresh.prints()
    assert driver.text() == fresh.driver.text()


def test_a_name_that_is_taken_keeps_nobody_from_opening_a_house() -> None:
    world = Moved(crowd())
    taken = OpenAccount("house", "kraken", "", rate_limits=False, trading_wallet="spot", funding_wallet="spot")
    world.machine.apply(taken, START_NS)
    world.run(START_NS)
    house = world.machine.state.house
    assert house is not None
    assert house.account.name == "house'"


def test_quotes_leave_nothing_behind_in_the_store() -> None:
    """The database grows by trades and candles only, however often quotes move."""
    world, store = Moved(crowd(Mode.BUSY)), open_store(None)
    store.begin_world(1, START_NS, "ticking")
    sizes = []
    for seconds in range(0, 76, 25):
        driver, until_ns = world.driver, START_NS + seconds * SECOND_NS
        while driver.due_ns <= until_ns:
            for _ in range(50):
                driver.act(world.machine, until_ns)
            store.commit(store.batch(world.machine.take_changes(), world.machine.state, "ticking", driver.text()))
        with store.database.reading() as connection:
            tables = ("orders", "quotes", "fills", "postings", "purses", "world_notes")
            counting = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables)
            sizes.append(connection.exec_driver_sql(counting).scalars().all())
            live = connection.exec_driver_sql("SELECT order_id FROM orders ORDER BY order_id").scalars().all()
        assert live == sorted(world.machine.state.live_orders)
    assert all(orders <= len(world.driver.symbols) * 20 for orders, *_ in sizes)
    assert all(quotes <= 200 * len(world.driver.symbols) for _, quotes, *_ in sizes)
    assert sizes[0][2:] == sizes[-1][2:]
    assert world.machine.state.counters.house_order_id > 5_000
    store.close()


def test_where_there_are_other_markets_than_before_nothing_of_the_past_is_due() -> None:
    world = crowded()
    before, noted = world.driver, world.driver.text()
    later_ns = before.due_ns + SECOND_NS
    same, other = crowd(), crowd()
    same.restore(noted)
    other.restore(noted.replace(f'"markets":{len(same.symbols)}', '"markets":1'))
    for driver in (same, other):
        driver.go_on_from(later_ns)
    assert same.due_ns == before.due_ns
    assert other.due_ns > later_ns
