"""What can be played, and what is said of what cannot."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatrial.catalogue import load
from seatrial.cli.main import app
from seatrial.core.markets import Market
from seatrial.core.orders import OrderKind, Side
from seatrial.dialects.kraken.dialect import Kraken
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.pricing.tape import TapeRow
from seatrial.server.opening import market_named
from seatrial.server.worlds import Settings, WorldError, open_world
from seatrial.world.tapes import CHECKED, TapeError, recordings, together
from tests.support.tape_files import HEADER, made_up, playing, write

CATALOGUE = load()
KRAKEN = Kraken(1, Symbols(CATALOGUE))
SECOND_NS = 10**9
AT_S = 1_526_187_617
BUY, SELL, MARKET, LIMIT = Side.BUY, Side.SELL, OrderKind.MARKET, OrderKind.LIMIT


def market_of(pair: str) -> Market | None:
    """The market of a pair, by any of its names."""
    return CATALOGUE.markets.get(market_named(pair, CATALOGUE.markets, [KRAKEN]) or "")


def rows_of(path: Path, pair: str | None = None, first_ns: int = 0) -> list[TapeRow]:
    """All that is played of it."""
    return list(together(recordings(path, pair, market_of))(first_ns))


def told(path: Path, pair: str | None = None) -> str:
    """Why it cannot be played."""
    with pytest.raises(TapeError) as refused:
        recordings(path, pair, market_of)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("header", "line", "side", "kind"),
    [
        ("", "1526187617,8332.6,1.19617220", None, LIMIT),
        ("", "1526187617,8332.6,1.19617220,s,m,,77", SELL, MARKET),
        (HEADER, "1526187617,8332.60000,1.19617220,b,l,", BUY, LIMIT),
        ("price,volume,time,type", "8332.6,1.19617220,1526187617,sell", SELL, LIMIT),
        ("timestamp,price,amount,side,ordertype", "1526187617.0,8332.6,1.1961722,Buy,Market", BUY, MARKET),
    ],
)
@pytest.mark.parametrize("name", ["XBTUSD.csv", "XBTUSD-2018.csv.gz", "xxbtzusd.csv"])
def test_time_and_sales_are_read_in_all_their_forms(
    tmp_path: Path, name: str, header: str, line: str, side: Side | None, kind: OrderKind
) -> None:
    [row] = rows_of(write(tmp_path / name, [line], header))
    assert row == TapeRow("BTC/USD", AT_S * SECOND_NS, 83_326, 119_617_220, side, kind)


def test_reading_begins_at_a_moment(tmp_path: Path) -> None:
    path = write(tmp_path / "XBTUSD.csv", made_up())
    everything = rows_of(path)
    for place in (0, 1, 1_000, len(everything) - 1):
        at_ns = everything[place].at_ns
        assert rows_of(path, first_ns=at_ns) == [row for row in everything if row.at_ns >= at_ns]


def test_a_pair_can_be_named_where_the_file_does_not(tmp_path: Path) -> None:
    path = write(tmp_path / "trades.csv", made_up(3))
    assert "'trades' is no pair of this exchange: name the tape's with --pair" in told(path)
    assert {row.market for row in rows_of(path, "ETHUSD")} == {"ETH/USD"}
    assert {row.market for row in rows_of(path, "btc-usdt")} == {"BTC/USDT"}
    assert {row.market for row in rows_of(path.rename(tmp_path / "BTC-USDT-2018.csv"))} == {"BTC/USDT"}


def test_numbers_finer_than_the_market_are_rounded_and_dust_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ["1526187617,8332.66,0.123456785", "1526187618,8332.64,0.0000000001"]
    rows = rows_of(write(tmp_path / "XBTUSD.csv", lines, ""))
    assert [(row.price_ticks, row.qty_lots) for row in rows] == [(83_327, 12_345_679), (83_326, 1)]
    assert "finer than BTC/USD" in caplog.text


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "holds no trades"),
        (["1526187617,abc,1"], "line 1, cannot be played: 'abc' is no number"),
        (["1526187617,8332.6,1", "1526187616,8332.6,1"], "line 2, cannot be played: it is earlier"),
        (["1526187617,8332.6,1", "1526187618,8332.6"], "line 2, cannot be played"),
        (["1526187617,1,2,3,4,5,6"], "holds candles"),
        (["one,two,three", "1,2,3"], "is no time and sales"),
    ],
)
def test_a_file_that_cannot_be_played_is_told_with_its_line(tmp_path: Path, lines: list[str], says: str) -> None:
    assert says in told(write(tmp_path / "XBTUSD.csv", lines, ""))


def test_what_is_not_there_or_no_tape_is_told(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in told(tmp_path / "XBTUSD.csv")
    assert "seatrial history import" in told(tmp_path)
    (tmp_path / "all.zip").touch()
    assert "seatrial history import" in told(tmp_path / "all.zip")


def test_a_store_plays_all_of_its_pairs_or_one(tmp_path: Path) -> None:
    files = [str(write(tmp_path / name, made_up(50))) for name in ("XBTUSD.csv", "ETHUSD.csv")]
    store = tmp_path / "store"
    assert CliRunner().invoke(app, ["history", "import", *files, "--store", str(store)]).exit_code == 0
    assert {row.market for row in rows_of(store)} == {"BTC/USD", "ETH/USD"}
    assert rows_of(store, "eth/usd") == rows_of(Path(files[1]))
    assert "it has ETHUSD, XBTUSD" in told(store, pair="SOLUSD")


def test_a_file_that_breaks_later_is_played_until_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = made_up(CHECKED + 1)
    path = write(tmp_path / "XBTUSD.csv", [*lines, "1926187617,nothing,1,b,l,"])
    assert len(rows_of(path)) == len(lines)
    assert f"XBTUSD.csv, line {CHECKED + 3}" in caplog.text


def test_a_tape_that_ends_before_it_begins_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "XBTUSD.csv", made_up(3))
    with pytest.raises(WorldError, match="no trade from 2020-09-13T12:26:40Z on, where --at begins"):
        open_world(playing(path, begin_ns=1_600_000_000 * SECOND_NS))


def test_a_world_that_is_behind_a_tape_is_told(tmp_path: Path) -> None:
    data, path = tmp_path / "data", write(tmp_path / "XBTUSD.csv", made_up(3))
    asyncio.run(open_world(Settings(data)).stop())
    with pytest.raises(WorldError, match="the time of the world: begin another one with --data DIR"):
        open_world(playing(path, data=data))
