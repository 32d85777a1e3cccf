"""A world whose fees another asset paid comes back from its store as it was, and goes on alike."""

from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from seatrial.core.assets import Assets
from seatrial.core.commands import ChooseFeePayment, Command, OpenAccount, PlaceOrder
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.core.postings import EntryKind, Posting
from seatrial.core.queries import Page, PostingPage
from seatrial.core.state import State
from seatrial.dialects.kucoin.dialect import FEES_IN_KCS, MAIN, TRADE
from seatrial.store.proofs import prove
from seatrial.store.store import Store, open_store
from tests.support.kraken_exchange import SECOND_NS, START_NS, catalogue, units
from tests.support.told import told_by_store

PAYER, OTHER = 1, 2
PAID = (EntryKind.TRADE, EntryKind.TRADE, EntryKind.FEE_REFUND, EntryKind.FEE_PAYMENT)


def new_machine(store: Store | None = None) -> Machine:
    """A world that begins, or one that a store has."""
    found = catalogue()
    state = State(1, Assets(found.assets), found.markets, found.methods)
    if store is not None:
        store.load(state)
    return Machine(state)


def opening(name: str) -> Command:
    codes = {asset.code: asset.scale for asset in catalogue().assets}
    balances = tuple((TRADE, code, units("1000", codes[code])) for code in ("USDT", "BTC", "KCS"))
    return OpenAccount(name, "kucoin", "vip0", rate_limits=False, trading_wallet=TRADE, funding_wallet=MAIN,
                       balances=balances)  # fmt: skip


def order(account_id: int, side: Side, size: str, price: str, symbol: str = "BTC/USDT") -> Command:
    market = catalogue().markets[symbol]
    ticks, lots = units(price, market.price_scale), units(size, market.lot_scale)
    return PlaceOrder(account_id, symbol, side, OrderKind.LIMIT, ticks, lots)


def apply(machine: Machine, store: Store, *commands: Command) -> None:
    """All of them, a second apart, in a commit each."""
    for command in commands:
        outcome = machine.apply(told_by_store(store, command), machine.state.now_ns + SECOND_NS)
        assert isinstance(outcome, tuple), outcome
        store.commit(store.batch(machine.take_changes(), machine.state, ""))


def trade(size: str) -> tuple[Command, Command]:
    """The payer buys."""
    return order(OTHER, Side.SELL, size, "50000"), order(PAYER, Side.BUY, size, "50000")


def kinds(store: Store) -> tuple[EntryKind, ...]:
    """What the payer's last four rows are, oldest first."""
    page = store.answer(PostingPage(PAYER, limit=4))
    assert isinstance(page, Page)
    return tuple(row.kind for row in reversed(page.rows) if isinstance(row, Posting))


@pytest.fixture
def world(place: Path | str) -> tuple[Path | str, str]:
    """Where a world is kept in which KCS paid a fee, and its fingerprint when it stopped."""
    machine = new_machine()
    machine.state.now_ns = START_NS
    with closing(open_store(place)) as store:
        store.begin_world(1, START_NS, "")
        apply(
            machine, store, opening("payer"), opening("other"),
            order(OTHER, Side.SELL, "1", "10", "KCS/USDT"), order(PAYER, Side.BUY, "1", "10", "KCS/USDT"),
            ChooseFeePayment(PAYER, replace(FEES_IN_KCS, account_id=PAYER)), *trade("0.001"),
        )  # fmt: skip
    return place, machine.fingerprint()


def test_it_is_the_same_world_with_the_same_rows(world: tuple[Path | str, str]) -> None:
    place, fingerprint = world
    with closing(open_store(place)) as store:
        machine = new_machine(store)
        assert machine.fingerprint() == fingerprint
        assert kinds(store) == PAID
        assert machine.state.accounts[PAYER].fee_payment == replace(FEES_IN_KCS, account_id=PAYER)
        with store.database.reading() as connection:
            assert [proof.law for proof in prove(connection) if proof.breaches] == []


def test_kcs_pay_the_next_fee_too_until_they_are_chosen_no_more(world: tuple[Path | str, str]) -> None:
    with closing(open_store(world[0])) as store:
        machine = new_machine(store)
        apply(machine, store, *trade("0.002"))
        assert kinds(store) == PAID
        apply(machine, store, ChooseFeePayment(PAYER, None))
        apply(new_machine(store), store, *trade("0.003"))
        assert kinds(store) == PAID[2:] + PAID[:2]
