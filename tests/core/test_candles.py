"""Candles, day statistics and quotes: what they say equals what the trades themselves say."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from seatrial.core.candles import DAY_NS, KEPT, MINUTES, SECOND_NS, Candle, Stats, Tally
from seatrial.core.market_state import KEPT_QUOTES
from seatrial.core.money import MAX_UNITS
from seatrial.core.orders import OrderKind, Side, Trade
from tests.support.trading_floor import NO_FEES, Floor

MINUTE_NS = 60 * SECOND_NS
GAPS = st.one_of(
    st.integers(1, SECOND_NS),
    st.integers(1, MINUTE_NS),
    st.integers(1, 90 * MINUTE_NS),
    st.integers(1, 3 * DAY_NS),
    st.just(DAY_NS),
)
STEPS = st.lists(st.tuples(GAPS, st.integers(1, 9), st.integers(1, 50)), min_size=1, max_size=60)


def trades_of(steps: Iterable[tuple[int, int, int]]) -> list[Trade]:
    """Trades one after another: how long after the last one, price, lots."""
    trades: list[Trade] = []
    at_ns = 1_790_812_800 * SECOND_NS
    for gap_ns, price, lots in steps:
        at_ns += gap_ns
        trades.append(Trade("BTC/USD", len(trades) + 1, price, lots, at_ns, Side.BUY, OrderKind.LIMIT))
    return trades


def brute_force(trades: list[Trade], minutes: int) -> list[Candle]:
    """Candles from the plain list of trades."""
    groups: dict[int, list[Trade]] = {}
    for trade in trades:
        start_s = trade.at_ns // (minutes * MINUTE_NS) * minutes * 60
        groups.setdefault(start_s, []).append(trade)
    return [_candle(start_s, group) for start_s, group in groups.items()]


def _candle(start_s: int, trades: list[Trade]) -> Candle:
    prices = [trade.price_ticks for trade in trades]
    lots = sum(trade.qty_lots for trade in trades)
    exact = sum(trade.price_ticks * trade.qty_lots for trade in trades)
    return Candle(start_s, prices[0], max(prices), min(prices), prices[-1], lots, exact, len(trades))


def tallied(trades: Iterable[Trade]) -> Tally:
    """All of them counted, nobody looking meanwhile."""
    tally = Tally()
    for trade in trades:
        tally.add(trade)
    return tally


@given(STEPS, st.randoms())
def test_candles_of_all_lengths_equal_their_trades(steps: list[tuple[int, int, int]], looks: Random) -> None:
    """Whoever looked at them, and when."""
    tally, trades = Tally(), trades_of(steps)
    for trade in trades:
        tally.add(trade)
        if looks.random() < 0.5:
            tally.candles.of(looks.choice(MINUTES))
    for minutes in MINUTES:
        assert tally.candles.of(minutes) == brute_force(trades, minutes)


def test_asking_for_candles_changes_none() -> None:
    tally = tallied(trades_of([(MINUTE_NS, 5, 1)] * 7))
    for minutes in MINUTES:
        assert tally.candles.of(minutes) == tally.candles.of(minutes)
    assert [candle.count for candle in tally.candles.of(1440)] == [7]


def test_the_newest_candles_are_kept() -> None:
    trades = trades_of([(MINUTE_NS, 5, 1)] * (KEPT + 50))
    assert tallied(trades).candles.of(1)[-KEPT:] == brute_force(trades, 1)[-KEPT:]


def test_an_interval_without_trades_has_no_candle() -> None:
    tally = tallied(trades_of([(MINUTE_NS, 5, 1), (10 * MINUTE_NS, 6, 1)]))
    starts = [candle.start_s for candle in tally.candles.of(1)]
    assert starts[1] - starts[0] == 600


@given(STEPS, st.integers(0, 3 * DAY_NS), st.randoms())
def test_the_day_before_the_last_trade_equals_its_trades(
    steps: list[tuple[int, int, int]], later_ns: int, looks: Random
) -> None:
    tally, seen = Tally(), []
    for trade in trades_of(steps):
        tally.add(trade)
        seen.append(trade)
        if looks.random() < 0.5:
            continue
        assert tally.stats.day() == _stats(_of_window(seen))
        assert tally.stats.today(trade.at_ns) == _stats([o for o in seen if o.at_ns // DAY_NS == trade.at_ns // DAY_NS])
    asked_ns = seen[-1].at_ns + later_ns
    last = seen[-1].price_ticks
    todays = [trade for trade in seen if trade.at_ns // DAY_NS == asked_ns // DAY_NS]
    assert tally.stats.today(asked_ns) == (_stats(todays) if todays else Stats(last, last, last))
    assert tally.stats.day() == _stats(_of_window(seen))


def test_the_day_begins_with_a_whole_second() -> None:
    """A trade counts to the end of the second in which it is a day old."""
    first, day_later, second_later = trades_of(
        [(SECOND_NS // 2, 5, 1), (DAY_NS + SECOND_NS // 4, 6, 1), (SECOND_NS, 7, 1)]
    )
    tally = tallied([first, day_later])
    assert tally.stats.day() == _stats([first, day_later])
    tally.add(second_later)
    assert tally.stats.day() == _stats([day_later, second_later])


def test_what_is_kept_of_a_day_is_bounded() -> None:
    """However many trades there are in a second, and however large they are."""
    trades = trades_of([(SECOND_NS // 1_000, price, 1) for price in range(1, 5_000)])
    huge = [replace(trade, price_ticks=MAX_UNITS, qty_lots=MAX_UNITS) for trade in trades]
    tally = tallied(huge)
    assert tally.stats.day() == _stats(huge)
    assert len(tally.stats._rows) <= 6 * 72


@given(STEPS, STEPS)
def test_statistics_taken_over_go_on_like_those_that_were_there(
    before: list[tuple[int, int, int]], after: list[tuple[int, int, int]]
) -> None:
    trades = trades_of([*before, *after])
    seen, lived, restored = trades[: len(before)], Tally(), Tally()
    for trade in seen:
        lived.add(trade)
    restored.stats.restore(_points(_of_window(seen)), seen[-1])
    assert _shown(restored, seen[-1]) == _shown(lived, seen[-1])
    for trade in trades[len(before) :]:
        lived.add(trade)
        restored.add(trade)
        assert _shown(restored, trade) == _shown(lived, trade)


def _shown(tally: Tally, last: Trade) -> tuple[Stats, Stats, bool]:
    return tally.stats.day(), tally.stats.today(last.at_ns), tally.last == last


def _of_window(seen: list[Trade]) -> list[Trade]:
    oldest_ns = seen[-1].at_ns // SECOND_NS * SECOND_NS - DAY_NS
    return [trade for trade in seen if trade.at_ns >= oldest_ns]


def _points(trades: list[Trade]) -> list[tuple[int, int, int]]:
    return [(trade.at_ns, trade.price_ticks, trade.qty_lots) for trade in trades]


def _stats(trades: list[Trade]) -> Stats:
    prices = [trade.price_ticks for trade in trades]
    exact = sum(trade.price_ticks * trade.qty_lots for trade in trades)
    return Stats(
        prices[0], max(prices), min(prices), sum(trade.qty_lots for trade in trades), exact, len(trades)
    )  # fmt: skip


def test_a_market_without_trades_has_no_statistics() -> None:
    tally = Tally()
    assert tally.stats.day() == tally.stats.today(DAY_NS) == Stats()
    assert tally.candles.of(1) == tally.candles.of(60) == []


def quotes(floor: Floor) -> list[tuple[int, int, int]]:
    """All remembered changes of the best prices."""
    return [(quote.number, quote.bid_ticks, quote.ask_ticks) for quote in floor.machine.state.markets["BTC/USD"].quotes]


def test_a_quote_is_noted_when_the_best_prices_change() -> None:
    floor = Floor(fees=NO_FEES)
    floor.draw("""
        ask 102 1 ann
        ask 101 1 ann
        bid 99 1 ann
        bid 98 1 ann""")
    assert quotes(floor) == [(1, 990, 1_010)]
    floor.place(floor.order("bob", Side.BUY, "1"))
    floor.cancel("ann", ids=(3,))
    assert quotes(floor) == [(1, 990, 1_010), (2, 990, 1_020), (3, 980, 1_020)]


def test_no_quote_is_noted_while_a_side_is_empty() -> None:
    floor = Floor(fees=NO_FEES)
    floor.draw("ask 101 1 ann")
    assert quotes(floor) == []


def test_only_the_newest_quotes_are_remembered() -> None:
    floor = Floor(fees=NO_FEES)
    floor.draw("bid 1 1 ann")
    for price in range(1_000, 900, -1):
        floor.place(floor.order("ann", Side.SELL, "1", at=str(price)))
    for _ in range(150):
        floor.place(floor.order("bob", Side.BUY, "1", at="1000"))
        floor.place(floor.order("ann", Side.SELL, "1", at="500"))
    noted = quotes(floor)
    assert len(noted) == KEPT_QUOTES
    assert noted[-1][0] > KEPT_QUOTES
