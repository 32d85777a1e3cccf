"""What frames promise: they lead to the orders and the ledger, are cut by command, and are made once for all."""

from collections import defaultdict
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.core.commands import Command
from seatrial.core.money import format_units
from seatrial.core.orders import Order, OrderStatus
from seatrial.core.postings import posting_of
from seatrial.dialects.kraken.rest.ledgers import refid
from tests.support.any_commands import OPENING, any_journal, new_machine
from tests.support.houses import any_of_a_house, of_a_house
from tests.support.kraken_exchange import symbols
from tests.support.kraken_sockets import Stored, Talk, open_feed

if TYPE_CHECKING:
    from seatrial.core.postings import Posting

ACCOUNTS = (1, 3)
STATUSES = {OrderStatus.FILLED: "filled", OrderStatus.CANCELED: "canceled", OrderStatus.EXPIRED: "expired"}
MARKETS = ("BTC/USD", "PEPE/USD")


class Owner:
    """Somebody who follows one account and believes nothing but frames."""

    def __init__(self, world: Stored, account_id: int, token: str) -> None:
        self.world = world
        self.account_id = account_id
        self.postings: list[Posting] = []
        self.ended: dict[str, Order] = {}
        self.talk = Talk(world.feed)
        for channel in ("executions", "balances"):
            self.talk.subscribe(channel, token=token)

    def stored(self, orders: dict[int, Order], postings: list["Posting"], until: int) -> None:
        """What was committed after he came."""
        ids = self.world.feed._ids
        self.postings += [one for one in postings if one.account_id == self.account_id and one.posting_id > until]
        for number, order in orders.items():
            if order.account_id == self.account_id and order.status in STATUSES:
                self.ended[ids.order(number)] = order

    def check(self) -> None:
        """Everything that he was told is so, and he was told everything."""
        for channel in ("executions", "balances"):
            numbers = [frame["sequence"] for frame in self.talk.heard(channel)]
            assert numbers == list(range(1, len(numbers) + 1))
        self._check_orders()
        self._check_ledger()
        self._check_balances()

    def _check_orders(self) -> None:
        known: dict[str, dict[str, Any]] = {}
        ends: dict[str, dict[str, Any]] = {}
        for frame in self.talk.heard("executions"):
            for row in frame["data"]:
                self._take(known, ends, row)
        state, ids = self.world.machine.state, self.world.feed._ids
        live = {ids.order(number): order for number, order in state.accounts[self.account_id].orders.items()}
        assert known.keys() == live.keys()
        for name, order in live.items():
            assert _picture(known[name]) == self._picture_of(order)
        assert ends.keys() <= self.ended.keys()
        for name, row in ends.items():
            order = self.ended[name]
            assert row["order_status"] in (STATUSES[order.status], "filled")
            assert row["cum_qty"] == format_units(order.filled_lots, state.markets[order.market].market.lot_scale)

    @staticmethod
    def _take(known: dict[str, dict[str, Any]], ends: dict[str, dict[str, Any]], row: dict[str, Any]) -> None:
        name, kind = row["order_id"], row["exec_type"]
        assert name not in ends, "nothing is told of an order that ended"
        if kind == "pending_new" or name not in known:
            assert name not in known
            known[name] = {}
        before = Decimal(known[name].get("cum_qty", 0))
        if kind == "trade":
            assert Decimal(row["cum_qty"]) == before + Decimal(row["last_qty"])
        known[name] |= row
        if kind in STATUSES.values():
            ends[name] = known.pop(name)

    def _picture_of(self, order: Order) -> tuple[object, ...]:
        market = self.world.machine.state.markets[order.market].market
        scale = market.lot_scale
        wanted = format_units(order.spend, market.quote.scale) if order.spend else format_units(order.qty_lots, scale)
        status = "partially_filled" if order.filled_lots else "pending_new"
        status = "new" if status == "pending_new" and order.status is OrderStatus.OPEN else status
        return order.side.value, wanted, Decimal(format_units(order.filled_lots, scale)), status

    def _check_ledger(self) -> None:
        told = [row for frame in self.talk.heard("balances")[1:] for row in frame["data"]]
        feed, assets = self.world.feed, self.world.machine.state.assets
        assert [
            (row["ledger_id"], row["ref_id"], row["amount"], row["fee"], row["balance"]) for row in told
        ] == [
            (
                feed._ids.ledger(one.posting_id), refid(feed._ids, one),
                *(format_units(units, assets[one.asset].scale) for units in (one.amount, one.fee, one.balance)),
            )
            for one in self.postings
        ]  # fmt: skip

    def _check_balances(self) -> None:
        """By asset and wallet: what was shown, and what every entry changed."""
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        snapshot, *updates = self.talk.heard("balances")
        for row in snapshot["data"]:
            for wallet in row["wallets"]:
                sums[row["asset"], wallet["type"]] += Decimal(wallet["balance"])
        for frame in updates:
            for row in frame["data"]:
                sums[row["asset"], row["wallet_type"]] += Decimal(row["amount"]) - Decimal(row["fee"])
        booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for purse in self.world.machine.state.ledger.of_account(self.account_id):
            code = purse.asset.code.removesuffix(".F")
            wallet = "spot" if code == purse.asset.code else "earn"
            place = self.world.feed._symbols.asset_display(code), wallet
            booked[place] += Decimal(format_units(purse.booked, purse.asset.scale))
        assert {place: units for place, units in sums.items() if units} == {
            place: units for place, units in booked.items() if units
        }


def _picture(row: dict[str, Any]) -> tuple[object, ...]:
    wanted = row.get("cash_order_qty", row.get("order_qty"))
    return row["side"], wanted, Decimal(row["cum_qty"]), row["order_status"]


class Life:
    """A world in which anything happens, and its commits."""

    def __init__(self) -> None:
        machine = new_machine()
        for command in (*OPENING, *of_a_house()):
            machine.apply(command, machine.state.now_ns)
        self.tokens = {account_id: open_feed(machine, account_id) for account_id in ACCOUNTS}
        self.world = Stored(machine, symbols())
        self.owners: list[tuple[Owner, int]] = []

    def join(self) -> None:
        """One more owner of each account, in the middle of what is not stored yet."""
        until = self.world.machine.state.ledger.posting_id
        for account_id, token in self.tokens.items():
            self.owners.append((Owner(self.world, account_id, token), until))

    def do(self, command: Command, gap_ns: int) -> None:
        """Something may happen."""
        machine = self.world.machine
        machine.apply(command, machine.state.now_ns + gap_ns)

    def commit(self) -> None:
        """All that happened is stored."""
        changes = self.world.commit()
        postings = [posting_of(posted) for posted in changes.postings]
        for owner, until in self.owners:
            owner.stored(changes.orders, postings, until)


def _journal(seed: int, luck: Random) -> list[tuple[Command, int]]:
    journal: list[tuple[Command, int]] = []
    for one in any_journal(seed, 300, MARKETS):
        journal.append(one)
        if luck.random() < 0.3:
            journal.append((any_of_a_house(luck), 10**6))
    return journal


@pytest.mark.parametrize("seed", range(12))
def test_who_reads_nothing_but_frames_has_the_same_orders_and_ledger(seed: int) -> None:
    luck, life = Random(seed), Life()  # noqa: S311  a test's luck
    life.join()
    life.commit()
    for command, gap_ns in _journal(seed, luck):
        life.do(command, gap_ns)
        if life.owners[-1][1] == life.owners[0][1] and luck.random() < 0.02:
            life.commit()
            life.join()
        if luck.random() < 0.3:
            life.commit()
    life.commit()
    kinds = set()
    for owner, _ in life.owners:
        owner.check()
        kinds |= {row["exec_type"] for frame in owner.talk.heard("executions") for row in frame["data"]}
    assert kinds >= {"pending_new", "new", "trade", "filled", "canceled"}


@pytest.mark.parametrize("seed", range(3))
def test_frames_are_the_same_bytes_whatever_is_committed_together(seed: int) -> None:
    """Some commit after every command, some now and then: frames are cut by command."""

    def told(chance: float) -> list[bytes]:
        luck, life = Random(seed), Life()  # noqa: S311  a test's luck
        talk, commits = Talk(life.world.feed), Random(seed)  # noqa: S311  the same
        for channel, options in (
            ("book", {"depth": 25}), ("level3", {"token": life.tokens[1]}), ("trade", {}), ("ohlc", {}),
            ("ticker", {"event_trigger": "bbo"}),
        ):  # fmt: skip
            talk.subscribe(channel, *MARKETS, **options)
        for channel in ("executions", "balances"):
            talk.subscribe(channel, token=life.tokens[1], ratecounter=True)
        life.commit()
        for command, gap_ns in _journal(seed, luck):
            life.do(command, gap_ns)
            if commits.random() < chance:
                life.commit()
        life.commit()
        return talk.frames

    frames = told(1.0)
    assert len(frames) > 200
    assert frames == told(0.1)


def test_a_frame_is_made_once_for_all_who_get_it() -> None:
    life = Life()
    talks = [Talk(life.world.feed) for _ in range(5)]
    for talk in talks:
        talk.subscribe("book", *MARKETS)
        talk.subscribe("level3", *MARKETS, token=life.tokens[1])
        talk.subscribe("trade", *MARKETS)
    luck = Random(1)  # noqa: S311  a test's luck
    for command, gap_ns in _journal(1, luck)[:60]:
        life.do(command, gap_ns)
        life.commit()
    shared = [frame for frame in talks[0].frames if b'"data"' in frame and b"connection_id" not in frame]
    assert len(shared) > 20
    for talk in talks[1:]:
        others = {id(frame) for frame in talk.frames}
        assert all(id(frame) in others for frame in shared)
