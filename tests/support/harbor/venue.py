"""Harbor, to everybody outside of this folder."""

from typing import TYPE_CHECKING, Final

from seatrial.dialects.venue import Demo, Venue

if TYPE_CHECKING:
    from seatrial.catalogue import Catalogue
    from seatrial.dialects.signing import Calculator
    from tests.support.harbor.dialect import Harbor


def _dialect(seed: int, catalogue: "Catalogue", _quirks: frozenset[str]) -> "Harbor":
    from tests.support.harbor.dialect import Harbor  # noqa: PLC0415  as in the venues of `dialects`

    return Harbor(seed, catalogue)


def _calculator() -> "Calculator":
    from tests.support.harbor.auth import CALCULATOR  # noqa: PLC0415  as above

    return CALCULATOR


VENUE: Final = Venue(
    name="harbor",
    title="Harbor",
    prefix="/api/v3/",
    make=_dialect,
    demo=Demo("demo-harbor", {"BTC": "2", "USD": "5000"}),
    rules=tuple,
    hosts=("api.harbor.example",),
    sample_path="/api/v3/balance",
    tiers="mate or captain",
    sample='  curl "{url}/api/v3/time"\n',
    calculator=_calculator,
)
