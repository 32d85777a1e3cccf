"""How KuCoin writes amounts: as short as they are, or padded to eight decimals.

Source: kucoin-rest#account-ledgers and kucoin-rest#high-frequency-ledgers, where the two ledgers show the same kind of
amount as `0.01` and as `1.59760080`. Our books may be finer than KuCoin's eight decimals: what is a record of them is
rounded, what can be used is cut off.
"""

from typing import Final

from seatrial.core.money import div_half_up, format_units, rescale_floor

USUAL_DECIMALS: Final = 8


def short(units: int, scale: int) -> str:
    """A plain decimal without trailing zeros: `10.00059547`, `25.5`, `0`."""
    text = format_units(units, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text


def padded(units: int, scale: int) -> str:
    """A plain decimal of exactly eight decimals, to the nearest: `1.59760080`, `0.00000000`."""
    return format_units(_nearest(units, scale), USUAL_DECIMALS)


def moved(units: int, scale: int) -> int:
    """What a ledger says that moved, in the eighth decimal, to the nearest.

    Decided: less than one of it counts as one, since programs stop at rows that move nothing.
    """
    return _nearest(units, scale) or int(units > 0)


def usable(units: int, scale: int) -> int:
    """As much of a balance as a user can name, in the eighth decimal: what is finer is cut off."""
    return rescale_floor(units, scale, USUAL_DECIMALS)


def _nearest(units: int, scale: int) -> int:
    return div_half_up(units * 10**USUAL_DECIMALS, 10**scale)
