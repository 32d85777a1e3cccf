"""Who trades: accounts, what pays their fees, their API keys and their session tokens."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

from seatrial.core.money import PPM

HOUSE: Final = "house"
"""The venue of the one account that no dialect speaks for: it makes markets, see `core/house.py`."""


class Account(Struct, frozen=True):
    """One client. `venue` says which dialect it speaks and so which wallets it has."""

    account_id: int
    name: str
    venue: str
    tier: str
    """The venue's own word for how far the client is verified; the dialect reads its limits from it."""
    rate_limits: bool
    """Whether the venue's call limits are enforced."""
    trading_wallet: str
    funding_wallet: str
    created_ns: int
    parent_id: int = 0
    """The account that a sub-account belongs to; 0 for a client of its own."""
    access: str = ""
    """What a sub-account may trade, in the venue's own words."""
    note: str = ""
    """What its owner wrote beside it."""
    check_timestamps: bool | None = None
    """Whether its calls must carry the world's time. None: or the computer's; False: any time will do."""


class FeePayment(Struct, frozen=True):
    """What pays an account's trading fees in the place of what it trades in, and at what rate."""

    account_id: int
    asset: str
    """What pays."""
    unit: str
    """In what a fee is valued first: in what pays, or in what that has a fixed price in."""
    per_unit_ppm: int
    """How many of the asset pay a fee that is worth one unit, in parts per million."""
    counts_ppm: int = PPM
    """What part of its price a unit counts for."""
    afterwards: bool = True
    """Whether the fee is taken as ever and comes back when the asset has paid it whole; else the asset pays what it
    can of it first."""


class ApiKey(Struct):
    """A key to one account, with all that decides whether a call may use it."""

    key_id: int
    account_id: int
    name: str
    public: str
    secret: str
    permissions: frozenset[str]
    nonce_window: int
    """A nonce this far below the highest one is still taken, once. 0: only ever higher ones."""
    one_time_password: str | None
    """A fixed second password; excludes totp_secret."""
    totp_secret: str | None
    """Base32 secret of an authenticator."""
    valid_until_ns: int
    """0: for ever."""
    query_from_ns: int
    query_to_ns: int
    """History outside is hidden from this key; 0: no bound."""
    ip_allowlist: tuple[str, ...]
    """Addresses or networks; empty: from anywhere."""
    created_ns: int
    highest_nonce: int = -1
    recent_nonces: list[int] = field(default_factory=list)
    """Nonces taken inside the window, ascending; empty without a window."""
    used_ns: int = 0

    def __repr__(self) -> str:
        """Without its secrets, which must not reach a log."""
        return f"ApiKey(key_id={self.key_id}, account_id={self.account_id}, name={self.name!r}, public={self.public!r})"

    def take_nonce(self, nonce: int, at_ns: int) -> bool:
        """Spend a nonce; False when it, or too late a one, was spent before.

        Source: kraken-rest#nonce. Decided there: `nonce > highest - window`, each once.
        """
        if nonce > self.highest_nonce:
            self.highest_nonce = nonce
        elif not self._is_late_but_new(nonce):
            return False
        self.used_ns = at_ns
        if self.nonce_window:
            self._remember(nonce)
        return True

    def remember(self, nonces: Iterable[int]) -> None:
        """Remember these stored nonces as spent, too, in any order; the highest one is known already."""
        self.recent_nonces = sorted({*self.recent_nonces, *nonces})
        self._forget()

    def _remember(self, nonce: int) -> None:
        insort(self.recent_nonces, nonce)
        self._forget()

    def _forget(self) -> None:
        recent = self.recent_nonces
        too_low = bisect_right(recent, self.highest_nonce - self.nonce_window)
        del recent[: max(too_low, len(recent) - MAX_RECENT_NONCES)]

    def _is_late_but_new(self, nonce: int) -> bool:
        recent = self.recent_nonces
        if nonce <= self.highest_nonce - self.nonce_window:
            return False
        place = bisect_left(recent, nonce)
        if place < len(recent) and recent[place] == nonce:
            return False
        return place > 0 or len(recent) < MAX_RECENT_NONCES


MAX_RECENT_NONCES = 1_000
"""How many nonces inside a window are remembered; older ones then count as spent."""


class Token(Struct, frozen=True):
    """Lets its holder open a private feed until it expires."""

    token_id: int
    account_id: int
    key_id: int
    expires_ns: int
