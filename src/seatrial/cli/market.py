"""`seatrial market`, `seatrial system`, `seatrial crowd` and `seatrial tape`: what is open, and who moves prices."""

from typing import Annotated

import typer

from seatrial.cli import defaults
from seatrial.cli.options import Data, Json, Token, Url

market = typer.Typer(help="Markets: halt them, move them, print trades.", no_args_is_help=True)

Pair = Annotated[str, typer.Argument(metavar="PAIR", help="By any of its names: BTC/USD, XBTUSD, XXBTZUSD.")]
Price = Annotated[str, typer.Argument(metavar="PRICE", help="A plain decimal.")]
MARKET_UNKNOWN = "`seatrial market list` shows them all"


@market.command("list")
def list_markets(*, data: Data = defaults.DATA, url: Url = None, token: Token = None, json: Json = False) -> None:
    """Show all markets: status, prices, and on which sides the house quotes."""
    from seatrial.cli import control, market_tables
    from seatrial.client import calls

    control.run(control.Where(data, url, token, json), calls.list_markets(), market_tables.markets)


@market.command("status")
def set_status(
    pair: Pair,
    status: Annotated[
        str, typer.Argument(metavar="STATUS", help="online, cancel_only, post_only, limit_only or reduce_only.")
    ],
    *,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Halt a market, or open it again.

    Example: seatrial market status XBTUSD cancel_only
    """
    _change(pair, {"status": status}, data, url, token, json)


@market.command("price")
def set_price(
    pair: Pair, price: Price, *, data: Data = defaults.DATA, url: Url = None, token: Token = None, json: Json = False
) -> None:
    """Make a trade at a price at once. A crowd moves to that price and stays around it.

    Example: seatrial market price XBTUSD 99000
    """
    _change(pair, {"price": price}, data, url, token, json)


@market.command("liquidity")
def set_liquidity(
    pair: Pair,
    sides: Annotated[str, typer.Argument(metavar="SIDES", help="Where the house quotes: both, bids, asks or none.")],
    *,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Take the house's quotes away, or let it quote again.

    Example: seatrial market liquidity XBTUSD none
    """
    _change(pair, {"liquidity": sides}, data, url, token, json)


@market.command("print")
def print_trade(
    pair: Pair,
    price: Price,
    volume: Annotated[str, typer.Argument(metavar="VOLUME", help="A plain decimal.")],
    *,
    side: Annotated[str, typer.Option(metavar="buy|sell", help="The taker's side.")] = "buy",
    ordertype: Annotated[str, typer.Option(metavar="market|limit", help="The taker's order type.")] = "market",
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Print a trade. Orders that are in its way are filled first.

    Example: seatrial market print XBTUSD 99000 0.5 --side sell
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    call = calls.print_trade(pair, shapes.NewTrade(price, volume, side, ordertype))
    control.run(control.Where(data, url, token, json), call, tables.facts, unknown=MARKET_UNKNOWN)


def system(
    status: Annotated[
        str | None,
        typer.Argument(metavar="STATUS", help="online, maintenance, cancel_only, post_only or limit_only."),
    ] = None,
    *,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Show the status of the exchange as a whole, halt it, or open it again.

    Example: seatrial system maintenance
    """
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    call = calls.read_system() if status is None else calls.change_system(shapes.SystemChange(status))
    control.run(control.Where(data, url, token, json), call, tables.facts)


def crowd(
    mode: Annotated[str | None, typer.Argument(metavar="MODE", help="off, calm or busy.")] = None,
    *,
    pair: Annotated[str | None, typer.Option(help="The market that the other options tune.")] = None,
    price: Annotated[str | None, typer.Option(help="The price around which it trades from now on.")] = None,
    volatility: Annotated[str | None, typer.Option(help="About how far its base moves in a day, in percent.")] = None,
    depth: Annotated[str | None, typer.Option(help="How much is quoted: 1 is the usual, 0 nothing.")] = None,
    activity: Annotated[
        str | None, typer.Option(help="How often somebody trades with a quote: 1 is the usual, 0 never.")
    ] = None,
    data: Data = defaults.DATA,
    url: Url = None,
    token: Token = None,
    json: Json = False,
) -> None:
    """Show the crowd, change how much it trades, or tune how it trades one pair.

    Example: seatrial crowd busy --pair XBTUSD --volatility 8
    """
    from seatrial.cli import control, market_tables
    from seatrial.client import calls, shapes

    change = shapes.CrowdChange(mode, pair, price, volatility, depth, activity)
    call = calls.read_crowd() if change == shapes.CrowdChange() else calls.change_crowd(change)
    control.run(control.Where(data, url, token, json), call, market_tables.crowd, unknown=MARKET_UNKNOWN)


def tape(*, data: Data = defaults.DATA, url: Url = None, token: Token = None, json: Json = False) -> None:
    """Show how far the tape has been played."""
    from seatrial.cli import control, tables
    from seatrial.client import calls

    control.run(control.Where(data, url, token, json), calls.read_tape(), tables.facts)


def _change(pair: str, change: dict[str, str], data: Data, url: Url, token: Token, json: Json) -> None:
    from seatrial.cli import control, tables
    from seatrial.client import calls, shapes

    call = calls.change_market(pair, shapes.MarketChange(**change))
    control.run(control.Where(data, url, token, json), call, tables.facts, unknown=MARKET_UNKNOWN)
