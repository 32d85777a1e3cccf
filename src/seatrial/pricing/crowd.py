"""The crowd: makers who quote around what things are worth, and takers who come and go.

When somebody acts follows from the seed and the time alone, so a world comes to the same market however often it is
looked at, and whether or not it was stopped in between. Time is cut into beats; in each, every market has its moment,
or in one of so many where little goes on. Who is far behind, because much time was passed at once, goes in longer beats
with two plain prints in each, so that a week is as quick as an hour.
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from seatrial.core.commands import Command, PlaceOrder, PrintTrade, QuoteMarket
from seatrial.core.machine import Machine
from seatrial.core.markets import Market
from seatrial.core.orders import OrderKind, Side, TimeInForce
from seatrial.core.state import State
from seatrial.pricing import ladder
from seatrial.pricing.driver import NEVER
from seatrial.pricing.house import open_house
from seatrial.pricing.ladder import MILLITICKS, PPM, Liquidity, Shape
from seatrial.pricing.luck import draw, key_of
from seatrial.pricing.tables import PairLine, Tables
from seatrial.pricing.values import Tuning, Values

SECOND_NS: Final = 10**9
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS


class Mode(StrEnum):
    """How much goes on."""

    OFF = "off"
    CALM = "calm"
    BUSY = "busy"


BEATS: Final = {Mode.CALM: 5 * SECOND_NS, Mode.BUSY: SECOND_NS // 2}
LONG_BEATS: Final = tuple(
    length * MINUTE_NS for length in (1, 5, 20, 60, 6 * 60, 24 * 60, 7 * 24 * 60, 4 * 7 * 24 * 60, 52 * 7 * 24 * 60)
)
MAX_BEATS: Final = 300
"""Up to so many long beats of one length catch up; a crowd that is farther behind takes longer ones."""
MAX_SHORT_BEATS: Final = 60
QUOTED_EVERY: Final = 12
"""In one of so many long beats quotes move, or in the next in which the market has a moment."""

_MOODS: Final = (1, 2, 3, 4, 4, 5, 7, 10)
"""How busy a minute is, or a long beat, in quarters."""


class PairTuning(Struct):
    """How a market differs from its line."""

    depth_ppm: int = PPM
    activity_ppm: int = PPM
    liquidity: Liquidity = Liquidity.BOTH


class Note(Struct, tag_field="driver", tag="crowd"):
    """All that a crowd has to remember."""

    mode: Mode
    done_ns: int = 0
    """0: it has not begun."""
    values: Tuning = msgspec.field(default_factory=Tuning)
    pairs: dict[str, PairTuning] = {}
    markets: int = 0
    """How many there were when it acted last: when each has its moment follows from that; 0: nobody noted it."""


class Crowd:
    """Moves the prices of some markets. See `driver.Driver`."""

    def __init__(self, seed: int, tables: Tables, markets: dict[str, Market], mode: Mode) -> None:
        self._seed = seed
        self._tables = tables
        self._lines = [line for line in tables.pairs.values() if line.symbol in markets]
        self._keys = {line.symbol: key_of(line.symbol) for line in self._lines}
        self._markets = markets
        self._first_mode = mode
        self._begin(Note(mode))

    def _begin(self, note: Note) -> None:
        self.note = note
        self.values = Values(self._seed, self._tables.assets, note.values)
        self._anew: dict[str, int] = {}
        """Markets to quote anew at once, and the price to print there; 0: none."""
        self._seen: dict[int, tuple[int, list[tuple[int, PairLine]]]] = {}
        self._due_ns = self._look_ahead()

    @property
    def symbols(self) -> list[str]:
        """The markets that it knows."""
        return [line.symbol for line in self._lines]

    @property
    def done_ns(self) -> int:
        """Up to when all is done."""
        return self.note.done_ns

    @property
    def due_ns(self) -> int:
        """When it next acts."""
        return self._due_ns

    def text(self) -> str:
        """All that it remembers, without its tables; empty for a crowd that never traded."""
        return msgspec.json.encode(self.note).decode() if self.note != Note(Mode.OFF) else ""

    def restore(self, text: str) -> None:
        """Go on from there; without a text from the beginning."""
        self._begin(msgspec.json.decode(text, type=Note) if text else Note(self._first_mode))

    def go_on_from(self, now_ns: int) -> None:
        """Where there are other markets than before, act from then on: by other moments than theirs nothing is due."""
        if self.note.done_ns and self.note.markets != len(self._lines):
            self.note.markets, self.note.done_ns = len(self._lines), max(self.note.done_ns, now_ns)
            self._due_ns = self._look_ahead()

    def begin_again(self, _at_ns: int) -> None:
        """Forget all but how much goes on."""
        self._begin(Note(self.note.mode))

    def set_mode(self, mode: Mode) -> None:
        """Change how much it trades. Whoever turns it off has to cancel the house's orders."""
        if mode is not self.note.mode:
            self.note.mode, self.note.done_ns = mode, 0
            self._due_ns = self._look_ahead()

    def tuning(self, symbol: str) -> PairTuning:
        """How a market is tuned."""
        return self.note.pairs.get(symbol) or PairTuning()

    def tune(self, symbol: str, tuning: PairTuning) -> None:
        """Tune a market, and have it quoted anew."""
        self.note.pairs[symbol] = tuning
        self._renew_soon({symbol: 0})

    def moved_by(self, symbol: str) -> str:
        """The asset whose worth moves a market's price."""
        return self.values.mover(self._markets[symbol])

    def liquidity(self, symbol: str) -> Liquidity:
        """On which sides of a market the house quotes."""
        return self.tuning(symbol).liquidity

    def set_liquidity(self, symbol: str, liquidity: Liquidity) -> None:
        """Quote on these sides only."""
        self.tune(symbol, replace(self.tuning(symbol), liquidity=liquidity))

    def set_price(self, symbol: str, price_ticks: int, at_ns: int) -> bool:
        """Move a market to a price, with a trade there, and with it every market that shares the moved asset."""
        self.values.set_price(self._markets[symbol], price_ticks, at_ns)
        moved = self.moved_by(symbol)
        others = [
            line.symbol for line in self._lines
            if any(self.values.goes_with(code, moved) for code in line.symbol.split("/"))
        ]  # fmt: skip
        self._renew_soon({**dict.fromkeys(others, 0), symbol: price_ticks})
        return True

    def close(self) -> None:
        """It reads nothing."""

    def _renew_soon(self, prints: dict[str, int]) -> None:
        self._anew |= prints
        self._due_ns = self._look_ahead()

    def act(self, machine: Machine, until_ns: int) -> None:
        """One market has its moment."""
        if not self.note.done_ns:
            self._open(machine, until_ns)
        elif self._anew:
            symbol, print_ticks = next(iter(self._anew.items()))
            del self._anew[symbol]
            self._renew(machine, symbol, print_ticks, max(until_ns, machine.state.now_ns))
        elif self._beat_for(until_ns - self.note.done_ns) == BEATS[self.note.mode]:
            self._trade(machine, until_ns)
        else:
            self._hurry(machine, until_ns)
            return
        self._due_ns = self._look_ahead()

    def _look_ahead(self) -> int:
        if self.note.mode is Mode.OFF or not self._lines:
            return NEVER
        if not self.note.done_ns or self._anew:
            return 0
        return self._next(BEATS[self.note.mode])[0]

    def _beat_for(self, behind_ns: int) -> int:
        short_ns = BEATS[self.note.mode]
        if behind_ns <= MAX_SHORT_BEATS * short_ns:
            return short_ns
        return next((beat_ns for beat_ns in LONG_BEATS if behind_ns <= MAX_BEATS * beat_ns), LONG_BEATS[-1])

    def _next(self, beat_ns: int) -> tuple[int, PairLine]:
        """The next moment of a market after all that is done, and which market that is."""
        done_ns = self.note.done_ns
        number = (done_ns + 1) // beat_ns
        while True:  # each market has a moment in one of so many beats, and there is one
            for moment in self._moments(beat_ns, number):
                if moment[0] > done_ns:
                    return moment
            number += 1

    def _moments(self, beat_ns: int, number: int) -> list[tuple[int, PairLine]]:
        """The moments of the markets that have one in a beat; no two are the same."""
        seen = self._seen.get(beat_ns)
        if seen is None or seen[0] != number:
            share_ns = beat_ns // len(self._lines)
            moments = [
                (
                    number * beat_ns + draw(self._seed, beat_ns, number, place) % share_ns * len(self._lines) + place,
                    line,
                )
                for place, line in enumerate(self._lines)
                if (number + self._keys[line.symbol]) % line.every == 0
            ]
            seen = self._seen[beat_ns] = (number, sorted(moments, key=lambda moment: moment[0]))
        return seen[1]

    def _open(self, machine: Machine, at_ns: int) -> None:
        """The first moment of all: every market gets quotes and a price at once."""
        at_ns = max(at_ns, machine.state.now_ns)
        open_house(machine, at_ns)
        if not self.note.values.levels:
            self.values.begin(at_ns)
        for line in self._lines:
            price_ticks = self.values.middle_mt(self._markets[line.symbol], at_ns) // MILLITICKS
            self._renew(machine, line.symbol, price_ticks, at_ns)
        self.note.markets, self.note.done_ns = len(self._lines), at_ns

    def _renew(self, machine: Machine, symbol: str, print_ticks: int, at_ns: int) -> None:
        line = self._tables.pairs[symbol]
        if print_ticks:
            machine.apply(self._print(line, print_ticks, 1, draw(self._seed, self._keys[symbol], at_ns), at_ns), at_ns)
        self._quote(machine, line, at_ns, anew=True)

    def _trade(self, machine: Machine, until_ns: int) -> None:
        """Makers move their quotes; then, perhaps, somebody takes."""
        at_ns, line = self._next(BEATS[self.note.mode])
        self.note.done_ns = min(at_ns, until_ns)
        if at_ns > until_ns:
            return
        self._quote(machine, line, at_ns)
        luck = draw(self._seed, self._keys[line.symbol], at_ns, 1)
        if luck % PPM < self._chance_ppm(line, at_ns):
            for number in range(1 + (luck >> 20 & 7 == 0) + (luck >> 23 & 15 == 0)):
                machine.apply(self._taker(machine.state, line, at_ns, luck >> 27 + 5 * number), at_ns)

    def _hurry(self, machine: Machine, until_ns: int) -> None:
        """Play a long beat in a few trades, as large as all that they stand for. It opens where the last one closed."""
        beat_ns = self._beat_for(until_ns - self.note.done_ns)
        at_ns, line = self._next(beat_ns)
        self.note.done_ns = min(at_ns, until_ns)
        self._due_ns = self.note.done_ns + 1
        if at_ns > until_ns:
            return
        often = self.tuning(line.symbol).activity_ppm * line.chance_percent
        if often:
            self._sum_up(machine, line, at_ns, beat_ns // BEATS[self.note.mode] * often)
        turn = (at_ns // beat_ns + self._keys[line.symbol]) // line.every
        if turn % -(-QUOTED_EVERY // line.every) == 0:
            self._quote(machine, line, at_ns)

    def _sum_up(self, machine: Machine, line: PairLine, at_ns: int, stands_for: int) -> None:
        """Two prints for all who took in a long beat."""
        luck = draw(self._seed, self._keys[line.symbol], at_ns, 2)
        times = max(stands_for * _MOODS[luck >> 40 & 7] // (4 * 200 * PPM), 1)
        last = machine.state.markets[line.symbol].stats.last
        if last is not None:
            machine.apply(self._print(line, last.price_ticks, times, luck >> 32, at_ns), at_ns)
        price_ticks = self.values.middle_mt(self._markets[line.symbol], at_ns) // MILLITICKS
        machine.apply(self._print(line, price_ticks, times, luck, at_ns), at_ns)

    def _quote(self, machine: Machine, line: PairLine, at_ns: int, *, anew: bool = False) -> None:
        house = machine.state.house
        assert house is not None, "the crowd opened one"
        targets = ladder.only(ladder.rungs_of(self._shape(line, at_ns), line.rungs), self.tuning(line.symbol).liquidity)
        rungs = ladder.moves(house, line.symbol, targets, anew=anew)
        if rungs:
            machine.apply(QuoteMarket(line.symbol, rungs), at_ns)

    def _shape(self, line: PairLine, at_ns: int) -> Shape:
        market = self._markets[line.symbol]
        middle_mt = self.values.middle_mt(market, at_ns)
        gap_mt = middle_mt * line.half_spread_ppm // PPM
        # Away from the middle, so that the sides do not meet where the spread is less than a tick.
        return Shape(
            (middle_mt - gap_mt - 1) // MILLITICKS, (middle_mt + gap_mt) // MILLITICKS + 1, gap_mt, gap_mt // 4,
            self.values.lots(market, line.top_usd, at_ns) * self.tuning(line.symbol).depth_ppm // PPM,
            draw(self._seed, self._keys[line.symbol], at_ns, 0),
        )  # fmt: skip

    def _chance_ppm(self, line: PairLine, at_ns: int) -> int:
        mood = _MOODS[draw(self._seed, self._keys[line.symbol], at_ns // MINUTE_NS, 3) & 7]
        return line.chance_percent * 10_000 * mood // 4 * self.tuning(line.symbol).activity_ppm // PPM

    def _taker(self, state: State, line: PairLine, at_ns: int, luck: int) -> Command:
        """Most are small, and now and then one is large."""
        assert state.house is not None, "the crowd opened one"
        market = self._markets[line.symbol]
        doublings = next(power for power in range(8) if power == 7 or luck >> power & 1)  # noqa: PLR2004  of them
        lots = self.values.lots(market, line.top_usd, at_ns) * (1 << doublings) * (50 + (luck >> 8 & 63)) // 4_000
        side = Side.BUY if luck >> 14 & 1 else Side.SELL
        is_limit = luck >> 15 & 7 < 3  # noqa: PLR2004  of eight
        price_ticks = self._reach(market, side, line, at_ns) if is_limit else 0
        return PlaceOrder(
            state.house.account.account_id, line.symbol, side, OrderKind.LIMIT if is_limit else OrderKind.MARKET,
            price_ticks, max(lots, market.min_qty_lots), time_in_force=TimeInForce.IOC,
        )  # fmt: skip

    def _reach(self, market: Market, side: Side, line: PairLine, at_ns: int) -> int:
        """How far a taker with a limit goes."""
        middle_mt = self.values.middle_mt(market, at_ns)
        reach_mt = 5 * middle_mt * line.half_spread_ppm // PPM + 2 * MILLITICKS
        return max((middle_mt + (reach_mt if side is Side.BUY else -reach_mt)) // MILLITICKS, 1)

    def _print(self, line: PairLine, price_ticks: int, times: int, luck: int, at_ns: int) -> PrintTrade:
        lots = self.values.lots(self._markets[line.symbol], line.top_usd, at_ns) * times * (40 + (luck & 63)) // 1_000
        side = Side.BUY if luck >> 6 & 1 else Side.SELL
        return PrintTrade(line.symbol, side, OrderKind.MARKET, price_ticks, max(lots, 1))
