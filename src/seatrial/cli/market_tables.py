"""What the control API answers about markets, laid out for people."""

from typing import Final

from seatrial.cli.grid import Grid
from seatrial.cli.tables import Layout, facts
from seatrial.server.control import market_shapes as shapes


def _markets(rows: list[shapes.MarketView]) -> Grid:
    columns = ("Pair", "Status", "Last", "Bid", "Ask", "Trades", "House quotes")
    return Grid(columns, [_market(row) for row in rows])


def _market(row: shapes.MarketView) -> tuple[str, ...]:
    return row.pair, row.status, row.last or "", row.bid or "", row.ask or "", str(row.trades), row.liquidity or ""


def _crowd(crowd: shapes.CrowdView) -> Grid:
    columns = ("Pair", "Price", "Volatility", "Depth", "Activity", "House quotes")
    return Grid(columns, [_pair(row) for row in crowd.pairs], f"The crowd is {crowd.mode}.")


def _pair(row: shapes.CrowdPair) -> tuple[str, ...]:
    tuned = (f"{row.volatility:g} %", f"{row.depth:g}", f"{row.activity:g}")
    return row.pair, row.price, *tuned, row.liquidity or ""


MARKETS: Final = Layout(list[shapes.MarketView], _markets)
MARKET: Final = Layout(shapes.MarketView, facts)
SYSTEM: Final = Layout(shapes.SystemView, facts)
CROWD: Final = Layout(shapes.CrowdView, _crowd)
TAPE: Final = Layout(shapes.TapeView, facts)
