"""The commands about markets and who moves prices, against a server that was really started."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli.main import app
from tests.support.running import RunningServer
from tests.support.tape_files import made_up, write


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """An exchange with a crowd."""
    with RunningServer(None, "--crowd", "calm") as running:
        yield running


def run(server: RunningServer, *words: str, fails: int = 0) -> Result:
    """A command over that exchange."""
    done = CliRunner().invoke(app, [*words, "--url", server.url], env={"SEATRIAL_TOKEN": None, "COLUMNS": "120"})
    assert done.exit_code == fails, done.output
    return done


def told(server: RunningServer, *words: str) -> Any:
    """What it tells programs."""
    return json.loads(run(server, *words, "--json").stdout)


def test_markets_are_listed_with_what_is_quoted(server: RunningServer) -> None:
    shown = run(server, "market", "list").stdout
    assert "BTC/USD" in shown
    assert "ADA/EUR" in shown
    assert len(told(server, "market", "list")) > 70


def test_a_market_is_halted_moved_and_printed_in(server: RunningServer) -> None:
    """In frozen time, or the crowd might trade between a command and its answer."""
    told(server, "clock", "freeze")
    assert told(server, "market", "status", "ETHUSD", "cancel_only")["status"] == "cancel_only"
    assert "cancel_only" in run(server, "market", "list").stdout
    assert told(server, "market", "status", "ETHUSD", "online")["status"] == "online"
    assert told(server, "market", "price", "ETHUSD", "3000")["last"] == "3000.00"
    assert told(server, "market", "liquidity", "ETHUSD", "bids")["ask"] is None
    printed = told(server, "market", "print", "ETHUSD", "2999.5", "0.5", "--side", "sell", "--ordertype", "limit")
    assert printed["last"] == "2999.50"
    assert "liquidity  both" in run(server, "market", "liquidity", "ETHUSD", "both").stdout
    told(server, "clock", "run")


def test_a_market_goes_by_the_name_that_the_list_prints(server: RunningServer) -> None:
    [row] = [line for line in run(server, "market", "list").stdout.splitlines() if line.startswith("XRP/EUR ")]
    name = row.split()[0]
    assert told(server, "market", "status", name, "online")["pair"] == name
    assert told(server, "market", "price", name, "2")["last"] == "2.00000"
    assert told(server, "market", "print", name, "2.1", "5")["last"] == "2.10000"
    assert told(server, "market", "liquidity", name, "both")["liquidity"] == "both"
    assert told(server, "crowd", "--pair", name, "--depth", "1")["mode"] == "calm"


def test_where_nobody_quotes_the_crowd_does_not_say_so() -> None:
    with RunningServer(None, "--crowd", "calm") as server:
        [row] = [row for row in told(server, "crowd", "--pair", "XRPUSD", "--depth", "0")["pairs"] if row["depth"] == 0]
        assert row["liquidity"] == "none"
        assert {row["liquidity"] for row in told(server, "crowd", "off")["pairs"]} == {None}
        assert "both" not in run(server, "crowd").stdout
        assert "BTC/USD" in run(server, "market", "list").stdout


def test_the_exchange_is_halted_and_opened(server: RunningServer) -> None:
    assert told(server, "system", "maintenance") == {"status": "maintenance"}
    assert "maintenance" in run(server, "system").stdout
    assert told(server, "system", "online") == {"status": "online"}


def test_the_account_that_makes_markets_does_not_list_its_millions(server: RunningServer) -> None:
    table = run(server, "account", "list").stdout
    (row,) = (line for line in table.splitlines() if " house " in line)
    assert "makes markets" in row


def test_the_crowd_is_shown_and_tuned(server: RunningServer) -> None:
    assert "The crowd is calm." in run(server, "crowd").stdout
    words = ("--pair", "SOLUSD", "--price", "200", "--volatility", "9", "--depth", "3", "--activity", "0.5")
    tuned = told(server, "crowd", "busy", *words)
    assert tuned["mode"] == "busy"
    [pair] = [pair for pair in tuned["pairs"] if pair["pair"] == "SOL/USD"]
    assert (pair["volatility"], pair["depth"], pair["activity"]) == (9.0, 3.0, 0.5)
    assert "9 %" in run(server, "crowd", "calm").stdout


def test_what_cannot_be_done_is_one_line_that_says_what_can(server: RunningServer) -> None:
    assert "`seatrial market list` shows them all" in run(server, "market", "price", "NOPE", "1", fails=1).stderr
    assert "one of off, calm, busy" in run(server, "crowd", "wild", fails=1).stderr
    assert "start the server with --tape FILE" in run(server, "tape", fails=1).stderr


def test_a_tape_is_shown_as_far_as_it_is_played(tmp_path: Path) -> None:
    tape = write(tmp_path / "XBTUSD.csv", made_up(100))
    with RunningServer(None, "--tape", str(tape), "--speed", "0") as server:
        assert told(server, "tape")["rows"] == 0
        run(server, "clock", "advance", "1d")
        assert told(server, "tape") == {"pairs": ["BTC/USD"], "rows": 100, "next": None}
        listed = run(server, "market", "list").stdout
        assert {"BTC/USD", "ADA/EUR"} <= {line.split()[0] for line in listed.splitlines()}
        assert "a tape is playing" in run(server, "crowd", fails=1).stderr


def test_a_tape_that_goes_on_where_it_stood_says_so_to_whoever_names_another_moment(tmp_path: Path) -> None:
    tape = write(tmp_path / "XBTUSD.csv", made_up(100))
    with RunningServer(tmp_path / "data", "--tape", str(tape), "--speed", "0", "--at", "2015-01-01") as server:
        run(server, "clock", "advance", "5000d")
        assert "--at" not in server.log
        server.restart()
        assert "the tape goes on where it stood" in server.log


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--crowd", "wild"), "--crowd wild is none of off, calm, busy"),
        (("--crowd-at-first", "wild"), "--crowd-at-first wild is none of off, calm, busy"),
        (("--speed", "60x"), "add --tape FILE"),
        (("--at", "2020-01-01"), "add --tape FILE"),
        (("--tape", "x.csv", "--crowd", "busy"), "--crowd and --tape do not go together"),
        (("--tape", "x.csv", "--speed", "fast"), "as in 60x, up to 1000000x; or max for as fast as possible; or 0 for"),
        (("--tape", "x.csv", "--at", "soon"), "'soon' is no moment"),
        (("--tape", "x.csv"), "x.csv cannot be read"),
        (("--tape", "x.csv", "--tape", "y.csv", "--pair", "XBTUSD"), "--pair names the pair of one tape"),
    ],
)
def test_a_server_that_cannot_start_so_says_why(words: tuple[str, ...], says: str) -> None:
    done = CliRunner().invoke(app, ["serve", "--memory", "--port", "0", *words])
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
