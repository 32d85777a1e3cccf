"""A venue is its folder and a line: a third one trades beside ours, over a real socket, and nobody else knows it."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from seatrial.client.calls import Call, Wanted
from seatrial.client.control import Control, ControlError
from seatrial.dialects import registry
from seatrial.dialects.kraken.dialect import PRIVATE, PUBLIC
from seatrial.dialects.kucoin.dialect import ENDPOINTS
from seatrial.server.host.connection import KeyedAccount
from tests.support.harbor import auth
from tests.support.inside import Inside, inside
from tests.support.running import RunningServer

ROOT: Final = Path(__file__).parent.parent.parent
SOURCE: Final = ROOT / "src" / "seatrial"
HARBOR: Final = ROOT / "tests" / "support" / "harbor"
MODULE: Final = "tests.support.harbor"
HERE: Final = {"PYTHONPATH": str(ROOT)}
PATIENCE_SECONDS: Final = 60
NAMES: Final = re.compile("kraken|kucoin", re.IGNORECASE)
CALL_KRAKEN: Final = {
    "cli/api.py", "cli/calling.py", "cli/candles.py", "cli/history.py", "cli/history_download.py",
    "cli/history_options.py",
}  # fmt: skip
"""Commands that are a client of Kraken's, or read its archives."""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """An exchange at which Harbor is a venue."""
    with RunningServer(module=MODULE, env=HERE) as running:
        yield running


@pytest.fixture
def with_harbor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Harbor is a venue in this process."""
    monkeypatch.setattr(registry, "MODULES", [*registry.MODULES, "tests.support.harbor.venue"])


class Sailor:
    """A client of Harbor's."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._url, self._key, self._secret = url, key, secret

    def send(self, verb: str, endpoint: str, **body: str) -> tuple[int, Any]:
        """A signed call: its status, and what came."""
        content, moment = msgspec.json.encode(body) if body else b"", str(time.time_ns() // 10**6)  # noqa: TID251  a client's
        headers = auth.headers(self._key, self._secret, moment, verb, endpoint, content)
        answer = httpx.request(verb, self._url + endpoint, content=content, headers=headers, trust_env=False)
        return answer.status_code, answer.json()

    def ask(self, verb: str, endpoint: str, **body: str) -> Any:
        """What came of a call that succeeds."""
        status, answer = self.send(verb, endpoint, **body)
        assert status == 200, answer
        return answer


def demo_of(server: RunningServer, venue: str) -> KeyedAccount:
    """A venue's demo account."""
    found = server.connection.account(venue)
    assert found is not None
    return found


def opened(server: RunningServer, name: str, **balances: str) -> Sailor:
    """A new client of Harbor's."""
    account = server.tell("/accounts", name=name, venue="harbor", balances=balances)
    return Sailor(server.url, account["key"], account["secret"])


def seatrial(*arguments: str) -> str:
    """What a command says, where Harbor is a venue."""
    done = subprocess.run(
        [sys.executable, "-m", MODULE, *arguments], env=os.environ | HERE, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_whoever_calls_a_third_venue_trades_there(server: RunningServer) -> None:
    demo = demo_of(server, "harbor")
    ann, bob = Sailor(server.url, demo.key, demo.secret), opened(server, "bob", USD="100000")
    assert ann.ask("GET", "/api/v3/balance")["BTC"] == {"free": "2.0000000000", "locked": "0.0000000000"}
    assert "BTCUSD" in ann.ask("GET", "/api/v3/markets")
    asked = ann.ask("POST", "/api/v3/order", market="BTCUSD", side="sell", price="30000", qty="1")
    assert (asked["status"], asked["filled"]) == ("open", "0.00000000")
    assert ann.ask("GET", "/api/v3/balance")["BTC"]["locked"] == "1.0000000000"
    bought = bob.ask("POST", "/api/v3/order", market="BTCUSD", side="buy", price="30000", qty="0.25")
    assert (bought["status"], bought["filled"]) == ("filled", "0.25000000")
    canceled = ann.ask("DELETE", f"/api/v3/order?id={asked['id']}")
    assert canceled == {"id": asked["id"], "status": "canceled", "filled": "0.25000000"}
    rows = ann.ask("GET", "/api/v3/ledger")
    assert [row["type"] for row in rows[:2]] == ["trade", "trade"]
    assert {row["amount"] for row in rows[:2]} == {"-0.2500000000", "7500.0000"}
    assert server.ask("/books")["balanced"]


def test_users_of_a_third_venue_trade_with_those_of_the_first(server: RunningServer) -> None:
    carl = opened(server, "carl", BTC="1")
    demo = demo_of(server, "kraken")
    carl.ask("POST", "/api/v3/order", market="BTCUSD", side="sell", price="25000", qty="1")
    bought = json.loads(
        subprocess.run(
            [
                sys.executable, "-m", "seatrial", "api", "AddOrder", "pair=XBTUSD", "type=buy", "ordertype=limit",
                "price=25000", "volume=1", "--url", server.url, "--key-env", "OURS",
            ],
            env=os.environ | {"OURS_KEY": demo.key, "OURS_SECRET": demo.secret},
            capture_output=True, check=True,
        ).stdout
    )  # fmt: skip
    assert bought["error"] == []
    assert carl.ask("GET", "/api/v3/balance")["BTC"]["free"] == "0.0000000000"


def test_a_third_venue_refuses_in_its_own_words(server: RunningServer) -> None:
    demo, foreign = demo_of(server, "harbor"), demo_of(server, "kraken")
    wrong, stranger = Sailor(server.url, demo.key, "x"), Sailor(server.url, foreign.key, foreign.secret)
    assert wrong.send("GET", "/api/v3/balance") == (401, {"code": -9, "msg": "wrong seal"})
    assert stranger.send("GET", "/api/v3/balance") == (401, {"code": -7, "msg": "who goes there"})
    assert wrong.send("GET", "/api/v3/nothing") == (404, {"code": -1, "msg": "nothing moors here"})


def test_the_control_api_knows_a_third_venue(server: RunningServer) -> None:
    assert server.ask("/health")["venues"] == ["kraken", "kucoin", "harbor"]
    account = server.tell("/accounts", name="dora", venue="Harbor", tier="captain", balances={"BTC": "1"})
    key = server.tell("/accounts/dora/keys", permissions=["read"])
    assert (account["venue"], key["permissions"]) == ("harbor", ["read"])
    reader = Sailor(server.url, key["key"], key["secret"])
    assert reader.send("POST", "/api/v3/order", market="BTCUSD")[1]["msg"] == "not your ship"
    owner = Sailor(server.url, account["key"], account["secret"])
    order = owner.ask("POST", "/api/v3/order", market="BTCUSD", side="sell", price="99000", qty="0.5")
    deposit = server.tell("/accounts/dora/deposits", asset="BTC", amount="1")
    assert re.fullmatch(r"HT\d+", deposit["refid"])
    assert server.tell(f"/funding/{deposit['refid']}", status="Settled")["status"] == "Settled"
    with Control(server.control) as control:
        told = [event.details for event in control.follow(Wanted("dora", last=1_000, follow=False))]
    assert order["id"] in {event.get("order") for event in told}
    assert deposit["refid"] in {event.get("refid") for event in told}
    assert {"dora": "harbor"}.items() <= {one["name"]: one["venue"] for one in server.ask("/accounts")}.items()


def test_a_venue_that_is_none_is_told_which_there_are(server: RunningServer) -> None:
    with Control(server.control) as control, pytest.raises(ControlError) as refused:
        control.send(Call("/accounts", Any, {"venue": "port"}))
    assert refused.value.detail == "unknown venue 'port': one of kraken, kucoin, harbor"


@pytest.mark.parametrize(
    ("path", "host", "said"),
    [
        ("/api/v3/time", "localhost", "serverTime"),
        ("/api/v3/nothing", "localhost", "nothing moors here"),
        ("/api/v1/timestamp", "localhost", '"code":"200000"'),
        ("/api/v3/currencies/BTC", "localhost", '"currency":"BTC"'),
        ("/0/public/Time", "localhost", "unixtime"),
        ("/api/v3/time", "api.kucoin.com", '"code":"404'),
        ("/api/v1/timestamp", "api.harbor.example", "nothing moors here"),
        ("/api/v1/timestamp", "API.KRAKEN.COM:443", "EGeneral:Unknown method"),
        ("/time", "api.harbor.example", "nothing moors here"),
        ("/_seatrial/v1/health", "api.kraken.com", "the call names another host"),
        (
            "/moon", "localhost",
            "no venue has this path: Kraken's begin with /0/, KuCoin's with /api/, Harbor's with /api/v3/, ",
        ),
    ],
)  # fmt: skip
def test_the_host_says_whose_call_it_is_and_else_the_longest_beginning(
    server: RunningServer, path: str, host: str, said: str
) -> None:
    for _ in range(2):  # the second one is read by comparing, where there is a connection that goes on
        assert said in httpx.get(server.url + path, headers={"Host": host}, trust_env=False).text


@pytest.mark.usefixtures("with_harbor")
@pytest.mark.parametrize("order", [1, -1])
def test_no_call_that_another_venue_has_is_taken_away(monkeypatch: pytest.MonkeyPatch, order: int) -> None:
    monkeypatch.setattr(registry, "MODULES", registry.MODULES[::order])

    async def story(server: Inside) -> None:
        for path in (*PUBLIC, *PRIVATE):
            assert server.app.dialect(path) is server.world.dialects["kraken"]
        for endpoint in ENDPOINTS:
            assert server.app.dialect(endpoint.path) is server.world.dialects["kucoin"], endpoint.path
        assert server.app.dialect("/api/v3/order") is server.world.dialects["harbor"]

    inside(story)


def test_a_call_that_was_read_by_comparing_goes_where_its_host_says(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        answers = [
            client.get("/api/v1/timestamp", headers={"Host": host}).text
            for host in ("localhost:80", "api.kraken.com", "localhost:80", "api.kraken.com", "api.harbor.example")
        ]
    assert ["200000" in answer for answer in answers] == [True, False, True, False, False]
    assert "moors" in answers[-1]


def test_the_banner_shows_a_third_venue() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE, "serve", "--memory", "--port", "0"],
        env=os.environ | HERE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    banner = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert re.search(
        r"^  Harbor  key         [0-9a-f]{32}\n          secret      [0-9a-f]{96}\n\n", banner, re.MULTILINE
    )
    assert re.search(r'^  curl "http://127.0.0.1:\d+/api/v3/time"\n\nControl API', banner, re.MULTILINE)


def test_the_command_line_knows_a_third_venue(server: RunningServer) -> None:
    shown = seatrial("account", "open", "eve", "--venue", "harbor", "--tier", "mate", "BTC=1", "--url", server.url)
    assert "harbor" in shown
    assert "demo-harbor" in seatrial("account", "list", "--url", server.url)
    said = " ".join(seatrial("account", "open", "--help").split())
    assert "mate or captain" in said.replace("│ │ ", "")
    worked = json.loads(
        seatrial("sign", "/api/v3/balance", "--secret", "s", "--key", "k", "--timestamp", "5", "--json")
    )
    assert worked["headers"] == auth.headers("k", "s", "5", "GET", "/api/v3/balance")


def test_a_world_with_accounts_at_a_venue_that_is_not_there_is_neither_opened_nor_restored(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "data", module=MODULE, env=HERE):
        pass
    done = subprocess.run(
        [sys.executable, "-m", "seatrial", "serve", "--data", str(tmp_path / "data"), "--port", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "seatrial: the world that is kept there has accounts at harbor, which is no venue here\n"
    seatrial("backup", str(tmp_path / "backup"), "--data", str(tmp_path / "data"))
    with RunningServer() as ours, pytest.raises(ControlError, match="accounts at harbor, which is no venue here"):
        ours.tell("/restore", file=str(tmp_path / "backup"))


def test_a_stored_world_gets_the_demo_account_of_a_further_venue_if_its_name_is_free(tmp_path: Path) -> None:
    for name, found in (("ours", ["demo", "demo-kucoin", "demo-harbor"]), ("demo-harbor", ["demo", "demo-kucoin"])):
        with RunningServer(tmp_path / name) as before:
            before.tell("/accounts", name=name)
        with RunningServer(tmp_path / name, module=MODULE, env=HERE) as after:
            assert [account.name for account in after.connection.accounts] == found


def test_the_server_and_the_command_line_name_no_venue() -> None:
    named = [
        f"{path}:{line}"
        for folder in ("core", "store", "world", "server", "cli")
        for file in sorted((SOURCE / folder).rglob("*.py"))
        if (path := str(file.relative_to(SOURCE))) not in CALL_KRAKEN and "migrations" not in path
        for line in lines_that_name_one(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not named


def test_a_third_venue_is_its_folder_and_one_line() -> None:
    told = [
        str(file.relative_to(ROOT))
        for folder in (SOURCE, ROOT / "tests", ROOT / "bench", ROOT / "fuzz", ROOT / "scripts")
        for file in folder.rglob("*.py")
        if HARBOR not in file.parents and "harbor" in file.read_text(encoding="utf-8").lower()
    ]
    assert told == [str(Path(__file__).relative_to(ROOT))]
    adding = [line for line in (HARBOR / "__main__.py").read_text(encoding="utf-8").splitlines() if "MODULES." in line]
    assert adding == ['MODULES.append("tests.support.harbor.venue")']


def lines_that_name_one(tree: ast.Module) -> Iterator[int]:
    """The lines of code that name a venue; what is said in docstrings is for people."""
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if node not in said and NAMES.search(text):
                yield node.lineno
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if NAMES.search(name):
                yield node.lineno
            case ast.ImportFrom(module=str(module)) if NAMES.search(module):
                yield node.lineno


@pytest.mark.parametrize("code", ["x = 'kraken'", "import a.kucoin", "from a.kraken import b", "Kraken()", "a.kucoin"])
def test_the_reader_for_names_sees(code: str) -> None:
    assert list(lines_that_name_one(ast.parse(code))) == [1]
    assert not list(lines_that_name_one(ast.parse('"""Kraken."""')))
