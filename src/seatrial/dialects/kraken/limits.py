"""How often an account may call: one counter per key, one per account and pair for orders.

Both run on the world's clock and live in memory: a restart forgives (decided).
Source: kraken-rest#call-limits and kraken-rest#order-limits.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from msgspec import Struct


class Tier(Struct, frozen=True):
    """What a verification tier allows."""

    calls: int
    calls_decay_per_s: float
    orders: int
    orders_decay_per_s: float
    open_orders: int
    """Per pair."""


TIERS: Final = {
    "starter": Tier(15, 0.33, 60, 1.0, 60),
    "intermediate": Tier(20, 0.5, 125, 2.34, 80),
    "pro": Tier(20, 1.0, 180, 3.75, 225),
}
DEFAULT_TIER: Final = "intermediate"

ADD: Final = 1
Costs = tuple[tuple[int, int], ...]
"""(younger than seconds, cost)."""
CANCEL: Final[Costs] = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
AMEND: Final[Costs] = ((5, 3), (10, 2), (15, 1))
EDIT: Final[Costs] = ((5, 6), (10, 5), (15, 4), (45, 2), (90, 1))
"""What doing so to an order costs, the more the younger it is; amending and editing cost what a new order does, too."""


def cost_of(costs: Costs, age_ns: int) -> int:
    """What doing that to an order of that age adds to the pair's counter."""
    return next((cost for seconds, cost in costs if age_ns < seconds * 10**9), 0)


class Watch(Protocol):
    """Is told of a counter that changed."""

    def __call__(self, market: str, level: float, at_ns: int, *, is_before: bool) -> None:
        """How high it is, and whether what was counted has yet to happen."""
        ...


class Counter:
    """Grows by what calls cost and decays with time."""

    __slots__ = ("at_ns", "level")

    def __init__(self) -> None:
        self.level = 0.0
        self.at_ns = 0
        """When that was so; since then it has decayed."""

    def charge(self, cost: float, maximum: int, decay_per_s: float, at_ns: int) -> bool:
        """Add a cost; False, with nothing added, when that would pass the most."""
        level = self._decay(decay_per_s, at_ns)
        allowed = level + cost <= maximum
        self.level = level + cost if allowed else level
        return allowed

    def add(self, cost: int, decay_per_s: float, at_ns: int) -> None:
        """Add a cost whatever the level: a cancel is never refused."""
        self.level = self._decay(decay_per_s, at_ns) + cost

    def _decay(self, decay_per_s: float, at_ns: int) -> float:
        """The level at that moment. A world begun again at an earlier one decays nothing."""
        elapsed_s = max(0, at_ns - self.at_ns) / 1e9
        self.at_ns = at_ns
        return max(0.0, self.level - decay_per_s * elapsed_s)


class Limits:
    """All counters of one world."""

    def __init__(self) -> None:
        self._calls: dict[int, Counter] = {}
        self._orders: dict[tuple[int, str], Counter] = {}
        self.watchers: dict[int, Watch] = {}
        """By account, who is told of each change of its orders' counters."""

    def call(self, key_id: int, tier: Tier, cost: int, at_ns: int) -> bool:
        """Count a call by a key; False when it is one too many."""
        counter = self._calls.setdefault(key_id, Counter())
        return counter.charge(cost, tier.calls, tier.calls_decay_per_s, at_ns)

    def place(self, account_id: int, market: str, tier: Tier, at_ns: int) -> bool:
        """Count a new order in a market; False when it is one too many."""
        return self.count(account_id, market, tier, ADD, at_ns)

    def count(self, account_id: int, market: str, tier: Tier, cost: float, at_ns: int) -> bool:
        """Count what costs so much in a market; False, with nothing counted, when that is too much."""
        counter = self._orders.setdefault((account_id, market), Counter())
        is_allowed = counter.charge(cost, tier.orders, tier.orders_decay_per_s, at_ns)
        if account_id in self.watchers:
            self.watchers[account_id](market, counter.level, at_ns, is_before=True)
        return is_allowed

    def cancel(self, account_id: int, market: str, tier: Tier, age_ns: int, at_ns: int) -> None:
        """Count a cancel of an order of that age. It goes through whatever the counter says (decided)."""
        counter = self._orders.setdefault((account_id, market), Counter())
        counter.add(cost_of(CANCEL, age_ns), tier.orders_decay_per_s, at_ns)
        if account_id in self.watchers:
            self.watchers[account_id](market, counter.level, at_ns, is_before=False)

    def levels(self, account_id: int, markets: Iterable[str]) -> Iterator[tuple[str, float, int]]:
        """How high each of an account's counters was when it was last changed, and when that was."""
        for market in markets:
            counter = self._orders.get((account_id, market))
            if counter is not None:
                yield market, counter.level, counter.at_ns
