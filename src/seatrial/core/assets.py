"""What can be owned."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

USD: Final = "USD"
USDT: Final = "USDT"


class AssetKind(StrEnum):
    """What sort of thing an asset is; the kind decides what may be done with it."""

    FIAT = "fiat"
    CRYPTO = "crypto"
    STABLECOIN = "stablecoin"
    FEE_CREDIT = "fee_credit"
    READ_ONLY = "read_only"
    """A balance in a yield or hold product, shown beside its base asset. Orders and withdrawals cannot name it."""


class Asset(Struct, frozen=True):
    """One asset. Codes are the everyday ones: BTC, USD, DOGE, ETH2.S."""

    code: str
    kind: AssetKind
    scale: int
    """Decimal places kept in the books: 1 unit = 10**-scale."""
    collateral_ppm: int = 0
    """How much of its value counts as collateral, in parts per million."""


REWARDS_SUFFIX: Final = ".F"
"""Of what earns rewards by itself. It is spent under the name of its base. Source: venue-pages#get-account-balance."""

READ_ONLY_SUFFIXES: Final = (".S", ".M", ".B", REWARDS_SUFFIX, ".P", ".T", ".HOLD")
"""Source: venue-pages#get-account-balance (.B .F .T), kraken-ledgers#rewards (.S .M .P .HOLD)."""


def spent_as(code: str) -> str:
    """The asset under whose name this one is spent: USDT.F is spent as USDT, any other as itself."""
    return code.removesuffix(REWARDS_SUFFIX)


class UnknownAssetError(KeyError):
    """No asset has that code."""


class Assets:
    """All assets of a world, by code.

    A read-only balance (USDT.F) needs no line of its own in the table: any listed asset with one of the
    suffixes is an asset too, with the scale of its base.
    """

    def __init__(self, listed: tuple[Asset, ...]) -> None:
        self.listed = listed
        self._by_code = {asset.code: asset for asset in listed}

    def get(self, code: str) -> Asset | None:
        """The asset of that code, or None."""
        return self._by_code.get(code) or self._derive(code)

    def __getitem__(self, code: str) -> Asset:
        """The asset of that code; `UnknownAssetError` when there is none."""
        asset = self.get(code)
        if asset is None:
            raise UnknownAssetError(code)
        return asset

    def _derive(self, code: str) -> Asset | None:
        base_code, dot, suffix = code.partition(".")
        base = self._by_code.get(base_code)
        if not dot or base is None or f".{suffix}" not in READ_ONLY_SUFFIXES:
            return None
        derived = Asset(code=code, kind=AssetKind.READ_ONLY, scale=base.scale)
        self._by_code[code] = derived
        return derived
