"""Candles made from recorded trades equal the exchange's own recorded candles, row for row.

The small pieces in `data/` are always there; the long recordings are read where SEATRIAL_DATA, or the folder
shared/data beside the repository, has them. Where a field cannot be equal, the test says which and why.
Source: market-data#archive-against-api and market-data#how-well-it-was-checked.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seatrial.history.store import TradeStore
from tests.support.stored_trades import Run, stored_rows
from tests.support.tick_model import Candle, read_csv
from tests.support.trades_venue import Answer, TradesVenue

EXCERPTS = Path(__file__).parent / "data"
DUST = Decimal("1e-8")
"""Kraken's files of long intervals carry the dust of binary floats in their volumes."""
DAY = 86_400
WEEK = 7 * DAY

Folder = Callable[[str], Path]


def read_rows(path: Path) -> list[list[str]]:
    """Of a CSV file, packed or not, without its header."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [row for row in csv.reader(file) if row[0].isdigit()]


def archived(path: Path) -> dict[int, tuple[list[Decimal], Decimal, int]]:
    """By time: open, high, low and close; volume; the number of trades. Source: market-data#ohlcvt-archives."""
    return {
        int(time): ([*map(Decimal, (o, h, low, c))], Decimal(volume), int(trades))
        for time, o, h, low, c, volume, trades in read_rows(path)
    }


def candles(run: Run, pair: str, interval: str, *words: str) -> dict[int, Candle]:
    """What the command prints, by time."""
    rows = read_csv(run("candles", pair, "--interval", interval, "--format", "csv", *words).stdout)
    return {row.time: row for row in rows}


def prices(candle: Candle) -> list[Decimal]:
    """Open, high, low, close."""
    return [candle.open, candle.high, candle.low, candle.close]


def as_trades(rows: Sequence[Sequence[str]], path: Path) -> Path:
    """A market that would have had these candles: a trade at each of the four prices, all volume at the first.

    So prices and volume of longer candles can be compared, their number of trades and their average cannot.
    """
    places = (1, 2, 3, 4)
    path.write_text(
        "".join(
            f"{int(row[0]) + place - 1},{row[place]},{row[5] if place == 1 else 0}\n"
            for row in rows
            for place in places
        )
    )
    return path


def ohlc_rows(path: Path) -> list[list[Any]]:
    """The rows of a raw answer of the OHLC method."""
    result = json.loads(path.read_text())["result"]
    rows: list[list[Any]] = next(value for key, value in result.items() if key != "last")
    return rows


def page_by_cursor(pages: Iterable[tuple[str, bytes]], last: str, name: str) -> Callable[..., Answer]:
    """Recorded answers, each to the cursor that it belongs to; then no more trades."""
    answers = dict(pages)
    answers[last] = json.dumps({"error": [], "result": {name: [], "last": last}}).encode()
    return lambda _, asked: Answer(answers[asked["since"]])


def download_page(run: Run, path: Path, since: str) -> None:
    """Have a recorded answer downloaded from a venue that gives it."""
    body = path.read_bytes()
    last = json.loads(body)["result"]["last"]
    with TradesVenue(script=page_by_cursor([(since, body)], last, "XBTUSDT")) as venue:
        run("history", "download", "XBTUSDT", "--from", venue.url)


def assert_minutes_are_the_venues(run: Run, recorded_rows: list[list[Any]], covered: range) -> int:
    """Compare all eight values of every covered minute, as text; gives their number."""
    told = run("candles", "XBTUSDT", "--interval", "1m", "--fill", "--format", "csv").stdout
    ours = {int(line.partition(",")[0]): line for line in told.splitlines()[1:]}
    wanted = [row for row in recorded_rows if row[0] in covered]
    assert [ours[row[0]] for row in wanted] == [",".join(map(str, row)) for row in wanted]
    return len(wanted)


def test_an_excerpt_of_recent_minutes_is_equal_to_the_last_digit(run: Run) -> None:
    """Every field as text: vwap, and the empty minutes, too."""
    download_page(run, EXCERPTS / "xbtusdt-trades.json", "0")
    rows = ohlc_rows(EXCERPTS / "xbtusdt-ohlc-1.json")
    assert assert_minutes_are_the_venues(run, rows, range(rows[0][0], rows[-1][0] + 1)) == len(rows) == 69


def test_an_excerpt_of_hours_becomes_the_recorded_days_and_weeks(run: Run, tmp_path: Path) -> None:
    """Weeks begin on Thursday."""
    run("history", "import", as_trades(read_rows(EXCERPTS / "XBTUSD_60.csv"), tmp_path / "XBTUSD.csv"))
    days, weeks = candles(run, "XBTUSD", "1d"), candles(run, "XBTUSD", "1w")
    recorded_days = archived(EXCERPTS / "XBTUSD_1440.csv")
    assert {time: prices(day) for time, day in days.items()} == {t: found[0] for t, found in recorded_days.items()}
    assert all(abs(days[time].volume - found[1]) <= DUST for time, found in recorded_days.items())
    for time, o, h, low, c, volume in read_rows(EXCERPTS / "XBTUSD-rest-10080.csv"):
        assert prices(weeks[int(time)]) == [*map(Decimal, (o, h, low, c))]
        assert abs(weeks[int(time)].volume - Decimal(volume)) <= DUST


@pytest.mark.parametrize("pair", ["XBTUSD", "ETHUSD"])
def test_recorded_ticks_become_the_official_hours(run: Run, recorded: Folder, pair: str) -> None:
    """All 134 hours, all fields of the archive; it has no vwap."""
    folder = recorded("kraken-2018-05-13")
    run("history", "import", folder / f"{pair}-trades.csv.gz")
    ours = candles(run, pair, "60")
    official = archived(folder / f"{pair}-ohlcvt-60.csv")
    assert {t: (prices(candle), candle.volume, candle.trades) for t, candle in ours.items()} == official
    assert len(official) == 134


@pytest.mark.parametrize("pair", ["XBTUSD", "ETHUSD"])
def test_recorded_ticks_become_the_official_days(run: Run, recorded: Folder, pair: str) -> None:
    """The four whole days. Volumes differ by up to 1.2e-9: the recorded ones have digits no sum of trades can have.

    The first and the last day of the ticks are cut, so no official day can equal them.
    """
    folder = recorded("kraken-2018-05-13")
    run("history", "import", folder / f"{pair}-trades.csv.gz")
    ours = candles(run, pair, "1440")
    official = archived(folder / f"{pair}-ohlcvt-1440.csv")
    assert {t: (prices(ours[t]), ours[t].trades) for t in official} == {t: (o, n) for t, (o, _, n) in official.items()}
    assert max(abs(ours[t].volume - volume) for t, (_, volume, _) in official.items()) <= Decimal("1.2e-9")
    assert len(official) == 4
    assert ours.keys() - official.keys() == {min(ours), max(ours)}


def test_recent_minutes_are_equal_to_the_last_digit(run: Run, recorded: Folder) -> None:
    """The 410 minutes from the first that the trades cover whole to that of the last trade.

    In the minute before, the trades begin. The last four minutes of the answer are empty: trades say nothing of what
    came after them.
    """
    folder = recorded("kraken-2025-11-10-XBTUSDT")
    download_page(run, folder / "trades.json", "0")
    minutes = ohlc_rows(folder / "ohlc-1.json")
    ours = candles(run, "XBTUSDT", "1m")
    covered = range(min(ours) + 60, max(ours) + 60)
    assert assert_minutes_are_the_venues(run, minutes, covered) == 410
    trades = {row[0]: row[7] for row in minutes}
    assert ours[min(ours)].trades < trades[min(ours)]
    assert [count for time, count in trades.items() if time >= covered.stop] == [0, 0, 0, 0]


def test_the_ticker_of_that_moment_follows_too(run: Run, recorded: Folder) -> None:
    """Its fields of today are those of the day's candle; prices have five decimals there."""
    folder = recorded("kraken-2025-11-10-XBTUSDT")
    download_page(run, folder / "trades.json", "0")
    [day] = candles(run, "XBTUSDT", "1d", "--from", "2025-11-11", "--decimals", "5").values()
    told = json.loads((folder / "ticker.json").read_text())["result"]["XBTUSDT"]
    assert_is_today(day, told)


def test_recorded_pages_are_walked_to_the_last_row(run: Run, store: TradeStore, recorded: Folder) -> None:
    """Four answers of 2021: six fields, no ids, times of four decimals; every row once, in order, exactly."""
    folder = recorded("kraken-2021-GRTETH-pages")
    download_grteth(run, folder)
    rows = [
        row for page in sorted(folder.glob("page-*.json")) for row in json.loads(page.read_text())["result"]["GRTETH"]
    ]
    assert [(row[1], row[2], row[3], row[4]) for row in stored_rows(store, "GRTETH")] == [
        (price, volume, side, kind) for price, volume, _, side, kind, _ in rows
    ]
    assert [row[0] for row in stored_rows(store, "GRTETH")] == [round(row[2] * 10_000) * 100_000 for row in rows]
    assert len(rows) == 4_000


def test_the_recorded_websocket_ticker_follows_from_the_pages(run: Run, recorded: Folder) -> None:
    """Its fields of today, as they stood at 16:48:52."""
    ticker = recorded("kraken-ws1-2021-04-17") / "ticker.txt"
    download_grteth(run, recorded("kraken-2021-GRTETH-pages"), "--until", "2021-04-17T16:48:53Z")
    [day] = candles(run, "GRTETH", "1d", "--from", "2021-04-17", "--decimals", "9").values()
    line = next(line for line in ticker.read_text().splitlines() if '"GRT/ETH"]' in line and '"ticker",' in line)
    assert_is_today(day, json.loads(line.partition(": ")[2])[1])


def download_grteth(run: Run, folder: Path, *words: str) -> None:
    """From a venue that answers as it was recorded; only the cursors were one higher then."""
    requests = list(csv.DictReader((folder / "requests.csv").read_text().splitlines()))
    cursors = [str(1_616_889_600 * 10**9 - 1), *(request["last"] for request in requests)]
    pages = [
        (cursor, (folder / request["page"]).read_bytes()) for cursor, request in zip(cursors, requests, strict=False)
    ]
    with TradesVenue(script=page_by_cursor(pages, cursors[-1], "GRTETH")) as venue:
        run("history", "download", "GRTETH", "--from", venue.url, "--since", "2021-03-28", *words)


def assert_is_today(day: Candle, ticker: dict[str, Any]) -> None:
    """Source: market-data#ticker."""
    opened = ticker["o"] if isinstance(ticker["o"], str) else ticker["o"][0]
    told = [Decimal(text) for text in (opened, ticker["h"][0], ticker["l"][0], ticker["p"][0], ticker["v"][0])]
    assert [day.open, day.high, day.low, day.vwap, day.volume] == told
    assert day.trades == ticker["t"][0]


@pytest.mark.parametrize(
    ("pair", "base", "longer"),
    [
        ("XBTUSDC", 1, (5, 15, 60, 720, 1440)),
        ("XBTUSD", 5, (15, 60, 720, 1440)),
    ],
)
def test_short_candles_become_the_official_longer_ones(
    run: Run, recorded: Folder, tmp_path: Path, pair: str, base: int, longer: tuple[int, ...]
) -> None:
    """Every row of a quarter, and no row more. Volumes differ by dust of up to 1.4e-9 from half a day on."""
    folder = recorded("kraken-ohlcvt-2023Q1")
    run("history", "import", as_trades(read_rows(folder / f"{pair}_{base}.csv.gz"), tmp_path / f"{pair}.csv"))
    for minutes in longer:
        ours, official = candles(run, pair, str(minutes)), archived(folder / f"{pair}_{minutes}.csv.gz")
        assert {time: prices(candle) for time, candle in ours.items()} == {t: row[0] for t, row in official.items()}
        worst = max(abs(ours[time].volume - row[1]) for time, row in official.items())
        assert worst <= (Decimal("1.4e-9") if minutes >= 720 else 0)


def test_nine_years_of_hours_become_the_official_days(run: Run, recorded: Folder, tmp_path: Path) -> None:
    """All 3,178 days. Volumes differ by dust of up to 3.8e-9."""
    folder = recorded("kraken-ohlcvt-history")
    run("history", "import", as_trades(read_rows(folder / "XBTUSD_60.csv.gz"), tmp_path / "XBTUSD.csv"))
    ours, official = candles(run, "XBTUSD", "1d"), archived(folder / "XBTUSD_1440.csv.gz")
    assert [time for time, row in official.items() if prices(ours[time]) != row[0]] == []
    assert len(official) == 3_178
    assert max(abs(ours[time].volume - row[1]) for time, row in official.items()) <= Decimal("3.8e-9")


def test_nine_years_of_hours_become_the_weeks_of_the_rest_method(run: Run, recorded: Folder, tmp_path: Path) -> None:
    """Open, high, low and close of all 104 weeks. Volumes agree until the week of 2022-09-22.

    From the week after, archive and API count a few trades differently: the archive has more. Nobody knows why.
    """
    folder = recorded("kraken-ohlcvt-history")
    run("history", "import", as_trades(read_rows(folder / "XBTUSD_60.csv.gz"), tmp_path / "XBTUSD.csv"))
    ours = candles(run, "XBTUSD", "10080")
    last_whole = max(ours) - WEEK
    weeks = [row for row in read_rows(folder / "XBTUSD-rest-10080.csv") if int(row[0]) <= last_whole]
    assert len(weeks) == 104
    assert [prices(ours[int(row[0])]) for row in weeks] == [[*map(Decimal, row[1:5])] for row in weeks]
    surplus = {int(row[0]): ours[int(row[0])].volume - Decimal(row[5]) for row in weeks}
    parted_s = 1_664_409_600
    assert max(abs(more) for week, more in surplus.items() if week < parted_s) <= DUST
    assert all(9 <= more <= 58 for week, more in surplus.items() if week >= parted_s)


def test_no_row_of_the_official_time_and_sales_is_dropped(run: Run, store: TradeStore, recorded: Folder) -> None:
    """634 rows of whole seconds; 49 of them look like another one."""
    folder = recorded("kraken-time-and-sales-sample")
    run("history", "import", folder / "BCHEUR.csv", folder / "incremental_q2" / "BCHEUR.csv")
    rows = read_rows(folder / "BCHEUR.csv") + read_rows(folder / "incremental_q2" / "BCHEUR.csv")
    stored = stored_rows(store, "BCHEUR")
    assert [(row[0], row[1], row[2]) for row in stored] == [
        (int(time) * 10**9, f"{Decimal(price):.6f}", f"{Decimal(volume):.8f}") for time, price, volume in rows
    ]
    assert (len(stored), len(set(stored))) == (634, 634 - 49)


def test_the_whole_life_of_a_market_can_be_drawn(run: Run, recorded: Folder, tmp_path: Path) -> None:
    rows = read_rows(recorded("kraken-ohlcvt-history") / "XBTUSD_1440.csv.gz")
    run("history", "import", as_trades(rows, tmp_path / "XBTUSD.csv"))
    chart = tmp_path / "chart.svg"
    run("candles", "XBTUSD", "--interval", "1d", "--plot", chart)
    text = chart.read_text()
    assert "3,190 intervals, 12 in a bar" in text
    assert "logarithmic" in text
