"""What an account owns, and each entry of its ledger. Source: kraken-websocket#balances.

Decided: balances are those of the ledger, so that what is on its way out counts until it is posted.
"""

from typing import TYPE_CHECKING, Any, Final

from seatrial.core import facts
from seatrial.core.assets import spent_as
from seatrial.core.money import format_units
from seatrial.core.postings import EntryKind, Posting, posting_of
from seatrial.core.state import State
from seatrial.dialects.kraken.ids import Ids
from seatrial.dialects.kraken.rest.ledgers import ENTRY_TYPES, refid
from seatrial.dialects.kraken.symbols import Symbols
from seatrial.dialects.kraken.ws.frames import micros, text
from seatrial.dialects.kraken.ws.rows import Row, rows_frame

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.session import Subscription

BALANCES: Final = "balances"

SPOT: Final = "spot", "main"
REWARDS: Final = "earn", "liquid"
"""Type and id of a wallet; the other one is that of what earns rewards by itself."""

TYPES: Final = ENTRY_TYPES | {
    EntryKind.SPEND: "sale",
    EntryKind.RECEIVE: "sale",
    EntryKind.NFT_CREATOR_FEE: "creator_fee",
    EntryKind.AUTO_ALLOCATION: "transfer",
}
"""As in Ledgers, but for what is not listed here."""

SUBTYPES: Final = {
    (SPOT, False): "spottostaking",
    (REWARDS, True): "stakingfromspot",
    (REWARDS, False): "stakingtospot",
    (SPOT, True): "spotfromstaking",
}
"""Of what moves between an asset and what of it earns rewards: by the wallet, and whether it comes or goes."""

CATEGORIES: Final = {
    EntryKind.TRADE: "trade",
    EntryKind.DEPOSIT: "deposit",
    EntryKind.WITHDRAWAL: "withdrawal",
    EntryKind.MARGIN: "margin-trade",
    EntryKind.ROLLOVER: "marginrollover",
    EntryKind.SETTLED: "margin-settle",
    EntryKind.CONVERSION: "conversion",
    EntryKind.SPEND: "instant",
    EntryKind.RECEIVE: "instant",
    EntryKind.SALE: "instant",
    EntryKind.STAKING: "staking-rewards",
    EntryKind.AUTO_ALLOCATION: "staking-rewards",
    EntryKind.REWARD: "reward-bonus",
    EntryKind.DIVIDEND: "equity-dividend",
    EntryKind.NFT_TRADE: "nft",
    EntryKind.NFT_CREATOR_FEE: "nft",
    EntryKind.NFT_REBATE: "nft",
}
CREDIT: Final = "credit"
"""The category of all others. Decided: the documentation lists categories and says of none what it is of."""


class BalancesTopic:
    """The funds of one account."""

    channel: Final = BALANCES

    def __init__(self, state: State, symbols: Symbols, ids: Ids, account_id: int) -> None:
        self.key: tuple[Any, ...] = ()
        self.followers: dict[Subscription, None] = {}
        self.place = state.last_fact
        self.account_id = account_id
        self.user = f',"user":{text(ids.iban(account_id))}'
        self._symbols = symbols
        self._ids = ids
        self._assets = state.assets
        self._rows: list[Row] = []
        self._booked = {(purse.asset.code, purse.wallet): purse.booked for purse in state.ledger.of_account(account_id)}

    def take(self, fact: facts.AnyFact) -> None:
        """One more thing happened to it."""
        if isinstance(fact, facts.EntryPosted):
            for posted in fact.postings:
                if posted[2] == self.account_id:
                    self._post(posting_of(posted))

    def cut(self) -> list[Row]:
        """The rows since the last command."""
        rows, self._rows = self._rows, []
        return rows

    def snapshot(self) -> bytes:
        """All that it ever owned."""
        wallets: dict[str, dict[tuple[str, str], int]] = {}
        for (code, _), booked in sorted(self._booked.items()):
            of_asset = wallets.setdefault(spent_as(code), {})
            of_asset[_wallet(code)] = of_asset.get(_wallet(code), 0) + booked
        return rows_frame(BALANCES, "snapshot", (self._asset(code, found) for code, found in wallets.items()))

    def _asset(self, code: str, wallets: dict[tuple[str, str], int]) -> str:
        """Source of an empty list of wallets where there is nothing: recorded frames."""
        rows = ",".join(
            f'{{"type":"{wallet}","id":"{number}","balance":{self._amount(code, booked)}}}'
            for (wallet, number), booked in sorted(wallets.items(), reverse=True)
            if booked
        )
        return (
            f'{{"asset":{text(self._symbols.asset_display(code))},'
            f'"asset_class":"{self._symbols.asset_info(code).aclass}",'
            f'"balance":{self._amount(code, sum(wallets.values()))},"wallets":[{rows}]}}'
        )

    def _post(self, posting: Posting) -> None:
        self._booked[posting.asset, posting.wallet] = posting.balance
        code, wallet = spent_as(posting.asset), _wallet(posting.asset)
        subtype = posting.subtype
        if posting.kind is EntryKind.AUTO_ALLOCATION:
            subtype = SUBTYPES[wallet, posting.incoming]
        said = f'"subtype":{text(subtype)},' if subtype else ""
        row = (
            f'{{"ledger_id":"{self._ids.ledger(posting.posting_id)}","ref_id":"{refid(self._ids, posting)}",'
            f'"timestamp":"{micros(posting.at_ns)}","type":"{TYPES[posting.kind]}",{said}'
            f'"asset":{text(self._symbols.asset_display(code))},'
            f'"asset_class":"{self._symbols.asset_info(code).aclass}",'
            f'"category":"{CATEGORIES.get(posting.kind, CREDIT)}","wallet_type":"{wallet[0]}",'
            f'"wallet_id":"{wallet[1]}","amount":{self._amount(code, posting.amount)},'
            f'"fee":{self._amount(code, posting.fee)},"balance":{self._amount(code, posting.balance)}}}'
        )
        self._rows.append(Row(posting.kind.value, row))

    def _amount(self, code: str, units: int) -> str:
        return format_units(units, self._assets[code].scale)


def _wallet(code: str) -> tuple[str, str]:
    return SPOT if spent_as(code) == code else REWARDS
