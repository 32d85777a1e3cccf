"""What decides an account's fees: its 30-day volume and what it has on the exchange.

Trades count at once and drop out by the hour. Source: kraken-ledgers#fee-tiers.

What an account has is worth something else after every trade of anybody, so that it is not summed up for each order.
It is valued whenever money comes in or goes out, and else with the first order or fill in an hour of the clock
(decided).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec import Struct

HOUR_NS: Final = 3_600 * 10**9
NEVER_NS: Final = 2**63
WINDOW_HOURS: Final = 30 * 24
USD_SCALE: Final = 4
"""Volumes are in 10**-4 US dollars."""
MAX_PER_TRADE: Final = 10**10 * 10**USD_SCALE
"""More than that of one trade does not count: it moves no fee, and sums stay within a store's 64 bits (decided)."""
MAX_ASSETS: Final = 10**10 * 10**USD_SCALE
"""Nor does more than that of what an account has."""


class Valuation(Struct, frozen=True):
    """What an account had on the exchange at a moment, in 10**-USD_SCALE US dollars."""

    account_id: int
    usd: int
    at_ns: int


class PlatformAssets:
    """What an account has on the exchange, as it was valued last."""

    __slots__ = ("_counts", "_worth_now", "due_ns", "valuation")

    def __init__(self, worth_now: Callable[[], int], *, counts: bool) -> None:
        """`counts`: whether any rate depends on it; what does not is never valued."""
        self._worth_now = worth_now
        self._counts = counts
        self.valuation: Valuation | None = None
        self.due_ns = 0 if counts else NEVER_NS
        """From when on the valuation is too old."""

    def at(self, at_ns: int) -> int:
        """The last valuation, or the worth of this moment where that is too old. Keeps neither."""
        if self.valuation is None or at_ns >= self.due_ns:
            return min(self._worth_now(), MAX_ASSETS)
        return self.valuation.usd

    def value(self, account_id: int, at_ns: int) -> Valuation | None:
        """Value it anew; None where it does not count."""
        if not self._counts:
            return None
        self.restore(valuation := Valuation(account_id, min(self._worth_now(), MAX_ASSETS), at_ns))
        return valuation

    def restore(self, valuation: Valuation) -> None:
        """Take a valuation, which is good until the hour is over."""
        self.valuation = valuation
        if self._counts:
            self.due_ns = (valuation.at_ns // HOUR_NS + 1) * HOUR_NS


class RollingVolume:
    """What one account traded in the last 30 days, in units of 10**-USD_SCALE US dollars."""

    __slots__ = ("_hours", "_next_hour_ns", "drops_ns", "total")

    def __init__(self) -> None:
        self._hours: deque[list[int]] = deque()
        self.total = 0
        """What it comes to until `drops_ns`."""
        self._next_hour_ns = 0
        """When the newest hour with trades is over; 0 when there is none."""
        self.drops_ns = NEVER_NS
        """When the oldest one drops out."""

    def add(self, at_ns: int, volume_usd: int) -> None:
        """Count a trade."""
        self.total += volume_usd
        if at_ns < self._next_hour_ns:
            self._hours[-1][1] += volume_usd
            return
        hour = at_ns // HOUR_NS
        self._hours.append([hour, volume_usd])
        self._next_hour_ns = (hour + 1) * HOUR_NS
        self._note_oldest()

    def at(self, at_ns: int) -> int:
        """The volume of the 30 days before that moment."""
        if at_ns >= self.drops_ns:
            oldest = at_ns // HOUR_NS - WINDOW_HOURS
            while self._hours and self._hours[0][0] < oldest:
                self.total -= self._hours.popleft()[1]
            self._note_oldest()
        return self.total

    def _note_oldest(self) -> None:
        if self._hours:
            self.drops_ns = (self._hours[0][0] + WINDOW_HOURS + 1) * HOUR_NS
        else:
            self.drops_ns, self._next_hour_ns = NEVER_NS, 0
