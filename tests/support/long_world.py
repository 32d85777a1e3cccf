"""A world with many rows of every kind, made as fast as the machine goes: to see what grows with them, and how."""

from pathlib import Path
from typing import Final

from seatrial.catalogue import load
from seatrial.core.assets import Assets
from seatrial.core.commands import (
    Command,
    DriveTransfer,
    IssueAddress,
    IssueKey,
    MoveFunds,
    OpenAccount,
    PlaceOrder,
    PrintTrade,
    RequestWithdrawal,
    SaveDestination,
    SeeDeposit,
)
from seatrial.core.funding import TransferStatus
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.core.rejects import Reject
from seatrial.core.state import State
from seatrial.pricing.house import open_house
from seatrial.store.store import Store, open_store

SEED: Final = 1
MARKETS: Final = ("BTC/USD", "ETH/USD", "ETH/BTC")
PRICES: Final = {"BTC/USD": 600_000, "ETH/USD": 300_000, "ETH/BTC": 5_000}
LOTS: Final = 1_000_000
PLENTY: Final = 10**16
TRADERS: Final = 20
MAKER: Final = 1
"""Whose orders and ledger are longer than all others' together."""
TRADES_PER_ROUND: Final = 20
ROUNDS_PER_COMMIT: Final = 100
START_NS: Final = 1_790_812_800 * 10**9
MINUTE_NS: Final = 60 * 10**9
TO_THE_END: Final = (TransferStatus.PENDING, TransferStatus.SETTLED, TransferStatus.SUCCESS)


class LongWorld:
    """A machine and its store."""

    def __init__(self, store: Store) -> None:
        catalogue = load()
        self.machine = Machine(State(SEED, Assets(catalogue.assets), catalogue.markets, catalogue.methods))
        self._store = store
        self._at_ns = START_NS
        self._round = 0
        store.begin_world(SEED, START_NS, "")
        for number in range(TRADERS):
            self._open(f"trader {number}", number + 1)
        open_house(self.machine, START_NS)
        self._apply(SaveDestination(2, "BTC", "Bitcoin", "cold", "bc1"))
        self._commit()

    def live(self, rounds: int) -> None:
        """So much more of everything."""
        for _ in range(rounds):
            self._round += 1
            self._trade(MARKETS[self._round % len(MARKETS)])
            self._fund()
            if self._round % ROUNDS_PER_COMMIT == 0:
                self._commit()
        self._commit()

    def _open(self, name: str, number: int) -> None:
        balances = tuple((wallet, code, PLENTY) for wallet in ("spot", "main") for code in ("BTC", "ETH", "USD"))
        self._apply(OpenAccount(name, "kraken", "pro", False, "spot", "spot", balances))
        self._apply(IssueKey(number, "key", f"key {number}", "secret", frozenset()))

    def _trade(self, market: str) -> None:
        """One order that rests, many that take from it, and one that stays; the house prints a trade."""
        self._at_ns += MINUTE_NS
        price = PRICES[market] + self._round % 7
        self._apply(PlaceOrder(MAKER, market, Side.SELL, OrderKind.LIMIT, price, LOTS * TRADES_PER_ROUND))
        for number in range(TRADES_PER_ROUND):
            taker = 2 + number % (TRADERS - 1)
            self._apply(PlaceOrder(taker, market, Side.BUY, OrderKind.LIMIT, price, LOTS, client_id=f"{self._round}"))
        self._apply(PlaceOrder(MAKER, market, Side.BUY, OrderKind.LIMIT, price // 2, LOTS))
        self._apply(PrintTrade(market, Side.BUY, OrderKind.MARKET, price + 1, LOTS))

    def _fund(self) -> None:
        """A deposit that arrives, a withdrawal that leaves and one that waits, a move, an address and a key."""
        transfer_id = self.machine.state.counters.transfer_id
        self._apply(SeeDeposit(2, "BTC", 10**9, manual=True))
        self._apply(DriveTransfer(transfer_id + 1, TransferStatus.SUCCESS))
        for number in (2, 3):
            self._apply(RequestWithdrawal(2, "BTC", "cold", 10**8))
            for status in TO_THE_END if number == 2 else ():
                self._apply(DriveTransfer(transfer_id + number, status))
        self._apply(MoveFunds(2, "BTC", 10**6, 2, "main", 2, "spot", f"{self._round}"))
        if self._round % 10 == 0:
            self._apply(IssueAddress(3, "BTC", "Bitcoin", 10**9))
            self._apply(IssueKey(3, "key", f"more {self._round}", "secret", frozenset()))

    def _apply(self, command: Command) -> None:
        outcome = self.machine.apply(command, self._at_ns)
        assert not isinstance(outcome, Reject), (command, outcome)

    def _commit(self) -> None:
        self._store.commit(self._store.batch(self.machine.take_changes(), self.machine.state, ""))


def write_long_world(place: Path | str, rounds: int) -> None:
    """A world of about 240 rows a round."""
    store = open_store(place)
    try:
        LongWorld(store).live(rounds)
    finally:
        store.close()
