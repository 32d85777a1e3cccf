"""`seatrial candles`: open, high, low, close, vwap, volume and count of any interval, from stored trades."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.exits import fail
from seatrial.cli.history_options import PairName, Store
from seatrial.cli.options import Json
from seatrial.history.formats import Format


def candles(
    pair: PairName,
    *,
    interval: Annotated[
        str,
        typer.Option(
            metavar="LENGTH",
            help="Like 30s, 7m, 4h, 1d, 1w; a bare number is minutes. Candles begin at multiples of it from 1970 in"
            " UTC, as Kraken's do, so weeks begin on Thursday. Or calendar-week (from Monday on) or calendar-month.",
        ),
    ],
    first: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="The first candle begins at this moment or later.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="WHEN", help="The last candle begins before this moment.")
    ] = None,
    fill: Annotated[
        bool, typer.Option("--fill", help="Show intervals without trades, too, as Kraken's OHLC does.")
    ] = False,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="The form. Default: how the name after --out ends; else a table, or with --plot the picture alone.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the candles there instead of printing them.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the candles; the name ends in .png, .svg or .html."),
    ] = None,
    decimals: Annotated[
        int | None, typer.Option(min=0, max=18, help="How many for prices and vwap. Default: as in Kraken's OHLC.")
    ] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Make candles of any interval from the stored trades, exact to the last digit.

    --from and --to choose candles by the moment at which they begin, and cut none of them.

    Example: seatrial candles XBTUSD --interval 7m --from 2024-01-01 --to 2024-02-01 --format csv
    """
    from seatrial.cli.history_candles import Output, Range, run

    if json and format_ is not None:
        fail("--json is short for --format json: give one of them")
    asked = Range(pair, interval, first, end, fill, decimals)
    run(asked, Output(Format.JSON if json else format_, out, plot), store)
