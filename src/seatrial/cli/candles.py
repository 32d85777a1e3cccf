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
            help="30s, 7m, 4h, 1d, 1w, 15d; minutes where no unit is said. Begins at multiples from 1970 in UTC, as"
            " Kraken's: weeks on Thursday. Or calendar-week (Monday) or calendar-month.",
        ),
    ],
    first: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="The first candle begins then or later.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="WHEN", help="The last candle begins before.")] = None,
    fill: Annotated[
        bool, typer.Option("--fill", help="Intervals without trades too, as in Kraken's OHLC; its archives have none.")
    ] = False,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to print them. Default: what the name after --out ends in; a table, unless --plot is given.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.")] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw them: a name that ends in .png, .svg or .html.")
    ] = None,
    decimals: Annotated[
        int | None, typer.Option(min=0, max=18, help="Of prices and vwap. Default: as many as Kraken's OHLC shows.")
    ] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Candles of any interval from the stored trades, exact to the last digit.

    A candle is whole, whatever --from and --to say: both choose by where it begins.

    Example: seatrial candles XBTUSD --interval 7m --from 2024-01-01 --to 2024-02-01 --format csv
    """
    from seatrial.cli.history_candles import Output, Range, run

    if json and format_ is not None:
        fail("say --json or --format, not both")
    asked = Range(pair, interval, first, end, fill, decimals)
    run(asked, Output(Format.JSON if json else format_, out, plot), store)
