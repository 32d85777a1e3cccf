"""What changed in a world since the store last saw it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.core.accounts import Account, ApiKey, FeePayment, Token
    from seatrial.core.facts import Recorded
    from seatrial.core.funding import Delays, DepositAddress, Destination, Move, Transfer
    from seatrial.core.ledger import Purse
    from seatrial.core.market_state import MarketState, Quote
    from seatrial.core.markets import Modes
    from seatrial.core.orders import Amend, CancelTimer, Fill, Order, Trade
    from seatrial.core.postings import Posted
    from seatrial.core.volume import Valuation


class Changes:
    """What the store has not seen yet. Ids ascend, so the store can tell new rows from changed ones."""

    def __init__(self) -> None:
        self.recorded: Recorded | None = None
        """All facts that led to what follows here."""
        self.accounts: list[Account] = []
        self.keys: dict[int, ApiKey] = {}
        self.changed_keys: dict[int, ApiKey] = {}
        """Those with other rights than before."""
        self.revoked_keys: list[int] = []
        self.nonces: dict[int, list[int]] = {}
        """What keys with a window spent, as it came."""
        self.moves: list[Move] = []
        self.tokens: list[Token] = []
        self.orders: dict[int, Order] = {}
        self.amends: list[Amend] = []
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self.transfers: dict[int, Transfer] = {}
        self.addresses: dict[int, DepositAddress] = {}
        self.destinations: list[Destination] = []
        self.quotes: list[Quote] = []
        self.candles: dict[str, MarketState] = {}
        """Markets whose candles changed."""
        self.postings: list[Posted] = []
        self.purses: dict[Purse, None] = {}
        self.delays: Delays | None = None
        self.modes: Modes | None = None
        self.as_of_ns: int | None = None
        self.cancel_timers: dict[int, CancelTimer | None] = {}
        """By account; None for one that is off now."""
        self.fee_payments: dict[int, FeePayment | None] = {}
        """By account; None for one whose fees are paid as ever."""
        self.valuations: dict[int, Valuation] = {}
        """By account."""
        self.fired_timers: dict[int, CancelTimer | None] = {}
        """By account; None for one that has canceled all by now."""
