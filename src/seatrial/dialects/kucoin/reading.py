"""Parameters that mean something of the venue: a currency, an amount of one, a market. Each raises `BadCall`."""

from seatrial.core.money import parse_units
from seatrial.dialects.kucoin.context import Context, PublicContext
from seatrial.dialects.kucoin.errors import BadCall, missing, out_of_range, unknown_symbol
from seatrial.dialects.kucoin.params import Params


def amount_of(context: Context, params: Params, code: str) -> int:
    """The parameter `amount` of an asset in its units: more than nothing, in no more decimals than its currency has."""
    text = params.decimal("amount")
    if text is None:
        raise BadCall(missing("amount"))
    precision = context.tools.symbols.precision(code)
    units = parse_units(text, precision)
    if not units:
        raise BadCall(out_of_range("amount"))
    finer: int = 10 ** (context.state.assets[code].scale - precision)
    return units * finer


def code_of(context: Context, params: Params) -> str:
    """The asset that the parameter `currency` names."""
    code = context.tools.symbols.code(params.required("currency"))
    if code is None:
        raise BadCall(out_of_range("currency"))
    return code


def market_of(context: PublicContext | Context, name: str) -> str:
    """The market of a symbol. Source of the refusal: kucoin-rest#trading-codes."""
    symbol = context.tools.symbols.symbol(name)
    if symbol is None:
        raise BadCall(unknown_symbol(name))
    return symbol
