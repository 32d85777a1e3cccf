"""A machine whose prices somebody moves, without a server."""

from functools import cache

from seatrial.core.assets import Assets
from seatrial.core.commands import OpenAccount, PlaceOrder
from seatrial.core.facts import OrderAccepted
from seatrial.core.machine import Machine, first
from seatrial.core.market_state import MarketState
from seatrial.core.orders import Order, OrderKind, Side, Trade
from seatrial.core.state import State
from seatrial.pricing import tables
from seatrial.pricing.crowd import Crowd, Mode
from seatrial.pricing.driver import Driver
from seatrial.pricing.tape import Rows, Tape, TapeRow
from tests.support.trading_floor import SECOND_NS, START_NS, catalogue, units

RICH = 10**14


class Moved:
    """A world and who moves its prices; time goes as the test says."""

    def __init__(self, driver: Driver, seed: int = 1) -> None:
        found = catalogue()
        self.machine = Machine(State(seed, Assets(found.assets), found.markets, found.methods))
        self.driver = driver
        self.trades: list[Trade] = []

    def run(self, until_ns: int) -> int:
        """Let the market move until then; how often it acted."""
        acts = 0
        while self.driver.due_ns <= until_ns:
            self.driver.act(self.machine, until_ns)
            acts += 1
        self.trades += self.machine.take_changes().trades
        return acts

    def market(self, symbol: str = "BTC/USD") -> MarketState:
        """One of the markets."""
        return self.machine.state.markets[symbol]

    def prints(self, symbol: str = "BTC/USD") -> list[tuple[int, int, int, Side]]:
        """All that was traded in a market: when, at what price, how much, who took."""
        return [(t.at_ns, t.price_ticks, t.qty_lots, t.taker_side) for t in self.trades if t.market == symbol]

    def account(self, name: str) -> int:
        """A rich client of that name."""
        state = self.machine.state
        if name not in state.account_names:
            codes = [asset.code for asset in catalogue().assets]
            balances = tuple(("spot", code, RICH) for code in codes)
            opening = OpenAccount(
                name,
                "kraken",
                "pro",
                rate_limits=False,
                trading_wallet="spot",
                funding_wallet="spot",
                balances=balances,
            )
            assert self.machine.apply(opening, 0)
        return state.account_names[name]

    def order(
        self, name: str, side: Side, qty: str, at: str | None = None, *, symbol: str = "BTC/USD", at_ns: int = 0
    ) -> Order:
        """An order of a client, which must be accepted."""
        market = self.market(symbol).market
        command = PlaceOrder(
            self.account(name), symbol, side, OrderKind.MARKET if at is None else OrderKind.LIMIT,
            0 if at is None else units(at, market.price_scale), units(qty, market.lot_scale),
        )  # fmt: skip
        outcome = self.machine.apply(command, at_ns)
        assert isinstance(outcome, tuple), outcome
        placed = self.machine.state.order(first(OrderAccepted, outcome).order_id)
        assert placed is not None
        return placed


@cache
def _tables() -> tables.Tables:
    return tables.load(catalogue())


def crowd(mode: Mode = Mode.CALM, seed: int = 1) -> Crowd:
    """A crowd of all markets."""
    return Crowd(seed, _tables(), catalogue().markets, mode)


def crowded(mode: Mode = Mode.CALM, seed: int = 1) -> Moved:
    """A world where a crowd has just begun."""
    world = Moved(crowd(mode, seed), seed)
    world.run(START_NS)
    return world


def row(second: float, price: str, qty: str, side: Side | None = Side.BUY, symbol: str = "BTC/USD") -> TapeRow:
    """A recorded trade, so many seconds after the start."""
    market = catalogue().markets[symbol]
    at_ns = START_NS + int(second * SECOND_NS)
    return TapeRow(symbol, at_ns, units(price, market.price_scale), units(qty, market.lot_scale), side, OrderKind.LIMIT)


def tape(*rows: TapeRow, start_ns: int = 0, text: str = "") -> Tape:
    """One that plays these rows."""

    def read(first_ns: int) -> Rows:
        yield from (row for row in rows if row.at_ns >= first_ns)

    return Tape(1, read, start_ns, text)


def taped(*rows: TapeRow) -> Moved:
    """A world with a tape that has not begun."""
    return Moved(tape(*rows))
