"""What a ledger entry says of a purse: why money moved, how much, at what fee, and what was there after it."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class EntryKind(StrEnum):
    """Why money moved.

    Source of the list: venue-pages#query-ledgers, `type`; of the last: venue-pages#get-account-ledgers.
    """

    NONE = "none"
    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    MARGIN = "margin"
    ADJUSTMENT = "adjustment"
    ROLLOVER = "rollover"
    SPEND = "spend"
    RECEIVE = "receive"
    SETTLED = "settled"
    CREDIT = "credit"
    STAKING = "staking"
    REWARD = "reward"
    DIVIDEND = "dividend"
    SALE = "sale"
    CONVERSION = "conversion"
    NFT_TRADE = "nft_trade"
    NFT_CREATOR_FEE = "nft_creator_fee"
    NFT_REBATE = "nft_rebate"
    CUSTODY_TRANSFER = "custody_transfer"
    SUB_TRANSFER = "sub_transfer"
    """Between a client and its sub-account."""
    AUTO_ALLOCATION = "auto_allocation"
    """Between an asset and what of it earns rewards, by itself."""
    FEE_REFUND = "fee_refund"
    """The fee of a trade comes back, since another asset pays it."""
    FEE_PAYMENT = "fee_payment"
    """That asset pays it."""


class Posting(Struct, frozen=True, gc=False):
    """One purse's side of an entry. `balance` is the purse's after it: before + amount - fee."""

    posting_id: int
    entry_id: int
    account_id: int
    seq: int
    """Its place among the account's postings: 1, 2, 3 …"""
    wallet: str
    asset: str
    kind: EntryKind
    subtype: str
    ref: int
    """What caused it, counted per kind: a fill, a funding transfer, a move (an opening balance counts as one)."""
    at_ns: int
    amount: int
    fee: int
    balance: int

    @property
    def incoming(self) -> bool:
        """Whether the purse did not lose by it, fee included."""
        return self.amount >= self.fee


Posted = tuple[int, int, int, int, str, str, str, str, int, int, int, int, int]
"""A posting just made: the fields of `Posting` as plain values. Nothing else is made so often, and few ask for more."""


def posting_of(posted: Posted) -> Posting:
    """The posting that such values are of."""
    number, entry, account_id, seq, wallet, asset, kind, subtype, ref, at_ns, amount, fee, balance = posted
    return Posting(
        number, entry, account_id, seq, wallet, asset, _KINDS[kind], subtype, ref, at_ns, amount, fee, balance
    )


_KINDS: Final = {str(kind): kind for kind in EntryKind}
