"""Where one asset is traded for another: scales, minimums and fee schedules."""

from bisect import bisect_right
from enum import StrEnum
from operator import attrgetter
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.assets import Asset


class MarketStatus(StrEnum):
    """What a market lets its users do. Source: kraken-orders#modes."""

    ONLINE = "online"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"
    LIMIT_ONLY = "limit_only"
    REDUCE_ONLY = "reduce_only"


class SystemStatus(StrEnum):
    """What the exchange lets its users do, over all markets. Source: kraken-rest#system-status; kraken-orders#modes."""

    ONLINE = "online"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"
    LIMIT_ONLY = "limit_only"
    MAINTENANCE = "maintenance"
    """Nothing, not even cancels."""


class Modes(Struct, frozen=True):
    """What is open: the exchange as a whole, and the markets whose status was changed since the world began."""

    system: SystemStatus = SystemStatus.ONLINE
    markets: dict[str, MarketStatus] = {}


class FeeTier(Struct, frozen=True):
    """The rates from one 30-day volume upwards. A negative maker rate is a rebate.

    Other figures may lead to the same rates; these are their thresholds in whole US dollars, None if they do not.
    """

    from_usd: int
    taker_ppm: int
    maker_ppm: int
    from_futures_usd: int | None = None
    """What futures were traded for in 30 days."""
    from_assets_usd: int | None = None
    """What the account has on the exchange."""


_FROM_USD: Final = attrgetter("from_usd")


class FeeSchedule(Struct, frozen=True):
    """A named ladder of tiers, lowest volume first, and the ladders that held before it."""

    name: str
    tiers: tuple[FeeTier, ...]
    counts_volume: bool
    """Whether trades on this schedule count towards the 30-day volume. Source: kraken-ledgers#fee-tiers."""
    levels: dict[str, FeeTier] = {}
    """The rates by the tier of the account, where they do not go by volume."""
    from_ns: int = 0
    """From when on it holds."""
    earlier: "FeeSchedule | None" = None
    """The ladder that held before; None if there was none, so this one held already."""

    def of_level(self, level: str) -> "FeeSchedule":
        """What an account of that tier pays by; the first rates where the schedule does not know the tier."""
        earlier = None if self.earlier is None else self.earlier.of_level(level)
        if not self.levels and earlier is self.earlier:
            return self
        tiers = (self.levels.get(level, self.tiers[0]),) if self.levels else self.tiers
        return FeeSchedule(self.name, tiers, self.counts_volume, from_ns=self.from_ns, earlier=earlier)

    def at(self, at_ns: int) -> "FeeSchedule":
        """The ladder that holds at that moment."""
        ladder = self
        while at_ns < ladder.from_ns and ladder.earlier is not None:
            ladder = ladder.earlier
        return ladder

    @property
    def is_flat(self) -> bool:
        """Whether makers pay on every rung what takers pay."""
        return all(tier.maker_ppm == tier.taker_ppm for tier in self.tiers)

    @property
    def alone(self) -> "FeeSchedule":
        """Itself for good, without those before it."""
        return replace(self, earlier=None)

    def next_from_ns(self, at_ns: int) -> int | None:
        """When the ladder that holds at that moment gives way to a later one; None when none follows."""
        ladder, following = self, None
        while at_ns < ladder.from_ns and ladder.earlier is not None:
            ladder, following = ladder.earlier, ladder.from_ns
        return following

    def rung(self, volume_usd: int, assets_usd: int = 0) -> int:
        """The place of the highest tier that the 30-day volume or the assets, in whole US dollars, have reached."""
        rung = bisect_right(self.tiers, volume_usd, key=_FROM_USD) - 1
        for higher in range(len(self.tiers) - 1, rung, -1):
            threshold = self.tiers[higher].from_assets_usd
            if threshold is not None and threshold <= assets_usd:
                return higher
        return rung

    def tier(self, volume_usd: int, assets_usd: int = 0) -> FeeTier:
        """That tier."""
        return self.tiers[self.rung(volume_usd, assets_usd)]

    @property
    def looks_at_assets(self) -> bool:
        """Whether what an account has on the exchange can lead to a tier, on this ladder or an earlier one."""
        own = any(tier.from_assets_usd for tier in self.tiers)
        return own or (self.earlier is not None and self.earlier.looks_at_assets)


class Minimums(Struct, frozen=True, gc=False):
    """What an order must be at least."""

    qty_lots: int
    exact: int
    """What it would move, in ticks * lots."""


class Market(Struct, frozen=True):
    """Base traded for quote. A tick is 10**-price_scale of the quote, a lot 10**-lot_scale of the base."""

    symbol: str
    """Everyday form, BTC/USD."""
    base: Asset
    quote: Asset
    price_scale: int
    lot_scale: int
    cost_scale: int
    """Decimals in which costs are stated; not those of the quote asset. Source: kraken-ledgers#pair-data."""
    min_qty_lots: int
    min_cost: int
    """In units of 10**-cost_scale of the quote."""
    fees: FeeSchedule
    """What its users pay if their venue has no rates of its own."""
    status: MarketStatus = MarketStatus.ONLINE
    """Its status when a world begins."""
    venue_fees: dict[str, FeeSchedule] = {}
    """What users of a venue pay, by venue."""

    def fees_for(self, venue: str) -> FeeSchedule:
        """What users of a venue pay."""
        return self.venue_fees.get(venue, self.fees)


class FundingMethod(Struct, frozen=True):
    """One way in and out for one asset. Amounts in the asset's units."""

    asset: Asset
    name: str
    network: str | None
    """None for bank rails."""
    deposit_minimum: int
    deposit_fee: int
    withdrawal_minimum: int
    withdrawal_fee: int
    address_style: str
    """How its addresses look: bech32, base58:<lead>, evm, hex, tagged, iban; see `core/addresses.py`."""
