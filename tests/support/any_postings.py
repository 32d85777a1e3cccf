"""Long ledgers of two accounts, posted by nobody, for what does not depend on why money moved."""

from collections.abc import Iterator
from random import Random

from msgspec.structs import astuple

from seatrial.core.changes import Changes
from seatrial.core.postings import EntryKind, Posting
from seatrial.store.store import Store
from tests.support.any_commands import new_machine
from tests.support.trading_floor import START_NS

WALLETS = ("main", "trade")
ASSETS = ("BTC", "ETH", "USDT")
KINDS = (EntryKind.TRADE, EntryKind.DEPOSIT, EntryKind.TRANSFER, EntryKind.ROLLOVER)
MINE, OTHER = 1, 2

Alike = tuple[str, str, EntryKind, int]


def any_postings(seed: int, length: int) -> Iterator[Posting]:
    """Two accounts' postings. What is common in one stretch is rare in the next, and some share their moment."""
    luck = Random(seed)  # noqa: S311  a test's luck

    def alike() -> Alike:
        return luck.choice(WALLETS), luck.choice(ASSETS), luck.choice(KINDS), luck.choice((-7, 0, 7))

    at_ns, seqs, common = START_NS, {MINE: 0, OTHER: 0}, alike()
    for number in range(1, length + 1):
        if number % (length // 5) == 0:
            common = alike()
        account_id = OTHER if luck.randint(1, 8) == 1 else MINE
        seqs[account_id] += 1
        at_ns += luck.choice((0, 0, 1, 10**9))
        wallet, asset, kind, amount = alike() if luck.randint(1, 50) == 1 else common
        fee = luck.choice((0, 7))
        yield Posting(
            number, number, account_id, seqs[account_id], wallet, asset, kind, "", number, at_ns, amount, fee, 0
        )


def write(store: Store, postings: list[Posting]) -> None:
    """One commit."""
    changes = Changes()
    changes.postings = [(*astuple(posting)[:6], str(posting.kind), *astuple(posting)[7:]) for posting in postings]
    store.commit(store.batch(changes, new_machine().state, ""))
