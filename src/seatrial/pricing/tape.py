"""The tape: recorded trades, printed through a world's book at the times when they happened.

Each row is printed as it was recorded: same price, quantity, taker and time. Where nobody recorded who took, a higher
price was bought, a lower one sold, and the same one was done by the same side again. Clients whose orders stand in a
row's way are filled first, at their own prices and for no more than the row's quantity, on top of what was recorded;
so what they do changes nothing of what comes next. Around the prints the house keeps a ladder: its best bid is where
the last seller sold, its best ask where the last buyer bought. All of this is decided. Source of what a row is:
market-data#replaying.
"""

from collections.abc import Callable, Generator
from itertools import groupby
from typing import Final

import msgspec
from msgspec import Struct

from seatrial.core.commands import PrintTrade, QuoteMarket
from seatrial.core.machine import Machine
from seatrial.core.orders import OrderKind, Side
from seatrial.pricing import ladder
from seatrial.pricing.driver import NEVER
from seatrial.pricing.house import open_house
from seatrial.pricing.ladder import MILLITICKS, PPM, Liquidity, Shape
from seatrial.pricing.luck import draw
from seatrial.pricing.stamps import first_of

WIDEST_PPM: Final = 1_000
"""How far apart the best quotes may be, of the price."""
GAP_PPM: Final = 100
"""From rung to rung near the middle, of the price."""
TOP: Final = 8
"""How large the best quotes are, in quantities of a usual row."""
ROOM_NS: Final = 64
"""What a print leaves before its own time for the trades of clients in its way."""


class TapeRow(Struct, frozen=True, gc=False):
    """A recorded trade, in one of our markets."""

    market: str
    at_ns: int
    price_ticks: int
    qty_lots: int
    side: Side | None
    """The taker's; None where it was not recorded."""
    kind: OrderKind


Rows = Generator[TapeRow, None, None]
"""Rows in order of time; closing it lets go of what they are read from."""


class Quoted(Struct):
    """What the ladder of one market follows."""

    bid_ticks: int
    ask_ticks: int
    usual_lots: int
    middle_mt: int = 0
    """Where the whole ladder was last looked at."""
    liquidity: Liquidity = Liquidity.BOTH
    last_ticks: int = 0
    last_side: Side = Side.BUY


class Note(Struct, tag_field="driver", tag="tape"):
    """All that a tape has to remember; rows before `recorded_ns` are done, and the first `same` of that time."""

    done_ns: int = 0
    recorded_ns: int = 0
    same: int = 0
    rows: int = 0
    """How many were printed."""
    markets: dict[str, Quoted] = {}


class Tape:
    """Plays rows, which `read` gives in order of time, from a moment on. See `driver.Driver`."""

    def __init__(self, seed: int, read: Callable[[int], Rows], start_ns: int = 0, text: str = "") -> None:
        self._seed = seed
        self._read = read
        self._start_ns = start_ns
        self.restore(text)

    def _begin(self, note: Note) -> None:
        self.note = note
        self._anew: list[str] = []
        """Markets to quote anew at once."""
        self._rows = self._read(max(note.recorded_ns, self._start_ns))
        self._runs = groupby(self._rows, lambda row: row.at_ns)
        self._next_run()
        if self._run and self._run[0].at_ns == note.recorded_ns:
            self._place = note.same
            self._go_on()

    def _next_run(self) -> None:
        """Take the rows of the next time."""
        at_ns, rows = next(self._runs, (0, ()))
        self._run = list(rows)
        self._place = 0
        """Of the next row among them."""
        self._first_ns = first_of(at_ns, len(self._run))

    def _go_on(self) -> None:
        if self._place >= len(self._run):
            self._next_run()

    @property
    def done_ns(self) -> int:
        """Up to when all is done."""
        return self.note.done_ns

    @property
    def due_ns(self) -> int:
        """When the next row is printed; after the last one never."""
        if self._anew:
            return 0
        return max(self._first_ns + self._place, self.note.done_ns + 1) if self._run else NEVER

    def text(self) -> str:
        """Where it stands."""
        return msgspec.json.encode(self.note).decode()

    def restore(self, text: str) -> None:
        """Go on from there; without a text from the beginning."""
        self._begin(msgspec.json.decode(text, type=Note) if text else Note())

    def begin_again(self, at_ns: int) -> None:
        """Rewind to that moment."""
        self._start_ns = at_ns
        self._begin(Note())

    @property
    def symbols(self) -> list[str]:
        """The markets that had a row."""
        return list(self.note.markets)

    def liquidity(self, symbol: str) -> Liquidity:
        """On which sides of a market the house quotes."""
        return self.note.markets[symbol].liquidity

    def set_liquidity(self, symbol: str, liquidity: Liquidity) -> None:
        """Quote on these sides only."""
        self.note.markets[symbol].liquidity = liquidity
        self._anew.append(symbol)

    def set_price(self, _symbol: str, _price_ticks: int, _at_ns: int) -> bool:
        """What was recorded stays so."""
        return False

    def close(self) -> None:
        """Let go of the rows."""
        self._rows.close()

    def act(self, machine: Machine, until_ns: int) -> None:
        """Print the next row, if it is due by then."""
        if self._anew:
            symbol = self._anew.pop()
            self._quote(machine, symbol, self.note.markets[symbol], machine.state.now_ns, len(ladder.STEPS))
        elif self.due_ns <= until_ns:
            self._print(machine, self._run[self._place], self.due_ns)
            self._go_on()

    def _print(self, machine: Machine, row: TapeRow, at_ns: int) -> None:
        note, quoted = self.note, self._quoted(row)
        self._place += 1
        print_trade = PrintTrade(row.market, quoted.last_side, row.kind, row.price_ticks, row.qty_lots, at_ns)
        before_ns = max(at_ns - ROOM_NS, note.done_ns)
        open_house(machine, before_ns)
        machine.apply(print_trade, before_ns)
        note.recorded_ns, note.same, note.done_ns = row.at_ns, self._place, at_ns
        note.rows += 1
        self._follow(machine, row, quoted, at_ns)

    def _quoted(self, row: TapeRow) -> Quoted:
        """What the row's market looks like, with who took in it."""
        price = row.price_ticks
        quoted = self.note.markets.get(row.market)
        if quoted is None:
            quoted = self.note.markets[row.market] = Quoted(price - 1, price + 1, row.qty_lots)
        if row.side is not None:
            quoted.last_side = row.side
        elif price != quoted.last_ticks:
            quoted.last_side = Side.BUY if price > quoted.last_ticks else Side.SELL
        quoted.last_ticks = price
        return quoted

    def _follow(self, machine: Machine, row: TapeRow, quoted: Quoted, at_ns: int) -> None:
        price, widest = row.price_ticks, row.price_ticks * WIDEST_PPM // PPM + 1
        if quoted.last_side is Side.SELL:
            quoted.bid_ticks, quoted.ask_ticks = price, max(price + 1, min(quoted.ask_ticks, price + widest))
        else:
            quoted.bid_ticks, quoted.ask_ticks = min(price - 1, max(quoted.bid_ticks, price - widest)), price
        quoted.usual_lots = max((63 * quoted.usual_lots + row.qty_lots) // 64, 1)
        middle_mt = (quoted.bid_ticks + quoted.ask_ticks) * MILLITICKS // 2
        far = abs(middle_mt - quoted.middle_mt) * 8 * PPM > middle_mt * GAP_PPM
        if far:
            quoted.middle_mt = middle_mt
        self._quote(machine, row.market, quoted, at_ns, len(ladder.STEPS) if far else 1)

    def _quote(self, machine: Machine, symbol: str, quoted: Quoted, at_ns: int, rungs: int) -> None:
        assert machine.state.house is not None, "the tape opened one"
        gap_mt = quoted.middle_mt * GAP_PPM // PPM
        luck = draw(self._seed, at_ns)
        shape = Shape(quoted.bid_ticks, quoted.ask_ticks, gap_mt, 0, TOP * quoted.usual_lots, luck)
        targets = ladder.only(ladder.rungs_of(shape, rungs), quoted.liquidity)
        moves = ladder.moves(machine.state.house, symbol, targets)
        if moves:
            machine.apply(QuoteMarket(symbol, moves), at_ns)
