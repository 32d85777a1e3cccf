"""How often an account may call: a quota per account and pool that is full again every thirty seconds.

It runs on the world's clock and lives in memory: a restart forgives (decided). Public calls are not counted: their
pool is per address, and here everybody calls from the same one (decided).
Source: kucoin-rest#rate-limits.
"""

from enum import StrEnum
from typing import Final, NamedTuple

WINDOW_NS: Final = 30 * 10**9

MILLISECOND_NS: Final = 10**6


class Pool(StrEnum):
    """What a call draws on."""

    SPOT = "spot"
    MANAGEMENT = "management"


_SPOT: Final = (4000, 6000, 8000, 10000, 13000, 16000, 20000, 23000, 26000, 30000, 33000, 36000, 40000)
_MANAGEMENT: Final = (2000, 2000, 4000, 5000, 6000, 7000, 8000, 10000, 12000, 14000, 16000, 18000, 20000)

TIERS: Final = tuple(f"vip{level}" for level in range(13))
DEFAULT_TIER: Final = TIERS[0]

QUOTAS: Final = {
    Pool.SPOT: dict(zip(TIERS, _SPOT, strict=True)),
    Pool.MANAGEMENT: dict(zip(TIERS, _MANAGEMENT, strict=True)),
}
"""What a VIP level may spend in one window."""

Headers = tuple[tuple[bytes, bytes], ...]


class Usage(NamedTuple):
    """How a pool stands after a call."""

    allowed: bool
    quota: int
    remaining: int
    reset_ms: int
    """Until the window ends."""

    @property
    def headers(self) -> Headers:
        """As every private call's answer shows it."""
        return (
            (b"gw-ratelimit-limit", b"%d" % self.quota),
            (b"gw-ratelimit-remaining", b"%d" % self.remaining),
            (b"gw-ratelimit-reset", b"%d" % self.reset_ms),
        )


class _Window:
    """One account's use of one pool, from its first call on."""

    __slots__ = ("ends_ns", "spent")

    def __init__(self, at_ns: int) -> None:
        self.ends_ns = at_ns + WINDOW_NS
        self.spent = 0


class Limits:
    """All windows of one world."""

    def __init__(self) -> None:
        self._windows: dict[tuple[int, Pool], _Window] = {}

    def spend(self, account_id: int, pool: Pool, weight: int, quota: int, at_ns: int) -> Usage:
        """Count a call; one too many spends nothing. A clock that was set back begins a new window (decided)."""
        window = self._windows.get((account_id, pool))
        if window is None or not window.ends_ns - WINDOW_NS <= at_ns < window.ends_ns:
            window = self._windows[account_id, pool] = _Window(at_ns)
        allowed = window.spent + weight <= quota
        if allowed:
            window.spent += weight
        left_ns = window.ends_ns - at_ns
        return Usage(allowed, quota, quota - window.spent, -(-left_ns // MILLISECOND_NS))


def unlimited(pool: Pool, tier: str) -> Usage:
    """How a pool of an account without limits always stands: full (decided)."""
    quota = quota_of(pool, tier)
    return Usage(allowed=True, quota=quota, remaining=quota, reset_ms=WINDOW_NS // MILLISECOND_NS)


def quota_of(pool: Pool, tier: str) -> int:
    """What a level may spend in one window; an unknown level counts as the lowest."""
    return QUOTAS[pool].get(tier, QUOTAS[pool][DEFAULT_TIER])
