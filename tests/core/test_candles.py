"""Candles, day statistics and quotes: what they say equals what the trades themselves say."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.candles import DAY_NS, KEPT, MINUTES, SECOND_NS, Candle, Candles, DayStats, Stats
from seatrial.core.orders import OrderKind, Side, Trade
from seatrial.core.state import KEPT_QUOTES
from trading_floor import NO_FEES, Floor

MINUTE_NS = 60 * SECOND_NS
GAPS = st.one_of(st.integers(1, MINUTE_NS), st.integers(1, 90 * MINUTE_NS), st.integers(1, 3 * DAY_NS), st.just(DAY_NS))
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


@given(STEPS)
def test_candles_of_all_lengths_equal_their_trades(steps: list[tuple[int, int, int]]) -> None:
    candles = Candles()
    trades = trades_of(steps)
    for trade in trades:
        candles.add(trade)
    for minutes in MINUTES:
        assert candles.of(minutes) == brute_force(trades, minutes)


def test_asking_for_candles_changes_none() -> None:
    candles = Candles()
    for trade in trades_of([(MINUTE_NS, 5, 1)] * 7):
        candles.add(trade)
    for minutes in MINUTES:
        assert candles.of(minutes) == candles.of(minutes)
    assert [candle.count for candle in candles.of(1440)] == [7]


def test_the_newest_candles_are_kept() -> None:
    candles = Candles()
    trades = trades_of([(MINUTE_NS, 5, 1)] * (KEPT + 50))
    for trade in trades:
        candles.add(trade)
    assert candles.of(1)[-KEPT:] == brute_force(trades, 1)[-KEPT:]


def test_an_interval_without_trades_has_no_candle() -> None:
    candles = Candles()
    for trade in trades_of([(MINUTE_NS, 5, 1), (10 * MINUTE_NS, 6, 1)]):
        candles.add(trade)
    starts = [candle.start_s for candle in candles.of(1)]
    assert starts[1] - starts[0] == 600


@given(STEPS, st.integers(0, 3 * DAY_NS))
def test_the_day_before_the_last_trade_equals_its_trades(steps: list[tuple[int, int, int]], later_ns: int) -> None:
    stats, seen = DayStats(), []
    for trade in trades_of(steps):
        stats.add(trade)
        seen.append(trade)
        assert stats.day() == _stats([old for old in seen if old.at_ns >= trade.at_ns - DAY_NS])
        assert list(stats.window()) == _points([old for old in seen if old.at_ns >= trade.at_ns - DAY_NS])
        assert stats.today(trade.at_ns) == _stats([o for o in seen if o.at_ns // DAY_NS == trade.at_ns // DAY_NS])
    asked_ns = seen[-1].at_ns + later_ns
    last = seen[-1].price_ticks
    todays = [trade for trade in seen if trade.at_ns // DAY_NS == asked_ns // DAY_NS]
    assert stats.today(asked_ns) == (_stats(todays) if todays else Stats(last, last, last))


@given(STEPS, STEPS)
def test_statistics_taken_over_go_on_like_those_that_were_there(
    before: list[tuple[int, int, int]], after: list[tuple[int, int, int]]
) -> None:
    lived, seen, trades = DayStats(), [], trades_of([*before, *after])
    for trade in trades[: len(before)]:
        lived.add(trade)
        seen.append(trade)
    restored = DayStats()
    restored.restore(_points([old for old in seen if old.at_ns >= seen[-1].at_ns - DAY_NS]), seen[-1])
    assert _shown(restored, seen[-1]) == _shown(lived, seen[-1])
    for trade in trades[len(before) :]:
        lived.add(trade)
        restored.add(trade)
        assert _shown(restored, trade) == _shown(lived, trade)


def _shown(stats: DayStats, last: Trade) -> tuple[Stats, Stats, bool]:
    return stats.day(), stats.today(last.at_ns), stats.last == last


def _points(trades: list[Trade]) -> list[tuple[int, int, int]]:
    return [(trade.at_ns, trade.price_ticks, trade.qty_lots) for trade in trades]


def _stats(trades: list[Trade]) -> Stats:
    prices = [trade.price_ticks for trade in trades]
    exact = sum(trade.price_ticks * trade.qty_lots for trade in trades)
    return Stats(
        prices[0], max(prices), min(prices), sum(trade.qty_lots for trade in trades), exact, len(trades)
    )  # fmt: skip


def test_a_market_without_trades_has_no_statistics() -> None:
    stats = DayStats()
    assert stats.day() == stats.today(DAY_NS) == Stats()
    assert Candles().of(1) == Candles().of(60) == []


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
