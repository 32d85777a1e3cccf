"""What an account pays in a market: the rates that its 30-day volume and its assets have reached."""

from typing import Final

from seatrial.core.markets import FeeSchedule, FeeTier
from seatrial.core.volume import NEVER_NS, USD_SCALE, PlatformAssets, RollingVolume

NO_FEES: Final = FeeSchedule("none", (FeeTier(0, 0, 0),), counts_volume=False)

_USD_UNITS: Final = 10**USD_SCALE
_NO_BOUND: Final = 2**100
"""More than any volume."""


class Rates:
    """What an account pays in one market: the tier of a schedule that its volume or its assets have reached.

    Good until the assets are valued anew.
    """

    __slots__ = ("_assets", "_below", "_fees", "_from", "_tier", "_until_ns", "_volume")

    def __init__(self, fees: FeeSchedule, volume: RollingVolume, assets: PlatformAssets) -> None:
        self._fees = fees
        self._volume = volume
        self._assets = assets if fees.looks_at_assets else None
        self._tier = fees.tiers[0]
        self._from = self._below = self._until_ns = 0
        """The volumes between which, and the time until which, that tier applies; not known at first."""

    def at(self, at_ns: int) -> FeeTier:
        """The rates at that moment."""
        volume = self._volume
        if not (at_ns < volume.drops_ns and at_ns < self._until_ns and self._from <= volume.total < self._below):
            self._climb(volume.at(at_ns), at_ns)
        return self._tier

    def _climb(self, volume: int, at_ns: int) -> None:
        ladder, following_ns = self._fees.at(at_ns), self._fees.next_from_ns(at_ns)
        tiers, assets = ladder.tiers, self._assets
        assets_usd = 0 if assets is None else assets.at(at_ns) // _USD_UNITS
        rung, lowest = ladder.rung(volume // _USD_UNITS, assets_usd), ladder.rung(0, assets_usd)
        tier = self._tier = tiers[rung]
        higher = rung + 1
        self._from = tier.from_usd * _USD_UNITS if rung > lowest else 0
        self._below = tiers[higher].from_usd * _USD_UNITS if higher < len(tiers) else _NO_BOUND
        self._until_ns = min(
            NEVER_NS if assets is None else assets.due_ns, NEVER_NS if following_ns is None else following_ns
        )
