"""How KuCoin writes amounts: as short as they are, or padded to eight decimals.

Source: kucoin-rest 5.1 and 5.6, where the two ledgers show the same kind of amount as `0.01` and as `1.59760080`.
"""

from typing import Final

from seatrial.core.money import format_units

USUAL_DECIMALS: Final = 8


def short(units: int, scale: int) -> str:
    """A plain decimal without trailing zeros: `10.00059547`, `25.5`, `0`."""
    text = format_units(units, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text


def padded(units: int, scale: int) -> str:
    """A plain decimal with eight decimals, or as many more as it needs: `1.59760080`, `0.00000000`."""
    whole, _, fraction = short(units, scale).partition(".")
    return f"{whole}.{fraction.ljust(USUAL_DECIMALS, '0')}"
