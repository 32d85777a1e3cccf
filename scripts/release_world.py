"""Make the world that a release leaves behind, for tests of later ones: its file, a backup, and what it said of it.

    .venv/bin/python scripts/release_world.py 0.1.0 [--command RELEASE/.venv/bin/seatrial]

Run it once for a release, before its code changes. It starts that release's server on a fresh folder and calls nothing
but the venues' APIs, the control API and the command line, so it runs against any release. Clock and seed are
set, so a second run makes the same world, but for when it was made.
"""

import argparse
import gzip
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from seatrial.dialects.kraken import auth as kraken_auth
from seatrial.dialects.kucoin import auth as kucoin_auth

ROOT: Final = Path(__file__).parent.parent
BEGIN: Final = "2026-09-25T12:00:00Z"
SEED: Final = 7
TOTP_SECRET: Final = "JBSWY3DPEHPK3PXP"  # noqa: S105  it opens a made-up account
OTP: Final = "hunter2"
WORLD: Final = "world.sqlite3"
BACKUP: Final = "backup.sqlite3"
STORY: Final = "story.json"

DELAYS: Final = ("deposit_settled", "withdrawal_initial", "withdrawal_pending", "withdrawal_settled")

Fields = dict[str, Any]


class Exchange:
    """A release's server, and all that is said to it."""

    def __init__(self, connection: Fields) -> None:
        self.url: str = connection["url"]
        self._control: str = connection["control"]
        self._client = httpx.Client(trust_env=False, timeout=60)

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        """GET of the control API."""
        return self._client.get(self._control + path).raise_for_status().json()

    def post(self, path: str, **body: object) -> Any:  # noqa: ANN401  JSON
        """POST to the control API."""
        answer = self._client.post(self._control + path, json=body)
        assert answer.is_success, (path, body, answer.text)
        return answer.json()

    def send(self, verb: str, target: str, body: bytes, headers: dict[str, str]) -> Any:  # noqa: ANN401  JSON
        """A call of a venue."""
        return self._client.request(verb, self.url + target, content=body, headers=headers).json()

    def kraken(self, name: str, **balances: str) -> "Kraken":
        """A new user."""
        opened = self.post("/accounts", name=name, balances=balances, tier="pro", rate_limits=False)
        return Kraken(self, name, opened["key"], opened["secret"])

    def kucoin(self, name: str, **balances: str) -> "Kucoin":
        """A new user; `main_` before an asset names the funding account."""
        named = {asset.replace("main_", "main:"): amount for asset, amount in balances.items()}
        opened = self.post("/accounts", name=name, venue="kucoin", balances=named, rate_limits=False)
        return Kucoin(self, name, opened["key"], opened["secret"], opened["passphrase"])


class Kraken:
    """A key of Kraken's."""

    def __init__(self, exchange: Exchange, name: str, key: str, secret: str) -> None:
        self.name, self.key, self.secret = name, key, secret
        self.nonce = 1_000
        self._exchange = exchange

    def call(self, method: str, /, **params: object) -> Any:  # noqa: ANN401  JSON
        """The result of a call that must succeed."""
        self.nonce += 1
        params = {"nonce": self.nonce, **params}
        path, body = f"/0/private/{method}", urlencode(params).encode()
        headers = {
            "API-Key": self.key, "API-Sign": kraken_auth.sign(path, str(params["nonce"]), body, self.secret),
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        answer = self._exchange.send("POST", path, body, headers)
        assert not answer["error"], (method, params, answer)
        return answer["result"]

    def order(self, side: str, volume: str, price: str | None = None, pair: str = "XBTUSD", **more: object) -> str:
        """A new order's txid."""
        kind = {"ordertype": "market"} if price is None else {"ordertype": "limit", "price": price}
        (txid,) = self.call("AddOrder", **{"pair": pair, "type": side, "volume": volume, **kind, **more})["txid"]
        return str(txid)

    def facts(self) -> Fields:
        """What a test needs to go on with it."""
        return {"venue": "kraken", "key": self.key, "secret": self.secret, "nonce": self.nonce}


class Kucoin:
    """A key of KuCoin's."""

    def __init__(self, exchange: Exchange, name: str, key: str, secret: str, passphrase: str) -> None:
        self.name, self.key, self.secret, self.passphrase = name, key, secret, passphrase
        self._exchange = exchange

    def call(self, verb: str, path: str, body: object = None, /, **query: object) -> Any:  # noqa: ANN401  JSON
        """The data of a call that must succeed."""
        target = f"{path}?{urlencode(query)}" if query else path
        content = b"" if body is None else json.dumps(body).encode()
        at_ms = str(self._exchange.get("/clock")["now_ns"] // 10**6)
        proof = kucoin_auth.steps(
            at_ms, verb, target, content, self.secret, key=self.key, passphrase=self.passphrase
        )  # fmt: skip
        answer = self._exchange.send(verb, target, content, {**proof.headers, "Content-Type": "application/json"})
        assert answer["code"] == "200000", (verb, target, body, answer)
        return answer.get("data")

    def order(self, name: str, side: str, symbol: str, path: str = "/api/v1/hf/orders", **fields: str) -> str:
        """A new order's id."""
        kind = "limit" if "price" in fields else "market"
        made = self.call("POST", path, {"clientOid": name, "side": side, "symbol": symbol, "type": kind, **fields})
        return str(made["orderId"])

    def facts(self) -> Fields:
        """What a test needs to go on with it."""
        return {"venue": "kucoin", "key": self.key, "secret": self.secret, "passphrase": self.passphrase}


class Story:
    """What happened, and what the release said of it."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.orders: dict[str, str] = {}
        self.users: dict[str, Kraken | Kucoin] = {}
        self.ids: dict[str, str] = {}
        self.said: list[Fields] = []

    def tell(self) -> Fields:
        """Live through all of it."""
        self.exchange.post("/clock", frozen=True, now=BEGIN)
        self._open()
        self._keys()
        self._sub_account()
        self._kraken_orders()
        self._hours_of_trades()
        self._kucoin_orders()
        self._deposits()
        self._withdrawals()
        self._crowd()
        self._halts()
        self._ask()
        return self.facts()

    def facts(self) -> Fields:
        """For the tests."""
        return {
            "seed": SEED,
            "now_ns": self.exchange.get("/clock")["now_ns"],
            "users": {name: user.facts() for name, user in self.users.items()},
            "orders": self.orders,
            "ids": self.ids,
            "books": self.exchange.get("/books"),
            "halted": self.exchange.get("/markets/LTCUSD")["status"],
            "funding": self.exchange.get("/funding"),
            "said": self.said,
        }

    @property
    def ann(self) -> Kraken:
        return self._kraken("ann")

    @property
    def bob(self) -> Kraken:
        return self._kraken("bob")

    @property
    def kim(self) -> Kucoin:
        return self._kucoin("kim")

    @property
    def mia(self) -> Kucoin:
        return self._kucoin("mia")

    def _kraken(self, name: str) -> Kraken:
        user = self.users[name]
        assert isinstance(user, Kraken)
        return user

    def _kucoin(self, name: str) -> Kucoin:
        user = self.users[name]
        assert isinstance(user, Kucoin)
        return user

    def _open(self) -> None:
        opened: tuple[Kraken | Kucoin, ...] = (
            self.exchange.kraken("ann", **{"USD": "100000", "XBT": "5", "ETH": "50", "ETH2.S": "3", "USDT.F": "250"}),
            self.exchange.kraken("bob", USD="50000", XBT="2", EUR="1000"),
            self.exchange.kucoin("kim", USDT="100000", BTC="1", main_USDT="5000"),
            self.exchange.kucoin("mia", USDT="20000", SOL="1000", main_SOL="10", main_BTC="0.5"),
        )
        self.users = {user.name: user for user in opened}

    def _keys(self) -> None:
        """Keys of each restriction; one has used nonces within its window out of turn."""
        wide = self._issue("ann", "wide", nonce_window=1_000)
        for nonce in (5_000, 4_500, 4_600):
            wide.nonce = nonce - 1
            wide.call("Balance")
        wide.nonce = 5_000
        reader = self._issue(
            "ann", "reader", permissions=["query-funds", "query-ledger"], one_time_password=OTP,
            expiry="2099-12-31", query_from="2026-09-25", ips=["127.0.0.1", "10.0.0.0/8"],
        )  # fmt: skip
        reader.call("Balance", otp=OTP)
        self._issue("bob", "authenticator", totp_secret=TOTP_SECRET)
        self.ann.call("GetWebSocketsToken")
        for method, asset in (("Bitcoin", "XBT"), ("Bitcoin", "XBT")):
            self.ann.call("DepositAddresses", asset=asset, method=method, new="true")

    def _issue(self, owner: str, name: str, **fields: object) -> Kraken:
        issued = self.exchange.post(f"/accounts/{owner}/keys", name=name, **fields)
        key = Kraken(self.exchange, name, issued["key"], issued["secret"])
        self.users[f"{owner}, {name}"] = key
        return key

    def _sub_account(self) -> None:
        """With a key of its own, and money moved to it and between wallets."""
        kim = self.kim
        fields = {"subName": "kimsub1", "password": "secret123", "access": "Spot", "remarks": "the first"}
        kim.call("POST", "/api/v2/sub/user/created", fields)
        (row,) = kim.call("GET", "/api/v2/sub/user")["items"]
        key = {"subName": "kimsub1", "passphrase": "passphrase1", "remark": "a bot", "permission": "General,Spot"}
        issued = kim.call("POST", "/api/v1/sub/api-key", key)
        self.users["kimsub1"] = Kucoin(
            self.exchange, "kimsub1", issued["apiKey"], issued["apiSecret"], issued["passphrase"]
        )  # fmt: skip
        self.ids["kimsub1"] = row["userId"]
        move = {"currency": "USDT", "amount": "100"}
        inner = move | {"clientOid": "move-1", "from": "main", "to": "trade"}
        self.ids["move-1"] = kim.call("POST", "/api/v2/accounts/inner-transfer", inner)["orderId"]
        out = move | {"clientOid": "move-2", "direction": "OUT", "subUserId": row["userId"], "subAccountType": "TRADE"}
        self.ids["move-2"] = kim.call("POST", "/api/v2/accounts/sub-transfer", out)["orderId"]
        back = move | {
            "clientOid": "move-3", "amount": "25", "type": "SUB_TO_PARENT", "fromAccountType": "TRADE",
            "toAccountType": "MAIN", "fromUserId": row["userId"],
        }  # fmt: skip
        self.ids["move-3"] = kim.call("POST", "/api/v3/accounts/universal-transfer", back)["orderId"]

    def _kraken_orders(self) -> None:
        """An order in each state, and of each kind."""
        ann, bob, orders = self.ann, self.bob, self.orders
        orders["open"] = ann.order("sell", "1", "500000", userref=7)
        orders["filled in parts"] = ann.order("sell", "1.5", "60000", cl_ord_id="6d1b345e-2821-40e2-ad83-4ecb18a06876")
        orders["filled"] = bob.order("buy", "0.25", "60000", oflags="fcib")
        orders["filled at the market"] = bob.order("buy", "0.125")
        orders["filled by cost"] = bob.order("buy", "300", oflags="viqc")
        orders["canceled"] = ann.order("buy", "0.5", "20000", oflags="post")
        ann.call("CancelOrder", txid=orders["canceled"])
        orders["killed"] = bob.order("buy", "0.5", "1000", timeinforce="IOC")
        orders["expired"] = bob.order("buy", "0.5", "2000", timeinforce="GTD", expiretm="+60")
        orders["expires"] = bob.order("buy", "0.1", "2500", timeinforce="GTD", expiretm="+864000")
        orders["started"] = bob.order("buy", "0.01", "60000", starttm="+60")
        orders["pending"] = bob.order("buy", "0.1", "30000", starttm="+864000")
        orders["partly filled"] = ann.order("sell", "10", "0.5", pair="ETHXBT")
        bob.order("buy", "2", "0.5", pair="ETHXBT")
        orders["canceled in the middle"] = ann.order("sell", "4", "0.4", pair="ETHXBT")
        bob.order("buy", "1", "0.4", pair="ETHXBT")
        ann.call("CancelOrder", txid=orders["canceled in the middle"])
        self.exchange.post("/clock", advance="2m")
        bob.call("CancelAllOrdersAfter", timeout=86_000)

    def _hours_of_trades(self) -> None:
        """Candles of some hours, on two markets."""
        for number in range(30):
            self.exchange.post("/clock", advance="7m")
            price = 59_000 + (number * 7_919) % 900
            self.exchange.post("/markets/XBTUSD/trades", price=str(price), volume=f"0.{number + 1:02}", side="sell")
            if number % 3 == 0:
                self.exchange.post("/markets/ETHUSD/trades", price=str(3_000 + number), volume="1.5")
        for volume in ("0.001", "0.002", "0.003"):
            self.bob.order("buy", volume, "60000")
        self.bob.call("CancelAllOrdersAfter", timeout=86_000)

    def _kucoin_orders(self) -> None:
        """The same, and a ledger of more than a page."""
        kim, mia, orders = self.kim, self.mia, self.orders
        orders["kucoin open"] = mia.order("sell-1", "sell", "SOL-USDT", price="150", size="500", remark="resting")
        for first in range(0, 40, 5):
            small = [
                {
                    "clientOid": f"buy-{number}", "symbol": "SOL-USDT", "type": "limit", "side": "buy",
                    "price": "150", "size": "1",
                }
                for number in range(first, first + 5)
            ]  # fmt: skip
            kim.call("POST", "/api/v1/hf/orders/multi", {"orderList": small})
        orders["kucoin by funds"] = kim.order("funds-1", "buy", "SOL-USDT", funds="300")
        orders["kucoin old"] = kim.order("old-1", "buy", "SOL-USDT", "/api/v1/orders", price="100", size="2")
        orders["kucoin canceled"] = kim.order("gone-1", "buy", "SOL-USDT", price="90", size="3")
        kim.call("DELETE", f"/api/v1/hf/orders/{orders['kucoin canceled']}", symbol="SOL-USDT")
        orders["kucoin decreased"] = kim.order("less-1", "buy", "SOL-USDT", price="80", size="5")
        kim.call("DELETE", f"/api/v1/hf/orders/cancel/{orders['kucoin decreased']}", symbol="SOL-USDT", cancelSize="2")
        altered = kim.order("alter-1", "buy", "SOL-USDT", price="70", size="4")
        changed = {"symbol": "SOL-USDT", "orderId": altered, "newPrice": "71", "newSize": "3"}
        orders["kucoin altered"] = kim.call("POST", "/api/v1/hf/orders/alter", changed)["newOrderId"]
        orders["kucoin expires"] = kim.order(
            "gtt-1", "buy", "SOL-USDT", price="60", size="1", timeInForce="GTT", cancelAfter="864000"
        )  # fmt: skip
        kim.call("POST", "/api/v1/hf/orders/dead-cancel-all", {"timeout": 86_000, "symbols": "BTC-USDT"})
        self._kucoin("kimsub1").order("sub-1", "buy", "SOL-USDT", price="50", size="1")

    def _deposits(self) -> None:
        """One in each status."""
        for name, steps in {
            "deposit settled": (), "deposit success": ("Success",), "deposit failure": ("Failure",),
            "deposit taken back": ("Success", "Failure"),
        }.items():  # fmt: skip
            made = self.exchange.post("/accounts/ann/deposits", asset="XBT", amount="0.25", manual=True)
            self._step(name, made["refid"], *steps)
        made = self.exchange.post("/accounts/kim/deposits", asset="USDT", amount="50", manual=True)
        self._step("kucoin deposit", made["refid"], "Success")
        self.kim.call("POST", "/api/v3/deposit-address/create", {"currency": "BTC", "chain": "btc"})
        self.ids["waiting deposit"] = self.exchange.post("/accounts/bob/deposits", asset="XBT", amount="0.5")["refid"]

    def _withdrawals(self) -> None:
        """One in each status; the last one was taken back by its owner."""
        self.exchange.post("/delays", **dict.fromkeys(DELAYS, "30d"))
        self.exchange.post(
            "/accounts/ann/withdraw-keys", asset="XBT", key="cold", address="bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
        )
        for name, steps in {
            "withdrawal initial": (), "withdrawal pending": ("Pending",), "withdrawal on hold": ("On hold",),
            "withdrawal settled": ("Pending", "Settled"), "withdrawal success": ("Pending", "Settled", "Success"),
            "withdrawal failure": ("Pending", "Failure"), "withdrawal canceled": (),
        }.items():  # fmt: skip
            refid = self.ann.call("Withdraw", asset="XBT", key="cold", amount="0.05")["refid"]
            self._step(name, refid, *steps)
        self.ann.call("WithdrawCancel", asset="XBT", refid=self.ids["withdrawal canceled"])
        sent = {
            "currency": "BTC", "toAddress": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "amount": "0.1",
            "withdrawType": "ADDRESS", "remark": "to the vault",
        }  # fmt: skip
        made = self.mia.call("POST", "/api/v3/withdrawals", sent)
        self.ids["kucoin withdrawal"] = made["withdrawalId"]

    def _step(self, name: str, refid: str, *steps: str) -> None:
        self.ids[name] = refid
        for status in steps:
            self.exchange.post(f"/funding/{refid}", status=status)

    def _crowd(self) -> None:
        """Half a minute with the house at work, which goes on after it."""
        self.exchange.post("/crowd", mode="calm")
        self.exchange.post("/clock", advance="30s")

    def _halts(self) -> None:
        self.exchange.post("/markets/LTCUSD", status="cancel_only")

    def _ask(self) -> None:
        """What the release answers of all this."""
        for user in (self.ann, self.bob):
            for method in ("Balance", "BalanceEx", "OpenOrders", "ClosedOrders", "TradesHistory", "Ledgers"):
                self._note(user.name, method, user.call(method))
            for method in ("DepositStatus", "WithdrawStatus"):
                self._note(user.name, method, user.call(method, asset="XBT"))
        for kucoin in (self.kim, self.mia, self._kucoin("kimsub1")):
            for path in (
                "/api/v1/accounts", "/api/v1/accounts/ledgers?pageSize=20", "/api/v1/hf/accounts/ledgers?limit=20",
                "/api/v1/fills?pageSize=10", "/api/v1/deposits", "/api/v1/withdrawals",
            ):  # fmt: skip
                self._note(kucoin.name, path, kucoin.call("GET", path))
        owners = {"kucoin open": self.mia}
        for name, number in self.orders.items():
            if name.startswith("kucoin"):
                path = f"/api/v1/hf/orders/{number}"
                self._note(name, path, owners.get(name, self.kim).call("GET", path, symbol="SOL-USDT"))
        for call in ("OHLC?pair=XBTUSD&interval=60", "Trades?pair=ETHXBT", "Ticker?pair=XBTUSD"):
            self._note("", call, self.exchange.send("GET", f"/0/public/{call}", b"", {}))

    def _note(self, who: str, call: str, answer: object) -> None:
        self.said.append({"who": who, "call": call, "answer": answer})


@contextmanager
def serving(command: str, data: Path) -> Iterator[Exchange]:
    """A server of that release on a fresh folder."""
    run = [command, "serve", "--data", str(data), "--port", "0", "--json", "--seed", str(SEED), "--crowd", "off"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  the release that was named
        assert process.stdout is not None
        try:
            yield Exchange(json.loads(process.stdout.readline()))
        finally:
            process.terminate()


def written(facts: Fields) -> str:
    """JSON; an answer is a line, so that a difference can be read."""
    said = ",\n".join(map(json.dumps, facts["said"]))
    rest = {name: value for name, value in facts.items() if name != "said"}
    return json.dumps(rest, indent=1).removesuffix("\n}") + f',\n "said": [\n{said}\n]\n}}\n'


def packed(source: Path, target: Path) -> None:
    """The same bytes always make the same file."""
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
        out.write(source.read_bytes())


def main() -> None:
    """Make the three files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("version", help="the release's")
    parser.add_argument("--command", default=str(ROOT / ".venv/bin/seatrial"), help="the release's")
    arguments = parser.parse_args()
    folder: Path = ROOT / "tests/store/data" / arguments.version
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        data, backup = Path(name) / "data", Path(name) / BACKUP
        with serving(arguments.command, data) as exchange:
            facts = Story(exchange).tell()
            subprocess.run([arguments.command, "backup", str(backup), "--data", str(data)], check=True)  # noqa: S603  as named
        assert not (data / f"{WORLD}-wal").exists(), "the server did not end cleanly"
        packed(data / WORLD, folder / f"{WORLD}.gz")
        packed(backup, folder / f"{BACKUP}.gz")
    (folder / STORY).write_text(written(facts), encoding="utf-8")
    print(f"made {folder}")


if __name__ == "__main__":
    main()
