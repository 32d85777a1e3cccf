"""What the control API can do with markets and with who moves their prices."""

from enum import StrEnum
from http import HTTPStatus
from typing import Final, TypeVar

from msgspec.structs import replace

from seatrial.client import shapes
from seatrial.core.commands import PrintTrade, SetStatus, SetSystemStatus
from seatrial.core.facts import StatusSet, TradePrinted
from seatrial.core.market_state import MarketState
from seatrial.core.markets import Market, MarketStatus, SystemStatus
from seatrial.core.money import format_units, parse_units
from seatrial.core.orders import OrderKind, Side
from seatrial.pricing.crowd import Crowd, Mode
from seatrial.pricing.driver import NEVER, Driver
from seatrial.pricing.house import open_house, withdraw_quotes
from seatrial.pricing.ladder import MILLITICKS, PPM, Liquidity
from seatrial.pricing.tables import PPM_PER_PERCENT
from seatrial.pricing.tape import Tape
from seatrial.server.control.context import Context, Operation, Problem, applied, read
from seatrial.server.host.opening import BadText, market_named
from seatrial.world.clock import iso

SIX: Final = 6
MAX_PPM: Final = 1_000 * PPM
"""The most that can be tuned: a thousand times the usual."""

Word = TypeVar("Word", bound=StrEnum)


async def list_markets(context: Context) -> list[shapes.MarketView]:
    return [_market_view(context, ms) for ms in context.state.markets.values()]


async def read_market(context: Context) -> shapes.MarketView:
    return _market_view(context, market_of(context, context.path["pair"]))


async def change_market(context: Context) -> shapes.MarketView:
    wanted: shapes.MarketChange = context.body
    ms = market_of(context, context.path["pair"])
    status = None if wanted.status is None else _word(MarketStatus, wanted.status, "status")
    liquidity = None if wanted.liquidity is None else _word(Liquidity, wanted.liquidity, "liquidity")
    ticks = None if wanted.price is None else _units(wanted.price, ms.market.price_scale, "price")
    if liquidity is not None:
        _check_moved(context, ms.market)
        _check_awake(context)
    if status is not None:
        await applied(context, SetStatus(ms.market.symbol, status), StatusSet)
    if ticks is not None:
        await _set_price(context, ms, ticks)
    if liquidity is not None:
        context.world.driver.set_liquidity(ms.market.symbol, liquidity)
        await context.world.time.pass_time()
    return _market_view(context, ms)


async def print_trade(context: Context) -> shapes.MarketView:
    wanted: shapes.NewTrade = context.body
    ms = market_of(context, context.path["pair"])
    command = PrintTrade(
        ms.market.symbol, _word(Side, wanted.side, "side"), _word(OrderKind, wanted.ordertype, "ordertype"),
        _units(wanted.price, ms.market.price_scale, "price"), _units(wanted.volume, ms.market.lot_scale, "volume"),
    )  # fmt: skip
    await _print(context, command)
    return _market_view(context, ms)


async def read_system(context: Context) -> shapes.SystemView:
    return shapes.SystemView(context.state.modes.system.value)


async def change_system(context: Context) -> shapes.SystemView:
    wanted: shapes.SystemChange = context.body
    await applied(context, SetSystemStatus(_word(SystemStatus, wanted.status, "status")), StatusSet)
    return await read_system(context)


async def read_crowd(context: Context) -> shapes.CrowdView:
    return _crowd_view(context, _crowd(context))


async def change_crowd(context: Context) -> shapes.CrowdView:
    wanted: shapes.CrowdChange = context.body
    crowd = _crowd(context)
    mode = crowd.note.mode if wanted.mode is None else _word(Mode, wanted.mode, "mode")
    given = [wanted.price, wanted.volatility, wanted.depth, wanted.activity]
    if wanted.pair is None and any(value is not None for value in given):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "name the pair that these tune: add pair")
    if wanted.pair is not None and all(value is None for value in given):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "name what to change of the pair: price, volatility, depth or activity"
        )
    if wanted.pair is not None:
        _tune(context, crowd, market_of(context, wanted.pair).market, wanted)
    crowd.set_mode(mode)
    await context.world.time.pass_time()
    if mode is Mode.OFF:
        await context.world.operator.do(withdraw_quotes)
    return _crowd_view(context, crowd)


async def read_tape(context: Context) -> shapes.TapeView:
    tape = context.world.driver
    if not isinstance(tape, Tape):
        raise Problem(HTTPStatus.NOT_FOUND, "no tape is playing: start the server with --tape FILE")
    return shapes.TapeView(tape.symbols, tape.note.rows, None if tape.due_ns == NEVER else iso(tape.due_ns))


MARKET_OPERATIONS: Final = (
    Operation("GET", "/markets", "All markets at a glance.", list_markets, list[shapes.MarketView]),
    Operation("GET", "/markets/{pair}", "One market.", read_market, shapes.MarketView),
    Operation(
        "POST", "/markets/{pair}", "Halt a market, move its price, or take the house's quotes away.",
        change_market, shapes.MarketView, shapes.MarketChange,
    ),
    Operation(
        "POST", "/markets/{pair}/trades", "Print a trade; orders in its way are filled first.",
        print_trade, shapes.MarketView, shapes.NewTrade, status=HTTPStatus.CREATED,
    ),
    Operation("GET", "/system", "The status of the exchange as a whole.", read_system, shapes.SystemView),
    Operation(
        "POST", "/system", "Halt the exchange, or open it again.",
        change_system, shapes.SystemView, shapes.SystemChange,
    ),
    Operation("GET", "/crowd", "How much the crowd trades, and how it trades each pair.", read_crowd, shapes.CrowdView),
    Operation(
        "POST", "/crowd", "Change how much the crowd trades, or tune how it trades one pair.",
        change_crowd, shapes.CrowdView, shapes.CrowdChange,
    ),
    Operation("GET", "/tape", "How far the tape has been played.", read_tape, shapes.TapeView),
)  # fmt: skip


async def _set_price(context: Context, ms: MarketState, ticks: int) -> None:
    world, symbol = context.world, ms.market.symbol
    if symbol not in world.driver.symbols or world.driver.due_ns == NEVER:
        await _print(context, PrintTrade(symbol, Side.BUY, OrderKind.MARKET, ticks, ms.market.min_qty_lots))
        return
    if not world.driver.set_price(symbol, ticks, world.time.now_ns()):
        raise Problem(HTTPStatus.CONFLICT, "a tape is playing, so prices cannot be set: print a trade instead")
    await world.time.pass_time()


async def _print(context: Context, command: PrintTrade) -> None:
    await context.world.operator.do(open_house)
    await applied(context, command, TradePrinted)


def _tune(context: Context, crowd: Crowd, market: Market, wanted: shapes.CrowdChange) -> None:
    _check_moved(context, market)
    symbol, now_ns = market.symbol, context.world.time.now_ns()
    changes = {
        f"{name}_ppm": _units(value, SIX, name, minimum=0, maximum=MAX_PPM)
        for name, value in (("depth", wanted.depth), ("activity", wanted.activity))
        if value is not None
    }
    ticks = None if wanted.price is None else _units(wanted.price, market.price_scale, "price")
    if wanted.volatility is not None:
        volatility_ppm = _units(wanted.volatility, PPM_PER_PERCENT, "volatility", minimum=0, maximum=PPM)
        crowd.values.set_volatility(market, volatility_ppm, now_ns)
    if changes:
        crowd.tune(symbol, replace(crowd.tuning(symbol), **changes))
    if ticks is not None:
        crowd.set_price(symbol, ticks, now_ns)


def market_of(context: Context, text: str) -> MarketState:
    """By any of the venues' names for it, or BTC-USD."""
    symbol = market_named(text, context.state.markets, context.world.dialects.values())
    if symbol is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"there is no market {text!r}: GET /markets lists them")
    return context.state.markets[symbol]


def _crowd(context: Context) -> Crowd:
    driver = context.world.driver
    if not isinstance(driver, Crowd):
        raise Problem(
            HTTPStatus.CONFLICT,
            "a tape is playing in this world, so it has no crowd: start the server without --tape",
        )
    return driver


def _check_moved(context: Context, market: Market) -> None:
    known = context.world.driver.symbols
    if market.symbol not in known:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"the crowd does not trade {market.symbol}; it trades {', '.join(known) or 'nothing'}",
        )


def _check_awake(context: Context) -> None:
    driver = context.world.driver
    if isinstance(driver, Crowd) and driver.note.mode is Mode.OFF:
        raise Problem(HTTPStatus.CONFLICT, "nobody quotes while the crowd is off: make it calm or busy first")


def _word(kind: type[Word], text: str, name: str) -> Word:
    for word in kind:
        if word == text.lower():
            return word
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"unknown {name} {text!r}: one of {', '.join(kind)}")


def _units(given: str | float, scale: int, name: str, *, minimum: int = 1, maximum: int = 2**63 - 1) -> int:
    units: int = read(_parsed, given, scale, name, minimum, maximum)
    return units


def _parsed(given: str | float, scale: int, name: str, minimum: int, maximum: int) -> int:
    units = parse_units(str(given), scale)
    if units is None or not minimum <= units <= maximum:
        bounds = f"from {_short(minimum, scale)} to {_short(maximum, scale)}"
        raise BadText(f"{given!r} is no {name}: a plain decimal with at most {scale} decimals, {bounds}")
    return units


def _short(units: int, scale: int) -> str:
    text = format_units(units, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _market_view(context: Context, ms: MarketState) -> shapes.MarketView:
    scale, driver, symbol = ms.market.price_scale, context.world.driver, ms.market.symbol

    def text(ticks: int | None) -> str | None:
        return None if ticks is None else format_units(ticks, scale)

    return shapes.MarketView(
        symbol, ms.status.value, text(ms.stats.last.price_ticks if ms.stats.last else None),
        text(ms.book.bids.best_ticks), text(ms.book.asks.best_ticks), ms.trade_id, _liquidity(driver, symbol),
    )  # fmt: skip


def _liquidity(driver: Driver, symbol: str) -> str | None:
    """On which sides the house quotes now; None where it does not trade."""
    if symbol not in driver.symbols or driver.due_ns == NEVER:
        return None
    is_empty = isinstance(driver, Crowd) and not driver.tuning(symbol).depth_ppm
    return Liquidity.NONE.value if is_empty else driver.liquidity(symbol).value


def _crowd_view(context: Context, crowd: Crowd) -> shapes.CrowdView:
    now_ns = context.world.time.now_ns()
    return shapes.CrowdView(
        crowd.note.mode.value, [_crowd_pair(context, crowd, name, now_ns) for name in crowd.symbols]
    )


def _crowd_pair(context: Context, crowd: Crowd, symbol: str, now_ns: int) -> shapes.CrowdPair:
    market, tuning = context.state.markets[symbol].market, crowd.tuning(symbol)
    price = format_units(crowd.values.middle_mt(market, now_ns) // MILLITICKS, market.price_scale)
    return shapes.CrowdPair(
        symbol, price, crowd.values.volatility_ppm(crowd.moved_by(symbol)) / 10**PPM_PER_PERCENT,
        tuning.depth_ppm / PPM, tuning.activity_ppm / PPM, _liquidity(crowd, symbol),
    )  # fmt: skip
