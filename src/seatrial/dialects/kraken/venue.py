"""Kraken, to everybody outside of this folder."""

from typing import TYPE_CHECKING, Final

from seatrial.dialects.venue import Demo, Venue

if TYPE_CHECKING:
    from seatrial.catalogue import Catalogue
    from seatrial.core.provenance import Rule
    from seatrial.dialects.dated import Since
    from seatrial.dialects.signing import Calculator
    from seatrial.dialects.wire import Dialect


def _dialect(seed: int, catalogue: "Catalogue", quirks: frozenset[str]) -> "Dialect":
    from seatrial.dialects.kraken.dialect import Kraken
    from seatrial.dialects.kraken.symbols import Symbols

    return Kraken(
        seed,
        Symbols(catalogue),
        require_user_agent="require-user-agent" in quirks,
        says_unknown_order="unknown-order" in quirks,
        counts_connections="count-connections" in quirks,
    )


def _rules() -> "tuple[Rule, ...]":
    from seatrial.dialects.kraken.fidelity import RULES

    return RULES


def _changes() -> "tuple[Since, ...]":
    from seatrial.dialects.kraken.manners import CHANGES

    return CHANGES


def _calculator() -> "Calculator":
    from seatrial.dialects.kraken.calculator import CALCULATOR

    return CALCULATOR


VENUE: Final = Venue(
    name="kraken",
    title="Kraken",
    prefix="/0/",
    make=_dialect,
    demo=Demo(
        "demo",
        {
            "USD": "100000", "EUR": "50000", "GBP": "10000", "USDT": "25000", "USDC": "25000", "BTC": "10",
            "ETH": "100", "SOL": "500", "XRP": "20000", "DOGE": "100000", "ADA": "20000", "DOT": "1000",
            "ETH2.S": "5", "USD.M": "1000", "USDT.F": "250",
        },
    ),
    rules=_rules,
    changes=_changes,
    hosts=("api.kraken.com", "ws.kraken.com", "ws-auth.kraken.com", "ws-l3.kraken.com", "uws.kraken.com"),
    private="/0/private/",
    sample_path="/0/private/Balance",
    names_methods=True,
    tiers="starter, intermediate or pro",
    sample="""\
  curl "{url}/0/public/Ticker?pair=XBTUSD"

  import ccxt
  exchange = ccxt.kraken({{"apiKey": "{key}", "secret": "{secret}"}})
  exchange.urls["api"] = {{"public": "{url}", "private": "{url}"}}
  print(exchange.fetch_balance()["total"])
""",
    calculator=_calculator,
)  # fmt: skip
