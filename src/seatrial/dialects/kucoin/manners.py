"""What KuCoin did when. What a row says is that of its own day.

The ladders of levels have their days in the catalogue, `fees/by-level.csv`; a test holds them to those named here.
"""

from typing import Final

from seatrial.dialects.dated import since

FILL_TIMES: Final = since(
    "2023", "`createdAt` of the classic endpoints' fills",
    before="milliseconds of whole seconds", after="milliseconds",
    where="ccxt #5162 (2019), #9653 (2021); the specification's examples of November 2024; the day is not known",
)  # fmt: skip
LEVELS: Final = since(
    "2026-03-26", "Fees by VIP level, first fee category",
    before="0.1 % and 0.09 % at level 1, 0.05 % and nothing at level 7",
    after="0.1 % and 0.095 % at level 1, 0.042 % and 0.015 % at level 7",
    where='ccxt\'s table of levels, as in its markets of January 2026; KuCoin\'s "KuCoin VIP Fee Structure", whose day '
    "that is",
)  # fmt: skip

CHANGES: Final = (FILL_TIMES, LEVELS)
"""All of them, in their order."""
LADDERS: Final = {"kucoin_a": (LEVELS,)}
"""By schedule, those that the catalogue has ladders for."""
