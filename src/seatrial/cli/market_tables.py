"""What the control API answers about markets, laid out for people."""

from typing import Final

from rich.table import Table

from seatrial.cli.tables import Layout, facts, table
from seatrial.server import market_shapes as shapes


def _markets(rows: list[shapes.MarketView]) -> Table:
    found = table("Pair", "Status", "Last", "Bid", "Ask", "Trades", "House quotes")
    for row in rows:
        if row.trades or row.bid or row.ask or row.status != "online":
            found.add_row(
                row.pair, row.status, row.last or "", row.bid or "", row.ask or "", str(row.trades), row.liquidity or ""
            )
    return found


def _crowd(crowd: shapes.CrowdView) -> Table:
    found = table("Pair", "Price", "Volatility", "Depth", "Activity", "House quotes")
    found.caption = f"The crowd is {crowd.mode}."
    for row in crowd.pairs:
        found.add_row(
            row.pair, row.price, f"{row.volatility:g} %", f"{row.depth:g}", f"{row.activity:g}", row.liquidity
        )
    return found


MARKETS: Final = Layout(list[shapes.MarketView], _markets)
MARKET: Final = Layout(shapes.MarketView, facts)
SYSTEM: Final = Layout(shapes.SystemView, facts)
CROWD: Final = Layout(shapes.CrowdView, _crowd)
TAPE: Final = Layout(shapes.TapeView, facts)
