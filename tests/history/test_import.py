"""`seatrial history import` takes what Kraken publishes, and drops nothing for looking alike.

Source: market-data#time-and-sales-archives.
"""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from seatrial.history.store import TradeStore
from tests.support.stored_trades import Run, stored_rows
from tests.support.trades_venue import SECOND, START, Deal, TradesVenue, deals, iso

BASE = START // SECOND
PLAIN = f"{BASE},8552.90000,0.03190270\n{BASE},8552.9,0.5\n{BASE},8552.9,0.5\n{BASE + 1},8553,1\n"
ROWS = [
    (START, "8552.90000", "0.03190270", None, None, None),
    (START, "8552.90000", "0.50000000", None, None, None),
    (START, "8552.90000", "0.50000000", None, None, None),
    (START + SECOND, "8553.00000", "1.00000000", None, None, None),
]


def write(path: Path, text: str) -> Path:
    """A file, packed when its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["XBTUSD.csv", "XBTUSD.csv.gz", "XBTUSD-trades.csv", "xbtusd.csv"])
def test_a_file_of_three_columns_is_imported_row_by_row(run: Run, store: TradeStore, tmp_path: Path, name: str) -> None:
    told = run("history", "import", write(tmp_path / name, PLAIN)).stdout
    assert stored_rows(store) == ROWS
    assert told == f"XBTUSD: 4 trades from {name}\n"


def test_the_pair_can_be_said(run: Run, store: TradeStore, tmp_path: Path) -> None:
    run("history", "import", write(tmp_path / "part-7.csv", PLAIN), "--pair", "BTC/USD")
    assert stored_rows(store) == ROWS


LAYOUTS = {
    "a header": ("time,price,volume\n", "{time},{price},{volume}\n"),
    "the recorded header": ("time,price,volume,side,ordertype,misc\n", "{time}.2500,{price},{volume},b,l,\n"),
    "no header and more columns": ("", "{time},{price},{volume},s,m,,77\n"),
    "numbers we do not know": ("", "{time},{price},{volume},12345\n"),
    "the newest: six names, seven columns": (
        "price,volume,timestamp,type,order type,misc,\n".replace("misc,", "misc"),
        "{price},{volume},{time}.25,buy,market,,9\n",
    ),
    "quotes": ('"time","price","volume"\n', '"{time}","{price}","{volume}"\n'),
    "the order of the method": ("", "{price},{volume},{time}.25,b,m,,9\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_are_found_by_looking(run: Run, store: TradeStore, tmp_path: Path, layout: str) -> None:
    header, line = LAYOUTS[layout]
    text = header + line.format(time=BASE, price="8552.9", volume="0.5")
    run("history", "import", write(tmp_path / "XBTUSD.csv", text))
    [row] = stored_rows(store)
    at_ns = START + (SECOND // 4 if ".25" in line else 0)
    side = "b" if ",b" in line else "s" if ",s" in line else None
    kind = "m" if ",m" in line else "l" if ",l" in line else None
    trade_id = 9 if line.endswith(",9\n") else 77 if line.endswith(",77\n") else None
    assert row == (at_ns, "8552.9", "0.50000000", side, kind, trade_id)


REFUSED = {
    "candles": (f"{BASE},1.0,2.0,1.0,2.0,5.5,7\n", "holds candles"),
    "no time": ("a,b,c\n1,2,3\n", "its header has no single time"),
    "text": ("hello\n", "its header has no single time"),
    "a header alone": ("time,price,volume\n", None),
    "not trades": ("5,6,7\n8,9,10\n", "is no time and sales"),
    "a bad price": (f"{BASE},1.5,1\n{BASE},abc,1\n", "line 2, is no trade"),
    "a negative price": (f"{BASE},1.5,1\n{BASE},-3,1\n", "line 2, is no trade"),
    "a bad time": (f"time,price,volume\n{BASE},1.5,1\nsoon,1,1\n", "line 3, is no trade"),
    "milliseconds": (f"{BASE}000,1.5,1\n", "is no time and sales"),
    "not a number": (f"{BASE},1.5,NaN\n", "line 1, is no trade"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_time_and_sales_is_refused_and_nothing_of_it_stored(
    run: Run, store: TradeStore, tmp_path: Path, kind: str
) -> None:
    text, says = REFUSED[kind]
    path = write(tmp_path / "XBTUSD.csv", text)
    told = run("history", "import", path, fails=2 if says else 0).output
    assert (says or "0 trades") in told
    assert store.find("XBTUSD") is None


def test_an_exponent_is_written_out(run: Run, store: TradeStore, tmp_path: Path) -> None:
    run("history", "import", write(tmp_path / "XBTUSD.csv", f"{BASE},8.5529e3,9e-08\n"))
    assert stored_rows(store)[0][1:3] == ("8552.9", "0.00000009")


def test_the_big_zip_is_imported_pair_by_pair(run: Run, store: TradeStore, tmp_path: Path) -> None:
    path = tmp_path / "Kraken_Trading_History.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Kraken_Trading_History/XBTUSD.csv", PLAIN)
        archive.writestr("Kraken_Trading_History/ETHUSD.csv", f"{BASE},200,1\n")
        archive.writestr("Kraken_Trading_History/NOTRADES.csv", "")
        archive.writestr("__MACOSX/Kraken_Trading_History/._XBTUSD.csv", "\0\0")
        archive.writestr("Kraken_Trading_History/.DS_Store", "\0\0")
    run("history", "import", path)
    assert stored_rows(store) == ROWS
    assert len(stored_rows(store, "ETHUSD")) == 1
    assert [stored.pair.name for stored in store.all()] == ["ETHUSD", "XBTUSD"]


def test_one_pair_of_a_zip_can_be_chosen(run: Run, store: TradeStore, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("XBTUSD.csv", PLAIN)
        archive.writestr("ETHUSD.csv", f"{BASE},200,1\n")
    run("history", "import", path, "--pair", "eth/usd")
    assert [stored.pair.name for stored in store.all()] == ["ETHUSD"]
    assert "look at --pair" in run("history", "import", path, "--pair", "SOLUSD", fails=2).output


def test_a_bad_file_does_not_keep_the_others_out(run: Run, store: TradeStore, tmp_path: Path) -> None:
    bad = write(tmp_path / "ETHUSD.csv", "1,2,3\n")
    told = run("history", "import", bad, write(tmp_path / "XBTUSD.csv", PLAIN), fails=2).output
    assert "ETHUSD.csv is no time and sales" in told
    assert stored_rows(store) == ROWS


@pytest.mark.parametrize("name", ["missing.csv", "missing.zip", "broken.zip"])
def test_a_file_that_cannot_be_read_is_one_line(run: Run, tmp_path: Path, name: str) -> None:
    write(tmp_path / "broken.zip", "no zip")
    told = run("history", "import", tmp_path / name, fails=2).output
    assert told.startswith("seatrial: ")
    assert told.count("\n") == 1


def test_programs_are_told_what_came_of_each_file(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "XBTUSD.csv", PLAIN)
    row = {"pair": "XBTUSD", "source": "XBTUSD.csv", "trades": 4}
    assert json.loads(run("history", "import", path, "--json").output) == [row | {"added": 4}]
    assert json.loads(run("history", "import", path, "--json").output) == [row | {"added": 0}]
    assert "`seatrial candles XBTUSD" in run("history", "import", path).stderr


def test_candles_are_one_line_of_json_or_what_the_files_name_says(run: Run, tmp_path: Path) -> None:
    run("history", "import", write(tmp_path / "XBTUSD.csv", PLAIN))
    printed = run("candles", "XBTUSD", "--interval", "1s", "--json").stdout
    assert printed.count("\n") == 1
    candles = json.loads(printed)
    for name in ("candles.json", "candles.csv"):
        run("candles", "XBTUSD", "--interval", "1s", "--out", tmp_path / name)
    assert json.loads((tmp_path / "candles.json").read_text()) == candles
    lines = (tmp_path / "candles.csv").read_text().splitlines()
    assert lines[0] == "time,open,high,low,close,vwap,volume,count"
    assert len(lines) == len(candles) + 1


def test_the_same_file_again_adds_nothing(run: Run, store: TradeStore, tmp_path: Path) -> None:
    path = write(tmp_path / "XBTUSD.csv", PLAIN)
    run("history", "import", path)
    assert run("history", "import", path).stdout == "XBTUSD: 0 trades from XBTUSD.csv, 4 were there\n"
    assert stored_rows(store) == ROWS


def lines(made: list[Deal]) -> str:
    """As an archive has them."""
    return "".join(f"{deal.at_ns // SECOND},{deal.price},{deal.volume}\n" for deal in made)


@pytest.mark.parametrize("newer_first", [True, False])
def test_archives_that_overlap_are_joined(run: Run, store: TradeStore, tmp_path: Path, *, newer_first: bool) -> None:
    made = deals(900)
    older, newer = write(tmp_path / "a" / "XBTUSD.csv", lines(made[:600])), write(tmp_path / "XBTUSD.csv", lines(made))
    for path in (newer, older) if newer_first else (older, newer):
        run("history", "import", path)
    assert [row[0] for row in stored_rows(store)] == [deal.at_ns // SECOND * SECOND for deal in made]


def test_an_archive_cut_within_a_second_gives_way_to_the_one_that_has_it_whole(
    run: Run, store: TradeStore, tmp_path: Path
) -> None:
    run("history", "import", write(tmp_path / "a" / "XBTUSD.csv", f"{BASE - 5},1,1\n{BASE},2,1\n"))
    run(
        "history",
        "import",
        write(tmp_path / "b" / "XBTUSD.csv", f"{BASE - 5},1,1\n{BASE},2,1\n{BASE},2,1\n{BASE + 9},3,1\n"),
    )
    assert [(row[0], row[1]) for row in stored_rows(store)] == [
        (START - 5 * SECOND, "1"), (START, "2"), (START, "2"), (START + 9 * SECOND, "3"),
    ]  # fmt: skip


def test_a_download_goes_on_from_the_last_second_of_an_archive(run: Run, store: TradeStore, tmp_path: Path) -> None:
    made = deals(900)
    made[500:505] = [deal._replace(at_ns=made[499].at_ns + place) for place, deal in enumerate(made[500:505], 1)]
    run("history", "import", write(tmp_path / "XBTUSD.csv", lines(made[:502])))
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url)
    assert len(stored_rows(store)) == 900
    last_second = made[501].at_ns // SECOND * SECOND
    assert venue.asked[0]["since"] == str(last_second - 1)
    kept = [row for row in stored_rows(store) if row[-1] is None]
    assert len(kept) == sum(deal.at_ns < last_second for deal in made)


def test_an_archive_fills_what_a_download_lacks(run: Run, store: TradeStore, tmp_path: Path) -> None:
    made = deals(900)
    since, until = iso(made[300].at_ns), iso(made[600].at_ns)
    with TradesVenue(made) as venue:
        run("history", "download", "XBTUSD", "--from", venue.url, "--since", since, "--until", until)
    run("history", "import", write(tmp_path / "XBTUSD.csv", lines(made)))
    assert [row[0] // SECOND for row in stored_rows(store)] == [deal.at_ns // SECOND for deal in made]  # type: ignore[operator]
    stored = store.find("XBTUSD")
    assert stored is not None
    assert len({file.source for file in stored.files}) == 2


def test_where_trades_came_from_is_listed(run: Run, tmp_path: Path) -> None:
    run("history", "import", write(tmp_path / "XBTUSD.csv", PLAIN))
    assert run("history", "list", "--json").output == (
        '[{"pair":"XBTUSD","from":"2019-06-01T00:00:00Z","to":"2019-06-01T00:00:01Z","trades":4,'
        '"sources":["XBTUSD.csv"]}]\n'
    )
    assert "XBTUSD.csv" in run("history", "list").output


def test_an_empty_store_is_told(run: Run) -> None:
    assert "no trades in" in run("history", "list").output


def test_rows_that_go_back_in_time_keep_their_order(run: Run, store: TradeStore, tmp_path: Path) -> None:
    text = f"{BASE + 9},1,1\n{BASE + 8},2,1\n{BASE + 9},3,1\n"
    run("history", "import", write(tmp_path / "XBTUSD.csv", text))
    assert [row[1] for row in stored_rows(store)] == ["1", "2", "3"]
