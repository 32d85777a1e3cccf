"""`seatrial serve` as users run it: starting, stopping, finding everything again, and refusing to start."""

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from seatrial import version
from seatrial.client.control import Control
from seatrial.client.shapes import NewAccount
from tests.support.running import RunningServer
from tests.support.signed_calls import Signer
from tests.support.venue_client import VenueClient

SERVE = (sys.executable, "-m", "seatrial", "serve", "--port", "0", "--json")
PATIENCE_SECONDS = 60


def test_one_line_of_json_says_how_to_reach_it() -> None:
    with RunningServer() as server:
        line = msgspec.json.encode(server.connection).decode()
        shape = (
            r'\{"url":"(http://127\.0\.0\.1:[1-9]\d*)","control":"\1/_seatrial/v1","world":"main","accounts":\['
            r'\{"id":1,"name":"demo","venue":"kraken","key":"[A-Za-z0-9+/]{56}","secret":"[A-Za-z0-9+/]{86}=="\},'
            r'\{"id":2,"name":"demo-kucoin","venue":"kucoin","key":"[0-9a-f]{24}","secret":"[0-9a-f-]{36}",'
            r'"passphrase":"[a-z2-9]{12}"\}\],"version":"[^"]+",'
            r'"https":"https://127\.0\.0\.1:[1-9]\d*","ca":"[^"]+/ca\.pem"\}'
        )
        assert re.fullmatch(shape, line), line
        assert server.ask("/health")["status"] == "ok"
        with VenueClient(server.url, server.demo) as demo:
            assert demo.call("Balance")["ZUSD"] == "100000.0000"


def test_the_line_is_all_that_it_prints() -> None:
    process = subprocess.Popen([*SERVE, "--memory"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert msgspec.json.decode(line).keys() == {"url", "https", "ca", "control", "world", "accounts", "version"}
    assert (rest, errors, process.returncode) == ("", "", 0)


def test_the_banner_says_what_to_paste_where(tmp_path: Path) -> None:
    command = [word for word in SERVE if word != "--json"]
    process = subprocess.Popen(
        [*command, "--data", str(tmp_path / "data")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert rest == f"\nStopped. The world is kept in {tmp_path / 'data'}.\n"
    banner = "".join(lines)
    url = lines[0].removeprefix(f"Seatrial {version()} answers at ").strip()
    key, secret = (re.findall(rf" {name} +(\S+)$", banner, re.MULTILINE)[0] for name in ("key", "secret"))
    shape = r"^  KuCoin  key +[0-9a-f]{24}\n +secret +[0-9a-f-]{36}\n +passphrase +[a-z2-9]{12}$"
    assert re.search(shape, banner, re.MULTILINE)
    assert f'curl "{url}/0/public/Ticker?pair=XBTUSD"' in banner
    assert f'ccxt.kraken({{"apiKey": "{key}", "secret": "{secret}"}})' in banner
    assert f"Control API: {url}/_seatrial/v1" in banner
    assert f"The world is kept in {tmp_path / 'data'}." in banner
    assert (
        f"and at {url.replace('http', 'https')}, for those who trust {tmp_path / 'data' / 'tls' / 'ca.pem'}" in banner
    )
    assert (errors, process.returncode) == ("", 0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_without_a_word(how: signal.Signals, tmp_path: Path) -> None:
    with RunningServer(tmp_path / "data") as server, VenueClient(server.url, server.demo) as demo:
        order = demo.call("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=1, volume=1)
        server.process.send_signal(how)
        assert server._wait() == 0
        assert server.log == ""
        server.restart()
        with VenueClient(server.url, server.demo, nonce=10) as again:
            assert list(again.call("OpenOrders")["open"]) == order["txid"]


def state_of(server: RunningServer, signer: Signer) -> dict[str, bytes]:
    """All that can be seen of a world, byte for byte."""
    views = ("/books", "/accounts", "/funding", "/delays", "/clock")
    private = ("Balance", "BalanceEx", "OpenOrders", "ClosedOrders", "TradesHistory", "Ledgers", "TradeVolume")
    public = ("Depth?pair=XBTUSD", "Trades?pair=XBTUSD", "OHLC?pair=XBTUSD", "Ticker?pair=XBTUSD", "Spread?pair=XBTUSD")
    seen = {view: server.said(view) for view in views}
    with VenueClient(server.url, signer) as client:
        seen |= {method: client.raw(signer.call(method)) for method in private}
        seen |= {page: client.public(*page.split("?")) for page in public}
        seen["DepositStatus"] = client.raw(signer.call("DepositStatus", start=0))
        seen["WithdrawStatus"] = client.raw(signer.call("WithdrawStatus", start=0))
        seen["WithdrawAddresses"] = client.raw(signer.call("WithdrawAddresses"))
        seen["DepositAddresses"] = client.raw(signer.call("DepositAddresses", asset="XBT", method="Bitcoin"))
    return seen


def trade_a_little(server: RunningServer) -> Signer:
    """Two accounts that trade, deposit and withdraw; the key of the first."""
    server.tell("/clock", frozen=True)
    opened = [
        server.tell("/accounts", name=name, balances={"USD": "100000", "BTC": "5"}, rate_limits=False)
        for name in ("ann", "bob")
    ]
    ann, bob = (Signer(account["key"], account["secret"]) for account in opened)
    server.tell("/accounts/ann/withdraw-keys", asset="XBT", key="cold", address="bc1qcold")
    server.tell("/delays", deposit_settled="2h")
    with VenueClient(server.url, ann) as seller, VenueClient(server.url, bob) as buyer:
        limit = {"pair": "XBTUSD", "ordertype": "limit"}
        seller.call("AddOrder", **limit, type="sell", price=50_000, volume=2)
        buyer.call("AddOrder", **limit, type="buy", price=50_000, volume="0.5", userref=7)
        buyer.call("AddOrder", **limit, type="buy", price=49_000, volume=1)
        seller.call("AddOrder", **limit, type="buy", price=48_000, volume=1, timeinforce="GTD", expiretm="+3600")
        seller.call("DepositAddresses", asset="XBT", method="Bitcoin", new="true")
        seller.call("Withdraw", asset="XBT", key="cold", amount="0.25")
    server.tell("/accounts/ann/deposits", asset="XBT", amount="1", txid="abc")
    server.tell("/clock", advance="90m")
    return ann


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "data") as server:
        ann = trade_a_little(server)
        first, before = server.connection, state_of(server, ann)
        answered = ann.call("Balance")
        with VenueClient(server.url, ann) as client:
            client.send(answered)
        server.restart()
        assert server.connection.accounts == first.accounts
        with VenueClient(server.url, ann) as client:
            assert client.error(answered) == "EAPI:Invalid nonce"
        assert state_of(server, ann) == before


def test_a_world_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Orders still rest in their places, timers still fire, ids go on."""
    with RunningServer(tmp_path / "data") as server:
        ann = trade_a_little(server)
        server.restart()
        with VenueClient(server.url, ann) as client:
            assert client.call("DepositStatus")[0]["status"] == "Settled"
            server.tell("/clock", advance="30m")
            assert client.call("DepositStatus")[0]["status"] == "Success"
            sold = client.call("AddOrder", pair="XBTUSD", type="sell", ordertype="market", volume="0.5")["txid"][0]
            assert float(client.call("QueryOrders", txid=sold)[sold]["price"]) == 49_000
        assert server.ask("/books")["balanced"]


def test_a_world_keeps_the_seed_that_it_began_with(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with RunningServer(data, "--seed", "7") as server:
        began = server.connection.accounts
    told = refused("--data", str(data), "--seed", "8")
    assert "has the seed 7, for good: leave --seed out, or begin a world of seed 8 with another --data DIR" in told
    for seed in ([], ["--seed", "7"]):
        with RunningServer(data, *seed) as server:
            assert server.connection.accounts == began


def story(server: RunningServer) -> list[bytes]:
    """Every answer of a story told at set moments."""
    server.tell("/clock", frozen=True, now="2030-01-01T00:00:00Z")
    told: list[bytes] = []

    def post(path: str, **body: object) -> bytes:
        told.append(server.said(path, body))
        return told[-1]

    opened = [post("/accounts", name=name, balances={"USD": "100000", "BTC": "5"}) for name in ("ann", "bob")]
    ann, bob = (Signer(account["key"], account["secret"]) for account in map(msgspec.json.decode, opened))
    post("/accounts/ann/withdraw-keys", asset="XBT", key="cold", address="bc1qcold")
    with VenueClient(server.url, ann) as client:

        def call(signer: Signer, method: str, /, **params: object) -> None:
            told.append(client.raw(signer.call(method, **params)))

        for round_number in range(5):
            call(ann, "AddOrder", pair="XBTUSD", type="sell", ordertype="limit", price=50_000, volume="0.2")
            call(bob, "AddOrder", pair="XBTUSD", type="buy", ordertype="market", volume="0.1")
            call(bob, "AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price="#1%", volume="0.1", userref=3)
            call(ann, "DepositAddresses", asset="XBT", method="Bitcoin", new="true")
            call(ann, "Withdraw", asset="XBT", key="cold", amount=f"0.0{round_number + 1}")
            call(ann, "GetWebSocketsToken")
            post("/accounts/bob/deposits", asset="USD", amount=100)
            post("/clock", advance="17s")
        call(bob, "CancelOrder", txid=3)
        for method in ("Balance", "Ledgers", "TradesHistory", "ClosedOrders", "OpenOrders"):
            call(ann, method)
            call(bob, method)
        call(bob, "DepositStatus")
        call(ann, "WithdrawStatus")
        told.extend(client.public(method, "pair=XBTUSD") for method in ("Depth", "Trades", "OHLC", "Spread", "Time"))
    # Not all accounts': what the demo accounts were opened with came in before the clock stood still.
    told.extend(server.said("/funding", account=name) for name in ("ann", "bob"))
    return told


def test_the_same_seed_and_calls_give_the_same_answers_in_another_process() -> None:
    """Byte for byte, ids, keys, addresses and times included, whatever order the process hashes in."""
    with RunningServer(None, "--seed", "5", env={"PYTHONHASHSEED": "1"}) as one:
        first, demo = story(one), one.demo
    with RunningServer(None, "--seed", "5", env={"PYTHONHASHSEED": "2"}) as another:
        assert another.demo == demo
        assert story(another) == first
    assert not any(b'"error":["' in answer for answer in first)


def test_another_seed_gives_other_keys_and_ids() -> None:
    with RunningServer(None, "--seed", "5") as one, RunningServer(None, "--seed", "6") as another:
        order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": 1, "volume": 1}
        with VenueClient(one.url, one.demo) as first, VenueClient(another.url, another.demo) as second:
            assert first.call("AddOrder", **order)["txid"] != second.call("AddOrder", **order)["txid"]
        assert one.demo.key != another.demo.key
        assert one.demo.secret != another.demo.secret


def test_nobody_can_claim_to_call_from_elsewhere() -> None:
    """A key that is bound to an address stays bound, whatever headers its caller adds."""
    with RunningServer() as server:
        away = server.tell("/accounts/demo/keys", ips=["192.0.2.1"])
        call = Signer(away["key"], away["secret"]).call("Balance")
        claims = {"X-Forwarded-For": "192.0.2.1", "X-Real-IP": "192.0.2.1", "Forwarded": "for=192.0.2.1"}
        answer = httpx.post(server.url + call.path, content=call.body, headers=call.headers | claims, trust_env=False)
        assert answer.json() == {"error": ["EAPI:Invalid key"]}


def test_memory_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen([*SERVE, "--memory"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    connection = msgspec.json.decode(process.stdout.readline())
    with Control(connection["control"]) as control:
        control.open_account(NewAccount("ann"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_what_it_keeps_is_its_owners_alone(umask: int, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = subprocess.Popen([*SERVE, "--data", str(data)], stdout=subprocess.PIPE, text=True, umask=umask)
    assert process.stdout is not None
    connection = msgspec.json.decode(process.stdout.readline())
    with Control(connection["control"]) as control:
        control.open_account(NewAccount("ann"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.iterdir())}
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    folders = {"data": 0o700, "tls": 0o700}
    files = ("lock", "world.sqlite3", "world.sqlite3-wal", "world.sqlite3-shm", "connection.json")
    assert modes == folders | dict.fromkeys(files, 0o600)


def refused(*options: str) -> str:
    """The one line with which a start is refused."""
    done = subprocess.run([*SERVE, *options], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert re.fullmatch(r"seatrial: [^\n]+\n", done.stderr), done.stderr
    return done.stderr.removeprefix("seatrial: ").strip()


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_busy_port_is_refused_and_no_world_is_begun(busy_port: int, tmp_path: Path) -> None:
    says = f"cannot listen on 127.0.0.1 port {busy_port}: Address already in use; choose another with --port"
    assert refused("--data", str(tmp_path / "data"), "--port", str(busy_port)) == says
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "a..b", "x" * 64, "::nonsense"])
def test_an_address_that_is_not_this_machines_is_refused(host: str) -> None:
    assert refused("--memory", "--host", host).startswith(f"cannot listen on {host} port 0: ")


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert refused("--data", str(file)) == f"cannot write in {file}: File exists; choose another folder with --data"
    assert refused("--data", str(file / "in")).startswith(f"cannot write in {file / 'in'}: Not a directory")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(0o500)
    if os.access(folder, os.W_OK):  # the superuser may write anywhere but in the kernel's own folders
        folder = Path("/proc")
    assert refused("--data", str(folder)).startswith(f"cannot write in {folder}: ")


def begin_world(data: Path) -> Path:
    """Begin a world in a folder; its database."""
    with RunningServer(data):
        pass
    return data / "world.sqlite3"


def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = begin_world(tmp_path)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = database.read_bytes()
    assert "was written by a newer Seatrial" in refused("--data", str(tmp_path))
    assert database.read_bytes() == before


def another_programs(database: Path) -> None:
    """A database that is not ours."""
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


def no_database(database: Path) -> None:
    """A file that is no database at all."""
    database.write_bytes(b"not a database, but long enough to be read as one" * 100)


def a_folder(database: Path) -> None:
    """A folder where the database should be."""
    database.mkdir()


def without_rows(database: Path) -> None:
    """A database of ours that somebody spoiled."""
    begin_world(database.parent)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("DROP TABLE orders")
    connection.close()


@pytest.mark.parametrize("spoil", [another_programs, no_database, a_folder, without_rows])
def test_a_store_that_cannot_be_used_is_refused(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    spoil(tmp_path / "world.sqlite3")
    assert str(tmp_path / "world.sqlite3") in refused("--data", str(tmp_path))


def test_a_second_server_in_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server:
        says = f"another server is using {tmp_path}: stop it, or choose another folder with --data"
        assert refused("--data", str(tmp_path)) == says
        assert server.ask("/health")["status"] == "ok"
        assert (tmp_path / "connection.json").read_text().startswith(f'{{"url":"{server.url}"')


def test_a_folder_is_free_again_after_a_kill(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server:
        server.kill()
        server.restart()
        assert server.ask("/books")["balanced"]


@pytest.mark.parametrize("options", [["--port", "65536"], ["--port", "-1"], ["--seed", "-1"], ["--seed", str(2**63)]])
def test_numbers_out_of_range_are_wrong_use(options: list[str]) -> None:
    done = subprocess.run(
        [*SERVE, "--memory", *options], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_without_assertions_it_does_not_start() -> None:
    command = [SERVE[0], "-O", *SERVE[1:], "--memory"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "run without -O" in done.stderr


def test_a_start_loads_nothing_that_it_does_not_need() -> None:
    """A cold start is mostly imports, and their time varies too much to be tested; which they are does not."""
    slow = {
        "alembic",
        "starlette",
        "httpx",
        "rich.console",
        "hypothesis",
    }
    code = f"import sys, seatrial.cli.main, seatrial.cli.serving; print(*sorted({slow!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
