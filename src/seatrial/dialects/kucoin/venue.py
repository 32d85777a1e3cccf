"""KuCoin, to everybody outside of this folder."""

from typing import TYPE_CHECKING, Final

from seatrial.dialects.venue import Demo, Venue

if TYPE_CHECKING:
    from seatrial.catalogue import Catalogue
    from seatrial.core.provenance import Rule
    from seatrial.dialects.dated import Since
    from seatrial.dialects.signing import Calculator
    from seatrial.dialects.wire import Dialect


def _dialect(seed: int, catalogue: "Catalogue", _quirks: frozenset[str]) -> "Dialect":
    from seatrial.dialects.kucoin.dialect import Kucoin
    from seatrial.dialects.kucoin.symbols import Symbols

    return Kucoin(seed, Symbols(catalogue))


def _rules() -> "tuple[Rule, ...]":
    from seatrial.dialects.kucoin.fidelity import RULES

    return RULES


def _calculator() -> "Calculator":
    from seatrial.dialects.kucoin.calculator import CALCULATOR

    return CALCULATOR


def _changes() -> "tuple[Since, ...]":
    from seatrial.dialects.kucoin.manners import CHANGES

    return CHANGES


VENUE: Final = Venue(
    name="kucoin",
    title="KuCoin",
    prefix="/api/",
    longer_prefixes=(
        "/api/v3/accounts/", "/api/v3/announcements", "/api/v3/currencies", "/api/v3/deposit-address", "/api/v3/hf/",
        "/api/v3/margin/", "/api/v3/market/", "/api/v3/withdrawals",
    ),
    make=_dialect,
    demo=Demo(
        "demo-kucoin",
        {
            "USDT": "100000", "USDC": "25000", "BTC": "5", "ETH": "50", "SOL": "250", "XRP": "10000",
            "main:USDT": "25000", "main:USDC": "5000", "main:BTC": "1", "main:ETH": "10",
        },
    ),
    rules=_rules,
    changes=_changes,
    hosts=("api.kucoin.com", "api-futures.kucoin.com", "ws-api-spot.kucoin.com"),
    sample_path="/api/v1/accounts",
    tiers="vip0 to vip12",
    calculator=_calculator,
)  # fmt: skip
