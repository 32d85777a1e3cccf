"""What the control API answers about markets, laid out for people."""

from seatrial.cli.grid import Grid
from seatrial.client import shapes


def markets(rows: list[shapes.MarketView]) -> Grid:
    """All markets."""
    columns = ("Pair", "Status", "Last", "Bid", "Ask", "Trades", "House quotes")
    return Grid(columns, [_market(row) for row in rows])


def _market(row: shapes.MarketView) -> tuple[str, ...]:
    return row.pair, row.status, row.last or "", row.bid or "", row.ask or "", str(row.trades), row.liquidity or ""


def crowd(crowd: shapes.CrowdView) -> Grid:
    """Who trades by themselves."""
    columns = ("Pair", "Price", "Volatility", "Depth", "Activity", "House quotes")
    return Grid(columns, [_pair(row) for row in crowd.pairs], f"The crowd is {crowd.mode}.")


def _pair(row: shapes.CrowdPair) -> tuple[str, ...]:
    tuned = (f"{row.volatility:g} %", f"{row.depth:g}", f"{row.activity:g}")
    return row.pair, row.price, *tuned, row.liquidity or ""
