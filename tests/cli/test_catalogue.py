"""`seatrial catalogue`, and `seatrial serve --catalogue`: another exchange from a changed copy of our files."""

import json
from pathlib import Path

import httpx
from typer.testing import CliRunner, Result

from seatrial.catalogue import OURS
from seatrial.cli.main import app
from seatrial.pricing.crowd import Mode
from seatrial.server.host.worlds import Settings
from tests.support.inside import Inside, inside
from tests.support.own_catalogue import add_lines, own_tree
from tests.support.running import RunningServer

SEAT = {
    "assets": "SEAT,crypto,6,0\n",
    "markets": "SEAT/USDT,3,6,5,1,0,free,online\n",
    "fees__by_volume": "free,,yes,0,,,0,0\n",
    "funding__methods": "SEAT,Seatcoin,Seat,0,0,1,0.5,evm\nBTC,By Hand,Hand,0,0,1,0.5,bitcoin\n",
    "crowd__assets": "SEAT,2,USD,5,yes\n",
    "crowd__pairs": "SEAT/USDT,0.1,1000,5,50,1\n",
    "venues__kraken__assets": "SEAT,XSEA,SEA,SEAT,currency,4,,Seatcoin,,\n",
    "venues__kucoin__currencies": "SEAT,SEAT,SEAT,Seatcoin,no\n",
    "venues__kucoin__chains": "SEAT,Seatcoin,sea,SEA,1,,no\n",
}
"""One more asset, market, schedule, and ways to move money, on both venues."""


def run(*words: object, fails: int = 0) -> Result:
    """A command, and how it must end."""
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == fails, result.output
    return result


def test_our_files_are_written_to_be_changed(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    said = json.loads(run("catalogue", "copy", folder, "--json").stdout)
    assert said["folder"] == str(folder)
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sorted(found) == sorted(said["files"])
    assert found == {name: (OURS.folder / name).read_bytes() for name in said["files"]}
    assert f"{folder}: 68 assets, 98 markets, 63 methods\n" == run("catalogue", "check", folder).stdout


def test_no_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").touch()
    assert "is not empty" in run("catalogue", "copy", tmp_path, fails=2).output
    assert "cannot write" in run("catalogue", "copy", tmp_path / "mine.csv", fails=2).output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_a_readme_tells_of_every_file_and_of_every_column() -> None:
    readme = (OURS.folder / "README.md").read_text(encoding="utf-8")
    for path in OURS.folder.rglob("*.csv"):
        name = path.relative_to(OURS.folder).as_posix()
        assert f"| `{name}` |" in readme
        _, _, told = readme.partition(f"\n**`{name}`**")
        columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        shown_as_kraken_does = "AssetPairs shows it" in told.partition("\n\n")[0]
        assert [column for column in columns if f"`{column}`" not in told and not shown_as_kraken_does] == [], name


def test_a_bad_file_is_one_line_with_its_place_and_reason(tmp_path: Path) -> None:
    tree = add_lines(own_tree(tmp_path / "own"), markets="BTC/SEAT,1,8,5,1,1,crypto,online\n")
    line = f"seatrial: {tree}/markets.csv line 100: 'SEAT' is no asset that can be traded and moved\n"
    assert run("catalogue", "check", tree, fails=2).output == line
    assert run("serve", "--memory", "--port", 0, "--catalogue", tree, fails=2).output == line
    missing = run("serve", "--memory", "--port", 0, "--catalogue", tmp_path / "none", fails=2).output
    assert missing.startswith(f"seatrial: {tmp_path}/none is not a folder: ")
    assert missing.count("\n") == 1


def test_a_server_serves_what_the_files_say(tmp_path: Path) -> None:
    tree = add_lines(own_tree(tmp_path / "own"), **SEAT)
    with RunningServer(tmp_path / "data", "--catalogue", str(tree)) as server:
        server.tell("/accounts", name="ann", balances={"SEAT": "5", "USDT": "100"})
        kraken = httpx.get(f"{server.url}/0/public/AssetPairs?pair=SEAUSDT", trust_env=False).json()
        assert kraken["error"] == []
        assert kraken["result"]["SEAUSDT"]["base"] == "XSEA"
        kucoin = httpx.get(f"{server.url}/api/v3/currencies/SEAT", trust_env=False).json()
        assert [chain["chainId"] for chain in kucoin["data"]["chains"]] == ["sea"]
        assert httpx.get(f"{server.url}/api/v2/symbols/SEAT-USDT", trust_env=False).json()["code"] == "200000"
        server.restart()
        assert server.ask("/books")["balanced"]
    told = run("serve", "--port", 0, "--data", tmp_path / "data", fails=2).output
    assert "has the asset SEAT, which the catalogue does not list: serve this world with a --catalogue DIR" in told
    assert told.count("\n") == 1


def test_a_crowd_that_was_there_before_quotes_a_new_market_of_a_new_asset(tmp_path: Path) -> None:
    async def minute(server: Inside) -> int:
        assert (await server.post("/clock", advance="60s")).status == 200
        assert (await server.get("/books")).json["balanced"]
        answer = await server.get("/markets/SEATUSDT")
        return len([side for side in ("bid", "ask") if answer.json.get(side)])

    data = tmp_path / "data"
    assert inside(minute, settings=Settings(data, crowd=Mode.CALM)) == 0
    tree = add_lines(own_tree(tmp_path / "own"), **SEAT)
    assert inside(minute, settings=Settings(data, catalogue=tree)) == 2
    assert inside(minute, settings=Settings(data, catalogue=tree)) == 2


def test_a_small_exchange_has_demo_accounts_of_what_it_has(tmp_path: Path) -> None:
    """One market, none in dollars, and one asset on KuCoin."""
    tree = own_tree(tmp_path / "own")
    for path in tree.rglob("*.csv"):
        if path.parent.name != "fees":
            path.write_text(path.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    add_lines(
        tree,
        assets="USD,fiat,4,1\nEUR,fiat,4,1\nBTC,crypto,10,0.5\n",
        markets="BTC/EUR,1,8,5,0.1,1,crypto,online\n",
        venues__kucoin__currencies="BTC,BTC,BTC,Bitcoin,no\n",
    )

    async def look(server: Inside) -> None:
        assert (await server.call("Balance")).result.keys() == {"USD", "EUR", "BTC", "USD.M"}
        assert (await server.call("TradeBalance", asset="EUR")).json["error"] == []
        assert (await server.call("TradeVolume", pair="BTCEUR")).json["error"] == []
        order = await server.call("AddOrder", pair="BTCEUR", type="buy", ordertype="limit", price="9", volume="1")
        assert order.json["error"] == []
        assert (await server.kucoin(server.kucoin_demo, "GET", "/api/v1/accounts")).json["code"] == "200000"
        assert (await server.ask("GET", "/api/v2/symbols")).json["data"] == []

    inside(look, settings=Settings(None, catalogue=tree, crowd=Mode.CALM))


def test_what_a_venue_does_not_list_any_more_still_has_a_name_there(tmp_path: Path) -> None:
    tree = own_tree(tmp_path / "own")
    data = tmp_path / "data"

    async def begin(server: Inside) -> None:
        order = await server.call("AddOrder", pair="TRXUSD", type="buy", ordertype="limit", price="0.1", volume="100")
        assert order.json["error"] == []

    inside(begin, settings=Settings(data))
    add_lines(tree, venues__kraken__unlisted="TRX/USD\n")
    for name in ("currencies", "chains", "symbols"):
        path = tree / "venues" / "kucoin" / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("SOL")), encoding="utf-8")

    async def look(server: Inside) -> None:
        (order,) = (await server.call("OpenOrders")).result["open"].values()
        assert order["descr"]["pair"] == "TRXUSD"
        assert (await server.call("AddOrder", pair="TRXUSD")).error == "EQuery:Unknown asset pair"
        ledgers = (await server.kucoin(server.kucoin_demo, "GET", "/api/v1/accounts/ledgers")).json
        assert "SOL" in {row["currency"] for row in ledgers["data"]["items"]}
        missing = (await server.ask("GET", "/api/v3/currencies/SOL")).json
        assert missing["code"] != "200000"

    inside(look, settings=Settings(data, catalogue=tree))
