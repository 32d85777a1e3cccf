"""A world remembers what its rows are counted in, and is not opened with a catalogue that counts otherwise."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seatrial.server.host.errors import WorldError
from seatrial.server.host.worlds import Settings, open_world
from tests.support.inside import Inside, inside
from tests.support.own_catalogue import add_lines, own_tree

ASK = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "1000", "volume": "1"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A user's own, which is like ours until it is changed."""
    return own_tree(tmp_path / "own")


def swap(tree: Path, file: str, old: str, new: str) -> None:
    """Change every line that begins so."""
    path = tree / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = [new if line.startswith(old) else line for line in lines]
    assert changed != lines
    path.write_text("".join(changed), encoding="utf-8")


def drop(tree: Path, name: str) -> None:
    """Take every line away that names an asset or a market."""
    for path in tree.rglob("*.csv"):
        head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not _names(line, name)]
        path.write_text(head + "".join(kept), encoding="utf-8")


def _names(line: str, name: str) -> bool:
    return any(cell == name or ("/" not in name and name in cell.split("/")) for cell in line.strip().split(","))


async def trade_in_seats(server: Inside) -> None:
    """Somebody asks for the asset that only this tree has, and for another one for bitcoin."""
    buyer = await server.account("buyer", USD="100", SEAT="5")
    for pair in ("SEATUSD", "XBTUSD"):
        answer = await server.send(buyer.call("AddOrder", **ASK | {"pair": pair, "price": "0.5", "volume": "1"}))
        assert answer.json["error"] == [], answer


def refused(data: Path, tree: Path | None = None) -> str:
    """What is said instead of opening."""
    with pytest.raises(WorldError) as error:
        open_world(Settings(data, catalogue=tree))
    assert "\n" not in str(error.value)
    return str(error.value)


def opens(data: Path, tree: Path | None = None) -> None:
    """It does, and goes on."""

    async def nothing(server: Inside) -> None:
        assert (await server.get("/books")).json["balanced"]

    inside(nothing, settings=Settings(data, catalogue=tree))


def test_a_world_of_a_market_of_ones_own_is_not_opened_without_it(tree: Path, tmp_path: Path) -> None:
    add_lines(tree, assets="SEAT,crypto,6,0\n", markets="SEAT/USD,3,6,5,1,0,crypto,online\n")
    data = tmp_path / "data"
    inside(trade_in_seats, settings=Settings(data, catalogue=tree))
    asset_or_market = refused(data)
    assert asset_or_market == (
        "the world that is kept there has the asset SEAT, which the catalogue does not list: serve this world with a"
        " --catalogue DIR that does, or begin another one"
    )
    swap(tree, "markets.csv", "SEAT/USD", "")
    assert "has the market SEAT/USD, which the catalogue does not list" in refused(data, tree)
    add_lines(tree, markets="SEAT/USD,3,6,5,1,0,crypto,online\n")
    opens(data, tree)


def test_a_world_is_not_opened_with_other_decimals(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_lines(tree, assets="SEAT,crypto,6,0\n", markets="SEAT/USD,3,6,5,1,0,crypto,online\n")
    inside(trade_in_seats, settings=Settings(data, catalogue=tree))
    swap(tree, "markets.csv", "SEAT/USD", "SEAT/USD,4,6,5,1,0,crypto,online\n")
    assert "has the market SEAT/USD with prices of 3 and volumes of 6 decimals, which" in refused(data, tree)
    swap(tree, "markets.csv", "SEAT/USD", "SEAT/USD,3,6,5,1,0,crypto,online\n")
    swap(tree, "assets.csv", "SEAT", "SEAT,crypto,7,0\n")
    assert "has the asset SEAT with 6 decimals, which the catalogue does not give it" in refused(data, tree)


def test_what_nobody_has_may_go_and_what_costs_change_is_free(tree: Path, tmp_path: Path) -> None:
    opens(tmp_path / "data")
    drop(tree, "PEPE")
    drop(tree, "ETH/BTC")
    swap(tree, "markets.csv", "BTC/USD,", "BTC/USD,2,7,4,0.1,1,stable_fx,online\n")
    opens(tmp_path / "data", tree)
    opens(tmp_path / "data")


def test_a_world_that_noted_nothing_was_written_with_our_own(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    opens(data)
    with closing(sqlite3.connect(data / "world.sqlite3")) as database, database:  # as an earlier release left it
        assert database.execute("DELETE FROM world_notes WHERE name = 'scales'").rowcount == 1
    swap(tree, "assets.csv", "BTC,", "BTC,crypto,9,0.5\n")
    swap(tree, "funding/methods.csv", "BTC,", "")
    swap(tree, "venues/kucoin/chains.csv", "BTC,", "")
    assert "has the asset BTC with 10 decimals, which" in refused(data, tree)
    opens(data)
