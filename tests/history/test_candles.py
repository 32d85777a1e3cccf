"""Candles are a pure function of the trades, exact to the last digit.

Source: market-data#candle-values, market-data#alignment, market-data#empty-intervals and market-data#building-candles.
"""

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.history.archive import import_member, members
from seatrial.history.candles import Candles, Wanted
from seatrial.history.intervals import read_interval
from seatrial.history.manifest import Pair
from seatrial.history.store import TradeStore
from tests.support.stored_trades import Run
from tests.support.tick_model import Candle, Trade, naive_candles, naive_fill, read_csv
from tests.support.trades_venue import SECOND, START, TradesVenue, deals, iso

BASE = START // SECOND
STEPS_NS = st.sampled_from([0, 1_000, 10**9, 59 * 10**9, 600 * 10**9, 86_400 * 10**9])
PRICES = st.integers(1, 10**7).map(lambda units: Decimal(units) / 1000)
VOLUMES = st.integers(0, 10**12).map(lambda units: Decimal(units).scaleb(-8))


@st.composite
def markets(draw: st.DrawFn) -> list[Trade]:
    """A few trades, many of them at the same time."""
    at_ns, made = START + draw(st.integers(0, 86_400 * 10**6)) * 1000, []
    for step_ns, price, volume in draw(st.lists(st.tuples(STEPS_NS, PRICES, VOLUMES), min_size=1, max_size=40)):
        at_ns += step_ns
        made.append(Trade(at_ns, price, volume))
    return made


def archive(folder: Path, trades: list[Trade], name: str = "XBTUSD.csv") -> Path:
    """A file of them."""
    path = folder / name
    rows = (f"{t.at_ns // SECOND}.{t.at_ns % SECOND:09},{t.price:f},{t.volume:f}\n" for t in trades)
    path.write_text("".join(rows))
    return path


def trade(second: int, price: str, volume: str = "1") -> Trade:
    """So many seconds after the start."""
    return Trade(START + second * SECOND, Decimal(price), Decimal(volume))


@settings(max_examples=40)
@given(
    made=markets(),
    length_s=st.sampled_from([1, 60, 420, 3600, 86_400, 604_800]),
    decimals=st.integers(0, 8),
    fill=st.booleans(),
    window=st.tuples(st.integers(-3, 12), st.integers(1, 20)) | st.none(),
)
def test_they_equal_those_of_the_plain_model(
    made: list[Trade],
    length_s: int,
    decimals: int,
    fill: bool,
    window: tuple[int, int] | None,
) -> None:
    if length_s == 1:
        fill = False
    wanted = naive_candles(made, length_s, decimals)
    wanted = naive_fill(wanted, length_s) if fill else wanted
    first_ns, end_ns = 0, None
    if window is not None:
        first_ns = made[0].at_ns + window[0] * length_s * SECOND
        end_ns = first_ns + window[1] * length_s * SECOND
        wanted = [candle for candle in wanted if first_ns <= candle.time * SECOND < end_ns]
    with tempfile.TemporaryDirectory() as name:
        store = TradeStore(Path(name) / "store")
        pair = Pair("XBTUSD", (), 1)
        import_member(store, pair, members(archive(Path(name), made))[0])
        stored = store.find("XBTUSD")
        assert stored is not None
        asked = Wanted(read_interval(f"{length_s}s"), first_ns, end_ns, fill, decimals)
        with Candles(store, stored, asked) as candles:
            assert [Candle(*row) for row in candles.stream(candles.select())] == wanted


def test_vwap_is_cut_off_and_never_rounded(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "1.0"), trade(1, "2.0"), trade(2, "2.0")]))
    [row] = read_csv(run("candles", "XBTUSD", "--interval", "1h", "--format", "csv").stdout)
    assert str(row.vwap) == "1.6"


def test_numbers_that_no_float_holds_are_divided_exactly(run: Run, tmp_path: Path) -> None:
    made = [trade(0, "99999999999.99999999", "3"), trade(1, "99999999999.99999999", "7.00000001")]
    run("history", "import", archive(tmp_path, made))
    [row] = read_csv(run("candles", "XBTUSD", "--interval", "1h", "--format", "csv", "--decimals", 8).stdout)
    assert (row.vwap, row.volume) == (Decimal("99999999999.99999999"), Decimal("10.00000001"))


def test_trades_of_no_volume_have_no_average(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "5.0", "0")]))
    [row] = read_csv(run("candles", "XBTUSD", "--interval", "1h", "--format", "csv").stdout)
    assert row == (BASE, *[Decimal("5.0")] * 4, 0, 0, 1)


def test_a_trade_on_the_boundary_opens_the_new_candle(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(59, "1.0"), trade(60, "2.0")]))
    rows = read_csv(run("candles", "XBTUSD", "--interval", "1m", "--format", "csv").stdout)
    assert [(row.time, row.open) for row in rows] == [(BASE, Decimal(1)), (BASE + 60, Decimal(2))]


def test_csv_has_the_columns_and_decimals_of_the_ohlc_method(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "8552.9"), trade(130, "8553")]))
    told = run("candles", "XBTUSD", "--interval", "1m", "--fill", "--format", "csv").stdout
    assert told.splitlines() == [
        "time,open,high,low,close,vwap,volume,count",
        f"{BASE},8552.9,8552.9,8552.9,8552.9,8552.9,1.00000000,1",
        f"{BASE + 60},8552.9,8552.9,8552.9,8552.9,0.0,0.00000000,0",
        f"{BASE + 120},8553.0,8553.0,8553.0,8553.0,8553.0,1.00000000,1",
    ]


def test_a_price_with_more_decimals_than_the_pair_has_now_is_shown_whole(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "122.12345")]))
    [row] = read_csv(run("candles", "XBTUSD", "--interval", "1m", "--format", "csv").stdout)
    assert (str(row.open), str(row.vwap)) == ("122.12345", "122.10000")


def test_all_forms_say_the_same(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "8552.9", "0.5"), trade(70, "8553"), trade(200, "1")]))
    words = ("candles", "XBTUSD", "--interval", "1m", "--fill", "--format")
    rows = read_csv(run(*words, "csv").stdout)
    objects = json.loads(run(*words, "json").stdout)
    assert [_from_json(row) for row in objects] == rows
    assert all(isinstance(o["open"], str) and isinstance(o["time"], int) for o in objects)
    path = tmp_path / "candles.parquet"
    run(*words, "parquet", "--out", path)
    assert [Candle(*row) for row in duckdb.read_parquet(str(path)).fetchall()] == rows
    path.write_bytes(run(*words, "parquet").stdout_bytes)
    assert [Candle(*row) for row in duckdb.read_parquet(str(path)).fetchall()] == rows
    table = run(*words, "table").stdout.splitlines()
    assert table[0].split() == ["time", "(UTC)", "open", "high", "low", "close", "vwap", "volume", "count"]
    assert table[1].split()[:3] == ["2019-06-01", "00:00", "8552.9"]
    assert len(table) == len(rows) + 1


def _from_json(row: dict[str, Any]) -> Candle:
    opened, high, low, close, vwap, volume = (Decimal(row[name]) for name in list(row)[1:7])
    return Candle(row["time"], opened, high, low, close, vwap, volume, row["count"])


def test_without_trades_there_is_the_header_and_a_note(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "8552.9")]))
    words = ("candles", "XBTUSD", "--interval", "1m", "--from", "2031-01-01", "--format")
    result = run(*words, "csv", "--fill")
    assert result.stdout == "time,open,high,low,close,vwap,volume,count\n"
    assert "no trades of that time are stored" in result.stderr
    assert json.loads(run(*words, "json").stdout) == []


def test_a_range_chooses_by_where_candles_begin_and_cuts_none(run: Run, tmp_path: Path) -> None:
    made = [trade(second, str(second + 1)) for second in range(0, 600, 10)]
    run("history", "import", archive(tmp_path, made))
    words = ("candles", "XBTUSD", "--interval", "1m", "--format", "csv")
    first, end = iso(START + 61 * SECOND), iso(START + 241 * SECOND)
    rows = read_csv(run(*words, "--from", first, "--to", end).stdout)
    assert [(row.time - BASE, row.trades) for row in rows] == [(120, 6), (180, 6), (240, 6)]


def test_filling_begins_with_the_close_before_the_range(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "7.0"), trade(5, "8.0"), trade(400, "9.0")]))
    words = ("candles", "XBTUSD", "--interval", "1m", "--format", "csv", "--fill")
    rows = read_csv(run(*words, "--from", iso(START + 120 * SECOND), "--to", iso(START + 300 * SECOND)).stdout)
    assert [row.time - BASE for row in rows] == [120, 180, 240]
    assert {(str(row.open), str(row.close), row.trades) for row in rows} == {("8.0", "8.0", 0)}


def test_what_is_known_to_be_empty_at_the_end_is_filled(run: Run, tmp_path: Path) -> None:
    made = [deal for deal in deals(300) if deal.at_ns < START + 900 * SECOND]
    until = made[-1].at_ns + 400 * SECOND
    made.append(made[-1]._replace(at_ns=until + SECOND, trade_id=made[-1].trade_id + 1))
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url, "--until", iso(until))
    rows = read_csv(run("candles", "XBTUSD", "--interval", "1m", "--format", "csv", "--fill").stdout)
    assert rows[-1].time == (until // SECOND - 1) // 60 * 60
    assert rows[-1].trades == 0
    del tmp_path


def test_nothing_is_made_up_where_nothing_is_known(run: Run, tmp_path: Path) -> None:
    """Two archives of days far apart: empty hours of the days are filled, the days between are not."""
    day = 86_400
    run("history", "import", archive(tmp_path, [trade(3_600, "1.0"), trade(7 * 3_600, "2.0")]))
    (tmp_path / "later").mkdir()
    later = [trade(5 * day + 3_600, "3.0"), trade(5 * day + 7 * 3_600, "4.0")]
    run("history", "import", archive(tmp_path / "later", later))
    result = run("candles", "XBTUSD", "--interval", "1h", "--format", "csv", "--fill")
    hours = [(row.time - BASE) // 3_600 for row in read_csv(result.stdout)]
    assert hours == [*range(1, 24), *range(5 * 24 + 1, 5 * 24 + 8)]
    assert "nothing is stored from 2019-06-01 07:00:01 UTC to 2019-06-06 01:00:00 UTC" in result.stderr


def test_archives_of_days_in_a_row_are_filled_over_midnight(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(20 * 3_600, "1.0")]))
    (tmp_path / "later").mkdir()
    run("history", "import", archive(tmp_path / "later", [trade(28 * 3_600, "3.0")]))
    rows = read_csv(run("candles", "XBTUSD", "--interval", "1h", "--format", "csv", "--fill").stdout)
    assert [(row.time - BASE) // 3_600 for row in rows] == [*range(20, 29)]
    assert [str(row.close) for row in rows] == ["1.0"] * 8 + ["3.0"]


def test_months_have_their_own_lengths(run: Run, tmp_path: Path) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "1.0"), trade(95 * 86_400, "2.0")]))
    words = ("candles", "XBTUSD", "--interval", "calendar-month", "--format", "table", "--fill")
    times = [line.split()[0] for line in run(*words).stdout.splitlines()[1:]]
    assert times == ["2019-06-01", "2019-07-01", "2019-08-01", "2019-09-01"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ETHUSD", "--interval", "1h"), "no trades of ETHUSD"),
        (("XBTUSD", "--interval", "1y"), "is no interval"),
        (("XBTUSD", "--interval", "1h", "--from", "soon"), "is no moment"),
        (("XBTUSD", "--interval", "1h", "--from", "2024-01-02", "--to", "2024-01-01"), "must be later"),
        (("XBTUSD", "--interval", "1h", "--plot", "chart.gif"), "must end in .png, .svg or .html"),
        (("XBTUSD", "--interval", "1h", "--out", "no/such/folder/x.csv", "--format", "csv"), "no/such/folder"),
    ],
)
def test_wrong_words_are_one_line(run: Run, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "8552.9")]))
    told = run("candles", *words, fails=2).stderr.splitlines()[-1]
    assert says in told


@pytest.mark.parametrize("name", ["XBTUSD", "xbtusd", "XBT/USD", "BTC/USD", "btc-usd", "XXBTZUSD"])
def test_a_pair_may_be_called_by_any_of_its_names(run: Run, tmp_path: Path, name: str) -> None:
    run("history", "import", archive(tmp_path, [trade(0, "8552.9")]))
    assert len(read_csv(run("candles", name, "--interval", "1h", "--format", "csv").stdout)) == 1
