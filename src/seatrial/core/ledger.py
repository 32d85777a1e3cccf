"""The only truth about money: every entry is a set of moves, so every entry sums to zero.

A *purse* is one asset in one wallet of one account and has three ledger accounts: `free`, `held` (open orders)
and `outgoing` (withdrawals on their way out). Moves between them are holds and releases. What goes to another
purse is also *posted*: a posting is one purse's side of an entry, with its fee and its running balance, and is
what a venue calls a ledger entry.

What earns rewards (USDT.F) is a purse of its own beside that of its asset in the same wallet, and is spent under the
name of that asset: an order holds in it what the asset's own purse lacks. Which of the two holds is nobody's but the
ledger's business: together they hold what the open orders do.

The exchange's own side is account 0: `custody` (the world outside: minus all that clients brought in) and
`fee_income`. All balances of one asset, over all purses, sum to zero at every moment.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from typing import Final

from seatrial.core.accounts import FeePayment
from seatrial.core.assets import REWARDS_SUFFIX, USD, Asset, AssetKind, spent_as
from seatrial.core.facts import AnyFact, EntryPosted
from seatrial.core.money import MAX_UNITS, PPM
from seatrial.core.postings import EntryKind, Posted

EXCHANGE: Final = 0
"""The account id of the exchange itself."""

CUSTODY: Final = "custody"
FEE_INCOME: Final = "fee_income"

CREDITS_PER_DOLLAR: Final = 100
"""How many fee credits pay a dollar. Source: kraken-ledgers#trade-fees."""


class LedgerAccount:
    """One balance, in units of its asset."""

    __slots__ = ("asset", "balance")

    def __init__(self, asset: Asset, balance: int = 0) -> None:
        self.asset = asset
        self.balance = balance


class Owner:
    """What all purses of an account share."""

    __slots__ = ("_by_choice", "_by_credits", "fee_payment", "seq")

    def __init__(self) -> None:
        self.seq = 0
        """How many postings it has, over all of its purses."""
        self.fee_payment: FeePayment | None = None
        """What pays its trading fees, where that is another asset."""
        self._by_credits: FeePayment | None = None
        self._by_choice: FeePayment | None = None

    def choose_payment(self, payment: FeePayment | None) -> None:
        """Have its fees paid so; None: as if it had never chosen."""
        self._by_choice = payment
        self.fee_payment = payment or self._by_credits

    def has_credits(self, payment: FeePayment) -> None:
        """It has fee credits, which pay so unless it chooses otherwise."""
        self._by_credits = payment
        self.fee_payment = self._by_choice or payment


class Purse:
    """One asset in one wallet of one account."""

    __slots__ = ("account_id", "asset", "booked", "free", "held", "outgoing", "owner", "used", "wallet")

    def __init__(self, account_id: int, wallet: str, asset: Asset, owner: "Owner") -> None:
        self.account_id = account_id
        self.wallet = wallet
        self.asset = asset
        self.owner = owner
        self.free = LedgerAccount(asset)
        self.held = LedgerAccount(asset)
        self.outgoing = LedgerAccount(asset)
        self.booked = 0
        """Sum of its postings; always free + held + outgoing once an entry is complete."""
        self.used = False
        """Whether it was ever held in; such a purse stays listed when it is empty."""

    @property
    def total(self) -> int:
        """All of it, what is on its way out included."""
        return self.free.balance + self.held.balance + self.outgoing.balance

    @property
    def settled(self) -> int:
        """What the owner still has: all but pending withdrawals. Source: venue-pages#get-account-balance."""
        return self.free.balance + self.held.balance


Leg = tuple[Purse, int, int, int]
"""Whose side of an entry, what caused it, its amount and its fee."""


class OutOfBalanceError(AssertionError):
    """The books do not sum to zero, or a running balance does not equal its postings: a bug, never a refusal."""


class Ledger:
    """All purses, and the counters of entries and postings. What is posted is told to a list of facts."""

    def __init__(self, facts: list[AnyFact]) -> None:
        self._facts = facts
        self.purses: dict[tuple[int, str, str], Purse] = {}
        self._by_account: dict[int, list[Purse]] = {}
        """Sorted by wallet and asset."""
        self.touched: dict[Purse, None] = {}
        self.posted: list[Posted] = []
        self.entry_id = 0
        self.posting_id = 0
        self.owners: dict[int, Owner] = {}
        """By account."""

    def purse(self, account_id: int, wallet: str, asset: Asset) -> Purse:
        """The purse, opened empty at its first use."""
        key = (account_id, wallet, asset.code)
        purse = self.purses.get(key)
        if purse is None:
            owner = self.owner(account_id)
            purse = self.purses[key] = Purse(account_id, wallet, asset, owner)
            insort(self._by_account.setdefault(account_id, []), purse, key=_by_name)
            if asset.kind is AssetKind.FEE_CREDIT:
                owner.has_credits(FeePayment(account_id, asset.code, USD, CREDITS_PER_DOLLAR * PPM, afterwards=False))
        return purse

    def owner(self, account_id: int) -> Owner:
        """What the purses of an account share."""
        return self.owners.setdefault(account_id, Owner())

    def rewards(self, purse: Purse) -> Purse | None:
        """The purse of the same asset and wallet that earns rewards; None if there never was one."""
        return self.purses.get((purse.account_id, purse.wallet, purse.asset.code + REWARDS_SUFFIX))

    def spendable(self, purse: Purse) -> int:
        """What an order can take: what is free in the purse and in its rewards."""
        rewards = self.rewards(purse)
        return purse.free.balance if rewards is None else purse.free.balance + rewards.free.balance

    def resume(self, account_id: int, seq: int, posting_id: int, entry_id: int) -> None:
        """Count on from an account's last posting."""
        self.owner(account_id).seq = seq
        self.posting_id = max(self.posting_id, posting_id)
        self.entry_id = max(self.entry_id, entry_id)

    def of_account(self, account_id: int) -> Iterator[Purse]:
        """The purses of one account that were ever held in, by wallet and asset."""
        return (purse for purse in self._by_account.get(account_id, ()) if purse.used)

    def touch(self, purse: Purse) -> None:
        """Remember that a purse changed."""
        purse.used = True
        self.touched[purse] = None

    def hold(self, purse: Purse, units: int) -> None:
        """Set free money aside for an order: the purse's own, and rewards for what it lacks."""
        if units > purse.free.balance:
            units -= self._hold_rewards(purse, units - purse.free.balance)
        purse.free.balance -= units
        purse.held.balance += units
        purse.used = True
        self.touched[purse] = None

    def release(self, purse: Purse, units: int) -> None:
        """Free money that was set aside for an order, the purse's own first: that can be withdrawn and pays fills."""
        if units > purse.held.balance:
            units += self._hold_rewards(purse, purse.held.balance - units)
        purse.held.balance -= units
        purse.free.balance += units
        purse.used = True
        self.touched[purse] = None

    def _hold_rewards(self, purse: Purse, units: int) -> int:
        """Set free rewards aside, or give them back where that is below zero."""
        rewards = self.rewards(purse)
        assert rewards is not None, f"{purse.account_id} {purse.wallet} {purse.asset.code} lacks {units}"
        rewards.free.balance -= units
        rewards.held.balance += units
        self.touch(rewards)
        return units

    def enter(self, kind: EntryKind, at_ns: int, legs: Iterable[Leg]) -> None:
        """Post an entry, which its moves have balanced; a leg of nothing is not posted, nor an entry of such legs.

        Source of the zero rule: kraken-ledgers#invariants.
        """
        word, posting_id, entry_id = kind._value_, self.posting_id, self.entry_id + 1
        posted: list[Posted] = []
        touched = self.touched
        for purse, ref, amount, fee in legs:
            if amount == 0 and fee == 0:
                continue
            purse.booked = balance = purse.booked + amount - fee
            posting_id += 1
            owner = purse.owner
            owner.seq = seq = owner.seq + 1
            posted.append((
                posting_id, entry_id, purse.account_id, seq, purse.wallet, purse.asset.code,
                word, "", ref, at_ns, amount, fee, balance,
            ))  # fmt: skip
            purse.used = True
            touched[purse] = None
        if posted:
            self.posting_id, self.entry_id = posting_id, entry_id
            self.posted += posted
            self._facts.append(EntryPosted(at_ns, tuple(posted)))

    def has_room(self, asset: Asset, amount: int) -> bool:
        """Whether that much more may come in. All balances sum to zero, so bounding custody bounds every purse.

        Rewards count with their asset, since they can become it.
        """
        code = spent_as(asset.code)
        brought_in = (self.purses.get((EXCHANGE, CUSTODY, each)) for each in (code, code + REWARDS_SUFFIX))
        return amount - sum(purse.free.balance for purse in brought_in if purse is not None) <= MAX_UNITS

    def bring_in(self, purse: Purse, kind: EntryKind, ref: int, at_ns: int, amount: int, fee: int) -> None:
        """An entry that credits a purse from outside, less a fee; negative numbers take it back."""
        custody = self.purse(EXCHANGE, CUSTODY, purse.asset)
        income = self.purse(EXCHANGE, FEE_INCOME, purse.asset)
        move(custody.free, purse.free, amount)
        move(purse.free, income.free, fee)
        self.enter(kind, at_ns, ((purse, ref, amount, fee), (custody, ref, -amount, 0), (income, ref, fee, 0)))

    def transfer(self, source: Purse, target: Purse, kind: EntryKind, ref: int, at_ns: int, amount: int) -> None:
        """An entry that moves free money from one purse to another of the same asset."""
        move(source.free, target.free, amount)
        self.enter(kind, at_ns, ((source, ref, -amount, 0), (target, ref, amount, 0)))

    def refund_fee(self, purse: Purse, ref: int, at_ns: int, amount: int) -> None:
        """An entry that gives a fee back which was taken before."""
        income = self.purse(EXCHANGE, FEE_INCOME, purse.asset)
        self.transfer(income, purse, EntryKind.FEE_REFUND, ref, at_ns, amount)

    def pay_fee(self, purse: Purse, ref: int, at_ns: int, amount: int) -> None:
        """An entry that takes a fee by itself."""
        income = self.purse(EXCHANGE, FEE_INCOME, purse.asset)
        self.transfer(purse, income, EntryKind.FEE_PAYMENT, ref, at_ns, amount)

    def take_rewards(self, rewards: Purse, target: Purse, ref: int, at_ns: int, amount: int) -> None:
        """An entry that makes free rewards their asset again; custody, of which all came, has that much more of it."""
        given, taken = (self.purse(EXCHANGE, CUSTODY, purse.asset) for purse in (target, rewards))
        move(rewards.free, taken.free, amount)
        move(given.free, target.free, amount)
        legs = (rewards, ref, -amount, 0), (target, ref, amount, 0), (taken, ref, amount, 0), (given, ref, -amount, 0)
        self.enter(EntryKind.AUTO_ALLOCATION, at_ns, legs)

    def send_out(self, purse: Purse, ref: int, at_ns: int, amount: int, fee: int) -> None:
        """An entry that moves a pending withdrawal out of the exchange."""
        custody = self.purse(EXCHANGE, CUSTODY, purse.asset)
        income = self.purse(EXCHANGE, FEE_INCOME, purse.asset)
        move(purse.outgoing, custody.free, amount)
        move(purse.outgoing, income.free, fee)
        legs = (purse, ref, -amount, fee), (custody, ref, amount, 0), (income, ref, fee, 0)
        self.enter(EntryKind.WITHDRAWAL, at_ns, legs)

    def trial_balance(self) -> dict[str, int]:
        """The sum over all purses per asset. All zero, or the books are broken."""
        sums: dict[str, int] = {}
        for purse in self.purses.values():
            sums[purse.asset.code] = sums.get(purse.asset.code, 0) + purse.total
        return dict(sorted(sums.items()))

    def prove(self) -> None:
        """Raise `OutOfBalanceError` unless the books sum to zero and every purse equals its postings."""
        off = {code: units for code, units in self.trial_balance().items() if units}
        if off:
            raise OutOfBalanceError(f"the books do not sum to zero: {off}")
        for purse in self.purses.values():
            if purse.booked != purse.total:
                raise OutOfBalanceError(f"{purse.account_id} {purse.wallet} {purse.asset.code}: postings differ")
            if purse.account_id != EXCHANGE and min(purse.free.balance, purse.held.balance, purse.outgoing.balance) < 0:
                raise OutOfBalanceError(f"{purse.account_id} {purse.wallet} {purse.asset.code}: below zero")


def _by_name(purse: Purse) -> tuple[str, str]:
    return purse.wallet, purse.asset.code


def move(source: LedgerAccount, target: LedgerAccount, units: int) -> None:
    """Take units from one ledger account and give them to another of the same asset."""
    assert source.asset is target.asset, f"{source.asset.code} to {target.asset.code}"
    source.balance -= units
    target.balance += units
