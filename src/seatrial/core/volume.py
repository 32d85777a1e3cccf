"""The 30-day volume that decides an account's fees.

Trades count at once and drop out by the hour. Source: kraken-semantics 6.2 ("drop out in batches every few hours").
"""

from collections import deque
from typing import Final

HOUR_NS: Final = 3_600 * 10**9
NEVER_NS: Final = 2**63
WINDOW_HOURS: Final = 30 * 24
USD_SCALE: Final = 4
"""Volumes are in 10**-4 US dollars."""
MOST_PER_TRADE: Final = 10**10 * 10**USD_SCALE
"""More than that of one trade does not count: it moves no fee, and sums stay within a store's 64 bits (decided)."""


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
