"""A day of real trades in, and Kraken's own replies of that moment out.

Recorded on 2025-11-11 about 00:17 UTC: Trades, OHLC, Ticker, Depth and AssetPairs of XBT/USDT, from
nautechsystems/nautilus_trader at a95c804, crates/adapters/kraken/test_data. The files are looked for in the folder that
SEATRIAL_DATA names, else beside the repository in shared/data.
"""

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.candles import Candle
from seatrial.core.orders import OrderKind, Side, Trade
from tests.support.kraken_exchange import SECOND_NS, Exchange, units

DATA = Path(os.environ.get("SEATRIAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
FOLDER = DATA / "kraken-2025-11-10-XBTUSDT"
SYMBOL = "BTC/USDT"
PAIR = "XBTUSDT"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recorded data: set SEATRIAL_DATA to the folder that has kraken-2025-11-10-XBTUSDT"
)


def recorded(name: str) -> dict[str, Any]:
    """The result of one recorded reply."""
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))["result"]
    return found


@pytest.fixture
def page() -> dict[str, Any]:
    """The recorded page of trades."""
    return recorded("trades.json")


@pytest.fixture
def exchange(page: dict[str, Any]) -> Exchange:
    """A world that those trades happened in, up to the second of the replies."""
    exchange = Exchange()
    state = exchange.machine.state
    market = state.markets[SYMBOL]
    at_ns = 0
    for number, (price, volume, seconds, side, kind, _, trade_id) in enumerate(page[PAIR], 1):
        is_last = number == len(page[PAIR])
        at_ns = int(page["last"]) if is_last else max(int(Fraction(seconds) * SECOND_NS), at_ns + 1)
        trade = Trade(
            SYMBOL,
            trade_id,
            units(price, market.market.price_scale),
            units(volume, market.market.lot_scale),
            at_ns,
            Side.BUY if side == "b" else Side.SELL,
            OrderKind.MARKET if kind == "m" else OrderKind.LIMIT,
        )
        market.tally.add(trade)
        state.changes.trades.append(trade)
    state.changes.candles[SYMBOL] = market
    exchange.clock.now_ns = recorded("ohlc-1.json")[PAIR][-1][0] * SECOND_NS
    exchange.commit()
    return exchange


def test_the_page_of_trades_is_the_recorded_one(exchange: Exchange, page: dict[str, Any]) -> None:
    assert exchange.public_result("Trades", pair="XBT/USDT") == page


def test_every_candle_since_the_first_whole_minute_is_the_recorded_one(
    exchange: Exchange, page: dict[str, Any]
) -> None:
    """273 minutes with trades and 141 without, the volume-weighted price included."""
    first_whole_s = int(page[PAIR][0][2]) // 60 * 60 + 60
    reply = recorded("ohlc-1.json")
    answer = exchange.public_result("OHLC", pair="XBT/USDT")
    expected = [row for row in reply[PAIR] if row[0] >= first_whole_s]
    assert [row for row in answer[PAIR] if row[0] >= first_whole_s] == expected
    assert answer["last"] == reply["last"]
    assert len(expected) == 414


def test_a_full_reply_has_720_candles(exchange: Exchange) -> None:
    """The recorded reply has one more at its beginning: the number of venue-pages#time-and-sales outranks it."""
    market = exchange.machine.state.markets[SYMBOL]
    reply = recorded("ohlc-1.json")[PAIR]
    market.candles.minutes.appendleft(Candle(reply[0][0] - 3_600, 1, 1, 1, 1, 1, 1, 1))
    answer = exchange.public_result("OHLC", pair="XBT/USDT")[PAIR]
    assert len(answer) == 720
    assert [row[0] for row in answer] == [row[0] for row in reply[1:]]


def test_the_ticker_of_today_is_the_recorded_one(exchange: Exchange) -> None:
    """The recorded trades do not reach back 24 hours, so only today's half can be compared."""
    reply, answer = recorded("ticker.json")[PAIR], exchange.public_result("Ticker", pair="XBTUSDT")[PAIR]
    assert list(answer) == list(reply)
    assert (answer["c"], answer["o"]) == (reply["c"], reply["o"])
    assert {key: answer[key][0] for key in "vptlh"} == {key: reply[key][0] for key in "vptlh"}


def test_best_prices_are_written_as_the_recorded_ones(exchange: Exchange) -> None:
    """0.136 on offer and 0.002 wanted show as one whole lot each; Depth has three decimals of them."""
    maker, _ = exchange.two_rich_traders(SYMBOL)
    book = recorded("depth.json")[PAIR]
    for side, levels in (("sell", book["asks"]), ("buy", book["bids"])):
        for price, volume, at_s in levels:
            exchange.clock.now_ns = exchange.machine.state.now_ns = at_s * SECOND_NS
            maker.place(side, volume, price[:-4], pair=SYMBOL)
    reply = recorded("ticker.json")[PAIR]
    answer = exchange.public_result("Ticker", pair="XBTUSDT")[PAIR]
    assert (answer["a"], answer["b"]) == (reply["a"], reply["b"])
    assert exchange.public_result("Depth", pair="XBTUSDT", count=5)[PAIR] == book


def test_the_pair_is_described_as_recorded_but_for_what_changed_since(exchange: Exchange) -> None:
    """Fees, minimums, leverage and position limits are of another year; the execution venue is a field of 2026."""
    reply, answer = recorded("assetpairs.json")[PAIR], exchange.public_result("AssetPairs", pair="XBTUSDT")[PAIR]
    assert [key for key in answer if key != "execution_venue"] == list(reply)
    assert {key: type(value) for key, value in answer.items() if key in reply} == {
        key: type(value) for key, value in reply.items()
    }
    names = ("altname", "wsname", "base", "quote", "cost_decimals", "pair_decimals", "lot_decimals", "tick_size")
    assert {name: answer[name] for name in names} == {name: reply[name] for name in names}
