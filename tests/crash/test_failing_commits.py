"""A commit that fails at any of its statements: nobody is told that it worked, and asking again makes it whole."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from seatrial.core.machine import Machine
from seatrial.store import sqlite as sqlite_module
from seatrial.store.errors import StoreError
from seatrial.store.store import Batch
from seatrial.world import commits
from tests.support.faulty_driver import disk_error, faults, writing_driver
from tests.support.inside import Answer, Inside, inside
from tests.support.signed_calls import SignedCall, Signer
from tests.support.stored_books import breaches

Ask = Callable[[], Awaitable[Answer]]
BEGIN, COMMIT = "BEGIN", "COMMIT"
PATIENCE_SECONDS = 20


class Faults:
    """Counts the statements of the writer's SQL transactions and makes one of them fail."""

    def __init__(self, fails_at: int | None) -> None:
        self.statements: list[str] = []
        self._fails_at = fails_at

    def meet(self, statement: str) -> None:
        """One more statement begins."""
        self.statements.append(statement)
        if len(self.statements) == self._fails_at:
            raise disk_error()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a world in which two clients have begun to trade."""
    folder = tmp_path_factory.mktemp("begun")

    async def story(server: Inside) -> None:
        assert (await server.post("/clock", frozen=True, now="2030-01-01")).status == 200
        ann = await server.account("ann", USD="100000", BTC="5")
        await server.account("bob", USD="100000", BTC="5")
        assert (await server.post("/accounts/ann/withdraw-keys", asset="XBT", key="cold", address="a")).status == 201
        for price in (50_000, 50_001):
            order = ann.call("AddOrder", pair="XBTUSD", type="sell", ordertype="limit", price=price, volume=1)
            assert (await server.send(order)).result

    inside(story, folder)
    return folder


def asks(server: Inside) -> list[Ask]:
    """Calls that touch every table; each is the same bytes whenever it is asked."""
    ann, bob = (signer(server, name) for name in ("ann", "bob"))
    limit = {"pair": "XBTUSD", "ordertype": "limit"}
    calls = [
        bob.call("AddOrder", **limit, type="buy", price=50_000, volume="0.5"),
        bob.call("AddOrder", **limit, type="buy", price=49_000, volume=1, userref=7),
        ann.call("AddOrder", **limit, type="sell", price=49_000, volume="0.25"),
        ann.call("Withdraw", asset="XBT", key="cold", amount="0.5"),
        ann.call("DepositAddresses", asset="XBT", method="Bitcoin", new="true"),
        ann.call("GetWebSocketsToken"),
        bob.call("CancelOrder", txid=7),
        bob.call("Balance"),
    ]
    posts: list[tuple[str, dict[str, object]]] = [
        ("/accounts/bob/deposits", {"asset": "XBT", "amount": "1"}),
        ("/accounts", {"name": "cat", "balances": {"USD": "5"}}),
        ("/accounts/ann/withdraw-keys", {"asset": "XBT", "key": "hot", "address": "b"}),
        ("/delays", {"deposit_settled": "1h"}),
    ]
    sends: list[Ask] = [partial(server.send, call) for call in calls]
    return sends + [partial(server.post, path, **body) for path, body in posts]


def signer(server: Inside, name: str) -> Signer:
    """The key of an account."""
    number = server.machine.state.account_names[name]
    key = next(key for key in server.machine.state.keys.values() if key.account_id == number)
    return Signer(key.public, key.secret, max(0, key.highest_nonce))


def failed(answer: Answer) -> bool:
    """Whether it may or may not have happened; any other refusal would be a fault of the test's."""
    if answer.status == 503 or b"EService:Unavailable" in answer.body:
        return True
    assert answer.status in {200, 201}, answer
    assert b'"error":["' not in answer.body, answer
    return False


async def all_at_once(server: Inside, wanted: list[Ask], fails_at: int | None) -> tuple[list[str], list[bool]]:
    """Ask all at once while a statement fails; the statements that there were, and which answers failed."""
    met = Faults(fails_at)
    with faults(server.world._store, before=met.meet):
        answers = await asyncio.gather(*(ask() for ask in wanted))
        statements = list(met.statements)
        await recovered(server)
    return statements, [failed(answer) for answer in answers]


async def recovered(server: Inside) -> None:
    """Come back when the world was loaded again, if it had to be."""
    while server.world.tasks:
        await asyncio.gather(*server.world.tasks)
    assert not server.world.commits.is_lost


@pytest.fixture(scope="module")
def whole(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """The statements when nothing fails, and what the world is like then."""

    async def story(server: Inside) -> tuple[list[str], str]:
        statements, failures = await all_at_once(server, asks(server), None)
        assert not any(failures)
        return statements, server.machine.fingerprint()

    folder = tmp_path_factory.mktemp("whole") / "data"
    shutil.copytree(begun, folder)
    return inside(story, folder)


def test_the_calls_touch_every_table_in_few_commits(whole: tuple[list[str], str]) -> None:
    statements, _ = whole
    written = {" ".join(statement.split()[:3]) for statement in statements if statement not in {BEGIN, COMMIT}}
    tables = {
        "accounts", "api_keys", "key_uses", "tokens", "purses", "postings", "orders", "fills", "trades", "quotes",
        "candles", "transfers", "addresses", "destinations",
    }  # fmt: skip
    assert {f"INSERT INTO {table}" for table in tables} <= written
    assert {"UPDATE purses SET", "UPDATE orders SET", "UPDATE world SET"} <= written
    assert statements.count(COMMIT) <= 3


def test_a_commit_that_fails_at_any_statement_can_be_asked_for_again(
    begun: Path, whole: tuple[list[str], str], tmp_path: Path
) -> None:
    """What was refused as unavailable did not happen: the same bytes again make the world that never failed."""
    statements, fingerprint = whole

    async def story(server: Inside, fails_at: int) -> str:
        before, wanted = server.machine.fingerprint(), asks(server)
        _, failures = await all_at_once(server, wanted, fails_at)
        assert any(failures)
        if all(failures):
            assert server.machine.fingerprint() == before
        assert server.machine.fingerprint() == Machine(server.world.keeping.load().state).fingerprint()
        for ask, has_failed in zip(wanted, failures, strict=True):
            if has_failed:
                assert not failed(await ask())
        return server.machine.fingerprint()

    for fails_at in range(1, len(statements) + 1):
        folder = tmp_path / str(fails_at)
        shutil.copytree(begun, folder)

        async def told(server: Inside, number: int = fails_at) -> str:
            return await story(server, number)

        assert inside(told, folder) == fingerprint, statements[fails_at - 1]
        assert breaches(folder / "world.sqlite3") == {}


def test_a_commit_that_happened_though_it_looked_failed_counts_once(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller may or may not have been heard, and finds out by asking again."""
    folder = tmp_path / "data"
    shutil.copytree(begun, folder)

    async def story(server: Inside) -> None:
        bob = signer(server, "bob")
        commit = server.world._store.commit

        def commit_and_fail(batch: Batch) -> None:
            commit(batch)
            raise StoreError("disk I/O error")

        call = bob.call("AddOrder", pair="XBTUSD", ordertype="limit", type="buy", price=1, volume=1, userref=9)
        with monkeypatch.context() as broken:
            broken.setattr(server.world._store, "commit", commit_and_fail)
            assert failed(await server.send(call))
        await recovered(server)
        assert (await server.send(call)).error == "EAPI:Invalid nonce"
        assert len((await server.send(bob.call("OpenOrders", userref=9))).result["open"]) == 1

    inside(story, folder)


def test_a_full_disk_is_survived(begun: Path, tmp_path: Path) -> None:
    """SQLite's own words, not ours: its file may grow no more, and then again it may."""
    folder = tmp_path / "data"
    shutil.copytree(begun, folder)

    async def story(server: Inside) -> None:
        bob = signer(server, "bob")

        def limit(pages: int) -> None:
            writing_driver(server.world._store).execute(f"PRAGMA max_page_count = {pages}")

        def order(userref: int) -> SignedCall:
            return bob.call(
                "AddOrder", pair="XBTUSD", ordertype="limit", type="buy", price=1, volume=1, userref=userref
            )

        limit(1)
        answered = 0
        while not failed(await server.send(call := order(answered + 1))):
            answered += 1
            assert answered < 10_000
        await recovered(server)
        assert (await server.get("/books")).json["balanced"]
        limit(1_000_000)
        assert not failed(await server.send(call))
        assert len((await server.send(bob.call("OpenOrders"))).result["open"]) == answered + 1

    inside(story, folder)
    assert breaches(folder / "world.sqlite3") == {}


def test_a_lock_that_another_program_holds_too_long_is_not_waited_for(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody copies the file with a tool that locks it, say."""
    monkeypatch.setattr(sqlite_module, "BUSY_SECONDS", 0.05)
    folder = tmp_path / "data"
    shutil.copytree(begun, folder)

    async def story(server: Inside) -> None:
        bob = signer(server, "bob")
        call = bob.call("AddOrder", pair="XBTUSD", ordertype="limit", type="buy", price=1, volume=1)
        with closing(sqlite3.connect(folder / "world.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert failed(await server.send(call))
            await recovered(server)
            assert (await server.get("/books")).json["balanced"]
        assert not failed(await server.send(call))
        assert len((await server.send(bob.call("OpenOrders"))).result["open"]) == 1

    inside(story, folder)
    assert breaches(folder / "world.sqlite3") == {}


def test_a_disk_that_stands_still_keeps_nobody_waiting(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the commit under way happened is seen when it is over: it did."""
    monkeypatch.setattr(commits, "PATIENCE_SECONDS", 0.02)
    folder, goes_on = tmp_path / "data", threading.Event()
    shutil.copytree(begun, folder)

    async def story(server: Inside) -> None:
        bob = signer(server, "bob")
        call = bob.call("AddOrder", pair="XBTUSD", ordertype="limit", type="buy", price=1, volume=1)
        commit = server.world._store.commit

        def slow_commit(batch: Batch) -> None:
            assert goes_on.wait(PATIENCE_SECONDS)
            commit(batch)

        with monkeypatch.context() as slow:
            slow.setattr(server.world._store, "commit", slow_commit)
            assert failed(await server.send(call))
            assert failed(await server.call("Balance"))
            goes_on.set()
            await recovered(server)
        assert (await server.send(call)).error == "EAPI:Invalid nonce"
        assert len((await server.send(bob.call("OpenOrders"))).result["open"]) == 1

    inside(story, folder)
    assert breaches(folder / "world.sqlite3") == {}
