"""The commands over the control API, against a server that was really started."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli import defaults
from seatrial.cli.grid import lines_of
from seatrial.cli.main import app
from seatrial.cli.tables import books
from seatrial.client.shapes import Books
from tests.support.running import RunningServer

ADDRESS = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
TOKEN = "open sesame"


class Stranger(BaseHTTPRequestHandler):
    """Knows no verb, and answers with a page that says so."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        """Stay silent."""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """An exchange that keeps nothing; each test has an account of its own there."""
    with RunningServer() as running:
        yield running


@pytest.fixture(scope="module")
def guarded() -> Iterator[RunningServer]:
    """An exchange whose control API wants a token."""
    with RunningServer(None, "--token", TOKEN) as running:
        yield running


def seatrial(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """Run a command, without a token unless the test gives one."""
    return CliRunner().invoke(app, arguments, env={"SEATRIAL_TOKEN": None, **(env or {})})


def shown(server: RunningServer, *arguments: str) -> str:
    """What a command shows to people."""
    done = seatrial(*arguments, "--url", server.url)
    assert done.exit_code == 0, done.output
    return done.stdout


def advised(server: RunningServer, *arguments: str) -> str:
    """What a command says that may be done next, beside what it shows."""
    return one_line(seatrial(*arguments, "--url", server.url))


def told(server: RunningServer, *arguments: str) -> Any:
    """What a command tells programs: one line of JSON."""
    done = seatrial(*arguments, "--url", server.url, "--json")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def refused(server: RunningServer, *arguments: str) -> str:
    """What is said when the exchange refuses."""
    done = seatrial(*arguments, "--url", server.url)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    return one_line(done)


def failed(*arguments: str, env: dict[str, str] | None = None) -> str:
    """What is said when there was wrong use, or no answer."""
    done = seatrial(*arguments, env=env)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    return one_line(done)


def one_line(done: Result) -> str:
    """The one line on standard error."""
    assert done.stderr.startswith("seatrial: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def opened(server: RunningServer, name: str, *balances: str) -> str:
    """A new account's name."""
    account = told(server, "account", "open", name, *balances, "--no-rate-limits")
    assert account["name"] == name
    return name


def balances_of(server: RunningServer, name: str) -> dict[str, str]:
    """What an account owns."""
    (balances,) = [account["balances"] for account in server.ask("/accounts") if account["name"] == name]
    assert isinstance(balances, dict)
    return balances


def facts(text: str) -> dict[str, str]:
    """The lines of an answer that is no table."""
    lines = (line.partition("  ") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def test_the_accounts_are_a_table_for_people_and_json_for_programs(server: RunningServer) -> None:
    table = shown(server, "account", "list")
    assert all(text in table for text in ("demo", "kraken", "10.0000000000 BTC"))
    assert told(server, "account", "list") == server.ask("/accounts")


def test_an_account_is_opened_as_it_was_asked_for(server: RunningServer) -> None:
    account = told(server, "account", "open", "ann", "USD=10000", "xbt=1", "--tier", "pro", "--no-rate-limits")
    (seen,) = [row for row in server.ask("/accounts") if row["id"] == account["id"]]
    assert (seen["name"], seen["tier"], seen["rate_limits"]) == ("ann", "pro", False)
    assert seen["balances"] == {"USD": "10000.0000", "BTC": "1.0000000000"}
    assert seen["keys"] == [account["key"]]


def test_a_new_account_shows_its_key_and_secret_on_lines_of_their_own(server: RunningServer) -> None:
    lines = shown(server, "account", "open", "bob").splitlines()
    assert [line.split()[0] for line in lines] == ["id", "name", "venue", "key", "secret"]


def test_an_account_chooses_what_pays_its_fees_and_takes_it_back(server: RunningServer) -> None:
    account = told(server, "account", "open", "kit", "--venue", "kucoin", "KCS=1")
    chosen = {"account_id": account["id"], "asset": "KCS"}
    assert told(server, "account", "fees", "kit", "KCS") == chosen
    assert facts(shown(server, "account", "fees", "kit", "KCS")) == {"account id": str(account["id"]), "asset": "KCS"}
    assert told(server, "account", "fees", "kit") == chosen | {"asset": None}


def test_nothing_else_pays_fees(server: RunningServer) -> None:
    told(server, "account", "open", "kay", "--venue", "kucoin")
    assert "'BTC' pays no fees at this venue: only KCS does" in refused(server, "account", "fees", "kay", "BTC")
    assert "at this venue nothing but what is traded pays fees" in refused(server, "account", "fees", "demo", "KFEE")
    assert "`seatrial account list`" in refused(server, "account", "fees", "nobody", "KCS")


def test_a_name_is_shown_as_it_is(server: RunningServer) -> None:
    opened(server, "[bold]:smile:")
    assert "[bold]:smile:" in shown(server, "account", "list")


def test_a_name_that_is_taken_is_a_refusal(server: RunningServer) -> None:
    assert "exists already" in refused(server, "account", "open", "demo")


def test_programs_get_the_refusal_as_json(server: RunningServer) -> None:
    done = seatrial("account", "open", "demo", "--json", "--url", server.url)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == 409


def test_an_asset_that_is_given_twice_is_wrong_use(server: RunningServer) -> None:
    assert "twice" in failed("account", "open", "eve", "USD=1", "USD=2", "--url", server.url)
    assert "USD=10000" not in refused(server, "account", "open", "eve", "FOO=1")


def test_a_key_does_what_it_was_issued_for(server: RunningServer, tmp_path: Path) -> None:
    name = opened(server, "carl", "USD=5")
    issued = told(
        server, "account", "key", name, "--name", "reader", "--permission", "query-funds", "--ip", "127.0.0.1"
    )
    assert (issued["name"], issued["permissions"]) == ("reader", ["query-funds"])
    env = {"CARL_KEY": issued["key"], "CARL_SECRET": issued["secret"]}
    where = ("--url", server.url, "--key-env", "CARL", "--data", str(tmp_path))
    assert json.loads(seatrial("api", "Balance", *where, env=env).stdout)["result"] == {"ZUSD": "5.0000"}
    denied = seatrial("api", "CancelAll", *where, env=env)
    assert (denied.exit_code, json.loads(denied.stdout)["error"]) == (1, ["EGeneral:Permission denied"])


def test_an_account_that_is_not_there_comes_with_the_next_step(server: RunningServer) -> None:
    for command in (["account", "key", "../1"], ["deposit", "nobody", "BTC", "1"]):
        assert "seatrial account list" in refused(server, *command)


def test_an_account_with_a_slash_in_its_name_is_reached(server: RunningServer) -> None:
    name = opened(server, "desk/hedge fund/50%")
    assert told(server, "account", "key", name)["name"] == "key"
    assert told(server, "deposit", name, "BTC", "1")["amount"] == "1.0000000000"


def test_the_deposits_of_nobody_are_a_refusal(server: RunningServer) -> None:
    assert "seatrial account list" in refused(server, "funding", "list", "--account", "nobody")


def test_what_may_be_done_next_is_said_beside_what_is_shown(server: RunningServer) -> None:
    name = opened(server, "nora")
    assert "`seatrial deposit ACCOUNT ASSET AMOUNT`" in advised(server, "funding", "list", "--account", name)
    assert "`seatrial funding move Q" in advised(server, "deposit", name, "BTC", "1", "--manual")
    assert "the clock does at 2" in advised(server, "deposit", name, "BTC", "1")
    assert "not shown again; `seatrial account key 'o p'`" in advised(server, "account", "open", "o p")


def test_a_deposit_moves_when_it_is_told(server: RunningServer) -> None:
    name = opened(server, "dora")
    deposit = facts(shown(server, "deposit", name, "BTC", "0.5", "--manual", "--txid", "ab" * 32))
    assert (deposit["status"], deposit["txid"]) == ("Settled", "ab" * 32)
    refid = deposit["refid"]
    assert told(server, "funding", "move", refid, "success")["status"] == "Success"
    assert balances_of(server, name) == {"BTC": "0.5000000000"}
    assert "cannot take that step: it can go to Failure" in refused(server, "funding", "move", refid, "Pending")


def test_an_account_is_opened_with_a_deposit_and_another_may_cost_a_fee(server: RunningServer) -> None:
    name = told(server, "account", "open", "gail", "EUR=100")["name"]
    told(server, "deposit", name, "EUR", "400", "--fee", "2.25", "--manual")
    rows = told(server, "funding", "list", "--account", name)
    assert [(row["amount"], row["fee"], row["status"]) for row in rows] == [
        ("400.0000", "2.2500", "Settled"), ("100.0000", "0.0000", "Success"),
    ]  # fmt: skip


def test_a_withdrawal_goes_to_a_saved_address_and_may_be_held(server: RunningServer, tmp_path: Path) -> None:
    account = told(server, "account", "open", "fred", "BTC=1", "--opening", "transfer")
    saved = told(server, "withdraw-key", "fred", "BTC", "cold", ADDRESS)
    assert (saved["key"], saved["address"], saved["verified"]) == ("cold", ADDRESS, True)
    env = {"FRED_KEY": account["key"], "FRED_SECRET": account["secret"]}
    where = ("--url", server.url, "--key-env", "FRED", "--data", str(tmp_path))
    answer = json.loads(seatrial("api", "Withdraw", "asset=XBT", "key=cold", "amount=0.5", *where, env=env).stdout)
    refid = answer["result"]["refid"]
    held = told(server, "funding", "move", refid, "On hold", "--prop", "onhold")
    assert (held["status"], held["status_prop"]) == ("On hold", "onhold")
    assert told(server, "funding", "move", refid, "--prop", "cancel-pending")["status_prop"] == "cancel-pending"
    for name in (str(account["id"]), "fred"):
        rows = told(server, "funding", "list", "--account", name)
        assert [(row["refid"], row["kind"]) for row in rows] == [(refid, "withdrawal")]
        assert told(server, "funding", "list", "--account", name, "--before", refid) == []
    assert refid in shown(server, "funding", "list", "--limit", "1")


def test_a_transfer_that_is_not_there_comes_with_the_next_step(server: RunningServer) -> None:
    assert "seatrial funding list" in refused(server, "funding", "move", "QAAAAAA-AAAAAA-AAAAAA", "Success")


def test_a_step_needs_a_status_or_a_prop(server: RunningServer) -> None:
    refid = told(server, "deposit", "demo", "ETH", "1", "--manual")["refid"]
    assert "give a status" in refused(server, "funding", "move", refid)


def test_delays_are_shown_and_changed(server: RunningServer) -> None:
    before = told(server, "funding", "delays")
    after = told(server, "funding", "delays", "--withdrawal-settled", "2m")
    assert after == before | {"withdrawal_settled": 120.0}
    assert facts(shown(server, "funding", "delays"))["withdrawal settled"] == "120 s"


def test_time_is_frozen_set_and_advanced_and_what_falls_due_happens(server: RunningServer) -> None:
    name = opened(server, "gina")
    frozen = told(server, "clock", "freeze")
    assert frozen["frozen"]
    told(server, "deposit", name, "USDT", "100")
    told(server, "clock", "advance", "24h")
    assert balances_of(server, name) == {"USDT": "100.00000000"}
    assert told(server, "clock", "set", "2090-01-01T00:00:00Z")["now"] == "2090-01-01T00:00:00Z"
    backwards = refused(server, "clock", "set", "2030-01-01")
    assert "time does not go back" in backwards
    assert "another --data, or restore a backup" in backwards
    assert told(server, "clock") == told(server, "clock", "show") == server.ask("/clock")
    assert facts(shown(server, "clock", "speed", "60x"))["speed"] == "60"
    assert not told(server, "clock", "run")["frozen"]
    told(server, "clock", "speed", "1")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["deposit", "demo", "ETH", "1", "--method", "Pigeon"], "no such method 'Pigeon': one of Ether (Hex), "),
        (["deposit", "demo", "ETH", "0"], "must be at least 0.0001"),
        (["deposit", "demo", "NOPE", "1"], "unknown asset 'NOPE': one of USD, EUR, "),
        (["withdraw-key", "demo", "ETH", "cold", "0x1", "--method", "Pigeon"], "one of Ether (Hex), "),
        (["account", "open", "zoe", "--venue", "binance"], "unknown venue 'binance': one of kraken, kucoin"),
        (["account", "open", "zoe", "USD=-1"], "a plain decimal, not below 0"),
        (["clock", "set", "2030"], "give 2030-01-01, or 1970-01-01T00:33:50Z"),
        (["clock", "set", "20300131"], "give 2030-01-31, or 1970-08-23T22:55:31Z"),
        (["clock", "speed", "0"], "to stop the clock, freeze it"),
        (["funding", "delays", "--deposit-settled", ""], "is no duration"),
        (["crowd", "--pair", "BTC/USD"], "name what to change of the pair"),
        (["crowd", "--depth", "2"], "name the pair"),
        (
            ["crowd", "--pair", "BTC/USD", "--depth", "-1"],
            "no depth: a plain decimal with at most 6 decimals, from 0 to",
        ),
        (["market", "liquidity", "BTC/USD", "none"], "make it calm or busy first"),
    ],
)
def test_a_refusal_names_the_way_out(server: RunningServer, command: list[str], says: str) -> None:
    assert says in refused(server, *command)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["deposit", "demo", "ETH", "-1"], "AMOUNT"),
        (["deposit", "--manual", "demo", "ETH", "-.5"], "AMOUNT"),
        (["market", "price", "BTC/USD", "-1"], "PRICE"),
        (["market", "print", "--side", "buy", "BTC/USD", "1", "-1"], "VOLUME"),
        (["clock", "advance", "-1h"], "VALUE"),
        (["clock", "set", "-1"], "VALUE"),
    ],
)
def test_a_negative_quantity_is_explained(command: list[str], name: str) -> None:
    negative = command[-1]
    assert failed(*command) == f"seatrial: {name} must be above 0, and {negative} is below it\n"


@pytest.mark.parametrize(
    ("command", "idle"),
    [
        (["books", "--url", "http://here", "--data", "there"], "--data has no effect beside --url"),
        (["deposit", "ann", "BTC", "1", "--url", "http://here", "--data", "x"], "--data has no effect beside --url"),
        (
            ["restore", "f", "--url", "http://here", "--database", "postgresql://x"],
            "--database has no effect beside --url",
        ),
        (["restore", "f", "--token", "x", "--database", "postgresql://x"], "--token has no effect beside --database"),
        (["verify", "f", "--data", "x"], "--data has no effect beside FILE"),
        (["verify", "f", "--database", "postgresql://x"], "--database has no effect beside FILE"),
        (["backup", "f", "--data", "x", "--database", "postgresql://x"], "--data has no effect beside --database"),
        (["serve", "--memory", "--data", "x"], "--data has no effect beside --memory"),
        (["candles", "XBTUSD", "--interval", "1h", "--json", "--format", "csv"], "--json is short for --format json"),
    ],
)
def test_an_option_that_another_makes_pointless_is_wrong_use(command: list[str], idle: str) -> None:
    assert idle in failed(*command)


def test_an_option_that_the_environment_makes_pointless_is_remarked_on() -> None:
    done = seatrial("verify", "--data", "x", env={"SEATRIAL_DATABASE": "mysql://x"})
    assert "--data has no effect, because the environment sets --database" in done.stderr
    assert "has no effect" not in seatrial("verify", env={"SEATRIAL_DATABASE": "mysql://x"}).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["advance"], "seatrial clock advance 24h"),
        (["set"], "seatrial clock set 2"),
        (["freeze", "5"], "takes no value"),
    ],
)
def test_a_clock_with_a_value_too_few_or_too_many_is_wrong_use(arguments: list[str], said: str) -> None:
    assert said in failed("clock", *arguments)


def test_the_books_are_balanced(server: RunningServer) -> None:
    table = shown(server, "books")
    assert "The books are balanced." in table
    assert "custody" in table
    assert told(server, "books")["balanced"]


def test_books_that_are_not_balanced_cry_out() -> None:
    grid = books(Books(balanced=False, assets={}))
    assert not isinstance(grid, str)
    assert list(lines_of(grid, 80))[-1] == "THE BOOKS ARE NOT BALANCED."


def test_the_token_opens_the_door_by_option_and_by_environment(guarded: RunningServer) -> None:
    where = ("books", "--url", guarded.url)
    assert "asks for its token" in failed(*where)
    assert "has another token" in failed(*where, "--token", "sésame")
    assert seatrial(*where, "--token", TOKEN).exit_code == 0
    assert seatrial(*where, env={"SEATRIAL_TOKEN": TOKEN}).exit_code == 0


def test_an_exchange_that_wants_a_token_gives_api_no_key(guarded: RunningServer, tmp_path: Path) -> None:
    said = failed("api", "Balance", "--url", guarded.url, "--data", str(tmp_path), env={"SEATRIAL_TOKEN": TOKEN})
    assert "--key-env" in said


def test_api_gets_a_key_from_an_exchange_that_keeps_nothing(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defaults, "URL", server.url)
    for _ in range(2):
        done = seatrial("api", "Balance", "--data", str(tmp_path))
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["result"]["XXBT"] == "10.0000000000"
    assert list(tmp_path.iterdir()) == []


def test_the_data_directory_leads_to_the_exchange(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with RunningServer(data):
        for command in (["account", "open", "hal"], ["api", "Balance"]):
            done = seatrial(*command, "--data", str(data))
            assert done.exit_code == 0, done.output
    assert f"seatrial serve --data {data}" in failed("account", "list", "--data", str(data))


def test_the_control_apis_own_address_will_do(server: RunningServer) -> None:
    assert seatrial("books", "--url", f"{server.control}/").exit_code == 0


def test_what_is_no_exchange_is_told() -> None:
    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        thread = Thread(target=stranger.handle_request)
        thread.start()
        assert "not as Seatrial does" in failed("books", "--url", f"http://127.0.0.1:{stranger.server_port}")
        thread.join()
    assert "http://host:port" in failed("books", "--url", "localhost:8790")


def test_help_names_every_command() -> None:
    command = [sys.executable, "-m", "seatrial", "--help"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in ("account", "api", "books", "clock", "deposit", "funding", "serve", "sign", "withdraw-key"):
        assert f" {name} " in printed


def events_told(server: RunningServer, *arguments: str) -> list[dict[str, Any]]:
    """The events that a command tells programs, a line of JSON each."""
    done = seatrial("events", *arguments, "--url", server.url, "--json")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_events_are_a_line_each_for_people_and_json_for_programs(server: RunningServer) -> None:
    name = opened(server, "eve", "USD=100")
    first, *_ = told_events = events_told(server, "--account", name)
    assert (first["kind"], first["account"], first["venue"]) == ("account_opened", "eve", "kraken")
    line = shown(server, "events", "--account", name, "--kind", "account_opened").split()
    assert line[0] == str(first["number"])
    assert line[1:4] == [first["at"], "account_opened", "account=eve"]
    assert events_told(server, "--since", str(first["number"]), "--account", name) == told_events[1:]
    assert events_told(server, "--last", "1", "--account", name) == told_events[-1:]


def test_events_that_are_held_no_more_are_refused(server: RunningServer) -> None:
    assert "what followed fact 999999999 is not held" in refused(server, "events", "--since", "999999999")
    assert "`seatrial account list` and `seatrial market list`" in refused(server, "events", "--account", "nobody")
    assert "since and last do not go together" in refused(server, "events", "--since", "1", "--last", "1")


def test_events_are_followed_until_the_server_stops() -> None:
    with RunningServer() as running:
        running.tell("/accounts", name="early")
        command = [sys.executable, "-m", "seatrial", "events", "--follow", "--kind", "account_opened", "--json"]
        following = subprocess.Popen(
            [*command, "--url", running.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert following.stdout is not None
        assert json.loads(following.stdout.readline())["account"] == "early"
        running.tell("/accounts", name="late")
        assert json.loads(following.stdout.readline())["account"] == "late"
        running.interrupt()
        output, error = following.communicate(timeout=30)
        assert (output, following.returncode) == ("", 2)
        assert "the server stops" in error
