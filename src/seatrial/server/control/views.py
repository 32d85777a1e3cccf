"""What the control API shows of a whole world."""

from seatrial.client.shapes import AssetBooks, Books, DelaysView
from seatrial.core.funding import Delays
from seatrial.core.ledger import EXCHANGE
from seatrial.core.money import format_units
from seatrial.core.state import State
from seatrial.world.clock import iso


def books(state: State) -> Books:
    """The trial balance of a whole world."""
    codes = sorted({purse.asset.code for purse in state.ledger.purses.values() if purse.used})
    assets = {code: _asset_books(state, code) for code in codes}
    postings_agree = all(purse.booked == purse.total for purse in state.ledger.purses.values())
    return Books(postings_agree and not any(state.ledger.trial_balance().values()), assets)


def _asset_books(state: State, code: str) -> AssetBooks:
    scale = state.assets[code].scale
    purses = sorted(
        (purse for purse in state.ledger.purses.values() if purse.asset.code == code and purse.used),
        key=lambda purse: purse.wallet,
    )
    clients = [purse for purse in purses if purse.account_id != EXCHANGE]

    def text(units: int) -> str:
        return format_units(units, scale)

    return AssetBooks(
        text(sum(purse.total for purse in clients)),
        text(sum(purse.held.balance for purse in clients)),
        text(sum(purse.outgoing.balance for purse in clients)),
        {purse.wallet: text(purse.total) for purse in purses if purse.account_id == EXCHANGE},
        text(sum(purse.total for purse in purses)),
    )


def day_of(as_of_ns: int) -> str | None:
    """The day of the venues' manners; None where they go by the clock."""
    return iso(as_of_ns)[: len("2024-01-31")] if as_of_ns else None


def delays_view(delays: Delays) -> DelaysView:
    """Delays in seconds."""
    return DelaysView(
        delays.deposit_settled_ns / 1e9,
        delays.withdrawal_initial_ns / 1e9,
        delays.withdrawal_pending_ns / 1e9,
        delays.withdrawal_settled_ns / 1e9,
    )
