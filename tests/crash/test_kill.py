"""A server killed at any moment: what it answered is there once; what it did not answer, once or not at all.

`make kills` does it some hundred times, `make test` less often.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, text

from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kucoin.ids import Ids as KucoinIds
from tests.support.kucoin_load import KucoinUser, send
from tests.support.load import Bank, Client, Load
from tests.support.running import RunningServer
from tests.support.signed_calls import KucoinSigner, Signer
from tests.support.stored_books import breaches, reading
from tests.support.venue_client import VenueClient

LIVES = 10
"""Kills per seed."""
KILLS = int(os.environ.get("SEATRIAL_KILLS", "20"))
"""In all, on both stores."""
SEEDS = range(1, KILLS // LIVES + 1)
"""The odd ones are told on SQLite, the even ones on PostgreSQL."""

CLIENTS = 4
MAX_ANSWERS = 250
LINGER_SECONDS = 0.01
"""A commit takes about a millisecond, so this is a random moment of one."""

KUCOIN_USERS = 2
RICH = {"USDT": "10000000", "BTC": "100000"}
BOTH_RICH = RICH | {f"main:{code}": amount for code, amount in RICH.items()}
QUICK = dict.fromkeys(("deposit_settled", "withdrawal_initial", "withdrawal_pending", "withdrawal_settled"), 0.05)
"""Delays so short that transfers move by themselves under load."""

WORLD_SEED = 1
IDS = Ids(WORLD_SEED)
KUCOIN_IDS = KucoinIds(WORLD_SEED)
KUCOIN_STORED: dict[str, tuple[str, Callable[[int, int], str]]] = {
    "order": ("SELECT client_id, order_id, opened_ns FROM orders WHERE account_id = :account", KUCOIN_IDS.order),
    "move": ("SELECT client_id, move_id, at_ns FROM moves WHERE account_id = :account", KUCOIN_IDS.move),
    "withdrawal": (
        "SELECT remark, transfer_id, created_ns FROM transfers"  # noqa: ISC004  one statement
        " WHERE account_id = :account AND direction = 'withdrawal'",
        KUCOIN_IDS.withdrawal,
    ),
}
"""What KuCoin's users make: where their own names for it are kept, and how its number is shown."""


class Story:
    """One world through many lives."""

    def __init__(self, server: RunningServer, place: Path | str, seed: int) -> None:
        self.server = server
        self.place = place
        self.luck = Random(seed)  # noqa: S311  kills, no keys
        self.clients = [self._client(number, seed) for number in range(CLIENTS)]
        self.users = [self._user(number, seed) for number in range(KUCOIN_USERS)]
        self.bank = Bank([client.name for client in self.clients], f"{seed} bank")
        server.tell("/delays", **QUICK)

    def live_and_die(self) -> None:
        """Start all clients, and kill the server under them."""
        load = Load([*self.clients, *self.users, self.bank], self.server.url, self.luck.randrange(1, MAX_ANSWERS))
        load.run(self.server.kill, self.luck.uniform(0, LINGER_SECONDS))
        assert not self.bank.unexpected
        assert not [client.unexpected for client in self.clients if client.unexpected]
        assert not [user.unexpected for user in self.users if user.unexpected]

    def rise_and_prove(self) -> None:
        """Start again, and prove that every promise was kept."""
        self.server.restart()
        self.server.tell("/clock", frozen=True)
        with reading(self.place) as connection:
            self._prove(connection)
            for client in self.clients:
                self._refuse_replays(client)
                self._resolve_doubt(client, connection)
            for user in self.users:
                self._ask_again(user, connection)
        with reading(self.place) as connection:
            self._prove(connection)
        for client in self.clients:
            self._ask_about_orders(client)
        self.server.tell("/clock", frozen=False)

    def _client(self, number: int, seed: int) -> Client:
        name = f"client-{number}"
        account = self.server.tell("/accounts", name=name, balances=RICH, rate_limits=False)
        self.server.tell(f"/accounts/{name}/withdraw-keys", asset="XBT", key="cold", address="bc1qcold")
        return Client(name, Signer(account["key"], account["secret"]), f"{seed} {number}", number)

    def _user(self, number: int, seed: int) -> KucoinUser:
        name = f"user-{number}"
        opened = self.server.tell("/accounts", name=name, venue="kucoin", balances=BOTH_RICH, rate_limits=False)
        signer = KucoinSigner(opened["key"], opened["secret"], opened["passphrase"])
        return KucoinUser(name, opened["id"], signer, f"{seed} {name}")

    def _prove(self, connection: Connection) -> None:
        assert breaches(self.place) == {}
        for client in self.clients:
            self._prove_orders(client, connection)
            self._prove_withdrawals(client, connection)
        for user in self.users:
            self._prove_user(user, connection)
        self._prove_deposits(connection)
        self._prove_accounts(connection)
        self._prove_books(connection)

    def _prove_orders(self, client: Client, connection: Connection) -> None:
        rows = ask(
            connection, "SELECT tag, order_id, status FROM orders JOIN accounts USING (account_id) WHERE name = :name",
            name=client.name,
        )  # fmt: skip
        stored = {tag: IDS.order(number) for tag, number, _ in rows}
        assert len(stored) == len(rows), "an order is there twice"
        assert client.promises.orders.items() <= stored.items(), "an answered order is lost"
        in_doubt = {int(client.in_doubt.mark)} if client.in_doubt and client.in_doubt.kind == "AddOrder" else set()
        assert stored.keys() - client.promises.orders.keys() <= in_doubt, "an order is there that nobody sent"
        canceled = {IDS.order(number) for _, number, status in rows if status == "canceled"}
        assert client.promises.canceled <= canceled, "an answered cancel is lost"

    def _prove_withdrawals(self, client: Client, connection: Connection) -> None:
        rows = ask(
            connection,
            "SELECT amount + fee, transfer_id, status, transfers.note FROM transfers JOIN accounts USING (account_id)"
            " WHERE name = :name AND direction = 'withdrawal'",
            name=client.name,
        )
        stored = {f"0.{gross:010d}": IDS.withdrawal(number) for gross, number, _, _ in rows}
        assert len(stored) == len(rows), "a withdrawal is there twice"
        assert client.promises.withdrawals.items() <= stored.items(), "an answered withdrawal is lost"
        in_doubt = {client.in_doubt.mark} if client.in_doubt and client.in_doubt.kind == "Withdraw" else set()
        assert stored.keys() - client.promises.withdrawals.keys() <= in_doubt, "a withdrawal is there that nobody sent"
        stopped = {IDS.withdrawal(number) for _, number, *end in rows if end == ["failure", "canceled"]}
        assert client.promises.stopped <= stopped, "an answered cancel of a withdrawal is lost"

    def _prove_user(self, user: KucoinUser, connection: Connection) -> None:
        for kind, promised in user.promises.made.items():
            stored = self._stored(user, kind, connection)
            assert promised.items() <= stored.items(), f"an answered {kind} is lost"
            in_doubt = {user.in_doubt.name} if user.in_doubt and user.in_doubt.kind == kind else set()
            assert stored.keys() - promised.keys() <= in_doubt, f"a {kind} is there that nobody sent"
        query = "SELECT order_id, opened_ns FROM orders WHERE account_id = :account AND status = 'canceled'"
        rows = ask(connection, query, account=user.account_id)
        canceled = {KUCOIN_IDS.order(number, opened_ns // 10**9) for number, opened_ns in rows}
        assert user.promises.canceled <= canceled, "an answered cancel is lost"

    def _stored(self, user: KucoinUser, kind: str, connection: Connection) -> dict[str, str]:
        """What a user made, by its own names for it."""
        query, shown = KUCOIN_STORED[kind]
        rows = ask(connection, query, account=user.account_id)
        stored = {name: shown(number, at_ns // 10**9) for name, number, at_ns in rows if name is not None}
        assert len(stored) == len([name for name, *_ in rows if name is not None]), f"a {kind} is there twice"
        return stored

    def _prove_deposits(self, connection: Connection) -> None:
        rows = ask(
            connection,
            "SELECT chain_tx, name, transfer_id FROM transfers JOIN accounts USING (account_id)"
            " WHERE direction = 'deposit'",
        )
        stored = {txid: (name, IDS.deposit(number)) for txid, name, number in rows}
        assert len(stored) == len(rows), "a deposit is there twice"
        assert self.bank.deposits.items() <= stored.items(), "an answered deposit is lost"

    def _prove_accounts(self, connection: Connection) -> None:
        found = ask(connection, "SELECT accounts.name, public FROM accounts JOIN api_keys USING (account_id)")
        stored = dict(found)
        assert self.bank.accounts.items() <= stored.items(), "an answered account is lost"

    def _prove_books(self, connection: Connection) -> None:
        books = self.server.ask("/books")
        assert books["balanced"]
        rows = ask(
            connection,
            "SELECT asset, SUM(free + held + outgoing), SUM(held), SUM(outgoing) FROM purses"
            " WHERE account_id <> 0 AND asset IN ('BTC', 'USDT') GROUP BY asset",
        )
        assert len(rows) == 2
        for asset, *stored in rows:
            shown = [books["assets"][asset][part] for part in ("clients", "holds", "outgoing")]
            assert [int(text.replace(".", "")) for text in shown] == stored

    def _refuse_replays(self, client: Client) -> None:
        with VenueClient(self.server.url, client.signer) as venue:
            for kind, call in client.answered.items():
                assert venue.error(call) == "EAPI:Invalid nonce", f"{kind} was taken twice"

    def _resolve_doubt(self, client: Client, connection: Connection) -> None:
        """Send what was never answered again: it is taken if and only if it had not been."""
        doubt, client.in_doubt = client.in_doubt, None
        if doubt is None:
            return
        was_there = self._is_there(client, doubt.kind, doubt.mark, connection)
        with VenueClient(self.server.url, client.signer) as venue:
            answer = venue.send(doubt.call)
            refused_as_replay = answer["error"] == ["EAPI:Invalid nonce"]
            if was_there is not None:
                assert refused_as_replay is was_there, f"{doubt.kind} and its nonce were torn apart"
            if not refused_as_replay:
                client.settle(doubt, answer)
                return
            if doubt.kind == "AddOrder":
                (order,) = venue.call("QueryOrders", txid=self._txid(client, doubt.mark)).items()
                client.promises.orders[order[1]["userref"]] = order[0]
            if doubt.kind == "Withdraw":
                newest = venue.call("WithdrawStatus", asset="XBT")[0]
                client.promises.withdrawals[doubt.mark] = newest["refid"]

    def _ask_again(self, user: KucoinUser, connection: Connection) -> None:
        """Send what was never answered again, unless it is there; what was answered moves nothing a second time."""
        doubt, user.in_doubt = user.in_doubt, None
        with user.caller(self.server.url) as caller:
            if doubt is not None and doubt.kind != "cancel":
                found = self._stored(user, doubt.kind, connection).get(doubt.name)
                if found is None:
                    user.settle(doubt, send(caller, doubt))
                else:
                    user.promises.made[doubt.kind][doubt.name] = found
            for name, move in list(user.promises.made["move"].items())[-2:]:
                wanted = {"clientOid": name, "currency": "USDT", "from": "main", "to": "trade", "amount": "1"}
                assert caller.post("/api/v2/accounts/inner-transfer", **wanted).data == {"orderId": move}

    def _is_there(self, client: Client, kind: str, mark: str, connection: Connection) -> bool | None:
        """Whether what the call asked for is stored; None where that cannot be told by looking."""
        mine = "JOIN accounts USING (account_id) WHERE name = :name"
        match kind:
            case "AddOrder":
                query = f"SELECT 1 FROM orders {mine} AND tag = :tag"
                return bool(ask(connection, query, name=client.name, tag=int(mark)))
            case "Withdraw":
                query = f"SELECT 1 FROM transfers {mine} AND direction = 'withdrawal' AND amount + fee = :units"
                return bool(ask(connection, query, name=client.name, units=int(mark.removeprefix("0."))))
        return None

    def _txid(self, client: Client, mark: str) -> str:
        query = "SELECT order_id FROM orders JOIN accounts USING (account_id) WHERE name = :name AND tag = :tag"
        with reading(self.place) as connection:
            ((number,),) = ask(connection, query, name=client.name, tag=int(mark))
        return IDS.order(number)

    def _ask_about_orders(self, client: Client) -> None:
        """The venue's own answers say the same as the file."""
        newest = list(client.promises.orders.items())[-20:]
        if newest:
            with VenueClient(self.server.url, client.signer) as venue:
                found = venue.call("QueryOrders", txid=",".join(txid for _, txid in newest))
            assert {order["userref"]: txid for txid, order in found.items()} == dict(newest)


def ask(connection: Connection, query: str, **values: object) -> list[Any]:
    """The rows of an answer."""
    return [tuple(row) for row in connection.execute(text(query), values)]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_answered_survives_a_kill(seed: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url: str | None = None if seed % 2 else request.getfixturevalue("postgresql")
    database = [] if url is None else ["--database", url]
    with RunningServer(tmp_path, "--seed", str(WORLD_SEED), *database) as server:
        story = Story(server, url or tmp_path / "world.sqlite3", seed)
        for life in range(LIVES):
            try:
                story.live_and_die()
                story.rise_and_prove()
            except Exception as error:
                error.add_note(f"seed {seed}, life {life}; its log: {server.log[-5_000:]}")
                raise
        assert all(client.promises.orders and client.promises.canceled for client in story.clients)
        assert all(all(user.promises.made.values()) and user.promises.canceled for user in story.users)
        assert any(client.promises.withdrawals for client in story.clients)
        assert any(client.promises.stopped for client in story.clients)
        assert story.bank.deposits
        assert "Traceback" not in server.log
