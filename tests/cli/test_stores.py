"""`seatrial verify`, `seatrial backup` and `seatrial restore`, beside a server and without one."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli.main import app
from seatrial.client.control import ControlError
from seatrial.store.proofs import LAWS
from tests.support.running import RunningServer
from tests.support.signed_calls import Signer
from tests.support.venue_client import VenueClient

NO_DATABASE = b"SQLite format 3\0" + bytes(range(256)) * 64


def run(*words: object, fails: int = 0) -> Result:
    """A command, and how it must end."""
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == fails, result.output
    return result


def spoil(file: Path) -> None:
    """Somebody changes a balance."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE purses SET free = free + 1 WHERE account_id = 1 AND asset = 'BTC'")


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest) -> list[str]:
    """The options that say where a world is kept, beside its folder."""
    return [] if request.param == "sqlite" else ["--database", request.getfixturevalue("postgresql")]


@pytest.fixture
def server(kept: list[str], tmp_path: Path) -> Iterator[RunningServer]:
    """One that is running."""
    with RunningServer(tmp_path / "data", *kept) as running:
        yield running


def where(kept: list[str], tmp_path: Path) -> list[str]:
    """The options of a command about the database itself."""
    return kept or ["--data", str(tmp_path / "data")]


def test_a_running_world_is_verified(server: RunningServer, kept: list[str], tmp_path: Path) -> None:
    assert server.ask("/books")["balanced"]
    said = run("verify", *where(kept, tmp_path)).stdout
    assert f"2 accounts, 50 postings, 0 orders, 0 fills, 0 trades, 22 transfers\nAll {len(LAWS)} laws hold.\n" in said
    report = json.loads(run("verify", "--json", *where(kept, tmp_path)).stdout)
    assert report["holds"] is True
    assert [proof["law"] for proof in report["laws"]] == list(LAWS)
    assert not any(proof["breaches"] for proof in report["laws"])
    assert report["database"].startswith("postgresql:///" if kept else str(tmp_path))


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with RunningServer(tmp_path):
        pass
    spoil(tmp_path / "world.sqlite3")
    said = run("verify", "--data", tmp_path, fails=1).stdout
    broken = ["a purse is the sum of its postings", "the books of every asset sum to zero"]
    assert [line for line in said.splitlines() if line.startswith("BROKEN: ")] == [
        f"BROKEN: {law}: 1 found" for law in broken
    ]
    assert "  asset=BTC total=1\n" in said
    assert said.endswith(f"2 of {len(LAWS)} laws are broken.\n")
    report = json.loads(run("verify", "--json", "--data", tmp_path, fails=1).stdout)
    assert report["holds"] is False
    assert {proof["law"] for proof in report["laws"] if proof["breaches"]} == set(broken)


def test_a_running_server_goes_on_with_the_world_of_a_backup(
    server: RunningServer, kept: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    with VenueClient(server.url, server.demo) as demo:
        kept_order = demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=100, volume=1)["txid"]
        said = run("backup", file, *where(kept, tmp_path)).stdout
        assert said == f"{file}: {file.stat().st_size:,} bytes\n"
        run("verify", file)
        demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=101, volume=1)
        assert "add --replace to give its world up" in run("restore", file, "--data", tmp_path / "data", fails=2).stderr
        assert len(demo.call("OpenOrders")["open"]) == 2
        said = run("restore", file, "--data", tmp_path / "data", "--replace").stdout
        assert said.startswith(f"file  {file}\nnow   ")
        assert list(demo.call("OpenOrders")["open"]) == kept_order
        assert demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=102, volume=1)["txid"]
    assert server.ask("/books")["balanced"]
    run("verify", *where(kept, tmp_path))
    server.restart()
    with VenueClient(server.url, Signer(server.demo.key, server.demo.secret, 10**6)) as demo:
        assert len(demo.call("OpenOrders")["open"]) == 2


def test_a_backup_begins_a_world_elsewhere(server: RunningServer, kept: list[str], tmp_path: Path) -> None:
    """From either engine into a folder."""
    server.tell("/accounts", name="ann", balances={"USD": "5"})
    run("backup", tmp_path / "backup", *where(kept, tmp_path))
    elsewhere = tmp_path / "elsewhere"
    said = run("restore", tmp_path / "backup", "--data", elsewhere).stdout
    assert said == f"restored {tmp_path / 'backup'} into {elsewhere / 'world.sqlite3'}\n"
    with RunningServer(elsewhere) as other:
        assert [account["name"] for account in other.ask("/accounts")] == ["demo", "demo-kucoin", "ann"]
        assert other.demo == server.demo


def test_a_backup_restores_into_postgresql(postgresql: str, tmp_path: Path) -> None:
    with RunningServer(tmp_path / "data", "--seed", "77") as server:
        server.tell("/accounts", name="ann", balances={"USD": "5"})
        run("backup", tmp_path / "backup", "--data", tmp_path / "data")
        demo = server.demo
    run("restore", tmp_path / "backup", "--database", postgresql)
    stderr = run("restore", tmp_path / "backup", "--database", postgresql, fails=2).stderr
    assert "there is a world in postgresql:///" in stderr
    assert "add --replace to give it up" in stderr
    run("restore", tmp_path / "backup", "--database", postgresql, "--replace")
    with RunningServer(tmp_path / "other", "--database", postgresql) as server:
        assert server.demo == demo
        assert [account["name"] for account in server.ask("/accounts")] == ["demo", "demo-kucoin", "ann"]
        line = run("restore", tmp_path / "backup", "--database", postgresql, "--replace", fails=2).stderr
        assert "another server is using postgresql:///" in line
        run("restore", tmp_path / "backup", "--url", server.url, "--replace")


@pytest.mark.parametrize("words", [["verify"], ["backup", "file"]])
def test_where_no_world_is_kept_there_is_nothing_to_look_at(words: list[str], tmp_path: Path) -> None:
    line = run(*words, "--data", tmp_path / "nowhere", fails=2).stderr
    assert line.startswith(
        f"seatrial: there is no world in {tmp_path / 'nowhere' / 'world.sqlite3'}: name another place"
    )
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_world_is_put_aside_for_a_backup(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    with RunningServer(data) as server:
        server.tell("/accounts", name="ann", balances={"USD": "5"})
        saved = json.loads(run("backup", backup, "--data", data, "--json").stdout)
        assert saved == {"file": str(backup), "bytes": backup.stat().st_size}
    (data / "world.sqlite3").write_bytes(NO_DATABASE)
    for words in (["verify"], ["backup", tmp_path / "other"], ["restore", backup], ["serve", "--port", "0"]):
        line = run(*words, "--data", data, fails=2).stderr
        assert "file is not a database: " in line
        assert "`seatrial restore FILE --replace`" in line
        assert "--data DIR" in line
    run("restore", tmp_path / "data" / "connection.json", "--data", data, "--replace", fails=2)
    assert (data / "world.sqlite3").read_bytes() == NO_DATABASE, "given up for nothing less than a backup"
    restored = run("restore", backup, "--data", data, "--replace", "--json")
    assert json.loads(restored.stdout)["file"] == str(backup)
    assert (data / "world.sqlite3.damaged-1").read_bytes() == NO_DATABASE
    with RunningServer(data) as server:
        assert [account["name"] for account in server.ask("/accounts")] == ["demo", "demo-kucoin", "ann"]


def test_an_older_world_is_not_verified_and_not_changed(tmp_path: Path) -> None:
    with RunningServer(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "world.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    assert (
        "was written by an older Seatrial: start the server on it" in run("verify", "--data", tmp_path, fails=2).stderr
    )


def test_a_server_does_not_take_a_world_that_is_not_its_own_or_broken(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "other", "--seed", "5"):
        pass
    run("backup", tmp_path / "other-seed", "--data", tmp_path / "other")
    with RunningServer(tmp_path / "data") as server:
        before = server.ask("/accounts")
        run("backup", tmp_path / "broken", "--data", tmp_path / "data")
        spoil(tmp_path / "broken")
        for name, says in (
            ("other-seed", "is of a world with another seed: stop the server and restore it then"),
            ("broken", "breaks 2 of the laws of the books"),
            ("nothing", "there is no file"),
        ):
            refused = run("restore", tmp_path / name, "--data", tmp_path / "data", "--replace", fails=1)
            assert says in refused.stderr
            assert server.ask("/accounts") == before
        with pytest.raises(ControlError, match="give the whole path of the file, from / on"):
            server.tell("/restore", file="backup")
