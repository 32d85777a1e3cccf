"""A world that an earlier release stored, and a backup that it wrote, open with all that its users had.

See the README of the folder `data` for how these came about.
"""

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, inspect

from seatrial.server.host.worlds import Settings
from seatrial.store.backups import restore
from seatrial.store.schema import METADATA
from seatrial.store.store import open_store
from tests.support.inner_database import here
from tests.support.inside import Inside, inside
from tests.support.old_databases import upgrade
from tests.support.postgres import fresh_schema, shared_url
from tests.support.signed_calls import KucoinSigner, Signer
from tests.support.stored_books import breaches

DATA = Path(__file__).parent / "data"
RELEASES = sorted(folder.name for folder in DATA.iterdir() if folder.is_dir())
WAYS = ("opened from a file", "restored into a file", "opened from PostgreSQL", "restored into PostgreSQL")
OTP = "hunter2"

Place = Path | str
Json = Any


class Released:
    """What a release stored, and what it said of it."""

    def __init__(self, release: str, folder: Path) -> None:
        self.story: dict[str, Json] = msgspec.json.decode((DATA / release / "story.json").read_bytes())
        self.world = self._unpacked(release, "world.sqlite3", folder)
        self.backup = self._unpacked(release, "backup.sqlite3", folder)

    def said(self, who: str, call: str) -> Json:
        """What it answered."""
        return next(fact["answer"] for fact in self.story["said"] if (fact["who"], fact["call"]) == (who, call))

    def _unpacked(self, release: str, name: str, folder: Path) -> Path:
        (folder / name).write_bytes(gzip.decompress((DATA / release / f"{name}.gz").read_bytes()))
        return folder / name


class Opened:
    """That world, answered by today's code."""

    def __init__(self, server: Inside, released: Released) -> None:
        self.server = server
        self.released = released
        self.story = released.story

    async def kraken(self, name: str, method: str, nonce: int | None = None, /, **params: object) -> Json:
        """The whole answer to a call of one of its users."""
        user = self.story["users"][name]
        signer = Signer(user["key"], user["secret"], user["nonce"] if nonce is None else nonce - 1)
        answer = await self.server.send(signer.call(method, **params))
        user["nonce"] += nonce is None
        return answer.json

    async def kucoin(self, name: str, path: str, verb: str = "GET", **body: object) -> Json:
        """The data of a call of one of its users."""
        user = self.story["users"][name]
        path, _, query = path.partition("?")
        signer = KucoinSigner(user["key"], user["secret"], user["passphrase"])
        answer = (await self.server.kucoin(signer, verb, path, query, **body)).json
        assert answer["code"] == "200000", answer
        return answer["data"]


def put_into_postgresql(world: Path, url: str) -> None:
    """As that release had kept it there: its own tables, at its own version."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with closing(sqlite3.connect(world)) as source, engine.begin() as target:
        ((version,),) = source.execute("SELECT version_num FROM alembic_version")
        upgrade(target, version)
        (tables := MetaData()).reflect(target)
        for table in tables.sorted_tables:
            names = ", ".join(column.name for column in table.columns)
            rows = source.execute(f"SELECT {names} FROM {table.name}").fetchall()
            if rows and table.name != "alembic_version":
                target.execute(table.insert(), [dict(zip(table.columns.keys(), row, strict=True)) for row in rows])
    engine.dispose()


def kept(released: Released, way: str, url: str | None) -> Place:
    """Where that world is, after that way."""
    place: Place = released.world if url is None else url
    if way.startswith("restored"):
        place = released.world.with_name("restored.sqlite3") if url is None else url
        store = open_store(place)
        restore(here(store), released.backup, lambda _done, _total: None)
        store.close()
    elif url is not None:
        put_into_postgresql(released.world, url)
    return place


@pytest.fixture(params=[(release, way) for release in RELEASES for way in WAYS], ids=" ".join)
def found(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Released, Settings]]:
    """An old world, ready to be served."""
    release, way = request.param
    with ExitStack() as stack:
        released = Released(release, tmp_path)
        url = stack.enter_context(fresh_schema(shared_url())) if way.endswith("PostgreSQL") else None
        place = kept(released, way, url)
        if isinstance(place, Path):
            place.rename(tmp_path / "world.sqlite3")
        yield released, Settings(tmp_path, database=url)


async def as_it_was(opened: Opened) -> None:
    """All that a user could look at."""
    await has_its_money(opened)
    await has_its_ledgers(opened)
    await has_its_orders(opened)
    await has_its_transfers(opened)
    await has_its_market(opened)


async def has_its_money(opened: Opened) -> None:
    for name in ("ann", "bob"):
        balances = (await opened.kraken(name, "Balance"))["result"]
        assert amounts(balances) == amounts(opened.released.said(name, "Balance"))
    for name in ("kim", "mia", "kimsub1"):
        accounts = await opened.kucoin(name, "/api/v1/accounts")
        assert wallets(accounts) == wallets(opened.released.said(name, "/api/v1/accounts"))
    books = (await opened.server.get("/books")).json
    assert books["balanced"]
    for asset, told in opened.story["books"]["assets"].items():
        for part, then in (("clients", "clients"), ("holds", "holds"), ("outgoing", "leaving")):
            assert Decimal(books["assets"][asset][part]) == Decimal(told[then]), (asset, part)


def amounts(balances: dict[str, str]) -> dict[str, Decimal]:
    """What is not zero."""
    return {asset: Decimal(amount) for asset, amount in balances.items() if Decimal(amount)}


def wallets(accounts: list[Json]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Balance and holds of each."""
    return {
        (row["type"], row["currency"]): (Decimal(row["balance"]), Decimal(row["holds"]))
        for row in accounts
        if Decimal(row["balance"])
    }


async def has_its_ledgers(opened: Opened) -> None:
    for name in ("ann", "bob"):
        page = (await opened.kraken(name, "Ledgers"))["result"]
        assert entries(page) == entries(opened.released.said(name, "Ledgers"))
    path = "/api/v1/hf/accounts/ledgers?limit=20"
    for name in ("kim", "mia", "kimsub1"):
        assert rows(await opened.kucoin(name, path)) == rows(opened.released.said(name, path))


def entries(page: Json) -> list[tuple[object, ...]]:
    """Each entry with its id."""
    numbers = ("amount", "fee", "balance")
    return [
        (number, row["refid"], row["type"], row["asset"], *(Decimal(row[name]) for name in numbers))
        for number, row in page["ledger"].items()
    ]


def rows(page: list[Json]) -> list[tuple[object, ...]]:
    """Each row of KuCoin's."""
    numbers = ("amount", "fee", "balance")
    return [
        (row["id"], row["currency"], row["direction"], row["createdAt"], *(Decimal(row[name]) for name in numbers))
        for row in page
    ]


async def has_its_orders(opened: Opened) -> None:
    """By their ids, as a bot noted them."""
    for name in ("ann", "bob"):
        for call, state in (("OpenOrders", "open"), ("ClosedOrders", "closed")):
            told = opened.released.said(name, call)[state]
            answer = await opened.kraken(name, "QueryOrders", txid=",".join(told))
            assert {number: brief(order) for number, order in answer["result"].items()} == {
                number: brief(order) for number, order in told.items()
            }
    for name, number in opened.story["orders"].items():
        if name.startswith("kucoin"):
            path = f"/api/v1/hf/orders/{number}"
            owner = "mia" if name == "kucoin open" else "kim"
            order = await opened.kucoin(owner, f"{path}?symbol=SOL-USDT")
            assert brief_kucoin(order) == brief_kucoin(opened.released.said(name, path)), name


def brief(order: Json) -> tuple[object, ...]:
    """What was asked for and what came of it."""
    asked = order["descr"]
    numbers = (Decimal(order[name]) for name in ("vol", "vol_exec", "cost", "fee"))
    return (order["status"], order["userref"] or 0, asked["type"], asked["pair"], asked["price"], *numbers)


def brief_kucoin(order: Json) -> tuple[object, ...]:
    """The same of KuCoin's."""
    words = ("clientOid", "side", "symbol", "type", "active", "cancelExist", "remark", "timeInForce")
    numbers = ("price", "size", "dealSize", "dealFunds", "cancelledSize")
    return (*(order[name] for name in words), *(Decimal(order[name]) for name in numbers))


async def has_its_transfers(opened: Opened) -> None:
    funding = {transfer["refid"]: transfer for transfer in (await opened.server.get("/funding")).json}
    for told in opened.story["funding"]:
        mine = funding[told["refid"]]
        for field in ("kind", "asset", "amount", "fee", "status", "status_prop", "address", "txid", "created", "due"):
            assert mine[field] == told[field], (told["refid"], field)


async def has_its_market(opened: Opened) -> None:
    assert (await opened.server.get("/markets/LTCUSD")).json["status"] == opened.story["halted"] == "cancel_only"
    assert (await opened.server.get("/clock")).json["now_ns"] >= opened.story["now_ns"]
    candles = (await opened.server.public("OHLC", "pair=XBTUSD&interval=60")).result["XXBTZUSD"]
    told = opened.released.said("", "OHLC?pair=XBTUSD&interval=60")["result"]["XXBTZUSD"]
    assert len(candles) == len(told) > 3
    assert [[*map(Decimal, map(str, candle))] for candle in candles] == [
        [*map(Decimal, map(str, candle))] for candle in told
    ]


async def lets_its_users_in(opened: Opened) -> None:
    """With the keys, nonces, windows and passwords that they had, and nobody else."""
    invalid = {"error": ["EAPI:Invalid nonce"]}
    assert await opened.kraken("ann", "Balance", opened.story["users"]["ann"]["nonce"]) == invalid
    assert await opened.kraken("ann, wide", "Balance", 4_500) == invalid
    assert not (await opened.kraken("ann, wide", "Balance", 4_700))["error"]
    assert (await opened.kraken("ann, reader", "Balance"))["error"]
    assert not (await opened.kraken("ann, reader", "Balance", otp=OTP))["error"]
    assert (await opened.kraken("ann, reader", "CancelAll", otp=OTP))["error"] == ["EGeneral:Permission denied"]
    assert (await opened.kraken("bob, authenticator", "Balance"))["error"]
    (sub,) = (await opened.kucoin("kim", "/api/v2/sub/user"))["items"]
    assert (sub["subName"], sub["userId"]) == ("kimsub1", opened.story["ids"]["kimsub1"])


async def goes_on(opened: Opened) -> None:
    """Orders of before are canceled and filled, money of before is moved and arrives; names of before are taken."""
    orders, ids = opened.story["orders"], opened.story["ids"]
    assert (await opened.kraken("ann", "CancelOrder", txid=orders["open"]))["result"] == {"count": 1}
    assert (await opened.server.post("/crowd", mode="off")).status == 200
    bought = {"pair": "ETHXBT", "type": "buy", "ordertype": "limit", "price": "0.5", "volume": "1"}
    assert (await opened.kraken("bob", "AddOrder", None, **bought))["result"]
    (order,) = (await opened.kraken("ann", "QueryOrders", txid=orders["partly filled"]))["result"].values()
    assert Decimal(order["vol_exec"]) == 3
    again = {"clientOid": "move-1", "currency": "USDT", "amount": "100", "from": "main", "to": "trade"}
    moved = await opened.kucoin("kim", "/api/v2/accounts/inner-transfer", "POST", **again)
    assert moved["orderId"] == ids["move-1"]
    await opened.kucoin("kim", f"/api/v1/hf/orders/{orders['kucoin old']}?symbol=SOL-USDT", "DELETE")
    for name, status in (("deposit settled", "Success"), ("withdrawal pending", "Settled")):
        assert (await opened.server.post(f"/funding/{ids[name]}", status=status)).json["status"] == status
    assert (await opened.server.post("/clock", advance="11d")).status == 200
    assert (await opened.kraken("bob", "OpenOrders"))["result"] == {"open": {}}, "its timer rang"
    assert not (await opened.kucoin("kim", f"/api/v1/hf/orders/{orders['kucoin expires']}?symbol=SOL-USDT"))["active"]
    assert opened.server.machine.fingerprint() == opened.server.reloaded().fingerprint()


def test_a_world_of_an_earlier_release_is_as_it_was_and_goes_on(found: tuple[Released, Settings]) -> None:
    released, settings = found

    async def story(server: Inside) -> None:
        opened = Opened(server, released)
        await as_it_was(opened)
        await lets_its_users_in(opened)
        await goes_on(opened)

    assert settings.data is not None
    inside(story, settings=settings)
    assert breaches(settings.database or settings.data / "world.sqlite3") == {}


def test_what_an_earlier_release_stored_gets_the_declared_tables_and_breaks_no_law_of_today(
    found: tuple[Released, Settings],
) -> None:
    _, settings = found
    assert settings.data is not None
    place = settings.database or settings.data / "world.sqlite3"
    ours = {"include_name": lambda name, kind, _: kind != "table" or name in METADATA.tables}
    with closing(open_store(place)) as store, store.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), METADATA) == []
        seen = inspect(connection)
        for table in METADATA.sorted_tables:
            assert [column["name"] for column in seen.get_columns(table.name)] == table.columns.keys()
            assert seen.get_pk_constraint(table.name)["constrained_columns"] == table.primary_key.columns.keys()
    assert breaches(place) == {}
